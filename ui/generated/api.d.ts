// Types of every command, event and error of the engine, as they cross to the face.
// Generated from crates/engine; a change belongs there.

/**
 * A room on this computer: a random local name in hexadecimal, which says nothing about the room elsewhere.
 */
export type RoomHandle = string;

/**
 * A member of a room: the first sixteen bytes of a hash of the leaf key, in hexadecimal (protocol 4.1).
 */
export type MemberHandle = string;

/**
 * A line of a timeline, unique within its room and stable from the moment it appears.
 */
export type ItemId = string;

/**
 * Everything outside a room.
 */
export type Snapshot = {
  /**
   * Whether there is a vault and whether it is open.
   */
  vault: VaultState,
  /**
   * The rooms on this computer, the most recently active first; empty unless the vault is open.
   */
  rooms: Array<RoomSummary>,
  /**
   * The address that was used last, offered where an invitation names none.
   */
  lastAddress: string | null,
};

/**
 * The state of the encrypted index of rooms.
 */
export type VaultState =
  /**
   * First run: there is none yet.
   */
  | "new"
  /**
   * It waits for the passphrase or the system's keyring.
   */
  | "locked"
  /**
   * It is open and kept on this computer.
   */
  | "open"
  /**
   * It is open and lives in memory only: closing the app forgets everything.
   */
  | "openInMemory";

/**
 * One room in the list.
 */
export type RoomSummary = {
  /**
   * Names the room in every call.
   */
  room: RoomHandle,
  /**
   * The title that the owner signed; empty if there is none.
   */
  title: string,
  /**
   * Where this client is in the room's life.
   */
  phase: RoomPhase,
  /**
   * The link to the relay.
   */
  connection: Connection,
  /**
   * How this computer serves the room, if it is the host.
   */
  hosting: Hosting | null,
  /**
   * Messages that arrived and were not marked as read.
   */
  unread: number,
  /**
   * Members now, this person included.
   */
  members: number,
  /**
   * The newest line, for the list.
   */
  lastLine: LastLine | null,
  /**
   * Seconds after which a message burns.
   */
  messageTtl: number,
  /**
   * The room is kept in memory only and ends with the app.
   */
  inMemory: boolean,
};

/**
 * Where this client is in a room's life.
 */
export type RoomPhase =
  /**
   * The join is under way or waits for the relay.
   */
  | "joining"
  /**
   * Joined; nobody has confirmed it yet (protocol 4.6.3).
   */
  | "awaitingConfirmation"
  /**
   * A member of an open room.
   */
  | "open"
  /**
   * A member of a locked room: nobody new comes in.
   */
  | "locked"
  /**
   * The relay stopped making sense to this client; see the newest system line.
   */
  | "split"
  /**
   * Leaving; the others are being told.
   */
  | "leaving"
  /**
   * The relay does not know the room (any more). Nothing was deleted here.
   */
  | "gone"
  /**
   * The room's file is damaged or foreign. Nothing was deleted.
   */
  | "damaged";

/**
 * The link to the relay, in words that a face can translate.
 */
export type Connection =
  /**
   * Not trying: the room was left, is gone, or the vault is being locked.
   */
  | { kind: "offline" }
  /**
   * First attempt or a fresh one.
   */
  | { kind: "connecting" }
  /**
   * Connected; reading what happened meanwhile.
   */
  | { kind: "catchingUp" }
  /**
   * Connected and up to date.
   */
  | { kind: "online" }
  /**
   * The relay cannot be reached: the host is away or the network is.
   */
  | { kind: "waiting", retryIn: number, reason: LinkFault }
  /**
   * Trying again would not help; see the reason.
   */
  | { kind: "stopped", reason: LinkFault };

/**
 * Why a link failed.
 */
export type LinkFault =
  /**
   * No address answered.
   */
  | "unreachable"
  /**
   * The relay's TLS key is not the one in the invitation.
   */
  | "wrongPin"
  /**
   * The relay speaks another protocol version.
   */
  | "otherVersion"
  /**
   * What came back is not the protocol.
   */
  | "misbehaved"
  /**
   * The relay is full or slows this client down.
   */
  | "busy"
  /**
   * The relay refused this client's proof.
   */
  | "refused"
  /**
   * The relay does not know the room.
   */
  | "noSuchRoom"
  /**
   * The room is locked: nobody can join.
   */
  | "roomLocked"
  /**
   * This device's disk is full or the file cannot be written.
   */
  | "storage";

