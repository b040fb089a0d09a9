//! Blobs: files that members of a room upload in parts. One trait beside [`RoomLog`], one conformance suite
//! (`tests/blob_conformance.rs`), and what all storages share: which parts fit, and what gives way to what.
//!
//! A blob belongs to a room and ends with it. What takes time, the hash of a whole one and the removal of its parts, is
//! done in pieces, between which messages get their turn.

use std::fmt::Debug;

use bytes::Bytes;
use conclave_proto::{
    id::{BlobId, DelHash, RoomId, Seat},
    limits,
};

use crate::log::{Deletion, Pending, RoomLog};

/// Where rooms are kept, with their blobs.
pub trait Storage: RoomLog + BlobStore {}

impl<T: RoomLog + BlobStore> Storage for T {}

/// The blobs of every room.
///
/// Dropping a returned future does not undo the operation: it may still be carried out.
pub trait BlobStore: Debug + Send + Sync + 'static {
    /// Makes a place for a blob. Where there is none, unfinished ones without a part for
    /// [`limits::BLOB_PATIENCE`] give way, oldest first: of the room, and of all rooms where the relay is full.
    fn reserve(&self, room: RoomId, new: NewBlob) -> Pending<'_, Reservation>;

    /// Stores the next part, or says that it is there already.
    fn put(&self, room: RoomId, part: NewPart) -> Pending<'_, Put>;

    /// Completes a blob whose parts are all there and have this hash. Its time begins with `now`, unix seconds.
    fn complete(&self, room: RoomId, id: BlobId, sha256: [u8; 32], now: u64) -> Pending<'_, Completion>;

    /// Reads bytes of a complete blob.
    fn part(&self, room: RoomId, span: Span) -> Pending<'_, Part>;

    /// Deletes a blob, complete or not, whose row holds this hash of a token. That it was deleted is remembered for as
    /// long as it would have been kept, of [`limits::BLOBS_DELETED`] for each room.
    fn discard(&self, room: RoomId, id: BlobId, hash: DelHash) -> Pending<'_, Deletion>;

    /// Removes blobs whose time is over, and parts of those that are gone: a bounded number of rows. Call again while
    /// it says that there is more. Unix seconds.
    fn expire_blobs(&self, now: u64) -> Pending<'_, BlobExpiry>;
}

/// A blob to make a place for.
#[derive(Debug, Clone, Copy)]
pub struct NewBlob {
    /// The life of the room in which the author has proven its role; in another one it has none.
    pub seat: Seat,
    /// Its name, chosen by the relay.
    pub id: BlobId,
    /// Bytes in total, at least 1.
    pub size: u64,
    /// What a DEL must match.
    pub del_hash: DelHash,
    /// Seconds to keep it once it is complete.
    pub ttl: u64,
    /// Unix seconds.
    pub now: u64,
    /// What there may be of blobs.
    pub quota: BlobQuota,
}

/// What there may be of blobs. The whole size counts from the beginning, rounded up to [`limits::BLOB_STEP`], because
/// small ones cost rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobQuota {
    /// Blobs of a room.
    pub room_blobs: u64,
    /// Bytes of the blobs of a room.
    pub room_bytes: u64,
    /// Bytes of the blobs of all rooms.
    pub relay_bytes: u64,
}

/// What became of [`BlobStore::reserve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// There is a place.
    Reserved,
    /// There is none.
    Full,
    /// The room is not here (any more).
    Missing,
}

/// A part to store.
#[derive(Debug, Clone)]
pub struct NewPart {
    /// The blob.
    pub id: BlobId,
    /// Where the part begins.
    pub offset: u64,
    /// Its bytes.
    pub bytes: Bytes,
    /// Unix seconds.
    pub now: u64,
}

/// What became of [`BlobStore::put`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there, now or since before.
    Stored,
    /// It begins or ends behind what is there, and is not what comes next.
    Gap {
        /// So many bytes are there.
        received: u64,
    },
    /// It is there with other bytes.
    Differs,
    /// It goes beyond the end of the blob.
    Beyond,
    /// It is empty, larger than [`limits::BLOB_PART`], or no multiple of [`limits::BLOB_STEP`] although it is not the
    /// last.
    Malformed,
    /// The room has no such blob.
    NoSuchBlob,
}

/// What became of [`BlobStore::complete`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// It is complete, now or since before.
    Complete,
    /// Parts are missing.
    Incomplete {
        /// So many bytes are there.
        received: u64,
    },
    /// Its hash is another one.
    Differs,
    /// The room has no such blob.
    NoSuchBlob,
}

/// Which bytes to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The blob.
    pub id: BlobId,
    /// Where to begin.
    pub offset: u64,
    /// How many bytes at most.
    pub len: u64,
}

/// What [`BlobStore::part`] reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The bytes; fewer than asked for only at the end.
    Bytes(Bytes),
    /// The blob ends before them.
    Beyond {
        /// It has so many bytes.
        size: u64,
    },
    /// The room has no such blob, or it is not complete.
    NoSuchBlob,
}

/// What [`BlobStore::expire_blobs`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlobExpiry {
    /// Blobs whose time was over.
    pub blobs: u64,
    /// There is more to remove.
    pub more: bool,
}

