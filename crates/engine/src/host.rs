//! A relay of our own: one for each hosted room, with a key, a port and a log of its own, so that nothing links two rooms of
//! one host.

use std::{
    collections::BTreeSet,
    fmt,
    future::pending,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use conclave_proto::{authority::Authority, id::RoomId};
use conclave_relay::{
    BindError, Certificates, Config, Listener, Relay, TlsIdentity,
    blob::Storage,
    clock::{Clock, SystemClock},
    log::{MemoryLog, OpenError, SqlcipherLog, StorageKey},
};
use conclave_seal::rng::{self, OsRng, Rng};
use conclave_store::HostedRoom;
use futures_util::FutureExt as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use zeroize::Zeroizing;

use crate::{
    clock::Timer,
    error::ErrorCode,
    hold::Hold,
    link::Network,
    room::actor::{Request, Room},
    snapshot::{Hosting, HostingState},
    tasks::{BoxFuture, heavy},
};

mod reach;

/// What makes a hosted room's relay the same after a restart.
pub(crate) struct Identity {
    tls: TlsIdentity,
    relay_key: Zeroizing<[u8; 32]>,
}

impl Identity {
    pub(crate) fn generate(rng: &mut dyn Rng) -> Result<Self, ErrorCode> {
        let tls = TlsIdentity::generate().map_err(|_| ErrorCode::HostingFailed)?;
        Ok(Self { tls, relay_key: Zeroizing::new(rng::array(rng)) })
    }

    pub(crate) fn from_stored(hosted: &HostedRoom) -> Result<Self, ErrorCode> {
        let tls = TlsIdentity::from_key(&hosted.tls_key).map_err(|_| ErrorCode::HostingFailed)?;
        Ok(Self { tls, relay_key: hosted.relay_key.clone() })
    }

    pub(crate) fn to_stored(&self, port: u16, running: bool) -> HostedRoom {
        HostedRoom { port, tls_key: self.tls.key_der().clone(), relay_key: self.relay_key.clone(), running }
    }

    fn storage_key(&self) -> StorageKey {
        StorageKey::from_bytes(&self.relay_key)
    }

    /// SHA-256 of the relay's TLS public key.
    pub(crate) fn pin(&self) -> [u8; 32] {
        self.tls.pin()
    }
}

/// What hosting a room in memory needs, so that it can go on after a pause. The vault keeps it for all others.
pub(crate) struct InMemory {
    pub(crate) identity: Arc<Identity>,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) port: u16,
}

/// Where a hosted room's entries go.
#[derive(Clone)]
pub(crate) enum Log {
    /// An encrypted file that is not there yet.
    NewFile(PathBuf),
    /// An encrypted file.
    File(PathBuf),
    /// Memory; it outlives a pause of the hosting, not the application.
    Memory(Arc<MemoryLog>),
}

/// Opens the addresses at which this computer serves rooms.
pub trait Listen: Send + Sync + fmt::Debug {
    /// Listens on one address by TLS, as [`Listener::open`] does.
    ///
    /// # Errors
    /// [`BindError`] if the address cannot be had.
    ///
    /// # Cancel safety
    /// Dropping the future listens nowhere.
    fn open(&self, address: SocketAddr, certificates: Certificates) -> BoxFuture<'_, Result<Listener, BindError>>;
}

/// Listens in the computer's own network.
#[derive(Debug, Default)]
pub struct SystemListen;

impl Listen for SystemListen {
    fn open(&self, address: SocketAddr, certificates: Certificates) -> BoxFuture<'_, Result<Listener, BindError>> {
        Box::pin(Listener::open(address, Some(certificates)))
    }
}

/// A running relay of a hosted room. It serves that room and no other, and is told to end when this is dropped.
pub(crate) struct Host {
    relay: Relay,
    reach: Arc<Reach>,
    stop: CancellationToken,
    /// Tasks that hold the relay, and with it its log.
    tasks: TaskTracker,
}

/// Where it can be reached: on the loopback address and on those that the invitation names, all with one port.
struct Reach {
    port: u16,
    listen: Arc<dyn Listen>,
    tls_key: Zeroizing<Vec<u8>>,
    listening: Mutex<BTreeSet<IpAddr>>,
}

impl Host {
    /// Listens on the loopback address and on those that the invitation names. Port 0 draws one that is free on all of them, see
    /// [`drawn_port`]. It serves no room before [`Host::dedicate`].
    ///
    /// # Errors
    /// [`ErrorCode::PortTaken`], [`ErrorCode::HostingFailed`], or what is wrong with the log's file, which is left as it is.
    ///
    /// # Cancel safety
    /// Dropping the future serves nothing.
    pub(crate) async fn start(
        listen: &Arc<dyn Listen>,
        identity: &Identity,
        port: u16,
        log: Log,
    ) -> Result<Self, ErrorCode> {
        let (max_sockets, max_sockets_per_source) = (SOCKETS, SOCKETS_PER_SOURCE);
        let config = Config { dedicated: true, max_sockets, max_sockets_per_source, ..Config::default() };
        let started = Self::start_with(&config, Arc::new(SystemClock), listen, identity, port, log);
        let started = conclave_relay::contain(started);
        started.await.unwrap_or(Err(ErrorCode::HostingFailed))
    }

