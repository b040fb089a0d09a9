//! Proving to a relay who may come in (protocol 4.8.2), and reading what happened meanwhile.

use conclave_proto::{
    deed::Deed,
    frame::{Admission, Fetch, FetchedEntry, Request},
    id::{PublicKey, Role, RoomState},
};
use conclave_seal::sign::SigningKey;
use conclave_store::{Phase, RecordRow};

use super::{
    super::{
        PREVIOUS_MEMBER_KEY,
        context::Context,
        door_word,
        entry::mark,
        fault::{Fault, Lost},
    },
    Asked,
    seat::Seat,
};
use crate::{door::Challenge, snapshot::LinkFault};

impl Context {
    /// Proves membership and reads what is missing. `true` once news comes by itself; in a locked room also only while no proof is under
    /// way, because a relay takes what is written from the epoch of the head alone, and shows what follows a commit once that is proven.
    pub(in crate::room) fn drive_admission(&mut self) -> Result<bool, Fault> {
        let Some(session) = self.session.as_ref() else { return Ok(false) };
        let Some(group) = self.group.as_ref() else { return Err(Fault::Stop(LinkFault::Refused)) };
        let current = PublicKey(group.keys().member_auth.public());
        if session.member != Some(current) && !session.waits_for(|asked| matches!(asked, Asked::Auth(..))) {
            self.authenticate_member()?;
        }
        let Some(session) = self.session.as_ref() else { return Ok(false) };
        if session.member.is_some() && !session.is_live() && !session.waits_for(|asked| *asked == Asked::Fetch) {
            if self.looks_back() {
                return Ok(false);
            }
            let fetch = Fetch { after: self.record.cursor, max_n: FETCH_ENTRIES, max_bytes: FETCH_BYTES };
            self.ask(Asked::Fetch, Request::Fetch(fetch));
        }
        let proves = self.waits_for(|asked| matches!(asked, Asked::Auth(Role::Member, _)));
        Ok(self.is_live() && !(self.record.locked && proves))
    }

    /// Asks, once on a connection and before anything is read, for the entry at the cursor: in a log that was put back from an older
    /// copy, other entries may have the numbers by now that were read before. `true` until the answer is there.
    fn looks_back(&mut self) -> bool {
        let is_known = self.record.cursor_mark.is_some() && self.record.phase != Phase::Leaving;
        let cursor = self.record.cursor;
        let Some(session) = self.session.as_mut() else { return false };
        if !std::mem::replace(&mut session.looked_back, true) && is_known && session.floor < cursor {
            let fetch = Fetch { after: cursor.saturating_sub(1), max_n: 1, max_bytes: FETCH_BYTES };
            self.ask(Asked::LookBack, Request::Fetch(fetch));
        }
        self.session.as_ref().is_some_and(|session| session.waits_for(|asked| *asked == Asked::LookBack))
    }

    /// The entry at the cursor, if it is still there.
    pub(in crate::room) fn looked_back(&mut self, entries: &[FetchedEntry]) -> Result<(), Fault> {
        let (cursor, known) = (self.record.cursor, self.record.cursor_mark);
        let is_other =
            |entry: &FetchedEntry| entry.seq == cursor && known.is_some_and(|known| known != mark(&entry.blob));
        if !entries.iter().any(is_other) {
            return Ok(());
        }
        let floor = self.session.as_ref().map_or(0, |session| session.floor);
        self.log_was_set_back(floor)
    }

    /// The log is not the one that this client has read, or does not reach back to the cursor: it is read again, from the own base
    /// where the relay has that, and otherwise, on a connection of its own, from where the door says.
    pub(in crate::room) fn log_was_set_back(&mut self, floor: u64) -> Result<(), Fault> {
        Fault::unless_counted(floor)?;
        let current = self.group.as_ref().map(|group| PublicKey(group.keys().member_auth.public()));
        let base = self.store.read(|tx| tx.bases())?.last().map_or(0, |base| base.seq);
        let knows_epoch = current.is_some() && self.session.as_ref().is_some_and(|session| session.member == current);
        if !knows_epoch || floor > base || base >= self.record.cursor {
            return Err(Fault::Lost(Lost::Cursor { floor }));
        }
        self.step(|step| {
            step.tx.read_again_from(base)?;
            step.record.reads_again_to = step.record.reads_again_to.max(step.record.cursor);
            (step.record.cursor, step.record.cursor_mark) = (base, None);
            step.record.head = step.base()?.0;
            // What the log has lost of it; what it still has is read before anything is sent.
            step.publish_after(base)
        })?;
        Ok(())
    }

