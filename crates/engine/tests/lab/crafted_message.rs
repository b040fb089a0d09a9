//! Mallory is a member, and her client says what an honest one never would (protocol 4.9): ids of other people's messages, numbers
//! of her choice, greetings that nobody can believe. She hides nobody's words, and says nothing behind anybody's back.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_crypto::{
    group::{Group, GroupError, ProcessError, Received},
    state::GroupState,
};
use conclave_engine::{Engine, api::PageMessages, snapshot::SystemLine};
use conclave_proto::{
    content::{Body, Hello},
    id::MessageId,
};
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{AllLayered, Layer, message_of, with_message},
    scene::two,
};

const WARNING: &str = "Do not trust Mallory.";

/// Everybody's client, which does what some of Mallory's texts say.
#[derive(Clone, Default)]
struct Crafting {
    /// The id of the warning, once somebody has received it.
    stolen: Arc<Mutex<Option<MessageId>>>,
}

impl Layer for Crafting {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let mut content = message_of(message);
        let Body::Text(text) = &content.body else { return group.encrypt(state, rng, message) };
        if let Some(numbered) = text.text.strip_prefix('#') {
            content.n = numbered.split(' ').next().unwrap().parse().unwrap();
        } else if text.text == "thief" {
            content.mid = self.stolen.lock().unwrap().unwrap_or(content.mid);
        } else if let Some(number) = text.text.strip_prefix("noise ") {
            content.n = number.parse().unwrap();
            content.body = Body::Hello(Hello { roster: [9; 32], head_seq: i64::MAX.unsigned_abs() });
        }
        group.encrypt(state, rng, &with_message(message, &content))
    }

    fn receive(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        message: &[u8],
    ) -> Result<Received, ProcessError> {
        let received = group.receive(state, message)?;
        if let Received::Application { message, .. } = &received
            && let content = message_of(message)
            && matches!(&content.body, Body::Text(text) if text.text == WARNING)
        {
            *self.stolen.lock().unwrap() = Some(content.mid);
        }
        Ok(received)
    }
}

/// Plays a story with Alice, Bob and Mallory.
fn play(seed: u64, story: impl AsyncFnOnce(&Lab, Member, Member, Member)) {
    Lab::play_with(seed, Arc::new(AllLayered(Crafting::default())), async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let mut mallory = alice.invites("Mallory").await;
        mallory.say("Hi.").await;
        story(&lab, alice, bob, mallory).await;
    });
}

fn stand_together(lab: &Lab) -> bool {
    lab.recorder().standing("Bob").unwrap().base == lab.recorder().standing("Alice").unwrap().base
}

#[test]
fn nobody_loses_a_message_because_a_member_took_its_id() {
    play(982, async |lab, mut alice, mut bob, mut mallory| {
        let mut carol = alice.invites("Carol").await;
        carol.say("Hi, too.").await;
        lab.expect_forks();
        // Her second client commits what opens for Bob alone, and reads there what he says before anybody else does.
        lab.crafter().throws_for("Carol", &["Bob"]);
        lab.network().cut("Carol");
        for _ in 0..40 {
            carol.pause(Duration::from_millis(250)).await;
            if !stand_together(lab) {
                break;
            }
        }
        assert!(!stand_together(lab));
        bob.write(WARNING).await;
        bob.pause(Duration::from_millis(600)).await;
        mallory.write("thief").await;
        alice.pause(Duration::from_secs(240)).await;
        let texts = alice.texts().await;
        assert!(texts.contains(&WARNING.to_owned()) && texts.contains(&"thief".to_owned()), "{texts:?}");
    });
}

#[test]
fn nobody_whispers_to_a_newcomer_behind_the_backs_of_the_others() {
    // The id is somebody else's, or her own.
    for steals in [true, false] {
        play(986, async |_, mut alice, mut bob, mut mallory| {
            if steals {
                bob.say(WARNING).await
            } else {
                mallory.say(WARNING).await
            }
            let mut carol = alice.invites("Carol").await;
            mallory.say("thief").await;
            for member in [&mut alice, &mut bob, &mut carol] {
                assert!(member.texts().await.contains(&"thief".to_owned()), "everybody reads it or nobody");
            }
        });
    }
}

#[test]
fn lines_that_a_member_provokes_hide_no_unread_message() {
    play(984, async |_, mut alice, mut bob, mut mallory| {
        bob.say("Alice, do not go there tonight.").await;
        let unread = async |alice: &mut Member| alice.person.snapshot().await.rooms.first().unwrap().unread;
        let before = unread(&mut alice).await;
        // Each leaves a gap in her numbers, which is a line, and claims a roster that is not Alice's.
        for turn in 0..300 {
            mallory.write(&format!("noise {}", 1000 + 2 * turn)).await;
        }
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(unread(&mut alice).await, before);
        let lines = alice.lines().await;
        assert_eq!(lines.iter().filter(|line| matches!(line, SystemLine::Gap { .. })).count(), 300);
        assert_eq!(lines.iter().filter(|line| **line == SystemLine::SplitSuspected).count(), 1, "once in an epoch");
    });
}

#[test]
fn nothing_new_stands_above_what_was_said_days_ago() {
    play(987, async |_, mut alice, mut bob, mut mallory| {
        mallory.say("#1000 Hi.").await;
        bob.say("Who sells the lamp?").await;
        alice.pause(Duration::from_secs(3 * 24 * 3600)).await;
        mallory.say("#7 I told you that I would.").await;
        assert_eq!(
            alice.texts().await.last().unwrap(),
            "#7 I told you that I would.",
            "nobody publishes again that late"
        );
    });
}

#[test]
fn pages_of_one_line_show_what_one_page_shows() {
    play(988, async |_, mut alice, _bob, mut mallory| {
        // Two lines with one number at one position.
        for text in ["#100 a", "#50 first", "#1 b", "#100 c", "#50 second"] {
            mallory.say(text).await;
        }
        let whole = alice.person.timeline(&alice.room).await.len();
        let (mut pages, mut before) = (0_usize, None);
        loop {
            let request = PageMessages { room: alice.room.clone(), before, limit: 1 };
            let read = move |engine: Engine| async move { engine.page_messages(request).await.unwrap() };
            let page = alice.person.insist(read).await;
            pages = pages.saturating_add(page.items.len());
            before = page.earlier;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(pages, whole);
    });
}
