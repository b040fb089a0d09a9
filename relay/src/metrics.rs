//! Counters for the person who runs a relay. They count events and hold nothing of a connection: no address, no room,
//! no time.

use std::{
    array, fmt,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

/// Declares [`Ended`] and the list of its values together, so that the list is complete.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Why a connection ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Ended {
            $($(#[$doc])* $name,)+
        }

        impl Ended {
            /// Every reason, in the order of a connection's life.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

reasons! {
    /// It was refused: as many connections are here as the relay takes, or its source may have, and all have proven
    /// something.
    AtCapacity,
    /// It was closed for a newer one at that bound, because it had proven nothing.
    Displaced,
    /// The TLS handshake failed: another version, or the client did not accept the certificate.
    TlsFailed,
    /// The stream ended or broke before there was a WebSocket.
    HandshakeBroken,
    /// The TLS or WebSocket handshake took longer than [`Config::handshake_timeout`](crate::Config::handshake_timeout).
    HandshakeTimeout,
    /// Its request was answered, but opened no WebSocket of this protocol: a browser, a proxy, another version.
    UpgradeRefused,
    /// The client closed it, with a closing handshake (RFC 6455 section 7).
    PeerClosed,
    /// The stream ended or broke without a closing handshake: the network is gone, or the client's process.
    StreamBroken,
    /// More waited for it than [`Config::outgoing`](crate::Config::outgoing), because the client read too slowly.
    SlowReader,
    /// Nothing was heard of it for two and a half ping intervals.
    PingTimeout,
    /// A message began and was not whole in time.
    MessageTimeout,
    /// It had not proven anything in time.
    ProofTimeout,
    /// Its frames break the rules of WebSocket (RFC 6455), for one by not being masked.
    InvalidWebSocket,
    /// It sent a text message; the protocol knows binary ones only.
    TextMessage,
    /// It sent a message larger than any may be.
    MessageTooLarge,
    /// It sent a message larger than one may be before a proof.
    TooLargeBeforeProof,
    /// It sent a message that is no frame of the protocol, and was told so.
    InvalidFrame,
    /// It sent too many proofs that were wrong.
    ProofsFailed,
    /// It named too many mailboxes that are not there.
    NameplatesGuessed,
    /// Its room was destroyed a minute ago.
    RoomDestroyed,
    /// The relay was shut down.
    Shutdown,
    /// A task panicked that served it: a mistake of the relay's own.
    Panicked,
    /// The future of [`Relay::serve`](crate::Relay::serve) was dropped.
    Dropped,
}

/// How many connections ended for each reason, since the relay was started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EndedCounts([u64; Ended::ALL.len()]);

impl EndedCounts {
    /// How many ended for one reason.
    #[must_use]
    pub fn of(&self, reason: Ended) -> u64 {
        self.iter().find(|(each, _)| *each == reason).map_or(0, |(_, count)| count)
    }

    /// Every reason with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Ended, u64)> + '_ {
        Ended::ALL.iter().copied().zip(self.0)
    }
}

impl Default for EndedCounts {
    fn default() -> Self {
        Self([0; Ended::ALL.len()])
    }
}

/// Shows what is not 0.
impl fmt::Debug for EndedCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().filter(|(_, count)| *count > 0)).finish()
    }
}

/// The counters of one relay.
#[derive(Debug)]
pub(crate) struct Metrics {
    ended: [AtomicU64; Ended::ALL.len()],
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self { ended: array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Counts the end of a connection.
    pub(crate) fn count_end(&self, reason: Ended) {
        let counter = Ended::ALL.iter().zip(&self.ended).find(|(each, _)| **each == reason);
        if let Some((_, counter)) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts the end of a connection that is served from now on, by a guard.
    pub(crate) fn served(&self) -> Served<'_> {
        Served { metrics: self, ended: None }
    }

    pub(crate) fn ended(&self) -> EndedCounts {
        EndedCounts(array::from_fn(|at| self.ended.get(at).map_or(0, |counter| counter.load(Ordering::Relaxed))))
    }
}

/// Counts once, when dropped, why a connection ended, however the future ended that served it.
#[derive(Debug)]
pub(crate) struct Served<'a> {
    metrics: &'a Metrics,
    ended: Option<Ended>,
}

impl Served<'_> {
    /// Notes the reason. The first one stays.
    pub(crate) fn ended(&mut self, reason: Ended) {
        self.ended.get_or_insert(reason);
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        let unsaid = if thread::panicking() { Ended::Panicked } else { Ended::Dropped };
        self.metrics.count_end(self.ended.unwrap_or(unsaid));
    }
}
