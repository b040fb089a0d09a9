# Every visible sentence of Conclave, in British-neutral English.
#
# Short and concrete. Say what happened and what to do next. No jargon on the first level, and never a promise that
# software cannot keep: no "no trace", no "impossible", no "100 % anonymous".

## Everywhere

back = Back
cancel = Cancel
close = Close
close-drawer = Close the side panel
copy = Copy
done = Done
home = Home
invite = Invite…
join = Join
optional = optional
settings = Settings
try-again = Try again
try-now = Try now
you = You
lock-now = Lock now
toast-left-untold = You left, and the room is deleted here. Nobody was there to hear it: the others may still see your name.
toast-left-closing = The room's relay is not reached. The room ends for everybody as soon as it is; until then it stays in the list.
toast-waits = Noted. It is carried out as soon as the room's relay is reached.
toast-moved = Moved. The others are asked to follow you here.
toast-moved-away = The new room is there. The others hear of it as soon as the old room's relay is reached.
toast-copied = Copied. It is cleared from the clipboard in 60 seconds.

duration-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
duration-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
duration-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
short-days = { $count }d
short-hours = { $count }h
short-minutes = { $count }m
short-seconds = { $count }s
day-today = Today
day-yesterday = Yesterday
fuse = Burns in { $time }
fuse-room = Ends in { $time }
bytes-left = Room for { $count } more
bytes-over = Too long by { $count }

## Starting and unlocking

starting = Starting…
starting-failed = Conclave could not start
unlock-title = Locked
unlock = Unlock
unlock-busy = Unlocking…
unlock-keyring = Open with this computer's keyring
unlock-keyring-silent = Your rooms are opened by this computer's keyring, and no keyring answers. Unlock it with the system's own program, then try again.
unlock-forgotten = A forgotten passphrase cannot be reset. The rooms stay locked.
folder-title = The folder for your rooms cannot be used
folder-notAFolder = { $folder } has to be a folder, and something else has its name or the name of a folder above it. Rename that or move it away, then try again.
folder-readOnly = { $folder } is on a disk that is write-protected. Take the protection away, then try again.
folder-denied = { $folder } does not let you write: it belongs to somebody else, or its rights forbid it. Give yourself the right to write there, then try again.
folder-full = The disk with { $folder } is full. Free some space, then try again.
folder-disk = { $folder } cannot be reached, or its disk fails. Check that the disk is connected, then try again.
folder-unchanged = Nothing in it was changed. Without keeping anything, rooms live in memory only: closing the app leaves and forgets all of them.
folder-keep-nothing = Go on without keeping anything
incomplete-title = A file is missing
incomplete-why = { $folder } holds rooms, but not the file “vault” that opens them. It was moved, or the folder was copied in part. Nothing was changed. Put the file back and try again.
incomplete-anew = Begin anew
incomplete-anew-text = Beginning anew deletes nothing: what is there now moves into a folder “set-aside”, with a number, and can be moved back.
passphrase = Passphrase
passphrase-new = Choose a passphrase
passphrase-hint = At least eight characters. A few unrelated words are easy to keep in mind and hard to guess.
passphrase-again = The same passphrase again
show-passphrase = Show the passphrase
first-title = Where your rooms are kept
first-protection = What should open them?
first-submit = Continue
first-busy = Making the lock…
protect-passphrase = A passphrase
protect-passphrase-text = You type it each time. Without it the rooms on this computer cannot be read.
protect-keyring = This computer's keyring
protect-keyring-text = Opens by itself while you are signed in to this computer.
protect-memory = Nothing is kept
protect-memory-text = Rooms live in memory only. Closing the app leaves and forgets all of them.
place-portable = Your rooms live on this stick, locked with your passphrase.
place-folder = Your rooms live in { $folder }, locked.
place-short = Kept on this computer, locked
place-short-portable = Kept on this stick, locked with your passphrase
place-memory = Kept in memory only. Closing the app forgets everything.
place-memory-long = Your rooms live in memory only. Closing the app forgets all of them.

## Home

home-claim = No account. No server that can read you.
home-title = A room that locks with a key, and messages that burn.
home-host = Host a room here
home-host-text = This computer is the relay, for people in the same network (home, office, VPN). It stops when you do.
home-create = Create on a relay
home-create-text = Members can come and go while you are offline.
home-join = Join with a code
home-join-text = Paste a link, or type a code or the words that you were told.
home-invitation = Invitation
home-invitation-example = A link, a code or words
home-limits = What it cannot do
home-switcher = { $key } finds rooms and actions

## The list of rooms

rooms = Rooms
room-untitled = Untitled room
room-unopened = Room of { $date }
new-room = New room
open-rooms = Show the rooms
open-rooms-knocks = { $count ->
    [one] Show the rooms: one person knocks
   *[other] Show the rooms: { $count } people knock
}
switcher-open = Find…
unread = { $count ->
    [100] More than 99 unread messages
    [one] { $count } unread message
   *[other] { $count } unread messages
}
member-count = { $count ->
    [one] Only you
   *[other] { $count } people
}
last-line = { $nick }: { $text }
last-line-own = You: { $text }
phase-short-joining = Joining…
phase-short-awaitingConfirmation = Waiting to be confirmed
phase-short-leaving = Leaving…
phase-short-closing = Closing…
phase-short-erasing = Erasing…
phase-short-gone = You are not in it any more
phase-short-damaged = Cannot be opened
phase-short-unreadable = Cannot be opened just now
ended-short-closedByOwner = Ended by its owner
ended-short-erasedByOwner = Erased by its owner
ended-short-erasedByMember = Erased by a member
ended-short-idle = Ended in silence
ended-short-erasedHere = Erased here only
idle-short = { $left ->
    [little] Silent: ends soon
   *[some] Silent: ends in { $time }
}

## A new room

host-title = Host a room here
host-lead = The room runs on this computer. While it is off or asleep, messages wait.
host-submit = Open the room
host-busy = Opening the room…
create-title = Create on a relay
create-lead = The relay keeps sealed messages until everyone has them. It cannot read them.
create-relay = Relay
create-relay-hint = The address that the relay's operator gave you.
create-relay-example = relay.example.org
create-submit = Create the room
create-busy = Creating the room…

