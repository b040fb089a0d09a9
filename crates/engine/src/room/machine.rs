//! A room as a state machine: inputs with the time in, frames and events out. It touches no clock, socket or task.
//!
//! After every input [`Machine::drive`] looks at where the room stands and asks for whatever is missing next. Nothing is
//! remembered about *how* it got there, so a lost answer, a new connection or a restart all continue the same way.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use conclave_crypto::{
    group::{Group, GroupCrypto},
    schedule::RoomKeys,
};
use conclave_proto::{
    authority::Authority,
    frame::{RelayFrame, Request},
    id::{MemberId, PublicKey, RoomId, Tag},
};
use conclave_seal::{
    rng::{self, Rng},
    sign::SigningKey,
};
use conclave_store::{Phase, Place, RecordRow, RoomStore, RoomTx, StoreError};

use super::{
    calendar::{CALENDAR_KEPT, Jump, RoomCalendar},
    doubt::{Doubt, Lost},
    first_use::FirstUse,
    session::{Asked, Session},
    step::{Changes, Step, StepError},
};
use crate::{
    clock::Now,
    event::Event,
    link::Target,
    snapshot::{Connection, Hosting, LinkFault, RoomHandle},
};

/// A room of this client.
pub(crate) struct Machine {
    pub(super) handle: RoomHandle,
    pub(super) store: RoomStore,
    pub(super) crypto: Arc<dyn GroupCrypto>,
    pub(super) rng: Box<dyn Rng>,
    pub(super) record: RecordRow,
    pub(super) keys: RoomKeys,
    pub(super) owner_key: Option<SigningKey>,
    pub(super) group: Option<Box<dyn Group>>,
    pub(super) in_memory: bool,
    /// Where the host's own client reaches its relay, whatever the invitation says.
    pub(super) local_address: Option<Authority>,
    pub(super) hosting: Option<Hosting>,
    pub(super) link: LinkState,
    pub(super) session: Option<Session>,
    pub(super) presence: BTreeMap<MemberId, Duration>,
    pub(super) timers: super::upkeep::Timers,
    pub(super) departure: Option<super::upkeep::Departure>,
    pub(super) doubt: Doubt,
    /// The key that a relay showed for which nobody vouches, until that relay has proven to be the room's.
    pub(super) first_use: Option<FirstUse>,
    /// A member key that the relay did not know.
    pub(super) refused_key: Option<PublicKey>,
    /// The disk could not be read: memory may differ from it, and so may what others were told.
    pub(super) stale: bool,
    /// In which epoch the timeline has said that people may see different rooms.
    split_suspected: Option<Tag>,
    /// An own message came back that nobody here wrote; since the room was opened.
    had_echo: bool,
    /// What people compare, for the roster with this hash.
    pub(super) words: Option<([u8; 32], Vec<String>)>,
    attempts: u32,
    /// The steady clock at the newest input.
    pub(super) told_at: Duration,
    /// The wall clock at the newest step, unix seconds.
    pub(super) stepped_at: u64,
    /// What is believed of the date, and when it was kept last, unix seconds.
    pub(super) calendar: RoomCalendar,
    pub(super) calendar_kept_at: Option<u64>,
    /// The clock was set while the room was closed, and times have not moved yet.
    pub(super) set_before_open: Option<Jump>,
    /// The newest row that the outbox ever had.
    pub(super) newest_outgoing: i64,
    frames: Vec<Vec<u8>>,
    events: Vec<Event>,
    /// The room's line in the list changed.
    summary_due: bool,
}

/// Where the link stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LinkState {
    /// To be dialled at this time.
    Due { at: Duration, fault: Option<LinkFault> },
    /// Being dialled, or waiting for the greeting.
    Dialling { since: Duration },
    /// The greeting came.
    Up,
    /// Not to be dialled again until a person acts.
    Stopped { fault: LinkFault },
}

/// Why the machine gives up a connection.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Try again later.
    Retry(LinkFault),
    /// Trying again would not help.
    Stop(LinkFault),
    /// This side failed.
    Step(StepError),
}

impl Fault {
    /// Refuses the number of an entry that no database holds: nobody counts that far.
    pub(super) fn unless_counted(seq: u64) -> Result<(), Self> {
        i64::try_from(seq).map(drop).map_err(|_| Self::Retry(LinkFault::Misbehaved))
    }
}

