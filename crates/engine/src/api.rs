//! What a UI can ask of the engine: one request type per command, and the table of all commands.
//!
//! The shell forwards each request unchanged; the user interface gets the same types in TypeScript
//! (`cargo xtask bindings`). Secrets arrive here as text that is wiped when the request is dropped.

mod rules;

pub use rules::NewRules;

use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    silent::silent,
    snapshot::{
        Creation, Departure, EraseBy, Erasure, HeardInvitation, HostingReach, InvitationPreview, InvitationView,
        ItemId, KnockHandle, MemberHandle, OpenedMessage, Page, Preview, RoomHandle, RoomView, Snapshot, SpokenId,
        SpokenInvitation, Theme,
    },
};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// Text that must not stay in memory or reach a log: a passphrase or an invitation.
#[derive(Clone, Default, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps text that came from a person.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Shows the text to the one place that needs it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(..)")
    }
}

macro_rules! request {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Deserialize)]
        #[cfg_attr(feature = "bindings", derive(TS))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),* }

        silent! { $name {} }
    };
}

/// How the vault is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum Protection {
    /// A passphrase opens it.
    Passphrase,
    /// The system's keyring opens it; only where there is one and the app is installed.
    Keyring,
    /// Nothing is written; everything ends with the app.
    MemoryOnly,
}

