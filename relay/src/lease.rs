//! The commit slot (protocol 4.7): a lock with a timeout and a fair queue, for joiners. Pure: it takes `now` and says
//! what to do.
//!
//! Fair queueing over two levels: sources take turns, and within a source its connections. Keys cannot tell people
//! apart, because all holders of the code share one, so place and penalty belong to what can be seen.

use std::{collections::BTreeMap, time::Duration};

use conclave_proto::limits;
use tokio::time::Instant;

use crate::peer::{ConnId, Source};

/// The commit slot of a room.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    holder: Option<Holder>,
    queue: Vec<Waiting>,
    /// Who let a lease lapse, until when that counts.
    lapsed: BTreeMap<Party, Instant>,
    /// Counts arrivals and grants: the order in which turns come.
    turns: u64,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) conn: ConnId,
    /// None where all connections come from one place, as behind an onion service: they share one turn.
    pub(crate) source: Option<Source>,
    /// It has proven the code and no more: a lock sends it away.
    pub(crate) joiner: bool,
}

/// What the room must tell a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The slot is yours for so long.
    Grant { conn: ConnId, rid: u32, lasts: Duration },
    /// Not now.
    Refuse { conn: ConnId, rid: u32, retry: Duration, position: u32 },
}

/// What a lapse is remembered of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    Connection(ConnId),
    Source(Source),
}

#[derive(Debug)]
struct Holder {
    asker: Asker,
    until: Instant,
    latest: Instant,
}

#[derive(Debug)]
struct Waiting {
    asker: Asker,
    /// None once it was refused: it keeps its place and is passed over until it asks again.
    rid: Option<u32>,
    arrived: u64,
    /// When its turn began to count: its arrival, or the last grant to its source.
    turn: u64,
    until: Instant,
}

impl Leases {
    /// Asks for the slot. A connection has one place: asking again moves its answer to the newer request.
    pub(crate) fn ask(&mut self, asker: Asker, rid: u32, now: Instant) -> Vec<Action> {
        if self.holder.as_ref().is_some_and(|holder| holder.asker.conn == asker.conn) {
            // Given back unused: otherwise a connection would hold the slot for ever by asking just in time.
            self.lapse(now);
        }
        let until = later(now, limits::LEASE_WAIT);
        if let Some(waiting) = self.queue.iter_mut().find(|waiting| waiting.asker.conn == asker.conn) {
            if waiting.rid.is_none() {
                waiting.until = until;
            }
            (waiting.rid, waiting.asker) = (Some(rid), asker);
        } else {
            let arrived = self.next_turn();
            self.queue.push(Waiting { asker, rid: Some(rid), arrived, turn: arrived, until });
        }
        self.grant_next(now)
    }

    /// The head has changed: the slot is free, and whoever held it has lost nothing.
    pub(crate) fn end(&mut self, now: Instant) -> Vec<Action> {
        self.holder = None;
        self.grant_next(now)
    }

    /// A connection is gone. Gone with the slot in hand counts for its source as a lapse.
    pub(crate) fn leave(&mut self, conn: ConnId, now: Instant) -> Vec<Action> {
        self.queue.retain(|waiting| waiting.asker.conn != conn);
        if self.holder.as_ref().is_some_and(|holder| holder.asker.conn == conn) {
            self.lapse(now);
        }
        self.lapsed.remove(&Party::Connection(conn));
        self.grant_next(now)
    }

    /// Time has passed for a connection. `receiving`: a message of it is arriving, so its lease is extended.
    pub(crate) fn tick(&mut self, conn: ConnId, receiving: bool, now: Instant) -> Vec<Action> {
        if let Some(holder) = self.holder.as_mut().filter(|holder| holder.asker.conn == conn && holder.until <= now) {
            if receiving && now < holder.latest {
                holder.until = later(now, EXTENSION).min(holder.latest);
            } else {
                self.lapse(now);
            }
        }
        let mut actions = Vec::new();
        let due = |waiting: &Waiting| waiting.asker.conn == conn && waiting.until <= now;
        if let Some(at) = self.queue.iter().position(due) {
            let position = self.position(at, now);
            if let Some(rid) = self.queue.get_mut(at).and_then(|waiting| waiting.rid.take()) {
                let retry =
                    self.holder.as_ref().map_or(EXTENSION, |holder| holder.until.saturating_duration_since(now));
                actions.push(Action::Refuse { conn, rid, retry, position });
            }
        }
        actions.extend(self.grant_next(now));
        actions
    }

