//! The commit slot, across connections and sources.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{Empty, Leased, Reply, Request},
    limits,
};
use conclave_relay::ConnectionInfo;
use lab::*;

/// A connection from an address, with the code proven.
async fn joiner(lab: &Lab, room: &TestRoom, address: Option<&str>) -> Client {
    let source = address.map(|address| address.parse().unwrap());
    let mut client = Client::over(lab.pipe(ConnectionInfo { exporter: None, source }), [0; 32]).await;
    client.auth(room, Role::Join, &room.access).await.unwrap();
    client
}

/// Asks without waiting for the answer, and returns once the relay has read it.
async fn ask(client: &mut Client) -> u32 {
    let rid = client.send(Request::Lease(Empty {})).await;
    client.ask(Request::Status(Empty {})).await.unwrap();
    rid
}

async fn granted(client: &mut Client, rid: u32) -> Leased {
    match client.reply_to(rid).await {
        Ok(Reply::Leased(leased)) => leased,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn leases_are_granted_one_after_another() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let (mut bob, mut carol) = (joiner(&lab, &room, None).await, joiner(&lab, &room, None).await);
    let mut dave = joiner(&lab, &room, None).await;
    assert_eq!(bob.lease().await, Ok(room.genesis));
    let waiting = carol.send(Request::Lease(Empty {})).await;
    assert!(carol.ask(Request::Status(Empty {})).await.is_ok(), "who waits is served otherwise");
    let refused = dave.commit(Lane::Join, room.genesis, &key(60), 1).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::LeaseHeld, "of the joiners only the holder changes the head");
    assert!(refused.retry_ms.is_some_and(|ms| ms <= 8000));
    let head = bob.commit(Lane::Join, room.genesis, &key(61), 2).await.unwrap();
    let leased = granted(&mut carol, waiting).await;
    assert_eq!(leased.head, head, "with the head of that moment");
    drop(carol);
    // Her lease ends with her connection; without one a commit is free.
    let mut tries = 0;
    while let Err(refusal) = dave.commit(Lane::Join, head, &key(62), 3).await {
        assert_eq!(refusal.code, ErrorCode::LeaseHeld);
        tries += 1;
        assert!(tries < 1000, "the lease of a closed connection is freed");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_does_not_bind_members() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let (mut mallory, mut bob) = (joiner(&lab, &room, None).await, room.enter(&lab).await);
    mallory.lease().await.unwrap();
    let head = alice.commit(Lane::Commit, room.genesis, &key(60), 1).await.unwrap();
    mallory.lease().await.unwrap();
    // Bob comes in again over a connection that has proven his epoch too.
    bob.auth(&room, Role::Join, &room.access).await.unwrap();
    let head = bob.commit(Lane::Join, head, &key(61), 2).await.unwrap();
    let stale = mallory.commit(Lane::Join, room.genesis, &key(62), 3).await.unwrap_err();
    assert_eq!((stale.code, stale.data.unwrap().head), (ErrorCode::StaleHead, Some(head)), "by compare-and-swap");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_lapses_goes_to_the_next_and_its_source_stands_behind_all() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut mallory = joiner(&lab, &room, Some("192.0.2.1")).await;
    mallory.lease().await.unwrap();
    let mut bob = joiner(&lab, &room, Some("192.0.2.2")).await;
    let leased = ask(&mut bob).await;
    assert_eq!(granted(&mut bob, leased).await.ms, 8000, "after eight seconds of silence");
    // A second connection from the same address is no clean slate; nor is another address of the same IPv6 network.
    let mut again = joiner(&lab, &room, Some("192.0.2.1")).await;
    let waiting = ask(&mut again).await;
    let mut carol = joiner(&lab, &room, Some("2001:db8:1:1::1")).await;
    let leased = ask(&mut carol).await;
    drop(bob);
    granted(&mut carol, leased).await;
    drop(carol);
    assert_eq!(granted(&mut again, waiting).await.ms, 2000, "who came later, and let nothing lapse, went first");
    drop(again);
    let mut carol = joiner(&lab, &room, Some("2001:db8:1:1::2")).await;
    let leased = carol.send(Request::Lease(Empty {})).await;
    assert_eq!(granted(&mut carol, leased).await.ms, 2000, "gone with the slot in hand is a lapse");
}

#[tokio::test(start_paused = true)]
async fn five_connections_from_one_address_have_one_turn() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let mut flood = Vec::new();
    let mut mallory = joiner(&lab, &room, Some("192.0.2.1")).await;
    mallory.lease().await.unwrap();
    for _ in 0..4 {
        let mut mallory = joiner(&lab, &room, Some("192.0.2.1")).await;
        ask(&mut mallory).await;
        flood.push(mallory);
    }
    let mut bob = joiner(&lab, &room, Some("192.0.2.2")).await;
    let before = tokio::time::Instant::now();
    bob.lease().await.unwrap();
    assert!(before.elapsed() <= limits::LEASE, "Bob waited {:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_waited_in_vain_keeps_its_place() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    room.create(&lab).await;
    // Five who let it lapse, one after the other, are more than Bob's request waits for.
    let mut others = Vec::new();
    let mut first = joiner(&lab, &room, Some("192.0.2.1")).await;
    first.lease().await.unwrap();
    for n in 2..6 {
        let mut other = joiner(&lab, &room, Some(&format!("192.0.2.{n}"))).await;
        ask(&mut other).await;
        others.push(other);
    }
    let mut bob = joiner(&lab, &room, Some("198.51.100.1")).await;
    let refused = bob.lease().await.unwrap_err();
    assert_eq!((refused.code, refused.data.unwrap().position), (ErrorCode::LeaseHeld, Some(2)));
    let mut late = joiner(&lab, &room, Some("198.51.100.2")).await;
    let behind = ask(&mut late).await;
    bob.lease().await.unwrap();
    bob.commit(Lane::Join, room.genesis, &key(50), 1).await.unwrap();
    granted(&mut late, behind).await;
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
