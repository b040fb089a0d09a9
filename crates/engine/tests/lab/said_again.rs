//! What a member and a relay together, or a relay for one moment, can do to what is said.

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::snapshot::{ItemBody, SystemLine};
use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{EntryPush, Reply, Request},
};
use conclave_seal::{rng::OsRng, sign::SigningKey};
use conclave_testkit::{
    Lab,
    check::{self, Member},
    interceptor::Interceptor,
    layer::AllLayered,
    raw_client::RawClient,
    replay::Replayer,
    scene::{joins, three, two, two_for},
};

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
    Lab::play_with(1201, Arc::new(AllLayered(Replayer::default())), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        mallory.say("* Alice sells what she hears.").await;
        alice.pause(Duration::from_secs(7 * 24 * 3600)).await;
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
    Lab::play_with(1202, Arc::new(AllLayered(Replayer::default())), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut mallory = alice.invites("Mallory").await;
        mallory.say("Hi.").await;
        let held = Mutex::new(None::<EntryPush>);
        lab.intercept("Bob", move |reply| match reply {
            Reply::Entry(entry) if entry.lane == Lane::Application => {
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
        });
        bob.reconnect().await;
        alice.write("* I pay for everything.").await;
        alice.pause(Duration::from_secs(1)).await;
        mallory.write("copy and burn").await;
        mallory.pause(Duration::from_secs(10)).await;
        let who = starred_by(&mut bob).await;
        assert_eq!(who, ["Alice"], "the copy has burned by now; beside {} lines", bob.lines().await.len());
    });
}

/// The relay keeps back what Alice says until Mallory has repeated it and left.
#[test]
fn words_of_somebody_else_who_leaves() {
    Lab::play_with(1204, Arc::new(AllLayered(Replayer::default())), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut mallory = alice.invites("Mallory").await;
        mallory.say("Hi.").await;
        lab.drop_requests("Alice", |request| matches!(request, Request::Publish(_)));
        alice.reconnect().await;
        alice.write("* I pay for everything.").await;
        alice.pause(Duration::from_secs(1)).await;
        mallory.write("copy and burn").await;
        mallory.pause(Duration::from_secs(10)).await;
        mallory.leave().await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.people().await.len(), 2, "she is out");
        assert_eq!(starred_by(&mut bob).await, Vec::<String>::new(), "her copy has burned, and the other waits");
        lab.stop_intercepting();
        alice.reconnect().await;
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(starred_by(&mut bob).await, ["Alice"]);
    });
}

/// Dave was away for days while Alice published something again that he had read.
#[test]
fn what_was_published_again_meanwhile_is_shown_once() {
    Lab::play(1205, async |lab| {
        let published = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&published);
        lab.intercept_with(&Interceptor::new().requests(move |who, request| {
            count.fetch_add(u64::from(who == "Alice" && matches!(request, Request::Publish(_))), Ordering::Relaxed);
            true
        }));
        let (mut alice, bob) = two(&lab).await;
        let link = alice.link().await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Hi.").await;
        let mut dave = joins(&lab, "Dave", &link).await;
        dave.say("Hi, too.").await;
        alice.say("* Once and for all.").await;
        assert_eq!(starred_by(&mut dave).await, ["Alice"]);
        dave.close().await;
        let before = published.load(Ordering::Relaxed);
        lab.expect_forks();
        // Bob goes with Carol, and comes back.
        lab.crafter().throws_for("Carol", &["Bob"]);
        lab.network().cut("Carol");
        alice.pause(Duration::from_secs(600)).await;
        assert_ne!(published.load(Ordering::Relaxed), before, "it was published again");
        alice.pause(Duration::from_secs(4 * 24 * 3600)).await;
        dave.start().await;
        dave.pause(Duration::from_secs(300)).await;
        assert_eq!(starred_by(&mut dave).await, ["Alice"]);
        check::settle(&lab, &mut [alice, bob, carol, dave], &BTreeSet::new()).await.unwrap();
    });
}

