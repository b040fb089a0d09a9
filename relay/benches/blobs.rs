//! How long a message waits while files are uploaded, hashed, read and removed beside it, in one SQLCipher file.
//!
//! One person writes a message of 256 bytes every 5 ms, and it is on disk when it is acknowledged. Beside it goes, in
//! turn, nothing, one upload of 25 MiB, four of them at once, the hash of 25 MiB, four downloads, and the removal of
//! 100 MiB.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark ends by panicking and reads the clock"
)]

use std::{
    future::Future,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use conclave_proto::{
    deed::{Deed, PanicBy, Policy},
    id::*,
    limits,
};
use conclave_relay::{
    blob::{BlobQuota, BlobStore as _, Completion, NewBlob, NewPart, Part, Put, Reservation, Span},
    log::{Append, Founding, NewEntry, Quota, RoomLog as _, SqlcipherLog, StorageKey},
};
use conclave_seal::{hash::sha256, rng::OsRng};
use futures_util::future::join_all;

const ROOM: RoomId = RoomId([1; 32]);
const SEAT: Seat = Seat([7; 16]);
const EVERY: Duration = Duration::from_millis(5);
/// Without anything beside it.
const ALONE: Duration = Duration::from_secs(2);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let key = StorageKey::from_bytes(&[1; 32]);
    let log = SqlcipherLog::create(&folder.path().join("relay.db"), &key, Box::new(OsRng)).unwrap();
    found(&log).await;
    let file = Bytes::from(vec![7; limits::BLOB]);
    let room = Talk { log: &log, said: AtomicU64::new(0) };
    println!("beside                     median     99 %  longest  messages  lasted");
    room.beside("nothing", tokio::time::sleep(ALONE)).await;
    room.beside("an upload of 25 MiB", upload(&log, 1, &file)).await;
    room.beside("four uploads of 25 MiB", async {
        join_all((2..=5).map(|n| upload(&log, n, &file))).await;
    })
    .await;
    let hash = sha256(&file);
    room.beside("the hash of 25 MiB", async {
        assert_eq!(log.complete(ROOM, BlobId([1; 16]), hash, 0).await.unwrap(), Completion::Complete);
    })
    .await;
    room.beside("four downloads of 25 MiB", async {
        join_all((0..4).map(|_| download(&log, 1))).await;
    })
    .await;
    for n in 2..=5 {
        log.discard(ROOM, BlobId([n; 16]), DelHash([n; 32])).await.unwrap();
    }
    room.beside("the removal of 100 MiB", async { while log.expire_blobs(0).await.unwrap().more {} }).await;
}

/// Somebody who writes, and how long each message waited.
struct Talk<'a> {
    log: &'a SqlcipherLog,
    said: AtomicU64,
}

impl Talk<'_> {
    async fn beside(&self, what: &str, work: impl Future<Output = ()>) {
        let (done, begun) = (AtomicBool::new(false), Instant::now());
        let work = async {
            work.await;
            done.store(true, Ordering::Relaxed);
            begun.elapsed()
        };
        let talk = async {
            let mut waits = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let stored = self.log.append(ROOM, self.message()).await.unwrap();
                assert!(matches!(stored, Append::Stored { .. }));
                waits.push(asked.elapsed());
                tokio::time::sleep(EVERY).await;
            }
            waits
        };
        let (lasted, mut waits) = tokio::join!(work, talk);
        waits.sort();
        let at = |percent: usize| waits[(waits.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
        let (median, high, most) = (at(50), at(99), at(100));
        let (count, lasted) = (waits.len(), lasted.as_secs_f64());
        println!("{what:<25}{median:>5.1} ms {high:>5.1} ms {most:>5.1} ms {count:>9} {lasted:>6.2} s");
    }

    fn message(&self) -> NewEntry {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        NewEntry {
            seat: SEAT,
            head: Tag([8; 16]),
            author: PublicKey([3; 32]),
            blob: Bytes::from_static(&[0x5A; 256]),
            cid: Cid(u128::from(number).to_be_bytes()),
            expires: u64::MAX / 4,
            del_hash: None,
            now: 0,
            quota: Quota { entries: 1 << 40, bytes: 1 << 40 },
        }
    }
}

async fn found(log: &SqlcipherLog) {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 3600, panic_by: PanicBy::Owner, max_members: 16 };
    let founding = Founding {
        room: ROOM,
        deed: Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, 1, Signature([6; 64])),
        key: PublicKey([3; 32]),
        genesis: Tag([8; 16]),
        group_info: Bytes::new(),
        place: Bytes::new(),
        seat: SEAT,
        now: 0,
        max_rooms: 1,
    };
    log.create(founding).await.unwrap();
}

async fn upload(log: &SqlcipherLog, n: u8, file: &Bytes) {
    let (id, size) = (BlobId([n; 16]), file.len().try_into().unwrap());
    let quota = BlobQuota { room_blobs: 9, room_bytes: 1 << 30, relay_bytes: 1 << 30 };
    let new = NewBlob { seat: SEAT, id, size, del_hash: DelHash([n; 32]), ttl: 60, now: 0, quota };
    assert_eq!(log.reserve(ROOM, new).await.unwrap(), Reservation::Reserved);
    for start in (0..file.len()).step_by(limits::BLOB_PART) {
        let bytes = file.slice(start..(start + limits::BLOB_PART).min(file.len()));
        let part = NewPart { id, offset: start.try_into().unwrap(), bytes, now: 0 };
        assert_eq!(log.put(ROOM, part).await.unwrap(), Put::Stored);
    }
}

async fn download(log: &SqlcipherLog, n: u8) {
    for start in (0..limits::BLOB).step_by(limits::BLOB_PART) {
        let (offset, len) = (start.try_into().unwrap(), limits::BLOB_PART.try_into().unwrap());
        let part = log.part(ROOM, Span { id: BlobId([n; 16]), offset, len }).await.unwrap();
        assert!(matches!(part, Part::Bytes(_)));
    }
}
