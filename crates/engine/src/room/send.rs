//! From the composer to the relay: messages go out in the order of writing, a window at a time, each exactly once
//! (protocol 4.7, appendix C).

use conclave_proto::{
    frame::{Publish, Request},
    id::{Cid, Tag},
    limits,
};
use conclave_store::{OutgoingRow, Phase, Sealed};

use super::{
    machine::{Fault, Machine},
    present,
    session::Asked,
    step::{Step, StepError},
};
use crate::{
    clock::Now,
    snapshot::{ItemId, LinkFault, SystemLine},
};

/// A message that is sealed and kept, to be handed to the relay.
struct Ready {
    /// Its row in the outbox.
    id: i64,
    /// Seconds that the relay keeps it.
    ttl: u64,
    /// The relay's head as of now.
    head: Tag,
    /// The bytes; none if its line burned before it was ever sent.
    sealed: Option<Sealed>,
    /// The name under which the relay had it before.
    replaces: Option<[u8; 16]>,
}

impl Machine {
    /// Writes a message. If the room is live it is sealed in the same transaction and goes out at once.
    pub(crate) fn send_text(&mut self, now: Now, text: &str) -> Result<ItemId, StepError> {
        if matches!(self.record.phase, Phase::Gone | Phase::Leaving) {
            return Err(StepError::NotNow);
        }
        let window = self.window();
        let (id, ready) = self.step(now, |step| {
            let id = step.compose(text)?;
            let ready = match window {
                Some(after) => step.next_outgoing(after)?,
                None => None,
            };
            Ok((id, ready))
        })?;
        if let Some(ready) = ready {
            self.hand_over(now, &ready);
        }
        Ok(present::item_id(id))
    }

    /// Hands unsent messages to the relay until the window is full.
    pub(super) fn drive_outbox(&mut self, now: Now) -> Result<(), Fault> {
        // Without a row behind the last one there is nothing to look for on the disk.
        while let Some(after) = self.window().filter(|after| *after < self.newest_outgoing) {
            let Some(ready) = self.step(now, |step| step.next_outgoing(after))? else { break };
            self.hand_over(now, &ready);
        }
        Ok(())
    }

    /// After which row of the outbox the next message may go out now; none if none may.
    fn window(&self) -> Option<i64> {
        let (session, group) = (self.session.as_ref()?, self.group.as_ref()?);
        // A message beside an own commit would only come too late, and in doubt nobody knows who would read it. An
        // older copy has no keys that were not used.
        let blocked = group.has_pending_commit() || self.in_doubt() || self.record.old_copy.is_some();
        let free = session.live && session.resume_at.is_none() && session.in_flight < WINDOW;
        (free && !blocked && session.quiet_until <= self.told_at).then_some(session.sent_up_to)
    }

    fn hand_over(&mut self, now: Now, ready: &Ready) {
        let Some(session) = self.session.as_mut() else { return };
        session.sent_up_to = ready.id;
        let Some(sealed) = &ready.sealed else { return };
        session.in_flight = session.in_flight.saturating_add(1);
        let publish = Publish {
            head: ready.head,
            blob: &sealed.envelope,
            ttl: u32::try_from(ready.ttl).unwrap_or(u32::MAX),
            cid: Cid(sealed.cid),
            del_hash: None,
            replaces: ready.replaces.map(Cid),
        };
        self.ask(now, Asked::Publish(ready.id), Request::Publish(publish));
    }

    /// A commit came first. The relay refuses everything behind the refused message until that one is repeated, so all are
    /// sent again in their order, once the commit was processed.
    pub(super) fn publish_refused(&mut self, now: Now, head: Option<Tag>, head_seq: Option<u64>) -> Result<(), Fault> {
        let (Some(head), Some(seq)) = (head, head_seq) else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
        let cursor = self.record.cursor;
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        session.in_flight = session.in_flight.saturating_sub(1);
        if seq > cursor {
            if session.resume_at.is_none_or(|known| known < seq) {
                (session.resume_at, session.resume_since) = (Some(seq), now.steady);
            }
            return Ok(());
        }
        session.sent_up_to = 0;
        if head.0 == self.record.head {
            // The commit was processed while the refusals were on their way: as many as messages were, and no more.
            session.refused_again = session.refused_again.saturating_add(1);
            let honest = session.refused_again <= WINDOW;
            return if honest { Ok(()) } else { Err(Fault::Retry(LinkFault::Misbehaved)) };
        }
        self.head_set_back(now, head)
    }

