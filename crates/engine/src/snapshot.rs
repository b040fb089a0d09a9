//! What a face needs to draw from nothing.
//!
//! Every type here crosses to the user interface as JSON in camelCase. Times are unix seconds, small enough for a
//! JavaScript number; identifiers and cursors are strings. Nothing here is secret beyond what a person reads on screen.

use serde::{Deserialize, Serialize};

use crate::{error::ErrorCode, silent::silent};

mod hosting;

pub use hosting::{Hosting, HostingReach, HostingState};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// A room on this computer: a random local name in hexadecimal, which says nothing about the room elsewhere.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct RoomHandle(pub String);

/// A member of a room: the first sixteen bytes of a hash of the leaf key, in hexadecimal (protocol 4.1).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct MemberHandle(pub String);

/// A line of a timeline, unique within its room and stable from the moment it appears.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct ItemId(pub String);

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
    /// It waits for the passphrase or the system's keyring.
    Locked,
    /// It is open and kept on this computer.
    Open,
    /// It is open and lives in memory only: closing the app forgets everything.
    OpenInMemory,
}

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
    pub last_line: Option<LastLine>,
    /// Seconds after which a message burns.
    pub message_ttl: u32,
    /// The others went on elsewhere, and a person decides whether to rejoin.
    pub reorganised: Option<Box<Reorganised>>,
    /// The room is kept in memory only and ends with the app.
    pub in_memory: bool,
    /// By how many seconds this computer's clock was ahead of the relay's when that greeted, if by more than five minutes; below
    /// zero, it was behind. A relay may be wrong or lie, so nothing else goes by it.
    pub clock_ahead: Option<i64>,
    /// The room's messages filled their share at the relay when it was last asked, on connecting or for an own message: a new one
    /// may push out the oldest before its time.
    pub relay_full: bool,
    /// The room's file did not open.
    pub unopened: Option<Box<Unopened>>,
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
    /// Joined; nobody has confirmed it yet (protocol 4.6.3).
    AwaitingConfirmation,
    /// A member of an open room.
    Open,
    /// A member of a locked room: nobody new comes in.
    Locked,
    /// Leaving; the others are being told.
    Leaving,
    /// This person was removed, or has left from elsewhere. Nothing was deleted here.
    Gone,
    /// The room's file is damaged or foreign. Nothing was deleted.
    Damaged,
    /// The room's file could not be read this time; asking for the room tries again and says why. Nothing was deleted.
    Unreadable,
}

/// The link to the relay, in words that a face can translate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Connection {
    /// Not trying: the room was left, is gone, or the vault is being locked.
    Offline,
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
    /// The first characters of the text; empty for a system line.
    pub text: String,
    /// When it arrived, unix seconds.
    pub at: u64,
}

/// A room from inside: what stands beside the timeline.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// The same as in the list.
    pub summary: RoomSummary,
    /// The owner's note to everyone who comes in; empty if none.
    pub note: String,
    /// Everyone in the room: this person, who is here, who is away, and who has been away longest last.
    pub people: Vec<Person>,
    /// The rules that the owner signed.
    pub rules: Rules,
    /// What people compare to know that nobody is in between; none before the first join is confirmed.
    pub verification: Option<Verification>,
    /// This client holds the owner's key.
    pub owner: bool,
    /// Messages written here that the relay does not have yet.
    pub unsent: u32,
    /// The newest line that this person has seen, as [`Item::id`]; 0 if none.
    pub read_to: ItemId,
    /// Since when this client has surely listened, unix seconds: who was never heard was not heard since then.
    pub heard_since: u64,
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
    /// Of somebody who is away: when the hour began in which this client last heard of the member, unix seconds; none if not
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
    /// The relay has it on disk.
    Stored,
    /// The relay refused it for good; the text is still here.
    Failed,
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
    /// The owner changed the rules, title or note.
    RulesChanged,
    /// The owner locked the room.
    Locked,
    /// The owner unlocked the room.
    Unlocked,
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
}

/// An invitation as a person hands it over.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// The deep link.
    pub link: String,
    /// The code alone, six groups of five.
    pub code: String,
    /// Thirteen words, for paper.
    pub words: Vec<String>,
    /// Where the room is, for code and words.
    pub address: String,
    /// Side length of the QR code in modules.
    pub qr_size: u16,
    /// The QR code row by row: `1` dark, `0` light.
    pub qr_modules: String,
}

/// What an invitation says before anything is asked of the network.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct InvitationPreview {
    /// The addresses that it names; empty means that "Where?" must be answered.
    pub addresses: Vec<String>,
    /// A passphrase is needed besides.
    pub needs_passphrase: bool,
    /// The room is already on this computer.
    pub known: Option<RoomHandle>,
}

/// What the relay shows of a room before one joins. The relay vouches for the people; the owner signed the rest.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct RoomPreview {
    /// The title that the owner signed.
    pub title: String,
    /// The owner's note to newcomers.
    pub note: String,
    /// The rules that the owner signed.
    pub rules: Rules,
    /// Names of the people inside, as the relay shows it.
    pub people: Vec<String>,
    /// The address that answered.
    pub address: String,
    /// The relay's key was vouched for by the invitation or by an authority; if not, the first key seen is kept.
    pub pinned: bool,
}

/// How a leave ended. The room is deleted here either way.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Departure {
    /// The others carried it out; if not, they may still see the name.
    pub told: bool,
}

/// What came of asking for a room on a relay elsewhere.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Creation {
    /// The room is there.
    Made {
        /// Names it.
        room: RoomHandle,
    },
    /// Nothing was made: no pin was given, and no authority vouches for the relay's key. A person has to say that it is the one
    /// that the relay's operator names.
    Unvouched {
        /// The relay with this pin, for asking again.
        relay: String,
        /// The pin, SHA-256 of the key in base64url, in groups of four symbols that people can compare.
        pin: Vec<String>,
    },
}

silent! {
    Snapshot { vault, rooms }
    RoomSummary { room, phase, connection, hosting, unread, members, message_ttl, in_memory }
    Unopened { reason, made_at }
    LastLine { own, at }
    RoomView { summary, people, rules, owner, unsent }
    Person { member, own, owner, presence, ambiguous }
    Verification {}
    Creation {}
    ItemBody {}
    SystemLine {}
    InvitationView {}
    InvitationPreview { needs_passphrase, known }
    RoomPreview { rules, pinned }
}