impl From<StepError> for Fault {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Step(error.into())
    }
}

impl Machine {
    /// Opens a room from its file.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the file is not a room's, or what the database says.
    pub(crate) fn open(
        handle: RoomHandle,
        mut store: RoomStore,
        crypto: Arc<dyn GroupCrypto>,
        rng: Box<dyn Rng>,
        in_memory: bool,
        now: Now,
    ) -> Result<Self, StoreError> {
        let (record, keys, owner_key, group, newest_outgoing, clock, newest_rows) = store.read(|tx| {
            let record = tx.record()?.ok_or(StoreError::Damaged)?;
            let stored = tx.secret(super::ROOM_KEYS)?.ok_or(StoreError::Damaged)?;
            let stored = stored.as_slice().try_into().map_err(|_| StoreError::Damaged)?;
            let owner_key = match tx.secret(super::OWNER_KEY)? {
                Some(seed) => {
                    let seed = seed.as_slice().try_into().map_err(|_| StoreError::Damaged)?;
                    Some(SigningKey::from_seed(seed))
                }
                None => None,
            };
            let group = load_group(crypto.as_ref(), tx, record.phase)?;
            let (newest_outgoing, clock, newest_rows) = (tx.newest_outgoing()?, tx.clock()?, tx.newest_rows()?);
            let keys = RoomKeys::from_stored(stored);
            Ok::<_, StoreError>((record, keys, owner_key, group, newest_outgoing, clock, newest_rows))
        })?;
        let (calendar, jump) = RoomCalendar::open(clock, newest_rows, now);
        let timers = super::upkeep::Timers::new();
        let link = match record.phase {
            Phase::Gone => LinkState::Stopped { fault: LinkFault::NoSuchRoom },
            _ => LinkState::Due { at: now.steady, fault: None },
        };
        let departure = (record.phase == Phase::Leaving).then(|| super::upkeep::Departure::new(now.steady));
        let mut doubt = Doubt::default();
        let in_doubt = group.as_ref().is_some_and(|group| group.base().0 != record.head);
        doubt.observe(now.steady, in_doubt, false);
        let mut machine = Self {
            handle,
            store,
            crypto,
            rng,
            record,
            keys,
            owner_key,
            group,
            in_memory,
            local_address: None,
            hosting: None,
            link,
            session: None,
            presence: BTreeMap::new(),
            timers,
            departure,
            doubt,
            first_use: None,
            refused_key: None,
            stale: false,
            split_suspected: None,
            had_echo: false,
            words: None,
            attempts: 0,
            told_at: now.steady,
            stepped_at: now.unix,
            calendar,
            calendar_kept_at: None,
            set_before_open: jump,
            newest_outgoing,
            frames: Vec::new(),
            events: Vec::new(),
            summary_due: false,
        };
        // Where the disk refuses, both are tried again.
        drop(machine.look_at_clock(now));
        drop(machine.burn_overdue(now));
        Ok(machine)
    }

