// Types of every command, event and error of the engine, as they cross to the UI.
// Generated from crates/engine by `cargo xtask bindings`; a change belongs there.

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
 * A spoken invitation of a room, unique within it while the vault is open.
 */
export type SpokenId = string;

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
/**
 * The colours that a person chose in this vault; the system's while it is closed.
 */
theme: Theme,
/**
 * The others are told that this person types, where a room's rules say so.
 */
tellsTyping: boolean,
/**
 * What opens the vault, while it is closed.
 */
ways: Ways | null, };

/**
 * The state of the encrypted index of rooms.
 */
export type VaultState = "new" | "incomplete" | "erased" | "locked" | "open" | "openInMemory";

/**
 * What opens a vault.
 */
export type Ways = {
/**
 * A passphrase does.
 */
passphrase: boolean,
/**
 * The system's keyring does.
 */
keyring: boolean, };

/**
 * The colours of the window.
 */
export type Theme = "system" | "dark" | "light";

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
 * Messages that arrived and were not marked as read, among the newest 300 lines; 100 stands for all above.
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
 * The others went on elsewhere, and a person decides whether to rejoin.
 */
reorganised: Reorganised | null,
/**
 * The room is kept in memory only and ends with the app.
 */
inMemory: boolean,
/**
 * By how many seconds this computer's clock was ahead of the relay's when that greeted, if by more than five minutes; below
 * zero, it was behind. A relay may be wrong or lie: nothing burns or ends by its clock alone.
 */
clockAhead: number | null,
/**
 * The room's messages filled their share at the relay when it was last asked, on connecting or for an own message: a new one
 * may push out the oldest before its time.
 */
relayFull: boolean,
/**
 * The room's file did not open.
 */
unopened: Unopened | null,
/**
 * The room has ended for everybody, and nothing is left of it but this line.
 */
ended: Ended | null,
/**
 * Somebody asks to erase the room: until that is answered nothing of it is shown.
 */
eraseAsked: EraseAsked | null,
/**
 * Who has confirmed the end of a room that this person erased; none after the vault was locked.
 */
burned: BurnReceipts | null,
/**
 * When the room ends by its rules unless something is written, unix seconds, and up to an hour later; none if that is not known.
 */
idleEndsAt: number | null,
/**
 * Seconds without a message after which it does.
 */
idleTtl: number,
/**
 * The own knock, while this client is outside of a locked room.
 */
knock: Knocking | null,
/**
 * The owner has moved the room.
 */
moved: Moved | null, };

/**
 * How a room ended: for everybody, unless it says otherwise.
 */
export type Ended = "closedByOwner" | "erasedByOwner" | "erasedByMember" | "idle" | "erasedHere";

/**
 * A room whose file did not open. What it is called stands in that file.
 */
export type Unopened = {
/**
 * Why.
 */
reason: ErrorCode,
/**
 * Where the file is, or should be.
 */
file: string,
/**
 * When the room came to this computer, unix seconds.
 */
madeAt: number, };

/**
 * Where this client is in a room's life.
 */
export type RoomPhase = "joining" | "knocking" | "awaitingConfirmation" | "open" | "locked" | "leaving" | "closing" | "erasing" | "gone" | "ended" | "damaged" | "unreadable";

/**
 * The link to the relay, in words that a UI can translate.
 */
export type Connection = { "kind": "connecting" } | { "kind": "catchingUp" } | { "kind": "online" } | { "kind": "waiting",
/**
 * Seconds until the next attempt.
 */
retryIn: number,
/**
 * Why the last attempt failed.
 */
reason: LinkFault, } | { "kind": "stopped",
/**
 * What has to change.
 */
reason: LinkFault, };

/**
 * Why a link failed.
 */
export type LinkFault = "unreachable" | "onionOnly" | "wrongPin" | "certificateOutOfDate" | "otherVersion" | "misbehaved" | "logDiffers" | "openElsewhere" | "busy" | "refused" | "noSuchRoom" | "roomLocked" | "noKnocking" | "roomGone" | "roomFull" | "stateDamaged" | "passphrase" | "storage" | "roomDamaged";

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
 * Who can come, by these addresses.
 */
reach: HostingReach,
/**
 * Other people's connections right now.
 */
connected: number,
/**
 * Why it could not start.
 */
reason: ErrorCode | null,
/**
 * The file of the embedded relay, if that is damaged or missing.
 */
file: string | null, };

/**
 * Whether the embedded relay runs.
 */
export type HostingState = "starting" | "running" | "stopped" | "portTaken" | "failed";

/**
 * Who can come to a room that this computer serves: as far as its addresses are routed (the special-purpose registries of IANA,
 * RFC 6890). What a router or a firewall in between does is not known.
 */
export type HostingReach = "here" | "network" | "anywhere";

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
 * What kind of line it is.
 */
kind: LineKind,
/**
 * The first characters of the text; empty for a line that has none.
 */
text: string,
/**
 * When it arrived, unix seconds.
 */
