//! Messages that can be read once: sealed until they are opened, and never shown a second time.

use conclave_engine::{
    ErrorCode,
    snapshot::{CardState, Confirmed, MessageState},
};
use conclave_testkit::{
    Lab,
    scene::{three, two, two_for},
};

use super::{DAY, HOUR, MINUTE};

const SECRET: &str = "Under the third stone.";

#[test]
fn what_can_be_read_once_is_read_once() {
    Lab::play(1401, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        let sent = alice.cards().await.pop().unwrap();
        assert_eq!((sent.card, sent.state), (CardState::Sealed, MessageState::Stored));
        assert_eq!(sent.confirmed, Confirmed { recipients: 1, delivered: 0, viewed: 0 });
        assert_eq!(bob.cards().await.pop().unwrap().card, CardState::Sealed);

        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)));
        bob.close().await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)), "also after a restart");
        let seen = alice.cards().await.pop().unwrap();
        assert_eq!((seen.card, seen.confirmed.viewed), (CardState::Opened, 1), "its author hears of it");
        assert_eq!(alice.opens().await, Some(Err(ErrorCode::InvalidRequest)), "its author's app does not keep it");
    });
}

/// The relay deletes it at once where one person has it to read, and otherwise when the last one has.
#[test]
fn the_relay_keeps_it_until_everybody_has_seen_it() {
    Lab::play(1402, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        alice.seal(SECRET).await;
        assert_eq!(lab.relay_log().blobs_left(), 1);
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        assert_eq!(lab.relay_log().blobs_left(), 1, "Carol has not");
        assert_eq!(alice.cards().await.pop().unwrap().confirmed.viewed, 1);
        assert_eq!(carol.opens().await, Some(Ok(SECRET.to_owned())));
        assert_eq!(lab.relay_log().blobs_left(), 0);
        assert_eq!(alice.cards().await.pop().unwrap().card, CardState::Opened);
    });
}

#[test]
fn who_leaves_unread_keeps_nobody_waiting() {
    Lab::play(1403, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        alice.seal(SECRET).await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        carol.leave().await;
        alice.pause(MINUTE).await;
        assert_eq!(lab.relay_log().blobs_left(), 0);
        assert_eq!(alice.cards().await.pop().unwrap().card, CardState::Opened);
    });
}

#[test]
fn what_nobody_opens_closes_by_itself() {
    Lab::play(1404, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        alice.pause(DAY + HOUR).await;
        assert_eq!(bob.cards().await.pop().unwrap().card, CardState::Unread);
        assert_eq!(alice.cards().await.pop().unwrap().card, CardState::Unread);
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardGone)));
        assert_eq!(lab.relay_log().blobs_left(), 0);
    });
    // Where messages burn sooner, so do cards.
    Lab::play(1405, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        alice.seal(SECRET).await;
        alice.pause(HOUR + 2 * MINUTE).await;
        assert!(alice.cards().await.is_empty() && bob.cards().await.is_empty());
    });
}

#[test]
fn who_writes_before_anybody_is_there_seals_for_whoever_comes() {
    Lab::play(1406, async |lab| {
        let mut alice = conclave_testkit::scene::one(&lab).await;
        alice.seal(SECRET).await;
        assert_eq!(alice.cards().await.pop().unwrap().state, MessageState::AwaitingMembers);
        assert_eq!(lab.relay_log().blobs_left(), 0, "nobody could read it");
        let mut bob = alice.invites("Bob").await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
    });
}

#[test]
fn an_upload_goes_on_after_a_lost_connection_and_after_a_restart() {
    for crashes in [false, true] {
        Lab::play(1407, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            lab.stop_relay(false).await;
            alice.seal(SECRET).await;
            assert_eq!(alice.cards().await.pop().unwrap().state, MessageState::Waiting);
            if crashes {
                alice.crash().await;
                alice.start().await;
            }
            lab.restart_relay();
            bob.pause(5 * MINUTE).await;
            assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        });
    }
}
