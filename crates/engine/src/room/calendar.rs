//! The wall clock, watched: what was set and what was not, and how times in a room's file move with it. Pure: it is told both
//! clocks.
//!
//! All times in a room's file are times of the wall clock as it is now. When somebody sets it, by `j` seconds in all, lines that came
//! since the room was opened move by `j`: the steady clock says how old they are. Older ones burn by whichever clock is first, and
//! move by `min(j, 0)`: back with a clock that is set back, forward again as far as it is put right, and no further.
//!
//! What is forgotten besides, and what is told from the age of something known, goes by the *settled* time, which believes a jump of
//! more than a day only after a day of the steady clock ([`conclave_relay::log::Calendar`]). How long the room was closed nobody
//! knows but the wall clock, which is believed then.

use std::time::Duration;

use conclave_relay::log::Calendar;
use conclave_store::{ClockRow, Move};

use super::machine::Machine;
use crate::{clock::Now, event::Event, snapshot::SystemLine};

impl Machine {
    /// Looks at both clocks; called with every input, before anything is done with the time.
    pub(crate) fn look_at_clock(&mut self, now: Now) -> Option<Jump> {
        self.calendar.look(now)
    }

    /// Moves the times in the file and says what happened. Where the disk refuses, lines keep their times, and burn by the wall clock.
    pub(crate) fn clock_was_set(&mut self, now: Now, jump: Jump) {
        let newest = self.newest_at_open;
        self.calendar_kept_at = None;
        self.timers.purge_at = Some(0);
        if let Some(session) = self.session.as_mut() {
            session.clock_ahead = session.clock_ahead.saturating_add(jump.by);
        }
        let moved = self.step(now, |step| {
            step.tx.move_times(jump.lines, newest)?;
            step.note(&SystemLine::ClockSet { by: jump.by })
        });
        if moved.is_ok() {
            // Every line that is shown has another time.
            self.emit(Event::Lagged);
        }
    }
}

/// What a room believes of the date.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomCalendar {
    /// Both clocks when they were looked at last.
    seen: Now,
    /// By how many seconds it was set, in all. What was set back before the room was opened counts, as it may be put right.
    set_by: i64,
    settled: Calendar,
}

/// The wall clock was set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Jump {
    /// By so many seconds.
    by: i64,
    /// How lines move.
    lines: Move,
}

impl RoomCalendar {
    /// Opens a room in which `before` was believed when something was last written. The steady clock says nothing of the time in
    /// between, but time does not run backwards: a wall clock behind what was seen was set.
    pub(super) fn open(before: Option<ClockRow>, now: Now) -> (Self, Option<Jump>) {
        let Some(before) = before else {
            let calendar = Self { seen: now, set_by: 0, settled: Calendar::new(now.unix) };
            return (calendar, None);
        };
        let owed = Some(before.owed).filter(|owed| *owed >= PLAINLY_WRONG).unwrap_or_default();
        let mut calendar = Self { seen: now, set_by: signed(owed).saturating_neg(), settled: Calendar::new(now.unix) };
        let by = difference(before.seen_at, now.unix);
        let jump = match by {
            ..=MINUS_TOLERANCE => Some(by),
            // Time has passed, and how much nobody knows. All that is owed may have been put right.
            _ if owed != 0 && by.unsigned_abs() >= owed => Some(signed(owed)),
            _ => None,
        };
        let jump = jump.map(|by| Jump { by, lines: Move { earlier: calendar.earlier(by), since: 0 } });
        (calendar, jump)
    }

    /// Looks at both clocks.
    pub(super) fn look(&mut self, now: Now) -> Option<Jump> {
        let passed = now.steady.saturating_sub(self.seen.steady);
        // Parts of a second are not lost: they count with the next look.
        let whole = Duration::from_secs(passed.as_secs());
        let expected = self.seen.unix.saturating_add(whole.as_secs());
        self.settled.advance(now.unix, whole);
        self.seen = Now { unix: now.unix, steady: self.seen.steady.saturating_add(whole) };
        let by = difference(expected, now.unix);
        if by.unsigned_abs() < TOLERANCE {
            return None;
        }
        Some(Jump { by, lines: Move { earlier: self.earlier(by), since: by } })
    }

    /// How lines from before the room was opened move when the clock is set by so much.
    fn earlier(&mut self, by: i64) -> i64 {
        let before = self.set_by.min(0);
        self.set_by = self.set_by.saturating_add(by);
        self.set_by.min(0).saturating_sub(before)
    }

    /// What may be forgotten is old by this time, unix seconds.
    pub(super) fn settled(&self) -> u64 {
        self.settled.settled
    }

    /// What is kept of it.
    pub(super) fn to_row(self) -> ClockRow {
        ClockRow { seen_at: self.seen.unix, owed: self.set_by.min(0).unsigned_abs() }
    }
}

