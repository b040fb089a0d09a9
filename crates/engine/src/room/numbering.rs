//! The numbering of each member's messages (protocol 4.9): what a number and the hash before it tell about messages that were
//! withheld, came late, or were repeated from a restored copy.

use conclave_store::MemberRow;

/// What a message's number tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// The next one, or the first of somebody who was here before this client.
    Next,
    /// One that was missed: published again by its author for somebody who came over, this client perhaps.
    Late,
    /// So many before it are missing.
    Gap(u64),
    /// It does not go on from what its author said before.
    Contradiction,
}

/// What the first message of somebody tells who was here before this client: what it said earlier may still come.
pub(super) fn first(row: &mut MemberRow, n: u64, hash: [u8; 8]) -> Heard {
    add(&mut row.missed, 1, n.saturating_sub(1));
    (row.n, row.prev) = (n, hash);
    Heard::Next
}

/// What the next message tells that is known of somebody.
pub(super) fn next(row: &mut MemberRow, n: u64, prev: [u8; 8], hash: [u8; 8]) -> Heard {
    if take(&mut row.missed, n) {
        return Heard::Late;
    }
    let expected = row.n.saturating_add(1);
    let heard = match n.checked_sub(expected) {
        Some(0) if prev == row.prev => Heard::Next,
        Some(missing @ 1..) => {
            add(&mut row.missed, expected, n.saturating_sub(1));
            Heard::Gap(missing)
        }
        Some(0) | None => {
            // From here on the author's new count is what counts.
            row.missed.retain(|(_, to)| *to < n);
            Heard::Contradiction
        }
    };
    (row.n, row.prev) = (n, hash);
    heard
}

/// Adds a range above all others. The two lowest become one if there are too many: more numbers may then still come than were
/// missed, and nobody is accused of what a relay did.
fn add(missed: &mut Vec<(u64, u64)>, from: u64, to: u64) {
    if from > to {
        return;
    }
    missed.push((from, to));
    if let [(from, _), (_, to), ..] = missed[..]
        && missed.len() > RANGES
    {
        missed.splice(..2, [(from, to)]);
    }
}

/// Takes a number out; `false` if it was not missing.
fn take(missed: &mut Vec<(u64, u64)>, n: u64) -> bool {
    let Some(at) = missed.iter().position(|(from, to)| (*from..=*to).contains(&n)) else { return false };
    let (from, to) = missed.remove(at);
    let rest = [(from, n.saturating_sub(1)), (n.saturating_add(1), to)];
    missed.splice(at..at, rest.into_iter().filter(|(from, to)| from <= to));
    true
}

/// Ranges of missing numbers that are told apart.
const RANGES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of a message is its number here.
    fn hear(row: &mut MemberRow, n: u64) -> Heard {
        let hash = |n: u64| n.to_be_bytes();
        next(row, n, hash(n.saturating_sub(1)), hash(n))
    }

    fn row() -> MemberRow {
        MemberRow::new([1; 16], [2; 32])
    }

    #[test]
    fn messages_in_order_are_what_is_expected() {
        let mut row = row();
        assert!((1..10).all(|n| hear(&mut row, n) == Heard::Next));
        assert_eq!(next(&mut row, 10, [0xff; 8], [0; 8]), Heard::Contradiction, "it does not chain");
    }

    #[test]
    fn late_messages_fill_every_gap_once_and_in_any_order() {
        let mut row = row();
        assert_eq!([1, 4, 5, 9].map(|n| hear(&mut row, n)), [Heard::Next, Heard::Gap(2), Heard::Next, Heard::Gap(3)]);
        assert_eq!([7, 2, 8, 3, 6].map(|n| hear(&mut row, n)), [Heard::Late; 5]);
        assert_eq!(row.missed, []);
        assert_eq!(hear(&mut row, 10), Heard::Next, "late ones do not set the count back");
        assert_eq!(hear(&mut row, 7), Heard::Contradiction, "nothing is missing any more");
    }

    #[test]
    fn what_somebody_said_before_this_client_came_may_come_late() {
        let mut row = row();
        assert_eq!(first(&mut row, 7, 7_u64.to_be_bytes()), Heard::Next);
        assert_eq!([6, 1, 8].map(|n| hear(&mut row, n)), [Heard::Late, Heard::Late, Heard::Next]);
        assert_eq!(row.missed, [(2, 5)]);
        let mut row = MemberRow::new([1; 16], [2; 32]);
        assert_eq!((first(&mut row, 1, [1; 8]), &row.missed[..]), (Heard::Next, &[][..]));
    }

    #[test]
    fn a_restored_copy_is_told_once_and_then_believed() {
        let mut row = row();
        assert!((1..=5).all(|n| hear(&mut row, n) == Heard::Next));
        assert_eq!(hear(&mut row, 8), Heard::Gap(2));
        assert_eq!(hear(&mut row, 5), Heard::Contradiction);
        assert_eq!(hear(&mut row, 6), Heard::Next, "the count goes on where the copy stands");
        assert_eq!(row.missed, []);
    }

    #[test]
    fn a_member_who_leaves_gaps_without_end_fills_nobodys_disk() {
        let mut row = row();
        for n in (2..1000).step_by(2) {
            assert_eq!(hear(&mut row, n), Heard::Gap(1));
        }
        assert_eq!(row.missed.len(), RANGES);
        assert_eq!([1, 501, 997].map(|n| hear(&mut row, n)), [Heard::Late; 3]);
    }

    #[test]
    fn numbers_at_the_end_of_their_range_do_not_overflow() {
        let mut row = row();
        let last = u64::MAX;
        assert_eq!(hear(&mut row, last), Heard::Gap(last - 1));
        assert_eq!(hear(&mut row, last - 1), Heard::Late);
        assert_eq!(next(&mut row, 0, [0; 8], [0; 8]), Heard::Contradiction);
    }
}
