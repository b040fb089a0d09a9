//! The numbering of each member's messages (protocol 4.9): what a number and the hash before it tell about messages that were
//! withheld, came late, or were repeated from a restored copy.

use conclave_store::{MemberRow, Missed};

/// What a message says of itself: its number, the hash that it names of the one before it, and its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) n: u64,
    pub(super) prev: [u8; 8],
    pub(super) hash: [u8; 8],
}

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
pub(super) fn first(row: &mut MemberRow, link: Link) -> Heard {
    let to = link.n.saturating_sub(1);
    add(&mut row.missed, Missed { from: 1, to, before: None, last: Some(link.prev) });
    (row.n, row.prev) = (link.n, link.hash);
    Heard::Next
}

/// What the next message tells that is known of somebody.
pub(super) fn next(row: &mut MemberRow, link: Link) -> Heard {
    if let Some(at) = row.missed.iter().position(|missed| (missed.from..=missed.to).contains(&link.n))
        && take(&mut row.missed, at, link)
    {
        return Heard::Late;
    }
    let expected = row.n.saturating_add(1);
    let heard = match link.n.checked_sub(expected) {
        Some(0) if link.prev == row.prev => Heard::Next,
        Some(missing @ 1..) => {
            let to = link.n.saturating_sub(1);
            add(&mut row.missed, Missed { from: expected, to, before: Some(row.prev), last: Some(link.prev) });
            Heard::Gap(missing)
        }
        Some(0) | None => {
            // From here on the author's new count is what counts.
            row.missed.retain(|missed| missed.to < link.n);
            Heard::Contradiction
        }
    };
    (row.n, row.prev) = (link.n, link.hash);
    heard
}

/// Adds a range above all others. The two lowest become one if there are too many: more numbers may then still come than were
/// missed, and nobody is accused of what a relay did.
fn add(missed: &mut Vec<Missed>, range: Missed) {
    if range.from > range.to {
        return;
    }
    missed.push(range);
    if let [first, second, ..] = missed[..]
        && missed.len() > RANGES
    {
        missed.splice(..2, [Missed { to: second.to, last: second.last, ..first }]);
    }
}

/// Takes a number out of a range; `false` if the message does not fit to its neighbours.
fn take(missed: &mut Vec<Missed>, at: usize, Link { n, prev, hash }: Link) -> bool {
    let Some(range) = missed.get(at).copied() else { return false };
    let follows = n != range.from || range.before.is_none_or(|before| before == prev);
    let leads = n != range.to || range.last.is_none_or(|last| last == hash);
    if !follows || !leads {
        return false;
    }
    let below = Missed { to: n.saturating_sub(1), last: Some(prev), ..range };
    let above = Missed { from: n.saturating_add(1), before: Some(hash), ..range };
    missed.splice(at..=at, [below, above].into_iter().filter(|range| range.from <= range.to));
    true
}

/// Ranges of missing numbers that are told apart.
const RANGES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of a message is its number here.
    fn link(n: u64) -> Link {
        Link { n, prev: n.saturating_sub(1).to_be_bytes(), hash: n.to_be_bytes() }
    }

    fn hear(row: &mut MemberRow, n: u64) -> Heard {
        next(row, link(n))
    }

    fn ranges(row: &MemberRow) -> Vec<(u64, u64)> {
        row.missed.iter().map(|missed| (missed.from, missed.to)).collect()
    }

    fn row() -> MemberRow {
        MemberRow::new([1; 16], [2; 32])
    }

    #[test]
    fn messages_in_order_are_what_is_expected() {
        let mut row = row();
        assert!((1..10).all(|n| hear(&mut row, n) == Heard::Next));
        assert_eq!(next(&mut row, Link { prev: [0xff; 8], ..link(10) }), Heard::Contradiction, "it does not chain");
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
        assert_eq!(first(&mut row, link(7)), Heard::Next);
        assert_eq!([6, 1, 8].map(|n| hear(&mut row, n)), [Heard::Late, Heard::Late, Heard::Next]);
        assert_eq!(ranges(&row), [(2, 5)]);
        let mut row = MemberRow::new([1; 16], [2; 32]);
        assert_eq!((first(&mut row, link(1)), &row.missed[..]), (Heard::Next, &[][..]));
    }

    #[test]
    fn a_late_message_has_to_fit_to_those_around_it() {
        let mut before = row();
        assert_eq!([1, 6].map(|n| hear(&mut before, n)), [Heard::Next, Heard::Gap(4)]);
        let other = [0xff; 8];
        for (link, what) in [
            (Link { prev: other, ..link(2) }, "the lowest does not go on from the one before"),
            (Link { hash: other, ..link(5) }, "the highest is another one than the next names"),
        ] {
            assert_eq!(next(&mut before.clone(), link), Heard::Contradiction, "{what}");
        }
        // In the middle nothing is known yet; what comes there is what its neighbours are held against.
        assert_eq!(next(&mut before, Link { prev: other, hash: other, ..link(4) }), Heard::Late);
        for n in [3, 5] {
            assert_eq!(hear(&mut before.clone(), n), Heard::Contradiction, "{n} belongs to another 4");
        }
        assert_eq!(next(&mut before, Link { hash: other, ..link(3) }), Heard::Late);
        assert_eq!(next(&mut before, Link { prev: other, ..link(5) }), Heard::Late);
    }

    #[test]
    fn a_restored_copy_that_fills_a_gap_with_something_else_is_noticed() {
        let mut row = row();
        assert_eq!([1, 2, 5].map(|n| hear(&mut row, n)), [Heard::Next, Heard::Next, Heard::Gap(2)]);
        // The copy knows 1 and 2, and says two other things.
        let other = [3, 4].map(|n: u64| n.wrapping_neg().to_be_bytes());
        assert_eq!(next(&mut row, Link { hash: other[0], ..link(3) }), Heard::Late);
        assert_eq!(next(&mut row, Link { n: 4, prev: other[0], hash: other[1] }), Heard::Contradiction);
        assert_eq!(
            next(&mut row, Link { prev: other[1], ..link(5) }),
            Heard::Next,
            "the copy is believed from here on"
        );
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
        assert_eq!(hear(&mut row, 0), Heard::Contradiction);
    }
}
