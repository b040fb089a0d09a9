//! The other end of a connection, as far as a relay knows it: a number, a keyed hash of an address, a TLS session.
//! Never who it is.

use std::net::IpAddr;

/// What is known of a connection from below the WebSocket.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConnectionInfo {
    /// The TLS exporter value (RFC 9266) if this relay terminates TLS itself.
    pub exporter: Option<[u8; 32]>,
    /// The other side's address, where it says something: none on loopback, where an onion service or a proxy ends.
    pub source: Option<IpAddr>,
}

/// The number of a connection: later ones have higher numbers.
pub(crate) type ConnId = u64;

/// Where a connection comes from: a keyed hash of its address, which itself is kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Source(pub(crate) u64);

/// What a session knows of its connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) conn: ConnId,
    /// None where all connections come from one place, as behind an onion service.
    pub(crate) source: Option<Source>,
    pub(crate) exporter: Option<[u8; 32]>,
}
