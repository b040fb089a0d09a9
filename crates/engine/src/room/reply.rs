//! What the relay says: answers, entries that come by themselves, refusals.

use std::time::Duration;

use conclave_proto::{
    error::ErrorCode as RelayError,
    frame::{EntryPush, FetchedEntry, Refusal, RelayFrame, Reply},
    id::Role,
    version,
};
use conclave_store::Phase;

use super::{
    calendar,
    entry::Entry,
    machine::{Fault, LinkState, Machine},
    session::{Asked, Lease, Session, UNANSWERED},
    step::StepError,
};
use crate::{
    clock::Now,
    event::Event,
    snapshot::{LinkFault, SystemLine},
};

impl Machine {
    /// Handles an answer or a push.
    pub(super) fn reply(&mut self, now: Now, exporter: Option<[u8; 32]>, frame: RelayFrame) -> Result<(), Fault> {
        if let Reply::Hello(hello) = frame.body {
            if self.session.is_some() {
                return Err(Fault::Retry(LinkFault::Misbehaved));
            }
            if !hello.versions.contains(&version::PROTOCOL) {
                return Err(Fault::Stop(LinkFault::OtherVersion));
            }
            let exporter = match (hello.exporter_bound, exporter) {
                (true, Some(exporter)) => exporter,
                // Over TLS with a pinned key nobody may stand in between (protocol 4.8.2).
                (false, Some(_)) if self.is_pinned() => {
                    return Err(Fault::Stop(LinkFault::WrongPin));
                }
                _ => [0; 32],
            };
            let mut session = Session::new(hello.nonce, exporter, (hello.time, now.steady));
            session.clock_ahead = calendar::difference(hello.time, now.unix);
            self.session = Some(session);
            self.link = LinkState::Up;
            self.tell_summary();
            return Ok(());
        }
        let Some(session) = self.session.as_mut() else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
        match frame.body {
            Reply::Entry(entry) => return self.entry(now, entry),
            Reply::Ephemeral(push) => {
                self.ephemeral(now, &push.blob);
                return Ok(());
            }
            // Nobody waits for an ephemeral: one that is refused is one that nobody hears.
            Reply::Refused(_) if frame.rid == UNANSWERED => return Ok(()),
            // Said unasked: the relay ends, or the room on it.
            Reply::Refused(refusal) if frame.rid == 0 => {
                return Err(match refusal.code {
                    RelayError::NoSuchRoom => Fault::Stop(LinkFault::NoSuchRoom),
                    RelayError::RoomGone => Fault::Stop(LinkFault::RoomGone),
                    _ => Fault::Retry(LinkFault::Unreachable),
                });
            }
            Reply::Tombstone(_) => return Err(Fault::Stop(LinkFault::RoomGone)),
            _ => {}
        }
        let asked = session.answered(frame.rid).ok_or(Fault::Retry(LinkFault::Misbehaved))?;
        match (frame.body, asked) {
            (Reply::Created(admission), Asked::Create) => self.created(now, &admission),
            (Reply::Authenticated(admission), Asked::Auth(role, key)) => self.admitted(now, role, key, &admission),
            (Reply::GroupInfos(read), Asked::GroupInfo) => {
                self.read_group_info(read);
                Ok(())
            }
            (Reply::Leased(leased), Asked::Lease) => {
                let until = now.steady.saturating_add(Duration::from_millis(leased.ms.into()));
                session.lease = Lease::Held { until, head: leased.head };
                Ok(())
            }
            (Reply::Committed(done), Asked::Commit) => self.committed(now, done.seq, done.tag),
            (Reply::Published(done), Asked::Publish(_)) => {
                session.in_flight = session.in_flight.saturating_sub(1);
                session.refused_again = 0;
                self.relay_is_full(done.full);
                Ok(())
            }
            (Reply::Published(_), Asked::Leave) => {
                self.departure_kept();
                Ok(())
            }
            (Reply::Fetched(fetched), Asked::Fetch) => {
                let live = !fetched.more;
                self.fetched(now, fetched.entries)?;
                if live {
                    self.went_live(now)?;
                }
                Ok(())
            }
            (Reply::Fetched(fetched), Asked::LookBack) => self.looked_back(now, &fetched.entries),
            (Reply::Refused(refusal), asked) => self.refused(now, asked, &refusal),
            _ => Err(Fault::Retry(LinkFault::Misbehaved)),
        }
    }

    fn fetched(&mut self, now: Now, entries: Vec<FetchedEntry>) -> Result<(), Fault> {
        for entry in entries {
            if self.record.phase == Phase::Gone {
                break;
            }
            if entry.seq > self.record.cursor {
                self.process(now, Entry::from(&entry))?;
            }
        }
        Ok(())
    }

