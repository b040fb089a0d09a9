//! Keys that are old are renewed once, when the turn of that commit comes, whatever happens to the app and to the commit meanwhile
//! (protocol 4.6.4).

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use conclave_proto::{
    ErrorCode, Role,
    frame::{Refusal, Reply, Request},
    id::Lane,
};
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    scene::{all_is_well, three, two},
};
use tokio::time::sleep;

/// How many commits of members the relay has.
fn commits(lab: &Lab) -> u64 {
    lab.relay_log().kept().commits
}

/// Alice's keys have just become old, and her turn has not come. Bob is away.
async fn alice_waits_for_her_turn(lab: &Lab) -> (Member, Member) {
    let (mut alice, mut bob) = two(lab).await;
    bob.close().await;
    let before = commits(lab);
    alice.pause(DAY).await;
    assert_eq!(commits(lab), before, "her turn has not come: choose another seed");
    (alice, bob)
}

/// The relay has so many commits, and no more after most of a day, in which Alice's keys are not old.
async fn has_for_good(lab: &Lab, alice: &mut Member, expected: u64) {
    assert_eq!(commits(lab), expected);
    alice.pause(MOST_OF_A_DAY).await;
    assert_eq!(commits(lab), expected, "once");
}

#[test]
fn an_update_whose_turn_came_while_the_app_was_closed_is_made_at_the_next_start() {
    for crash in [false, true] {
        Lab::play(2100, async |lab| {
            let (mut alice, mut bob) = alice_waits_for_her_turn(&lab).await;
            let before = commits(&lab);
            if crash {
                alice.crash().await
            } else {
                alice.close().await
            }
            sleep(HOUR).await;
            assert_eq!(commits(&lab), before);
            alice.start().await;
            // Drawn anew, her turn would come within ten minutes.
            alice.pause(Duration::from_secs(20)).await;
            has_for_good(&lab, &mut alice, before + 1).await;
            bob.start().await;
            all_is_well(&lab, alice, bob).await;
        });
    }
}

/// When Alice's turn came, if something happens to the app before.
fn turn_after(meanwhile: impl AsyncFnOnce(&mut Member)) -> Duration {
    Lab::play(2101, async |lab| {
        let (mut alice, _bob) = alice_waits_for_her_turn(&lab).await;
        let before = commits(&lab);
        meanwhile(&mut alice).await;
        while commits(&lab) == before {
            alice.pause(Duration::from_secs(1)).await;
        }
        lab.clock().elapsed()
    })
}

#[test]
fn the_turn_of_an_update_comes_when_it_would_have_come_without_a_restart() {
    let kept = turn_after(async |_| {});
    let again = turn_after(async |alice: &mut Member| {
        alice.close().await;
        alice.start().await;
    });
    assert!(again.abs_diff(kept) < Duration::from_secs(10), "{again:?}, not {kept:?}");
}

/// The relay is deaf to her commit, or has it and its answer is lost; then her app is closed, or dies.
#[test]
fn an_update_that_was_made_when_the_app_was_closed_is_in_the_log_once() {
    for (arrives, crash) in [(false, false), (true, false), (false, true), (true, true)] {
        Lab::play(2102, async |lab| {
            let (mut alice, mut bob) = alice_waits_for_her_turn(&lab).await;
            let before = commits(&lab);
            let is_sent = Arc::new(AtomicBool::new(false));
            let was_sent = Arc::clone(&is_sent);
            let is_mute = Interceptor::new().replies_to("Alice", move |reply| {
                if was_sent.load(Ordering::Relaxed) { Vec::new() } else { vec![reply] }
            });
            let sent = Arc::clone(&is_sent);
            lab.intercept_with(&is_mute.requests(move |who, request| {
                let is_hers = who == "Alice" && matches!(request, Request::Commit(_));
                sent.fetch_or(is_hers, Ordering::Relaxed);
                arrives || !is_hers
            }));
            alice.reconnect().await;
            while !is_sent.load(Ordering::Relaxed) {
                alice.pause(Duration::from_secs(1)).await;
            }
            if crash {
                alice.crash().await
            } else {
                alice.close().await
            }
            assert_eq!(commits(&lab), before + u64::from(arrives));
            lab.stop_intercepting();
            alice.start().await;
            alice.pause(Duration::from_secs(20)).await;
            // Files that a crash has left may be an older copy, and what was made before it is no new key (4.14).
            let expected = before + 1 + u64::from(crash);
            has_for_good(&lab, &mut alice, expected).await;
            bob.start().await;
            all_is_well(&lab, alice, bob).await;
        });
    }
}

