//! A room as a state machine: inputs with the time in, frames and events out. It touches no clock, socket or task.
//!
//! Its parts own what they remember of a run, and nothing else: what has to outlive it is in the file ([`Context`]). After every input
//! [`Machine::drive`] has each part, in order, look at where the room stands and ask for whatever is missing next. Nothing is
//! remembered about *how* it got there, so a lost answer, a new connection or a restart all continue the same way.
//!
//! | part | what it owns |
//! |---|---|
//! | [`Connecting`] | when the relay is dialled, and where |
//! | [`Membership`] | commits, the way in and out, doubts |
//! | [`Orders`] | what the owner wants of the relay |
//! | [`RoomEnd`] | whether the room has ended for everybody |
//! | [`OwnKnock`], [`Knocks`] | knocking at a locked room, from outside and for its owner |
//! | [`Outbox`] | what is on its way to the relay |
//! | [`Blobs`] | what is uploaded, read once and deleted there |
//! | [`Receipts`] | when messages of others are confirmed |
//! | [`Expiry`] | when lines burn |
//! | [`Erasure`] | when what burned leaves the file |
//! | [`Presence`], [`Typing`], [`Ephemerals`] | who is here; who types; what is said and not stored |

use std::{sync::Arc, time::Duration};

use conclave_crypto::group::GroupCrypto;
use conclave_proto::{content::EphemeralType, frame::RelayFrame};
use conclave_seal::rng::Rng;
use conclave_store::{Phase, RoomStore, StoreError};

use super::{
    blob::Blobs,
    connecting::Connecting,
    context::Context,
    ending::RoomEnd,
    ephemeral::Ephemerals,
    erasure::Erasure,
    fault::{Fault, Lost},
    knocks::Knocks,
    membership::Membership,
    orders::Orders,
    outbox::Outbox,
    outputs::{Departed, LinkWish, Outputs, WakeReason},
    own_knock::OwnKnock,
    presence::Presence,
    session::Session,
    step::{Changes, Step, StepError},
    timeline::{Expiry, Receipts},
    typing::Typing,
    view,
};
use crate::{
    clock::Now,
    event::Event,
    link::Link,
    snapshot::{Hosting, LinkFault, RoomHandle},
};

/// A room of this client.
pub(crate) struct Machine {
    pub(super) cx: Context,
    pub(super) connecting: Connecting,
    pub(super) membership: Membership,
    pub(super) orders: Orders,
    pub(super) own_knock: OwnKnock,
    pub(super) knocks: Knocks,
    pub(super) end: RoomEnd,
    pub(super) outbox: Outbox,
    pub(super) blobs: Blobs,
    pub(super) receipts: Receipts,
    pub(super) expiry: Expiry,
    pub(super) erasure: Erasure,
    pub(super) presence: Presence,
    pub(super) typing: Typing,
    pub(super) ephemerals: Ephemerals,
    /// How this computer serves the room.
    pub(super) hosting: Option<Hosting>,
    /// What people compare, for the roster with this hash.
    pub(super) words: Option<([u8; 32], Vec<String>)>,
}

impl Machine {
    /// Opens a room from its file.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the file is not a room's, or what the database says.
    pub(crate) fn open(
        handle: RoomHandle,
        store: RoomStore,
        crypto: Arc<dyn GroupCrypto>,
        rng: Box<dyn Rng>,
        in_memory: bool,
        now: Now,
    ) -> Result<Self, StoreError> {
        let mut cx = Context::open(handle, store, crypto, rng, in_memory, now)?;
        let newest = cx.store.read(|tx| tx.newest_outgoing())?;
        let own_knock = OwnKnock::open(&mut cx)?;
        let mut machine = Self {
            connecting: Connecting::new(&cx),
            membership: Membership::new(&cx),
            orders: Orders::default(),
            own_knock,
            knocks: Knocks::default(),
            end: RoomEnd::new(&cx),
            outbox: Outbox::new(newest),
            blobs: Blobs::default(),
            receipts: Receipts::default(),
            expiry: Expiry::default(),
            erasure: Erasure::default(),
            presence: Presence::default(),
            typing: Typing::default(),
            ephemerals: Ephemerals::default(),
            hosting: None,
            words: None,
            cx,
        };
        // Where the disk refuses, both are tried again.
        drop(machine.cx.look_at_clock());
        drop(machine.burn_overdue());
        // Nobody dials for a knock that is over; its keys are destroyed before anything else.
        drop(machine.own_knock.drive_end(&mut machine.cx));
        if machine.own_knock.is_over() {
            machine.lose(Fault::Stop(LinkFault::RoomLocked));
        }
        machine.settle();
        Ok(machine)
    }

