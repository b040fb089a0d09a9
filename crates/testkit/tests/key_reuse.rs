//! The check that no sender's key encrypts twice (invariant I10) notices it when one does.

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::time::Duration;

use conclave_proto::frame::{Fetched, Reply};
use conclave_testkit::{Lab, check, person::Person};

#[test]
fn an_old_copy_that_nobody_tells_encrypts_twice_and_is_found_out() {
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
        // Nothing tells that it is a copy: the keyring is another computer's, and the relay hides what he said.
        bob.forget_newer_secrets();
        lab.intercept("Bob", |reply| match reply {
            Reply::Fetched(fetched) => {
                vec![Reply::Fetched(Fetched { entries: Vec::new(), ..fetched })]
            }
            other => vec![other],
        });
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
