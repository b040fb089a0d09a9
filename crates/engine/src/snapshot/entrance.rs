//! Invitations, and what comes of making, joining and leaving.

use serde::{Deserialize, Serialize};

use super::{handle::RoomHandle, people::Rules};
use crate::silent::silent;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// An invitation as a person hands it over.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// The deep link.
    pub link: String,
    /// The code alone, six groups of five.
    pub code: String,
    /// Thirteen words, for paper.
    pub words: Vec<String>,
    /// Where the room is, for code and words.
    pub address: String,
    /// Side length of the QR code in modules.
    pub qr_size: u16,
    /// The QR code row by row: `1` dark, `0` light.
    pub qr_modules: String,
}

/// What an invitation says before anything is asked of the network.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct InvitationPreview {
    /// The addresses that it names; empty means that "Where?" must be answered.
    pub addresses: Vec<String>,
    /// An address that stands beside a code, to be offered as the answer to "Where?". Nothing says that it is the room's.
    pub beside: Option<String>,
    /// A passphrase is needed besides.
    pub needs_passphrase: bool,
    /// The room is already on this computer.
    pub known: Option<RoomHandle>,
}

/// What the relay shows of a room before one joins. The relay vouches for the people; the owner signed the rest.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomPreview {
    /// The title that the owner signed.
    pub title: String,
    /// The owner's note to newcomers.
    pub note: String,
    /// The rules that the owner signed.
    pub rules: Rules,
    /// Names of the people inside, as the relay shows it.
    pub people: Vec<String>,
    /// The address that answered.
    pub address: String,
    /// The relay's key was vouched for by the invitation or by an authority; if not, the first key seen is kept.
    pub pinned: bool,
}

/// What the relay shows of a room before one comes in.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Preview {
    /// Whoever has the invitation can join.
    Open {
        /// What joiners can read.
        room: RoomPreview,
    },
    /// The door is locked: nobody joins, and its owner lets in whoever knocks, or not.
    Locked {
        /// What is known outside.
        room: LockedPreview,
    },
}

impl Preview {
    /// Of an open room, what joiners can read.
    #[must_use]
    pub fn open(self) -> Option<RoomPreview> {
        match self {
            Self::Open { room } => Some(room),
            Self::Locked { .. } => None,
        }
    }
}

/// What is known outside of a locked room. Title, note and people are not.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct LockedPreview {
    /// One can knock; not at a room that was made by a version without knocking.
    pub can_knock: bool,
    /// Seconds after which a message burns.
    pub message_ttl: u32,
    /// Seconds without a message after which the relay deletes the room.
    pub idle_ttl: u32,
    /// How many may be in the room: 16, 64 or 256.
    pub max_members: u16,
    /// The address that answered.
    pub address: String,
    /// The relay's key was vouched for by the invitation or by an authority; if not, the first key seen is kept.
    pub pinned: bool,
}

/// How a leave ended. The room is deleted here, unless it is closing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Departure {
    /// The others carried it out; if not, they may still see the name.
    pub told: bool,
    /// The room ends for everybody with it, as soon as the relay can be reached; until then it stays here.
    pub closing: bool,
}

/// What came of asking for a room on a relay elsewhere.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Creation {
    /// The room is there.
    Made {
        /// Names it.
        room: RoomHandle,
    },
    /// Nothing was made: no pin was given, and no authority vouches for the relay's key. A person has to say that it is the one
    /// that the relay's operator names.
    Unvouched {
        /// The relay with this pin, for asking again.
        relay: String,
        /// The pin, SHA-256 of the key in base64url, in groups of four symbols that people can compare.
        pin: Vec<String>,
    },
}

silent! {
    InvitationView {}
    InvitationPreview { needs_passphrase, known }
    RoomPreview { rules, pinned }
    LockedPreview { can_knock, pinned }
    Creation {}
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open { room } => room.fmt(f),
            Self::Locked { room } => room.fmt(f),
        }
    }
}
