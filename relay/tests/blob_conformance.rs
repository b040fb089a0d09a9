//! What every storage of blobs promises, run over every backend.

#![expect(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::sync::Arc;

use bytes::Bytes;
use conclave_proto::{
    deed::{Deed, PanicBy, Policy},
    id::*,
    limits,
    owner::Tombstone,
};
use conclave_relay::{
    blob::{BlobQuota, Completion, NewBlob, NewPart, Part, Put, Reservation, Span, Storage},
    log::{Creation, Deletion, Founding, MemoryLog, SqlcipherLog, StorageKey},
};
use conclave_seal::{hash::sha256, rng::OsRng};

const ROOM: RoomId = RoomId([1; 32]);
const OTHER: RoomId = RoomId([2; 32]);
const SEAT: Seat = Seat([7; 16]);
const NOW: u64 = 1_700_000_000;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const STEP: u64 = 16 * 1024;
const QUOTA: BlobQuota = BlobQuota { room_blobs: 100, room_bytes: 1 << 28, relay_bytes: 1 << 30 };

fn deed() -> Deed {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::Owner, max_members: 16 };
    Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, 1, Signature([6; 64]))
}

async fn found(store: &dyn Storage, room: RoomId) {
    let founding = Founding {
        room,
        deed: deed(),
        key: PublicKey([201; 32]),
        genesis: Tag([200; 16]),
        group_info: Bytes::from_static(b"first"),
        place: Bytes::from_static(b"place"),
        seat: SEAT,
        now: NOW,
        max_rooms: 3,
    };
    assert_eq!(store.create(founding).await.unwrap(), Creation::Created);
}

fn tombstone(room: RoomId) -> Tombstone {
    Tombstone {
        room_id: room,
        statement: vec![1],
        sig_access: None,
        pk: PublicKey([5; 32]),
        sig: Signature([8; 64]),
        deed: deed().as_bytes().to_vec(),
    }
}

fn id(n: u8) -> BlobId {
    BlobId([n; 16])
}

fn blob(n: u8, size: u64) -> NewBlob {
    NewBlob { seat: SEAT, id: id(n), size, del_hash: DelHash([n; 32]), ttl: HOUR, now: NOW, quota: QUOTA }
}

/// A file in which no two places look alike.
fn file(len: usize) -> Bytes {
    let bytes = (0..len.div_ceil(4)).flat_map(|at| u32::try_from(at).unwrap().wrapping_mul(0x9E37_79B1).to_be_bytes());
    bytes.take(len).collect()
}

fn part(n: u8, file: &Bytes, offset: usize, len: usize) -> NewPart {
    let end = (offset + len).min(file.len());
    NewPart { id: id(n), offset: offset.try_into().unwrap(), bytes: file.slice(offset..end), now: NOW }
}

async fn reserve(store: &dyn Storage, room: RoomId, new: NewBlob) -> Reservation {
    store.reserve(room, new).await.unwrap()
}

/// Uploads all of a file whose place is there.
async fn upload(store: &dyn Storage, room: RoomId, n: u8, file: &Bytes) {
    for offset in (0..file.len()).step_by(limits::BLOB_PART) {
        assert_eq!(store.put(room, part(n, file, offset, limits::BLOB_PART)).await.unwrap(), Put::Stored);
    }
}

async fn complete(store: &dyn Storage, room: RoomId, n: u8, file: &Bytes, now: u64) -> Completion {
    store.complete(room, id(n), sha256(file), now).await.unwrap()
}

/// A file that is there as a whole.
async fn keep(store: &dyn Storage, room: RoomId, n: u8, file: &Bytes) {
    let size = file.len().try_into().unwrap();
    assert_eq!(reserve(store, room, blob(n, size)).await, Reservation::Reserved);
    upload(store, room, n, file).await;
    assert_eq!(complete(store, room, n, file, NOW).await, Completion::Complete);
}