# A relay shows a key that no authority knows, and its address named none.
unvouched-title = Is this the relay's key?
unvouched-why = No authority vouches for this relay, and its address does not say how to recognise it. No room was made yet.
unvouched-compare = Ask the relay's operator for its pin, by phone or on paper, and compare the signs above one by one.
unvouched-same = If they are the same, the room accepts this key alone, and your invitations name it.
unvouched-different = If one is different, somebody stands between you and the relay. Cancel, and try another network.
unvouched-confirm = They are the same: create
unvouched-confirm-move = They are the same: move
nick = Your name in this room
nick-hint = A new random name for every room keeps rooms apart. Change it if the others should recognise you.
room-title = Title
room-title-hint = Everyone with the invitation sees it.
room-note = Note
room-note-hint = For everyone who comes in. Everyone with the invitation can read it.
rules-messages = Messages
rules-messages-value = burn after { $time }
rules-room = The room
rules-room-value = { $leave ->
    [closes] ends after { $time } of silence, or when you leave
   *[stays] ends after { $time } of silence
}
rules-people = People
rules-people-value = { $erase ->
    [anyMember] up to { $count }, and any of them can erase the room for everybody
   *[owner] up to { $count }
}
rules-fixed = Times, places and who can erase it can be changed later. The rest stays as it is once the room is made.
rules-owner = The right to lock and close this room lies with your rooms on this computer: whoever loses those loses it, and nobody else has it.
idle = It ends after a silence of
idle-hint = Silence is when nobody writes and nobody new comes in. The room warns before it ends, and everybody in it can keep it.
leave-closes = It ends for everybody when you leave
leave-closes-hint = Otherwise it goes on without you, and nobody can lock it, remove anybody or close it any more.
leave-closes-hosted = It ends for everybody when you leave: this computer serves it.
view-once-all = Only sealed messages
view-once-all-hint = Every message can be opened once, and is gone then.
receipts = What members confirm
receipts-none = Nothing
receipts-delivered = That it came
receipts-seen = That it was seen
receipts-hint = Everybody in the room sees who confirmed what. Apps say so themselves; a changed one can say anything.
presence = Others see whether your app is connected
presence-hint = Without it nobody sees who is here or who is typing, and the relay learns less.
erase-by = Who can erase it for everybody
erase-by-owner = Only you
erase-by-anyMember = Any member
erase-by-hint = With any member, whoever is in danger can end it at once, and so can whoever means harm.
new-passphrase = Passphrase beside the invitation
new-passphrase-hint = Leave it empty if the invitation is enough. With one, people need both: say it another way. At least eight characters; it cannot be changed later.
lifetime = Messages burn after
lifetime-hint = On the relay and in every app that keeps to the rules.
size = Places in the room
size-people = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
size-hint = Coming in takes everybody longer in a large room.
in-memory = Keep this room in memory only
in-memory-hint = Nothing of it is written to this computer's disk. It ends when the app closes.
in-memory-chip = Memory only

## The invitation

invite-title-fresh = Your room is open.
invite-title-fresh-locked = Your room is ready, and locked.
invite-title-unreached = Your room waits for its relay.
invite-unreached = As long as the relay is not reached, nobody can come in. If its address is wrong, remove this room and create it again.
invite-title = Invite to { $room }
invite-lead = { $reach ->
    [here] Whoever has this invitation can come in at this computer. Hand it over where nobody else reads along.
    [network] Whoever has this invitation and is in the same network can come in. Hand it over where nobody else reads along.
   *[anywhere] Whoever has this invitation can come in. Hand it over where nobody else reads along.
}
invite-lead-stopped = Whoever has this invitation can come in once this computer serves the room again. Hand it over where nobody else reads along.
invite-lead-unreached = Whoever has this invitation can come in once the relay is reached. Hand it over where nobody else reads along.
invite-lead-moved = Nobody new comes in here. Whoever is to come in needs an invitation to the new room.
invite-lead-locked = The room is locked: the invitation alone lets nobody in now.
invite-lead-knocks = The room is locked. Whoever has this invitation can knock, and its owner lets them in, or does not.
invite-locked-knocks = Once the room is unlocked, this invitation lets people in without a knock.
invite-locked = This invitation stays the same. It lets people in again once the room is unlocked.
invite-loading = Preparing the invitation…
invite-forms = The invitation
invite-qr = The invitation as a QR code
invite-link = Link
invite-link-hint = A copy is cleared from the clipboard after 60 seconds.
invite-code = Code
invite-words = Thirteen words, for paper
invite-where = Where
invite-where-hint = Goes with the code and the words. The link and the picture already contain it.
invite-nobody = Nobody else is in the room now.
invite-others = { $count ->
    [one] One other person is in the room now.
   *[other] { $count } other people are in the room now.
}
invite-enter = Enter the room
copy-link = Copy the link
copy-code = Copy the code
copy-words = Copy the words
copy-address = Copy the address
spoken-title = Say it
spoken-offer = A number and three words to read to one person. They work once, for ten minutes, while Conclave is open and unlocked here.
spoken-say = Say it
spoken-another = Say another
spoken-busy = Asking the relay for a number…
spoken-most = Three at once are the most. Withdraw one, or take off the list what had wrong words.
spoken-locked = While the room is locked, only its owner can invite somebody aloud. Hand over the link, the code or the thirteen words: with these one can knock.
spoken-where = And where:
spoken-withdraw = Withdraw
spoken-dismiss = Take off the list
spoken-state-waiting = Nobody has entered the number yet.
spoken-state-inUse = Somebody has entered the number. The words are being compared.
spoken-state-handedOver = Handed over: somebody who knew the words has the invitation now.
spoken-state-wrongWords = Somebody entered the number with other words. Nothing was given away, and the number is used up. It was a slip, or somebody guesses, or the relay does.
spoken-state-crowded = A third connection entered the number, so it ended. Nothing was given away.
spoken-state-ended = Over: its ten minutes have passed, or a connection was lost. Nothing was given away.
reach-title = Who can reach it
reach-hint = Everybody needs the invitation, which names these addresses.
hosting-starting = Getting ready…
hosting-running = Ready
hosting-stopped = You stopped hosting this room. Messages wait until you start again.
hosting-portTaken = Another program uses the port of this room. Once that program is closed, the room is served again by itself. Or make a new invitation.
hosting-failed = The room could not be served from this computer. Nothing was deleted. Start it again.
hosting-reach = { $reach ->
    [here] This computer is in no network that leads to others. Only people at this computer can come in.
    [network] People in the same network (home, office, VPN) can come in. Others cannot: they would need a relay elsewhere, or you a VPN that they share.
   *[anywhere] People everywhere can come in, unless a router or a firewall in between keeps them out.
}
hosting-reach-short = { $reach ->
    [here] Only people at this computer can come in.
    [network] People in the same network can come in.
   *[anywhere] People everywhere can come in.
}
hosting-short-starting = Getting ready…
hosting-short-running = Hosting
hosting-short-stopped = Not hosting
hosting-short-portTaken = Port taken
hosting-short-failed = Hosting failed
hosting-count = { $count ->
    [0] Nobody else connected
    [one] { $count } other person connected
   *[other] { $count } other people connected
}
hosting-not-serving = Messages wait.
hosting-stop = Stop hosting
hosting-stop-short = Stop
hosting-start = Start hosting
hosting-start-short = Start
hosting-renew = Make a new invitation
hosting-details = See what to do

## Joining

