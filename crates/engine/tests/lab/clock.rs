//! Clocks that are wrong.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use conclave_engine::{
    clock::Clock as _,
    snapshot::{Item, ItemBody, MessageState, SystemLine},
};
use conclave_proto::frame::Request;
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    scene::{joins, three, two, two_for},
};
use tokio::time::sleep;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Back to the beginning of 1970, where a clock without a battery starts.
fn to_1970(lab: &Lab) -> i64 {
    0_i64.saturating_sub_unsigned(lab.clock().now().unix)
}

/// The line with a text.
async fn line(member: &mut Member, wanted: &str) -> Item {
    let items = member.person.timeline(&member.room).await;
    let is_wanted = |item: &Item| matches!(&item.body, ItemBody::Text { text, .. } if text == wanted);
    items.into_iter().find(is_wanted).unwrap()
}

/// Who wrote it when, by the own clock, if that does not fit.
fn claimed(item: &Item) -> Option<u64> {
    if let ItemBody::Text { claimed_at, .. } = item.body { claimed_at } else { None }
}

#[test]
fn a_clock_that_is_a_day_off_hides_nobody() {
    Lab::play(1401, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        for by in [86_400, -86_400] {
            alice.person.set_clock(by);
            bob.pause(Duration::from_secs(600)).await;
            for member in [&mut alice, &mut bob] {
                let mut here = member.here().await;
                here.sort();
                assert_eq!(here, ["Alice", "Bob"], "with her clock set by {by}");
            }
        }
    });
}

#[test]
fn whose_clock_is_off_is_told_by_the_relays_and_nothing_goes_by_that() {
    Lab::play(1405, async |lab| {
        let (mut alice, _) = two(&lab).await;
        let ahead = async |alice: &mut Member| alice.person.snapshot().await.rooms.pop().unwrap().clock_ahead;
        assert_eq!(ahead(&mut alice).await, None);
        alice.person.set_clock(-7200);
        alice.pause(Duration::from_secs(120)).await;
        let behind = ahead(&mut alice).await.unwrap();
        assert!((-7210..=-7190).contains(&behind), "{behind}");
        // She opens the app with that clock.
        alice.close().await;
        alice.start().await;
        alice.say("Still here.").await;
        let behind = ahead(&mut alice).await.unwrap();
        assert!((-7210..=-7190).contains(&behind), "{behind}");
        alice.person.set_clock(0);
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(ahead(&mut alice).await, None, "she put it right");
    });
}

/// The battery of her computer's clock is empty: it begins at 1970, the app dies, and then the network sets it right.
#[test]
fn an_app_that_dies_at_1970_loses_nothing_when_the_clock_is_put_right() {
    Lab::play(1406, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.person.set_clock(to_1970(&lab));
        alice.say("At the beginning of time.").await;
        alice.crash().await;
        alice.start().await;
        alice.pause(Duration::from_secs(10)).await;
        alice.person.set_clock(0);
        alice.say("Now.").await;
        let texts = alice.texts().await;
        assert!(texts.ends_with(&["At the beginning of time.", "Now."].map(str::to_owned)), "{texts:?}");
        assert_eq!(bob.texts().await, texts);
    });
}

/// Her clock is a month ahead for a minute: what she and Bob say meanwhile and before stays, and none of it comes again.
#[test]
fn a_month_ahead_for_a_minute_loses_nothing_of_a_conversation() {
    Lab::play(1402, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.say("Before.").await;
        for (by, text) in [(30 * 86_400, "Meanwhile."), (0, "After.")] {
            alice.person.set_clock(by);
            alice.say(text).await;
            bob.say(text).await;
            bob.pause(Duration::from_secs(60)).await;
        }
        alice.reconnect().await;
        alice.pause(Duration::from_secs(60)).await;
        let expected = bob.texts().await;
        assert_eq!(alice.texts().await, expected);
        assert!(
            expected.ends_with(&["Meanwhile.", "Meanwhile.", "After.", "After."].map(str::to_owned)),
            "{expected:?}"
        );
    });
}

/// While the app is closed her clock is put right, and what it has dated before moves with it.
#[test]
fn what_was_dated_by_a_wrong_clock_has_its_right_date_at_the_next_start() {
    Lab::play(1403, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.close().await;
        alice.person.set_clock(to_1970(&lab));
        alice.start().await;
        bob.say("What year is it?").await;
        alice.say("1970, it says.").await;
        alice.close().await;
        alice.pause(Duration::from_secs(HOUR)).await;
        // It stays wrong for another start.
        alice.start().await;
        alice.pause(Duration::from_secs(MINUTE)).await;
        alice.close().await;
        alice.person.set_clock(0);
        alice.start().await;
        for text in ["Hello.", "What year is it?", "1970, it says."] {
            let (hers, his) = (line(&mut alice, text).await, line(&mut bob, text).await);
            assert!(hers.at.abs_diff(his.at) < 2 * HOUR, "{text}: {} and {}", hers.at, his.at);
            let (hers, his) = (hers.expires_at.unwrap(), his.expires_at.unwrap());
            assert!(hers.abs_diff(his) < 2 * HOUR, "{text} burns {hers} and {his}");
        }
    });
}

