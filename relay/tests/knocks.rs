//! Knocking at a locked room: who is heard, by whom, for how long, and what a flood at the door can do.

#![expect(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use std::{sync::Arc, time::Duration};

use conclave_proto::{
    ErrorCode, Role,
    deed::Knocking,
    frame::{Empty, Knock, KnockAnswer, KnockAnswerPush, KnockPending, Knocked, Refusal, Reply, Request},
    id::*,
    limits,
    owner::{HeadOrder, Order},
};
use conclave_relay::{ConnectionInfo, log::MemoryLog};
use lab::*;
use tokio::time::{Instant, timeout};

async fn knock(client: &mut Client, blob: &[u8]) -> Result<KnockPending, Refusal> {
    match client.ask(Request::Knock(Knock { blob, pow: None })).await? {
        Reply::KnockPending(pending) => Ok(pending),
        other => panic!("{other:?} answers KNOCK"),
    }
}

async fn answer(owner: &mut Client, knock_id: KnockId, blob: &[u8]) -> Result<Reply, ErrorCode> {
    owner.ask(Request::KnockAnswer(KnockAnswer { knock_id, blob })).await.map_err(|refusal| refusal.code)
}

/// The next push, which is due at once.
async fn pushed(client: &mut Client) -> Reply {
    timeout(Duration::from_secs(10), client.push()).await.unwrap()
}

/// What the relay has pushed until it answered one more request.
async fn all_pushed(client: &mut Client) -> Vec<Reply> {
    client.ask(Request::Status(Empty {})).await.unwrap();
    client.pushes.drain(..).collect()
}

fn heard(knock_id: KnockId, blob: &[u8]) -> Reply {
    Reply::Knocked(Knocked { knock_id, blob: Some(blob.to_vec()) })
}

fn over(knock_id: KnockId) -> Reply {
    Reply::Knocked(Knocked { knock_id, blob: None })
}

/// What a knocker hears at the end of a knock that nobody answered.
fn unanswered(knock_id: KnockId, owner_here: bool) -> Reply {
    Reply::KnockPending(KnockPending { knock_id, ttl: 0, owner_here })
}

/// A locked room, and its owner's connection.
async fn locked(lab: &Lab, room: &TestRoom) -> Client {
    let mut alice = room.create(lab).await;
    alice.auth(room, Role::Owner, &room.owner).await.unwrap();
    alice.order(room, 1, Order::Lock(HeadOrder::at(room.genesis))).await.unwrap();
    alice
}

async fn at_the_door(lab: &Lab, room: &TestRoom) -> Client {
    let mut bob = lab.connect().await;
    bob.auth(room, Role::Join, &room.access).await.unwrap();
    bob
}

async fn at_the_door_from(lab: &Lab, room: &TestRoom, address: &str) -> Client {
    let info = ConnectionInfo { exporter: None, source: Some(address.parse().unwrap()) };
    let mut bob = Client::over(lab.pipe(info), [0; 32]).await;
    bob.auth(room, Role::Join, &room.access).await.unwrap();
    bob
}

#[tokio::test]
async fn the_owner_hears_a_knock_and_its_answer_goes_to_who_knocked() {
    let (lab, room) = (Lab::new(), TestRoom::new(1));
    let mut alice = locked(&lab, &room).await;
    let (mut bob, mut mallory) = (at_the_door(&lab, &room).await, at_the_door(&lab, &room).await);
    let mut member = room.enter(&lab).await;
    let pending = knock(&mut bob, b"it is Bob").await.unwrap();
    assert_eq!((pending.ttl, pending.owner_here), (600, true));
    assert_eq!(pushed(&mut alice).await, heard(pending.knock_id, b"it is Bob"));
    for other in [&mut mallory, &mut member] {
        assert_eq!(answer(other, pending.knock_id, b"x").await, Err(ErrorCode::NotAuthorised));
        assert_eq!(all_pushed(other).await, [], "nobody else hears of it");
    }
    assert_eq!(answer(&mut alice, KnockId([9; 16]), b"x").await, Err(ErrorCode::NoSuchEntry));
    let welcome = vec![7; limits::KNOCK_ANSWER];
    let too_large = vec![7; limits::KNOCK_ANSWER + 1];
    assert_eq!(answer(&mut alice, pending.knock_id, &too_large).await, Err(ErrorCode::TooLarge));
    assert_eq!(answer(&mut alice, pending.knock_id, &welcome).await, Ok(Reply::KnockAnswered(Empty {})));
    let push = KnockAnswerPush { knock_id: pending.knock_id, blob: welcome };
    assert!(pushed(&mut bob).await == Reply::KnockAnswer(push));
    assert_eq!(answer(&mut alice, pending.knock_id, b"x").await, Err(ErrorCode::NoSuchEntry), "it is over");
    assert_eq!(all_pushed(&mut mallory).await, []);
}