join-title = Join a room
join-lead = Nothing happens yet: first you see what you are about to enter.
join-invitation-hint = Paste the link, or type the code or the words. Capitals and spaces do not matter.
join-next = Continue
join-busy = Asking the relay…
join-known = You are in this room already. If it has moved, opening it here takes over its new address.
join-open = Open it
join-spoken = I was told a number and three words
hearing-title = A number and three words
hearing-lead = Type what was read to you. It works once, for ten minutes, and shows you the room before you enter.
hearing-words = What you heard
hearing-words-hint = The number first. Capitals and commas do not matter, and four letters of a word are enough.
hearing-words-example = 4172 velvet orbit lemon
hearing-where = Where?
hearing-where-hint = The address that was read to you beside it.
hearing-busy = Waiting for the other side…
hearing-again = These words are new
hearing-again-hint = I asked for them after the last ones were wrong.
heard-title = You have the invitation
heard-lead = It leads to a room at { $address }.
heard-once = It was handed over once. If you leave this, you need a new number.
where-title = Where is the room?
where-lead = A code or words alone do not say where the room is. Ask whoever invited you.
where-address = Address
where-hint = It was handed over with the code or the words.
where-beside = It stood beside the code or the words. Go on only if it is where the room is.
where-example = 192.168.1.20:7443
preview-title = You are about to enter
preview-room = The room
preview-signed = Title, note and rules are signed by the room's owner.
preview-people = { $count ->
    [0] Nobody inside
    [one] One person inside
   *[other] { $count } people inside
}
preview-people-hint = As the relay shows it. Compare words inside.
preview-nobody = Nobody is in the room at the moment.
preview-seen = What others will see of you
preview-seen-relay = The relay
preview-seen-relay-text = Your network address, when you are connected, and roughly how much you send. Not what you write. It answers at { $address }.
preview-seen-members = The people inside
preview-seen-members-text = The name you choose and everything you write. They can keep a copy.
preview-not-pinned = The invitation does not say how to recognise this relay. Its key is remembered from now on; a later change will be refused.
preview-enter = Enter
preview-busy = Entering…
room-passphrase = Passphrase of the room
room-passphrase-hint = Ask whoever invited you. It is not part of the invitation.

## Knocking at a locked room

locked-preview-title = The door is locked
locked-preview-invited = You were invited aloud: once, your knock is let in without a question, as soon as the owner's app is there.
locked-preview-lead = You can knock. The room's owner sees it and lets you in, or does not.
locked-preview-silent = Nobody new comes in.
locked-preview-hidden = What it is called and who is inside is not shown at a locked door.
locked-preview-signed = These times and the size are signed by the room's owner.
locked-preview-owner = The room's owner
locked-preview-owner-text = The name and the note that you knock with.
knock-note = Note to the owner
knock-note-hint = Only the owner can read it. At most 140 characters.
knock-submit = Knock
knock-busy = Knocking…
room-knocking = Locked room
phase-short-knocking = Knocking…
knocking-waiting-title = You are knocking
knocking-stopped-title = Your knock does not get through
knocking-turnedAway-title = You were turned away
knocking-turnedAway = The room's owner said no. You can knock again, with new words.
knocking-over-title = Nobody answered
knocking-over = A knock lasts ten minutes. Ask the room's owner in another way to open Conclave, then knock again.
knocking-words = Your four words
knocking-words-how = The owner sees the same four beside your name. Read them to each other by a way that you trust: face to face, or on a call where you know the voices.
knocking-words-different = If one is different, give up: somebody is in between.
knocking-owner-here = The owner is connected now, says the relay.
knocking-owner-away = The owner is not connected now, says the relay. Your knock waits for them.
knocking-left = Ends by itself in { $time }
knocking-unsent = Your knock has not gone out yet.
knocking-unreachable = The relay is not reached. Your knock goes on by itself as soon as it is.
knocking-misbehaved = What the relay shows of this room is not its owner's, so you do not knock there. Ask for a new invitation.
knock-again = Knock again
give-up = Give up…
give-up-title = Give up knocking?
give-up-ends = The knock ends, and nobody can let you in by it any more.
give-up-here = The room goes from your list, and nothing of it stays on this computer.
give-up-again = To knock again, you need the invitation again.
give-up-confirm = Give up
give-up-over-title = You are not knocking any more
give-up-over = You were let in meanwhile, or the room was unlocked. Nothing was done.
remove-from-list = Remove from the list…
remove-from-list-title = Remove this room from the list?
remove-from-list-confirm = Remove it

knocks = Who knocks
knocks-short = { $count ->
    [one] One person knocks
   *[other] { $count } people knock
}
knocks-news = { $count ->
    [one] { $nick } knocks at { $room }.
   *[other] { $count } people knock at { $room }.
}
knocks-none = Nobody knocks now. While this app is connected, whoever does comes up here for ten minutes.
knocks-full = The room is full: somebody has to leave before you can let anybody in.
knock-words = The four words of { $nick }
knock-ambiguous = Somebody in the room has the same or a similar name, or had it lately, or was removed. Be sure who this is.
knock-unproven = Nothing proves this name. Compare the four words first.
knock-unreached = The relay is not reached, and nobody can be answered before it is. Whoever knocked waits there for as long as their time runs.
knock-admitting = Is being let in…
knock-admitted = Is in. If their app does not appear in { $time }, they are removed again.
let-in = Let in…
let-in-label = Let in… { $nick }
let-in-title = Let { $nick } into { $room }?
let-in-same = Let them in if they have just read out these four words to you, face to face or on a call where you know the voice. The name is not proven.
let-in-different = One word is different, or you reached nobody: cancel, and turn them away.
let-in-there = From then on they read and write here. What was said before stays closed to them.
let-in-confirm = They are the same: let in
let-in-over-title = { $nick } does not knock any more
let-in-over = It is over, or it was answered on another device. Nothing was done.
turn-away = Turn away
turn-away-label = Turn away { $nick }
new-locked = You let everybody in one by one
new-locked-hint = The door is locked from the start: whoever has the invitation knocks, and you decide. You can unlock it later.

## Rules of a room

rules = Rules of this room
rules-message-ttl = Messages burn after
rules-kind = Messages
rules-kind-view-once = can be read once
rules-receipts = Members confirm
rules-receipts-delivered = that messages came
rules-receipts-seen = that messages were seen
rules-presence = Who is here
rules-presence-off = is not shown
rules-idle-ttl = The room ends after
rules-idle-ttl-value = { $time } of silence
rules-owner-leave = When its owner leaves
rules-owner-leave-closes = it ends for everybody
rules-owner-leave-stays = it goes on
rules-erase-by = Can erase it for everybody
rules-erase-by-owner = only its owner
rules-erase-by-anyMember = any member
rules-max-members = Room for
rules-join = New members come in
rules-join-locked = not by the invitation alone
rules-join-knocks = by knocking
rules-join-code = with the invitation
rules-join-passphrase = with invitation and passphrase

## In the room

