//! The connection to a relay: finding it, proving who it is, and carrying frames.
//!
//! [`Dialer`] brings a byte stream; everything above it is the same over TCP, TLS, an onion service or a simulated wire. Two
//! small tasks turn the stream into queues of frames, so that a room's actor waits for one thing at a time and never blocks
//! on a slow network. Both queues are bounded: an engine that cannot keep up stops reading.

use std::{fmt, time::Duration};

use conclave_proto::{authority::Authority, limits, version};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Error as WsError, Message,
        client::IntoClientRequest as _,
        error::ProtocolError,
        http::{HeaderValue, StatusCode, header},
        protocol::WebSocketConfig,
    },
};

use crate::{
    silent::silent,
    snapshot::LinkFault,
    tasks::{BoxFuture, Tasks},
};

pub(crate) mod system;
mod tls;

pub use system::SystemDialer;

/// Where a relay is and how it is recognised.
#[derive(Clone, Eq, PartialEq)]
pub struct Target {
    /// The relay's name, as proofs are bound to it.
    pub authority: Authority,
    /// `host:port`, in the order of preference.
    pub addresses: Vec<Authority>,
    /// SHA-256 of the relay's TLS public key; `None` accepts any key and reports it.
    pub pin: Option<[u8; 32]>,
    /// Where another key than the pin will do if an authority of the system vouches for it: the pin was first used there,
    /// and nobody vouched for it.
    pub may_renew_at: Option<Authority>,
}

/// How the TLS key that a relay showed was recognised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recognised {
    /// It is the pinned one.
    Pinned,
    /// An authority of the system vouches for it.
    Vouched,
    /// An authority vouched for it, but by this computer's clock the certificate is out of date, or not valid yet.
    OutOfDate,
    /// Nobody vouches for it.
    No,
}

impl Recognised {
    /// Whether it is the relay that was meant.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, Self::Pinned | Self::Vouched)
    }
}

/// A byte stream to a relay.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// What a dialer brings.
pub struct Dialled {
    /// The bytes.
    pub wire: Box<dyn Wire>,
    /// The address that answered.
    pub address: Authority,
    /// RFC 9266 exporter of the TLS session; `None` without TLS.
    pub exporter: Option<[u8; 32]>,
    /// SHA-256 of the TLS public key that the relay showed; `None` without TLS.
    pub pin: Option<[u8; 32]>,
    /// How that key was recognised.
    pub recognised: Recognised,
}

silent! {
    Target {}
    Dialled { recognised }
}

/// Opens connections to relays.
pub trait Dialer: Send + Sync + fmt::Debug {
    /// Connects to the first address that answers.
    ///
    /// # Errors
    /// [`LinkFault::Unreachable`] if none does, [`LinkFault::OnionOnly`] if all are onion addresses and the dialer has no Tor,
    /// [`LinkFault::WrongPin`] if one shows another key, [`LinkFault::CertificateOutOfDate`] if another key would do but for the
    /// dates of its certificate.
    ///
    /// # Cancel safety
    /// Dropping the future closes whatever it had opened.
    fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>>;
}

/// A frame, or why there are no more.
pub(crate) type Incoming = Result<Bytes, LinkFault>;

/// A link that carries frames. Dropping it closes the connection.
pub(crate) struct Link {
    /// Frames to the relay.
    pub(crate) outgoing: mpsc::Sender<Vec<u8>>,
    /// Frames from the relay; ends with the reason why the link ended.
    pub(crate) incoming: mpsc::Receiver<Incoming>,
    /// RFC 9266 exporter of the TLS session.
    pub(crate) exporter: Option<[u8; 32]>,
    /// SHA-256 of the relay's TLS public key.
    pub(crate) pin: Option<[u8; 32]>,
    /// How that key was recognised.
    pub(crate) recognised: Recognised,
    /// The address that answered.
    pub(crate) address: Authority,
}

/// Dials and shakes hands.
///
/// # Errors
/// As [`Dialer::dial`]; [`LinkFault::OtherVersion`] if the relay does not speak this version of the protocol,
/// [`LinkFault::Misbehaved`] if it is no relay.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub(crate) async fn open(dialer: &dyn Dialer, target: Target, tasks: &Tasks) -> Result<Link, LinkFault> {
    let Dialled { wire, address, exporter, pin, recognised } = dialer.dial(target).await?;
    let socket = shake_hands(wire, &address).await?;
    let (sink, stream) = socket.split();
    let (outgoing, to_send) = mpsc::channel(QUEUE);
    let (received, incoming) = mpsc::channel(QUEUE);
    tasks.spawn(write(sink, to_send));
    tasks.spawn(read(stream, received));
    Ok(Link { outgoing, incoming, exporter, pin, recognised, address })
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

async fn write(
    mut sink: futures_util::stream::SplitSink<WebSocketStream<Box<dyn Wire>>, Message>,
    mut to_send: mpsc::Receiver<Vec<u8>>,
) {
    while let Some(frame) = to_send.recv().await {
        let mut next = Some(frame);
        // What is ready goes out together: one flush, not one for each frame.
        while let Some(frame) = next {
            if sink.feed(Message::binary(frame)).await.is_err() {
                return;
            }
            next = to_send.try_recv().ok();
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
    // The room let go of the link; a relay that does not take the farewell is none of its concern.
    drop(sink.close().await);
}

async fn read(
    mut stream: futures_util::stream::SplitStream<WebSocketStream<Box<dyn Wire>>>,
    received: mpsc::Sender<Incoming>,
) {
    loop {
        let message = tokio::select! {
            biased;
            () = received.closed() => return,
            message = tokio::time::timeout(SILENCE, stream.next()) => message.unwrap_or_default(),
        };
        let outcome = match message {
            Some(Ok(Message::Binary(frame))) => Ok(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            // A cut, as when the host's computer loses power: no fault of whoever answers there.
            Some(Err(WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => Err(LinkFault::Unreachable),
            Some(Ok(Message::Text(_))) | Some(Err(WsError::Capacity(_) | WsError::Protocol(_) | WsError::Utf8(_))) => {
                Err(LinkFault::Misbehaved)
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(LinkFault::Unreachable),
        };
        let ended = outcome.is_err();
        if received.send(outcome).await.is_err() || ended {
            return;
        }
    }
}

/// Frames that may wait on each side of a link.
const QUEUE: usize = 64;
/// The relay pings every half minute; who hears nothing for three of them has no connection any more.
const SILENCE: Duration = Duration::from_secs(90);
const READ_BUFFER: usize = 16 * 1024;
const WRITE_BUFFER: usize = 2 * limits::MESSAGE;

#[cfg(test)]
mod tests {
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
    async fn after(bytes: &[u8]) -> Option<Incoming> {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let ours: Box<dyn Wire> = Box::new(ours);
        let (_, stream) = WebSocketStream::from_raw_socket(ours, Role::Client, None).await.split();
        let (received, mut incoming) = mpsc::channel(1);
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        read(stream, received).await;
        incoming.recv().await
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
