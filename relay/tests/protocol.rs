//! Raw frames in, raw frames out: what the protocol promises to those who are in.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use std::sync::Arc;

use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{Del, DelTarget, Empty, Ephemeral, Fetched, GroupInfoGet, Publish, Reply, Request},
    id::*,
    limits,
    owner::{HeadOrder, Order},
};
use conclave_relay::{
    blob::Storage,
    log::{MemoryLog, SqlcipherLog, StorageKey},
};
use conclave_seal::{id, rng::OsRng};
use lab::*;

#[tokio::test]
async fn alice_creates_a_room_and_bob_hears_what_she_says() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    assert_eq!(alice.hello.versions, [1]);
    assert!(!alice.hello.exporter_bound, "a pipe has no TLS to bind to");
    let mut bob = room.enter(&lab).await;
    assert_eq!(alice.publish(room.genesis, b"hello", 1).await, Ok(1));
    assert_eq!(alice.publish(room.genesis, b"again", 2).await, Ok(2));
    for (seq, text) in [(1, b"hello"), (2, b"again")] {
        let entry = bob.entry().await;
        assert_eq!((entry.seq, entry.prev, &entry.blob[..]), (seq, seq - 1, &text[..]));
        assert_eq!(alice.entry().await, entry, "the author hears it too, as the same bytes");
    }
    assert_eq!(lab.relay.sockets(&room.id), 2);
}

#[tokio::test]
async fn bob_joins_by_a_commit_that_everybody_hears() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.publish(room.genesis, b"before", 1).await.unwrap();
    alice.entry().await;
    let mut bob = lab.connect().await;
    bob.auth(&room, Role::Join, &room.access).await.unwrap();
    let Ok(Reply::GroupInfos(infos)) = bob.ask(Request::GroupInfoGet(GroupInfoGet::default())).await else { panic!() };
    let info = infos.group_info.unwrap();
    assert_eq!((info.tag, info.seq, &info.blob[..]), (room.genesis, 0, &b"genesis group info"[..]));
    assert_eq!(info.place.as_deref(), Some(&b"genesis place"[..]));
    let head = bob.lease().await.unwrap();
    let epoch = key(50);
    let joined = bob.commit(Lane::Join, head, &epoch, 2).await.unwrap();
    assert_eq!(joined, tag(Lane::Join, &epoch));
    let heard = alice.entry().await;
    assert_eq!((heard.seq, heard.prev, heard.lane, heard.mpk), (2, 1, Lane::Join, Some(PublicKey(epoch.public()))));
    assert_eq!(heard.place.as_deref(), Some(&b"place"[..]));

    let admission = bob.auth(&room, Role::Member, &epoch).await.unwrap();
    assert_eq!((admission.head, admission.head_seq), (joined, 2));
    let fetched = bob.fetch(0).await.unwrap();
    assert_eq!(fetched.entries, [], "nothing older than the own epoch is handed out, whatever the cursor says");
    alice.publish(joined, b"welcome", 3).await.unwrap();
    assert_eq!(bob.entry().await.blob, b"welcome");

    let Ok(Reply::GroupInfos(infos)) = bob.ask(Request::GroupInfoGet(GroupInfoGet { before: Some(joined) })).await
    else {
        panic!()
    };
    assert_eq!(infos.group_info.unwrap().tag, room.genesis);
    assert_eq!(infos.commits.len(), 1, "the commits after it come along");
    assert_eq!((infos.commits[0].seq, infos.commits[0].place.as_deref()), (2, Some(&b"place"[..])));
    assert_eq!(alice.fetch(1).await.unwrap().entries[0].place.as_deref(), Some(&b"place"[..]), "to who reads it later");
}

