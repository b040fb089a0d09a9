//! Rooms in memory: for rooms that must not outlive a process, and for tests that let a relay die over a log that
//! lives.

mod blobs;
mod expiry;
mod room;
mod writing;

use std::{
    collections::HashMap,
    future::{poll_fn, ready},
    sync::{Arc, Mutex, Weak},
    task::Poll,
};

use bytes::Bytes;
use conclave_proto::{
    id::{BlobId, DelHash, PublicKey, RoomId, Tag},
    owner::{SignedStatement, Tombstone},
};
use conclave_seal::hash::PartialSha256;

use self::{
    blobs::{MemoryBlobs, Uploaded},
    room::MemoryRoom,
};
use super::{
    Append, Calendar, Creation, Deletion, Expiry, Founding, LogError, NewCommit, NewEntry, Notice, Ordered,
    OwnerChange, Page, Pending, Range, RoomLog, Standing, StoredGroupInfo, StoredRoom, Subscriber,
    retention::tombstone_until, subscribers::Subscribers,
};
use crate::{
    blob::{BlobExpiry, BlobStore, Completion, NewBlob, NewPart, Part, Put, Reservation, Span},
    sync::lock,
};

/// Rooms in memory. Give the same one to a new relay and the rooms go on.
#[derive(Debug, Default)]
pub struct MemoryLog {
    rooms: Mutex<HashMap<RoomId, Slot>>,
    /// Locked after a room, never before.
    blobs: Mutex<MemoryBlobs>,
    subscribers: Arc<Subscribers>,
    calendar: Mutex<Option<Calendar>>,
}

impl MemoryLog {
    /// No rooms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, room: RoomId, missing: T, then: impl FnOnce(&mut MemoryRoom) -> T) -> T {
        match self.find(room) {
            Some(kept) => match lock(&kept).as_mut() {
                Some(kept) => then(kept),
                None => missing,
            },
            None => missing,
        }
    }

    fn find(&self, room: RoomId) -> Option<Arc<Mutex<Option<MemoryRoom>>>> {
        match lock(&self.rooms).get(&room) {
            Some(Slot::Here(kept)) => Some(Arc::clone(kept)),
            Some(Slot::Gone { .. }) | None => None,
        }
    }

    /// Takes a room away, so that whoever still holds it finds it empty, and tells its subscriber.
    fn take(&self, room: RoomId, instead: Option<(Tombstone, u64)>) -> bool {
        // Held until it is told: nobody founds the room again before those who are attached know that this one ended.
        let mut rooms = lock(&self.rooms);
        let Some(Slot::Here(kept)) = rooms.get(&room) else { return false };
        let Some(kept) = lock(kept).take() else { return false };
        if let Some((tombstone, now)) = &instead {
            let until = tombstone_until(*now, kept.created);
            rooms.insert(room, Slot::Gone { tombstone: Box::new(tombstone.clone()), until });
        } else {
            rooms.remove(&room);
        }
        lock(&self.blobs).end(room);
        kept.tell(Notice::Gone(instead.as_ref().map(|(tombstone, _)| tombstone)));
        true
    }
}

