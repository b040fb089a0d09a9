//! The wall clock, watched: what was set and what was not, and how times in a room's file move with it. Pure: it is told both
//! clocks.
//!
//! All times in a room's file are times of the wall clock as it is now. When somebody sets it, by `j` seconds in all, lines that came
//! since the room was opened move by `j`: the steady clock says how old they are. Older ones burn by whichever clock is first, and
//! move by `min(j, 0)`: back with a clock that is set back, forward again as far as it is put right, and no further. A clock that is
//! set back soon after the start, and not behind what was seen before, was ahead when the room was opened: older lines stay.
//!
//! What is forgotten besides, and what is told from the age of something known, goes by the *settled* time, which believes a jump of
//! more than a day only after a day of the steady clock ([`conclave_seal::calendar::Calendar`]). How long the room was closed nobody
//! knows but the wall clock, which is believed then.

use std::time::Duration;

use conclave_seal::calendar::Calendar;
use conclave_store::{ClockRow, Move, NewestRows};

use crate::clock::Now;

/// What a room believes of the date.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomCalendar {
    /// Both clocks when they were looked at last.
    seen: Now,
    /// By how many seconds it was set, in all. What was set back before the room was opened counts, as it may be put right.
    set_by: i64,
    /// The newest rows when the room was opened.
    newest_at_open: NewestRows,
    /// Those from before it was set back.
    dated_right: NewestRows,
    /// When the room was opened, by the wall clock as it is now.
    opened_at: u64,
    /// When the room was opened, by the steady clock.
    opened: Duration,
    /// By how many seconds the wall clock may have been ahead then: not by more than have passed by it since something was written.
    may_be_ahead: i64,
    settled: Calendar,
}

/// The wall clock was set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Jump {
    /// By so many seconds.
    pub(super) by: i64,
    /// How times move.
    pub(super) times: Move,
}

impl RoomCalendar {
    /// Opens a room in which `before` was believed when something was last written. The steady clock says nothing of the time in
    /// between, but time does not run backwards: a wall clock behind what was seen was set.
    pub(super) fn open(before: Option<ClockRow>, newest: NewestRows, now: Now) -> (Self, Option<Jump>) {
        let mut calendar = Self {
            seen: now,
            set_by: 0,
            newest_at_open: newest,
            dated_right: newest,
            opened_at: now.unix,
            opened: now.steady,
            may_be_ahead: 0,
            settled: Calendar::new(now.unix),
        };
        let Some(before) = before else { return (calendar, None) };
        let by = difference(before.seen_at, now.unix);
        // So much time has passed that the clock must have been right: it was set back because it had been ahead.
        let passed = u64::try_from(by).unwrap_or_default();
        let is_over = passed >= before.owed.saturating_mul(2);
        let owed = Some(before.owed).filter(|owed| *owed >= PLAINLY_WRONG && !is_over).unwrap_or_default();
        if owed != 0 {
            (calendar.set_by, calendar.dated_right) = (signed(owed).saturating_neg(), before.owed_since);
        }
        let jump = match by {
            ..=MINUS_TOLERANCE => Some(by),
            // Time has passed, and how much nobody knows. Where it is about what is owed, that was put right, or nearly: the clock may
            // have been ahead before, or was set by hand.
            _ if owed != 0 && passed >= owed / 2 => Some(by.min(signed(owed))),
            _ => None,
        };
        calendar.may_be_ahead = by.saturating_sub(jump.unwrap_or_default()).max(0);
        let jump = jump.map(|by| calendar.jump(by, by, 0, before.seen_at));
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
        // By how much it is known to be ahead comes first, and then by how much it may be, as that of a computer is that keeps another
        // time zone until the network tells it.
        let is_soon = self.seen.steady.saturating_sub(self.opened) < PUT_RIGHT;
        let further = by.saturating_neg().saturating_sub(self.set_by.max(0));
        let put_right = if is_soon { further.clamp(0, self.may_be_ahead) } else { 0 };
        self.may_be_ahead = self.may_be_ahead.saturating_sub(put_right);
        let jump = self.jump(by, by.saturating_add(put_right), by, expected);
        self.opened_at = self.opened_at.saturating_add_signed(by);
        Some(jump)
    }

    /// The clock was set: what was there before the room was opened moves back with it, and forward again as far as it is put right.
    /// `wrongly` leaves out what was put right of a clock that was ahead already.
    fn jump(&mut self, by: i64, wrongly: i64, since: i64, clock_before: u64) -> Jump {
        let before = self.set_by.min(0);
        if before == 0 {
            self.dated_right = self.newest_at_open;
        }
        self.set_by = self.set_by.saturating_add(wrongly);
        if before < 0 {
            // Put right by more than it was set back: time had passed while the room was closed.
            self.set_by = self.set_by.min(0);
        }
        let earlier = self.set_by.min(0).saturating_sub(before);
        let Self { newest_at_open, dated_right, opened_at, .. } = *self;
        Jump { by, times: Move { earlier, since, newest_at_open, dated_right, opened_at, clock_before } }
    }