pub(super) fn difference(before: u64, after: u64) -> i64 {
    signed(after).saturating_sub(signed(before))
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Seconds after which what is believed of the date is kept with the next step.
pub(super) const CALENDAR_KEPT: u64 = 60;
/// Seconds by which the two clocks may drift apart between two looks, which are a minute apart at most: slewing is no setting.
const TOLERANCE: u64 = 120;
const MINUS_TOLERANCE: i64 = -120;
/// Seconds from which on a clock that was set back was plainly wrong then, and not before: that is put right again.
const PLAINLY_WRONG: u64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const HOUR: u64 = 3600;
    const DAY: i64 = 24 * 3600;

    fn at(unix: u64, steady: u64) -> Now {
        Now { unix, steady: Duration::from_secs(steady) }
    }

    fn lines(earlier: i64, since: i64) -> Move {
        Move { earlier, since }
    }

    #[test]
    fn a_clock_that_runs_moves_nothing() {
        let (mut calendar, jump) = RoomCalendar::open(None, at(NOW, 5));
        assert_eq!(jump, None);
        for second in 0..1000 {
            // A clock that is slewed by half a second a second.
            assert_eq!(calendar.look(at(NOW + second / 2, 5 + second / 2)), None);
        }
        assert_eq!(calendar.settled(), NOW + 499);
    }

    #[test]
    fn a_month_ahead_for_a_minute_burns_nothing_that_came_since_and_deletes_nothing() {
        let (mut calendar, _) = RoomCalendar::open(None, at(NOW, 0));
        let ahead = calendar.look(at(NOW + 30 * 86_400 + 60, 60)).unwrap();
        assert_eq!(ahead, Jump { by: 30 * DAY, lines: lines(0, 30 * DAY) }, "older ones burn by the wall clock");
        assert_eq!(calendar.settled(), NOW + 60);
        let back = calendar.look(at(NOW + 120, 120)).unwrap();
        assert_eq!(back, Jump { by: -30 * DAY, lines: lines(0, -30 * DAY) });
        assert_eq!(calendar.settled(), NOW + 120);
    }

    #[test]
    fn a_day_back_keeps_nothing_longer_and_back_again_burns_nothing_sooner() {
        let (mut calendar, _) = RoomCalendar::open(None, at(NOW, 0));
        let back = calendar.look(at(NOW + 60 - 86_400, 60)).unwrap();
        assert_eq!(back.lines, lines(-DAY, -DAY));
        let half = calendar.look(at(NOW + 120 - 43_200, 120)).unwrap();
        assert_eq!(half.lines, lines(DAY / 2, DAY / 2));
        let right = calendar.look(at(NOW + 180, 180)).unwrap();
        assert_eq!(right.lines, lines(DAY / 2, DAY / 2));
    }

    /// A computer without a battery starts in 1970, and hears the time from the network a minute later.
    #[test]
    fn from_1970_to_now_moves_what_was_said_meanwhile_and_what_was_there() {
        let before = ClockRow { seen_at: NOW, owed: 0 };
        let (mut calendar, jump) = RoomCalendar::open(Some(before), at(60, 0));
        assert_eq!(jump.unwrap().lines, lines(60 - signed(NOW), 0));
        let later = NOW + 8 * HOUR;
        let right = calendar.look(at(later, 60)).unwrap();
        let moved = signed(NOW) - 60;
        assert_eq!(right.lines, lines(moved, signed(later) - 120), "older ones stand where they stood");
        assert_eq!(calendar.to_row().owed, 0);
    }

    #[test]
    fn what_a_clock_owes_is_paid_back_at_the_next_start_too() {
        let wrong = |days: u64| {
            let before = ClockRow { seen_at: NOW, owed: 0 };
            RoomCalendar::open(Some(before), at(NOW - days * 86_400, 0)).0.to_row()
        };
        let row = wrong(1000);
        assert_eq!((row.owed, row.seen_at), (86_400_000, NOW - 86_400_000));
        let (calendar, jump) = RoomCalendar::open(Some(row), at(NOW - 86_400, 0));
        assert_eq!((jump, calendar.to_row().owed), (None, 86_400_000), "that may have passed");
        let (calendar, jump) = RoomCalendar::open(Some(row), at(NOW + HOUR, 0));
        assert_eq!((jump.unwrap().lines, calendar.to_row().owed), (lines(86_400_000, 0), 0));
        let corrected = ClockRow { owed: 1000, ..row };
        let (calendar, jump) = RoomCalendar::open(Some(corrected), at(NOW, 0));
        assert_eq!((jump, calendar.to_row().owed), (None, 0), "a clock that was corrected was wrong before");
    }
}