#[tokio::test]
async fn only_who_has_the_code_knocks_and_only_at_a_locked_door_with_a_key() {
    let (lab, room) = (Lab::new(), TestRoom::new(1));
    let mut alice = room.create(&lab).await;
    let mut bob = at_the_door(&lab, &room).await;
    assert_eq!(knock(&mut bob, b"x").await.unwrap_err().code, ErrorCode::NotAuthorised, "the door is open");
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    alice.order(&room, 1, Order::Lock(HeadOrder::at(room.genesis))).await.unwrap();
    let refused = knock(&mut lab.connect().await, b"x").await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAuthorised);
    let mut member = room.enter(&lab).await;
    assert_eq!(knock(&mut member, b"x").await.unwrap_err().code, ErrorCode::NotAuthorised, "a member's key is no code");
    let refused = knock(&mut bob, &vec![1; limits::KNOCK + 1]).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooLarge);
    assert!(knock(&mut bob, &vec![1; limits::KNOCK]).await.is_ok());

    let mut without = TestRoom::new(2);
    without.deed = deed_without_knocking(&without.access, &without.owner, without.deed.policy(), 1);
    locked(&lab, &without).await;
    let mut bob = at_the_door(&lab, &without).await;
    assert_eq!(knock(&mut bob, b"x").await.unwrap_err().code, ErrorCode::NotSupported);
}

#[tokio::test]
async fn a_relay_takes_no_deed_with_a_knock_key_that_the_owner_did_not_sign() {
    let (lab, mut room) = (Lab::new(), TestRoom::new(1));
    let made_up = Knocking { pk: PublicKey([9; 32]), sealed_r: b"sealed r" };
    let without = deed_without_knocking(&room.access, &room.owner, room.deed.policy(), 1);
    for signed in [room.deed.clone(), without] {
        room.deed = signed.clone().with_knocking(made_up, signed.sig());
        let mut alice = lab.connect().await;
        let refused = alice.ask(Request::Create(room.founding(&alice, AUTHORITY))).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::BadSignature);
    }
}

#[tokio::test]
async fn an_owner_who_comes_later_hears_what_waits_and_the_door_hears_who_is_there() {
    let (lab, room) = (Lab::new(), TestRoom::new(1));
    drop(locked(&lab, &room).await);
    let (mut bob, mut carol) = (at_the_door(&lab, &room).await, at_the_door(&lab, &room).await);
    while lab.relay.sockets(&room.id) > 2 {
        tokio::task::yield_now().await;
    }
    let bobs = knock(&mut bob, b"Bob").await.unwrap();
    let carols = knock(&mut carol, b"Carol").await.unwrap();
    assert!(!bobs.owner_here && !carols.owner_here, "the owner is away");
    let mut alice = lab.connect().await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert!(alice.pushes.is_empty(), "the reply comes first");
    for expected in [heard(bobs.knock_id, b"Bob"), heard(carols.knock_id, b"Carol")] {
        assert_eq!(pushed(&mut alice).await, expected);
    }
    let here = |push| matches!(push, Reply::KnockPending(pending) if pending.owner_here && pending.ttl > 0);
    assert!(here(pushed(&mut bob).await) && here(pushed(&mut carol).await));
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert_eq!(all_pushed(&mut alice).await, [], "once for each connection");

    // Her second computer hears the same, and what the first one answers.
    let mut second = lab.connect().await;
    second.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert_eq!(all_pushed(&mut second).await, [heard(bobs.knock_id, b"Bob"), heard(carols.knock_id, b"Carol")]);
    assert_eq!(all_pushed(&mut bob).await, [], "the owner was here before");
    answer(&mut alice, bobs.knock_id, b"no").await.unwrap();
    assert_eq!(pushed(&mut second).await, over(bobs.knock_id));
    assert_eq!(answer(&mut second, bobs.knock_id, b"yes").await, Err(ErrorCode::NoSuchEntry), "one answer");
    assert_eq!(all_pushed(&mut alice).await, []);
    drop(alice);
    assert_eq!(all_pushed(&mut carol).await, [], "one of her two is still here");
    drop(second);
    let gone = |push| matches!(push, Reply::KnockPending(pending) if !pending.owner_here && pending.ttl > 0);
    assert!(gone(pushed(&mut carol).await));
}

