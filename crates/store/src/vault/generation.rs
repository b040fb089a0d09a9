//! A copy of a vault, noticed. A random mark, which changes whenever the vault is opened, lies in the index and in the
//! system's keyring, which is no part of a copy of the folder. A copy that is put back later has an older mark.

use conclave_seal::rng;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::{Home, Vault};
use crate::{KeyringError, StoreError, slot::Keyring};

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

impl Vault {
    /// Compares the marks of index and keyring.
    ///
    /// # Errors
    /// What the database says.
    pub fn generation(&self, keyring: &dyn Keyring) -> Result<Generation, StoreError> {
        let Some(entry) = self.setting(ENTRY)? else { return Ok(Generation::Unknown) };
        let kept = match keyring.load(&entry) {
            Ok(kept) => HEXLOWER.encode(&*kept),
            Err(KeyringError::NoEntry | KeyringError::Unavailable) => return Ok(Generation::Unknown),
        };
        // If the process ended between the two, one of them is in the keyring.
        let known = [self.setting(MARK)?, self.setting(NEXT_MARK)?];
        let is_newest = known.iter().flatten().any(|mark| *mark == kept);
        Ok(if is_newest { Generation::Newest } else { Generation::Older })
    }

    /// Puts a new mark into index and keyring. Call it when a vault was opened, while the keyring is unlocked.
    /// Nothing is marked in memory.
    ///
    /// # Errors
    /// [`StoreError::Keyring`] if the keyring refuses, or what the database says; the vault is no older copy for that.
    pub fn mark_generation(&self, keyring: &dyn Keyring, rng: &mut dyn rng::Rng) -> Result<(), StoreError> {
        if matches!(self.home, Home::Memory) {
            return Ok(());
        }
        let entry = match self.setting(ENTRY)? {
            Some(entry) => entry,
            None => {
                let entry = HEXLOWER.encode(&rng::array::<32>(rng));
                self.set_setting(ENTRY, &entry)?;
                entry
            }
        };
        // An earlier call may have ended half done: what the keyring has is never forgotten before it has something
        // else.
        match keyring.load(&entry) {
            Ok(kept) => self.set_setting(MARK, &HEXLOWER.encode(&*kept))?,
            Err(KeyringError::NoEntry) => {}
            Err(error @ KeyringError::Unavailable) => return Err(StoreError::Keyring(error)),
        }
        let mark = Zeroizing::new(rng::array::<32>(rng));
        let text = HEXLOWER.encode(&*mark);
        self.set_setting(NEXT_MARK, &text)?;
        keyring.store(&entry, &mark).map_err(StoreError::Keyring)?;
        self.set_setting(MARK, &text)
    }
}

/// The keyring's name for the mark of this vault: random, and in no other vault.
const ENTRY: &str = "generation-entry";
const MARK: &str = "generation";
const NEXT_MARK: &str = "generation-next";
