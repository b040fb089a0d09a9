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
use crate::private_file::open_private;

/// Makes the file. It is made under another name and gets its own once it is whole, so that whatever is short, empty or
/// missing later was damaged.
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
    drop(open_private(&begun, fs::OpenOptions::new().write(true).create_new(true))?);
    let mut db = connect(&begun, key)?;
    migrate(&mut db, 0)?;
    merge_at_closing(&db)?;
    db.close().map_err(|(_, error)| error)?;
    fs::File::options().write(true).open(&begun)?.sync_all()?;
    fs::rename(&begun, path)?;
    Ok(sync_folder(path)?)
}

/// Presses renamed and new names in the folder of a file onto the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Opens the file with one connection. A write-ahead log of another file, which lies beside a copy that was put in the
/// place of the lost one, is renamed.
pub(super) fn open(path: &Path, key: &StorageKey) -> Result<Connection, OpenError> {
    look(path)?;
    match open_with_log(path, key) {
        Err(OpenError::Damaged | OpenError::WrongKey) if log_length(path)? > 0 && is_whole_alone(path, key)? => {
            set_log_aside(path)?;
            open_with_log(path, key)
        }
        opened => opened,
    }
}

fn open_with_log(path: &Path, key: &StorageKey) -> Result<Connection, OpenError> {
    let has_log = log_length(path)? > 0;
    let mut db = connect(path, key)?;
    let done = version(&db)?;
    check_whole(&db, path, has_log)?;
    migrate(&mut db, done)?;
    if has_log {
        // Before anything is written, SQLite refuses a log whose pages would lie far beyond the end of the file.
        match db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(OpenError::from) {
            // A full disk keeps nobody from reading.
            Ok(()) | Err(OpenError::DiskFull) => {}
            Err(error) => return Err(error),
        }
    }
    merge_at_closing(&db)?;
    Ok(db)
}

/// Lets SQLite write the log into the file, and remove it, when the last connection closes.
fn merge_at_closing(db: &Connection) -> Result<(), OpenError> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// One more connection to a file that is open.
pub(super) fn open_again(path: &Path, key: &StorageKey) -> Result<Connection, OpenError> {
    let db = connect(path, key)?;
    merge_at_closing(&db)?;
    Ok(db)
}

/// Reads all of a file with its log (`quick_check`), before anything is written, where a crash left a log, which may be
/// another file's, and where the file is shorter than its page count: the rest is in the log, or was cut off. SQLite
/// would take pages that are in neither for empty ones, and a checkpoint would write the log into what is left.
fn check_whole(db: &Connection, path: &Path, has_log: bool) -> Result<(), OpenError> {
    let pages: u64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let is_short = fs::metadata(path)?.len() < pages.saturating_mul(PAGE);
    if (has_log || is_short) && !is_consistent(db)? { Err(OpenError::Damaged) } else { Ok(()) }
}

fn is_consistent(db: &Connection) -> Result<bool, OpenError> {
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(verdict == "ok")
}

/// Whether a file is whole without its log. A log that belongs to a whole file gives a whole one, by SQLite's atomic
/// commit. So if it does not, it is another file's; a file that was cut, or whose checkpoint was interrupted, is not
/// whole alone.
fn is_whole_alone(path: &Path, key: &StorageKey) -> Result<bool, OpenError> {
    match open_alone(path, key).and_then(|db| is_consistent(&db)) {
        Err(OpenError::Damaged | OpenError::WrongKey) => Ok(false),
        read => read,
    }
}

/// Renames a log that is another file's. In the app, the sweep of its vault finds it by this name, and deletes it after
/// a month.
fn set_log_aside(path: &Path) -> Result<(), OpenError> {
    let mut number = 1_u32;
    let aside = loop {
        let aside = beside(path, &format!("-wal.foreign-{number}"));
        if !aside.try_exists()? {
            break aside;
        }
        number = number.saturating_add(1);
    };
    fs::rename(beside(path, "-wal"), &aside)?;
    sync_folder(path)?;
    let name = aside.file_name().unwrap_or_default().display();
    tracing::warn!(
        "a write-ahead log of another file lay beside the relay's, which was put back from a copy: nothing of it is \
         used; it is {name} now"
    );
    Ok(())
}

/// Says what [`open`] would say to this file and key, as far as the first page tells, and changes nothing.
///
/// A file in WAL mode is opened without its log and without locks: SQLite would otherwise make or change the files
/// beside it. So where a log is there that might mend what is wrong, nothing is said ([`OpenError::Unfinished`]).
pub(super) fn check(path: &Path, key: &StorageKey) -> Result<(), OpenError> {
    look(path)?;
    match open_alone(path, key).and_then(|db| version(&db)) {
        Ok(version) if version > MIGRATIONS.len() => Err(OpenError::Newer),
        Ok(_) => Ok(()),
        Err(OpenError::Damaged | OpenError::WrongKey) if log_length(path)? > 0 => Err(OpenError::Unfinished),
        Err(error) => Err(error),
    }
}

/// Opens a file for reading, without its log and without locks: SQLite is told that nobody writes (`immutable`).
fn open_alone(path: &Path, key: &StorageKey) -> Result<Connection, OpenError> {
    initialise();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(immutable(path), flags)?;
    unlock(&db, key)?;
    Ok(db)
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

/// Whether a file has its pages. SQLite misses whole ones by the first, but not a part of the last. Where a checkpoint
/// was interrupted, a part may be there, and the rest in the write-ahead log.
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
    // SQLite would write its log into a file that turns out to be damaged.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
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

/// Initialises SQLite once, before the first file is opened.
///
/// This avoids a race: SQLite sets its flag "initialised" before SQLCipher's init hook has run, so a file that another
/// thread opens in between fails with NOTADB, as with a wrong key.
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
        "the disk is full, or a limit (a quota, or ulimit -f) is reached: free some space or raise the limit; nothing \
         of the relay's file was changed"
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
            // SQLite calls a full disk so (ENOSPC); a quota and the limit of a file's size (EDQUOT, EFBIG) are any
            // failed write to it. Or the index of the write-ahead log, which lies beside the file, found no place.
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
/// SQLCipher always wipes its keys. `cipher_memory_security`, which wipes and locks every other allocation, is not
/// asked for: it costs a third of the throughput and would protect nothing, for what passes through are the members'
/// sealed envelopes. It is one switch for the whole process, though: inside the app, where members' own files turn it
/// on, this file has it too.
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
const MIGRATIONS: [&str; 8] = [
    include_str!("../../../migrations/0001_rooms.sql"),
    include_str!("../../../migrations/0002_places.sql"),
    include_str!("../../../migrations/0003_cids.sql"),
    include_str!("../../../migrations/0004_seats.sql"),
    include_str!("../../../migrations/0005_clock.sql"),
    include_str!("../../../migrations/0006_tags.sql"),
    include_str!("../../../migrations/0007_shares.sql"),
    include_str!("../../../migrations/0008_blobs.sql"),
];

#[cfg(test)]
mod tests;
