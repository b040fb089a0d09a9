//! The Conclave relay: an ordered log of sealed entries, as a library and a server.
//!
//! A relay orders what members of a room send, keeps it for as long as the room's owner said, and hands it to whoever
//! proves the right to it. It holds no key of a room: it sees sizes in buckets, times, and how many sockets a room has.
//!
//! A relay over a log in memory, a client that connects to it, and the end of both:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use std::sync::Arc;
//!
//! use conclave_proto::{RelayFrame, frame::Reply, version};
//! use conclave_relay::{Config, ConnectionInfo, Ended, Relay, clock::SystemClock, log::MemoryLog};
//! use conclave_seal::rng::OsRng;
//! use futures_util::StreamExt as _;
//! use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest as _};
//!
//! let relay = Relay::start(Config::default(), Arc::new(MemoryLog::new()), Arc::new(SystemClock), Box::new(OsRng));
//!
//! // A connection is any stream of bytes; `Relay::bind` would take them from a TCP port.
//! let (client, server) = tokio::io::duplex(64 * 1024);
//! let served = tokio::task::spawn(relay.serve(server, ConnectionInfo::default()));
//!
//! let mut request = "ws://relay.example/v1".into_client_request().unwrap();
//! request.headers_mut().insert("sec-websocket-protocol", version::SUBPROTOCOL.parse().unwrap());
//! let (mut socket, _) = client_async(request, client).await.unwrap();
//! let greeting = socket.next().await.unwrap().unwrap().into_data();
//! let Reply::Hello(hello) = RelayFrame::decode(&greeting).unwrap().body else { panic!("HELLO comes first") };
//! assert_eq!(hello.versions, [version::PROTOCOL]);
//! assert_eq!(relay.status().connections, 1);
//!
//! relay.shutdown().await;
//! served.await.unwrap();
//! assert_eq!(relay.status().connections, 0);
//! assert_eq!(relay.status().ended.of(Ended::Shutdown), 1);
//! # });
//! ```

pub mod blob;
pub mod clock;
pub mod config;
mod connection;
mod fault;
mod handshake;
#[cfg(unix)]
mod heeded;
mod hub;
mod intake;
mod knocks;
mod lease;
mod limits;
mod listener;
mod live_room;
pub mod log;
mod mailbox;
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