/// Alice's app was closed before she knew that the relay had what she wrote. Bob, who has read it, comes over to her days later.
#[test]
fn what_was_stored_days_ago_is_not_published_again() {
    Lab::play(1206, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        carol.say("Hi.").await;
        lab.intercept("Alice", |reply| match reply {
            Reply::Entry(_) | Reply::Published(_) => Vec::new(),
            other => vec![other],
        });
        alice.reconnect().await;
        alice.write("* Once and for all.").await;
        alice.pause(Duration::from_secs(2)).await;
        assert_eq!(starred_by(&mut bob).await, ["Alice"]);
        alice.close().await;
        lab.stop_intercepting();
        lab.crafter().throws_for("Carol", &["Bob"]);
        lab.network().cut("Carol");
        bob.pause(Duration::from_secs(4 * 24 * 3600)).await;
        alice.start().await;
        lab.expect_forks();
        let mut members = [alice, bob, carol];
        let asked = check::settle(&lab, &mut members, &BTreeSet::new()).await.unwrap();
        assert_eq!(asked.stays, 1, "Bob and Carol went on without her");
        let [_, bob, _] = &mut members;
        assert_eq!(starred_by(bob).await, ["Alice"]);
    });
}

/// Trudy comes in by a commit that opens for Bob alone, repeats there what Alice says, and Bob goes back to Alice.
#[test]
fn words_of_somebody_else_on_a_branch_that_was_left() {
    for (seed, copy, expected) in [
        (1340, "nothing", &["Alice"][..]),
        (1341, "copy and burn", &["Alice"][..]),
        (1342, "copy", &["Trudy", "Alice"][..]),
    ] {
        Lab::play_with(seed, Arc::new(AllLayered(Replayer::default())), async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let link = alice.link().await;
            lab.expect_forks();
            lab.expect_resyncs();
            // What Alice says and commits waits at the relay, which tells Trudy.
            lab.drop_requests("Alice", |request| matches!(request, Request::Publish(_) | Request::Commit(_)));
            alice.reconnect().await;
            alice.write("* I pay for everything.").await;
            alice.pause(Duration::from_secs(1)).await;
            lab.crafter().crafts_for("Trudy", &["Bob"]);
            let mut trudy = joins(&lab, "Trudy", &link).await;
            trudy.write(copy).await;
            trudy.pause(Duration::from_secs(3)).await;
            trudy.close().await;
            lab.stop_intercepting();
            alice.reconnect().await;
            alice.pause(Duration::from_secs(1800)).await;
            alice.say("Did you read it?").await;
            assert_eq!(starred_by(&mut bob).await, expected, "beside {} lines", bob.lines().await.len());
        });
    }
}

/// The relay is honest. Bob is away. Somebody with the code joins where everybody sees it, as Mallory, and by a commit that opens
/// for Bob alone, as Trudy. Alice goes on with Mallory; what she says then, Trudy repeats, sealed for Bob's branch.
#[test]
fn words_of_somebody_else_that_reach_one_branch_only() {
    for (seed, copy, expected) in [(1350, "nothing", &["Alice"][..]), (1351, "copy and burn", &["Alice"][..])] {
        Lab::play_with(seed, Arc::new(AllLayered(Replayer::default())), async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let link = alice.link().await;
            lab.expect_forks();
            lab.expect_resyncs();
            let mut mallory = joins(&lab, "Mallory", &link).await;
            mallory.say("Hi.").await;
            let key = SigningKey::generate(&mut OsRng);
            RawClient::enter(&lab, &link).await.garbage(Lane::Join, &key).await.unwrap();
            alice.pause(Duration::from_secs(900)).await;
            bob.close().await;
            // Trudy's own client hears nothing of what makes it go over to Alice.
            lab.intercept("Trudy", |reply| match reply {
                Reply::Entry(_) => Vec::new(),
                Reply::Refused(refusal) if refusal.code == ErrorCode::StaleHead => Vec::new(),
                other => vec![other],
            });
            lab.crafter().crafts_for("Trudy", &["Bob"]);
            let mut trudy = joins(&lab, "Trudy", &link).await;
            alice.pause(Duration::from_secs(60)).await;
            alice.say("* I pay for everything.").await;
            let before = lab.relay_log().kept().frames.len();
            trudy.write(copy).await;
            trudy.pause(Duration::from_secs(3)).await;
            let frames = lab.relay_log().kept().frames;
            let sealed: Vec<_> =
                frames[before..].iter().filter(|frame| frame.lane == Lane::Application && !frame.stored).collect();
            let mut raw_client = RawClient::enter(&lab, &link).await;
            raw_client.prove(Role::Member, &key).await.unwrap();
            for frame in sealed {
                raw_client.publish(&frame.blob).await.unwrap();
            }
            trudy.close().await;
            lab.stop_intercepting();
            bob.start().await;
            bob.pause(Duration::from_secs(1800)).await;
            assert_eq!(starred_by(&mut bob).await, expected, "beside {} lines", bob.lines().await.len());
        });
    }
}

