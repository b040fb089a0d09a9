//! What was deleted leaves the file: pressed out of the write-ahead log soon after each change, and out of free pages by writing the
//! file anew after something burned (protocol 4.14, invariant I6).

use std::time::Duration;

use conclave_store::StoreError;

use super::{context::Context, fault::Fault};

/// When the file is cleaned, by the steady clock.
#[derive(Debug, Default)]
pub(super) struct Erasure {
    /// When what was deleted is pressed out of the write-ahead log.
    checkpoint_at: Option<Duration>,
    /// When the file is written anew, because something burned.
    rebuild_at: Option<Duration>,
    /// Before this it is not written anew again; none before the first time.
    rests_until: Option<Duration>,
}

impl Erasure {
    /// Something was written: used keys and deleted texts are in old pages of the write-ahead log now.
    pub(super) fn has_written(&mut self, cx: &Context) {
        self.checkpoint_at.get_or_insert(cx.now.steady.saturating_add(CHECKPOINT_AFTER));
    }

    /// Something burned.
    pub(super) fn has_burned(&mut self, cx: &Context) {
        let at = self.rests_until.unwrap_or_default().max(cx.now.steady);
        self.rebuild_at.get_or_insert(at);
    }

    /// The file was opened. It is written anew once: an earlier process may not have come to it.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn opened(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if self.rests_until.is_none() {
            self.rests_until = Some(cx.now.steady.saturating_add(pause(cx)?));
            self.has_burned(cx);
        }
        Ok(())
    }

    /// Does what is due. Large files wait longer to be written anew, so that it takes a small part of the time.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let now = cx.now.steady;
        if self.checkpoint_at.is_some_and(|at| at <= now) {
            self.checkpoint_at = None;
            cx.store.checkpoint()?;
        }
        if self.rebuild_at.is_some_and(|at| at <= now) {
            self.rests_until = Some(now.saturating_add(pause(cx)?));
            self.rebuild_at = None;
            match cx.store.rebuild() {
                // It needs the file's size once more.
                Err(StoreError::DiskFull) => self.has_burned(cx),
                other => other?,
            }
        }
        Ok(())
    }

    /// When [`Erasure::drive`] has something to do.
    pub(super) fn wakes_at(&self) -> Option<Duration> {
        [self.checkpoint_at, self.rebuild_at].into_iter().flatten().min()
    }
}

/// How long a file rests between one rebuilding and the next.
fn pause(cx: &mut Context) -> Result<Duration, Fault> {
    Ok(Duration::from_secs(cx.store.size()? / REBUILT_PER_SECOND))
}

/// After a change, deleted keys and texts leave the write-ahead log within this time.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(5);
/// Bytes of a file for which it rests a second.
const REBUILT_PER_SECOND: u64 = 64 * 1024;