/**
 * How this computer serves a room.
 */
export type Hosting = {
  /**
   * Running, stopped by the person, or failed.
   */
  state: HostingState,
  /**
   * The addresses in the invitation, `host:port`.
   */
  addresses: Array<string>,
  /**
   * Other people's connections right now.
   */
  connected: number,
};

/**
 * Whether the embedded relay runs.
 */
export type HostingState =
  /**
   * Being started.
   */
  | "starting"
  /**
   * Serving.
   */
  | "running"
  /**
   * Stopped by the person; members' messages wait.
   */
  | "stopped"
  /**
   * The port is in use by another program: free it, or make a new invitation with another port.
   */
  | "portTaken"
  /**
   * It could not start for another reason.
   */
  | "failed";

/**
 * The newest line of a room, for the list.
 */
export type LastLine = {
  /**
   * Who wrote it; none for a system line.
   */
  nick: string | null,
  /**
   * Written by this person.
   */
  own: boolean,
  /**
   * The first characters of the text; empty for a system line.
   */
  text: string,
  /**
   * When it arrived, unix seconds.
   */
  at: number,
};

/**
 * A room from inside: what stands beside the timeline.
 */
export type RoomView = {
  /**
   * The same as in the list.
   */
  summary: RoomSummary,
  /**
   * The owner's note to everyone who comes in; empty if none.
   */
  note: string,
  /**
   * Everyone in the room, this person first.
   */
  people: Array<Person>,
  /**
   * The rules that the owner signed.
   */
  rules: Rules,
  /**
   * What people compare to know that nobody is in between; none before the first join is confirmed.
   */
  verification: Verification | null,
  /**
   * This client holds the owner's key.
   */
  owner: boolean,
  /**
   * Messages written here that the relay does not have yet.
   */
  unsent: number,
};

/**
 * A member.
 */
export type Person = {
  /**
   * Names the member.
   */
  member: MemberHandle,
  /**
   * The name that the member chose.
   */
  nick: string,
  /**
   * This person.
   */
  own: boolean,
  /**
   * Holds the owner's certificate.
   */
  owner: boolean,
  /**
   * Whether the member's app is connected, as far as heartbeats tell.
   */
  presence: Presence,
  /**
   * Another member has the same or a look-alike name.
   */
  ambiguous: boolean,
  /**
   * Hue of the glyph in degrees, 0–359, derived from the key.
   */
  hue: number,
  /**
   * Shape of the glyph, 0–7, derived from the key.
   */
  shape: number,
};

/**
 * Whether a member's app is connected.
 */
export type Presence =
  /**
   * A heartbeat came within the last three minutes.
   */
  | "here"
  /**
   * None did.
   */
  | "away";

/**
 * The rules of a room as signed by its owner (protocol 4.5).
 */
export type Rules = {
  /**
   * Seconds after which a message burns.
   */
  messageTtl: number,
  /**
   * Seconds without a message after which the relay deletes the room.
   */
  idleTtl: number,
  /**
   * How many may be in the room: 16, 64 or 256.
   */
  maxMembers: number,
  /**
   * Joining needs a passphrase besides the invitation.
   */
  needsPassphrase: boolean,
  /**
   * Any member may erase the room for everyone, not only the owner.
   */
  anyoneMayErase: boolean,
  /**
   * The room ends when its owner leaves.
   */
  ownerLeaveCloses: boolean,
};

/**
 * What people compare aloud (protocol 4.18).
 */
export type Verification = {
  /**
   * Eight words, the same for every member of an unattacked room.
   */
  words: Array<string>,
  /**
   * Thirty digits that change with every key renewal, for experts.
   */
  sessionCode: string,
};

/**
 * A part of a timeline.
 */
export type Page = {
  /**
   * Oldest first.
   */
  items: Array<Item>,
  /**
   * Pass it to read what came before; none at the beginning.
   */
  earlier: string | null,
};

/**
 * One line of a timeline.
 */
export type Item = {
  /**
   * Names the line.
   */
  id: ItemId,
  /**
   * Position in the timeline: compare as text. It changes when an own message gets its place from the relay.
   */
  order: string,
  /**
   * When it arrived here (or was written here), unix seconds.
   */
  at: number,
  /**
   * When it burns, unix seconds; none for lines that stay.
   */
  expiresAt: number | null,
  /**
   * What it says.
   */
  body: ItemBody,
};

