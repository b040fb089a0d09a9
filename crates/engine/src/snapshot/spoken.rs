//! Spoken invitations: a number and three words that are read aloud (protocol 5).

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::handle::SpokenId;
use crate::silent::silent;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// What is read aloud. It is good once, and for ten minutes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct SpokenInvitation {
    /// Names it in the room.
    pub id: SpokenId,
    /// The number, four to six digits.
    pub number: String,
    /// The three words.
    pub words: Vec<String>,
    /// The relay's address, which the other person types beside them.
    pub address: String,
    /// Until when, unix seconds.
    pub ends_at: u64,
}

/// One of the room's spoken invitations, as it stands.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct SpokenOpen {
    /// Names it in the room.
    pub id: SpokenId,
    /// The number.
    pub number: String,
    /// The three words while they are good for something; none afterwards.
    pub words: Vec<String>,
    /// As in [`SpokenInvitation`].
    pub address: String,
    /// Until when somebody can enter the number, unix seconds.
    pub ends_at: u64,
    /// What became of it.
    pub state: SpokenState,
}

/// What became of a spoken invitation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum SpokenState {
    /// Nobody has entered the number yet.
    Waiting,
    /// Somebody has entered it, and the words are being compared.
    InUse,
    /// Somebody who knew the words was given the invitation.
    HandedOver,
    /// Somebody entered the number and tried other words, or sent what no honest app sends. Nothing was told, and there is no second
    /// guess. It stays in the list until a person withdraws it.
    WrongWords,
    /// A third one entered the number. Nothing was told.
    Crowded,
    /// Its time is over, the connection was lost, the other side broke off, or the room takes nobody in any more.
    Ended,
}

impl SpokenState {
    /// Whether somebody can still be given the invitation.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::InUse)
    }
}

/// The invitation that somebody was told.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct HeardInvitation {
    /// The link, for looking at the room and for joining it.
    #[serde(serialize_with = "expose")]
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub link: Zeroizing<String>,
    /// Where the room is. It may be another relay than the one that was asked.
    pub address: String,
    /// Lets a knock at a locked room in without a question, once; hexadecimal.
    #[serde(serialize_with = "expose_optional")]
    #[cfg_attr(feature = "bindings", ts(type = "string | null"))]
    pub token: Option<Zeroizing<String>>,
}

/// Hands the text to the one who asked.
fn expose<S: Serializer>(text: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

fn expose_optional<S: Serializer>(text: &Option<Zeroizing<String>>, to: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => to.serialize_some(text.as_str()),
        None => to.serialize_none(),
    }
}

silent! {
    SpokenInvitation { id, ends_at }
    SpokenOpen { id, ends_at, state }
    HeardInvitation {}
}
