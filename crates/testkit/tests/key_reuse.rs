//! The check that no sender's key encrypts twice (invariant I10) notices it when one does.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::time::Duration;

use conclave_testkit::{Lab, check, person::Person};

#[test]
fn a_client_restored_from_an_old_copy_encrypts_twice_and_is_found_out() {
    Lab::play(3, async |lab| {
        let mut alice = lab.person("Alice").await;
        let room = alice.create().await;
        alice.pause(Duration::from_secs(10)).await;
        let mut bob = lab.person("Bob").await;
        let bobs = bob.join(&alice.invitation(&room).await).await;
        say(&mut bob, &bobs, "One.").await;

        bob.close().await;
        let backup = bob.back_up();
        bob.start().await;
        say(&mut bob, &bobs, "Two.").await;
        assert_eq!(check::sealed_right(&lab), Ok(()), "closing and opening the app repeats nothing");

        bob.close().await;
        bob.restore(&backup);
        bob.start().await;
        say(&mut bob, &bobs, "Three.").await;
        let found = check::sealed_right(&lab).unwrap_err();
        assert!(found.starts_with("a key encrypted twice"), "{found}");
    });
}

async fn say(person: &mut Person, room: &conclave_engine::snapshot::RoomHandle, text: &str) {
    person.say(room, text).await.unwrap().unwrap();
    person.pause(Duration::from_secs(30)).await;
}
