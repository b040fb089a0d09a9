//! Trust on first use: the key of a relay for which nobody vouches becomes the room's pin (protocol 4.2, "Where?").

use super::step::Step;
use conclave_proto::authority::Authority;

/// How a connection's relay is known that the record knows otherwise, or not yet.
#[derive(Clone)]
pub(super) enum FirstUse {
    /// Nobody vouches for its key, which becomes the pin.
    Unvouched { pin: [u8; 32], at: Authority },
    /// An authority vouches for another key at the address where the pin was first used. The pin goes.
    Vouched { at: Authority },
}

impl FirstUse {
    /// Whom proofs name on this connection.
    pub(super) fn authority(&self) -> Authority {
        match self {
            Self::Unvouched { pin, .. } => Authority::Pin(*pin),
            Self::Vouched { at } => at.clone(),
        }
    }
}

impl Step<'_, '_> {
    /// The relay has shown that it holds the room: what it was known by on this connection holds from now on.
    pub(super) fn keep_relay(&mut self, used: Option<FirstUse>) {
        let Some(used) = used else { return };
        self.record.authority = used.authority().to_string();
        (self.record.pin, self.record.pin_first_used_at) = match used {
            FirstUse::Unvouched { pin, at } => (Some(pin), Some(at.to_string())),
            FirstUse::Vouched { .. } => (None, None),
        };
    }
}
