//! What is said with `--json`: a command per line in, an event or an answer per line out.

use conclave_engine::{
    ErrorCode,
    api::SecretText,
    event::Event,
    snapshot::{
        Creation, EraseBy, Erasure, InvitationView, ItemId, KnockHandle, MemberHandle, OpenedMessage, Page, RoomHandle,
        RoomView, SpokenId, SpokenInvitation,
    },
};
use serde::{Deserialize, Serialize};

/// A line of the input with `--json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Command {
    /// Writes a message, which burns after `fuse` seconds if that is sooner than the room's rules say.
    Send {
        text: SecretText,
        #[serde(default)]
        fuse: Option<u32>,
    },
    /// Writes a message that can be read once, for 5 to 300 seconds.
    SendViewOnce {
        text: SecretText,
        seconds: u32,
        #[serde(default)]
        fuse: Option<u32>,
    },
    /// Opens one.
    Open { id: ItemId },
    /// Takes an own message back, from everybody.
    Retract { id: ItemId },
    /// Takes back a message that the relay does not have.
    Withdraw { id: ItemId },
    /// Reads a part of the timeline.
    Page { before: Option<String>, limit: u16 },
    /// Shows the room from inside.
    View,
    /// Shows the invitation.
    Invitation,
    /// Opens an invitation that is read aloud. What becomes of it shows in `view`, and each change as `peopleChanged`.
    Speak,
    /// Takes one of them back.
    WithdrawSpoken { id: SpokenId },
    /// Rejoins at the branch that the room's question shows.
    Rejoin { branch: String },
    /// Refuses that, and stays.
    Stay { branch: String },
    /// Locks the door; the owner's.
    Lock,
    /// Unlocks it; the owner's.
    Unlock,
    /// Removes a member and locks the door for good; the owner's.
    Remove { member: MemberHandle },
    /// Changes title, note and rules; what is left out stays as it is; the owner's.
    #[serde(rename_all = "camelCase")]
    Change {
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        note: Option<String>,
        #[serde(default)]
        message_ttl: Option<u32>,
        #[serde(default)]
        idle_ttl: Option<u32>,
        #[serde(default)]
        max_members: Option<u16>,
        #[serde(default)]
        erase_by: Option<EraseBy>,
    },
    /// Lets somebody in who knocks, or turns them away; the owner's.
    AnswerKnock { knock: KnockHandle, admit: bool },
    /// Ends the room for everybody; the owner's. The session ends with it.
    Close,
    /// Moves the room to a relay, or without one to this computer; the owner's. The session goes on in the new room, and `invitation`
    /// follows.
    Move {
        #[serde(default)]
        relay: Option<String>,
        #[serde(default)]
        passphrase: Option<SecretText>,
    },
    /// Has these told as well where the room goes on that the session has moved: who came in since, as its `moved.cameSince` shows them.
    TellNewcomers { members: Vec<MemberHandle> },
    /// Goes where the room was moved. The session goes on there.
    Follow,
    /// Says that this person types, or no more.
    Typing { typing: bool },
    /// Erases the room for everybody: the owner, or every member where the rules say so. The session ends once nobody confirms it any
    /// more, a minute later at most.
    EraseRoom,
    /// Answers a member who asks to erase the room.
    AnswerErasure { erase: bool },
    /// Has a silent room go on.
    Keep,
    /// Leaves the room and ends. The owner of a room that ends with its owner closes it; if its relay cannot be reached, the session
    /// goes on until it is.
    Leave,
    /// Destroys all keys that this program has, and its data folder's, then the files, and ends.
    Erase {
        /// Leave the rooms first.
        #[serde(default)]
        tell_rooms: bool,
    },
    /// Ends.
    Quit,
}

/// A line of the output with `--json`.
#[derive(Debug, Serialize)]
#[serde(tag = "line", rename_all = "camelCase")]
pub(crate) enum Line {
    /// Something that happened.
    Event { event: Event },
    /// The answer to `send`.
    Sent { id: ItemId },
    /// The answer to `open`: nobody gets it a second time.
    Opened { message: OpenedMessage },
    /// The answer to `page`.
    Page { page: Page },
    /// The answer to `view`.
    View { view: Box<RoomView> },
    /// The answer to `invitation`.
    Invitation { invitation: InvitationView },
    /// The answer to `speak`.
    Spoken { spoken: SpokenInvitation },
    /// The answer to `move`: the new room, or the pin of a relay for which nobody vouches.
    Moved { creation: Creation },
    /// The answer to `follow`.
    Followed { room: RoomHandle },
    /// The answer to `leave`: whether the others carried it out, and whether the room is still to be closed.
    Left { told: bool, closing: bool },
    /// The input has ended, and so many messages wait for the relay, for so many seconds at most.
    Waiting { unsent: usize, seconds: u64 },
    /// The answer to `erase`.
    Erased { erasure: Erasure },
    /// The answer to a command without one of its own.
    Done,
    /// A command could not be carried out.
    Error { code: ErrorCode },
    /// A line that is no command.
    NotACommand { reason: String },
}
