//! Clocks that are wrong.

use std::time::Duration;

use conclave_engine::clock::Clock as _;
use conclave_testkit::{Lab, check::Member, scene::two};

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
        alice.person.set_clock(-i64::try_from(lab.clock().now().unix).unwrap());
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
