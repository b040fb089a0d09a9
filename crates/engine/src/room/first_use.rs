//! Trust on first use: the key of a relay for which nobody vouches becomes the room's pin (protocol 4.2, "Where?").

use conclave_proto::authority::Authority;
use conclave_store::Phase;

use super::{
    machine::{Fault, Machine},
    step::Step,
};
use crate::{
    clock::Now,
    link::{Link, Recognised},
    snapshot::LinkFault,
};

/// How a connection's relay is known that the record knows otherwise, or not yet.
#[derive(Clone)]
pub(crate) enum FirstUse {
    /// Nobody vouches for its key, which becomes the pin.
    Unvouched { pin: [u8; 32], at: Authority },
    /// An authority vouches for another key at the address where the pin was first used. The pin goes.
    Vouched { at: Authority },
}

impl FirstUse {
    fn authority(&self) -> Authority {
        match self {
            Self::Unvouched { pin, .. } => Authority::Pin(*pin),
            Self::Vouched { at } => at.clone(),
        }
    }
}

impl Machine {
    /// The connection stands; the relay's greeting comes next. Proofs name a key that is used for the first time, or the name that an
    /// authority vouches for, so they are worthless to whoever shows another one; the record keeps it once the relay has shown that
    /// it holds the room ([`Step::keep_relay`]). In a room that knows its relay, a key that nobody vouches for is somebody's who
    /// stands in between.
    pub(crate) fn connected(&mut self, now: Now, link: &Link) {
        let at = link.address.clone();
        self.first_use = match (self.record.pin, link.recognised) {
            (Some(_), Recognised::Vouched) => Some(FirstUse::Vouched { at }),
            (None, Recognised::No | Recognised::OutOfDate) => link.pin.map(|pin| FirstUse::Unvouched { pin, at }),
            _ => None,
        };
        // A room that is made without a pin is for a relay that an authority vouched for a moment ago.
        let known = self.record.phase == Phase::Creating || self.record.seat.is_some() || self.record.joined_seq != 0;
        if known && matches!(self.first_use, Some(FirstUse::Unvouched { .. })) {
            let is_old = link.recognised == Recognised::OutOfDate;
            let fault = if is_old { LinkFault::CertificateOutOfDate } else { LinkFault::WrongPin };
            self.lose(now, Fault::Stop(fault));
        }
    }

    /// Whom proofs on this connection are for.
    pub(super) fn authority(&self) -> String {
        self.first_use.as_ref().map_or_else(|| self.record.authority.clone(), |used| used.authority().to_string())
    }

    /// Whether proofs on this connection name a key.
    pub(super) fn is_pinned(&self) -> bool {
        match &self.first_use {
            Some(used) => matches!(used, FirstUse::Unvouched { .. }),
            None => self.record.pin.is_some(),
        }
    }
}

impl Step<'_, '_> {
    /// The relay has shown that it holds the room: what it was known by on this connection holds from now on.
    pub(crate) fn keep_relay(&mut self, used: Option<FirstUse>) {
        let Some(used) = used else { return };
        self.record.authority = used.authority().to_string();
        (self.record.pin, self.record.pin_first_used_at) = match used {
            FirstUse::Unvouched { pin, at } => (Some(pin), Some(at.to_string())),
            FirstUse::Vouched { .. } => (None, None),
        };
    }
}
