//! Every connection that ends is counted once, for the reason why it did. One story for each reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;
#[path = "lab/tls.rs"]
mod tls;

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
    time::Duration,
};

use conclave_proto::{
    Role,
    frame::{Create, Publish, Request},
    limits,
    owner::Order,
};
use conclave_relay::{Config, ConnectionInfo, Ended, Relay, Security, TlsIdentity, clock::SystemClock, log::MemoryLog};
use conclave_seal::rng::Rng;
use futures_util::{FutureExt as _, SinkExt as _};
use lab::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{client_async, tungstenite::Message};

/// What was counted, once no more than so many connections are left.
async fn counted(relay: &Relay, left: usize) -> Vec<(Ended, u64)> {
    while relay.status().connections > left {
        tokio::task::yield_now().await;
    }
    relay.status().ended.iter().filter(|(_, count)| *count > 0).collect()
}

/// The same where the clock has to pass: tokio's, which is paused and jumps.
async fn counted_later(relay: &Relay, left: usize) -> Vec<(Ended, u64)> {
    while relay.status().connections > left {
        sleep(Duration::from_millis(100)).await;
    }
    counted(relay, left).await
}

fn plain() -> ConnectionInfo {
    ConnectionInfo::default()
}

#[tokio::test]
async fn a_relay_that_nobody_has_left_has_counted_nothing() {
    let lab = Lab::new();
    let _alice = TestRoom::new(1).create(&lab).await;
    assert_eq!(lab.relay.status().ended, Default::default());
    assert_eq!(format!("{:?}", lab.relay.status().ended), "{}");
}

#[tokio::test]
async fn who_finds_the_relay_full_is_refused() {
    let lab = Lab::with(|config| config.max_sockets = 1);
    let _alice = TestRoom::new(1).create(&lab).await;
    assert_eq!(lab.pipe(plain()).read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(counted(&lab.relay, 1).await, [(Ended::AtCapacity, 1)]);
}

#[tokio::test]
async fn who_has_proven_nothing_is_displaced_by_the_next() {
    let lab = Lab::with(|config| config.max_sockets = 1);
    let mut mallory = lab.connect().await;
    let _alice = TestRoom::new(1).create(&lab).await;
    assert!(mallory.try_next().await.is_none());
    assert_eq!(counted(&lab.relay, 1).await, [(Ended::Displaced, 1)]);
}

#[tokio::test]
async fn a_client_that_trusts_another_key_or_speaks_no_tls_fails_the_handshake() {
    let lab = Lab::new();
    let address = "127.0.0.1:0".parse().unwrap();
    let address = lab.relay.bind(address, Security::Tls(TlsIdentity::generate().unwrap())).await.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET /v1 HTTP/1.1\r\n\r\n").await.unwrap();
    let _ = plain.read_to_end(&mut Vec::new()).await;
    assert_eq!(counted_later(&lab.relay, 0).await, [(Ended::TlsFailed, 1)]);
    assert!(tls::connect_tls(address, [0; 32]).await.is_err());
    while lab.relay.status().ended.of(Ended::TlsFailed) < 2 {
        sleep(Duration::from_millis(10)).await;
    }
    drop(TcpStream::connect(address).await.unwrap());
    while lab.relay.status().ended.of(Ended::HandshakeBroken) < 1 {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::TlsFailed, 2), (Ended::HandshakeBroken, 1)]);
}

#[tokio::test]
async fn who_leaves_before_there_is_a_websocket_has_broken_off() {
    let lab = Lab::new();
    drop(lab.pipe(plain()));
    tokio::task::yield_now().await;
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::HandshakeBroken, 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_never_finishes_the_handshake_is_timed_out() {
    let lab = Lab::new();
    let _silent = lab.pipe(plain());
    tokio::task::yield_now().await;
    assert_eq!(counted_later(&lab.relay, 0).await, [(Ended::HandshakeTimeout, 1)]);
}

#[tokio::test]
async fn a_browser_is_refused_the_upgrade() {
    let lab = Lab::new();
    let mut browser = lab.pipe(plain());
    browser.write_all(b"GET / HTTP/1.1\r\nHost: relay.example.org\r\n\r\n").await.unwrap();
    browser.read_to_end(&mut Vec::new()).await.unwrap();
    drop(browser);
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::UpgradeRefused, 1)]);
}

