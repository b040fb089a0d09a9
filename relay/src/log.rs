//! Storage of rooms: one trait, one conformance suite (`tests/conformance.rs`), several backends.
//!
//! Every write is one transaction over `cid`, room state, head and the new row, and its future resolves when the write
//! is as durable as the backend makes it. Subscribers hear about writes in the order of their numbers.

mod bounds;
mod memory;
mod retention;
mod sqlcipher;
mod subscribers;
mod types;

pub use bounds::{Quota, Usage};
pub use conclave_seal::calendar::Calendar;
pub use memory::MemoryLog;
pub use sqlcipher::{OpenError, SqlcipherLog, StorageKey};
pub use types::{
    Append, Creation, Deletion, Expiry, Founding, NewCommit, NewEntry, Notice, Ordered, OwnerChange, Page, Range,
    Standing, StoredEntry, StoredGroupInfo, StoredRoom,
};

use std::{fmt::Debug, future::Future, pin::Pin, sync::Weak};

use bytes::Bytes;
use conclave_proto::{
    id::{DelHash, PublicKey, RoomId, Tag},
    owner::{SignedStatement, Tombstone},
};

/// What [`RoomLog::died`] waits for.
pub type Died<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// What a [`RoomLog`] operation returns.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, LogError>> + Send + 'a>>;

/// An ordered log for every room.
///
/// Dropping a returned future does not undo the operation: a write may still be carried out.
pub trait RoomLog: Debug + Send + Sync + 'static {
    /// Resolves when the log can do nothing more, because a thread of its own has died; never, for a log without one.
    ///
    /// # Cancel safety
    /// Changes nothing.
    fn died(&self) -> Died<'_> {
        Box::pin(std::future::pending())
    }

    /// Opens a room.
    fn create(&self, founding: Founding) -> Pending<'_, Creation>;

    /// Where a room stands.
    fn state(&self, room: RoomId) -> Pending<'_, Standing>;

    /// The number of the commit that registered a member-auth key; 0 for the first epoch's.
    fn member_key(&self, room: RoomId, key: PublicKey) -> Pending<'_, Option<u64>>;

    /// Stores an entry on the application lane.
    fn append(&self, room: RoomId, entry: NewEntry) -> Pending<'_, Append>;

    /// Stores a commit, its GroupInfo and its member-auth key, and moves the head.
    fn commit(&self, room: RoomId, commit: NewCommit) -> Pending<'_, Append>;

    /// The newest GroupInfo, or the newest one older than the one of `before`.
    fn group_info(&self, room: RoomId, before: Option<Tag>) -> Pending<'_, Option<StoredGroupInfo>>;

    /// Entries in order, but no commit up to the floor: those have lost their envelopes. Messages below it are among
    /// them.
    fn read(&self, room: RoomId, range: Range) -> Pending<'_, Page>;

    /// The number of the first commit after `seq`.
    fn first_commit_after(&self, room: RoomId, seq: u64) -> Pending<'_, Option<u64>>;

    /// Deletes an entry whose row holds this hash of a token.
    fn delete(&self, room: RoomId, seq: u64, hash: DelHash) -> Pending<'_, Deletion>;

    /// Carries out what an owner's statement orders, if its counter is above the last.
    fn owner(&self, room: RoomId, counter: u64, change: OwnerChange, signed: SignedStatement) -> Pending<'_, Ordered>;

    /// Destroys a room's key, then its rows, and keeps the tombstone as long as the room has lived, an hour at least
    /// and [`limits::TOMBSTONE`](conclave_proto::limits::TOMBSTONE) at most. `now` in unix seconds. False if it was
    /// gone before.
    fn wipe(&self, room: RoomId, tombstone: Tombstone, now: u64) -> Pending<'_, bool>;

    /// Removes what has expired, a bounded number of rows. Call again while it says that there is more.
    ///
    /// Messages and cids go by `now`; what nobody can bring back, commits, rooms and tombstones, by `settled`. Unix
    /// seconds.
    fn expire(&self, now: u64, settled: u64) -> Pending<'_, Expiry>;

    /// What [`RoomLog::remember`] was told last, also before a restart.
    fn remembered(&self) -> Pending<'_, Option<Calendar>>;

    /// Remembers what the relay believes of the date.
    fn remember(&self, calendar: Calendar) -> Pending<'_, ()>;

    /// Tells `subscriber` of everything that happens in a room from now on, until the room is gone. Replaces the one
    /// before.
    fn subscribe(&self, room: RoomId, subscriber: Weak<dyn Subscriber>);

    /// Tells the subscriber of a room something that is not stored.
    fn signal(&self, room: RoomId, origin: u64, blob: Bytes);
}

/// Hears what happens in a room, in order. Called while the backend holds a lock on the room: it must not block or call
/// back.
pub trait Subscriber: Debug + Send + Sync {
    /// One thing that happened.
    fn notice(&self, notice: Notice<'_>);
}

/// The backend failed. Nothing is known to be stored.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The backend is closed.
    #[error("the log is closed")]
    Closed,
    /// The backend's storage failed.
    #[error("the log's storage failed")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
}
