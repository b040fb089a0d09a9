//! Making and opening a vault, in two steps each: the slot is wrapped or unwrapped, and then the folder is locked and the index opened.
//!
//! A keyring may ask its person back before it answers, or not answer at all. So only the first step asks it, which holds nothing and
//! opens nothing, and whoever made it may go without the second.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use conclave_seal::rng;
use zeroize::Zeroizing;

use super::{Home, Vault, index_key};
use crate::{
    StoreError,
    database::{self, Durability, Location},
    folder::{self, FolderLock, INDEX, Presence, ROOMS, SLOTS},
    migrations::VAULT,
    private_file::private_dir,
    slot::{SlotFile, Unlock},
};

/// A vault that is not made yet, with the way to open it.
pub struct NewVault {
    folder: PathBuf,
    vault_key: Zeroizing<[u8; 32]>,
    slots: SlotFile,
}

impl NewVault {
    /// Draws the vault's key, and wraps it. A keyring keeps its part from now on, of which no vault needs to come.
    ///
    /// # Errors
    /// As [`Vault::create`]; whoever is refused is refused before a keyring is asked.
    pub fn wrap(folder: &Path, unlock: Unlock<'_>, rng: &mut dyn rng::Rng) -> Result<Self, StoreError> {
        drop(claim(folder)?);
        let vault_key = Zeroizing::new(rng::array::<32>(rng));
        let mut slots = SlotFile::default();
        slots.wrap(&vault_key, unlock, rng)?;
        Ok(Self { folder: folder.to_owned(), vault_key, slots })
    }

    /// Makes it.
    ///
    /// # Errors
    /// As [`Vault::create`].
    pub fn create(self, durability: Durability) -> Result<Vault, StoreError> {
        let Self { folder, vault_key, mut slots } = self;
        let lock = claim(&folder)?;
        private_dir(&folder.join(ROOMS))?;
        // Write order: the slot file says "begun" before there is an index. So an index without a slot file belongs to
        // a vault, and one beside "begun" holds nothing.
        slots.begun = true;
        slots.write(&folder.join(SLOTS))?;
        database::remove_files(&folder.join(INDEX))?;
        let location = Location::File(folder.join(INDEX));
        let index = database::create(&location, &index_key(&vault_key), durability, &VAULT)?;
        slots.begun = false;
        slots.write(&folder.join(SLOTS))?;
        Ok(Vault { index, home: Home::Folder { path: folder, durability, lock } })
    }
}

/// The key of a vault that is not open yet.
pub struct VaultKey {
    folder: PathBuf,
    vault_key: Zeroizing<[u8; 32]>,
}

impl VaultKey {
    /// Unwraps it. Takes about half a second with a passphrase.
    ///
    /// # Errors
    /// As [`Vault::open`]; whoever is refused is refused before a keyring is asked.
    pub fn unwrap(folder: &Path, unlock: Unlock<'_>) -> Result<Self, StoreError> {
        let slots = slots_of(folder)?;
        drop(folder::lock(folder)?);
        Ok(Self { folder: folder.to_owned(), vault_key: slots.unwrap(unlock)? })
    }

    /// Opens its vault.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open(&self, durability: Durability) -> Result<Vault, StoreError> {
        let folder = self.folder.as_path();
        let lock = folder::lock(folder)?;
        // Of now: another process may have been at work here since.
        let mut slots = slots_of(folder)?;
        let index = database::open(&folder.join(INDEX), &index_key(&self.vault_key), durability, &VAULT)?;
        if std::mem::take(&mut slots.begun) || slots.lacks_sum() {
            // If the disk refuses, the slots still open it, and its rooms show that it was made.
            drop(slots.write(&folder.join(SLOTS)));
        }
        folder::move_lost_files(folder);
        // An empty folder is lost in some power cuts and some copies.
        private_dir(&folder.join(ROOMS))?;
        Ok(Vault { index, home: Home::Folder { path: folder.to_owned(), durability, lock } })
    }
}

/// The keys have no place in a log.
impl fmt::Debug for NewVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewVault(..)")
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey(..)")
    }
}

/// Locks a folder without a vault.
fn claim(folder: &Path) -> Result<FolderLock, StoreError> {
    folder::check_length(folder)?;
    private_dir(folder)?;
    let lock = folder::lock(folder)?;
    match folder::survey(folder)? {
        Presence::Nothing => Ok(lock),
        Presence::Vault => Err(StoreError::Exists),
        Presence::Incomplete => Err(StoreError::Incomplete),
        Presence::Erased => Err(StoreError::Erased),
    }
}

/// The slots of a folder's vault.
fn slots_of(folder: &Path) -> Result<SlotFile, StoreError> {
    folder::check_length(folder)?;
    match folder::survey(folder)? {
        Presence::Vault => SlotFile::read(&folder.join(SLOTS)),
        Presence::Nothing => Err(StoreError::Missing),
        Presence::Incomplete => Err(StoreError::Incomplete),
        Presence::Erased => Err(StoreError::Erased),
    }
}
