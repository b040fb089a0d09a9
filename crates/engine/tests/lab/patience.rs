//! A relay that is full, slow or shaky: the app waits as it was asked to, tries again, and delivers everything once.

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::snapshot::{Connection, LinkFault, MessageState};
use conclave_proto::{
    ErrorCode,
    frame::{Refusal, Reply, Request},
};
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{all_is_well, enters, one, two},
};

#[test]
fn a_full_relay_gets_everything_once_when_it_has_room_again() {
    Lab::play(41, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.relay_log().set_full(true);
        for text in ["One.", "Two.", "Three."] {
            alice.write(text).await;
        }
        alice.pause(Duration::from_secs(600)).await;
        assert_eq!(alice.state_of("One.").await, Some(MessageState::Waiting), "she sees that it waits");
        assert_eq!(alice.connection().await, Connection::Online, "she reads all the same");
        let tried = lab.relay_log().kept().turned_away;
        assert!(tried > 5, "it is tried again and again: {tried}");
        assert!(tried < 400, "and not in a loop: {tried} times in ten minutes");
        // The app is closed and opened meanwhile.
        alice.close().await;
        alice.start().await;
        alice.say("Four.").await;
        lab.relay_log().set_full(false);
        alice.pause(Duration::from_secs(90)).await;
        let expected = ["Hello.", "Hello you.", "One.", "Two.", "Three.", "Four."];
        assert_eq!(bob.texts().await, expected, "in the order of writing, each once");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_line_that_died_in_silence_is_noticed_by_the_message_that_it_does_not_carry() {
    Lab::play(47, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.pause(Duration::from_secs(120)).await;
        // She went from the kitchen's network to the garden's.
        lab.network().silence("Alice");
        alice.write("From the garden.").await;
        alice.pause(Duration::from_secs(25)).await;
        assert_eq!(bob.texts().await, ["Hello.", "Hello you.", "From the garden."], "not after ninety seconds");
        assert_eq!(alice.state_of("From the garden.").await, Some(MessageState::Stored));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_relay_that_asks_for_patience_gets_it() {
    Lab::play(42, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        // It has every message and says that it has not: the repetition must not count.
        let answers = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&answers);
        lab.intercept("Alice", move |reply| match reply {
            Reply::Published(_) | Reply::Refused(Refusal { code: ErrorCode::Duplicate, .. }) => {
                count.fetch_add(1, Ordering::Relaxed);
                let retry_ms = Some(20_000);
                vec![Reply::Refused(Refusal { retry_ms, ..Refusal::bare(ErrorCode::RateLimited) })]
            }
            other => vec![other],
        });
        alice.reconnect().await;
        alice.write("Slowly.").await;
        alice.pause(Duration::from_secs(200)).await;
        let answers = answers.load(Ordering::Relaxed);
        assert!((1..=11).contains(&answers), "every twenty seconds as asked: {answers}");
        assert_eq!(bob.texts().await, ["Hello.", "Hello you.", "Slowly."], "once");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn who_is_refused_an_entrance_because_the_relay_is_busy_tries_again() {
    Lab::play(43, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let refused = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&refused);
        lab.intercept_all(move |_, reply| match reply {
            Reply::Authenticated(_) if count.fetch_add(1, Ordering::Relaxed) < 5 => {
                vec![Reply::Refused(Refusal::bare(ErrorCode::Overloaded))]
            }
            other => vec![other],
        });
        alice.reconnect().await;
        alice.pause(Duration::from_secs(120)).await;
        assert!(refused.load(Ordering::Relaxed) > 5, "she came back until it had time");
        assert_eq!(alice.connection().await, Connection::Online);
        all_is_well(&lab, alice, bob).await;
    });
}

/// A relay whose disk is full says INTERNAL to whoever writes.
#[test]
fn a_relay_that_cannot_write_just_now_is_not_taken_for_a_stranger() {
    Lab::play(47, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.relay_log().set_failing(true);
        for text in ["One.", "Two.", "Three."] {
            alice.write(text).await;
        }
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(alice.state_of("One.").await, Some(MessageState::Waiting), "she sees that it waits");
        assert_eq!(alice.connection().await, Connection::Online, "she stays and reads");
        let tried = lab.relay_log().kept().turned_away;
        assert!((10..=100).contains(&tried), "again and again, not in a loop: {tried} times in a minute");
        lab.relay_log().set_failing(false);
        alice.pause(Duration::from_secs(15)).await;
        assert_eq!(bob.texts().await, ["Hello.", "Hello you.", "One.", "Two.", "Three."], "in order, each once");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_relay_that_cannot_let_anybody_in_just_now_is_busy() {
    Lab::play(48, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        lab.intercept_all(|_, reply| match reply {
            Reply::Authenticated(_) => vec![Reply::Refused(Refusal::bare(ErrorCode::Internal))],
            other => vec![other],
        });
        alice.reconnect().await;
        // She is between two attempts nearly always.
        let mut connection = alice.connection().await;
        while !matches!(connection, Connection::Waiting { .. }) {
            alice.pause(Duration::from_millis(300)).await;
            connection = alice.connection().await;
        }
        assert!(matches!(connection, Connection::Waiting { reason: LinkFault::Busy, .. }), "{connection:?}");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn whoever_is_told_that_somebody_else_comes_in_waits_as_long_as_told() {
    Lab::play(45, async |lab| {
        let mut alice = one(&lab).await;
        let link = alice.link().await;
        let refused = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&refused);
        lab.intercept("Bob", move |reply| match reply {
            Reply::Leased(_) | Reply::Refused(Refusal { code: ErrorCode::LeaseHeld, .. }) => {
                count.fetch_add(1, Ordering::Relaxed);
                vec![Reply::Refused(Refusal::retry(ErrorCode::LeaseHeld, 25_000))]
            }
            other => vec![other],
        });
        let mut bob = enters(&lab, "Bob", &link).await;
        bob.pause(Duration::from_secs(300)).await;
        let refused = refused.load(Ordering::Relaxed);
        assert!((3..=13).contains(&refused), "every twenty-five seconds: {refused}");
        assert_eq!(alice.people().await, ["Alice"]);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn whoever_holds_the_lease_keeps_no_member_from_committing() {
    Lab::play(44, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let leases = lab.drop_requests("Alice", |request| matches!(request, Request::Lease(_)));
        alice.reconnect().await;
        bob.leave().await;
        alice.pause(Duration::from_secs(30)).await;
        assert_eq!(alice.people().await, ["Alice"], "she carried his leave out");
        assert_eq!(leases.dropped(), 0, "without asking whether she may");
    });
}

/// How long Alice's app takes to be online again after a cut.
async fn back_after_a_cut(lab: &Lab, alice: &mut Member) -> Duration {
    lab.network().cut("Alice");
    let cut = lab.clock().elapsed();
    alice.pause(Duration::from_millis(200)).await;
    while alice.connection().await != Connection::Online {
        alice.pause(Duration::from_millis(100)).await;
    }
    lab.clock().elapsed().saturating_sub(cut)
}

#[test]
fn a_relay_that_accepts_and_drops_sees_longer_and_longer_pauses() {
    Lab::play(46, async |lab| {
        let mut alice = one(&lab).await;
        alice.pause(Duration::from_secs(90)).await;
        let mut pauses = Vec::new();
        for _ in 0..10 {
            // Online, and cut at once: that is no good connection.
            pauses.push(back_after_a_cut(&lab, &mut alice).await);
        }
        let (first, last) = (pauses.first().copied().unwrap(), pauses.last().copied().unwrap());
        assert!(first < Duration::from_secs(2), "the first time at once: {pauses:?}");
        assert!(last > Duration::from_secs(20), "later only now and then: {pauses:?}");
        let third = pauses.get(2).copied().unwrap();
        assert!(third > first && last > third, "{pauses:?}");
        // A minute of good service, and all is forgiven.
        alice.pause(Duration::from_secs(61)).await;
        assert!(back_after_a_cut(&lab, &mut alice).await < Duration::from_secs(2));
    });
}