async fn read(store: &dyn Storage, room: RoomId, n: u8, offset: u64, len: u64) -> Part {
    store.part(room, Span { id: id(n), offset, len }).await.unwrap()
}

async fn is_there(store: &dyn Storage, room: RoomId, n: u8) -> bool {
    read(store, room, n, 0, 1).await != Part::NoSuchBlob
}

/// Removes all that is to go, and says how many blobs that were.
async fn expire(store: &dyn Storage, now: u64) -> u64 {
    let mut blobs = 0;
    loop {
        let expiry = store.expire_blobs(now).await.unwrap();
        blobs += expiry.blobs;
        if !expiry.more {
            return blobs;
        }
    }
}

async fn a_file_comes_back_as_it_was_uploaded(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(600_001);
    assert_eq!(reserve(&*store, ROOM, blob(1, 600_001)).await, Reservation::Reserved);
    upload(&*store, ROOM, 1, &file).await;
    assert_eq!(read(&*store, ROOM, 1, 0, 1).await, Part::NoSuchBlob, "nobody reads what may be something else yet");
    assert_eq!(complete(&*store, ROOM, 1, &file, NOW).await, Completion::Complete);
    for (offset, len) in [(0, 262_144), (262_144, 262_144), (524_288, 262_144), (250_000, 20_000), (600_000, 1), (1, 1)]
    {
        let Part::Bytes(bytes) = read(&*store, ROOM, 1, offset, len).await else { panic!("{offset}") };
        let (from, until) = (usize::try_from(offset).unwrap(), usize::try_from(offset + len).unwrap().min(600_001));
        assert!(bytes == file.slice(from..until), "{offset}: it may begin and end within parts");
    }
    for offset in [600_001, u64::MAX] {
        assert_eq!(read(&*store, ROOM, 1, offset, 262_144).await, Part::Beyond { size: 600_001 });
    }
}

async fn parts_come_in_order_and_whoever_resumes_loses_nothing(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(300_000);
    reserve(&*store, ROOM, blob(1, 300_000)).await;
    let put = async |offset, len| store.put(ROOM, part(1, &file, offset, len)).await.unwrap();
    assert_eq!(put(16_384, 16_384).await, Put::Gap { received: 0 });
    assert_eq!(put(0, 131_072).await, Put::Stored);
    assert_eq!(put(0, 131_072).await, Put::Stored, "its answer was lost");
    assert_eq!(put(16_384, 16_384).await, Put::Stored, "in other pieces");
    assert_eq!(put(147_456, 16_384).await, Put::Gap { received: 131_072 });
    assert_eq!(put(114_688, 32_768).await, Put::Gap { received: 131_072 }, "half of it is new");
    let wrong = NewPart { bytes: Bytes::from(vec![0; 16_384]), ..part(1, &file, 16_384, 16_384) };
    assert_eq!(store.put(ROOM, wrong).await.unwrap(), Put::Differs);
    assert_eq!(put(131_072, 16_383).await, Put::Malformed);
    assert_eq!(store.put(ROOM, NewPart { bytes: Bytes::new(), ..part(1, &file, 0, 1) }).await.unwrap(), Put::Malformed);
    assert_eq!(put(131_072, 300_000).await, Put::Stored, "the last one is what is left");
    let behind = NewPart { offset: 300_000, ..part(1, &file, 0, 16_384) };
    assert_eq!(store.put(ROOM, behind.clone()).await.unwrap(), Put::Beyond);
    let around = NewPart { offset: u64::MAX - 16_383, ..behind };
    assert_eq!(store.put(ROOM, around).await.unwrap(), Put::Beyond, "where the end would be zero again");
    assert_eq!(complete(&*store, ROOM, 1, &file, NOW).await, Completion::Complete);
    assert_eq!(put(0, 131_072).await, Put::Stored, "also once it is complete");
}

