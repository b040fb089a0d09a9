//! What is no app of this protocol gets an answer: a browser, a probe, a proxy that is set up wrongly, garbage.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{lab::*, process::*};

/// A relay on a port of its own, in memory.
fn start() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    std::fs::write(&config, format!("listen = [\"127.0.0.1:0\"]\nauthorities = [\"{AUTHORITY}\"]\n")).unwrap();
    let server = Server::start(&config);
    (folder, server)
}

/// Everything that is answered until the relay closes.
async fn answer(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    let closed = timeout(Duration::from_secs(8), stream.read_to_string(&mut answer)).await;
    assert!(
        matches!(closed, Ok(Ok(_))),
        "it closes, and does not reset, which would take the answer along: {closed:?}"
    );
    answer
}

/// The app's request for a path, with one header changed or left out.
fn upgrade(path: &str, changed: &str, to: Option<&str>) -> Vec<u8> {
    let headers = [
        ("Host", "relay.example.org"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "conclave.v1"),
    ];
    let mut request = format!("GET {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        if let Some(value) = if name == changed { to } else { Some(value) } {
            request += &format!("{name}: {value}\r\n");
        }
    }
    (request + "\r\n").into_bytes()
}

#[tokio::test]
async fn what_is_no_app_is_told_what_this_is_and_nothing_else() {
    let (_folder, server) = start();
    let plain = |line: &str| format!("{line}\r\nHost: relay.example.org\r\n\r\n").into_bytes();
    let large = format!("GET /v1 HTTP/1.1\r\nCookie: {}\r\n\r\n", "x".repeat(20_000)).into_bytes();
    let many = format!("GET /v1 HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(500)).into_bytes();
    let asked: [(&str, Vec<u8>, &str); 17] = [
        ("a browser", plain("GET / HTTP/1.1"), "426 Upgrade Required"),
        ("a browser at the app's path", plain("GET /v1 HTTP/1.1"), "426 Upgrade Required"),
        ("a proxy that speaks an older HTTP", plain("GET /v1 HTTP/1.0"), "426 Upgrade Required"),
        ("a proxy that drops Upgrade", upgrade("/v1", "Upgrade", None), "426 Upgrade Required"),
        ("a proxy that drops Connection", upgrade("/v1", "Connection", Some("close")), "426 Upgrade Required"),
        ("another WebSocket", upgrade("/v1", "Sec-WebSocket-Version", Some("8")), "426 Upgrade Required"),
        ("a WebSocket without version", upgrade("/v1", "Sec-WebSocket-Version", None), "426 Upgrade Required"),
        ("a WebSocket without key", upgrade("/v1", "Sec-WebSocket-Key", None), "400 Bad Request"),
        ("a WebSocket of something else", upgrade("/v1", "Sec-WebSocket-Protocol", None), "400 Bad Request"),
        ("a proxy that leaves its prefix", upgrade("/relay/v1", "", None), "404 Not Found"),
        ("a form", b"POST /v1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello".to_vec(), "405 Method Not Allowed"),
        ("a large request", large, "431 Request Header Fields Too Large"),
        ("a request of many lines", many, "431 Request Header Fields Too Large"),
        ("frames before the answer", [upgrade("/v1", "", None), vec![0x82, 0x80]].concat(), "400 Bad Request"),
        ("newer HTTP", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), "400 Bad Request"),
        ("TLS", [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[7; 400]].concat(), "400 Bad Request"),
        ("another service", b"EHLO mail.example.org\r\n".to_vec(), "400 Bad Request"),
    ];
    for (who, request, status) in asked {
        let answer = answer(&server, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{who}: {answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(body.starts_with("This is a relay of Conclave. ") && body.ends_with(".\n"), "{who}: {answer}");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{who}: {answer}");
        assert!(head.contains("Content-Type: text/plain"), "{who}: {answer}");
        assert!(!answer.contains(env!("CARGO_PKG_VERSION")) && !head.contains("Server"), "{who}: {answer}");
        assert!(!answer.contains("example.org"), "nothing of the request comes back: {who}: {answer}");
        let says_how = head.contains("Upgrade: websocket\r\n") && head.contains("Sec-WebSocket-Version: 13");
        assert_eq!(says_how, status.starts_with("426"), "{who}: {answer}");
    }
    let head_only = answer(&server, &plain("HEAD / HTTP/1.1")).await;
    assert!(head_only.starts_with("HTTP/1.1 405") && head_only.ends_with("\r\n\r\n"), "{head_only}");
    server.stop();
}