    /// An entry that came by itself. One that does not follow the last means that something is missing: fetch it, and keep
    /// this one until then.
    fn entry(&mut self, now: Now, entry: EntryPush) -> Result<(), Fault> {
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        if entry.seq <= self.record.cursor {
            return Ok(());
        }
        if !session.live || entry.prev > self.record.cursor {
            session.live = false;
            let cost = |entry: &EntryPush| entry.blob.len().max(SMALLEST);
            let waiting = session.early.iter().map(cost).fold(cost(&entry), usize::saturating_add);
            if waiting > EARLY {
                return Err(Fault::Retry(LinkFault::Misbehaved));
            }
            session.early.push(entry);
            return Ok(());
        }
        self.process(now, Entry::from(&entry))
    }

    fn process(&mut self, now: Now, entry: Entry<'_>) -> Result<(), Fault> {
        Fault::unless_counted(entry.seq)?;
        let alone = self.group.as_ref().is_none_or(|group| group.roster().len() < 2);
        let live = self.session.as_ref().is_some_and(|session| session.live);
        if self.find_own_rejoin(now, entry)? {
            return self.observe_doubt(now, live);
        }
        let done = self.step(now, |step| {
            step.process(entry)?;
            let company = step.group.as_ref().is_some_and(|group| group.roster().len() > 1);
            if alone && company { step.release_unsent() } else { Ok(()) }
        });
        match done {
            // Whatever the entry did to the group was rolled back. Only the own disk may keep a client from going on.
            Err(StepError::Unjudged) => self.step(now, |step| step.skip(entry))?,
            // Two apps at once would commit and rejoin in turn, under one leaf's keys: the one that did not act waits until a person
            // has closed the other.
            Err(StepError::WentOn) if live => return Err(Fault::Stop(LinkFault::OpenElsewhere)),
            Err(StepError::WentOn) => self.step(now, |step| step.skip_of_a_copy(entry))?,
            done => done?,
        }
        self.observe_doubt(now, live)?;
        if let Some(session) = self.session.as_mut() {
            session.refused_again = 0;
            if session.resume_at.is_some_and(|seq| seq <= self.record.cursor) {
                session.resume_at = None;
                session.sent_up_to = 0;
            }
        }
        Ok(())
    }

    /// Takes note of a doubt, or of its end, after something was processed.
    pub(super) fn observe_doubt(&mut self, now: Now, live: bool) -> Result<(), Fault> {
        let asked = self.doubt.question().is_some();
        let in_doubt = self.in_doubt();
        if self.doubt.observe(now.steady, in_doubt, live) {
            self.step(now, |step| step.note(&SystemLine::Disturbed))?;
        }
        if asked && self.doubt.question().is_none() {
            self.tell_summary();
        }
        Ok(())
    }

    /// The relay says whether the room's messages fill their share.
    pub(super) fn relay_is_full(&mut self, full: bool) {
        let Some(session) = self.session.as_mut() else { return };
        if std::mem::replace(&mut session.full, full) != full {
            self.tell_summary();
        }
    }

    fn went_live(&mut self, now: Now) -> Result<(), Fault> {
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        session.live = true;
        session.live_since.get_or_insert(now.steady);
        self.step(now, |step| {
            step.record.reads_again_to = 0;
            // All that has come until now was read.
            step.record.cursor_at = step.now.unix;
            Ok(())
        })?;
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        if std::mem::take(&mut session.truncated) {
            self.step(now, |step| step.note(&SystemLine::LogTruncated))?;
        }
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        for entry in std::mem::take(&mut session.early) {
            self.entry(now, entry)?;
        }
        self.timers.heartbeat_at.get_or_insert(now.steady);
        self.emit(Event::PeopleChanged { room: self.handle.clone() });
        self.tell_summary();
        Ok(())
    }