request! {
    /// Makes the vault on the first run.
    CreateVault {
        /// How it is protected.
        protection: Protection,
        /// The passphrase, where the protection is one; at least eight characters.
        passphrase: Option<SecretText>,
    }
}
request! {
    /// Opens the vault.
    UnlockVault {
        /// The passphrase; none asks the system's keyring.
        passphrase: Option<SecretText>,
    }
}
request! {
    /// Keeps the colours of the window.
    SetTheme {
        /// Which.
        theme: Theme,
    }
}
request! {
    /// Erases this computer.
    EraseDevice {
        /// Leave every room first, for as long as that takes at most three seconds. Otherwise nobody hears of it.
        tell_rooms: bool,
    }
}
request! {
    /// A room that this computer serves itself.
    HostRoom {
        /// The room's title, at most 64 bytes; may be empty.
        title: String,
        /// The owner's note to everyone who comes in, at most 512 bytes; may be empty.
        note: String,
        /// This person's name in the room, 1–32 bytes.
        nick: String,
        /// The room's rules.
        rules: NewRules,
        /// What joiners need beside the code, at least eight characters; none if the code is enough.
        passphrase: Option<SecretText>,
        /// Keep the room in memory only.
        in_memory: bool,
    }
}
request! {
    /// A room on a relay elsewhere.
    CreateRoom {
        /// The relay: `host` or `host:port`, with `~k=` and the pin behind it for a relay with a key of its own.
        relay: String,
        /// As in [`HostRoom`].
        title: String,
        /// As in [`HostRoom`].
        note: String,
        /// As in [`HostRoom`].
        nick: String,
        /// As in [`HostRoom`].
        rules: NewRules,
        /// As in [`HostRoom`].
        passphrase: Option<SecretText>,
        /// As in [`HostRoom`].
        in_memory: bool,
    }
}
request! {
    /// Moves a room into another one, with the same title, note and rules, and another code.
    MoveRoom {
        /// The room that moves.
        room: RoomHandle,
        /// Where the new one is, as in [`CreateRoom`]; none hosts it on this computer.
        relay: Option<String>,
        /// As in [`HostRoom`], for the new room. Members of the old one are given what it opens with.
        passphrase: Option<SecretText>,
    }
}
request! {
    /// Has members told where a room goes on who came in since it was to move.
    TellNewcomers {
        /// The room that moves.
        room: RoomHandle,
        /// Them, as they were shown.
        members: Vec<MemberHandle>,
    }
}
request! {
    /// Reads an invitation without asking the network.
    ReadInvitation {
        /// A link, a code, or thirteen words.
        invitation: SecretText,
    }
}
request! {
    /// Asks the relay what the invitation opens.
    PreviewRoom {
        /// A link, a code, or thirteen words.
        invitation: SecretText,
        /// Where the room is, if the invitation does not say: `host[:port]`.
        address: Option<String>,
    }
}
request! {
    /// Joins a room.
    JoinRoom {
        /// A link, a code, or thirteen words.
        invitation: SecretText,
        /// Where the room is, if the invitation does not say: `host[:port]`.
        address: Option<String>,
        /// The passphrase of the room, where it asks for one.
        passphrase: Option<SecretText>,
        /// This person's name in the room, 1–32 bytes.
        nick: String,
        /// Keep the room in memory only.
        in_memory: bool,
    }
}
request! {
    /// Knocks at a locked room. No passphrase is asked for: the owner's answer stands in for it.
    KnockRoom {
        /// A link, a code, or thirteen words.
        invitation: SecretText,
        /// Where the room is, if the invitation does not say: `host[:port]`.
        address: Option<String>,
        /// This person's name in the room, 1–32 bytes.
        nick: String,
        /// What the owner reads with it, at most 140 characters; may be empty.
        note: String,
        /// By it the knock is let in without a question: [`HeardInvitation::token`].
        token: Option<SecretText>,
        /// Keep the room in memory only.
        in_memory: bool,
    }
}
request! {
    /// Answers a knock.
    AnswerKnock {
        /// The room.
        room: RoomHandle,
        /// The knock.
        knock: KnockHandle,
        /// Let in, or turn away.
        admit: bool,
    }
}
request! {
    /// Says where a room is now.
    RelocateRoom {
        /// A newer link of a room that this computer is in, or its code.
        invitation: SecretText,
        /// The address, where the invitation has none.
        address: Option<String>,
    }
}
request! {
    /// Names a room.
    OfRoom {
        /// The room.
        room: RoomHandle,
    }
}
request! {
    /// Names a member of a room.
    OfMember {
        /// The room.
        room: RoomHandle,
        /// The member.
        member: MemberHandle,
    }
}
request! {
    /// Changes what the owner signed of a room. What is left out stays as it is.
    ChangeRoom {
        /// The room.
        room: RoomHandle,
        /// The title, at most 64 bytes; may be empty.
        title: Option<String>,
        /// The note to everyone who comes in, at most 512 bytes; may be empty.
        note: Option<String>,
        /// Seconds after which messages burn that are written from then on: 3600, 86400, 604800 or 2592000.
        message_ttl: Option<u32>,
        /// Seconds without a message after which the room ends: the same ones.
        idle_ttl: Option<u32>,
        /// How many may be in the room: 16, 64 or 256, and not fewer than are in it.
        max_members: Option<u16>,
        /// Who may erase the room for everybody.
        erase_by: Option<EraseBy>,
    }
}
request! {
    /// Names a spoken invitation of a room.
    OfSpoken {
        /// The room.
        room: RoomHandle,
        /// The spoken invitation.
        id: SpokenId,
    }
}
request! {
    /// Turns what was heard into an invitation.
    HearInvitation {
        /// A number and three words: "4172, velvet orbit lemon". Any punctuation; four letters of a word are enough.
        spoken: SecretText,
        /// The relay: `host[:port]`, with `~k=` and the pin behind it where that is known.
        address: String,
        /// A person says that there are new words, after [`ErrorCode::SpokenPause`](crate::ErrorCode::SpokenPause).
        again: bool,
    }
}
request! {
    /// Sends a message.
    SendMessage {
        /// The room.
        room: RoomHandle,
        /// Plain text, 1 byte to 8 KiB.
        text: SecretText,
        /// Seconds after which it burns, at least 60 and at most what the room's rules say; none goes by the rules.
        fuse: Option<u32>,
    }
}
request! {
    /// Sends a message that can be read once.
    SendViewOnce {
        /// The room.
        room: RoomHandle,
        /// Plain text, 1 byte to 8 KiB.
        text: SecretText,
        /// For how many seconds it can be read, 5 to 300.
        seconds: u32,
        /// As in [`SendMessage`].
        fuse: Option<u32>,
    }
}
request! {
    /// Says that this person types.
    Typing {
        /// The room.
        room: RoomHandle,
        /// Types; if not, no more.
        typing: bool,
    }
}
request! {
    /// Keeps whether the others are told that this person types.
    SetTellsTyping {
        /// They are.
        on: bool,
    }
}
request! {
    /// Names a line of a timeline.
    OfItem {
        /// The room.
        room: RoomHandle,
        /// The line.
        id: ItemId,
    }
}
request! {
    /// Rejoins a room that was reorganised while this client was away.
    RejoinRoom {
        /// The room.
        room: RoomHandle,
        /// The branch that its question shows.
        branch: String,
    }
}
request! {
    /// Stays in a room as this client knows it, although others reorganised it.
    StayInRoom {
        /// The room.
        room: RoomHandle,
        /// The branch that its question shows.
        branch: String,
    }
}
request! {
    /// Answers whether a room is to be erased, because somebody in it asks for that.
    AnswerErasure {
        /// The room.
        room: RoomHandle,
        /// It is erased; if not, it goes on.
        erase: bool,
    }
}
request! {
    /// Reads a part of a timeline.
    PageMessages {
        /// The room.
        room: RoomHandle,
        /// Read what came before this cursor; none reads the newest.
        before: Option<String>,
        /// At most this many lines, 1–200.
        limit: u16,
    }
}

