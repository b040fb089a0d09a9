//! What a room does by itself: showing that it is here, burning what is due, leaving.

use std::{collections::BTreeMap, time::Duration};

use conclave_crypto::envelope::{self, Place as EnvelopePlace};
use conclave_proto::{
    content::{Ephemeral, EphemeralType},
    frame::{ClientFrame, Ephemeral as EphemeralFrame, Publish, Request},
    id::{Cid, Lane, MemberId, Signature, Tag},
    limits,
    padding::FrameKind,
};
use conclave_seal::rng;
use conclave_store::{Phase, StoreError};

use super::{
    commit::Reason,
    expiry::PURGE_EVERY,
    machine::{Fault, LinkState, Machine},
    session::{Asked, Lease},
    step::StepError,
};
use crate::{clock::Now, event::Event, snapshot::LinkFault};

/// When the room does something by itself, on the steady clock.
#[derive(Debug)]
pub(crate) struct Timers {
    /// The next heartbeat.
    pub(super) heartbeat_at: Option<Duration>,
    /// The commit that is due for some reason.
    pub(super) commit: Option<(Reason, Duration)>,
    /// The next look at what has burned, unix seconds.
    pub(super) purge_at: Option<u64>,
    /// The next look at who is away.
    presence_at: Option<Duration>,
    /// When what was deleted is pressed out of the write-ahead log.
    checkpoint_at: Option<Duration>,
    /// When the file is written anew, because something burned.
    pub(super) rebuild_at: Option<Duration>,
    /// Before this it is not written anew again.
    pub(super) rebuilt: Option<Duration>,
    /// Counts ephemerals within a second.
    ephemerals: u64,
    /// The newest counter of every leaf in this epoch.
    counters: BTreeMap<u32, u64>,
    /// The epoch of `counters`.
    counted_in: Option<Tag>,
    /// In which hour of unix time a heartbeat of each member was written down last.
    heard_in: BTreeMap<MemberId, u64>,
}

impl Timers {
    pub(super) fn new() -> Self {
        Self {
            heartbeat_at: None,
            commit: None,
            purge_at: Some(0),
            presence_at: None,
            checkpoint_at: None,
            rebuild_at: None,
            rebuilt: None,
            ephemerals: 0,
            counters: BTreeMap::new(),
            heard_in: BTreeMap::new(),
            counted_in: None,
        }
    }
}

/// A leave that is under way (protocol 4.6.5).
#[derive(Debug)]
pub(crate) struct Departure {
    deadline: Duration,
    /// The own removal.
    proposal: Option<Proposal>,
    /// It was handed over on this connection.
    is_sent: bool,
    /// The relay keeps it.
    pub(super) is_kept: bool,
    /// `Some(true)` once the others carried it out, `Some(false)` if the time ran out.
    pub(super) told: Option<bool>,
}

impl Departure {
    pub(super) fn new(now: Duration) -> Self {
        Self { deadline: now.saturating_add(DEPARTURE), proposal: None, is_sent: false, is_kept: false, told: None }
    }

    /// The connection ended: whether the proposal arrived is not known.
    pub(super) fn repropose(&mut self) {
        (self.is_sent, self.is_kept) = (false, false);
    }
}

/// The removal of the own leaf as it was sealed in one epoch. It is sent again as it is: whoever stands on another branch can open
/// none of them, and several in a row look as if the relay showed different rooms.
#[derive(Debug)]
struct Proposal {
    base: Tag,
    cid: [u8; 16],
    blob: Vec<u8>,
}

