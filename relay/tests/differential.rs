//! The same random writes in both backends: they answer alike, and what can be read afterwards is alike.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use bytes::Bytes;
use conclave_proto::{
    Lane, RoomState,
    deed::{Deed, PanicBy, Policy},
    id::*,
    limits,
    owner::SignedStatement,
};
use conclave_relay::log::{
    Founding, MemoryLog, NewCommit, NewEntry, OwnerChange, Quota, Range, RoomLog, SqlcipherLog, Standing, StorageKey,
    StoredRoom,
};
use conclave_seal::{expand::expand, label::Label, rng::OsRng};

const ROOM: RoomId = RoomId([1; 32]);
const SEAT: Seat = Seat([7; 16]);
const GENESIS: Tag = Tag([200; 16]);
const NOW: u64 = 1_700_000_000;
const DAY: u64 = 86_400;
const KEYS: u64 = 20;

/// Each with another bound that is met first: entries, bytes, both, and neither for a while.
const QUOTAS: [Quota; 4] = [
    Quota { entries: 6, bytes: 100_000 },
    Quota { entries: 1000, bytes: 3000 },
    Quota { entries: 8, bytes: 3000 },
    Quota { entries: 30, bytes: 8000 },
];
const STEPS: usize = 120;

#[tokio::test]
async fn a_room_that_is_full_of_entries() {
    play(1, QUOTAS[0]).await;
}

#[tokio::test]
async fn a_room_that_is_full_of_bytes() {
    play(2, QUOTAS[1]).await;
}

#[tokio::test]
async fn a_room_that_is_full_of_both() {
    play(3, QUOTAS[2]).await;
}

#[tokio::test]
async fn a_room_that_fills_slowly() {
    play(4, QUOTAS[3]).await;
}

async fn play(seed: u64, quota: Quota) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.db");
    let sql = SqlcipherLog::create(&file, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng)).unwrap();
    let memory = MemoryLog::new();
    let logs: [&dyn RoomLog; 2] = [&memory, &sql];
    for log in logs {
        log.create(founding()).await.unwrap();
    }
    let mut writers = Writers::new(seed, quota);
    for step in 0..STEPS {
        let Some(room) = room(&memory).await else { break };
        let write = writers.next(&room);
        let answers = [carry_out(logs[0], &write).await, carry_out(logs[1], &write).await];
        assert_eq!(answers[0], answers[1], "seed {seed}, step {step}: {write:?}");
        let views = [seen(logs[0]).await, seen(logs[1]).await];
        assert_eq!(views[0], views[1], "seed {seed}, step {step}: {write:?} was answered {}", answers[0]);
    }
    let [said, there] = counted(&file);
    assert_eq!(said, there, "seed {seed}: what the file counts is what it holds");
}

fn founding() -> Founding {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 40 * 86_400, panic_by: PanicBy::Owner, max_members: 16 };
    Founding {
        room: ROOM,
        deed: Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, 1, Signature([6; 64])),
        key: key(0),
        genesis: GENESIS,
        group_info: Bytes::from_static(b"first"),
        place: Bytes::from_static(b"place"),
        seat: SEAT,
        now: NOW,
        max_rooms: 1,
    }
}

/// One operation that changes something, or tries to.
#[derive(Debug)]
enum Write {
    Commit(NewCommit),
    Append(NewEntry),
    Delete(u64, DelHash),
    Expire { now: u64, settled: u64 },
    Order { counter: u64, change: OwnerChange },
}

async fn carry_out(log: &dyn RoomLog, write: &Write) -> String {
    match write {
        Write::Commit(new) => format!("{:?}", log.commit(ROOM, new.clone()).await.unwrap()),
        Write::Append(new) => format!("{:?}", log.append(ROOM, new.clone()).await.unwrap()),
        Write::Delete(seq, hash) => format!("{:?}", log.delete(ROOM, *seq, *hash).await.unwrap()),
        Write::Expire { now, settled } => {
            // One backend takes more of them at once than the other.
            let (mut entries, mut rooms) = (0, 0);
            loop {
                let part = log.expire(*now, *settled).await.unwrap();
                (entries, rooms) = (entries + part.entries, rooms + part.rooms);
                if !part.more {
                    return format!("{entries} entries, {rooms} rooms");
                }
            }
        }
        Write::Order { counter, change } => {
            let signed = SignedStatement { statement: vec![1], sig: Signature([8; 64]) };
            format!("{:?}", log.owner(ROOM, *counter, change.clone(), signed).await.unwrap())
        }
    }
}

/// Those who write, honest or not: names come again, also old ones, heads are stale, clocks jump.
struct Writers {
    rng: SeededRng,
    quota: Quota,
    now: u64,
    settled: u64,
    counter: u64,
    /// The last name that was given; commits and messages are named by number.
    last: u64,
}

impl Writers {
    fn new(seed: u64, quota: Quota) -> Self {
        let rng = SeededRng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        Self { rng, quota, now: NOW, settled: NOW, counter: 0, last: 0 }
    }

    fn next(&mut self, room: &StoredRoom) -> Write {
        match self.rng.below(20) {
            0..=6 => Write::Commit(self.commit(room.head, false)),
            7..=13 => Write::Append(self.entry(room.head)),
            14 => {
                let hash = if self.rng.one_in(5) { 6 } else { 5 };
                Write::Delete(self.rng.below(room.last_seq + 2), DelHash([hash; 32]))
            }
            15 | 16 => {
                self.now += self.rng.one_of([10, 3600, DAY, 8 * DAY]);
                self.settled = if self.rng.one_in(2) { self.now } else { self.settled };
                Write::Expire { now: self.now, settled: self.settled }
            }
            _ => {
                self.counter += self.rng.below(2);
                let state = self.rng.one_of([None, Some(RoomState::Open), Some(RoomState::Locked)]);
                let base = if self.rng.one_in(2) { room.head } else { self.old_tag() };
                let commit = self.rng.one_in(2).then(|| Box::new(self.commit(base, true)));
                Write::Order {
                    counter: self.counter,
                    change: OwnerChange::Head { state, head: room.head, base, commit },
                }
            }
        }
    }

