//! The way to the relay: when it is dialled, under which addresses, and what follows when the connection ends.

use std::time::Duration;

use conclave_proto::authority::Authority;
use conclave_store::{Phase, StoreError};

use super::{context::Context, fault::Fault, first_use::FirstUse, step::StepError};
use crate::{
    link::{Link, Recognised, Target},
    snapshot::{Connection, LinkFault},
};

/// The way to the relay.
#[derive(Debug)]
pub(super) struct Connecting {
    link: LinkState,
    /// Attempts since a connection was good.
    attempts: u32,
    /// Where the host's own client reaches its relay, whatever the invitation says.
    pub(super) local_address: Option<Authority>,
}

/// Where the link stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LinkState {
    /// To be dialled at this time.
    Due { at: Duration, fault: Option<LinkFault> },
    /// Being dialled, or waiting for the greeting.
    Dialling { since: Duration },
    /// The greeting came.
    Up,
    /// Not to be dialled again until a person acts.
    Stopped { fault: LinkFault },
}

impl Connecting {
    pub(super) fn new(cx: &Context) -> Self {
        let link = match cx.record.phase {
            Phase::Gone => LinkState::Stopped { fault: LinkFault::NoSuchRoom },
            Phase::Ended => LinkState::Stopped { fault: LinkFault::RoomGone },
            _ => LinkState::Due { at: cx.now.steady, fault: None },
        };
        Self { link, attempts: 0, local_address: None }
    }

    /// Whom to dial now, if anybody.
    ///
    /// # Errors
    /// Why the room's file cannot be read, without which nobody is dialled.
    pub(super) fn dial(&mut self, cx: &mut Context) -> Result<Option<Target>, Fault> {
        let LinkState::Due { at, .. } = self.link else { return Ok(None) };
        if at > cx.now.steady {
            return Ok(None);
        }
        if cx.stale {
            cx.reload()?;
        }
        self.link = LinkState::Dialling { since: cx.now.steady };
        cx.tell_summary();
        let addresses = match &self.local_address {
            Some(local) => vec![local.clone()],
            None => cx.record.addresses.iter().filter_map(|text| text.parse().ok()).collect(),
        };
        let Ok(authority) = cx.record.authority.parse() else { return Ok(None) };
        let may_renew_at = cx.record.pin_first_used_at.as_ref().and_then(|at| at.parse().ok());
        Ok(Some(Target { authority, addresses, pin: cx.record.pin, may_renew_at }))
    }

    /// Trust on first use: an unpinned, unvouched key becomes the pin once the relay has proven that it holds the room
    /// ([`keep_relay`](super::step::Step::keep_relay)). Until then proofs name that key, or the name that an authority vouches for, so
    /// they are worthless to a man in the middle who shows another one. In a room that knows its relay an unvouched key is such a man's.
    ///
    /// # Errors
    /// [`Fault::Stop`] for such a key.
    pub(super) fn connected(&self, cx: &mut Context, link: &Link) -> Result<(), Fault> {
        let at = link.address.clone();
        cx.first_use = match (cx.record.pin, link.recognised) {
            (Some(_), Recognised::Vouched) => Some(FirstUse::Vouched { at }),
            (None, Recognised::No | Recognised::OutOfDate) => link.pin.map(|pin| FirstUse::Unvouched { pin, at }),
            _ => None,
        };
        // A room that is made without a pin is for a relay that an authority vouched for a moment ago.
        let known = cx.record.phase == Phase::Creating || cx.record.seat.is_some() || cx.record.joined_seq != 0;
        if known && matches!(cx.first_use, Some(FirstUse::Unvouched { .. })) {
            let is_old = link.recognised == Recognised::OutOfDate;
            let fault = if is_old { LinkFault::CertificateOutOfDate } else { LinkFault::WrongPin };
            return Err(Fault::Stop(fault));
        }
        Ok(())
    }

    /// The relay's greeting came.
    pub(super) fn greeted(&mut self) {
        self.link = LinkState::Up;
    }

    /// Whether the greeting takes too long.
    pub(super) fn is_overdue(&self, cx: &Context) -> bool {
        self.wakes_at().is_some_and(|at| at <= cx.now.steady) && matches!(self.link, LinkState::Dialling { .. })
    }

    /// When the relay is dialled next, or the greeting takes too long.
    pub(super) fn wakes_at(&self) -> Option<Duration> {
        match self.link {
            LinkState::Due { at, .. } => Some(at),
            LinkState::Dialling { since } => Some(since.saturating_add(GREETING_TIMEOUT)),
            LinkState::Up | LinkState::Stopped { .. } => None,
        }
    }