/// Both renew. The relay keeps Bob's commit from Alice until it has refused hers.
#[test]
fn an_update_that_lost_to_another_commit_is_made_again_on_the_new_epoch() {
    Lab::play(2120, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let before = lab.relay_log().kept();
        let is_refused = Arc::new(AtomicBool::new(false));
        let refused = Arc::clone(&is_refused);
        lab.intercept("Alice", move |reply| match reply {
            Reply::Entry(entry) if entry.lane == Lane::Commit && !refused.load(Ordering::Relaxed) => Vec::new(),
            Reply::Refused(refusal) if refusal.code == ErrorCode::StaleHead => {
                refused.store(true, Ordering::Relaxed);
                vec![Reply::Refused(refusal)]
            }
            other => vec![other],
        });
        alice.reconnect().await;
        alice.pause(DAY).await;
        let until = lab.clock().elapsed().saturating_add(HOUR);
        while !is_refused.load(Ordering::Relaxed) {
            assert!(lab.clock().elapsed() < until, "hers was first: choose another seed");
            alice.pause(Duration::from_secs(1)).await;
        }
        assert_eq!(commits(&lab), before.commits + 1, "Bob's was first");
        lab.stop_intercepting();
        // She hears of Bob's commit, and her app is closed before her turn comes again.
        alice.reconnect().await;
        alice.pause(Duration::from_secs(5)).await;
        assert_eq!(commits(&lab), before.commits + 1, "all who lost would lose again at once: choose another seed");
        alice.close().await;
        alice.start().await;
        alice.pause(Duration::from_secs(660)).await;
        has_for_good(&lab, &mut alice, before.commits + 2).await;
        all_is_well(&lab, alice, bob).await;
    });
}

/// A commit for another reason brings new keys as well.
#[test]
fn an_update_that_another_own_commit_has_made_unnecessary_is_settled() {
    Lab::play(2104, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        carol.close().await;
        bob.close().await;
        alice.pause(DAY).await;
        let before = commits(&lab);
        bob.start().await;
        bob.leave().await;
        alice.pause(Duration::from_secs(5)).await;
        assert_eq!(commits(&lab), before + 1, "she carried his leave out");
        has_for_good(&lab, &mut alice, before + 1).await;
        carol.start().await;
        all_is_well(&lab, alice, carol).await;
    });
}

/// For an hour the clock is a year ahead, and Alice's keys are renewed by it.
#[test]
fn a_clock_that_was_ahead_for_a_while_puts_off_no_update() {
    for restarts in [false, true] {
        Lab::play(2106, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            bob.close().await;
            alice.person.set_clock(365 * 24 * 3600);
            alice.pause(HOUR).await;
            if restarts {
                alice.close().await;
            }
            alice.person.set_clock(0);
            if restarts {
                alice.start().await;
            }
            alice.pause(HOUR).await;
            let before = commits(&lab);
            alice.pause(DAY * 4).await;
            let since = commits(&lab) - before;
            assert!((3..=5).contains(&since), "one a day, not {since}");
            bob.start().await;
            all_is_well(&lab, alice, bob).await;
        });
    }
}

/// The turn is drawn by a clock that is a month ahead; then she opens the app for five minutes at a time.
#[test]
fn a_turn_that_was_drawn_by_a_clock_that_was_ahead_comes_at_once() {
    Lab::play(2107, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        alice.close().await;
        sleep(DAY * 2).await;
        let before = commits(&lab);
        alice.person.set_clock(30 * 24 * 3600);
        alice.start().await;
        alice.pause(Duration::from_secs(5)).await;
        alice.close().await;
        alice.person.set_clock(0);
        assert_eq!(commits(&lab), before, "her turn has not come: choose another seed");
        alice.start().await;
        alice.pause(Duration::from_secs(300)).await;
        assert_eq!(commits(&lab), before + 1);
    });
}

/// The relay forgets the epoch that Alice is in, while she waits for her turn. A rejoin brings new keys as well.
#[test]
fn an_update_that_a_rejoin_has_made_unnecessary_is_settled_at_once() {
    Lab::play(2115, async |lab| {
        let (mut alice, mut bob) = alice_waits_for_her_turn(&lab).await;
        let before = lab.relay_log().kept();
        lab.expect_resyncs();
        lab.expect_forks();
        let is_member = Arc::new(AtomicBool::new(false));
        let asks_as_member = Arc::clone(&is_member);
        let denies = Interceptor::new().replies_to("Alice", move |reply| match reply {
            Reply::Authenticated(_) if is_member.load(Ordering::Relaxed) => {
                vec![Reply::Refused(Refusal::bare(ErrorCode::NotAuthorised))]
            }
            other => vec![other],
        });
        lab.intercept_with(&denies.requests(move |who, request| {
            if let (Request::Auth(auth), "Alice") = (request, who) {
                asks_as_member.store(auth.role == Role::Member, Ordering::Relaxed);
            }
            true
        }));
        alice.reconnect().await;
        while lab.relay_log().kept().joins == before.joins {
            alice.pause(Duration::from_secs(1)).await;
        }
        lab.stop_intercepting();
        alice.reconnect().await;
        alice.pause(Duration::from_secs(660)).await;
        has_for_good(&lab, &mut alice, before.commits).await;
        bob.start().await;
        all_is_well(&lab, alice, bob).await;
    });
}

const MOST_OF_A_DAY: Duration = Duration::from_secs(20 * 3600);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