    async fn start_with(
        config: &Config,
        clock: Arc<dyn Clock>,
        listen: &Arc<dyn Listen>,
        identity: &Identity,
        port: u16,
        log: Log,
    ) -> Result<Self, ErrorCode> {
        let log: Arc<dyn Storage> = match log {
            Log::Memory(log) => log,
            Log::NewFile(path) => Arc::new(
                heavy(|| SqlcipherLog::create(&path, &identity.storage_key(), Box::new(OsRng))).map_err(of_file)?,
            ),
            Log::File(path) => Arc::new(
                heavy(|| SqlcipherLog::open(&path, &identity.storage_key(), Box::new(OsRng))).map_err(of_file)?,
            ),
        };
        let mut tries = 0_u32;
        loop {
            let relay = Relay::start(config.clone(), Arc::clone(&log), Arc::clone(&clock), Box::new(OsRng));
            let port_tried = if port == 0 { drawn_port(&mut OsRng) } else { port };
            let error = match Reach::start(&relay, listen, identity.tls.key_der(), port_tried).await {
                Ok(reach) => {
                    let (reach, stop, tasks) = (Arc::new(reach), CancellationToken::new(), TaskTracker::new());
                    return Ok(Self { relay, reach, stop, tasks });
                }
                Err(error) => error,
            };
            relay.shutdown().await;
            tries = tries.saturating_add(1);
            // Another one may be free. Windows keeps ranges for itself, which it refuses as something else than taken.
            if port != 0 || tries >= MOST_TRIES {
                return Err(error);
            }
        }
    }

    /// Names the room that it serves.
    pub(crate) fn dedicate(&self, room: RoomId) {
        self.relay.dedicate(room);
    }

    pub(crate) fn port(&self) -> u16 {
        self.reach.port
    }

    /// Where the host's own client finds it, whatever network the computer is in.
    pub(crate) fn local_address(&self) -> Authority {
        Authority::Host { name: Ipv4Addr::LOCALHOST.to_string(), port: self.reach.port }
    }

    /// The addresses for the invitation.
    pub(crate) fn addresses(&self) -> Vec<Authority> {
        self.reach.addresses()
    }

    pub(crate) fn address_texts(&self) -> Vec<String> {
        self.addresses().iter().map(Authority::to_string).collect()
    }

    /// Connections besides the own one.
    pub(crate) fn others(&self) -> u32 {
        let all = u32::try_from(self.relay.status().connections).unwrap_or(u32::MAX);
        all.saturating_sub(1)
    }

    pub(crate) fn hosting(&self) -> Hosting {
        Hosting::new(HostingState::Running, self.address_texts(), self.others())
    }

    /// Whether a task or a thread has died that it cannot do without.
    pub(crate) fn has_died(&self) -> bool {
        self.relay.died().now_or_never().is_some()
    }

    /// Tells the room how many are connected and under which addresses, whenever that changes.
    /// Once it is told to end, this holds what it is given until the log is closed.
    pub(crate) fn watch(&self, room: &Arc<Room>, hold: Hold, network: &Network) {
        let (relay, reach, stop) = (self.relay.clone(), Arc::clone(&self.reach), self.stop.clone());
        let room = Arc::downgrade(room);
        let timer = Arc::clone(&network.timer);
        network.tasks.spawn(self.tasks.track_future(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = report(&relay, &reach, &room, timer.as_ref()) => {}
            }
            relay.shutdown().await;
            drop((relay, hold));
        }));
    }

    /// Tells it to end.
    pub(crate) fn begin_stop(&self) {
        self.stop.cancel();
        // Polled once, it has told every task of the relay; the rest is waiting for them.
        let _ = self.relay.shutdown().now_or_never();
    }

    /// Ends it and waits until its log is closed.
    ///
    /// # Cancel safety
    /// It ends all the same.
    pub(crate) async fn stop(self) {
        self.begin_stop();
        self.relay.shutdown().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.begin_stop();
    }
}

/// Tells a room about its relay, and nobody once the room has ended.
async fn report(relay: &Relay, reach: &Reach, room: &Weak<Room>, timer: &dyn Timer) {
    let mut known = None;
    loop {
        timer.sleep(LOOK).await;
        let connections = u32::try_from(relay.status().connections).unwrap_or(u32::MAX);
        reach.extend(relay).await;
        let addresses: Vec<String> = reach.addresses().iter().map(Authority::to_string).collect();
        let now = Some((connections, addresses.clone()));
        if now == known {
            continue;
        }
        known = now;
        // The relay of a room that has ended goes on until it is told to end.
        let Some(room) = room.upgrade() else { return pending().await };
        let connected = connections.saturating_sub(1);
        room.tell(Request::Relocate { addresses: addresses.clone() }).await;
        let hosting = Hosting::new(HostingState::Running, addresses, connected);
        room.tell(Request::Hosting(Some(hosting))).await;
    }
}

