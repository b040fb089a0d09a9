//! Who may change the head next (protocol 4.7): one holder, a queue, and time. Pure: it takes `now` and says what to do.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use conclave_proto::limits;
use tokio::time::Instant;

/// A connection of this relay.
pub(crate) type ConnId = u64;

/// The commit slot of a room.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    holder: Option<Holder>,
    queue: VecDeque<Waiting>,
    /// Who let a lease lapse may ask again after this moment.
    lapsed: BTreeMap<ConnId, Instant>,
}

/// Members go before joiners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Joiner,
    Member,
}

/// What the room must tell a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The slot is yours.
    Grant { conn: ConnId, rid: u32 },
    /// Not now.
    Refuse { conn: ConnId, rid: u32, retry: Duration, position: u32 },
}

#[derive(Debug)]
struct Holder {
    conn: ConnId,
    until: Instant,
    latest: Instant,
}

#[derive(Debug)]
struct Waiting {
    conn: ConnId,
    rid: u32,
    rank: Rank,
    until: Instant,
}

impl Leases {
    /// Asks for the slot. A connection has one place: asking again moves its answer to the newer request.
    pub(crate) fn ask(&mut self, conn: ConnId, rid: u32, rank: Rank, now: Instant) -> Vec<Action> {
        if let Some(&until) = self.lapsed.get(&conn) {
            if now < until {
                return vec![Action::Refuse { conn, rid, retry: until.duration_since(now), position: self.length() }];
            }
            self.lapsed.remove(&conn);
        }
        if let Some(waiting) = self.queue.iter_mut().find(|waiting| waiting.conn == conn) {
            waiting.rid = rid;
            return Vec::new();
        }
        if self.holder.as_ref().is_some_and(|holder| holder.conn == conn) {
            self.holder = None;
        }
        let place = self.queue.iter().position(|waiting| waiting.rank < rank).unwrap_or(self.queue.len());
        self.queue.insert(place, Waiting { conn, rid, rank, until: later(now, limits::LEASE_WAIT) });
        self.grant_next(now)
    }

    /// The head has changed: the slot is free.
    pub(crate) fn end(&mut self, now: Instant) -> Vec<Action> {
        self.holder = None;
        self.grant_next(now)
    }

    /// A connection is gone.
    pub(crate) fn leave(&mut self, conn: ConnId, now: Instant) -> Vec<Action> {
        self.queue.retain(|waiting| waiting.conn != conn);
        self.lapsed.remove(&conn);
        if self.holder.as_ref().is_some_and(|holder| holder.conn == conn) {
            self.holder = None;
        }
        self.grant_next(now)
    }

    /// Time has passed for a connection. `receiving`: a message of it is arriving, so its lease is extended.
    pub(crate) fn tick(&mut self, conn: ConnId, receiving: bool, now: Instant) -> Vec<Action> {
        if let Some(holder) = self.holder.as_mut().filter(|holder| holder.conn == conn && holder.until <= now) {
            if receiving && now < holder.latest {
                holder.until = later(now, EXTENSION).min(holder.latest);
            } else {
                self.holder = None;
                self.lapsed.insert(conn, later(now, limits::LEASE_PENALTY));
            }
        }
        let due = self.queue.iter().position(|waiting| waiting.conn == conn && waiting.until <= now);
        let mut actions = Vec::new();
        if let Some(waiting) = due.and_then(|at| self.queue.remove(at)) {
            let retry = self.holder.as_ref().map_or(EXTENSION, |holder| holder.until.saturating_duration_since(now));
            actions.push(Action::Refuse { conn, rid: waiting.rid, retry, position: self.length() });
        }
        actions.extend(self.grant_next(now));
        actions
    }

    /// Takes all joiners out of the queue and the slot: the room is locked.
    pub(crate) fn refuse_joiners(&mut self, now: Instant) -> (Vec<(ConnId, u32)>, Vec<Action>) {
        let joiners = self.queue.iter().filter(|waiting| waiting.rank == Rank::Joiner);
        let refused = joiners.map(|waiting| (waiting.conn, waiting.rid)).collect();
        self.queue.retain(|waiting| waiting.rank != Rank::Joiner);
        (refused, self.end(now))
    }

    /// When [`Leases::tick`] is due for a connection.
    pub(crate) fn deadline(&self, conn: ConnId) -> Option<Instant> {
        let held = self.holder.as_ref().filter(|holder| holder.conn == conn).map(|holder| holder.until);
        held.or_else(|| self.queue.iter().find(|waiting| waiting.conn == conn).map(|waiting| waiting.until))
    }

