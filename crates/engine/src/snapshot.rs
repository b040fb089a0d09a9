//! What a user interface needs to draw from nothing.
//!
//! Every type here crosses to the user interface as JSON in camelCase. Times are unix seconds, small enough for a
//! JavaScript number; identifiers and cursors are strings. Nothing here is secret beyond what a person reads on screen.

use serde::{Deserialize, Serialize};

use crate::silent::silent;

mod appearance;
mod entrance;
mod erase;
mod erasure;
mod handle;
mod hosting;
mod knock;
mod people;
mod room;
mod spoken;
mod timeline;

pub use appearance::{Theme, WindowSize};
pub use entrance::{Creation, Departure, InvitationPreview, InvitationView, LockedPreview, Preview, RoomPreview};
pub use erase::{BurnReceipt, BurnReceipts, EraseAsked, EraseBy};
pub use erasure::{Erasure, Remnant};
pub use handle::{ItemId, KnockHandle, MemberHandle, RoomHandle, SpokenId};
pub use hosting::{Hosting, HostingReach, HostingState};
pub use knock::{Knock, KnockState, Knocking, KnockingState};
pub use people::{Person, Presence, Receipts, RoomView, Rules, Verification, Waiting};
pub use room::{
    Connection, Ended, LastLine, LineKind, LinkFault, Moved, Newcomer, Reorganised, RoomPhase, RoomSummary, Unopened,
};
pub use spoken::{HeardInvitation, SpokenInvitation, SpokenOpen, SpokenState};
pub use timeline::{CardState, Confirmed, Item, ItemBody, MessageState, OpenedMessage, Page, SystemLine};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// Everything outside a room.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Whether there is a vault and whether it is open.
    pub vault: VaultState,
    /// The rooms on this computer, the most recently active first; empty unless the vault is open.
    pub rooms: Vec<RoomSummary>,
    /// The address that was used last, offered where an invitation names none.
    pub last_address: Option<String>,
    /// The colours that a person chose in this vault; the system's while it is closed.
    pub theme: Theme,
    /// The others are told that this person types, where a room's rules say so.
    pub tells_typing: bool,
    /// What opens the vault, while it is closed.
    pub ways: Option<Ways>,
}

/// What opens a vault.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Ways {
    /// A passphrase does.
    pub passphrase: bool,
    /// The system's keyring does.
    pub keyring: bool,
}

/// The state of the encrypted index of rooms.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum VaultState {
    /// First run: there is none yet, nor any file of one.
    New,
    /// Files of a vault are there, but not the one that opens it: it was moved, or the folder was copied in part.
    Incomplete,
    /// Its keys were destroyed, and files of it could not be deleted, or the computer was switched off meanwhile: erasing goes on.
    Erased,
    /// It waits for the passphrase or the system's keyring.
    Locked,
    /// It is open and kept on this computer.
    Open,
    /// It is open and lives in memory only: closing the app forgets everything.
    OpenInMemory,
}

silent! {
    Snapshot { vault, rooms }
}
