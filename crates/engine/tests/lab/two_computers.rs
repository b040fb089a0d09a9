//! One person's files, open at two computers at once: both have the same leaf, and would use its keys twice (protocol 4.14).

use std::time::Duration;

use conclave_engine::snapshot::{Connection, LinkFault, SystemLine};
use conclave_testkit::{
    Lab,
    check::{Member, sealed_right},
    scene::{joins, two},
};

/// Alice copies her files to the computer on her desk, and opens the room there and on her laptop.
async fn opens_twice(laptop: &mut Member) -> Member {
    laptop.close().await;
    let files = laptop.person.back_up();
    let mut desk = laptop.at_another_computer("Alice's desk", &files);
    desk.start().await;
    laptop.start().await;
    desk
}

fn commits_and_joins(lab: &Lab) -> u64 {
    let kept = lab.relay_log().kept();
    kept.commits.saturating_add(kept.joins)
}

/// Neither knows of the other before one of them acts.
#[test]
fn of_two_computers_with_the_same_files_one_stops_before_keys_are_used_twice() {
    for from_the_laptop in [false, true] {
        Lab::play(80, async |lab| {
            let (mut laptop, mut bob) = two(&lab).await;
            let mut desk = opens_twice(&mut laptop).await;
            desk.pause(Duration::from_secs(30)).await;
            let (writes, reads) = if from_the_laptop { (&mut laptop, &mut desk) } else { (&mut desk, &mut laptop) };
            writes.say("From here.").await;
            assert_eq!(bob.texts().await.last().map(String::as_str), Some("From here."));
            let lines = reads.lines().await;
            assert!(lines.contains(&SystemLine::OldCopy), "it has never written that: {lines:?}");
            reads.pause(Duration::from_secs(30)).await;
            assert_eq!(writes.connection().await, ELSEWHERE, "new keys were made at the other one");

            let commits = commits_and_joins(&lab);
            reads.say("From there.").await;
            reads.pause(Duration::from_secs(3600)).await;
            assert_eq!(commits_and_joins(&lab), commits, "neither makes keys for the other to make keys");
            assert_eq!(bob.texts().await.last().map(String::as_str), Some("From there."));
            sealed_right(&lab).unwrap();

            // She goes on where she was stopped, and says that it was her.
            reads.close().await;
            writes.retry().await;
            writes.pause(Duration::from_secs(60)).await;
            let question = writes.question().await.unwrap();
            assert!(question.own, "her own app signed that");
            writes.person.rejoin(&writes.room.clone(), &question.branch).await.unwrap().unwrap();
            writes.pause(Duration::from_secs(60)).await;
            writes.say("And on.").await;
            assert_eq!(bob.texts().await.last().map(String::as_str), Some("And on."));
            sealed_right(&lab).unwrap();
        });
    }
}

/// Both write at the same moment, under one key: Bob opens the first of the two, and the other one is sent again under new keys.
#[test]
fn of_two_messages_under_one_key_neither_is_lost_where_one_goes_on() {
    for seed in [84, 85, 86, 87] {
        Lab::play(seed, async |lab| {
            let (mut laptop, mut bob) = two(&lab).await;
            let mut desk = opens_twice(&mut laptop).await;
            desk.pause(Duration::from_secs(30)).await;
            desk.write("Desk.").await;
            laptop.write("Laptop.").await;
            desk.pause(Duration::from_secs(60)).await;
            let stopped = laptop.connection().await == ELSEWHERE;
            let (goes_on, own) = if stopped { (&mut desk, "Desk.") } else { (&mut laptop, "Laptop.") };
            goes_on.say("And on.").await;
            let texts = bob.texts().await;
            let times = texts.iter().filter(|text| *text == own).count();
            assert_eq!(times, 1, "{own} reads as sent: {texts:?}");
            assert_eq!(texts.last().map(String::as_str), Some("And on."));
        });
    }
}