    /// Role M with the key of this epoch, or with the one before if the relay does not know this one.
    pub(in crate::room) fn authenticate_member(&mut self) -> Result<(), Fault> {
        let Some(group) = self.group.as_ref() else { return Ok(()) };
        let current = PublicKey(group.keys().member_auth.public());
        if self.refused_key != Some(current) {
            let seed = group.keys().member_auth.expose_seed();
            self.authenticate(Role::Member, &SigningKey::from_seed(&seed));
            return Ok(());
        }
        let already = self.session.as_ref().is_some_and(|session| session.member.is_some());
        let previous = self.store.read(|tx| tx.secret(PREVIOUS_MEMBER_KEY))?;
        match previous.as_ref().and_then(|seed| seed.as_slice().try_into().ok()) {
            Some(seed) if !already => {
                self.authenticate(Role::Member, &SigningKey::from_seed(seed));
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(self.forgotten()),
        }
    }

    /// The relay knows no key of this member, who was away for longer than commits are kept (protocol 4.6.8): it comes in again
    /// in its own place. A relay that only says so has it come in where it was, once in each run.
    pub(in crate::room) fn forgotten(&mut self) -> Fault {
        self.refused_key = None;
        Fault::Lost(Lost::Epoch)
    }

    /// The owner's key, once the relay knows that it is here (role O).
    pub(in crate::room) fn proven_owner(&mut self) -> Option<SigningKey> {
        let is_proven = self.session.as_ref()?.owner;
        let key = SigningKey::from_seed(&self.owner_key.as_ref()?.expose_seed());
        if !is_proven && !self.waits_for(|asked| matches!(asked, Asked::Auth(..))) {
            self.authenticate(Role::Owner, &key);
        }
        is_proven.then_some(key)
    }

    /// Whether somebody can knock while the room is locked, as its deed says.
    pub(in crate::room) fn room_takes_knocks(&self) -> bool {
        let deed = self.group.as_ref().and_then(|group| Deed::parse(group.params().deed.as_deref()?).ok());
        deed.is_some_and(|deed| deed.knocking().is_some())
    }

    /// Whether this person, the owner, answers them.
    pub(in crate::room) fn answers_knocks(&self) -> bool {
        self.owner_key.is_some() && self.keys.knocking().is_some()
    }

    /// Whether this person, the owner, can let somebody in by that: whoever comes into a room that was moved is not told where it goes on.
    pub(in crate::room) fn takes_knocks(&self) -> bool {
        self.answers_knocks() && !self.record.moved
    }

    /// Proves a key to this relay, on this connection, once (protocol 4.8.2).
    pub(in crate::room) fn authenticate(&mut self, role: Role, key: &SigningKey) {
        let opk = match role {
            Role::Join => None,
            Role::Member | Role::Owner => self.group.as_ref().map(|group| group.params().opk),
        };
        self.authenticate_for(role, key, opk);
    }

    /// The same in a room whose owner is known by other means than the group.
    pub(in crate::room) fn authenticate_for(&mut self, role: Role, key: &SigningKey, opk: Option<PublicKey>) {
        let (room_id, authority) = (self.room_id(), self.authority());
        let Some(session) = self.session.as_mut() else { return };
        let Some(nonce) = session.nonce.take() else { return };
        let challenge = Challenge { authority, room_id, nonce, exporter: &session.exporter };
        let auth = challenge.answer(self.rng.as_mut(), role, key, opk);
        self.ask(Asked::Auth(role, auth.pk), Request::Auth(auth));
    }

    /// The relay has admitted this client in a role.
    pub(in crate::room) fn admitted(&mut self, role: Role, key: PublicKey, admission: &Admission) -> Result<(), Fault> {
        let checked = match role {
            Role::Member => self.check_seat(admission)?,
            Role::Join | Role::Owner => None,
        };
        let seat = admission.seat.0;
        let current = self.group.as_ref().map(|group| group.keys().member_auth.public());
        if let Some(session) = self.session.as_mut() {
            session.nonce = Some(admission.next_nonce);
            session.head = Some(admission.head);
            session.floor = admission.oldest_seq;
            match role {
                Role::Join => session.admitted = true,
                Role::Member => {
                    // In a locked room only the newest epoch is sent what is written: what came before this proof was not.
                    if session.member.replace(key).is_some() && admission.state == RoomState::Locked {
                        session.miss();
                    }
                    session.truncated = admission.pushed_out.is_some_and(|seq| seq > self.record.cursor);
                    session.deed_rev = checked.as_ref().map_or(u64::MAX, |checked| checked.deed_rev);
                    self.refused_key = None;
                }
                Role::Owner => session.owner = true,
            }
        }
        self.relay_is_full(admission.full);
        // Of what was read, the newest commit is known; an order of the owner may have put another one in its place.
        let is_read = role == Role::Member && admission.head_seq != 0 && admission.head_seq <= self.record.cursor;
        let is_in = matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        let is_ordered = checked.as_ref().is_some_and(|checked| checked.counter > self.record.owner_counter);
        if is_read && is_in && !is_ordered && admission.head.0 != self.record.head {
            // What was asked for with the old cursor would not follow the new one.
            let reads = self.session.as_ref().is_some_and(|session| session.is_live() || session.waits_for(is_reading));
            self.log_was_set_back(admission.oldest_seq)?;
            if reads {
                return Err(Fault::Retry(LinkFault::LogDiffers));
            }
        }
        let locked = admission.state == RoomState::Locked;
        let take_note = |record: &mut RecordRow| {
            record.seat = Some(seat);
            if let Some(Seat { counter, door, .. }) = &checked {
                door_word::owner_has_signed(record, *counter, *door);
            }
            door_word::relay_says(record, locked);
        };
        let mut record = self.record.clone();
        take_note(&mut record);
        let changed = role == Role::Member && (record != self.record || self.first_use.is_some());
        let settled = role == Role::Member && current == Some(key.0);
        let used = self.first_use.clone();
        if changed || settled {
            self.step(|step| {
                if changed {
                    take_note(step.record);
                    step.keep_relay(used);
                    step.changes.summary = true;
                }
                if settled {
                    step.tx.delete_secret(PREVIOUS_MEMBER_KEY)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The relay says whether the room's messages fill their share.
    pub(in crate::room) fn relay_is_full(&mut self, full: bool) {
        let Some(session) = self.session.as_mut() else { return };
        if std::mem::replace(&mut session.full, full) != full {
            self.tell_summary();
        }
    }
}

fn is_reading(asked: &Asked) -> bool {
    matches!(asked, Asked::Fetch | Asked::LookBack)
}

const FETCH_ENTRIES: u32 = 500;
const FETCH_BYTES: u32 = 512 * 1024;