/// What was said while Bob was away is dated then, and burns with everybody, whatever happened in between.
#[test]
fn what_was_said_meanwhile_is_dated_then_and_burns_for_all_at_once() {
    Lab::play(1404, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 7 * 24 * 3600).await;
        let link = alice.link().await;
        // His clock was ahead and is corrected: for him that is a line of the day on which he is back.
        bob.person.set_clock(86_400);
        bob.close().await;
        bob.start().await;
        bob.person.set_clock(0);
        bob.pause(Duration::from_secs(MINUTE)).await;
        bob.close().await;
        alice.say("The first day.").await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("The first day, too.").await;
        alice.pause(Duration::from_secs(DAY)).await;
        alice.say("The second day.").await;
        alice.pause(Duration::from_secs(2 * DAY)).await;
        bob.start().await;
        bob.pause(Duration::from_secs(MINUTE)).await;
        for text in ["The first day.", "The first day, too.", "The second day."] {
            let (hers, his) = (line(&mut alice, text).await, line(&mut bob, text).await);
            assert!(hers.at.abs_diff(his.at) <= MINUTE, "{text}: {} and {}", hers.at, his.at);
            assert_eq!(claimed(&his), None, "{text}");
            let (hers, his) = (hers.expires_at.unwrap(), his.expires_at.unwrap());
            assert!(hers.abs_diff(his) <= MINUTE, "{text} burns {hers} and {his}");
        }
        let came = bob.person.timeline(&bob.room).await.into_iter().find(
            |item| matches!(&item.body, ItemBody::System { event: SystemLine::Joined { nick } } if nick == "Carol"),
        );
        let first = line(&mut bob, "The first day.").await.at;
        assert!(came.unwrap().at.abs_diff(first) <= MINUTE, "she came on the first day");
    });
}

/// Carol's clock is a day ahead. Who is away reads her, and takes no message of anybody else for one of today.
#[test]
fn one_members_wrong_clock_dates_nobody_elses_messages_today() {
    Lab::play(1407, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        bob.pause(Duration::from_secs(MINUTE)).await;
        bob.close().await;
        carol.person.set_clock(86_400);
        carol.say("My clock is ahead.").await;
        alice.say("Mine is right.").await;
        alice.pause(Duration::from_secs(5 * DAY)).await;
        bob.start().await;
        bob.pause(Duration::from_secs(MINUTE)).await;
        let (hers, his) = (line(&mut alice, "Mine is right.").await, line(&mut bob, "Mine is right.").await);
        assert!(his.at.abs_diff(hers.at) <= MINUTE, "{} and {}", hers.at, his.at);
        assert_eq!(claimed(&his), None);
    });
}

/// Alice's app dies before the relay's answer comes, and she is back days later: her line burns with those of the others.
#[test]
fn an_own_message_that_comes_back_late_burns_when_it_does_for_the_others() {
    Lab::play(1408, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let is_silent = Arc::new(AtomicBool::new(false));
        let hears_nothing = Arc::clone(&is_silent);
        lab.intercept_with(&Interceptor::new().bytes(move |who, bytes| {
            if who == "Alice" && hears_nothing.load(Ordering::Relaxed) { Vec::new() } else { vec![bytes] }
        }));
        alice.reconnect().await;
        is_silent.store(true, Ordering::Relaxed);
        alice.say("Did it arrive?").await;
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("Did it arrive?"));
        assert_eq!(alice.state_of("Did it arrive?").await, Some(MessageState::Waiting), "she does not know");
        alice.crash().await;
        lab.stop_intercepting();
        bob.pause(Duration::from_secs(3 * DAY)).await;
        alice.start().await;
        alice.pause(Duration::from_secs(MINUTE)).await;
        let (hers, his) = (line(&mut alice, "Did it arrive?").await, line(&mut bob, "Did it arrive?").await);
        assert!(hers.at.abs_diff(his.at) <= MINUTE, "{} and {}", hers.at, his.at);
        assert!(hers.expires_at.unwrap().abs_diff(his.expires_at.unwrap()) <= MINUTE);
    });
}