    /// Takes all joiners out of the queue and the slot: the room is locked.
    pub(crate) fn refuse_joiners(&mut self, now: Instant) -> (Vec<(ConnId, u32)>, Vec<Action>) {
        let joiners = self.queue.iter().filter(|waiting| waiting.asker.joiner);
        let refused = joiners.filter_map(|waiting| Some((waiting.asker.conn, waiting.rid?))).collect();
        self.queue.retain(|waiting| !waiting.asker.joiner);
        (refused, self.end(now))
    }

    /// When [`Leases::tick`] is due for a connection.
    pub(crate) fn deadline(&self, conn: ConnId) -> Option<Instant> {
        let held = self.holder.as_ref().filter(|holder| holder.asker.conn == conn).map(|holder| holder.until);
        let waits = |waiting: &&Waiting| waiting.asker.conn == conn && waiting.rid.is_some();
        held.or_else(|| self.queue.iter().find(waits).map(|waiting| waiting.until))
    }

    /// Whether somebody else holds the slot, and until when.
    pub(crate) fn held_against(&self, conn: ConnId, now: Instant) -> Option<Duration> {
        let holder = self.holder.as_ref().filter(|holder| holder.asker.conn != conn)?;
        Some(holder.until.saturating_duration_since(now))
    }

    /// The holder has made nothing of the slot: it and its source stand behind everybody else for a while.
    fn lapse(&mut self, now: Instant) {
        let Some(Holder { asker, .. }) = self.holder.take() else { return };
        self.lapsed.retain(|_, until| *until > now);
        let until = later(now, limits::LEASE_PENALTY);
        self.lapsed.insert(Party::Connection(asker.conn), until);
        if let Some(source) = asker.source {
            self.lapsed.insert(Party::Source(source), until);
        }
    }

    fn has_lapsed(&self, asker: Asker, now: Instant) -> bool {
        let parties = [Some(Party::Connection(asker.conn)), asker.source.map(Party::Source)];
        parties.iter().flatten().any(|party| self.lapsed.get(party).is_some_and(|until| *until > now))
    }

    fn grant_next(&mut self, now: Instant) -> Vec<Action> {
        if self.holder.is_some() {
            return Vec::new();
        }
        let asking = self.queue.iter().enumerate().filter_map(|(at, waiting)| Some((at, waiting, waiting.rid?)));
        let Some((at, _, rid)) = asking.min_by_key(|(_, waiting, _)| self.order(waiting, now)) else {
            return Vec::new();
        };
        let asker = self.queue.remove(at).asker;
        let lasts = if self.has_lapsed(asker, now) { limits::LEASE_SHORT } else { limits::LEASE };
        self.holder = Some(Holder { asker, until: later(now, lasts), latest: later(now, limits::LEASE_MAX) });
        // Whoever else waits there has had a turn by this: the other sources come first.
        let turn = self.next_turn();
        for waiting in self.queue.iter_mut().filter(|waiting| waiting.asker.source == asker.source) {
            waiting.turn = turn;
        }
        vec![Action::Grant { conn: asker.conn, rid, lasts }]
    }

    /// What decides who is next: the smallest.
    fn order(&self, waiting: &Waiting, now: Instant) -> (bool, u64, u64) {
        (self.has_lapsed(waiting.asker, now), waiting.turn, waiting.arrived)
    }

    /// A place in the queue, from 1.
    fn position(&self, at: usize, now: Instant) -> u32 {
        let Some(own) = self.queue.get(at).map(|waiting| self.order(waiting, now)) else { return 1 };
        let before = self.queue.iter().filter(|waiting| self.order(waiting, now) < own).count();
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn next_turn(&mut self) -> u64 {
        self.turns = self.turns.saturating_add(1);
        self.turns
    }
}

fn later(now: Instant, by: Duration) -> Instant {
    now.checked_add(by).unwrap_or(now)
}

/// How much longer a lease lasts while its COMMIT is arriving.
const EXTENSION: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
