//! The owner ends the room for everybody: by closing it, or by leaving where it ends with that.

use conclave_engine::{
    Engine, ErrorCode,
    api::{NewRules, OfRoom, SecretText, SendMessage},
    snapshot::{Departure, Ended, RoomPhase},
};
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{two, two_with},
};

use super::{DAY, MINUTE, dies_anywhere, looks_in, opens, outlives};

/// What leaving comes to.
async fn leaves(member: &mut Member) -> Option<Result<Departure, ErrorCode>> {
    let request = OfRoom { room: member.room.clone() };
    member.person.ask(async move |engine: Engine| engine.leave_room(request).await).await
}

/// The room is gone for both and at the relay; Bob knows how it ended.
async fn is_gone(alice: &mut Member, bob: &mut Member, link: &str) {
    assert_eq!(alice.person.snapshot().await.rooms, [], "she wanted it so");
    assert!(!alice.has_file());
    assert_eq!(bob.ended().await, Some(Ended::ClosedByOwner));
    assert!(!bob.has_file(), "nothing is left but its title");
    assert_eq!(looks_in(bob, link).await, Err(ErrorCode::RoomGone));
}

#[test]
fn a_room_that_its_owner_closes_is_gone_everywhere() {
    Lab::play(1001, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        alice.person.close_room(&alice.room).await.unwrap().unwrap();
        bob.pause(MINUTE).await;
        is_gone(&mut alice, &mut bob, &link).await;
        assert_eq!(opens(&mut bob).await, Err(ErrorCode::RoomEnded));
        let left = bob.person.snapshot().await.rooms.remove(0);
        assert_eq!((left.title.as_str(), left.phase, left.members), ("Press desk", RoomPhase::Ended, 0));

        // He is told until he has seen it.
        bob.close().await;
        bob.start().await;
        assert_eq!(bob.ended().await, Some(Ended::ClosedByOwner));
        bob.person.remove(&bob.room.clone()).await;
        assert_eq!(bob.person.snapshot().await.rooms, []);
        bob.close().await;
        bob.start().await;
        assert_eq!(bob.person.snapshot().await.rooms, []);
    });
}

#[test]
fn only_the_owner_closes_a_room() {
    Lab::play(1002, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let room = bob.room.clone();
        assert_eq!(bob.person.close_room(&room).await, Some(Err(ErrorCode::NotOwner)));
        assert_eq!(bob.person.lock(&room).await, Some(Err(ErrorCode::NotOwner)));
        assert_eq!(bob.person.throw_out(&room, "Alice").await, Some(Err(ErrorCode::NotOwner)));
        alice.say("Still here.").await;
        assert!(bob.texts().await.contains(&"Still here.".to_owned()));
    });
}

#[test]
fn a_room_ends_with_its_owner_unless_its_rules_say_otherwise() {
    Lab::play(1003, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, NewRules::default()).await;
        let link = alice.link().await;
        assert_eq!(leaves(&mut alice).await, Some(Ok(Departure { told: true, closing: false })));
        bob.pause(MINUTE).await;
        is_gone(&mut alice, &mut bob, &link).await;
    });
    Lab::play(1004, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, outlives()).await;
        assert_eq!(leaves(&mut alice).await, Some(Ok(Departure { told: true, closing: false })));
        bob.pause(MINUTE).await;
        assert_eq!(bob.people().await, ["Bob"], "it goes on without her");
    });
}

/// Also one that had a member who has left: nobody is there, and the relay still has the room.
#[test]
fn the_owner_alone_takes_the_room_along() {
    Lab::play(1005, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, NewRules::default()).await;
        let link = alice.link().await;
        bob.leave().await;
        alice.pause(MINUTE).await;
        assert_eq!(leaves(&mut alice).await, Some(Ok(Departure { told: true, closing: false })));
        assert_eq!(looks_in(&mut bob, &link).await, Err(ErrorCode::RoomGone));
    });
}

#[test]
fn a_room_that_is_closed_while_its_relay_is_away_is_closed_when_that_is_back() {
    for crashes in [false, true] {
        Lab::play(1006, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, NewRules::default()).await;
            let link = alice.link().await;
            lab.stop_relay(false).await;
            assert_eq!(leaves(&mut alice).await, Some(Ok(Departure { told: false, closing: true })));
            assert_eq!(alice.phase().await, RoomPhase::Closing);
            let request =
                SendMessage { room: alice.room.clone(), text: SecretText::new("Too late.".to_owned()), fuse: None };
            let said = alice.person.insist(move |engine: Engine| {
                let request = request.clone();
                async move { engine.send_message(request).await }
            });
            assert_eq!(said.await.map(drop), Err(ErrorCode::InvalidRequest), "nobody would read it");
            if crashes {
                alice.crash().await;
                alice.start().await;
            } else {
                alice.close().await;
                alice.start().await;
            }
            lab.restart_relay();
            bob.pause(5 * MINUTE).await;
            is_gone(&mut alice, &mut bob, &link).await;
        });
    }
}

#[test]
fn who_was_away_when_it_was_closed_finds_that_out_on_the_way_back() {
    Lab::play(1007, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, NewRules { idle_ttl: 30 * 86_400, ..NewRules::default() }).await;
        let link = alice.link().await;
        alice.pause(10 * DAY).await;
        bob.close().await;
        alice.person.close_room(&alice.room).await.unwrap().unwrap();
        // A relay says so for as long as the room has lived.
        alice.pause(9 * DAY).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        is_gone(&mut alice, &mut bob, &link).await;
    });
}

#[test]
fn the_owners_app_may_die_anywhere_while_she_closes_the_room() {
    dies_anywhere(|points| {
        Lab::play(1008, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let link = alice.link().await;
            alice.person.crash_after(points);
            let given = alice.person.close_room(&alice.room.clone()).await.is_some();
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            // If it died before it was kept, she asks again.
            if !given && alice.person.snapshot().await.rooms.iter().any(|room| room.phase != RoomPhase::Closing) {
                alice.person.close_room(&alice.room.clone()).await.unwrap().unwrap();
            }
            bob.pause(5 * MINUTE).await;
            is_gone(&mut alice, &mut bob, &link).await;
            died
        })
    });
}

#[test]
fn a_members_app_may_die_anywhere_while_it_hears_of_the_end() {
    dies_anywhere(|points| {
        Lab::play(1009, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let link = alice.link().await;
            bob.person.crash_after(points);
            alice.person.close_room(&alice.room.clone()).await.unwrap().unwrap();
            bob.pause(MINUTE).await;
            bob.start().await;
            bob.pause(MINUTE).await;
            is_gone(&mut alice, &mut bob, &link).await;
            bob.person.crashes() > 0
        })
    });
}
