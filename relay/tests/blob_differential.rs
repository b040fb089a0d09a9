//! The same random uploads in both backends: they answer alike, and what can be read afterwards is alike.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use bytes::Bytes;
use conclave_proto::{
    deed::{Deed, PanicBy, Policy},
    id::*,
};
use conclave_relay::{
    blob::{BlobQuota, NewBlob, NewPart, Span, Storage},
    log::{Founding, MemoryLog, SqlcipherLog, StorageKey},
};
use conclave_seal::{expand::expand, hash::sha256, label::Label, rng::OsRng};

const ROOMS: [RoomId; 2] = [RoomId([1; 32]), RoomId([2; 32])];
const SEAT: Seat = Seat([7; 16]);
const NOW: u64 = 1_700_000_000;
const DAY: u64 = 86_400;
const STEP: u64 = 16 * 1024;
const STEPS: usize = 350;

#[tokio::test]
async fn rooms_that_are_full_of_files() {
    play(1, BlobQuota { room_blobs: 5, room_bytes: 1 << 30, relay_bytes: 1 << 30 }).await;
}

#[tokio::test]
async fn rooms_that_are_full_of_bytes() {
    play(2, BlobQuota { room_blobs: 4096, room_bytes: 14 * STEP, relay_bytes: 1 << 30 }).await;
}

#[tokio::test]
async fn a_relay_that_is_full_of_bytes() {
    play(3, BlobQuota { room_blobs: 4096, room_bytes: 1 << 30, relay_bytes: 20 * STEP }).await;
}

#[tokio::test]
async fn rooms_and_a_relay_that_are_full_of_both() {
    play(4, BlobQuota { room_blobs: 7, room_bytes: 14 * STEP, relay_bytes: 20 * STEP }).await;
}

async fn play(seed: u64, quota: BlobQuota) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.db");
    let sql = SqlcipherLog::create(&file, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng)).unwrap();
    let memory = MemoryLog::new();
    let stores: [&dyn Storage; 2] = [&memory, &sql];
    for store in stores {
        found(store).await;
    }
    let mut clients =
        Clients { rng: SeededRng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1), quota, now: NOW, blobs: Vec::new() };
    for step in 0..STEPS {
        let asked = clients.next();
        let answers = [carry_out(stores[0], &asked).await, carry_out(stores[1], &asked).await];
        assert_eq!(answers[0], answers[1], "seed {seed}, step {step}: {asked:?}");
        let views = [seen(stores[0], clients.blobs.len()).await, seen(stores[1], clients.blobs.len()).await];
        assert_eq!(views[0], views[1], "seed {seed}, step {step}: {asked:?} was answered {}", answers[0]);
        clients.hear(&asked, &answers[0]);
    }
    assert!(clients.blobs.len() > 20, "seed {seed}: as many as to fill it several times");
    let [said, there] = counted(&file);
    assert_eq!(said, there, "seed {seed}: what the file counts is what it holds");
}

async fn found(store: &dyn Storage) {
    for room in ROOMS {
        let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::Owner, max_members: 16 };
        let founding = Founding {
            room,
            deed: Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, 1, Signature([6; 64])),
            key: PublicKey([3; 32]),
            genesis: Tag([200; 16]),
            group_info: Bytes::from_static(b"first"),
            place: Bytes::from_static(b"place"),
            seat: SEAT,
            now: NOW,
            max_rooms: 2,
        };
        store.create(founding).await.unwrap();
    }
}

/// One operation that changes something, or tries to.
#[derive(Debug)]
enum Asked {
    Reserve(RoomId, NewBlob),
    /// Where it begins, how long it is, when.
    Put(RoomId, BlobId, u64, u64, u64),
    Complete(RoomId, BlobId, Option<u64>, u64),
    Discard(RoomId, BlobId, DelHash),
    Expire(u64),
    /// Nobody has written for too long, and rooms of the same names begin.
    EndAndBegin,
}

async fn carry_out(store: &dyn Storage, asked: &Asked) -> String {
    match *asked {
        Asked::Reserve(room, new) => format!("{:?}", store.reserve(room, new).await.unwrap()),
        Asked::Put(room, id, offset, len, now) => {
            // Some have other bytes than belong there.
            let other = BlobId([id.0[0] ^ u8::from(now % 8 == 0); 16]);
            let bytes = contents(other, offset + len).slice(usize::try_from(offset).unwrap()..);
            format!("{:?}", store.put(room, NewPart { id, offset, bytes, now }).await.unwrap())
        }
        Asked::Complete(room, id, size, now) => {
            let hash = size.map_or([0; 32], |size| sha256(&contents(id, size)));
            format!("{:?}", store.complete(room, id, hash, now).await.unwrap())
        }
        Asked::Discard(room, id, hash) => format!("{:?}", store.discard(room, id, hash).await.unwrap()),
        Asked::Expire(now) => {
            let mut blobs = 0;
            loop {
                let part = store.expire_blobs(now).await.unwrap();
                blobs += part.blobs;
                if !part.more {
                    return format!("{blobs} blobs");
                }
            }
        }
        Asked::EndAndBegin => {
            let ended = store.expire(NOW + 2 * DAY, NOW + 2 * DAY).await.unwrap();
            found(store).await;
            format!("{} rooms", ended.rooms)
        }
    }
}