    fn commit(&mut self, head: Tag, owner: bool) -> NewCommit {
        self.last += 1;
        NewCommit {
            seat: SEAT,
            lane: self.rng.one_of([Lane::Join, Lane::Commit]),
            head: if self.rng.one_in(10) { Tag([3; 16]) } else { head },
            author: self.rng.one_in(2).then(|| key(self.rng.below(KEYS))),
            owner,
            blob: self.bytes(1, 900),
            cid: self.cid(),
            key: key(self.rng.below(KEYS)),
            tag: if self.rng.one_in(8) { self.old_tag() } else { Tag(name(self.last)) },
            group_info: self.bytes(0, 500),
            place: self.bytes(0, 60),
            expires: self.now + limits::RETENTION.as_secs(),
            now: self.now,
            quota: self.quota,
        }
    }

    fn entry(&mut self, head: Tag) -> NewEntry {
        self.last += 1;
        NewEntry {
            seat: SEAT,
            head,
            author: key(self.rng.below(KEYS)),
            blob: self.bytes(1, 900),
            cid: self.cid(),
            expires: self.now + 60 + self.rng.below(100_000),
            del_hash: Some(DelHash([5; 32])),
            now: self.now,
            quota: self.quota,
        }
    }

    /// Mostly a new one.
    fn cid(&mut self) -> Cid {
        Cid(name(if self.rng.one_in(8) { self.rng.below(self.last) } else { self.last }))
    }

    /// Of a commit at any time since the beginning, if that number was a commit's.
    fn old_tag(&mut self) -> Tag {
        let number = self.rng.below(self.last + 1);
        if number == 0 { GENESIS } else { Tag(name(number)) }
    }

    fn bytes(&mut self, least: u64, most: u64) -> Bytes {
        let size = least + self.rng.below(most - least);
        Bytes::from(vec![1; usize::try_from(size).unwrap()])
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

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn one_of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[usize::try_from(self.below(N.try_into().unwrap())).unwrap()]
    }
}

fn name(number: u64) -> [u8; 16] {
    u128::from(number).to_le_bytes()
}

fn key(number: u64) -> PublicKey {
    PublicKey([u8::try_from(number).unwrap(); 32])
}

async fn room(log: &dyn RoomLog) -> Option<StoredRoom> {
    match log.state(ROOM).await.unwrap() {
        Standing::Here(room) => Some(*room),
        Standing::Unknown => None,
        Standing::Gone(_) => panic!("nobody destroys it"),
    }
}

/// Everything that can be seen of the room from outside.
async fn seen(log: &dyn RoomLog) -> String {
    let room = room(log).await;
    let mut seen = format!("{room:?}\n");
    for commits_only in [false, true] {
        let range = Range { after: 0, until: u64::MAX, commits_only, max_n: 1000, max_bytes: 1 << 30 };
        let page = log.read(ROOM, range).await.unwrap();
        assert!(page.entries.iter().all(|entry| !entry.blob.is_empty()), "an entry without its envelope: {seen}");
        let commits = page.entries.iter().filter(|entry| entry.tag.is_some()).map(|entry| entry.seq);
        assert_eq!(commits.filter(|seq| *seq <= page.floor).count(), 0, "a commit up to the floor: {seen}");
        writeln!(seen, "{page:?}").unwrap();
    }
    let (mut before, mut above) = (None, u64::MAX);
    while let Some(info) = log.group_info(ROOM, before).await.unwrap() {
        assert!(info.seq < above, "a walk over the GroupInfos is a circle: {seen}");
        (before, above) = (Some(info.tag), info.seq);
        writeln!(seen, "{info:?}").unwrap();
    }
    for number in 0..KEYS {
        write!(seen, "{:?} ", log.member_key(ROOM, key(number)).await.unwrap()).unwrap();
    }
    for seq in (0..room.map_or(0, |room| room.last_seq)).step_by(5) {
        write!(seen, "{:?} ", log.first_commit_after(ROOM, seq).await.unwrap()).unwrap();
    }
    seen
}

/// What the file counts, and what it holds: messages and their bytes, commits and their bytes.
fn counted(file: &std::path::Path) -> [Option<[i64; 4]>; 2] {
    let key = expand::<32>(&[1; 32], Label::new("relay-file"), &[]);
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let db = rusqlite::Connection::open(file).unwrap();
    db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA busy_timeout = 10000;")).unwrap();
    let said = "SELECT messages, message_bytes, commits, commit_bytes FROM room";
    let there = "
        SELECT (SELECT count(*) FROM entry WHERE tag IS NULL),
               (SELECT coalesce(sum(size), 0) FROM entry WHERE tag IS NULL)
                   + 128 * (SELECT count(*) FROM cid WHERE tag IS NULL),
               (SELECT count(*) FROM entry WHERE tag IS NOT NULL),
               (SELECT coalesce(sum(size), 0) FROM entry WHERE tag IS NOT NULL)
                   + (SELECT coalesce(sum(size), 0) FROM place)
                   + 128 * (SELECT count(*) FROM cid WHERE tag IS NOT NULL)
        FROM room";
    [said, there].map(|select| {
        let mut statement = db.prepare(select).unwrap();
        let mut rows = statement.query([]).unwrap();
        let row = rows.next().unwrap()?;
        Some([0, 1, 2, 3].map(|column| row.get(column).unwrap()))
    })
}
