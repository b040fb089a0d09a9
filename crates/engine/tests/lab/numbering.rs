//! Messages that come late, as those do that are published again after a fork (protocol 4.6.7, 4.9).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_crypto::{
    group::{Group, Invalid, ProcessError, Received},
    state::GroupState,
};
use conclave_engine::snapshot::{ItemBody, SystemLine};
use conclave_proto::content::Body;
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{AllLayered, Layer, message_of},
    scene::two,
};

/// The room's own scheme, in which "two" is not received before "again" is: then that is what was in it.
#[derive(Clone, Default)]
struct Late(Arc<Mutex<Option<Vec<u8>>>>);

impl Layer for Late {
    fn receive(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        message: &[u8],
    ) -> Result<Received, ProcessError> {
        let received = group.receive(state, message)?;
        let Received::Application { leaf, message } = received else { return Ok(received) };
        let content = message_of(&message);
        let Body::Text(text) = &content.body else { return Ok(Received::Application { leaf, message }) };
        match text.text.as_str() {
            "two" => {
                *self.0.lock().unwrap() = Some(message.to_vec());
                Err(ProcessError::Invalid(Invalid::NotAuthentic))
            }
            "again" => Ok(Received::Application { leaf, message: self.0.lock().unwrap().take().unwrap() }),
            _ => Ok(Received::Application { leaf, message }),
        }
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
    Lab::play_with(951, Arc::new(AllLayered(Late::default())), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        for text in ["one", "two", "three"] {
            bob.say(text).await;
        }
        alice.say("Where is the second?").await;
        let before = unread(&mut alice).await;
        bob.pause(Duration::from_secs(3600)).await;
        bob.say("again").await;
        let texts = texts(&mut alice).await;
        assert!(texts.ends_with(&["one", "two", "three", "Where is the second?"].map(str::to_owned)), "{texts:?}");
        assert_eq!(unread(&mut alice).await, before + 1, "though it stands above what was there");
        let lines = alice.lines().await;
        let gap = SystemLine::Gap { nick: "Bob".to_owned(), missing: 1 };
        assert!(lines.contains(&gap), "until it came it was missing: {lines:?}");
        assert!(!lines.iter().any(|line| matches!(line, SystemLine::Inconsistent { .. })), "{lines:?}");

        let burns = async |member: &mut Member| {
            let items = member.person.timeline(&member.room).await;
            let is_two = |body: &ItemBody| matches!(body, ItemBody::Text { text, .. } if text == "two");
            items.iter().find(|item| is_two(&item.body)).unwrap().expires_at.unwrap()
        };
        let (hers, his) = (burns(&mut alice).await, burns(&mut bob).await);
        assert!(hers.abs_diff(his) < 5, "it burns when it burns where it was on time: {hers} {his}");
    });
}
