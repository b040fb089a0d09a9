//! Emptying the write-ahead log. SQLite truncates it, which leaves its blocks on the disk as they were; so it is
//! overwritten first, as the client's store does with its own.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::{error::StoreError, open::beside};

/// Writes what the write-ahead log holds into the file, overwrites the log and empties it.
///
/// While the log is overwritten, other connections may read: all of it is in the file then, and SQLite begins no read
/// in such a log. Only this connection may write.
///
/// # Errors
/// [`StoreError::Busy`] if a reader needs the log for longer than the busy timeout, or what the disk says. The log is
/// whole then, or has no header, without which SQLite takes none of it.
pub(super) fn checkpoint(db: &Connection) -> Result<(), StoreError> {
    checkpoint_observed(db, |_| {})
}

/// Shows the log between overwriting and truncation, which leave no trace of each other.
fn checkpoint_observed(db: &Connection, overwritten: impl FnOnce(&Path)) -> Result<(), StoreError> {
    complete(db, "PRAGMA wal_checkpoint(RESTART)")?;
    let Some(file) = file_of(db)? else { return Ok(()) };
    if has_moved(db)? {
        tracing::error!(
            "the relay's file was moved, replaced or deleted while it is open: what is written goes into the file \
             that was"
        );
        return complete(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
    let log = beside(&file, "-wal");
    match OpenOptions::new().write(true).open(&log) {
        Ok(file) => overwrite(file).map_err(StoreError::Log)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::Log(error)),
    }
    overwritten(&log);
    // Nothing is left to be written; this only tells SQLite that its log is empty.
    complete(db, "PRAGMA wal_checkpoint(TRUNCATE)")
}

/// Whether something else lies where a database was opened, or nothing (`SQLITE_FCNTL_HAS_MOVED`), as where a copy is
/// put back under a relay that runs. SQLite goes on with the file that it has open; by its path there is the log of the
/// other one. Where a file that is open cannot be moved, as on Windows, it was not.
fn has_moved(db: &Connection) -> Result<bool, StoreError> {
    #[cfg(unix)]
    {
        let mut moved = 0;
        db.file_control(Some("main"), rusqlite::FileControl::HasMoved(&mut moved))?;
        Ok(moved != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = db;
        Ok(false)
    }
}

/// The file of a database, if it is not in memory. [`Connection::path`] has none either where the name is not UTF-8.
fn file_of(db: &Connection) -> Result<Option<PathBuf>, StoreError> {
    let name = db.query_row("PRAGMA database_list", [], |row| {
        Ok(row.get_ref(2)?.as_bytes_or_null()?.unwrap_or_default().to_vec())
    })?;
    #[cfg(unix)]
    let name = <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(name);
    // Elsewhere SQLite opens no other.
    #[cfg(not(unix))]
    let name = String::from_utf8_lossy(&name).into_owned();
    let file = PathBuf::from(name);
    Ok(Some(file).filter(|file| !file.as_os_str().is_empty()))
}

/// A checkpoint answers "busy" in a row, not as an error.
fn complete(db: &Connection, pragma: &str) -> Result<(), StoreError> {
    let busy: bool = db.query_row(pragma, [], |row| row.get(0))?;
    if busy { Err(StoreError::Busy) } else { Ok(()) }
}

/// Header first: if the power goes in between, frames without a header are ignored, but a part of the frames would be
/// taken for newer than the file.
fn overwrite(mut log: File) -> io::Result<()> {
    let len = log.metadata()?.len();
    let header = len.min(HEADER);
    io::copy(&mut io::repeat(0).take(header), &mut log)?;
    log.sync_data()?;
    io::copy(&mut io::repeat(0).take(len.saturating_sub(header)), &mut log)?;
    log.sync_data()
}

/// Bytes before the first frame of a write-ahead log.
const HEADER: u64 = 32;

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::log::sqlcipher::{
        key::StorageKey,
        open::{create, open},
    };

    fn connect(folder: &Path) -> Connection {
        let (path, key) = (folder.join("relay.db"), StorageKey::from_bytes(&[1; 32]));
        if !path.exists() {
            create(&path, &key).unwrap();
        }
        open(&path, &key).unwrap()
    }

    fn times(db: &Connection) -> i64 {
        db.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn filled(folder: &Path) -> Connection {
        let db = connect(folder);
        db.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(9000)); INSERT INTO t VALUES (1)")
            .unwrap();
        db
    }

    fn copy(folder: &TempDir, log: &[u8]) -> TempDir {
        let copy = TempDir::new().unwrap();
        fs::copy(folder.path().join("relay.db"), copy.path().join("relay.db")).unwrap();
        fs::write(copy.path().join("relay.db-wal"), log).unwrap();
        copy
    }

    /// A home whose name is in an old encoding, or a stick of another system.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_log_is_emptied_where_the_path_is_no_utf_8() {
        let prefix = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"d\xff");
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().unwrap();
        let db = filled(folder.path());
        let mut looked = false;
        checkpoint_observed(&db, |_| looked = true).unwrap();
        assert!(looked, "it was overwritten");
        assert_eq!(fs::metadata(folder.path().join("relay.db-wal")).unwrap().len(), 0);
    }

    #[test]
    fn the_log_is_overwritten_before_it_is_cut_and_a_power_cut_in_between_loses_nothing() {
        let folder = TempDir::new().unwrap();
        let (db, reader) = (filled(folder.path()), connect(folder.path()));
        assert_eq!(times(&reader), 2);
        let log = folder.path().join("relay.db-wal");
        let before = fs::read(&log).unwrap();
        assert!(before.len() > 9000, "there is something to overwrite");
        let mut looked = false;
        checkpoint_observed(&db, |log| {
            assert_eq!(fs::read(log).unwrap(), vec![0; before.len()], "no block goes back to the disk as it was");
            assert_eq!(times(&reader), 2, "a reader reads on");
            let half = [&[0; 32][..], &before[32..]].concat();
            for log in [vec![0; before.len()], half] {
                assert_eq!(times(&connect(copy(&folder, &log).path())), 2, "what a power cut leaves");
            }
            looked = true;
        })
        .unwrap();
        assert!(looked && fs::read(&log).unwrap().is_empty());
        db.execute_batch("INSERT INTO t VALUES (3)").unwrap();
        assert_eq!(times(&reader), 3, "the log is used again");
    }

    /// A copy is put back, file and log, while the relay that it is for still runs.
    #[cfg(unix)]
    #[test]
    fn the_log_of_a_file_that_was_put_in_its_place_is_left_alone() {
        let folder = TempDir::new().unwrap();
        let (file, log) = (folder.path().join("relay.db"), folder.path().join("relay.db-wal"));
        let db = filled(folder.path());
        let copies = [&file, &log].map(|file| fs::read(file).unwrap());
        db.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        for (path, copy) in [&file, &log].into_iter().zip(&copies) {
            fs::rename(path, path.with_added_extension("before")).unwrap();
            fs::write(path, copy).unwrap();
        }
        checkpoint(&db).unwrap();
        assert!([&file, &log].map(|file| fs::read(file).unwrap()) == copies, "both are as they were put there");
        assert_eq!(fs::metadata(log.with_added_extension("before")).unwrap().len(), 0, "its own is emptied");
        drop(db);
        assert_eq!(times(&connect(folder.path())), 2, "what the copy has");
    }

    #[test]
    fn a_log_that_a_reader_needs_is_left_alone() {
        let folder = TempDir::new().unwrap();
        let (db, reader) = (filled(folder.path()), connect(folder.path()));
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(times(&reader), 2);
        db.execute_batch("PRAGMA busy_timeout = 0; DELETE FROM t").unwrap();
        assert!(matches!(checkpoint(&db), Err(StoreError::Busy)));
        assert_eq!(times(&reader), 2, "what was when it began");
        reader.execute_batch("COMMIT").unwrap();
        checkpoint(&db).unwrap();
        assert_eq!(times(&reader), 0);
    }
}