    /// What fell due while the room was closed burns before anything of it is shown.
    fn burn_overdue(&mut self) -> Result<(), Fault> {
        self.expiry.drive(&mut self.cx)?;
        self.settle();
        self.erasure.drive(&mut self.cx)?;
        self.erasure.opened(&mut self.cx)
    }

    // Inputs

    /// The connection stands; the relay's greeting comes next.
    pub(crate) fn connected(&mut self, now: Now, link: &Link) {
        self.begin(now);
        let recognised = self.connecting.connected(&mut self.cx, link);
        self.end(recognised);
    }

    /// The connection could not be made, or ended.
    pub(crate) fn disconnected(&mut self, now: Now, fault: LinkFault) {
        self.begin(now);
        self.lose(match fault {
            LinkFault::WrongPin
            | LinkFault::CertificateOutOfDate
            | LinkFault::OtherVersion
            // Until a newer invitation brings another address.
            | LinkFault::OnionOnly => Fault::Stop(fault),
            _ => Fault::Retry(fault),
        });
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, now: Now, exporter: Option<[u8; 32]>, bytes: &[u8]) {
        self.begin(now);
        if let Some(session) = self.cx.session.as_mut() {
            session.heard_at = now.steady;
        }
        // The relay's greeting is compared with it. Where the disk refuses, the next step says so.
        drop(self.cx.look_at_clock());
        self.settle();
        let handled = RelayFrame::decode(bytes)
            .map_err(|_| Fault::Retry(LinkFault::Misbehaved))
            .and_then(|frame| self.reply(exporter, frame));
        self.settle();
        let driven = handled.and_then(|()| self.drive());
        self.end(driven);
    }

    /// Time passed, or a person asked for something.
    pub(crate) fn tick(&mut self, now: Now) {
        self.begin(now);
        // Without anything else to do it is noticed here that somebody set the clock.
        drop(self.cx.look_at_clock());
        self.settle();
        let read = if self.cx.stale && self.connecting.wants_link() { self.cx.reload() } else { Ok(()) };
        let driven = read.map_err(Fault::from).and_then(|()| self.upkeep()).and_then(|()| self.drive());
        self.end(driven);
    }

    /// An input comes, at this time.
    pub(super) fn begin(&mut self, now: Now) {
        self.cx.now = now;
        self.cx.company = self.presence.company(&self.cx);
    }

    /// An input was taken in.
    pub(super) fn end(&mut self, outcome: Result<(), Fault>) {
        self.settle();
        if let Err(fault) = outcome {
            self.lose(fault);
        }
        if self.membership.departed().is_some() {
            self.end.has_left(&mut self.cx);
        }
    }

    // What the parts do

    /// Does what is due by itself.
    fn upkeep(&mut self) -> Result<(), Fault> {
        self.membership.tick(&self.cx);
        self.expiry.drive(&mut self.cx)?;
        self.settle();
        let silent = [self.cx.session.as_ref().and_then(Session::patience_ends), self.outbox.patience_ends()];
        let is_silent = silent.into_iter().flatten().any(|at| at <= self.cx.now.steady);
        if is_silent || self.connecting.is_overdue(&self.cx) {
            return Err(Fault::Retry(LinkFault::Unreachable));
        }
        self.end.drive(&mut self.cx);
        self.settle();
        self.own_knock.drive_end(&mut self.cx)?;
        self.knocks.tick(&mut self.cx);
        self.erasure.drive(&mut self.cx)?;
        if let Some(body) = self.presence.drive(&mut self.cx) {
            self.ephemerals.send(&mut self.cx, EphemeralType::Online, body)?;
        }
        if let Some(said) = self.typing.tick(&mut self.cx) {
            self.ephemerals.send(&mut self.cx, said, Vec::new())?;
        }
        Ok(())
    }

