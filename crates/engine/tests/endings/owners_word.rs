//! Whether the door is shut is what the owner signed last, whatever the relay says (protocol 4.6.6).

use std::time::Duration;

use conclave_engine::{
    api::{ChangeRoom, NewRules},
    snapshot::{Connection, Ended, LinkFault, RoomPhase},
};
use conclave_proto::{
    frame::{Refusal, Reply},
    id::RoomState,
};
use conclave_testkit::{
    Lab,
    scene::{all_is_well, enters, joins, knocks, three, two, two_with},
};

use super::{DAY, MINUTE, change::nothing};

/// The relay says of every door that it is what it is not.
fn the_opposite(reply: Reply) -> Vec<Reply> {
    vec![match reply {
        Reply::Authenticated(mut admission) => {
            admission.state = match admission.state {
                RoomState::Open => RoomState::Locked,
                _ => RoomState::Open,
            };
            Reply::Authenticated(admission)
        }
        other => other,
    }]
}

#[test]
fn a_relay_that_lies_about_the_door_is_not_believed() {
    Lab::play(1901, async |lab| {
        let rules = NewRules { idle_ttl: 30 * 86_400, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let room = alice.room.clone();
        lab.intercept_all(|_, reply| the_opposite(reply));
        for member in [&mut alice, &mut bob] {
            member.reconnect().await;
            assert_eq!(member.phase().await, RoomPhase::Open, "{} has seen no lock", member.person.name());
        }
        alice.person.lock(&room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        for member in [&mut alice, &mut bob] {
            member.reconnect().await;
            assert_eq!(member.phase().await, RoomPhase::Locked);
        }
        // The newest statement is about something else by now.
        let change = ChangeRoom { idle_ttl: Some(7 * 86_400), ..nothing(&alice) };
        alice.person.change(change).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
            member.start().await;
            member.pause(MINUTE).await;
            assert_eq!(member.phase().await, RoomPhase::Locked);
        }
        alice.person.unlock(&room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        for member in [&mut alice, &mut bob] {
            member.reconnect().await;
            assert_eq!(member.phase().await, RoomPhase::Open);
        }
        lab.stop_intercepting();
        all_is_well(&lab, alice, bob).await;
    });
}

/// Alice's app would take the door for shut, and leave it open behind what says where the room goes on.
#[test]
fn a_room_that_the_relay_calls_locked_is_locked_when_it_moves() {
    Lab::play(1902, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        lab.intercept("Alice", the_opposite);
        alice.reconnect().await;
        alice.person.move_room(&alice.room, None).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert!(bob.moved().await.is_some());
        let mut carol = enters(&lab, "Carol", &link).await;
        carol.pause(MINUTE).await;
        assert_eq!(carol.connection().await, Connection::Stopped { reason: LinkFault::RoomLocked });
    });
}

/// The relay shows the newest statement alone, and what Alice said of the door has burned: then its word is the only one.
#[test]
fn who_was_away_for_a_lock_and_what_followed_hears_of_it_from_the_relay() {
    Lab::play(1903, async |lab| {
        let rules = NewRules { idle_ttl: 30 * 86_400, message_ttl: 3600, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let room = alice.room.clone();
        bob.close().await;
        alice.person.lock(&room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let change = ChangeRoom { idle_ttl: Some(7 * 86_400), ..nothing(&alice) };
        alice.person.change(change).await.unwrap().unwrap();
        alice.pause(DAY).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.phase().await, RoomPhase::Locked);
        // The next thing that she signs about it he has from her.
        alice.person.unlock(&room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        lab.intercept("Bob", the_opposite);
        bob.reconnect().await;
        assert_eq!(bob.phase().await, RoomPhase::Open);
    });
}

#[test]
fn a_newcomer_has_the_owners_word_from_the_first_admission() {
    Lab::play(1904, async |lab| {
        let (mut alice, _bob) = two(&lab).await;
        let link = alice.link().await;
        let room = alice.room.clone();
        for locks in [true, false] {
            let given = if locks { alice.person.lock(&room).await } else { alice.person.unlock(&room).await };
            given.unwrap().unwrap();
            alice.pause(MINUTE).await;
        }
        let mut carol = joins(&lab, "Carol", &link).await;
        lab.intercept("Carol", the_opposite);
        carol.reconnect().await;
        carol.pause(Duration::from_secs(60)).await;
        assert_eq!(carol.phase().await, RoomPhase::Open);
    });
}

/// Behind an open door the relay could lead her to an old state of the room, in which whoever was removed still reads.
#[test]
fn who_knocks_at_a_locked_room_does_not_come_in_because_the_relay_calls_it_open() {
    Lab::play(1905, async |lab| {
        let (mut alice, _bob, _mallory) = three(&lab).await;
        let link = alice.link().await;
        alice.person.throw_out(&alice.room.clone(), "Carol").await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let mut dora = knocks(&lab, "Dora", &link, "It is Dora.").await;
        dora.pause(MINUTE / 6).await;
        for hides_the_lock in [false, true] {
            lab.intercept("Dora", move |reply| match reply {
                Reply::Authenticated(mut admission) => {
                    admission.state = RoomState::Open;
                    admission.owner = admission.owner.filter(|_| !hides_the_lock);
                    vec![Reply::Authenticated(admission)]
                }
                other => vec![other],
            });
            dora.retry().await;
            dora.reconnect().await;
            assert_eq!(dora.phase().await, RoomPhase::Knocking);
            assert_eq!(dora.connection().await, Connection::Stopped { reason: LinkFault::Misbehaved });
        }
        lab.stop_intercepting();
        dora.retry().await;
        dora.pause(MINUTE / 6).await;
        alice.answers("Dora", true).await.unwrap();
        dora.pause(MINUTE).await;
        assert_eq!(alice.people().await, ["Alice", "Bob", "Dora"]);
    });
}

/// A relay that says so and shows nothing may have forgotten the room, and then anybody opens another one under its name.
#[test]
fn a_room_is_closed_once_the_relay_shows_that_it_is() {
    Lab::play(1906, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.intercept("Alice", |reply| match reply {
            Reply::Tombstone(_) => Vec::new(),
            Reply::Refused(refusal) => vec![Reply::Refused(Refusal::bare(refusal.code))],
            other => vec![other],
        });
        alice.reconnect().await;
        alice.person.close_room(&alice.room.clone()).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(bob.ended().await, Some(Ended::ClosedByOwner));
        assert_eq!(alice.phase().await, RoomPhase::Closing, "she has only its word");
        assert!(alice.has_file());
        lab.stop_intercepting();
        alice.retry().await;
        alice.reconnect().await;
        assert!(!alice.is_listed().await && !alice.has_file());
    });
}
