//! From addresses to streams: the accept loop, TLS, and what binds a proof to the TLS session.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    relay::{ConnectionInfo, Relay},
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
}

impl Relay {
    /// Listens on an address until the relay is shut down, and returns the address with the port that was given out.
    ///
    /// A TLS key's pin becomes one of the relay's names.
    ///
    /// # Errors
    /// [`BindError`] if the address cannot be had or must not be unencrypted.
    ///
    /// # Cancel safety
    /// Dropping the future listens nowhere.
    pub async fn bind(&self, address: SocketAddr, security: Security) -> Result<SocketAddr, BindError> {
        let certificates = match &security {
            Security::Plain => None,
            Security::Tls(identity) => Some(Certificates::new(identity)?),
        };
        Ok(self.listen(Listener::open(address, certificates).await?))
    }

    /// Serves who comes to an address until the relay is shut down, and returns the address with the port that was given out.
    ///
    /// A TLS key's pin becomes one of the relay's names.
    pub fn listen(&self, listener: Listener) -> SocketAddr {
        if let Some(certificates) = &listener.certificates {
            self.add_authority(certificates.authority());
        }
        let address = listener.address;
        self.shared.spawn_needed(accept(self.clone(), listener));
        address
    }

    /// Shows another identity to new connections, wherever these certificates are shown. Those that stand stay, and the pin of
    /// the old key stays one of the relay's names.
    ///
    /// # Errors
    /// [`TlsError`] if certificate and key do not fit together; the old ones stay.
    pub fn renew(&self, certificates: &Certificates, identity: &TlsIdentity) -> Result<(), TlsError> {
        certificates.replace(identity)?;
        self.add_authority(identity.authority());
        Ok(())
    }
}

async fn accept(relay: Relay, Listener { socket, certificates, .. }: Listener) {
    let stop = relay.shared.stop.clone();
    let mut told: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            // The address itself is kept nowhere; see `Shared::source`.
            Ok((stream, address)) => {
                let source = Some(address.ip().to_canonical()).filter(|ip| !ip.is_loopback());
                serve(&relay, stream, source, certificates.as_ref().map(Certificates::acceptor));
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

fn serve(relay: &Relay, stream: TcpStream, source: Option<IpAddr>, acceptor: Option<TlsAcceptor>) {
    if stream.set_nodelay(true).is_err() {
        // The other side is gone already.
        return;
    }
    match acceptor {
        None => relay.shared.spawn(relay.serve(stream, ConnectionInfo { exporter: None, source })),
        Some(acceptor) => relay.shared.spawn(serve_tls(relay.clone(), stream, source, acceptor)),
    }
}

async fn serve_tls(relay: Relay, stream: TcpStream, source: Option<IpAddr>, acceptor: TlsAcceptor) {
    let source = relay.shared.source(source);
    let Some(permit) = relay.shared.limits.admit(source) else { return };
    let handshake = timeout(relay.shared.config.handshake_timeout, acceptor.accept(stream));
    let stream = tokio::select! {
        biased;
        () = relay.shared.stop.cancelled() => return,
        () = permit.displaced.cancelled() => return,
        done = handshake => match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(_)) | Err(_) => return,
        },
    };
    let exported = stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None);
    let Ok(exporter) = exported else { return };
    relay.serve_admitted(stream, source, Some(exporter), &permit).await;
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
