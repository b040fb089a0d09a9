//! From the composer to the relay: messages go out in the order of writing, a window at a time, each exactly once
//! (protocol 4.7, appendix C).

use std::time::Duration;

use conclave_proto::{
    frame::{Publish, Request},
    id::{Cid, DelHash, Tag},
    limits,
};
use conclave_seal::id;
use conclave_store::{Note, OutgoingRow, Phase, Sealed};

use super::{
    context::Context,
    fault::Fault,
    session::{ANSWER_TIMEOUT, Asked},
    step::{Step, StepError},
};
use crate::snapshot::LinkFault;

mod compose;
mod republish;
mod seal;

/// What is on its way to the relay.
#[derive(Debug)]
pub(super) struct Outbox {
    /// The newest row that the outbox ever had.
    newest: i64,
    window: Window,
}

/// What was handed over on this connection.
#[derive(Debug, Default)]
struct Window {
    /// The newest row that was handed over.
    sent_up_to: i64,
    /// Messages that were handed over and not answered.
    in_flight: u32,
    /// Messages that the relay refused because of a commit that was known here, since it last took one or brought an entry.
    refused_again: u32,
    /// The relay refused a message because of a commit: goes on when the cursor has reached it.
    resume: Option<Resume>,
}

/// A commit that the relay has named and not brought.
#[derive(Clone, Copy, Debug)]
struct Resume {
    at: u64,
    since: Duration,
}

/// A message that is sealed and kept, to be handed to the relay.
struct Ready {
    /// Its row in the outbox.
    id: i64,
    /// Seconds that the relay keeps it.
    ttl: u64,
    /// The relay's head as of now.
    head: Tag,
    /// The bytes.
    sealed: Sealed,
    /// The name under which the relay had it before.
    replaces: Option<[u8; 16]>,
    /// What a deletion must show.
    del_hash: Option<DelHash>,
}

impl Outbox {
    pub(super) fn new(newest: i64) -> Self {
        Self { newest, window: Window::default() }
    }

    /// Writes a message. If the room is live it is sealed in the same transaction and goes out at once. Returns its line.
    ///
    /// # Errors
    /// [`StepError::NotNow`] out of the room, or what the disk says.
    pub(super) fn send_text(&mut self, cx: &mut Context, text: &str, fuse: Option<u32>) -> Result<i64, StepError> {
        if !self.may_write(cx) {
            return Err(StepError::NotNow);
        }
        let free = self.free_after(cx);
        let (id, ready) = cx.step(|step| {
            let id = step.compose(text, fuse)?;
            let ready = match free {
                Some(after) => step.next_outgoing(after)?,
                None => None,
            };
            Ok((id, ready))
        })?;
        if let Some(ready) = ready {
            self.hand_over(cx, &ready);
        }
        Ok(id)
    }

    /// Whether something can be written in the room.
    pub(super) fn may_write(&self, cx: &Context) -> bool {
        !cx.closing
            && !cx.is_erasing()
            && !matches!(cx.record.phase, Phase::Knocking | Phase::Gone | Phase::Ended | Phase::Leaving)
    }