#[tokio::test]
async fn two_commits_race_and_one_wins() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut bob = room.enter(&lab).await;
    let won = alice.commit(Lane::Commit, room.genesis, &key(50), 1).await.unwrap();
    let lost = bob.commit(Lane::Commit, room.genesis, &key(51), 2).await.unwrap_err();
    assert_eq!(lost.code, ErrorCode::StaleHead);
    let data = lost.data.unwrap();
    assert_eq!((data.head, data.seq), (Some(won), Some(1)));
    assert!(bob.commit(Lane::Commit, won, &key(51), 2).await.is_ok(), "a refused cid is free for the next try");
}

#[tokio::test]
async fn a_repeated_request_stores_nothing_twice() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    assert_eq!(alice.publish(room.genesis, b"hello", 1).await, Ok(1));
    let epoch = key(50);
    let committed = alice.commit(Lane::Commit, room.genesis, &epoch, 2).await.unwrap();
    // The head has moved since; the cid is looked up first, or a lost reply would look like a lost message.
    let again = alice.publish(room.genesis, b"hello", 1).await.unwrap_err();
    assert_eq!((again.code, again.data.unwrap().seq), (ErrorCode::Duplicate, Some(1)));
    let again = alice.commit(Lane::Commit, room.genesis, &epoch, 2).await.unwrap_err();
    let data = again.data.unwrap();
    assert_eq!((again.code, data.seq, data.tag), (ErrorCode::Duplicate, Some(2), Some(committed)));
    assert_eq!(alice.fetch(0).await.unwrap().entries.len(), 2);
}

#[tokio::test]
async fn a_stale_message_is_refused_and_nothing_overtakes_it() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut bob = room.enter(&lab).await;
    let head = bob.commit(Lane::Commit, room.genesis, &key(50), 1).await.unwrap();
    let refused = alice.publish(room.genesis, b"first", 2).await.unwrap_err();
    assert_eq!((refused.code, refused.data.unwrap().head), (ErrorCode::StaleHead, Some(head)));
    // On its way before the refusal arrived, and with the new head already.
    let refused = alice.publish(head, b"second", 3).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::StaleHead, "the second message waits for the first");
    assert!(alice.publish(head, b"first", 2).await.is_ok());
    assert!(alice.publish(head, b"second", 3).await.is_ok());
    let texts: Vec<_> = alice.fetch(1).await.unwrap().entries.into_iter().map(|entry| entry.blob).collect();
    assert_eq!(texts, [b"first".to_vec(), b"second".to_vec()]);

    let stale = alice.publish(room.genesis, b"third", 4).await.unwrap_err();
    assert_eq!(stale.code, ErrorCode::StaleHead);
    let encrypted_again = Publish { replaces: Some(Cid([4; 16])), ..publish(head, b"third again", 5) };
    assert!(alice.ask(Request::Publish(encrypted_again)).await.is_ok(), "a new cid names the one that it replaces");
}

#[tokio::test]
async fn a_message_behind_a_refused_one_is_told_the_head_of_now() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut bob = room.enter(&lab).await;
    let first = bob.commit(Lane::Commit, room.genesis, &key(50), 1).await.unwrap();
    assert_eq!(alice.publish(room.genesis, b"first", 2).await.unwrap_err().code, ErrorCode::StaleHead);
    let second = bob.commit(Lane::Commit, first, &key(51), 2).await.unwrap();
    // With the head of then, she would take a commit that she has processed for one that the owner threw out.
    let refused = alice.publish(room.genesis, b"second", 3).await.unwrap_err().data.unwrap();
    assert_eq!((refused.head, refused.seq), (Some(second), Some(2)));
}

