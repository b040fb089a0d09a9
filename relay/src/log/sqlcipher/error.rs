//! What goes wrong inside the file.

use std::io;

use conclave_proto::DecodeError;

/// Why a piece of work failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error("the relay's file is damaged: {0}")]
    Damaged(&'static str),
    #[error("a row cannot be read")]
    Row(#[from] DecodeError),
    #[error("somebody reads the write-ahead log")]
    Busy,
    #[error("the write-ahead log cannot be overwritten")]
    Log(#[source] io::Error),
}