room-loading = Opening the room…
names-alone = Only you
names-outside = You are not in yet
names-you = you
names-more = { $count } more
open-people = Show the people
timeline = Messages
timeline-start = This is where it begins for you.
load-earlier = Earlier messages
loading-earlier = Loading…
jump-newest = Newest
new-messages = { $count ->
    [one] One new message
   *[other] { $count } new messages
}
empty-alone = { $reach ->
    [here] Nobody else is here now. Only people at this computer can come in.
    [network] Nobody else is here now. Hand someone in the same network the invitation.
   *[anywhere] Nobody else is here now. Hand someone the invitation.
}
empty-locked = Nobody else is here now. The room is locked: nobody new comes in.
empty-locked-knocks = Nobody else is here now. The room is locked: whoever has the invitation can knock.
empty-entering = You wait to come in. What is said from then on stands here.
empty-quiet = Nothing has been said yet, or it has burned.
view-once-own = Sealed message
view-once-own-unread = Its time ended before everybody had opened it.
view-once-own-gone = It was deleted before everybody had opened it.
view-once-seconds = { $seconds ->
    [one] Can be read once, for one second
   *[other] Can be read once, for { $seconds } seconds
}
view-once-card = Sealed message
view-once-hold = Hold to read, once, for { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}
view-once-hold-label = Sealed message. Hold Space or Enter to read it, once, for { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}
view-once-opening = Opening …
view-once-covered = Hold to read. The time runs.
view-once-left = { $seconds ->
    [one] One second left
   *[other] { $seconds } seconds left
}
view-once-keep = Open without holding
view-once-cover = Cover
view-once-done = I have read it
view-once-hint = Nobody gets it a second time. Pictures of the screen, and changed apps, can still keep it.
view-once-opened = Sealed message: you have read it, and it is gone.
view-once-unread = Sealed message: its time ended before you opened it.
view-once-gone = Sealed message: it was deleted before you opened it.
retracted = Taken back
retract = Take back
retract-hint = It goes from everybody's app and from the relay. A changed app can have kept it.
sealing = Seal, or burn sooner
seal = Read once
seal-none = No
seal-hint = A sealed message can be opened once, for so long, within a day.
seal-always = By this room's rules every message can be read once.
burn-sooner = Burn sooner
burn-as-room = As the room
burn-hint = It goes from every app and from the relay after that time.
unsupported = This was sent with a newer version of Conclave. Update to see it.
claimed-at = The sender's clock says { $time }.
ambiguous = Look-alike name
ambiguous-hint = Somebody else here has the same or a similar name, or had it lately. Look at shape and colour, and compare words.

state-stored = The relay has it
state-awaitingMembers = Goes out as soon as somebody has joined.
state-waiting = Waiting for the relay.
state-delivered = { $recipients ->
    [one] It has come
   *[other] It has come to { $count } of { $recipients }
}
state-viewed = { $recipients ->
    [one] Seen
   *[other] Seen by { $count } of { $recipients }
}
confirmed-hint = Apps say so themselves; a changed one can say anything.
state-noSpace = The relay has no space for it now. It is tried again every minute; you can withdraw it.
state-waiting-away = The computer that serves this room is away, or the network is. Your message waits.
state-waiting-reorganised = Waits for your answer above.
withdraw = Withdraw

typing-one = { $nick } is typing
typing-two = { $first } and { $second } are typing
typing-several = Several people are typing
composer-label = Message to { $room }
composer-placeholder = Message { $room }
composer-sealed = The next message is sealed: it can be read once, for { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}.
composer-fuse = The next message burns after { $time }.
composer-hint = Enter sends, Shift and Enter begin a new line.
composer-silent = Nothing can be written here at the moment.
composer-closing = Nothing can be written any more: the room is closing.
composer-erasing = Nothing can be written any more: the room is being erased.
send = Send

connection-connecting = Connecting…
connection-catchingUp = Catching up…
connection-online = Connected
connection-waiting = Waiting
connection-stopped = Stopped
locked-chip = Locked
connection-retry = { $seconds ->
    [0] Trying again.
    [one] Next try within a second.
   *[other] Next try within { $seconds } seconds.
}
connection-no-retry = Conclave does not try again by itself.
fault-unreachable = The computer that serves this room is away, or the network is. What you write waits here.
fault-onionOnly = This room's invitation leads only to an onion address, and this version of Conclave cannot reach those yet. Ask for an invitation with another address.
clock-off = { $direction ->
    [behind] This computer's clock is { $time } behind the relay's. Messages burn by this clock: if it is wrong, set it. The relay's may be wrong as well.
   *[ahead] This computer's clock is { $time } ahead of the relay's. Messages burn by this clock: if it is wrong, set it. The relay's may be wrong as well.
}
relay-full = When Conclave last connected or sent something, this room filled its space at the relay. Until older messages burn there, each new one may push the oldest out before its time, and who is away may miss it.
fault-certificateOutOfDate = The relay's certificate is out of date, or this computer's clock is wrong. Check date and time here; if they are right, tell whoever runs the relay.
fault-wrongPin = Something else answers at this room's address: its key is not the one in your invitation. Ask for a new invitation.
fault-otherVersion = The relay speaks another version. Update Conclave, or ask whoever runs the relay to.
fault-misbehaved = What answers at this address does not behave like a relay. Check the network, or ask for a new invitation.
fault-logDiffers = The relay's copy of this room is not the one that this app knows: it is older, or you were away for long. It is read again, and what you sent and it has lost is sent again.
fault-openElsewhere = A copy of this app's files, on another computer perhaps, has taken your place in this room. Close Conclave there, then try again here.
fault-busy = The relay is full or asks to go slower.
fault-refused = The relay did not accept this app as a member. Ask somebody inside for a new invitation.
fault-noSuchRoom = The relay does not know this room any more. Nothing was deleted here.
fault-roomLocked = The room is locked: nobody new comes in. Ask its owner to unlock it, or to make a new one.
fault-noKnocking = The room is locked, and was made by a version without knocking. Ask its owner to unlock it, or to make a new one.
fault-roomGone = The relay says that the room was closed or erased. Nothing was deleted here.
fault-roomFull = The room is full. Ask somebody inside to tell you when there is a place.
fault-stateDamaged = What the relay keeps of this room does not fit together. Somebody inside has to repair it: they only need to be online for a moment.
fault-passphrase = The room asks for a passphrase, or for another one: nobody hears you here. Ask whoever invited you, remove this room from the list, and join again.
fault-storage = This computer's disk is full or cannot be written. Free some space.
fault-roomDamaged = A part of this room's file is damaged, and the room does not go on. Restore a copy of the file, or remove the room.

phase-joining = Entering. This goes on by itself as soon as the relay answers.
phase-knocking = You knock at a locked room. Its owner lets you in, or not.
phase-awaitingConfirmation = You are in. Until the app of somebody inside has confirmed it, only the relay says that this is the room you were invited to. That happens by itself once one of them is connected.
phase-locked = The room is locked. The invitation alone lets nobody in.
idle-ends = { $left ->
    [little] This room ends within the hour, because nobody has written.
   *[some] This room ends in { $time } at the earliest, because nobody has written.
}
keep = Keep it
# The others went on without this computer, and nobody whom it trusts says where.
reorganised-title = Was the room reorganised?
reorganised-by = { $nick } says so. Anybody can choose that name: it proves nothing.
reorganised-by-nobody = Who says so is not known.
reorganised-by-own = Your own app signed this: an older copy of its files was put back here, or it runs elsewhere with a copy. If you did neither, somebody else may have your files.
reorganised-waiting = What you write waits here until you answer.
reorganised-look = Before you answer
reorganised-people = { $count ->
    [one] One person would be in it
   *[other] { $count } people would be in it
}
reorganised-words = The eight words there
reorganised-how = Compare the words with these people face to face, or on a call where you know the voices, before you say anything there.
reorganised-stay = Are their words different, or do you not believe it? Stay: the room goes on as you know it.
reorganised-cannot-stay = This computer cannot read on in the room as it was, so it cannot stay there.
reorganised-short = Waits for your answer
rejoin = Rejoin…
stay = Stay here…