/**
 * What a line says.
 */
export type ItemBody =
  /**
   * A message.
   */
  | { kind: "text", sender: MemberHandle, nick: string, own: boolean, text: string, state: MessageState, claimedAt: number | null }
  /**
   * Something that a newer version of the app can show.
   */
  | { kind: "unsupported", sender: MemberHandle, nick: string }
  /**
   * Something that happened.
   */
  | { kind: "system", event: SystemLine };

/**
 * How far an own message got.
 */
export type MessageState =
  /**
   * Written while nobody else was in the room; it goes out after the first join.
   */
  | "awaitingMembers"
  /**
   * Waits for the relay: the host is away or the network is. It can be withdrawn.
   */
  | "waiting"
  /**
   * The relay has it on disk.
   */
  | "stored"
  /**
   * The relay refused it for good; the text is still here.
   */
  | "failed";

/**
 * Something that happened in a room.
 */
export type SystemLine =
  /**
   * This person made the room.
   */
  | { event: "created" }
  /**
   * This person joined.
   */
  | { event: "youJoined" }
  /**
   * Somebody joined with the code.
   */
  | { event: "joined", nick: string }
  /**
   * Somebody left, or was removed by the owner.
   */
  | { event: "left", nick: string, removed: boolean }
  /**
   * Somebody came back after losing the thread (protocol 4.6.7).
   */
  | { event: "rejoined", nick: string }
  /**
   * Somebody changed the name.
   */
  | { event: "renamed", from: string, to: string }
  /**
   * The owner changed the rules, title or note.
   */
  | { event: "rulesChanged" }
  /**
   * The owner locked the room.
   */
  | { event: "locked" }
  /**
   * The owner unlocked the room.
   */
  | { event: "unlocked" }
  /**
   * Messages of a member are missing: expired, deleted or withheld.
   */
  | { event: "gap", nick: string, missing: number }
  /**
   * A member's numbering contradicts what came before: its state was restored, or the room is split.
   */
  | { event: "inconsistent", nick: string }
  /**
   * This client was away longer than the relay keeps entries, and came back through the door.
   */
  | { event: "resynced" }
  /**
   * Several entries in a row could not be opened: the relay may be showing different rooms to different people.
   */
  | { event: "splitSuspected" };

/**
 * An invitation as a person hands it over.
 */
export type InvitationView = {
  /**
   * The deep link.
   */
  link: string,
  /**
   * The code alone, six groups of five.
   */
  code: string,
  /**
   * Thirteen words, for paper.
   */
  words: Array<string>,
  /**
   * Where the room is, for code and words.
   */
  address: string,
  /**
   * Side length of the QR code in modules.
   */
  qrSize: number,
  /**
   * The QR code row by row: `1` dark, `0` light.
   */
  qrModules: string,
};

/**
 * What an invitation says before anything is asked of the network.
 */
export type InvitationPreview = {
  /**
   * The addresses that it names; empty means that "Where?" must be answered.
   */
  addresses: Array<string>,
  /**
   * A passphrase is needed besides.
   */
  needsPassphrase: boolean,
  /**
   * The room is already on this computer.
   */
  known: RoomHandle | null,
};

/**
 * What the relay shows of a room before one joins. The relay vouches for the people; the owner signed the rest.
 */
export type RoomPreview = {
  /**
   * The title that the owner signed.
   */
  title: string,
  /**
   * The owner's note to newcomers.
   */
  note: string,
  /**
   * The rules that the owner signed.
   */
  rules: Rules,
  /**
   * Names of the people inside, as the relay shows it.
   */
  people: Array<string>,
  /**
   * The address that answered.
   */
  address: string,
  /**
   * The relay's key was vouched for by the invitation or by an authority; if not, the first key seen is kept.
   */
  pinned: boolean,
};

/**
 * One change since the last snapshot.
 */
export type Event =
  /**
   * The vault was made, opened or locked. When it opens or locks, take a new snapshot.
   */
  | { kind: "vaultChanged", vault: VaultState }
  /**
   * A room appeared or its line in the list changed.
   */
  | { kind: "roomChanged", summary: RoomSummary }
  /**
   * A room is no longer on this computer.
   */
  | { kind: "roomRemoved", room: RoomHandle }
  /**
   * Members, rules, presence or verification changed: read the view again.
   */
  | { kind: "peopleChanged", room: RoomHandle }
  /**
   * Lines that are new or changed (same id: replace).
   */
  | { kind: "itemsChanged", room: RoomHandle, items: Array<Item> }
  /**
   * Lines that are gone: withdrawn or burned.
   */
  | { kind: "itemsRemoved", room: RoomHandle, ids: Array<ItemId> }
  /**
   * The listener fell behind and lost events: take a new snapshot.
   */
  | { kind: "lagged" };