impl Machine {
    /// Does what is due.
    pub(super) fn upkeep(&mut self, now: Now) -> Result<(), Fault> {
        if let Some(departure) = self.departure.as_mut()
            && departure.told.is_none()
            && departure.deadline <= now.steady
        {
            departure.told = Some(false);
        }
        // A clock that was set back must not put burning off.
        if self.timers.purge_at.is_none_or(|at| at <= now.unix || at > now.unix.saturating_add(PURGE_EVERY)) {
            self.purge(now)?;
        }
        if let LinkState::Dialling { since } = self.link
            && since.saturating_add(super::machine::GREETING_TIMEOUT) <= now.steady
        {
            return Err(Fault::Retry(LinkFault::Unreachable));
        }
        let silent = self.session.as_ref().and_then(super::session::Session::patience_ends);
        if silent.is_some_and(|end| end <= now.steady) {
            return Err(Fault::Retry(LinkFault::Unreachable));
        }
        if self.timers.checkpoint_at.is_some_and(|at| at <= now.steady) {
            self.timers.checkpoint_at = None;
            self.store.checkpoint()?;
        }
        self.rebuild(now)?;
        if self.timers.presence_at.is_some_and(|at| at <= now.steady) {
            self.look_who_is_here(now);
        }
        let live = self.session.as_ref().is_some_and(|session| session.live);
        if live && self.timers.heartbeat_at.is_some_and(|at| at <= now.steady) {
            self.heartbeat(now)?;
        }
        Ok(())
    }

