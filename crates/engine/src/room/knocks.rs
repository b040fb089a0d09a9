//! Knocks at the own locked room, for its owner: who is heard, who is let in, and what becomes of it (protocol 4.6.9).
//!
//! What waits is kept in memory only, as at the relay, which says it again on each connection; until it has, it is shown and cannot be
//! answered. What is let in is kept
//! ([`KnockRow`]): it is added by an own commit, answered once that came in its place in the log, again for the same knock, and
//! removed again unless it appears.

use std::time::Duration;

use conclave_crypto::{
    group::Candidate,
    knock::{self, WORDS},
};
use conclave_proto::{
    frame::{KnockAnswer, Knocked, Request},
    id::{KnockId, KnockToken, MemberId, Tag},
    knock::{KnockAdmission, KnockContent, PassphraseKey},
    limits,
};
use conclave_seal::{hash::sha256, rng, sign::SigningKey};
use conclave_store::{KnockCommit, KnockRow, Order, PendingRow, Phase, StoreError};

use super::{
    OWNER_KEY, PASSPHRASE_KEY,
    context::{AtTheDoor, Context},
    fault::Fault,
    session::Asked,
    step::{Step, StepError},
};
use crate::{
    error::ErrorCode,
    snapshot::{KnockHandle, KnockState},
};

/// Knocks at the own room.
#[derive(Default)]
pub(super) struct Knocks {
    /// What is let in, as the file has it; none if it was not looked at since it changed.
    rows: Option<Vec<KnockRow>>,
    /// What the relay has told of, the first one first.
    heard: Vec<Heard>,
    /// When the relay has told again of all that waits there, by the steady clock.
    told_by: Option<Duration>,
}

/// A knock that the relay has told of.
struct Heard {
    id: [u8; 16],
    /// Its name at the relay; none before that has told of it on this connection.
    at_relay: Option<KnockId>,
    blob: Vec<u8>,
    content: KnockContent,
    candidate: Candidate,
    /// When it ends at the latest, unix seconds.
    ends_at: u64,
    /// An answer is on its way.
    is_answered: bool,
}

/// A knock, for a person.
pub(super) struct Shown {
    pub(super) id: [u8; 16],
    pub(super) candidate: Candidate,
    pub(super) note: String,
    pub(super) words: [&'static str; WORDS],
    pub(super) ends_at: u64,
    pub(super) state: KnockState,
}

crate::silent::silent! {
    Knocks {}
}

impl Knocks {
    /// The connection ended: the next one tells again what waits.
    pub(super) fn link_lost(&mut self) {
        self.told_by = None;
        for heard in &mut self.heard {
            (heard.at_relay, heard.is_answered) = (None, false);
        }
    }

    /// Time has passed, also without a connection.
    pub(super) fn tick(&mut self, cx: &mut Context) {
        self.drop_what_is_over(cx);
    }

    /// The file may say something else by now.
    pub(super) fn has_changed(&mut self) {
        self.rows = None;
    }

    /// When a knock ends, or somebody has to have appeared.
    pub(super) fn wakes_at(&self, cx: &Context) -> Option<Duration> {
        let rows = self.rows.iter().flatten().filter(|_| cx.is_live()).map(|row| row.ends_at);
        let next = rows.chain(self.heard.iter().map(|heard| heard.ends_at)).filter(|at| *at > cx.now.unix).min();
        let in_time = |at: u64| cx.now.steady.saturating_add(Duration::from_secs(at.saturating_sub(cx.now.unix)));
        let told_by = self.told_by.filter(|at| *at > cx.now.steady);
        next.map(in_time).into_iter().chain(told_by).min()
    }