at: number, };

/**
 * What the newest line of a room is.
 */
export type LineKind = "text" | "viewOnce" | "retracted" | "moved" | "unsupported" | "system";

/**
 * The room was reorganised while this client was away, and nobody senior to it says where it goes on (protocol 4.6.7).
 */
export type Reorganised = {
/**
 * Names the branch that is asked about.
 */
branch: string,
/**
 * Who says so; a name that anybody can choose.
 */
by: string,
/**
 * It is signed with the own leaf key: an older copy of the files was put back, or another copy of them is in use, unless the
 * relay shows a commit that it had refused.
 */
own: boolean,
/**
 * Who is in the room there; this person may not be yet.
 */
people: Array<string>,
/**
 * The words to compare with them by another way, before anything is said there.
 */
words: Array<string>,
/**
 * Whether this client can go on where it is instead. Without that, it cannot read on in the room as it knew it.
 */
canStay: boolean, };

/**
 * Where the owner has moved a room: into another one, with another code. [`Engine::follow_room`](crate::Engine::follow_room) goes there.
 */
export type Moved = {
/**
 * The owner's name.
 */
by: string,
/**
 * This person has moved it.
 */
own: boolean,
/**
 * Where the new room is: each address that its invitation names, all of which are dialled.
 */
places: Array<string>,
/**
 * When the invitation to it burns, unix seconds, and the old room ends at the latest; none while it is on its way.
 */
endsAt: number | null,
/**
 * Who came in since this person ordered the move. Nobody is told where the room goes on while there is somebody: they are removed, or
 * [told as well](crate::Engine::tell_newcomers).
 */
cameSince: Array<Newcomer>, };

/**
 * Somebody who came in while a room was to move.
 */
export type Newcomer = {
/**
 * Names the member in calls.
 */
member: MemberHandle,
/**
 * The name.
 */
nick: string, };

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
 * Everyone in the room: this person, who is here, of whom nothing is known, who is away, and who has been away longest last.
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
 * Somebody was removed: the room is locked, and stays so.
 */
lockedForGood: boolean,
/**
 * What the owner ordered here and is not carried out yet, the first one first.
 */
waiting: Array<Waiting>,
/**
 * Messages written here that the relay does not have yet.
 */
unsent: number,
/**
 * The newest line that this person has seen, as [`Item::id`]; 0 if none.
 */
readTo: ItemId,
/**
 * Who knocks at the own locked room, the first one first; none where this person is not the owner.
 */
knocks: Array<Knock>,
/**
 * The room was made with knocking: somebody can knock while it is locked.
 */
takesKnocks: boolean,
/**
 * Since when this client has surely listened, unix seconds: who was never heard was not heard since then.
 */
heardSince: number,
/**
 * Invitations that are read aloud, the oldest first: those that are open, and what became of others.
 */
spoken: Array<SpokenOpen>, };

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
 * Of somebody who is not here, unless the rules hide that: when the hour began in which this client last heard of the member, unix seconds; none if not
 * since [`RoomView::heard_since`] at least.
 */
heardIn: number | null,
/**
 * Another member has the same or a look-alike name, or had it lately.
 */
ambiguous: boolean,
/**
 * Hue of the glyph in degrees, 0–359, derived from the key.
 */
hue: number,
/**
 * Shape of the glyph, 0–7, derived from the key.
 */
shape: number, };

/**
 * Whether a member's app is connected.
 */
export type Presence = "here" | "unknown" | "away";

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
 * The room ends for everybody when its owner leaves.
 */
ownerLeaveCloses: boolean,
/**
 * Every message can be read once.
 */
everythingViewOnce: boolean,
/**
 * What members confirm of messages.
 */
receipts: Receipts,
/**
 * Members' apps say that they are connected.
 */
presence: boolean,
/**
 * Who may erase the room for everybody.
 */
eraseBy: EraseBy, };

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
sessionCode: string, };

/**
 * An order of the owner that is not carried out yet. That a room is to end is its phase.
 */
export type Waiting = { "kind": "lock" } | { "kind": "unlock" } | { "kind": "remove",
/**
 * Who.
 */
member: MemberHandle, } | { "kind": "change" };

/**
 * Who may erase a room for everybody.
 */
export type EraseBy = "owner" | "anyMember";

/**
 * Somebody wants a room erased, whose app cannot tell whether that is for this member to say: a person decides, and until then nothing
 * of the room is shown.
 */
export type EraseAsked = {
/**
 * The name of who wants it; one that anybody can choose.
 */
by: string,
/**
 * Names that member, who may have left since.
 */
member: MemberHandle, };

/**
 * Who has confirmed that a room which this person erased is destroyed. In memory only.
 */
export type BurnReceipts = {
/**
 * Everybody else who was in the room.
 */
people: Array<BurnReceipt>,
/**
 * More may still confirm it; that ends after a minute.
 */
listening: boolean, };

