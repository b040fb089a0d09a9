//! Knocks that wait at a locked room (protocol 4.6.9): a bounded list, in memory. Pure: it takes `now` and says whose
//! knock is over.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use conclave_proto::{id::KnockId, limits};
use tokio::time::Instant;

use crate::peer::{ConnId, Source};

/// The knocks at one room, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Knocks {
    waiting: Vec<Knock>,
    /// Who has knocked a moment ago, until when it waits with the next one.
    paused: BTreeMap<Party, Instant>,
}

/// A knock that waits for the owner.
#[derive(Debug)]
pub(crate) struct Knock {
    pub(crate) id: KnockId,
    pub(crate) conn: ConnId,
    /// None where all connections come from one place, as behind an onion service: they count as one source.
    pub(crate) source: Option<Source>,
    /// The push that owners hear it by, encoded once.
    pub(crate) frame: Bytes,
    pub(crate) until: Instant,
}

/// Whom a pause is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    Connection(ConnId),
    Source(Source),
}

impl Knocks {
    /// How long a connection has to wait before it knocks; none if it may, and then the next pause begins.
    pub(crate) fn pause(&mut self, conn: ConnId, source: Option<Source>, now: Instant) -> Option<Duration> {
        self.paused.retain(|_, until| *until > now);
        let party = source.map_or(Party::Connection(conn), Party::Source);
        if let Some(until) = self.paused.get(&party) {
            return Some(until.saturating_duration_since(now));
        }
        self.paused.insert(party, now.checked_add(limits::KNOCK_PAUSE).unwrap_or(now));
        None
    }

    /// Adds a knock. Returns those that are over for it: the earlier one of its connection, and where there are too many
    /// the oldest one of the source that has most.
    pub(crate) fn add(&mut self, knock: Knock) -> Vec<Knock> {
        let mut over: Vec<Knock> = self.take(|waiting| waiting.conn == knock.conn).into_iter().collect();
        self.waiting.push(knock);
        if self.waiting.len() > limits::KNOCKS {
            let busiest = self.busiest();
            over.extend(self.take(|waiting| waiting.source == busiest));
        }
        over
    }

    /// Takes out the knock of this name.
    pub(crate) fn take_named(&mut self, id: KnockId) -> Option<Knock> {
        self.take(|knock| knock.id == id)
    }

    /// Takes out the knock of a connection.
    pub(crate) fn take_of(&mut self, conn: ConnId) -> Option<Knock> {
        self.take(|knock| knock.conn == conn)
    }

    /// Takes out the knock of a connection if its time is up.
    pub(crate) fn take_expired(&mut self, conn: ConnId, now: Instant) -> Option<Knock> {
        self.take(|knock| knock.conn == conn && knock.until <= now)
    }

    /// Takes out all.
    pub(crate) fn take_all(&mut self) -> Vec<Knock> {
        std::mem::take(&mut self.waiting)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Knock> {
        self.waiting.iter()
    }

    fn take(&mut self, is_it: impl Fn(&Knock) -> bool) -> Option<Knock> {
        self.waiting.iter().position(is_it).map(|at| self.waiting.remove(at))
    }

    /// The source with most knocks; of several, the one that has waited longest.
    fn busiest(&self) -> Option<Source> {
        let count = |source| self.waiting.iter().filter(|knock| knock.source == source).count();
        // The last of equal ones is taken, so the oldest has to be the last.
        self.waiting.iter().rev().max_by_key(|knock| count(knock.source)).and_then(|knock| knock.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knock(conn: u8, source: Option<u64>, now: Instant) -> Knock {
        let source = source.map(Source);
        Knock { id: KnockId([conn; 16]), conn: conn.into(), source, frame: Bytes::new(), until: now }
    }

    fn conns(over: &[Knock]) -> Vec<ConnId> {
        over.iter().map(|knock| knock.conn).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_knocks_displaces_itself() {
        let (mut knocks, now) = (Knocks::default(), Instant::now());
        assert_eq!(conns(&knocks.add(knock(1, Some(1), now))), [0; 0]);
        for conn in 2..=20 {
            assert_eq!(conns(&knocks.add(knock(conn, Some(2), now))), [0; 0], "there is room");
        }
        assert_eq!(conns(&knocks.add(knock(21, Some(2), now))), [2], "the flood's own oldest");
        assert_eq!(conns(&knocks.add(knock(22, Some(3), now))), [3], "somebody else's knock finds room");
        assert_eq!(conns(&knocks.add(knock(22, Some(3), now))), [22], "one for each connection");
        for conn in [1, 22] {
            assert!(knocks.take_of(conn).is_some(), "who was polite waits still");
        }
        let mut from_anywhere = Knocks::default();
        for conn in 1..=20 {
            from_anywhere.add(knock(conn, None, now));
        }
        assert_eq!(conns(&from_anywhere.add(knock(21, Some(1), now))), [1], "those that are not seen are one source");
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_waits_between_two_knocks() {
        let (mut knocks, now) = (Knocks::default(), Instant::now());
        let (home, flood) = (Some(Source(1)), Some(Source(2)));
        assert_eq!(knocks.pause(1, flood, now), None);
        assert_eq!(knocks.pause(2, flood, now), Some(limits::KNOCK_PAUSE), "another connection, the same source");
        assert_eq!(knocks.pause(3, home, now), None);
        assert_eq!(knocks.pause(4, None, now), None);
        assert_eq!(knocks.pause(5, None, now), None, "where no source is seen each connection waits for itself");
        assert_eq!(knocks.pause(4, None, now), Some(limits::KNOCK_PAUSE));
        assert_eq!(knocks.pause(2, flood, now + limits::KNOCK_PAUSE), None);
    }
}
