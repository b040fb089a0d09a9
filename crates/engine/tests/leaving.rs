//! A leave that something cuts off goes on by itself (protocol 4.6.5).

use std::time::Duration;

use conclave_engine::{Engine, api::OfRoom, snapshot::RoomPhase};
use conclave_testkit::{Lab, check::Member, scene::two};
use tokio::time::timeout;

/// Bob asks to leave while nobody answers, and gives up waiting.
async fn begins_to_leave(bob: &mut Member) {
    let request = OfRoom { room: bob.room.clone() };
    let leaving = bob.person.ask(async move |engine: Engine| engine.leave_room(request).await);
    assert!(timeout(Duration::from_secs(3), leaving).await.is_err(), "nobody can carry it out yet");
    assert_eq!(bob.phase().await, RoomPhase::Leaving);
}

#[test]
fn a_leave_that_a_crash_cuts_off_goes_on_when_the_app_is_opened() {
    Lab::play(61, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        begins_to_leave(&mut bob).await;
        bob.person.crash().await;
        lab.restart_relay();
        // Nobody asks again.
        bob.person.start().await;
        bob.person.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.person.snapshot().await.rooms, [], "nothing of the room is left with him");
        assert_eq!(alice.people().await, ["Alice"], "and she carried it out");
    });
}

#[test]
fn a_leave_that_nobody_hears_of_ends_all_the_same_also_after_a_restart() {
    Lab::play(62, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        begins_to_leave(&mut bob).await;
        bob.person.close().await;
        bob.person.start().await;
        bob.person.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.person.snapshot().await.rooms, [], "he does not wait for a relay for ever");
        lab.restart_relay();
        alice.person.pause(Duration::from_secs(60)).await;
        assert_eq!(alice.people().await, ["Alice", "Bob"], "she could not know");
    });
}
