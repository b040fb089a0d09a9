//! Messages that come late, as those do that are published again after a fork (protocol 4.6.7, 4.9).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::sync::Arc;

use conclave_crypto::{
    group::{Group, GroupError},
    state::GroupState,
};
use conclave_engine::snapshot::{ItemBody, SystemLine};
use conclave_proto::content::{AppMsg, Body};
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{AllLayered, Layer},
    scene::two,
};

/// The room's own scheme, in which "two" and "three" swap their numbers.
#[derive(Clone, Copy)]
struct Swapping;

impl Layer for Swapping {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let mut content = AppMsg::decode(message).unwrap();
        if let Body::Text(text) = &content.body {
            content.n = match text.text.as_str() {
                "two" => content.n.saturating_add(1),
                "three" => content.n.saturating_sub(1),
                _ => content.n,
            };
        }
        group.encrypt(state, rng, &content.encode())
    }
}

async fn texts(member: &mut Member) -> Vec<String> {
    let items = member.person.timeline(&member.room).await;
    items
        .into_iter()
        .filter_map(|item| if let ItemBody::Text { text, .. } = item.body { Some(text) } else { None })
        .collect()
}

async fn unread(member: &mut Member) -> u32 {
    member.person.snapshot().await.rooms.first().unwrap().unread
}

#[test]
fn a_late_message_stands_in_its_senders_order_and_is_news() {
    Lab::play_with(951, Arc::new(AllLayered(Swapping)), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.say("one").await;
        bob.say("two").await;
        alice.say("Where is the second?").await;
        let before = unread(&mut alice).await;
        bob.say("three").await;
        let texts = texts(&mut alice).await;
        assert!(texts.ends_with(&["one", "three", "two", "Where is the second?"].map(str::to_owned)), "{texts:?}");
        assert_eq!(unread(&mut alice).await, before + 1, "though it stands above what was there");
        let lines = alice.lines().await;
        let gap = SystemLine::Gap { nick: "Bob".to_owned(), missing: 1 };
        assert!(lines.contains(&gap), "until it came it was missing: {lines:?}");
        assert!(!lines.iter().any(|line| matches!(line, SystemLine::Inconsistent { .. })), "{lines:?}");
    });
}
