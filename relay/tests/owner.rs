//! What the owner may do to a room, and nobody else: lock it, repair it, change its rules, end it.

#[path = "lab/lab.rs"]
mod lab;

use conclave_proto::{
    ErrorCode, Lane, Role, RoomState,
    frame::{Burned, BurnedPush, Commit, Empty, Ephemeral, GroupInfoGet, Ordered, OwnerOrder, Panic, Reply, Request},
    id::*,
    owner::{HeadOrder, Order, PanicStatement, Statement},
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

    let wrong = alice.order(&room, 1, Order::Lock(HeadOrder::at(Tag([1; 16])))).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::StaleHead, "a lock names the head, so that nobody slips in between");
    assert!(alice.order(&room, 1, Order::Lock(HeadOrder::at(room.genesis))).await.is_ok());
    let again = alice.order(&room, 1, Order::Unlock(HeadOrder::at(room.genesis))).await.unwrap_err();
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

    assert!(alice.order(&room, 2, Order::Unlock(HeadOrder::at(head))).await.is_ok());
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
    let head = mallory.commit(Lane::Join, good, &key(51), 2).await.unwrap();
    let back = |head, base| Order::SetHead(HeadOrder { head, base, commit: None });
    let unknown = alice.order(&room, 1, back(head, Tag([7; 16]))).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NoSuchEntry);
    assert_eq!(alice.order(&room, 1, back(good, good)).await.unwrap_err().code, ErrorCode::StaleHead);
    assert!(alice.order(&room, 1, back(head, good)).await.is_ok());
    assert!(alice.publish(good, b"on we go", 3).await.is_ok());
    let mut bob = lab.connect().await;
    let admission = bob.auth(&room, Role::Join, &room.access).await.unwrap();
    assert_eq!((admission.head, admission.head_seq), (good, 1));
    let statement = Statement::parse(&admission.owner.unwrap().statement).unwrap();
    assert_eq!(statement.order, back(head, good), "newcomers see the owner's newest statement");
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

fn receipt(of: u8) -> Burned {
    Burned { sig: Signature([of; 64]) }
}

/// Whose receipt a push is, if it is one.
fn receipt_of(push: &Reply) -> Option<u8> {
    if let Reply::Burned(BurnedPush { sig }) = push { Some(sig.0[0]) } else { None }
}

#[tokio::test]
async fn who_was_there_at_the_end_hears_each_receipt_once() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let mut bob = room.enter(&lab).await;
    // At the door, perhaps on the way in.
    let mut carol = lab.connect().await;
    carol.auth(&room, Role::Join, &room.access).await.unwrap();
    let early = carol.ask(Request::Burned(receipt(3))).await.unwrap_err();
    assert_eq!(early.code, ErrorCode::NotAuthorised, "before the end only members");
    assert!(alice.order(&room, 1, Order::Close).await.is_ok());
    for client in [&mut alice, &mut bob, &mut carol] {
        assert!(matches!(client.push().await, Reply::Tombstone(_)), "the end comes before what is said about it");
    }
    bob.send(Request::Burned(receipt(2))).await;
    let again = bob.ask(Request::Burned(receipt(9))).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::NotAuthorised, "one for each connection");
    carol.send(Request::Burned(receipt(3))).await;
    assert_eq!([receipt_of(&alice.push().await), receipt_of(&alice.push().await)], [Some(2), Some(3)]);
    assert_eq!(receipt_of(&bob.push().await), Some(3), "and not its own");
    assert_eq!(receipt_of(&carol.push().await), Some(2));
    let mut late = lab.connect().await;
    assert_eq!(late.auth(&room, Role::Member, &room.member).await, Err(ErrorCode::RoomGone));
    late.send(Request::Burned(receipt(4))).await;
    assert_eq!(receipt_of(&alice.push().await), Some(4), "who comes back within the minute was there as well");
    let again = late.ask(Request::Burned(receipt(9))).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::NotAuthorised, "one for each connection");
    carol.send(Request::Burned(receipt(5))).await;
    assert!(late.ask(Request::Status(Empty {})).await.is_err());
    assert!(late.pushes.is_empty(), "and hears nothing");
}

