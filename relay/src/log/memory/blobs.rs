//! The blobs of rooms in memory.

use std::collections::{BTreeMap, HashMap};

use bytes::{Bytes, BytesMut};
use conclave_proto::{
    id::{BlobId, DelHash, RoomId},
    limits,
};

use crate::{
    blob::{
        BlobExpiry, BlobUsage, Completion, MOST_GIVING_WAY, NewBlob, NewPart, Part, Place, Put, Reservation, Span,
        abandoned_at, counts, giving_way, place, stale_until,
    },
    log::Deletion,
};

/// The blobs of all rooms.
#[derive(Debug, Default)]
pub(super) struct MemoryBlobs {
    rooms: HashMap<RoomId, RoomBlobs>,
    /// What all of them count.
    total: u64,
    /// The number of the last one: of those that go at the same time the lower goes first.
    last: u64,
}

#[derive(Debug, Default)]
struct RoomBlobs {
    kept: HashMap<BlobId, Blob>,
    /// Those that were deleted, and until when that is remembered.
    deleted: HashMap<BlobId, u64>,
}

#[derive(Debug)]
struct Blob {
    number: u64,
    size: u64,
    received: u64,
    ttl: u64,
    /// Of one that is not complete: a day after its last part.
    expires: u64,
    del_hash: DelHash,
    /// Of a complete one.
    sha256: Option<[u8; 32]>,
    /// By where they begin.
    parts: BTreeMap<u64, Bytes>,
}

/// What [`MemoryBlobs::parts`] finds.
pub(super) enum Uploaded {
    /// Its parts, in their order.
    Whole(Vec<Bytes>),
    /// No hash is needed to answer.
    Answered(Completion),
}

impl MemoryBlobs {
    /// Makes a place in a room that is there.
    pub(super) fn reserve(&mut self, room: RoomId, new: NewBlob) -> Reservation {
        let Some(going) = self.make_room(room, &new) else { return Reservation::Full };
        for (room, id) in going {
            self.remove(room, id);
        }
        self.last = self.last.saturating_add(1);
        self.total = self.total.saturating_add(counts(new.size));
        let blob = Blob {
            number: self.last,
            size: new.size,
            received: 0,
            ttl: new.ttl,
            expires: abandoned_at(new.now),
            del_hash: new.del_hash,
            sha256: None,
            parts: BTreeMap::new(),
        };
        self.rooms.entry(room).or_default().kept.insert(new.id, blob);
        Reservation::Reserved
    }

    /// The unfinished blobs that give way to a new one. None if there is no place even so.
    fn make_room(&self, room: RoomId, new: &NewBlob) -> Option<Vec<(RoomId, BlobId)>> {
        let (size, until) = (counts(new.size), stale_until(new.now));
        let held = self.usage(room);
        let stale = self.stale(until, Some(room));
        let sizes: Vec<u64> = stale.iter().map(|stale| stale.counts).collect();
        let of_room = giving_way(&sizes, |gone, freed| held.takes(size, new.quota, gone, freed))?;
        let going = stale.iter().take(of_room);
        let freed = going.clone().fold(0_u64, |freed, stale| freed.saturating_add(stale.counts));
        let mut going: Vec<(RoomId, BlobId)> = going.map(|stale| (stale.room, stale.id)).collect();
        let total = self.total.saturating_sub(freed).saturating_add(size);
        if total <= new.quota.relay_bytes {
            return Some(going);
        }
        let mut others = self.stale(until, None);
        others.truncate(MOST_GIVING_WAY);
        others.retain(|stale| !going.contains(&(stale.room, stale.id)));
        let sizes: Vec<u64> = others.iter().map(|stale| stale.counts).collect();
        let of_others = giving_way(&sizes, |_, freed| total.saturating_sub(freed) <= new.quota.relay_bytes)?;
        going.extend(others.iter().take(of_others).map(|stale| (stale.room, stale.id)));
        Some(going)
    }

    fn usage(&self, room: RoomId) -> BlobUsage {
        let mut usage = BlobUsage::default();
        for blob in self.rooms.get(&room).into_iter().flat_map(|room| room.kept.values()) {
            usage.blobs = usage.blobs.saturating_add(1);
            usage.unfinished = usage.unfinished.saturating_add(u64::from(blob.sha256.is_none()));
            usage.bytes = usage.bytes.saturating_add(counts(blob.size));
        }
        usage
    }

    /// Unfinished blobs that go at this time or before, the first of them first: of a room, or of all.
    fn stale(&self, until: u64, only: Option<RoomId>) -> Vec<Stale> {
        let rooms = self.rooms.iter().filter(|(room, _)| only.is_none_or(|only| only == **room));
        let blobs = rooms.flat_map(|(room, blobs)| blobs.kept.iter().map(|(id, blob)| (*room, *id, blob)));
        let mut stale: Vec<Stale> = blobs
            .filter(|(_, _, blob)| blob.sha256.is_none() && blob.expires <= until)
            .map(|(room, id, blob)| Stale { order: (blob.expires, blob.number), room, id, counts: counts(blob.size) })
            .collect();
        stale.sort_by_key(|stale| stale.order);
        stale
    }