async fn two_connections_may_upload_one_file(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(1 << 20);
    reserve(&*store, ROOM, blob(1, 1 << 20)).await;
    for offset in (0..1 << 20).step_by(limits::BLOB_PART) {
        let one = store.put(ROOM, part(1, &file, offset, limits::BLOB_PART));
        let two = store.put(ROOM, part(1, &file, offset, limits::BLOB_PART));
        let (one, two) = tokio::join!(one, two);
        assert_eq!((one.unwrap(), two.unwrap()), (Put::Stored, Put::Stored));
    }
    let (one, two) =
        tokio::join!(complete(&*store, ROOM, 1, &file, NOW), complete(&*store, ROOM, 1, &file, NOW + HOUR));
    assert_eq!((one, two), (Completion::Complete, Completion::Complete));
}

async fn only_a_whole_file_with_its_hash_is_complete(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(300_000);
    assert_eq!(complete(&*store, ROOM, 1, &file, NOW).await, Completion::NoSuchBlob);
    reserve(&*store, ROOM, blob(1, 300_000)).await;
    assert_eq!(complete(&*store, ROOM, 1, &file, NOW).await, Completion::Incomplete { received: 0 });
    store.put(ROOM, part(1, &file, 0, limits::BLOB_PART)).await.unwrap();
    assert_eq!(complete(&*store, ROOM, 1, &file, NOW).await, Completion::Incomplete { received: 262_144 });
    store.put(ROOM, part(1, &file, 262_144, limits::BLOB_PART)).await.unwrap();
    let wrong = store.complete(ROOM, id(1), [0; 32], NOW).await.unwrap();
    assert_eq!((wrong, is_there(&*store, ROOM, 1).await), (Completion::Differs, false));
    for _ in 0..2 {
        assert_eq!(complete(&*store, ROOM, 1, &file, NOW).await, Completion::Complete, "also if the answer was lost");
    }
    assert_eq!(store.complete(ROOM, id(1), [0; 32], NOW).await.unwrap(), Completion::Differs);
    assert!(is_there(&*store, ROOM, 1).await);
}

async fn a_file_belongs_to_its_room(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(100);
    assert_eq!(reserve(&*store, OTHER, blob(1, 100)).await, Reservation::Missing);
    found(&*store, OTHER).await;
    let former = NewBlob { seat: Seat([8; 16]), ..blob(1, 100) };
    assert_eq!(reserve(&*store, ROOM, former).await, Reservation::Missing, "a role of another life of the room");
    keep(&*store, ROOM, 1, &file).await;
    assert_eq!(store.put(OTHER, part(1, &file, 0, 100)).await.unwrap(), Put::NoSuchBlob);
    assert_eq!(complete(&*store, OTHER, 1, &file, NOW).await, Completion::NoSuchBlob);
    assert_eq!(read(&*store, OTHER, 1, 0, 100).await, Part::NoSuchBlob);
    assert_eq!(store.discard(OTHER, id(1), DelHash([1; 32])).await.unwrap(), Deletion::NoSuchEntry);
    assert_eq!(read(&*store, ROOM, 1, 0, 100).await, Part::Bytes(file.clone()));
}

