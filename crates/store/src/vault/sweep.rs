//! Files of rooms that no entry of the index owns.
//!
//! What a person removed goes at once. Anything else may be a room whose index is only out of sight, restored from a
//! copy or another one than it was: it is set aside in `lost-files`, comes back by itself when the index owns it again,
//! and is deleted after [`KEPT`]. So is a write-ahead log that lay beside another file than its own, but that does not
//! come back.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
    time::Duration,
};

use rusqlite::params;

use super::{Home, Vault};
use crate::{
    Handle, StoreError,
    database::{self, is_foreign_log},
    folder::{INDEX, LOST, ROOMS, file_names, handle_of, log_path, rename_if_there, room_files, room_name, room_path},
    private_file::{private_dir, sync_dir},
};

impl Vault {
    /// Removes what is left of rooms that a person removed, sets aside what the index does not own, and deletes what
    /// was set aside long ago. Call it before rooms are opened or begun.
    ///
    /// The age of a file is told by the wall clock, `now` in Unix seconds, and a clock that was set wrongly must not
    /// delete anything: the vault must also have been open for [`OPEN_FOR`] since, see [`Vault::has_been_open`].
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
        for name in file_names(&path)?.into_iter().filter(|name| name.starts_with(INDEX) && is_foreign_log(name)) {
            self.lay_aside(&path, &path, &[name], now)?;
        }
        let mut unowned: BTreeMap<Handle, Vec<String>> = BTreeMap::new();
        for (handle, name) in room_files(&path.join(ROOMS))? {
            if is_foreign_log(&name) {
                self.lay_aside(&path, &path.join(ROOMS), &[name], now)?;
            } else if !owned.contains(&handle) {
                unowned.entry(handle).or_default().push(name);
            }
        }
        for (handle, mut names) in unowned {
            // The room's own file goes first, and comes back last: as long as it is away, the others are brought to it,
            // so that a crash in between parts no file from its write-ahead log.
            names.sort_by_key(|name| *name != room_name(handle));
            self.lay_aside(&path, &path.join(ROOMS), &names, now)?;
        }
        self.delete_old(&path, now, &owned)
    }

    /// Adds to the time that the vault has been open in all, by the monotonic clock.
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

    /// Moves files, in this order, from a folder to what is kept for a month.
    fn lay_aside(&self, path: &Path, from: &Path, names: &[String], now: u64) -> Result<(), StoreError> {
        let lost = path.join(LOST);
        private_dir(&lost)?;
        let number = free_number(&lost, names)?;
        for name in names {
            let free = numbered(name, number);
            // Write order: the note comes before the move. After a crash in between the file is found again in its
            // place; one that was moved without a note would stay for ever.
            self.index.execute(
                "INSERT OR REPLACE INTO found (name, found_at, open_for) SELECT ?1, ?2, open_for FROM run",
                params![free, now],
            )?;
            rename_if_there(&from.join(name), &lost.join(&free))?;
            sync_dir(&lost)?;
        }
        Ok(())
    }

    fn delete_old(&self, path: &Path, now: u64, owned: &BTreeSet<Handle>) -> Result<(), StoreError> {
        let mut statement = self.index.prepare_cached(
            "SELECT name FROM found, run WHERE found_at <= ?1 AND found.open_for + ?2 <= run.open_for",
        )?;
        let before = now.saturating_sub(KEPT.as_secs());
        let names = statement.query_map(params![before, OPEN_FOR.as_secs()], |row| row.get::<_, String>(0))?;
        for name in names.collect::<Result<Vec<_>, _>>()? {
            if !is_foreign_log(&name) && handle_of(&name).is_some_and(|handle| owned.contains(&handle)) {
                continue;
            }
            match fs::remove_file(path.join(LOST).join(&name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                // One that is gone was brought back, or taken away by hand.
                Ok(()) | Err(_) => {}
            }
            self.index.execute("DELETE FROM found WHERE name = ?1", params![name])?;
        }
        Ok(())
    }
}

