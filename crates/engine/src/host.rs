//! A relay of our own: one for each hosted room, with a key, a port and a log of its own, so that nothing links two rooms of
//! one host.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use conclave_proto::authority::Authority;
use conclave_relay::{
    BindError, Config, Relay, Security, TlsIdentity,
    clock::SystemClock,
    log::{MemoryLog, OpenError, RoomLog, SqlcipherLog, StorageKey},
};
use conclave_seal::rng::{self, OsRng, Rng};
use conclave_store::HostedRoom;
use data_encoding::BASE64URL_NOPAD;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::{
    error::ErrorCode,
    link::Target,
    room::actor::{Request, Room},
    snapshot::{Hosting, HostingState},
    tasks::{Tasks, heavy},
};

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

    /// SHA-256 of the relay's TLS public key.
    pub(crate) fn pin(&self) -> [u8; 32] {
        self.tls.pin()
    }
}

/// Where a hosted room's entries go.
#[derive(Clone)]
pub(crate) enum Log {
    /// An encrypted file.
    File(PathBuf),
    /// Memory; it outlives a pause of the hosting, not the application.
    Memory(Arc<MemoryLog>),
}

/// A running relay of a hosted room.
pub(crate) struct Host {
    relay: Relay,
    port: u16,
    stop: CancellationToken,
}

impl Host {
    /// Serves on every address of this computer. Port 0 takes any free one.
    ///
    /// # Errors
    /// [`ErrorCode::PortTaken`], [`ErrorCode::HostingFailed`], or what is wrong with the log's file, which is left as it is.
    ///
    /// # Cancel safety
    /// Dropping the future serves nothing.
    pub(crate) async fn start(identity: &Identity, port: u16, log: Log) -> Result<Self, ErrorCode> {
        let log: Arc<dyn RoomLog> = match log {
            Log::Memory(log) => log,
            Log::File(path) => {
                let key = StorageKey::from_bytes(&identity.relay_key);
                let opened = heavy(|| SqlcipherLog::open(&path, &key, Box::new(OsRng)));
                Arc::new(opened.map_err(of_file)?)
            }
        };
        let relay = Relay::start(Config::default(), log, Arc::new(SystemClock), Box::new(OsRng));
        let tls = TlsIdentity::from_key(identity.tls.key_der()).map_err(|_| ErrorCode::HostingFailed)?;
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        match relay.bind(everywhere, Security::Tls(tls)).await {
            Ok(bound) => Ok(Self { relay, port: bound.port(), stop: CancellationToken::new() }),
            Err(error) => {
                relay.shutdown().await;
                Err(if matches!(error, BindError::Taken(_)) { ErrorCode::PortTaken } else { ErrorCode::HostingFailed })
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where the host's own client finds it, whatever network the computer is in.
    pub(crate) fn local_address(&self) -> Authority {
        Authority::Host { name: Ipv4Addr::LOCALHOST.to_string(), port: self.port }
    }

    /// The addresses for the invitation.
    pub(crate) fn addresses(&self) -> Vec<Authority> {
        addresses(self.port)
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
        Hosting { state: HostingState::Running, addresses: self.address_texts(), connected: self.others() }
    }

    /// Tells the room how many are connected and under which addresses, whenever that changes.
    pub(crate) fn watch(&self, room: &Arc<Room>, tasks: &Tasks) {
        let (relay, port, stop, room) = (self.relay.clone(), self.port, self.stop.clone(), Arc::downgrade(room));
        tasks.spawn(async move {
            let mut known = None;
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK) => {}
                }
                let connections = u32::try_from(relay.status().connections).unwrap_or(u32::MAX);
                let addresses: Vec<String> = addresses(port).iter().map(Authority::to_string).collect();
                let now = Some((connections, addresses.clone()));
                if now == known {
                    continue;
                }
                known = now;
                let Some(room) = room.upgrade() else { return };
                let connected = connections.saturating_sub(1);
                room.tell(Request::Relocate { addresses: addresses.clone() }).await;
                let hosting = Hosting { state: HostingState::Running, addresses, connected };
                room.tell(Request::Hosting(Some(hosting))).await;
            }
        });
    }

    /// Ends it and waits until its log is closed.
    ///
    /// # Cancel safety
    /// It ends all the same.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.relay.shutdown().await;
    }
}

/// What a person can do about a log that does not open.
fn of_file(error: OpenError) -> ErrorCode {
    match error {
        OpenError::WrongKey | OpenError::Damaged => ErrorCode::HostedFileDamaged,
        OpenError::Newer => ErrorCode::VaultNewer,
        OpenError::DiskFull => ErrorCode::DiskFull,
        OpenError::File(_) | OpenError::Sql(_) => ErrorCode::StorageFailed,
        OpenError::Thread(_) => ErrorCode::HostingFailed,
    }
}

/// Every private address of this computer with a port, IPv4 first; the loopback address where there is no other, so that two
/// people at one computer can still meet.
pub(crate) fn addresses(port: u16) -> Vec<Authority> {
    let mut found: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| interface.ip())
        .filter(|ip| match ip {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
            // The relay listens on IPv4.
            IpAddr::V6(_) => false,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(conclave_crypto::link::MAX_ADDRESSES);
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found.into_iter().map(|ip| Authority::Host { name: ip.to_string(), port }).collect()
}

/// Reads the address of a relay: `host[:port]`, with `~k=` and the pin behind it for a key of its own.
///
/// # Errors
/// [`ErrorCode::AddressInvalid`].
pub(crate) fn parse_relay(text: &str) -> Result<Target, ErrorCode> {
    let (address, pin) = match text.trim().split_once("~k=") {
        None => (text.trim(), None),
        Some((address, pin)) => {
            let pin = BASE64URL_NOPAD.decode(pin.as_bytes()).ok().and_then(|pin| pin.try_into().ok());
            (address, Some(pin.ok_or(ErrorCode::AddressInvalid)?))
        }
    };
    let address = crate::invitation::parse_address(address)?;
    let authority = pin.map_or_else(|| address.clone(), Authority::Pin);
    Ok(Target { authority, addresses: vec![address], pin })
}

/// A relay's address with the pin of the key that it showed, as [`parse_relay`] reads it.
pub(crate) fn with_pin(relay: &str, pin: &[u8; 32]) -> String {
    format!("{}~k={}", relay.trim(), BASE64URL_NOPAD.encode(pin))
}

/// A pin for the eye: its base64url in groups of four symbols.
pub(crate) fn pin_groups(pin: &[u8; 32]) -> Vec<String> {
    let symbols: Vec<char> = BASE64URL_NOPAD.encode(pin).chars().collect();
    symbols.chunks(4).map(|group| group.iter().collect()).collect()
}

/// How often connections are counted.
const LOOK: Duration = Duration::from_secs(1);