    /// The relay said no.
    fn refused(&mut self, now: Now, asked: Asked, refusal: &Refusal) -> Result<(), Fault> {
        let data = refusal.data.clone().unwrap_or_default();
        match (refusal.code, asked) {
            (RelayError::Duplicate, Asked::Publish(id)) => self.duplicate(now, id, data.seq.unwrap_or(0)),
            (RelayError::Duplicate, Asked::Commit) => match (data.seq, data.tag) {
                (Some(seq), Some(tag)) => self.committed(now, seq, tag),
                _ => Err(Fault::Retry(LinkFault::Misbehaved)),
            },
            (RelayError::StaleHead, Asked::Publish(_)) => self.publish_refused(now, data.head, data.seq),
            (RelayError::StaleHead, Asked::Commit) if self.record.phase == Phase::Joining => {
                self.join_overtaken(now, data.head)
            }
            (RelayError::StaleHead, Asked::Commit) => self.commit_overtaken(now, data.head, data.seq),
            (RelayError::StaleHead, Asked::Leave) => self.departure_refused(),
            (RelayError::Duplicate, Asked::Leave) => {
                self.departure_kept();
                Ok(())
            }
            (RelayError::LeaseHeld, Asked::Lease | Asked::Commit) => {
                if let Some(session) = self.session.as_mut() {
                    session.lease = Lease::None;
                    session.lease_after = now.steady.saturating_add(patience(refusal.retry_ms));
                }
                Ok(())
            }
            (RelayError::RoomExists, Asked::Create) => self.creation_was_known(now),
            (RelayError::NotAuthorised, Asked::Auth(Role::Member, key)) => {
                let before = self.refused_key.replace(key).filter(|_| self.record.phase != Phase::Joining);
                if before.is_some_and(|before| before != key) {
                    return Err(self.forgotten(now));
                }
                // A proof uses the challenge up, and a refusal brings no new one: come back and try the other key.
                Err(Fault::Retry(LinkFault::LogDiffers))
            }
            (RelayError::NoSuchRoom, _) => Err(Fault::Stop(LinkFault::NoSuchRoom)),
            // Only a tombstone with the right signatures wipes anything; the bare word wipes nothing (protocol 4.6.8).
            (RelayError::RoomGone, _) => Err(Fault::Stop(LinkFault::RoomGone)),
            (RelayError::RoomLocked, _) => Err(Fault::Stop(LinkFault::RoomLocked)),
            (RelayError::CursorExpired, Asked::Fetch) => {
                let Some(floor) = data.seq else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
                self.log_was_set_back(now, floor)?;
                // On another connection, with its pause: a relay may say so again and again.
                Err(Fault::Retry(LinkFault::LogDiffers))
            }
            // The next request says where this client can read on.
            (RelayError::CursorExpired, Asked::LookBack) => Ok(()),
            // Without it nothing is read: what came would take the place of what is compared.
            (_, Asked::LookBack) => Err(Fault::Retry(LinkFault::Busy)),
            // A proof uses the challenge up, and a refusal brings no new one.
            (code, Asked::Create | Asked::Auth(..)) if is_passing(code) => Err(Fault::Retry(LinkFault::Busy)),
            (code, asked) if is_passing(code) => {
                self.undo(asked);
                self.pause(now, refusal.retry_ms);
                Ok(())
            }
            (RelayError::ShuttingDown, _) => Err(Fault::Retry(LinkFault::Unreachable)),

            (RelayError::UnsupportedVersion, _) => Err(Fault::Stop(LinkFault::OtherVersion)),
            (RelayError::NotAuthorised | RelayError::BadSignature, _) => Err(Fault::Stop(LinkFault::Refused)),
            _ => Err(Fault::Retry(LinkFault::Misbehaved)),
        }
    }

    /// A refused request will be made again.
    fn undo(&mut self, asked: Asked) {
        let Some(session) = self.session.as_mut() else { return };
        match asked {
            Asked::Publish(_) => {
                session.in_flight = session.in_flight.saturating_sub(1);
                session.sent_up_to = 0;
            }
            Asked::Lease => session.lease = Lease::None,
            Asked::Commit => (session.lease, session.commit_sent) = (Lease::None, None),
            Asked::Create | Asked::Auth(..) | Asked::GroupInfo | Asked::Leave | Asked::Fetch | Asked::LookBack => {}
        }
    }

    /// Asks nothing for a while.
    fn pause(&mut self, now: Now, retry_ms: Option<u32>) {
        if let Some(session) = self.session.as_mut() {
            session.quiet_until = now.steady.saturating_add(patience(retry_ms));
        }
    }
}

/// The relay cannot do it now and will later. INTERNAL is what it says while its disk is full, which is no misbehaviour.
fn is_passing(code: RelayError) -> bool {
    matches!(code, RelayError::RateLimited | RelayError::Overloaded | RelayError::Quota | RelayError::Internal)
}

/// How long a relay may make this client wait: what it asks for, within reason.
fn patience(retry_ms: Option<u32>) -> Duration {
    retry_ms.map_or(PAUSE, |ms| Duration::from_millis(ms.into())).min(PAUSE_MAX)
}

/// Bytes of entries that may wait for older ones.
const EARLY: usize = 4 * 1024 * 1024;
/// What keeping an entry costs at least. No envelope is smaller, but a relay may send what is none.
const SMALLEST: usize = 512;
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(60);
