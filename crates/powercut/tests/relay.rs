//! A relay loses its power after every sync of a scripted run, and has everything that it acknowledged until then.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use bytes::Bytes;
use conclave_powercut::{Disk, Image};
use conclave_proto::{
    Lane,
    deed::{Deed, PanicBy, Policy},
    id::{BlobId, Cid, DelHash, PublicKey, RoomId, Seat, Signature, Tag},
    limits,
    owner::Tombstone,
};
use conclave_relay::{
    blob::{BlobQuota, BlobStore as _, Completion, NewBlob, NewPart, Part, Put, Reservation, Span},
    log::{Append, Creation, Founding, NewCommit, NewEntry, Quota, Range, RoomLog, SqlcipherLog, Standing, StorageKey},
};
use conclave_seal::{hash::sha256, rng::OsRng};
use tempfile::TempDir;

const ROOM: RoomId = RoomId([1; 32]);
const OTHER: RoomId = RoomId([2; 32]);
const GENESIS: Tag = Tag([200; 16]);
const KEY: PublicKey = PublicKey([201; 32]);
const NOW: u64 = 1_700_000_000;
const QUOTA: Quota = Quota { entries: 1000, bytes: 1_000_000 };
const ENTRIES: u8 = 30;
const SEAT: Seat = Seat([7; 16]);

fn deed() -> Deed {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 40 * 86_400, panic_by: PanicBy::Owner, max_members: 16 };
    Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, 1, Signature([6; 64]))
}

fn founding(room: RoomId) -> Founding {
    Founding {
        room,
        deed: deed(),
        key: KEY,
        genesis: GENESIS,
        group_info: Bytes::from_static(b"first"),
        place: Bytes::from_static(b"place"),
        seat: SEAT,
        now: NOW,
        max_rooms: 3,
    }
}

fn blob(n: u8) -> Bytes {
    Bytes::from(vec![n; 400])
}

fn entry(n: u8) -> NewEntry {
    NewEntry {
        seat: SEAT,
        head: GENESIS,
        author: KEY,
        blob: blob(n),
        cid: Cid([n; 16]),
        // Every third one expires in the middle of the run.
        expires: if n.is_multiple_of(3) { NOW + 60 } else { NOW + 3600 },
        del_hash: Some(DelHash([n; 32])),
        now: NOW,
        quota: QUOTA,
    }
}

fn commit() -> NewCommit {
    NewCommit {
        seat: SEAT,
        lane: Lane::Commit,
        head: GENESIS,
        author: Some(KEY),
        owner: false,
        blob: blob(99),
        cid: Cid([99; 16]),
        key: PublicKey([99; 32]),
        tag: Tag([99; 16]),
        group_info: Bytes::from(vec![98; 300]),
        place: Bytes::from(vec![97; 50]),
        expires: NOW + 86_400,
        now: NOW,
        quota: QUOTA,
    }
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

fn open(folder: &Path) -> Result<SqlcipherLog, String> {
    let path = folder.join("relay.db");
    let opened = if path.exists() { SqlcipherLog::open } else { SqlcipherLog::create };
    let log = opened(&path, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng));
    log.map_err(|error| error.to_string())
}

const COMMITTED: u64 = 3 + 30;
const WIPED: u64 = COMMITTED + 1;

/// What was acknowledged: 1 and 2 the rooms, 3.. the entries of the first, a commit, the end of the second.
async fn run(disk: &Disk, folder: &Path) {
    let log = open(folder).unwrap();
    assert_eq!(log.create(founding(OTHER)).await.unwrap(), Creation::Created);
    disk.acknowledge(1);
    assert_eq!(log.create(founding(ROOM)).await.unwrap(), Creation::Created);
    disk.acknowledge(2);
    for n in 0..ENTRIES {
        assert!(matches!(log.append(ROOM, entry(n)).await.unwrap(), Append::Stored { .. }));
        disk.acknowledge(3 + u64::from(n));
        if n == ENTRIES / 2 {
            log.expire(NOW + 60, NOW + 60).await.unwrap();
        }
    }
    assert!(matches!(log.commit(ROOM, commit()).await.unwrap(), Append::Stored { .. }));
    disk.acknowledge(COMMITTED);
    log.wipe(OTHER, tombstone(OTHER), NOW + 86_400).await.unwrap();
    disk.acknowledge(WIPED);
}

