//! What is published again after a fork is for those who could read it the first time (protocol 4.6.7). Whoever has joined since
//! reads nothing that was said before.

use std::time::Duration;

use conclave_engine::snapshot::SystemLine;
use conclave_proto::frame::Request;
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{joins, two},
};

const SECRET: &str = "The papers are under the third stone.";

/// One commit that opens for one person only, and nothing more of whoever made it.
async fn trudy_throws(lab: &Lab, link: &str, only: &str) {
    lab.expect_forks();
    lab.crafter().crafts_for("Trudy", &[only]);
    let mut trudy = lab.person("Trudy").await;
    trudy.join(link).await;
    trudy.pause(Duration::from_secs(2)).await;
    trudy.close().await;
}

async fn knows_nothing(author: &mut Member, newcomer: &mut Member) {
    let texts = newcomer.texts().await;
    assert!(!texts.contains(&SECRET.to_owned()), "it was said before: {texts:?}");
    let lines = author.lines().await;
    let told = lines.iter().any(|line| matches!(line, SystemLine::NotPublishedAgain { count: 1.. }));
    assert!(told, "and its author knows that it may not have arrived: {lines:?}");
    author.say("What is said now is for everybody.").await;
    assert!(newcomer.texts().await.contains(&"What is said now is for everybody.".to_owned()));
}

#[test]
fn who_joins_before_it_is_sealed_again_does_not_read_it() {
    Lab::play(985, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        bob.say(SECRET).await;
        bob.pause(Duration::from_secs(5 * 3600)).await;
        // Bob's messages do not arrive for a while: a slow line, or a relay that waits for Mallory.
        let held_back = lab.drop_requests("Bob", |request| matches!(request, Request::Publish(_)));
        lab.network().cut("Bob");
        bob.pause(Duration::from_secs(60)).await;
        trudy_throws(&lab, &link, "Bob").await;
        bob.pause(Duration::from_secs(60)).await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        held_back.lift();
        bob.pause(Duration::from_secs(240)).await;
        knows_nothing(&mut bob, &mut mallory).await;
    });
}

/// Nobody lies; Carol was parted for seconds, and Alice was away.
#[test]
fn who_joins_while_its_author_is_away_does_not_read_it() {
    Lab::play(990, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Here I am.").await;
        alice.say(SECRET).await;
        alice.close().await;
        bob.pause(Duration::from_secs(3600)).await;
        trudy_throws(&lab, &link, "Carol").await;
        carol.pause(Duration::from_secs(2 * 3600)).await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        mallory.pause(Duration::from_secs(3600)).await;
        alice.start().await;
        alice.pause(Duration::from_secs(240)).await;
        knows_nothing(&mut alice, &mut mallory).await;
    });
}
