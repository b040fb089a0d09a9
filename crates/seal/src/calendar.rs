//! A sanity check of the wall clock: the settled time, by which rooms end. Pure: it is told the wall clock and the
//! monotonic one.
//!
//! A wall clock that is set wrongly for a moment would end every room. So a jump forward by more than a day is believed
//! only after a day of the monotonic ("steady") clock, or when an operator says so at the start. Messages expire by the
//! wall clock all the same.

use std::time::Duration;

/// What is believed of the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Unix seconds.
    pub settled: u64,
    /// What was settled when the wall clock jumped, while that is not believed.
    pub doubt: Option<u64>,
}

impl Calendar {
    /// Believes the wall clock.
    #[must_use]
    pub const fn new(wall: u64) -> Self {
        Self { settled: wall, doubt: None }
    }

    /// Takes a reading of the wall clock, `steady` after the last one by the monotonic clock, in whole seconds.
    pub fn advance(&mut self, wall: u64, steady: Duration) {
        let expected = self.settled.saturating_add(steady.as_secs());
        if wall <= expected.saturating_add(MOST) {
            *self = Self::new(wall);
            return;
        }
        let since = *self.doubt.get_or_insert(self.settled);
        self.settled = expected;
        if expected.saturating_sub(since) >= MOST {
            *self = Self::new(wall);
        }
    }
}

/// How far the wall clock may run ahead of the monotonic one, and for how long it is doubted otherwise: 24 hours.
const MOST: u64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_clock_that_runs_and_one_that_is_corrected_are_believed() {
        let mut calendar = Calendar::new(NOW);
        for (wall, steady) in [(NOW + 60, 60), (NOW + 120 + 86_400, 60), (NOW, 60), (NOW + 60, 60)] {
            calendar.advance(wall, Duration::from_secs(steady));
            assert_eq!(calendar, Calendar::new(wall), "up to a day forward, and back");
        }
    }

    #[test]
    fn a_jump_is_believed_after_a_day_of_the_steady_clock() {
        let (mut calendar, mut wall) = (Calendar::new(NOW), NOW + 40 * 86_400);
        for hour in 1..24 {
            wall += 3600;
            calendar.advance(wall, HOUR);
            assert_eq!(calendar.settled, NOW + hour * 3600, "the steady clock goes on");
        }
        calendar.advance(wall, HOUR);
        assert_eq!(calendar, Calendar::new(wall));
    }

    #[test]
    fn a_jump_that_is_taken_back_has_done_nothing() {
        let mut calendar = Calendar::new(NOW);
        calendar.advance(NOW + 40 * 86_400, HOUR);
        calendar.advance(NOW + 7200, HOUR);
        assert_eq!(calendar, Calendar::new(NOW + 7200));
        calendar.advance(NOW + 40 * 86_400, HOUR);
        assert_eq!(calendar.doubt, Some(NOW + 7200), "the next one is doubted from its own beginning");
    }
}