#[tokio::test]
async fn who_proves_nothing_has_no_receipt() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert!(alice.order(&room, 1, Order::Close).await.is_ok());
    let mut mallory = lab.connect().await;
    assert_eq!(mallory.ask(Request::Burned(receipt(1))).await.unwrap_err().code, ErrorCode::NotAuthorised);
    let mut forged = mallory.proof(&room, Role::Member, &room.member, AUTHORITY);
    forged.sig.0[7] ^= 1;
    assert_eq!(mallory.ask(Request::Auth(forged)).await.unwrap_err().code, ErrorCode::BadSignature);
    assert_eq!(mallory.ask(Request::Burned(receipt(1))).await.unwrap_err().code, ErrorCode::NotAuthorised);
}

#[tokio::test]
async fn members_send_receipts_in_a_room_that_lives() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let mut bob = room.enter(&lab).await;
    for sent in [1, 2] {
        bob.send(Request::Burned(receipt(sent))).await;
        assert_eq!(receipt_of(&alice.push().await), Some(sent), "for each message that ends the room");
    }
    // Bob's epoch is over, and the room is locked behind it.
    alice.commit(Lane::Commit, room.genesis, &key(50), 1).await.unwrap();
    alice.auth(&room, Role::Member, &key(50)).await.unwrap();
    assert!(alice.order(&room, 1, Order::Lock(HeadOrder::at(tag(Lane::Commit, &key(50))))).await.is_ok());
    assert_eq!(bob.ask(Request::Burned(receipt(3))).await.unwrap_err().code, ErrorCode::RoomLocked);
    alice.send(Request::Burned(receipt(4))).await;
    alice.ask(Request::Status(Empty {})).await.unwrap();
    assert!(alice.pushes.iter().all(|push| receipt_of(push).is_none()), "and no receipt comes back");
}

/// What PANIC carries, with some second key.
struct Alarm {
    statement: Vec<u8>,
    access: Signature,
    pk: PublicKey,
    sig: Signature,
}

impl Alarm {
    fn by(room: &TestRoom, second: &conclave_seal::sign::SigningKey) -> Self {
        let statement = PanicStatement { room_id: room.id, time: 1_700_000_000 };
        let transcript = transcript::Panic { room_id: &room.id.0, time: statement.time };
        Self {
            statement: statement.to_bytes(),
            access: Signature(transcript.sign(&room.access)),
            pk: PublicKey(second.public()),
            sig: Signature(transcript.sign(second)),
        }
    }

    fn request(&self) -> Request<'_> {
        let Self { statement, access, pk, sig } = self;
        Request::Panic(Panic { statement, sig_access: *access, pk: *pk, sig: *sig })
    }
}

#[tokio::test]
async fn who_merely_found_the_invitation_ends_and_locks_nothing() {
    let lab = Lab::new();
    // A room whose deed says that any member may panic, as rooms of before do.
    let room = TestRoom::new(1);
    assert_eq!(room.deed.policy().panic_by, conclave_proto::deed::PanicBy::AnyMember);
    let mut alice = room.create(&lab).await;
    let mut mallory = lab.connect().await;
    mallory.auth(&room, Role::Join, &room.access).await.unwrap();
    let own = key(66);
    let head = mallory.commit(Lane::Join, room.genesis, &own, 1).await.unwrap();
    mallory.auth(&room, Role::Member, &own).await.unwrap();
    // Her key is the head's now, and the relay cannot know that her commit is garbage.
    let alarm = Alarm::by(&room, &own);
    assert_eq!(mallory.ask(alarm.request()).await.unwrap_err().code, ErrorCode::NotAuthorised);
    for order in [Order::Lock(HeadOrder::at(head)), Order::Close, Order::SetHead(HeadOrder::at(head))] {
        let statement = Statement { room_id: room.id, counter: 1, order }.to_bytes();
        let sig = Signature(own.sign(conclave_seal::label::OWN, &statement));
        let refused = mallory.ask(Request::Owner(OwnerOrder { statement: &statement, sig, commit: None })).await;
        assert_eq!(refused.unwrap_err().code, ErrorCode::NotAuthorised);
    }
    assert_eq!(mallory.auth(&room, Role::Owner, &own).await, Err(ErrorCode::NotAuthorised));
    let Ok(Reply::Status(status)) = mallory.ask(Request::Status(Empty {})).await else { panic!() };
    assert_eq!((status.state, &status.deed[..]), (RoomState::Open, room.deed.as_bytes()));
    assert!(alice.publish(head, b"still here", 2).await.is_ok());

    // The owner locks over the garbage, on her own base: Mallory's key is not the head's any more.
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let on_hers = alice.order(&room, 1, Order::Lock(HeadOrder::at(room.genesis))).await.unwrap_err();
    assert_eq!(on_hers.code, ErrorCode::StaleHead);
    let lock = Order::Lock(HeadOrder { head, base: room.genesis, commit: None });
    assert!(alice.order(&room, 1, lock).await.is_ok());
    assert!(alice.publish(room.genesis, b"locked", 3).await.is_ok());
    let refused = mallory.publish(room.genesis, b"x", 4).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RoomLocked, "the locked room is not hers");
}