/**
 * What the face branches on. Each has one sentence in `ui/locales` that says what to do.
 */
export type ErrorCode =
  /**
   * The passphrase does not open the vault.
   */
  | "wrong-passphrase"
  /**
   * A new passphrase needs at least eight characters.
   */
  | "passphrase-too-short"
  /**
   * Another instance of the app uses the same data.
   */
  | "vault-busy"
  /**
   * There is a vault already.
   */
  | "vault-exists"
  /**
   * The vault's file is damaged or is not a vault; it was left as it is.
   */
  | "vault-damaged"
  /**
   * A newer version of the app wrote the vault.
   */
  | "vault-newer"
  /**
   * The vault must be opened first.
   */
  | "vault-locked"
  /**
   * The system's keyring is not there, is locked, or has no entry for this vault.
   */
  | "keyring-unavailable"
  /**
   * The disk is full.
   */
  | "disk-full"
  /**
   * The disk refused to read or write.
   */
  | "storage-failed"
  /**
   * The text is no invitation: a link was cut or changed on the way.
   */
  | "invitation-mangled"
  /**
   * A code has 30 symbols.
   */
  | "code-length"
  /**
   * A symbol that no code contains.
   */
  | "code-symbol"
  /**
   * One symbol or word is wrong.
   */
  | "code-typo"
  /**
   * A newer version of the app made the code.
   */
  | "code-version"
  /**
   * A word that is not in the list.
   */
  | "word-unknown"
  /**
   * There must be thirteen words.
   */
  | "word-count"
  /**
   * The invitation names no address and none was given.
   */
  | "address-missing"
  /**
   * Not an address.
   */
  | "address-invalid"
  /**
   * No address answered.
   */
  | "relay-unreachable"
  /**
   * The relay's TLS key is not the one in the invitation.
   */
  | "wrong-pin"
  /**
   * The relay speaks another version of the protocol.
   */
  | "other-version"
  /**
   * The relay sent something that is not the protocol.
   */
  | "relay-misbehaved"
  /**
   * The relay is full or slows this client down.
   */
  | "relay-busy"
  /**
   * The relay knows no room for this code.
   */
  | "no-such-room"
  /**
   * The room is locked.
   */
  | "room-locked"
  /**
   * The room was closed or erased.
   */
  | "room-gone"
  /**
   * What the relay keeps of the room does not verify; a member must repair it.
   */
  | "room-state-damaged"
  /**
   * The room asks for a passphrase.
   */
  | "passphrase-needed"
  /**
   * The room is full.
   */
  | "room-full"
  /**
   * A name has 1 to 32 bytes and no invisible characters.
   */
  | "nick-invalid"
  /**
   * A title has at most 64 bytes.
   */
  | "title-too-long"
  /**
   * A note has at most 512 bytes.
   */
  | "note-too-long"
  /**
   * A message has at most 8 KiB.
   */
  | "message-too-long"
  /**
   * A message needs text.
   */
  | "message-empty"
  /**
   * Not one of the lifetimes that a room can have.
   */
  | "lifetime-invalid"
  /**
   * No such room here.
   */
  | "unknown-room"
  /**
   * The room's file is damaged or foreign; it was left as it is.
   */
  | "room-damaged"
  /**
   * This person is in the room already.
   */
  | "already-joined"
  /**
   * The relay has the message already.
   */
  | "already-sent"
  /**
   * This computer does not serve the room.
   */
  | "not-hosted"
  /**
   * Another program uses the port.
   */
  | "port-taken"
  /**
   * The embedded relay could not start.
   */
  | "hosting-failed"
  /**
   * A page's cursor or a limit is out of range.
   */
  | "invalid-request"
  /**
   * A mistake of ours.
   */
  | "internal";

/**
 * Text that must not stay in memory or reach a log: a passphrase or an invitation.
 */
export type SecretText = string;

/**
 * How the vault is protected.
 */