    /// Frames to be sent, in order.
    pub(crate) fn take_frames(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.frames)
    }

    /// What others are to be told.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether the room's line in the list changed.
    pub(crate) fn summary_is_due(&self) -> bool {
        self.summary_due
    }

    /// The room's line in the list: once for however much happened.
    pub(crate) fn take_summary(&mut self) -> Event {
        self.summary_due = false;
        Event::RoomChanged { summary: self.summary() }
    }

    /// Whom to dial now, if anybody.
    pub(crate) fn dial(&mut self, now: Now) -> Option<Target> {
        self.told_at = now.steady;
        let read = if self.stale { self.reload() } else { Ok(()) };
        let LinkState::Due { at, .. } = self.link else { return None };
        if at > now.steady {
            return None;
        }
        if let Err(error) = read {
            self.lose(now, Fault::Step(error.into()));
            return None;
        }
        self.link = LinkState::Dialling { since: now.steady };
        self.tell_summary();
        let mut addresses: Vec<Authority> = Vec::new();
        match &self.local_address {
            Some(local) => addresses.push(local.clone()),
            None => addresses.extend(self.record.addresses.iter().filter_map(|text| text.parse().ok())),
        }
        let authority = self.record.authority.parse().ok()?;
        let may_renew_at = self.record.pin_first_used_at.as_ref().and_then(|at| at.parse().ok());
        Some(Target { authority, addresses, pin: self.record.pin, may_renew_at })
    }

    /// The connection could not be made, or ended.
    pub(crate) fn disconnected(&mut self, now: Now, fault: LinkFault) {
        match fault {
            LinkFault::WrongPin | LinkFault::CertificateOutOfDate | LinkFault::OtherVersion => {
                self.lose(now, Fault::Stop(fault));
            }
            _ => self.lose(now, Fault::Retry(fault)),
        }
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, now: Now, exporter: Option<[u8; 32]>, bytes: &[u8]) {
        if let Some(session) = self.session.as_mut() {
            session.heard_at = now.steady;
        }
        // The relay's greeting is compared with it. Where the disk refuses, the next step says so.
        drop(self.look_at_clock(now));
        let handled = RelayFrame::decode(bytes)
            .map_err(|_| Fault::Retry(LinkFault::Misbehaved))
            .and_then(|frame| self.reply(now, exporter, frame))
            .and_then(|()| self.drive(now));
        if let Err(fault) = handled {
            self.lose(now, fault);
        }
    }

    /// Time passed, or a person asked for something.
    pub(crate) fn tick(&mut self, now: Now) {
        self.told_at = now.steady;
        // Without anything else to do it is noticed here that somebody set the clock.
        drop(self.look_at_clock(now));
        if self.stale
            && self.wants_link()
            && let Err(error) = self.reload()
        {
            self.lose(now, Fault::Step(error.into()));
            return;
        }
        if let Err(fault) = self.upkeep(now).and_then(|()| self.drive(now)) {
            self.lose(now, fault);
        }
    }

    /// When [`Machine::tick`] has something to do.
    pub(crate) fn wakes_at(&self) -> Option<Duration> {
        let link = match self.link {
            LinkState::Due { at, .. } => Some(at),
            LinkState::Dialling { since } => Some(since.saturating_add(GREETING_TIMEOUT)),
            LinkState::Up | LinkState::Stopped { .. } => None,
        };
        let session = self.session.as_ref().and_then(Session::patience_ends);
        [link, session, self.upkeep_due()].into_iter().flatten().min()
    }

    /// Runs a step, see [`super::step`], by the clock that the file goes by.
    pub(super) fn step<T>(
        &mut self,
        now: Now,
        work: impl FnOnce(&mut Step<'_, '_>) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        self.look_at_clock(now)?;
        self.step_by_clock(now, work)
    }

    /// Runs a step by any clock: the one that moves the times to it.
    pub(super) fn step_by_clock<T>(
        &mut self,
        now: Now,
        work: impl FnOnce(&mut Step<'_, '_>) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        (self.told_at, self.stepped_at) = (now.steady, now.unix);
        let before = self.record.clone();
        let greeter = self.is_greeter(now);
        let catching_up = self.session.as_ref().is_none_or(|session| !session.live);
        let reads_again = catching_up && self.record.cursor < self.record.reads_again_to;
        let (split_suspected, had_echo) = (self.split_suspected, self.had_echo);
        let settled = self.calendar.settled();
        let keeps_calendar = self.calendar_kept_at.is_none_or(|at| now.unix.abs_diff(at) >= CALENDAR_KEPT);
        let clock = keeps_calendar.then(|| self.calendar.to_row());
        let Self { store, record, keys, group, rng, .. } = self;
        let mut changes = Changes::default();
        let result = store.write(|tx| {
            let mut step = Step {
                tx,
                now,
                settled,
                record,
                keys,
                group,
                rng: rng.as_mut(),
                greeter,
                catching_up,
                reads_past: false,
                reads_again,
                split_suspected,
                had_echo,
                changes: Changes::default(),
            };
            let value = work(&mut step)?;
            step.keep_title();
            changes = step.changes;
            if *record != before {
                tx.set_record(record)?;
            }
            if let Some(clock) = &clock {
                tx.set_clock(clock)?;
            }
            Ok(value)
        });
        match result {
            Ok(value) => {
                if keeps_calendar {
                    self.calendar_kept_at = Some(now.unix);
                }
                self.checkpoint_soon(now);
                self.publish(now, changes);
                Ok(value)
            }
            Err(error) => {
                self.record = before;
                // What cannot be read is tried again before anything else is done.
                drop(self.reload());
                Err(error)
            }
        }
    }

    /// Reads record and group as they are on disk.
    fn reload(&mut self) -> Result<(), StoreError> {
        let crypto = Arc::clone(&self.crypto);
        let read = self.store.read(|tx| {
            let record = tx.record()?.ok_or(StoreError::Damaged)?;
            let group = load_group(crypto.as_ref(), tx, record.phase)?;
            Ok::<_, StoreError>((record, group))
        });
        self.stale = read.is_err();
        (self.record, self.group) = read?;
        Ok(())
    }

    fn publish(&mut self, now: Now, changes: Changes) {
        for member in &changes.heard {
            self.heard(now, *member);
        }
        self.newest_outgoing = self.newest_outgoing.max(changes.newest_outgoing);
        if !changes.items.is_empty() {
            match self.items(&changes.items) {
                Ok(items) if items.is_empty() => {}
                Ok(items) => self.emit(Event::ItemsChanged { room: self.handle.clone(), items }),
                Err(_) => self.stale = true,
            }
        }
        if !changes.removed.is_empty() {
            self.rebuild_soon(now);
            let ids = changes.removed.iter().map(|id| super::present::item_id(*id)).collect();
            self.emit(Event::ItemsRemoved { room: self.handle.clone(), ids });
        }
        if changes.people {
            self.emit(Event::PeopleChanged { room: self.handle.clone() });
        }
        if changes.advanced {
            self.timers.commit = None;
            // What was sent belonged to the epoch before, whatever the head is called that it was sent on top of.
            if let Some(session) = self.session.as_mut() {
                session.commit_sent = None;
            }
        }
        if changes.published_again
            && let Some(session) = self.session.as_mut()
        {
            session.sent_up_to = 0;
        }
        self.had_echo |= changes.had_echo;
        if changes.split_suspected {
            self.split_suspected = self.group.as_ref().map(|group| group.base());
        }
        if changes.held_back {
            // The relay may have refused it, and waits on this connection for it to come again before it takes anything else.
            self.redial(now);
        }
        if changes.own_removed {
            self.own_removed(now);
        }
        if changes.summary || changes.people {
            self.tell_summary();
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn tell_summary(&mut self) {
        self.summary_due = true;
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, now: Now, asked: Asked, body: Request<'_>) {
        if let Some(session) = self.session.as_mut() {
            let frame = session.ask(asked, body, now.steady);
            self.frames.push(frame);
        }
    }

    /// Sends a frame that nobody answers.
    pub(super) fn send(&mut self, frame: Vec<u8>) {
        self.frames.push(frame);
    }

    /// Gives the connection up. What was not sent on it is not sent.
    pub(super) fn lose(&mut self, now: Now, mut fault: Fault) {
        self.told_at = now.steady;
        let since = self.session.take().and_then(|session| session.live_since);
        if since.is_some() {
            self.emit(Event::PeopleChanged { room: self.handle.clone() });
        }
        self.frames.clear();
        if let Some(departure) = self.departure.as_mut() {
            departure.repropose();
        }
        // The door does not open: this client is again what it was before.
        let refused = matches!(fault, Fault::Stop(_)) && self.record.phase == Phase::Joining && self.group.is_some();
        if refused && let Err(error) = self.turn_back(now) {
            fault = Fault::Step(error);
        }
        // Only a connection that was good for a while is worth trying again at once.
        let good = since.is_some_and(|since| now.steady.saturating_sub(since) >= GOOD);
        self.attempts = if good { 1 } else { self.attempts.saturating_add(1) };
        self.link = match fault {
            Fault::Stop(fault) if self.may_change(fault) => {
                LinkState::Due { at: now.steady.saturating_add(LATER), fault: Some(fault) }
            }
            Fault::Stop(fault) => LinkState::Stopped { fault },
            Fault::Retry(fault) => {
                LinkState::Due { at: now.steady.saturating_add(self.back_off()), fault: Some(fault) }
            }
            Fault::Step(StepError::Store(error)) => {
                let fault =
                    if matches!(error, StoreError::Damaged) { LinkFault::RoomDamaged } else { LinkFault::Storage };
                LinkState::Due { at: now.steady.saturating_add(STORAGE_PAUSE), fault: Some(fault) }
            }
            Fault::Step(StepError::Group(_) | StepError::Unjudged | StepError::WentOn) => {
                self.lose_the_way(now, Lost::Group);
                LinkState::Due { at: now.steady.saturating_add(self.back_off()), fault: Some(LinkFault::Misbehaved) }
            }
            Fault::Step(StepError::NotNow) => {
                LinkState::Due { at: now.steady.saturating_add(self.back_off()), fault: Some(LinkFault::Misbehaved) }
            }
        };
        self.tell_summary();
    }

    /// Whether somebody else may put this right without anybody here doing anything: another computer had the address, the
    /// host comes back, a member repairs the state.
    fn may_change(&self, fault: LinkFault) -> bool {
        // Also one who comes in again, in place of the own leaf.
        let member = self.group.is_some() && self.record.phase != Phase::Gone;
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

    /// Whether the actor must drop its link: the machine has let go of it.
    pub(crate) fn wants_link(&self) -> bool {
        matches!(self.link, LinkState::Dialling { .. } | LinkState::Up)
    }

    /// Doubling from half a second to a minute, anywhere in the upper half, so that many clients do not come back at once.
    fn back_off(&mut self) -> Duration {
        let exponent = self.attempts.saturating_sub(1).min(7);
        let half = BACK_OFF.saturating_mul(1 << exponent).min(BACK_OFF_MAX);
        self.jitter(half, half.saturating_mul(2))
    }

    /// A random time between two.
    pub(super) fn jitter(&mut self, from: Duration, to: Duration) -> Duration {
        let fraction = f64::from(u16::from_be_bytes(rng::array(self.rng.as_mut()))) / f64::from(u16::MAX);
        from.saturating_add(to.saturating_sub(from).mul_f64(fraction))
    }

    pub(super) fn room_id(&self) -> RoomId {
        RoomId(self.record.room_id)
    }

    /// Asks for whatever is missing next.
    pub(super) fn drive(&mut self, now: Now) -> Result<(), Fault> {
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        if session.quiet_until > now.steady {
            return Ok(());
        }
        session.quiet_until = Duration::ZERO;
        match self.record.phase {
            Phase::Creating => self.drive_creation(now),
            Phase::Joining => {
                self.drive_join(now)?;
                // The door was of no use: this client goes on where it was.
                if self.record.phase == Phase::Joining { Ok(()) } else { self.drive(now) }
            }
            Phase::Gone => Ok(()),
            Phase::AwaitingConfirmation | Phase::Member | Phase::Leaving => {
                if !self.drive_admission(now)? {
                    return Ok(());
                }
                self.drive_commit(now)?;
                self.drive_outbox(now)?;
                self.drive_departure(now)
            }
        }
    }

    /// The link in words.
    pub(super) fn connection(&self, now: Duration) -> Connection {
        match self.link {
            LinkState::Stopped { fault } => Connection::Stopped { reason: fault },
            LinkState::Dialling { .. } => Connection::Connecting,
            LinkState::Due { fault: None, .. } => Connection::Connecting,
            LinkState::Due { at, fault: Some(reason) } => {
                let retry_in = u32::try_from(at.saturating_sub(now).as_secs()).unwrap_or(u32::MAX);
                Connection::Waiting { retry_in, reason }
            }
            LinkState::Up if self.session.as_ref().is_some_and(|session| session.live) => Connection::Online,
            LinkState::Up => Connection::CatchingUp,
        }
    }
}

/// The group as it is on disk. Out of the room there is none any more, only what was said.
fn load_group(crypto: &dyn GroupCrypto, tx: &RoomTx<'_>, phase: Phase) -> Result<Option<Box<dyn Group>>, StoreError> {
    match crypto.load(&tx.group_state(Place::Current)) {
        Ok(group) => Ok(group),
        Err(_) if phase == Phase::Gone => Ok(None),
        Err(error) => Err(StepError::from(error).of_reading()),
    }
}

const BACK_OFF: Duration = Duration::from_millis(250);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// A connection that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(60);
/// What others may change at any time is looked at again this often.
const LATER: Duration = Duration::from_secs(300);
/// A full disk does not empty itself in a second.
const STORAGE_PAUSE: Duration = Duration::from_secs(15);
/// From dialling to the relay's greeting.
pub(super) const GREETING_TIMEOUT: Duration = Duration::from_secs(30);
