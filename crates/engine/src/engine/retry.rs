//! When the relay of a hosted room is tried again: one that died, or that could not start.

use std::time::Duration;

use crate::error::ErrorCode;

/// When the relay of a room is started again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    /// When, by the steady clock. `None` while it runs, or is not to.
    due: Option<Duration>,
    /// Exponential back-off: starts in a row that failed, or were followed by death soon.
    tries: u32,
    /// Since when it runs.
    running_since: Option<Duration>,
    /// A line is owed that says that it died.
    died: bool,
}

impl Retry {
    /// A start went so.
    pub(super) fn started(&mut self, now: Duration, outcome: Result<(), ErrorCode>) {
        match outcome {
            Ok(()) => (self.due, self.running_since) = (None, Some(now)),
            Err(error) if can_clear(error) => self.later(now),
            Err(_) => *self = Self::default(),
        }
    }

    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// Whether it is to be tried again by now.
    pub(super) fn is_due_by(&self, now: Duration) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Whether a line is owed that says that it died; only once.
    pub(super) fn take_death(&mut self) -> bool {
        std::mem::take(&mut self.died)
    }

    /// It died.
    pub(super) fn died(&mut self, now: Duration) {
        let ran = self.running_since.take().map_or(Duration::ZERO, |since| now.saturating_sub(since));
        if ran >= STABLE {
            self.tries = 0;
        }
        // One that dies again and again is said once.
        self.died |= self.tries == 0;
        self.later(now);
    }

    fn later(&mut self, now: Duration) {
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.tries)).min(LONGEST_PAUSE);
        (self.due, self.tries) = (Some(now.saturating_add(pause)), self.tries.saturating_add(1));
    }
}

/// Whether the fault can clear without a person's action in Conclave.
fn can_clear(error: ErrorCode) -> bool {
    matches!(error, ErrorCode::PortTaken | ErrorCode::HostingFailed | ErrorCode::DiskFull | ErrorCode::StorageFailed)
}

/// How long a relay runs that has not died soon.
const STABLE: Duration = Duration::from_mins(10);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_that_dies_again_and_again_is_started_less_and_less_often_and_said_once() {
        let mut retry = Retry::default();
        let mut now = Duration::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..7 {
            retry.started(now, Ok(()));
            assert!(!retry.is_due());
            now += Duration::from_millis(10);
            retry.died(now);
            pauses.push((retry.due.unwrap() - now).as_secs());
            assert_eq!(retry.take_death(), pauses.len() == 1);
            now = retry.due.unwrap();
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        // One that ran long begins anew.
        retry.started(now, Ok(()));
        now += STABLE;
        retry.died(now);
        assert_eq!(retry.due.unwrap() - now, FIRST_PAUSE);
        assert!(retry.died);
    }

    #[test]
    fn what_only_a_person_can_put_right_is_not_tried_again() {
        let mut retry = Retry::default();
        retry.started(Duration::ZERO, Err(ErrorCode::PortTaken));
        assert!(retry.is_due());
        retry.started(Duration::ZERO, Err(ErrorCode::HostedFileDamaged));
        assert!(!retry.is_due());
    }
}
