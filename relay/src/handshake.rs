//! From HTTP to WebSocket (RFC 6455 section 4.2). What is no WebSocket of this protocol gets an answer in words, so
//! that whoever sets up a proxy or opens the address in a browser sees what is wrong.

use std::{io, time::Duration};

use conclave_proto::version;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, sink},
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Error,
    error::ProtocolError,
    handshake::{
        machine::TryParse as _,
        server::{Request, create_response, write_response},
    },
    http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL},
};

/// Reads a request and answers it. Says whether the stream carries a WebSocket from here on; otherwise it is done with.
///
/// # Cancel safety
/// The stream is of no use after the future was dropped.
pub(crate) async fn upgrade<S>(stream: &mut S) -> io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::with_capacity(USUAL_HEAD);
    match read(stream, &mut head).await?.and_then(|request| accept(&request)) {
        Ok(response) => {
            stream.write_all(&response).await?;
            stream.flush().await?;
            Ok(true)
        }
        Err(refusal) => {
            stream.write_all(refusal.answer(head.starts_with(b"HEAD ")).as_bytes()).await?;
            stream.shutdown().await?;
            // The system resets a connection that is closed with bytes unread, and the answer may be lost with it.
            drop(timeout(PARTING, copy(&mut stream.take(MOST_UNREAD), &mut sink())).await);
            Ok(false)
        }
    }
}

async fn read<S>(stream: &mut S, head: &mut Vec<u8>) -> io::Result<Result<Request, Refusal>>
where
    S: AsyncRead + Unpin,
{
    loop {
        let before = head.len();
        let left = MOST_HEAD.saturating_sub(u64::try_from(before).unwrap_or(MOST_HEAD));
        if left == 0 {
            return Ok(Err(Refusal::TooLarge));
        }
        if (&mut *stream).take(left).read_buf(head).await? == 0 {
            return if head.is_empty() {
                Err(io::ErrorKind::UnexpectedEof.into())
            } else {
                Ok(Err(Refusal::Malformed))
            };
        }
        if head.iter().filter(|byte| **byte == b'\n').count() > MOST_LINES {
            return Ok(Err(Refusal::TooLarge));
        }
        // Parsed from the beginning once for each line, and not for each byte that trickles in.
        if before > 0 && !head.iter().skip(before).any(|byte| *byte == b'\n') {
            continue;
        }
        match Request::try_parse(head) {
            Ok(None) => {}
            Ok(Some((size, request))) if size == head.len() => return Ok(Ok(request)),
            Ok(Some(_)) => return Ok(Err(Refusal::Malformed)),
            Err(error) => return Ok(Err(Refusal::from(error))),
        }
    }
}

/// What is sent to begin.
fn accept(request: &Request) -> Result<Vec<u8>, Refusal> {
    let mut response = create_response(request)?;
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let mut offered = offered.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    // First, whatever the path: by this answer a client of another version knows what it met (protocol 4.8.1).
    if !offered.any(|name| name.trim() == version::SUBPROTOCOL) {
        return Err(Refusal::OtherProtocol);
    }
    if request.uri().path() != version::PATH {
        return Err(Refusal::OtherPath);
    }
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(version::SUBPROTOCOL));
    let mut bytes = Vec::new();
    write_response(&mut bytes, &response)?;
    Ok(bytes)
}

/// Why a request begins no WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Malformed,
    OtherProtocol,
    OtherPath,
    OtherMethod,
    NoUpgrade,
    OtherWebSocket,
    TooLarge,
}

impl Refusal {
    /// Neither version nor state of the relay, nor anything of the request.
    fn answer(self, head_only: bool) -> String {
        let (status, headers, sentence) = match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, CLOSE, "It cannot read this request."),
            Self::OtherProtocol => (
                StatusCode::BAD_REQUEST,
                CLOSE,
                "It does not speak the protocol that was asked for: the app or the relay needs an update.",
            ),
            Self::OtherPath => (
                StatusCode::NOT_FOUND,
                CLOSE,
                "There is nothing at this path: a proxy in front of it must pass on the path that the app asks for.",
            ),
            Self::OtherMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, "Connection: close\r\nAllow: GET\r\n", "It answers GET only.")
            }
            Self::NoUpgrade => (
                StatusCode::UPGRADE_REQUIRED,
                UPGRADE,
                "It has no pages and speaks WebSocket with the app: a proxy in front of it must use HTTP/1.1 and pass \
                 on the headers Upgrade and Connection.",
            ),
            Self::OtherWebSocket => (StatusCode::UPGRADE_REQUIRED, UPGRADE, "It speaks WebSocket version 13."),
            Self::TooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, CLOSE, "The headers of this request are too large.")
            }
        };
        let body = format!("This is a relay of Conclave. {sentence}\n");
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"
        );
        if head_only { head } else { head + &body }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let Error::Protocol(error) = error else { return Self::Malformed };
        #[expect(clippy::wildcard_enum_match_arm, reason = "the library's own list, most of it about frames")]
        match error {
            ProtocolError::WrongHttpMethod => Self::OtherMethod,
            ProtocolError::WrongHttpVersion
            | ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader => Self::NoUpgrade,
            ProtocolError::MissingSecWebSocketVersionHeader => Self::OtherWebSocket,
            _ => Self::Malformed,
        }
    }
}

