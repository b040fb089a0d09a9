//! Coming in: creating a room at a relay, and joining or rejoining one by an external commit (protocol 4.6.1, 4.6.3, 4.6.7).

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    code::Code,
    envelope::{self, Place as EnvelopePlace},
    group::{Identity, JoinError, Joining},
    purpose::Psk,
};
use conclave_proto::{
    frame::{Admission, Commit, Create, Empty, FetchedEntry, GroupInfoGet, GroupInfos, Request},
    id::{Cid, ClientNonce, Lane, PublicKey, Role, Signature, Tag},
    padding::FrameKind,
};
use conclave_seal::{
    id, rng,
    sign::SigningKey,
    transcript::{self, Statement as _},
};
use conclave_store::{PendingKind, PendingRow, Phase, Place};

use super::{
    machine::{Fault, Machine},
    session::{Asked, Lease},
    step::StepError,
};
use crate::{
    clock::Now,
    snapshot::{LinkFault, SystemLine},
};

impl Machine {
    /// Opens the room at the relay. The bytes were stored when the room was made, so a lost answer repeats them.
    pub(super) fn drive_creation(&mut self, now: Now) -> Result<(), Fault> {
        let asked = self.session.as_ref().is_none_or(|session| session.waits_for(|asked| *asked == Asked::Create));
        if asked {
            return Ok(());
        }
        let pending = self.store.read(|tx| tx.pending())?.ok_or(StepError::NotNow)?;
        let client_nonce = rng::array::<16>(self.rng.as_mut());
        let authority = self.authority();
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        let Some(nonce) = session.nonce.take() else { return Ok(()) };
        let sig = transcript::Create {
            authority: &authority,
            server_nonce: nonce.as_bytes(),
            client_nonce: &client_nonce,
            room_id: self.keys.room_id(),
            member_auth_key: &pending.member_key,
            exporter: &session.exporter,
            deed: &pending.blob,
        }
        .sign(self.keys.access_key());
        let create = Create {
            deed: &pending.blob,
            mpk: PublicKey(pending.member_key),
            group_info: &pending.group_info,
            client_nonce: ClientNonce(client_nonce),
            sig: Signature(sig),
            pow: None,
            authority: &authority,
            place: &[],
        };
        self.ask(now, Asked::Create, Request::Create(create));
        Ok(())
    }

    pub(super) fn created(&mut self, now: Now, admission: &Admission) -> Result<(), Fault> {
        if let Some(session) = self.session.as_mut() {
            session.nonce = Some(admission.next_nonce);
        }
        let (seat, seq, met) = (admission.seat.0, admission.head_seq, self.met);
        Fault::unless_counted(seq)?;
        self.step(now, |step| {
            step.tx.clear_pending()?;
            step.keep_relay(met);
            step.record.phase = Phase::Member;
            step.record.seat = Some(seat);
            step.record.cursor = seq;
            step.note(&SystemLine::Created)
        })?;
        Ok(())
    }

    /// The room is there already: an earlier attempt whose answer was lost. Its key proves whether it is ours.
    pub(super) fn creation_was_known(&mut self, now: Now) -> Result<(), Fault> {
        self.step(now, |step| {
            step.tx.clear_pending()?;
            step.record.phase = Phase::Member;
            step.note(&SystemLine::Created)
        })?;
        // The challenge is used up; a new connection brings another.
        Err(Fault::Retry(LinkFault::Busy))
    }

