//! Who is connected: places in total and for each source, and who has to go when they are taken.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use tokio_util::sync::CancellationToken;

use crate::{
    lease::{ConnId, Source},
    sync::lock,
};

/// Bounds connections. A full door closes its longest unproven connection for the next one; with none, it refuses.
#[derive(Debug)]
pub(crate) struct Door {
    most: usize,
    most_per_source: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    /// How many were ever let in: a number is the place in the order of arrival.
    last: ConnId,
    guests: BTreeMap<ConnId, Guest>,
    unproven: BTreeSet<ConnId>,
    sources: HashMap<Source, usize>,
}

#[derive(Debug)]
struct Guest {
    source: Option<Source>,
    cut: CancellationToken,
}

/// One of the connections that the relay takes; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    door: Arc<Door>,
    pub(crate) conn: ConnId,
    /// Cancelled when somebody else needs the place.
    pub(crate) cut: CancellationToken,
}

impl Door {
    pub(crate) fn new(most: usize, most_per_source: usize) -> Self {
        Self { most, most_per_source, inside: Mutex::default() }
    }

    /// A place for a connection, if there is one.
    pub(crate) fn enter(self: &Arc<Self>, source: Option<Source>) -> Option<Place> {
        let mut inside = lock(&self.inside);
        if source.is_some_and(|source| inside.sources.get(&source).is_some_and(|many| *many >= self.most_per_source)) {
            inside.make_room(|guest| guest.source == source)?;
        }
        if inside.guests.len() >= self.most {
            inside.make_room(|_| true)?;
        }
        inside.last = inside.last.wrapping_add(1);
        let (conn, cut) = (inside.last, CancellationToken::new());
        inside.guests.insert(conn, Guest { source, cut: cut.clone() });
        inside.unproven.insert(conn);
        if let Some(source) = source {
            let many = inside.sources.entry(source).or_default();
            *many = many.saturating_add(1);
        }
        Some(Place { door: Arc::clone(self), conn, cut })
    }

    /// A connection has proven something: it is not closed for others any more.
    pub(crate) fn prove(&self, conn: ConnId) {
        lock(&self.inside).unproven.remove(&conn);
    }

    /// How many are connected.
    pub(crate) fn count(&self) -> usize {
        lock(&self.inside).guests.len()
    }
}

impl Inside {
    /// Closes the longest unproven connection among those that would do.
    fn make_room(&mut self, would_do: impl Fn(&Guest) -> bool) -> Option<()> {
        let unproven = self.unproven.iter().copied();
        let mut candidates = unproven.filter(|conn| self.guests.get(conn).is_some_and(&would_do));
        let longest = candidates.next()?;
        self.remove(longest)?.cut.cancel();
        Some(())
    }

    fn remove(&mut self, conn: ConnId) -> Option<Guest> {
        self.unproven.remove(&conn);
        let guest = self.guests.remove(&conn)?;
        if let Some(source) = guest.source
            && let Some(many) = self.sources.get_mut(&source)
        {
            *many = many.saturating_sub(1);
            if *many == 0 {
                self.sources.remove(&source);
            }
        }
        Some(guest)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.door.inside).remove(self.conn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_door_closes_its_longest_unproven_connection() {
        let door = Arc::new(Door::new(3, 9));
        let places: Vec<Place> = (0..3).map(|_| door.enter(None).unwrap()).collect();
        door.prove(places[0].conn);
        let alice = door.enter(None).unwrap();
        let cut: Vec<bool> = places.iter().map(|place| place.cut.is_cancelled()).collect();
        assert_eq!((cut, door.count()), (vec![false, true, false], 3), "the first has proven something");
        door.prove(alice.conn);
        door.prove(places[2].conn);
        assert!(door.enter(None).is_none(), "nobody goes who has a right to be here");
        drop(places);
        assert_eq!(door.count(), 1, "a place is free again once, however it was left");
        assert!(door.enter(None).is_some());
    }

    #[test]
    fn a_source_has_so_many_places_and_competes_with_itself_for_them() {
        let (door, flood, home) = (Arc::new(Door::new(9, 2)), Some(Source(1)), Some(Source(2)));
        let alice = door.enter(home).unwrap();
        let mut places = vec![door.enter(flood).unwrap(), door.enter(flood).unwrap()];
        let third = door.enter(flood).unwrap();
        assert!(places[0].cut.is_cancelled() && !alice.cut.is_cancelled(), "its own longest goes");
        door.prove(places[1].conn);
        door.prove(third.conn);
        assert!(door.enter(flood).is_none());
        assert!(door.enter(home).is_some() && door.enter(None).is_some(), "others are not concerned");
        places.clear();
        assert!(door.enter(flood).is_some());
    }
}
