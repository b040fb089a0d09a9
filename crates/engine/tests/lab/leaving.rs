//! A leave that something cuts off goes on by itself (protocol 4.6.5).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::{
    Engine,
    api::{JoinRoom, OfRoom, SecretText},
    event::Event,
    snapshot::{RoomPhase, SystemLine},
};
use conclave_proto::{
    ErrorCode,
    frame::{Refusal, Reply, Request},
    id::Role,
};
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    scene::{joins, one, two},
};
use tokio::time::{sleep, timeout};

/// Bob asks to leave while nobody answers, and gives up waiting.
async fn begins_to_leave(bob: &mut Member, patience: Duration) {
    let request = OfRoom { room: bob.room.clone() };
    let leaving = bob.person.ask(async move |engine: Engine| engine.leave_room(request).await);
    assert!(timeout(patience, leaving).await.is_err(), "nobody can carry it out yet");
    assert_eq!(bob.phase().await, RoomPhase::Leaving);
}

#[test]
fn a_leave_that_a_crash_cuts_off_goes_on_when_the_app_is_opened() {
    Lab::play(61, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        begins_to_leave(&mut bob, Duration::from_secs(3)).await;
        bob.crash().await;
        lab.restart_relay();
        // Nobody asks again.
        bob.start().await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.person.snapshot().await.rooms, [], "nothing of the room is left with him");
        assert_eq!(alice.people().await, ["Alice"], "and she carried it out");
    });
}

/// Also between the commit that carries it out, behind which there is nobody to ask any more, and the deleting of the room.
#[test]
fn a_leave_that_a_crash_cuts_off_anywhere_goes_on() {
    let dies_after = |points| {
        Lab::play(65, async move |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let request = OfRoom { room: bob.room.clone() };
            bob.person.crash_after(points);
            let left = bob.person.ask(async move |engine: Engine| engine.leave_room(request).await).await;
            bob.person.start().await;
            bob.pause(Duration::from_secs(60)).await;
            assert_eq!(bob.person.snapshot().await.rooms, [], "after {points} points");
            assert_eq!(alice.people().await, ["Alice"], "after {points} points");
            left.is_none()
        })
    };
    let points = (1..200).take_while(|points| dies_after(*points)).count();
    assert!((8..199).contains(&points), "it died on the way, and in the end it did not: {points}");
}

#[test]
fn a_leave_that_nobody_hears_of_ends_all_the_same_also_after_a_restart() {
    Lab::play(62, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        begins_to_leave(&mut bob, Duration::from_secs(3)).await;
        bob.close().await;
        bob.start().await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.person.snapshot().await.rooms, [], "he does not wait for a relay for ever");
        lab.restart_relay();
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(alice.people().await, ["Alice", "Bob"], "she could not know");
    });
}

#[test]
fn who_leaves_does_not_come_in_again_because_the_relay_pretends_not_to_know_them() {
    Lab::play(63, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        // She renews her keys while he is away: there is an epoch to which he could follow.
        bob.close().await;
        alice.close().await;
        sleep(17 * DAY).await;
        alice.start().await;
        let commits = lab.relay_log().kept().commits;
        alice.pause(Duration::from_secs(1800)).await;
        assert!(lab.relay_log().kept().commits > commits);
        let joins = lab.relay_log().kept().joins;
        let as_member = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&as_member);
        let refused = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&refused);
        let denies_him = Interceptor::new().replies_to("Bob", move |reply| match reply {
            // The proof of membership is refused; the proof of the code, which would let him in again, is not.
            Reply::Authenticated(_) if asked.load(Ordering::Relaxed) => {
                count.fetch_add(1, Ordering::Relaxed);
                vec![Reply::Refused(Refusal::bare(ErrorCode::NotAuthorised))]
            }
            other => vec![other],
        });
        lab.intercept_with(&denies_him.requests(move |_, request| {
            if let Request::Auth(auth) = request {
                as_member.store(auth.role == Role::Member, Ordering::Relaxed);
            }
            true
        }));
        lab.stop_relay(false).await;
        bob.start().await;
        begins_to_leave(&mut bob, Duration::from_millis(100)).await;
        lab.restart_relay();
        bob.pause(Duration::from_secs(60)).await;
        assert_ne!(refused.load(Ordering::Relaxed), 0, "the relay did lie to him");
        assert_eq!(bob.person.snapshot().await.rooms, [], "he is out");
        assert_eq!(lab.relay_log().kept().joins, joins, "and did not come in again only to go");
        assert!(!alice.lines().await.iter().any(|line| matches!(line, SystemLine::Rejoined { .. })));
    });
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Somebody joins Alice's room without keeping anything.
async fn guest(lab: &Lab, name: &str, alice: &mut Member) -> Member {
    let mut guest = guest_at_the_door(lab, name, alice).await;
    guest.pause(Duration::from_secs(20)).await;
    guest
}

