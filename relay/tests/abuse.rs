//! Oversize, garbage, slow readers, half-open connections: others notice nothing.

#[path = "lab/lab.rs"]
mod lab;

use std::time::Duration;

use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{Commit, Ephemeral, Publish, Reply, Request},
    limits,
};
use conclave_relay::ConnectionInfo;
use futures_util::{SinkExt as _, StreamExt as _};
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
    assert!(
        newer.ask(Request::Status(conclave_proto::frame::Empty {})).await.is_err(),
        "a newer client stays connected"
    );
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
    let mut answer = Vec::new();
    http.read_to_end(&mut answer).await.unwrap();
    assert_eq!(lab.relay.status().connections, 0);
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
    let (mut socket, _) = client_async(ws_request(), lab.pipe(ConnectionInfo::default())).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Binary(_)))), "HELLO");
    // From here on nothing is read and so no ping is answered, as on a cable that was pulled.
    let pulled = socket.into_inner();
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

#[tokio::test]
async fn a_relay_takes_no_more_connections_than_it_was_told() {
    let lab = Lab::with(|config| config.max_sockets = 1);
    let alice = lab.connect().await;
    let mut refused = lab.pipe(ConnectionInfo::default());
    assert_eq!(refused.read(&mut [0; 1]).await.unwrap(), 0);
    drop(alice);
}

/// By the status a client knows a relay of another version from a web page (protocol 4.8.1), wherever that version is served.
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