#[tokio::test]
async fn the_owner_alone_may_panic() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let (by_member, by_owner) = (Alarm::by(&room, &room.member), Alarm::by(&room, &room.owner));
    assert_eq!(alice.ask(by_owner.request()).await.unwrap_err().code, ErrorCode::NotAuthorised, "role O first");
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert_eq!(alice.ask(by_member.request()).await.unwrap_err().code, ErrorCode::NotAuthorised);
    assert!(matches!(alice.ask(by_owner.request()).await, Ok(Reply::Panicked(Empty {}))));
    assert_eq!(lab.connect().await.auth(&room, Role::Join, &room.access).await, Err(ErrorCode::RoomGone));
}

#[tokio::test]
async fn an_order_and_its_commit_are_one() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut mallory = lab.connect().await;
    mallory.auth(&room, Role::Join, &room.access).await.unwrap();
    let garbage = mallory.commit(Lane::Join, room.genesis, &key(66), 1).await.unwrap();
    alice.entry().await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let epoch = key(41);
    let commit = commit(Lane::Commit, room.genesis, &epoch, 2);
    let mine = tag(Lane::Commit, &epoch);
    let lock = |head, commit| Order::Lock(HeadOrder { head, base: room.genesis, commit });
    let unsigned = alice.order_with(&room, 1, lock(garbage, None), commit.clone()).await.unwrap_err();
    assert_eq!(unsigned.code, ErrorCode::BadSignature, "the owner signs the commit's tag");
    let alone = alice.order(&room, 1, lock(garbage, Some(mine))).await.unwrap_err();
    assert_eq!(alone.code, ErrorCode::BadSignature, "and the order does not go without it");
    let elsewhere = Commit { head: garbage, ..commit.clone() };
    let moved = alice.order_with(&room, 1, lock(garbage, Some(mine)), elsewhere).await.unwrap_err();
    assert_eq!(moved.code, ErrorCode::BadSignature, "it stands on the base");
    let stale = alice.order_with(&room, 1, lock(room.genesis, Some(mine)), commit.clone()).await.unwrap_err();
    assert_eq!(stale.code, ErrorCode::StaleHead);
    let Ok(Reply::Status(status)) = alice.ask(Request::Status(Empty {})).await else { panic!() };
    assert_eq!(status.state, RoomState::Open, "nothing of it happened");

    let done = alice.order_with(&room, 1, lock(garbage, Some(mine)), commit.clone()).await;
    assert_eq!(done, Ok(Reply::Ordered(Ordered { seq: Some(2), tag: Some(mine) })));
    assert_eq!(alice.entry().await.mpk, Some(PublicKey(epoch.public())), "those of the base hear it");
    let again = alice.order_with(&room, 1, lock(garbage, Some(mine)), commit).await.unwrap_err();
    assert_eq!(
        (again.code, again.data.unwrap().seq),
        (ErrorCode::Duplicate, Some(2)),
        "a lost answer is no second order"
    );
    let admission = alice.auth(&room, Role::Member, &epoch).await.unwrap();
    assert_eq!((admission.state, admission.head), (RoomState::Locked, mine));
    // Who was a member before reads as far as this commit, over the garbage.
    let mut bob = lab.connect().await;
    bob.auth(&room, Role::Member, &room.member).await.unwrap();
    let seqs: Vec<u64> = bob.fetch(0).await.unwrap().entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [1, 2]);
}

#[tokio::test]
async fn the_owner_comes_in_again_by_a_join_commit_in_a_locked_room() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    alice.order(&room, 1, Order::Lock(HeadOrder::at(room.genesis))).await.unwrap();
    let mut again = lab.connect().await;
    again.auth(&room, Role::Join, &room.access).await.unwrap();
    let refused = again.commit(Lane::Join, room.genesis, &key(50), 1).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RoomLocked, "with the code alone nobody does");
    again.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let head = again.commit(Lane::Join, room.genesis, &key(50), 1).await.unwrap();
    again.auth(&room, Role::Member, &key(50)).await.unwrap();
    assert!(again.publish(head, b"back", 2).await.is_ok());
}
