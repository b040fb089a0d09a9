//! Application messages of others: deduplicated, held against their numbering, dated and shown (protocol 4.9).

use conclave_crypto::{group::Member, leaf_link, verification};
use conclave_proto::{
    content::{AppMsg, Body, Hello, LeafLink, Publication},
    limits,
};
use conclave_seal::id::member_id;
use conclave_store::{GapRange, ItemKind, ItemState, KnownFrom, MemberRow, NewItem, Note};

use super::{
    super::{
        message::{KEPT, OLDEST, SAID_ANEW, identity, start_of_hash},
        step::{Step, StepError},
    },
    card,
    numbering::{self, Heard, Link},
};

impl Step<'_, '_> {
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
        let is_erase = matches!(content.body, Body::Erase(_));
        if self.tx.is_retracted(&content.mid.0, &sender.id.0)? || self.is_erasing() && !is_erase {
            return self.remember(sender, identity);
        }
        match &content.body {
            Body::Text(text) => {
                self.add_received(sender, content, heard, arrival, ItemKind::Text, &text.text).map(drop)
            }
            Body::ViewOnce(card) if card::can_show(card) => {
                let item = self.add_received(sender, content, heard, arrival, ItemKind::ViewOnce, "")?;
                let closes_at = self.burns_at(arrival.burns_since, self.card_ttl(content.expire_s));
                self.add_received_card(item, &sender.id.0, card, closes_at)
            }
            Body::Hello(hello) => {
                self.remember(sender, identity)?;
                self.check_hello(hello)
            }
            Body::RoomState(state) => {
                self.remember(sender, identity)?;
                self.heed(sender, state)
            }
            Body::Receipt(receipt) => {
                self.remember(sender, identity)?;
                self.heed_receipt(&sender.id.0, receipt)
            }
            Body::Retract(retract) => {
                self.remember(sender, identity)?;
                self.heed_retraction(&sender.id.0, retract)
            }
            Body::Erase(_) => {
                self.remember(sender, identity)?;
                self.heed_erase(sender, content.mid)
            }
            Body::Move(_) if !sender.owner => {
                self.remember(sender, identity)?;
                self.note(&Note::MoveRefused { nick: sender.credential.nick.clone() })
            }
            Body::Move(to) if self.leads_elsewhere(to)? => {
                let item = self.add_received(sender, content, heard, arrival, ItemKind::Move, "")?;
                self.keep_move(item, to)
            }
            // A signal between newer clients; this version neither sends nor shows it.
            Body::Reaction(_) => self.remember(sender, identity),
            Body::Files(_)
            | Body::ViewOnce(_)
            | Body::Move(_)
            | Body::History(_)
            | Body::CallNote(_)
            | Body::Unknown { .. } => {
                self.add_received(sender, content, heard, arrival, ItemKind::Unsupported, "").map(drop)
            }
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
    pub(crate) fn heard_of(&mut self, member: &Member, at: Option<u64>) -> Result<(), StepError> {
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
    pub(crate) fn came_back(&self, written_at: Option<u64>) -> u64 {
        let now = self.now.unix;
        written_at.filter(|_| self.reads_past).map_or(now, |at| at.clamp(self.read_at(), now))
    }

    /// When a line burns that has been burning since then. It can be read for an hour at least, or for as long as it lives: a message
    /// that was delayed on its way, or whose author's clock is wrong, would be gone before anybody has seen it.
    pub(crate) fn burns_at(&self, since: u64, ttl: u64) -> u64 {
        since.saturating_add(ttl).max(self.now.unix.saturating_add(ttl.min(READABLE)))
    }

    /// The earliest time at which what is processed can have come: of the past, when this client was last up to date; now otherwise.
    pub(crate) fn read_at(&self) -> u64 {
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
    ) -> Result<i64, StepError> {
        let ttl = self.ttl_with(content.expire_s);
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
            message_id: Some(content.mid.0),
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
            Heard::Contradiction => self.note(&Note::Inconsistent { nick: nick() })?,
            Heard::Gap(missing) => {
                let (from, to) = (content.n.saturating_sub(missing), content.n.saturating_sub(1));
                let range = Some(GapRange { member: sender.id.0, from, to });
                let missing = u32::try_from(missing).unwrap_or(u32::MAX);
                self.note(&Note::Gap { nick: nick(), missing, range })?;
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

    pub(crate) fn roster_hash(&mut self) -> Result<[u8; 32], StepError> {
        Ok(verification::roster_hash(self.group()?.as_ref()))
    }
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

/// Seconds for which what comes can be read, whatever its age, if it lives as long.
const READABLE: u64 = 3600;
/// Seconds by which a sender's clock may differ before it is shown (protocol 4.9).
const PLAUSIBLE: u64 = 300;