async fn a_token_deletes_a_file_complete_or_not(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    keep(&*store, ROOM, 1, &file(300_000)).await;
    reserve(&*store, ROOM, blob(2, 300_000)).await;
    store.put(ROOM, part(2, &file(300_000), 0, limits::BLOB_PART)).await.unwrap();
    for n in [1, 2] {
        assert_eq!(store.discard(ROOM, id(n), DelHash([9; 32])).await.unwrap(), Deletion::BadToken);
        assert_eq!(store.discard(ROOM, id(n), DelHash([n; 32])).await.unwrap(), Deletion::Deleted);
        assert_eq!(
            store.discard(ROOM, id(n), DelHash([n; 32])).await.unwrap(),
            Deletion::Deleted,
            "as often as they like"
        );
        assert!(!is_there(&*store, ROOM, n).await);
        assert_eq!(store.put(ROOM, part(n, &file(300_000), 262_144, 37_856)).await.unwrap(), Put::NoSuchBlob);
    }
    assert_eq!(store.discard(ROOM, id(3), DelHash([3; 32])).await.unwrap(), Deletion::NoSuchEntry);
    // The complete one would have gone after an hour, the other after a day.
    expire(&*store, NOW + HOUR).await;
    let again = [store.discard(ROOM, id(1), DelHash([1; 32])), store.discard(ROOM, id(2), DelHash([2; 32]))];
    let again = futures_util::future::try_join_all(again).await.unwrap();
    assert_eq!(again, [Deletion::NoSuchEntry, Deletion::Deleted], "remembered as long as it would have been kept");
}

async fn the_time_of_a_file_begins_when_it_is_complete(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(300_000);
    reserve(&*store, ROOM, blob(1, 300_000)).await;
    upload(&*store, ROOM, 1, &file).await;
    assert_eq!(expire(&*store, NOW + DAY - 1).await, 0);
    complete(&*store, ROOM, 1, &file, NOW + DAY - 1).await;
    complete(&*store, ROOM, 1, &file, NOW + DAY + HOUR / 2).await;
    assert_eq!(expire(&*store, NOW + DAY - 2 + HOUR).await, 0);
    assert!(is_there(&*store, ROOM, 1).await);
    assert_eq!(expire(&*store, NOW + DAY - 1 + HOUR).await, 1, "and not anew when that is said again");
    assert!(!is_there(&*store, ROOM, 1).await);
}

async fn a_file_that_nobody_finishes_goes_a_day_after_its_last_part(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(300_000);
    for n in [1, 2] {
        reserve(&*store, ROOM, blob(n, 300_000)).await;
    }
    let late = |offset, now| NewPart { now, ..part(2, &file, offset, limits::BLOB_PART) };
    store.put(ROOM, late(0, NOW + HOUR)).await.unwrap();
    store.put(ROOM, late(0, NOW + 9 * HOUR)).await.unwrap();
    assert_eq!(expire(&*store, NOW + DAY - 1).await, 0);
    assert_eq!(expire(&*store, NOW + DAY).await, 1, "of one there was no part");
    assert_eq!(expire(&*store, NOW + DAY + HOUR - 1).await, 0);
    assert_eq!(expire(&*store, NOW + DAY + HOUR).await, 1, "and a part that comes again is none");
    assert_eq!(complete(&*store, ROOM, 2, &file, NOW).await, Completion::NoSuchBlob);
}