    /// Proves to the relay that the owner hears, answers whom she has added, and looks what her commits have to do.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if !cx.answers_knocks() || !matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation) {
            return Ok(());
        }
        if cx.proven_owner().is_some() {
            self.told_by.get_or_insert(cx.now.steady.saturating_add(TOLD_AGAIN));
        }
        self.drop_what_is_over(cx);
        let (now, is_locked) = (cx.now.unix, cx.record.locked);
        let mut rows = self.read(cx)?;
        let roster: Vec<[u8; 16]> =
            cx.group.iter().flat_map(|group| group.roster().iter().map(|member| member.id.0)).collect();
        let is_over = |row: &KnockRow| match (&row.reply, &row.made) {
            // Whoever knocked has gone, or comes in by the open door.
            (None, None) => row.ends_at <= now || !is_locked,
            (None, Some(_)) => false,
            (Some(_), _) => !roster.contains(&row.member),
        };
        if rows.iter().any(is_over) {
            cx.step(|step| {
                rows.iter().filter(|row| is_over(row)).try_for_each(|row| Ok(step.tx.settle_knock(&row.id)?))
            })?;
            rows.retain(|row| !is_over(row));
            cx.people_changed();
        }
        let is_late = |row: &KnockRow| row.reply.is_some() && row.ends_at <= now;
        if rows.iter().any(is_late) {
            cx.step(|step| rows.iter().filter(|row| is_late(row)).try_for_each(|row| step.remove_no_show(row)))?;
            rows.retain(|row| !is_late(row));
        }
        let pending = if rows.is_empty() { None } else { cx.store.read(|tx| tx.pending())? };
        let made = pending.map(|pending| pending.tag);
        let is_to_be_added = |row: &&KnockRow| {
            row.reply.is_none() && (row.made.is_none() || row.made.as_ref().map(|made| made.tag) != made)
        };
        cx.at_the_door = AtTheDoor { let_in: rows.iter().find(is_to_be_added).map(|row| row.id) };
        if is_locked && cx.proven_owner().is_some() {
            self.answer_whom_she_added(cx, &rows);
            if cx.record.moved {
                self.turn_all_away(cx, &rows);
            }
        }
        self.rows = Some(rows);
        Ok(())
    }

    fn read(&mut self, cx: &mut Context) -> Result<Vec<KnockRow>, StoreError> {
        match self.rows.take() {
            Some(rows) => Ok(rows),
            None => cx.store.read(|tx| tx.knocks()),
        }
    }

    fn drop_what_is_over(&mut self, cx: &mut Context) {
        let (before, now, is_locked) = (self.heard.len(), cx.now.unix, cx.record.locked);
        let is_told = self.told_by.is_some_and(|at| at <= cx.now.steady);
        let waits = |heard: &Heard| heard.ends_at > now && (heard.at_relay.is_some() || !is_told);
        self.heard.retain(|heard| is_locked && waits(heard));
        if self.heard.len() != before {
            cx.people_changed();
        }
    }

    fn answer_whom_she_added(&mut self, cx: &mut Context, rows: &[KnockRow]) {
        for heard in self.heard.iter_mut().filter(|heard| !heard.is_answered) {
            let row = rows.iter().find(|row| row.id == heard.id);
            let Some(reply) = row.and_then(|row| row.reply.as_ref()) else { continue };
            let Some(knock_id) = heard.at_relay else { continue };
            heard.is_answered = true;
            let answer = KnockAnswer { knock_id, blob: reply };
            cx.ask(Asked::KnockAnswer(heard.id), Request::KnockAnswer(answer));
        }
    }

    /// The relay tells of a knock, or that one is over. What cannot be one is not shown: nobody waits for the answer of a changed client.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn heard(&mut self, cx: &mut Context, knocked: Knocked) -> Result<(), Fault> {
        let Knocked { knock_id, blob } = knocked;
        let Some(blob) = blob else {
            self.heard.retain(|heard| heard.at_relay != Some(knock_id));
            cx.people_changed();
            return Ok(());
        };
        let Some(mut heard) = self.read_knock(cx, knock_id, blob)? else { return Ok(()) };
        self.let_in_by_token(cx, &heard)?;
        // The same one, told again, ends when it would have ended.
        let known = self.heard.iter().find(|known| known.id == heard.id && known.at_relay.is_none());
        heard.ends_at = known.map_or(heard.ends_at, |known| known.ends_at);
        self.heard.retain(|known| known.id != heard.id);
        // A relay tells of no more at once.
        let surplus = self.heard.len().saturating_add(1).saturating_sub(limits::KNOCKS);
        self.heard.drain(..surplus);
        self.heard.push(heard);
        cx.people_changed();
        Ok(())
    }

    /// Opens a knock. `None` for one that is not sealed for the owner, or whose KeyPackage nobody would add.
    fn read_knock(&mut self, cx: &mut Context, at_relay: KnockId, blob: Vec<u8>) -> Result<Option<Heard>, Fault> {
        let Some(owner_key) = cx.owner_key.as_ref().filter(|_| cx.record.locked) else { return Ok(None) };
        let Ok((key, _)) = knock::owner_key_pair(owner_key, &cx.room_id()) else { return Ok(None) };
        let Ok(content) = knock::open(&cx.keys, &key, &blob) else { return Ok(None) };
        let Some(candidate) = cx.crypto.candidate(&content.key_package) else { return Ok(None) };
        let id = id_of(&blob);
        let rows = self.read(cx)?;
        let is_let_in = rows.iter().any(|row| row.id == id);
        self.rows = Some(rows);
        let is_inside =
            cx.group.iter().any(|group| group.roster().iter().any(|member| member.leaf_key == candidate.leaf_key));
        // A copied knock of a member lets nobody in, and only who is let in is told again.
        if is_inside && !is_let_in {
            return Ok(None);
        }
        let ends_at = cx.now.unix.saturating_add(limits::KNOCK_TTL.as_secs());
        Ok(Some(Heard { id, at_relay: Some(at_relay), blob, content, candidate, ends_at, is_answered: false }))
    }

    /// Lets a knock in that has a token which is good, once, unless the room is full.
    fn let_in_by_token(&mut self, cx: &mut Context, heard: &Heard) -> Result<(), Fault> {
        let rows = self.read(cx)?;
        let has_row = rows.iter().any(|row| row.id == heard.id);
        let is_free = has_place(cx, &rows);
        self.rows = Some(rows);
        let Some(token) = heard.content.token.filter(|_| !has_row && is_free && cx.takes_knocks()) else {
            return Ok(());
        };
        cx.step(|step| if step.tx.use_knock_token(&token.0, step.now.unix)? { step.admit(heard) } else { Ok(()) })?;
        self.rows = None;
        Ok(())
    }

    /// The owner answers a knock that waits.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`], [`ErrorCode::KnockOver`], [`ErrorCode::RelayUnreachable`] where the relay has not told again that it
    /// waits, [`ErrorCode::RoomFull`], or what the disk says.
    pub(super) fn answer(&mut self, cx: &mut Context, knock: &KnockHandle, admit: bool) -> Result<(), ErrorCode> {
        if cx.owner_key.is_none() {
            return Err(ErrorCode::NotOwner);
        }
        let id = data_encoding::HEXLOWER.decode(knock.0.as_bytes()).unwrap_or_default();
        let rows = match self.rows.take() {
            Some(rows) => rows,
            None => cx.store.read(|tx| tx.knocks()).map_err(ErrorCode::of_room_file)?,
        };
        let is_let_in = rows.iter().any(|row| row.id[..] == id);
        let is_free = has_place(cx, &rows);
        self.rows = Some(rows);
        let waits = |heard: &&mut Heard| heard.id[..] == id && !heard.is_answered;
        let heard = self.heard.iter_mut().find(waits).filter(|_| !is_let_in && cx.record.locked);
        let heard = heard.ok_or(ErrorCode::KnockOver)?;
        if heard.at_relay.is_none() {
            return Err(ErrorCode::RelayUnreachable);
        }
        if admit {
            if cx.record.moved {
                return Err(ErrorCode::InvalidRequest);
            }
            if !is_free {
                return Err(ErrorCode::RoomFull);
            }
            cx.step(|step| step.admit(heard))?;
            self.rows = None;
            cx.people_changed();
            return Ok(());
        }
        let id = heard.id;
        self.turn_away(cx, id);
        Ok(())
    }

    /// Answers a knock with no.
    fn turn_away(&mut self, cx: &mut Context, id: [u8; 16]) {
        let heard = self.heard.iter().position(|heard| heard.id == id).map(|at| self.heard.remove(at));
        let (Some(owner_key), Some(heard)) = (&cx.owner_key, heard) else { return };
        let call_pk = heard.candidate.credential.call_pk;
        let reply = knock::seal_reply(cx.rng.as_mut(), &cx.keys, owner_key, &call_pk, &heard.blob, None);
        // A key that nothing can be sealed to is a changed client's: it hears nothing.
        if let (Ok(blob), Some(knock_id)) = (reply, heard.at_relay) {
            let answer = KnockAnswer { knock_id, blob: &blob };
            cx.ask(Asked::KnockAnswer(heard.id), Request::KnockAnswer(answer));
        }
        cx.people_changed();
    }

    /// Whoever comes into a room that was moved is not told where it goes on: nobody does but those who were let in before.
    fn turn_all_away(&mut self, cx: &mut Context, rows: &[KnockRow]) {
        let is_let_in = |heard: &&Heard| rows.iter().any(|row| row.id == heard.id);
        let is_there = |heard: &&Heard| heard.at_relay.is_some() && !is_let_in(heard);
        let others: Vec<[u8; 16]> = self.heard.iter().filter(is_there).map(|heard| heard.id).collect();
        others.into_iter().for_each(|id| self.turn_away(cx, id));
    }

    /// The relay has taken an answer. Who was let in has ten minutes from here.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn answer_is_queued(&mut self, cx: &mut Context, id: [u8; 16]) -> Result<(), Fault> {
        let rows = self.read(cx)?;
        if let Some(row) = rows.into_iter().find(|row| row.id == id && row.reply.is_some()) {
            let ends_at = cx.now.unix.saturating_add(limits::KNOCK_TTL.as_secs());
            cx.step(|step| Ok(step.tx.set_knock(&KnockRow { ends_at, ..row })?))?;
        }
        self.is_over(cx, id);
        Ok(())
    }

    /// The knock is over at the relay.
    pub(super) fn is_over(&mut self, cx: &mut Context, id: [u8; 16]) {
        self.heard.retain(|heard| heard.id != id);
        self.rows = None;
        cx.people_changed();
    }

    /// A refused answer is sent again.
    pub(super) fn send_again(&mut self, id: [u8; 16]) {
        self.heard.iter_mut().filter(|heard| heard.id == id).for_each(|heard| heard.is_answered = false);
    }

    /// Hands out a token that lets one knock in without a question.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`], [`ErrorCode::InvalidRequest`] where nobody can knock, or what the disk says.
    pub(super) fn issue_token(&mut self, cx: &mut Context) -> Result<KnockToken, ErrorCode> {
        if cx.owner_key.is_none() {
            return Err(ErrorCode::NotOwner);
        }
        if !cx.takes_knocks() || !cx.record.locked {
            return Err(ErrorCode::InvalidRequest);
        }
        let token = rng::array(cx.rng.as_mut());
        cx.step(|step| {
            let now = step.now.unix;
            let ends_at = now.saturating_add(limits::KNOCK_TTL.as_secs());
            Ok(step.tx.add_knock_token(&token, ends_at, now, limits::KNOCKS)?)
        })?;
        Ok(KnockToken(token))
    }

    /// What waits and what is let in, for a person.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn shown(&mut self, cx: &mut Context) -> Result<Vec<Shown>, StepError> {
        if !cx.answers_knocks() {
            return Ok(Vec::new());
        }
        let rows = self.read(cx)?;
        let let_in = rows.iter().filter_map(|row| {
            let candidate = cx.crypto.candidate(&row.key_package)?;
            let state = if row.reply.is_some() { KnockState::Admitted } else { KnockState::Admitting };
            let words = knock::words(&row.key_package);
            Some(Shown { id: row.id, candidate, note: row.note.clone(), words, ends_at: row.ends_at, state })
        });
        let waits = |heard: &&Heard| rows.iter().all(|row| row.id != heard.id);
        let waiting = self.heard.iter().filter(waits).map(|heard| Shown {
            id: heard.id,
            candidate: heard.candidate.clone(),
            note: heard.content.note.clone(),
            words: knock::words(&heard.content.key_package),
            ends_at: heard.ends_at,
            state: if heard.at_relay.is_some() { KnockState::Waiting } else { KnockState::Unreached },
        });
        let mut shown: Vec<Shown> = let_in.chain(waiting).collect();
        shown.sort_by_key(|shown| shown.ends_at);
        self.rows = Some(rows);
        Ok(shown)
    }
}

