//! A room in the list, and how its link stands.

use serde::{Deserialize, Serialize};

use super::{
    erase::{BurnReceipts, EraseAsked},
    handle::{MemberHandle, RoomHandle},
    hosting::Hosting,
    knock::Knocking,
};
use crate::{error::ErrorCode, silent::silent};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// One room in the list.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomSummary {
    /// Names the room in every call.
    pub room: RoomHandle,
    /// The title that the owner signed; empty if there is none.
    pub title: String,
    /// Where this client is in the room's life.
    pub phase: RoomPhase,
    /// The link to the relay.
    pub connection: Connection,
    /// How this computer serves the room, if it is the host.
    pub hosting: Option<Hosting>,
    /// Messages that arrived and were not marked as read, among the newest 300 lines; 100 stands for all above.
    pub unread: u32,
    /// Members now, this person included.
    pub members: u32,
    /// The newest line, for the list.
    pub last_line: Option<Box<LastLine>>,
    /// Seconds after which a message burns.
    pub message_ttl: u32,
    /// The others went on elsewhere, and a person decides whether to rejoin.
    pub reorganised: Option<Box<Reorganised>>,
    /// The room is kept in memory only and ends with the app.
    pub in_memory: bool,
    /// By how many seconds this computer's clock was ahead of the relay's when that greeted, if by more than five minutes; below
    /// zero, it was behind. A relay may be wrong or lie: nothing burns or ends by its clock alone.
    pub clock_ahead: Option<i64>,
    /// The room's messages filled their share at the relay when it was last asked, on connecting or for an own message: a new one
    /// may push out the oldest before its time.
    pub relay_full: bool,
    /// The room's file did not open.
    pub unopened: Option<Box<Unopened>>,
    /// The room has ended for everybody, and nothing is left of it but this line.
    pub ended: Option<Ended>,
    /// Somebody asks to erase the room: until that is answered nothing of it is shown.
    pub erase_asked: Option<Box<EraseAsked>>,
    /// Who has confirmed the end of a room that this person erased; none after the vault was locked.
    pub burned: Option<Box<BurnReceipts>>,
    /// When the room ends by its rules unless something is written, unix seconds, and up to an hour later; none if that is not known.
    pub idle_ends_at: Option<u64>,
    /// Seconds without a message after which it does.
    pub idle_ttl: u32,
    /// The own knock, while this client is outside of a locked room.
    pub knock: Option<Box<Knocking>>,
    /// The owner has moved the room.
    pub moved: Option<Box<Moved>>,
}

impl RoomSummary {
    /// Of a room whose file is not open.
    pub(crate) fn without_file(room: &RoomHandle, phase: RoomPhase) -> Self {
        Self {
            room: room.clone(),
            title: String::new(),
            phase,
            connection: Connection::Stopped { reason: LinkFault::Storage },
            hosting: None,
            unread: 0,
            members: 0,
            last_line: None,
            reorganised: None,
            message_ttl: 0,
            in_memory: false,
            clock_ahead: None,
            relay_full: false,
            unopened: None,
            ended: None,
            erase_asked: None,
            burned: None,
            idle_ends_at: None,
            idle_ttl: 0,
            knock: None,
            moved: None,
        }
    }
}

/// Where the owner has moved a room: into another one, with another code. [`Engine::follow_room`](crate::Engine::follow_room) goes there.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The owner's name.
    pub by: String,
    /// This person has moved it.
    pub own: bool,
    /// Where the new room is: each address that its invitation names, all of which are dialled.
    pub places: Vec<String>,
    /// When the invitation to it burns, unix seconds, and the old room ends at the latest; none while it is on its way.
    pub ends_at: Option<u64>,
    /// Who came in since this person ordered the move. Nobody is told where the room goes on while there is somebody: they are removed, or
    /// [told as well](crate::Engine::tell_newcomers).
    pub came_since: Vec<Newcomer>,
}

/// Somebody who came in while a room was to move.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Newcomer {
    /// Names the member in calls.
    pub member: MemberHandle,
    /// The name.
    pub nick: String,
}

/// How a room ended: for everybody, unless it says otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// Its owner closed it, or left where it ends with that.
    ClosedByOwner,
    /// Its owner erased it.
    ErasedByOwner,
    /// A member erased it, as its rules allow.
    ErasedByMember,
    /// Nothing was written for as long as its rules say.
    Idle,
    /// This person erased it, and the others' apps were not reached before its owner had taken that right away: they keep it, and this
    /// person has left.
    ErasedHere,
}

/// A room whose file did not open. What it is called stands in that file.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Unopened {
    /// Why.
    pub reason: ErrorCode,
    /// Where the file is, or should be.
    pub file: String,
    /// When the room came to this computer, unix seconds.
    pub made_at: u64,
}

