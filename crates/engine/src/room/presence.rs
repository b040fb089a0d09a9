//! Who is here: own heartbeats, and those of others (protocol 4.12).

use std::{collections::BTreeMap, time::Duration};

use conclave_crypto::group::Member;
use conclave_proto::id::MemberId;
use conclave_store::{Phase, StoreError};

use super::{
    context::{Company, Context},
    step::StepError,
};

/// Who is here.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// When each member showed last that the app is connected, by the steady clock.
    seen: BTreeMap<MemberId, Duration>,
    /// The next look at who is away.
    look_at: Option<Duration>,
    /// The next heartbeat; none before the first connection was live.
    heartbeat_at: Option<Duration>,
    /// In which hour of unix time a heartbeat of each member was written down last.
    written_in: BTreeMap<MemberId, u64>,
}

impl Presence {
    /// A connection is live: the others are told soon.
    pub(super) fn went_live(&mut self, cx: &Context) {
        self.heartbeat_at.get_or_insert(cx.now.steady);
    }

    /// Looks who is away by now, and whether a heartbeat is due: `true` if one is to be sent.
    pub(super) fn drive(&mut self, cx: &mut Context) -> bool {
        let now = cx.now.steady;
        if self.look_at.is_some_and(|at| at <= now) {
            let before = self.seen.len();
            self.seen.retain(|_, at| now.saturating_sub(*at) < HERE);
            if self.seen.len() != before {
                cx.people_changed();
            }
            self.look_at = self.seen.values().min().map(|at| at.saturating_add(HERE));
        }
        if !cx.is_live() || self.heartbeat_at.is_none_or(|at| at > now) {
            return false;
        }
        let pause = cx.jitter(HEARTBEAT_MIN, HEARTBEAT_MAX);
        self.heartbeat_at = Some(now.saturating_add(pause));
        is_said(cx)
    }

    /// When [`Presence::drive`] has something to do.
    pub(super) fn wakes_at(&self, cx: &Context) -> Option<Duration> {
        let heartbeat = self.heartbeat_at.filter(|_| cx.is_live());
        [heartbeat, self.look_at].into_iter().flatten().min()
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
    pub(super) fn heartbeat(&mut self, cx: &mut Context, member: MemberId) -> Result<(), StepError> {
        self.heard(cx, member);
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
const HEARTBEAT_MIN: Duration = Duration::from_secs(40);
const HEARTBEAT_MAX: Duration = Duration::from_secs(80);
/// Two heartbeats may be lost.
const HERE: Duration = Duration::from_secs(180);