# Its owner has moved the room, and the others are asked to follow.
moved = The room has moved
moved-by = { $nick } moved this room to { $place }.
moved-goes = Once you are in the new room and what you wrote here has gone out, this one goes from this computer, with all that was said here.
moved-seen = Whoever serves it there sees your network address: a relay, or its owner's own computer.
moved-own = You moved this room to { $place }.
moved-waits = { $count ->
    [0] Everybody else has left it, and it ends by itself.
    [one] One other person has not followed yet. It ends once they have, in { $time } at the latest.
   *[other] { $count } other people have not followed yet. It ends once they have, in { $time } at the latest.
}
moved-unsent = The others hear of it once the new room is there and this room's relay is reached.
moved-came = Nobody is told where yet: { $nicks } came in after you had moved the room.
moved-came-what = Be sure who that is. Remove whoever is not to know the new code in the list of people, or have them told as well.
moved-line = This room goes on at { $place }.
moved-last = Moved the room
moved-short = Moved
follow = Go there
follow-own = Open the new room
follow-over = Nothing leads to the new room any more: the move was taken back, or it has burned. Ask the owner for an invitation.
end-moved = End this one now…
take-back = Take the move back…

joining-gone = The relay has no such room: it has ended, or the invitation is old. You never came in. Ask for a new invitation, and remove this one.
phase-leaving = Leaving. The others are being told.
phase-leaving-away = Leaving. The relay is not reached, so the others have not been told yet.
phase-closing = This room ends for everybody as soon as its relay is reached. Nobody has to do anything else, and nothing takes it back.
phase-erasing = You erased this room. The others still have everything until its relay is reached. Nobody has to do anything else, and nothing takes it back.
erasing-gone = What was said here is gone from this computer.
remove-only = Remove from this computer only…
phase-gone = You are not in this room any more. What you see is what this computer has; nothing was deleted here.
phase-damaged = The file of this room is damaged, missing or not from Conclave. It was left as it is. Check that its disk is connected. Restore a copy, or remove the room if it is lost.
damaged-file = The file: { $file }
phase-unreadable = The file of this room could not be read this time. Nothing was deleted.

system-created = You made this room.
system-youJoined = You joined. What was said before stays closed to you.
system-joined = { $nick } joined with the code.
system-letIn = The owner let { $nick } in.
system-letIn-own = You let { $nick } in.
system-left = { $nick } left.
system-removed = { $nick } was removed by the owner.
system-removed-own = You removed { $nick }.
system-locked = The owner locked the room: the invitation alone lets nobody in.
system-locked-own = You locked the room: the invitation alone lets nobody in.
system-unlocked-own = You unlocked the room. Whoever has the invitation can come in.
system-unlocked = The owner unlocked the room. Whoever has the invitation can come in.
system-rejoined = { $nick } came back.
system-renamed = { $from } is now called { $to }.
system-rulesChanged = The owner changed the rules, the title or the note.
system-eraseRefused-own = { $nick } asked to erase this room. By its rules only you can: nothing was erased.
system-eraseRefused = { $nick } asked to erase this room. By its rules only its owner can: nothing was erased.
system-moveRefused = { $nick } tried to lead everybody to another room. Only the owner can move it, so nothing happened. Ask them what that was.
system-eraseKept = { $nick } asked to erase this room, and you kept it.
system-title-given = { $by ->
    [own] You called the room “{ $to }”.
   *[other] The owner called the room “{ $to }”.
}
system-title-taken = { $by ->
    [own] You took the title “{ $from }” away.
   *[other] The owner took the title “{ $from }” away.
}
system-titleChanged = { $by ->
    [own] You changed the title from “{ $from }” to “{ $to }”.
   *[other] The owner changed the title from “{ $from }” to “{ $to }”.
}
system-note-given = { $by ->
    [own] You wrote a note: “{ $to }”
   *[other] The owner wrote a note: “{ $to }”
}
system-note-taken = { $by ->
    [own] You took the note away: “{ $from }”
   *[other] The owner took the note away: “{ $from }”
}
system-noteChanged = { $by ->
    [own] You changed the note from “{ $from }” to “{ $to }”
   *[other] The owner changed the note from “{ $from }” to “{ $to }”
}
system-messageTtlChanged = { $by ->
    [own] You changed how long messages stay from { $from } to { $to }. It counts for those written from then on.
   *[other] The owner changed how long messages stay from { $from } to { $to }. It counts for those written from then on.
}
system-idleTtlChanged = { $by ->
    [own] You changed after how long a silence the room ends: from { $from } to { $to }.
   *[other] The owner changed after how long a silence the room ends: from { $from } to { $to }.
}
system-maxMembersChanged = { $by ->
    [own] You changed the places in the room from { $from } to { $to }.
   *[other] The owner changed the places in the room from { $from } to { $to }.
}
system-eraseByChanged = { $to ->
    [anyMember] From now on, any member can erase the room for everybody.
    [owner] From now on, only its owner can erase the room for everybody.
   *[own] From now on, only you can erase the room for everybody.
}
system-gap = { $missing ->
    [one] A message from { $nick } is missing: it burned, was deleted or was held back.
   *[other] { $missing } messages from { $nick } are missing: they burned, were deleted or were held back.
}
system-inconsistent = { $nick }'s messages contradict what came before. That app was restored from a copy, or the room is split. Compare words.
system-resynced = You came back in where the room goes on. What was said there meanwhile may be missing here.
system-logTruncated = The relay no longer has everything that was written while you were away. Messages may be missing here.
system-splitSuspected = Several messages in a row could not be opened. The relay may be showing different rooms to different people. Compare words.
system-disturbed = Somebody who has the invitation is disturbing this room. What is written arrives all the same, later.
system-oldCopy = This room seems to be an older copy that was put back. What came since may be missing, and if you wrote something since, the others are told that your messages contradict each other. New keys are made before anything is sent.
system-relayRestarted = The part of Conclave that serves this room stopped because of a fault and was started again. People come back by themselves.
system-clockSet = { $direction ->
    [back] This computer's clock was set back by { $time }. Messages burn when they would have burned.
   *[forward] This computer's clock was set forward by { $time }. Messages burn when they would have burned, older ones earlier.
}
system-notPublishedAgain = { $count ->
    [one] One message of yours may not have reached everybody. It was not sent again, because somebody new has joined since, or it was too long ago. Write it again if it matters.
   *[other] { $count } of your messages may not have reached everybody. They were not sent again, because somebody new has joined since, or it was too long ago. Write again what matters.
}

## A room that has ended

ended-title = { $room } has ended
ended-closedByOwner = Its owner closed it, or left, and by its rules it ends with that. Nobody else can close it.
ended-erasedByOwner = Its owner erased it for everybody, with the owner's own key.
ended-erasedByMember = Somebody inside erased it. By its rules any member could do that.
ended-idle = Nobody wrote for as long as its rules say, so it ended by itself.
ended-title-erasedHere = You have left { $room }
ended-erasedHere = You erased it, but only here. Before the others’ apps heard of it, its owner had decided that only the owner may erase it: they keep everything, and read that you left.
ended-erased-own = You erased it for everybody.
ended-asked = An app that cannot tell whether you may erase it asks its person first, who can keep the room.
ended-left-own = Its messages and its keys are gone from this computer. Nothing of it is left here but this title and, until Conclave is locked or closed, the list of who was in it.
ended-left = Its messages, the list of its people and its keys are gone from this computer. Nothing of it is left here but this title.
ended-others = Every app that keeps to the rules does the same. An app that somebody changed may have kept something, people may have copied what they read, and nobody can prove that they did not.
ended-dismiss = Dismiss

