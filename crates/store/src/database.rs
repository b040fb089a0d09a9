//! Making and opening one encrypted file: key first, then the pragmas of protocol 4.14, then the migrations.

use std::{
    ffi::{c_int, c_void},
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    ptr,
    sync::Once,
};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig, ffi};
use zeroize::Zeroizing;

use crate::{
    StoreError,
    migrations::{Migration, Schema},
    private_file::{open_private, sync_dir},
};

/// The raw key of one database file.
pub(crate) type FileKey = Zeroizing<[u8; 32]>;

/// Where a database lives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Location {
    /// An encrypted file.
    File(PathBuf),
    /// Memory only; it ends with the connection.
    Memory,
}

/// How hard a transaction is pressed onto the disk.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// A committed transaction survives a power cut.
    #[default]
    Full,
    /// A committed transaction survives a power cut, and freed memory is not wiped. For simulations only: wiping locks and unlocks each
    /// allocation, which takes half of their time.
    Synced,
    /// A committed transaction survives the end of the process, not a power cut, and freed memory is not wiped. For
    /// simulations only.
    Process,
}

/// Makes a database in a file that is not there yet, or in memory. When this returns, the file holds its schema:
/// whatever is shorter later, or has none, was damaged.
///
/// # Errors
/// [`StoreError::Exists`] if there is a file, or what the disk says.
pub(crate) fn create(
    location: &Location,
    key: &FileKey,
    durability: Durability,
    schema: &Schema,
) -> Result<Connection, StoreError> {
    create_with(location, key, durability, |connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(schema.newest)?;
        transaction.pragma_update(None, "user_version", schema.steps.len())?;
        Ok(transaction.commit()?)
    })
}

/// The same for a file of an older version, which has had the first steps only.
#[cfg(test)]
pub(crate) fn create_older(
    location: &Location,
    key: &FileKey,
    durability: Durability,
    steps: &[Migration],
) -> Result<Connection, StoreError> {
    create_with(location, key, durability, |connection| migrate(connection, 0, steps))
}

fn create_with(
    location: &Location,
    key: &FileKey,
    durability: Durability,
    fill: impl FnOnce(&mut Connection) -> Result<(), StoreError>,
) -> Result<Connection, StoreError> {
    if let Location::File(path) = location {
        open_private(path, File::options().write(true).create_new(true)).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists { StoreError::Exists } else { error.into() }
        })?;
    }
    let mut connection = connect(location, key, durability)?;
    fill(&mut connection)?;
    checkpoint(&connection)?;
    Ok(connection)
}

/// Opens a database that was made before, and brings it to the newest schema.
///
/// A write-ahead log of another file, which lies beside a copy that was put in the place of the lost one, is renamed:
/// see [`is_foreign_log`].
///
/// # Errors
/// [`StoreError::Damaged`] if the file is missing, empty or short, does not open under this key or is not a database:
/// nothing is changed then. [`StoreError::Newer`] if a later version wrote it, [`StoreError::Busy`] if another
/// connection holds it.
pub(crate) fn open(
    path: &Path,
    key: &FileKey,
    durability: Durability,
    schema: &Schema,
) -> Result<Connection, StoreError> {
    // SQLite would take an empty file for a new database, and make one that is missing.
    match std::fs::metadata(path) {
        Ok(file) if !file.is_file() => return Err(io::Error::from(io::ErrorKind::IsADirectory).into()),
        Ok(file) if is_whole(path, file.len())? => {}
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Ok(_) | Err(_) => return Err(StoreError::Damaged),
    }
    match open_with_log(path, key, durability, schema) {
        Err(StoreError::Damaged) if log_length(path)? > 0 && is_whole_alone(path, key)? => {
            set_log_aside(path)?;
            open_with_log(path, key, durability, schema)
        }
        opened => opened,
    }
}

fn open_with_log(
    path: &Path,
    key: &FileKey,
    durability: Durability,
    schema: &Schema,
) -> Result<Connection, StoreError> {
    let (mut connection, version) = read_checked(path, key, durability)?;
    migrate(&mut connection, version, schema.steps)?;
    // What a migration deleted, and what a process that died or an earlier version left in the log. Before anything is
    // written, SQLite refuses a log whose pages would lie far beyond the end of the file.
    match checkpoint(&connection) {
        // On a full disk the file can still be read, and every deletion is followed by a checkpoint.
        Err(StoreError::DiskFull) | Ok(()) => Ok(connection),
        Err(error) => Err(error),
    }
}

/// Whether a file has its pages. SQLite misses whole ones by the first, but not a part of the last. Where a checkpoint
/// was interrupted, a part may be there, and the rest in the write-ahead log.
fn is_whole(path: &Path, len: u64) -> Result<bool, StoreError> {
    Ok(len >= PAGE && (len.is_multiple_of(PAGE) || log_length(path)? > 0))
}

