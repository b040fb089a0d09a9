//! The system's keyring as a slot of the vault. Portable installations never call it: an entry would be a trace.

use std::path::Path;

use conclave_store::{Keyring, KeyringError};
use keyring::{Entry, Error};
use zeroize::Zeroizing;

/// The entry of one data folder in the system's keyring.
#[derive(Debug)]
pub(crate) struct SystemKeyring {
    /// Two folders are two vaults: one must not overwrite the way into the other.
    folder: String,
}

impl SystemKeyring {
    pub(crate) fn new(folder: &Path) -> Self {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Self { folder: folder.display().to_string() }
    }

    fn entry(&self) -> Result<Entry, KeyringError> {
        entry(&self.folder)
    }
}

impl Keyring for SystemKeyring {
    fn store(&self, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.entry()?.set_secret(secret).map_err(|_| KeyringError::Unavailable)?;
        // A keyring that is locked may accept and forget: only what comes back counts.
        if *self.load()? == *secret { Ok(()) } else { Err(KeyringError::Unavailable) }
    }

    fn load(&self) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        let found = self.entry()?.get_secret().map_err(|error| {
            if matches!(error, Error::NoEntry) { KeyringError::NoEntry } else { KeyringError::Unavailable }
        })?;
        let found = Zeroizing::new(found);
        let secret: [u8; 32] = found.as_slice().try_into().map_err(|_| KeyringError::NoEntry)?;
        Ok(Zeroizing::new(secret))
    }

    fn delete(&self) -> Result<(), KeyringError> {
        match self.entry()?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(_) => Err(KeyringError::Unavailable),
        }
    }
}

/// Whether the system has a keyring at all. Whether it opens shows when it is used: asking would pop up its question.
pub(crate) async fn is_there() -> bool {
    let asked = tauri::async_runtime::spawn_blocking(|| entry("").is_ok());
    matches!(tokio::time::timeout(PATIENCE, asked).await, Ok(Ok(true)))
}

fn entry(folder: &str) -> Result<Entry, KeyringError> {
    Entry::new("org.conclave.desktop", &format!("vault {folder}")).map_err(|_| KeyringError::Unavailable)
}

const PATIENCE: std::time::Duration = std::time::Duration::from_millis(500);