# Who has confirmed that a room which this person erased is gone there.
burned-title = Erased with the others?
burned-count = { $people ->
    [one] { $confirmed ->
        [0] The other person's app has not confirmed yet that it destroyed the keys.
       *[one] The other person's app has confirmed that it destroyed the keys.
    }
   *[other] { $confirmed ->
        [0] None of { $people } apps has confirmed yet that it destroyed the keys.
        [one] One of { $people } apps has confirmed that it destroyed the keys.
       *[other] { $confirmed } of { $people } apps have confirmed that they destroyed the keys.
    }
}
burned-nobody = Nobody else was in it.
burned-listening = Answers can come for a minute.
burned-over = No more answers are waited for: who has not confirmed was away, or does not say.
burned-yes = Confirmed
burned-waiting = Not yet
burned-no = No answer
burned-lie = Apps say so themselves: a changed app can lie. People may have copied what they read.

## A room that somebody asks to erase

erase-asked-title = Erase { $room } here?
erase-asked-by = { $nick } asks to erase it for everybody. Anybody can choose that name: it proves nothing.
erase-asked-left = Whoever asked is not in the room any more.
erase-asked-unsure = By the rules of this room any member can do that, but this app cannot tell whether whoever asked is one. Nothing of the room is shown until you answer.
erase-asked-erase = Erase: its messages, the list of its people and its keys are destroyed on this computer. Nothing takes it back.
erase-asked-keep = Keep: it goes on here. Others may have erased it.
erase-asked-confirm = Erase it here

## People

people = People and rules
people-outside = Who is here shows once you are in.
people-count = { $count ->
    [one] Only you
   *[other] { $count } people
}
you-as = You, as { $nick }
here = Here
away = Away
away-for = Away for { $time }
away-longer = Away for { $time } or longer
room-full = The room is full.
room-full-longest = Somebody has to leave before anybody can come in. { $nick } has been away longest.
room-full-hint = Somebody has to leave before anybody can come in.
owner = Owner
door = The door
door-open = Whoever has the invitation can come in.
door-move = You can begin anew without whoever was removed: move the room. The new one has another code.
door-locked-for-good = It stays locked: somebody was removed, and whoever was removed knows the invitation. Its owner can move the room to another code.
door-locked-knocks = The room is locked. Whoever has the invitation can knock, and its owner lets them in, or does not.
door-for-good-knocks = It stays locked: somebody was removed, and whoever was removed knows the invitation. New people can knock.
door-owner = As its owner, only you can do this, and only from this computer.
change-room = Change the room…
change-title = Change { $room }
change-lifetime-hint = A new time counts for messages written from then on. What is there burns when it would have burned.
change-seen = Everybody in the room reads what you have changed.
change-waits = A change of yours still waits for the relay. What stands here is as it is now.
change-submit = Change it
change-busy = Changing…
waiting = Waits for the relay
waiting-lock = Locking the room
waiting-unlock = Unlocking the room
waiting-remove = Removing { $nick }
waiting-remove-somebody = Removing somebody
waiting-change = Changing the room
lock-room = Lock the room
unlock-room = Unlock it
close-room = Close the room…
move-room = Move the room…
erase-room = Erase for everybody
erase-room-hint = Hold for a second: destroys it, for good, in every app that keeps to the rules and at the relay.
erase-room-hosted = Whoever is not connected then is not told.
erase-room-away = The others keep everything until the relay is reached.
erase-room-press = Erase without holding
erase-room-once = For ten seconds, one press of the button above erases the room for everybody, for good.
remove-member = Remove { $nick } from the room…
leave = Leave…
remove = Remove from this computer…
check-title = Check this room
check-open = How to compare them
check-hint = Everyone reads out the same eight words, or someone is in between.
check-hint-reorganised = The room as you know it. If the others read out these words, they are still here: do not rejoin.
check-none = There is nothing to compare before the first person has joined.
check-dialog-title = Compare these words
check-how = Read them to each other over a way that you trust: face to face, or on a call where you know the voices.
check-same = All eight are the same for everyone: nobody is in between, and you all see the same people.
check-different = One is different: say nothing more here. Make a new room and hand over its invitation another way.
check-experts = Session code, for experts
check-experts-hint = It changes with every renewal of the keys and must be equal at the same moment.

## Questions before something that cannot be taken back