export type Protection =
  /**
   * A passphrase opens it.
   */
  | "passphrase"
  /**
   * The system's keyring opens it; only where there is one and the app is installed.
   */
  | "keyring"
  /**
   * Nothing is written; everything ends with the app.
   */
  | "memoryOnly";

/**
 * Makes the vault on the first run.
 */
export type CreateVault = {
  /**
   * How it is protected.
   */
  protection: Protection,
  /**
   * The passphrase, where the protection is one; at least eight characters.
   */
  passphrase: SecretText | null,
};

/**
 * Opens the vault.
 */
export type UnlockVault = {
  /**
   * The passphrase; none asks the system's keyring.
   */
  passphrase: SecretText | null,
};

/**
 * A room that this computer serves itself.
 */
export type HostRoom = {
  /**
   * The room's title, at most 64 bytes; may be empty.
   */
  title: string,
  /**
   * The owner's note to everyone who comes in, at most 512 bytes; may be empty.
   */
  note: string,
  /**
   * This person's name in the room, 1–32 bytes.
   */
  nick: string,
  /**
   * Seconds after which a message burns: 3600, 86400, 604800 or 2592000.
   */
  messageTtl: number,
  /**
   * Keep the room in memory only.
   */
  inMemory: boolean,
};

/**
 * A room on a relay elsewhere.
 */
export type CreateRoom = {
  /**
   * The relay: `host`, `host:port`, or a `conclave-relay://` address with a pin.
   */
  relay: string,
  /**
   * As in `HostRoom`.
   */
  title: string,
  /**
   * As in `HostRoom`.
   */
  note: string,
  /**
   * As in `HostRoom`.
   */
  nick: string,
  /**
   * As in `HostRoom`.
   */
  messageTtl: number,
  /**
   * As in `HostRoom`.
   */
  inMemory: boolean,
};

/**
 * Reads an invitation without asking the network.
 */
export type ReadInvitation = {
  /**
   * A link, a code, or thirteen words.
   */
  invitation: SecretText,
};

/**
 * Asks the relay what the invitation opens.
 */
export type PreviewRoom = {
  /**
   * A link, a code, or thirteen words.
   */
  invitation: SecretText,
  /**
   * Where the room is, if the invitation does not say: `host[:port]`.
   */
  address: string | null,
};

/**
 * Joins a room.
 */
export type JoinRoom = {
  /**
   * A link, a code, or thirteen words.
   */
  invitation: SecretText,
  /**
   * Where the room is, if the invitation does not say: `host[:port]`.
   */
  address: string | null,
  /**
   * The passphrase of the room, where it asks for one.
   */
  passphrase: SecretText | null,
  /**
   * This person's name in the room, 1–32 bytes.
   */
  nick: string,
  /**
   * Keep the room in memory only.
   */
  inMemory: boolean,
};

/**
 * Names a room.
 */
export type OfRoom = {
  /**
   * The room.
   */
  room: RoomHandle,
};

/**
 * Sends a message.
 */
export type SendMessage = {
  /**
   * The room.
   */
  room: RoomHandle,
  /**
   * Plain text, 1 byte to 8 KiB.
   */
  text: string,
};

/**
 * Takes back a message that the relay does not have yet.
 */
export type WithdrawMessage = {
  /**
   * The room.
   */
  room: RoomHandle,
  /**
   * The line.
   */
  id: ItemId,
};

/**
 * Reads a part of a timeline.
 */
export type PageMessages = {
  /**
   * The room.
   */
  room: RoomHandle,
  /**
   * Read what came before this cursor; none reads the newest.
   */
  before: string | null,
  /**
   * At most this many lines, 1–200.
   */
  limit: number,
};

/**
 * Every command: what it is asked with and what it answers.
 */