/// What a blob counts in the quotas.
pub(crate) fn counts(size: u64) -> u64 {
    let step = u64::try_from(limits::BLOB_STEP).unwrap_or(u64::MAX);
    size.checked_next_multiple_of(step).unwrap_or(u64::MAX)
}

/// What a room holds of blobs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BlobUsage {
    pub(crate) blobs: u64,
    pub(crate) unfinished: u64,
    /// As the quota counts them.
    pub(crate) bytes: u64,
}

impl BlobUsage {
    /// Whether one more that counts so much fits into the room, once `gone` blobs are gone that were not finished and
    /// counted `freed`.
    pub(crate) fn takes(self, counts: u64, quota: BlobQuota, gone: u64, freed: u64) -> bool {
        self.blobs.saturating_sub(gone) < quota.room_blobs
            && self.unfinished.saturating_sub(gone) < limits::BLOBS_UNFINISHED
            && self.bytes.saturating_sub(freed).saturating_add(counts) <= quota.room_bytes
    }
}

/// How many of these give way, in their order, so that what is left `suffices`: it is told how many and what they
/// count. None if all of them are too few; then none gives way.
pub(crate) fn giving_way(stale: &[u64], suffices: impl Fn(u64, u64) -> bool) -> Option<usize> {
    let freed = stale.iter().scan(0_u64, |freed, counts| {
        *freed = freed.saturating_add(*counts);
        Some(*freed)
    });
    let mut after = (0_u64..).zip([0].into_iter().chain(freed));
    after.find(|(gone, freed)| suffices(*gone, *freed)).and_then(|(gone, _)| usize::try_from(gone).ok())
}

/// When a blob goes that gets no part any more, unix seconds.
pub(crate) fn abandoned_at(now: u64) -> u64 {
    now.saturating_add(limits::BLOB_ABANDONED.as_secs())
}

/// Unfinished blobs that go at this time or before have had no part for so long that they give way, unix seconds.
pub(crate) fn stale_until(now: u64) -> u64 {
    abandoned_at(now).saturating_sub(limits::BLOB_PATIENCE.as_secs())
}

/// Where a part belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It comes next, and there are so many bytes then.
    Next(u64),
    /// Its bytes are there already.
    Known,
    /// Nowhere.
    Not(Put),
}

/// Where a part belongs in a blob of so many bytes, of which so many are there.
pub(crate) fn place(size: u64, received: u64, offset: u64, len: usize) -> Place {
    if len == 0 || len > limits::BLOB_PART {
        return Place::Not(Put::Malformed);
    }
    let end = u64::try_from(len).ok().and_then(|len| offset.checked_add(len)).filter(|end| *end <= size);
    match end {
        None => Place::Not(Put::Beyond),
        Some(end) if end != size && !len.is_multiple_of(limits::BLOB_STEP) => Place::Not(Put::Malformed),
        Some(end) if offset == received => Place::Next(end),
        Some(end) if end <= received => Place::Known,
        Some(_) => Place::Not(Put::Gap { received }),
    }
}

/// Unfinished blobs of other rooms that give way to one new blob.
pub(crate) const MOST_GIVING_WAY: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: usize = limits::BLOB_STEP;

    #[test]
    fn parts_come_in_order_and_a_known_one_may_come_again() {
        let size = 100_000;
        assert_eq!(place(size, 0, 0, STEP), Place::Next(16_384));
        assert_eq!(place(size, 16_384, 0, STEP), Place::Known, "its answer was lost");
        assert_eq!(place(size, 65_536, 16_384, 2 * STEP), Place::Known, "and whoever resumes cuts as they like");
        assert_eq!(place(size, 16_384, 32_768, STEP), Place::Not(Put::Gap { received: 16_384 }));
        assert_eq!(place(size, 16_384, 0, 2 * STEP), Place::Not(Put::Gap { received: 16_384 }), "half of it is new");
        assert_eq!(place(size, 98_304, 98_304, 1696), Place::Next(size), "the last one is what is left");
    }

    #[test]
    fn a_part_that_no_client_sends_has_no_place() {
        let malformed = Place::Not(Put::Malformed);
        assert_eq!(place(100_000, 0, 0, 0), malformed);
        assert_eq!(place(1 << 24, 0, 0, limits::BLOB_PART + STEP), malformed);
        assert_eq!(place(100_000, 0, 0, 1), malformed, "a byte at a time would cost a row for each");
        let beyond = Place::Not(Put::Beyond);
        assert_eq!(place(100_000, 98_304, 98_304, 1697), beyond);
        assert_eq!(place(100_000, 0, u64::MAX, STEP), beyond, "where the end would begin again at zero");
        assert_eq!(place(100_000, 100_000, 100_000, 1), beyond);
    }

    #[test]
    fn as_few_give_way_as_it_takes_and_none_where_all_are_too_few() {
        let needs = |bytes| move |_, freed| freed >= bytes;
        assert_eq!(giving_way(&[5, 7, 9], needs(0)), Some(0));
        assert_eq!(giving_way(&[5, 7, 9], needs(12)), Some(2));
        assert_eq!(giving_way(&[5, 7, 9], needs(22)), None);
        assert_eq!(giving_way(&[5, 7, 9], |gone, _| gone >= 3), Some(3));
    }

    #[test]
    fn small_blobs_count_a_step() {
        assert_eq!([1, 16_384, 16_385, u64::MAX].map(counts), [16_384, 16_384, 32_768, u64::MAX]);
    }
}