    /// When [`Machine::upkeep`] has something to do.
    pub(super) fn upkeep_due(&self) -> Option<Duration> {
        let session = self.session.as_ref();
        let live = session.is_some_and(|session| session.live);
        let heartbeat = self.timers.heartbeat_at.filter(|_| live);
        let quiet = session.map(|session| session.quiet_until).filter(|until| !until.is_zero());
        let lease = session.filter(|session| session.lease == Lease::None).map(|session| session.lease_after);
        let commit = self.timers.commit.filter(|_| live).map(|(_, at)| at.max(quiet.unwrap_or_default()));
        let commit = commit.filter(|at| *at > self.told_at);
        let joining = lease.filter(|after| self.record.phase == Phase::Joining && *after > self.told_at);
        let departure = self.departure.as_ref().filter(|departure| departure.told.is_none());
        let deadline = departure.map(|departure| departure.deadline);
        [
            heartbeat,
            commit,
            joining,
            quiet,
            self.timers.presence_at,
            self.timers.checkpoint_at,
            self.timers.rebuild_at,
            deadline,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When the next line burns, unix seconds.
    pub(crate) fn burns_at(&self) -> Option<u64> {
        self.timers.purge_at
    }

    /// Something was written: used keys and deleted texts are in old pages of the write-ahead log now (invariant I6).
    pub(super) fn checkpoint_soon(&mut self, now: Now) {
        self.timers.checkpoint_at.get_or_insert(now.steady.saturating_add(CHECKPOINT_AFTER));
    }

    /// A new line may burn earlier than what was known.
    pub(super) fn burn_sooner(&mut self, at: u64) {
        self.timers.purge_at = Some(self.timers.purge_at.map_or(at, |known| known.min(at)));
    }

    // Presence

    /// Tells the others that this app is connected (protocol 4.12). Off in rooms above 64.
    fn heartbeat(&mut self, now: Now) -> Result<(), Fault> {
        let next = self.jitter(HEARTBEAT_MIN, HEARTBEAT_MAX);
        self.timers.heartbeat_at = Some(now.steady.saturating_add(next));
        let joined = matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        let Some(group) = self.group.as_ref().filter(|group| joined && (2..=64).contains(&group.roster().len())) else {
            return Ok(());
        };
        self.timers.ephemerals = self.timers.ephemerals.wrapping_add(1) & 0xffff;
        let time = self.relay_time(now);
        let mut ephemeral = Ephemeral {
            leaf: group.own_leaf(),
            ctr: (u64::from(time) << 16) | self.timers.ephemerals,
            ts: time,
            kind: EphemeralType::Online.number(),
            body: Vec::new(),
            sig: Signature([0; 64]),
        };
        ephemeral.sig = group.sign_ephemeral(&ephemeral.signed_part(&group.base()));
        let place = EnvelopePlace { lane: Lane::Ephemeral, room_id: self.room_id(), base: group.base() };
        let key = &group.keys().ephemeral;
        let sealed = envelope::seal(self.rng.as_mut(), key, &place, FrameKind::Ephemeral, &ephemeral.encode());
        let blob = sealed.map_err(|_| StepError::NotNow)?;
        let rid = super::session::UNANSWERED;
        let frame = ClientFrame { rid, body: Request::Ephemeral(EphemeralFrame { blob: &blob }) }.encode();
        self.send(frame);
        Ok(())
    }

    /// The relay's clock, which all in the room share, whatever their own ones say; unix seconds. A relay that lies about it keeps people
    /// from seeing who is here, which it can do anyway.
    fn relay_time(&self, now: Now) -> u32 {
        let time = match self.session.as_ref().map(|session| session.relay_time) {
            Some((greeted, at)) => greeted.saturating_add(now.steady.saturating_sub(at).as_secs()),
            None => now.unix,
        };
        u32::try_from(time).unwrap_or(u32::MAX)
    }

    /// Somebody's ephemeral. What does not verify is dropped without a word: it may belong to an epoch that just ended.
    pub(super) fn ephemeral(&mut self, now: Now, blob: &[u8]) {
        let Some(group) = self.group.as_ref() else { return };
        let base = group.base();
        let place = EnvelopePlace { lane: Lane::Ephemeral, room_id: self.room_id(), base };
        let Ok(frame) = envelope::open(&group.keys().ephemeral, &place, blob) else { return };
        let Ok(ephemeral) = Ephemeral::decode(&frame.data) else { return };
        if frame.kind != FrameKind::Ephemeral || ephemeral.ts.abs_diff(self.relay_time(now)) > EPHEMERAL_AGE {
            return;
        }
        let signed = ephemeral.signed_part(&base);
        if group.verify_ephemeral(ephemeral.leaf, &signed, &ephemeral.sig).is_err() {
            return;
        }
        let Some(sender) = group.roster().iter().find(|member| member.leaf == ephemeral.leaf && !member.own) else {
            return;
        };
        let sender = sender.id;
        if self.timers.counted_in != Some(base) {
            self.timers.counters.clear();
            self.timers.counted_in = Some(base);
        }
        let newest = self.timers.counters.entry(ephemeral.leaf).or_insert(0);
        if ephemeral.ctr <= *newest {
            return;
        }
        *newest = ephemeral.ctr;
        if self.record.phase == Phase::AwaitingConfirmation {
            // Whoever seals for this epoch has processed the join. Those who were away when it came do not answer with a
            // HELLO, and the newcomer would wait until somebody writes.
            let confirmed = self.step(now, |step| {
                step.confirm();
                Ok(())
            });
            if let Err(error) = confirmed {
                self.lose(now, Fault::Step(error));
                return;
            }
        }
        if EphemeralType::from_number(ephemeral.kind) != Some(EphemeralType::Online) {
            return;
        }
        self.heard(now, sender);
        let hour = now.unix / 3600;
        if self.timers.heard_in.get(&sender) == Some(&hour) {
            return;
        }
        match self.step(now, |step| Ok(step.tx.heard(&sender.0, step.now.unix.min(step.settled))?)) {
            Ok(()) => drop(self.timers.heard_in.insert(sender, hour)),
            // Not worth the connection, on which others can be heard: the next heartbeat tries again.
            Err(StepError::Store(StoreError::DiskFull)) => {}
            Err(error) => self.lose(now, Fault::Step(error)),
        }
    }

    /// Somebody's app is connected.
    pub(super) fn heard(&mut self, now: Now, member: MemberId) {
        let before = self.presence.insert(member, now.steady);
        let away = before.is_none_or(|at| now.steady.saturating_sub(at) > HERE);
        let soonest = self.presence.values().min().copied().unwrap_or(now.steady);
        self.timers.presence_at = Some(soonest.saturating_add(HERE));
        if away {
            self.emit(Event::PeopleChanged { room: self.handle.clone() });
        }
    }

    fn look_who_is_here(&mut self, now: Now) {
        let before = self.presence.len();
        self.presence.retain(|_, at| now.steady.saturating_sub(*at) < HERE);
        if self.presence.len() != before {
            self.emit(Event::PeopleChanged { room: self.handle.clone() });
        }
        self.timers.presence_at = self.presence.values().min().map(|at| at.saturating_add(HERE));
    }

    pub(super) fn is_here(&self, now: Duration, member: &MemberId) -> bool {
        self.presence.get(member).is_some_and(|at| now.saturating_sub(*at) < HERE)
    }

    /// Whether nobody else's app is connected, as far as heartbeats tell.
    pub(super) fn is_alone(&self, now: Now) -> bool {
        self.presence.keys().all(|member| !self.is_here(now.steady, member))
    }

    /// Whether no member at a lower leaf is here: that one answers newcomers.
    pub(super) fn is_greeter(&self, now: Now) -> bool {
        let Some(group) = self.group.as_ref() else { return false };
        let own = group.own_leaf();
        group.roster().iter().all(|member| member.leaf >= own || !self.is_here(now.steady, &member.id))
    }

    // Leaving

    /// Asks the others to carry out the own removal; again after each change of epoch, until the time runs out.
    pub(super) fn drive_departure(&mut self, now: Now) -> Result<(), Fault> {
        let (Some(departure), Some(group)) = (self.departure.as_mut(), self.group.as_ref()) else { return Ok(()) };
        if departure.told.is_some() {
            return Ok(());
        }
        if group.roster().len() < 2 {
            departure.told = Some(true);
            return Ok(());
        }
        let base = group.base();
        let busy = group.has_pending_commit()
            || self.record.old_copy.is_some()
            || self.session.as_ref().is_none_or(|session| session.waits_for(|asked| *asked == Asked::Leave));
        let known = departure.proposal.take_if(|proposal| proposal.base == base);
        if busy || (known.is_some() && departure.is_sent) {
            departure.proposal = known;
            return Ok(());
        }
        let proposal = match known {
            Some(proposal) => proposal,
            None => {
                let blob = self.step(now, |step| {
                    let proposal = step.with_group(|group, state, rng| group.propose_leave(state, rng))?;
                    step.seal(Lane::Application, base, FrameKind::Mls, &proposal)
                })?;
                Proposal { base, cid: rng::array(self.rng.as_mut()), blob }
            }
        };
        let publish = Publish {
            head: Tag(self.record.head),
            blob: &proposal.blob,
            ttl: u32::try_from(limits::RETENTION.as_secs()).unwrap_or(u32::MAX),
            cid: Cid(proposal.cid),
            del_hash: None,
            replaces: None,
        };
        self.ask(now, Asked::Leave, Request::Publish(publish));
        if let Some(departure) = self.departure.as_mut() {
            (departure.proposal, departure.is_sent, departure.is_kept) = (Some(proposal), true, false);
        }
        Ok(())
    }

    pub(super) fn departure_kept(&mut self) {
        if let Some(departure) = self.departure.as_mut() {
            departure.is_kept = true;
        }
    }

    pub(super) fn departure_refused(&mut self) -> Result<(), Fault> {
        if let Some(departure) = self.departure.as_mut() {
            departure.repropose();
        }
        // The commit in between is on its way; a refusal of the same epoch is answered by a fresh proposal on a fresh
        // connection, because the relay waits for the refused one.
        Err(Fault::Retry(LinkFault::Busy))
    }

    /// The room goes on without this member.
    pub(super) fn own_removed(&mut self, now: Now) {
        if let Some(departure) = self.departure.as_mut() {
            departure.told = Some(true);
        }
        self.lose(now, Fault::Stop(LinkFault::Refused));
    }
}

/// After a change, deleted keys and texts leave the write-ahead log within this time.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(5);
const HEARTBEAT_MIN: Duration = Duration::from_secs(40);
const HEARTBEAT_MAX: Duration = Duration::from_secs(80);
/// Two heartbeats may be lost.
const HERE: Duration = Duration::from_secs(180);
const EPHEMERAL_AGE: u32 = 300;
const DEPARTURE: Duration = Duration::from_secs(10);