export type Commands = {
  /**
   * Everything outside a room.
   */
  snapshot: { request: null, reply: Snapshot },
  /**
   * Makes the vault on the first run.
   */
  create_vault: { request: CreateVault, reply: null },
  /**
   * Opens the vault.
   */
  unlock_vault: { request: UnlockVault, reply: null },
  /**
   * Closes every room and the vault; keys leave memory.
   */
  lock_vault: { request: null, reply: null },
  /**
   * Hosts a room on this computer.
   */
  host_room: { request: HostRoom, reply: RoomHandle },
  /**
   * Opens a room on a relay elsewhere.
   */
  create_room: { request: CreateRoom, reply: RoomHandle },
  /**
   * Reads an invitation without asking the network.
   */
  read_invitation: { request: ReadInvitation, reply: InvitationPreview },
  /**
   * Asks the relay what the invitation opens.
   */
  preview_room: { request: PreviewRoom, reply: RoomPreview },
  /**
   * Joins a room; returns at once, the room's phase tells the progress.
   */
  join_room: { request: JoinRoom, reply: RoomHandle },
  /**
   * A random name to offer.
   */
  suggest_nick: { request: null, reply: string },
  /**
   * A room from inside.
   */
  view_room: { request: OfRoom, reply: RoomView },
  /**
   * The room's invitation.
   */
  view_invitation: { request: OfRoom, reply: InvitationView },
  /**
   * A part of a timeline.
   */
  page_messages: { request: PageMessages, reply: Page },
  /**
   * Writes a message.
   */
  send_message: { request: SendMessage, reply: ItemId },
  /**
   * Takes back a message that the relay does not have yet.
   */
  withdraw_message: { request: WithdrawMessage, reply: null },
  /**
   * Everything in the room was seen.
   */
  mark_read: { request: OfRoom, reply: null },
  /**
   * Serves a hosted room again.
   */
  start_hosting: { request: OfRoom, reply: null },
  /**
   * Stops serving a hosted room; its members' messages wait.
   */
  stop_hosting: { request: OfRoom, reply: null },
  /**
   * Serves a hosted room on another port; the old invitation's address ends, the code stays.
   */
  renew_address: { request: OfRoom, reply: null },
  /**
   * Tells the others and deletes the room here.
   */
  leave_room: { request: OfRoom, reply: null },
  /**
   * Deletes the room here without telling anybody.
   */
  remove_room: { request: OfRoom, reply: null },
};

/**
 * What a command that fails is rejected with.
 */
export type CommandError = {
  code: ErrorCode,
};

// shell: what the desktop shell adds to the engine

/**
 * What the face needs before it can draw anything.
 */
export type Boot = {
  /**
   * The language of `strings`.
   */
  locale: string,
  /**
   * Every visible sentence, as Fluent text.
   */
  strings: string,
  /**
   * The app runs from a folder of its own, such as a USB stick, and writes nowhere else.
   */
  portable: boolean,
  /**
   * Any room is being served by this computer.
   */
  hosting: boolean,
  /**
   * The system's keyring can be used.
   */
  keyring: boolean,
  /**
   * Where data lives, for a person to read.
   */
  dataFolder: string,
  /**
   * The app's version.
   */
  version: string,
  /**
   * The system, for keys and words that differ.
   */
  platform: Platform,
};

/**
 * The systems that the shell runs on.
 */
export type Platform =
  | "linux"
  | "windows"
  | "macos";

/**
 * Which form of an invitation goes to the clipboard.
 */
export type InvitationForm =
  | "link"
  | "code"
  | "words";

/**
 * Puts an invitation on the clipboard; it is cleared after a minute if it is still there.
 */
export type CopyInvitation = {
  /**
   * The room.
   */
  room: RoomHandle,
  /**
   * Which form.
   */
  form: InvitationForm,
};

/**
 * Closes the window.
 */
export type CloseWindow = {
  /**
   * The person knows what this does to the people in hosted rooms.
   */
  confirmed: boolean,
};

/**
 * Whether the window closes.
 */
export type WindowClosing = {
  /**
   * It does.
   */
  closed: boolean,
  /**
   * How many other people are connected to rooms that this computer serves.
   */
  hostingOthers: number,
};

/**
 * What only the shell can tell.
 */
export type ShellEvent =
  /**
   * Somebody pressed the window's close button while others are connected to rooms of this computer.
   */
  | { kind: "closeRequested", hostingOthers: number }
  /**
   * The system handed over an invitation link. It is shown, never followed by itself.
   */
  | { kind: "openInvitation", link: string };

/**
 * The shell's commands, beside those of the engine.
 */
export type ShellCommands = {
  /**
   * What the face needs before it can draw anything.
   */
  boot: { request: null, reply: Boot },
  /**
   * The first screen is drawn: show the window.
   */
  ready: { request: null, reply: null },
  /**
   * Puts an invitation on the clipboard; it is cleared after a minute if it is still there.
   */
  copy_invitation: { request: CopyInvitation, reply: null },
  /**
   * Closes the window.
   */
  close_window: { request: CloseWindow, reply: WindowClosing },
};