#[tokio::test]
async fn fetching_pages_by_number_and_size_and_then_pushes() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    for cid in 1..=10 {
        alice.publish(room.genesis, &[cid; 100], cid).await.unwrap();
    }
    let mut bob = lab.connect().await;
    bob.auth(&room, Role::Member, &room.member).await.unwrap();
    let page = bob.fetch_page(0, 4, 1 << 20).await.unwrap();
    assert_eq!((page.entries.len(), page.more), (4, true));
    alice.publish(room.genesis, b"meanwhile", 11).await.unwrap();
    let page = bob.fetch_page(4, 100, 250).await.unwrap();
    assert_eq!((page.entries.len(), page.more), (2, true), "two of 100 bytes fit 250");
    let page = bob.fetch_page(6, 100, 1).await.unwrap();
    assert_eq!(page.entries.len(), 1, "one entry always comes");
    let page = bob.fetch_page(7, 100, 1 << 20).await.unwrap();
    assert_eq!((page.entries.len(), page.more), (4, false));
    assert!(bob.pushes.is_empty(), "no push came before the last page");
    alice.publish(room.genesis, b"now", 12).await.unwrap();
    let entry = bob.entry().await;
    assert_eq!((entry.seq, entry.prev), (12, 11), "and none is missing");
}

#[tokio::test]
async fn ephemerals_reach_the_others_and_are_kept_by_nobody() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut bob = room.enter(&lab).await;
    alice.send(Request::Ephemeral(Ephemeral { blob: b"typing" })).await;
    alice.publish(room.genesis, b"hello", 1).await.unwrap();
    assert!(matches!(bob.push().await, Reply::Ephemeral(push) if push.blob == b"typing"));
    assert_eq!(bob.entry().await.blob, b"hello");
    assert_eq!(alice.entry().await.blob, b"hello", "not back to where it came from");
    assert_eq!(bob.fetch(0).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn an_entry_is_deleted_by_its_token() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let token = DelToken([3; 16]);
    let del_hash = Some(DelHash(id::del_hash(&token.0)));
    alice.ask(Request::Publish(Publish { del_hash, ..publish(room.genesis, b"once", 1) })).await.unwrap();
    let del = |seq, token| Request::Del(Del { target: DelTarget::Entry(seq), token });
    assert_eq!(alice.ask(del(1, DelToken([4; 16]))).await.unwrap_err().code, ErrorCode::BadToken);
    assert_eq!(alice.ask(del(9, token)).await.unwrap_err().code, ErrorCode::NoSuchEntry);
    assert!(alice.ask(del(1, token)).await.is_ok());
    assert!(alice.ask(del(1, token)).await.is_ok(), "deleting twice is deleting");
    assert_eq!(alice.fetch(0).await.unwrap().entries, []);
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_swept_and_an_idle_room_ends() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.publish(room.genesis, b"short-lived", 1).await.unwrap();
    alice.entry().await;
    lab.clock.0.fetch_add(3601, std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_secs(61)).await;
    assert_eq!(alice.fetch(0).await.unwrap().entries, []);
    lab.clock.0.fetch_add(86_400, std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_secs(61)).await;
    assert!(matches!(alice.push().await, Reply::Refused(refusal) if refusal.code == ErrorCode::NoSuchRoom));
}

#[tokio::test]
async fn who_was_away_longer_than_commits_are_kept_is_told_so() {
    let lab = Lab::with(|config| config.sweep_interval = std::time::Duration::from_millis(1));
    let mut room = TestRoom::new(1);
    let policy = conclave_proto::deed::Policy { idle_ttl: 40 * 86_400, ..room.deed.policy() };
    room.deed = deed(&room.access, &room.owner, policy, 1);
    let mut alice = room.create(&lab).await;
    let first = alice.commit(Lane::Commit, room.genesis, &key(50), 1).await.unwrap();
    lab.clock.0.fetch_add(limits::RETENTION.as_secs() - 10, std::sync::atomic::Ordering::SeqCst);
    let second = alice.commit(Lane::Commit, first, &key(51), 2).await.unwrap();
    // A room in which nobody says anything would end.
    alice.publish(second, b"still here", 4).await.unwrap();
    lab.clock.0.fetch_add(11, std::sync::atomic::Ordering::SeqCst);
    let mut bob = lab.connect().await;
    bob.auth(&room, Role::Member, &room.member).await.unwrap();
    let refused = loop {
        match bob.fetch(0).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(refused) => break refused,
        }
    };
    assert_eq!((refused.code, refused.data.unwrap().seq), (ErrorCode::CursorExpired, Some(1)));
    assert_eq!(bob.auth(&room, Role::Member, &key(50)).await, Err(ErrorCode::NotAuthorised), "its key went with it");
    assert!(alice.publish(second, b"x", 3).await.is_ok());
}

