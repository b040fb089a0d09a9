//! The data folder: the names in it, what a look from outside tells, and files that are for their owner alone.
//!
//! ```text
//! vault        the slot file; `begun` in it while the vault is being made
//! index.db     the index
//! rooms/       one file per room, and the log of its embedded relay
//! lost+found/  files that no index owned, for a month
//! set-aside-1/ what was left of a vault that could not be opened, until a person removes it
//! lock         held by the process that has the folder open
//! ```

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{
    Handle, StoreError,
    slot::{SlotFile, Ways},
};

/// What a folder holds, as far as that shows without a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presence {
    /// Nothing of ours, or a vault whose making was cut off before anything could be kept in it: a first run.
    Nothing,
    /// A vault. Whether it is whole shows when it is opened.
    Vault,
    /// Files of a vault, without the slot file that opens it. It was moved, or the folder was copied in part.
    Incomplete,
}

/// Looks at a folder from outside. Nothing is changed.
///
/// # Errors
/// [`StoreError::Io`] if the folder cannot be looked at.
pub fn survey(folder: &Path) -> Result<Presence, StoreError> {
    match SlotFile::read(&folder.join(SLOTS)) {
        Ok(slots) if slots.begun => Ok(Presence::Nothing),
        Err(StoreError::Missing) if is_used(folder)? => Ok(Presence::Incomplete),
        Err(StoreError::Missing) => Ok(Presence::Nothing),
        Err(error @ StoreError::Io(_)) => Err(error),
        // Opening says what is wrong with it.
        Ok(_) | Err(_) => Ok(Presence::Vault),
    }
}

/// What opens the vault of a folder. Nothing is changed.
///
/// # Errors
/// As [`crate::Vault::open`] for what is wrong with the slot file.
pub fn ways(folder: &Path) -> Result<Ways, StoreError> {
    Ok(SlotFile::read(&folder.join(SLOTS))?.ways())
}

/// Moves what is left of a vault into a folder of its own inside, `set-aside-1`, so that a new one can be made. Returns that folder. Nothing
/// is deleted, and moving the files back undoes it.
///
/// # Errors
/// [`StoreError::Exists`] unless the folder is [`Presence::Incomplete`], [`StoreError::Busy`] if another process is at work
/// there, or what the disk says; calling it again moves the rest.
pub fn set_aside(folder: &Path) -> Result<PathBuf, StoreError> {
    let _lock = lock(folder)?;
    if survey(folder)? != Presence::Incomplete {
        return Err(StoreError::Exists);
    }
    let mut number = 1_u32;
    let aside = loop {
        let aside = folder.join(format!("set-aside-{number}"));
        if !aside.try_exists()? {
            break aside;
        }
        number = number.saturating_add(1);
    };
    private_dir(&aside)?;
    // The index goes last: as long as it is there, the folder is known as incomplete.
    for name in [ROOMS, LOST, "index.db-wal", INDEX] {
        rename_if_there(&folder.join(name), &aside.join(name))?;
    }
    sync_dir(folder)?;
    Ok(aside)
}

/// Whether something of a vault lies here besides its slot file.
fn is_used(folder: &Path) -> Result<bool, StoreError> {
    for name in [INDEX, "index.db-wal"] {
        if folder.join(name).try_exists()? {
            return Ok(true);
        }
    }
    Ok(!room_files(&folder.join(ROOMS))?.is_empty())
}

/// The files in a folder that a vault names so, each with the room's handle. A folder that is missing has none.
pub(crate) fn room_files(folder: &Path) -> Result<Vec<(Handle, String)>, StoreError> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for file in files {
        // A name that is not UTF-8 is none of ours.
        let Ok(name) = file?.file_name().into_string() else { continue };
        if let Some(handle) = handle_of(&name) {
            found.push((handle, name));
        }
    }
    Ok(found)
}

/// The room of a file that a vault named.
pub(crate) fn handle_of(name: &str) -> Option<Handle> {
    name.split('.').next().and_then(Handle::parse)
}

/// Takes the folder for this process; the lock goes with the file handle, also after a crash.
pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let file = private_options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Makes a folder, and those above it, for its owner alone, whatever the umask. One that is there stays as it is.
pub(crate) fn private_dir(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// How a file of ours is made: for its owner alone from the first byte on.
pub(crate) fn private_options() -> fs::OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "the mode is one of Unix"))]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Presses renamed, new and removed names of a folder onto the disk.
pub(crate) fn sync_dir(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Moves a file or folder; one that is missing is no error. Returns whether there was one.
pub(crate) fn rename_if_there(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) fn room_name(handle: Handle) -> String {
    format!("{handle}.db")
}

pub(crate) fn room_path(folder: &Path, handle: Handle) -> PathBuf {
    folder.join(ROOMS).join(room_name(handle))
}

pub(crate) fn log_path(folder: &Path, handle: Handle) -> PathBuf {
    folder.join(ROOMS).join(format!("{handle}.relay.db"))
}

pub(crate) const SLOTS: &str = "vault";
pub(crate) const INDEX: &str = "index.db";
pub(crate) const ROOMS: &str = "rooms";
pub(crate) const LOST: &str = "lost+found";
const LOCK: &str = "lock";
