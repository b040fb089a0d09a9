//! Two short stories, told again and again: each time the app of Alice, the app of Bob or the relay dies at another point. In the second
//! one, of what owners order and people do to what was said, it is the relay: where apps die over it, `engine/tests/endings` tells.
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

use conclave_engine::{
    ErrorCode,
    api::ChangeRoom,
    snapshot::{Ended, RoomPhase},
};
use conclave_testkit::{
    Lab,
    check::{self, Member},
    person::Person,
    scene,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Alice,
    Bob,
    Relay,
}

/// How many points the lives of Alice, Bob and the relay had.
type Points = [u64; 3];

/// A story in which somebody dies at a point, or nobody.
type Story = fn(Option<(Victim, u64)>) -> Result<Points, String>;

/// Alice opens a room, Bob joins, both write, both read, Bob leaves and Alice carries it out.
fn life(victim: Option<(Victim, u64)>) -> Result<Points, String> {
    play(victim, talk)
}

/// Alice locks the door, lets Dave in who knocks, changes the rules and removes Dave; Bob seals a message and takes one back; in the end
/// Alice erases the room.
fn orders(victim: Option<(Victim, u64)>) -> Result<Points, String> {
    play(victim, order)
}

fn play(
    victim: Option<(Victim, u64)>,
    story: impl AsyncFn(&Lab, Person, Person) -> Result<Points, String>,
) -> Result<Points, String> {
    let point = |who: Victim| victim.filter(|(victim, _)| *victim == who).map_or(u64::MAX / 2, |(_, point)| point);
    Lab::play(7, async |lab| {
        let told = async {
            lab.server().process().crash_at(point(Victim::Relay));
            let alice = lab.mortal("Alice", point(Victim::Alice)).await;
            let bob = lab.mortal("Bob", point(Victim::Bob)).await;
            story(&lab, alice, bob).await
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

/// Alice opens a room that the relay has.
async fn opens(mut alice: Person) -> (Member, String) {
    let room = alice.create().await;
    while !alice.is_online(&room).await {
        alice.pause(Duration::from_secs(1)).await;
    }
    let link = alice.invitation(&room).await;
    (Member::new(alice, room), link)
}

async fn talk(lab: &Lab, alice: Person, mut bob: Person) -> Result<Points, String> {
    let relay = lab.server();
    let (mut alice, link) = opens(alice).await;
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

async fn order(lab: &Lab, alice: Person, mut bob: Person) -> Result<Points, String> {
    let relay = lab.server();
    let (mut alice, link) = opens(alice).await;
    let room = bob.join(&link).await;
    let mut bob = Member::new(bob, room);
    write(&mut bob, "I am here.").await;
    until(&mut alice, "Bob is there", async |alice| alice.people().await.len() == 2).await?;

    let (room, bobs) = (alice.room.clone(), bob.room.clone());
    given(alice.person.lock(&room).await);
    until(&mut bob, "the door is locked", async |bob| bob.phase().await == RoomPhase::Locked).await?;
    let mut dave = scene::knocks(lab, "Dave", &link, "It is Dave.").await;
    let answered = async |alice: &mut Member| {
        // A relay that died has forgotten the knock, until Dave says it again.
        let _ = alice.answers("Dave", true).await;
        alice.pause(Duration::from_secs(10)).await;
        dave.phase().await == RoomPhase::Locked
    };
    until(&mut alice, "Dave is in", answered).await?;

    let title = "Friday".to_owned();
    let change = ChangeRoom {
        room: room.clone(),
        title: Some(title.clone()),
        note: None,
        message_ttl: None,
        idle_ttl: None,
        max_members: Some(256),
        erase_by: None,
    };
    given(alice.person.change(change).await);
    until(&mut dave, "the title is another", async |dave| dave.summary().await.title == title).await?;
    given(bob.person.seal(&bobs, "Once.").await);
    until(&mut dave, "the card is there", async |dave| !dave.cards().await.is_empty()).await?;
    until(&mut dave, "the card is read", async |dave| dave.opens().await == Some(Ok("Once.".to_owned()))).await?;

    given(bob.person.say(&bobs, "Never mind.").await);
    until(&mut alice, "it is said", async |alice| alice.line_of("Never mind.").await.is_some()).await?;
    let line = bob.line_of("Never mind.").await.unwrap();
    given(bob.person.retract(&bobs, &line).await);
    until(&mut alice, "it is taken back", async |alice| alice.taken_back().await == 1).await?;

    given(alice.person.throw_out(&room, "Dave").await);
    until(&mut dave, "Dave is out", async |dave| dave.phase().await == RoomPhase::Gone).await?;
    let mut both = [alice, bob];
    check::settle(lab, &mut both, &BTreeSet::from(["Dave".to_owned()])).await?;
    let [mut alice, mut bob] = both;
    given(alice.person.erase(&room).await);
    for member in [&mut alice, &mut bob] {
        until(member, "the room is erased", async |member| member.ended().await == Some(Ended::ErasedByOwner)).await?;
        assert!(!member.has_file());
    }
    Ok([alice.person.points(), bob.person.points(), relay.process().points()])
}

/// What somebody wants was taken, in a story in which that somebody does not die.
fn given<T>(answer: Option<Result<T, ErrorCode>>) {
    answer.unwrap().unwrap();
}

/// Waits until something holds.
async fn until(who: &mut Member, what: &str, mut holds: impl AsyncFnMut(&mut Member) -> bool) -> Result<(), String> {
    for _ in 0..60 {
        if holds(who).await {
            return Ok(());
        }
        who.pause(Duration::from_secs(5)).await;
    }
    Err(format!("{} waits in vain: {what}", who.person.name()))
}

async fn write(member: &mut Member, text: &str) {
    let said = member.person.say(&member.room, text).await;
    member.written.push((text.to_owned(), said.is_some()));
    match said {
        Some(outcome) => outcome.unwrap(),
        None => member.person.recover().await,
    }
}

fn every_point_of(victim: Victim, story: Story) {
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
    every_point_of(Victim::Alice, life);
}

#[test]
fn bob_may_die_at_any_point() {
    every_point_of(Victim::Bob, life);
}

#[test]
fn the_relay_may_die_at_any_point() {
    every_point_of(Victim::Relay, life);
}

#[test]
fn the_relay_may_die_at_any_point_of_what_owners_order() {
    every_point_of(Victim::Relay, orders);
}
