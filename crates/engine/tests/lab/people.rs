//! What the list of people tells: who is here, and since when somebody is not.

use std::time::Duration;

use conclave_engine::{api::NewRules, clock::Clock as _, snapshot::Presence};
use conclave_proto::frame::Request;
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{joins, three, two, two_with},
};
use tokio::time::sleep;

const DAY: u64 = 24 * 3600;

/// Carol's computer is lost with the room on it, and some days later Bob leaves on a journey.
#[test]
fn who_has_been_away_longest_is_the_last_in_the_list() {
    Lab::play(1711, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.close().await;
        for _ in 0..5 {
            alice.pause(Duration::from_secs(DAY)).await;
            bob.pause(Duration::from_secs(60)).await;
        }
        bob.close().await;
        alice.pause(Duration::from_secs(3 * DAY)).await;
        // What was heard is known after a restart, too.
        alice.close().await;
        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        let now = lab.clock().now().unix;
        let away: Vec<_> = alice.away().await;
        let days = |hour: Option<u64>| hour.map(|hour| (now - hour) / DAY);
        let [(first, bobs), (last, carols)] = away.try_into().unwrap();
        assert_eq!((first.as_str(), days(bobs)), ("Bob", Some(3)));
        assert_eq!((last.as_str(), days(carols)), ("Carol", Some(8)));
        assert!([bobs, carols].iter().flatten().all(|at| at % 3600 == 0), "no minute is kept");

        // Who comes in now has heard of neither.
        let mut dave = joins(&lab, "Dave", &link).await;
        let never: Vec<_> = dave.away().await.into_iter().filter(|(nick, _)| nick != "Alice").collect();
        assert_eq!(never, [("Bob".to_owned(), None), ("Carol".to_owned(), None)]);
        // He says no more than that: they may have been there a minute before he came, or before he began to write down whom he hears.
        let since = dave.heard_since().await;
        assert!(lab.clock().now().unix - since < 3600 + 300, "he has listened for {}", lab.clock().now().unix - since);
        dave.pause(Duration::from_secs(DAY)).await;
        assert!(
            lab.clock().now().unix - dave.heard_since().await >= DAY,
            "whom he has not heard is away for a day at least"
        );
        bob.start().await;
        bob.pause(Duration::from_secs(120)).await;
        assert_eq!(alice.away().await.last().unwrap().0, "Carol");
        assert!(alice.here().await.contains(&"Bob".to_owned()));
    });
}

/// Alice wrote and closed the app. Bob reads that days later: what was written then says nothing about now.
#[test]
fn a_message_of_long_ago_makes_nobody_present() {
    Lab::play(1712, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        alice.say("Off to the mountains.").await;
        alice.close().await;
        sleep(Duration::from_secs(2 * DAY)).await;
        bob.start().await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.texts().await.last().unwrap(), "Off to the mountains.");
        assert_eq!(bob.here().await, ["Bob"]);
        let (_, heard) = bob.away().await.remove(0);
        assert_eq!((lab.clock().now().unix - heard.unwrap()) / DAY, 2, "when she wrote, not when he read it");
    });
}

/// What is said of the others, in the order of their names.
async fn presences(member: &mut Member) -> Vec<(String, Presence)> {
    let people = member.view().await.people.into_iter().filter(|person| !person.own);
    let mut presences: Vec<_> = people.map(|person| (person.nick, person.presence)).collect();
    presences.sort_by(|(one, _), (other, _)| one.cmp(other));
    presences
}

fn of(people: [(&str, Presence); 2]) -> Vec<(String, Presence)> {
    people.map(|(nick, presence)| (nick.to_owned(), presence)).into()
}

/// Bob opens his app. Alice is there, and Carol is not.
#[test]
fn who_comes_asks_who_is_here_and_calls_nobody_away_before_they_have_answered() {
    Lab::play(1713, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        carol.close().await;
        bob.close().await;
        // His last word is long ago, and so is hers.
        alice.pause(Duration::from_secs(600)).await;
        bob.start().await;
        bob.pause(Duration::from_secs(5)).await;
        assert_eq!(presences(&mut bob).await, of([("Alice", Presence::Here), ("Carol", Presence::Unknown)]));
        bob.pause(Duration::from_secs(30)).await;
        assert_eq!(presences(&mut bob).await, of([("Alice", Presence::Here), ("Carol", Presence::Away)]));
        // Nobody knows anything without the relay.
        lab.stop_relay(false).await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(presences(&mut bob).await, of([("Alice", Presence::Unknown), ("Carol", Presence::Unknown)]));
        lab.restart_relay();
        bob.pause(Duration::from_secs(120)).await;
        assert_eq!(presences(&mut bob).await, of([("Alice", Presence::Here), ("Carol", Presence::Away)]));
        drop(carol);
    });
}

#[test]
fn where_the_rules_hide_who_is_here_nothing_is_said_of_anybody() {
    Lab::play(1714, async |lab| {
        let rules = NewRules { presence: false, owner_leave_closes: false, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let mut carol = alice.invites("Carol").await;
        bob.close().await;
        alice.pause(Duration::from_secs(6 * 3600)).await;
        assert_eq!(presences(&mut alice).await, of([("Bob", Presence::Unknown), ("Carol", Presence::Unknown)]));
        carol.say("Is anybody there?").await;
        assert_eq!(presences(&mut alice).await, of([("Bob", Presence::Unknown), ("Carol", Presence::Unknown)]));
        assert!(alice.away().await.iter().all(|(_, heard_in)| heard_in.is_none()), "nor since when somebody is away");
    });
}

/// Bob's app asks again and again.
#[test]
fn however_often_somebody_asks_the_answers_are_few() {
    Lab::play(1715, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let deaf = lab.drop_requests("Alice", |request| matches!(request, Request::Ephemeral(_)));
        alice.reconnect().await;
        let before = deaf.dropped();
        for _ in 0..20 {
            bob.crash().await;
            bob.start().await;
            bob.pause(Duration::from_secs(6)).await;
        }
        let answers = deaf.dropped() - before;
        assert!((3..=8).contains(&answers), "{answers} in two minutes, and one every 20 s at most");
        drop(alice);
    });
}
