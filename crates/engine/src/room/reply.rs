//! What the relay says: its greeting, answers, and entries that come by themselves. Each is handed to the part that it is for.

use conclave_proto::{
    content::EphemeralType,
    frame::{EntryPush, Fetched, Hello, Leased, RelayFrame, Reply},
    owner::Tombstone,
};
use conclave_store::{Note, Phase};

use super::{
    blob::BlobAnswer,
    calendar,
    entry::Entry,
    fault::Fault,
    machine::Machine,
    session::{Asked, Session, UNANSWERED},
    step::StepError,
};
use crate::{door, snapshot::LinkFault};

impl Machine {
    /// Handles an answer or a push.
    pub(super) fn reply(&mut self, exporter: Option<[u8; 32]>, frame: RelayFrame) -> Result<(), Fault> {
        if let Reply::Hello(hello) = &frame.body {
            return self.greeted(exporter, hello);
        }
        let Some(session) = self.cx.session.as_mut() else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
        match frame.body {
            Reply::Entry(entry) => return self.entry(entry),
            Reply::Ephemeral(push) => return self.ephemeral(&push.blob),
            // Nobody waits for an ephemeral: one that is refused is one that nobody hears.
            Reply::Refused(_) if frame.rid == UNANSWERED => return Ok(()),
            // Said unasked: the relay ends, or the room on it.
            Reply::Refused(refusal) if frame.rid == 0 => {
                return Err(match door::fault_of_refusal(refusal.code) {
                    fault @ (LinkFault::NoSuchRoom | LinkFault::RoomGone) => Fault::Stop(fault),
                    _ => Fault::Retry(LinkFault::Unreachable),
                });
            }
            Reply::Tombstone(tombstone) => return self.buried(&tombstone),
            // For whoever has erased the room. This client has not, or listens when its keys are gone.
            Reply::Burned(_) => return Ok(()),
            Reply::KnockPending(pending) if frame.rid == 0 => return self.own_knock.pending(&mut self.cx, &pending),
            Reply::KnockAnswer(answer) => return self.own_knock.answered(&mut self.cx, &answer.blob),
            Reply::Knocked(knocked) => return self.knocks.heard(&mut self.cx, knocked),
            _ => {}
        }
        let asked = session.answered(frame.rid).ok_or(Fault::Retry(LinkFault::Misbehaved))?;
        let cx = &mut self.cx;
        match (frame.body, asked) {
            (Reply::Created(admission), Asked::Create) => self.membership.created(cx, &admission),
            (Reply::Authenticated(admission), Asked::Auth(role, key)) => {
                cx.admitted(role, key, &admission)?;
                self.own_knock.admitted(cx, role, &admission)
            }
            (Reply::KnockPending(pending), Asked::Knock) => self.own_knock.pending(cx, &pending),
            (Reply::KnockAnswered(_), Asked::KnockAnswer(id)) => self.knocks.answer_is_queued(cx, id),
            (Reply::GroupInfos(read), Asked::GroupInfo) => {
                self.membership.read_group_info(read);
                Ok(())
            }
            (Reply::Leased(leased), Asked::Lease | Asked::OrderLease) => {
                self.leased(asked, &leased);
                Ok(())
            }
            (Reply::Committed(done), Asked::Commit) => self.membership.committed(cx, done.seq, done.tag),
            (Reply::Published(done), Asked::Publish(_)) => {
                self.outbox.published();
                cx.relay_is_full(done.full);
                Ok(())
            }
            (Reply::Published(_), Asked::Leave) => {
                self.membership.departure_kept();
                Ok(())
            }
            (Reply::Ordered(_), Asked::Order(id)) => self.orders.carried_out(cx, id),
            (Reply::Ordered(_), Asked::Policy { counter, rev }) => self.orders.deed_is_renewed(cx, counter, rev),
            // The tombstone that proves it comes before these answers (SPEC 4.8), and has ended the room.
            (Reply::Ordered(_), Asked::Close) if self.end.is_reached() => Ok(()),
            (Reply::Panicked(_), Asked::Panic) if self.end.is_reached() => Ok(()),
            (Reply::Fetched(fetched), Asked::Fetch) => self.fetched(fetched),
            (Reply::Fetched(fetched), Asked::LookBack) => cx.looked_back(&fetched.entries),
            (Reply::Refused(refusal), asked) => self.refused(asked, &refusal),
            (reply, Asked::Blob(asked)) => {
                let answer = match reply {
                    Reply::BlobReserved(reserved) => BlobAnswer::Reserved(reserved),
                    Reply::BlobStored(_) => BlobAnswer::Stored,
                    Reply::BlobComplete(_) => BlobAnswer::Complete,
                    Reply::BlobBytes(read) => BlobAnswer::Bytes(read.bytes),
                    Reply::Deleted(_) => BlobAnswer::Deleted,
                    _ => return Err(Fault::Retry(LinkFault::Misbehaved)),
                };
                self.blobs.answered(cx, asked, answer)
            }
            _ => Err(Fault::Retry(LinkFault::Misbehaved)),
        }
    }

    /// The commit slot is this client's.
    fn leased(&mut self, asked: Asked, leased: &Leased) {
        match asked {
            Asked::OrderLease => self.orders.leased(&self.cx, leased),
            _ => self.membership.leased(&self.cx, leased),
        }
    }

    /// The relay says that the room was ended, and shows what proves it.
    pub(super) fn buried(&mut self, tombstone: &Tombstone) -> Result<(), Fault> {
        match self.end.tombstone(&mut self.cx, tombstone) {
            true => Ok(()),
            // Nobody who had the right to ended it, as far as this client can tell: nothing is deleted (protocol 4.6.8).
            false => Err(Fault::Stop(LinkFault::RoomGone)),
        }
    }

