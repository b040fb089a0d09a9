//! Carol was on a branch that the others left, and comes over from another leaf. What she said from the first one is hers, and
//! nobody else's.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_crypto::{
    group::{Group, GroupError},
    leaf_link,
    state::GroupState,
};
use conclave_engine::snapshot::ItemBody;
use conclave_proto::{
    Lane,
    content::{Body, Publication},
    deed::Deed,
    frame::{EntryPush, Reply},
    id::RoomId,
};
use conclave_seal::{id, rng::Rng, sign::SigningKey};
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{AllLayered, Layer, message_of},
    replay::Replayer,
    scene::{joins, two_for},
};

/// Alice and Bob, and Carol, who joined behind a commit that opened for Bob only, while Alice was away. The relay is honest.
/// Messages live for so many seconds.
async fn apart(lab: &Lab, message_ttl: u32) -> (Member, Member, Member, String) {
    let (mut alice, bob) = two_for(lab, message_ttl).await;
    let link = alice.link().await;
    let carol = joins_apart(lab, &mut alice, &["Bob"]).await;
    (alice, bob, carol, link)
}

/// Carol, who joins behind a commit that opens for those, while Alice is away.
async fn joins_apart(lab: &Lab, alice: &mut Member, those: &[&str]) -> Member {
    let link = alice.link().await;
    lab.expect_forks();
    lab.expect_resyncs();
    alice.close().await;
    lab.crafter().crafts_for("Mallory", those);
    let mut mallory = joins(lab, "Mallory", &link).await;
    let carol = joins(lab, "Carol", &link).await;
    mallory.close().await;
    carol
}

/// Alice is back and goes on where she was; whoever is there follows.
async fn goes_on(alice: &mut Member) {
    alice.start().await;
    alice.pause(Duration::from_secs(60)).await;
    let rooms = alice.person.snapshot().await.rooms;
    if let Some(question) = rooms.into_iter().find_map(|summary| summary.reorganised) {
        alice.person.stay(&alice.room, &question.branch).await.unwrap().unwrap();
    }
    alice.pause(Duration::from_secs(60)).await;
}

/// Who says what, in order.
async fn said(member: &mut Member) -> Vec<String> {
    let items = member.person.timeline(&member.room).await.into_iter();
    let texts = items.filter_map(|item| match item.body {
        ItemBody::Text { nick, text, .. } => Some(format!("{nick}: {text}")),
        _ => None,
    });
    texts.collect()
}

async fn carols(member: &mut Member) -> Vec<String> {
    said(member).await.into_iter().filter(|text| text.starts_with("Carol")).collect()
}

/// When the text with a star burns, if it is there.
async fn burns(member: &mut Member) -> Option<u64> {
    let items = member.person.timeline(&member.room).await.into_iter();
    let mut starred = items.filter(|item| matches!(&item.body, ItemBody::Text { text, .. } if text.starts_with('*')));
    starred.next().and_then(|item| item.expires_at)
}

#[test]
fn words_that_somebody_else_repeats_move_no_line_and_stand_under_the_other_name() {
    for is_back in [false, true] {
        Lab::play_with(9001, Arc::new(AllLayered(Replayer::default())), async |lab| {
            let (mut alice, mut bob, mut carol, link) = apart(&lab, DAY).await;
            bob.say("Shall we meet at ten?").await;
            carol.say("* Yes, I agree.").await;
            assert!(said(&mut bob).await.contains(&"Carol: * Yes, I agree.".to_owned()));
            carol.close().await;
            goes_on(&mut alice).await;
            if is_back {
                carol.start().await;
                carol.pause(Duration::from_secs(300)).await;
            }
            let mut trudy = joins(&lab, "Trudy", &link).await;
            trudy.say("Shall we throw Alice out?").await;
            trudy.write("copy").await;
            trudy.pause(Duration::from_secs(15)).await;
            let bobs = said(&mut bob).await;
            let at = |wanted: &str| bobs.iter().position(|text| text == wanted).unwrap();
            assert!(at("Carol: * Yes, I agree.") < at("Trudy: Shall we throw Alice out?"), "{bobs:?}");
            assert!(at("Trudy: Shall we throw Alice out?") < at("Trudy: * Yes, I agree."), "{bobs:?}");
        });
    }
}

/// A client that proves, with each text that says so, eight more leaves to be its own, which it made up.
#[derive(Clone)]
struct ManyLeaves;

impl Layer for ManyLeaves {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let said = Publication::decode(message).unwrap();
        let is_meant = matches!(message_of(message).body, Body::Text(text) if text.text == "So I was this.");
        if !is_meant {
            return group.encrypt(state, rng, message);
        }
        let deed = Deed::parse(group.params().deed.as_deref().unwrap()).unwrap();
        let room_id = RoomId(id::room_id(&deed.apk().0));
        let own = group.own().unwrap().leaf_key;
        let links = (0..8).map(|_| leaf_link::sign(&SigningKey::generate(rng), &room_id, &own)).collect();
        group.encrypt(state, rng, &Publication { links, ..said }.encode())
    }
}

