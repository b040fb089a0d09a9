//! The relay as a value: started, asked, shut down. It lives inside another process and owns every task that it starts.

use std::{future::Future, net::SocketAddr, sync::Arc};

use conclave_proto::{Authority, id::RoomId};
use conclave_seal::rng::Rng;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    blob::Storage,
    clock::Clock,
    config::Config,
    connection,
    fault::contained,
    hub::Hub,
    listener::{self, BindError, Listener, Security},
    metrics::EndedCounts,
    peer::ConnectionInfo,
    sweep,
    tls::{Certificates, TlsError, TlsIdentity},
};

/// A running relay. Clones are handles to the same one.
///
/// It runs until [`Relay::shutdown`]. Without a listener it also ends, without a word to anybody, when every handle and
/// every future of [`Relay::serve`] is dropped: that is how a test lets it crash over a log that lives on.
#[derive(Debug, Clone)]
pub struct Relay {
    hub: Arc<Hub>,
}

/// Counts for the person who runs the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Connections, authenticated or not.
    pub connections: usize,
    /// Rooms with somebody attached.
    pub rooms: usize,
    /// Mailboxes of spoken invitations that are open.
    pub boxes: usize,
    /// How the connections ended that are not here any more, since the relay was started.
    pub ended: EndedCounts,
}

impl Relay {
    /// Starts a relay over a log. It listens nowhere yet: see [`Relay::bind`], or hand it connections with
    /// [`Relay::serve`].
    ///
    /// Must be called inside a tokio runtime with time enabled.
    #[must_use]
    pub fn start(config: Config, log: Arc<dyn Storage>, clock: Arc<dyn Clock>, rng: Box<dyn Rng>) -> Self {
        let hub = Arc::new(Hub::new(config, log, clock, rng));
        hub.spawn_needed(sweep::run(Arc::downgrade(&hub), hub.config.sweep_interval));
        Self { hub }
    }

    /// Serves one connection until it ends: any stream of bytes that carries a WebSocket.
    ///
    /// # Cancel safety
    /// Dropping the future cuts the connection; nothing that was acknowledged is lost.
    pub fn serve<S>(&self, stream: S, info: ConnectionInfo) -> impl Future<Output = ()> + Send + 'static
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.hub.tasks.track_future(contained(connection::serve(Arc::clone(&self.hub), stream, info)))
    }

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

    /// Serves who comes to an address until the relay is shut down, and returns the address with the port that was
    /// given out.
    ///
    /// A TLS key's pin becomes one of the relay's names.
    pub fn listen(&self, listener: Listener) -> SocketAddr {
        if let Some(authority) = listener.authority() {
            self.add_authority(authority);
        }
        let address = listener.address();
        self.hub.spawn_needed(listener::accept(Arc::clone(&self.hub), listener));
        address
    }

    /// Shows another identity to new connections, wherever these certificates are shown. Those that stand stay, and the
    /// pin of the old key stays one of the relay's names.
    ///
    /// # Errors
    /// [`TlsError`] if certificate and key do not fit together; the old ones stay.
    pub fn renew(&self, certificates: &Certificates, identity: &TlsIdentity) -> Result<(), TlsError> {
        certificates.replace(identity)?;
        self.add_authority(identity.authority());
        Ok(())
    }

    /// Lets proofs name this relay by one more name.
    pub fn add_authority(&self, authority: Authority) {
        self.hub.add_authority(authority);
    }

    /// Names the room that a relay with [`Config::dedicated`] serves. The first name stays.
    pub fn dedicate(&self, room: RoomId) {
        self.hub.dedicate(room);
    }

    /// Counts of connections and rooms.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            connections: self.hub.limits.count(),
            rooms: self.hub.live_rooms(),
            boxes: self.hub.mailboxes.count(),
            ended: self.hub.metrics.ended(),
        }
    }

    /// How many connections a room has.
    #[must_use]
    pub fn sockets(&self, room: &RoomId) -> usize {
        self.hub.sockets(room)
    }

    /// Resolves when something has died that the relay cannot do without: a listener, the sweep, a thread of its log.
    /// It goes on serving as far as it can; shut it down and start another one.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn died(&self) {
        self.hub.died().await;
    }

    /// Tells every client, closes every connection and waits until every task has ended.
    ///
    /// # Cancel safety
    /// The relay stops even if the future is dropped; only the waiting ends.
    pub async fn shutdown(&self) {
        self.hub.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use conclave_seal::rng::OsRng;
    use futures_util::FutureExt as _;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::{clock::SystemClock, fault::panics_are_contained, log::MemoryLog};

    #[tokio::test]
    async fn a_needed_task_that_panics_is_missed_and_one_that_ends_is_not() {
        let log = Arc::new(MemoryLog::new());
        let relay = Relay::start(Config::default(), log, Arc::new(SystemClock), Box::new(OsRng));
        relay.hub.spawn_needed(async {});
        tokio::task::yield_now().await;
        assert!(relay.died().now_or_never().is_none());
        relay.hub.spawn_needed(async { panic!("a fault of ours") });
        tokio::time::timeout(Duration::from_secs(10), relay.died()).await.expect("its death is noticed");
        relay.shutdown().await;
    }

    #[tokio::test]
    async fn a_hook_that_ends_the_process_can_tell_a_panic_of_the_relay() {
        let (told, hears) = std::sync::mpsc::channel();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() == Some("a fault in the relay") {
                told.send(panics_are_contained()).unwrap();
            } else {
                before(info);
            }
        }));
        let log = Arc::new(MemoryLog::new());
        let relay = Relay::start(Config::default(), log, Arc::new(SystemClock), Box::new(OsRng));
        relay.hub.spawn_needed(async {
            tokio::task::yield_now().await;
            panic!("a fault in the relay")
        });
        relay.died().await;
        assert!(hears.recv().unwrap());
        assert!(!panics_are_contained(), "what runs on this thread next is somebody else's");
        let other = TaskTracker::new().spawn(async { panic!("a fault in the relay") });
        other.await.unwrap_err();
        assert!(!hears.recv().unwrap(), "a task of the same runtime, but not the relay's");
        relay.shutdown().await;
    }
}