#[tokio::test]
async fn a_client_closes_with_a_handshake_or_is_gone() {
    let lab = Lab::new();
    let (mut alice, bob) = (lab.connect().await, lab.connect().await);
    alice.socket.close(None).await.unwrap();
    assert_eq!(counted(&lab.relay, 1).await, [(Ended::PeerClosed, 1)]);
    drop(bob);
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::PeerClosed, 1), (Ended::StreamBroken, 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_reads_too_slowly_is_cut_off() {
    let lab = Lab::with(|config| config.outgoing = 256 * 1024);
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let _slow = room.enter(&lab).await;
    for cid in 1..=40 {
        alice.publish(room.genesis, &[1; 60_000], cid).await.unwrap();
        alice.pushes.clear();
    }
    // While its socket takes nothing, it is the ping's timer that finds the overflow.
    assert_eq!(counted_later(&lab.relay, 1).await, [(Ended::SlowReader, 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_was_in_a_destroyed_room_is_closed_a_minute_later() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Owner, &room.owner).await.unwrap();
    let mut bob = room.enter(&lab).await;
    assert!(alice.order(&room, 1, Order::Close).await.is_ok());
    let destroyed = Instant::now();
    alice.push().await;
    bob.push().await;
    // Both read, and so answer pings, until there is nothing more.
    let closed = async { tokio::join!(alice.try_next(), bob.try_next()) };
    let (alice_heard, bob_heard) = timeout(Duration::from_secs(120), closed).await.unwrap();
    assert!(alice_heard.is_none() && bob_heard.is_none(), "nothing else was said");
    let lasted = destroyed.elapsed();
    assert_eq!(lasted.as_secs(), limits::PARTING.as_secs());
    drop((alice, bob));
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::RoomDestroyed, 2)]);
}

#[tokio::test(start_paused = true)]
async fn who_answers_no_ping_is_timed_out() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let _pulled = room.create(&lab).await;
    assert_eq!(counted_later(&lab.relay, 0).await, [(Ended::PingTimeout, 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_finish_a_message_is_timed_out() {
    let lab = Lab::new();
    let mut alice = TestRoom::new(1).create(&lab).await;
    // A masked binary frame that is not the last (RFC 6455 section 5.2).
    alice.socket.get_mut().write_all(&[0x02, 0x81, 0, 0, 0, 0, 7]).await.unwrap();
    assert_eq!(counted_later(&lab.relay, 0).await, [(Ended::MessageTimeout, 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_proves_nothing_is_timed_out() {
    let lab = Lab::new();
    let _mallory = lab.connect().await;
    assert_eq!(counted_later(&lab.relay, 0).await, [(Ended::ProofTimeout, 1)]);
}

#[tokio::test]
async fn frames_of_a_client_are_masked() {
    let lab = Lab::new();
    let mut mallory = lab.connect().await;
    mallory.socket.get_mut().write_all(&[0x82, 1, 0]).await.unwrap();
    assert!(mallory.try_next().await.is_none());
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::InvalidWebSocket, 1)]);
}

#[tokio::test]
async fn text_is_not_the_protocol() {
    let lab = Lab::new();
    let mut mallory = lab.connect().await;
    mallory.socket.send(Message::Text("hello".into())).await.unwrap();
    assert!(mallory.try_next().await.is_none());
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::TextMessage, 1)]);
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_not_read() {
    let lab = Lab::new();
    let mut mallory = TestRoom::new(1).create(&lab).await;
    let _ = mallory.socket.send(Message::Binary(vec![0; limits::MESSAGE + 1].into())).await;
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::MessageTooLarge, 1)]);
}

