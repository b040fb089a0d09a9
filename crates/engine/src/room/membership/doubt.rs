//! Doubt: the newest commit of the relay is not the one that the group stands on (protocol 4.6.7). What this client remembers
//! while it lasts, and how often it acts by itself. Nothing of it outlives the process.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use conclave_crypto::fork_choice::Seniority;
use conclave_proto::id::Tag;
use conclave_store::Phase;

use super::super::fault::Lost;
use crate::snapshot::Reorganised;

/// The doubt of a room.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// Whether this client was live when the doubt began; none while there is none.
    began: Option<bool>,
    /// The trees of branches whose GroupInfo was asked for; empty if nobody has it any more.
    trees: BTreeMap<Tag, Vec<Seniority>>,
    /// What a person is asked.
    question: Option<(Tag, Reorganised)>,
    /// The branch that a person agreed to.
    consent: Option<Tag>,
    /// The branches that a person refused. A repair ends the doubt, so only this process has to know them; if it ends before
    /// the repair went out, the question comes back.
    refused: Vec<Tag>,
    /// A person said no, and the repair that carries it out was not sent yet.
    stays: bool,
    /// A person was to be asked, and nobody has a GroupInfo to ask about.
    in_vain: bool,
    /// This client could not read on in the log, so there is no doubt that it could repair.
    lost: Option<Lost>,
    /// What it was before it went to the door.
    came_from: Option<Phase>,
    /// How often it went there although nobody had ever confirmed it.
    unconfirmed: u8,
    /// The base at which it rejoined because the relay did not know it.
    rejoined_at: Option<Tag>,
    /// It tried to rejoin since.
    tried: bool,
    pauses: Pauses,
    /// When doubts began lately.
    disturbances: VecDeque<Duration>,
}

impl Doubt {
    /// Takes note of whether there is a doubt, after an entry was processed while this client was live, or not. `true` if the
    /// timeline is to say that somebody disturbs the room.
    pub(super) fn observe(&mut self, now: Duration, in_doubt: bool, live: bool) -> bool {
        if !in_doubt {
            self.settle(now);
            return false;
        }
        if self.began.is_some() {
            return false;
        }
        self.began = Some(live);
        self.disturbances.retain(|at| now.saturating_sub(*at) < QUIET);
        self.disturbances.push_back(now);
        let said = self.disturbances.len() == DISTURBED;
        if self.disturbances.len() > DISTURBED {
            self.disturbances.pop_front();
        }
        said
    }

    /// The doubt is over, or the group is another one.
    pub(super) fn settle(&mut self, now: Duration) {
        self.began = None;
        self.trees.clear();
        self.question = None;
        self.consent = None;
        self.refused.clear();
        self.stays = false;
        self.in_vain = false;
        self.pauses.relax(now);
    }

    /// Whether this client was connected and up to date when the doubt began.
    pub(super) fn was_live(&self) -> bool {
        self.began == Some(true)
    }

    /// The tree of a branch, if its GroupInfo was asked for.
    pub(super) fn tree(&self, tag: Tag) -> Option<Vec<Seniority>> {
        self.trees.get(&tag).cloned()
    }

    /// Keeps the tree of a branch; empty if there is no GroupInfo of it.
    pub(super) fn set_tree(&mut self, tag: Tag, tree: Vec<Seniority>) {
        self.trees.insert(tag, tree);
    }

    /// Whether a person is asked about some branch.
    pub(super) const fn question(&self) -> Option<&(Tag, Reorganised)> {
        self.question.as_ref()
    }

    /// Asks a person; `true` if that is news.
    pub(super) fn ask(&mut self, tag: Tag, question: Reorganised) -> bool {
        let news = self.question.as_ref().is_none_or(|(known, _)| *known != tag);
        self.question = Some((tag, question));
        news
    }

    /// A person agrees to rejoin, once, at the branch that was shown.
    pub(super) fn agree(&mut self, branch: &str) -> bool {
        self.consent = self.question.as_ref().filter(|(_, question)| question.branch == branch).map(|(tag, _)| *tag);
        self.consent.is_some()
    }

    /// A person refuses to rejoin at the branch that was shown, and stays. Whatever else was read is read again before anybody
    /// is asked about it.
    pub(super) fn refuse(&mut self, branch: &str) -> bool {
        let Some((tag, _)) = self.question.take_if(|(_, question)| question.branch == branch) else { return false };
        self.refused.push(tag);
        self.trees.clear();
        self.consent = None;
        self.stays = true;
        true
    }

    /// The branches that a person refused.
    pub(super) fn refused(&self) -> &[Tag] {
        &self.refused
    }

    /// Whether a person waits for a repair.
    pub(super) const fn stays(&self) -> bool {
        self.stays
    }

    /// The branch that a person agreed to.
    pub(super) const fn consent(&self) -> Option<Tag> {
        self.consent
    }

    /// The agreement was used, or what was agreed to is there no more.
    pub(super) fn take_consent(&mut self) -> Option<Tag> {
        self.question = None;
        self.consent.take()
    }

    /// This client went to the door, being this before.
    pub(super) fn came_from(&mut self, phase: Phase) {
        let unconfirmed = phase == Phase::AwaitingConfirmation;
        self.unconfirmed = if unconfirmed { self.unconfirmed.saturating_add(1) } else { 0 };
        self.came_from = Some(phase);
        self.tried = false;
    }

