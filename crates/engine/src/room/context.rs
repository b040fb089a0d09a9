//! What all parts of a room share: its file and what was read of it, the connection, both clocks, and what is to happen outside.
//!
//! A part changes the room through [`Context::step`] and others through [`Effects`]; it calls no other part. What a part has to know
//! of another one stands here as a fact ([`Company`]).

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    group::{Group, GroupCrypto},
    schedule::RoomKeys,
};
use conclave_proto::{
    frame::Request,
    id::{PublicKey, RoomId, Tag},
    limits,
};
use conclave_seal::{
    rng::{self, Rng},
    sign::SigningKey,
};
use conclave_store::{Ending, Note, Order, OrderRow, Phase, Place, RecordRow, RoomReader, RoomStore, StoreError};

use super::{
    calendar::{CALENDAR_KEPT, Jump, RoomCalendar},
    first_use::FirstUse,
    session::{Asked, Session},
    step::{Changes, Step, StepError},
};
use crate::{clock::Now, event::Event, snapshot::RoomHandle};

/// What all parts of a room share.
pub(crate) struct Context {
    pub(super) handle: RoomHandle,
    pub(super) in_memory: bool,
    pub(super) store: RoomStore,
    pub(super) crypto: Arc<dyn GroupCrypto>,
    pub(super) rng: Box<dyn Rng>,

    // What was read of the file. It is what the file says, but inside a step.
    pub(super) record: RecordRow,
    pub(super) keys: RoomKeys,
    pub(super) owner_key: Option<SigningKey>,
    /// The owner wants the room to end.
    pub(super) closing: bool,
    /// The owner wants it erased.
    pub(super) erases: bool,
    /// The owner wants somebody out: what this person writes from then on is not for them.
    pub(super) removing: bool,
    /// The owner wants the door shut.
    pub(super) locking: bool,
    /// The owner wants other params.
    pub(super) changing: bool,
    pub(super) group: Option<Box<dyn Group>>,
    /// The disk could not be read: memory may differ from it, and so may what others were told.
    pub(super) stale: bool,

    // The connection.
    pub(super) session: Option<Session>,
    /// The key that a relay showed for which nobody vouches, until that relay has proven to be the room's.
    pub(super) first_use: Option<FirstUse>,
    /// A member key that the relay did not know.
    pub(super) refused_key: Option<PublicKey>,

    // Time.
    /// Both clocks at the present input.
    pub(super) now: Now,
    /// What is believed of the date, and when it was kept last, unix seconds.
    pub(super) calendar: RoomCalendar,
    pub(super) calendar_kept_at: Option<u64>,
    /// The clock was set while the room was closed, and times have not moved yet.
    pub(super) set_before_open: Option<Jump>,

    // What this run has said, so that it is said once.
    /// In which epoch the timeline has said that people may see different rooms.
    split_suspected: Option<Tag>,
    /// An own message came back that nobody here wrote.
    had_echo: bool,

    /// Who else is connected.
    pub(super) company: Company,
    /// What knocks ask of the owner's commits.
    pub(super) at_the_door: AtTheDoor,
    /// What is to happen outside, and in other parts.
    pub(super) effects: Effects,
}

/// Who else is connected, as far as heartbeats tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Company {
    /// No member at a lower leaf is here: this client answers newcomers.
    pub(super) is_greeter: bool,
    /// How many members senior to this one are here.
    pub(super) seniors: u32,
}

/// What knocks ask of the owner's commits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AtTheDoor {
    /// The knock that is to be let in next.
    pub(super) let_in: Option<[u8; 16]>,
}

/// What an input has brought about.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Frames for the relay, in order.
    pub(super) frames: Vec<Vec<u8>>,
    /// What UIs are told, in order.
    pub(super) events: Vec<Event>,
    /// The room's line in the list changed.
    pub(super) summary_due: bool,
    /// What was committed to the file.
    pub(super) changes: Changes,
    /// Something was written, so that old pages are in the write-ahead log.
    pub(super) has_written: bool,
    /// The clock was set: every line has another time.
    pub(super) clock_was_set: bool,
    /// The connection is to be made anew, at once.
    pub(super) redial: bool,
}