async fn what_is_reserved_counts_until_it_is_gone(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    found(&*store, OTHER).await;
    let quota = BlobQuota { room_blobs: 3, room_bytes: 10 * STEP, relay_bytes: 15 * STEP };
    let new = |n, steps: u64| NewBlob { quota, ..blob(n, steps * STEP) };
    assert_eq!(reserve(&*store, ROOM, new(1, 11)).await, Reservation::Full, "it can never fit");
    assert_eq!(reserve(&*store, ROOM, new(1, 8)).await, Reservation::Reserved);
    assert_eq!(reserve(&*store, ROOM, new(2, 3)).await, Reservation::Full);
    let small = NewBlob { size: 1, ..new(2, 1) };
    assert_eq!(reserve(&*store, ROOM, small).await, Reservation::Reserved);
    let rest = NewBlob { size: 2 * STEP - 1, ..new(3, 1) };
    assert_eq!(reserve(&*store, ROOM, rest).await, Reservation::Full, "a small one counts a step");
    assert_eq!(reserve(&*store, ROOM, new(3, 1)).await, Reservation::Reserved);
    store.discard(ROOM, id(1), DelHash([1; 32])).await.unwrap();
    assert_eq!(reserve(&*store, ROOM, new(4, 1)).await, Reservation::Reserved);
    assert_eq!(reserve(&*store, ROOM, new(5, 1)).await, Reservation::Full, "three is the most");
    // Three steps are taken here; there is place for twelve more in all.
    assert_eq!(reserve(&*store, OTHER, new(6, 10)).await, Reservation::Reserved);
    assert_eq!(reserve(&*store, OTHER, NewBlob { quota: QUOTA, ..new(7, 1) }).await, Reservation::Reserved);
    let third =
        |n, steps| NewBlob { quota: BlobQuota { room_blobs: 9, room_bytes: 99 * STEP, ..quota }, ..new(n, steps) };
    assert_eq!(reserve(&*store, OTHER, third(8, 2)).await, Reservation::Full, "of all rooms");
    assert_eq!(reserve(&*store, OTHER, third(8, 1)).await, Reservation::Reserved);
    store.wipe(ROOM, tombstone(ROOM), NOW).await.unwrap();
    assert_eq!(reserve(&*store, OTHER, third(9, 3)).await, Reservation::Reserved, "with a room its files go");
    assert_eq!(reserve(&*store, OTHER, third(10, 1)).await, Reservation::Full);
    store.expire(NOW + 31 * DAY, NOW + 31 * DAY).await.unwrap();
    found(&*store, OTHER).await;
    assert!(!is_there(&*store, OTHER, 6).await, "also where it ends idle, and another has its name");
    let whole = NewBlob { quota: BlobQuota { relay_bytes: 15 * STEP, ..QUOTA }, ..blob(11, 15 * STEP) };
    assert_eq!(reserve(&*store, OTHER, whole).await, Reservation::Reserved);
}

async fn sixteen_are_unfinished_and_the_oldest_gives_way_after_a_minute(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let (small, at) = (file(100), |n: u8, now| NewBlob { now, ..blob(n, 100) });
    for n in 1..=16 {
        assert_eq!(reserve(&*store, ROOM, at(n, NOW + u64::from(n))).await, Reservation::Reserved);
    }
    assert_eq!(reserve(&*store, ROOM, at(17, NOW + 60)).await, Reservation::Full, "none has waited for a minute");
    let later = NewPart { now: NOW + 50, ..part(1, &small, 0, 100) };
    assert_eq!(store.put(ROOM, later).await.unwrap(), Put::Stored);
    assert_eq!(reserve(&*store, ROOM, at(17, NOW + 61)).await, Reservation::Full, "the first has had a part");
    assert_eq!(reserve(&*store, ROOM, at(17, NOW + 62)).await, Reservation::Reserved);
    assert_eq!(complete(&*store, ROOM, 2, &small, NOW).await, Completion::NoSuchBlob, "the second gave way");
    assert_eq!(complete(&*store, ROOM, 3, &small, NOW).await, Completion::Incomplete { received: 0 });
    assert_eq!(complete(&*store, ROOM, 1, &small, NOW).await, Completion::Complete);
    assert_eq!(reserve(&*store, ROOM, at(18, NOW + 62)).await, Reservation::Reserved, "a complete one is none of them");
    assert_eq!(complete(&*store, ROOM, 3, &small, NOW).await, Completion::Incomplete { received: 0 });
}