/**
 * Whether somebody has confirmed that a room is destroyed.
 */
export type BurnReceipt = {
/**
 * Names the member.
 */
member: MemberHandle,
/**
 * The name that the member had.
 */
nick: string,
/**
 * See [`Person`](super::Person).
 */
hue: number,
/**
 * See [`Person`](super::Person).
 */
shape: number,
/**
 * The member's app says, signed with its key, that it has destroyed its keys of the room. A changed app can say so without it.
 */
confirmed: boolean, };

/**
 * What is read aloud. It is good once, and for ten minutes.
 */
export type SpokenInvitation = {
/**
 * Names it in the room.
 */
id: SpokenId,
/**
 * The number, four to six digits.
 */
number: string,
/**
 * The three words.
 */
words: Array<string>,
/**
 * The relay's address, which the other person types beside them.
 */
address: string,
/**
 * Until when, unix seconds.
 */
endsAt: number, };

/**
 * One of the room's spoken invitations, as it stands.
 */
export type SpokenOpen = {
/**
 * Names it in the room.
 */
id: SpokenId,
/**
 * The number.
 */
number: string,
/**
 * The three words while they are good for something; none afterwards.
 */
words: Array<string>,
/**
 * As in [`SpokenInvitation`].
 */
address: string,
/**
 * Until when somebody can enter the number, unix seconds.
 */
endsAt: number,
/**
 * What became of it.
 */
state: SpokenState, };

/**
 * What became of a spoken invitation.
 */
export type SpokenState = "waiting" | "inUse" | "handedOver" | "wrongWords" | "crowded" | "ended";

/**
 * The invitation that somebody was told.
 */
export type HeardInvitation = {
/**
 * The link, for looking at the room and for joining it.
 */
link: string,
/**
 * Where the room is. It may be another relay than the one that was asked.
 */
address: string,
/**
 * Lets a knock at a locked room in without a question, once; hexadecimal.
 */
token: string | null, };

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
earlier: string | null, };

/**
 * One line of a timeline.
 */
