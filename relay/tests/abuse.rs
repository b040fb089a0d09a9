//! Oversize, garbage, slow readers, half-open connections: others notice nothing.

#[path = "lab/lab.rs"]
mod lab;

use std::time::Duration;

use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{Commit, Create, Empty, Ephemeral, Publish, Reply, Request},
    limits,
};
use conclave_relay::ConnectionInfo;
use futures_util::SinkExt as _;
use lab::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::{client_async, tungstenite::Message};

#[tokio::test]
async fn what_is_too_large_is_refused_by_lane() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    alice.auth(&room, Role::Join, &room.access).await.unwrap();
    let large = vec![1; limits::GROUP_INFO + 1];
    let refused = alice.publish(room.genesis, &large[..=limits::APPLICATION], 1).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooLarge);
    let blob = &large[..=limits::COMMIT];
    let refused = alice.ask(Request::Commit(Commit { blob, ..commit(Lane::Join, room.genesis, &key(9), 2) })).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::TooLarge);
    let group_info = &large[..];
    let refused =
        alice.ask(Request::Commit(Commit { group_info, ..commit(Lane::Join, room.genesis, &key(9), 2) })).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::TooLarge);
    let place = &large[..=limits::PLACE];
    let refused = alice.ask(Request::Commit(Commit { place, ..commit(Lane::Join, room.genesis, &key(9), 2) })).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::TooLarge);
    let ephemeral = Ephemeral { blob: &large[..=limits::EPHEMERAL] };
    assert_eq!(alice.ask(Request::Ephemeral(ephemeral)).await.unwrap_err().code, ErrorCode::TooLarge);
    let largest = Publish {
        replaces: Some(conclave_proto::id::Cid([1; 16])),
        ..publish(room.genesis, &large[..limits::APPLICATION], 3)
    };
    assert!(alice.ask(Request::Publish(largest)).await.is_ok(), "the limit itself is allowed");
}

#[tokio::test]
async fn a_room_whose_first_entry_is_too_large_is_refused() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let large = vec![1; limits::GROUP_INFO + 1];
    let (group_info, place, deed) = (&large[..], &large[..=limits::PLACE], &large[..=limits::DEED]);
    for which in 0..3 {
        let mut alice = lab.connect().await;
        let founding = room.founding(&alice, AUTHORITY);
        let too_large = match which {
            0 => Create { group_info, ..founding },
            1 => Create { place, ..founding },
            _ => Create { deed, ..founding },
        };
        let refused = alice.ask(Request::Create(too_large)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooLarge);
    }
    let mut alice = lab.connect().await;
    let (group_info, place) = (&large[..limits::GROUP_INFO], &large[..limits::PLACE]);
    let largest = Create { group_info, place, ..room.founding(&alice, AUTHORITY) };
    assert!(alice.ask(Request::Create(largest)).await.is_ok(), "the limit itself is allowed");
}

#[tokio::test]
async fn a_message_beyond_the_limit_ends_the_connection_before_it_is_read() {
    let lab = Lab::new();
    let mut mallory = lab.connect().await;
    let sent = mallory.socket.send(Message::Binary(vec![0; limits::MESSAGE + 1].into())).await;
    assert!(sent.is_err() || mallory.try_next().await.is_none());
}

#[tokio::test]
async fn garbage_is_answered_once_and_ends_the_connection() {
    let lab = Lab::new();
    for garbage in [&b""[..], b"\xff", b"\x83\x05\x01\xbf\xff", b"\x83\x18\x05\x01\xa0", &[0x81; 500]] {
        let mut mallory = lab.connect().await;
        mallory.socket.send(Message::Binary(garbage.to_vec().into())).await.unwrap();
        assert!(matches!(mallory.push().await, Reply::Refused(refusal) if refusal.code == ErrorCode::BadFrame));
        assert!(mallory.try_next().await.is_none());
    }
    let mut texting = lab.connect().await;
    texting.socket.send(Message::Text("hello".into())).await.unwrap();
    assert!(texting.try_next().await.is_none(), "text is not the protocol");
    let mut newer = lab.connect().await;
    newer.socket.send(Message::Binary(vec![0x83, 0x18, 0x63, 0x07, 0xa0].into())).await.unwrap();
    assert_eq!(newer.reply_to(7).await.unwrap_err().code, ErrorCode::NotSupported);
    assert!(newer.ask(Request::Status(Empty {})).await.is_err(), "a newer client stays connected");
}

