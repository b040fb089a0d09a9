//! The Conclave relay: an ordered log of sealed entries, as a library and a server.
//!
//! A relay orders what members of a room send, keeps it for as long as the room's owner said, and hands it to whoever
//! proves the right to it. It holds no key of a room: it sees sizes in buckets, times, and how many sockets a room has.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use std::sync::Arc;
//! use conclave_relay::{Config, ConnectionInfo, Relay, clock::SystemClock, log::MemoryLog};
//! use conclave_seal::rng::OsRng;
//!
//! let relay = Relay::start(Config::default(), Arc::new(MemoryLog::new()), Arc::new(SystemClock), Box::new(OsRng));
//! let (client, server) = tokio::io::duplex(64 * 1024);
//! let connection = tokio::task::spawn(relay.serve(server, ConnectionInfo::default()));
//! drop(client);
//! connection.await.unwrap();
//! relay.shutdown().await;
//! # });
//! ```

mod calendar;
pub mod clock;
pub mod config;
mod connection;
mod fault;
mod handshake;
#[cfg(unix)]
mod heeded;
mod hub;
mod intake;
mod lease;
mod limits;
mod listener;
mod live_room;
pub mod log;
mod metrics;
mod outgoing;
mod peer;
mod private_file;
mod relay;
mod session;
mod size_limit;
mod socket;
mod sweep;
mod sync;
pub mod tls;
mod wire;

pub use config::Config;
pub use fault::{Panicked, contain, panics_are_contained};
#[cfg(unix)]
pub use heeded::Heeded;
pub use listener::{BindError, Listener, Security};
pub use metrics::{Ended, EndedCounts};
pub use peer::ConnectionInfo;
pub use private_file::open_private;
pub use relay::{Relay, Status};
pub use size_limit::outlive_file_size_limit;
pub use tls::{Certificates, TlsIdentity};
