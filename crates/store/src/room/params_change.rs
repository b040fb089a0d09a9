//! What an owner wants to be different in the params of a room, as an order keeps it (column `owner_order.subject`): CBOR, a map with
//! numbers of its own, as a [`Note`](crate::Note) has them.

use std::fmt;

use minicbor::{Decode, Encode};

/// What is to change in the params of a room. What is none stays as it is.
#[derive(Clone, Default, Eq, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ParamsChange {
    /// The title.
    #[n(0)]
    pub title: Option<String>,
    /// The note to everybody who comes in.
    #[n(1)]
    pub note: Option<String>,
    /// Seconds after which a message burns.
    #[n(2)]
    pub msg_ttl: Option<u32>,
    /// Seconds without a message after which the room ends.
    #[n(3)]
    pub idle_ttl: Option<u32>,
    /// How many may be in the room.
    #[n(4)]
    pub max_members: Option<u16>,
    /// Whether any member may erase the room for everybody, and not its owner alone.
    #[n(5)]
    pub any_member_erases: Option<bool>,
}

impl ParamsChange {
    /// Both, the later one where they are about the same.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            title: later.title.or(self.title),
            note: later.note.or(self.note),
            msg_ttl: later.msg_ttl.or(self.msg_ttl),
            idle_ttl: later.idle_ttl.or(self.idle_ttl),
            max_members: later.max_members.or(self.max_members),
            any_member_erases: later.any_member_erases.or(self.any_member_erases),
        }
    }
}

/// Titles and notes have no place in a log.
impl fmt::Debug for ParamsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParamsChange(..)")
    }
}