leave-title = Leave { $room }?
leave-others = The others are told that you left. They keep what you wrote until it burns.
leave-here = The room and its key are deleted from this computer.
leave-hosting = You host this room: nobody can reach it any more.
leave-unsent = { $count ->
    [one] One message of yours has not gone out and is lost.
   *[other] { $count } messages of yours have not gone out and are lost.
}
leave-closes-title = Leave { $room } and end it for everybody?
leave-closes-all = This room ends with its owner: it ends for everybody, at once. Nothing takes it back.
leave-owner = You are its owner, and nobody comes after you: nobody can lock the room, remove anybody or close it any more.
leave-unknown = The rules of this room cannot be read at the moment. If you are its owner, it may end for everybody when you leave.
leave-confirm = Leave the room
leave-closes-confirm = Leave and end the room
remove-title = Remove { $room } from this computer?
remove-here = The room and its key are deleted from this computer. It cannot be undone.
remove-not-in = As far as Conclave knows you never came in, so nobody has to be told.
remove-others = Nobody is told. For the others you stay in the list, as away.
remove-owner = You are its owner: nobody can lock the room or close it any more.
remove-closing = The room is not closed yet, and nobody can close it any more. The others keep what they have of it until that burns.
remove-erasing = The room is not erased for the others yet, and this computer stops trying. They keep what they have of it until that burns.
remove-confirm = Remove the room
close-room-title = Close { $room } for everybody?
close-room-moved-title = Close the old room { $room }, which has moved to { $place }, for everybody?
close-room-all = It ends for everybody, at once. Nothing takes it back.
close-room-gone = Every app that keeps to the rules deletes it with all that is in it. What somebody has copied stays with them.
close-room-hosted = This computer serves it, and stops with that: whoever is not connected now cannot be told. Their app keeps the room until a month after its rules would end it.
close-room-moved = Whoever has not followed to the new room yet is left out.
close-room-away = The relay is not reached at the moment. The room ends as soon as it is.
close-room-confirm = Close the room
move-title = Move { $room }
move-new = A new room is made with the same title, note and rules, a new code and an open door. Whoever was removed from this one does not get that code.
move-follow = Everybody in this room is asked to follow, with one click. What was said here does not come along.
move-old = This room is locked at once. It ends when all have followed, in { $time } at the latest. Whoever has not followed by then is left out.
move-hosted = This computer serves this room: until then keep Conclave open here, or nobody hears of the move.
move-away = This room's relay is not reached at the moment. The others hear of the move as soon as it is.
move-where = Where it goes
move-where-relay = On a relay
move-where-here = On this computer
move-passphrase-hint = Leave it empty if the new invitation is enough. Whoever follows does not have to type it. At least eight characters; it cannot be changed later.
move-submit = Move the room
move-busy = Moving the room…
follow-title = Go to the new room at { $place }?
follow-draft = What you have begun to write here is lost.
follow-over-title = The way to the new room is gone
tell-newcomers = Tell them as well…
tell-newcomers-title = Tell { $nicks } as well where the room goes on?
tell-newcomers-code = Whoever is told can come into the new room.
tell-newcomers-sure = Somebody who was removed can come in again under another name where the relay helps them. If you are not sure who it is, compare the words with them by voice first.
tell-newcomers-confirm = Tell them
take-back-title = Take the move of { $room } back?
take-back-here = This room goes on, locked. Whoever is still here is not asked to follow any more.
take-back-there = The new room stays as well. Close it there if nobody is to use it.
take-back-gone = Whoever has followed is there and has left this room.
take-back-confirm = Take it back
take-back-over-title = Nothing to take back any more
take-back-over = The move was taken back meanwhile, or it has burned. Nothing was done.
remove-member-title = Remove { $nick } from { $room }?
remove-member-out = From then on they read nothing that is said here, and write nothing. What they have read stays with them.
remove-member-locks = The room is locked by it, for good: whoever is removed knows the invitation. For new people, move the room afterwards: the new one has another code.
remove-member-locks-knocks = The room is locked by it, for good: whoever is removed knows the invitation. New people have to knock, and you let them in one by one.
remove-member-confirm = Remove and lock
remove-member-over-title = { $nick } is not in the room any more
remove-member-over = They have left meanwhile, or were removed. Nothing was done.
stop-title = Stop hosting?
stop-others = { $count ->
    [0] Nobody else is connected at the moment.
    [one] { $count } other person is disconnected.
   *[other] { $count } other people are disconnected.
}
stop-kept = What anyone writes waits in their app. Nothing is deleted.
stop-again = You can start again at any time, at the same address.
rejoin-title = Rejoin { $room }?
rejoin-same = Rejoin if the people there have just read out the same eight words to you, by a way that you trust.
rejoin-different = One word is different, or you reached nobody: cancel. The room goes on asking.
rejoin-there = From then on you talk with the people there. You cannot come back to the room as it was.
rejoin-unsent = Messages of yours that wait go out to the people there. So do those that they may have missed, if nobody new has come.
rejoin-confirm = They are the same: rejoin
rejoin-over-title = The room does not ask this any more
rejoin-over = What it asked has changed or is over. Nothing was done. Close this and look at the room again.
stay-title = Stay in { $room } as it is?
stay-here = The room goes on here with the people in its list. Messages of yours that wait go out to them.
stay-juniors = Whoever came into the room after you is led back to you.
stay-seniors = Whoever came before you is not. If they are elsewhere, you go on without each other, or the room asks again.
stay-unconfirmed = Nobody has confirmed yet that this is the room you were invited to. If somebody made it up, you stay in it with them: compare words with people you know first.
stay-confirm = Stay here
renew-title = Make a new invitation?
renew-old = The room moves to another port. The old link stops working; the code and the words stay the same.
renew-new = Hand the new invitation to everyone, also to those who are in the room already.
hosting-others-title = { $count ->
    [one] One other person is connected to a room that you host
   *[other] { $count } other people are connected to rooms that you host
}
close-title = Close Conclave?
close-others = Closing the window disconnects them.
close-kept = Rooms that are kept on this computer go on at the same address once you open Conclave again. Until then, what the others write there waits in their apps.
close-confirm = Close anyway
lock-title = Lock Conclave?
lock-others = Locking disconnects them.
lock-kept = Rooms that are kept on this computer go on at the same address once you unlock Conclave again. Until then, what the others write there waits in their apps.

## Quick switcher

switcher-title = Find a room or an action
switcher-placeholder = A room or an action
switcher-none = Nothing is called that.

## Settings

appearance = Appearance
appearance-hint = Kept with your rooms, locked, and so is the size of this window. Before you unlock them, Conclave looks as the system does.
appearance-hint-memory = Forgotten with your rooms, and so is the size of this window.
theme-system = As the system
theme-dark = Dark
theme-light = Light
writing-title = Writing
tells-typing = Others see when you are typing
tells-typing-hint = In every room whose rules show who is here, unless it has more than 64 people. They see that you type, not what. The relay may guess it.
storage-title = Where your rooms are
lock-hint = Closes every room. The keys leave memory, rooms that you host stop, and rooms in memory only are gone.
forget-now = Forget everything now
forget-title = { $count ->
    [one] Forget the room in memory?
   *[other] Forget all { $count } rooms in memory?
}
forget-here = { $count ->
    [one] One room is in memory only: it and its key are gone for good. There is no copy on disk.
   *[other] { $count } rooms are in memory only: they and their keys are gone for good. There is no copy on disk.
}
forget-owned = If you made one of them and it ends with its owner, it ends for everybody. One that this computer serves always does.
forget-hint = Closes every room and deletes all of them. It cannot be undone.
limits-title = What Conclave cannot do
limits-lead = Better to know before than after.
limits-newcomer = Somebody who joins later cannot read what was said before. That is intended.
limits-proof = Nobody can prove that a relay or another person deleted something.
limits-relay = The relay learns your network address, when you are connected, roughly how much you send, and how many people are connected to a room.
limits-people = Everyone in a room can copy what they read. A room is as discreet as the people in it.
limits-system = The operating system keeps records of its own, such as lists of programs that ran and memory written to disk.
limits-screenshot = On Linux, other programs can take pictures of this window.
limits-kick = Somebody who is removed still knows the invitation. So a removal locks the room for good.
keys-title = Keys
keys-switcher = Find a room or an action
keys-panes = Walk from pane to pane
keys-send = Send the message
keys-line = Begin a new line
keys-back = Close, cancel, go back
version = Conclave { $version }

## Erasing this computer

erase = Erase this computer
erase-hold = Erase this computer: hold for a second. Or press Ctrl+Shift+Backspace twice.
erase-hold-mac = Erase this computer: hold for a second. Or press Shift+Command+Backspace twice.
erase-holding = Keep holding…
erase-again = Once more erases all of Conclave here
erase-busy = Erasing…
erase-telling = Leaving the rooms, then erasing…
erase-tell = Leave the rooms first: up to three seconds, and rooms that end with you end for everybody
erase-tell-short = Leave the rooms first
erased-title = Erased, but not everything is gone
erased-lead = What opens your rooms was destroyed. Nobody can read what is left, whatever the passphrase.
erased-again = Go on erasing
erase-left-keys = What opens your rooms could be neither overwritten nor deleted. Whoever knows your passphrase can open them: delete the folder yourself.
erase-left-files = Files of rooms could not be deleted. Close other programs that use them and erase again, or delete the folder yourself.
erase-left-program = Files of the window could not be deleted. They hold no messages. Close Conclave and delete the folder yourself.
erase-left-keyring = An entry of Conclave is still in this computer's keyring. It opens nothing any more; you can delete it there.
erase-limits = What others have of your rooms stays with them. Swap, backups and parts of a solid-state disk that it has put out of use may keep copies; of files they are without a key.
keys-erase = Erase this computer: twice

## What can go wrong, and what to do