    /// AUTH(J), LEASE, GINFO_GET, and the commit that lets this client in.
    pub(super) fn drive_join(&mut self, now: Now) -> Result<(), Fault> {
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        if !session.admitted {
            if session.nonce.is_some() && !session.waits_for(|asked| matches!(asked, Asked::Auth(..))) {
                let key = SigningKey::from_seed(&self.keys.access_key().expose_seed());
                self.authenticate(now, Role::Join, &key);
            }
            return Ok(());
        }
        if session.waits_for(|asked| matches!(asked, Asked::GroupInfo | Asked::Lease | Asked::Commit)) {
            return Ok(());
        }
        if let Lease::Held { until, .. } = session.lease
            && until <= now.steady
        {
            session.lease = Lease::None;
        }
        let (lease, read) = (session.lease, session.read.take());
        if let Some(pending) = self.store.read(|tx| tx.pending())? {
            if session_waits(self.session.as_ref(), now) {
                return Ok(());
            }
            return match read {
                // Its fate is unknown: the same bytes under the same name find out.
                None => {
                    self.send_commit(now, Lane::Join, &pending);
                    Ok(())
                }
                Some(read) => self.find_own_commit(now, &pending, read),
            };
        }
        match (lease, read) {
            (Lease::Held { head, .. }, Some(read)) => self.build_join(now, head, read),
            (Lease::Held { .. }, None) => {
                self.ask(now, Asked::GroupInfo, Request::GroupInfoGet(GroupInfoGet { before: None }));
                Ok(())
            }
            _ => {
                if let Some(session) = self.session.as_mut()
                    && session.lease_after <= now.steady
                {
                    session.lease = Lease::Asked;
                    self.ask(now, Asked::Lease, Request::Lease(Empty {}));
                }
                Ok(())
            }
        }
    }

    pub(super) fn read_group_info(&mut self, _now: Now, read: GroupInfos) -> Result<(), Fault> {
        if let Some(session) = self.session.as_mut() {
            session.read = Some(read);
        }
        Ok(())
    }

    /// Builds the commit on the newest GroupInfo that an outsider can trust.
    ///
    /// A GroupInfo that does not verify may be skipped only if the commits from there on are visibly garbage: join commits
    /// that do not open under the code's key. Nobody outside can judge the others, so there the join stops.
    fn build_join(&mut self, now: Now, head: Tag, read: GroupInfos) -> Result<(), Fault> {
        let damaged = Fault::Stop(LinkFault::StateDamaged);
        let Some(found) = read.group_info else { return Err(damaged) };
        let room_id = self.room_id();
        let skippable = |entry: &FetchedEntry| {
            let place = EnvelopePlace { lane: Lane::Join, room_id, base: found.tag };
            entry.lane == Lane::Join && envelope::open(self.keys.join_key(), &place, &entry.blob).is_err()
        };
        if !read.commits.iter().all(skippable) {
            return Err(damaged);
        }
        let place = EnvelopePlace { lane: Lane::GroupInfo, room_id, base: found.tag };
        let opened = envelope::open(self.keys.join_key(), &place, &found.blob);
        let group_info = match opened {
            Ok(frame) if frame.kind == FrameKind::GroupInfo => frame,
            _ => {
                let older = GroupInfoGet { before: Some(found.tag) };
                self.ask(now, Asked::GroupInfo, Request::GroupInfoGet(older));
                return Ok(());
            }
        };
        let rejoin = self.rejoining(now, &group_info.data)?;
        let (crypto, met) = (Arc::clone(&self.crypto), self.met);
        let built = self.step(now, |step| {
            let code = step.tx.secret(super::CODE)?.ok_or(StepError::NotNow)?;
            let code = code.as_slice().try_into().map_err(|_| StepError::NotNow)?;
            let code = Code::from_secret(conclave_crypto::purpose::RoomSecret::from_bytes(code));
            let passphrase = step.tx.secret(super::PASSPHRASE_KEY)?;
            let passphrase = passphrase.and_then(|key| key.as_slice().try_into().ok().map(Psk::from_bytes));
            let identity = Identity::new(&step.record.nick, super::CAPS).map_err(|_| StepError::NotNow)?;
            step.tx.clear_group_state(Place::Pending)?;
            let joining = Joining {
                code: &code,
                keys: step.keys,
                passphrase: passphrase.as_ref(),
                group_info: &group_info.data,
                base: found.tag,
                identity,
                minimum_rev: step.record.params_rev,
                rejoin: rejoin.as_ref(),
            };
            let joined = match crypto.join(&step.tx.group_state(Place::Pending), step.rng, joining) {
                Ok(joined) => joined,
                Err(error) => return Ok(Err(error)),
            };
            // Only a relay of this room has a GroupInfo that opens under the code's key.
            step.keep_relay(met);
            let member_key = joined.group.keys().member_auth.public();
            let blob = step.seal(Lane::Join, found.tag, FrameKind::Mls, &joined.commit)?;
            let tag = Tag(id::entry_tag(Lane::Join.number(), &blob, &member_key));
            let group_info = step.seal(Lane::GroupInfo, tag, FrameKind::GroupInfo, &joined.group_info)?;
            let pending = PendingRow {
                kind: PendingKind::Join,
                cid: rng::array(step.rng),
                head: head.0,
                base: found.tag.0,
                tag: tag.0,
                blob,
                group_info,
                member_key,
            };
            step.tx.set_pending(&pending)?;
            step.tx.set_secret(super::LEAF_KEY, joined.group.leaf_key().expose_seed().as_slice())?;
            Ok(Ok(pending))
        })?;
        match built {
            Ok(pending) => {
                self.send_commit(now, Lane::Join, &pending);
                Ok(())
            }
            Err(JoinError::GroupInfo) => {
                let older = GroupInfoGet { before: Some(found.tag) };
                self.ask(now, Asked::GroupInfo, Request::GroupInfoGet(older));
                Ok(())
            }
            Err(error) => Err(Fault::Stop(join_fault(&error))),
        }
    }

