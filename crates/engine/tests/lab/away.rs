//! Away for longer than the relay keeps commits and their keys, which is thirty days (protocol 4.6.7, 4.6.8).

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::snapshot::{Connection, MessageState, RoomPhase, SystemLine};
use conclave_proto::{
    ErrorCode,
    frame::{Refusal, Reply, Request},
};
use conclave_testkit::{
    Lab,
    interceptor::{Interceptor, RequestFilter},
    scene::{all_is_well, enters, one, two},
};
use tokio::time::sleep;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn who_was_away_for_a_month_comes_in_again_in_the_own_place() {
    Lab::play(71, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        for text in ["Where is he?", "Still nothing."] {
            alice.close().await;
            sleep(17 * DAY).await;
            alice.start().await;
            // Her keys are old, so she renews them: Bob's are those of an old epoch.
            alice.pause(Duration::from_secs(900)).await;
            alice.say(text).await;
        }

        bob.start().await;
        bob.pause(Duration::from_secs(120)).await;
        assert_eq!(bob.connection().await, Connection::Online);
        assert!(bob.lines().await.contains(&SystemLine::Resynced), "he is told that he missed something");
        assert!(alice.lines().await.contains(&SystemLine::Rejoined { nick: "Bob".to_owned() }), "and she sees it");
        assert_eq!(alice.people().await, ["Alice", "Bob"], "he has one place, not two");
        alice.say("At last!").await;
        bob.say("I was at sea.").await;
        let heard = ["At last!", "I was at sea."];
        assert!(alice.texts().await.ends_with(&heard.map(str::to_owned)));
        assert!(bob.texts().await.ends_with(&heard.map(str::to_owned)));
    });
}

#[test]
fn a_relay_that_pretends_to_have_forgotten_a_member_makes_nobody_come_in_again() {
    Lab::play(72, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let refused = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&refused);
        lab.intercept("Bob", move |reply| match reply {
            // The proof of membership is refused; the proof of the code, which comes next, is not.
            Reply::Authenticated(_) if count.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
                vec![Reply::Refused(Refusal::bare(ErrorCode::NotAuthorised))]
            }
            other => vec![other],
        });
        let joins = lab.relay_log().kept().joins;
        bob.reconnect().await;
        bob.pause(Duration::from_secs(1800)).await;
        assert!(refused.load(Ordering::Relaxed) > 2, "the relay did lie");
        assert_eq!(lab.relay_log().kept().joins, joins, "nobody follows to an epoch that is not newer");
        assert!(!alice.lines().await.iter().any(|line| matches!(line, SystemLine::Rejoined { .. })));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_return_that_is_refused_does_not_keep_messages_back() {
    Lab::play(74, async |lab| {
        let (alice, mut bob) = two(&lab).await;
        let commits = RequestFilter::new("Bob", |request| matches!(request, Request::Commit(_)));
        let (lost, mut refused) = (commits.clone(), 0_u64);
        let denies_him = Interceptor::new().replies_to("Bob", move |reply| match reply {
            // Once his commit is lost, the relay pretends not to know him as a member.
            Reply::Authenticated(_) if lost.dropped() > 0 => {
                refused += 1;
                if refused % 2 == 1 {
                    vec![Reply::Refused(Refusal::bare(ErrorCode::NotAuthorised))]
                } else {
                    vec![reply]
                }
            }
            other => vec![other],
        });
        lab.intercept_with(&denies_him.filtered(&commits));
        bob.close().await;
        sleep(17 * DAY).await;
        bob.start().await;
        // His keys are old, so he renews them, or tries to.
        bob.pause(Duration::from_secs(1800)).await;
        assert_ne!(commits.dropped(), 0, "there was a commit to lose");
        assert_eq!(bob.phase().await, RoomPhase::Open, "he rejoins nowhere, and is what he was");

        lab.stop_intercepting();
        lab.network().cut("Bob");
        bob.retry().await;
        bob.say("Nothing keeps this back.").await;
        assert_eq!(bob.state_of("Nothing keeps this back.").await, Some(MessageState::Stored));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_newcomer_whom_the_relay_pretends_not_to_know_is_not_called_confirmed() {
    Lab::play(73, async |lab| {
        let mut alice = one(&lab).await;
        let link = alice.link().await;
        let (inside, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        lab.intercept("Bob", move |reply| match reply {
            Reply::Committed(_) => {
                inside.fetch_add(1, Ordering::Relaxed);
                vec![reply]
            }
            // His first proof as a member; he has no older key that he could show.
            Reply::Authenticated(_)
                if inside.load(Ordering::Relaxed) > 0 && refused.fetch_add(1, Ordering::Relaxed) == 0 =>
            {
                vec![Reply::Refused(Refusal::bare(ErrorCode::NotAuthorised))]
            }
            other => vec![other],
        });
        lab.expect_resyncs();
        alice.close().await;
        let mut bob = enters(&lab, "Bob", &link).await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(
            bob.phase().await,
            RoomPhase::AwaitingConfirmation,
            "he came in again, and nobody has confirmed him"
        );
        alice.start().await;
        bob.pause(Duration::from_secs(300)).await;
        assert_eq!(bob.phase().await, RoomPhase::Open, "now somebody has");
        all_is_well(&lab, alice, bob).await;
    });
}
