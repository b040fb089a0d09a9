//! What the owner, and in small rooms any member, may do to a room: lock it, repair it, change its rules, end it.

#[path = "lab/lab.rs"]
mod lab;

use conclave_proto::{
    ErrorCode, Lane, Role, RoomState,
    frame::{Empty, Ephemeral, GroupInfoGet, Panic, Reply, Request},
    id::*,
    owner::{Order, PanicStatement, Statement},
};
use conclave_seal::transcript::{self, Statement as _};
use lab::*;

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
