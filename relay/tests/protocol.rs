//! Raw frames in, raw frames out: what the protocol promises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use std::sync::Arc;

use conclave_proto::{
    ErrorCode, Lane, Role, RoomState,
    frame::{Del, DelTarget, Empty, Ephemeral, GroupInfoGet, Panic, Publish, Reply, Request},
    id::*,
    limits,
    owner::{Order, PanicStatement, Statement},
};
use conclave_relay::log::{MemoryLog, RoomLog, SqlcipherLog, StorageKey};
use conclave_seal::{id, rng::OsRng, transcript, transcript::Statement as _};
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
async fn a_room_is_created_once_and_only_by_who_knows_code_and_owner_key() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut mallory = lab.connect().await;
    let mut create = room.founding(&mallory, AUTHORITY);
    create.mpk = PublicKey([1; 32]);
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::BadSignature, "mpk is signed");
    let create = room.founding(&mallory, "evil.example.org");
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::BadSignature, "not our name");
    let mut forged = TestRoom::new(1);
    forged.deed = deed(&forged.access, &key(99), room.deed.policy(), 1);
    forged.deed =
        conclave_proto::deed::Deed::new(forged.deed.apk(), room.deed.opk(), room.deed.policy(), 1, forged.deed.sig());
    let create = forged.founding(&mallory, AUTHORITY);
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::BadSignature, "not the owner");

    room.create(&lab).await;
    let create = room.founding(&mallory, AUTHORITY);
    assert_eq!(mallory.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::RoomExists);
}

#[tokio::test]
async fn each_role_is_proven_by_its_own_key() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut bob = lab.connect().await;
    assert_eq!(bob.auth(&room, Role::Member, &room.access).await, Err(ErrorCode::NotAuthorised));
    assert_eq!(bob.auth(&room, Role::Join, &room.member).await, Err(ErrorCode::NotAuthorised));
    assert_eq!(bob.auth(&room, Role::Owner, &room.member).await, Err(ErrorCode::NotAuthorised));
    let unknown = TestRoom::new(2);
    assert_eq!(bob.auth(&unknown, Role::Join, &unknown.access).await, Err(ErrorCode::NoSuchRoom));
    let admission = bob.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!((admission.head, admission.head_seq, admission.state), (room.genesis, 0, RoomState::Open));
    assert_eq!(admission.deed, room.deed.as_bytes());
    assert_eq!(admission.seat, Seat(id::seat(AUTHORITY, &[9; 16])), "the seat is named by its founding");
    assert!(bob.auth(&room, Role::Member, &room.member).await.is_ok(), "roles stand side by side");
    assert!(bob.auth(&room, Role::Owner, &room.owner).await.is_ok());
    let other = TestRoom::new(3);
    other.create(&lab).await;
    assert_eq!(bob.auth(&other, Role::Join, &other.access).await, Err(ErrorCode::NotAuthorised), "one room a socket");
}

#[tokio::test]
async fn a_proof_is_worth_nothing_on_another_connection_relay_or_a_second_time() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let (mut bob, mut mallory) = (lab.connect().await, lab.connect().await);
    let proof = bob.proof(&room, Role::Join, &room.access, AUTHORITY);
    let refused = mallory.ask(Request::Auth(proof.clone())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadSignature, "the nonce is another connection's");
    assert!(bob.ask(Request::Auth(proof.clone())).await.is_ok());
    let refused = bob.ask(Request::Auth(proof)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadSignature, "the nonce is used");
    let elsewhere = mallory.proof(&room, Role::Join, &room.access, "other.example.org");
    assert_eq!(mallory.ask(Request::Auth(elsewhere)).await.unwrap_err().code, ErrorCode::BadSignature);
    let mut claimed = mallory.proof(&room, Role::Join, &room.access, "other.example.org");
    claimed.authority = AUTHORITY.into();
    assert_eq!(
        mallory.ask(Request::Auth(claimed)).await.unwrap_err().code,
        ErrorCode::BadSignature,
        "the name is signed"
    );
    lab.relay.add_authority("other.example.org".parse().unwrap());
    let mut bob = lab.connect().await;
    let proof = bob.proof(&room, Role::Join, &room.access, "other.example.org");
    assert!(bob.ask(Request::Auth(proof)).await.is_ok(), "a relay gains names while it runs");
}