/// The copy that goes on ends, in order or not, between the echo and its own commit.
#[test]
fn of_two_messages_under_one_key_neither_is_lost_where_the_app_ends_before_there_are_new_keys() {
    for crashes in [true, false] {
        Lab::play(88, async |lab| {
            let (mut laptop, mut bob) = two(&lab).await;
            let mut desk = opens_twice(&mut laptop).await;
            lab.drop_commits_of("Alice");
            desk.pause(Duration::from_secs(30)).await;
            desk.write("Desk.").await;
            laptop.write("Laptop.").await;
            desk.pause(Duration::from_secs(8)).await;
            let was_desk = bob.texts().await.last().map(String::as_str) == Some("Desk.");
            let (mut goes_on, own, mut other) =
                if was_desk { (laptop, "Laptop.", desk) } else { (desk, "Desk.", laptop) };
            other.close().await;
            if crashes {
                goes_on.crash().await;
            } else {
                goes_on.close().await;
            }
            lab.stop_intercepting();
            goes_on.start().await;
            goes_on.say("And on.").await;
            let texts = bob.texts().await;
            assert!(texts.iter().any(|text| text == own), "crashes: {crashes}, {own} reads as sent: {texts:?}");
        });
    }
}

/// Carol comes in between the echo and the own commit, and may not read what was said before: then that is said.
#[test]
fn what_may_not_be_published_again_after_an_echo_is_said() {
    let said = (1010..1014).filter(|seed| {
        Lab::play(*seed, async |lab| {
            let (mut laptop, mut bob) = two(&lab).await;
            let link = bob.link().await;
            let commits = lab.drop_commits_of("Alice");
            let mut desk = opens_twice(&mut laptop).await;
            desk.pause(Duration::from_secs(30)).await;
            desk.write("Desk.").await;
            laptop.write("Laptop.").await;
            desk.pause(Duration::from_secs(3)).await;
            let was_desk = bob.texts().await.last().map(String::as_str) == Some("Desk.");
            let (mut goes_on, own, mut other) =
                if was_desk { (laptop, "Laptop.", desk) } else { (desk, "Desk.", laptop) };
            other.close().await;
            let mut carol = joins(&lab, "Carol", &link).await;
            commits.lift();
            goes_on.reconnect().await;
            goes_on.say("And on.").await;
            assert_eq!(carol.texts().await, ["And on."]);
            let lines = goes_on.lines().await;
            let is_said = lines.iter().any(|line| matches!(line, SystemLine::NotPublishedAgain { .. }));
            assert!(is_said || bob.texts().await.iter().any(|text| text == own), "{own} reads as sent: {lines:?}");
            is_said
        })
    });
    assert!(said.count() > 0, "Carol was there first");
}

/// Both copies have messages waiting, and write whenever they can.
#[test]
fn two_computers_that_both_write_flood_nobody() {
    Lab::play(81, async |lab| {
        let (mut laptop, mut bob) = two(&lab).await;
        let mut desk = opens_twice(&mut laptop).await;
        let before = commits_and_joins(&lab);
        let lines = bob.lines().await.len();
        for round in 0..20 {
            desk.write(&format!("Desk {round}.")).await;
            laptop.write(&format!("Laptop {round}.")).await;
            bob.pause(Duration::from_secs(30)).await;
        }
        assert!(commits_and_joins(&lab) - before <= 3, "{} commits", commits_and_joins(&lab) - before);
        assert!(bob.lines().await.len() - lines <= 4, "{:?}", bob.lines().await);
        let stopped = [laptop.connection().await, desk.connection().await].into_iter().filter(|at| *at == ELSEWHERE);
        assert_eq!(stopped.count(), 1, "one of them stops");
        let told = bob.texts().await.into_iter().filter(|text| text.starts_with("Desk") || text.starts_with("Laptop"));
        assert!(told.count() >= 19, "and the other goes on");
    });
}

const ELSEWHERE: Connection = Connection::Stopped { reason: LinkFault::OpenElsewhere };