    /// This client rejoins by itself. If somebody else was faster it tries again, which is no act of its own. `None` if it may now,
    /// or else when it may.
    pub(super) fn tries(&mut self, now: Duration) -> Option<Duration> {
        if self.tried {
            return None;
        }
        if self.pauses.until > now {
            return Some(self.pauses.until);
        }
        self.tried = true;
        self.pauses.acts(now);
        None
    }

    /// The door was of no use: what this client is again. After a restart in between, nobody knows whether the others had
    /// confirmed it.
    pub(super) fn turn_back(&mut self) -> Phase {
        self.in_vain = self.question.is_none();
        self.came_from.take().unwrap_or(Phase::AwaitingConfirmation)
    }

    /// Whether nobody had confirmed this client when it went to the door.
    pub(super) fn came_unconfirmed(&self) -> bool {
        self.came_from == Some(Phase::AwaitingConfirmation)
    }

    /// Whether it came in again and again, and nobody who was there takes that for a join.
    pub(super) const fn is_never_confirmed(&self) -> bool {
        self.unconfirmed >= UNCONFIRMED
    }

    /// Whether it was of no use, not even for a question.
    pub(super) const fn was_in_vain(&self) -> bool {
        self.in_vain
    }

    /// This client cannot read on in the log. Where its group failed, there is no base any more at which it could stay.
    pub(super) fn lose_the_way(&mut self, how: Lost) {
        self.lost = Some(how);
        if how == Lost::Group {
            self.refused.clear();
        }
        self.stays = false;
    }

    /// Whether it cannot.
    pub(super) const fn lost_the_way(&self) -> bool {
        self.lost.is_some()
    }

    /// Why it cannot.
    pub(super) const fn lost(&self) -> Option<Lost> {
        self.lost
    }

    /// This client reads on in the log.
    pub(super) fn find_the_way(&mut self) {
        self.lost = None;
    }

    /// This client rejoins at its own base; `false` if it did already, and that rejoin is what the relay pretends not to know.
    pub(super) fn rejoins_at(&mut self, base: Tag, parent: Option<Tag>) -> bool {
        let again = parent.is_some() && self.rejoined_at == parent;
        self.rejoined_at = if again { self.rejoined_at } else { Some(base) };
        !again
    }

    /// This client came in again.
    pub(super) fn come_in(&mut self) {
        self.find_the_way();
        self.came_from = None;
    }

    /// Until when this client does not act by itself.
    pub(super) const fn paused_until(&self) -> Duration {
        self.pauses.until
    }

    /// This client acts by itself.
    pub(super) fn acts(&mut self, now: Duration) {
        self.stays = false;
        self.pauses.acts(now);
    }
}

/// Pauses between automatic repairs and rejoins: ten seconds, doubling to five minutes, until ten quiet minutes. So whoever
/// disturbs a room again and again sets the pace of nobody, and nobody ever stops for good.
#[derive(Debug, Default)]
struct Pauses {
    next: Duration,
    until: Duration,
    acted: Option<Duration>,
}

impl Pauses {
    fn acts(&mut self, now: Duration) {
        self.relax(now);
        let pause = self.next.max(PAUSE);
        self.until = now.saturating_add(pause);
        self.next = pause.saturating_mul(2).min(PAUSE_MAX);
        self.acted = Some(now);
    }

    fn relax(&mut self, now: Duration) {
        if self.acted.is_some_and(|at| now.saturating_sub(at) >= QUIET) {
            *self = Self::default();
        }
    }
}

/// How often somebody comes in again whom nobody confirms, where a wrong passphrase explains it.
const UNCONFIRMED: u8 = 2;
const PAUSE: Duration = Duration::from_secs(10);
const PAUSE_MAX: Duration = Duration::from_secs(300);
const QUIET: Duration = Duration::from_secs(600);
/// The timeline says that somebody disturbs a room at the third doubt within [`QUIET`].
const DISTURBED: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn pauses_double_to_five_minutes_and_end_after_ten_quiet_ones() {
        let mut pauses = Pauses::default();
        let mut now = at(1000);
        assert!(pauses.until <= now, "the first time nothing is waited for");
        for pause in [10, 20, 40, 80, 160, 300, 300] {
            pauses.acts(now);
            assert_eq!(pauses.until, now + at(pause));
            now = pauses.until;
        }
        pauses.acts(now + QUIET);
        assert_eq!(pauses.until, now + QUIET + PAUSE);
    }

    #[test]
    fn who_stands_on_the_own_rejoin_does_not_rejoin_there() {
        let mut doubt = Doubt::default();
        let tag = |n| Tag([n; 16]);
        assert!(doubt.rejoins_at(tag(1), None), "the first epoch has no parent");
        assert!(doubt.rejoins_at(tag(1), None), "that one did not go through");
        assert!(!doubt.rejoins_at(tag(2), Some(tag(1))), "the relay has just stored it");
        assert!(doubt.rejoins_at(tag(3), Some(tag(2))), "somebody has committed since");
    }

    #[test]
    fn the_third_doubt_in_ten_minutes_is_a_disturbance_and_said_once() {
        let mut doubt = Doubt::default();
        let mut said = Vec::new();
        for second in [0, 100, 200, 300, 400] {
            said.push(doubt.observe(at(second), true, true));
            assert!(!doubt.observe(at(second + 1), true, false), "one doubt, however many commits");
            assert!(doubt.was_live(), "what counts is how it began");
            assert!(!doubt.observe(at(second + 2), false, true));
        }
        assert_eq!(said, [false, false, true, false, false]);
        assert!(!doubt.observe(at(5000), true, false) && !doubt.was_live());
    }
}