#[tokio::test]
async fn a_proof_is_bound_to_the_tls_session() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let info = conclave_relay::ConnectionInfo { exporter: Some([5; 32]) };
    let mut bob = Client::over(lab.pipe(info), [5; 32]).await;
    assert!(bob.hello.exporter_bound);
    assert!(bob.auth(&room, Role::Join, &room.access).await.is_ok());
    let mut mallory = Client::over(lab.pipe(info), [6; 32]).await;
    assert_eq!(
        mallory.auth(&room, Role::Join, &room.access).await,
        Err(ErrorCode::BadSignature),
        "a man in the middle"
    );
}

#[tokio::test]
async fn who_guesses_proofs_is_cut_off() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut mallory = lab.connect().await;
    for _ in 0..9 {
        assert_eq!(mallory.auth(&room, Role::Member, &key(99)).await, Err(ErrorCode::NotAuthorised));
    }
    assert!(mallory.try_next().await.is_none(), "the connection is closed");
}

#[tokio::test]
async fn a_client_that_expects_another_owner_finds_no_room() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut bob = lab.connect().await;
    let mut proof = bob.proof(&room, Role::Member, &room.member, AUTHORITY);
    proof.opk = Some(PublicKey([1; 32]));
    assert_eq!(bob.ask(Request::Auth(proof)).await.unwrap_err().code, ErrorCode::NoSuchRoom);
}

#[tokio::test]
async fn nothing_is_done_without_a_proof() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut mallory = lab.connect().await;
    for request in [
        Request::GroupInfoGet(GroupInfoGet::default()),
        Request::Lease(Empty {}),
        Request::Commit(commit(Lane::Join, room.genesis, &key(9), 1)),
        Request::Publish(publish(room.genesis, b"x", 2)),
        Request::Ephemeral(Ephemeral { blob: b"x" }),
        Request::Status(Empty {}),
        Request::Del(Del { target: DelTarget::Entry(1), token: DelToken([0; 16]) }),
    ] {
        assert_eq!(mallory.ask(request).await.unwrap_err().code, ErrorCode::NotAuthorised);
    }
    assert_eq!(mallory.fetch(0).await.unwrap_err().code, ErrorCode::NotAuthorised);
    mallory.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!(mallory.fetch(0).await.unwrap_err().code, ErrorCode::NotAuthorised, "the code alone fetches nothing");
    assert_eq!(mallory.publish(room.genesis, b"x", 3).await.unwrap_err().code, ErrorCode::NotAuthorised);
    let refused = mallory.commit(Lane::Commit, room.genesis, &key(9), 4).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAuthorised);
    assert!(mallory.ask(Request::Status(Empty {})).await.is_ok());
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
    let head = bob.lease().await.unwrap();
    let epoch = key(50);
    let joined = bob.commit(Lane::Join, head, &epoch, 2).await.unwrap();
    assert_eq!(joined, tag(Lane::Join, &epoch));
    let heard = alice.entry().await;
    assert_eq!((heard.seq, heard.prev, heard.lane, heard.mpk), (2, 1, Lane::Join, Some(PublicKey(epoch.public()))));

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
    assert_eq!(infos.commits[0].seq, 2);
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

#[tokio::test(start_paused = true)]
async fn leases_are_granted_one_after_another() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let (mut bob, mut carol) = (lab.connect().await, lab.connect().await);
    bob.auth(&room, Role::Join, &room.access).await.unwrap();
    carol.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!(bob.lease().await, Ok(room.genesis));
    let waiting = carol.send(Request::Lease(Empty {})).await;
    assert!(carol.ask(Request::Status(Empty {})).await.is_ok(), "who waits is served otherwise");
    let refused = alice.commit(Lane::Commit, room.genesis, &key(60), 1).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::LeaseHeld, "only the holder changes the head");
    assert!(refused.retry_ms.is_some_and(|ms| ms <= 8000));
    let head = bob.commit(Lane::Join, room.genesis, &key(61), 2).await.unwrap();
    let Ok(Reply::Leased(leased)) = carol.reply_to(waiting).await else { panic!() };
    assert_eq!(leased.head, head, "with the head of that moment");
    drop(carol);
    // Her lease ends with her connection; without one a commit is free.
    let mut tries = 0;
    while let Err(refusal) = alice.commit(Lane::Commit, head, &key(62), 3).await {
        assert_eq!(refusal.code, ErrorCode::LeaseHeld);
        tries += 1;
        assert!(tries < 1000, "the lease of a closed connection is freed");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_lapses_goes_to_the_next_and_its_holder_waits() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let (mut bob, mut carol) = (lab.connect().await, lab.connect().await);
    bob.auth(&room, Role::Join, &room.access).await.unwrap();
    carol.auth(&room, Role::Join, &room.access).await.unwrap();
    bob.lease().await.unwrap();
    assert!(carol.lease().await.is_ok(), "after eight seconds of silence");
    let refused = bob.lease().await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::LeaseHeld);
    assert!(refused.retry_ms.is_some_and(|ms| ms > 50_000), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_came_out_of_the_queue_lapses_after_its_own_time() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let (mut bob, mut carol, mut dave) = (lab.connect().await, lab.connect().await, lab.connect().await);
    for joiner in [&mut bob, &mut carol, &mut dave] {
        joiner.auth(&room, Role::Join, &room.access).await.unwrap();
    }
    let head = bob.lease().await.unwrap();
    let waiting = carol.send(Request::Lease(Empty {})).await;
    assert!(carol.ask(Request::Status(Empty {})).await.is_ok());
    bob.commit(Lane::Join, head, &key(50), 1).await.unwrap();
    assert!(matches!(carol.reply_to(waiting).await, Ok(Reply::Leased(_))));
    let granted = tokio::time::Instant::now();
    // Carol falls silent.
    assert!(dave.lease().await.is_ok());
    let held = granted.elapsed();
    assert!(held >= limits::LEASE && held < limits::LEASE * 2, "she held it for {held:?}");
}