/// For how long a relay may tell again, once it knows whose the connection is, what waits there.
const TOLD_AGAIN: Duration = Duration::from_secs(10);

/// Whether one more can be let in: those that are to be added have a place already.
fn has_place(cx: &Context, rows: &[KnockRow]) -> bool {
    let Some(group) = cx.group.as_ref() else { return false };
    let coming = rows.iter().filter(|row| row.reply.is_none()).count();
    group.roster().len().saturating_add(coming) < usize::from(group.params().policy.max_members)
}

/// What a knock is named by here: its bytes, so that the same one is known on another connection.
fn id_of(blob: &[u8]) -> [u8; 16] {
    sha256(blob).first_chunk().copied().unwrap_or_default()
}

impl Step<'_, '_> {
    /// Keeps that a knock is let in.
    fn admit(&mut self, heard: &Heard) -> Result<(), StepError> {
        self.tx.set_knock(&KnockRow {
            id: heard.id,
            member: heard.candidate.id.0,
            blob: heard.blob.clone(),
            key_package: heard.content.key_package.clone(),
            note: heard.content.note.clone(),
            made: None,
            reply: None,
            ends_at: heard.ends_at,
        })?;
        self.changes.knocks = true;
        Ok(())
    }

    fn knock(&self, id: &[u8; 16]) -> Result<KnockRow, StepError> {
        self.tx.knocks()?.into_iter().find(|row| row.id == *id).ok_or(StepError::NotNow)
    }

