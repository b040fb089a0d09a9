//! The vault: which rooms are on this computer and the keys to their files.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use conclave_seal::{expand, label::Label, rng};
use rusqlite::{Connection, OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{
    Handle, RoomStore, StoreError,
    database::{self, Durability, FileKey, Location},
    new_room::{Files, NewRoom, Unkept},
    slot::{SlotFile, Unlock},
};

/// The encrypted index of rooms, open.
///
/// Dropping it closes the index and releases the folder.
pub struct Vault {
    index: Connection,
    home: Home,
}

/// Where the files of a vault are.
enum Home {
    Folder { path: PathBuf, durability: Durability, _lock: File },
    Memory,
}

/// What this computer needs to serve a room under the same address and TLS key again.
pub struct HostedRoom {
    /// The TCP port.
    pub port: u16,
    /// The TLS private key, PKCS#8 DER.
    pub tls_key: Zeroizing<Vec<u8>>,
    /// Wraps the data keys of the relay's log.
    pub relay_key: Zeroizing<[u8; 32]>,
    /// Serve it whenever the vault is open.
    pub running: bool,
}

/// A room on this computer, as the index knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RoomEntry {
    /// Names the room.
    pub handle: Handle,
    /// Unix seconds.
    pub created_at: u64,
}

/// Whether a folder has a vault.
///
/// # Errors
/// [`StoreError::Io`] if the folder cannot be looked at.
pub fn exists(folder: &Path) -> Result<bool, StoreError> {
    Ok(folder.join(SLOTS).try_exists()?)
}

impl Vault {
    /// Makes a vault in a folder with one way to open it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one, [`StoreError::Busy`] if another process is at work there,
    /// [`StoreError::Keyring`] if the keyring refuses, or what the disk says.
    pub fn create(
        folder: &Path,
        unlock: Unlock<'_>,
        durability: Durability,
        rng: &mut dyn rng::Rng,
    ) -> Result<Self, StoreError> {
        fs::create_dir_all(folder.join(ROOMS))?;
        let lock = lock(folder)?;
        if exists(folder)? {
            return Err(StoreError::Exists);
        }
        let vault_key = Zeroizing::new(rng::array::<32>(rng));
        // An index without a slot file is what a crash here leaves behind: it can never be opened, so it goes first.
        database::remove_files(&folder.join(INDEX))?;
        let index = open_index(folder, &vault_key, durability)?;
        let mut slots = SlotFile::default();
        slots.wrap(&vault_key, unlock, rng)?;
        slots.write(&folder.join(SLOTS))?;
        Ok(Self { index, home: Home::Folder { path: folder.to_owned(), durability, _lock: lock } })
    }

    /// Opens the vault of a folder. Takes about half a second with a passphrase.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without a vault, [`StoreError::WrongSecret`] if it does not open,
    /// [`StoreError::Busy`] if another process has it, [`StoreError::Damaged`] or [`StoreError::Newer`] for what is not
    /// readable; nothing is changed then.
    pub fn open(folder: &Path, unlock: Unlock<'_>, durability: Durability) -> Result<Self, StoreError> {
        let slots = SlotFile::read(&folder.join(SLOTS))?;
        let lock = lock(folder)?;
        let vault_key = slots.unwrap(unlock)?;
        if !folder.join(INDEX).try_exists()? {
            return Err(StoreError::Damaged);
        }
        let index = open_index(folder, &vault_key, durability)?;
        // An empty folder outlives neither every power cut nor every copy.
        fs::create_dir_all(folder.join(ROOMS))?;
        Ok(Self { index, home: Home::Folder { path: folder.to_owned(), durability, _lock: lock } })
    }

    /// A vault that is never written anywhere.
    ///
    /// # Errors
    /// What the database says; memory may be short.
    pub fn in_memory() -> Result<Self, StoreError> {
        let index = database::open(&Location::Memory, &FileKey::default(), Durability::Process, VAULT_MIGRATIONS)?;
        Ok(Self { index, home: Home::Memory })
    }

