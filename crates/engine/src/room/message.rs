//! Application messages: numbering, freezing and sealing own ones, taking in those of others (protocol 4.9).

use conclave_crypto::{group::Member, leaf_link, verification};
use conclave_proto::{
    content::{AppMsg, Body, Hello, LeafLink, Publication, Text},
    id::{Cid, Lane, MessageId, PrevHash},
    limits,
    padding::FrameKind,
};
use conclave_seal::{hash::sha256, id::member_id, rng};
use conclave_store::{ItemKind, ItemState, KnownFrom, MemberRow, NewItem, NewOutgoing, OutgoingRow, Phase, Sealed};
use zeroize::Zeroizing;

use super::{
    branch::{KEPT, SAID_ANEW},
    numbering::{self, Heard, Link},
    step::{Step, StepError},
};
use crate::snapshot::SystemLine;

impl Step<'_, '_> {
    /// Writes a text down to be sent.
    pub(crate) fn compose(&mut self, text: &str) -> Result<i64, StepError> {
        let mid = rng::array::<16>(self.rng);
        let words = Body::Text(Text { text: text.to_owned() });
        let (sender, alone) = match self.group.as_ref() {
            Some(group) => (group.own().map(|own| own.id.0), group.roster().len() < 2),
            None => (None, true),
        };
        let nick = self.record.nick.clone();
        let item = self.tx.add_unsent_item(&NewItem {
            position: 0,
            n: 0,
            mid: Some(identity(&mid, &words)),
            kind: ItemKind::Text,
            sender,
            nick: &nick,
            own: true,
            body: text,
            at: self.now.unix,
            claimed_at: None,
            expires_at: None,
            state: if alone { ItemState::AwaitingMembers } else { ItemState::Waiting },
        })?;
        self.changes.newest_outgoing = self.tx.add_outgoing(&NewOutgoing { item: Some(item), mid, kind: KIND_TEXT })?;
        self.record.updated_at = self.now.unix;
        self.changes.items.push(item);
        self.changes.summary = true;
        Ok(item)
    }

    /// Owes the room a HELLO (protocol 4.9).
    pub(crate) fn greet(&mut self) -> Result<(), StepError> {
        let mid = rng::array::<16>(self.rng);
        self.changes.newest_outgoing = self.tx.add_outgoing(&NewOutgoing { item: None, mid, kind: KIND_HELLO })?;
        Ok(())
    }

    /// Takes back a message that was never handed to the relay.
    ///
    /// # Errors
    /// [`StepError::NotNow`] if it was, or is not there.
    pub(crate) fn withdraw(&mut self, item: i64) -> Result<(), StepError> {
        let outgoing = self.tx.outgoing_of_item(item)?.ok_or(StepError::NotNow)?;
        if outgoing.message.is_some() {
            // The relay may have it: the next number is taken, and taking it back would leave a gap for the others.
            return Err(StepError::NotNow);
        }
        self.tx.delete_item(item)?;
        self.changes.removed.push(item);
        self.changes.summary = true;
        Ok(())
    }

    /// Seals a message for the current epoch and keeps the bytes, before anything is sent. What is sealed for this epoch
    /// already stays as it is.
    pub(crate) fn prepare(&mut self, outgoing: OutgoingRow) -> Result<Option<Sealed>, StepError> {
        let base = self.base()?;
        if let Some(sealed) = outgoing.sealed.as_ref().filter(|sealed| sealed.base == base.0) {
            return Ok(Some(sealed.clone()));
        }
        let message = match outgoing.message {
            Some(message) => message,
            None => match self.freeze(&outgoing)? {
                Some(message) => message.into(),
                None => return Ok(None),
            },
        };
        let publication = Publication {
            message: message.to_vec(),
            age_s: outgoing.written_at.map_or(0, |at| saturated(self.now.unix.saturating_sub(at))),
            links: if outgoing.other_leaf { self.own_links()? } else { Vec::new() },
        };
        let publication = Zeroizing::new(publication.encode());
        let encrypted = self.with_group(|group, state, rng| group.encrypt(state, rng, &publication))?;
        let envelope = self.seal(Lane::Application, base, FrameKind::Mls, &encrypted)?;
        let cid = outgoing.cid.map_or_else(|| Cid(rng::array(self.rng)), Cid);
        let sealed = Sealed { cid: cid.0, digest: sha256(&envelope), envelope, base: base.0 };
        let readers: Vec<_> = self.group()?.roster().iter().map(|member| member.leaf_key.0).collect();
        self.tx.seal_outgoing(outgoing.id, &message, self.now.unix, &sealed, &readers)?;
        self.record.sent_since = self.record.sent_since.saturating_add(1);
        Ok(Some(sealed))
    }

