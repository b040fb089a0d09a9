//! A link that carries frames as the binary messages of a WebSocket (RFC 6455).

use std::time::Duration;

use conclave_proto::{authority::Authority, limits, version};
use futures_util::{
    SinkExt as _, StreamExt as _,
    future::ready,
    stream::{SplitStream, unfold},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error as WsError, Message,
        client::IntoClientRequest as _,
        error::ProtocolError,
        http::{HeaderValue, StatusCode, header},
        protocol::WebSocketConfig,
    },
};

use super::{FrameSink, FrameStream};
use crate::snapshot::LinkFault;

/// A byte stream to a relay.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Shakes hands over a byte stream. What comes of it carries frames until the other side is silent for [`SILENCE`].
///
/// # Errors
/// [`LinkFault::OtherVersion`] if the relay does not speak this version of the protocol, [`LinkFault::Misbehaved`] if it is no relay,
/// [`LinkFault::Unreachable`] if the stream ends.
///
/// # Cancel safety
/// Dropping the future closes the stream.
pub async fn websocket(wire: Box<dyn Wire>, address: &Authority) -> Result<(FrameSink, FrameStream), LinkFault> {
    let (sink, stream) = shake_hands(wire, address).await?.split();
    let sink = sink.sink_map_err(|_| LinkFault::Unreachable).with(|frame: Vec<u8>| ready(Ok(Message::binary(frame))));
    Ok((Box::pin(sink), frames(stream)))
}

async fn shake_hands(wire: Box<dyn Wire>, address: &Authority) -> Result<WebSocketStream<Box<dyn Wire>>, LinkFault> {
    let mut request =
        format!("ws://{address}{}", version::PATH).into_client_request().map_err(|_| LinkFault::Unreachable)?;
    let protocol = HeaderValue::from_static(version::SUBPROTOCOL);
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::MESSAGE))
        .max_frame_size(Some(limits::MESSAGE))
        .read_buffer_size(READ_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER);
    match tokio_tungstenite::client_async_with_config(request, wire, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        // The connection broke before the answer was complete, or the relay stands behind a server that cannot reach it.
        Err(WsError::Io(_) | WsError::ConnectionClosed | WsError::Protocol(ProtocolError::HandshakeIncomplete)) => {
            Err(LinkFault::Unreachable)
        }
        Err(WsError::Http(answer)) if answer.status().is_server_error() => Err(LinkFault::Unreachable),
        // What a relay says to a subprotocol that it does not know (protocol 4.8.1).
        Err(WsError::Http(answer)) if answer.status() == StatusCode::BAD_REQUEST => Err(LinkFault::OtherVersion),
        // A web page, a mail server, whatever has the port: no newer version of anything makes it a relay.
        Err(_) => Err(LinkFault::Misbehaved),
    }
}

fn frames(stream: SplitStream<WebSocketStream<Box<dyn Wire>>>) -> FrameStream {
    Box::pin(unfold(Some(stream), |stream| async {
        let mut stream = stream?;
        loop {
            let outcome = match timeout(SILENCE, stream.next()).await.unwrap_or_default() {
                Some(Ok(Message::Binary(frame))) => Ok(frame),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                // A cut, as when the host's computer loses power: no fault of whoever answers there.
                Some(Err(WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    Err(LinkFault::Unreachable)
                }
                Some(Ok(Message::Text(_)))
                | Some(Err(WsError::Capacity(_) | WsError::Protocol(_) | WsError::Utf8(_))) => {
                    Err(LinkFault::Misbehaved)
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => Err(LinkFault::Unreachable),
            };
            let goes_on = outcome.is_ok().then_some(stream);
            return Some((outcome, goes_on));
        }
    }))
}

/// The relay pings every half minute; who hears nothing for three of them has no connection any more.
const SILENCE: Duration = Duration::from_secs(90);
const READ_BUFFER: usize = 16 * 1024;
const WRITE_BUFFER: usize = 2 * limits::MESSAGE;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// What the engine makes of a relay that answers this and hangs up.
    async fn verdict_on(answer: &'static [u8]) -> Option<LinkFault> {
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let relay = async move {
            let _ = theirs.read(&mut [0; 4096]).await.unwrap();
            theirs.write_all(answer).await.unwrap();
        };
        let address = "relay.example.org".parse().unwrap();
        let (outcome, ()) = tokio::join!(shake_hands(Box::new(ours), &address), relay);
        outcome.err()
    }

    #[tokio::test]
    async fn a_link_that_breaks_during_the_handshake_is_tried_again() {
        assert_eq!(verdict_on(b"").await, Some(LinkFault::Unreachable), "the relay died before it answered");
        assert_eq!(verdict_on(b"HTTP/1.1 101 Swi").await, Some(LinkFault::Unreachable), "or in the middle");
        let down = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(verdict_on(down).await, Some(LinkFault::Unreachable), "or the server before it lost it");
    }

    #[tokio::test]
    async fn a_relay_of_another_version_is_not_asked_again() {
        let refusal = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(verdict_on(refusal).await, Some(LinkFault::OtherVersion));
    }

    #[tokio::test]
    async fn who_is_no_relay_is_not_taken_for_one_of_another_version() {
        assert_eq!(verdict_on(b"SSH-2.0-OpenSSH\r\n\r\n").await, Some(LinkFault::Misbehaved), "another service");
        for page in [
            b"HTTP/1.1 200 OK\r\n\r\nwelcome to my page".as_slice(),
            b"HTTP/1.1 301 Moved Permanently\r\nlocation: /\r\n\r\n",
            b"HTTP/1.1 403 Forbidden\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\n\r\n",
        ] {
            let page_text = String::from_utf8_lossy(page);
            assert_eq!(verdict_on(page).await, Some(LinkFault::Misbehaved), "{page_text}");
        }
    }

    /// What Alice's engine hears after Bob's relay wrote `bytes` and its computer went dark.
    async fn after(bytes: &[u8]) -> Option<Result<Bytes, LinkFault>> {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let ours: Box<dyn Wire> = Box::new(ours);
        let (_, stream) = WebSocketStream::from_raw_socket(ours, Role::Client, None).await.split();
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        frames(stream).next().await
    }

    #[tokio::test]
    async fn a_host_that_loses_power_is_away_and_did_nothing_wrong() {
        assert_eq!(after(b"").await, Some(Err(LinkFault::Unreachable)));
    }

    #[tokio::test]
    async fn a_relay_that_sends_garbage_misbehaves() {
        // A frame of a kind that WebSocket does not have (RFC 6455, section 5.2).
        assert_eq!(after(b"\x83\x00").await, Some(Err(LinkFault::Misbehaved)));
    }
}
