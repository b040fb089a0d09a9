//! A leave that something cuts off goes on by itself (protocol 4.6.5).

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
    api::OfRoom,
    snapshot::{RoomPhase, SystemLine},
};
use conclave_proto::{
    ErrorCode,
    frame::{Refusal, Reply, Request},
    id::Role,
};
use conclave_testkit::{Lab, check::Member, liar::Liar, scene::two};
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
        bob.person.crash().await;
        lab.restart_relay();
        // Nobody asks again.
        bob.person.start().await;
        bob.person.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.person.snapshot().await.rooms, [], "nothing of the room is left with him");
        assert_eq!(alice.people().await, ["Alice"], "and she carried it out");
    });
}

#[test]
fn a_leave_that_nobody_hears_of_ends_all_the_same_also_after_a_restart() {
    Lab::play(62, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        begins_to_leave(&mut bob, Duration::from_secs(3)).await;
        bob.person.close().await;
        bob.person.start().await;
        bob.person.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.person.snapshot().await.rooms, [], "he does not wait for a relay for ever");
        lab.restart_relay();
        alice.person.pause(Duration::from_secs(60)).await;
        assert_eq!(alice.people().await, ["Alice", "Bob"], "she could not know");
    });
}

#[test]
fn who_leaves_does_not_come_in_again_because_the_relay_pretends_not_to_know_them() {
    Lab::play(63, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        // She renews her keys while he is away: there is an epoch to which he could follow.
        bob.person.close().await;
        alice.person.close().await;
        sleep(17 * DAY).await;
        alice.person.start().await;
        let commits = lab.archive().kept().commits;
        alice.person.pause(Duration::from_secs(1800)).await;
        assert!(lab.archive().kept().commits > commits);
        let joins = lab.archive().kept().joins;
        let as_member = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&as_member);
        let refused = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&refused);
        let liar = Liar::with_frames(move |who, _, reply| match reply {
            // The proof of membership is refused; the proof of the code, which would let him in again, is not.
            Reply::Authenticated(_) if who == "Bob" && asked.load(Ordering::Relaxed) => {
                count.fetch_add(1, Ordering::Relaxed);
                vec![Reply::Refused(Refusal::bare(ErrorCode::NotAuthorised))]
            }
            other => vec![other],
        });
        lab.network().lie(Some(liar.who_hears(move |_, request| {
            if let Request::Auth(auth) = request {
                as_member.store(auth.role == Role::Member, Ordering::Relaxed);
            }
            true
        })));
        lab.stop_relay(false).await;
        bob.person.start().await;
        begins_to_leave(&mut bob, Duration::from_millis(100)).await;
        lab.restart_relay();
        bob.person.pause(Duration::from_secs(60)).await;
        assert_ne!(refused.load(Ordering::Relaxed), 0, "the relay did lie to him");
        assert_eq!(bob.person.snapshot().await.rooms, [], "he is out");
        assert_eq!(lab.archive().kept().joins, joins, "and did not come in again only to go");
        assert!(!alice.lines().await.iter().any(|line| matches!(line, SystemLine::Rejoined { .. })));
    });
}

const DAY: Duration = Duration::from_secs(24 * 3600);