const CLOSE: &str = "Connection: close\r\n";
/// RFC 6455 section 4.4 and RFC 9110 section 15.5.22.
const UPGRADE: &str = "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
/// The app sends 200 bytes; a proxy adds some.
const USUAL_HEAD: usize = 1024;
const MOST_HEAD: u64 = 8 * 1024;
/// Fewer than the library would refuse to count.
const MOST_LINES: usize = 100;
/// What is read and thrown away of a request that was refused already, and for how long.
const MOST_UNREAD: u64 = 64 * 1024;
const PARTING: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{DuplexStream, duplex};

    use super::*;

    /// The relay's end, which closes when all is said.
    async fn relay_at(mut end: DuplexStream) -> io::Result<bool> {
        upgrade(&mut end).await
    }

    /// What is answered to these pieces, each of which arrives by itself.
    fn answer_to(pieces: &[Vec<u8>]) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (mut near, far) = duplex(64);
            let client = async {
                let (mut reading, mut writing) = tokio::io::split(&mut near);
                let mut answer = String::new();
                let write = async {
                    for piece in pieces {
                        if writing.write_all(piece).await.is_err() {
                            return;
                        }
                    }
                    drop(writing.shutdown().await);
                };
                let (_, read) = tokio::join!(write, reading.read_to_string(&mut answer));
                read.unwrap();
                answer
            };
            tokio::join!(relay_at(far), client).1
        })
    }

    const APP: &str = "GET /v1 HTTP/1.1\r\nHost: relay.example\r\n\
        Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: chat, conclave.v1\r\n\r\n";

    #[test]
    fn the_apps_request_is_answered_as_the_standard_says_in_how_many_pieces_it_may_come() {
        for size in [1, 7, 100, 1000] {
            let answer = answer_to(&APP.as_bytes().chunks(size).map(<[u8]>::to_vec).collect::<Vec<_>>());
            assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
            // The example of RFC 6455 section 1.3.
            assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
            assert!(answer.ends_with("\r\n\r\n") && answer.contains("conclave.v1\r\n"), "{answer}");
        }
    }

    /// As a browser does, that sends all of its request before it reads: a closed connection would be all that it sees.
    #[tokio::test]
    async fn who_sends_more_than_is_read_can_end_it_and_then_reads_the_answer() {
        let (mut near, far) = duplex(64);
        let client = async {
            // The answer has to fit into the pipe meanwhile, so it is read beside.
            let (mut reading, mut writing) = tokio::io::split(&mut near);
            let request = format!("GET /v1 HTTP/1.1\r\nCookie: {}\r\n\r\n", "x".repeat(60_000));
            let mut answer = String::new();
            let write = async {
                writing.write_all(request.as_bytes()).await.unwrap();
                writing.shutdown().await.unwrap();
            };
            let ((), read) = tokio::join!(write, reading.read_to_string(&mut answer));
            read.unwrap();
            answer
        };
        let (done, answer) = tokio::join!(relay_at(far), client);
        assert!(!done.unwrap() && answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered_with_a_refusal_or_not_at_all(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..40),
        ) {
            let answer = answer_to(&pieces);
            prop_assert_eq!(answer.is_empty(), pieces.is_empty());
            prop_assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{}", answer);
        }

        #[test]
        fn a_request_that_was_changed_somewhere_is_answered_all_the_same(
            at in 0..APP.len(),
            byte in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let mut request = APP.as_bytes().to_vec();
            request[at] = byte;
            if cut {
                request.truncate(at.saturating_add(1));
            }
            let answer = answer_to(&[request]);
            prop_assert!(answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 101 "), "{}", answer);
        }
    }
}
