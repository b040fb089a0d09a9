//! The vault: which rooms are on this computer and the keys to their files.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use conclave_seal::{expand, label::Label, rng};
use rusqlite::{Connection, OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{
    Handle, RoomStore, StoreError,
    database::{self, Durability, FileKey, Location},
    folder::{FolderLock, SLOTS, log_path, room_path},
    migrations::VAULT,
    new_room::{Files, NewRoom, Unkept},
    slot::{SlotFile, Unlock},
};

mod door;
mod ended;
mod generation;
mod hosted;
mod leaving;
mod opening;
mod sweep;

pub use door::{NewVault, VaultKey};
pub use ended::EndedRoom;
pub use generation::{Generation, Kept, Mark};
pub use hosted::HostedRoom;
pub use opening::{Opening, Suspicion};

/// The encrypted index of rooms, open.
///
/// Dropping it closes the index, and releases the folder unless somebody else holds its [`FolderLock`].
pub struct Vault {
    index: Connection,
    home: Home,
}

/// Where the files of a vault are.
enum Home {
    Folder { path: PathBuf, durability: Durability, lock: FolderLock },
    Memory,
}

/// A room on this computer, as the index knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RoomEntry {
    /// Names the room.
    pub handle: Handle,
    /// Unix seconds.
    pub created_at: u64,
}

/// A room's file that is not open.
pub struct ClosedRoom {
    path: PathBuf,
    key: FileKey,
    durability: Durability,
}

impl ClosedRoom {
    /// Opens it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is missing, empty, damaged or foreign: nothing is changed then.
    pub fn open(self) -> Result<RoomStore, StoreError> {
        RoomStore::open(&self.path, &self.key, self.durability)
    }
}

/// The key has no place in a log.
impl fmt::Debug for ClosedRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClosedRoom(..)")
    }
}

impl Vault {
    /// Makes a vault in a folder with one way to open it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one, [`StoreError::Incomplete`] if there are files of one,
    /// [`StoreError::Busy`] if another process is at work there, [`StoreError::Keyring`] if the keyring refuses, or
    /// what the disk says.
    pub fn create(
        folder: &Path,
        unlock: Unlock<'_>,
        durability: Durability,
        rng: &mut dyn rng::Rng,
    ) -> Result<Self, StoreError> {
        NewVault::wrap(folder, unlock, rng)?.create(durability)
    }

    /// Opens the vault of a folder. Takes about half a second with a passphrase.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without a vault, [`StoreError::Incomplete`] if only its slot file is missing,
    /// [`StoreError::WrongSecret`] if it does not open, [`StoreError::Busy`] if another process has it,
    /// [`StoreError::Damaged`] or [`StoreError::Newer`] for what is not readable; nothing is changed then.
    pub fn open(folder: &Path, unlock: Unlock<'_>, durability: Durability) -> Result<Self, StoreError> {
        VaultKey::unwrap(folder, unlock)?.open(durability)
    }

    /// A vault that is never written anywhere.
    ///
    /// # Errors
    /// What the database says; memory may be short.
    pub fn in_memory() -> Result<Self, StoreError> {
        let index = database::create(&Location::Memory, &FileKey::default(), Durability::Process, &VAULT)?;
        Ok(Self { index, home: Home::Memory })
    }

