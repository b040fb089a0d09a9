//! Burning: lines that are due and lines beyond the bound go, from the file and from its write-ahead log (protocol 4.14).

use std::time::Duration;

use conclave_proto::limits;
use conclave_store::{LINES, StoreError};

use super::{
    machine::{Fault, Machine},
    old_copy::GIVEN_UP,
    step::{Step, StepError},
};
use crate::{clock::Now, snapshot::SystemLine};

impl Machine {
    /// Burns what is due, and presses it out of the file.
    pub(super) fn purge(&mut self, now: Now) -> Result<(), Fault> {
        // Tried again in a minute if the disk refuses.
        self.timers.purge_at = Some(now.unix.saturating_add(60));
        let settled = self.calendar.settled().min(now.unix);
        let next = self.step(now, |step| {
            let burned = step.tx.purge_items(now.unix, step.remember_until())?;
            step.tx.purge_seen(settled)?;
            match step.tx.purge_outbox(settled, GIVEN_UP)? {
                0 => {}
                count => step.note(&SystemLine::NotPublishedAgain { count })?,
            }
            step.tx.purge_audiences()?;
            step.tx.purge_former_names(now.unix)?;
            step.gone(burned);
            step.trim()?;
            Ok(step.tx.next_expiry()?)
        })?;
        self.store.checkpoint()?;
        self.rebuild(now)?;
        // Also without a line that burns: message ids go, too.
        let hourly = now.unix.saturating_add(PURGE_EVERY);
        self.timers.purge_at = Some(next.map_or(hourly, |at| at.min(hourly)));
        Ok(())
    }
}

impl Machine {
    /// Writes the file anew after something burned, and once after it was opened: an earlier process may not have come to it. Large
    /// files wait for it longer, so that it takes a small part of the time.
    pub(super) fn rebuild(&mut self, now: Now) -> Result<(), Fault> {
        if self.timers.rebuild_at.is_none_or(|at| at > now.steady) {
            return Ok(());
        }
        let pause = Duration::from_secs(self.store.size()? / REBUILT_PER_SECOND);
        self.timers.rebuilt = Some(now.steady.saturating_add(pause));
        self.timers.rebuild_at = None;
        match self.store.rebuild() {
            // It needs the file's size once more.
            Err(StoreError::DiskFull) => self.rebuild_soon(now),
            other => other?,
        }
        Ok(())
    }

    /// What fell due while the room was closed burns before anything of it is shown.
    pub(super) fn burn_overdue(&mut self, now: Now) -> Result<(), Fault> {
        self.purge(now)?;
        if self.timers.rebuilt.is_none() {
            let pause = Duration::from_secs(self.store.size()? / REBUILT_PER_SECOND);
            self.timers.rebuilt = Some(now.steady.saturating_add(pause));
            self.rebuild_soon(now);
        }
        Ok(())
    }

    /// Something burned.
    pub(super) fn rebuild_soon(&mut self, now: Now) {
        let at = self.timers.rebuilt.unwrap_or_default().max(now.steady);
        self.timers.rebuild_at.get_or_insert(at);
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

/// A look at what is due even if nothing seems to be.
pub(super) const PURGE_EVERY: u64 = 3600;
/// Bytes of a file for which it rests a second between one rebuilding and the next.
const REBUILT_PER_SECOND: u64 = 64 * 1024;