    /// Hands unsent messages to the relay until the window is full.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        // Without a row behind the last one there is nothing to look for on the disk.
        while let Some(after) = self.free_after(cx).filter(|after| *after < self.newest) {
            let Some(ready) = cx.step(|step| step.next_outgoing(after))? else { break };
            self.hand_over(cx, &ready);
        }
        Ok(())
    }

    /// Rows were added, or stored ones go out again.
    pub(super) fn has_changed(&mut self, newest: i64, again: bool) {
        self.newest = self.newest.max(newest);
        if again {
            self.window.sent_up_to = 0;
        }
    }

    /// The connection ended: what was not answered goes out again.
    pub(super) fn link_lost(&mut self) {
        self.window = Window::default();
    }

    /// After which row the next message may go out now; none if none may.
    fn free_after(&self, cx: &Context) -> Option<i64> {
        let (session, group) = (cx.session.as_ref()?, cx.group.as_ref()?);
        // A message beside an own commit would only come too late, and in doubt nobody knows who would read it. An
        // older copy has no keys that were not used. What was held back may be what the relay waits for on this connection.
        let blocked = group.has_pending_commit() || cx.in_doubt() || cx.record.old_copy.is_some();
        // Nobody is to come in behind the message that says where the room goes on.
        let waits = cx.removing || cx.locking && cx.record.moved;
        let ends = cx.effects.redial || cx.effects.changes.held_back;
        let free = session.is_live() && self.window.resume.is_none() && self.window.in_flight < WINDOW;
        (free && !blocked && !waits && !ends && session.quiet_until <= cx.now.steady).then_some(self.window.sent_up_to)
    }

    fn hand_over(&mut self, cx: &mut Context, ready: &Ready) {
        if cx.effects.changes.held_back {
            return;
        }
        self.window.sent_up_to = ready.id;
        self.window.in_flight = self.window.in_flight.saturating_add(1);
        let publish = Publish {
            head: ready.head,
            blob: &ready.sealed.envelope,
            ttl: u32::try_from(ready.ttl).unwrap_or(u32::MAX),
            cid: Cid(ready.sealed.cid),
            del_hash: ready.del_hash,
            replaces: ready.replaces.map(Cid),
        };
        cx.ask(Asked::Publish(ready.id), Request::Publish(publish));
    }

    /// The relay has taken a message.
    pub(super) fn published(&mut self) {
        self.window.in_flight = self.window.in_flight.saturating_sub(1);
        self.window.refused_again = 0;
    }

    /// A commit came first. The relay refuses everything behind the refused message until that one is repeated, so all are
    /// sent again in their order, once the commit was processed. Returns a head that is none of those that were read.
    ///
    /// # Errors
    /// [`LinkFault::Misbehaved`] for a refusal that no honest relay makes.
    pub(super) fn refused(&mut self, cx: &Context, head: Option<Tag>, seq: Option<u64>) -> Result<Option<Tag>, Fault> {
        let (Some(head), Some(seq)) = (head, seq) else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
        let window = &mut self.window;
        window.in_flight = window.in_flight.saturating_sub(1);
        if seq > cx.record.cursor {
            if window.resume.is_none_or(|known| known.at < seq) {
                window.resume = Some(Resume { at: seq, since: cx.now.steady });
            }
            return Ok(None);
        }
        window.sent_up_to = 0;
        if head.0 == cx.record.head {
            // The commit was processed while the refusals were on their way: as many as messages were, and no more.
            window.refused_again = window.refused_again.saturating_add(1);
            let honest = window.refused_again <= WINDOW;
            return if honest { Ok(None) } else { Err(Fault::Retry(LinkFault::Misbehaved)) };
        }
        Ok(Some(head))
    }

    /// The relay had the message already. Its entry comes, unless it came before or expired meanwhile.
    pub(super) fn duplicate(&mut self, cx: &mut Context, id: i64, seq: u64) -> Result<(), Fault> {
        self.window.in_flight = self.window.in_flight.saturating_sub(1);
        // The relay hands entries out before it answers: while news comes by itself, what is not here has expired there.
        if cx.is_live() || seq <= cx.record.cursor {
            cx.step(|step| {
                match step.tx.outgoing_after(id.saturating_sub(1), 1)?.pop().filter(|outgoing| outgoing.id == id) {
                    Some(outgoing) => step.settle(&outgoing, seq),
                    None => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    /// The relay has refused a message for a while.
    pub(super) fn send_again(&mut self) {
        self.window.in_flight = self.window.in_flight.saturating_sub(1);
        self.window.sent_up_to = 0;
    }

    /// An entry was processed: perhaps the commit that the relay has named.
    pub(super) fn has_read(&mut self, cx: &Context) {
        self.window.refused_again = 0;
        if self.window.resume.is_some_and(|resume| resume.at <= cx.record.cursor) {
            self.window.resume = None;
            self.window.sent_up_to = 0;
        }
    }

    /// When the relay has been silent for too long about a commit that it named.
    pub(super) fn patience_ends(&self) -> Option<Duration> {
        self.window.resume.map(|resume| resume.since.saturating_add(ANSWER_TIMEOUT))
    }
}

impl Step<'_, '_> {
    /// Seals the message behind a row of the outbox.
    fn next_outgoing(&mut self, after: i64) -> Result<Option<Ready>, StepError> {
        let outgoing = match () {
            () if self.may_send() => self.tx.outgoing_after(after, 1)?.pop(),
            // What nobody sees need not wait for somebody.
            () if self.is_joined() => self.tx.unseen_after(after)?,
            () => None,
        };
        let Some(outgoing) = outgoing else { return Ok(None) };
        if outgoing.replaces.is_none() && self.is_of_unknown_fate(&outgoing) {
            self.give_up(&outgoing)?;
            return self.next_outgoing(after);
        }
        let base = self.base()?.0;
        let is_sealed = outgoing.sealed.as_ref().is_some_and(|sealed| sealed.base == base);
        if outgoing.replaces.is_some() && !is_sealed && !self.may_publish(outgoing.id)? {
            return self.next_outgoing(after);
        }
        if !is_sealed && self.waits_for_readers(&outgoing)? {
            // What comes behind it does not wait.
            return self.next_outgoing(outgoing.id);
        }
        let (id, ttl, head, replaces) =
            (outgoing.id, self.ttl_of(&outgoing)?, Tag(self.record.head), outgoing.replaces);
        let (sealed, del_token) = self.prepare(outgoing)?;
        let del_hash = del_token.map(|token| DelHash(id::del_hash(&token)));
        Ok(Some(Ready { id, ttl, head, sealed, replaces, del_hash }))
    }

    /// Whether a message was handed over so long ago that the relay need not recognise it any more: if it had it then, it has burned
    /// for those who read it, who would see it again, and whoever has joined since would read what was said before.
    pub(crate) fn is_of_unknown_fate(&self, outgoing: &OutgoingRow) -> bool {
        let known_for = limits::CID_LEAST.as_secs().max(self.message_ttl());
        // Of an ERASE nobody hears twice who has heard it once.
        !self.is_own_erase(outgoing)
            && outgoing.written_at.is_some_and(|at| at.saturating_add(known_for) <= self.settled)
    }

    /// Sends a message no more. Its line stays for its time, and another one says that it may not have arrived.
    pub(crate) fn give_up(&mut self, outgoing: &OutgoingRow) -> Result<(), StepError> {
        self.settle(outgoing, 0)?;
        self.changes.held_back = true;
        match outgoing.item {
            Some(_) => self.note(&Note::NotPublishedAgain { count: 1 }),
            None => Ok(()),
        }
    }

    /// For how many seconds the relay keeps a message: what is published again goes when it would have gone.
    fn ttl_of(&self, outgoing: &OutgoingRow) -> Result<u64, StepError> {
        if self.is_own_erase(outgoing) {
            return Ok(limits::RETENTION.as_secs());
        }
        let item = outgoing.item.filter(|_| outgoing.replaces.is_some());
        let row = item.map(|item| self.tx.item(item)).transpose()?.flatten();
        let burns = row.and_then(|row| row.expires_at);
        let ttl = self.ttl_with(outgoing.fuse);
        Ok(burns.map_or(ttl, |at| at.saturating_sub(self.now.unix).clamp(1, ttl)))
    }
}

/// How many messages may wait for the relay's answer.
const WINDOW: u32 = 32;