    /// Has the parts ask for whatever is missing next.
    fn drive(&mut self) -> Result<(), Fault> {
        let now = self.cx.now.steady;
        let Some(session) = self.cx.session.as_mut() else { return Ok(()) };
        if session.quiet_until > now {
            return Ok(());
        }
        session.quiet_until = Duration::ZERO;
        if self.end.is_reached() {
            return Ok(());
        }
        if self.cx.closing && self.cx.record.phase != Phase::Creating {
            self.orders.drive_close(&mut self.cx);
            return Ok(());
        }
        match self.cx.record.phase {
            Phase::Creating => self.membership.drive_creation(&mut self.cx),
            Phase::Joining => {
                self.membership.drive_join(&mut self.cx)?;
                self.settle();
                // The door was of no use: this client goes on where it was.
                if self.cx.record.phase == Phase::Joining { Ok(()) } else { self.drive() }
            }
            Phase::Knocking => {
                self.own_knock.drive(&mut self.cx)?;
                self.settle();
                // The owner has opened the door, or let this client in.
                if self.cx.record.phase == Phase::Knocking { Ok(()) } else { self.drive() }
            }
            Phase::Gone | Phase::Ended | Phase::Erased => Ok(()),
            Phase::AwaitingConfirmation | Phase::Member | Phase::Leaving => {
                let is_live = self.cx.drive_admission()?;
                self.settle();
                if !is_live {
                    return Ok(());
                }
                if RoomEnd::gives_way(&mut self.cx)? {
                    self.membership.leave(&mut self.cx);
                    self.settle();
                    return Ok(());
                }
                if self.orders.end_moved(&mut self.cx)? {
                    self.settle();
                    return self.drive();
                }
                self.knocks.drive(&mut self.cx)?;
                self.settle();
                self.orders.drive(&mut self.cx)?;
                self.settle();
                self.membership.drive_commit(&mut self.cx)?;
                self.settle();
                self.outbox.drive(&mut self.cx)?;
                self.settle();
                self.blobs.drive(&mut self.cx)?;
                self.receipts.drive(&mut self.cx)?;
                self.settle();
                self.outbox.drive(&mut self.cx)?;
                self.settle();
                self.membership.drive_departure(&mut self.cx)
            }
        }
    }

    /// Runs a step, and tells of it.
    pub(super) fn step<T>(
        &mut self,
        work: impl FnOnce(&mut Step<'_, '_>) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        let done = self.cx.step(work);
        self.settle();
        done
    }

    /// Carries out what a part wants of others: whatever was committed to the file is told, here and outside.
    pub(super) fn settle(&mut self) {
        let effects = &mut self.cx.effects;
        let changes = std::mem::take(&mut effects.changes);
        if std::mem::take(&mut effects.has_written) {
            self.erasure.has_written(&self.cx);
        }
        if std::mem::take(&mut self.cx.effects.clock_was_set) {
            self.expiry.clock_was_set();
        }
        for member in &changes.heard {
            self.presence.heard(&mut self.cx, *member);
            self.typing.has_written(&mut self.cx, *member);
        }
        // Somebody may be gone to whom it was not to be said where the room goes on.
        let again = changes.published_again || changes.advanced && self.cx.record.moved;
        self.outbox.has_changed(changes.newest_outgoing, again);
        if changes.advanced {
            self.membership.has_advanced();
            self.typing.has_advanced(&mut self.cx);
        }
        if changes.orders {
            self.orders.has_changed();
        }
        if changes.knocks {
            self.knocks.has_changed();
        }
        if changes.uploads || changes.deletions {
            self.blobs.has_changed();
        }
        if changes.burned {
            self.erasure.has_burned(&self.cx);
        }
        if changes.summary {
            self.receipts.has_changed(&self.cx);
        }
        if changes.advanced || !changes.heard.is_empty() {
            self.cx.company = self.presence.company(&self.cx);
        }
        self.tell(&changes);
        // The relay may have refused what was held back, and waits on this connection for it to come again before it takes anything else.
        if std::mem::take(&mut self.cx.effects.redial) || changes.held_back {
            self.redial();
        }
        if let Some(by) = &changes.erased {
            self.end.by_erase(&mut self.cx, by);
        }
        if changes.own_removed {
            self.membership.is_removed();
            self.lose(Fault::Stop(LinkFault::Refused));
        }
    }

    fn tell(&mut self, changes: &Changes) {
        if !changes.items.is_empty() {
            match view::items(&mut self.cx, &changes.items) {
                Ok((items, burns_at)) => {
                    burns_at.into_iter().for_each(|at| self.expiry.burn_sooner(at));
                    if !items.is_empty() && !self.is_hidden() {
                        self.cx.emit(Event::ItemsChanged { room: self.cx.handle.clone(), items });
                    }
                }
                Err(_) => self.cx.stale = true,
            }
        }
        if !changes.removed.is_empty() {
            self.erasure.has_burned(&self.cx);
            let ids = changes.removed.iter().map(|id| view::item_id(*id)).collect();
            self.cx.emit(Event::ItemsRemoved { room: self.cx.handle.clone(), ids });
        }
        if changes.people {
            self.cx.people_changed();
        }
        if changes.summary || changes.people {
            self.cx.tell_summary();
        }
    }

    /// Makes the connection anew, at once.
    pub(super) fn redial(&mut self) {
        self.link_lost();
        self.connecting.redial(&self.cx);
    }

