//! From addresses to streams: the accept loop, TLS, and what binds a proof to the TLS session.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use conclave_proto::Authority;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    connection,
    hub::Hub,
    metrics::Ended,
    peer::ConnectionInfo,
    tls::{Certificates, TlsError, TlsIdentity},
};

/// How a listener speaks to the network.
#[derive(Debug)]
pub enum Security {
    /// Unencrypted: only on a loopback address, where an onion service or a proxy ends.
    Plain,
    /// TLS 1.3. Proofs are bound to the session.
    Tls(TlsIdentity),
}

/// An address that is listened at; whoever connects waits until a relay serves it ([`Relay::listen`]).
///
/// [`Relay::listen`]: crate::Relay::listen
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    certificates: Option<Certificates>,
    address: SocketAddr,
}

impl Listener {
    /// Listens on an address: with certificates by TLS 1.3, without them unencrypted.
    ///
    /// # Errors
    /// [`BindError`] if the address cannot be had or must not be unencrypted.
    ///
    /// # Cancel safety
    /// Dropping the future listens nowhere.
    pub async fn open(address: SocketAddr, certificates: Option<Certificates>) -> Result<Self, BindError> {
        if certificates.is_none() && !address.ip().is_loopback() {
            return Err(BindError::Exposed(address));
        }
        let socket = TcpListener::bind(address).await.map_err(|error| {
            let taken = error.kind() == io::ErrorKind::AddrInUse;
            if taken { BindError::Taken(address) } else { BindError::Io(address, error) }
        })?;
        let address = socket.local_addr().map_err(|error| BindError::Io(address, error))?;
        Ok(Self { socket, certificates, address })
    }

    /// The address, with the port that was given out.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The name that the TLS key gives to a relay that serves here.
    pub(crate) fn authority(&self) -> Option<Authority> {
        self.certificates.as_ref().map(Certificates::authority)
    }
}

/// Serves every connection that comes, until the relay is shut down.
pub(crate) async fn accept(hub: Arc<Hub>, Listener { socket, certificates, .. }: Listener) {
    let mut told: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = hub.stop.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            // The address itself is kept nowhere; see `Hub::source`.
            Ok((stream, address)) => {
                let source = Some(address.ip().to_canonical()).filter(|ip| !ip.is_loopback());
                serve(&hub, stream, source, certificates.as_ref().map(Certificates::acceptor));
            }
            Err(error) => {
                // Out of file descriptors, most likely: those who are here go on, and some will leave.
                if told.is_none_or(|at| at.elapsed() >= TOLD_AGAIN) {
                    told = Some(Instant::now());
                    tracing::warn!(%error, "connections cannot be accepted at the moment; this is said once a minute");
                }
                sleep(PAUSE).await;
            }
        }
    }
}

fn serve(hub: &Arc<Hub>, stream: TcpStream, source: Option<IpAddr>, acceptor: Option<TlsAcceptor>) {
    if stream.set_nodelay(true).is_err() {
        // The other side is gone already.
        hub.metrics.count_end(Ended::HandshakeBroken);
        return;
    }
    let connection = Arc::clone(hub);
    match acceptor {
        None => hub.spawn(connection::serve(connection, stream, ConnectionInfo { exporter: None, source })),
        Some(acceptor) => {
            let tls = shake_hands(stream, acceptor, hub.config.handshake_timeout);
            hub.spawn(connection::serve_behind(connection, source, tls));
        }
    }
}

/// The TLS handshake, and the exporter value that binds proofs to this session.
async fn shake_hands(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    within: Duration,
) -> Result<(TlsStream<TcpStream>, Option<[u8; 32]>), Ended> {
    let shaken = timeout(within, acceptor.accept(stream)).await.map_err(|_| Ended::HandshakeTimeout)?;
    let stream = shaken.map_err(|error| {
        let by_tls = error.get_ref().is_some_and(|error| error.is::<rustls::Error>());
        if by_tls { Ended::TlsFailed } else { Ended::HandshakeBroken }
    })?;
    let exported = stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None);
    Ok((stream, Some(exported.map_err(|_| Ended::TlsFailed)?)))
}

/// Why a relay cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the port.
    #[error("{0} is taken by another program: stop it or choose another port")]
    Taken(SocketAddr),
    /// Unencrypted on an address that others reach.
    #[error("{0} can be reached from outside: listen there with TLS, or unencrypted on a loopback address")]
    Exposed(SocketAddr),
    /// The key or certificate is of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system refuses.
    #[error("cannot listen on {0}")]
    Io(SocketAddr, #[source] io::Error),
}

/// RFC 9266 section 2. For TLS 1.3 the context is the empty string, which is the same as none (RFC 8446 section 7.5).
const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";
const PAUSE: Duration = Duration::from_millis(100);
const TOLD_AGAIN: Duration = Duration::from_secs(60);
