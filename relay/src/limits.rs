//! Admission control: how many connections there may be, in total and from each source, and which one is closed for the
//! next.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use tokio_util::sync::CancellationToken;

use crate::{
    peer::{ConnId, Source},
    sync::lock,
};

/// Bounds connections. Where a bound is reached, the oldest connection that has proven nothing is closed for the next
/// one; if all have proven something, the next one is refused.
#[derive(Debug)]
pub(crate) struct ConnectionLimits {
    most: usize,
    most_per_source: usize,
    admitted: Mutex<Admitted>,
}

#[derive(Debug, Default)]
struct Admitted {
    /// How many were ever admitted: a number is the place in the order of arrival.
    last: ConnId,
    connections: BTreeMap<ConnId, Connection>,
    unproven: BTreeSet<ConnId>,
    sources: HashMap<Source, usize>,
}

#[derive(Debug)]
struct Connection {
    source: Option<Source>,
    displaced: CancellationToken,
}

/// The right to be one of the connections; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    limits: Arc<ConnectionLimits>,
    pub(crate) conn: ConnId,
    /// Cancelled when the permit was given to another connection.
    pub(crate) displaced: CancellationToken,
}

impl ConnectionLimits {
    pub(crate) fn new(most: usize, most_per_source: usize) -> Self {
        Self { most, most_per_source, admitted: Mutex::default() }
    }

    /// A permit for one more connection, if there is one.
    pub(crate) fn admit(self: &Arc<Self>, source: Option<Source>) -> Option<Permit> {
        let mut admitted = lock(&self.admitted);
        if source.is_some_and(|source| admitted.sources.get(&source).is_some_and(|many| *many >= self.most_per_source))
        {
            admitted.displace(|connection| connection.source == source)?;
        }
        if admitted.connections.len() >= self.most {
            admitted.displace(|_| true)?;
        }
        admitted.last = admitted.last.wrapping_add(1);
        let (conn, displaced) = (admitted.last, CancellationToken::new());
        admitted.connections.insert(conn, Connection { source, displaced: displaced.clone() });
        admitted.unproven.insert(conn);
        if let Some(source) = source {
            let many = admitted.sources.entry(source).or_default();
            *many = many.saturating_add(1);
        }
        Some(Permit { limits: Arc::clone(self), conn, displaced })
    }

    /// A connection has proven something: it is not closed for others any more.
    pub(crate) fn prove(&self, conn: ConnId) {
        lock(&self.admitted).unproven.remove(&conn);
    }

    /// A connection is in a mailbox and not closed for others, or is so no longer and has proven nothing. How many
    /// mailboxes there are is bounded for itself.
    pub(crate) fn keep(&self, conn: ConnId, keep: bool) {
        let mut admitted = lock(&self.admitted);
        if keep {
            admitted.unproven.remove(&conn);
        } else if admitted.connections.contains_key(&conn) {
            admitted.unproven.insert(conn);
        }
    }

    /// How many are connected.
    pub(crate) fn count(&self) -> usize {
        lock(&self.admitted).connections.len()
    }
}

impl Admitted {
    /// Takes the permit of the oldest unproven connection among those that would do.
    fn displace(&mut self, would_do: impl Fn(&Connection) -> bool) -> Option<()> {
        let unproven = self.unproven.iter().copied();
        let mut candidates = unproven.filter(|conn| self.connections.get(conn).is_some_and(&would_do));
        let oldest = candidates.next()?;
        self.remove(oldest)?.displaced.cancel();
        Some(())
    }

    fn remove(&mut self, conn: ConnId) -> Option<Connection> {
        self.unproven.remove(&conn);
        let connection = self.connections.remove(&conn)?;
        if let Some(source) = connection.source
            && let Some(many) = self.sources.get_mut(&source)
        {
            *many = many.saturating_sub(1);
            if *many == 0 {
                self.sources.remove(&source);
            }
        }
        Some(connection)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        lock(&self.limits.admitted).remove(self.conn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_bound_the_oldest_unproven_connection_is_closed() {
        let limits = Arc::new(ConnectionLimits::new(3, 9));
        let permits: Vec<Permit> = (0..3).map(|_| limits.admit(None).unwrap()).collect();
        limits.prove(permits[0].conn);
        let alice = limits.admit(None).unwrap();
        let displaced: Vec<bool> = permits.iter().map(|permit| permit.displaced.is_cancelled()).collect();
        assert_eq!((displaced, limits.count()), (vec![false, true, false], 3), "the first has proven something");
        limits.prove(alice.conn);
        limits.prove(permits[2].conn);
        assert!(limits.admit(None).is_none(), "nobody goes who has a right to be here");
        drop(permits);
        assert_eq!(limits.count(), 1, "a permit is given back once, however its connection ended");
        assert!(limits.admit(None).is_some());
    }

    #[test]
    fn a_source_has_so_many_permits_and_competes_with_itself_for_them() {
        let (limits, flood, home) = (Arc::new(ConnectionLimits::new(9, 2)), Some(Source(1)), Some(Source(2)));
        let alice = limits.admit(home).unwrap();
        let mut permits = vec![limits.admit(flood).unwrap(), limits.admit(flood).unwrap()];
        let third = limits.admit(flood).unwrap();
        assert!(permits[0].displaced.is_cancelled() && !alice.displaced.is_cancelled(), "its own oldest goes");
        limits.prove(permits[1].conn);
        limits.prove(third.conn);
        assert!(limits.admit(flood).is_none());
        assert!(limits.admit(home).is_some() && limits.admit(None).is_some(), "others are not concerned");
        permits.clear();
        assert!(limits.admit(flood).is_some());
    }
}
