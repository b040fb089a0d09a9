//! The rules of a new room.

use serde::Deserialize;

use crate::snapshot::{EraseBy, Receipts};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// The rules that a room begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRules {
    /// Seconds after which a message burns: 3600, 86400, 604800 or 2592000.
    pub message_ttl: u32,
    /// Seconds without a message after which the room ends: the same ones.
    pub idle_ttl: u32,
    /// How many may be in the room: 16, 64 or 256. The larger, the more a join costs everybody.
    pub max_members: u16,
    /// The room ends for everybody when its owner leaves.
    pub owner_leave_closes: bool,
    /// Every message can be read once.
    pub everything_view_once: bool,
    /// What members confirm of messages.
    pub receipts: Receipts,
    /// Members' apps say that they are connected.
    pub presence: bool,
    /// Who may erase the room for everybody.
    pub erase_by: EraseBy,
    /// The door is locked from the start: the owner lets everybody in by hand.
    pub locked: bool,
}

impl Default for NewRules {
    /// A day, a day, 16, with its owner, who alone may erase it; ordinary messages, nothing confirmed, everybody sees who is here, and
    /// the door is open.
    fn default() -> Self {
        Self {
            message_ttl: 86_400,
            idle_ttl: 86_400,
            max_members: 16,
            owner_leave_closes: true,
            everything_view_once: false,
            receipts: Receipts::None,
            presence: true,
            erase_by: EraseBy::Owner,
            locked: false,
        }
    }
}