    /// What may be forgotten is old by this time, unix seconds.
    pub(super) fn settled(&self) -> u64 {
        self.settled.settled
    }

    /// When the room was opened, by the wall clock as it is now, unix seconds.
    pub(super) fn opened_at(&self) -> u64 {
        self.opened_at
    }

    /// What is kept of it.
    pub(super) fn to_row(self) -> ClockRow {
        ClockRow { seen_at: self.seen.unix, owed: self.set_by.min(0).unsigned_abs(), owed_since: self.dated_right }
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
/// How soon after a room was opened a clock that is set back was ahead before. Later it is set back, and fuses with it.
const PUT_RIGHT: Duration = Duration::from_hours(1);
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

    fn moved(jump: Jump) -> (i64, i64) {
        (jump.times.earlier, jump.times.since)
    }

    fn open(before: Option<ClockRow>, now: Now) -> (RoomCalendar, Option<Jump>) {
        RoomCalendar::open(before, NewestRows::default(), now)
    }

    fn row(seen_at: u64) -> ClockRow {
        ClockRow { seen_at, owed: 0, owed_since: NewestRows::default() }
    }

    #[test]
    fn a_clock_that_runs_moves_nothing() {
        let (mut calendar, jump) = open(None, at(NOW, 5));
        assert_eq!(jump, None);
        for second in 0..1000 {
            // A clock that is slewed by half a second a second.
            assert_eq!(calendar.look(at(NOW + second / 2, 5 + second / 2)), None);
        }
        assert_eq!(calendar.settled(), NOW + 499);
    }

    #[test]
    fn a_month_ahead_for_a_minute_burns_nothing_that_came_since_and_deletes_nothing() {
        let (mut calendar, _) = open(None, at(NOW, 0));
        let ahead = calendar.look(at(NOW + 30 * 86_400 + 60, 60)).unwrap();
        assert_eq!((ahead.by, moved(ahead)), (30 * DAY, (0, 30 * DAY)), "older ones burn by the wall clock");
        assert_eq!(calendar.settled(), NOW + 60);
        let back = calendar.look(at(NOW + 120, 120)).unwrap();
        assert_eq!((back.by, moved(back)), (-30 * DAY, (0, -30 * DAY)));
        assert_eq!(calendar.settled(), NOW + 120);
    }

    #[test]
    fn a_day_back_keeps_nothing_longer_and_back_again_burns_nothing_sooner() {
        let (mut calendar, _) = open(None, at(NOW, 0));
        let back = calendar.look(at(NOW + 60 - 86_400, 60)).unwrap();
        assert_eq!(moved(back), (-DAY, -DAY));
        let half = calendar.look(at(NOW + 120 - 43_200, 120)).unwrap();
        assert_eq!(moved(half), (DAY / 2, DAY / 2));
        let right = calendar.look(at(NOW + 180, 180)).unwrap();
        assert_eq!(moved(right), (DAY / 2, DAY / 2));
    }

    /// A computer without a battery starts in 1970, and hears the time from the network a minute later.
    #[test]
    fn from_1970_to_now_moves_what_was_said_meanwhile_and_what_was_there() {
        let before = row(NOW);
        let (mut calendar, jump) = open(Some(before), at(60, 0));
        assert_eq!(moved(jump.unwrap()), (60 - signed(NOW), 0));
        let later = NOW + 8 * HOUR;
        let right = calendar.look(at(later, 60)).unwrap();
        let back = signed(NOW) - 60;
        assert_eq!(moved(right), (back, signed(later) - 120), "older ones stand where they stood");
        assert_eq!(calendar.to_row().owed, 0);
        // The eight hours passed while the room was closed, and are none that the clock is ahead.
        calendar.look(at(later + HOUR, 60 + HOUR));
        let again = calendar.look(at(later - HOUR, 120 + HOUR)).unwrap();
        assert_eq!(moved(again).0, again.by);
    }

    #[test]
    fn what_a_clock_owes_is_paid_back_at_the_next_start_too() {
        let wrong = |days: u64| open(Some(row(NOW)), at(NOW - days * 86_400, 0)).0.to_row();
        let owing = wrong(1000);
        assert_eq!((owing.owed, owing.seen_at), (86_400_000, NOW - 86_400_000));
        let (calendar, jump) = open(Some(owing), at(NOW - 600 * 86_400, 0));
        assert_eq!((jump, calendar.to_row().owed), (None, 86_400_000), "that may have passed");
        let (calendar, jump) = open(Some(owing), at(NOW - HOUR, 0));
        let most = 86_400_000 - signed(HOUR);
        assert_eq!((moved(jump.unwrap()), calendar.to_row().owed), ((most, 0), HOUR), "by hand, an hour behind");
        let (calendar, jump) = open(Some(owing), at(NOW + HOUR, 0));
        assert_eq!((moved(jump.unwrap()), calendar.to_row().owed), ((86_400_000, 0), 0));
        let corrected = ClockRow { owed: 1000, ..owing };
        let (calendar, jump) = open(Some(corrected), at(NOW, 0));
        assert_eq!((jump, calendar.to_row().owed), (None, 0), "a clock that was corrected was wrong before");
    }

    /// Her clock was a day ahead and is corrected; sixteen days later she is back.
    #[test]
    fn who_is_away_for_longer_than_a_clock_was_set_back_is_no_clock_that_was_put_right() {
        let mut calendar = open(Some(row(NOW)), at(NOW, 0)).0;
        calendar.look(at(NOW + 60 - 86_400, 60)).unwrap();
        let corrected = calendar.to_row();
        assert_eq!(corrected.owed, 86_400);
        for (days, paid) in [(1, Some(DAY)), (2, None), (16, None)] {
            let (calendar, jump) = open(Some(corrected), at(corrected.seen_at + days * 86_400, 0));
            assert_eq!((jump.map(|jump| jump.by), calendar.to_row().owed), (paid, 0), "{days} days later");
        }
    }

    /// A computer with two systems, of which one keeps the clock in its time zone.
    #[test]
    fn a_clock_that_is_ahead_at_each_start_shortens_no_older_fuse() {
        let opened = NOW + 10 * HOUR;
        let (mut calendar, _) = open(Some(row(NOW)), at(opened, 5));
        let right = calendar.look(at(opened + 60 - 2 * HOUR, 65)).unwrap();
        assert_eq!((right.by, moved(right)), (-7200, (0, -7200)));
        assert_eq!(calendar.to_row().owed, 0);
        let further = calendar.look(at(opened + 120 - 12 * HOUR, 125)).unwrap();
        assert_eq!(moved(further), (-7200, -36_000), "behind what was seen before, and so it was set back");
        let (mut calendar, _) = open(Some(row(NOW)), at(opened, 5));
        calendar.look(at(opened + 60 + 2 * HOUR, 65));
        calendar.look(at(opened + 120, 125));
        assert_eq!((calendar.set_by, calendar.may_be_ahead), (0, 36_000), "it was seen to be set forward");
        let (mut calendar, _) = open(Some(row(NOW)), at(opened, 5));
        calendar.look(at(opened + HOUR, 5 + HOUR));
        let later = calendar.look(at(opened, 65 + HOUR)).unwrap();
        assert_eq!(moved(later).0, later.by, "it has been believed for an hour");
    }

    /// The clock says 1970 for two starts of the app, and is put right before the third, or during it.
    #[test]
    fn what_a_wrong_clock_has_dated_is_known_at_the_next_starts() {
        let rows = |item| NewestRows { item, outgoing: 0 };
        let (calendar, _) = RoomCalendar::open(Some(row(NOW)), rows(10), at(60, 0));
        let (calendar, _) = RoomCalendar::open(Some(calendar.to_row()), rows(20), at(120, 0));
        let debt = calendar.to_row();
        let Move { dated_right, newest_at_open, opened_at, clock_before, .. } =
            RoomCalendar::open(Some(debt), rows(30), at(NOW + HOUR, 0)).1.unwrap().times;
        assert_eq!((dated_right, newest_at_open), (rows(10), rows(30)));
        assert_eq!((opened_at, clock_before), (NOW + HOUR, 120), "what is known from up to then was dated by it");
        let (mut calendar, _) = RoomCalendar::open(Some(debt), rows(30), at(180, 0));
        let right = calendar.look(at(NOW + HOUR, 60)).unwrap().times;
        assert_eq!((right.dated_right, right.newest_at_open), (rows(10), rows(30)));
        assert_eq!((right.opened_at, right.clock_before), (180, 240));
        // Another time begins anew.
        let again = calendar.look(at(60, 120)).unwrap().times;
        let since = (again.opened_at, again.clock_before);
        assert_eq!((again.dated_right, since), (rows(30), (NOW + HOUR - 60, NOW + HOUR + 60)));
    }
}
