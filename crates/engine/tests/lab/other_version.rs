//! A relay of another version is named as such wherever somebody meets one, and nothing is lost over it.

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::time::Duration;

use conclave_engine::{
    Engine, ErrorCode,
    api::{CreateRoom, NewRules, PreviewRoom, SecretText},
    snapshot::{Connection, LinkFault, RoomPhase},
};
use conclave_proto::frame::{Hello, Reply};
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{all_is_well, one, two},
    server,
};

/// A relay that has learned a newer version and forgotten this one.
fn forgets_this_version(lab: &Lab) {
    lab.intercept_all(|_, reply| match reply {
        Reply::Hello(hello) => vec![Reply::Hello(Hello { versions: vec![2], ..hello })],
        other => vec![other],
    });
}

#[test]
fn a_member_is_told_and_comes_back_when_the_relay_does() {
    Lab::play(51, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        forgets_this_version(&lab);
        alice.reconnect().await;
        let connection = alice.connection().await;
        let told = matches!(connection, Connection::Waiting { reason: LinkFault::OtherVersion, .. });
        assert!(told, "somebody else may put it right: {connection:?}");
        alice.write("Written meanwhile.").await;
        lab.stop_intercepting();
        alice.pause(Duration::from_secs(400)).await;
        assert_eq!(alice.connection().await, Connection::Online, "by itself");
        assert_eq!(bob.texts().await, ["Hello.", "Hello you.", "Written meanwhile."]);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_newcomer_is_told_at_the_door_and_comes_in_later_with_the_same_invitation() {
    Lab::play(52, async |lab| {
        let mut alice = one(&lab).await;
        let link = alice.link().await;
        forgets_this_version(&lab);
        let mut person = lab.person("Bob").await;
        let request = PreviewRoom { invitation: SecretText::new(link.clone()), address: None };
        let seen = person.ask(move |engine: Engine| async move { engine.preview_room(request).await }).await;
        assert_eq!(seen.unwrap().unwrap_err(), ErrorCode::OtherVersion);

        let room = person.join(&link).await;
        person.pause(Duration::from_secs(60)).await;
        let mut bob = Member::new(person, room);
        assert_eq!(bob.connection().await, Connection::Stopped { reason: LinkFault::OtherVersion });
        assert_eq!(bob.phase().await, RoomPhase::Joining);
        lab.stop_intercepting();
        bob.retry().await;
        assert_eq!(bob.phase().await, RoomPhase::Open);
        bob.say("Here I am.").await;
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn nobody_opens_a_room_on_a_relay_of_another_version() {
    Lab::play(53, async |lab| {
        forgets_this_version(&lab);
        let mut alice = lab.person("Alice").await;
        let request = CreateRoom {
            relay: server::ADDRESS.to_owned(),
            title: String::new(),
            note: String::new(),
            nick: "Alice".to_owned(),
            rules: NewRules::default(),
            passphrase: None,
            in_memory: false,
        };
        let made = alice.ask(move |engine: Engine| async move { engine.create_room(request).await }).await;
        assert_eq!(made.unwrap().unwrap_err(), ErrorCode::OtherVersion);
        assert!(alice.snapshot().await.rooms.is_empty(), "no half-made room is left behind");
    });
}