fn contents(id: BlobId, len: u64) -> Bytes {
    (0..len).map(|at| id.0[0].wrapping_add(u8::try_from(at / 5000 % 251).unwrap())).collect()
}

/// Those who upload, honest or not: parts come twice, in another order or not at all, and so do names.
struct Clients {
    rng: SeededRng,
    quota: BlobQuota,
    now: u64,
    /// Of every blob: its room, its size, and how much of it was taken.
    blobs: Vec<(RoomId, u64, u64)>,
}

impl Clients {
    fn next(&mut self) -> Asked {
        self.now += self.rng.below(7);
        let Some(n) = self.blobs.len().checked_sub(1 + usize::try_from(self.rng.below(7)).unwrap()) else {
            return self.reserve();
        };
        let (room, size, received) = self.blobs[n];
        let room = if self.rng.below(15) == 0 { ROOMS[0] } else { room };
        let id = BlobId([u8::try_from(n + 1).unwrap(); 16]);
        match self.rng.below(62) {
            0..=8 | 60 | 61 => self.reserve(),
            9..=35 => {
                let offset = [received, received, received, 0, self.rng.below(5) * STEP];
                let offset = offset[usize::try_from(self.rng.below(5)).unwrap()];
                let len = [size.saturating_sub(offset), (1 + self.rng.below(3)) * STEP, self.rng.below(2)];
                Asked::Put(room, id, offset, len[usize::try_from(self.rng.below(6) / 2).unwrap()], self.now)
            }
            36..=50 => Asked::Complete(room, id, (self.rng.below(6) > 0).then_some(size), self.now),
            51..=53 => Asked::Discard(room, id, DelHash([id.0[0] + u8::from(self.rng.below(5) == 0); 32])),
            54 | 55 => Asked::Expire(self.now + self.rng.below(600)),
            56 => Asked::Expire(self.now + self.rng.below(2 * DAY)),
            57 if self.rng.below(2) == 0 => Asked::EndAndBegin,
            _ => Asked::Put(room, id, received, size - received, self.now),
        }
    }

    fn reserve(&mut self) -> Asked {
        let room = ROOMS[usize::from(self.rng.below(4) == 0)];
        let size = if self.rng.below(4) == 0 { 100 } else { (1 + self.rng.below(5)) * STEP };
        self.blobs.push((room, size, 0));
        let n = u8::try_from(self.blobs.len()).unwrap();
        let (ttl, quota) = (60 + self.rng.below(2000), self.quota);
        Asked::Reserve(
            room,
            NewBlob { seat: SEAT, id: BlobId([n; 16]), size, del_hash: DelHash([n; 32]), ttl, now: self.now, quota },
        )
    }

    fn hear(&mut self, asked: &Asked, answer: &str) {
        if let Asked::Put(_, id, offset, len, _) = asked
            && answer == "Stored"
        {
            let received = &mut self.blobs[usize::from(id.0[0]) - 1].2;
            *received = (*received).max(offset + len);
        }
    }
}

/// Xorshift: the same seed gives the same game.
struct SeededRng(u64);

impl SeededRng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

/// Everything that can be seen of the blobs from outside, without changing anything: a part with a gap before it and the
/// wrong hash tell what is there of one that is not complete.
async fn seen(store: &dyn Storage, last: usize) -> String {
    let mut seen = String::new();
    for room in ROOMS {
        for n in 1..=last {
            let id = BlobId([u8::try_from(n).unwrap(); 16]);
            let part = store.part(room, Span { id, offset: 5000, len: 1 << 20 }).await.unwrap();
            let behind = NewPart { id, offset: 99 * STEP, bytes: Bytes::from_static(&[0; 1]), now: NOW };
            let (there, ended) = (store.put(room, behind).await, store.complete(room, id, [0; 32], NOW).await);
            writeln!(seen, "{n}: {:?} {:?} {part:?}", there.unwrap(), ended.unwrap()).unwrap();
        }
    }
    seen
}

/// What the file counts of all rooms, and what it holds.
fn counted(file: &std::path::Path) -> [i64; 2] {
    let key = expand::<32>(&[1; 32], Label::new("relay-file"), &[]);
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let db = rusqlite::Connection::open(file).unwrap();
    db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA busy_timeout = 10000;")).unwrap();
    ["SELECT counts FROM blob_total", "SELECT coalesce(sum(counts), 0) FROM blob"]
        .map(|select| db.query_row(select, [], |row| row.get(0)).unwrap())
}