/// The length of a file's write-ahead log; 0 if there is none.
fn log_length(path: &Path) -> Result<u64, StoreError> {
    match std::fs::metadata(beside(path, "-wal")) {
        Ok(log) => Ok(log.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Opens a file with its log and returns its version. Nothing is written yet: a checkpoint would write the log into a
/// file that it does not fit.
///
/// All of it is read first (`integrity_check`) where a crash left a log, which may be another file's, and where the
/// file is shorter than its page count: the rest is in the log, or was cut off, and SQLite would take pages that are in
/// neither for empty ones.
fn read_checked(path: &Path, key: &FileKey, durability: Durability) -> Result<(Connection, usize), StoreError> {
    let has_log = log_length(path)? > 0;
    let connection = connect(&Location::File(path.to_owned()), key, durability)?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let pages: u64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let is_short = std::fs::metadata(path)?.len() < pages.saturating_mul(PAGE);
    if version == 0 || (has_log || is_short) && !is_consistent(&connection)? {
        return Err(StoreError::Damaged);
    }
    Ok((connection, version))
}

fn is_consistent(connection: &Connection) -> Result<bool, StoreError> {
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(verdict == "ok")
}

/// Whether a file is whole without its log: `integrity_check` on a connection with `immutable=1`, which ignores the
/// log.
///
/// Atomic commit: a file with the log that belongs to it is whole. So a log that makes a whole file damaged is another
/// file's, mostly that of the lost one in whose place a copy was put. A file that was cut, or whose checkpoint was
/// interrupted, is not whole alone, and keeps its log.
fn is_whole_alone(path: &Path, key: &FileKey) -> Result<bool, StoreError> {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        uri.push_str(&format!("%{byte:02X}"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri + "?immutable=1", flags)?;
    set_key(&connection, key)?;
    match is_consistent(&connection) {
        Err(StoreError::Damaged) => Ok(false),
        read => read,
    }
}

/// Renames a log that is another file's. [`crate::Vault::sweep`] moves it to what is kept for a month; a relay does the
/// same with its own.
fn set_log_aside(path: &Path) -> Result<(), StoreError> {
    let mut number = 1_u32;
    let aside = loop {
        let aside = beside(path, &format!("{FOREIGN_LOG}{number}"));
        if !aside.try_exists()? {
            break aside;
        }
        number = number.saturating_add(1);
    };
    std::fs::rename(beside(path, "-wal"), aside)?;
    if let Some(folder) = path.parent() {
        sync_dir(folder)?;
    }
    Ok(())
}

/// Whether a file of this name is a write-ahead log that lay beside a file that it does not belong to.
pub(crate) fn is_foreign_log(name: &str) -> bool {
    name.contains(FOREIGN_LOG)
}

/// A connection to a file that is there, empty or not, with the key and the pragmas of protocol 4.14.
fn connect(location: &Location, key: &FileKey, durability: Durability) -> Result<Connection, StoreError> {
    initialise();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match location {
        // What begins with `file:` would be a URI, and with the path of another file in it.
        Location::File(path) => Connection::open_with_flags(std::path::absolute(path)?, flags)?,
        Location::Memory => Connection::open_in_memory()?,
    };
    without_lookaside(&connection)?;
    // No checkpoint on close: it would remove the log without overwriting it, and write into a file that turned out to
    // be damaged.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    match location {
        Location::File(_) => set_key(&connection, key)?,
        Location::Memory => connection.execute_batch(SILENT)?,
    }
    // Exclusive locking keeps the write-ahead index in memory (no -shm file) and shuts out a second process.
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;",
    )?;
    if matches!(location, Location::File(_)) {
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    }
    connection.execute_batch(match durability {
        Durability::Full => "PRAGMA cipher_memory_security = ON; PRAGMA synchronous = FULL",
        Durability::Synced => "PRAGMA synchronous = FULL",
        Durability::Process => "PRAGMA synchronous = OFF",
    })?;
    // Query planner stability: a plan is kept although a bound value changes; ours never depend on one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Initialises SQLCipher once, before the first file is opened.
///
/// Race: SQLite sets its flag (`isInit`) before the extra initialiser that registers SQLCipher has run. A first open on
/// another thread in between finds no codec, takes the file for plain SQLite and fails with `SQLITE_NOTADB`.
fn initialise() {
    static FIRST: Once = Once::new();
    // If this fails, so does the next open, and says why.
    FIRST.call_once(|| drop(Connection::open_in_memory()));
}

/// Writes what the write-ahead log holds into the file, overwrites the log and empties it, so that deleted rows leave
/// both. That of a file that was moved meanwhile is emptied and not overwritten: by its path there is another one.
///
/// # Errors
/// [`StoreError::Busy`] if something reads meanwhile, or what the disk says. The log is whole then, or has no header,
/// without which SQLite takes none of it.
pub(crate) fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    checkpoint_observed(connection, |_| {})
}

/// A checkpoint that calls a test between overwriting and truncation, which erases the trace of it.
pub(crate) fn checkpoint_observed(connection: &Connection, overwritten: impl FnOnce(&Path)) -> Result<(), StoreError> {
    complete_checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)")?;
    let Some(file) = file_of(connection)? else { return Ok(()) };
    if has_moved(connection)? {
        return complete_checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
    let log = beside(&file, "-wal");
    match std::fs::OpenOptions::new().write(true).open(&log) {
        Ok(file) => overwrite(file)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    overwritten(&log);
    // Nothing is left to be written; this only tells SQLite that its log is empty.
    complete_checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
}

/// Overwrites the buffer in which SQLite puts cells together (`BtShared.pTmpSpace`), and keeps for as long as the database is open:
/// behind the newest row it holds the end of longer ones, which may be a key or a text that was deleted. Nothing is written to the
/// disk, as a row that fills a page is taken back again.
///
/// # Errors
/// What SQLite says.
pub(crate) fn blank(connection: &Connection) -> Result<(), StoreError> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(&format!("CREATE TABLE blank AS SELECT zeroblob({LONGEST_BLOB})"))?;
    Ok(transaction.rollback()?)
}

/// Takes the connection its pool of small blocks (lookaside): SQLCipher overwrites what is freed to the system, and nothing that goes
/// back into that pool, which is there for as long as the database is open.
#[expect(unsafe_code, reason = "rusqlite sets switches only, and this is a size")]
fn without_lookaside(connection: &Connection) -> Result<(), StoreError> {
    let (buffer, size, count): (*mut c_void, c_int, c_int) = (ptr::null_mut(), 0, 0);
    // SAFETY: the handle is that of an open connection, of which nobody else knows, and these are the arguments of this option.
    let done =
        unsafe { ffi::sqlite3_db_config(connection.handle(), ffi::SQLITE_DBCONFIG_LOOKASIDE, buffer, size, count) };
    if done == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(done), None).into())
    }
}