    /// The own leaf key, if this client takes its old place again (protocol 4.6.7).
    fn rejoining(&mut self, now: Now, group_info: &[u8]) -> Result<Option<SigningKey>, Fault> {
        if self.record.joined_seq == 0 && self.group.is_none() {
            return Ok(None);
        }
        let removed: Vec<PublicKey> =
            self.store.read(|tx| tx.removed_leaf_keys())?.into_iter().map(PublicKey).collect();
        if let Some(group) = self.group.as_ref()
            && !group.may_follow(group_info, &removed).unwrap_or(false)
        {
            // What the relay shows now is not to be followed without a person; the old place may still be good later. Whether
            // the others still know this member, their next word shows. A commit whose row went with `follow` goes, too, or it
            // would keep every message back.
            self.step(now, |step| {
                if step.group()?.has_pending_commit() {
                    step.with_group(|group, state, _| group.clear_pending(state))?;
                }
                step.record.phase = Phase::AwaitingConfirmation;
                step.changes.summary = true;
                Ok(())
            })?;
            return Err(Fault::Stop(LinkFault::StateDamaged));
        }
        let stored = self.store.read(|tx| tx.secret(super::LEAF_KEY))?;
        Ok(stored.and_then(|seed| seed.as_slice().try_into().ok().map(SigningKey::from_seed)))
    }

    /// Sends a stored commit, the first time or again.
    pub(super) fn send_commit(&mut self, now: Now, lane: Lane, pending: &PendingRow) {
        if let Some(session) = self.session.as_mut() {
            session.lease = Lease::Spent;
        }
        let commit = Commit {
            lane,
            head: Tag(pending.head),
            blob: &pending.blob,
            group_info: &pending.group_info,
            mpk: PublicKey(pending.member_key),
            cid: Cid(pending.cid),
            pow: None,
            place: &[],
        };
        self.ask(now, Asked::Commit, Request::Commit(commit));
    }

    /// The relay has the commit. A join is adopted now; a member's commit is merged when it comes in its place.
    pub(super) fn committed(&mut self, now: Now, seq: u64, tag: Tag) -> Result<(), Fault> {
        if self.record.phase != Phase::Joining {
            return Ok(());
        }
        Fault::unless_counted(seq)?;
        let crypto = Arc::clone(&self.crypto);
        let adopted = self.step(now, |step| {
            let Some(pending) = step.tx.pending()?.filter(|pending| pending.tag == tag.0) else {
                return Ok(false);
            };
            let again = step.record.joined_seq != 0 || step.group.is_some();
            step.tx.clear_pending()?;
            step.tx.adopt_group_state()?;
            let state = step.tx.group_state(Place::Current);
            let mut group = crypto.load(&state)?.ok_or(StepError::NotNow)?;
            group.adopt(&state, tag)?;
            step.record.params_rev = group.params().rev;
            drop(state);
            *step.group = Some(group);
            step.record.phase = Phase::AwaitingConfirmation;
            step.record.cursor = seq;
            step.record.head = pending.tag;
            step.record.joined_seq = seq;
            step.record.committed_at = step.now.unix;
            step.record.unopened = 0;
            step.changes.people = true;
            step.tx.delete_secret(super::CODE)?;
            step.note(if again { &SystemLine::Resynced } else { &SystemLine::YouJoined })?;
            step.greet()?;
            step.release_unsent()?;
            Ok(true)
        })?;
        if let Some(session) = self.session.as_mut() {
            session.lease = Lease::None;
        }
        if adopted { Ok(()) } else { Err(Fault::Retry(LinkFault::Misbehaved)) }
    }