    /// Gives the connection up. What was not sent on it is not sent.
    pub(super) fn lose(&mut self, mut fault: Fault) {
        if let Fault::Lost(how) = fault {
            self.lose_the_way(how);
        }
        let live_since = self.link_lost();
        self.cx.effects.frames.clear();
        // The door does not open: this client is again what it was before.
        let is_back = self.cx.record.phase == Phase::Joining && self.cx.group.is_some();
        if is_back
            && matches!(fault, Fault::Stop(_))
            && let Err(error) = self.membership.turn_back(&mut self.cx)
        {
            fault = Fault::Step(error);
        }
        if matches!(fault, Fault::Step(StepError::Group(_) | StepError::Unjudged | StepError::WentOn)) {
            self.lose_the_way(Lost::Group);
        }
        if matches!(fault, Fault::Stop(LinkFault::NoSuchRoom)) {
            self.end.is_unknown_to_relay(&mut self.cx);
        }
        self.settle();
        self.connecting.link_lost(&mut self.cx, live_since, &fault);
        self.cx.tell_summary();
    }

    /// The connection ended: the parts forget what was asked on it. Returns since when it was live, if it was.
    fn link_lost(&mut self) -> Option<Duration> {
        let live_since = self.cx.session.take().and_then(|session| session.live_since());
        if live_since.is_some() {
            self.cx.people_changed();
        }
        self.membership.link_lost();
        self.orders.link_lost();
        self.own_knock.link_lost();
        self.knocks.link_lost();
        self.outbox.link_lost();
        self.blobs.link_lost();
        self.typing.link_lost(&mut self.cx);
        live_since
    }

    fn lose_the_way(&mut self, how: Lost) {
        // Where the disk refuses, the next connection comes to the same end.
        drop(self.membership.lose_the_way(&mut self.cx, how));
        self.settle();
    }

    // Outputs

    /// What is to be done by now.
    pub(crate) fn drain(&mut self, now: Now) -> Outputs {
        self.cx.now = now;
        let link = self.link_wish();
        let (is_far_off, is_alone) = (self.connecting.is_far_off(&self.cx), self.presence.is_alone(&self.cx));
        let has_said_goodbye = match self.cx.closing || self.cx.is_erasing() {
            true => is_far_off || self.orders.has_waited(now.steady),
            false => self.membership.has_said_goodbye(is_far_off, is_alone),
        };
        let mut events = std::mem::take(&mut self.cx.effects.events);
        // Of a room that has ended it is told once nothing is left of it.
        if std::mem::take(&mut self.cx.effects.summary_due) && !self.end.is_reached() {
            events.push(Event::RoomChanged { summary: self.summary() });
        }
        Outputs {
            frames: std::mem::take(&mut self.cx.effects.frames),
            events,
            link,
            wakes_in: self.wakes_in(),
            departed: self.departed(),
            opened: self.blobs.opened(),
            has_said_goodbye,
            predecessor: self.cx.predecessor(),
            over: self.end.take(),
        }
    }

    fn departed(&self) -> Option<Departed> {
        match self.membership.departed() {
            _ if self.end.is_reached() => Some(Departed::Told),
            Some(true) => Some(Departed::Told),
            Some(false) => Some(Departed::Untold),
            None => self.orders.has_waited(self.cx.now.steady).then_some(Departed::Closing),
        }
    }

    fn link_wish(&mut self) -> LinkWish {
        match self.connecting.dial(&mut self.cx) {
            Ok(Some(target)) => return LinkWish::Dial(target),
            Ok(None) => {}
            Err(fault) => self.lose(fault),
        }
        if self.connecting.wants_link() { LinkWish::Keep } else { LinkWish::Drop }
    }

    fn wakes_in(&self) -> (Duration, WakeReason) {
        let Now { unix, steady } = self.cx.now;
        let burns = (Duration::from_secs(self.expiry.burns_at().saturating_sub(unix)), WakeReason::Expiry);
        let others = [
            (self.connecting.wakes_at(), WakeReason::Connecting),
            (self.cx.session.as_ref().and_then(Session::wakes_at), WakeReason::Session),
            (self.membership.wakes_at(&self.cx), WakeReason::Membership),
            (self.orders.wakes_at(steady), WakeReason::Orders),
            (self.own_knock.wakes_at(&self.cx), WakeReason::Knock),
            (self.knocks.wakes_at(&self.cx), WakeReason::Knock),
            (self.outbox.patience_ends(), WakeReason::Outbox),
            (self.blobs.wakes_at(), WakeReason::Blobs),
            (self.receipts.wakes_at(&self.cx), WakeReason::Receipts),
            (self.erasure.wakes_at(), WakeReason::Erasure),
            (self.presence.wakes_at(&self.cx), WakeReason::Presence),
            (self.typing.wakes_at(), WakeReason::Typing),
        ];
        let others = others.into_iter().filter_map(|(at, reason)| Some((at?.saturating_sub(steady), reason)));
        others.fold(burns, |soonest, other| if other.0 < soonest.0 { other } else { soonest })
    }
}
