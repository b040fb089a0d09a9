//! Erasing a room for everybody: who asks for it, and who confirms that it is done.

use serde::{Deserialize, Serialize};

use super::handle::MemberHandle;
use crate::silent::silent;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// Who may erase a room for everybody.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum EraseBy {
    /// Its owner.
    #[default]
    Owner,
    /// Every member. Who came after the owner had locked the room last has the others asked.
    AnyMember,
}

/// Somebody wants a room erased, whose app cannot tell whether that is for this member to say: a person decides, and until then nothing
/// of the room is shown.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct EraseAsked {
    /// The name of who wants it; one that anybody can choose.
    pub by: String,
    /// Names that member, who may have left since.
    pub member: MemberHandle,
}

/// Who has confirmed that a room which this person erased is destroyed. In memory only.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct BurnReceipts {
    /// Everybody else who was in the room.
    pub people: Vec<BurnReceipt>,
    /// More may still confirm it; that ends after a minute.
    pub listening: bool,
}

/// Whether somebody has confirmed that a room is destroyed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct BurnReceipt {
    /// Names the member.
    pub member: MemberHandle,
    /// The name that the member had.
    pub nick: String,
    /// See [`Person`](super::Person).
    pub hue: u16,
    /// See [`Person`](super::Person).
    pub shape: u8,
    /// The member's app says, signed with its key, that it has destroyed its keys of the room. A changed app can say so without it.
    pub confirmed: bool,
}

silent! {
    EraseAsked {}
    BurnReceipts { listening }
    BurnReceipt { member, confirmed }
}