    /// Whether somebody else holds the slot, and until when.
    pub(crate) fn held_against(&self, conn: ConnId, now: Instant) -> Option<Duration> {
        let holder = self.holder.as_ref().filter(|holder| holder.conn != conn)?;
        Some(holder.until.saturating_duration_since(now))
    }

    fn grant_next(&mut self, now: Instant) -> Vec<Action> {
        if self.holder.is_some() {
            return Vec::new();
        }
        let Some(next) = self.queue.pop_front() else { return Vec::new() };
        let (until, latest) = (later(now, limits::LEASE), later(now, limits::LEASE_MAX));
        self.holder = Some(Holder { conn: next.conn, until, latest });
        vec![Action::Grant { conn: next.conn, rid: next.rid }]
    }

    fn length(&self) -> u32 {
        u32::try_from(self.queue.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

fn later(now: Instant, by: Duration) -> Instant {
    now.checked_add(by).unwrap_or(now)
}

/// How much longer a lease lasts while its COMMIT is arriving.
const EXTENSION: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: ConnId = 1;
    const BOB: ConnId = 2;
    const CAROL: ConnId = 3;

    fn grant(conn: ConnId, rid: u32) -> Vec<Action> {
        vec![Action::Grant { conn, rid }]
    }

    #[tokio::test(start_paused = true)]
    async fn members_go_before_joiners_and_otherwise_the_first_comes_first() {
        let (mut leases, now) = (Leases::default(), Instant::now());
        assert_eq!(leases.ask(ALICE, 1, Rank::Joiner, now), grant(ALICE, 1));
        assert_eq!(leases.ask(BOB, 2, Rank::Joiner, now), []);
        assert_eq!(leases.ask(CAROL, 3, Rank::Member, now), []);
        assert!(leases.held_against(BOB, now).is_some(), "only Alice may commit");
        assert!(leases.held_against(ALICE, now).is_none());
        assert_eq!(leases.end(now), grant(CAROL, 3), "a member does not wait for joiners");
        assert_eq!(leases.leave(CAROL, now), grant(BOB, 2), "who is gone holds nothing");
        assert_eq!(leases.leave(BOB, now), []);
        assert!(leases.held_against(ALICE, now).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_lapses_and_its_holder_waits() {
        let (mut leases, start) = (Leases::default(), Instant::now());
        leases.ask(ALICE, 1, Rank::Joiner, start);
        leases.ask(BOB, 2, Rank::Joiner, start);
        let lapsed = start + limits::LEASE;
        assert_eq!(leases.deadline(ALICE), Some(lapsed));
        assert_eq!(leases.tick(ALICE, false, lapsed), grant(BOB, 2));
        let retry = limits::LEASE_PENALTY;
        assert_eq!(
            leases.ask(ALICE, 3, Rank::Joiner, lapsed),
            [Action::Refuse { conn: ALICE, rid: 3, retry, position: 1 }]
        );
        assert_eq!(leases.ask(ALICE, 4, Rank::Joiner, lapsed + retry), [], "the penalty is over, Bob still holds it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_lasts_while_its_commit_arrives_but_not_for_ever() {
        let (mut leases, start) = (Leases::default(), Instant::now());
        leases.ask(ALICE, 1, Rank::Member, start);
        leases.ask(BOB, 2, Rank::Member, start);
        let mut now = start + limits::LEASE;
        while now < start + limits::LEASE_MAX {
            assert_eq!(leases.tick(ALICE, true, now), [], "bytes are arriving");
            now = leases.deadline(ALICE).unwrap();
        }
        assert_eq!(leases.tick(ALICE, true, now), grant(BOB, 2), "nobody trickles for ever");
    }

    #[tokio::test(start_paused = true)]
    async fn an_unanswered_wait_ends() {
        let (mut leases, start) = (Leases::default(), Instant::now());
        leases.ask(ALICE, 1, Rank::Member, start);
        leases.ask(BOB, 2, Rank::Joiner, start);
        let due = leases.deadline(BOB).unwrap();
        assert_eq!(due, start + limits::LEASE_WAIT);
        let actions = leases.tick(BOB, false, due);
        assert!(matches!(actions[..], [Action::Refuse { conn: BOB, rid: 2, .. }]), "{actions:?}");
        assert_eq!(leases.deadline(BOB), None, "and holds no place");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_sends_joiners_away() {
        let (mut leases, now) = (Leases::default(), Instant::now());
        leases.ask(ALICE, 1, Rank::Joiner, now);
        leases.ask(BOB, 2, Rank::Joiner, now);
        leases.ask(CAROL, 3, Rank::Member, now);
        let (refused, actions) = leases.refuse_joiners(now);
        assert_eq!((refused, actions), (vec![(BOB, 2)], grant(CAROL, 3)));
    }
}
