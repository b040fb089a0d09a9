//! Commits that this client is to make by itself, and that survive the app: when one is stored, whose turn it is, and whether an
//! epoch needs it still (protocol 4.6.4). What becomes of one is in [`Intent`]'s module in the store.

use std::time::Duration;

use conclave_seal::rng;
use conclave_store::{Intent, IntentRow, Phase, RecordRow};

use super::{
    super::{
        context::Context,
        fault::Fault,
        step::{Step, StepError},
    },
    Membership,
};

impl Membership {
    /// The commit that is to be made next. An update is stored as soon as the own keys are old.
    pub(super) fn next_intent(&mut self, cx: &mut Context) -> Result<Option<IntentRow>, Fault> {
        let known = match self.intent {
            Some(known) => known,
            None => cx.store.read(|tx| tx.intents())?.first().copied(),
        };
        self.intent = Some(known);
        if known.is_none() && has_old_keys(&cx.record, cx.members(), cx.now.unix) {
            self.intent = Some(Some(cx.step(|step| step.intend(Intent::Update))?));
        }
        Ok(self.intent.flatten())
    }
}

impl Step<'_, '_> {
    /// Keeps that a commit is to be made, when its turn comes.
    fn intend(&mut self, intent: Intent) -> Result<IntentRow, StepError> {
        let row = IntentRow { intent, since: self.now.unix, due_at: self.turn() };
        self.tx.store_intent(&row)?;
        Ok(row)
    }

    /// Settles what the epoch that has just begun needs no more. What it needs is made on it when its turn comes: if an own commit
    /// has `lost` to the one that began this epoch, that is drawn anew, since others may have lost as well.
    pub(crate) fn review_intents(&mut self, lost: bool) -> Result<(), StepError> {
        let members = self.group.as_ref().map_or(0, |group| group.roster().len());
        for row in self.tx.intents()? {
            let is_needed = match row.intent {
                Intent::Update => self.record.phase != Phase::Gone && has_old_keys(self.record, members, self.now.unix),
            };
            if !is_needed {
                self.tx.settle_intent(row.intent)?;
            } else if lost {
                let due_at = self.turn();
                self.tx.store_intent(&IntentRow { due_at, ..row })?;
            }
        }
        Ok(())
    }

    /// A time within ten minutes: a commit that comes second is uploaded in vain.
    fn turn(&mut self) -> u64 {
        let fraction = f64::from(u16::from_be_bytes(rng::array(self.rng))) / f64::from(u16::MAX);
        self.now.unix.saturating_add(TURNS.mul_f64(fraction).as_secs())
    }
}

/// How long it is until the turn of a commit comes, by the wall clock: 0 if that was while the app was closed, and if it is further
/// ahead than any turn is drawn, because the clock was set back meanwhile: an app that is opened for minutes would never commit.
pub(super) fn until_due(row: &IntentRow, now: u64) -> Duration {
    let left = Duration::from_secs(row.due_at.saturating_sub(now));
    if left > TURNS { Duration::ZERO } else { left }
}

/// Whether the own keys are old. Alone there is nobody who could use them.
fn has_old_keys(record: &RecordRow, members: usize, now: u64) -> bool {
    let members = u64::try_from(members).unwrap_or(u64::MAX);
    let max_age = members.saturating_mul(UPDATE_AGE_PER_MEMBER).max(UPDATE_AGE);
    let age = now.saturating_sub(record.committed_at);
    // Made by a clock that was ahead: their age is not known.
    let is_ahead = record.committed_at > now.saturating_add(TURNS.as_secs());
    members > 1 && (age > max_age || is_ahead || record.sent_since >= UPDATE_MESSAGES)
}

/// Within this the turns of those are drawn who have the same reason.
const TURNS: Duration = Duration::from_secs(600);
const UPDATE_AGE: u64 = 24 * 3600;
const UPDATE_AGE_PER_MEMBER: u64 = 15 * 60;
const UPDATE_MESSAGES: u32 = 200;