impl RoomLog for MemoryLog {
    fn create(&self, founding: Founding) -> Pending<'_, Creation> {
        let mut rooms = lock(&self.rooms);
        let full = rooms.len() >= founding.max_rooms;
        answer(match rooms.get(&founding.room) {
            Some(Slot::Here(_)) => Creation::Exists,
            Some(Slot::Gone { tombstone, .. }) => Creation::Gone(tombstone.clone()),
            None if full => Creation::Full,
            None => {
                let id = founding.room;
                let room = MemoryRoom::new(founding, Arc::clone(&self.subscribers));
                rooms.insert(id, Slot::Here(Arc::new(Mutex::new(Some(room)))));
                Creation::Created
            }
        })
    }

    fn state(&self, room: RoomId) -> Pending<'_, Standing> {
        let found = match lock(&self.rooms).get(&room) {
            Some(Slot::Here(kept)) => Arc::clone(kept),
            Some(Slot::Gone { tombstone, .. }) => return answer(Standing::Gone(tombstone.clone())),
            None => return answer(Standing::Unknown),
        };
        let room = lock(&found).as_ref().map(|kept| StoredRoom { messages: kept.messages.usage, ..kept.room.clone() });
        answer(room.map_or(Standing::Unknown, |room| Standing::Here(Box::new(room))))
    }

    fn member_key(&self, room: RoomId, key: PublicKey) -> Pending<'_, Option<u64>> {
        answer(self.with(room, None, |kept| kept.keys.get(&key).copied()))
    }

    fn append(&self, room: RoomId, entry: NewEntry) -> Pending<'_, Append> {
        answer(self.with(room, Append::Missing, |kept| kept.append(entry)))
    }

    fn commit(&self, room: RoomId, commit: NewCommit) -> Pending<'_, Append> {
        answer(self.with(room, Append::Missing, |kept| kept.commit(commit)))
    }

    fn group_info(&self, room: RoomId, before: Option<Tag>) -> Pending<'_, Option<StoredGroupInfo>> {
        answer(self.with(room, None, |kept| kept.group_info(before)))
    }

    fn read(&self, room: RoomId, range: Range) -> Pending<'_, Page> {
        answer(self.with(room, Page::default(), |kept| kept.read(range)))
    }

    fn first_commit_after(&self, room: RoomId, seq: u64) -> Pending<'_, Option<u64>> {
        answer(self.with(room, None, |kept| kept.first_commit_after(seq)))
    }

    fn delete(&self, room: RoomId, seq: u64, hash: DelHash) -> Pending<'_, Deletion> {
        answer(self.with(room, Deletion::NoSuchEntry, |kept| kept.delete(seq, hash)))
    }

    fn owner(&self, room: RoomId, counter: u64, change: OwnerChange, signed: SignedStatement) -> Pending<'_, Ordered> {
        answer(self.with(room, Ordered::Missing, |kept| kept.owner(counter, change, signed)))
    }

    fn wipe(&self, room: RoomId, tombstone: Tombstone, now: u64) -> Pending<'_, bool> {
        answer(self.take(room, Some((tombstone, now))))
    }

    fn expire(&self, now: u64, settled: u64) -> Pending<'_, Expiry> {
        self.subscribers.forget_dead();
        let mut expiry = Expiry::default();
        let rooms: Vec<_> = {
            let mut rooms = lock(&self.rooms);
            rooms.retain(|_, slot| !matches!(slot, Slot::Gone { until, .. } if *until <= settled));
            rooms.keys().copied().collect()
        };
        for room in rooms {
            let idle = self.with(room, false, |kept| {
                expiry.entries = expiry.entries.saturating_add(kept.expire(now, settled));
                kept.is_idle(settled)
            });
            if idle && self.take(room, None) {
                expiry.rooms = expiry.rooms.saturating_add(1);
            }
        }
        answer(expiry)
    }

    fn remembered(&self) -> Pending<'_, Option<Calendar>> {
        answer(*lock(&self.calendar))
    }

    fn remember(&self, calendar: Calendar) -> Pending<'_, ()> {
        *lock(&self.calendar) = Some(calendar);
        answer(())
    }

    fn subscribe(&self, room: RoomId, subscriber: Weak<dyn Subscriber>) {
        self.subscribers.insert(room, subscriber);
    }

    fn signal(&self, room: RoomId, origin: u64, blob: Bytes) {
        self.subscribers.tell(room, Notice::Signal { origin, blob: &blob });
    }
}

impl BlobStore for MemoryLog {
    fn reserve(&self, room: RoomId, new: NewBlob) -> Pending<'_, Reservation> {
        // The room is held meanwhile: one that ends takes all of its blobs with it.
        answer(self.with(room, Reservation::Missing, |kept| {
            let same = kept.room.seat == new.seat;
            if same { lock(&self.blobs).reserve(room, new) } else { Reservation::Missing }
        }))
    }

    fn put(&self, room: RoomId, part: NewPart) -> Pending<'_, Put> {
        answer(lock(&self.blobs).put(room, part))
    }

    fn complete(&self, room: RoomId, id: BlobId, sha256: [u8; 32], now: u64) -> Pending<'_, Completion> {
        Box::pin(async move {
            let parts = match lock(&self.blobs).parts(room, id, sha256) {
                Uploaded::Whole(parts) => parts,
                Uploaded::Answered(completion) => return Ok(completion),
            };
            let mut hash = PartialSha256::default();
            for part in parts {
                hash.update(&part);
                give_way().await;
            }
            let same = hash.finish() == sha256;
            Ok(if same { lock(&self.blobs).finish(room, id, sha256, now) } else { Completion::Differs })
        })
    }

    fn part(&self, room: RoomId, span: Span) -> Pending<'_, Part> {
        answer(lock(&self.blobs).part(room, span))
    }

    fn discard(&self, room: RoomId, id: BlobId, hash: DelHash) -> Pending<'_, Deletion> {
        answer(lock(&self.blobs).discard(room, id, hash))
    }

    fn expire_blobs(&self, now: u64) -> Pending<'_, BlobExpiry> {
        answer(lock(&self.blobs).expire(now))
    }
}

/// Lets other tasks run, whatever polls this one.
async fn give_way() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Memory answers at once.
fn answer<T: Send + 'static>(value: T) -> Pending<'static, T> {
    Box::pin(ready(Ok::<T, LogError>(value)))
}

/// What a name stands for.
#[derive(Debug)]
enum Slot {
    Here(Arc<Mutex<Option<MemoryRoom>>>),
    Gone { tombstone: Box<Tombstone>, until: u64 },
}