export type Item = {
/**
 * Names the line. A decimal number that rises as lines come, wherever they stand: a higher one than any before is a new line.
 */
id: ItemId,
/**
 * Position in the timeline: compare as text. It changes when an own message gets its place from the relay, and when somebody
 * says again, from another leaf, what was said before.
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
body: ItemBody, };

/**
 * What a line says.
 */
export type ItemBody = { "kind": "text",
/**
 * Who wrote it.
 */
sender: MemberHandle,
/**
 * The sender's name when it was written.
 */
nick: string,
/**
 * See [`Person`]; also of a sender that left.
 */
hue: number,
/**
 * See [`Person`].
 */
shape: number,
/**
 * Written by this person.
 */
own: boolean,
/**
 * Plain text, never markup.
 */
text: string,
/**
 * How far it got; only own messages are ever anything but stored.
 */
state: MessageState,
/**
 * The sender's clock, if it differs from arrival by more than five minutes: unix seconds.
 */
claimedAt: number | null,
/**
 * Who has confirmed an own message, where the room's rules have members confirm.
 */
confirmed: Confirmed, } | { "kind": "viewOnce",
/**
 * Who wrote it.
 */
sender: MemberHandle,
/**
 * The sender's name when it was written.
 */
nick: string,
/**
 * See [`Person`]; also of a sender that left.
 */
hue: number,
/**
 * See [`Person`].
 */
shape: number,
/**
 * Written by this person, whose app does not keep it.
 */
own: boolean,
/**
 * For how many seconds it can be read.
 */
seconds: number,
/**
 * When it can be opened no more, unix seconds; none while it is on its way.
 */
closesAt: number | null,
/**
 * What is left of it.
 */
card: CardState,
/**
 * How far it got; only own messages are ever anything but stored.
 */
state: MessageState,
/**
 * Who has seen it.
 */
confirmed: Confirmed, } | { "kind": "moved",
/**
 * Who wrote it.
 */
sender: MemberHandle,
/**
 * The sender's name when it was written.
 */
nick: string,
/**
 * See [`Person`]; also of a sender that left.
 */
hue: number,
/**
 * See [`Person`].
 */
shape: number,
/**
 * Written by this person.
 */
own: boolean,
/**
 * Where the new room is: each address that its invitation names, all of which are dialled.
 */
places: Array<string>,
/**
 * How far it got; only an own one is ever anything but stored.
 */
state: MessageState, } | { "kind": "retracted",
/**
 * Who wrote it.
 */
sender: MemberHandle,
/**
 * The sender's name when it was written.
 */
nick: string,
/**
 * See [`Person`]; also of a sender that left.
 */
hue: number,
/**
 * See [`Person`].
 */
shape: number,
/**
 * Written by this person.
 */
own: boolean, } | { "kind": "unsupported",
/**
 * Who sent it.
 */
sender: MemberHandle,
/**
 * The sender's name.
 */
nick: string,
/**
 * See [`Person`]; also of a sender that left.
 */
hue: number,
/**
 * See [`Person`].
 */
shape: number, } | { "kind": "system",
/**
 * What.
 */
event: SystemLine, };

/**
 * How far an own message got.
 */
export type MessageState = "awaitingMembers" | "waiting" | "noSpace" | "stored";

/**
 * What is left of a message that can be read once.
 */
export type CardState = "sealed" | "opened" | "unread" | "gone";

/**
 * How many of its recipients have confirmed a message. A changed app can say it of what nobody saw, and not say it.
 */
export type Confirmed = {
/**
 * Recipients; 0 where nobody is asked to confirm.
 */
recipients: number,
/**
 * To whom it came.
 */
delivered: number,
/**
 * Who saw it.
 */
viewed: number, };

/**
 * The text of a message that can be read once: nobody gets it a second time. Wiped when dropped.
 */
export type OpenedMessage = {
/**
 * Plain text, never markup.
 */
text: string,
/**
 * For how many seconds it may be shown.
 */
seconds: number, };

/**
 * Something that happened in a room.
 */
export type SystemLine = { "event": "created" } | { "event": "youJoined" } | { "event": "joined",
/**
 * The name that the member chose.
 */
nick: string, } | { "event": "left",
/**
 * The member's name.
 */
nick: string,
/**
 * The owner did it.
 */
removed: boolean, } | { "event": "rejoined",
/**
 * The member's name.
 */
nick: string, } | { "event": "renamed",
/**
 * Before.
 */
from: string,
/**
 * After.
 */
to: string, } | { "event": "rulesChanged" } | { "event": "gap",
/**
 * The member's name.
 */
nick: string,
/**
 * How many.
 */
missing: number, } | { "event": "inconsistent",
/**
 * The member's name.
 */
nick: string, } | { "event": "resynced" } | { "event": "logTruncated" } | { "event": "splitSuspected" } | { "event": "disturbed" } | { "event": "clockSet",
/**
 * By so many seconds; below zero, it was set back.
 */
by: number, } | { "event": "oldCopy" } | { "event": "relayRestarted" } | { "event": "notPublishedAgain",
/**
 * How many.
 */
count: number, } | { "event": "locked" } | { "event": "unlocked" } | { "event": "titleChanged",
/**
 * Before; empty if there was none.
 */
from: string,
/**
 * After; empty if there is none.
 */
to: string, } | { "event": "noteChanged",
/**
 * Before; empty if there was none.
 */
from: string,
/**
 * After; empty if there is none.
 */
to: string, } | { "event": "messageTtlChanged",
/**
 * Seconds, before.
 */
from: number,
/**
 * Seconds, after.
 */
to: number, } | { "event": "idleTtlChanged",
/**
 * Seconds, before.
 */
from: number,
/**
 * Seconds, after.
 */
to: number, } | { "event": "maxMembersChanged",
/**
 * Before.
 */
from: number,
/**
 * After.
 */
to: number, } | { "event": "eraseRefused",
/**
 * The member's name.
 */
nick: string, } | { "event": "eraseKept",
/**
 * The member's name.
 */
nick: string, } | { "event": "eraseByChanged",
/**
 * Who may by now.
 */
to: EraseBy, } | { "event": "letIn",
/**
 * The name that the member chose.
 */
nick: string, } | { "event": "moveRefused",
/**
 * The member's name.
 */
nick: string, };

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
qrModules: string, };

/**
 * What an invitation says before anything is asked of the network.
 */
export type InvitationPreview = {
/**
 * The addresses that it names; empty means that "Where?" must be answered.
 */
addresses: Array<string>,
/**
 * An address that stands beside a code, to be offered as the answer to "Where?". Nothing says that it is the room's.
 */
beside: string | null,
/**
 * A passphrase is needed besides.
 */
needsPassphrase: boolean,
/**
 * The room is already on this computer.
 */
known: RoomHandle | null, };

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
pinned: boolean, };

/**
 * What the relay shows of a room before one comes in.
 */
export type Preview = { "kind": "open",
/**
 * What joiners can read.
 */
room: RoomPreview, } | { "kind": "locked",
/**
 * What is known outside.
 */
room: LockedPreview, };

/**
 * What is known outside of a locked room. Title, note and people are not.
 */
export type LockedPreview = {
/**
 * One can knock; not at a room that was made by a version without knocking.
 */
canKnock: boolean,
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
 * The address that answered.
 */
address: string,
/**
 * The relay's key was vouched for by the invitation or by an authority; if not, the first key seen is kept.
 */
pinned: boolean, };

/**
 * The own knock at a locked room.
 */
export type Knocking = {
/**
 * Four words of this knock, to be compared by voice with those that the owner sees; none unless it waits.
 */
words: Array<string>,
/**
 * The owner is connected, says the relay.
 */
ownerHere: boolean,
/**
 * When it ends by itself, unix seconds; none unless it waits, and before it went out for the first time.
 */
endsAt: number | null,
/**
 * How it stands.
 */
state: KnockingState, };

