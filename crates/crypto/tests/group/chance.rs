//! Stories that chance writes: people come, talk, heal, race, restart, leave and are removed in any order.

use conclave_crypto::group::{Change, Received};
use conclave_seal::rng::OsRng;
use proptest::prelude::*;

use crate::world::{Entry, Person, alice, assert_together, join, said};

#[derive(Debug, Clone)]
enum Event {
    Joins,
    Says(usize),
    Updates(usize),
    /// Two prepare a commit; the first one's is accepted.
    Race(usize, usize),
    Leaves(usize),
    Removed(usize),
    Restarts(usize),
}

fn any_event() -> impl Strategy<Value = Event> {
    let who = 0..8_usize;
    prop_oneof![
        2 => Just(Event::Joins),
        4 => who.clone().prop_map(Event::Says),
        2 => who.clone().prop_map(Event::Updates),
        1 => (who.clone(), who.clone()).prop_map(|(one, other)| Event::Race(one, other)),
        1 => who.clone().prop_map(Event::Leaves),
        1 => who.clone().prop_map(Event::Removed),
        3 => who.prop_map(Event::Restarts),
    ]
}

/// The room, with Alice first; she stays.
struct Room(Vec<Person>);

impl Room {
    /// Chance names somebody by any number.
    fn at(&self, who: usize) -> usize {
        who.checked_rem(self.0.len()).unwrap()
    }

    /// A guest, if there is one.
    fn guest(&self, who: usize) -> Option<usize> {
        Some(who.checked_rem(self.0.len().saturating_sub(1))?.saturating_add(1))
    }

    /// Everybody but its author hears an entry; who is removed by it is not there any more.
    fn hear(&mut self, author: usize, entry: &Entry) {
        let mut removed = None;
        for (index, person) in self.0.iter_mut().enumerate() {
            if index == author {
                person.merges(entry);
            } else if person.hears(entry).unwrap().own_removed {
                removed = Some(index);
            }
        }
        if let Some(index) = removed {
            self.0.remove(index);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Joins if self.0.len() < 6 => {
                let mut people: Vec<_> = self.0.iter_mut().collect();
                let newcomer = join("Guest", &mut people);
                self.0.push(newcomer);
            }
            Event::Joins => {}
            Event::Says(who) => {
                let who = self.at(who);
                let message = self.0[who].says("hello");
                let expected = said("hello", &self.0[who]);
                for (index, person) in self.0.iter_mut().enumerate() {
                    let received = person.reads(&message).unwrap();
                    assert_eq!(received, if index == who { Received::Own } else { expected.clone() });
                    assert!(index == who || person.reads(&message).is_err(), "once is enough");
                }
            }
            Event::Updates(who) => {
                let who = self.at(who);
                let entry = self.0[who].commits(Change::Update);
                self.hear(who, &entry);
            }
            Event::Race(one, other) => {
                let (one, other) = (self.at(one), self.at(other));
                let entry = self.0[one].commits(Change::Update);
                if one != other {
                    self.0[other].commits(Change::Update);
                    let loser = &mut self.0[other];
                    loser.group.clear_pending(&loser.state).unwrap();
                }
                self.hear(one, &entry);
            }
            Event::Leaves(who) => {
                let Some(who) = self.guest(who) else { return };
                let leaver = &mut self.0[who];
                let leave = leaver.group.propose_leave(&leaver.state, &mut OsRng).unwrap();
                let leaf = leaver.group.own_leaf();
                for (index, person) in self.0.iter_mut().enumerate().filter(|(index, _)| *index != who) {
                    assert_eq!(person.reads(&leave).unwrap(), Received::Leaving { leaf }, "person {index}");
                }
                let entry = self.0[0].commits(Change::Update);
                self.hear(0, &entry);
            }
            Event::Removed(who) => {
                let Some(who) = self.guest(who) else { return };
                let leaf = self.0[who].group.own_leaf();
                let entry = self.0[0].commits(Change::Remove(vec![leaf]));
                self.hear(0, &entry);
            }
            Event::Restarts(who) => {
                let who = self.at(who);
                self.0[who].restarts();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_happens_everybody_in_the_room_agrees(events in prop::collection::vec(any_event(), 1..30)) {
        let mut room = Room(vec![alice().0]);
        for event in events {
            let before = room.0.len();
            let fewer = matches!(event, Event::Leaves(_) | Event::Removed(_)) && before > 1;
            let more = matches!(event, Event::Joins) && before < 6;
            room.happens(event);
            prop_assert_eq!(room.0.len(), before.saturating_add(more.into()).saturating_sub(fewer.into()));
            assert_together(&room.0.iter().collect::<Vec<_>>());
            prop_assert_eq!(room.0[0].group.roster().len(), room.0.len(), "the roster is who is there");
        }
    }
}
