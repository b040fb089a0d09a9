//! Knocking at a locked room, from both sides of the door.

use serde::{Deserialize, Serialize};

use super::handle::KnockHandle;
use crate::silent::silent;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// The own knock at a locked room.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Knocking {
    /// Four words of this knock, to be compared by voice with those that the owner sees; none unless it waits.
    pub words: Vec<String>,
    /// The owner is connected, says the relay.
    pub owner_here: bool,
    /// When it ends by itself, unix seconds; none unless it waits, and before it went out for the first time.
    pub ends_at: Option<u64>,
    /// How it stands.
    pub state: KnockingState,
}

/// How the own knock stands. Trying the room again knocks again.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum KnockingState {
    /// It waits for the owner, or for the relay.
    Waiting,
    /// The owner said no.
    TurnedAway,
    /// Nobody answered within ten minutes.
    Over,
}

/// Somebody who knocks at the own locked room. The name is proven by nothing: that is what the words are for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Knock {
    /// Names the knock in an answer.
    pub knock: KnockHandle,
    /// The name that was chosen.
    pub nick: String,
    /// What was said with it; may be empty.
    pub note: String,
    /// Four words, to be compared by voice with those that whoever knocks sees.
    pub words: Vec<String>,
    /// Of one that waits, when it ends at the latest; of somebody who was let in, when they are removed again unless their app appears.
    /// Unix seconds.
    pub ends_at: u64,
    /// A member has the same or a look-alike name, or somebody had it lately, who may have been removed.
    pub ambiguous: bool,
    /// Hue of the glyph in degrees, 0–359, that they would have.
    pub hue: u16,
    /// Shape of the glyph, 0–7.
    pub shape: u8,
    /// How it stands.
    pub state: KnockState,
}

/// How a knock at the own room stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum KnockState {
    /// It waits for an answer.
    Waiting,
    /// It waited when the relay was reached last, and cannot be answered before the relay says so again.
    Unreached,
    /// It is let in: what is needed for that is on its way to the relay.
    Admitting,
    /// The room has a new member, whose app has not appeared yet.
    Admitted,
}

silent! {
    Knocking { owner_here, ends_at, state }
    Knock { knock, ends_at, ambiguous, state }
}