/// The number behind the names of files that belong together: 0, which is none, if all of them are free so. What a
/// crash left of a room when its own file had been moved gets the number of that.
fn free_number(lost: &Path, names: &[String]) -> Result<u32, StoreError> {
    let mut number = 0_u32;
    if let Some(handle) = names.first().and_then(|name| handle_of(name)) {
        let room = room_name(handle);
        while lost.join(numbered(&room, number)).try_exists()? {
            number = number.saturating_add(1);
        }
        if !names.contains(&room) {
            number = number.saturating_sub(1);
        }
    }
    for name in names {
        while lost.join(numbered(name, number)).try_exists()? {
            number = number.saturating_add(1);
        }
    }
    Ok(number)
}

fn numbered(name: &str, number: u32) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}.{number}") }
}

/// Brings a room's files back that were set aside while another index was in the folder. Nothing is replaced. The
/// room's own file comes last: as long as it is missing, a crash in between is made good by the next call.
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
    for (place, also) in [(folder.join(ROOMS), false), (folder.join(LOST), true)] {
        for (of, name) in room_files(&place)? {
            if of == handle && (also || is_foreign_log(&name)) {
                fs::remove_file(place.join(name))?;
            }
        }
    }
    Ok(())
}

/// How long a file stays in `lost-files`.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the vault must have been open since it was set aside.
const OPEN_FOR: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;

    use super::*;
    use crate::{
        Durability, Persistence, Unlock,
        folder::{file_names, room_name},
    };

    /// A crash leaves what was said last in the log alone. While another vault's index is in the folder, the process
    /// dies between two moves.
    #[test]
    fn a_sweep_that_is_cut_off_parts_no_file_from_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let (rooms, lost) = (folder.path().join(ROOMS), folder.path().join(LOST));
        let passphrase = Unlock::Passphrase("correct horse battery");
        let mut vault = Vault::create(folder.path(), passphrase, Durability::Process, &mut OsRng).unwrap();
        let new = vault.begin_room(Persistence::Kept, 0, &mut OsRng).unwrap();
        let (handle, mut room) = vault.keep_room(new, None).unwrap();
        room.write(|tx| tx.set_secret("said", b"last")).unwrap();
        let names = [room_name(handle), format!("{handle}.db-wal"), format!("{handle}.relay.db")];
        let [file, log] = [&names[0], &names[1]].map(|name| fs::read(rooms.join(name)).unwrap());
        drop(room);
        for (name, bytes) in names.iter().zip([&file[..], &log[..], b"of its relay"]) {
            fs::write(rooms.join(name), bytes).unwrap();
        }
        let aside = "CREATE TABLE aside AS SELECT * FROM room; DELETE FROM room";
        let back = "INSERT INTO room SELECT * FROM aside; DROP TABLE aside; DROP TRIGGER dies";
        for moves in 0..3 {
            vault.index.execute_batch(aside).unwrap();
            let dies = format!(
                "DELETE FROM found; CREATE TRIGGER dies BEFORE INSERT ON found WHEN (SELECT count(*) FROM found) = {moves}
                 BEGIN SELECT RAISE(ABORT, 'died'); END"
            );
            vault.index.execute_batch(&dies).unwrap();
            vault.sweep(0).unwrap_err();
            assert_eq!(file_names(&lost).unwrap().len(), moves);
            vault.index.execute_batch(back).unwrap();
            bring_back(folder.path(), handle).unwrap();
            let mut found = file_names(&rooms).unwrap();
            found.sort();
            assert_eq!(found, names, "after {moves} moves all are together again");
        }

        // An earlier file of that name lies there, and its vault is not back yet.
        vault.index.execute_batch(aside).unwrap();
        fs::write(lost.join(&names[0]), b"of before").unwrap();
        let dies = "CREATE TRIGGER dies BEFORE INSERT ON found WHEN NEW.name NOT LIKE '%.db.1'
                    BEGIN SELECT RAISE(ABORT, 'died'); END";
        vault.index.execute_batch(dies).unwrap();
        vault.sweep(0).unwrap_err();
        vault.index.execute_batch("DROP TRIGGER dies").unwrap();
        vault.sweep(0).unwrap();
        assert!(fs::read(lost.join(format!("{}.1", names[0]))).unwrap() == file);
        assert!(fs::read(lost.join(format!("{}.1", names[1]))).unwrap() == log, "the log has the number of its file");
        assert_eq!(fs::read(lost.join(&names[0])).unwrap(), b"of before");
    }
}
