//! Looking from the door at what a hostile relay shows (protocol 4.6.3).

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::{
    Engine, ErrorCode,
    api::{NewRules, PreviewRoom, SecretText},
    snapshot::{Connection, LinkFault, RoomPhase},
};
use conclave_proto::{
    frame::{GroupInfoAt, GroupInfos, Reply},
    id::Tag,
};
use conclave_testkit::{Lab, check::Member, scene::one};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn who_looks_from_the_door_looks_at_as_many_group_infos_as_a_relay_keeps_and_no_more() {
    Lab::play(41, async |lab| {
        let mut alice = one(&lab).await;
        let link = alice.link().await;
        let asked = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&asked);
        lab.intercept("Carol", move |reply| match reply {
            // There is always an older one, and none opens.
            Reply::GroupInfos(_) => {
                let n = count.fetch_add(1, Ordering::Relaxed);
                let mut tag = [0; 16];
                tag[..8].copy_from_slice(&n.to_be_bytes());
                let info = GroupInfoAt { tag: Tag(tag), seq: 1, blob: vec![1; 700], place: None };
                vec![Reply::GroupInfos(GroupInfos { group_info: Some(info), commits: Vec::new(), more: false })]
            }
            other => vec![other],
        });
        let mut carol = lab.person("Carol").await;
        let request = PreviewRoom { invitation: SecretText::new(link), address: None };
        let seen = carol.ask(move |engine: Engine| async move { engine.preview_room(request).await }).await.unwrap();
        assert_eq!(seen.unwrap_err(), ErrorCode::RoomStateDamaged);
        let asked = asked.load(Ordering::Relaxed);
        assert!((2..=66).contains(&asked), "64, the newest by a member, and the end: {asked}");
    });
}

/// What Karl typed opens nothing for the others, and nothing at the relay: that shows only by what they do afterwards.
#[test]
fn who_mistypes_the_rooms_passphrase_is_told_so() {
    Lab::play(42, async |lab| {
        let mut person = lab.person("Alice").await;
        let room = person.create_asking(NewRules::default(), Some("correct horse")).await;
        let mut alice = Member::new(person, room);
        alice.pause(MINUTE).await;
        let link = alice.link().await;
        let mut person = lab.person("Bob").await;
        let room = person.join_with(&link, Some("correct horse")).await;
        let mut bob = Member::new(person, room);
        let mut person = lab.person("Karl").await;
        let room = person.join_with(&link, Some("correct hirse")).await;
        let mut karl = Member::new(person, room);
        karl.pause(10 * MINUTE).await;
        assert_eq!(karl.connection().await, Connection::Stopped { reason: LinkFault::Passphrase });
        assert_eq!(bob.phase().await, RoomPhase::Open);
        alice.say("Who was that?").await;
        assert!(bob.texts().await.contains(&"Who was that?".to_owned()));
        assert_eq!(alice.people().await.len(), 2);
        karl.close().await;
        karl.start().await;
        karl.pause(10 * MINUTE).await;
        assert_eq!(karl.connection().await, Connection::Stopped { reason: LinkFault::Passphrase }, "also later");
    });
}
