//! A relay that says that a cursor has expired: whoever hears it reads on, or waits, and nothing is lost, doubled or made up.

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::snapshot::{RoomPhase, SystemLine};
use conclave_proto::{
    ErrorCode,
    frame::{ErrorData, GroupInfos, Refusal, Reply},
};
use conclave_testkit::{
    Lab,
    interceptor::Interceptor,
    scene::{all_is_well, joins, two},
};

/// The relay tells Bob at each FETCH that his cursor has expired, with this floor or none.
fn expires(floor: Option<u64>, times: u64) -> Interceptor {
    let count = Arc::new(AtomicU64::new(0));
    Interceptor::new().replies(move |who, reply| match reply {
        Reply::Fetched(_) if who == "Bob" && count.load(Ordering::Relaxed) < times => {
            count.fetch_add(1, Ordering::Relaxed);
            let data = ErrorData { seq: floor, ..ErrorData::default() };
            vec![Reply::Refused(Refusal::with(ErrorCode::CursorExpired, data))]
        }
        other => vec![other],
    })
}

#[test]
fn a_relay_that_always_says_expired_keeps_nobody_busy() {
    for (seed, floor) in [(1311, Some(0)), (1312, Some(2)), (1313, Some(1 << 50)), (1314, None)] {
        Lab::play(seed, async |lab| {
            let (alice, mut bob) = two(&lab).await;
            lab.expect_resyncs();
            lab.expect_forks();
            let interceptor = expires(floor, u64::MAX);
            let heard = interceptor.clone();
            lab.intercept_with(&interceptor);
            let joins = lab.relay_log().kept().joins;
            let before = heard.heard();
            bob.reconnect().await;
            bob.pause(Duration::from_secs(3600)).await;
            let (rejoined, frames) = (lab.relay_log().kept().joins - joins, heard.heard() - before);
            assert!(rejoined <= 20 && frames < 600, "{floor:?}: {rejoined} joins, {frames} frames in an hour");
            lab.stop_intercepting();
            all_is_well(&lab, alice, bob).await;
        });
    }
}

/// Bob is told once that his cursor is expired, at this floor; what he has read is not shown twice.
#[test]
fn a_relay_that_says_expired_once_changes_nothing() {
    for (seed, floor) in [(1321, Some(0)), (1322, Some(2)), (1323, Some(1 << 50)), (1324, None), (1325, Some(4))] {
        Lab::play(seed, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            lab.expect_resyncs();
            lab.expect_forks();
            let mut carol = alice.invites("Carol").await;
            for n in 0..4 {
                alice.say(&format!("A{n}")).await;
                bob.say(&format!("B{n}")).await;
                carol.say(&format!("C{n}")).await;
            }
            let seen = bob.texts().await;
            let interceptor = expires(floor, 1);
            lab.intercept_with(&interceptor);
            bob.reconnect().await;
            bob.pause(Duration::from_secs(600)).await;
            let again = bob.texts().await;
            assert_eq!(seen, again, "{floor:?}");
            alice.say("After.").await;
            bob.say("Too.").await;
            assert!(
                bob.texts().await.ends_with(&["After.".to_owned(), "Too.".to_owned()]),
                "{floor:?} {:?}",
                bob.texts().await
            );
            assert_eq!(bob.phase().await, RoomPhase::Open);
        });
    }
}

/// Alice was away while Carol came. The relay tells her that her cursor has expired, and that it has no GroupInfo.
#[test]
fn a_founder_who_hears_it_drags_nobody_back() {
    Lab::play(1341, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.expect_resyncs();
        lab.expect_forks();
        let link = alice.link().await;
        alice.close().await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Hello, Bob.").await;
        bob.say("Hello, Carol.").await;
        lab.intercept("Alice", move |reply| match reply {
            Reply::Fetched(_) => {
                vec![Reply::Refused(Refusal::bare(ErrorCode::CursorExpired))]
            }
            Reply::GroupInfos(_) => {
                vec![Reply::GroupInfos(GroupInfos { group_info: None, commits: Vec::new(), more: false })]
            }
            other => vec![other],
        });
        let joins_before = lab.relay_log().kept().joins;
        alice.start().await;
        alice.pause(Duration::from_secs(3600)).await;
        let (joins, news) = (lab.relay_log().kept().joins - joins_before, bob.lines().await.len());
        lab.stop_intercepting();
        for name in ["Alice", "Bob", "Carol"] {
            lab.network().cut(name);
        }
        alice.pause(Duration::from_secs(1800)).await;
        carol.write("Still here?").await;
        alice.pause(Duration::from_secs(60)).await;
        let (texts, lines) = (alice.texts().await, alice.lines().await);
        let gap = lines.iter().any(|line| matches!(line, SystemLine::Gap { .. }));
        assert!(
            joins == 0 && texts.contains(&"Hello, Bob.".to_owned()),
            "{joins} joins and {news} lines for Bob in an hour; Alice has read {texts:?}, told of a gap: {gap}"
        );
    });
}

/// The relay fails once while Bob reads, as it does when a commit is emptied under him.
#[test]
fn a_reading_that_fails_is_made_again() {
    Lab::play(1342, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        alice.say("Are you there?").await;
        let lies = Arc::new(AtomicU64::new(0));
        lab.intercept("Bob", move |reply| match reply {
            Reply::Fetched(_) if lies.fetch_add(1, Ordering::Relaxed) == 0 => {
                vec![Reply::Refused(Refusal::bare(ErrorCode::Internal))]
            }
            other => vec![other],
        });
        bob.start().await;
        bob.pause(Duration::from_secs(120)).await;
        assert!(bob.texts().await.contains(&"Are you there?".to_owned()));
        lab.stop_intercepting();
        all_is_well(&lab, alice, bob).await;
    });
}