/// The same, a moment before.
async fn guest_at_the_door(lab: &Lab, name: &str, alice: &mut Member) -> Member {
    let (invitation, nick) = (alice.link().await, name.to_owned());
    let mut person = lab.person(name).await;
    let joined = person.ask(async move |engine: Engine| {
        let invitation = SecretText::new(invitation);
        engine.join_room(JoinRoom { invitation, address: None, passphrase: None, nick, in_memory: true }).await
    });
    let room = joined.await.unwrap().unwrap();
    Member::new(person, room)
}

/// Whoever comes in has a connection of a guest first, and then one of a member.
#[test]
fn whoever_closes_the_app_right_after_joining_leaves_no_ghost() {
    for seed in 641..653 {
        Lab::play(seed, async |lab| {
            let mut alice = one(&lab).await;
            let mut bob = guest_at_the_door(&lab, "Bob", &mut alice).await;
            while bob.phase().await == RoomPhase::Joining {
                bob.pause(Duration::from_millis(5)).await;
            }
            bob.pause(Duration::from_millis(seed % 4 * 25)).await;
            bob.close().await;
            alice.pause(Duration::from_secs(30)).await;
            assert_eq!(alice.people().await, ["Alice"], "in story {seed}");
        });
    }
}

#[test]
fn whoever_keeps_nothing_leaves_by_closing_the_app() {
    Lab::play(66, async |lab| {
        let mut alice = one(&lab).await;
        let mut bob = guest(&lab, "Bob", &mut alice).await;
        alice.pause(Duration::from_secs(20)).await;
        assert_eq!(alice.people().await, ["Alice", "Bob"]);
        bob.close().await;
        alice.pause(Duration::from_secs(10)).await;
        assert_eq!(alice.people().await, ["Alice"], "no ghost holds a place");

        // Also where nobody is there to carry it out.
        let mut carol = guest(&lab, "Carol", &mut alice).await;
        alice.close().await;
        carol.pause(Duration::from_secs(300)).await;
        carol.close().await;
        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(alice.people().await, ["Alice"]);
    });
}

#[test]
fn a_room_that_is_left_behind_the_lock_tells_the_window_nothing() {
    Lab::play(68, async |lab| {
        let mut alice = one(&lab).await;
        let mut bob = guest(&lab, "Bob", &mut alice).await;
        alice.say("Only for who is in.").await;
        let locking = bob.person.ask(async move |engine: Engine| {
            let mut events = engine.events();
            engine.lock_vault().await;
            drop(engine);
            let mut told = Vec::new();
            // What was told before the end of the lock is there already.
            while let Ok(Some(event)) = timeout(Duration::ZERO, events.next()).await {
                told.push(event);
            }
            told
        });
        let told = locking.await.unwrap();
        let locked = told.iter().position(|event| matches!(event, Event::VaultChanged { .. })).unwrap();
        assert_eq!(told.len(), locked + 1, "{told:?}");
        alice.pause(Duration::from_secs(10)).await;
        assert_eq!(alice.people().await, ["Alice"], "and he left");
    });
}

#[test]
fn nobody_waits_for_a_farewell_that_goes_nowhere() {
    Lab::play(67, async |lab| {
        let mut alice = one(&lab).await;
        let mut bob = guest(&lab, "Bob", &mut alice).await;
        lab.network().silence("Bob");
        let before = tokio::time::Instant::now();
        bob.close().await;
        assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
        alice.pause(Duration::from_secs(30)).await;
        assert_eq!(alice.people().await, ["Alice", "Bob"], "she could not know");
    });
}

/// Bob closes his app, and Carol, who has seen that there is a place, comes in right behind him.
#[test]
fn a_leave_is_carried_out_before_a_join_can_undo_it() {
    for seed in 621..629 {
        Lab::play(seed, async |lab| {
            let mut alice = one(&lab).await;
            let link = alice.link().await;
            let mut bob = guest(&lab, "Bob", &mut alice).await;
            alice.pause(Duration::from_secs(20)).await;
            let comes = async {
                sleep(Duration::from_millis(700)).await;
                joins(&lab, "Carol", &link).await
            };
            let ((), _carol) = tokio::join!(bob.close(), comes);
            alice.pause(Duration::from_secs(30)).await;
            assert_eq!(alice.people().await, ["Alice", "Carol"], "in story {seed}");
        });
    }
}