/// Alice's line broke before she knew that the relay had what she wrote, and she is away for longer than the relay keeps it.
/// Bob has read it, and it has burned.
#[test]
fn what_was_never_acknowledged_is_not_said_twice() {
    Lab::play(1301, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        let link = alice.link().await;
        lab.intercept("Alice", |reply| match reply {
            Reply::Entry(_) | Reply::Published(_) => Vec::new(),
            other => vec![other],
        });
        alice.reconnect().await;
        alice.write("* Once and for all.").await;
        alice.pause(Duration::from_secs(2)).await;
        assert_eq!(bob.texts().await.iter().filter(|text| text.starts_with('*')).count(), 1);
        alice.close().await;
        lab.stop_intercepting();
        bob.pause(Duration::from_secs(24 * 3600)).await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Hi.").await;
        bob.pause(Duration::from_secs(3 * 24 * 3600)).await;
        assert_eq!(bob.texts().await, ["Hi."; 0], "all has burned");
        alice.start().await;
        alice.pause(Duration::from_secs(1800)).await;
        let (again, lines) = (bob.texts().await, bob.lines().await);
        let accused = lines.iter().any(|line| matches!(line, SystemLine::Inconsistent { .. }));
        assert_eq!(
            (again, accused),
            (Vec::new(), false),
            "it reappears after it burned, and Alice is accused; Carol reads {:?}",
            carol.texts().await
        );
    });
}

/// The relay says once that an entry has the largest number that a database takes: a message, or the commit that Carol joins by.
#[test]
fn the_largest_number() {
    for (seed, lane) in [(1203, Lane::Application), (1204, Lane::Join)] {
        Lab::play(seed, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let link = alice.link().await;
            for text in ["What she reads", "a second time", "opens", "only once."] {
                bob.say(text).await;
            }
            let lies = Arc::new(AtomicU64::new(0));
            let count = Arc::clone(&lies);
            lab.intercept("Alice", move |reply| match reply {
                Reply::Entry(entry) if entry.lane == lane && count.load(Ordering::Relaxed) == 0 => {
                    count.store(1, Ordering::Relaxed);
                    vec![Reply::Entry(EntryPush { seq: i64::MAX.unsigned_abs(), ..entry })]
                }
                other => vec![other],
            });
            alice.reconnect().await;
            let carol = if lane == Lane::Join { Some(joins(&lab, "Carol", &link).await) } else { None };
            bob.say("Number one.").await;
            assert_eq!(lies.load(Ordering::Relaxed), 1);
            lab.stop_intercepting();
            for name in ["Alice", "Bob"] {
                lab.network().cut(name);
            }
            bob.pause(Duration::from_secs(60)).await;
            bob.say("Number two.").await;
            bob.pause(Duration::from_secs(600)).await;
            let mut members: Vec<_> = [alice, bob].into_iter().chain(carol).collect();
            let asked = check::settle(&lab, &mut members, &BTreeSet::new()).await;
            assert!(asked.is_ok(), "{asked:?}");
        });
    }
}
