//! Commits of members (protocol 4.6.4): repairing a doubt, carrying out leaves, renewing keys. One at a time, made from the
//! newest state, and merged when it comes in its place in the log.

use std::time::Duration;

use conclave_crypto::{
    fork_choice::{self, Choice},
    group::Change,
};
use conclave_proto::{
    id::{Lane, Tag},
    padding::FrameKind,
};
use conclave_seal::{id, rng};
use conclave_store::{PendingKind, PendingRow, Phase};

use super::{
    branch::{self, Circumstances, Fork},
    machine::{Fault, Machine},
    old_copy::GIVEN_UP,
    session::Asked,
    step::StepError,
};
use crate::{clock::Now, snapshot::LinkFault};

/// Why a commit is due, or this client rejoins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reason {
    /// It is made already.
    Made,
    /// Others asked to leave.
    Leave,
    /// The newest commit is not the own base.
    Repair,
    /// The own keys are old.
    Renew,
    /// The own keys are those of an older copy, and may have been used.
    OldCopy,
    /// Somebody senior leads another branch.
    Follow,
    /// A person must be asked.
    Ask,
}

impl Machine {
    /// Commits, or goes over to another branch, when there is a reason and its time has come. No lease is asked for: those are
    /// for newcomers, and whoever holds one keeps no member from committing (protocol 4.7).
    pub(super) fn drive_commit(&mut self, now: Now) -> Result<(), Fault> {
        let Some(reason) = self.commit_reason(now)? else {
            self.timers.commit = None;
            return Ok(());
        };
        let due = match self.timers.commit {
            Some((known, at)) if known == reason => at,
            _ => now.steady.saturating_add(self.delay(now, reason)),
        };
        // A person who writes does not wait for a repair, or for new keys, and one who stays not even for the pause between two.
        let stays = reason == Reason::Repair && self.doubt.stays();
        let is_hurried = matches!(reason, Reason::Repair | Reason::OldCopy);
        let due = if stays || is_hurried && self.is_writing()? { now.steady } else { due };
        let by_itself = !stays && matches!(reason, Reason::Repair | Reason::Follow);
        let due = if by_itself { due.max(self.doubt.paused_until()) } else { due };
        self.timers.commit = Some((reason, due));
        if due > now.steady {
            return Ok(());
        }
        match reason {
            Reason::Follow | Reason::Ask => {
                self.timers.commit = None;
                self.go_to_the_door(now)
            }
            Reason::Made | Reason::Leave | Reason::Repair | Reason::Renew | Reason::OldCopy => {
                self.make_commit(now, reason)
            }
        }
    }