/// Alice's clock is two hours behind. Bob was away, or only cut off for a moment after two quiet hours; messages live for an hour.
#[test]
fn what_a_clock_that_is_behind_has_dated_can_be_read() {
    for was_away in [true, false] {
        Lab::play(1409, async |lab| {
            let (mut alice, mut bob) = two_for(&lab, 3600).await;
            if was_away {
                bob.close().await;
            }
            alice.person.set_clock(-7200);
            alice.pause(Duration::from_secs(2 * HOUR)).await;
            lab.network().cut("Bob");
            alice.say("Help.").await;
            bob.start().await;
            bob.pause(Duration::from_secs(MINUTE)).await;
            assert_eq!(bob.texts().await.last().map(String::as_str), Some("Help."), "away: {was_away}");
        });
    }
}

/// A day behind, where messages live for a day: no time that Bob could take for it.
#[test]
fn what_nobody_can_date_burns_from_when_it_is_read() {
    Lab::play(1410, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 24 * 3600).await;
        bob.pause(Duration::from_secs(2 * DAY)).await;
        bob.close().await;
        alice.person.set_clock(-2 * 86_400);
        alice.say("Help.").await;
        bob.start().await;
        bob.pause(Duration::from_secs(MINUTE)).await;
        let left = line(&mut bob, "Help.").await.expires_at.unwrap() - lab.clock().now().unix;
        assert!(left > DAY - HOUR, "{left} seconds");
    });
}

/// The host's computer sleeps for three hours while a message is on its way. It can be read for as long as messages live there, an
/// hour; by then the author reads that it was sent.
#[test]
fn what_was_delayed_on_its_way_can_be_read() {
    Lab::play(1411, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        bob.close().await;
        lab.drop_requests("Alice", |request| matches!(request, Request::Publish(_)));
        alice.reconnect().await;
        alice.write("Did it go?").await;
        alice.pause(Duration::from_secs(5)).await;
        lab.stop_relay(false).await;
        lab.stop_intercepting();
        alice.pause(Duration::from_secs(3 * HOUR)).await;
        lab.restart_relay();
        alice.pause(Duration::from_secs(2 * MINUTE)).await;
        assert_eq!(alice.state_of("Did it go?").await, Some(MessageState::Stored));
        bob.start().await;
        bob.pause(Duration::from_secs(MINUTE)).await;
        let left = line(&mut bob, "Did it go?").await.expires_at.unwrap() - lab.clock().now().unix;
        assert!(left > HOUR - 5 * MINUTE, "{left} seconds");
    });
}

/// Her clock was ten minutes fast; it starts at 1970 once, and is put right by the network, or by hand and an hour behind.
#[test]
fn a_clock_that_is_put_right_nearly_burns_nothing() {
    for (before, after) in [(600, 0), (0, -3600)] {
        Lab::play(1412, async |lab| {
            let (mut alice, _) = two(&lab).await;
            alice.close().await;
            alice.person.set_clock(before);
            alice.start().await;
            alice.say("Keep this.").await;
            for clock in [to_1970(&lab), after] {
                alice.close().await;
                alice.person.set_clock(clock);
                alice.start().await;
                alice.pause(Duration::from_secs(MINUTE)).await;
            }
            assert_eq!(alice.texts().await.last().map(String::as_str), Some("Keep this."), "{before}, {after}");
        });
    }
}

/// At 1970 she reads what Bob says; the clock is put right while the app runs, and she is away when Carol comes. What
/// Bob's clock says, which is three days behind, is believed for no message that came in that hour.
#[test]
fn what_is_read_after_1970_is_dated_right() {
    Lab::play(1413, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 24 * 3600).await;
        let link = alice.link().await;
        alice.close().await;
        alice.person.set_clock(to_1970(&lab));
        alice.start().await;
        bob.say("What year is it?").await;
        alice.person.set_clock(0);
        alice.pause(Duration::from_secs(MINUTE)).await;
        alice.close().await;
        let _carol = joins(&lab, "Carol", &link).await;
        bob.person.set_clock(-259_200);
        bob.say("Keep this.").await;
        alice.start().await;
        alice.pause(Duration::from_secs(MINUTE)).await;
        let items = alice.person.timeline(&alice.room).await;
        let came = items.iter().find(
            |item| matches!(&item.body, ItemBody::System { event: SystemLine::Joined { nick } } if nick == "Carol"),
        );
        let now = lab.clock().now().unix;
        assert!(came.unwrap().at + HOUR > now, "and not 57 years ago");
        let kept = line(&mut alice, "Keep this.").await;
        assert!(kept.expires_at.unwrap() + HOUR > now + DAY, "it burns in {} s", kept.expires_at.unwrap() - now);
    });
}

/// The app is closed for a while, and opened under a clock that the network puts right a minute later.
async fn starts_with(alice: &mut Member, clock: i64, away: u64) {
    alice.close().await;
    sleep(Duration::from_secs(away)).await;
    alice.person.set_clock(clock);
    alice.start().await;
    alice.pause(Duration::from_secs(MINUTE)).await;
    alice.person.set_clock(0);
    alice.pause(Duration::from_secs(MINUTE)).await;
}

