//! What a command answers when it cannot do its work.

use conclave_engine::ErrorCode;
use serde::Serialize;

/// The face branches on the code and has one sentence for it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct CommandError {
    code: ErrorCode,
}

impl From<ErrorCode> for CommandError {
    fn from(code: ErrorCode) -> Self {
        Self { code }
    }
}