error-wrong-passphrase = That is not the passphrase. Check capitals and keyboard layout, and try again.
error-passphrase-too-short = The passphrase is too short. Use at least eight characters.
error-passphrase-differs = The two passphrases are not the same. Type both again, or let them be shown.
error-vault-busy = Conclave is already running with the same rooms. Use that window, or close it first.
error-vault-exists = There are rooms on this computer already. Close Conclave, open it again and unlock them.
error-vault-damaged = A file that holds your rooms' keys is damaged, empty or missing. Nothing was changed. Restore a copy of the files “vault” and “index.db”, or move both away to begin anew.
error-vault-incomplete = The file “vault” that opens your rooms is missing. Nothing was changed. Put it back and try again.
error-vault-erased = Conclave was erased here, and not all of its files are gone. Erase it again, or delete the folder yourself.
error-vault-newer = A newer version of Conclave wrote your rooms. Use that version to open them.
error-vault-locked = Conclave is locked. Unlock it first.
error-keyring-unavailable = This computer's keyring is locked or does not know your rooms. Unlock the keyring, or use your passphrase.
error-disk-full = The disk is full, or a limit of it or of a file's size is reached. Free some space or raise the limit, and try again; nothing was lost.
error-disk-without-locks = The disk that this folder is on takes no locks, so nothing would keep two Conclaves from the same rooms. Choose a folder on a disk of this computer.
error-storage-failed = The disk did not read or write as it should. Check that it is connected and can be written, then try again.
error-invitation-missing = There is no invitation in this. It is a link, a code of six groups, thirteen words, or a number and three words; copy it again.
error-invitation-several = There are several invitations in this. Which one is meant? Leave only that one.
error-invitation-mangled = This invitation was cut or changed on its way. Copy it again in one piece, or ask for a new one.
error-invitation-broken = The line behind the link may be the rest of its address, or another one. Put the link into one line, or leave out what stands behind it.
error-invitation-cut = This link has no code: that stands behind a #, which some programs drop. Paste the link as it was sent, or ask for the code or the thirteen words.
error-code-length = A code has six groups of five. Check whether something is missing or doubled.
error-code-symbol = This contains a sign that no code has. Check it against the original.
error-code-typo = There is a slip in it: one sign or word is wrong. Check it against the original.
error-code-version = This invitation was made by a newer version. Update Conclave to use it.
error-word-unknown = One of the words is not from the list. Check the spelling.
error-word-count = There must be thirteen words. Check whether one is missing or doubled.
# Where a code or words are wrong; it follows the sentence before.
slip-symbol = Sign { $position } of the code is “{ $symbol }”.
slip-place = It is probably sign { $position } of the code.
slip-word = Word { $position } is “{ $word }”: did you mean “{ $nearest }”?
slip-unknownWord = Word { $position } is “{ $word }”.
error-address-missing = An address is needed. Ask whoever invited you where the room is, or whoever runs the relay.
error-address-invalid = This is not an address. It looks like relay.example.org or 192.168.1.20:7443.
error-relay-unreachable = Nothing answers at this address. Check it, and whether the computer there is on and can be reached from this network; then try again.
error-onion-only = This leads only to an onion address, and this version of Conclave cannot reach those yet. Ask for another address, or for an invitation with one.
error-wrong-pin = Something else answers at this address: its key is not the one in the invitation. Do not go on; ask for a new invitation.
error-other-version = The relay speaks another version. Update Conclave, or ask whoever runs the relay to.
error-relay-misbehaved = What answers at this address does not behave like a relay. Check the address.
error-relay-busy = The relay is full or asks to go slower. Wait a minute and try again.
error-no-such-room = That code belongs to no room on this relay. Ask for a new invitation.
error-room-locked = The room is locked: nobody new comes in. Ask its owner to unlock it, or to make a new one.
error-room-gone = The room was closed or erased. Ask whether there is a new one.
error-room-state-damaged = What the relay keeps of this room does not fit together. Ask somebody inside to open the room, then try again.
error-passphrase-needed = This room also asks for a passphrase. Ask whoever invited you.
error-room-full = The room is full. Ask the people inside for a larger one.
error-spoken-number = First comes the number that was read aloud: four to six digits. Ask for it again.
error-spoken-word-count = Behind the number there must be three words. Check whether one is missing or doubled.
error-spoken-gone = Nobody waits under this number. It may be misheard, used, withdrawn, or older than ten minutes. Ask for it again, or for a new one.
error-spoken-wrong-words = The words did not fit, and the number is used up. Ask for a new number and new words.
error-spoken-pause = Three times in a row the words did not fit. Talk with whoever reads them to you: perhaps a word is misheard, or somebody stands in between. Then try new ones.
error-spoken-crowded = Somebody else entered the same number, so nothing was handed over. Ask for a new number and new words.
error-spoken-timed-out = The other side did not answer in time. Ask whether Conclave is still open there, and for a new number.
error-spoken-unsupported = This relay offers no spoken invitations. Use a link, a code or thirteen words.
error-spoken-malformed = The other side sent something unexpected, and nothing was taken from it. Perhaps it has another version; ask for a link or a code.
error-spoken-too-many = Too many of these are under way. Withdraw one first, also where somebody tried other words.
error-spoken-cancelled = Broken off. If you want in after all, ask for a new number.
error-nick-invalid = The name is empty, too long or has invisible signs. Choose another.
error-title-too-long = The title is too long. Shorten it.
error-knock-note-too-long = What you say with a knock has at most 140 characters. Shorten it.
error-note-too-long = The note is too long. Shorten it.
error-message-too-long = The message is too long. Send it in parts.
error-message-empty = There is nothing to send yet. Write something first.
error-size-invalid = A room has 16, 64 or 256 places. Choose one of these.
error-size-too-small = More people are in the room than that. Choose more places, or try again once somebody has left.
error-lifetime-invalid = Messages burn after an hour, a day, a week or 30 days: 3600, 86400, 604800 or 2592000 seconds. Choose one of these.
error-unknown-room = This room is not on this computer any more. Go back to the list.
error-room-damaged = The file of this room is damaged, empty or missing. It was left as it is. Restore a copy, or remove the room.
error-room-ended = This room has ended, and nothing of it is left on this computer. Dismiss it from the list.
error-not-owner = Only the room's owner can do that, on the computer on which the room was made. Ask them.
error-locked-for-good = Somebody was removed from this room, so it stays locked. For new people, move the room: the new one has another code.
error-card-opened = This message could be read once, and it was opened already.
error-card-gone = This message can be opened no more: its time is over, or it was deleted.
error-card-altered = The relay gave something else than was sent, so nothing is shown. Try again; if it stays so, ask for it to be sent again.
error-only-view-once = By this room's rules every message can be read once; choose for how long, and send it again.
error-erasure-asked = Somebody asked to erase this room; answer that first.
error-knock-over = This knock is over: its time is up, or it was answered on another of your computers.
error-already-joined = You are in this room already. Open it from the list.
error-already-sent = It has gone out already and cannot be withdrawn. It burns when its time is over.
error-not-hosted = This computer does not serve that room. Only the one that does can do this.
error-port-taken = Another program uses the port of this room. Close that program and try again, or make a new invitation.
error-hosted-file-damaged = What this computer, as the host, keeps for the others in this room is damaged, empty or missing. It was left as it is, and what you have read and written here is whole. Put a copy of the file back and start hosting again, or make a new room.
error-hosting-failed = The room could not be served from this computer. Check the network connection and try again.
error-invalid-request = Conclave asked for something that it cannot get. Open the room again.
error-internal = Something went wrong inside Conclave. Nothing was deleted. Try again, and report it if it happens twice.
