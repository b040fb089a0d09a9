//! What people are called, and who could be taken for somebody else (protocol 4.5).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    group::{
        Candidate, Change, Founded, Founding, Group, GroupCrypto, GroupError, Identity, JoinError, Joining,
        NewKeyPackage, OpenMls, PendingCommit, PendingJoin, Welcoming,
    },
    state::{GroupState, GroupStateReader},
};
use conclave_engine::{
    Engine,
    api::OfRoom,
    snapshot::{ItemBody, Person, SystemLine},
};
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{Layer, Layered},
    scene::{enters, two},
};
use tokio::time::sleep;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The room's own scheme, in which Bob calls himself Robert whenever he renews his keys or comes in again.
#[derive(Clone, Copy)]
struct Renaming;

impl Renaming {
    fn wrap(self, group: Box<dyn Group>) -> Box<dyn Group> {
        Box::new(Layered { group, layer: self })
    }
}

impl GroupCrypto for Renaming {
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        let founded = OpenMls.create(state, rng, founding)?;
        Ok(Founded { group: self.wrap(founded.group), ..founded })
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        let again = joining.rejoin.is_some();
        let identity = if again { Identity::new("Robert", 0).unwrap() } else { joining.identity.clone() };
        let joined = OpenMls.join(state, rng, Joining { identity, ..joining })?;
        Ok(PendingJoin { group: self.wrap(joined.group), ..joined })
    }

    fn key_package(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        identity: Identity,
    ) -> Result<NewKeyPackage, GroupError> {
        OpenMls.key_package(state, rng, identity)
    }

    fn candidate(&self, key_package: &[u8]) -> Option<Candidate> {
        OpenMls.candidate(key_package)
    }

    fn welcome(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        welcoming: Welcoming<'_>,
    ) -> Result<Box<dyn Group>, JoinError> {
        Ok(self.wrap(OpenMls.welcome(state, rng, welcoming)?))
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        Ok(OpenMls.load(state)?.map(|group| self.wrap(group)))
    }
}

impl Layer for Renaming {
    fn commit(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError> {
        let is_bob = group.own().is_some_and(|own| own.credential.nick == "Bob");
        let change = if is_bob { Change::Appear(Identity::new("Robert", 0).unwrap()) } else { change };
        group.commit(state, rng, change)
    }
}

async fn people(member: &mut Member) -> Vec<Person> {
    let request = OfRoom { room: member.room.clone() };
    let view = member.person.insist(move |engine: Engine| async move { engine.view_room(request).await.unwrap() });
    view.await.people
}

/// The names that are marked in a member list.
async fn marked(member: &mut Member) -> Vec<String> {
    let people = people(member).await.into_iter();
    people.filter(|person| person.ambiguous).map(|person| person.nick).collect()
}

async fn comes_in(lab: &Lab, alice: &mut Member, name: &str) -> Member {
    let link = alice.link().await;
    let mut member = enters(lab, name, &link).await;
    member.pause(Duration::from_secs(60)).await;
    member
}

#[test]
fn a_rename_is_told_and_nobody_takes_the_old_name_unmarked() {
    Lab::play_with(81, Arc::new(Renaming), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        sleep(DAY).await;
        bob.start().await;
        bob.pause(Duration::from_secs(1800)).await;
        assert_eq!(alice.people().await, ["Alice", "Robert"], "his keys were renewed, and his name with them");
        let renamed = SystemLine::Renamed { from: "Bob".to_owned(), to: "Robert".to_owned() };
        for member in [&mut alice, &mut bob] {
            assert_eq!(member.lines().await.iter().filter(|line| **line == renamed).count(), 1);
        }
        assert_eq!(marked(&mut alice).await, [""; 0], "he is not taken for himself");

        comes_in(&lab, &mut alice, "B\u{43e}b").await;
        assert_eq!(marked(&mut alice).await, ["B\u{43e}b"], "what Bob said still stands in the timeline");
    });
}

#[test]
fn a_rename_on_the_way_back_in_is_told() {
    Lab::play_with(82, Arc::new(Renaming), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        for text in ["Where is he?", "Still nothing."] {
            alice.close().await;
            sleep(17 * DAY).await;
            alice.start().await;
            // Her keys are old, so she renews them: Bob's are those of an old epoch.
            alice.pause(Duration::from_secs(900)).await;
            alice.say(text).await;
        }
        bob.start().await;
        bob.pause(Duration::from_secs(120)).await;
        let lines = alice.lines().await;
        assert!(lines.contains(&SystemLine::Rejoined { nick: "Robert".to_owned() }), "{:?}", lines.len());
        assert!(lines.contains(&SystemLine::Renamed { from: "Bob".to_owned(), to: "Robert".to_owned() }));
    });
}

#[test]
fn the_name_of_who_left_is_not_taken_unmarked_while_it_can_be_read() {
    Lab::play(83, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let sign_of = |people: &[Person], nick: &str| {
            people.iter().find(|person| person.nick == nick).map(|person| (person.hue, person.shape))
        };
        let bobs = sign_of(&people(&mut alice).await, "Bob").unwrap();
        let room = bob.room.clone();
        bob.person.leave(&room).await;
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(alice.people().await, ["Alice"]);
        let items = alice.person.timeline(&alice.room).await;
        let signs = items.iter().filter_map(|item| {
            let ItemBody::Text { nick, hue, shape, .. } = &item.body else { return None };
            (nick == "Bob").then_some((*hue, *shape))
        });
        assert_eq!(signs.collect::<Vec<_>>(), [bobs], "his words keep his sign after he left");

        let mut mallory = comes_in(&lab, &mut alice, "BOB").await;
        let seen = people(&mut alice).await;
        assert_eq!(marked(&mut alice).await, ["BOB"]);
        assert_ne!(sign_of(&seen, "BOB"), Some(bobs), "another key, another sign");

        // After thirty days nothing that Bob said is left, so nothing can be mistaken. The room is not silent for as long.
        for wait in [16, 16] {
            for member in [&mut alice, &mut mallory] {
                member.close().await;
            }
            sleep(wait * DAY).await;
            alice.start().await;
            alice.say("Still here.").await;
        }
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(alice.people().await, ["Alice", "BOB"]);
        assert_eq!(marked(&mut alice).await, [""; 0]);
    });
}
