//! A lock file keeps a second relay from a storage: with two, members of the one would not hear what is written at the
//! other.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{anyhow, bail};
use conclave_relay::open_private;

use crate::files::{Named, reason};

/// An exclusive lock on a file of its own beside the storage, `rooms.db.lock`, from before anything is made until the
/// process ends, however it ends. The file stays: who removes it lets the next relay lock another one.
///
/// Neither the storage nor its key will do. On Windows a lock keeps every other handle from reading: SQLite's own from
/// the storage, and `--check` from the key. On some systems a lock of this kind (`flock`) and SQLite's (`fcntl`)
/// exclude each other, and on others closing the handle lets SQLite's go. And a second relay may have a copy of the
/// key.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a storage.
    ///
    /// # Errors
    /// If another relay has it.
    pub(crate) fn take(storage: Named<'_>) -> anyhow::Result<Self> {
        let path = regular(storage)?;
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        let file = open_private(&path, &mut options).map_err(|error| refuse(storage, &path, &error))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                // A relay that is just ending, or a check that looks.
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(no_locks(storage, &path, &error)),
            }
        }
        bail!(
            "{storage} is open in another relay: members of the one would not hear those of the other. Stop that \
             relay first, or give this one a storage of its own"
        )
    }

    /// Whether a relay has the lock. Makes nothing, and lets go at once.
    pub(crate) fn is_taken(storage: Named<'_>) -> anyhow::Result<bool> {
        let path = regular(storage)?;
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(refuse(storage, &path, &error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(no_locks(storage, &path, &error)),
        }
    }
}

/// The lock's file: beside the storage itself, where SQLite puts its log, also if its path is a link.
fn path(storage: Named<'_>) -> anyhow::Result<PathBuf> {
    let mut name = storage.resolved()?.into_os_string();
    name.push(".lock");
    Ok(name.into())
}

/// The same, if it is a file or will be: a pipe would be waited for, and what a link leads to is somebody else's.
fn regular(storage: Named<'_>) -> anyhow::Result<PathBuf> {
    let path = path(storage)?;
    match std::fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => {
            bail!("{storage}: {} is no regular file; remove it, it is made anew", path.display())
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refuse(storage, &path, &error)),
        Ok(_) | Err(_) => Ok(path),
    }
}

fn refuse(storage: Named<'_>, path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("{storage}: {} cannot be locked: {}", path.display(), reason(error))
}

/// The file is open, so what is wrong is its disk: some of a network or of a container's host know no locks (ENOLCK).
fn no_locks(storage: Named<'_>, path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!(
        "{storage}: the disk of {} takes no locks, so that nothing would keep a second relay from it; name a place on \
         a disk of this machine: {error}",
        path.display()
    )
}

const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_locks_is_called_that_and_what_to_do_is_said() {
        let (storage, lock) = (Path::new("/mnt/rooms.db"), Path::new("/mnt/rooms.db.lock"));
        let error = io::Error::from_raw_os_error(ENOLCK);
        let said = no_locks(Named::new("storage.file", storage), lock, &error).to_string();
        for part in
            ["storage.file /mnt/rooms.db", "/mnt/rooms.db.lock takes no locks", "name a place on a disk", "os error"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
}