#[tokio::test]
async fn a_locked_room_takes_nobody_in_and_keeps_removed_members_out() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let mut mallory = room.enter(&lab).await;
    let mut bob = lab.connect().await;
    bob.auth(&room, Role::Join, &room.access).await.unwrap();

    let wrong = alice.order(&room, 1, Order::Lock(Tag([1; 16]))).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::StaleHead, "a lock names the head, so that nobody slips in between");
    assert!(alice.order(&room, 1, Order::Lock(room.genesis)).await.is_ok());
    let again = alice.order(&room, 1, Order::Unlock(room.genesis)).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::NotAuthorised, "a counter counts once");

    let refused = bob.commit(Lane::Join, room.genesis, &key(40), 1).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RoomLocked);
    assert_eq!(bob.lease().await.unwrap_err().code, ErrorCode::RoomLocked);
    let refused = bob.ask(Request::GroupInfoGet(GroupInfoGet::default())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RoomLocked);
    let Ok(Reply::Status(status)) = bob.ask(Request::Status(Empty {})).await else { panic!() };
    assert_eq!(status.state, RoomState::Locked);

    // Alice removes Mallory: the commit is the last thing that Mallory hears.
    let epoch = key(41);
    let head = alice.commit(Lane::Commit, room.genesis, &epoch, 2).await.unwrap();
    alice.auth(&room, Role::Member, &epoch).await.unwrap();
    alice.publish(head, b"without Mallory", 3).await.unwrap();
    assert_eq!(mallory.entry().await.lane, Lane::Commit);
    let fetched = mallory.fetch(0).await.unwrap();
    assert_eq!(fetched.entries.len(), 1, "up to the first commit after the lock, no further");
    assert!(!fetched.more);
    assert_eq!(mallory.publish(head, b"x", 4).await.unwrap_err().code, ErrorCode::RoomLocked);
    let refused = mallory.commit(Lane::Commit, head, &key(42), 5).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RoomLocked);
    let ephemeral = Request::Ephemeral(Ephemeral { blob: b"x" });
    assert_eq!(mallory.ask(ephemeral).await.unwrap_err().code, ErrorCode::RoomLocked);
    assert!(mallory.pushes.is_empty(), "nothing of the new epoch reached her");

    assert!(alice.order(&room, 2, Order::Unlock(head)).await.is_ok());
    assert!(bob.commit(Lane::Join, head, &key(43), 6).await.is_ok());
}

#[tokio::test]
async fn the_owner_sets_the_head_back_behind_garbage() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let good = alice.commit(Lane::Commit, room.genesis, &key(50), 1).await.unwrap();
    let mut mallory = lab.connect().await;
    mallory.auth(&room, Role::Join, &room.access).await.unwrap();
    mallory.commit(Lane::Join, good, &key(51), 2).await.unwrap();
    let unknown = alice.order(&room, 1, Order::SetHead(Tag([7; 16]))).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NoSuchEntry);
    assert!(alice.order(&room, 1, Order::SetHead(good)).await.is_ok());
    assert!(alice.publish(good, b"on we go", 3).await.is_ok());
    let mut bob = lab.connect().await;
    let admission = bob.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!((admission.head, admission.head_seq), (good, 1));
    let statement = Statement::parse(&admission.owner.unwrap().statement).unwrap();
    assert_eq!(statement.order, Order::SetHead(good), "newcomers see the owner's newest statement");
}

