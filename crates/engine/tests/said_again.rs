//! What a member and a relay together, or a relay for one moment, can do to what is said.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_crypto::{
    group::{Group, GroupError, ProcessError, Received},
    state::GroupState,
};
use conclave_engine::snapshot::ItemBody;
use conclave_proto::{
    Lane,
    content::{AppMsg, Body},
    frame::{EntryPush, Reply, Request},
};
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    check::{self, Member},
    layer::{AllLayered, Layer},
    liar::Liar,
    scene::{joins, two},
};

/// Whoever writes "copy", or "copy and burn", repeats id and words of the newest text that anybody has read or written that begins with a star.
#[derive(Clone, Default)]
struct Copying(Arc<Mutex<Option<AppMsg>>>);

fn starred(content: &AppMsg) -> bool {
    matches!(&content.body, Body::Text(text) if text.text.starts_with('*'))
}

impl Layer for Copying {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let mut content = AppMsg::decode(message).unwrap();
        if starred(&content) {
            *self.0.lock().unwrap() = Some(content.clone());
        }
        let burns = matches!(&content.body, Body::Text(text) if text.text == "copy and burn");
        if (burns || matches!(&content.body, Body::Text(text) if text.text == "copy"))
            && let Some(stolen) = self.0.lock().unwrap().clone()
        {
            (content.mid, content.body) = (stolen.mid, stolen.body);
            content.expire_s = burns.then_some(1);
        }
        group.encrypt(state, rng, &content.encode())
    }

    fn receive(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        message: &[u8],
    ) -> Result<Received, ProcessError> {
        group.receive(state, message)
    }
}

/// Under whose names a member sees the texts that begin with a star.
async fn starred_by(member: &mut Member) -> Vec<String> {
    let items = member.person.timeline(&member.room).await;
    items
        .into_iter()
        .filter_map(|item| match item.body {
            ItemBody::Text { text, nick, .. } if text.starts_with('*') => Some(nick),
            _ => None,
        })
        .collect()
}

/// Mallory says something, Carol comes a week later, and Mallory says it again, with the same id.
#[test]
fn whispers_what_was_said_before() {
    Lab::play_with(1201, Arc::new(AllLayered(Copying::default())), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.person.invitation(&alice.room).await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        mallory.say("* Alice sells what she hears.").await;
        alice.person.pause(Duration::from_secs(7 * 24 * 3600)).await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Hello.").await;
        let (alices, bobs) = (alice.texts().await.len(), bob.texts().await.len());
        mallory.say("copy").await;
        let carols = carol.texts().await;
        let whispered = carols.contains(&"* Alice sells what she hears.".to_owned());
        let heard = alice.texts().await.len() > alices && bob.texts().await.len() > bobs;
        assert_eq!(whispered, heard, "everybody reads it or nobody");
    });
}

/// The relay shows Mallory what Alice says, and then shows Bob Mallory's copy of it first, which burns after a second.
#[test]
fn words_of_somebody_else_that_burn() {
    Lab::play_with(1202, Arc::new(AllLayered(Copying::default())), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.person.invitation(&alice.room).await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        mallory.say("Hi.").await;
        let held = Mutex::new(None::<EntryPush>);
        lab.network().lie(Some(Liar::with_frames(move |who, _, reply| match reply {
            Reply::Entry(entry) if who == "Bob" && entry.lane == Lane::Application => {
                let mut held = held.lock().unwrap();
                match held.take() {
                    None => {
                        *held = Some(entry);
                        Vec::new()
                    }
                    Some(first) => {
                        let second = EntryPush { blob: first.blob.clone(), ..entry.clone() };
                        let first = EntryPush { blob: entry.blob, ..first };
                        vec![Reply::Entry(first), Reply::Entry(second)]
                    }
                }
            }
            other => vec![other],
        })));
        bob.reconnect(&lab).await;
        alice.write("* I pay for everything.").await;
        alice.person.pause(Duration::from_secs(1)).await;
        mallory.write("copy and burn").await;
        mallory.person.pause(Duration::from_secs(10)).await;
        let who = starred_by(&mut bob).await;
        assert_eq!(who, ["Alice"], "the copy has burned by now; beside {} lines", bob.lines().await.len());
    });
}

/// The relay keeps back what Alice says until Mallory has repeated it and left.
#[test]
fn words_of_somebody_else_who_leaves() {
    Lab::play_with(1204, Arc::new(AllLayered(Copying::default())), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.person.invitation(&alice.room).await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        mallory.say("Hi.").await;
        lab.network().lie(Some(
            Liar::honest().who_hears(|who, request| who != "Alice" || !matches!(request, Request::Publish(_))),
        ));
        alice.reconnect(&lab).await;
        alice.write("* I pay for everything.").await;
        alice.person.pause(Duration::from_secs(1)).await;
        mallory.write("copy and burn").await;
        mallory.person.pause(Duration::from_secs(10)).await;
        mallory.person.leave(&mallory.room).await;
        bob.person.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.people().await.len(), 2, "she is out");
        assert_eq!(starred_by(&mut bob).await, Vec::<String>::new(), "her copy has burned, and the other waits");
        lab.network().lie(None);
        alice.reconnect(&lab).await;
        alice.person.pause(Duration::from_secs(60)).await;
        assert_eq!(starred_by(&mut bob).await, ["Alice"]);
    });
}

