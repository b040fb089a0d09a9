//! One short story, told again and again: each time the app of Alice, the app of Bob or the relay dies at another point.
//!
//! The points are every return of `Pending` of a task and every call of the group's cryptography, in the middle of a
//! transaction. `CONCLAVE_CRASH_STEP=1` tries each of them, which takes a while; without it, about a hundred of each victim.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use conclave_testkit::{
    Lab,
    check::{self, Member},
    person::Person,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Alice,
    Bob,
    Relay,
}

/// How many points the lives of Alice, Bob and the relay had.
type Points = [u64; 3];

/// Alice opens a room, Bob joins, both write, both read, Bob leaves and Alice carries it out.
fn story(victim: Option<(Victim, u64)>) -> Result<Points, String> {
    let point = |who: Victim| victim.filter(|(victim, _)| *victim == who).map_or(u64::MAX / 2, |(_, point)| point);
    Lab::play(7, async |lab| {
        let told = async {
            lab.server().process().crash_at(point(Victim::Relay));
            let alice = lab.mortal("Alice", point(Victim::Alice)).await;
            let bob = lab.mortal("Bob", point(Victim::Bob)).await;
            talk(&lab, alice, bob).await
        };
        tokio::select! {
            told = told => told,
            () = reviving(&lab) => panic!("the relay is watched for ever"),
        }
    })
}

async fn reviving(lab: &Lab) {
    loop {
        lab.server().process().death().await;
        lab.stop_relay(true).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        lab.restart_relay();
    }
}

async fn talk(lab: &Lab, mut alice: Person, mut bob: Person) -> Result<Points, String> {
    let relay = lab.server();
    let room = alice.create().await;
    while !alice.is_online(&room).await {
        alice.pause(Duration::from_secs(1)).await;
    }
    let link = alice.invitation(&room).await;
    let mut alice = Member::new(alice, room);
    write(&mut alice, "Is anybody here?").await;
    let room = bob.join(&link).await;
    let mut bob = Member::new(bob, room);
    write(&mut bob, "I am.").await;
    write(&mut alice, "Good.").await;
    let mut both = [alice, bob];
    check::settle(lab, &mut both, &BTreeSet::new()).await?;
    let [alice, mut bob] = both;
    let room = bob.room.clone();
    bob.person.leave(&room).await;
    let mut rest = [alice];
    check::settle(lab, &mut rest, &BTreeSet::from(["Bob".to_owned()])).await?;
    let [alice] = &rest;
    Ok([alice.person.points(), bob.person.points(), relay.process().points()])
}

async fn write(member: &mut Member, text: &str) {
    let said = member.person.say(&member.room, text).await;
    member.written.push((text.to_owned(), said.is_some()));
    match said {
        Some(outcome) => outcome.unwrap(),
        None => member.person.recover().await,
    }
}

fn every_point_of(victim: Victim) {
    let [alice, bob, relay] = story(None).unwrap();
    let points = match victim {
        Victim::Alice => alice,
        Victim::Bob => bob,
        Victim::Relay => relay,
    };
    assert!(points > 50, "the story is long enough to die in: {points}");
    let step = std::env::var("CONCLAVE_CRASH_STEP").ok().map_or(points.div_ceil(100), |step| step.parse().unwrap());
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let point = next.fetch_add(step, Ordering::Relaxed);
                    if point >= points {
                        return;
                    }
                    let told = std::panic::catch_unwind(|| story(Some((victim, point))));
                    let told = told.unwrap_or_else(|_| Err("the story could not go on, see above".to_owned()));
                    if let Err(what) = told {
                        panic!("{victim:?} died at point {point} of {points}, and then: {what}");
                    }
                }
            });
        }
    });
}

#[test]
fn alice_may_die_at_any_point() {
    every_point_of(Victim::Alice);
}

#[test]
fn bob_may_die_at_any_point() {
    every_point_of(Victim::Bob);
}

#[test]
fn the_relay_may_die_at_any_point() {
    every_point_of(Victim::Relay);
}