impl Context {
    /// Reads a room's file.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is none, or what the database says.
    pub(super) fn open(
        handle: RoomHandle,
        mut store: RoomStore,
        crypto: Arc<dyn GroupCrypto>,
        rng: Box<dyn Rng>,
        in_memory: bool,
        now: Now,
    ) -> Result<Self, StoreError> {
        let (record, keys, owner_key, orders, group, (calendar, jump)) = store.read(|tx| {
            let record = tx.record()?.ok_or(StoreError::Damaged)?;
            let stored = tx.secret(super::ROOM_KEYS)?.ok_or(StoreError::Damaged)?;
            let keys = RoomKeys::from_stored(&stored).ok_or(StoreError::Damaged)?;
            let owner_key = match tx.secret(super::OWNER_KEY)? {
                Some(seed) => {
                    let seed = seed.as_slice().try_into().map_err(|_| StoreError::Damaged)?;
                    Some(SigningKey::from_seed(seed))
                }
                None => None,
            };
            let group = load_group(crypto.as_ref(), tx, record.phase)?;
            let orders = tx.orders()?;
            let calendar = RoomCalendar::open(tx.clock()?, tx.newest_rows()?, now);
            Ok::<_, StoreError>((record, keys, owner_key, orders, group, calendar))
        })?;
        Ok(Self {
            handle,
            in_memory,
            store,
            crypto,
            rng,
            record,
            keys,
            owner_key,
            closing: orders.iter().any(|row| matches!(row.order, Order::Close | Order::Erase)),
            erases: orders.iter().any(|row| row.order == Order::Erase),
            removing: removes(&orders),
            locking: locks(&orders),
            changing: changes(&orders),
            group,
            stale: false,
            session: None,
            first_use: None,
            refused_key: None,
            now,
            calendar,
            calendar_kept_at: None,
            set_before_open: jump,
            split_suspected: None,
            had_echo: false,
            company: Company::default(),
            at_the_door: AtTheDoor::default(),
            effects: Effects::default(),
        })
    }

    /// Runs a step, see [`super::step`], by the clock that the file goes by.
    pub(super) fn step<T>(
        &mut self,
        work: impl FnOnce(&mut Step<'_, '_>) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        self.look_at_clock()?;
        self.step_by_clock(work)
    }

