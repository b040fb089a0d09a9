//! The connection to a relay: finding it, proving who it is, and carrying frames.
//!
//! [`Dialer`] brings whole frames in both directions; everything above it is the same over a WebSocket on TLS, an onion service, a
//! browser's WebSocket or a simulated wire. Two small tasks turn what it brings into queues, so that a room's actor waits for one
//! thing at a time and never blocks on a slow network. Both queues are bounded: an engine that cannot keep up stops reading.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use conclave_proto::authority::Authority;
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::sync::mpsc;

use crate::{
    clock::{Timer, within},
    silent::silent,
    snapshot::LinkFault,
    tasks::{BoxFuture, Tasks},
};

#[cfg(feature = "net")]
pub(crate) mod system;
#[cfg(feature = "net")]
mod tls;
#[cfg(feature = "net")]
mod websocket;

#[cfg(feature = "net")]
pub use system::SystemDialer;
#[cfg(feature = "net")]
pub use websocket::{Wire, websocket};

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

/// Takes whole frames to a relay, in their order. Closing it says goodbye.
pub type FrameSink = Pin<Box<dyn Sink<Vec<u8>, Error = LinkFault> + Send>>;

/// Brings whole frames from a relay, in their order, of at most [`limits::MESSAGE`](conclave_proto::limits::MESSAGE) bytes. It ends
/// with the reason why the connection ended, which it must notice by itself, also where only silence tells.
pub type FrameStream = Pin<Box<dyn Stream<Item = Result<Bytes, LinkFault>> + Send>>;

/// What a dialer brings.
pub struct Dialled {
    /// Frames to the relay.
    pub outgoing: FrameSink,
    /// Frames from the relay.
    pub incoming: FrameStream,
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
    Link { recognised }
}

/// Opens connections to relays.
pub trait Dialer: Send + Sync + fmt::Debug {
    /// Connects to the first address that answers.
    ///
    /// # Errors
    /// [`LinkFault::Unreachable`] if none does, [`LinkFault::OnionOnly`] if all are onion addresses and the dialer has no Tor,
    /// [`LinkFault::WrongPin`] if one shows another key, [`LinkFault::CertificateOutOfDate`] if another key would do but for the
    /// dates of its certificate, [`LinkFault::OtherVersion`] if it does not speak this version of the protocol,
    /// [`LinkFault::Misbehaved`] if it is no relay.
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

/// What a link is made with.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) dialer: Arc<dyn Dialer>,
    pub(crate) tasks: Tasks,
    pub(crate) timer: Arc<dyn Timer>,
}

/// Dials.
///
/// # Errors
/// As [`Dialer::dial`].
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub(crate) async fn open(network: &Network, target: Target) -> Result<Link, LinkFault> {
    let dialled = network.dialer.dial(target).await?;
    let Dialled { outgoing: sink, incoming: stream, address, exporter, pin, recognised } = dialled;
    let (outgoing, to_send) = mpsc::channel(QUEUE);
    let (received, incoming) = mpsc::channel(QUEUE);
    network.tasks.spawn(write(sink, to_send, Arc::clone(&network.timer)));
    network.tasks.spawn(read(stream, received));
    Ok(Link { outgoing, incoming, exporter, pin, recognised, address })
}

/// Ends with the queue, or with a relay that takes nothing any more: one that does not read must not keep the connection of a room
/// that was left.
async fn write(mut sink: FrameSink, mut to_send: mpsc::Receiver<Vec<u8>>, timer: Arc<dyn Timer>) {
    while let Some(frame) = to_send.recv().await {
        let mut next = Some(frame);
        // What is ready goes out together: one flush, not one for each frame.
        while let Some(frame) = next {
            if !matches!(within(&*timer, PATIENCE, sink.feed(frame)).await, Some(Ok(()))) {
                return;
            }
            next = to_send.try_recv().ok();
        }
        if !matches!(within(&*timer, PATIENCE, sink.flush()).await, Some(Ok(()))) {
            return;
        }
    }
    // The room let go of the link; whether the relay takes the farewell is none of its concern.
    let _ = within(&*timer, PATIENCE, sink.close()).await;
}

async fn read(mut stream: FrameStream, received: mpsc::Sender<Incoming>) {
    loop {
        let outcome = tokio::select! {
            biased;
            () = received.closed() => return,
            outcome = stream.next() => outcome.unwrap_or(Err(LinkFault::Unreachable)),
        };
        let ended = outcome.is_err();
        if received.send(outcome).await.is_err() || ended {
            return;
        }
    }
}

/// Frames that may wait on each side of a link.
const QUEUE: usize = 64;

/// How long a relay may take for a frame, and for those before it that are on their way.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use futures_util::{sink, stream};

    use super::*;
    use crate::{clock::TokioTimer, tasks::TokioSpawn};

    /// Never done with a frame, and holds what a connection would be.
    #[derive(Debug)]
    struct Stalled(Arc<()>);

    impl Dialer for Stalled {
        fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
            let connection = Arc::clone(&self.0);
            Box::pin(async move {
                let held = async |connection: Arc<()>, _| {
                    std::future::pending::<()>().await;
                    Ok(connection)
                };
                Ok(Dialled {
                    outgoing: Box::pin(sink::unfold(connection, held)),
                    incoming: Box::pin(stream::pending()),
                    address: target.authority,
                    exporter: None,
                    pin: None,
                    recognised: Recognised::Vouched,
                })
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_takes_nothing_keeps_no_connection_that_was_let_go() {
        let connection = Arc::new(());
        let network = Network {
            dialer: Arc::new(Stalled(Arc::clone(&connection))),
            tasks: Tasks(Arc::new(TokioSpawn::default())),
            timer: Arc::new(TokioTimer),
        };
        let authority: Authority = "relay.example.org".parse().unwrap();
        let target = Target { addresses: vec![authority.clone()], authority, pin: None, may_renew_at: None };
        let link = open(&network, target).await.unwrap();
        link.outgoing.send(vec![0; 64]).await.unwrap();
        drop(link);
        tokio::time::sleep(PATIENCE.saturating_mul(2)).await;
        assert_eq!(Arc::strong_count(&connection), 2, "only those of this test and its dialer");
    }
}
