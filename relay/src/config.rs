//! How a relay behaves. Plain data with safe defaults.

use std::time::Duration;

use conclave_proto::{Authority, frame::Limits};

use crate::{blob::BlobQuota, log::Quota};

/// How a relay behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// The names that proofs may name; more may be added at run time.
    pub authorities: Vec<Authority>,
    /// What HELLO promises and the relay enforces.
    pub limits: Limits,
    /// What one room may hold: half of it messages, half of it commits.
    pub quota: Quota,
    /// What there may be of blobs, in a room and in all; of how large a one, [`Config::limits`] says.
    pub blobs: BlobQuota,
    /// Serve one room only: the one that [`crate::Relay::dedicate`] names, and none before.
    pub dedicated: bool,
    /// Rooms in total.
    pub max_rooms: usize,
    /// Connections in total.
    pub max_sockets: usize,
    /// Connections from one address, or one IPv6 /64, where the relay sees it; not on loopback.
    pub max_sockets_per_source: usize,
    /// Connections of one room.
    pub max_sockets_per_room: usize,
    /// Mailboxes of spoken invitations that are open at once; 0 offers none. With two connections each they hold at most
    /// a tenth of [`Config::max_sockets`], and one box at least.
    pub max_boxes: usize,
    /// Mailboxes that one address, or one IPv6 /64, is in, where the relay sees it.
    pub max_boxes_per_source: usize,
    /// Bytes that wait for one connection; who reads more slowly is closed. At half of it the connection is not read
    /// from any more, so it must be at least twice the largest reply.
    pub outgoing: usize,
    /// Bytes of messages beyond 8 KiB that are arriving from all connections that have proven nothing. At least one
    /// CREATE,
    /// 1.1 MiB, must fit.
    pub unproven_bytes: usize,
    /// Bytes of messages beyond 64 KiB that are arriving from all others. At least one message, 1.75 MiB, must fit.
    pub large_bytes: usize,
    /// Ends rooms by the wall clock even where it has jumped forward by more than a day. Otherwise that is believed
    /// only after 24 hours of the steady clock.
    pub trust_clock: bool,
    /// How long a connection may take to become a WebSocket.
    pub handshake_timeout: Duration,
    /// How long a WebSocket may take to prove something for the first time, whatever else it sends.
    pub proof_timeout: Duration,
    /// How long a message of a connection that has proven nothing may take, from its first byte to its last.
    pub create_timeout: Duration,
    /// The same behind a proof.
    pub message_timeout: Duration,
    /// Between two pings; a connection that is silent for two and a half of them is closed.
    pub ping_interval: Duration,
    /// Between two sweeps for what has expired.
    pub sweep_interval: Duration,
}

impl Config {
    /// The half of the quota that messages have, and commits: neither keeps anybody from writing the other.
    pub(crate) fn share(&self) -> Quota {
        let Quota { entries, bytes } = self.quota;
        Quota { entries: entries.div_ceil(2), bytes: bytes.div_ceil(2) }
    }

    /// Mailboxes that may be open: their connections are kept without a proof, so they are a small part of all.
    pub(crate) fn most_boxes(&self) -> usize {
        self.max_boxes.min((self.max_sockets / 20).max(1))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            authorities: Vec::new(),
            limits: Limits::default(),
            quota: Quota { entries: 50_000, bytes: 64 * 1024 * 1024 },
            blobs: BlobQuota { room_blobs: 4096, room_bytes: 256 * 1024 * 1024, relay_bytes: 4 * 1024 * 1024 * 1024 },
            dedicated: false,
            max_rooms: 10_000,
            max_sockets: 20_000,
            max_sockets_per_source: 256,
            max_sockets_per_room: 300,
            max_boxes: 1_000,
            max_boxes_per_source: 16,
            outgoing: 4 * 1024 * 1024,
            unproven_bytes: 8 * 1024 * 1024,
            large_bytes: 64 * 1024 * 1024,
            trust_clock: false,
            handshake_timeout: Duration::from_secs(10),
            proof_timeout: Duration::from_secs(15),
            create_timeout: Duration::from_secs(10),
            message_timeout: Duration::from_secs(20),
            ping_interval: Duration::from_secs(30),
            sweep_interval: Duration::from_secs(60),
        }
    }
}
