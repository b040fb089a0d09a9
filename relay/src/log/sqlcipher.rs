//! Rooms in one SQLCipher file (protocol 4.15). Encrypted twice: the file under a key that is given from outside, and
//! each room's envelopes under a key of its own, so that a room is destroyed by destroying 32 bytes (crypto-shredding).
//!
//! One thread writes, one reads. Group commit: writes that arrive while a transaction is committed share the next one. A
//! write is acknowledged when its transaction is on disk.

mod blob;
mod blob_part;
mod calendar;
mod checkpoint;
mod db;
mod entry;
mod error;
mod expiry;
mod group_info;
mod key;
mod number;
mod open;
mod place;
mod room;
mod share;
mod worker;
mod writing;

pub use key::StorageKey;
pub use open::OpenError;

use std::{
    path::Path,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use conclave_proto::{
    id::{BlobId, DelHash, PublicKey, RoomId, Tag},
    owner::{SignedStatement, Tombstone},
};
use conclave_seal::{hash::PartialSha256, rng::Rng};
use tokio::sync::Semaphore;

use self::{
    key::Keys,
    worker::{Reader, Writer},
};
use super::{
    Append, Calendar, Creation, Deletion, Died, Expiry, Founding, LogError, NewCommit, NewEntry, Notice, Ordered,
    OwnerChange, Page, Pending, Range, RoomLog, Standing, StoredGroupInfo, Subscriber, subscribers::Subscribers,
};
use crate::blob::{BlobExpiry, BlobStore, Completion, NewBlob, NewPart, Part, Put, Reservation, Span};

/// Rooms in one SQLCipher file.
#[derive(Debug)]
pub struct SqlcipherLog {
    writer: Writer,
    reader: Reader,
    subscribers: Arc<Subscribers>,
    turns: Turns,
}

/// One part of a blob at a time is with each thread, however many come: so between two of them messages have their
/// turn, and no transaction has several.
#[derive(Debug)]
struct Turns {
    writing: Semaphore,
    reading: Semaphore,
}

impl SqlcipherLog {
    /// Makes the file and opens it. A crash leaves none, or a whole one.
    ///
    /// # Errors
    /// [`OpenError::Exists`] if there is a file, or what the disk says.
    pub fn create(path: &Path, key: &StorageKey, rng: Box<dyn Rng>) -> Result<Self, OpenError> {
        open::create(path, key)?;
        Self::open(path, key, rng)
    }

    /// Says whether a file that was made before would open, as far as its first page tells. Changes no file, also while
    /// a relay has it open.
    ///
    /// # Errors
    /// [`OpenError`] as [`SqlcipherLog::open`].
    pub fn check(path: &Path, key: &StorageKey) -> Result<(), OpenError> {
        open::check(path, key)
    }

    /// Opens a file that was made before. Blocks while the file is read.
    ///
    /// # Errors
    /// [`OpenError`] if the file is missing, empty or damaged, the key is another file's, or a newer version wrote it.
    /// The file is left as it is then.
    pub fn open(path: &Path, key: &StorageKey, rng: Box<dyn Rng>) -> Result<Self, OpenError> {
        let keys = Arc::new(Keys::new(key, rng));
        let subscribers = Arc::new(Subscribers::default());
        let writing = open::open(path, key)?;
        let reading = open::open_again(path, key)?;
        let writer = Writer::start(writing, Arc::clone(&keys), Arc::clone(&subscribers)).map_err(OpenError::Thread)?;
        let reader = Reader::start(reading, keys).map_err(OpenError::Thread)?;
        let turns = Turns { writing: Semaphore::new(1), reading: Semaphore::new(1) };
        Ok(Self { writer, reader, subscribers, turns })
    }
}

impl RoomLog for SqlcipherLog {
    fn died(&self) -> Died<'_> {
        Box::pin(async move {
            tokio::select! {
                () = self.writer.ended() => {}
                () = self.reader.ended() => {}
            }
        })
    }

    fn create(&self, founding: Founding) -> Pending<'_, Creation> {
        self.writer.ask(move |db| writing::create(db, founding))
    }

    fn state(&self, room: RoomId) -> Pending<'_, Standing> {
        self.reader.ask(move |db| room::standing(db, room))
    }

    fn member_key(&self, room: RoomId, key: PublicKey) -> Pending<'_, Option<u64>> {
        self.reader.ask(move |db| room::member_key(db, room, key))
    }

    fn append(&self, room: RoomId, entry: NewEntry) -> Pending<'_, Append> {
        self.writer.ask(move |db| writing::append(db, room, entry))
    }

    fn commit(&self, room: RoomId, commit: NewCommit) -> Pending<'_, Append> {
        self.writer.ask(move |db| writing::commit(db, room, commit))
    }

    fn group_info(&self, room: RoomId, before: Option<Tag>) -> Pending<'_, Option<StoredGroupInfo>> {
        self.reader.ask(move |db| group_info::find(db, room, before))
    }

    fn read(&self, room: RoomId, range: Range) -> Pending<'_, Page> {
        self.reader.ask(move |db| entry::read(db, room, range))
    }

    fn first_commit_after(&self, room: RoomId, seq: u64) -> Pending<'_, Option<u64>> {
        self.reader.ask(move |db| entry::first_commit_after(db, room, seq))
    }

    fn delete(&self, room: RoomId, seq: u64, hash: DelHash) -> Pending<'_, Deletion> {
        self.writer.ask(move |db| writing::delete(db, room, seq, hash))
    }

    fn owner(&self, room: RoomId, counter: u64, change: OwnerChange, signed: SignedStatement) -> Pending<'_, Ordered> {
        self.writer.ask(move |db| writing::owner(db, room, counter, change, signed))
    }

    fn wipe(&self, room: RoomId, tombstone: Tombstone, now: u64) -> Pending<'_, bool> {
        self.writer.ask(move |db| room::wipe(db, room, tombstone, now))
    }

    fn expire(&self, now: u64, settled: u64) -> Pending<'_, Expiry> {
        self.subscribers.forget_dead();
        self.writer.ask(move |db| expiry::expire(db, now, settled))
    }

    fn remembered(&self) -> Pending<'_, Option<Calendar>> {
        self.reader.ask(|db| calendar::remembered(db))
    }

    fn remember(&self, calendar: Calendar) -> Pending<'_, ()> {
        self.writer.ask(move |db| calendar::remember(db, calendar))
    }

    fn subscribe(&self, room: RoomId, subscriber: Weak<dyn Subscriber>) {
        self.subscribers.insert(room, subscriber);
    }

    fn signal(&self, room: RoomId, origin: u64, blob: Bytes) {
        self.subscribers.tell(room, Notice::Signal { origin, blob: &blob });
    }
}