#[tokio::test]
async fn another_path_or_protocol_is_no_room() {
    let lab = Lab::new();
    let mut request = ws_request();
    *request.uri_mut() = "ws://relay.example.org/v2".parse().unwrap();
    assert!(client_async(request, lab.pipe(ConnectionInfo::default())).await.is_err());
    let mut request = ws_request();
    request.headers_mut().insert("sec-websocket-protocol", "chat".parse().unwrap());
    assert!(client_async(request, lab.pipe(ConnectionInfo::default())).await.is_err());
    let mut http = lab.pipe(ConnectionInfo::default());
    http.write_all(b"GET / HTTP/1.1\r\nHost: relay.example.org\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    http.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    drop(http);
    while lab.relay.status().connections > 0 {
        tokio::task::yield_now().await;
    }
}

/// An answer costs no more time than the handshake always had, whatever becomes of it.
#[tokio::test(start_paused = true)]
async fn who_is_refused_before_the_websocket_holds_a_place_for_seconds() {
    let lab = Lab::new();
    let request = b"GET / HTTP/1.1\r\n\r\n";
    // A pipe that takes a part of the answer; a request that never ends; one whose sender talks on behind the answer.
    let mut deaf = lab.pipe_of(32, ConnectionInfo::default());
    let mut slow = lab.pipe(ConnectionInfo::default());
    let mut talkative = lab.pipe(ConnectionInfo::default());
    deaf.write_all(request).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    talkative.write_all(request).await.unwrap();
    let begun = tokio::time::Instant::now();
    let mut ended = [None; 3];
    while ended.contains(&None) {
        // What trickles in is no progress.
        let _ = slow.write_all(b"x: y\r\n").await;
        let _ = talkative.write_all(b"x").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let here = lab.relay.status().connections;
        for after in ended.iter_mut().take(3 - here) {
            after.get_or_insert(begun.elapsed().as_secs());
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{ended:?}");
    }
    assert_eq!(ended, [Some(2), Some(10), Some(10)], "the talkative one, then the others");
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_delays_nobody() {
    let lab = Lab::with(|config| config.outgoing = 256 * 1024);
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut bob = room.enter(&lab).await;
    let mut slow = room.enter(&lab).await;
    let mut cid = 0;
    // The pipe takes a mebibyte, the queue a quarter: then she is cut off, however long the others go on.
    for n in 1..=40_u64 {
        cid += 1;
        alice.publish(room.genesis, &[1; 60_000], cid).await.unwrap();
        assert_eq!(bob.entry().await.seq, n);
        alice.pushes.clear();
    }
    let mut received = 0;
    while let Some(frame) = slow.try_next().await {
        let Reply::Entry(entry) = frame.body else { panic!("{frame:?}") };
        received += 1;
        assert_eq!(entry.seq, received, "never skipped: what came, came in order");
    }
    assert!(received < 40, "she got {received} and was closed");
    assert_eq!(lab.relay.sockets(&room.id), 2);
}

#[tokio::test]
async fn a_flood_of_requests_without_reading_is_not_answered_without_end() {
    let lab = Lab::with(|config| config.outgoing = 1024 * 1024);
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    for cid in 1..=4 {
        alice.publish(room.genesis, &[1; 60_000], cid).await.unwrap();
    }
    let mut mallory = lab.connect().await;
    mallory.auth(&room, Role::Member, &room.member).await.unwrap();
    let fetch = conclave_proto::frame::Fetch { after: 0, max_n: 1000, max_bytes: 1 << 20 };
    // Fifty replies of 240 KB for fifty requests of 20 bytes; the relay stops reading until she reads.
    for _ in 0..50 {
        mallory.send(Request::Fetch(fetch)).await;
    }
    assert!(alice.publish(room.genesis, b"others go on", 9).await.is_ok());
    let mut replies = 0;
    while let Some(frame) = mallory.try_next().await {
        if matches!(frame.body, Reply::Fetched(_)) {
            replies += 1;
        }
        if replies == 50 {
            break;
        }
    }
    assert_eq!(replies, 50, "who reads gets everything");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_speaks_is_closed() {
    let lab = Lab::new();
    let mut silent = lab.pipe(ConnectionInfo::default());
    let mut bytes = Vec::new();
    silent.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes.is_empty(), "after the handshake timeout");
}

#[tokio::test(start_paused = true)]
async fn a_half_open_connection_is_pinged_and_closed() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    // From here on nothing is read and so no ping is answered, as on a cable that was pulled.
    let pulled = room.enter(&lab).await.socket.into_inner();
    let mut quiet = Duration::ZERO;
    while lab.relay.status().connections > 1 {
        // Alice reads, so her pings are answered.
        let _ = tokio::time::timeout(Duration::from_secs(1), alice.try_next()).await;
        quiet += Duration::from_secs(1);
        assert!(quiet < Duration::from_secs(120), "two and a half pings, not for ever");
    }
    assert!(quiet > Duration::from_secs(60), "one lost ping is forgiven");
    assert!(alice.publish(room.genesis, b"x", 1).await.is_ok(), "who answers stays");
    drop(pulled);
}

/// Closes the connection by itself, or does not, within so many seconds of tokio's clock.
async fn closed_within(client: &mut Client, seconds: u64) -> bool {
    tokio::time::timeout(Duration::from_secs(seconds), client.try_next()).await == Ok(None)
}

#[tokio::test(start_paused = true)]
async fn who_proves_nothing_is_closed_whatever_else_it_says() {
    let lab = Lab::with(|config| config.ping_interval = Duration::from_secs(1));
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let (mut mallory, begun) = (lab.connect().await, tokio::time::Instant::now());
    // She answers pings, and asks for what needs no proof to be refused.
    let mut asked = 0;
    while begun.elapsed() < Duration::from_secs(14) {
        assert!(mallory.ask(Request::Status(Empty {})).await.is_err());
        asked += 1;
        assert!(!closed_within(&mut mallory, 1).await, "{:?}", begun.elapsed());
    }
    assert!(closed_within(&mut mallory, 2).await, "the first proof was due after fifteen seconds");
    assert!(asked > 5);
    let mut bob = lab.connect().await;
    bob.auth(&room, Role::Join, &room.access).await.unwrap();
    assert!(!closed_within(&mut bob, 60).await, "who has proven something may be silent");
}

/// The start of a masked frame that is not the last (RFC 6455 section 5.2), and what comes of it.
fn fragment(payload: u32) -> Vec<u8> {
    let length = u64::from(payload).to_be_bytes();
    [&[0x02, 0xff][..], &length, &[0; 4], &vec![7; usize::try_from(payload).unwrap_or_default()]].concat()
}

const PING: &[u8] = &[0x89, 0x80, 0, 0, 0, 0];

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_end_is_cut_off() {
    let lab = Lab::new();
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let mut mallory = room.enter(&lab).await;
    // Fragments with pings between them: the pings are no progress.
    let stream = mallory.socket.get_mut();
    stream.write_all(&fragment(1000)).await.unwrap();
    let begun = tokio::time::Instant::now();
    while lab.relay.status().connections > 1 {
        let _ = tokio::time::timeout(Duration::from_secs(1), alice.try_next()).await;
        drop(mallory.socket.get_mut().write_all(PING).await);
        assert!(begun.elapsed() < Duration::from_secs(60), "twenty seconds for a message");
    }
    assert!(begun.elapsed() > Duration::from_secs(15) && begun.elapsed() < Duration::from_secs(25));
}

#[tokio::test]
async fn a_stranger_sends_small_messages_and_one_create() {
    let lab = Lab::new();
    let mut mallory = lab.connect().await;
    let large = Publish { blob: &[0; limits::UNPROVEN], ..publish(TestRoom::new(1).genesis, b"", 1) };
    mallory.send(Request::Publish(large)).await;
    assert!(mallory.try_next().await.is_none(), "what needs a proof is small before it");
    let (mut alice, room) = (lab.connect().await, TestRoom::new(1));
    let group_info = vec![1; limits::GROUP_INFO];
    let founding = Create { group_info: &group_info, ..room.founding(&alice, "other.example") };
    let refused = alice.ask(Request::Create(founding.clone())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadSignature, "the largest CREATE is read");
    // The second is not, to its end.
    let bytes = conclave_proto::ClientFrame { rid: 9, body: Request::Create(founding) }.encode();
    let sent = alice.socket.send(Message::Binary(bytes.into())).await;
    assert!(sent.is_err() || alice.try_next().await.is_none());
    let mut bob = lab.connect().await;
    let founding = Create { group_info: &group_info, ..room.founding(&bob, AUTHORITY) };
    assert!(bob.ask(Request::Create(founding)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn large_messages_of_strangers_share_one_budget() {
    let lab = Lab::with(|config| config.unproven_bytes = 2 * 1024 * 1024);
    let room = TestRoom::new(1);
    let mut mallory = lab.connect().await;
    mallory.socket.get_mut().write_all(&fragment(100_000)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    // There is no second share: this CREATE waits until the unfinished one is cut off.
    let (mut alice, group_info) = (lab.connect().await, vec![1; limits::GROUP_INFO]);
    let begun = tokio::time::Instant::now();
    let founding = Create { group_info: &group_info, ..room.founding(&alice, AUTHORITY) };
    assert!(alice.ask(Request::Create(founding)).await.is_ok());
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(8) && waited < Duration::from_secs(10), "{waited:?}");
    // Who has proven something draws from another one.
    let mut again = lab.connect().await;
    again.socket.get_mut().write_all(&fragment(100_000)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = tokio::time::Instant::now();
    let group_info = &group_info[..];
    let large = Commit { group_info, ..commit(Lane::Join, room.genesis, &key(9), 2) };
    assert_eq!(alice.ask(Request::Commit(large)).await.unwrap_err().code, ErrorCode::NotAuthorised, "it was read");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_full_relay_closes_who_has_proven_nothing_and_no_other() {
    let lab = Lab::with(|config| config.max_sockets = 3);
    let room = TestRoom::new(1);
    let mut alice = room.create(&lab).await;
    let (mut mallory, mut mallet) = (lab.connect().await, lab.connect().await);
    let mut bob = lab.connect().await;
    assert!(mallory.try_next().await.is_none(), "the longest unproven one");
    bob.auth(&room, Role::Join, &room.access).await.unwrap();
    assert!(mallet.ask(Request::Status(Empty {})).await.is_err(), "the other is answered still");
    assert!(alice.publish(room.genesis, b"x", 1).await.is_ok());
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let lab = Lab::with(|config| config.max_sockets_per_source = 2);
    let room = TestRoom::new(1);
    room.create(&lab).await;
    let from = |address: &str| ConnectionInfo { exporter: None, source: Some(address.parse().unwrap()) };
    let mut inside = Vec::new();
    for _ in 0..2 {
        let mut client = Client::over(lab.pipe(from("192.0.2.1")), [0; 32]).await;
        client.auth(&room, Role::Join, &room.access).await.unwrap();
        inside.push(client);
    }
    let mut refused = lab.pipe(from("::ffff:192.0.2.1"));
    let read = tokio::time::timeout(Duration::from_secs(2), refused.read(&mut [0; 1])).await;
    assert_eq!(read.unwrap().unwrap(), 0, "at once, and not when its time is over");
    Client::over(lab.pipe(from("192.0.2.2")), [0; 32]).await;
    inside.pop();
    tokio::task::yield_now().await;
    let mut tries = 0;
    while client_async(ws_request(), lab.pipe(from("192.0.2.1"))).await.is_err() {
        tries += 1;
        assert!(tries < 1000, "a place is free again");
    }
}

#[tokio::test]
async fn a_relay_takes_no_more_connections_than_it_was_told() {
    let lab = Lab::with(|config| config.max_sockets = 1);
    let room = TestRoom::new(1);
    let alice = room.create(&lab).await;
    let mut refused = lab.pipe(ConnectionInfo::default());
    assert_eq!(refused.read(&mut [0; 1]).await.unwrap(), 0);
    drop(alice);
}

#[tokio::test]
async fn a_relay_of_one_room_opens_no_other() {
    let lab = Lab::with(|config| config.dedicated = true);
    let (room, other) = (TestRoom::new(1), TestRoom::new(2));
    let mut mallory = lab.connect().await;
    let refused = mallory.ask(Request::Create(other.founding(&mallory, AUTHORITY))).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAuthorised, "none before it was named");
    lab.relay.dedicate(room.id);
    lab.relay.dedicate(other.id);
    let refused = mallory.ask(Request::Create(other.founding(&mallory, AUTHORITY))).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAuthorised, "the first name stays");
    let mut alice = room.create(&lab).await;
    assert!(alice.publish(room.genesis, b"x", 1).await.is_ok());
    let refused = alice.ask(Request::Create(other.founding(&alice, AUTHORITY))).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAuthorised, "nor does a member");
}

/// By the status a client knows a relay of another version from a web page (protocol 4.8.1), wherever that version is
/// served.
#[tokio::test]
async fn another_version_is_refused_with_400_whatever_the_path() {
    let lab = Lab::new();
    for (path, subprotocol, status) in
        [("/v1", "conclave.v2", 400), ("/v2", "conclave.v2", 400), ("/", "", 400), ("/v2", "conclave.v1", 404)]
    {
        let mut http = lab.pipe(ConnectionInfo::default());
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: relay.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
        );
        http.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 12];
        http.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, format!("HTTP/1.1 {status}").into_bytes(), "{path} {subprotocol}");
    }
}