/// What a relay says that starts after a cut.
async fn check(image: &Image) -> Result<(), String> {
    let folder = TempDir::new().unwrap();
    image.restore(folder.path());
    let acknowledged = image.acknowledged;
    let log = open(folder.path())?;
    match log.state(OTHER).await.map_err(|error| error.to_string())? {
        Standing::Unknown if acknowledged >= 1 => return Err("the second room is missing".to_owned()),
        Standing::Here(_) if acknowledged >= WIPED => return Err("the second room is back".to_owned()),
        Standing::Here(_) | Standing::Gone(_) | Standing::Unknown => {}
    }
    let room = match log.state(ROOM).await.map_err(|error| error.to_string())? {
        Standing::Here(room) => room,
        Standing::Gone(_) | Standing::Unknown if acknowledged < 2 => return Ok(()),
        Standing::Gone(_) | Standing::Unknown => return Err("the room is missing".to_owned()),
    };
    if acknowledged >= COMMITTED && room.head != commit().tag {
        return Err("the commit is missing".to_owned());
    }
    let range = Range { after: 0, until: u64::MAX, commits_only: false, max_n: 1000, max_bytes: 1 << 20 };
    let page = log.read(ROOM, range).await.map_err(|error| error.to_string())?;
    let seqs: Vec<u64> = page.entries.iter().map(|entry| entry.seq).collect();
    if !seqs.is_sorted_by(|a, b| a < b) {
        return Err(format!("out of order: {seqs:?}"));
    }
    for n in (0..ENTRIES).filter(|n| !n.is_multiple_of(3) && u64::from(*n) + 3 <= acknowledged) {
        if !page.entries.iter().any(|entry| entry.blob == blob(n)) {
            return Err(format!("entry {n} is missing"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_relay_loses_nothing_acknowledged_wherever_the_power_goes() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::watch(folder.path());
    run(&disk, folder.path()).await;
    let images = disk.images();
    assert!(images.len() > 30, "a sync for each step at least: {}", images.len());
    for (cut, image) in images.iter().enumerate() {
        if let Err(loss) = check(image).await {
            panic!("cut {cut} of {}, {} acknowledged: {loss}", images.len(), image.acknowledged);
        }
    }
}

const FILE: BlobId = BlobId([3; 16]);
const PARTS: u8 = 4;

fn part(n: u8) -> NewPart {
    let offset = u64::try_from(limits::BLOB_PART).unwrap().saturating_mul(u64::from(n));
    NewPart { id: FILE, offset, bytes: Bytes::from(vec![n; limits::BLOB_PART]), now: NOW }
}

fn file() -> Vec<u8> {
    (0..PARTS).flat_map(|n| part(n).bytes).collect()
}

const RESERVED: u64 = 2;
const COMPLETE: u64 = RESERVED + 4 + 1;
const ENDED: u64 = COMPLETE + 1;

/// What was acknowledged: 1 the room, 2 a place for a file, 3 to 6 its parts, 7 the whole, 8 the end of the room.
async fn upload(disk: &Disk, folder: &Path) {
    let log = open(folder).unwrap();
    assert_eq!(log.create(founding(ROOM)).await.unwrap(), Creation::Created);
    disk.acknowledge(1);
    let quota = BlobQuota { room_blobs: 9, room_bytes: 1 << 30, relay_bytes: 1 << 30 };
    let (size, del_hash) = (file().len().try_into().unwrap(), DelHash([0; 32]));
    let new = NewBlob { seat: SEAT, id: FILE, size, del_hash, ttl: 3600, now: NOW, quota };
    assert_eq!(log.reserve(ROOM, new).await.unwrap(), Reservation::Reserved);
    disk.acknowledge(RESERVED);
    for n in 0..PARTS {
        assert_eq!(log.put(ROOM, part(n)).await.unwrap(), Put::Stored);
        disk.acknowledge(RESERVED + 1 + u64::from(n));
    }
    assert_eq!(log.complete(ROOM, FILE, sha256(&file()), NOW).await.unwrap(), Completion::Complete);
    disk.acknowledge(COMPLETE);
    log.wipe(ROOM, tombstone(ROOM), NOW).await.unwrap();
    disk.acknowledge(ENDED);
    while log.expire_blobs(NOW).await.unwrap().more {}
}

/// What a relay says of the file that starts after a cut, and whether the upload goes on there.
async fn check_file(image: &Image) -> Result<(), String> {
    let folder = TempDir::new().unwrap();
    image.restore(folder.path());
    let log = open(folder.path())?;
    let whole = Span { id: FILE, offset: 0, len: u64::MAX };
    match (log.part(ROOM, whole).await.map_err(|error| error.to_string())?, image.acknowledged) {
        (Part::NoSuchBlob, ENDED..) => return Ok(()),
        (_, ENDED..) => return Err("the file is back".to_owned()),
        (Part::NoSuchBlob, COMPLETE) if matches!(log.state(ROOM).await, Ok(Standing::Gone(_))) => return Ok(()),
        (Part::Bytes(bytes), _) if bytes == file() => {}
        (Part::NoSuchBlob, ..COMPLETE) => {}
        (other, acknowledged) => return Err(format!("{acknowledged} acknowledged: {other:?}")),
    }
    if image.acknowledged < RESERVED {
        return Ok(());
    }
    // Only those that were not acknowledged may be missing.
    for n in (0..PARTS).rev().filter(|n| RESERVED + u64::from(*n) < image.acknowledged) {
        if log.put(ROOM, part(n)).await.map_err(|error| error.to_string())? != Put::Stored {
            return Err(format!("part {n} is missing"));
        }
    }
    for n in 0..PARTS {
        if log.put(ROOM, part(n)).await.map_err(|error| error.to_string())? != Put::Stored {
            return Err(format!("part {n} is not taken"));
        }
    }
    let completion = log.complete(ROOM, FILE, sha256(&file()), NOW).await.map_err(|error| error.to_string())?;
    if completion == Completion::Complete { Ok(()) } else { Err(format!("the file is {completion:?}")) }
}

#[tokio::test]
async fn an_upload_goes_on_wherever_the_power_went() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::watch(folder.path());
    upload(&disk, folder.path()).await;
    let images = disk.images();
    assert!(images.len() > 10, "a sync for each step at least: {}", images.len());
    for (cut, image) in images.iter().enumerate() {
        if let Err(loss) = check_file(image).await {
            panic!("cut {cut} of {}, {} acknowledged: {loss}", images.len(), image.acknowledged);
        }
    }
}