/// Dave was away for days while Alice published something again that he had read.
#[test]
fn what_was_published_again_meanwhile_is_shown_once() {
    Lab::play(1205, async |lab| {
        let published = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&published);
        lab.network().lie(Some(Liar::honest().who_hears(move |who, request| {
            count.fetch_add(u64::from(who == "Alice" && matches!(request, Request::Publish(_))), Ordering::Relaxed);
            true
        })));
        let (mut alice, bob) = two(&lab).await;
        let link = alice.person.invitation(&alice.room).await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Hi.").await;
        let mut dave = joins(&lab, "Dave", &link).await;
        dave.say("Hi, too.").await;
        alice.say("* Once and for all.").await;
        assert_eq!(starred_by(&mut dave).await, ["Alice"]);
        dave.person.close().await;
        let before = published.load(Ordering::Relaxed);
        lab.expect_forks();
        // Bob goes with Carol, and comes back.
        lab.crafter().throws_for("Carol", &["Bob"]);
        lab.network().cut("Carol");
        alice.person.pause(Duration::from_secs(600)).await;
        assert_ne!(published.load(Ordering::Relaxed), before, "it was published again");
        alice.person.pause(Duration::from_secs(4 * 24 * 3600)).await;
        dave.person.start().await;
        dave.person.pause(Duration::from_secs(300)).await;
        assert_eq!(starred_by(&mut dave).await, ["Alice"]);
        check::settle(&lab, &mut [alice, bob, carol, dave], &BTreeSet::new()).await.unwrap();
    });
}

/// Alice's app was closed before she knew that the relay had what she wrote. Bob, who has read it, comes over to her days later.
#[test]
fn what_was_stored_days_ago_is_not_published_again() {
    Lab::play(1206, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.person.invitation(&alice.room).await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Hi.").await;
        lab.network().lie(Some(Liar::with_frames(|who, _, reply| match reply {
            Reply::Entry(_) | Reply::Published(_) if who == "Alice" => Vec::new(),
            other => vec![other],
        })));
        alice.reconnect(&lab).await;
        alice.write("* Once and for all.").await;
        alice.person.pause(Duration::from_secs(2)).await;
        assert_eq!(starred_by(&mut bob).await, ["Alice"]);
        alice.person.close().await;
        lab.network().lie(None);
        lab.crafter().throws_for("Carol", &["Bob"]);
        lab.network().cut("Carol");
        bob.person.pause(Duration::from_secs(4 * 24 * 3600)).await;
        alice.person.start().await;
        lab.expect_forks();
        let mut members = [alice, bob, carol];
        let asked = check::settle(&lab, &mut members, &BTreeSet::new()).await.unwrap();
        assert_eq!(asked.stays, 1, "Bob and Carol went on without her");
        let [_, bob, _] = &mut members;
        assert_eq!(starred_by(bob).await, ["Alice"]);
    });
}

/// The relay says once that an entry has the largest number that a database takes: a message, or the commit that Carol joins by.
#[test]
fn the_largest_number() {
    for (seed, lane) in [(1203, Lane::Application), (1204, Lane::Join)] {
        Lab::play(seed, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let link = alice.person.invitation(&alice.room).await;
            let lies = Arc::new(AtomicU64::new(0));
            let count = Arc::clone(&lies);
            lab.network().lie(Some(Liar::with_frames(move |who, _, reply| match reply {
                Reply::Entry(entry) if who == "Alice" && entry.lane == lane && count.load(Ordering::Relaxed) == 0 => {
                    count.store(1, Ordering::Relaxed);
                    vec![Reply::Entry(EntryPush { seq: i64::MAX.unsigned_abs(), ..entry })]
                }
                other => vec![other],
            })));
            alice.reconnect(&lab).await;
            let carol = joins(&lab, "Carol", &link).await;
            bob.say("Number one.").await;
            assert_eq!(lies.load(Ordering::Relaxed), 1);
            lab.network().lie(None);
            for name in ["Alice", "Bob"] {
                lab.network().cut(name);
            }
            bob.person.pause(Duration::from_secs(60)).await;
            bob.say("Number two.").await;
            bob.person.pause(Duration::from_secs(600)).await;
            let asked = check::settle(&lab, &mut [alice, bob, carol], &BTreeSet::new()).await;
            assert!(asked.is_ok(), "{asked:?}");
        });
    }
}