#[tokio::test]
async fn a_policy_is_replaced_by_a_newer_deed_of_the_same_owner() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let policy = conclave_proto::deed::Policy { msg_ttl: 60, ..room.deed.policy() };
    let old = deed(&room.access, &room.owner, policy, 1);
    assert!(alice.order(&room, 1, Order::Policy(old)).await.is_err(), "the revision must grow");
    let newer = deed(&room.access, &room.owner, policy, 2);
    assert!(alice.order(&room, 1, Order::Policy(newer.clone())).await.is_ok());
    let admission = lab.connect().await.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!(admission.deed, newer.as_bytes());
}

#[tokio::test]
async fn a_closed_room_leaves_a_tombstone() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut bob = room.enter(&lab).await;
    assert_eq!(bob.order(&room, 1, Order::Close).await.unwrap_err().code, ErrorCode::NotAuthorised, "no owner's proof");
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert!(alice.order(&room, 1, Order::Close).await.is_ok());
    let Reply::Tombstone(tombstone) = bob.push().await else { panic!() };
    assert_eq!((tombstone.room_id, tombstone.pk), (room.id, room.deed.opk()));
    let refused = bob.publish(room.genesis, b"x", 1).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RoomGone);
    assert!(refused.data.unwrap().tombstone.is_some(), "a writer gets the proof as well");
    let mut late = lab.connect().await;
    let proof = late.proof(&room, Role::Member, &room.member, AUTHORITY);
    let refused = late.ask(Request::Auth(proof)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RoomGone);
    assert_eq!(*refused.data.unwrap().tombstone.unwrap(), tombstone, "who comes late gets the proof");
    let create = room.founding(&late, AUTHORITY);
    assert_eq!(late.ask(Request::Create(create)).await.unwrap_err().code, ErrorCode::RoomGone, "the name is blocked");
}

#[tokio::test]
async fn any_member_of_a_small_room_may_panic_but_not_with_an_old_key() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let epoch = key(50);
    alice.commit(Lane::Commit, room.genesis, &epoch, 1).await.unwrap();
    let statement = PanicStatement { room_id: room.id, time: 1_700_000_000 };
    let transcript = transcript::Panic { room_id: &room.id.0, time: statement.time };
    let bytes = statement.to_bytes();
    let panic_by = |key: &conclave_seal::sign::SigningKey| Panic {
        statement: &bytes,
        sig_access: Signature(transcript.sign(&room.access)),
        pk: PublicKey(key.public()),
        sig: Signature(transcript.sign(key)),
    };
    let old = alice.ask(Request::Panic(panic_by(&room.member))).await.unwrap_err();
    assert_eq!(old.code, ErrorCode::NotAuthorised, "the epoch is over");
    assert!(matches!(alice.ask(Request::Panic(panic_by(&epoch))).await, Ok(Reply::Panicked(Empty {}))));
    assert_eq!(lab.connect().await.auth(&room, Role::Join, &room.access).await, Err(ErrorCode::RoomGone));
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
    for request in [
        Request::BoxNew(conclave_proto::frame::BoxNew { pow: None }),
        Request::ReseatEnd(Empty {}),
        Request::BlobGet(conclave_proto::frame::BlobGet { blob_id: BlobId([0; 16]), offset: 0, len: 1 }),
    ] {
        assert_eq!(alice.ask(request).await.unwrap_err().code, ErrorCode::NotSupported);
    }
}

#[tokio::test]
async fn a_full_room_says_so() {
    let lab = Lab::with(|config| {
        config.quota.entries = 2;
        config.max_sockets_per_room = 2;
    });
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.publish(room.genesis, b"1", 1).await.unwrap();
    alice.publish(room.genesis, b"2", 2).await.unwrap();
    assert_eq!(alice.publish(room.genesis, b"3", 3).await.unwrap_err().code, ErrorCode::Quota);
    let _bob = room.enter(&lab).await;
    assert_eq!(lab.connect().await.auth(&room, Role::Member, &room.member).await, Err(ErrorCode::Quota));
}

#[tokio::test]
async fn a_relay_dies_over_a_log_that_lives() {
    let log = Arc::new(MemoryLog::new());
    goes_on(log.clone(), || log).await;
}

#[tokio::test]
async fn a_relay_dies_over_a_file_that_lives() {
    let folder = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn RoomLog> {
        let key = StorageKey::from_bytes(&[1; 32]);
        Arc::new(SqlcipherLog::open(&folder.path().join("relay.db"), &key, Box::new(OsRng)).unwrap())
    };
    goes_on(open(), open).await;
}

async fn goes_on(log: Arc<dyn RoomLog>, again: impl FnOnce() -> Arc<dyn RoomLog>) {
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