/**
 * How the own knock stands. Trying the room again knocks again.
 */
export type KnockingState = "waiting" | "turnedAway" | "over";

/**
 * Somebody who knocks at the own locked room. The name is proven by nothing: that is what the words are for.
 */
export type Knock = {
/**
 * Names the knock in an answer.
 */
knock: KnockHandle,
/**
 * The name that was chosen.
 */
nick: string,
/**
 * What was said with it; may be empty.
 */
note: string,
/**
 * Four words, to be compared by voice with those that whoever knocks sees.
 */
words: Array<string>,
/**
 * Of one that waits, when it ends at the latest; of somebody who was let in, when they are removed again unless their app appears.
 * Unix seconds.
 */
endsAt: number,
/**
 * A member has the same or a look-alike name, or somebody had it lately, who may have been removed.
 */
ambiguous: boolean,
/**
 * Hue of the glyph in degrees, 0–359, that they would have.
 */
hue: number,
/**
 * Shape of the glyph, 0–7.
 */
shape: number,
/**
 * How it stands.
 */
state: KnockState, };

/**
 * How a knock at the own room stands.
 */
export type KnockState = "waiting" | "unreached" | "admitting" | "admitted";

/**
 * A knock at a locked room: the first sixteen bytes of a hash of its sealed bytes, in hexadecimal.
 */
export type KnockHandle = string;

/**
 * How a leave ended. The room is deleted here, unless it is closing.
 */
export type Departure = {
/**
 * The others carried it out; if not, they may still see the name.
 */
told: boolean,
/**
 * The room ends for everybody with it, as soon as the relay can be reached; until then it stays here.
 */
closing: boolean, };

/**
 * What came of erasing this computer.
 */
export type Erasure = {
/**
 * What could not be deleted; nothing, if all is as before the first run.
 */
left: Array<Remnant>, };

/**
 * What could not be deleted.
 */
export type Remnant = "keys" | "index" | "rooms" | "set-aside" | "keyring" | "program";

/**
 * What came of asking for a room on a relay elsewhere.
 */
export type Creation = { "kind": "made",
/**
 * Names it.
 */
room: RoomHandle, } | { "kind": "unvouched",
/**
 * The relay with this pin, for asking again.
 */
relay: string,
/**
 * The pin, SHA-256 of the key in base64url, in groups of four symbols that people can compare.
 */
pin: Array<string>, };

/**
 * One change since the last snapshot.
 */
export type Event = { "kind": "vaultChanged",
/**
 * Its state now.
 */
vault: VaultState, } | { "kind": "roomChanged",
/**
 * The line as it is now.
 */
summary: RoomSummary, } | { "kind": "roomRemoved",
/**
 * Which.
 */
room: RoomHandle, } | { "kind": "peopleChanged",
/**
 * Where.
 */
room: RoomHandle, } | { "kind": "itemsChanged",
/**
 * Where.
 */
room: RoomHandle,
/**
 * Oldest first.
 */
items: Array<Item>, } | { "kind": "itemsRemoved",
/**
 * Where.
 */
room: RoomHandle,
/**
 * Which.
 */
ids: Array<ItemId>, } | { "kind": "typingChanged",
/**
 * Where.
 */
room: RoomHandle,
/**
 * Who types, but for this person, and began first first; empty: nobody.
 */
members: Array<MemberHandle>, } | { "kind": "deviceErased",
/**
 * What came of it.
 */
erasure: Erasure, } | { "kind": "lagged" };

/**
 * What the UI branches on. Each has one sentence in `ui/locales` that says what to do.
 */
export type ErrorCode = "wrong-passphrase" | "passphrase-too-short" | "vault-busy" | "vault-exists" | "vault-damaged" | "vault-incomplete" | "vault-erased" | "vault-newer" | "vault-locked" | "keyring-unavailable" | "disk-full" | "disk-without-locks" | "storage-failed" | "invitation-missing" | "invitation-several" | "invitation-mangled" | "invitation-cut" | "invitation-broken" | "code-length" | "code-symbol" | "code-typo" | "code-version" | "word-unknown" | "word-count" | "address-missing" | "address-invalid" | "relay-unreachable" | "onion-only" | "wrong-pin" | "other-version" | "relay-misbehaved" | "relay-busy" | "no-such-room" | "room-locked" | "room-gone" | "room-state-damaged" | "passphrase-needed" | "room-full" | "spoken-number" | "spoken-word-count" | "spoken-gone" | "spoken-wrong-words" | "spoken-pause" | "spoken-crowded" | "spoken-timed-out" | "spoken-unsupported" | "spoken-malformed" | "spoken-too-many" | "spoken-cancelled" | "nick-invalid" | "title-too-long" | "note-too-long" | "knock-note-too-long" | "message-too-long" | "message-empty" | "lifetime-invalid" | "size-invalid" | "unknown-room" | "room-damaged" | "room-ended" | "not-owner" | "size-too-small" | "locked-for-good" | "knock-over" | "already-joined" | "already-sent" | "card-opened" | "card-gone" | "card-altered" | "only-view-once" | "erasure-asked" | "not-hosted" | "port-taken" | "hosted-file-damaged" | "hosting-failed" | "invalid-request" | "internal";

