//! Files of members over the wire: who may, what is refused, and what they cost others.

#![expect(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{BlobEnd, BlobGet, BlobNew, BlobPut, BlobReserved, Del, DelTarget, Refusal, Reply, Request},
    id::*,
    limits,
    owner::{HeadOrder, Order},
};
use conclave_relay::{ConnectionInfo, Ended, log::MemoryLog};
use conclave_seal::{hash::sha256, id::del_hash};
use lab::*;

const TOKEN: DelToken = DelToken([5; 16]);

fn file(len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from(at / 1000 % 251).unwrap()).collect()
}

fn new(size: usize) -> Request<'static> {
    let size = size.try_into().unwrap();
    Request::BlobNew(BlobNew { size, del_hash: DelHash(del_hash(&TOKEN.0)), ttl: 3600 })
}

fn end(blob_id: BlobId, file: &[u8]) -> Request<'static> {
    Request::BlobEnd(BlobEnd { blob_id, sha256: sha256(file) })
}

fn get(blob_id: BlobId, offset: usize, len: usize) -> Request<'static> {
    let (offset, len) = (offset.try_into().unwrap(), len.try_into().unwrap());
    Request::BlobGet(BlobGet { blob_id, offset, len })
}

fn del(blob_id: BlobId, token: DelToken) -> Request<'static> {
    Request::Del(Del { target: DelTarget::Blob(blob_id), token })
}

async fn reserve(client: &mut Client, size: usize) -> Result<BlobId, ErrorCode> {
    match client.ask(new(size)).await {
        Ok(Reply::BlobReserved(BlobReserved { blob_id })) => Ok(blob_id),
        Ok(other) => panic!("{other:?} answers BLOB_NEW"),
        Err(refusal) => Err(refusal.code),
    }
}

async fn put(client: &mut Client, blob_id: BlobId, offset: usize, bytes: &[u8]) -> Result<Reply, Refusal> {
    client.ask(Request::BlobPut(BlobPut { blob_id, offset: offset.try_into().unwrap(), bytes })).await
}

/// Uploads all of a file, and makes it complete.
async fn upload(client: &mut Client, file: &[u8]) -> BlobId {
    let id = reserve(client, file.len()).await.unwrap();
    for (part, offset) in file.chunks(limits::BLOB_PART).zip((0..).step_by(limits::BLOB_PART)) {
        put(client, id, offset, part).await.unwrap();
    }
    client.ask(end(id, file)).await.unwrap();
    id
}

async fn download(client: &mut Client, id: BlobId, len: usize) -> Result<Vec<u8>, Refusal> {
    let mut file = Vec::new();
    while file.len() < len {
        match client.ask(get(id, file.len(), limits::BLOB_PART)).await? {
            Reply::BlobBytes(part) => file.extend(part.bytes),
            other => panic!("{other:?} answers BLOB_GET"),
        }
    }
    Ok(file)
}

#[tokio::test]
async fn an_upload_survives_the_connection_and_others_get_the_file() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    assert_eq!(alice.hello.limits.blob, u32::try_from(limits::BLOB).unwrap());
    let file = file(700_000);
    let id = reserve(&mut alice, file.len()).await.unwrap();
    put(&mut alice, id, 0, &file[..limits::BLOB_PART]).await.unwrap();
    // The answer to this one is lost.
    let second = &file[limits::BLOB_PART..2 * limits::BLOB_PART];
    alice.send(Request::BlobPut(BlobPut { blob_id: id, offset: 262_144, bytes: second })).await;
    while lab.relay.status().connections > 0 {
        let _ = alice.socket.close(None).await;
        tokio::task::yield_now().await;
    }
    let mut alice = room.enter(&lab).await;
    let refused = alice.ask(end(id, &file)).await.unwrap_err();
    let received = usize::try_from(refused.data.unwrap().seq.unwrap()).unwrap();
    assert_eq!((refused.code, received % limits::BLOB_PART), (ErrorCode::BlobOffset, 0), "it says where to go on");
    put(&mut alice, id, 262_144, second).await.unwrap();
    let refused = put(&mut alice, id, 0, second).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BlobDiffers, "what is there does not change");
    put(&mut alice, id, 524_288, &file[524_288..]).await.unwrap();
    alice.ask(end(id, &file)).await.unwrap();
    alice.ask(end(id, &file)).await.unwrap();
    let mut bob = room.enter(&lab).await;
    assert!(download(&mut bob, id, file.len()).await.unwrap() == file);
    let refused = bob.ask(get(id, file.len(), 1)).await.unwrap_err();
    assert_eq!((refused.code, refused.data.unwrap().seq), (ErrorCode::BlobOffset, Some(700_000)));
}