    pub(super) fn put(&mut self, room: RoomId, part: NewPart) -> Put {
        let Some(blob) = self.find(room, part.id) else { return Put::NoSuchBlob };
        match place(blob.size, blob.received, part.offset, part.bytes.len()) {
            Place::Next(end) => {
                blob.parts.insert(part.offset, part.bytes);
                (blob.received, blob.expires) = (end, abandoned_at(part.now));
                Put::Stored
            }
            Place::Known if blob.read(part.offset, part.bytes.len()) == part.bytes => Put::Stored,
            Place::Known => Put::Differs,
            Place::Not(refused) => refused,
        }
    }

    /// The parts of a blob that may be completed with this hash.
    pub(super) fn parts(&mut self, room: RoomId, id: BlobId, sha256: [u8; 32]) -> Uploaded {
        Uploaded::Answered(match self.find(room, id) {
            None => Completion::NoSuchBlob,
            Some(blob) if blob.sha256 == Some(sha256) => Completion::Complete,
            Some(blob) if blob.sha256.is_some() => Completion::Differs,
            Some(blob) if blob.received < blob.size => Completion::Incomplete { received: blob.received },
            Some(blob) => return Uploaded::Whole(blob.parts.values().cloned().collect()),
        })
    }

    /// Completes a blob whose parts had this hash when they were read. They cannot have changed, but they can be gone.
    pub(super) fn finish(&mut self, room: RoomId, id: BlobId, sha256: [u8; 32], now: u64) -> Completion {
        let Some(blob) = self.find(room, id) else { return Completion::NoSuchBlob };
        if blob.sha256.is_none() {
            (blob.sha256, blob.expires) = (Some(sha256), now.saturating_add(blob.ttl));
        }
        Completion::Complete
    }

    pub(super) fn part(&mut self, room: RoomId, span: Span) -> Part {
        let Some(blob) = self.find(room, span.id).filter(|blob| blob.sha256.is_some()) else { return Part::NoSuchBlob };
        if span.offset >= blob.size {
            return Part::Beyond { size: blob.size };
        }
        Part::Bytes(blob.read(span.offset, usize::try_from(span.len).unwrap_or(usize::MAX)))
    }

    pub(super) fn discard(&mut self, room: RoomId, id: BlobId, hash: DelHash) -> Deletion {
        match self.find(room, id).map(|blob| (blob.del_hash == hash, blob.expires)) {
            Some((false, _)) => Deletion::BadToken,
            Some((true, until)) => {
                self.remove(room, id);
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.deleted.insert(id, until);
                    if room.deleted.len() > limits::BLOBS_DELETED
                        && let Some(first) = room.deleted.iter().map(|(id, until)| (*until, *id)).min()
                    {
                        room.deleted.remove(&first.1);
                    }
                }
                Deletion::Deleted
            }
            None if self.rooms.get(&room).is_some_and(|room| room.deleted.contains_key(&id)) => Deletion::Deleted,
            None => Deletion::NoSuchEntry,
        }
    }

    pub(super) fn expire(&mut self, now: u64) -> BlobExpiry {
        let mut due = Vec::new();
        for (room, blobs) in &mut self.rooms {
            blobs.deleted.retain(|_, until| *until > now);
            due.extend(blobs.kept.iter().filter(|(_, blob)| blob.expires <= now).map(|(id, _)| (*room, *id)));
        }
        for (room, id) in &due {
            self.remove(*room, *id);
        }
        BlobExpiry { blobs: u64::try_from(due.len()).unwrap_or(u64::MAX), more: false }
    }

    /// The room is gone.
    pub(super) fn end(&mut self, room: RoomId) {
        let gone = self.usage(room).bytes;
        self.total = self.total.saturating_sub(gone);
        self.rooms.remove(&room);
    }

    fn find(&mut self, room: RoomId, id: BlobId) -> Option<&mut Blob> {
        self.rooms.get_mut(&room)?.kept.get_mut(&id)
    }

    fn remove(&mut self, room: RoomId, id: BlobId) {
        let blob = self.rooms.get_mut(&room).and_then(|room| room.kept.remove(&id));
        self.total = self.total.saturating_sub(blob.map_or(0, |blob| counts(blob.size)));
    }
}

struct Stale {
    /// When it goes, and its number.
    order: (u64, u64),
    room: RoomId,
    id: BlobId,
    counts: u64,
}

impl Blob {
    /// Bytes that are there, out of one part or several; fewer at the end.
    fn read(&self, offset: u64, len: usize) -> Bytes {
        let longest = u64::try_from(limits::BLOB_PART).unwrap_or(u64::MAX);
        let mut wanted = BytesMut::new();
        for (start, part) in self.parts.range(offset.saturating_sub(longest)..) {
            let skipped = usize::try_from(offset.saturating_sub(*start)).unwrap_or(usize::MAX);
            let rest = part.get(skipped..).unwrap_or_default();
            let missing = len.saturating_sub(wanted.len());
            if missing == 0 {
                break;
            }
            wanted.extend_from_slice(rest.get(..missing).unwrap_or(rest));
        }
        wanted.freeze()
    }
}