    /// Whether the vault lives in memory only.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        matches!(self.home, Home::Memory)
    }

    /// Adds or replaces a way to open the vault.
    ///
    /// # Errors
    /// [`StoreError::WrongSecret`] if `current` does not open it, [`StoreError::Missing`] for a vault in memory.
    pub fn add_slot(&self, current: Unlock<'_>, added: Unlock<'_>, rng: &mut dyn rng::Rng) -> Result<(), StoreError> {
        let Home::Folder { path, .. } = &self.home else { return Err(StoreError::Missing) };
        let file = path.join(SLOTS);
        let mut slots = SlotFile::read(&file)?;
        let vault_key = slots.unwrap(current)?;
        slots.wrap(&vault_key, added, rng)?;
        slots.write(&file)
    }

    /// The rooms of the index, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn rooms(&self) -> Result<Vec<RoomEntry>, StoreError> {
        let mut statement =
            self.index.prepare_cached("SELECT handle, created_at FROM room ORDER BY created_at, handle")?;
        let rows =
            statement.query_map([], |row| Ok(RoomEntry { handle: Handle(row.get(0)?), created_at: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Begins a room: a file with a key of its own, or memory that the index never hears of.
    ///
    /// # Errors
    /// What the disk or the database says; nothing is left then.
    pub fn begin_room(
        &self,
        persistence: Persistence,
        now: u64,
        rng: &mut dyn rng::Rng,
    ) -> Result<NewRoom, StoreError> {
        let handle = Handle(rng::array(rng));
        let key = Zeroizing::new(rng::array::<32>(rng));
        let (location, durability, files) = match (&self.home, persistence) {
            (Home::Folder { path, durability, .. }, Persistence::Kept) => {
                let (room, relay_log) = (room_path(path, handle), log_path(path, handle));
                let files = Files { key: key.clone(), room: room.clone(), relay_log };
                (Location::File(room), *durability, Some(files))
            }
            (Home::Folder { .. }, Persistence::InMemory) | (Home::Memory, _) => {
                (Location::Memory, Durability::Process, None)
            }
        };
        let unkept = Unkept(files);
        let store = RoomStore::open(&location, &key, durability)?;
        Ok(NewRoom { store, handle, created_at: now, unkept })
    }

    /// Puts the key of a new room into the index, and what hosting it needs, in one transaction. A room in memory has
    /// neither.
    ///
    /// # Errors
    /// What the disk or the database says; nothing of the room is left then.
    pub fn keep_room(
        &mut self,
        mut new: NewRoom,
        hosted: Option<&HostedRoom>,
    ) -> Result<(Handle, RoomStore), StoreError> {
        if let Some(Files { key, .. }) = &new.unkept.0 {
            let transaction = self.index.transaction()?;
            transaction.execute(
                "INSERT INTO room (handle, file_key, created_at) VALUES (?1, ?2, ?3)",
                params![new.handle.0, **key, new.created_at],
            )?;
            if let Some(hosted) = hosted {
                put_hosted(&transaction, new.handle, hosted)?;
            }
            transaction.commit()?;
        }
        new.unkept.0 = None;
        Ok((new.handle, new.store))
    }

    /// Opens a room's file.
    ///
    /// # Errors
    /// [`StoreError::UnknownRoom`] without an entry, [`StoreError::Damaged`] if the file is missing, damaged or
    /// foreign.
    pub fn open_room(&self, handle: Handle) -> Result<RoomStore, StoreError> {
        let Home::Folder { path, durability, .. } = &self.home else { return Err(StoreError::UnknownRoom) };
        let key: FileKey = self
            .index
            .query_row("SELECT file_key FROM room WHERE handle = ?1", params![handle.0], |row| row.get(0))
            .optional()?
            .map(Zeroizing::new)
            .ok_or(StoreError::UnknownRoom)?;
        let path = room_path(path, handle);
        if !path.try_exists()? {
            return Err(StoreError::Damaged);
        }
        RoomStore::open(&Location::File(path), &key, *durability)
    }

    /// Destroys a room on this computer: first the key, then the file (protocol 4.14). A crash after the first step
    /// leaves a file that nobody can read; [`Vault::sweep`] removes it. On a full disk the file goes first, and the key
    /// into the space that it leaves. Close the room's store before.
    ///
    /// # Errors
    /// What the disk or the database says; calling it again goes on where it stopped.
    pub fn remove_room(&mut self, handle: Handle) -> Result<(), StoreError> {
        let Home::Folder { path, .. } = &self.home else { return Ok(()) };
        let remove_files = || {
            database::remove_files(&room_path(path, handle))?;
            database::remove_files(&log_path(path, handle))
        };
        match self.forget_key(handle) {
            Err(StoreError::DiskFull) => {
                remove_files()?;
                self.forget_key(handle)
            }
            Err(error) => Err(error),
            Ok(()) => remove_files(),
        }
    }

    fn forget_key(&self, handle: Handle) -> Result<(), StoreError> {
        self.index.execute("DELETE FROM room WHERE handle = ?1", params![handle.0])?;
        database::checkpoint(&self.index)
    }

    /// Removes files whose keys are gone: what a crash in the middle of [`Vault::remove_room`] leaves.
    ///
    /// # Errors
    /// What the disk or the database says.
    pub fn sweep(&self) -> Result<(), StoreError> {
        let Home::Folder { path, .. } = &self.home else { return Ok(()) };
        let known: Vec<String> = self.rooms()?.iter().map(|room| room.handle.to_string()).collect();
        for file in fs::read_dir(path.join(ROOMS))? {
            let file = file?;
            let name = file.file_name();
            let keyless = name.to_str().is_some_and(|name| {
                let stem = name.split('.').next().unwrap_or(name);
                Handle::parse(stem).is_some() && !known.iter().any(|handle| handle == stem)
            });
            if keyless {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    /// Where the log of the embedded relay for this room goes; none for a vault in memory.
    #[must_use]
    pub fn relay_log(&self, handle: Handle) -> Option<PathBuf> {
        match &self.home {
            Home::Folder { path, .. } => Some(log_path(path, handle)),
            Home::Memory => None,
        }
    }

    /// Keeps what hosting this room needs.
    ///
    /// # Errors
    /// [`StoreError::UnknownRoom`] if the index has no such room.
    pub fn save_hosted(&self, handle: Handle, hosted: &HostedRoom) -> Result<(), StoreError> {
        let known: bool =
            self.index.query_row("SELECT EXISTS (SELECT 1 FROM room WHERE handle = ?1)", params![handle.0], |row| {
                row.get(0)
            })?;
        if !known {
            return Err(StoreError::UnknownRoom);
        }
        put_hosted(&self.index, handle, hosted)
    }

    /// What hosting this room needs; none if it is not hosted here.
    ///
    /// # Errors
    /// What the database says.
    pub fn hosted(&self, handle: Handle) -> Result<Option<HostedRoom>, StoreError> {
        let row = self.index.query_row(
            "SELECT port, tls_key, relay_key, running FROM hosted_room WHERE handle = ?1",
            params![handle.0],
            |row| {
                Ok(HostedRoom {
                    port: row.get(0)?,
                    tls_key: Zeroizing::new(row.get(1)?),
                    relay_key: Zeroizing::new(row.get(2)?),
                    running: row.get(3)?,
                })
            },
        );
        Ok(row.optional()?)
    }

    /// A setting.
    ///
    /// # Errors
    /// What the database says.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = self.index.query_row("SELECT value FROM setting WHERE name = ?1", params![name], |row| row.get(0));
        Ok(row.optional()?)
    }

    /// Changes a setting.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.index.execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            params![name, value],
        )?;
        Ok(())
    }
}

/// Whether a room outlives the application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Persistence {
    /// In an encrypted file with a key of its own.
    Kept,
    /// In memory only.
    InMemory,
}

impl Drop for Vault {
    fn drop(&mut self) {
        // As for a room's file.
        drop(database::checkpoint(&self.index));
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl std::fmt::Debug for HostedRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostedRoom").field("running", &self.running).finish_non_exhaustive()
    }
}

fn open_index(folder: &Path, vault_key: &[u8; 32], durability: Durability) -> Result<Connection, StoreError> {
    let key = Zeroizing::new(*expand::expand::<32>(vault_key, INDEX_LABEL, &[]));
    database::open(&Location::File(folder.join(INDEX)), &key, durability, VAULT_MIGRATIONS)
}

fn put_hosted(index: &Connection, handle: Handle, hosted: &HostedRoom) -> Result<(), StoreError> {
    index.execute(
        "INSERT INTO hosted_room (handle, port, tls_key, relay_key, running) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (handle) DO UPDATE SET port = ?2, tls_key = ?3, relay_key = ?4, running = ?5",
        params![handle.0, hosted.port, *hosted.tls_key, *hosted.relay_key, hosted.running],
    )?;
    Ok(())
}

/// Takes the folder for this process; the lock goes with the file handle, also after a crash.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn room_path(folder: &Path, handle: Handle) -> PathBuf {
    folder.join(ROOMS).join(format!("{handle}.db"))
}

fn log_path(folder: &Path, handle: Handle) -> PathBuf {
    folder.join(ROOMS).join(format!("{handle}.relay.db"))
}

/// The key of the index, from the vault key.
pub(crate) const INDEX_LABEL: Label = Label::new("store-index");
const SLOTS: &str = "vault";
const INDEX: &str = "index.db";
const ROOMS: &str = "rooms";
const LOCK: &str = "lock";
const VAULT_MIGRATIONS: &[&str] = &[include_str!("../migrations/vault/0001_init.sql")];
