//! The data folder: the names in it, and what a look from outside tells.
//!
//! ```text
//! vault        the slot file; `begun` in it while the vault is being made, zeros while the folder is being erased
//! index.db     the index
//! rooms/       one file per room, and the log of its embedded relay
//! lost-files/  files that no index owned, for a month; `lost+found` would be the system's own at the root of a disk
//! set-aside-1/ what was left of a vault that could not be opened, until a person removes it
//! lock         held by the process that has the folder open
//! ```

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    FolderError, Handle, StoreError,
    private_file::{check_regular, is_missing, open_private, other_kind, private_dir, sync_dir},
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
    /// What is left of a vault whose keys were destroyed on purpose: nothing opens it, and erasing goes on. See [`crate::wipe`].
    Erased,
}

/// Looks at a folder from outside. Nothing is changed.
///
/// # Errors
/// [`StoreError::Io`] if the folder cannot be looked at.
pub fn survey(folder: &Path) -> Result<Presence, StoreError> {
    match SlotFile::read(&folder.join(SLOTS)) {
        // Beside rooms it was made: the file is damaged there, or is a copy from when the vault was begun.
        Ok(slots) if slots.begun && room_files(&folder.join(ROOMS))?.is_empty() => Ok(Presence::Nothing),
        Err(StoreError::Missing) if is_used(folder)? => Ok(Presence::Incomplete),
        Err(StoreError::Missing) => Ok(Presence::Nothing),
        Err(StoreError::Erased) => Ok(Presence::Erased),
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

/// Moves what is left of a vault into a folder of its own inside, `set-aside-1`, so that a new one can be made. Returns
/// that folder. Nothing is deleted, and moving the files back undoes it.
///
/// # Errors
/// [`StoreError::Exists`] unless the folder is [`Presence::Incomplete`], [`StoreError::Busy`] if another process is at
/// work there, or what the disk says; all is where it was then.
pub fn set_aside(folder: &Path) -> Result<PathBuf, StoreError> {
    let _lock = lock(folder)?;
    if survey(folder)? != Presence::Incomplete {
        return Err(StoreError::Exists);
    }
    let mut number = 1_u32;
    let aside = loop {
        let aside = folder.join(format!("{ASIDE}{number}"));
        if !aside.try_exists()? {
            break aside;
        }
        number = number.saturating_add(1);
    };
    private_dir(&aside)?;
    let moved = move_all(folder, &aside);
    if moved.is_err() {
        // What belongs together stays together.
        drop(move_all(&aside, folder));
        drop(fs::remove_dir(&aside));
    }
    moved?;
    sync_dir(folder)?;
    Ok(aside)
}

/// Moves all of a vault but its slot file. The index goes last: as long as it is there, the folder is known as
/// incomplete.
fn move_all(from: &Path, to: &Path) -> io::Result<()> {
    for name in [ROOMS, LOST, "index.db-wal", INDEX] {
        rename_if_there(&from.join(name), &to.join(name))?;
    }
    Ok(())
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
    let names = file_names(folder)?.into_iter();
    Ok(names.filter_map(|name| handle_of(&name).map(|handle| (handle, name))).collect())
}

/// The names in a folder. One that is not UTF-8 is none of ours.
pub(crate) fn file_names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for file in files {
        found.extend(file?.file_name().into_string());
    }
    Ok(found)
}

/// The room of a file that a vault named.
pub(crate) fn handle_of(name: &str) -> Option<Handle> {
    name.split('.').next().and_then(Handle::parse)
}

/// Says what keeps a vault from being made or opened in a folder, as far as that shows without a key, and changes
/// nothing.
///
/// # Errors
/// [`FolderError`] names the folder or the file, and the reason.
pub fn check_folder(folder: &Path) -> Result<(), FolderError> {
    let found = nearest(folder)?;
    check_length(folder)?;
    check_access(&found, true)?;
    for (name, is_folder) in [(LOCK, false), (SLOTS, false), (INDEX, false), (ROOMS, true), (LOST, true)] {
        let path = folder.join(name);
        match fs::metadata(&path) {
            Ok(found) if is_folder && found.is_dir() || !is_folder && found.is_file() => {
                check_access(&path, is_folder)?
            }
            Ok(found) => return Err(FolderError { path, source: other_kind(&found) }),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(FolderError { path, source: error }),
        }
    }
    Ok(())
}

/// The folder, or the nearest one above it that is there: what is missing below it would be made.
fn nearest(folder: &Path) -> Result<PathBuf, FolderError> {
    let failed = |path: &Path, source: io::Error| FolderError { path: path.to_owned(), source };
    let folder = std::path::absolute(folder).map_err(|error| failed(folder, error))?;
    for above in folder.ancestors() {
        match fs::metadata(above) {
            Ok(found) if found.is_dir() => return Ok(above.to_owned()),
            Ok(_) => return Err(failed(above, io::ErrorKind::NotADirectory.into())),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(failed(above, error)),
        }
    }
    Err(failed(&folder, io::ErrorKind::NotFound.into()))
}

/// Refuses a path that is too long for SQLite with the longest name of ours and what SQLite puts behind that, before
/// anything is made: some files would fit and others not.
pub(crate) fn check_length(folder: &Path) -> Result<(), FolderError> {
    let found = nearest(folder)?;
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // SQLite resolves links, and counts the path behind them.
    let real = fs::canonicalize(&found).map_err(|source| FolderError { path: found.clone(), source })?;
    let path = absolute.strip_prefix(&found).map_or_else(|_| absolute.clone(), |rest| real.join(rest));
    let longest = log_path(&path, Handle([0; 16])).as_os_str().len().saturating_add(".begun-journal".len());
    if longest > SQLITE_PATH {
        return Err(FolderError { path: folder.to_owned(), source: io::ErrorKind::InvalidFilename.into() });
    }
    Ok(())
}

/// Asks the system whether this process may read and change it, without trying.
#[cfg(unix)]
fn check_access(path: &Path, folder: bool) -> Result<(), FolderError> {
    use rustix::fs::Access;
    let wanted = Access::READ_OK | Access::WRITE_OK | if folder { Access::EXEC_OK } else { Access::empty() };
    rustix::fs::access(path, wanted).map_err(|error| FolderError { path: path.to_owned(), source: error.into() })
}

/// Only trying would tell.
#[cfg(not(unix))]
fn check_access(_: &Path, _: bool) -> Result<(), FolderError> {
    Ok(())
}

/// What keeps other processes out of a data folder. Cheap to clone; the folder is free once the last clone is dropped,
/// or the process has ended.
#[derive(Clone, Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "it is only held")] Arc<File>);

/// Takes the folder for this process; the lock goes with the file handle, also after a crash.
pub(crate) fn lock(folder: &Path) -> Result<FolderLock, StoreError> {
    let path = folder.join(LOCK);
    check_regular(&path)?;
    let file = open_private(&path, File::options().create(true).truncate(false).write(true))?;
    file.try_lock().map(|()| FolderLock(Arc::new(file))).map_err(not_locked)
}

/// The file is open, so what is wrong is its disk: some of a network or of a container's host know no locks (ENOLCK,
/// ENOSYS, ENOTSUP).
fn not_locked(error: TryLockError) -> StoreError {
    match error {
        TryLockError::WouldBlock => StoreError::Busy,
        TryLockError::Error(error) => StoreError::NoLocks(error),
    }
}

/// Moves files of rooms from where earlier versions set them aside. What cannot be read or moved is none: at the root
/// of a disk a folder of this name is the system's.
pub(crate) fn move_lost_files(folder: &Path) {
    let (before, lost) = (folder.join(LOST_BEFORE), folder.join(LOST));
    for (_, name) in room_files(&before).unwrap_or_default() {
        let place = lost.join(&name);
        if private_dir(&lost).is_ok() && place.try_exists().is_ok_and(|taken| !taken) {
            drop(fs::rename(before.join(&name), place));
        }
    }
}

/// Moves a file or folder; one that is missing is no error. Returns whether there was one.
pub(crate) fn rename_if_there(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => move_over(from, to).map(|()| true),
        Err(error) => Err(error),
    }
}

/// Moves a file to another disk, as where `rooms` is a link to one: all of it is there, and pressed onto that disk,
/// before it has its name and goes from here.
fn move_over(from: &Path, to: &Path) -> io::Result<()> {
    let begun = to.with_added_extension("begun");
    fs::copy(from, &begun)?;
    File::options().write(true).open(&begun)?.sync_all()?;
    fs::rename(&begun, to)?;
    fs::remove_file(from)
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
pub(crate) const LOST: &str = "lost-files";
/// The name of [`LOST`] in versions before.
pub(crate) const LOST_BEFORE: &str = "lost+found";
/// What stands before the number of a folder of [`set_aside`].
pub(crate) const ASIDE: &str = "set-aside-";
pub(crate) const LOCK: &str = "lock";
/// SQLite's longest path.
const SQLITE_PATH: usize = 512;

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_locks_is_no_disk_that_fails() {
        let enolck = if cfg!(target_os = "linux") { 37 } else { 77 };
        let error = TryLockError::Error(io::Error::from_raw_os_error(enolck));
        assert!(matches!(not_locked(error), StoreError::NoLocks(_)));
        assert!(matches!(not_locked(TryLockError::WouldBlock), StoreError::Busy));
    }
}