    /// The relay had the message already. Its entry comes, unless it came before or expired meanwhile.
    pub(super) fn duplicate(&mut self, now: Now, id: i64, seq: u64) -> Result<(), Fault> {
        if let Some(session) = self.session.as_mut() {
            session.in_flight = session.in_flight.saturating_sub(1);
        }
        let live = self.session.as_ref().is_some_and(|session| session.live);
        // The relay hands entries out before it answers: while news comes by itself, what is not here has expired there.
        if live || seq <= self.record.cursor {
            self.step(now, |step| {
                match step.tx.outgoing_after(id.saturating_sub(1), 1)?.pop().filter(|outgoing| outgoing.id == id) {
                    Some(outgoing) => step.settle(&outgoing, seq),
                    None => Ok(()),
                }
            })?;
        }
        Ok(())
    }
}

impl Step<'_, '_> {
    /// Seals the message behind a row of the outbox.
    fn next_outgoing(&mut self, after: i64) -> Result<Option<Ready>, StepError> {
        if !self.may_send() {
            return Ok(None);
        }
        let Some(outgoing) = self.tx.outgoing_after(after, 1)?.pop() else { return Ok(None) };
        if outgoing.replaces.is_none() && self.is_of_unknown_fate(&outgoing) {
            self.give_up(&outgoing)?;
            return self.next_outgoing(after);
        }
        let base = self.base()?.0;
        let is_sealed = outgoing.sealed.as_ref().is_some_and(|sealed| sealed.base == base);
        if outgoing.replaces.is_some() && !is_sealed && !self.may_publish(outgoing.id)? {
            return self.next_outgoing(after);
        }
        let (id, ttl, head, replaces) =
            (outgoing.id, self.ttl_of(&outgoing)?, Tag(self.record.head), outgoing.replaces);
        Ok(Some(Ready { id, ttl, head, sealed: self.prepare(outgoing)?, replaces }))
    }

    /// Whether a message was handed over so long ago that the relay need not recognise it any more: if it had it then, it has burned
    /// for those who read it, who would see it again, and whoever has joined since would read what was said before.
    pub(super) fn is_of_unknown_fate(&self, outgoing: &OutgoingRow) -> bool {
        let known_for = limits::CID_LEAST.as_secs().max(self.message_ttl());
        outgoing.written_at.is_some_and(|at| at.saturating_add(known_for) <= self.settled)
    }

    /// Sends a message no more. Its line stays for its time, and another one says that it may not have arrived.
    pub(super) fn give_up(&mut self, outgoing: &OutgoingRow) -> Result<(), StepError> {
        self.settle(outgoing, 0)?;
        self.changes.held_back = true;
        match outgoing.item {
            Some(_) => self.note(&SystemLine::NotPublishedAgain { count: 1 }),
            None => Ok(()),
        }
    }

    /// For how many seconds the relay keeps a message: what is published again goes when it would have gone.
    fn ttl_of(&self, outgoing: &OutgoingRow) -> Result<u64, StepError> {
        let item = outgoing.item.filter(|_| outgoing.replaces.is_some());
        let row = item.map(|item| self.tx.item(item)).transpose()?.flatten();
        let burns = row.and_then(|row| row.expires_at);
        let ttl = self.message_ttl();
        Ok(burns.map_or(ttl, |at| at.saturating_sub(self.now.unix).clamp(1, ttl)))
    }
}

/// How many messages may wait for the relay's answer.
const WINDOW: u32 = 32;