#[tokio::test]
async fn what_this_relay_does_not_offer_is_said_in_one_way() {
    let lab = Lab::new();
    let mut alice = lab.connect().await;
    assert_eq!(alice.ask(Request::ReseatEnd(Empty {})).await.unwrap_err().code, ErrorCode::NotSupported);
}

#[tokio::test]
async fn a_room_has_so_many_connections() {
    let lab = Lab::with(|config| config.max_sockets_per_room = 2);
    let room = TestRoom::new(1);
    let _alice = room.create(&lab).await;
    let _bob = room.enter(&lab).await;
    assert_eq!(lab.connect().await.auth(&room, Role::Member, &room.member).await, Err(ErrorCode::Quota));
}

#[tokio::test]
async fn a_room_full_of_messages_takes_commits_and_messages_and_one_full_of_commits_both() {
    let lab = Lab::with(|config| config.quota.entries = 8);
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    for cid in 1..=5 {
        alice.publish(room.genesis, b"x", cid).await.unwrap();
    }
    let seqs = |fetched: Fetched| fetched.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>();
    assert_eq!(seqs(alice.fetch(0).await.unwrap()), [2, 3, 4, 5], "half of it, and the oldest has gone");
    let mut head = room.genesis;
    for cid in 10..15 {
        head = alice.commit(Lane::Commit, head, &key(cid), cid).await.unwrap();
    }
    let expired = alice.fetch(0).await.unwrap_err();
    assert_eq!((expired.code, expired.data.unwrap().seq), (ErrorCode::CursorExpired, Some(6)));
    assert_eq!(seqs(alice.fetch(6).await.unwrap()), [7, 8, 9, 10]);
    alice.publish(head, b"x", 6).await.unwrap();
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert!(alice.order(&room, 1, Order::Lock(HeadOrder::at(head))).await.is_ok(), "orders take no room");
}

/// Up to the floor commits have no envelopes: under an empty one a joiner could not find the tag.
#[tokio::test]
async fn group_infos_come_without_commits_up_to_the_floor() {
    let lab = Lab::with(|config| config.quota.bytes = 4000);
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut heads = vec![room.genesis];
    for cid in 10..40 {
        heads.push(alice.commit(Lane::Commit, heads[heads.len() - 1], &key(cid), cid).await.unwrap());
    }
    let floor = alice.fetch(0).await.unwrap_err().data.unwrap().seq.unwrap();
    assert!((1..30).contains(&floor), "{floor}");
    for before in heads.iter().rev().map(|tag| Some(*tag)).chain([None]) {
        let get = Request::GroupInfoGet(GroupInfoGet { before });
        let Ok(Reply::GroupInfos(infos)) = alice.ask(get).await else { panic!() };
        let Some(info) = infos.group_info else { continue };
        let seqs: Vec<u64> = infos.commits.iter().map(|commit| commit.seq).collect();
        assert_eq!(seqs, (info.seq.max(floor) + 1..=30).collect::<Vec<_>>());
        assert!(infos.commits.iter().all(|commit| !commit.blob.is_empty()));
    }
}

#[tokio::test]
async fn a_cursor_beyond_the_last_number_cannot_go_on() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.publish(room.genesis, b"x", 1).await.unwrap();
    assert!(alice.fetch(1).await.is_ok());
    for after in [2, u64::MAX] {
        assert_eq!(alice.fetch(after).await.unwrap_err().code, ErrorCode::CursorExpired);
    }
}