    /// Whether the newest commit of the relay is another one than the own base.
    pub(super) fn in_doubt(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.base().0 != self.record.head)
    }

    /// What to do about the newest commit.
    pub(super) fn choice(&mut self) -> Result<Choice, StepError> {
        let Some(group) = self.group.as_ref().filter(|group| group.base().0 != self.record.head) else {
            return Ok(Choice::Settled);
        };
        let fork = self.store.read(Fork::read)?;
        let doubt = &self.doubt;
        let confirmed = self.record.phase != Phase::AwaitingConfirmation;
        let (head, tree) = (Tag(self.record.head), |tag| doubt.tree(tag));
        let now = Circumstances { was_live: doubt.was_live(), confirmed, refused: doubt.refused() };
        let choice = fork.ask(group.as_ref(), head, now, tree, fork_choice::choose);
        // Without anything to ask about, the others have to say again where they are.
        Ok(match choice {
            Choice::Ask(tag) if doubt.was_in_vain() && doubt.tree(tag).is_some() => Choice::Repair,
            // A repair would end the doubt on this side, and the question with it.
            Choice::Repair => doubt.question().map_or(Choice::Repair, |(tag, _)| Choice::Ask(*tag)),
            choice => choice,
        })
    }

    /// Why a commit is needed.
    fn commit_reason(&mut self, now: Now) -> Result<Option<Reason>, Fault> {
        let Some(group) = self.group.as_ref() else { return Ok(None) };
        // Who leaves from an older copy asks for that under new keys as well.
        let leaves = self.record.phase == Phase::Leaving && self.record.old_copy.is_some();
        if !leaves && !matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation) {
            return Ok(None);
        }
        let (made, members, own) = (group.has_pending_commit(), group.roster().len(), group.own_leaf());
        let leaving = group.leaving().iter().any(|leaf| *leaf != own);
        match self.choice()? {
            Choice::Read(_) | Choice::Follow(_) => return Ok(Some(Reason::Follow)),
            Choice::Ask(tag) if self.doubt.tree(tag).is_none() => return Ok(Some(Reason::Ask)),
            Choice::Ask(_) => return Ok(None),
            Choice::Settled | Choice::Repair if made => return Ok(Some(Reason::Made)),
            Choice::Repair => return Ok(Some(Reason::Repair)),
            Choice::Settled => {}
        }
        let members = u64::try_from(members).unwrap_or(u64::MAX);
        let max_age = members.saturating_mul(UPDATE_AGE_PER_MEMBER).max(UPDATE_AGE);
        let age = now.unix.saturating_sub(self.record.committed_at);
        Ok(match () {
            () if self.record.old_copy.is_some() => Some(Reason::OldCopy),
            () if leaving => Some(Reason::Leave),
            () if members < 2 => None,
            () => (age > max_age || self.record.sent_since >= UPDATE_MESSAGES).then_some(Reason::Renew),
        })
    }

    /// How long to wait for somebody else to do it. Seniors go first: theirs is the branch that the others follow.
    fn delay(&mut self, now: Now, reason: Reason) -> Duration {
        let (from, to) = match reason {
            Reason::Made | Reason::Ask => return Duration::ZERO,
            // All of them crash in one power cut, and each commit that comes second is uploaded in vain.
            Reason::OldCopy => (Duration::ZERO, OLD_COPY_TURN.saturating_mul(self.members())),
            // A join in between would drop the proposal, and who leaves may be gone by then.
            Reason::Leave if self.is_greeter(now) => LEAVE_DELAY_FIRST,
            Reason::Leave => LEAVE_DELAY,
            Reason::Renew => UPDATE_DELAY,
            Reason::Repair => {
                let turn = REPAIR_TURN.saturating_mul(self.seniors_here(now).saturating_add(1));
                (turn, turn.saturating_add(REPAIR_TURN))
            }
            Reason::Follow => {
                let turn = FOLLOW_TURN.saturating_mul(self.seniors_here(now));
                (turn, turn.saturating_add(FOLLOW_TURN))
            }
        };
        self.jitter(from, to)
    }

    /// How many leaves the group has.
    fn members(&self) -> u32 {
        self.group.as_ref().map_or(0, |group| u32::try_from(group.roster().len()).unwrap_or(u32::MAX))
    }

    /// How many members who are connected now are senior to this one.
    fn seniors_here(&self, now: Now) -> u32 {
        let Some(group) = self.group.as_ref() else { return 0 };
        let Some(own) = group.own().map(conclave_crypto::group::Member::seniority) else { return 0 };
        let seniors = group.roster().iter().filter(|member| member.seniority() < own);
        u32::try_from(seniors.filter(|member| self.is_here(now.steady, &member.id)).count()).unwrap_or(u32::MAX)
    }

    fn is_writing(&mut self) -> Result<bool, Fault> {
        Ok(self.store.read(|tx| tx.outgoing_after(0, 1))?.iter().any(|outgoing| outgoing.item.is_some()))
    }

    /// Builds the commit, or takes the one that was built before, and sends it on top of the newest commit.
    fn make_commit(&mut self, now: Now, reason: Reason) -> Result<(), Fault> {
        let head = Tag(self.record.head);
        let is_sent = |session: &super::session::Session| {
            session.commit_sent == Some(head) || session.waits_for(|asked| *asked == Asked::Commit)
        };
        if self.session.as_ref().is_none_or(is_sent) {
            return Ok(());
        }
        let pending = self.step(now, |step| {
            if let Some(pending) = step.tx.pending()?.filter(|pending| pending.kind == PendingKind::Commit) {
                let pending = PendingRow { head: head.0, ..pending };
                step.tx.set_pending(&pending)?;
                return Ok(pending);
            }
            // A rejoin whose answer never came, and that the log does not have.
            step.tx.give_up_pending(GIVEN_UP)?;
            let base = step.base()?;
            let commit = step.with_group(|group, state, rng| group.commit(state, rng, Change::Update))?;
            let blob = step.seal(Lane::Commit, base, FrameKind::Mls, &commit.commit)?;
            let tag = Tag(id::entry_tag(Lane::Commit.number(), &blob, &commit.member_auth_key.0));
            let group_info = step.seal(Lane::GroupInfo, tag, FrameKind::GroupInfo, &commit.group_info)?;
            let bases = step.branch_bases()?;
            let leaf_key = step.group.as_ref().ok_or(StepError::NotNow)?.leaf_key();
            let place = branch::seal_place(step.rng, step.keys, leaf_key, tag, &bases, &commit.group_info, None)?;
            let pending = PendingRow {
                kind: PendingKind::Commit,
                cid: rng::array(step.rng),
                head: head.0,
                base: base.0,
                tag: tag.0,
                blob,
                group_info,
                place,
                member_key: commit.member_auth_key.0,
            };
            step.tx.set_pending(&pending)?;
            Ok(pending)
        })?;
        self.timers.commit = None;
        if reason == Reason::Repair {
            self.doubt.acts(now.steady);
        }
        if let Some(session) = self.session.as_mut() {
            session.commit_sent = Some(head);
        }
        self.send_commit(now, Lane::Commit, &pending);
        Ok(())
    }

    /// The relay refused an own commit because of another one: that is on its way, and this one is sent again behind it.
    pub(super) fn commit_overtaken(&mut self, now: Now, head: Option<Tag>, seq: Option<u64>) -> Result<(), Fault> {
        let (Some(head), Some(seq)) = (head, seq) else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
        let sent = self.session.as_ref().and_then(|session| session.commit_sent);
        match () {
            () if seq > self.record.cursor => Ok(()),
            () if head.0 != self.record.head => self.head_set_back(now, head),
            // Processed while the refusal was on its way.
            () if sent != Some(head) => Ok(()),
            () => Err(Fault::Retry(LinkFault::Misbehaved)),
        }
    }

    /// The relay's head is an earlier one. The owner may throw garbage commits out (SETHEAD), and then every one after the base
    /// was skipped here, too.
    pub(super) fn head_set_back(&mut self, now: Now, head: Tag) -> Result<(), Fault> {
        if self.group.as_ref().map(|group| group.base()) != Some(head) {
            return Err(Fault::Retry(LinkFault::Misbehaved));
        }
        self.step(now, |step| {
            step.record.head = head.0;
            Ok(())
        })?;
        self.observe_doubt(now, true)
    }
}

/// Of the member at the lowest leaf that is here.
const LEAVE_DELAY_FIRST: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(400));
const LEAVE_DELAY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// For each member. A commit with its GroupInfo is uploaded in less.
const OLD_COPY_TURN: Duration = Duration::from_millis(250);
const REPAIR_TURN: Duration = Duration::from_secs(2);
const FOLLOW_TURN: Duration = Duration::from_millis(500);
const UPDATE_DELAY: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(600));
const UPDATE_AGE: u64 = 24 * 3600;
const UPDATE_AGE_PER_MEMBER: u64 = 15 * 60;
const UPDATE_MESSAGES: u32 = 200;