#[tokio::test(start_paused = true)]
async fn who_goes_or_knocks_again_takes_the_first_knock_back() {
    let (lab, room) = (Lab::new(), TestRoom::new(1));
    let mut alice = locked(&lab, &room).await;
    let mut bob = at_the_door(&lab, &room).await;
    let first = knock(&mut bob, b"first").await.unwrap();
    let refused = knock(&mut bob, b"at once").await.unwrap_err();
    assert_eq!((refused.code, refused.retry_ms.is_some_and(|ms| ms <= 3_000)), (ErrorCode::RateLimited, true));
    tokio::time::sleep(limits::KNOCK_PAUSE).await;
    let second = knock(&mut bob, b"second").await.unwrap();
    assert_ne!(first.knock_id, second.knock_id);
    let id = first.knock_id;
    assert_eq!(all_pushed(&mut alice).await, [heard(id, b"first"), heard(second.knock_id, b"second"), over(id)]);
    assert_eq!(answer(&mut alice, id, b"x").await, Err(ErrorCode::NoSuchEntry));
    assert_eq!(all_pushed(&mut bob).await, [], "he knows that he knocked again");
    drop(bob);
    assert_eq!(pushed(&mut alice).await, over(second.knock_id));
    assert_eq!(answer(&mut alice, second.knock_id, b"x").await, Err(ErrorCode::NoSuchEntry));
}

#[tokio::test(start_paused = true)]
async fn a_knock_waits_for_ten_minutes() {
    let (lab, room) = (Lab::new(), TestRoom::new(1));
    let mut alice = locked(&lab, &room).await;
    let mut bob = at_the_door(&lab, &room).await;
    let pending = knock(&mut bob, b"Bob").await.unwrap();
    let begun = Instant::now();
    assert_eq!(pushed(&mut alice).await, heard(pending.knock_id, b"Bob"));
    let (mut bobs, mut alices) = (Vec::new(), Vec::new());
    while bobs.is_empty() || alices.is_empty() {
        bobs.extend(timeout(Duration::from_secs(1), bob.push()).await);
        alices.extend(all_pushed(&mut alice).await);
        assert!(begun.elapsed() < Duration::from_secs(700));
    }
    assert_eq!((bobs, alices), (vec![unanswered(pending.knock_id, true)], vec![over(pending.knock_id)]));
    assert!(begun.elapsed() >= limits::KNOCK_TTL);
    assert_eq!(answer(&mut alice, pending.knock_id, b"x").await, Err(ErrorCode::NoSuchEntry));
}

#[tokio::test]
async fn a_flood_displaces_itself_unless_it_has_many_addresses() {
    let (lab, room) = (Lab::new(), TestRoom::new(1));
    let mut alice = locked(&lab, &room).await;
    let mut bob = at_the_door_from(&lab, &room, "192.0.2.1").await;
    let bobs = knock(&mut bob, b"Bob").await.unwrap();
    // Mallory has twenty addresses, and two connections at one of them.
    let mut flood = Vec::new();
    for n in 0..20 {
        let address = format!("198.51.100.{}", if n == 1 { 0 } else { n });
        let mut mallory = at_the_door_from(&lab, &room, &address).await;
        if let Ok(pending) = knock(&mut mallory, b"let me in").await {
            flood.push((mallory, pending));
        } else {
            assert_eq!(n, 1, "an address waits between two knocks");
            let mut another = at_the_door(&lab, &room).await;
            let pending = knock(&mut another, b"let me in").await.unwrap();
            flood.push((another, pending));
        }
    }
    // With Bob there are twenty-one, each from another source; so the oldest went.
    assert_eq!(pushed(&mut bob).await, unanswered(bobs.knock_id, true), "who is displaced is told");
    // From one source, two of it are more than anybody else has.
    for _ in 0..2 {
        let mut unseen = at_the_door(&lab, &room).await;
        let pending = knock(&mut unseen, b"let me in").await.unwrap();
        flood.push((unseen, pending));
    }
    let mut again = at_the_door_from(&lab, &room, "192.0.2.2").await;
    let again_pending = knock(&mut again, b"Bob again").await.unwrap();
    let mut unseen = at_the_door(&lab, &room).await;
    knock(&mut unseen, b"let me in").await.unwrap();
    assert_eq!(all_pushed(&mut again).await, [], "more knocks of the flood push out the flood's");
    assert_eq!(answer(&mut alice, again_pending.knock_id, b"come in").await, Ok(Reply::KnockAnswered(Empty {})));
    assert!(matches!(pushed(&mut again).await, Reply::KnockAnswer(_)));
}

