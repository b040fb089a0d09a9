//! Key first, then pragmas, then migrations.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::Once,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, ffi};
use zeroize::Zeroizing;

use super::key::{StorageKey, file_key};

/// Makes the file. It is made under another name and gets its own once it is whole, so that whatever is short, empty or missing
/// later was damaged.
pub(super) fn create(path: &Path, key: &StorageKey) -> Result<(), OpenError> {
    if path.try_exists()? {
        return Err(OpenError::Exists);
    }
    let begun = begun(path);
    for suffix in ["", "-wal", "-shm"] {
        // What a crash in the middle of this left.
        match fs::remove_file(beside(&begun, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    create_private(&begun)?;
    let mut db = connect(&begun, key)?;
    migrate(&mut db, 0)?;
    // SQLite writes its log into the file and removes it.
    db.close().map_err(|(_, error)| error)?;
    fs::File::options().write(true).open(&begun)?.sync_all()?;
    fs::rename(&begun, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Opens the file with one connection.
pub(super) fn open(path: &Path, key: &StorageKey) -> Result<Connection, OpenError> {
    look(path)?;
    let mut db = connect(path, key)?;
    // SQLite would write its log into a file that turns out to be damaged.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let done = version(&db)?;
    check_short(&db, path)?;
    migrate(&mut db, done)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(db)
}

/// One more connection to a file that is open.
pub(super) fn open_again(path: &Path, key: &StorageKey) -> Result<Connection, OpenError> {
    connect(path, key)
}

/// Reads all of a file that is shorter than its page count (`quick_check`), before anything is written: the rest may be in the
/// write-ahead log, as a crash leaves it, or was cut off. SQLite would take pages that are in neither for empty ones, and a checkpoint
/// would write the log into what is left.
fn check_short(db: &Connection, path: &Path) -> Result<(), OpenError> {
    let pages: u64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if fs::metadata(path)?.len() >= pages.saturating_mul(PAGE) {
        return Ok(());
    }
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged) }
}

/// Says what [`open`] would say to this file and key, as far as the first page tells, and changes nothing.
///
/// A file in WAL mode is opened without its log and without locks: SQLite would otherwise make or change the files beside it. So
/// where a log is there that might mend what is wrong, nothing is said ([`OpenError::Unfinished`]).
pub(super) fn check(path: &Path, key: &StorageKey) -> Result<(), OpenError> {
    look(path)?;
    initialise();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(immutable(path), flags)?;
    let read = unlock(&db, key).and_then(|()| version(&db));
    match read {
        Ok(version) if version > MIGRATIONS.len() => Err(OpenError::Newer),
        Ok(_) => Ok(()),
        Err(OpenError::Damaged | OpenError::WrongKey) if log_length(path)? > 0 => Err(OpenError::Unfinished),
        Err(error) => Err(error),
    }
}

/// The path as a URI (sqlite.org/uri.html), each byte of it escaped.
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        uri.push_str(&format!("%{byte:02X}"));
    }
    uri + "?immutable=1"
}

fn look(path: &Path) -> Result<(), OpenError> {
    // SQLite would take an empty file for a new database, and make one that is missing.
    match fs::metadata(path) {
        Ok(file) if !file.is_file() => Err(io::Error::from(io::ErrorKind::IsADirectory).into()),
        Ok(file) if is_whole(path, file.len())? => Ok(()),
        Ok(_) => Err(OpenError::Damaged),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::Missing),
        Err(error) => Err(error.into()),
    }
}

/// Whether a file has its pages. SQLite misses whole ones by the first, but not a part of the last. Where a checkpoint was
/// interrupted, a part may be there, and the rest in the write-ahead log.
fn is_whole(path: &Path, len: u64) -> Result<bool, OpenError> {
    Ok(len >= PAGE && (len.is_multiple_of(PAGE) || log_length(path)? > 0))
}

