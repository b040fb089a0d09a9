//! A keyring in memory, which asks nobody: opening a vault with it costs nothing.

use std::sync::Mutex;

use conclave_store::{Keyring, KeyringError};
use zeroize::Zeroizing;

/// The secrets, in the order in which they were stored.
#[derive(Debug, Default)]
pub struct MemoryKeyring(Mutex<Vec<(String, [u8; 32])>>);

impl MemoryKeyring {
    /// A keyring of its own with the same secrets.
    ///
    /// # Panics
    /// If a panic has poisoned the keyring.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap().clone()))
    }

    /// Only the oldest secret is left.
    ///
    /// # Panics
    /// If a panic has poisoned the keyring.
    pub fn forget_newer(&self) {
        self.0.lock().unwrap().truncate(1);
    }
}

impl Keyring for MemoryKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.delete(name)?;
        self.0.lock().unwrap().push((name.to_owned(), *secret));
        Ok(())
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        let entries = self.0.lock().unwrap();
        let found = entries.iter().find(|(known, _)| known == name).map(|(_, secret)| Zeroizing::new(*secret));
        found.ok_or(KeyringError::NoEntry)
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        self.0.lock().unwrap().retain(|(known, _)| known != name);
        Ok(())
    }
}