#[tokio::test(start_paused = true)]
async fn knocks_do_not_cut_off_an_owner_who_reads_slowly() {
    let (lab, room) = (Lab::with(|config| config.outgoing = 128 * 1024), TestRoom::new(1));
    let mut alice = locked(&lab, &room).await;
    let mut slow = Client::over(lab.pipe_of(1024, ConnectionInfo::default()), [0; 32]).await;
    slow.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let mut bob = at_the_door(&lab, &room).await;
    let mut refused = 0;
    for _ in 0..40 {
        match knock(&mut bob, &[7; limits::KNOCK]).await {
            Ok(_) => {}
            Err(refusal) => {
                assert_eq!(refusal.code, ErrorCode::RateLimited);
                assert!(refusal.retry_ms.is_some_and(|ms| ms > 0));
                refused += 1;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if refused == 0 {
            tokio::time::sleep(limits::KNOCK_PAUSE).await;
        }
        all_pushed(&mut alice).await;
    }
    assert!(refused > 0);
    let sockets = lab.relay.sockets(&room.id);
    assert_eq!(sockets, 3, "she is still here");
    // Once she has read, knocks are taken again.
    while timeout(Duration::from_secs(1), slow.push()).await.is_ok() {}
    tokio::time::sleep(limits::KNOCK_PAUSE).await;
    assert!(knock(&mut bob, b"Bob").await.is_ok());
}

#[tokio::test]
async fn a_room_that_is_unlocked_or_closed_has_no_knocks() {
    let (lab, room) = (Lab::new(), TestRoom::new(1));
    let mut alice = locked(&lab, &room).await;
    let (mut bob, mut carol) = (at_the_door(&lab, &room).await, at_the_door(&lab, &room).await);
    let bobs = knock(&mut bob, b"Bob").await.unwrap().knock_id;
    alice.order(&room, 2, Order::Unlock(HeadOrder::at(room.genesis))).await.unwrap();
    assert_eq!(pushed(&mut bob).await, unanswered(bobs, true), "he may come in by himself");
    assert_eq!(all_pushed(&mut alice).await, [heard(bobs, b"Bob"), over(bobs)]);
    alice.order(&room, 3, Order::Lock(HeadOrder::at(room.genesis))).await.unwrap();
    assert_eq!(all_pushed(&mut alice).await, [], "nothing comes back");
    let carols = knock(&mut carol, b"Carol").await.unwrap().knock_id;
    assert_eq!(pushed(&mut alice).await, heard(carols, b"Carol"));
    alice.order(&room, 4, Order::Close).await.unwrap();
    assert!(matches!(pushed(&mut carol).await, Reply::Tombstone(_)));
    assert_eq!(answer(&mut alice, carols, b"x").await, Err(ErrorCode::RoomGone));
    assert_eq!(knock(&mut carol, b"x").await.unwrap_err().code, ErrorCode::RoomGone);
}

#[tokio::test]
async fn knocks_end_with_the_relays_process() {
    let (log, room) = (Arc::new(MemoryLog::new()), TestRoom::new(1));
    let lab = Lab::over(Arc::<MemoryLog>::clone(&log), |_| {});
    drop(locked(&lab, &room).await);
    let mut bob = at_the_door(&lab, &room).await;
    let pending = knock(&mut bob, b"Bob").await.unwrap();
    drop((lab, bob));
    let again = Lab::over(log, |_| {});
    let mut alice = again.connect().await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    assert_eq!(all_pushed(&mut alice).await, [], "the room is there, its knocks are not");
    assert_eq!(answer(&mut alice, pending.knock_id, b"x").await, Err(ErrorCode::NoSuchEntry));
    let mut bob = at_the_door(&again, &room).await;
    assert!(knock(&mut bob, b"Bob").await.unwrap().owner_here, "and it is locked still");
}
