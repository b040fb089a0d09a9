//! Who is in the room, and whether this client is: making it, coming in, committing, going over to another branch, leaving.

use std::time::Duration;

use conclave_proto::frame::Leased;
use conclave_store::{IntentRow, Note, Phase};

use super::{
    context::Context,
    fault::{Fault, Lost},
};
use crate::snapshot::{LinkFault, Reorganised};

mod advance;
mod branch;
mod commit;
mod create;
mod departure;
mod door;
mod doubt;
mod former_leaf;
mod intent;
mod join;
mod old_copy;
mod rejoin;
mod walk;

pub(crate) use old_copy::mark;

use departure::Departure;
use door::{Door, Lease};
use doubt::Doubt;

/// What this run knows of the membership besides the file.
#[derive(Debug)]
pub(super) struct Membership {
    doubt: Doubt,
    /// The commit that is due, and when.
    due: Option<(Reason, Duration)>,
    /// The intent that comes next, as the file has it; none if it was not looked at in this epoch.
    intent: Option<Option<IntentRow>>,
    departure: Option<Departure>,
    /// What this connection has seen of the way in.
    door: Door,
}

/// Why a commit is due, or this client rejoins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reason {
    /// It is made already.
    Made,
    /// The owner wants other params.
    Change,
    /// The owner lets this knock in.
    LetIn([u8; 16]),
    /// Others asked to leave.
    Leave,
    /// The newest commit is not the own base.
    Repair,
    /// It was meant to be made before, perhaps before the app was closed.
    Intent(IntentRow),
    /// The own keys are those of an older copy, and may have been used.
    OldCopy,
    /// Somebody senior leads another branch.
    Follow,
    /// A person must be asked.
    Ask,
}

impl Membership {
    pub(super) fn new(cx: &Context) -> Self {
        let mut doubt = Doubt::default();
        doubt.observe(cx.now.steady, cx.in_doubt(), false);
        let departure = (cx.record.phase == Phase::Leaving).then(|| Departure::new(cx.now.steady));
        Self { doubt, due: None, intent: None, departure, door: Door::default() }
    }

    /// The connection ended, and with it what was asked on it.
    pub(super) fn link_lost(&mut self) {
        self.door = Door::default();
        if let Some(departure) = self.departure.as_mut() {
            departure.propose_again();
        }
    }

    /// When something is due, apart from what the relay has to say first.
    pub(super) fn wakes_at(&self, cx: &Context) -> Option<Duration> {
        let quiet = cx.session.as_ref().map(|session| session.quiet_until).unwrap_or_default();
        let is_ahead = |at: &Duration| *at > cx.now.steady;
        let commit = self.due.filter(|_| cx.is_live()).map(|(_, at)| at.max(quiet)).filter(is_ahead);
        let is_joining = cx.session.is_some() && cx.record.phase == Phase::Joining && self.door.lease == Lease::None;
        let lease = Some(self.door.lease_after).filter(|_| is_joining).filter(is_ahead);
        let departure = self.departure.as_ref().and_then(Departure::wakes_at);
        [commit, lease, departure].into_iter().flatten().min()
    }

    /// The epoch changed: what was sent belonged to the one before, whatever the head is called that it was sent on top of.
    pub(super) fn has_advanced(&mut self) {
        (self.due, self.intent) = (None, None);
        self.door.commit_sent = None;
    }

    /// Takes note of a doubt, or of its end, after something was processed.
    pub(super) fn observe_doubt(&mut self, cx: &mut Context, live: bool) -> Result<(), Fault> {
        let asked = self.doubt.question().is_some();
        if self.doubt.observe(cx.now.steady, cx.in_doubt(), live) {
            cx.step(|step| step.note(&Note::Disturbed))?;
        }
        if asked && self.doubt.question().is_none() {
            cx.tell_summary();
        }
        Ok(())
    }

    /// This client cannot read on: it goes to the door.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn lose_the_way(&mut self, cx: &mut Context, how: Lost) -> Result<(), Fault> {
        self.doubt.lose_the_way(how);
        self.go_to_the_door(cx)
    }

    // Leaving

    /// Begins to leave. Alone, or without ever having been in, there is nobody to tell.
    pub(super) fn leave(&mut self, cx: &mut Context) {
        let company = cx.members() > 1;
        let member = matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation | Phase::Leaving);
        let mut departure = Departure::new(cx.now.steady);
        if company && member {
            let marked = cx.step(|step| {
                step.record.phase = Phase::Leaving;
                step.changes.summary = true;
                Ok(())
            });
            if marked.is_err() {
                departure.told = Some(false);
            }
        } else {
            departure.told = Some(!company || cx.record.phase == Phase::Gone);
        }
        self.departure = Some(departure);
    }

    /// Time passed.
    pub(super) fn tick(&mut self, cx: &Context) {
        if let Some(departure) = self.departure.as_mut() {
            departure.tick(cx.now.steady, cx.erases_alone());
        }
    }

    pub(super) fn drive_departure(&mut self, cx: &mut Context) -> Result<(), Fault> {
        self.departure.as_mut().map_or(Ok(()), |departure| departure.drive(cx))
    }

    /// The relay keeps the own proposal.
    pub(super) fn departure_kept(&mut self) {
        if let Some(departure) = self.departure.as_mut() {
            departure.is_kept = true;
        }
    }

    /// The relay has refused it.
    pub(super) fn departure_refused(&mut self) -> Fault {
        self.departure.as_mut().map_or(Fault::Retry(LinkFault::Busy), Departure::refused)
    }

    /// The room goes on without this member.
    pub(super) fn is_removed(&mut self) {
        if let Some(departure) = self.departure.as_mut() {
            departure.told = Some(true);
        }
    }

    /// Whether the leave is over, and whether the others carried it out.
    pub(super) fn departed(&self) -> Option<bool> {
        self.departure.as_ref().and_then(|departure| departure.told)
    }

    /// Whether nothing more can be told of a leave: it was carried out, or the relay keeps it and nobody is here to carry it out now,
    /// or the relay is far off. A connection that is being made is waited for: whoever closes the app right after joining would stay
    /// in the room as a ghost.
    pub(super) fn has_said_goodbye(&self, is_far_off: bool, is_alone: bool) -> bool {
        let Some(departure) = self.departure.as_ref() else { return true };
        departure.told.is_some() || is_far_off || (departure.is_kept && is_alone)
    }

    // What the relay says of the commit slot

    /// The slot is granted.
    pub(super) fn leased(&mut self, cx: &Context, leased: &Leased) {
        let until = cx.now.steady.saturating_add(Duration::from_millis(leased.ms.into()));
        self.door.lease = Lease::Held { until, head: leased.head };
    }

    /// Somebody else has the slot.
    pub(super) fn lease_refused(&mut self, until: Duration) {
        (self.door.lease, self.door.lease_after) = (Lease::None, until);
    }

    /// A request for the slot is made again.
    pub(super) fn ask_for_lease_again(&mut self) {
        self.door.lease = Lease::None;
    }

    /// A commit is sent again.
    pub(super) fn commit_again(&mut self) {
        (self.door.lease, self.door.commit_sent) = (Lease::None, None);
    }

    /// What a person is asked about.
    pub(super) fn question(&self) -> Option<&Reorganised> {
        self.doubt.question().map(|(_, question)| question)
    }
}
