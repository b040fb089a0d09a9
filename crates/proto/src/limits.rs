//! Every maximum of the protocol (SPEC 7), in bytes unless the name says otherwise.

use std::time::Duration;

/// Nesting of CBOR items.
pub const DEPTH: usize = 8;
/// One WebSocket message, in either direction.
pub const MESSAGE: usize = 1_792 * 1024;
/// One WebSocket message of a client that has proven nothing yet, unless it is a CREATE.
pub const UNPROVEN: usize = 8 * 1024;
/// A reply to FETCH or GINFO_GET, unless a single item is larger.
pub const REPLY: usize = 1024 * 1024;
/// An envelope on the application lane.
pub const APPLICATION: usize = 64 * 1024;
/// An envelope on a commit lane.
pub const COMMIT: usize = 512 * 1024;
/// An envelope that holds a GroupInfo.
pub const GROUP_INFO: usize = 1024 * 1024;
/// Bases that a place names. When a branch was followed by many, each of them is one.
pub const BASES: usize = 64;
/// Former leaves that a publication names as its sender's.
pub const LEAF_LINKS: usize = 8;
/// A place: what a client seals and signs about where a commit stands in its branch.
pub const PLACE: usize = 4096;
/// An envelope on the ephemeral lane.
pub const EPHEMERAL: usize = 8 * 1024;
/// A blob.
pub const BLOB: usize = 25 * 1024 * 1024;
/// One part of a blob on its way.
pub const BLOB_PART: usize = 256 * 1024;
/// A part of a blob has a multiple of this, unless it is the last; and a blob counts one in a quota.
pub const BLOB_STEP: usize = 16 * 1024;
/// Blobs of a room that are being uploaded.
pub const BLOBS_UNFINISHED: u64 = 16;
/// Blobs of a room whose deletion a relay remembers, those that would have been kept longest.
pub const BLOBS_DELETED: usize = 4096;
/// What one side of a mailbox sends at once.
pub const BOX_MESSAGE: usize = 4096;
/// What one side of a mailbox sends in all.
pub const BOX_BYTES: usize = 32 * 1024;
/// Messages that one side of a mailbox sends in all.
pub const BOX_MESSAGES: usize = 16;
/// The link that a spoken invitation hands over.
pub const HANDOVER_LINK: usize = 2048;
/// What is sent with a knock.
pub const KNOCK: usize = 10 * 1024;
/// What the owner answers to a knock.
pub const KNOCK_ANSWER: usize = 1024 * 1024;
/// Characters of what somebody says with a knock.
pub const KNOCK_NOTE: usize = 140;
/// What is inside of a knock is padded to this.
pub const KNOCK_PADDED: usize = 8 * 1024;
/// Knocks that wait at a room.
pub const KNOCKS: usize = 20;
/// A deed.
pub const DEED: usize = 1024;
/// A credential.
pub const CREDENTIAL: usize = 256;
/// A nick, at least 1.
pub const NICK: usize = 32;
/// A room's title.
pub const TITLE: usize = 64;
/// A room's welcome note.
pub const NOTE: usize = 512;
/// The text of a message; what is longer goes as a file.
pub const TEXT: usize = 8 * 1024;
/// A reaction.
pub const REACTION: usize = 16;
/// A thumbnail inside a file reference.
pub const THUMBNAIL: usize = 4 * 1024;
/// Relays in the standby list.
pub const STANDBY_RELAYS: usize = 4;
/// Members of the largest room.
pub const MEMBERS: u16 = 256;
/// GroupInfos that a relay keeps of a room, the newest; so nobody hides the members' with a few commits of garbage.
pub const GROUP_INFOS: usize = 64;
/// Bytes of the GroupInfos that a relay keeps of a room.
pub const GROUP_INFO_BYTES: usize = 16 * 1024 * 1024;
/// Commits of a room whose places a relay keeps, the newest; so nobody flushes them with a few commits of garbage.
pub const PLACES: usize = 64;

/// How long a relay keeps commits whatever the policy says, and the longest that it keeps anything else.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a relay keeps a blob that is not finished, after its last part.
pub const BLOB_ABANDONED: Duration = Duration::from_secs(24 * 3600);
/// After so long without a part a blob that is not finished gives way to a new one where there is no space.
pub const BLOB_PATIENCE: Duration = Duration::from_secs(60);
/// The shortest time that a relay keeps a message or a blob: a smaller `ttl` is raised to it.
pub const TTL_LEAST: Duration = Duration::from_secs(60);
/// How long a relay knows a `cid` at least, rounded up to the hour; it knows it as long as it has the entry.
pub const CID_LEAST: Duration = Duration::from_secs(24 * 3600);
/// How long a tombstone blocks a room's name at least; between this and [`TOMBSTONE`], as long as the room has lived.
pub const TOMBSTONE_LEAST: Duration = Duration::from_secs(3600);
/// How long a tombstone blocks a room's name at most.
pub const TOMBSTONE: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long those who were attached to a destroyed room hear each other's burn receipts; then they are closed.
pub const PARTING: Duration = Duration::from_secs(60);
/// How long the commit slot is held.
pub const LEASE: Duration = Duration::from_secs(8);
/// How long the commit slot is held while a COMMIT is arriving.
pub const LEASE_MAX: Duration = Duration::from_secs(20);
/// How long a LEASE waits for its turn before it is refused.
pub const LEASE_WAIT: Duration = Duration::from_secs(30);
/// How long the commit slot is held by who let a lease lapse lately, unless a COMMIT is arriving.
pub const LEASE_SHORT: Duration = Duration::from_secs(2);
/// How long a connection that let a lease lapse, and its source, stand behind all who did not.
pub const LEASE_PENALTY: Duration = Duration::from_secs(60);
/// How long a mailbox is open.
pub const BOX_TTL: Duration = Duration::from_secs(600);
/// How long a knock waits for the owner.
pub const KNOCK_TTL: Duration = Duration::from_secs(600);
/// Between two knocks from one source, or where the relay sees none, on one connection.
pub const KNOCK_PAUSE: Duration = Duration::from_secs(3);