/// Whether something else lies where a database was opened, or nothing (`SQLITE_FCNTL_HAS_MOVED`): its folder was
/// moved, and a copy may be in its place. SQLite goes on with the file that it has open; what is done by path would be
/// done to the other one. Where a file that is open cannot be moved, as on Windows, it was not.
pub(crate) fn has_moved(connection: &Connection) -> Result<bool, StoreError> {
    #[cfg(unix)]
    {
        let mut moved = 0;
        connection.file_control(Some("main"), rusqlite::FileControl::HasMoved(&mut moved))?;
        Ok(moved != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = connection;
        Ok(false)
    }
}

/// The file of a database, if it is not in memory. [`Connection::path`] has none either where the name is not UTF-8.
fn file_of(connection: &Connection) -> Result<Option<PathBuf>, StoreError> {
    let name = connection.query_row("PRAGMA database_list", [], |row| {
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
fn complete_checkpoint(connection: &Connection, pragma: &str) -> Result<(), StoreError> {
    let busy: bool = connection.query_row(pragma, [], |row| row.get(0))?;
    if busy { Err(StoreError::Busy) } else { Ok(()) }
}

/// Zeros over a log that was written into the file, header first: if the power goes in between, frames without a header
/// are ignored, but a part of the frames would be taken for newer than the file.
fn overwrite(mut log: File) -> Result<(), StoreError> {
    let len = log.metadata()?.len();
    let header = len.min(LOG_HEADER);
    io::copy(&mut io::repeat(0).take(header), &mut log)?;
    log.sync_data()?;
    io::copy(&mut io::repeat(0).take(len.saturating_sub(header)), &mut log)?;
    log.sync_data()?;
    Ok(())
}

/// Removes a database file and what SQLite keeps beside it. Missing files are no error.
pub(crate) fn remove_files(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match std::fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn set_key(connection: &Connection, key: &FileKey) -> Result<(), StoreError> {
    connection.execute_batch(SILENT)?;
    Ok(connection.execute_batch(&key_pragma(key))?)
}

/// `PRAGMA key` with the raw key, which skips SQLCipher's own derivation. The text is built from hexadecimal digits
/// only.
fn key_pragma(key: &FileKey) -> Zeroizing<String> {
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA key = \"x'");
    for byte in key.iter() {
        for digit in [byte >> 4, byte & 15] {
            pragma.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    pragma.push_str("'\"");
    pragma
}

fn migrate(connection: &mut Connection, version: usize, steps: &[Migration]) -> Result<(), StoreError> {
    let pending = steps.get(version..).ok_or(StoreError::Newer)?;
    for (step, migration) in (version..).zip(pending) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        migration.run(&transaction)?;
        transaction.pragma_update(None, "user_version", step.saturating_add(1))?;
        transaction.commit()?;
    }
    Ok(())
}

/// SQLCipher prints to the standard error stream by itself; what matters comes back as an error.
const SILENT: &str = "PRAGMA cipher_log_level = NONE";
/// What stands behind the name of a file and before a number in that of a log which was another file's.
const FOREIGN_LOG: &str = "-wal.foreign-";
/// Bytes of a page, which SQLCipher sets. No database is shorter.
const PAGE: u64 = 4096;
/// Bytes of a blob whose row fills a page, with what stands around it.
const LONGEST_BLOB: u32 = 3970;
/// Bytes before the first frame of a write-ahead log.
const LOG_HEADER: u64 = 32;

#[cfg(test)]
mod tests;
