//! What a store can answer when it cannot do its work.

use std::{io, path::PathBuf};

use rusqlite::ffi;

/// Why the store could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process uses the same folder.
    #[error("another process uses the same data folder")]
    Busy,
    /// There is a vault already.
    #[error("there is a vault already")]
    Exists,
    /// There is no vault yet.
    #[error("there is no vault yet")]
    Missing,
    /// Files of a vault are there, but not the slot file that opens it. They were left as they are.
    #[error("the vault's slot file is missing")]
    Incomplete,
    /// The vault's keys were destroyed on purpose, and not all of its files are gone: see [`crate::wipe`].
    #[error("the vault was erased")]
    Erased,
    /// No slot of the vault opens with this passphrase or keyring secret.
    #[error("the vault does not open with this secret")]
    WrongSecret,
    /// The keyring cannot be used.
    #[error("the keyring cannot be used")]
    Keyring(#[source] KeyringError),
    /// The file is damaged, or something else's file. It was left as it is.
    #[error("the file is damaged or foreign")]
    Damaged,
    /// A newer version of the application wrote the file.
    #[error("a newer version wrote the file")]
    Newer,
    /// The disk takes no more: it is full, or a quota or the limit of a file's size is reached.
    #[error("the disk is full or a limit is reached")]
    DiskFull,
    /// The disk takes no locks, which keep a second process from the folder.
    #[error("the disk takes no locks")]
    NoLocks(#[source] io::Error),
    /// The disk refused to read or write.
    #[error("the disk refused to read or write")]
    Io(#[source] io::Error),
    /// The database refused a statement.
    #[error("the database failed")]
    Database(#[source] rusqlite::Error),
    /// No such room in the index.
    #[error("no such room")]
    UnknownRoom,
}

/// Why nothing can be kept in a folder.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct FolderError {
    /// The folder, or a file in it, or a part of the way to it.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Why the system's keyring could not be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is none, or it is locked and was not unlocked.
    #[error("there is no usable keyring")]
    Unavailable,
    /// It has no entry for this vault. That never means a new user: the vault exists.
    #[error("the keyring has no entry for this vault")]
    NoEntry,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            // SQLITE_FULL is ENOSPC; a quota and the limit of a file's size (EDQUOT, EFBIG) come as SQLITE_IOERR_WRITE.
            _ if error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_WRITE) => {
                Self::DiskFull
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

impl From<FolderError> for StoreError {
    fn from(error: FolderError) -> Self {
        error.source.into()
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        let takes_no_more = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        if takes_no_more { Self::DiskFull } else { Self::Io(error) }
    }
}
