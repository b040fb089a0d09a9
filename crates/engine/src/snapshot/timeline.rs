//! Lines of a timeline.

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::{
    erase::EraseBy,
    handle::{ItemId, MemberHandle},
};
use crate::silent::silent;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// A part of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Oldest first.
    pub items: Vec<Item>,
    /// Pass it to read what came before; none at the beginning.
    pub earlier: Option<String>,
}

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Names the line. A decimal number that rises as lines come, wherever they stand: a higher one than any before is a new line.
    pub id: ItemId,
    /// Position in the timeline: compare as text. It changes when an own message gets its place from the relay, and when somebody
    /// says again, from another leaf, what was said before.
    pub order: String,
    /// When it arrived here (or was written here), unix seconds.
    pub at: u64,
    /// When it burns, unix seconds; none for lines that stay.
    pub expires_at: Option<u64>,
    /// What it says.
    pub body: ItemBody,
}

/// What a line says.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ItemBody {
    /// A message.
    Text {
        /// Who wrote it.
        sender: MemberHandle,
        /// The sender's name when it was written.
        nick: String,
        /// See [`Person`]; also of a sender that left.
        hue: u16,
        /// See [`Person`].
        shape: u8,
        /// Written by this person.
        own: bool,
        /// Plain text, never markup.
        text: String,
        /// How far it got; only own messages are ever anything but stored.
        state: MessageState,
        /// The sender's clock, if it differs from arrival by more than five minutes: unix seconds.
        claimed_at: Option<u64>,
        /// Who has confirmed an own message, where the room's rules have members confirm.
        confirmed: Confirmed,
    },
    /// A message that can be read once.
    ViewOnce {
        /// Who wrote it.
        sender: MemberHandle,
        /// The sender's name when it was written.
        nick: String,
        /// See [`Person`]; also of a sender that left.
        hue: u16,
        /// See [`Person`].
        shape: u8,
        /// Written by this person, whose app does not keep it.
        own: bool,
        /// For how many seconds it can be read.
        seconds: u32,
        /// When it can be opened no more, unix seconds; none while it is on its way.
        closes_at: Option<u64>,
        /// What is left of it.
        card: CardState,
        /// How far it got; only own messages are ever anything but stored.
        state: MessageState,
        /// Who has seen it.
        confirmed: Confirmed,
    },
    /// The owner has moved the room: [`RoomSummary::moved`](super::RoomSummary::moved) tells where to.
    Moved {
        /// Who wrote it.
        sender: MemberHandle,
        /// The sender's name when it was written.
        nick: String,
        /// See [`Person`]; also of a sender that left.
        hue: u16,
        /// See [`Person`].
        shape: u8,
        /// Written by this person.
        own: bool,
        /// Where the new room is: each address that its invitation names, all of which are dialled.
        places: Vec<String>,
        /// How far it got; only an own one is ever anything but stored.
        state: MessageState,
    },
    /// A message that its author has taken back.
    Retracted {
        /// Who wrote it.
        sender: MemberHandle,
        /// The sender's name when it was written.
        nick: String,
        /// See [`Person`]; also of a sender that left.
        hue: u16,
        /// See [`Person`].
        shape: u8,
        /// Written by this person.
        own: bool,
    },
    /// Something that a newer version of the app can show.
    Unsupported {
        /// Who sent it.
        sender: MemberHandle,
        /// The sender's name.
        nick: String,
        /// See [`Person`]; also of a sender that left.
        hue: u16,
        /// See [`Person`].
        shape: u8,
    },
    /// Something that happened.
    System {
        /// What.
        event: SystemLine,
    },
}

/// How far an own message got.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum MessageState {
    /// Written while nobody else was in the room; it goes out after the first join.
    AwaitingMembers,
    /// Waits for the relay: the host is away or the network is. It can be withdrawn.
    Waiting,
    /// The relay has no space for what belongs to it: it is tried again every minute. It can be withdrawn.
    NoSpace,
    /// The relay has it on disk.
    Stored,
}

/// What is left of a message that can be read once.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum CardState {
    /// It can be opened; an own one has not been seen by everybody.
    Sealed,
    /// It was opened here; an own one by everybody for whom it was.
    Opened,
    /// Its time ended before that.
    Unread,
    /// It was deleted before that.
    Gone,
}

