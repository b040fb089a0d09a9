//! Files of rooms that no entry of the index owns.
//!
//! What a person removed goes at once. Anything else may be a room whose index is only out of sight, restored from a copy or
//! another one than it was: it is set aside in `lost+found`, comes back by itself when the index owns it again, and is deleted
//! after [`KEPT`].

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use rusqlite::params;

use super::{Home, Vault};
use crate::{
    Handle, StoreError, database,
    folder::{
        LOST, ROOMS, handle_of, log_path, private_dir, rename_if_there, room_files, room_name, room_path, sync_dir,
    },
};

impl Vault {
    /// Removes what is left of rooms that a person removed, sets aside what the index does not own, and deletes what was set aside
    /// long ago. Call it before rooms are opened or begun.
    ///
    /// The age of a file is told by the wall clock, `now` in Unix seconds, and a clock that was set wrongly must not delete
    /// anything: the vault must also have been open for [`OPEN_FOR`] since, see [`Vault::has_been_open`].
    ///
    /// # Errors
    /// What the disk or the database says; calling it again goes on where it stopped.
    pub fn sweep(&mut self, now: u64) -> Result<(), StoreError> {
        let Home::Folder { path, .. } = &self.home else { return Ok(()) };
        let path = path.clone();
        for handle in self.removed()? {
            remove_room_files(&path, handle)?;
            self.index.execute("DELETE FROM removed WHERE handle = ?1", params![handle.0])?;
        }
        let owned: BTreeSet<Handle> = self.rooms()?.iter().map(|room| room.handle).collect();
        for handle in &owned {
            bring_back(&path, *handle)?;
        }
        for (handle, name) in room_files(&path.join(ROOMS))? {
            if !owned.contains(&handle) {
                self.lay_aside(&path, &name, now)?;
            }
        }
        self.delete_old(&path, now, &owned)
    }

    /// Adds to the time that the vault has been open in all, told by a clock that nobody sets.
    ///
    /// # Errors
    /// What the database says.
    pub fn has_been_open(&self, time: Duration) -> Result<(), StoreError> {
        self.index.execute("UPDATE run SET open_for = open_for + ?1", params![time.as_secs()])?;
        Ok(())
    }

    fn removed(&self) -> Result<Vec<Handle>, StoreError> {
        let mut statement = self.index.prepare_cached("SELECT handle FROM removed")?;
        let handles = statement.query_map([], |row| Ok(Handle(row.get(0)?)))?;
        Ok(handles.collect::<Result<_, _>>()?)
    }

    fn lay_aside(&self, path: &Path, name: &str, now: u64) -> Result<(), StoreError> {
        let lost = path.join(LOST);
        private_dir(&lost)?;
        let mut free = name.to_owned();
        let mut number = 1_u32;
        while lost.join(&free).try_exists()? {
            free = format!("{name}.{number}");
            number = number.saturating_add(1);
        }
        // Noted first: a file that a crash leaves in its place is found again, one that is set aside unnoted would stay for ever.
        self.index.execute(
            "INSERT OR REPLACE INTO found (name, found_at, open_for) SELECT ?1, ?2, open_for FROM run",
            params![free, now],
        )?;
        rename_if_there(&path.join(ROOMS).join(name), &lost.join(&free))?;
        Ok(sync_dir(&lost)?)
    }

    fn delete_old(&self, path: &Path, now: u64, owned: &BTreeSet<Handle>) -> Result<(), StoreError> {
        let mut statement = self.index.prepare_cached(
            "SELECT name FROM found, run WHERE found_at <= ?1 AND found.open_for + ?2 <= run.open_for",
        )?;
        let before = now.saturating_sub(KEPT.as_secs());
        let names = statement.query_map(params![before, OPEN_FOR.as_secs()], |row| row.get::<_, String>(0))?;
        for name in names.collect::<Result<Vec<_>, _>>()? {
            if handle_of(&name).is_some_and(|handle| owned.contains(&handle)) {
                continue;
            }
            match fs::remove_file(path.join(LOST).join(&name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                // One that is gone was brought back, or taken away by hand.
                Ok(()) | Err(_) => {}
            }
            self.index.execute("DELETE FROM found WHERE name = ?1", params![name])?;
        }
        Ok(())
    }
}

/// Brings a room's files back that were set aside while another index was in the folder. Nothing is replaced. The room's own file
/// comes last: as long as it is missing, a crash in between is made good by the next call.
pub(super) fn bring_back(folder: &Path, handle: Handle) -> Result<(), StoreError> {
    if room_path(folder, handle).try_exists()? || !folder.join(LOST).join(room_name(handle)).try_exists()? {
        return Ok(());
    }
    let mut files = room_files(&folder.join(LOST))?;
    // One with a number was not the first of its name.
    files.retain(|(lost, name)| *lost == handle && !name.ends_with(|last: char| last.is_ascii_digit()));
    files.sort_by_key(|(_, name)| *name == room_name(handle));
    for (_, name) in files {
        let place = folder.join(ROOMS).join(&name);
        if !place.try_exists()? {
            rename_if_there(&folder.join(LOST).join(&name), &place)?;
        }
    }
    Ok(sync_dir(&folder.join(ROOMS))?)
}

/// Removes all files of a room, also those that were set aside.
pub(super) fn remove_room_files(folder: &Path, handle: Handle) -> Result<(), StoreError> {
    database::remove_files(&room_path(folder, handle))?;
    database::remove_files(&log_path(folder, handle))?;
    for (lost, name) in room_files(&folder.join(LOST))? {
        if lost == handle {
            fs::remove_file(folder.join(LOST).join(name))?;
        }
    }
    Ok(())
}

/// How long a file stays in `lost+found`.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the vault must have been open since it was set aside.
const OPEN_FOR: Duration = Duration::from_secs(24 * 3600);
