//! The system's keyring as a slot of the vault. Portable installations never call it: an entry would be a trace.

use conclave_store::{Keyring, KeyringError};
use keyring::{Entry, Error};
use zeroize::Zeroizing;

/// The system's keyring, with an entry for each vault.
#[derive(Debug)]
pub(crate) struct SystemKeyring;

impl Keyring for SystemKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        entry(name)?.set_secret(secret).map_err(|_| KeyringError::Unavailable)?;
        // A keyring that is locked may accept and forget: only what comes back counts.
        if *self.load(name)? == *secret { Ok(()) } else { Err(KeyringError::Unavailable) }
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        let found = entry(name)?.get_secret().map_err(|error| {
            if matches!(error, Error::NoEntry) { KeyringError::NoEntry } else { KeyringError::Unavailable }
        })?;
        let found = Zeroizing::new(found);
        let secret: [u8; 32] = found.as_slice().try_into().map_err(|_| KeyringError::NoEntry)?;
        Ok(Zeroizing::new(secret))
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        match entry(name)?.delete_credential() {
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

fn entry(name: &str) -> Result<Entry, KeyringError> {
    Entry::new("org.conclave.desktop", &format!("vault {name}")).map_err(|_| KeyringError::Unavailable)
}

const PATIENCE: std::time::Duration = std::time::Duration::from_millis(500);