    /// Whether the vault lives in memory only.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        matches!(self.home, Home::Memory)
    }

    /// What keeps other processes out of the vault's folder; none for a vault in memory. Whoever has a file of a room
    /// open holds it as long.
    #[must_use]
    pub fn folder_lock(&self) -> Option<FolderLock> {
        match &self.home {
            Home::Folder { lock, .. } => Some(lock.clone()),
            Home::Memory => None,
        }
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
        let replaced = slots.wrap(&vault_key, added, rng)?;
        slots.write(&file)?;
        replaced.map_or(Ok(()), |replaced| replaced.forget(added))
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
                let files = Files { key: Box::new(key.clone()), room: room.clone(), relay_log };
                (Location::File(room), *durability, Some(files))
            }
            (Home::Folder { .. }, Persistence::InMemory) | (Home::Memory, _) => {
                (Location::Memory, Durability::Process, None)
            }
        };
        let unkept = Unkept(files);
        let store = RoomStore::create(&location, &key, durability)?;
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
                params![new.handle.0, ***key, new.created_at],
            )?;
            if let Some(hosted) = hosted {
                hosted::put(&transaction, new.handle, hosted)?;
            }
            transaction.commit()?;
        }
        new.unkept.0 = None;
        Ok((new.handle, new.store))
    }

    /// Opens a room's file.
    ///
    /// # Errors
    /// [`StoreError::UnknownRoom`] without an entry, [`StoreError::Damaged`] if the file is missing, empty, damaged or
    /// foreign: nothing is changed then.
    pub fn open_room(&self, handle: Handle) -> Result<RoomStore, StoreError> {
        self.closed_room(handle)?.open()
    }

    /// A room's file with what opens it. Reading it takes long where it is large and was not closed in order, and needs the vault no
    /// more.
    ///
    /// # Errors
    /// [`StoreError::UnknownRoom`] without an entry, or what the disk says.
    pub fn closed_room(&self, handle: Handle) -> Result<ClosedRoom, StoreError> {
        let Home::Folder { path, durability, .. } = &self.home else { return Err(StoreError::UnknownRoom) };
        let key: FileKey = self
            .index
            .query_row("SELECT file_key FROM room WHERE handle = ?1", params![handle.0], |row| row.get(0))
            .optional()?
            .map(Zeroizing::new)
            .ok_or(StoreError::UnknownRoom)?;
        sweep::bring_back(path, handle)?;
        Ok(ClosedRoom { path: room_path(path, handle), key, durability: *durability })
    }

    /// Destroys a room on this computer: first the key, then the files (protocol 4.14). A crash after the first step
    /// leaves files without a key, which [`Vault::sweep`] removes. On a full disk the files are deleted first, to free
    /// the pages that deleting the key needs. Close the room's store before.
    ///
    /// # Errors
    /// What the disk or the database says; calling it again goes on where it stopped.
    pub fn remove_room(&mut self, handle: Handle) -> Result<(), StoreError> {
        self.forget_room(handle, None)?;
        self.delete_files(handle)
    }

    /// The first half of [`Vault::remove_room`]: destroys the key of a room, and keeps in the same transaction what is left of one that
    /// has ended. Its files may be open, but for the room's own, which goes first where the disk is full.
    ///
    /// # Errors
    /// As [`Vault::remove_room`].
    pub fn forget_room(&mut self, handle: Handle, ended: Option<&EndedRoom>) -> Result<(), StoreError> {
        let Home::Folder { path, .. } = &self.home else { return Ok(()) };
        let path = path.clone();
        match self.forget_key(handle, ended) {
            Err(StoreError::DiskFull) => {
                sweep::remove_room_files(&path, handle)?;
                self.forget_key(handle, ended)
            }
            forgotten => forgotten,
        }
    }

    /// The second half: deletes the files of a room whose key is destroyed. They are closed by now.
    ///
    /// # Errors
    /// As [`Vault::remove_room`].
    pub fn delete_files(&mut self, handle: Handle) -> Result<(), StoreError> {
        let Home::Folder { path, .. } = &self.home else { return Ok(()) };
        sweep::remove_room_files(path, handle)?;
        self.index.execute("DELETE FROM removed WHERE handle = ?1", params![handle.0])?;
        Ok(())
    }

    /// Deletes a room's own file, whose key is destroyed, and leaves that of its relay to [`Vault::delete_files`].
    ///
    /// # Errors
    /// As [`Vault::remove_room`].
    pub fn delete_room_file(&self, handle: Handle) -> Result<(), StoreError> {
        let Home::Folder { path, .. } = &self.home else { return Ok(()) };
        database::remove_files(&room_path(path, handle))
    }

    fn forget_key(&mut self, handle: Handle, ended: Option<&EndedRoom>) -> Result<(), StoreError> {
        let transaction = self.index.transaction()?;
        transaction.execute("INSERT OR IGNORE INTO removed (handle) VALUES (?1)", params![handle.0])?;
        transaction.execute("DELETE FROM room WHERE handle = ?1", params![handle.0])?;
        ended::put(&transaction, handle, ended)?;
        transaction.commit()?;
        database::checkpoint(&self.index)?;
        database::blank(&self.index)
    }

    /// Where the file of a room is, or should be; none for a vault in memory.
    #[must_use]
    pub fn room_file(&self, handle: Handle) -> Option<PathBuf> {
        match &self.home {
            Home::Folder { path, .. } => Some(room_path(path, handle)),
            Home::Memory => None,
        }
    }

    /// Where the log of the embedded relay for this room is; none for a vault in memory.
    #[must_use]
    pub fn relay_log(&self, handle: Handle) -> Option<PathBuf> {
        match &self.home {
            Home::Folder { path, .. } => Some(log_path(path, handle)),
            Home::Memory => None,
        }
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
        // What stays in the log if the disk refuses is overwritten when the index is opened next.
        drop(database::checkpoint(&self.index));
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

fn index_key(vault_key: &[u8; 32]) -> FileKey {
    Zeroizing::new(*expand::expand::<32>(vault_key, INDEX_LABEL, &[]))
}

/// The key of the index, from the vault key.
pub(crate) const INDEX_LABEL: Label = Label::new("store-index");