impl BlobStore for SqlcipherLog {
    fn reserve(&self, room: RoomId, new: NewBlob) -> Pending<'_, Reservation> {
        self.writer.ask(move |db| blob::reserve(db, room, new))
    }

    fn put(&self, room: RoomId, part: NewPart) -> Pending<'_, Put> {
        in_turn(&self.turns.writing, self.writer.ask(move |db| blob::put(db, room, &part)))
    }

    fn complete(&self, room: RoomId, id: BlobId, sha256: [u8; 32], now: u64) -> Pending<'_, Completion> {
        Box::pin(async move {
            let Some(found) = self.reader.ask(move |db| blob::find(db, room, id)).await? else {
                return Ok(Completion::NoSuchBlob);
            };
            if found.sha256.is_none() && found.received == found.size {
                match self.hash(room, id, found.size).await? {
                    Some(hash) if hash == sha256 => {}
                    Some(_) => return Ok(Completion::Differs),
                    None => return Ok(Completion::NoSuchBlob),
                }
            }
            self.writer.ask(move |db| blob::finish(db, room, id, sha256, now)).await
        })
    }

    fn part(&self, room: RoomId, span: Span) -> Pending<'_, Part> {
        in_turn(&self.turns.reading, self.reader.ask(move |db| blob::part(db, room, span)))
    }

    fn discard(&self, room: RoomId, id: BlobId, hash: DelHash) -> Pending<'_, Deletion> {
        self.writer.ask(move |db| blob::discard(db, room, id, hash))
    }

    fn expire_blobs(&self, now: u64) -> Pending<'_, BlobExpiry> {
        in_turn(&self.turns.writing, self.writer.ask(move |db| blob::expire(db, now)))
    }
}

impl SqlcipherLog {
    /// The hash of a blob whose parts are all there, read one after the other. None if it is gone meanwhile.
    async fn hash(&self, room: RoomId, id: BlobId, size: u64) -> Result<Option<[u8; 32]>, LogError> {
        let (mut hash, mut offset) = (PartialSha256::default(), 0_u64);
        while offset < size {
            let piece = self.reader.ask(move |db| {
                let Some(piece) = blob::piece(db, room, id, offset)? else { return Ok(None) };
                hash.update(&piece);
                Ok(Some((hash, piece.len())))
            });
            let Some((so_far, read)) = in_turn(&self.turns.reading, piece).await? else { return Ok(None) };
            offset = offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
            hash = so_far;
        }
        Ok(Some(hash.finish()))
    }
}

/// Waits for the turn of a piece of work on blobs.
fn in_turn<'a, T: Send + 'a>(turn: &'a Semaphore, work: Pending<'a, T>) -> Pending<'a, T> {
    Box::pin(async move {
        let _turn = turn.acquire().await.map_err(|_| LogError::Closed)?;
        work.await
    })
}