/// Alice's computer has two systems, of which one keeps the clock in its time zone: it is two hours ahead at each start. Before that
/// it may have been ahead by more, or behind.
#[test]
fn a_clock_that_is_ahead_at_each_start_burns_nothing_early() {
    for (first, closed_for) in [(0, 0), (365 * 86_400, 2 * DAY), (-30 * 86_400, 0)] {
        Lab::play(1415, async |lab| {
            let (mut alice, mut bob) = two_for(&lab, 7 * 24 * 3600).await;
            let link = alice.link().await;
            let mut carol = lab.person("Carol").await;
            if first < 0 {
                carol.set_clock(first);
            }
            let room = carol.join(&link).await;
            carol.pause(Duration::from_secs(30)).await;
            let mut carol = Member::new(carol, room);
            if first > 0 {
                carol.person.set_clock(first);
                carol.say("In a year.").await;
                carol.close().await;
                sleep(Duration::from_secs(closed_for)).await;
            }
            carol.person.set_clock(0);
            if first > 0 {
                carol.start().await;
            }
            carol.pause(Duration::from_secs(MINUTE)).await;
            bob.say("Keep this.").await;
            let before = line(&mut carol, "Keep this.").await.expires_at.unwrap();
            for _ in 0..6 {
                starts_with(&mut carol, 7200, 4 * HOUR).await;
            }
            assert_eq!(line(&mut carol, "Keep this.").await.expires_at, Some(before), "{first}");
        });
    }
}

/// Her computer's clock is wrong already when Carol joins, and the network puts it right while the app runs; so it is again the next
/// morning.
#[test]
fn who_joins_under_a_wrong_clock_has_everything_the_next_morning() {
    for by in [None, Some(-3 * 365 * 86_400)] {
        Lab::play(1418, async |lab| {
            let (mut alice, _bob) = two_for(&lab, 7 * 24 * 3600).await;
            let link = alice.link().await;
            let mut carol = lab.person("Carol").await;
            carol.set_clock(by.unwrap_or_else(|| to_1970(&lab)));
            let room = carol.join(&link).await;
            carol.pause(Duration::from_secs(30)).await;
            let mut carol = Member::new(carol, room);
            carol.person.set_clock(0);
            carol.pause(Duration::from_secs(MINUTE)).await;
            carol.say("Mine.").await;
            alice.say("Hers.").await;
            carol.pause(Duration::from_secs(8 * HOUR)).await;
            let clock = by.unwrap_or_else(|| to_1970(&lab));
            starts_with(&mut carol, clock, 10 * HOUR).await;
            assert_eq!(carol.texts().await, ["Mine.", "Hers."], "they live for a week: {by:?}");
        });
    }
}

/// The clock starts at 1970, or a year behind, each morning; once the app was closed over a weekend.
#[test]
fn a_clock_that_is_behind_at_each_start_burns_nothing_early() {
    for by in [None, Some(-365 * 86_400)] {
        Lab::play(1417, async |lab| {
            let (mut alice, mut bob) = two_for(&lab, 7 * 24 * 3600).await;
            starts_with(&mut alice, by.unwrap_or_else(|| to_1970(&lab)), 3 * DAY).await;
            bob.say("Monday.").await;
            let before = line(&mut alice, "Monday.").await.expires_at.unwrap();
            for _ in 0..3 {
                let clock = by.unwrap_or_else(|| to_1970(&lab));
                starts_with(&mut alice, clock, 10 * HOUR).await;
            }
            let after = line(&mut alice, "Monday.").await.expires_at.unwrap();
            assert!(after.abs_diff(before) < 2 * HOUR, "{by:?}: {} s", i128::from(after) - i128::from(before));
        });
    }
}

/// Mallory's messages claim a day more each. Alice's, which Bob reads behind them, burns with everybody.
#[test]
fn a_members_claims_keep_nobody_elses_messages() {
    Lab::play(1414, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 7 * 24 * 3600).await;
        let mut mallory = alice.invites("Mallory").await;
        bob.pause(Duration::from_secs(MINUTE)).await;
        bob.close().await;
        for day in 1..7 {
            mallory.person.set_clock(day * 86_400);
            mallory.say(&format!("Day {day}.")).await;
        }
        alice.say("Between us.").await;
        alice.pause(Duration::from_secs(6 * DAY)).await;
        bob.start().await;
        bob.pause(Duration::from_secs(MINUTE)).await;
        let (hers, his) = (line(&mut alice, "Between us.").await, line(&mut bob, "Between us.").await);
        assert!(his.expires_at.unwrap().abs_diff(hers.expires_at.unwrap()) <= HOUR);
    });
}