/**
 * The place of a mistake in an invitation, for the screen alone. Each has one sentence in `ui/locales`.
 */
export type Slip = { "kind": "symbol",
/**
 * Its place in the code, counted from 1.
 */
position: number,
/**
 * The symbol.
 */
symbol: string, } | { "kind": "place",
/**
 * Its place in the code, counted from 1.
 */
position: number, } | { "kind": "word",
/**
 * Its place among the words, counted from 1.
 */
position: number,
/**
 * The word as it was written.
 */
word: string,
/**
 * The word of the list.
 */
nearest: string, } | { "kind": "unknownWord",
/**
 * Its place among the words, counted from 1.
 */
position: number,
/**
 * The word as it was written.
 */
word: string, };

/**
 * Text that must not stay in memory or reach a log: a passphrase or an invitation.
 */
export type SecretText = string;

/**
 * How the vault is protected.
 */
export type Protection = "passphrase" | "keyring" | "memoryOnly";

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
passphrase: SecretText | null, };

/**
 * Opens the vault.
 */
export type UnlockVault = {
/**
 * The passphrase; none asks the system's keyring.
 */
passphrase: SecretText | null, };

/**
 * Keeps the colours of the window.
 */
export type SetTheme = {
/**
 * Which.
 */
theme: Theme, };

/**
 * Keeps whether the others are told that this person types.
 */
export type SetTellsTyping = {
/**
 * They are.
 */
on: boolean, };

/**
 * Erases this computer.
 */
export type EraseDevice = {
/**
 * Leave every room first, for as long as that takes at most three seconds. Otherwise nobody hears of it.
 */
tellRooms: boolean, };

/**
 * The rules that a room begins with.
 */
export type NewRules = {
/**
 * Seconds after which a message burns: 3600, 86400, 604800 or 2592000.
 */
messageTtl: number,
/**
 * Seconds without a message after which the room ends: the same ones.
 */
idleTtl: number,
/**
 * How many may be in the room: 16, 64 or 256. The larger, the more a join costs everybody.
 */
maxMembers: number,
/**
 * The room ends for everybody when its owner leaves.
 */
ownerLeaveCloses: boolean,
/**
 * Every message can be read once.
 */
everythingViewOnce: boolean,
/**
 * What members confirm of messages.
 */
receipts: Receipts,
/**
 * Members' apps say that they are connected.
 */
presence: boolean,
/**
 * Who may erase the room for everybody.
 */
eraseBy: EraseBy,
/**
 * The door is locked from the start: the owner lets everybody in by hand.
 */
locked: boolean, };

/**
 * What members confirm of messages.
 */
export type Receipts = "none" | "delivered" | "seen";

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
 * The room's rules.
 */
rules: NewRules,
/**
 * What joiners need beside the code, at least eight characters; none if the code is enough.
 */
passphrase: SecretText | null,
/**
 * Keep the room in memory only.
 */
inMemory: boolean, };

/**
 * A room on a relay elsewhere.
 */
export type CreateRoom = {
/**
 * The relay: `host` or `host:port`, with `~k=` and the pin behind it for a relay with a key of its own.
 */
relay: string,
/**
 * As in [`HostRoom`].
 */
title: string,
/**
 * As in [`HostRoom`].
 */
note: string,
/**
 * As in [`HostRoom`].
 */
nick: string,
/**
 * As in [`HostRoom`].
 */
rules: NewRules,
/**
 * As in [`HostRoom`].
 */
passphrase: SecretText | null,
/**
 * As in [`HostRoom`].
 */
inMemory: boolean, };

/**
 * Reads an invitation without asking the network.
 */
export type ReadInvitation = {
/**
 * A link, a code, or thirteen words.
 */
invitation: SecretText, };

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
address: string | null, };

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
inMemory: boolean, };

/**
 * Knocks at a locked room. No passphrase is asked for: the owner's answer stands in for it.
 */
export type KnockRoom = {
/**
 * A link, a code, or thirteen words.
 */
invitation: SecretText,
/**
 * Where the room is, if the invitation does not say: `host[:port]`.
 */
address: string | null,
/**
 * This person's name in the room, 1–32 bytes.
 */
nick: string,
/**
 * What the owner reads with it, at most 140 characters; may be empty.
 */
note: string,
/**
 * By it the knock is let in without a question: [`HeardInvitation::token`].
 */
token: SecretText | null,
/**
 * Keep the room in memory only.
 */
inMemory: boolean, };

/**
 * Answers a knock.
 */
export type AnswerKnock = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * The knock.
 */
knock: KnockHandle,
/**
 * Let in, or turn away.
 */
