//! Looking from the door at what a hostile relay shows (protocol 4.6.3).

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use conclave_engine::{
    Engine, ErrorCode,
    api::{PreviewRoom, SecretText},
};
use conclave_proto::{
    frame::{GroupInfoAt, GroupInfos, Reply},
    id::Tag,
};
use conclave_testkit::{Lab, scene::one};

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
