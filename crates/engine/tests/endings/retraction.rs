//! Taking back: a message goes from everybody's timeline and from the relay.

use std::{collections::BTreeSet, sync::Arc};

use conclave_crypto::{
    group::{Group, GroupError},
    state::GroupState,
};
use conclave_engine::{ErrorCode, snapshot::SystemLine};
use conclave_proto::{
    content::{Body, Retract},
    id::MessageId,
};
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{AllLayered, Layer, message_of, with_message},
    scene::two,
};

use super::{DAY, HOUR, MINUTE, dies_anywhere};

/// It is gone everywhere, and every timeline says so once.
async fn is_taken_back(lab: &Lab, members: [&mut Member; 2], text: &str, when: &str) {
    for member in members {
        assert!(!member.texts().await.contains(&text.to_owned()), "{} {when}", member.person.name());
        assert_eq!(member.taken_back().await, 1, "{} {when}", member.person.name());
    }
    let deleted: BTreeSet<u64> = lab.relay_log().kept().deleted.into_iter().collect();
    assert_eq!(deleted.len(), 1, "{when}");
}

/// Of whom messages are missing, and how many.
async fn gaps(member: &mut Member) -> Vec<(String, u32)> {
    let of = |line| if let SystemLine::Gap { nick, missing } = line { Some((nick, missing)) } else { None };
    member.lines().await.into_iter().filter_map(of).collect()
}

#[test]
fn what_is_taken_back_goes_from_everybodys_timeline_and_from_the_relay() {
    Lab::play(1501, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.say("At my sister's.").await;
        let line = alice.line_of("At my sister's.").await.unwrap();
        assert!(bob.texts().await.contains(&"At my sister's.".to_owned()));
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        is_taken_back(&lab, [&mut alice, &mut bob], "At my sister's.", "a minute later").await;
        assert_eq!(alice.person.retract(&alice.room, &line).await, Some(Err(ErrorCode::InvalidRequest)), "once");
    });
}

#[test]
fn only_its_author_takes_a_message_back() {
    Lab::play(1502, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.say("Mine.").await;
        let line = bob.line_of("Mine.").await.unwrap();
        assert_eq!(bob.person.retract(&bob.room, &line).await, Some(Err(ErrorCode::InvalidRequest)));
    });
}

#[test]
fn who_was_away_never_sees_what_was_taken_back() {
    Lab::play(1503, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        alice.say("At my sister's.").await;
        let line = alice.line_of("At my sister's.").await.unwrap();
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert!(!bob.texts().await.contains(&"At my sister's.".to_owned()));
        assert_eq!(gaps(&mut bob).await, [], "nothing is missing");
    });
}

/// What she said behind it comes before he reads that she took it back; and she does so with what is days old by then.
#[test]
fn who_was_away_misses_nothing_that_was_taken_back() {
    Lab::play(1509, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        for text in ["One.", "At my sister's.", "Or here.", "Two."] {
            alice.say(text).await;
        }
        alice.pause(2 * DAY).await;
        alice.say("Three.").await;
        for text in ["At my sister's.", "Or here."] {
            let line = alice.line_of(text).await.unwrap();
            alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        }
        alice.pause(MINUTE).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert!(bob.texts().await.ends_with(&["One.", "Two.", "Three."].map(str::to_owned)));
        assert_eq!(gaps(&mut bob).await, []);
        assert!(!bob.lines().await.iter().any(|line| matches!(line, SystemLine::Inconsistent { .. })));
        bob.say("Where are you?").await;
        alice.say("At home.").await;
        assert_eq!(gaps(&mut bob).await, []);
    });
}

/// Whose app skips three numbers for a text "skip", and says "denied" as if it took back whatever has one of the first hundred.
#[derive(Clone)]
struct Crafting;

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
        match text.text.as_str() {
            "skip" => content.n = content.n.saturating_add(3),
            "denied" => {
                let mids = (1..=100).map(|at| MessageId([at; 16])).collect();
                content.body = Body::Retract(Retract { mids, numbers: Some((1..=100).collect()) });
            }
            _ => return group.encrypt(state, rng, message),
        }
        group.encrypt(state, rng, &with_message(message, &content))
    }
}