    /// Runs a step by any clock: the one that moves the times to it.
    pub(super) fn step_by_clock<T>(
        &mut self,
        work: impl FnOnce(&mut Step<'_, '_>) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        let before = self.record.clone();
        let catching_up = !self.is_live();
        let reads_again = catching_up && self.record.cursor < self.record.reads_again_to;
        let (split_suspected, had_echo) = (self.split_suspected, self.had_echo);
        let (now, settled, greeter) = (self.now, self.calendar.settled(), self.company.is_greeter);
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
                self.had_echo |= changes.had_echo;
                if changes.split_suspected {
                    self.split_suspected = self.group.as_ref().map(|group| group.base());
                }
                self.effects.has_written = true;
                self.effects.changes.extend(changes);
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

    /// Looks at both clocks; called with every input that goes by the wall clock, and before every step. If one was set, the times in
    /// the file move, and it says what happened. Where the disk refuses, that is tried again with the next look, and no step is taken
    /// until then: by a clock that the file does not go by yet, nothing may burn.
    pub(super) fn look_at_clock(&mut self) -> Result<(), StepError> {
        if let Some(jump) = self.set_before_open {
            self.clock_was_set(jump)?;
            self.set_before_open = None;
        }
        let before = self.calendar;
        let Some(jump) = self.calendar.look(self.now) else { return Ok(()) };
        let moved = self.clock_was_set(jump);
        if moved.is_err() {
            self.calendar = before;
        }
        moved
    }

    fn clock_was_set(&mut self, jump: Jump) -> Result<(), StepError> {
        self.calendar_kept_at = None;
        self.step_by_clock(|step| {
            step.tx.move_times(jump.times)?;
            // What is read next came later by any clock.
            let by = jump.by.min(0).saturating_add(jump.times.earlier.max(0));
            step.record.cursor_at = step.record.cursor_at.saturating_add_signed(by);
            // The silence has lasted as long as before.
            step.record.active_at = step.record.active_at.saturating_add_signed(jump.by);
            step.note(&Note::ClockSet { by: jump.by })
        })?;
        if let Some(session) = self.session.as_mut() {
            session.clock_ahead = session.clock_ahead.saturating_add(jump.by);
        }
        self.effects.clock_was_set = true;
        // Every line that is shown has another time.
        self.emit(Event::Lagged);
        Ok(())
    }

    /// Reads record and group as they are on disk.
    pub(super) fn reload(&mut self) -> Result<(), StoreError> {
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

    pub(super) fn emit(&mut self, event: Event) {
        self.effects.events.push(event);
    }

    pub(super) fn people_changed(&mut self) {
        self.emit(Event::PeopleChanged { room: self.handle.clone() });
    }

    pub(super) fn tell_summary(&mut self) {
        self.effects.summary_due = true;
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, asked: Asked, body: Request<'_>) {
        if let Some(session) = self.session.as_mut() {
            let frame = session.ask(asked, body, self.now.steady);
            self.effects.frames.push(frame);
        }
    }

    /// Has the connection made anew, at once.
    pub(super) fn redial(&mut self) {
        self.effects.redial = true;
    }

    /// A random time between two.
    pub(super) fn jitter(&mut self, from: Duration, to: Duration) -> Duration {
        let fraction = f64::from(u16::from_be_bytes(rng::array(self.rng.as_mut()))) / f64::from(u16::MAX);
        from.saturating_add(to.saturating_sub(from).mul_f64(fraction))
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

    pub(super) fn room_id(&self) -> RoomId {
        RoomId(self.record.room_id)
    }

    /// Whether everything up to now was read, and news comes by itself.
    pub(super) fn is_live(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_live)
    }

    /// Whether what could be read here is gone, and the room ends as soon as the relay can be reached.
    pub(super) fn is_erasing(&self) -> bool {
        self.erases || self.record.erase_mid.is_some() && self.record.erase_asked.is_none()
    }

    /// Whether the room is erased here alone, and this client leaves it.
    pub(super) fn erases_alone(&self) -> bool {
        self.record.ending == Some(Ending::ErasedHere)
    }

    /// Whether a person is asked to erase the room, and nothing of it is shown.
    pub(super) fn is_asked(&self) -> bool {
        self.record.erase_asked.is_some()
    }

    /// Whether nothing that the log still says matters here.
    pub(super) fn reads_no_more(&self) -> bool {
        self.erases || matches!(self.record.phase, Phase::Gone | Phase::Ended | Phase::Erased)
    }

    /// Whether an answer to such a request is outstanding; without a connection none is.
    pub(super) fn waits_for(&self, wanted: impl Fn(&Asked) -> bool) -> bool {
        self.session.as_ref().is_some_and(|session| session.waits_for(wanted))
    }

    /// Whether the newest commit of the relay is another one than the own base.
    pub(super) fn in_doubt(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.base().0 != self.record.head)
    }

    /// The relay's clock, unix seconds, as far as its greeting told; the own one without a connection.
    pub(super) fn relay_now(&self) -> u64 {
        let ahead = self.session.as_ref().map_or(0, |session| session.clock_ahead);
        self.now.unix.saturating_add_signed(ahead.saturating_neg())
    }

    /// When the room ends by its rules unless something is written, unix seconds: a relay counts in hours, and ends it within the one
    /// that follows. None where there is no group to say so.
    pub(super) fn idle_ends_at(&self) -> Option<u64> {
        let group = self.group.as_ref()?;
        let idle = u64::from(group.params().policy.idle_ttl).min(limits::RETENTION.as_secs());
        Some(self.record.active_at.saturating_add(idle))
    }

    /// The room that moved here, once this client is in and somebody has confirmed that: its handle.
    pub(super) fn predecessor(&self) -> Option<[u8; 16]> {
        let stands = self.record.phase == Phase::Member && !self.closing && !self.is_erasing();
        self.record.predecessor.filter(|_| stands)
    }

    /// How many leaves the group has.
    pub(super) fn members(&self) -> usize {
        self.group.as_ref().map_or(0, |group| group.roster().len())
    }
}

/// Whether somebody is to be removed.
pub(super) fn removes(orders: &[OrderRow]) -> bool {
    orders.iter().any(|row| matches!(row.order, Order::Remove(_)))
}

/// Whether the door is to be shut.
pub(super) fn locks(orders: &[OrderRow]) -> bool {
    orders.iter().any(|row| row.order == Order::Lock)
}

/// Whether other params are wanted.
pub(super) fn changes(orders: &[OrderRow]) -> bool {
    orders.iter().any(|row| matches!(row.order, Order::Change(_)))
}

/// The group as it is on disk. Out of the room there is none any more, only what was said.
fn load_group(
    crypto: &dyn GroupCrypto,
    reader: &RoomReader<'_>,
    phase: Phase,
) -> Result<Option<Box<dyn Group>>, StoreError> {
    match crypto.load(&reader.group_state(Place::Current)) {
        Ok(group) => Ok(group),
        Err(_) if matches!(phase, Phase::Gone | Phase::Ended | Phase::Erased) => Ok(None),
        Err(error) => Err(StepError::from(error).of_reading()),
    }
}