admit: boolean, };

/**
 * Says where a room is now.
 */
export type RelocateRoom = {
/**
 * A newer link of a room that this computer is in, or its code.
 */
invitation: SecretText,
/**
 * The address, where the invitation has none.
 */
address: string | null, };

/**
 * Names a room.
 */
export type OfRoom = {
/**
 * The room.
 */
room: RoomHandle, };

/**
 * Names a member of a room.
 */
export type OfMember = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * The member.
 */
member: MemberHandle, };

/**
 * Names a spoken invitation of a room.
 */
export type OfSpoken = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * The spoken invitation.
 */
id: SpokenId, };

/**
 * Turns what was heard into an invitation.
 */
export type HearInvitation = {
/**
 * A number and three words: "4172, velvet orbit lemon". Any punctuation; four letters of a word are enough.
 */
spoken: SecretText,
/**
 * The relay: `host[:port]`, with `~k=` and the pin behind it where that is known.
 */
address: string,
/**
 * A person says that there are new words, after [`ErrorCode::SpokenPause`](crate::ErrorCode::SpokenPause).
 */
again: boolean, };

/**
 * Changes what the owner signed of a room. What is left out stays as it is.
 */
export type ChangeRoom = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * The title, at most 64 bytes; may be empty.
 */
title: string | null,
/**
 * The note to everyone who comes in, at most 512 bytes; may be empty.
 */
note: string | null,
/**
 * Seconds after which messages burn that are written from then on: 3600, 86400, 604800 or 2592000.
 */
messageTtl: number | null,
/**
 * Seconds without a message after which the room ends: the same ones.
 */
idleTtl: number | null,
/**
 * How many may be in the room: 16, 64 or 256, and not fewer than are in it.
 */
maxMembers: number | null,
/**
 * Who may erase the room for everybody.
 */
eraseBy: EraseBy | null, };

/**
 * Answers whether a room is to be erased, because somebody in it asks for that.
 */
export type AnswerErasure = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * It is erased; if not, it goes on.
 */
erase: boolean, };

/**
 * Moves a room into another one, with the same title, note and rules, and another code.
 */
export type MoveRoom = {
/**
 * The room that moves.
 */
room: RoomHandle,
/**
 * Where the new one is, as in [`CreateRoom`]; none hosts it on this computer.
 */
relay: string | null,
/**
 * As in [`HostRoom`], for the new room. Members of the old one are given what it opens with.
 */
passphrase: SecretText | null, };

/**
 * Has members told where a room goes on who came in since it was to move.
 */
export type TellNewcomers = {
/**
 * The room that moves.
 */
room: RoomHandle,
/**
 * Them, as they were shown.
 */
members: Array<MemberHandle>, };

/**
 * Says that this person types.
 */
export type Typing = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * Types; if not, no more.
 */
typing: boolean, };

/**
 * Rejoins a room that was reorganised while this client was away.
 */
export type RejoinRoom = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * The branch that its question shows.
 */
branch: string, };

/**
 * Stays in a room as this client knows it, although others reorganised it.
 */
export type StayInRoom = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * The branch that its question shows.
 */
branch: string, };

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
text: SecretText,
/**
 * Seconds after which it burns, at least 60 and at most what the room's rules say; none goes by the rules.
 */
fuse: number | null, };

/**
 * Names a line of a timeline.
 */
export type OfItem = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * The line.
 */
id: ItemId, };

/**
 * Sends a message that can be read once.
 */
export type SendViewOnce = {
/**
 * The room.
 */
room: RoomHandle,
/**
 * Plain text, 1 byte to 8 KiB.
 */
text: SecretText,
/**
 * For how many seconds it can be read, 5 to 300.
 */
seconds: number,
/**
 * As in [`SendMessage`].
 */
fuse: number | null, };

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
limit: number, };

/** What a command answers when it cannot do its work, and where an invitation is wrong. */
export type CommandError = { code: ErrorCode, slip: Slip | null };