    /// Gives a message its number and its bytes, for as long as this client speaks from this leaf. `None` if its line burned before it
    /// was ever sent.
    pub(super) fn freeze(&mut self, outgoing: &OutgoingRow) -> Result<Option<Vec<u8>>, StepError> {
        let body = match outgoing.item {
            Some(item) => match self.tx.item(item)? {
                Some(row) => Body::Text(Text { text: row.body }),
                None => {
                    self.tx.delete_outgoing(outgoing.id)?;
                    return Ok(None);
                }
            },
            None => Body::Hello(Hello { roster: self.roster_hash()?, head_seq: self.record.cursor }),
        };
        let n = self.record.own_n.saturating_add(1);
        let message = AppMsg {
            n,
            prev: PrevHash(self.record.own_prev),
            ts: outgoing.written_at.unwrap_or(self.now.unix),
            mid: MessageId(outgoing.mid),
            body,
            expire_s: None,
            reply_mid: None,
            seen_seq: self.record.cursor,
        }
        .encode();
        self.record.own_n = n;
        self.record.own_prev = start_of_hash(&message);
        Ok(Some(message))
    }

    /// The relay has an own message: it came back.
    pub(crate) fn settle(&mut self, outgoing: &OutgoingRow, seq: u64) -> Result<(), StepError> {
        // An echo may be read long after the relay stored the message, and the others know it since then.
        let stored = outgoing.written_at.map_or(self.now.unix, |at| at.saturating_add(KEPT).min(self.now.unix));
        let kept_until = stored.saturating_add(KEPT);
        self.tx.outgoing_stored(outgoing.id, seq, kept_until)?;
        let Some(item) = outgoing.item else { return Ok(()) };
        if outgoing.replaces.is_some() {
            // It was sent before, and stands where it stood.
            return Ok(());
        }
        let position = self.next_position();
        let at = self.came_back(outgoing.written_at);
        self.tx.settle_item(item, position, at, Some(self.burns_at(at, self.message_ttl())))?;
        self.changes.items.push(item);
        self.changes.summary = true;
        Ok(())
    }

    /// A message of somebody else.
    pub(crate) fn receive(
        &mut self,
        sender: &Member,
        content: &AppMsg,
        publication: &Publication,
    ) -> Result<(), StepError> {
        let identity = identity(&content.mid.0, &content.body);
        let arrival = self.arrival(content, publication.age_s);
        self.heard_of(sender, Some(arrival.at).filter(|_| arrival.plausible))?;
        let known = self.known_from(sender, &identity, arrival)?;
        let heard = self.hear(sender, content, &publication.message, known.is_some())?;
        if let Some(KnownFrom { sender: from, .. }) = known {
            if let Some(former) = from.filter(|from| *from != sender.id.0) {
                let moved = self.tx.move_to_leaf(&identity, &former, &sender.id.0, content.n)?;
                self.changes.items.extend(moved);
            }
            return Ok(());
        }
        // If this sender has said it before, that was long ago.
        self.tx.forget_mid(&identity, &sender.id.0)?;
        self.confirm();
        self.take(sender, content, &identity, heard, arrival)
    }

    /// Keeps whose leaves are one person's, as that person proves with their keys (protocol 4.9).
    pub(crate) fn link_leaves(&self, sender: &Member, links: &[LeafLink]) -> Result<(), StepError> {
        for link in links {
            let former = member_id(&link.former.0);
            if !self.tx.are_linked(&former, &sender.id.0)?
                && leaf_link::verify(link, &self.room_id(), &sender.leaf_key).is_ok()
            {
                self.tx.link_leaves(&former, &sender.id.0)?;
            }
        }
        Ok(())
    }

    /// Shows a message, or remembers that it came.
    fn take(
        &mut self,
        sender: &Member,
        content: &AppMsg,
        identity: &[u8; 16],
        heard: Heard,
        arrival: Arrival,
    ) -> Result<(), StepError> {
        match &content.body {
            Body::Text(text) => self.add_received(sender, content, heard, arrival, ItemKind::Text, &text.text),
            Body::Hello(hello) => {
                self.remember(sender, identity)?;
                self.check_hello(hello)
            }
            // Signals between newer clients; this version neither sends nor shows them.
            Body::Receipt(_) | Body::Reaction(_) | Body::Retract(_) | Body::RoomState(_) => {
                self.remember(sender, identity)
            }
            Body::Files(_)
            | Body::ViewOnce(_)
            | Body::Move(_)
            | Body::History(_)
            | Body::CallNote(_)
            | Body::Unknown { .. } => self.add_received(sender, content, heard, arrival, ItemKind::Unsupported, ""),
        }
    }