    /// Whether there is a link, or one is being made; without, whoever holds one drops it.
    pub(super) fn wants_link(&self) -> bool {
        matches!(self.link, LinkState::Dialling { .. } | LinkState::Up)
    }

    /// Whether nobody who is about to close waits for the relay: it is not dialled again soon, or not by itself.
    pub(super) fn is_far_off(&self, cx: &Context) -> bool {
        match self.link {
            LinkState::Due { at, .. } => at.saturating_sub(cx.now.steady) > SOON,
            LinkState::Dialling { .. } | LinkState::Up => false,
            LinkState::Stopped { .. } => true,
        }
    }

    /// Dials again at once.
    pub(super) fn redial(&mut self, cx: &Context) {
        self.link = LinkState::Due { at: cx.now.steady, fault: None };
    }

    /// The connection ended, after it had been live since then, if it ever was.
    pub(super) fn link_lost(&mut self, cx: &mut Context, live_since: Option<Duration>, fault: &Fault) {
        // Only a connection that was good for a while is worth trying again at once.
        let good = live_since.is_some_and(|since| cx.now.steady.saturating_sub(since) >= GOOD);
        self.attempts = if good { 1 } else { self.attempts.saturating_add(1) };
        let (pause, fault) = match fault {
            Fault::Stop(fault) if may_clear(cx, *fault) => (LATER, *fault),
            Fault::Stop(fault) => {
                self.link = LinkState::Stopped { fault: *fault };
                return;
            }
            Fault::Retry(fault) => (self.back_off(cx), *fault),
            Fault::Lost(_) => (self.back_off(cx), LinkFault::LogDiffers),
            Fault::Step(StepError::Store(StoreError::Damaged)) => (STORAGE_PAUSE, LinkFault::RoomDamaged),
            Fault::Step(StepError::Store(_)) => (STORAGE_PAUSE, LinkFault::Storage),
            Fault::Step(StepError::Group(_) | StepError::Unjudged | StepError::WentOn | StepError::NotNow) => {
                (self.back_off(cx), LinkFault::Misbehaved)
            }
        };
        self.link = LinkState::Due { at: cx.now.steady.saturating_add(pause), fault: Some(fault) };
    }

    /// Doubling from half a second to a minute, anywhere in the upper half, so that many clients do not come back at once.
    fn back_off(&self, cx: &mut Context) -> Duration {
        let exponent = self.attempts.saturating_sub(1).min(7);
        let half = BACK_OFF.saturating_mul(1 << exponent).min(BACK_OFF_MAX);
        cx.jitter(half, half.saturating_mul(2))
    }

    /// The link in words.
    pub(super) fn connection(&self, cx: &Context) -> Connection {
        match self.link {
            LinkState::Stopped { fault } => Connection::Stopped { reason: fault },
            LinkState::Dialling { .. } => Connection::Connecting,
            LinkState::Due { fault: None, .. } => Connection::Connecting,
            LinkState::Due { at, fault: Some(reason) } => {
                let retry_in = u32::try_from(at.saturating_sub(cx.now.steady).as_secs()).unwrap_or(u32::MAX);
                Connection::Waiting { retry_in, reason }
            }
            LinkState::Up if cx.is_live() => Connection::Online,
            LinkState::Up => Connection::CatchingUp,
        }
    }
}

/// Whether a fault can clear without a person's action: another computer had the address, the host comes back, a member repairs the
/// state.
fn may_clear(cx: &Context, fault: LinkFault) -> bool {
    // Also one who comes in again, in place of the own leaf.
    let member = cx.closing || cx.group.is_some() && !matches!(cx.record.phase, Phase::Gone | Phase::Ended);
    match fault {
        LinkFault::StateDamaged | LinkFault::Storage => true,
        LinkFault::NoSuchRoom
        | LinkFault::RoomLocked
        | LinkFault::RoomFull
        | LinkFault::Refused
        | LinkFault::WrongPin
        | LinkFault::CertificateOutOfDate
        | LinkFault::OtherVersion
        | LinkFault::Misbehaved => member,
        _ => false,
    }
}

const BACK_OFF: Duration = Duration::from_millis(250);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// A connection that lasted this long was a good one: a host that is opened, closed and opened again is found again at once, and a
/// relay that lets nobody stay is not asked more than every few seconds.
const GOOD: Duration = Duration::from_secs(10);
/// The pauses of a connection that was lost a moment ago, or refused once or twice.
const SOON: Duration = Duration::from_secs(1);
/// What others may change at any time is looked at again this often.
const LATER: Duration = Duration::from_secs(300);
/// A full disk does not empty itself in a second.
const STORAGE_PAUSE: Duration = Duration::from_secs(15);
/// From dialling to the relay's greeting.
const GREETING_TIMEOUT: Duration = Duration::from_secs(30);
