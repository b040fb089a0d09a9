//! What the unit tests share.

use std::{collections::BTreeMap, sync::Mutex};

use conclave_seal::rng;
use zeroize::Zeroizing;

use crate::{Keyring, KeyringError};

/// A source whose first bytes are known: the vault's key, or a room's handle and key.
pub(crate) struct Counting(pub(crate) u8);

impl rng::Rng for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
    }
}

/// A keyring in memory.
#[derive(Default)]
pub(crate) struct OneKeyring(Mutex<BTreeMap<String, [u8; 32]>>);

impl Keyring for OneKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.0.lock().unwrap().insert(name.to_owned(), *secret);
        Ok(())
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        self.0.lock().unwrap().get(name).copied().map(Zeroizing::new).ok_or(KeyringError::NoEntry)
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}