#[tokio::test]
async fn files_are_for_members_and_in_a_locked_room_for_the_epoch_of_the_head() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let id = upload(&mut alice, b"a file").await;
    let mut bob = room.enter(&lab).await;
    let mut carol = lab.connect().await;
    carol.auth(&room, Role::Join, &room.access).await.unwrap();
    let mut mallory = lab.connect().await;
    let requests = || {
        let part = BlobPut { blob_id: id, offset: 0, bytes: b"a file" };
        [new(6), Request::BlobPut(part), end(id, b"a file"), get(id, 0, 6), del(id, TOKEN)]
    };
    for request in requests() {
        assert_eq!(carol.ask(request.clone()).await.unwrap_err().code, ErrorCode::NotAuthorised, "at the door");
        assert_eq!(mallory.ask(request).await.unwrap_err().code, ErrorCode::NotAuthorised);
    }
    alice.commit(Lane::Commit, room.genesis, &key(50), 1).await.unwrap();
    alice.auth(&room, Role::Member, &key(50)).await.unwrap();
    assert!(bob.ask(get(id, 0, 6)).await.is_ok(), "in an open room members of every epoch");
    alice.order(&room, 1, Order::Lock(HeadOrder::at(tag(Lane::Commit, &key(50))))).await.unwrap();
    for request in requests() {
        assert_eq!(bob.ask(request).await.unwrap_err().code, ErrorCode::RoomLocked);
    }
    for request in requests() {
        assert!(alice.ask(request).await.is_ok());
    }
}

#[tokio::test]
async fn what_no_client_sends_is_refused_and_changes_nothing() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut mallory = room.create(&lab).await;
    assert_eq!(reserve(&mut mallory, 0).await, Err(ErrorCode::BadFrame));
    assert_eq!(reserve(&mut mallory, limits::BLOB + 1).await, Err(ErrorCode::TooLarge));
    let largest = reserve(&mut mallory, limits::BLOB).await.unwrap();
    let part = vec![1; limits::BLOB_PART + limits::BLOB_STEP];
    for (offset, bytes, code) in [
        (0, &part[..0], ErrorCode::BadFrame),
        (0, &part[..5], ErrorCode::BadFrame),
        (0, &part[..], ErrorCode::TooLarge),
        (limits::BLOB_STEP, &part[..limits::BLOB_STEP], ErrorCode::BlobOffset),
        (limits::BLOB, &part[..limits::BLOB_STEP], ErrorCode::TooLarge),
        (usize::MAX, &part[..limits::BLOB_STEP], ErrorCode::TooLarge),
    ] {
        let refused = put(&mut mallory, largest, offset, bytes).await.unwrap_err();
        assert_eq!(refused.code, code, "{} bytes at {offset}", bytes.len());
    }
    let refused = mallory.ask(end(largest, b"")).await.unwrap_err();
    assert_eq!((refused.code, refused.data.unwrap().seq), (ErrorCode::BlobOffset, Some(0)));
    let id = upload(&mut mallory, b"a file").await;
    assert_eq!(mallory.ask(get(id, 0, 0)).await.unwrap_err().code, ErrorCode::BadFrame);
    assert_eq!(mallory.ask(get(largest, 0, 1)).await.unwrap_err().code, ErrorCode::NoSuchEntry, "it is not complete");
    assert_eq!(mallory.ask(end(id, b"another file")).await.unwrap_err().code, ErrorCode::BlobDiffers);
    assert_eq!(mallory.ask(del(id, DelToken([6; 16]))).await.unwrap_err().code, ErrorCode::BadToken);
    let unknown = BlobId([9; 16]);
    for request in [end(unknown, b""), get(unknown, 0, 1), del(unknown, TOKEN)] {
        assert_eq!(mallory.ask(request).await.unwrap_err().code, ErrorCode::NoSuchEntry);
    }
    assert_eq!(download(&mut mallory, id, 6).await.unwrap(), b"a file");
    for _ in 0..2 {
        assert_eq!(mallory.ask(del(id, TOKEN)).await, Ok(Reply::Deleted(conclave_proto::frame::Empty {})));
    }
    assert_eq!(mallory.ask(get(id, 0, 1)).await.unwrap_err().code, ErrorCode::NoSuchEntry);
}