#[tokio::test]
async fn roles_end_with_the_seat() {
    let lab = Lab::with(|config| config.sweep_interval = std::time::Duration::from_millis(10));
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Join, &room.access).await.unwrap();
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    lab.clock.0.fetch_add(2 * 86_400, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(alice.push().await, Reply::Refused(refusal) if refusal.code == ErrorCode::NoSuchRoom));
    // The room is founded again, by somebody who knows the code, and its first epoch has another key.
    let again = TestRoom { member: key(90), ..TestRoom::new(1) };
    let mut bob = again.create(&lab).await;
    for request in [
        Request::Publish(publish(room.genesis, b"from before", 9)),
        Request::Commit(commit(Lane::Commit, room.genesis, &key(50), 8)),
        Request::Commit(commit(Lane::Join, room.genesis, &key(50), 7)),
        Request::GroupInfoGet(GroupInfoGet::default()),
        Request::Lease(Empty {}),
        Request::Status(Empty {}),
    ] {
        assert_eq!(alice.ask(request).await.unwrap_err().code, ErrorCode::NotAuthorised);
    }
    assert_eq!(alice.fetch(0).await.unwrap_err().code, ErrorCode::NotAuthorised);
    assert_eq!(alice.order(&room, 1, Order::Close).await.unwrap_err().code, ErrorCode::NotAuthorised);
    bob.publish(room.genesis, b"new", 1).await.unwrap();
    assert_eq!(alice.auth(&again, Role::Member, &again.member).await.unwrap().head, room.genesis, "proven anew");
    assert_eq!(alice.fetch(0).await.unwrap().entries.len(), 1);
    assert!(alice.pushes.is_empty(), "and nothing came meanwhile");
}

#[tokio::test]
async fn a_message_lives_a_minute_at_least() {
    let lab = Lab::with(|config| config.sweep_interval = std::time::Duration::from_millis(10));
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.ask(Request::Publish(Publish { ttl: 0, ..publish(room.genesis, b"x", 1) })).await.unwrap();
    lab.clock.0.fetch_add(59, std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(alice.fetch(0).await.unwrap().entries.len(), 1, "whatever its sender says");
    lab.clock.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let mut tries = 0;
    while !alice.fetch(0).await.unwrap().entries.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        tries += 1;
        assert!(tries < 500, "then it goes");
    }
}

#[tokio::test]
async fn a_relay_dies_over_a_log_that_lives() {
    let log = Arc::new(MemoryLog::new());
    goes_on(log.clone(), || log).await;
}

#[tokio::test]
async fn a_relay_dies_over_a_file_that_lives() {
    let folder = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn Storage> {
        let key = StorageKey::from_bytes(&[1; 32]);
        let path = folder.path().join("relay.db");
        let opened = if path.exists() { SqlcipherLog::open } else { SqlcipherLog::create };
        Arc::new(opened(&path, &key, Box::new(OsRng)).unwrap())
    };
    goes_on(open(), open).await;
}

async fn goes_on(log: Arc<dyn Storage>, again: impl FnOnce() -> Arc<dyn Storage>) {
    let room = TestRoom::new(1);
    let first = Lab::over(log, |_| {});
    let mut alice = room.create(&first).await;
    let mut bob = room.enter(&first).await;
    alice.publish(room.genesis, b"before", 1).await.unwrap();
    assert_eq!(bob.entry().await.blob, b"before");
    first.relay.shutdown().await;
    drop((first, alice, bob));
    let second = Lab::over(again(), |_| {});
    let mut alice = second.connect().await;
    alice.auth(&room, Role::Member, &room.member).await.unwrap();
    assert_eq!(alice.fetch(0).await.unwrap().entries.len(), 1);
    alice.publish(room.genesis, b"after", 2).await.unwrap();
    assert_eq!(alice.entry().await.seq, 2, "numbers go on");
}
