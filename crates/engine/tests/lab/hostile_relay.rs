//! A relay may lie, withhold, repeat and babble. It must never get an unauthentic word in, and nothing written is ever lost.

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::snapshot::{Connection, LinkFault, SystemLine};
use conclave_proto::{
    ErrorCode, Lane,
    frame::{EntryPush, ErrorData, Refusal, Reply},
};
use conclave_testkit::{
    Lab, check,
    interceptor::Interceptor,
    scene::{all_is_well, joins, two},
};

#[test]
fn a_relay_that_babbles_costs_nothing_but_time() {
    Lab::play(11, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let said = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&said);
        lab.intercept_with(&Interceptor::new().bytes(move |_, bytes| {
            let garbage: &[&[u8]] = &[b"", b"\xff", b"\x83\x09\x00\xa0", b"HTTP/1.1 200 OK", &[0; 4096]];
            let turn = count.fetch_add(1, Ordering::Relaxed);
            // The greeting is whole, so that there is a conversation to disturb.
            if turn.is_multiple_of(2) {
                vec![bytes]
            } else {
                vec![garbage[usize::try_from(turn / 2).unwrap() % 5].into()]
            }
        }));
        alice.reconnect().await;
        alice.say("Is this thing on?").await;
        assert!(said.load(Ordering::Relaxed) > 10, "it was tried again and again");
        let connection = alice.connection().await;
        assert_ne!(connection, Connection::Online);
        assert!(!matches!(connection, Connection::Stopped { .. }), "babble is no reason to give up: {connection:?}");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn what_the_relay_repeats_is_shown_once() {
    Lab::play(12, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.intercept_all(|_, reply| match reply {
            Reply::Entry(entry) => vec![Reply::Entry(entry.clone()), Reply::Entry(entry)],
            Reply::Fetched(mut fetched) => {
                let again = fetched.entries.clone();
                fetched.entries.extend(again);
                vec![Reply::Fetched(fetched)]
            }
            other => vec![other],
        });
        alice.reconnect().await;
        bob.say("Once.").await;
        bob.say("And once more.").await;
        let read = alice.texts().await;
        assert_eq!(read, ["Hello.", "Hello you.", "Once.", "And once more."]);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_copy_under_another_number_is_not_a_second_message() {
    Lab::play(13, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.intercept("Alice", |reply| match reply {
            Reply::Entry(entry) if entry.lane == Lane::Application => {
                let copy = EntryPush { seq: entry.seq + 1, prev: entry.seq, ..entry.clone() };
                vec![Reply::Entry(entry), Reply::Entry(copy)]
            }
            other => vec![other],
        });
        alice.reconnect().await;
        bob.say("Pay ten.").await;
        let read = alice.texts().await;
        assert_eq!(read.iter().filter(|text| *text == "Pay ten.").count(), 1, "{read:?}");
    });
}

#[test]
fn a_message_that_the_relay_withholds_leaves_a_visible_gap() {
    Lab::play(14, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let withheld = Arc::new(AtomicU64::new(0));
        let number = Arc::clone(&withheld);
        lab.intercept("Alice", move |reply| {
            let hidden = number.load(Ordering::Relaxed);
            match reply {
                Reply::Entry(entry) if hidden == 0 => {
                    number.store(entry.seq, Ordering::Relaxed);
                    Vec::new()
                }
                Reply::Entry(entry) if entry.prev == hidden => {
                    vec![Reply::Entry(EntryPush { prev: hidden - 1, ..entry })]
                }
                Reply::Fetched(mut fetched) => {
                    fetched.entries.retain(|entry| entry.seq != hidden);
                    vec![Reply::Fetched(fetched)]
                }
                other => vec![other],
            }
        });
        alice.reconnect().await;
        bob.say("They know.").await;
        bob.say("Tonight.").await;
        assert_ne!(withheld.load(Ordering::Relaxed), 0, "the relay did withhold something");
        assert_eq!(alice.texts().await, ["Hello.", "Hello you.", "Tonight."]);
        let gap = SystemLine::Gap { nick: "Bob".to_owned(), missing: 1 };
        assert!(alice.lines().await.contains(&gap), "she is told that something is missing, and whose it is");
    });
}

#[test]
fn a_relay_that_always_names_another_head_delays_and_loses_nothing() {
    Lab::play(15, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let lying = Arc::new(AtomicBool::new(true));
        let now = Arc::clone(&lying);
        lab.intercept_all(move |_, reply| match reply {
            Reply::Published(published) if now.load(Ordering::Relaxed) => {
                let data = ErrorData { seq: Some(published.seq + 7), ..ErrorData::default() };
                vec![Reply::Refused(Refusal::with(ErrorCode::StaleHead, data))]
            }
            // Nor does the message come back.
            Reply::Entry(_) if now.load(Ordering::Relaxed) => Vec::new(),
            other => vec![other],
        });
        alice.reconnect().await;
        alice.say("Can you hear me?").await;
        assert_eq!(alice.texts().await.last().unwrap(), "Can you hear me?", "it waits where she wrote it");
        lying.store(false, Ordering::Relaxed);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn the_bare_word_that_a_room_is_gone_wipes_nothing() {
    Lab::play(16, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.intercept_all(|_, reply| match reply {
            Reply::Authenticated(_) => vec![Reply::Refused(Refusal::bare(ErrorCode::RoomGone))],
            other => vec![other],
        });
        for member in [&mut alice, &mut bob] {
            member.reconnect().await;
            let told = Connection::Stopped { reason: LinkFault::RoomGone };
            assert_eq!(member.connection().await, told);
            assert_eq!(member.texts().await, ["Hello.", "Hello you."], "nothing is wiped on a relay's word");
        }
        // Neither after the app was closed and opened, and the room goes on with a relay that is honest.
        lab.stop_intercepting();
        for member in [&mut alice, &mut bob] {
            member.close().await;
            member.start().await;
        }
        all_is_well(&lab, alice, bob).await;
    });
}

/// The relay stores a commit, and shows its author something else in its place, once. Carol joins on top of it.
#[test]
fn an_own_commit_in_whose_place_something_else_was_read_is_read_again() {
    for author in ["Alice", "Bob"] {
        Lab::play(1205, async |lab| {
            let (mut alice, bob) = two(&lab).await;
            let link = alice.link().await;
            let (mut author, mut other) = if author == "Alice" { (alice, bob) } else { (bob, alice) };
            other.close().await;
            let is_hidden = Arc::new(AtomicBool::new(false));
            let was_hidden = Arc::clone(&is_hidden);
            lab.intercept(author.person.name(), move |reply| match reply {
                Reply::Entry(entry) if entry.lane == Lane::Commit && !was_hidden.swap(true, Ordering::Relaxed) => {
                    let (lane, blob) = (Lane::Application, vec![7; 585]);
                    vec![Reply::Entry(EntryPush { lane, blob, mpk: None, place: None, ..entry })]
                }
                other => vec![other],
            });
            author.reconnect().await;
            // Until the own keys are old, and are renewed.
            while !is_hidden.load(Ordering::Relaxed) {
                author.pause(Duration::from_secs(60)).await;
            }
            lab.stop_intercepting();
            let mut carol = joins(&lab, "Carol", &link).await;
            carol.say("Here I am.").await;
            other.start().await;
            author.say("So am I.").await;
            for member in [&mut author, &mut other, &mut carol] {
                assert_eq!(member.texts().await.last().map(String::as_str), Some("So am I."));
                assert_eq!(member.people().await.len(), 3);
            }
            check::sealed_right(&lab).unwrap();
        });
    }
}

/// The relay takes Alice's commit and never shows it to her.
#[test]
fn a_commit_that_never_comes_back_is_not_waited_for_in_a_loop() {
    Lab::play(1204, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.intercept("Alice", |reply| match reply {
            Reply::Entry(entry) if entry.lane != Lane::Application => Vec::new(),
            other => vec![other],
        });
        alice.reconnect().await;
        bob.leave().await;
        alice.pause(Duration::from_secs(60)).await;
        let before = alice.person.points();
        alice.pause(Duration::from_secs(100)).await;
        let points = alice.person.points() - before;
        assert!(points < 5000, "{points} points in 100 s");
    });
}