/// How many of its recipients have confirmed a message. A changed app can say it of what nobody saw, and not say it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Confirmed {
    /// Recipients; 0 where nobody is asked to confirm.
    pub recipients: u32,
    /// To whom it came.
    pub delivered: u32,
    /// Who saw it.
    pub viewed: u32,
}

/// The text of a message that can be read once: nobody gets it a second time. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct OpenedMessage {
    /// Plain text, never markup.
    #[serde(serialize_with = "expose")]
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub text: Zeroizing<String>,
    /// For how many seconds it may be shown.
    pub seconds: u32,
}

/// Hands the text to the one who asked.
fn expose<S: Serializer>(text: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

/// Something that happened in a room.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SystemLine {
    /// This person made the room.
    Created,
    /// This person joined.
    YouJoined,
    /// Somebody joined with the code.
    Joined {
        /// The name that the member chose.
        nick: String,
    },
    /// Somebody left, or was removed by the owner.
    Left {
        /// The member's name.
        nick: String,
        /// The owner did it.
        removed: bool,
    },
    /// Somebody came back after losing the thread (protocol 4.6.7).
    Rejoined {
        /// The member's name.
        nick: String,
    },
    /// Somebody changed the name.
    Renamed {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// The owner changed something that this version does not know.
    RulesChanged,
    /// Messages of a member are missing: expired, deleted or withheld.
    Gap {
        /// The member's name.
        nick: String,
        /// How many.
        missing: u32,
    },
    /// A member's numbering contradicts what came before: its state was restored, or the room is split.
    Inconsistent {
        /// The member's name.
        nick: String,
    },
    /// This client came back through the door: it was away longer than the relay keeps entries, or the others stood on another
    /// branch.
    Resynced,
    /// The relay no longer has all that came while this client was away, which went on where it was.
    LogTruncated,
    /// Several entries in a row could not be opened: the relay may be showing different rooms to different people.
    SplitSuspected,
    /// Commits that this client could not apply came again and again: somebody disturbs the room.
    Disturbed,
    /// This computer's clock was set while the room was open, or since it was opened before.
    ClockSet {
        /// By so many seconds; below zero, it was set back.
        by: i64,
    },
    /// This app's files were put back from an older copy.
    OldCopy,
    /// The relay that serves this room from this computer died of a fault and was started again.
    RelayRestarted,
    /// Messages of this person may not have reached everybody, and were not published again, because somebody joined since or it was too
    /// long ago.
    NotPublishedAgain {
        /// How many.
        count: u32,
    },
    /// The owner locked the room: nobody new comes in.
    Locked,
    /// The owner unlocked it: whoever has the invitation can come in.
    Unlocked,
    /// The owner changed the title.
    TitleChanged {
        /// Before; empty if there was none.
        from: String,
        /// After; empty if there is none.
        to: String,
    },
    /// The owner changed the note to everybody who comes in.
    NoteChanged {
        /// Before; empty if there was none.
        from: String,
        /// After; empty if there is none.
        to: String,
    },
    /// The owner changed how long messages stay that are written from then on.
    MessageTtlChanged {
        /// Seconds, before.
        from: u32,
        /// Seconds, after.
        to: u32,
    },
    /// The owner changed after how long a silence the room ends.
    IdleTtlChanged {
        /// Seconds, before.
        from: u32,
        /// Seconds, after.
        to: u32,
    },
    /// The owner changed how many may be in the room.
    MaxMembersChanged {
        /// Before.
        from: u16,
        /// After.
        to: u16,
    },
    /// Somebody asked to erase the room, which by its rules only the owner can. Nothing was erased.
    EraseRefused {
        /// The member's name.
        nick: String,
    },
    /// Somebody asked to erase the room, and this person kept it.
    EraseKept {
        /// The member's name.
        nick: String,
    },
    /// The owner changed who may erase the room for everybody.
    EraseByChanged {
        /// Who may by now.
        to: EraseBy,
    },
    /// The owner let somebody in who had knocked.
    LetIn {
        /// The name that the member chose.
        nick: String,
    },
    /// Somebody who is not the owner wanted to lead everybody to another room. Nobody is led there.
    MoveRefused {
        /// The member's name.
        nick: String,
    },
}

silent! {
    OpenedMessage { seconds }
    ItemBody {}
    SystemLine {}
}
