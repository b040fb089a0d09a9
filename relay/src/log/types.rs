//! What goes into a [`RoomLog`](super::RoomLog) and comes out of it. Plain data, the same for every backend.

use bytes::Bytes;
use conclave_proto::{
    deed::Deed,
    id::{Cid, DelHash, Lane, PublicKey, RoomId, RoomState, Seat, Tag},
    owner::{SignedStatement, Tombstone},
};

use super::bounds::{Quota, Usage};

/// What a room begins with.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The room.
    pub room: RoomId,
    /// The owner's deed, verified.
    pub deed: Deed,
    /// The member-auth key of the first epoch.
    pub key: PublicKey,
    /// The name of the first epoch.
    pub genesis: Tag,
    /// Its GroupInfo.
    pub group_info: Bytes,
    /// Its place, sealed by the client.
    pub place: Bytes,
    /// The life of the room that begins.
    pub seat: Seat,
    /// Unix seconds.
    pub now: u64,
    /// How many rooms and tombstones the relay takes: a room has a place for its tombstone from the beginning.
    pub max_rooms: usize,
}

/// What became of [`RoomLog::create`](super::RoomLog::create).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// The room is there.
    Created,
    /// It was there before.
    Exists,
    /// It was destroyed and its name is blocked.
    Gone(Box<Tombstone>),
    /// The relay has as many rooms and tombstones as it takes.
    Full,
}

/// Where a room stands.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It is here.
    Here(Box<StoredRoom>),
    /// It was destroyed.
    Gone(Box<Tombstone>),
    /// Nothing is known of it.
    Unknown,
}

/// A room's row.
#[derive(Debug, Clone)]
pub struct StoredRoom {
    /// The newest deed.
    pub deed: Deed,
    /// Open or locked.
    pub state: RoomState,
    /// The tag of the last commit.
    pub head: Tag,
    /// Its number; 0 for the first epoch.
    pub head_seq: u64,
    /// The member-auth key that it registered.
    pub head_key: PublicKey,
    /// The number of the last entry when the room was locked.
    pub locked_at: u64,
    /// The number of the last entry.
    pub last_seq: u64,
    /// The number of the last commit that has expired, or whose envelope went because there were too many; a cursor
    /// before it cannot go on.
    pub floor: u64,
    /// The number of the last message that went before its time, because there were too many; 0 if none did.
    pub pushed_out: u64,
    /// What it holds of messages.
    pub messages: Usage,
    /// The owner's newest statement.
    pub owner: Option<SignedStatement>,
    /// This life of the room.
    pub seat: Seat,
}

impl StoredRoom {
    /// Locks or unlocks it. What stands before the lock stays readable to those who were members then.
    pub(crate) fn set_state(&mut self, state: Option<RoomState>) {
        if state == Some(RoomState::Locked) && self.state == RoomState::Open {
            self.locked_at = self.last_seq;
        }
        self.state = state.unwrap_or(self.state);
    }
}

/// An entry to store.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The life of the room in which the author has proven its role; in another one it has none.
    pub seat: Seat,
    /// The head that the author has seen.
    pub head: Tag,
    /// The member-auth key that the author has proven; in a locked room it must be the head's.
    pub author: PublicKey,
    /// The envelope.
    pub blob: Bytes,
    /// Its name for repetition.
    pub cid: Cid,
    /// Unix seconds.
    pub expires: u64,
    /// What a DEL must match.
    pub del_hash: Option<DelHash>,
    /// Unix seconds.
    pub now: u64,
    /// What the room may hold of messages: where that is full, the oldest go.
    pub quota: Quota,
}

/// A commit to store.
#[derive(Debug, Clone)]
pub struct NewCommit {
    /// The life of the room in which the author has proven its role; in another one it has none.
    pub seat: Seat,
    /// [`Lane::Join`] or [`Lane::Commit`].
    pub lane: Lane,
    /// The head that it follows.
    pub head: Tag,
    /// The member-auth key that the author has proven, if it is a member.
    pub author: Option<PublicKey>,
    /// The author has proven to be the owner, who commits in a locked room whatever its key.
    pub owner: bool,
    /// The envelope.
    pub blob: Bytes,
    /// Its name for repetition.
    pub cid: Cid,
    /// The member-auth key that it registers.
    pub key: PublicKey,
    /// Its tag.
    pub tag: Tag,
    /// The GroupInfo of the epoch that it begins.
    pub group_info: Bytes,
    /// Its place, sealed by the client.
    pub place: Bytes,
    /// Unix seconds.
    pub expires: u64,
    /// Unix seconds.
    pub now: u64,
    /// What the room may hold of commits. Where that is full, the oldest lose their envelopes and then go; never the
    /// head.
    pub quota: Quota,
}