async fn where_there_is_no_space_unfinished_ones_give_way_and_no_others(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    found(&*store, OTHER).await;
    let quota = BlobQuota { room_blobs: 99, room_bytes: 10 * STEP, relay_bytes: 15 * STEP };
    let new = |n: u8, steps: u64, now| NewBlob { quota, now, ..blob(n, steps * STEP) };
    keep(&*store, ROOM, 1, &file(5 * 16_384)).await;
    for n in 2..=4 {
        reserve(&*store, ROOM, new(n, 1, NOW + u64::from(n))).await;
    }
    reserve(&*store, OTHER, new(5, 7, NOW + 5)).await;
    let (late, unfinished) = (NOW + 100, Completion::Incomplete { received: 0 });
    assert_eq!(reserve(&*store, ROOM, new(6, 6, late)).await, Reservation::Full, "what is complete stays");
    for n in 2..=4 {
        assert_eq!(complete(&*store, ROOM, n, &file(1), NOW).await, unfinished, "none goes where all are too few");
    }
    assert_eq!(reserve(&*store, ROOM, new(6, 3, late)).await, Reservation::Reserved);
    assert_eq!(complete(&*store, ROOM, 2, &file(1), NOW).await, Completion::NoSuchBlob, "as many as it takes");
    assert_eq!(complete(&*store, ROOM, 3, &file(1), NOW).await, Completion::NoSuchBlob, "for the relay's bound");
    assert_eq!(complete(&*store, ROOM, 4, &file(1), NOW).await, Completion::NoSuchBlob, "for the relay's bound");
    assert_eq!(complete(&*store, OTHER, 5, &file(1), NOW).await, unfinished);
    // The whole relay is full, and the oldest that waits is in another room.
    assert_eq!(reserve(&*store, ROOM, new(7, 2, late)).await, Reservation::Reserved);
    assert_eq!(complete(&*store, OTHER, 5, &file(1), NOW).await, Completion::NoSuchBlob);
    assert!(is_there(&*store, ROOM, 1).await);
}

async fn a_wiped_room_has_no_files(store: Arc<dyn Storage>) {
    found(&*store, ROOM).await;
    let file = file(300_000);
    keep(&*store, ROOM, 1, &file).await;
    reserve(&*store, ROOM, blob(2, 300_000)).await;
    store.wipe(ROOM, tombstone(ROOM), NOW).await.unwrap();
    assert!(!is_there(&*store, ROOM, 1).await);
    assert_eq!(store.put(ROOM, part(2, &file, 0, limits::BLOB_PART)).await.unwrap(), Put::NoSuchBlob);
    assert_eq!(reserve(&*store, ROOM, blob(3, 1)).await, Reservation::Missing);
    assert_eq!(store.discard(ROOM, id(1), DelHash([1; 32])).await.unwrap(), Deletion::NoSuchEntry);
}

macro_rules! conformance {
    ($($promise:ident,)*) => {
        mod memory {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(Arc::new(MemoryLog::new())).await;
            })*
        }

        mod sqlcipher {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                super::$promise(Arc::new(open(&folder))).await;
            })*
        }
    };
}

conformance! {
    a_file_comes_back_as_it_was_uploaded,
    parts_come_in_order_and_whoever_resumes_loses_nothing,
    two_connections_may_upload_one_file,
    only_a_whole_file_with_its_hash_is_complete,
    a_file_belongs_to_its_room,
    a_token_deletes_a_file_complete_or_not,
    the_time_of_a_file_begins_when_it_is_complete,
    a_file_that_nobody_finishes_goes_a_day_after_its_last_part,
    what_is_reserved_counts_until_it_is_gone,
    sixteen_are_unfinished_and_the_oldest_gives_way_after_a_minute,
    where_there_is_no_space_unfinished_ones_give_way_and_no_others,
    a_wiped_room_has_no_files,
}

fn open(folder: &tempfile::TempDir) -> SqlcipherLog {
    let path = folder.path().join("relay.db");
    let opened = if path.exists() { SqlcipherLog::open } else { SqlcipherLog::create };
    opened(&path, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng)).unwrap()
}

mod in_a_file {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use conclave_relay::{
        blob::BlobStore as _,
        log::{Append, NewEntry, Quota, RoomLog as _},
    };
    use rusqlite::Connection;

    use super::*;

    /// The file as the relay's key shows it.
    fn raw(folder: &tempfile::TempDir) -> Connection {
        use conclave_seal::{expand::expand, label::Label};
        let key = expand::<32>(&[1; 32], Label::new("relay-file"), &[]);
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let db = Connection::open(folder.path().join("relay.db")).unwrap();
        db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA busy_timeout = 10000;")).unwrap();
        db
    }