#[test]
fn who_makes_former_leaves_up_hides_nobody_elses() {
    Lab::play_with(9007, Arc::new(AllLayered(ManyLeaves)), async |lab| {
        let (mut alice, mut bob) = two_for(&lab, DAY).await;
        let mut trudy = alice.invites("Trudy").await;
        let mut carol = joins_apart(&lab, &mut alice, &["Bob", "Trudy"]).await;
        carol.say("It was me.").await;
        carol.close().await;
        goes_on(&mut alice).await;
        for _ in 0..520 {
            trudy.write("So I was this.").await;
        }
        trudy.pause(Duration::from_secs(120)).await;
        carol.start().await;
        carol.pause(Duration::from_secs(300)).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(carols(member).await, ["Carol: It was me."], "said again, and known");
        }
    });
}

/// The relay keeps one of Carol's messages from Bob, and hands out two in another order when she comes over.
#[test]
fn what_came_from_both_leaves_stands_in_the_order_of_writing() {
    Lab::play(9006, async |lab| {
        let (mut alice, mut bob, mut carol, _) = apart(&lab, DAY).await;
        carol.say("Zero.").await;
        let garbled = Mutex::new(false);
        lab.intercept("Bob", move |reply| match reply {
            Reply::Entry(entry) if entry.lane == Lane::Application => {
                let is_first = !std::mem::replace(&mut *garbled.lock().unwrap(), true);
                let blob = if is_first { vec![7; entry.blob.len()] } else { entry.blob };
                vec![Reply::Entry(EntryPush { blob, ..entry })]
            }
            other => vec![other],
        });
        bob.reconnect().await;
        carol.say("First.").await;
        carol.say("Second.").await;
        assert_eq!(carols(&mut bob).await, ["Carol: Zero.", "Carol: Second."]);
        lab.stop_intercepting();
        carol.close().await;
        goes_on(&mut alice).await;
        let held = Mutex::new((0, None::<EntryPush>));
        lab.intercept("Bob", move |reply| match reply {
            Reply::Entry(entry) if entry.lane == Lane::Application => {
                let mut held = held.lock().unwrap();
                held.0 += 1;
                match (held.0, held.1.take()) {
                    // Zero passes; First and Second change places.
                    (3, _) => {
                        held.1 = Some(entry);
                        Vec::new()
                    }
                    (_, Some(first)) => {
                        let second = EntryPush { blob: first.blob.clone(), ..entry.clone() };
                        vec![Reply::Entry(EntryPush { blob: entry.blob, ..first }), Reply::Entry(second)]
                    }
                    _ => vec![Reply::Entry(entry)],
                }
            }
            other => vec![other],
        });
        bob.reconnect().await;
        carol.start().await;
        carol.pause(Duration::from_secs(300)).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(carols(member).await, ["Carol: Zero.", "Carol: First.", "Carol: Second."]);
        }
    });
}

/// Carol says something that the relay stores, and hears nothing of it. For a while the relay recognises it; later nobody knows.
#[test]
fn what_was_never_acknowledged_is_not_said_again_after_its_time() {
    for hours in [2, 30, 96] {
        Lab::play(9002, async |lab| {
            let (mut alice, mut bob, mut carol, link) = apart(&lab, 3600).await;
            carol.say("Hi.").await;
            lab.intercept("Carol", |reply| match reply {
                Reply::Entry(_) | Reply::Published(_) => Vec::new(),
                other => vec![other],
            });
            carol.reconnect().await;
            carol.write("* Once and for all.").await;
            carol.pause(Duration::from_secs(2)).await;
            assert!(said(&mut bob).await.contains(&"Carol: * Once and for all.".to_owned()));
            carol.close().await;
            lab.stop_intercepting();
            bob.pause(Duration::from_secs(hours * 3600)).await;
            goes_on(&mut alice).await;
            let before = carols(&mut bob).await;
            let mut dave = joins(&lab, "Dave", &link).await;
            dave.say("Hi, I am new.").await;
            carol.start().await;
            carol.pause(Duration::from_secs(600)).await;
            assert_eq!(carols(&mut dave).await, [""; 0], "{hours} hours: it was said before he came");
            assert_eq!(carols(&mut bob).await, before, "{hours} hours: he has read it, and it may have burned");
        });
    }
}

#[test]
fn what_comes_again_from_another_leaf_burns_when_it_would_have_burned() {
    Lab::play(9003, async |lab| {
        let (mut alice, mut bob, mut carol, _) = apart(&lab, DAY).await;
        carol.say("* Burn this.").await;
        let first = burns(&mut bob).await.unwrap();
        carol.close().await;
        bob.pause(Duration::from_secs(20 * 3600)).await;
        goes_on(&mut alice).await;
        carol.start().await;
        carol.pause(Duration::from_secs(120)).await;
        let later = burns(&mut alice).await.unwrap();
        assert!(later <= first + 60, "{} s later at Alice's", later - first);
    });
}

#[test]
fn what_comes_again_from_the_same_leaf_burns_when_it_would_have_burned() {
    Lab::play(9005, async |lab| {
        let (mut alice, mut bob, mut carol, _) = apart(&lab, DAY).await;
        bob.say("* Burn this.").await;
        let first = burns(&mut carol).await.unwrap();
        carol.close().await;
        bob.close().await;
        alice.pause(Duration::from_secs(20 * 3600)).await;
        goes_on(&mut alice).await;
        bob.start().await;
        bob.pause(Duration::from_secs(120)).await;
        let later = burns(&mut alice).await.unwrap();
        assert!(later <= first + 60, "{} s later at Alice's", later - first);
    });
}

const DAY: u32 = 24 * 3600;
