//! Who is here: own heartbeats, and those of others (protocol 4.12).

use std::{collections::BTreeMap, time::Duration};

use conclave_crypto::group::Member;
use conclave_proto::id::MemberId;
use conclave_store::{Phase, StoreError};

use super::{
    context::{Company, Context},
    step::StepError,
};
use crate::snapshot::Presence as Known;

/// Who is here.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// When each member showed last that the app is connected, by the steady clock.
    seen: BTreeMap<MemberId, Duration>,
    /// The next look at who is away.
    look_at: Option<Duration>,
    /// The next heartbeat; none before the first connection was live.
    heartbeat_at: Option<Duration>,
    /// It asks the others to say so as well.
    asks: bool,
    /// For when the last answer to such a question was drawn.
    answered_at: Option<Duration>,
    /// Until when answers to that may come.
    answers_until: Option<Duration>,
    /// They have come: whoever was not heard is away.
    is_known: bool,
    /// In which hour of unix time a heartbeat of each member was written down last.
    written_in: BTreeMap<MemberId, u64>,
}

impl Presence {
    /// A connection is live: the others are told soon, and asked if nobody is known to be here.
    pub(super) fn went_live(&mut self, cx: &Context) {
        let now = cx.now.steady;
        if self.is_alone(cx) {
            self.heartbeat_at = Some(now);
            (self.asks, self.is_known) = (true, false);
            self.answers_until = Some(now.saturating_add(ANSWERS));
        }
        self.heartbeat_at.get_or_insert(now);
    }

    /// Somebody who has just come asks who is here. However often that is asked, it is answered no more often than [`PAUSE`] says.
    fn asked(&mut self, cx: &mut Context) {
        let now = cx.now.steady;
        if self.answered_at.is_some_and(|at| at > now) {
            return;
        }
        let soon = now.saturating_add(cx.jitter(Duration::ZERO, ANSWER_MAX));
        let answer = self.answered_at.map_or(soon, |at| soon.max(at.saturating_add(PAUSE)));
        self.answered_at = Some(answer);
        self.heartbeat_at = self.heartbeat_at.map(|at| at.min(answer));
    }

    /// Looks who is away by now, and whether a heartbeat is due: what it says, if one is to be sent.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Option<Vec<u8>> {
        let now = cx.now.steady;
        if self.answers_until.take_if(|until| *until <= now).is_some() {
            self.is_known = true;
            cx.people_changed();
        }
        if self.look_at.is_some_and(|at| at <= now) {
            let before = self.seen.len();
            self.seen.retain(|_, at| now.saturating_sub(*at) < HERE);
            if self.seen.len() != before {
                cx.people_changed();
            }
            self.look_at = self.seen.values().min().map(|at| at.saturating_add(HERE));
        }
        if !cx.is_live() || self.heartbeat_at.is_none_or(|at| at > now) {
            return None;
        }
        let pause = cx.jitter(HEARTBEAT_MIN, HEARTBEAT_MAX);
        self.heartbeat_at = Some(now.saturating_add(pause));
        let body = if std::mem::take(&mut self.asks) { ASKS.to_vec() } else { Vec::new() };
        Some(body).filter(|_| is_said(cx))
    }

    /// When [`Presence::drive`] has something to do.
    pub(super) fn wakes_at(&self, cx: &Context) -> Option<Duration> {
        let heartbeat = self.heartbeat_at.filter(|_| cx.is_live());
        [heartbeat, self.look_at, self.answers_until].into_iter().flatten().min()
    }

    /// A member's app is connected.
    pub(super) fn heard(&mut self, cx: &mut Context, member: MemberId) {
        let now = cx.now.steady;
        let before = self.seen.insert(member, now);
        let soonest = self.seen.values().min().copied().unwrap_or(now);
        self.look_at = Some(soonest.saturating_add(HERE));
        if before.is_none_or(|at| now.saturating_sub(at) > HERE) {
            cx.people_changed();
        }
    }

    /// A heartbeat came. That its sender was here is written down once an hour.
    ///
    /// # Errors
    /// What the database says; a full disk is not worth the connection, on which others can be heard, and the next heartbeat tries
    /// again.
    pub(super) fn heartbeat(&mut self, cx: &mut Context, member: MemberId, body: &[u8]) -> Result<(), StepError> {
        self.heard(cx, member);
        if body == ASKS {
            self.asked(cx);
        }
        let hour = cx.now.unix / 3600;
        if self.written_in.get(&member) == Some(&hour) {
            return Ok(());
        }
        match cx.step(|step| Ok(step.tx.heard(&member.0, step.now.unix.min(step.settled))?)) {
            Ok(()) => drop(self.written_in.insert(member, hour)),
            Err(StepError::Store(StoreError::DiskFull)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub(super) fn is_here(&self, cx: &Context, member: &MemberId) -> bool {
        self.seen.get(member).is_some_and(|at| cx.now.steady.saturating_sub(*at) < HERE)
    }

    /// Whether somebody's app is connected, as far as that can be told: the rules may hide it, a large room does not say it, without the
    /// link nothing is known, and a moment after it is there neither.
    pub(super) fn of(&self, cx: &Context, member: &Member) -> Known {
        match () {
            () if member.own => Known::Here,
            () if !is_said(cx) => Known::Unknown,
            () if self.is_here(cx, &member.id) => Known::Here,
            () if !self.is_known => Known::Unknown,
            () => Known::Away,
        }
    }

    /// Whether nobody else's app is connected.
    pub(super) fn is_alone(&self, cx: &Context) -> bool {
        self.seen.keys().all(|member| !self.is_here(cx, member))
    }

    /// What other parts know of it.
    pub(super) fn company(&self, cx: &Context) -> Company {
        let Some(group) = cx.group.as_ref() else { return Company::default() };
        let (own_leaf, own) = (group.own_leaf(), group.own().map(Member::seniority));
        let mut company = Company { is_greeter: true, seniors: 0 };
        for member in group.roster().iter().filter(|member| self.is_here(cx, &member.id)) {
            company.is_greeter &= member.leaf >= own_leaf;
            company.seniors =
                company.seniors.saturating_add(u32::from(own.is_some_and(|own| member.seniority() < own)));
        }
        company
    }
}

/// Whether the others are told that this person is here, and types: by the room's rules, and where they are not too many.
pub(super) fn is_said(cx: &Context) -> bool {
    let joined = matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation);
    let is_rule = cx.group.as_ref().is_some_and(|group| group.params().policy.presence);
    joined && is_rule && cx.is_live() && (2..=MEMBERS_MOST).contains(&cx.members())
}

/// Members of a room in which that is said.
const MEMBERS_MOST: usize = 64;
/// What a heartbeat says that asks the others for theirs.
const ASKS: &[u8] = &[1];
/// Not all answer at once.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// The least time between two answers.
const PAUSE: Duration = Duration::from_secs(20);
/// When all who are here have answered: who had answered somebody else just before waits first, and the relay takes its time.
const ANSWERS: Duration = Duration::from_secs(30);
const HEARTBEAT_MIN: Duration = Duration::from_secs(40);
const HEARTBEAT_MAX: Duration = Duration::from_secs(80);
/// Two heartbeats may be lost.
const HERE: Duration = Duration::from_secs(180);