/** Every command of the engine: its request, and what it answers. */
export type Commands = {
  /** Everything outside a room. */
  snapshot: { request: null, reply: Snapshot },
  /** Makes the vault on the first run. */
  create_vault: { request: CreateVault, reply: null },
  /** Opens the vault. */
  unlock_vault: { request: UnlockVault, reply: null },
  /** Moves what is left of a vault that cannot be opened into a folder of its own, so that a new one can be made. */
  set_vault_aside: { request: null, reply: null },
  /** Closes every room and the vault; keys leave memory. */
  lock_vault: { request: null, reply: null },
  /** Destroys all keys on this computer, and then all files. */
  erase_device: { request: EraseDevice, reply: Erasure },
  /** Keeps the colours that a person chose, in the vault. */
  set_theme: { request: SetTheme, reply: null },
  /** Keeps whether the others are told that this person types. */
  set_tells_typing: { request: SetTellsTyping, reply: null },
  /** Who could come into a room that this computer served now. */
  hosting_reach: { request: null, reply: HostingReach },
  /** Hosts a room on this computer. */
  host_room: { request: HostRoom, reply: RoomHandle },
  /** Opens a room on a relay elsewhere. */
  create_room: { request: CreateRoom, reply: Creation },
  /** Reads an invitation without asking the network. */
  read_invitation: { request: ReadInvitation, reply: InvitationPreview },
  /** Asks the relay what the invitation opens. */
  preview_room: { request: PreviewRoom, reply: Preview },
  /** Turns a number and three words that were heard into an invitation. */
  hear_invitation: { request: HearInvitation, reply: HeardInvitation },
  /** Breaks that off. */
  cancel_hearing: { request: null, reply: null },
  /** Joins a room; returns at once, the room's phase tells the progress. */
  join_room: { request: JoinRoom, reply: RoomHandle },
  /** Knocks at a locked room; returns at once, the room's knock tells how it stands. Trying the room again knocks again. */
  knock_room: { request: KnockRoom, reply: RoomHandle },
  /** Takes the addresses of a newer invitation to a room that this computer is in, before those it knew. */
  relocate_room: { request: RelocateRoom, reply: RoomHandle },
  /** A random name to offer. */
  suggest_nick: { request: null, reply: string },
  /** A room from inside. */
  view_room: { request: OfRoom, reply: RoomView },
  /** The room's invitation. */
  view_invitation: { request: OfRoom, reply: InvitationView },
  /** Opens an invitation that is read aloud: a number and three words. */
  speak_invitation: { request: OfRoom, reply: SpokenInvitation },
  /** Ends one of them, or takes it off the list. */
  withdraw_spoken: { request: OfSpoken, reply: null },
  /** A part of a timeline. */
  page_messages: { request: PageMessages, reply: Page },
  /** Writes a message. */
  send_message: { request: SendMessage, reply: ItemId },
  /** Takes back a message that the relay does not have yet. */
  withdraw_message: { request: OfItem, reply: null },
  /** Writes a message that can be read once. */
  send_view_once: { request: SendViewOnce, reply: ItemId },
  /** Opens a message that can be read once: what opens it is destroyed before it is handed out. */
  open_view_once: { request: OfItem, reply: OpenedMessage },
  /** Takes an own message back, from everybody's timeline and from the relay. */
  retract_message: { request: OfItem, reply: null },
  /** Says that this person types, or no more: to be called at each key, for it is passed on every three seconds at most. */
  typing: { request: Typing, reply: null },
  /** Everything in the room was seen. */
  mark_read: { request: OfRoom, reply: null },
  /** Serves a hosted room again. */
  start_hosting: { request: OfRoom, reply: null },
  /** Stops serving a hosted room; its members' messages wait. */
  stop_hosting: { request: OfRoom, reply: null },
  /** Serves a hosted room on another port; the old invitation's address ends, the code stays. */
  renew_address: { request: OfRoom, reply: null },
  /** Tries again now what the room waits for or gave up. */
  retry_room: { request: OfRoom, reply: null },
  /** Rejoins a room that was reorganised, where its question says. */
  rejoin_room: { request: RejoinRoom, reply: null },
  /** Refuses that, and goes on in the room as this client knows it. */
  stay_in_room: { request: StayInRoom, reply: null },
  /** Tells the others and deletes the room here. */
  leave_room: { request: OfRoom, reply: Departure },
  /** Ends the room for everybody; its owner's alone. */
  close_room: { request: OfRoom, reply: null },
  /** Erases the room for everybody: its owner, or every member where its rules say so. */
  erase_room: { request: OfRoom, reply: null },
  /** Answers a member who asks to erase the room. */
  answer_erasure: { request: AnswerErasure, reply: null },
  /** Locks the room's door: nobody new comes in; its owner's alone. */
  lock_room: { request: OfRoom, reply: null },
  /** Unlocks it again, unless somebody was removed. */
  unlock_room: { request: OfRoom, reply: null },
  /** Removes somebody and locks the room, for good; its owner's alone. */
  remove_member: { request: OfMember, reply: null },
  /** Changes title, note and rules; its owner's alone. */
  change_room: { request: ChangeRoom, reply: null },
  /** Lets somebody in who knocks at a locked room, or turns them away; its owner's alone. */
  answer_knock: { request: AnswerKnock, reply: null },
  /** Moves the room into another one, with another code; its owner's alone. Its members are told once that is there. */
  move_room: { request: MoveRoom, reply: Creation },
  /** Has those told of that as well who came in meanwhile; its owner's alone. */
  tell_newcomers: { request: TellNewcomers, reply: null },
  /** Goes to the room into which its owner has moved this one. */
  follow_room: { request: OfRoom, reply: RoomHandle },
  /** Has a room that nobody writes in go on, as a message would. */
  keep_room: { request: OfRoom, reply: null },
  /** Deletes the room here without telling anybody. */
  remove_room: { request: OfRoom, reply: null },
};
