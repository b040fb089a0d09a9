//! Burning: lines that are due and lines beyond the bound go, from the file and from its write-ahead log (protocol 4.14).

use conclave_proto::limits;
use conclave_store::{LINES, Note};

use super::super::{
    context::Context,
    fault::Fault,
    message::GIVEN_UP,
    step::{Step, StepError},
};

/// When lines burn.
#[derive(Debug, Default)]
pub(in crate::room) struct Expiry {
    /// The next look at what has burned, unix seconds.
    purge_at: u64,
}

impl Expiry {
    /// Burns what is due, and presses it out of the write-ahead log.
    ///
    /// # Errors
    /// What the disk says; it is tried again in a minute.
    pub(in crate::room) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let now = cx.now.unix;
        // A clock that was set back must not put burning off.
        if (now.saturating_add(1)..=now.saturating_add(PURGE_EVERY)).contains(&self.purge_at) {
            return Ok(());
        }
        self.purge_at = now.saturating_add(RETRY);
        let settled = cx.calendar.settled().min(now);
        let next = cx.step(|step| {
            let burned = step.tx.purge_items(now, step.remember_until())?;
            let closed = step.tx.close_cards(now)?;
            step.changes.burned |= !closed.is_empty();
            step.changes.items.extend(closed);
            step.tx.purge_retracted(settled)?;
            step.tx.purge_seen(settled)?;
            match step.tx.purge_outbox(settled, GIVEN_UP)? {
                0 => {}
                count => step.note(&Note::NotPublishedAgain { count })?,
            }
            step.tx.purge_audiences()?;
            step.tx.purge_former_names(now)?;
            step.gone(burned);
            step.trim()?;
            Ok(step.tx.next_expiry()?.into_iter().chain(step.tx.next_closing()?).min())
        })?;
        cx.store.checkpoint()?;
        // Also without a line that burns: message ids go, too.
        let hourly = now.saturating_add(PURGE_EVERY);
        self.purge_at = next.map_or(hourly, |at| at.min(hourly));
        Ok(())
    }

    /// When [`Expiry::drive`] has something to do, unix seconds.
    pub(in crate::room) fn burns_at(&self) -> u64 {
        self.purge_at
    }

    /// A new line may burn earlier than what was known.
    pub(in crate::room) fn burn_sooner(&mut self, at: u64) {
        self.purge_at = self.purge_at.min(at);
    }

    /// Every line has another time.
    pub(in crate::room) fn clock_was_set(&mut self) {
        self.purge_at = 0;
    }
}

impl Step<'_, '_> {
    /// The oldest lines beyond the bound go.
    pub(crate) fn trim(&mut self) -> Result<(), StepError> {
        let trimmed = self.tx.trim_items(LINES, self.remember_until())?;
        self.gone(trimmed);
        Ok(())
    }

    fn gone(&mut self, lines: Vec<i64>) {
        self.changes.summary |= !lines.is_empty();
        self.changes.removed.extend(lines);
    }

    fn remember_until(&self) -> u64 {
        self.now.unix.saturating_add(limits::RETENTION.as_secs())
    }
}

/// Seconds after which a look is tried again that the disk refused.
const RETRY: u64 = 60;
/// A look at what is due even if nothing seems to be.
const PURGE_EVERY: u64 = 3600;
