//! The environment of an engine: what it takes from outside, so that a test can put its own clock, network or keyring
//! there.

use std::{fmt, path::PathBuf, sync::Arc};

use conclave_crypto::group::GroupCrypto;
use conclave_seal::rng::Rng;
use conclave_store::{Durability, Keyring};

#[cfg(feature = "host")]
use crate::host::Listen;
use crate::{
    clock::{Clock, Timer},
    link::Dialer,
    tasks::Spawn,
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
    /// Folders that the program has beside the vault; erasing this computer deletes them.
    pub beside: Vec<PathBuf>,
    /// How hard data is pressed onto the disk.
    pub durability: Durability,
    /// The system's keyring, where there is one.
    pub keyring: Option<Arc<dyn Keyring>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How it waits.
    pub timer: Arc<dyn Timer>,
    /// A source of randomness for each part that needs one.
    pub rng: Arc<dyn Fn() -> Box<dyn Rng> + Send + Sync>,
    /// Connections to relays.
    pub dialer: Arc<dyn Dialer>,
    /// Addresses at which rooms are served.
    #[cfg(feature = "host")]
    pub listen: Arc<dyn Listen>,
    /// The scheme of the rooms' groups.
    pub crypto: Arc<dyn GroupCrypto>,
    /// Who runs the tasks.
    pub spawn: Arc<dyn Spawn>,
}

impl Environment {
    /// The computer as it is, with data in a folder.
    #[cfg(feature = "net")]
    #[must_use]
    pub fn system(folder: DataFolder, keyring: Option<Arc<dyn Keyring>>) -> Self {
        #[cfg(feature = "host")]
        use crate::host::SystemListen;
        use crate::{
            clock::{SystemClock, TokioTimer},
            link::SystemDialer,
            tasks::TokioSpawn,
        };
        use conclave_crypto::group::OpenMls;
        use conclave_seal::rng::OsRng;

        Self {
            folder,
            beside: Vec::new(),
            durability: Durability::Full,
            keyring,
            clock: Arc::new(SystemClock::new()),
            timer: Arc::new(TokioTimer),
            rng: Arc::new(|| Box::new(OsRng)),
            dialer: Arc::new(SystemDialer),
            #[cfg(feature = "host")]
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