    /// Deduplicates by sender: as what this client knows a message that its author has published before. From another leaf it is
    /// the same one only if the author has proven to hold both: whoever else repeats id and words says them as well. What comes so
    /// late that no author publishes it again is new: somebody may say it to those who have come meanwhile.
    fn known_from(
        &self,
        sender: &Member,
        identity: &[u8; 16],
        arrival: Arrival,
    ) -> Result<Option<KnownFrom>, StepError> {
        // Who was away cannot tell when an entry came whose time does not fit: its author may have published it again in time.
        let came = (arrival.plausible || !self.catching_up).then_some(arrival.at);
        let is_recent = |known: &KnownFrom| match (came, known.at) {
            (Some(came), Some(at)) => at.saturating_add(SAID_ANEW) >= came.saturating_sub(self.doubted()),
            _ => true,
        };
        let known: Vec<_> = self.tx.senders_of(identity)?.into_iter().filter(is_recent).collect();
        if let Some(same) = known.iter().find(|known| known.sender.is_none_or(|from| from == sender.id.0)) {
            return Ok(Some(*same));
        }
        for other in known {
            if let Some(from) = other.sender
                && self.tx.are_linked(&from, &sender.id.0)?
            {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// Seconds by which the wall clock runs ahead of what is believed.
    fn doubted(&self) -> u64 {
        self.now.unix.saturating_sub(self.settled)
    }

    /// A message without a line is known for as long as anybody could repeat it.
    fn remember(&self, sender: &Member, mid: &[u8; 16]) -> Result<(), StepError> {
        let until = self.now.unix.saturating_add(limits::RETENTION.as_secs());
        Ok(self.tx.remember_mid(mid, &sender.id.0, self.now.unix, until)?)
    }

    /// Somebody showed to be in the room, at `at` if that is known. What is read of the past shows it no earlier than when
    /// this client was last up to date, and nothing no later than what is believed of the date.
    pub(super) fn heard_of(&mut self, member: &Member, at: Option<u64>) -> Result<(), StepError> {
        let at = at.unwrap_or_else(|| self.read_at());
        Ok(self.tx.heard(&member.id.0, at.min(self.settled))?)
    }

    /// The relay says in which order messages came, not when. While this client was away the sender's clock has to tell, as far
    /// as it fits between the neighbours.
    fn arrival(&self, content: &AppMsg, age_s: u32) -> Arrival {
        let (earliest, now) = (self.read_at(), self.now.unix);
        let age = u64::from(age_s).min(OLDEST);
        let sealed_at = content.ts.saturating_add(if self.reads_past { age } else { 0 });
        let plausible = (earliest.saturating_sub(PLAUSIBLE)..=now.saturating_add(PLAUSIBLE)).contains(&sealed_at);
        let at = sealed_at.clamp(earliest, now);
        // What nobody can date is not taken for older than it need be: nothing burns by a clock that is wrong.
        let burns_since = if plausible { at } else { now }.saturating_sub(age);
        Arrival { at, plausible, burns_since }
    }

    /// When an own message that was written then came back: while this client was away, when it was written, as it has burned for the
    /// others since.
    fn came_back(&self, written_at: Option<u64>) -> u64 {
        let now = self.now.unix;
        written_at.filter(|_| self.reads_past).map_or(now, |at| at.clamp(self.read_at(), now))
    }

    /// When a line burns that has been burning since then. It can be read for an hour at least, or for as long as it lives: a message
    /// that was delayed on its way, or whose author's clock is wrong, would be gone before anybody has seen it.
    fn burns_at(&self, since: u64, ttl: u64) -> u64 {
        since.saturating_add(ttl).max(self.now.unix.saturating_add(ttl.min(READABLE)))
    }

    /// The earliest time at which what is processed can have come: of the past, when this client was last up to date; now otherwise.
    pub(super) fn read_at(&self) -> u64 {
        let now = self.now.unix;
        if self.reads_past { self.record.cursor_at.min(now) } else { now }
    }

    fn add_received(
        &mut self,
        sender: &Member,
        content: &AppMsg,
        heard: Heard,
        Arrival { at, burns_since, .. }: Arrival,
        kind: ItemKind,
        body: &str,
    ) -> Result<(), StepError> {
        let ttl = content.expire_s.map_or_else(|| self.message_ttl(), |own| u64::from(own).min(self.message_ttl()));
        // What comes late has been burning since it was said.
        let since = if heard == Heard::Late { content.ts.min(burns_since) } else { burns_since };
        // A late one stands before the next message of its author that is there, unless that came so long ago that nothing is
        // published again any more.
        let later = if heard == Heard::Late { self.tx.position_of_later(&sender.id.0, content.n)? } else { None };
        let later = later.filter(|(_, at)| at.saturating_add(KEPT) > self.settled);
        let position = later.map_or_else(|| self.next_position(), |(position, _)| position);
        self.add_line(&NewItem {
            position,
            n: content.n,
            mid: Some(identity(&content.mid.0, &content.body)),
            kind,
            sender: Some(sender.id.0),
            nick: &sender.credential.nick,
            own: false,
            body,
            at,
            claimed_at: Some(content.ts).filter(|ts| ts.abs_diff(at) > PLAUSIBLE),
            expires_at: Some(self.burns_at(since, ttl)),
            state: ItemState::Stored,
        })
    }

    /// Each member numbers its messages and chains them by hash: a gap or a contradiction shows what a relay withheld or a
    /// restored copy repeated. A message whose id is known counts, too, but contradicts nothing.
    fn hear(&mut self, sender: &Member, content: &AppMsg, bytes: &[u8], known: bool) -> Result<Heard, StepError> {
        let link = Link { n: content.n, prev: content.prev.0, hash: start_of_hash(bytes) };
        let (row, heard) = match self.tx.member(&sender.id.0)? {
            Some(mut row) => {
                let heard = numbering::next(&mut row, link);
                (row, heard)
            }
            None => {
                let mut row = MemberRow::new(sender.id.0, sender.leaf_key.0);
                let heard = numbering::first(&mut row, link);
                (row, heard)
            }
        };
        let nick = || sender.credential.nick.clone();
        match heard {
            Heard::Contradiction if known => return Ok(heard),
            Heard::Contradiction => self.note(&SystemLine::Inconsistent { nick: nick() })?,
            Heard::Gap(missing) => {
                let missing = u32::try_from(missing).unwrap_or(u32::MAX);
                self.note(&SystemLine::Gap { nick: nick(), missing })?;
            }
            Heard::Next | Heard::Late => {}
        }
        self.tx.set_member(&row)?;
        Ok(heard)
    }

    /// Two members with the same base have the same roster; a HELLO of this epoch that says otherwise means that they do not
    /// see the same room. A HELLO that lost a race with a commit was sealed again as it was, for an epoch that it does not
    /// speak of.
    fn check_hello(&mut self, hello: &Hello) -> Result<(), StepError> {
        let overtaken = hello.head_seq < self.record.commit_seq.max(self.record.joined_seq);
        if overtaken || hello.roster == self.roster_hash()? { Ok(()) } else { self.suspect_split() }
    }

    fn roster_hash(&mut self) -> Result<[u8; 32], StepError> {
        Ok(verification::roster_hash(self.group()?.as_ref()))
    }

    /// The room is no longer empty: what was written before waits for the relay now.
    pub(crate) fn release_unsent(&mut self) -> Result<(), StepError> {
        for outgoing in self.tx.outgoing_after(0, u32::MAX)? {
            if let Some(item) = outgoing.item.filter(|_| outgoing.replaces.is_none()) {
                self.tx.set_item_state(item, ItemState::Waiting)?;
                self.changes.items.push(item);
            }
        }
        Ok(())
    }

    /// Whether messages may go out: after the join, while somebody is there to read them.
    pub(crate) fn may_send(&self) -> bool {
        let joined = matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        joined && self.group.as_ref().is_some_and(|group| group.roster().len() > 1)
    }
}

/// What a message keeps wherever it is published: whoever read it can repeat its id, but then with these words only. Sender and
/// number are not part of it, since its author may publish it again from another leaf; the sender is compared beside it.
fn identity(mid: &[u8; 16], body: &Body) -> [u8; 16] {
    let hash = sha256(&[&mid[..], &body.kind().to_be_bytes(), &body.encode()].concat());
    let [identity, _] = *hash.as_chunks::<16>().0 else { return *mid };
    identity
}

fn saturated(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

fn start_of_hash(message: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sha256(message);
    [a, b, c, d, e, f, g, h]
}

/// When a message came, as far as this client can tell.
#[derive(Clone, Copy)]
struct Arrival {
    /// Unix seconds.
    at: u64,
    /// The sender's clock agrees.
    plausible: bool,
    /// Since when it has been burning, unix seconds: at most two days before, as nothing older is published again.
    burns_since: u64,
}

/// How old a message is at most when it comes, in seconds: nothing older is published again.
const OLDEST: u64 = 2 * KEPT;
/// Seconds for which what comes can be read, whatever its age, if it lives as long.
const READABLE: u64 = 3600;
const KIND_TEXT: u32 = 1;
const KIND_HELLO: u32 = 7;
/// Seconds by which a sender's clock may differ before it is shown (protocol 4.9).
const PLAUSIBLE: u64 = 300;
