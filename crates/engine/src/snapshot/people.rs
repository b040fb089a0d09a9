//! A room from inside: its people, its rules, and what they compare.

use serde::{Deserialize, Serialize};

use super::{
    erase::EraseBy,
    handle::{ItemId, MemberHandle},
    knock::Knock,
    room::RoomSummary,
    spoken::SpokenOpen,
};
use crate::silent::silent;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// A room from inside: what stands beside the timeline.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// The same as in the list.
    pub summary: RoomSummary,
    /// The owner's note to everyone who comes in; empty if none.
    pub note: String,
    /// Everyone in the room: this person, who is here, of whom nothing is known, who is away, and who has been away longest last.
    pub people: Vec<Person>,
    /// The rules that the owner signed.
    pub rules: Rules,
    /// What people compare to know that nobody is in between; none before the first join is confirmed.
    pub verification: Option<Verification>,
    /// This client holds the owner's key.
    pub owner: bool,
    /// Somebody was removed: the room is locked, and stays so.
    pub locked_for_good: bool,
    /// What the owner ordered here and is not carried out yet, the first one first.
    pub waiting: Vec<Waiting>,
    /// Messages written here that the relay does not have yet.
    pub unsent: u32,
    /// The newest line that this person has seen, as [`Item::id`]; 0 if none.
    pub read_to: ItemId,
    /// Who knocks at the own locked room, the first one first; none where this person is not the owner.
    pub knocks: Vec<Knock>,
    /// The room was made with knocking: somebody can knock while it is locked.
    pub takes_knocks: bool,
    /// Since when this client has surely listened, unix seconds: who was never heard was not heard since then.
    pub heard_since: u64,
    /// Invitations that are read aloud, the oldest first: those that are open, and what became of others.
    pub spoken: Vec<SpokenOpen>,
}

/// An order of the owner that is not carried out yet. That a room is to end is its phase.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Waiting {
    /// The door is to be locked.
    Lock,
    /// It is to be unlocked.
    Unlock,
    /// Somebody is to be removed.
    Remove {
        /// Who.
        member: MemberHandle,
    },
    /// Title, note or rules are to be others.
    Change,
}

/// A member.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Names the member.
    pub member: MemberHandle,
    /// The name that the member chose.
    pub nick: String,
    /// This person.
    pub own: bool,
    /// Holds the owner's certificate.
    pub owner: bool,
    /// Whether the member's app is connected, as far as heartbeats tell.
    pub presence: Presence,
    /// Of somebody who is not here, unless the rules hide that: when the hour began in which this client last heard of the member, unix seconds; none if not
    /// since [`RoomView::heard_since`] at least.
    pub heard_in: Option<u64>,
    /// Another member has the same or a look-alike name, or had it lately.
    pub ambiguous: bool,
    /// Hue of the glyph in degrees, 0–359, derived from the key.
    pub hue: u16,
    /// Shape of the glyph, 0–7, derived from the key.
    pub shape: u8,
}

/// Whether a member's app is connected.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// A heartbeat came within the last three minutes.
    Here,
    /// Nothing can be said: the room's rules hide it, or it is too large; the link is not there, or has been for a moment only.
    Unknown,
    /// None did.
    Away,
}

/// The rules of a room as signed by its owner (protocol 4.5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Seconds after which a message burns.
    pub message_ttl: u32,
    /// Seconds without a message after which the relay deletes the room.
    pub idle_ttl: u32,
    /// How many may be in the room: 16, 64 or 256.
    pub max_members: u16,
    /// Joining needs a passphrase besides the invitation.
    pub needs_passphrase: bool,
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
}

/// What members confirm of messages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum Receipts {
    /// Nothing.
    #[default]
    None,
    /// That they came.
    Delivered,
    /// That they came, and that they were seen.
    Seen,
}

/// What people compare aloud (protocol 4.18).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Eight words, the same for every member of an unattacked room.
    pub words: Vec<String>,
    /// Thirty digits that change with every key renewal, for experts.
    pub session_code: String,
}

silent! {
    RoomView { summary, people, rules, owner, unsent }
    Person { member, own, owner, presence, ambiguous }
    Verification {}
}