#[test]
fn nobody_explains_what_is_missing_of_somebody_else() {
    Lab::play_with(1510, Arc::new(AllLayered(Crafting)), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut mallory = alice.invites("Mallory").await;
        alice.say("skip").await;
        mallory.say("denied").await;
        assert_eq!(gaps(&mut bob).await, [("Alice".to_owned(), 3)], "it is Alice's to say");
        alice.say("denied").await;
        assert_eq!(gaps(&mut bob).await, []);
    });
}

#[test]
fn what_waits_for_the_relay_is_taken_back_without_a_trace() {
    Lab::play(1504, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        alice.pause(MINUTE).await;
        alice.write("Never mind.").await;
        let line = alice.line_of("Never mind.").await.unwrap();
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        assert_eq!(alice.line_of("Never mind.").await, None);
        lab.restart_relay();
        bob.pause(5 * MINUTE).await;
        assert_eq!((alice.taken_back().await, bob.taken_back().await), (0, 0));
    });
}

/// The relay may have got it, so it goes out, and is deleted there as soon as it is known where it stands.
#[test]
fn what_is_on_its_way_is_taken_back_when_it_has_arrived() {
    Lab::play(1505, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        alice.write("Never mind.").await;
        let line = alice.line_of("Never mind.").await.unwrap();
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        lab.restart_relay();
        bob.pause(5 * MINUTE).await;
        assert_eq!(alice.taken_back().await, 1);
        assert!(bob.taken_back().await <= 1, "he is back before it is deleted, or after");
        assert!(!bob.texts().await.contains(&"Never mind.".to_owned()));
        assert_eq!(gaps(&mut bob).await, []);
        assert_eq!(lab.relay_log().kept().deleted.len(), 1);
    });
}

#[test]
fn a_card_is_taken_back_with_its_blob() {
    Lab::play(1506, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let card = alice.seal("Or this.").await;
        assert_eq!(bob.cards().await.len(), 1);
        alice.person.retract(&alice.room, &card).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert!(bob.cards().await.is_empty(), "only a line that says so");
        assert_eq!((bob.taken_back().await, lab.relay_log().blobs_left()), (1, 0));
    });
}

#[test]
fn the_authors_app_may_die_anywhere_while_it_takes_back() {
    dies_anywhere(|points| {
        Lab::play(1507, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            alice.say("At my sister's.").await;
            let line = alice.line_of("At my sister's.").await.unwrap();
            alice.person.crash_after(points);
            let given = alice.person.retract(&alice.room.clone(), &line).await;
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            if given.is_none() && alice.line_of("At my sister's.").await.is_some() {
                // It was not kept.
                alice.person.retract(&alice.room.clone(), &line).await.unwrap().unwrap();
            }
            // A copy of the files that may be old writes nothing before it has new keys.
            alice.pause(if died { HOUR } else { MINUTE }).await;
            let when = format!("after {points} points");
            is_taken_back(&lab, [&mut alice, &mut bob], "At my sister's.", &when).await;
            died
        })
    });
}

#[test]
fn a_readers_app_may_die_anywhere_while_it_hears_of_that() {
    dies_anywhere(|points| {
        Lab::play(1508, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            alice.say("At my sister's.").await;
            let line = alice.line_of("At my sister's.").await.unwrap();
            bob.person.crash_after(points);
            alice.person.retract(&alice.room.clone(), &line).await.unwrap().unwrap();
            bob.pause(MINUTE / 6).await;
            bob.start().await;
            let died = bob.person.crashes() > 0;
            bob.person.crash_after(u64::MAX / 2);
            bob.pause(MINUTE).await;
            let when = format!("after {points} points");
            is_taken_back(&lab, [&mut alice, &mut bob], "At my sister's.", &when).await;
            died
        })
    });
}