/// The room was reorganised while this client was away, and nobody senior to it says where it goes on (protocol 4.6.7).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Reorganised {
    /// Names the branch that is asked about.
    pub branch: String,
    /// Who says so; a name that anybody can choose.
    pub by: String,
    /// It is signed with the own leaf key: an older copy of the files was put back, or another copy of them is in use, unless the
    /// relay shows a commit that it had refused.
    pub own: bool,
    /// Who is in the room there; this person may not be yet.
    pub people: Vec<String>,
    /// The words to compare with them by another way, before anything is said there.
    pub words: Vec<String>,
    /// Whether this client can go on where it is instead. Without that, it cannot read on in the room as it knew it.
    pub can_stay: bool,
}

/// Where this client is in a room's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum RoomPhase {
    /// The join is under way or waits for the relay.
    Joining,
    /// Outside of a locked room: its owner is asked to let this person in, see [`RoomSummary::knock`].
    Knocking,
    /// Joined; nobody has confirmed it yet (protocol 4.6.3).
    AwaitingConfirmation,
    /// A member of an open room.
    Open,
    /// A member of a locked room: nobody new comes in.
    Locked,
    /// Leaving; the others are being told.
    Leaving,
    /// The owner ends it, as soon as the relay can be reached.
    Closing,
    /// It is erased for everybody, as soon as the relay can be reached. What could be read here is gone already.
    Erasing,
    /// This person was removed, or has left from elsewhere. Nothing was deleted here.
    Gone,
    /// It has ended for everybody, and nothing is left of it.
    Ended,
    /// The room's file is damaged or foreign. Nothing was deleted.
    Damaged,
    /// The room's file could not be read this time; asking for the room tries again and says why. Nothing was deleted.
    Unreadable,
}

/// The link to the relay, in words that a UI can translate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Connection {
    /// First attempt or a fresh one.
    Connecting,
    /// Connected; reading what happened meanwhile.
    CatchingUp,
    /// Connected and up to date.
    Online,
    /// The relay cannot be reached: the host is away or the network is.
    Waiting {
        /// Seconds until the next attempt.
        retry_in: u32,
        /// Why the last attempt failed.
        reason: LinkFault,
    },
    /// Trying again would not help; see the reason.
    Stopped {
        /// What has to change.
        reason: LinkFault,
    },
}

/// Why a link failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum LinkFault {
    /// No address answered.
    Unreachable,
    /// Only onion addresses are known, which this version cannot reach.
    OnionOnly,
    /// The relay's TLS key is not the one in the invitation.
    WrongPin,
    /// The relay's certificate is out of date, or this computer's clock is wrong.
    CertificateOutOfDate,
    /// The relay speaks another protocol version.
    OtherVersion,
    /// What came back is not the protocol.
    Misbehaved,
    /// The relay's log is not the one that this client has read, or does not reach back to it, and is read again.
    LogDiffers,
    /// Another copy of this app's files is in the room, and goes on from where this one was.
    OpenElsewhere,
    /// The relay is full or slows this client down.
    Busy,
    /// The relay refused this client's proof.
    Refused,
    /// The relay does not know the room.
    NoSuchRoom,
    /// The room is locked: nobody can join.
    RoomLocked,
    /// The room is locked, and was made by a version without knocking.
    NoKnocking,
    /// The room was closed or erased, says the relay. Nothing was deleted here.
    RoomGone,
    /// The room is full.
    RoomFull,
    /// What the relay keeps of the room does not verify; a member must repair it.
    StateDamaged,
    /// The room asks for a passphrase, or for another one.
    Passphrase,
    /// This device's disk is full or the file cannot be read or written.
    Storage,
    /// A part of the room's file is damaged.
    RoomDamaged,
}

/// The newest line of a room, for the list.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct LastLine {
    /// Who wrote it; none for a system line.
    pub nick: Option<String>,
    /// Written by this person.
    pub own: bool,
    /// What kind of line it is.
    pub kind: LineKind,
    /// The first characters of the text; empty for a line that has none.
    pub text: String,
    /// When it arrived, unix seconds.
    pub at: u64,
}

/// What the newest line of a room is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum LineKind {
    /// A message.
    Text,
    /// A message that can be read once.
    ViewOnce,
    /// A message that its author has taken back.
    Retracted,
    /// The owner has moved the room.
    Moved,
    /// Something that a newer version of the app can show.
    Unsupported,
    /// Something that happened.
    System,
}

silent! {
    RoomSummary { room, phase, connection, hosting, unread, members, message_ttl, in_memory, ended }
    Unopened { reason, made_at }
    Moved { own, ends_at, came_since }
    Newcomer { member }
    LastLine { own, kind, at }
}
