//! Everything a UI can be told.

use serde::Serialize;

use crate::snapshot::{Erasure, Item, ItemId, MemberHandle, RoomHandle, RoomSummary, VaultState};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// One change since the last snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The vault was made, opened or locked. When it opens or locks, take a new snapshot.
    VaultChanged {
        /// Its state now.
        vault: VaultState,
    },
    /// A room appeared or its line in the list changed.
    RoomChanged {
        /// The line as it is now.
        summary: RoomSummary,
    },
    /// A room is no longer on this computer.
    RoomRemoved {
        /// Which.
        room: RoomHandle,
    },
    /// Members, rules, presence or verification changed: read the view again.
    PeopleChanged {
        /// Where.
        room: RoomHandle,
    },
    /// Lines that are new or changed (same id: replace).
    ItemsChanged {
        /// Where.
        room: RoomHandle,
        /// Oldest first.
        items: Vec<Item>,
    },
    /// Lines that are gone: withdrawn or burned.
    ItemsRemoved {
        /// Where.
        room: RoomHandle,
        /// Which.
        ids: Vec<ItemId>,
    },
    /// Who types changed.
    TypingChanged {
        /// Where.
        room: RoomHandle,
        /// Who types, but for this person, and began first first; empty: nobody.
        members: Vec<MemberHandle>,
    },
    /// This computer was erased.
    DeviceErased {
        /// What came of it.
        erasure: Erasure,
    },
    /// The listener fell behind and lost events: take a new snapshot.
    Lagged,
}
