//! A copy of a vault, noticed. A random mark, which changes whenever the vault is opened, lies in the index and in the
//! system's keyring, which is no part of a copy of the folder. A copy that is put back later has an older mark.

use std::fmt;

use conclave_seal::rng;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::{Home, Vault};
use crate::{
    KeyringError, StoreError,
    folder::SLOTS,
    slot::{Keyring, SlotFile},
};

/// What the keyring says of the vault that was opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Generation {
    /// It is as it was left.
    Newest,
    /// It is an older copy: it was opened since, and what was written then is not in it.
    Older,
    /// The keyring cannot be asked, or has never seen this vault: another computer's, for one.
    Unknown,
}

/// What the keyring keeps under the name of a vault's mark.
pub type Kept = Result<Zeroizing<[u8; 32]>, KeyringError>;

/// A new mark on its way into the keyring, which is asked apart from the vault: it may take long, or not answer at all.
pub struct Mark {
    entry: String,
    mark: Zeroizing<[u8; 32]>,
}

impl Mark {
    /// Puts it into the keyring.
    ///
    /// # Errors
    /// As [`Keyring::store`].
    pub fn store(&self, keyring: &dyn Keyring) -> Result<(), KeyringError> {
        keyring.store(&self.entry, &self.mark)
    }
}

/// A mark that is known puts an older copy in the place of the newest.
impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark(..)")
    }
}

impl Vault {
    /// The keyring's name for the mark of this vault; none before the first one.
    ///
    /// # Errors
    /// What the database says.
    pub fn mark_entry(&self) -> Result<Option<String>, StoreError> {
        self.setting(ENTRY)
    }

    /// Compares the marks of index and keyring.
    ///
    /// # Errors
    /// What the database says.
    pub fn generation(&self, kept: &Kept) -> Result<Generation, StoreError> {
        let kept = match kept {
            Ok(kept) => HEXLOWER.encode(&**kept),
            Err(KeyringError::NoEntry | KeyringError::Unavailable) => return Ok(Generation::Unknown),
        };
        // If the process ended between the two, one of them is in the keyring.
        let known = [self.setting(MARK)?, self.setting(NEXT_MARK)?];
        let is_newest = known.iter().flatten().any(|mark| *mark == kept);
        Ok(if is_newest { Generation::Newest } else { Generation::Older })
    }

    /// Puts a new mark into the index, beside the one that the keyring has. Call it when a vault was opened, while the keyring is
    /// unlocked, and [`Vault::end_mark`] once the keyring has the new one.
    ///
    /// # Errors
    /// [`StoreError::Keyring`] if the keyring could not be asked, or what the database says; the vault is no older copy for that.
    pub fn begin_mark(&self, kept: &Kept, rng: &mut dyn rng::Rng) -> Result<Mark, StoreError> {
        let entry = match self.setting(ENTRY)? {
            Some(entry) => entry,
            None => {
                let entry = self.new_mark_entry(rng);
                self.set_setting(ENTRY, &entry)?;
                entry
            }
        };
        // An earlier call may have ended half done: what the keyring has is never forgotten before it has something
        // else.
        match kept {
            Ok(kept) => self.set_setting(MARK, &HEXLOWER.encode(&**kept))?,
            Err(KeyringError::NoEntry) => {}
            Err(error @ KeyringError::Unavailable) => return Err(StoreError::Keyring(*error)),
        }
        let mark = Zeroizing::new(rng::array::<32>(rng));
        self.set_setting(NEXT_MARK, &HEXLOWER.encode(&*mark))?;
        Ok(Mark { entry, mark })
    }

    /// That of its keyring slot, or where no keyring opens it, a random one. In no other vault either way.
    fn new_mark_entry(&self, rng: &mut dyn rng::Rng) -> String {
        let slots = match &self.home {
            Home::Folder { path, .. } => SlotFile::read(&path.join(SLOTS)).ok(),
            Home::Memory => None,
        };
        let derived = slots.and_then(|slots| slots.mark_name());
        derived.unwrap_or_else(|| HEXLOWER.encode(&rng::array::<32>(rng)))
    }

    /// Notes that the keyring has a mark.
    ///
    /// # Errors
    /// What the database says; the vault is no older copy for that.
    pub fn end_mark(&self, mark: &Mark) -> Result<(), StoreError> {
        self.set_setting(MARK, &HEXLOWER.encode(&*mark.mark))
    }
}

/// The keyring's name for the mark of this vault.
const ENTRY: &str = "generation-entry";
const MARK: &str = "generation";
const NEXT_MARK: &str = "generation-next";
