//! Names of rooms, members and lines in every call.

use serde::{Deserialize, Serialize};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// A room on this computer: a random local name in hexadecimal, which says nothing about the room elsewhere.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct RoomHandle(pub String);

/// A member of a room: the first sixteen bytes of a hash of the leaf key, in hexadecimal (protocol 4.1).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct MemberHandle(pub String);

impl MemberHandle {
    /// Those bytes; none of what is no handle.
    pub(crate) fn id(&self) -> Option<[u8; 16]> {
        data_encoding::HEXLOWER.decode(self.0.as_bytes()).ok()?.try_into().ok()
    }
}

/// A knock at a locked room: the first sixteen bytes of a hash of its sealed bytes, in hexadecimal.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct KnockHandle(pub String);

/// A line of a timeline, unique within its room and stable from the moment it appears.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct ItemId(pub String);

/// A spoken invitation of a room, unique within it while the vault is open.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct SpokenId(pub String);