/// Calls a macro with every command: name, request if it has one, reply. Each is a method of [`Engine`](crate::Engine) of that name. The
/// shell makes its forwarders of the list, and the UI's types come from it (`cargo xtask bindings`).
#[macro_export]
macro_rules! commands {
    ($with:ident) => {
        $with! {
            /// Everything outside a room.
            snapshot() -> Snapshot,
            /// Makes the vault on the first run.
            create_vault(request: CreateVault) -> (),
            /// Opens the vault.
            unlock_vault(request: UnlockVault) -> (),
            /// Moves what is left of a vault that cannot be opened into a folder of its own, so that a new one can be made.
            set_vault_aside() -> (),
            /// Closes every room and the vault; keys leave memory.
            lock_vault() -> (),
            /// Destroys all keys on this computer, and then all files.
            erase_device(request: EraseDevice) -> Erasure,
            /// Keeps the colours that a person chose, in the vault.
            set_theme(request: SetTheme) -> (),
            /// Keeps whether the others are told that this person types.
            set_tells_typing(request: SetTellsTyping) -> (),
            /// Who could come into a room that this computer served now.
            hosting_reach() -> HostingReach,
            /// Hosts a room on this computer.
            host_room(request: HostRoom) -> RoomHandle,
            /// Opens a room on a relay elsewhere.
            create_room(request: CreateRoom) -> Creation,
            /// Reads an invitation without asking the network.
            read_invitation(request: ReadInvitation) -> InvitationPreview,
            /// Asks the relay what the invitation opens.
            preview_room(request: PreviewRoom) -> Preview,
            /// Turns a number and three words that were heard into an invitation.
            hear_invitation(request: HearInvitation) -> HeardInvitation,
            /// Breaks that off.
            cancel_hearing() -> (),
            /// Joins a room; returns at once, the room's phase tells the progress.
            join_room(request: JoinRoom) -> RoomHandle,
            /// Knocks at a locked room; returns at once, the room's knock tells how it stands. Trying the room again knocks again.
            knock_room(request: KnockRoom) -> RoomHandle,
            /// Takes the addresses of a newer invitation to a room that this computer is in, before those it knew.
            relocate_room(request: RelocateRoom) -> RoomHandle,
            /// A random name to offer.
            suggest_nick() -> String,
            /// A room from inside.
            view_room(request: OfRoom) -> RoomView,
            /// The room's invitation.
            view_invitation(request: OfRoom) -> InvitationView,
            /// Opens an invitation that is read aloud: a number and three words.
            speak_invitation(request: OfRoom) -> SpokenInvitation,
            /// Ends one of them, or takes it off the list.
            withdraw_spoken(request: OfSpoken) -> (),
            /// A part of a timeline.
            page_messages(request: PageMessages) -> Page,
            /// Writes a message.
            send_message(request: SendMessage) -> ItemId,
            /// Takes back a message that the relay does not have yet.
            withdraw_message(request: OfItem) -> (),
            /// Writes a message that can be read once.
            send_view_once(request: SendViewOnce) -> ItemId,
            /// Opens a message that can be read once: what opens it is destroyed before it is handed out.
            open_view_once(request: OfItem) -> OpenedMessage,
            /// Takes an own message back, from everybody's timeline and from the relay.
            retract_message(request: OfItem) -> (),
            /// Says that this person types, or no more: to be called at each key, for it is passed on every three seconds at most.
            typing(request: Typing) -> (),
            /// Everything in the room was seen.
            mark_read(request: OfRoom) -> (),
            /// Serves a hosted room again.
            start_hosting(request: OfRoom) -> (),
            /// Stops serving a hosted room; its members' messages wait.
            stop_hosting(request: OfRoom) -> (),
            /// Serves a hosted room on another port; the old invitation's address ends, the code stays.
            renew_address(request: OfRoom) -> (),
            /// Tries again now what the room waits for or gave up.
            retry_room(request: OfRoom) -> (),
            /// Rejoins a room that was reorganised, where its question says.
            rejoin_room(request: RejoinRoom) -> (),
            /// Refuses that, and goes on in the room as this client knows it.
            stay_in_room(request: StayInRoom) -> (),
            /// Tells the others and deletes the room here.
            leave_room(request: OfRoom) -> Departure,
            /// Ends the room for everybody; its owner's alone.
            close_room(request: OfRoom) -> (),
            /// Erases the room for everybody: its owner, or every member where its rules say so.
            erase_room(request: OfRoom) -> (),
            /// Answers a member who asks to erase the room.
            answer_erasure(request: AnswerErasure) -> (),
            /// Locks the room's door: nobody new comes in; its owner's alone.
            lock_room(request: OfRoom) -> (),
            /// Unlocks it again, unless somebody was removed.
            unlock_room(request: OfRoom) -> (),
            /// Removes somebody and locks the room, for good; its owner's alone.
            remove_member(request: OfMember) -> (),
            /// Changes title, note and rules; its owner's alone.
            change_room(request: ChangeRoom) -> (),
            /// Lets somebody in who knocks at a locked room, or turns them away; its owner's alone.
            answer_knock(request: AnswerKnock) -> (),
            /// Moves the room into another one, with another code; its owner's alone. Its members are told once that is there.
            move_room(request: MoveRoom) -> Creation,
            /// Has those told of that as well who came in meanwhile; its owner's alone.
            tell_newcomers(request: TellNewcomers) -> (),
            /// Goes to the room into which its owner has moved this one.
            follow_room(request: OfRoom) -> RoomHandle,
            /// Has a room that nobody writes in go on, as a message would.
            keep_room(request: OfRoom) -> (),
            /// Deletes the room here without telling anybody.
            remove_room(request: OfRoom) -> (),
        }
    };
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($($request:ident: $type:ty)?) -> $reply:ty),* $(,)?) => {
        /// The names of all commands.
        pub const COMMANDS: &[&str] = &[$(stringify!($name)),*];
        $(
            $(const _: fn($type) = |_| ();)?
            const _: fn($reply) = |_| ();
        )*
    };
}
commands!(names);
