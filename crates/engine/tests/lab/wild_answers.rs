//! Answers that no honest relay gives: numbers beyond every database, refusals that contradict themselves, floods of what
//! cannot be placed yet. Each ends in a state with a reason, and nothing spins, grows or panics.

#![expect(clippy::panic, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::snapshot::{Connection, LinkFault, MessageState};
use conclave_proto::{
    ErrorCode, Lane,
    frame::{Committed, EntryPush, ErrorData, Fetched, Published, Refusal, Reply},
    id::Tag,
};
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{all_is_well, enters, one, two},
};

/// Waits until the room says that the relay misbehaves.
async fn blames_the_relay(member: &mut Member, within: Duration) {
    for _ in 0..within.as_millis() / 200 {
        if let Connection::Waiting { reason: LinkFault::Misbehaved, .. } = member.connection().await {
            return;
        }
        member.pause(Duration::from_millis(200)).await;
    }
    let connection = member.connection().await;
    panic!("nothing wrong with the relay, says the app: {connection:?} {:?}", member.person.panics());
}

#[test]
fn a_flood_of_what_cannot_be_placed_yet_is_cut_off() {
    // Large and small: what counts is what it costs to keep them.
    for (count, size) in [(300, 64 * 1024), (40_000, 1)] {
        Lab::play(51, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let is_online = Arc::new(AtomicU64::new(0));
            let online = Arc::clone(&is_online);
            lab.intercept("Alice", move |reply| match reply {
                Reply::Entry(entry) => {
                    let early = |number| {
                        let seq = entry.seq + 1000 + number;
                        Reply::Entry(EntryPush { seq, prev: seq - 1, blob: vec![7; size], ..entry.clone() })
                    };
                    (0..count).map(early).collect()
                }
                // What would fill the gap never comes.
                Reply::Fetched(fetched) if !fetched.entries.is_empty() && online.load(Ordering::Relaxed) > 0 => {
                    Vec::new()
                }
                other => vec![other],
            });
            alice.reconnect().await;
            assert_eq!(alice.connection().await, Connection::Online);
            is_online.store(1, Ordering::Relaxed);
            bob.write("Something to begin with.").await;
            // Sooner than an unanswered question would end the connection.
            blames_the_relay(&mut alice, Duration::from_secs(30)).await;
            all_is_well(&lab, alice, bob).await;
        });
    }
}

