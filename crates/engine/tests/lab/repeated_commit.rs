//! Somebody with the code puts a commit into the log that was there before: the tag is a known one, and so are its place and its
//! GroupInfo (protocol 4.7).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::time::Duration;

use conclave_engine::snapshot::{Connection, MessageState, Reorganised, RoomPhase};
use conclave_proto::{ErrorCode, Lane, Role};
use conclave_seal::{rng::OsRng, sign::SigningKey};
use conclave_testkit::{
    Lab,
    check::Member,
    raw_client::RawClient,
    scene::{joins, two},
};
use tokio::time::sleep;

async fn question(member: &mut Member) -> Reorganised {
    let rooms = member.person.snapshot().await.rooms;
    *rooms.into_iter().find(|summary| summary.room == member.room).unwrap().reorganised.unwrap()
}

/// Somebody with a key that the relay takes for a member's, because a garbage commit has registered it. Alice has repaired since.
async fn registered(lab: &Lab, link: &str, alice: &mut Member) -> SigningKey {
    let key = SigningKey::generate(&mut OsRng);
    RawClient::enter(lab, link).await.garbage(Lane::Join, &key).await.unwrap();
    alice.pause(Duration::from_secs(1200)).await;
    key
}

async fn enters_as(lab: &Lab, link: &str, key: &SigningKey) -> RawClient {
    let mut raw_client = RawClient::enter(lab, link).await;
    raw_client.prove(Role::Member, key).await.unwrap();
    raw_client
}

/// The newest commit comes again with a GroupInfo that is none. Nobody would be in doubt, for the head would be what it was, and
/// nobody would repair what newcomers find at the door.
fn the_newest(seed: u64, times: usize, on_disk: bool) {
    Lab::play(seed, async |lab| {
        if on_disk {
            lab.relay_log().move_to(&lab.folder("log"), false);
            lab.restart_relay();
        }
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let key = registered(&lab, &link, &mut alice).await;
        let mut raw_client = enters_as(&lab, &link, &key).await;
        let newest = raw_client.commits().await.pop().unwrap();
        assert_eq!(newest.lane, Lane::Commit, "Alice's");
        for _ in 0..times {
            assert_eq!(raw_client.repeat(&newest, &[0; 64], &[]).await, Err(ErrorCode::Duplicate));
        }
        alice.pause(Duration::from_secs(900)).await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.pause(Duration::from_secs(60)).await;
        assert_eq!((carol.connection().await, carol.phase().await), (Connection::Online, RoomPhase::Open));
        assert_eq!(bob.people().await.len(), 3);
    });
}

#[test]
fn the_newest_commit_again_keeps_no_newcomer_out() {
    the_newest(1001, 2, false);
    the_newest(1002, 8, true);
}

/// Whoever has repaired on top of a commit once would not do so again, and wait for ever.
#[test]
fn an_old_commit_again_and_again_stops_nobody() {
    Lab::play(1005, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let first = RawClient::enter(&lab, &link).await.commits().await.pop().unwrap();
        registered(&lab, &link, &mut alice).await;
        lab.expect_forks();
        for _ in 0..3 {
            let mut raw_client = RawClient::enter(&lab, &link).await;
            assert_eq!(raw_client.repeat(&first, &[0; 64], &[]).await, Err(ErrorCode::Duplicate));
            alice.pause(Duration::from_secs(600)).await;
        }
        for member in [&mut alice, &mut bob] {
            member.say("Still here?").await;
            member.pause(Duration::from_secs(600)).await;
            assert_eq!(member.state_of("Still here?").await, Some(MessageState::Stored));
        }
    });
}

/// Trudy's commit opens for Bob alone, who renews his keys there. Alice says no, Bob comes back, and Trudy is in nobody's room.
/// Then somebody with the code puts Bob's old commit into the log again.
fn an_old_commit_of_somebody_senior(seed: u64, days: u64) {
    Lab::play(seed, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        alice.close().await;
        lab.expect_forks();
        lab.crafter().crafts_for("Trudy", &["Bob"]);
        let mut trudy = joins(&lab, "Trudy", &link).await;
        bob.pause(Duration::from_secs(30 * 3600)).await;
        let mut raw_client = RawClient::enter(&lab, &link).await;
        let read = raw_client.group_info(None).await;
        let info = read.group_info.unwrap();
        let old = raw_client.commits().await.pop().unwrap();
        assert_eq!(old.lane, Lane::Commit, "Bob's");
        trudy.close().await;
        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        let asked = question(&mut alice).await;
        alice.person.stay(&alice.room, &asked.branch).await.unwrap().unwrap();
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(bob.people().await.len(), 2, "Trudy is in nobody's room");
        let mut carol = joins(&lab, "Carol", &link).await;
        alice.say("Trudy is not among us.").await;
        carol.say("Good.").await;
        alice.pause(Duration::from_secs(1200)).await;
        for _ in 0..days {
            // Everybody is there once a day, and renews keys.
            for member in [&mut alice, &mut bob, &mut carol] {
                member.close().await;
            }
            sleep(Duration::from_secs(24 * 3600)).await;
            for member in [&mut alice, &mut bob, &mut carol] {
                member.start().await;
            }
            carol.say("Good morning.").await;
            carol.pause(Duration::from_secs(900)).await;
        }
        let key = registered(&lab, &link, &mut alice).await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        let mut raw_client = enters_as(&lab, &link, &key).await;
        let base = lab.recorder().standing("Carol").unwrap().base;
        let again = raw_client.repeat(&old, &info.blob, info.place.as_deref().unwrap()).await;
        assert_eq!(again, Err(ErrorCode::Duplicate), "known as long as the room lives");
        carol.pause(Duration::from_secs(30)).await;
        let stood = lab.recorder().standing("Carol").unwrap().base;
        assert!(!carol.people().await.contains(&"Trudy".to_owned()), "Carol is where nobody but Trudy reads her");
        assert_eq!(stood, base);
    });
}

#[test]
fn an_old_commit_of_somebody_senior_leads_nobody_away() {
    an_old_commit_of_somebody_senior(1006, 0);
}

#[test]
fn a_commit_that_has_expired_leads_nobody_away() {
    an_old_commit_of_somebody_senior(1007, 33);
}