    fn holds(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|window| window == needle)
    }

    /// A piece of each sealed part, and what opens them.
    fn sealed(folder: &tempfile::TempDir) -> Vec<Vec<u8>> {
        let db = raw(folder);
        let select = "SELECT substr(bytes, 20000, 64) FROM blob_part UNION ALL SELECT wrapped FROM room_key";
        let mut statement = db.prepare(select).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Every byte of the decrypted file, free pages included.
    fn bytes(folder: &tempfile::TempDir) -> Vec<u8> {
        raw(folder).serialize("main").unwrap().to_vec()
    }

    fn count(folder: &tempfile::TempDir, table: &str) -> u32 {
        raw(folder).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    #[tokio::test]
    async fn an_upload_goes_on_after_a_restart() {
        let (folder, file) = (tempfile::tempdir().unwrap(), file(600_000));
        let store = open(&folder);
        found(&store, ROOM).await;
        reserve(&store, ROOM, blob(1, 600_000)).await;
        store.put(ROOM, part(1, &file, 0, limits::BLOB_PART)).await.unwrap();
        drop(store);
        let store = open(&folder);
        let ahead = store.put(ROOM, part(1, &file, 524_288, limits::BLOB_PART)).await.unwrap();
        assert_eq!(ahead, Put::Gap { received: 262_144 }, "a part that was acknowledged is there");
        upload(&store, ROOM, 1, &file).await;
        drop(store);
        let store = open(&folder);
        assert_eq!(complete(&store, ROOM, 1, &file, NOW).await, Completion::Complete);
        drop(store);
        assert_eq!(read(&open(&folder), ROOM, 1, 0, 600_000).await, Part::Bytes(file));
    }

    #[tokio::test]
    async fn what_is_gone_is_gone_from_the_bytes_of_the_file() {
        for ending in ["wiped", "deleted", "expired"] {
            let (folder, file) = (tempfile::tempdir().unwrap(), file(2_000_000));
            let store = open(&folder);
            found(&store, ROOM).await;
            keep(&store, ROOM, 1, &file).await;
            let (sealed, before) = (sealed(&folder), bytes(&folder));
            assert_eq!(sealed.len(), 9, "eight parts and the room's key");
            assert!(sealed.iter().all(|piece| holds(&before, piece)), "the search finds what is there");
            assert!(!holds(&before, &file[100_000..100_064]), "sealed under the room's key, not just the file's");
            let opens = &sealed[8];
            match ending {
                "wiped" => {
                    store.wipe(ROOM, tombstone(ROOM), NOW).await.unwrap();
                    assert!(!holds(&bytes(&folder), opens), "the key at once");
                }
                "deleted" => assert_eq!(store.discard(ROOM, id(1), DelHash([1; 32])).await.unwrap(), Deletion::Deleted),
                _ => assert_eq!(expire(&store, NOW + HOUR).await, 1),
            }
            assert_eq!(count(&folder, "blob"), 0, "{ending}");
            expire(&store, NOW).await;
            // The log is emptied behind the last answer; the next answer comes after it.
            store.expire_blobs(NOW).await.unwrap();
            let after = bytes(&folder);
            assert!(sealed.iter().take(8).all(|piece| !holds(&after, piece)), "{ending}: and then its parts");
            let log = std::fs::metadata(folder.path().join("relay.db-wal"));
            assert!(log.map_or(true, |log| log.len() == 0), "{ending}: nor are they in the write-ahead log");
        }
    }

    #[tokio::test]
    async fn parts_of_what_is_gone_are_removed_in_pieces_also_after_a_restart() {
        let (folder, file) = (tempfile::tempdir().unwrap(), file(2_000_000));
        let store = open(&folder);
        found(&store, ROOM).await;
        found(&store, OTHER).await;
        keep(&store, ROOM, 1, &file).await;
        keep(&store, OTHER, 2, &file).await;
        store.wipe(ROOM, tombstone(ROOM), NOW).await.unwrap();
        assert_eq!(count(&folder, "blob_part"), 16, "the end of a room does not wait for them");
        store.expire_blobs(NOW).await.unwrap();
        assert_eq!(count(&folder, "blob_part"), 15, "one part at a time");
        drop(store);
        let store = open(&folder);
        expire(&store, NOW).await;
        assert_eq!((count(&folder, "blob_part"), count(&folder, "blob_garbage")), (8, 0));
        assert!(is_there(&store, OTHER, 2).await, "others are not touched");
    }

    #[tokio::test]
    async fn parts_cannot_be_moved() {
        let (folder, file) = (tempfile::tempdir().unwrap(), file(600_000));
        let store = open(&folder);
        found(&store, ROOM).await;
        keep(&store, ROOM, 1, &file).await;
        keep(&store, ROOM, 2, &file).await;
        let other = "(SELECT bytes FROM blob_part AS other WHERE other.blob = 2 AND other.start = 0)";
        for place in ["blob = 1 AND start = 0", "blob = 2 AND start = 262144"] {
            raw(&folder).execute(&format!("UPDATE blob_part SET bytes = {other} WHERE {place}"), []).unwrap();
        }
        let whole = |n| Span { id: id(n), offset: 0, len: 600_000 };
        for n in [1, 2] {
            assert!(store.part(ROOM, whole(n)).await.is_err(), "an operator cannot swap them");
        }
    }

    fn entry(cid: u8) -> NewEntry {
        NewEntry {
            seat: SEAT,
            head: Tag([200; 16]),
            author: PublicKey([201; 32]),
            blob: Bytes::from_static(b"hello"),
            cid: Cid([cid; 16]),
            expires: NOW + HOUR,
            del_hash: None,
            now: NOW,
            quota: Quota { entries: 100, bytes: 100_000 },
        }
    }

    #[tokio::test]
    async fn while_a_large_file_is_hashed_others_read() {
        let (folder, file) = (tempfile::tempdir().unwrap(), file(40 * limits::BLOB_PART));
        let store = open(&folder);
        found(&store, ROOM).await;
        reserve(&store, ROOM, blob(1, file.len().try_into().unwrap())).await;
        upload(&store, ROOM, 1, &file).await;
        let (done, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
        let hash = async {
            assert_eq!(complete(&store, ROOM, 1, &file, NOW).await, Completion::Complete);
            done.store(true, Ordering::Relaxed);
        };
        let others = async {
            while !done.load(Ordering::Relaxed) {
                store.state(ROOM).await.unwrap();
                reads.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::join!(hash, others);
        // One after each of the forty parts.
        assert!(reads.load(Ordering::Relaxed) >= 20, "{reads:?}");
    }

    #[tokio::test]
    async fn a_message_waits_for_one_part_however_many_come() {
        let (folder, file) = (tempfile::tempdir().unwrap(), file(limits::BLOB_PART));
        let store = open(&folder);
        found(&store, ROOM).await;
        for n in 1..=16 {
            reserve(&store, ROOM, blob(n, file.len().try_into().unwrap())).await;
        }
        let stored = AtomicUsize::new(0);
        let parts = (1..=16).map(async |n| {
            assert_eq!(store.put(ROOM, part(n, &file, 0, limits::BLOB_PART)).await.unwrap(), Put::Stored);
            stored.fetch_add(1, Ordering::Relaxed);
        });
        let message = async {
            assert!(matches!(store.append(ROOM, entry(1)).await.unwrap(), Append::Stored { .. }));
            stored.load(Ordering::Relaxed)
        };
        let (_, before) = tokio::join!(futures_util::future::join_all(parts), message);
        assert!(before <= 2, "{before} parts went before");
    }
}