impl Reach {
    async fn start(
        relay: &Relay,
        listen: &Arc<dyn Listen>,
        tls_key: &Zeroizing<Vec<u8>>,
        port: u16,
    ) -> Result<Self, ErrorCode> {
        let (listen, tls_key) = (Arc::clone(listen), tls_key.clone());
        let mut reach = Self { port, listen, tls_key, listening: Mutex::default() };
        reach.port = reach.listen(relay, Ipv4Addr::LOCALHOST.into()).await.map_err(of_bind)?;
        for address in reach::addresses() {
            match reach.listen(relay, address).await {
                Ok(_) => {}
                Err(error @ BindError::Taken(_)) => return Err(of_bind(error)),
                // An address that went away meanwhile; the invitation does not name it.
                Err(BindError::Exposed(_) | BindError::Tls(_) | BindError::Io(..)) => {}
            }
        }
        Ok(reach)
    }

    async fn listen(&self, relay: &Relay, address: IpAddr) -> Result<u16, BindError> {
        let certificates = Certificates::new(&TlsIdentity::from_key(&self.tls_key)?)?;
        let listener = self.listen.open(SocketAddr::from((address, self.port)), certificates).await?;
        let bound = relay.listen(listener);
        self.known().insert(address);
        Ok(bound.port())
    }

    /// Listens on the addresses that have come since, in another network for one.
    async fn extend(&self, relay: &Relay) {
        for address in reach::addresses() {
            if !self.known().contains(&address) {
                // Tried again with the next look; until then the invitation does not name it.
                drop(self.listen(relay, address).await);
            }
        }
    }

    /// The addresses for the invitation: those of this computer that somebody answers at.
    fn addresses(&self) -> Vec<Authority> {
        let known = self.known();
        let mut found = reach::addresses();
        found.retain(|address| known.contains(address));
        named(found, self.port)
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<IpAddr>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A port from 16384 to 32767, below the ephemeral ports of every system (Linux from 32768, macOS and Windows from 49152, as
/// RFC 6335 section 6 has it). The invitation names it, so it must be free at the next start too; one of the ephemeral range
/// may by then belong to a connection of any program, or to one that ended within the minute.
fn drawn_port(rng: &mut dyn Rng) -> u16 {
    0x4000 | u16::from_le_bytes(rng::array(rng)) & 0x3fff
}

#[expect(clippy::needless_pass_by_value, reason = "it stands where map_err wants a function")]
fn of_bind(error: BindError) -> ErrorCode {
    if matches!(error, BindError::Taken(_)) { ErrorCode::PortTaken } else { ErrorCode::HostingFailed }
}

/// What a person can do about a log that does not open.
fn of_file(error: OpenError) -> ErrorCode {
    match error {
        OpenError::WrongKey | OpenError::Damaged | OpenError::Missing | OpenError::Unfinished => {
            ErrorCode::HostedFileDamaged
        }
        OpenError::Newer => ErrorCode::VaultNewer,
        OpenError::DiskFull => ErrorCode::DiskFull,
        OpenError::File(_) | OpenError::Sql(_) => ErrorCode::StorageFailed,
        OpenError::Exists | OpenError::Thread(_) => ErrorCode::HostingFailed,
    }
}

/// How a room stands that is not served, with the addresses at which it would be.
pub(crate) fn not_running(state: HostingState, port: u16) -> Hosting {
    Hosting::new(state, addresses(port).iter().map(Authority::to_string).collect(), 0)
}

/// Where others may find a relay of this computer with a port: see [`reach`]. The loopback address where nobody may, so that two
/// people at one computer can still meet.
fn addresses(port: u16) -> Vec<Authority> {
    named(reach::addresses(), port)
}

fn named(mut addresses: Vec<IpAddr>, port: u16) -> Vec<Authority> {
    if addresses.is_empty() {
        addresses.push(Ipv4Addr::LOCALHOST.into());
    }
    addresses.into_iter().map(|ip| Authority::Host { name: ip.to_string(), port }).collect()
}

/// Connections of a hosted room: all members of the largest one, and guests.
const SOCKETS: usize = 300;
/// Connections from one address: people who share one, and no more of a room's places than that.
const SOCKETS_PER_SOURCE: usize = 64;
const MOST_TRIES: u32 = 8;
/// How often connections are counted.
const LOOK: Duration = Duration::from_secs(1);

#[cfg(test)]
#[path = "host/tests.rs"]
pub(crate) mod tests;
