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
use conclave_testkit::{
    Lab,
    check::Member,
    liar::Liar,
    scene::{joins, two, two_for},
};

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
            bob.person.pause(Duration::from_secs(600)).await;
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
        alice.person.pause(Duration::from_secs(120)).await;
        let behind = ahead(&mut alice).await.unwrap();
        assert!((-7210..=-7190).contains(&behind), "{behind}");
        // She opens the app with that clock.
        alice.person.close().await;
        alice.person.start().await;
        alice.say("Still here.").await;
        let behind = ahead(&mut alice).await.unwrap();
        assert!((-7210..=-7190).contains(&behind), "{behind}");
        alice.person.set_clock(0);
        alice.person.pause(Duration::from_secs(120)).await;
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
        alice.person.crash().await;
        alice.person.start().await;
        alice.person.pause(Duration::from_secs(10)).await;
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
            bob.person.pause(Duration::from_secs(60)).await;
        }
        alice.reconnect(&lab).await;
        alice.person.pause(Duration::from_secs(60)).await;
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
        alice.person.close().await;
        alice.person.set_clock(to_1970(&lab));
        alice.person.start().await;
        bob.say("What year is it?").await;
        alice.say("1970, it says.").await;
        alice.person.close().await;
        alice.person.pause(Duration::from_secs(HOUR)).await;
        // It stays wrong for another start.
        alice.person.start().await;
        alice.person.pause(Duration::from_secs(MINUTE)).await;
        alice.person.close().await;
        alice.person.set_clock(0);
        alice.person.start().await;
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
        let link = alice.person.invitation(&alice.room).await;
        // His clock was ahead and is corrected: for him that is a line of the day on which he is back.
        bob.person.set_clock(86_400);
        bob.person.close().await;
        bob.person.start().await;
        bob.person.set_clock(0);
        bob.person.pause(Duration::from_secs(MINUTE)).await;
        bob.person.close().await;
        alice.say("The first day.").await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("The first day, too.").await;
        alice.person.pause(Duration::from_secs(DAY)).await;
        alice.say("The second day.").await;
        alice.person.pause(Duration::from_secs(2 * DAY)).await;
        bob.person.start().await;
        bob.person.pause(Duration::from_secs(MINUTE)).await;
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
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.person.invitation(&alice.room).await;
        let mut carol = joins(&lab, "Carol", &link).await;
        bob.person.pause(Duration::from_secs(MINUTE)).await;
        bob.person.close().await;
        carol.person.set_clock(86_400);
        carol.say("My clock is ahead.").await;
        alice.say("Mine is right.").await;
        alice.person.pause(Duration::from_secs(5 * DAY)).await;
        bob.person.start().await;
        bob.person.pause(Duration::from_secs(MINUTE)).await;
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
        lab.network().lie(Some(Liar::with_bytes(move |who, bytes| {
            if who == "Alice" && hears_nothing.load(Ordering::Relaxed) { Vec::new() } else { vec![bytes] }
        })));
        alice.reconnect(&lab).await;
        is_silent.store(true, Ordering::Relaxed);
        alice.say("Did it arrive?").await;
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("Did it arrive?"));
        assert_eq!(alice.state_of("Did it arrive?").await, Some(MessageState::Waiting), "she does not know");
        alice.person.crash().await;
        lab.network().lie(None);
        bob.person.pause(Duration::from_secs(3 * DAY)).await;
        alice.person.start().await;
        alice.person.pause(Duration::from_secs(MINUTE)).await;
        let (hers, his) = (line(&mut alice, "Did it arrive?").await, line(&mut bob, "Did it arrive?").await);
        assert!(hers.at.abs_diff(his.at) <= MINUTE, "{} and {}", hers.at, his.at);
        assert!(hers.expires_at.unwrap().abs_diff(his.expires_at.unwrap()) <= MINUTE);
    });
}