    fn greeted(&mut self, exporter: Option<[u8; 32]>, hello: &Hello) -> Result<(), Fault> {
        let cx = &mut self.cx;
        if cx.session.is_some() {
            return Err(Fault::Retry(LinkFault::Misbehaved));
        }
        let exporter = door::greeted(hello, exporter, cx.is_pinned()).map_err(Fault::Stop)?;
        let mut session = Session::new(hello.nonce, exporter, (hello.time, cx.now.steady));
        session.clock_ahead = calendar::difference(hello.time, cx.now.unix);
        cx.session = Some(session);
        self.connecting.greeted();
        cx.tell_summary();
        Ok(())
    }

    fn fetched(&mut self, fetched: Fetched) -> Result<(), Fault> {
        let before = self.cx.record.cursor;
        for entry in fetched.entries {
            if self.cx.reads_no_more() {
                break;
            }
            if entry.seq > self.cx.record.cursor {
                self.process(Entry::from(&entry))?;
            }
        }
        match fetched.more {
            _ if self.cx.erases || matches!(self.cx.record.phase, Phase::Ended | Phase::Erased) => Ok(()),
            false => self.went_live(),
            // It would be asked for the same again, as fast as the network is.
            true if self.cx.record.cursor == before && self.cx.record.phase != Phase::Gone => {
                Err(Fault::Retry(LinkFault::Misbehaved))
            }
            true => Ok(()),
        }
    }

    /// An entry that came by itself. One that does not follow the last means that something is missing: fetch it, and keep
    /// this one until then.
    fn entry(&mut self, entry: EntryPush) -> Result<(), Fault> {
        let reads_no_more = self.cx.reads_no_more();
        let Some(session) = self.cx.session.as_mut() else { return Ok(()) };
        if entry.seq <= self.cx.record.cursor || reads_no_more {
            return Ok(());
        }
        if !session.is_live() || entry.prev > self.cx.record.cursor {
            session.miss();
            let cost = |entry: &EntryPush| entry.blob.len().max(SMALLEST);
            let waiting = session.early.iter().map(cost).fold(cost(&entry), usize::saturating_add);
            if waiting > EARLY {
                return Err(Fault::Retry(LinkFault::Misbehaved));
            }
            session.early.push(entry);
            return Ok(());
        }
        self.process(Entry::from(&entry))
    }

    fn process(&mut self, entry: Entry<'_>) -> Result<(), Fault> {
        Fault::unless_counted(entry.seq)?;
        let alone = self.cx.members() < 2;
        let live = self.cx.is_live();
        let own_rejoin = self.membership.find_own_rejoin(&mut self.cx, entry)?;
        self.settle();
        if own_rejoin {
            return self.membership.observe_doubt(&mut self.cx, live);
        }
        let done = self.step(|step| {
            step.process(entry)?;
            let company = step.group.as_ref().is_some_and(|group| group.roster().len() > 1);
            if alone && company { step.release_unsent() } else { Ok(()) }
        });
        match done {
            // Whatever the entry did to the group was rolled back. Only the own disk may keep a client from going on.
            Err(StepError::Unjudged) => self.step(|step| step.skip(entry))?,
            // Two apps at once would commit and rejoin in turn, under one leaf's keys: the one that did not act waits until a person
            // has closed the other.
            Err(StepError::WentOn) if live => return Err(Fault::Stop(LinkFault::OpenElsewhere)),
            Err(StepError::WentOn) => self.step(|step| step.skip_of_a_copy(entry))?,
            done => done?,
        }
        self.membership.observe_doubt(&mut self.cx, live)?;
        self.settle();
        self.outbox.has_read(&self.cx);
        Ok(())
    }

    fn went_live(&mut self) -> Result<(), Fault> {
        let now = self.cx.now.steady;
        let Some(session) = self.cx.session.as_mut() else { return Ok(()) };
        session.go_live(now);
        self.step(|step| {
            step.record.reads_again_to = 0;
            // All that has come until now was read.
            step.record.cursor_at = step.now.unix;
            Ok(())
        })?;
        let Some(session) = self.cx.session.as_mut() else { return Ok(()) };
        if std::mem::take(&mut session.truncated) {
            self.step(|step| step.note(&Note::LogTruncated))?;
        }
        let Some(session) = self.cx.session.as_mut() else { return Ok(()) };
        for entry in std::mem::take(&mut session.early) {
            self.entry(entry)?;
        }
        self.presence.went_live(&self.cx);
        self.cx.people_changed();
        self.cx.tell_summary();
        Ok(())
    }

    /// Somebody's ephemeral.
    fn ephemeral(&mut self, blob: &[u8]) -> Result<(), Fault> {
        let Some(received) = self.ephemerals.receive(&self.cx, blob) else { return Ok(()) };
        if self.cx.record.phase == Phase::AwaitingConfirmation {
            // Whoever seals for this epoch has processed the join. Those who were away when it came do not answer with a
            // HELLO, and the newcomer would wait until somebody writes.
            self.step(|step| {
                step.confirm();
                Ok(())
            })?;
        }
        match received.kind {
            Some(EphemeralType::Online) => {
                self.presence.heartbeat(&mut self.cx, received.sender, &received.body)?;
            }
            Some(EphemeralType::TypingStart) => self.typing.heard(&mut self.cx, received.sender, true),
            Some(EphemeralType::TypingStop) => self.typing.heard(&mut self.cx, received.sender, false),
            Some(EphemeralType::CallSignal) | None => {}
        }
        Ok(())
    }
}

/// Bytes of entries that may wait for older ones.
const EARLY: usize = 4 * 1024 * 1024;
/// What keeping an entry costs at least. No envelope is smaller, but a relay may send what is none.
const SMALLEST: usize = 512;
