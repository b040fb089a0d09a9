//! What came of erasing this computer.

use serde::Serialize;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// What came of erasing this computer.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// What could not be deleted; nothing, if all is as before the first run.
    pub left: Vec<Remnant>,
}

/// What could not be deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "kebab-case")]
pub enum Remnant {
    /// The wrapped keys, not even overwritten: whoever knows the passphrase opens what is left.
    Keys,
    /// The list of rooms.
    Index,
    /// Rooms, and what their relays kept.
    Rooms,
    /// Files that were set aside.
    SetAside,
    /// What the system's keyring keeps, which opens nothing any more.
    Keyring,
    /// What the program keeps beside the vault, as the folder of its window.
    Program,
}

impl From<conclave_store::Remnant> for Remnant {
    fn from(remnant: conclave_store::Remnant) -> Self {
        use conclave_store::Remnant as Stored;
        match remnant {
            Stored::Keys => Self::Keys,
            Stored::Index => Self::Index,
            Stored::Rooms => Self::Rooms,
            Stored::SetAside => Self::SetAside,
            Stored::Keyring => Self::Keyring,
            Stored::Program => Self::Program,
        }
    }
}