    /// Another commit came first.
    pub(super) fn commit_refused(&mut self, now: Now) -> Result<(), Fault> {
        if let Some(session) = self.session.as_mut() {
            session.lease = Lease::None;
        }
        if self.record.phase == Phase::Joining {
            // Thrown away only once the log shows that it is not there (protocol 4.6.3).
            self.ask(now, Asked::GroupInfo, Request::GroupInfoGet(GroupInfoGet { before: None }));
        }
        Ok(())
    }

    /// Looks for the own commit among those since the base that it was built on.
    fn find_own_commit(&mut self, now: Now, pending: &PendingRow, read: GroupInfos) -> Result<(), Fault> {
        let tag_of = |entry: &FetchedEntry| {
            let key = entry.mpk?;
            Some(id::entry_tag(entry.lane.number(), &entry.blob, &key.0))
        };
        let own = Tag(pending.tag);
        if let Some(entry) = read.commits.iter().find(|entry| tag_of(entry) == Some(pending.tag)) {
            return self.committed(now, entry.seq, own);
        }
        if let Some(found) = &read.group_info {
            if found.tag == own {
                return self.committed(now, found.seq, own);
            }
            if found.tag != Tag(pending.base) {
                let older = GroupInfoGet { before: Some(found.tag) };
                self.ask(now, Asked::GroupInfo, Request::GroupInfoGet(older));
                return Ok(());
            }
        }
        self.step(now, |step| {
            step.tx.clear_pending()?;
            Ok(step.tx.clear_group_state(Place::Pending)?)
        })?;
        let wait = self.jitter(RACE_PAUSE, RACE_PAUSE_MAX);
        if let Some(session) = self.session.as_mut() {
            session.quiet_until = now.steady.saturating_add(wait);
        }
        Ok(())
    }

    /// This client cannot follow the room: it comes in again through the door, in place of its own leaf, at most three times
    /// in ten minutes (protocol 4.6.7).
    pub(super) fn follow(&mut self, now: Now) {
        if self.record.phase == Phase::Leaving {
            // Whoever is on the way out does not come in again.
            return;
        }
        let stopped = |machine: &mut Self| {
            machine.step(now, |step| {
                step.record.phase = Phase::Split;
                step.changes.summary = true;
                Ok(())
            })
        };
        let code = self.group.as_ref().map(|group| group.code().secret().to_bytes());
        let outcome = match code {
            Some(code) if self.timers.may_follow(now.steady) => self.step(now, |step| {
                step.tx.clear_pending()?;
                step.tx.set_secret(super::CODE, code.as_slice())?;
                step.record.phase = Phase::Joining;
                step.changes.summary = true;
                Ok(())
            }),
            _ => stopped(self),
        };
        if outcome.is_err() {
            self.link = super::machine::LinkState::Stopped { fault: LinkFault::Storage };
        }
    }
}

/// Whether somebody else holds the right to commit for a while.
fn session_waits(session: Option<&super::session::Session>, now: Now) -> bool {
    session.is_some_and(|session| session.lease_after > now.steady)
}

fn join_fault(error: &JoinError) -> LinkFault {
    match error {
        JoinError::GroupInfo | JoinError::NotThisRoom | JoinError::Stale | JoinError::Removed => {
            LinkFault::StateDamaged
        }
        JoinError::PassphraseNeeded | JoinError::NoPassphrase => LinkFault::Passphrase,
        JoinError::Full => LinkFault::RoomFull,
        JoinError::Version => LinkFault::OtherVersion,
        JoinError::Group(_) => LinkFault::Storage,
    }
}

/// After losing a race (protocol 4.6.3).
const RACE_PAUSE: Duration = Duration::from_millis(200);
const RACE_PAUSE_MAX: Duration = Duration::from_secs(2);