/// The length of a file's write-ahead log; 0 if there is none.
fn log_length(path: &Path) -> Result<u64, OpenError> {
    match fs::metadata(beside(path, "-wal")) {
        Ok(log) => Ok(log.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn version(db: &Connection) -> Result<usize, OpenError> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).ok().filter(|done| *done > 0).ok_or(OpenError::Damaged)
}

fn begun(path: &Path) -> PathBuf {
    beside(path, ".begun")
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn connect(path: &Path, key: &StorageKey) -> Result<Connection, OpenError> {
    initialise();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    unlock(&db, key)?;
    db.execute_batch(PRAGMAS)?;
    // A plan that may depend on a bound value is made anew for every value; ours never do.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Gives SQLCipher the key; whether it fits shows with the first page.
fn unlock(db: &Connection, key: &StorageKey) -> Result<(), OpenError> {
    // What goes wrong is returned; SQLCipher would write it to the standard error as well.
    let mut pragma = Zeroizing::new(String::with_capacity(128));
    pragma.push_str("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'");
    for byte in file_key(key).expose_secret() {
        write!(pragma, "{byte:02x}").map_err(|_| OpenError::WrongKey)?;
    }
    pragma.push_str("'\";");
    db.execute_batch(&pragma)?;
    Ok(())
}

/// Lets SQLCipher become ready before the first file is opened.
///
/// SQLite calls itself initialised a moment before it initialises its extension. A thread that opens its first file at that
/// moment, while another opens the first of all, would be told that its key is not one.
fn initialise() {
    static FIRST: Once = Once::new();
    // If this fails, so does whoever opens a file next, and says why.
    FIRST.call_once(|| drop(Connection::open_in_memory()));
}

fn migrate(db: &mut Connection, done: usize) -> Result<(), OpenError> {
    if done > MIGRATIONS.len() {
        return Err(OpenError::Newer);
    }
    for (number, step) in (1_i64..).zip(MIGRATIONS).skip(done) {
        let tx = db.transaction()?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}

/// A new file is for its owner alone from the first byte on, whatever the umask.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}

/// Why the file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is a file already.
    #[error("there is a relay's file already")]
    Exists,
    /// There is no file.
    #[error("the relay's file is missing: put it back, or begin with a new one")]
    Missing,
    /// Another key wrote this file, or it is no relay's file.
    #[error("the relay's file does not open with this key: use the key that belongs to it, or another file")]
    WrongKey,
    /// The file is damaged, cut short or empty.
    #[error("the relay's file is damaged, cut short or empty: restore it or begin with a new one")]
    Damaged,
    /// Without the log beside it the file does not open, and only the start reads that.
    #[error(
        "the relay's file has a write-ahead log beside it, as a crash or a full disk leaves it: only the start can tell"
    )]
    Unfinished,
    /// A newer version wrote it.
    #[error("a newer version of the relay wrote this file: update the relay")]
    Newer,
    /// The disk takes no more: it is full, or a quota or the limit of a file's size is reached.
    #[error(
        "the disk is full, or a limit (a quota, or ulimit -f) is reached: free some space or raise the limit; nothing of the \
         relay's file was changed"
    )]
    DiskFull,
    /// The file cannot be read or made.
    #[error("the relay's file cannot be read or made")]
    File(#[source] io::Error),
    /// The system gives no thread.
    #[error("no thread for the relay's file")]
    Thread(#[source] io::Error),
    /// SQLite says no.
    #[error("the relay's file cannot be opened")]
    Sql(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::WrongKey,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            // SQLite calls a full disk so (ENOSPC); a quota and the limit of a file's size (EDQUOT, EFBIG) are any failed write to it.
            // Or the index of the write-ahead log, which lies beside the file, found no place.
            _ if error.sqlite_error().is_some_and(|error| {
                matches!(error.extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE)
            }) =>
            {
                Self::DiskFull
            }
            Some(_) | None => Self::Sql(error),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        let full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        if full { Self::DiskFull } else { Self::File(error) }
    }
}

/// `secure_delete` overwrites what is deleted; `FULL` makes an acknowledgement mean "on disk".
///
/// SQLCipher always wipes its keys. `cipher_memory_security`, which wipes and locks every other allocation, is not asked for: it
/// costs a third of the throughput and would protect nothing, for what passes through are the members' sealed envelopes. It is one
/// switch for the whole process, though: inside the app, where members' own files turn it on, this file has it too.
const PRAGMAS: &str = "
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA busy_timeout = 10000;
";

/// Bytes of a page, which SQLCipher sets. No database is shorter.
const PAGE: u64 = 4096;
const MIGRATIONS: [&str; 7] = [
    include_str!("../../../migrations/0001_rooms.sql"),
    include_str!("../../../migrations/0002_places.sql"),
    include_str!("../../../migrations/0003_cids.sql"),
    include_str!("../../../migrations/0004_seats.sql"),
    include_str!("../../../migrations/0005_clock.sql"),
    include_str!("../../../migrations/0006_tags.sql"),
    include_str!("../../../migrations/0007_shares.sql"),
];

#[cfg(test)]
mod tests {
    use std::{process::Command, sync::Barrier, thread};

    use super::*;

    /// Only the first moment of a process can go wrong, so there are many processes. Without [`initialise`], a few in a hundred do.
    #[test]
    fn the_first_files_of_a_process_can_be_opened_at_once() {
        if std::env::var_os(CHILD).is_some() {
            let together = Barrier::new(8);
            return thread::scope(|scope| {
                for key in 0..8 {
                    let together = &together;
                    scope.spawn(move || {
                        let folder = tempfile::tempdir().unwrap();
                        together.wait();
                        create(&folder.path().join("relay.db"), &StorageKey::from_bytes(&[key; 32])).unwrap();
                    });
                }
            });
        }
        let name = concat!(module_path!(), "::the_first_files_of_a_process_can_be_opened_at_once");
        let (_, name) = name.split_once("::").unwrap();
        for _ in 0..100 {
            let child = Command::new(std::env::current_exe().unwrap()).args([name, "--exact"]).env(CHILD, "1").output();
            let told = child.unwrap();
            let complaint = String::from_utf8_lossy(&told.stderr);
            assert!(told.status.success() && told.stdout.windows(8).any(|text| text == b"1 passed"), "{complaint}");
        }
    }

    /// A room of the version before, with a message that has gone, another one, and a commit: each counts in its own share.
    #[test]
    fn what_is_there_already_is_counted_by_kind() {
        let mut db = Connection::open_in_memory().unwrap();
        for step in &MIGRATIONS[..6] {
            db.execute_batch(step).unwrap();
        }
        db.pragma_update(None, "user_version", 6).unwrap();
        let rows = "
            INSERT INTO room VALUES (1, x'01', x'', x'', 0, x'', x'', x'', 2, x'', 0, 3, 0, 0, NULL, NULL, 2, 747, 1, 1, 0);
            INSERT INTO entry (room, seq, lane, tag, expires, size, blob) VALUES (1, 2, 1, x'07', 9, 300, x'00');
            INSERT INTO entry (room, seq, lane, tag, expires, size, blob) VALUES (1, 3, 2, NULL, 9, 40, x'00');
            INSERT INTO cid (room, cid, seq, tag) VALUES (1, x'01', 1, NULL), (1, x'02', 2, x'07'), (1, x'03', 3, NULL);
            INSERT INTO place (room, seq, size, blob) VALUES (1, 0, 5, x'00'), (1, 2, 18, x'00');";
        db.execute_batch(rows).unwrap();
        migrate(&mut db, 6).unwrap();
        let select = "SELECT messages, message_bytes, commits, commit_bytes FROM room";
        let counted: [i64; 4] =
            db.query_row(select, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])).unwrap();
        assert_eq!(counted, [1, 40 + 2 * 128, 1, 300 + 5 + 18 + 128]);
    }

    /// The version before took a commit that it had forgotten a second time, while its GroupInfo was kept.
    #[test]
    fn of_two_group_infos_with_one_tag_the_newer_stays() {
        let mut db = Connection::open_in_memory().unwrap();
        for step in &MIGRATIONS[..6] {
            db.execute_batch(step).unwrap();
        }
        db.pragma_update(None, "user_version", 6).unwrap();
        let rows = "
            INSERT INTO room VALUES (1, x'01', x'', x'', 0, x'', x'', x'', 2, x'', 0, 3, 0, 0, NULL, NULL, 0, 0, 1, 1, 0);
            INSERT INTO room VALUES (2, x'02', x'', x'', 0, x'', x'', x'', 2, x'', 0, 3, 0, 0, NULL, NULL, 0, 0, 1, 1, 0);
            INSERT INTO group_info (room, seq, tag, by_member, blob)
            VALUES (1, 1, x'07', 1, x''), (1, 2, x'08', 0, x''), (1, 3, x'07', 0, x''), (2, 1, x'07', 1, x'');";
        db.execute_batch(rows).unwrap();
        migrate(&mut db, 6).unwrap();
        let mut statement = db.prepare("SELECT room, seq FROM group_info ORDER BY room, seq").unwrap();
        let kept = statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?])).unwrap();
        assert_eq!(kept.collect::<Result<Vec<[i64; 2]>, _>>().unwrap(), [[1, 2], [1, 3], [2, 1]]);
    }

    /// A crash leaves the newest pages in the log alone: such a file is short and whole. Another one was cut on top of that.
    #[test]
    fn a_short_file_beside_a_log_opens_if_the_log_has_the_rest_and_stays_as_it_is_if_not() {
        let (folder, key) = (tempfile::tempdir().unwrap(), StorageKey::from_bytes(&[1; 32]));
        let path = folder.path().join("relay.db");
        create(&path, &key).unwrap();
        let db = open(&path, &key).unwrap();
        db.execute_batch(
            "CREATE TABLE kept (x); WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30)
             INSERT INTO kept SELECT zeroblob(3000) FROM n; PRAGMA wal_checkpoint(TRUNCATE);
             CREATE TABLE late (x); INSERT INTO late VALUES (zeroblob(20000));",
        )
        .unwrap();
        // What a crash leaves: both files as they are while the connection is open.
        let (file, log) = (fs::read(&path).unwrap(), fs::read(beside(&path, "-wal")).unwrap());
        let pages: usize = db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        drop(db);
        assert!(file.len() < pages * 4096 && !log.is_empty(), "the file is short and the log has the rest");
        let crash = |left: usize| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("relay.db");
            fs::write(&path, &file[..left]).unwrap();
            fs::write(beside(&path, "-wal"), &log).unwrap();
            (open(&path, &key), path, folder)
        };
        let (opened, _path, _folder) = crash(file.len());
        let sizes = "SELECT (SELECT sum(length(x)) FROM kept), (SELECT sum(length(x)) FROM late)";
        let sizes: (u64, u64) = opened.unwrap().query_row(sizes, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(sizes, (90_000, 20_000));
        for left in (4096..file.len()).step_by(2048) {
            let (opened, path, _folder) = crash(left);
            let looked = check(&path, &key);
            assert!(matches!(looked, Ok(()) | Err(OpenError::Unfinished)), "{left} bytes beside a log: {looked:?}");
            let opened = opened.map(drop);
            assert!(matches!(opened, Err(OpenError::Damaged)), "{left} of {} bytes: {opened:?}", file.len());
            assert!(fs::read(&path).unwrap() == file[..left], "{left} bytes were touched");
            assert!(fs::read(beside(&path, "-wal")).unwrap() == log, "the log was touched at {left} bytes");
        }
    }

    const CHILD: &str = "CONCLAVE_OPENS_AT_ONCE";
}