#[tokio::test]
async fn who_fills_a_room_keeps_new_files_out_and_nothing_else() {
    let lab = Lab::with(|config| config.blobs.room_bytes = 2 * 1024 * 1024);
    let (room, other) = (TestRoom::new(1), TestRoom::new(2));
    let mut alice = room.create(&lab).await;
    let before = upload(&mut alice, b"a file of before").await;
    // Whoever found the invitation is a member with the key of a garbage commit.
    let mut mallory = lab.connect().await;
    mallory.auth(&room, Role::Join, &room.access).await.unwrap();
    let head = mallory.commit(Lane::Join, room.genesis, &key(66), 1).await.unwrap();
    mallory.auth(&room, Role::Member, &key(66)).await.unwrap();
    while reserve(&mut mallory, 500_000).await.is_ok() {}
    assert_eq!(reserve(&mut alice, 500_000).await, Err(ErrorCode::Quota));
    assert_eq!(download(&mut alice, before, 16).await.unwrap(), b"a file of before", "nothing older goes");
    assert!(alice.publish(head, b"and we talk", 2).await.is_ok());
    let mut carol = other.create(&lab).await;
    assert!(reserve(&mut carol, 500_000).await.is_ok(), "nor is another room concerned");
    lab.clock.0.fetch_add(60, Ordering::SeqCst);
    assert!(reserve(&mut alice, 500_000).await.is_ok(), "what nobody uploads gives way after a minute");
}

#[tokio::test]
async fn a_relay_that_takes_no_files_still_hands_out_those_that_it_has() {
    let log = Arc::new(MemoryLog::new());
    let room = TestRoom::new(1);
    let id = {
        let lab = Lab::over(Arc::<MemoryLog>::clone(&log), |_| {});
        let mut alice = room.create(&lab).await;
        upload(&mut alice, b"a file").await
    };
    let lab = Lab::over(log, |config| config.limits.blob = 0);
    let mut alice = room.enter(&lab).await;
    assert_eq!(alice.hello.limits.blob, 0);
    assert_eq!(reserve(&mut alice, 6).await, Err(ErrorCode::NotSupported));
    assert_eq!(download(&mut alice, id, 6).await.unwrap(), b"a file");
}

#[tokio::test(start_paused = true)]
async fn files_go_with_their_time_and_with_their_room() {
    let lab = Lab::new();
    let (room, other) = (TestRoom::new(1), TestRoom::new(2));
    let mut alice = room.create(&lab).await;
    let mut bob = other.create(&lab).await;
    bob.auth(&other, Role::Owner, &other.owner).await.unwrap();
    let (file, closed) = (upload(&mut alice, b"a file").await, upload(&mut bob, b"a file").await);
    lab.clock.0.fetch_add(3601, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(alice.ask(get(file, 0, 6)).await.unwrap_err().code, ErrorCode::NoSuchEntry);
    bob.order(&other, 1, Order::Close).await.unwrap();
    assert_eq!(bob.ask(get(closed, 0, 6)).await.unwrap_err().code, ErrorCode::RoomGone);
}

#[tokio::test]
async fn uploads_share_the_budget_of_large_messages() {
    // One message at a time, of all that arrive.
    let lab = Lab::with(|config| config.large_bytes = 2 * 1024 * 1024);
    let room = TestRoom::new(1);
    let (mut alice, file) = (room.create(&lab).await, file(1_000_000));
    let mut bob = room.enter(&lab).await;
    let uploads = async { tokio::join!(upload(&mut alice, &file), upload(&mut bob, &file)) };
    let (one, two) = tokio::time::timeout(Duration::from_secs(60), uploads).await.unwrap();
    assert!(download(&mut alice, two, file.len()).await.unwrap() == file);
    assert!(download(&mut bob, one, file.len()).await.unwrap() == file);
}

/// Forty parts are asked for and none is read, while the room goes on.
#[tokio::test]
async fn a_slow_reader_of_files_is_not_closed_and_holds_two_parts() {
    // A quarter of them would be too much beside what is said.
    let lab = Lab::with(|config| config.outgoing = 2 * 1024 * 1024);
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let file = file(10 * limits::BLOB_PART);
    let id = upload(&mut alice, &file).await;
    let mut bob = Client::over(lab.pipe_of(64 * 1024, ConnectionInfo::default()), [0; 32]).await;
    bob.auth(&room, Role::Member, &room.member).await.unwrap();
    bob.fetch(0).await.unwrap();
    let mut asked = Vec::new();
    for n in 0..40 {
        asked.push(bob.send(get(id, n % 10 * limits::BLOB_PART, limits::BLOB_PART)).await);
    }
    for cid in 1..=20 {
        alice.publish(room.genesis, &[1; 60_000], cid).await.unwrap();
    }
    for (n, rid) in asked.into_iter().enumerate() {
        let Ok(Reply::BlobBytes(part)) = bob.reply_to(rid).await else { panic!("part {n}") };
        let start = n % 10 * limits::BLOB_PART;
        assert!(part.bytes == file[start..start + limits::BLOB_PART]);
    }
    assert_eq!(lab.relay.status().ended.of(Ended::SlowReader), 0);
    assert_eq!(bob.pushes.len(), 20, "and every message has come");
}