#[tokio::test]
async fn before_a_proof_messages_are_small() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut mallory = lab.connect().await;
    mallory.send(Request::Publish(Publish { blob: &[0; limits::UNPROVEN], ..publish(room.genesis, b"", 1) })).await;
    assert!(mallory.try_next().await.is_none());
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::TooLargeBeforeProof, 1)], "what is no CREATE");
    // One CREATE may be large. It is refused for its authority; a second one is not read to its end.
    let (mut mallory, group_info) = (lab.connect().await, vec![1; limits::GROUP_INFO]);
    let founding = Create { group_info: &group_info, ..room.founding(&mallory, "other.example") };
    mallory.ask(Request::Create(founding.clone())).await.unwrap_err();
    let again = conclave_proto::ClientFrame { rid: 9, body: Request::Create(founding) }.encode();
    let _ = mallory.socket.send(Message::Binary(again.into())).await;
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::TooLargeBeforeProof, 2)]);
}

#[tokio::test]
async fn a_message_that_is_no_frame_is_answered_and_ends_the_connection() {
    let lab = Lab::new();
    let mut mallory = lab.connect().await;
    mallory.socket.send(Message::Binary(b"\xff".to_vec().into())).await.unwrap();
    mallory.push().await;
    assert!(mallory.try_next().await.is_none());
    drop(mallory);
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::InvalidFrame, 1)]);
}

#[tokio::test]
async fn who_guesses_is_closed() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let _alice = room.create(&lab).await;
    let mut mallory = lab.connect().await;
    for _ in 0..9 {
        mallory.auth(&room, Role::Join, &key(9)).await.unwrap_err();
    }
    assert!(mallory.try_next().await.is_none());
    drop(mallory);
    assert_eq!(counted(&lab.relay, 1).await, [(Ended::ProofsFailed, 1)]);
}

#[tokio::test]
async fn a_shutdown_ends_those_that_shake_hands_and_those_that_talk() {
    let lab = Lab::new();
    let _alice = TestRoom::new(1).create(&lab).await;
    let _silent = lab.pipe(plain());
    tokio::task::yield_now().await;
    lab.relay.shutdown().await;
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::Shutdown, 2)]);
}

/// A source of randomness that fails when a connection asks it for its first nonce.
#[derive(Debug)]
struct Broken;

impl Rng for Broken {
    fn fill(&mut self, _: &mut [u8]) {
        resume_unwind(Box::new("no randomness"));
    }
}

#[tokio::test]
async fn a_panic_ends_the_connection_that_it_happens_in() {
    let relay = Relay::start(Config::default(), Arc::new(MemoryLog::new()), Arc::new(SystemClock), Box::new(Broken));
    let (near, far) = tokio::io::duplex(1 << 16);
    let served = AssertUnwindSafe(relay.serve(far, plain())).catch_unwind();
    let (shaken, served) = tokio::join!(client_async(ws_request(), near), served);
    assert!(shaken.is_ok() && served.is_err());
    assert_eq!(counted(&relay, 0).await, [(Ended::Panicked, 1)]);
}

#[tokio::test]
async fn a_future_that_is_dropped_cuts_its_connection() {
    let lab = Lab::new();
    let (_near, far) = tokio::io::duplex(1 << 16);
    let mut served = Box::pin(lab.relay.serve(far, plain()));
    assert!(served.as_mut().now_or_never().is_none());
    drop(served);
    assert_eq!(counted(&lab.relay, 0).await, [(Ended::Dropped, 1)]);
    drop(lab.relay.serve(tokio::io::duplex(1).0, plain()));
    let after = timeout(Duration::from_secs(1), counted(&lab.relay, 0)).await.unwrap();
    assert_eq!(after, [(Ended::Dropped, 1)], "what never began is no connection");
}