    /// The KeyPackage of a knock that is let in.
    pub(crate) fn key_package_of(&self, id: &[u8; 16]) -> Result<Vec<u8>, StepError> {
        Ok(self.knock(id)?.key_package)
    }

    /// Keeps the Welcome with the commit that adds a knock, in the same transaction.
    pub(crate) fn keep_welcome(
        &mut self,
        id: &[u8; 16],
        pending: &PendingRow,
        welcome: Vec<u8>,
    ) -> Result<(), StepError> {
        let made = Some(KnockCommit { tag: pending.tag, place: pending.place.clone(), welcome });
        let row = self.knock(id)?;
        self.tx.set_knock(&KnockRow { made, ..row })?;
        self.changes.knocks = true;
        Ok(())
    }

    /// A knock cannot be let in.
    pub(crate) fn cannot_let_in(&mut self, id: &[u8; 16]) -> Result<(), StepError> {
        self.changes.knocks = true;
        self.changes.people = true;
        Ok(self.tx.settle_knock(id)?)
    }

    /// An own commit with this tag came in its place in the log. If it added a knock, that can be answered now, and not before: a Welcome
    /// leads to an epoch that the log has.
    pub(crate) fn is_let_in(&mut self, tag: Tag, seq: u64) -> Result<(), StepError> {
        let Some(mut row) = self.tx.knock_of_commit(&tag.0)? else { return Ok(()) };
        let Some(KnockCommit { place, welcome, .. }) = row.made.take() else { return Ok(()) };
        let stored = self.tx.secret(OWNER_KEY)?.ok_or(StepError::NotNow)?;
        let owner_key = SigningKey::from_seed(stored.as_slice().try_into().map_err(|_| StoreError::Damaged)?);
        let member = self.group()?.roster().iter().find(|member| member.id.0 == row.member);
        let call_pk = member.map(|member| member.credential.call_pk).ok_or(StepError::NotNow)?;
        let passphrase = self.tx.secret(PASSPHRASE_KEY)?;
        let passphrase = passphrase.and_then(|key| key.as_slice().try_into().ok().map(PassphraseKey::new));
        let admission = KnockAdmission { tag, seq, place, welcome, passphrase };
        let reply = knock::seal_reply(self.rng, self.keys, &owner_key, &call_pk, &row.blob, Some(&admission));
        // One that no relay would take, or that cannot be sealed, is none: nobody appears, and the member is removed again.
        row.ends_at =
            reply.as_ref().map_or(self.now.unix, |_| self.now.unix.saturating_add(limits::KNOCK_TTL.as_secs()));
        row.reply = Some(reply.unwrap_or_default());
        self.tx.set_knock(&row)?;
        self.changes.knocks = true;
        Ok(())
    }

    /// A member has said something, so its app has come in. The first thing that it says is its HELLO.
    pub(crate) fn has_appeared(&mut self, member: &MemberId) -> Result<(), StepError> {
        if self.tx.settle_knock_of(&member.0)? {
            self.changes.knocks = true;
            self.changes.people = true;
        }
        Ok(())
    }

    /// Somebody was let in whose app has not appeared in time. The keys may be in use all the same, so that is a removal like any other.
    fn remove_no_show(&mut self, row: &KnockRow) -> Result<(), StepError> {
        self.tx.settle_knock(&row.id)?;
        let epoch = self.group()?.epoch();
        self.tx.keep_order(&Order::Remove(row.member), Some(epoch))?;
        (self.changes.orders, self.changes.people) = (true, true);
        Ok(())
    }
}