/// What became of [`RoomLog::append`](super::RoomLog::append) or [`RoomLog::commit`](super::RoomLog::commit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Append {
    /// It is stored.
    Stored {
        /// Its number.
        seq: u64,
        /// What the room holds of messages now.
        messages: Usage,
    },
    /// It was stored before: the `cid` is known or, of a commit, the tag. That is known as long as the commit or its
    /// GroupInfo.
    Duplicate {
        /// Its number.
        seq: u64,
        /// Its tag, if it is a commit.
        tag: Option<Tag>,
    },
    /// Another commit came first.
    Stale {
        /// The head.
        head: Tag,
        /// Its number.
        seq: u64,
    },
    /// The room is locked and the author is not in the head's epoch.
    Locked,
    /// It is larger than what the room may hold.
    Full,
    /// The room is not here (any more).
    Missing,
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub seq: u64,
    /// Its lane.
    pub lane: Lane,
    /// Its envelope.
    pub blob: Bytes,
    /// The member-auth key that it registered.
    pub key: Option<PublicKey>,
    /// Its tag, if it is a commit.
    pub tag: Option<Tag>,
    /// Its place, if it is one of the newest [`limits::PLACES`](conclave_proto::limits::PLACES) commits or its
    /// GroupInfo is kept.
    pub place: Option<Bytes>,
}

/// A stored GroupInfo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGroupInfo {
    /// The commit that began its epoch.
    pub tag: Tag,
    /// The number of that commit; 0 for the first epoch.
    pub seq: u64,
    /// The envelope.
    pub blob: Bytes,
    /// The place of that commit.
    pub place: Option<Bytes>,
}

/// Which entries to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Those with a higher number.
    pub after: u64,
    /// None with a higher number.
    pub until: u64,
    /// Only commits.
    pub commits_only: bool,
    /// At most so many.
    pub max_n: usize,
    /// At most so many bytes of envelopes and places, but always one entry.
    pub max_bytes: usize,
}

/// Entries in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<StoredEntry>,
    /// The range holds more.
    pub more: bool,
    /// [`StoredRoom::floor`] at the moment of reading.
    pub floor: u64,
}

/// What became of [`RoomLog::delete`](super::RoomLog::delete).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone, or was before.
    Deleted,
    /// There never was an entry with this number.
    NoSuchEntry,
    /// The token is not the entry's.
    BadToken,
}

/// What an owner's statement changes.
#[derive(Debug, Clone)]
pub enum OwnerChange {
    /// If `head` is the head: makes `base` the head, sets the state, and stores the commit on top, all or nothing.
    Head {
        /// Open or locked; as it was if none.
        state: Option<RoomState>,
        /// What the head must be.
        head: Tag,
        /// What it becomes.
        base: Tag,
        /// The commit on top of the base.
        commit: Option<Box<NewCommit>>,
    },
    /// Replaces the deed.
    Policy(Deed),
}

/// What became of [`RoomLog::owner`](super::RoomLog::owner).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ordered {
    /// It is carried out; with the number of the commit that came along.
    Done(Option<u64>),
    /// The commit that came along was stored before, as in [`Append::Duplicate`]: with the order, as a rule. Nothing
    /// was changed.
    Duplicate {
        /// Its number.
        seq: u64,
        /// Its tag.
        tag: Option<Tag>,
    },
    /// The commit is larger than what the room may hold. Nothing was changed.
    Full,
    /// The counter is not above the last.
    Old,
    /// The statement names another head.
    Stale {
        /// The head.
        head: Tag,
        /// Its number.
        seq: u64,
    },
    /// No commit with that tag is here.
    NoSuchEntry,
    /// The room is not here (any more).
    Missing,
}

/// What [`RoomLog::expire`](super::RoomLog::expire) removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expiry {
    /// Entries.
    pub entries: u64,
    /// Rooms.
    pub rooms: u64,
    /// There is more to remove.
    pub more: bool,
}

/// What happened in a room.
#[derive(Debug, Clone, Copy)]
pub enum Notice<'a> {
    /// An entry was stored.
    Entry {
        /// The entry.
        entry: &'a StoredEntry,
        /// The number of the one before it.
        prev: u64,
    },
    /// The owner changed state or head.
    Changed {
        /// Open or locked.
        state: RoomState,
        /// The head.
        head: Tag,
        /// The member-auth key of the head.
        head_key: PublicKey,
    },
    /// Something that is not stored.
    Signal {
        /// The connection that it came from.
        origin: u64,
        /// The envelope.
        blob: &'a Bytes,
    },
    /// The room is gone.
    Gone(Option<&'a Tombstone>),
}
