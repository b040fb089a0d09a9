//! Somebody comes while everybody else is away.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::time::Duration;

use conclave_engine::snapshot::RoomPhase;
use conclave_testkit::{Lab, person::Person};

async fn phase(person: &mut Person) -> RoomPhase {
    person.snapshot().await.rooms.first().unwrap().phase
}

#[test]
fn a_newcomer_is_confirmed_by_those_who_come_later_and_write_nothing() {
    Lab::play(21, async |lab| {
        let mut alice = lab.person("Alice").await;
        let room = alice.create().await;
        alice.pause(Duration::from_secs(10)).await;
        let link = alice.invitation(&room).await;
        alice.close().await;

        let mut bob = lab.person("Bob").await;
        bob.join(&link).await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(phase(&mut bob).await, RoomPhase::AwaitingConfirmation, "nobody is there to confirm it");

        alice.start().await;
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(phase(&mut bob).await, RoomPhase::Open, "she is there, and so is he");
    });
}