#[test]
fn a_relay_that_refuses_the_very_head_that_it_names_is_not_asked_in_a_loop() {
    Lab::play(52, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let (refused, head) = (Arc::new(AtomicU64::new(0)), Mutex::new(None));
        let count = Arc::clone(&refused);
        lab.intercept_all(move |who, reply| match reply {
            Reply::Authenticated(admission) => {
                *head.lock().unwrap() = Some((admission.head, admission.head_seq));
                vec![Reply::Authenticated(admission)]
            }
            Reply::Published(_) | Reply::Refused(Refusal { code: ErrorCode::Duplicate, .. }) if who == "Alice" => {
                count.fetch_add(1, Ordering::Relaxed);
                let (head, seq) = head.lock().unwrap().unwrap();
                let data = ErrorData { head: Some(head), seq: Some(seq), ..ErrorData::default() };
                vec![Reply::Refused(Refusal::with(ErrorCode::StaleHead, data))]
            }
            // Nor does the message come back.
            Reply::Entry(_) if who == "Alice" => Vec::new(),
            Reply::Fetched(mut fetched) if who == "Alice" => {
                fetched.entries.clear();
                vec![Reply::Fetched(fetched)]
            }
            other => vec![other],
        });
        alice.reconnect().await;
        alice.write("Can you hear me?").await;
        blames_the_relay(&mut alice, Duration::from_secs(30)).await;
        alice.pause(Duration::from_secs(600)).await;
        let refused = refused.load(Ordering::Relaxed);
        assert!(
            (2..1000).contains(&refused),
            "a few at a time, for ten minutes, and not as fast as the link is: {refused}"
        );
        assert_eq!(alice.state_of("Can you hear me?").await, Some(MessageState::Waiting), "it is not lost");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_commit_that_the_relay_names_and_never_hands_over_is_not_waited_for_for_ever() {
    Lab::play(57, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        // Alice proves on each connection that she is a member, and that she is the owner.
        let proofs = AtomicU64::new(0);
        lab.intercept("Alice", move |reply| match reply {
            Reply::Authenticated(_) => {
                proofs.fetch_add(1, Ordering::Relaxed);
                vec![reply]
            }
            Reply::Published(_) if proofs.load(Ordering::Relaxed) <= 2 => {
                let data = ErrorData { head: Some(Tag([7; 16])), seq: Some(1_000_000), ..ErrorData::default() };
                vec![Reply::Refused(Refusal::with(ErrorCode::StaleHead, data))]
            }
            // Nor does what she wrote come back to her, or it would be settled all the same.
            Reply::Entry(_) if proofs.load(Ordering::Relaxed) <= 2 => Vec::new(),
            other => vec![other],
        });
        alice.reconnect().await;
        alice.write("Is there a commit?").await;
        alice.pause(Duration::from_secs(5)).await;
        assert_eq!(alice.state_of("Is there a commit?").await, Some(MessageState::Waiting));
        alice.write("And this?").await;
        alice.pause(Duration::from_secs(300)).await;
        assert_eq!(alice.state_of("And this?").await, Some(MessageState::Stored), "another connection, another try");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_relay_that_has_more_and_hands_out_nothing_is_not_asked_in_a_loop() {
    Lab::play(57, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let asked = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&asked);
        lab.intercept("Alice", move |reply| match reply {
            Reply::Fetched(fetched) => {
                count.fetch_add(1, Ordering::Relaxed);
                vec![Reply::Fetched(Fetched { entries: Vec::new(), more: true, ..fetched })]
            }
            other => vec![other],
        });
        alice.reconnect().await;
        blames_the_relay(&mut alice, Duration::from_secs(30)).await;
        let before = asked.load(Ordering::Relaxed);
        alice.pause(Duration::from_secs(60)).await;
        let again = asked.load(Ordering::Relaxed) - before;
        assert!(again < 20, "{again} times in a minute");
        all_is_well(&lab, alice, bob).await;
    });
}

/// A number that no database takes.
const WILD: u64 = u64::MAX - 1;

#[test]
fn an_entry_with_an_absurd_number_is_refused() {
    for pushed in [true, false] {
        Lab::play(53, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            lab.intercept("Alice", move |reply| match reply {
                Reply::Entry(entry) if pushed => {
                    vec![Reply::Entry(EntryPush { seq: WILD, ..entry })]
                }
                Reply::Entry(_) => Vec::new(),
                Reply::Fetched(mut fetched) if !pushed => {
                    for entry in fetched.entries.iter_mut().filter(|entry| entry.lane == Lane::Application) {
                        entry.seq = WILD;
                    }
                    vec![Reply::Fetched(fetched)]
                }
                other => vec![other],
            });
            alice.reconnect().await;
            bob.write("Number one.").await;
            if !pushed {
                bob.pause(Duration::from_secs(10)).await;
                lab.network().cut("Alice");
            }
            blames_the_relay(&mut alice, Duration::from_secs(30)).await;
            assert_eq!(alice.texts().await, ["Hello.", "Hello you."]);
            all_is_well(&lab, alice, bob).await;
        });
    }
}

#[test]
fn a_join_at_an_absurd_place_is_refused_and_goes_on_with_an_honest_relay() {
    Lab::play(54, async |lab| {
        let mut alice = one(&lab).await;
        let link = alice.link().await;
        lab.intercept("Bob", move |reply| match reply {
            Reply::Committed(done) => vec![Reply::Committed(Committed { seq: WILD, ..done })],
            Reply::Refused(refusal) if refusal.code == ErrorCode::Duplicate => {
                let data = ErrorData { seq: Some(WILD), ..refusal.data.unwrap_or_default() };
                vec![Reply::Refused(Refusal::with(ErrorCode::Duplicate, data))]
            }
            other => vec![other],
        });
        let mut bob = enters(&lab, "Bob", &link).await;
        blames_the_relay(&mut bob, Duration::from_secs(60)).await;
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_room_opened_at_an_absurd_place_is_refused() {
    Lab::play(55, async |lab| {
        lab.intercept_all(|_, reply| match reply {
            Reply::Created(mut admission) => {
                admission.head_seq = WILD;
                vec![Reply::Created(admission)]
            }
            other => vec![other],
        });
        let mut person = lab.person("Alice").await;
        let room = person.create().await;
        let mut alice = Member::new(person, room);
        blames_the_relay(&mut alice, Duration::from_secs(60)).await;
        lab.stop_intercepting();
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(alice.connection().await, Connection::Online, "an honest relay has it, and it is hers");
    });
}

#[test]
fn an_acknowledgement_with_an_absurd_number_changes_nothing() {
    Lab::play(56, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.intercept("Alice", |reply| match reply {
            Reply::Published(_) => vec![Reply::Published(Published { seq: WILD, full: false })],
            other => vec![other],
        });
        alice.reconnect().await;
        alice.say("Which number?").await;
        assert_eq!(bob.texts().await.last().unwrap(), "Which number?");
        assert_eq!(alice.state_of("Which number?").await, Some(MessageState::Stored), "it came back");
        all_is_well(&lab, alice, bob).await;
    });
}
