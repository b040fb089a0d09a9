//! The environment of an engine: what it takes from outside, so that a test can put its own clock, network or keyring
//! there.

use std::{fmt, path::PathBuf, sync::Arc};

use conclave_crypto::group::{GroupCrypto, OpenMls};
use conclave_seal::rng::{OsRng, Rng};
use conclave_store::{Durability, Keyring};

use crate::{
    clock::{Clock, SystemClock},
    host::{Listen, SystemListen},
    link::{Dialer, SystemDialer},
    tasks::{Spawn, TokioSpawn},
};

/// Where an engine keeps its data.
#[derive(Clone, Debug)]
pub enum DataFolder {
    /// In a folder of its own.
    At(PathBuf),
    /// Nowhere: only vaults in memory can be made.
    None,
}

/// What an engine takes from outside.
#[derive(Clone)]
pub struct Environment {
    /// Where the data is.
    pub folder: DataFolder,
    /// How hard data is pressed onto the disk.
    pub durability: Durability,
    /// The system's keyring, where there is one.
    pub keyring: Option<Arc<dyn Keyring>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// A source of randomness for each part that needs one.
    pub rng: Arc<dyn Fn() -> Box<dyn Rng> + Send + Sync>,
    /// Connections to relays.
    pub dialer: Arc<dyn Dialer>,
    /// Addresses at which rooms are served.
    pub listen: Arc<dyn Listen>,
    /// The scheme of the rooms' groups.
    pub crypto: Arc<dyn GroupCrypto>,
    /// Who runs the tasks.
    pub spawn: Arc<dyn Spawn>,
}

impl Environment {
    /// The computer as it is, with data in a folder.
    #[must_use]
    pub fn system(folder: DataFolder, keyring: Option<Arc<dyn Keyring>>) -> Self {
        Self {
            folder,
            durability: Durability::Full,
            keyring,
            clock: Arc::new(SystemClock::new()),
            rng: Arc::new(|| Box::new(OsRng)),
            dialer: Arc::new(SystemDialer),
            listen: Arc::new(SystemListen),
            crypto: Arc::new(OpenMls),
            spawn: Arc::new(TokioSpawn::default()),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("folder", &self.folder).finish_non_exhaustive()
    }
}
