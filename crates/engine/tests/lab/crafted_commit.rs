//! Mallory has the code and joins by a commit that nobody, or not everybody, can open (protocol 4.6.7). Whatever she does, the
//! others go on talking with each other, and newcomers come in.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use conclave_engine::{
    Engine,
    api::{PreviewRoom, SecretText},
    snapshot::{Connection, MessageState, RoomPhase, SystemLine},
};
use conclave_proto::frame::{Publish, Request};
use conclave_testkit::{
    Lab,
    check::{self, Member},
    corrupted_join::{CorruptedJoins, UploadedInfo},
    forged_group_info::{ForgedGroupInfos, Forgery},
    interceptor::Interceptor,
    scene::{joins, two},
};

/// Mallory's commit, and nothing more of her.
async fn mallory_throws(lab: &Lab, link: &str, turn: usize) {
    let mut mallory = joins(lab, &mallory(turn), link).await;
    mallory.close().await;
}

/// She takes another name each time.
fn mallory(turn: usize) -> String {
    format!("Mallory{turn}")
}

/// Everybody talks and reads the same, in one epoch.
async fn all_talk(lab: &Lab, mut members: Vec<Member>) -> Vec<Member> {
    lab.expect_forks();
    for member in &mut members {
        member.say("Do you hear me now?").await;
    }
    check::settle(lab, &mut members, &(0..9).map(mallory).collect()).await.unwrap();
    members
}

fn one_frame(seed: u64, attack: CorruptedJoins) {
    Lab::play_with(seed, Arc::new(attack), async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let link = alice.link().await;
        mallory_throws(&lab, &link, 0).await;
        alice.write("Is somebody there?").await;
        let carol = joins(&lab, "Carol", &link).await;
        let mut members = all_talk(&lab, vec![alice, bob, carol]).await;
        assert_eq!(members[0].people().await, ["Alice", "Bob", "Carol"], "and Mallory is not among them");
        let lines = members[0].lines().await;
        assert!(!lines.iter().any(|line| matches!(line, SystemLine::Resynced)), "the owner never left her place");
    });
}

#[test]
fn one_frame_that_nobody_can_open_ends_no_room() {
    for (seed, uploads) in
        (901..).zip([UploadedInfo::Honest, UploadedInfo::Stale, UploadedInfo::Garbage, UploadedInfo::Missing])
    {
        one_frame(seed, CorruptedJoins { uploads });
    }
}

/// Mallory's GroupInfo is the newest when Carol comes, and says that Carol cannot come in.
fn one_forgery(seed: u64, forgery: Forgery) {
    Lab::play_with(seed, Arc::new(ForgedGroupInfos { forgery }), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        mallory_throws(&lab, &link, 0).await;
        let mut carol = lab.person("Carol").await;
        let request = PreviewRoom { invitation: SecretText::new(link.clone()), address: None };
        let seen = carol.ask(move |engine: Engine| async move { engine.preview_room(request).await }).await.unwrap();
        assert_eq!(
            seen.unwrap().open().unwrap().people,
            ["Alice", "Bob"],
            "from the door, too, nobody sees what Mallory made up"
        );
        let room = carol.join(&link).await;
        carol.pause(Duration::from_secs(20)).await;
        let mut carol = Member::new(carol, room);
        assert_eq!(carol.phase().await, RoomPhase::AwaitingConfirmation);
        for member in [&mut alice, &mut bob] {
            member.start().await;
        }
        all_talk(&lab, vec![alice, bob, carol]).await;
    });
}

#[test]
fn one_group_info_that_somebody_made_up_keeps_no_newcomer_out() {
    for (seed, forgery) in (905..).zip([Forgery::OtherVersion, Forgery::OtherOwner]) {
        one_forgery(seed, forgery);
    }
}

/// Trudy's commit opens for Carol alone, who goes away. Alice repairs, and Mallory says that she goes on from there, without Carol.
#[test]
fn a_branch_that_a_junior_made_up_without_this_client_holds_it_up_for_nothing() {
    Lab::play_with(951, Arc::new(ForgedGroupInfos { forgery: Forgery::Without("Carol") }), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Here I am.").await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        lab.crafter().crafts_for("Trudy", &["Carol"]);
        joins(&lab, "Trudy", &link).await.close().await;
        carol.close().await;
        for member in [&mut alice, &mut bob] {
            member.start().await;
        }
        alice.say("Somebody disturbs us.").await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        mallory_throws(&lab, &link, 0).await;
        carol.start().await;
        carol.pause(Duration::from_secs(60)).await;
        assert_eq!(carol.connection().await, Connection::Online);
        assert!(carol.lines().await.contains(&SystemLine::Resynced), "she is where Alice was");
        assert_eq!(carol.people().await, ["Carol", "Alice", "Bob"]);
        for member in [&mut alice, &mut bob] {
            member.start().await;
        }
        let mut members = [alice, bob, carol];
        lab.expect_forks();
        for member in &mut members {
            member.say("Do you hear me now?").await;
        }
        let left = ["Trudy".to_owned(), mallory(0)].into_iter().collect();
        check::settle(&lab, &mut members, &left).await.unwrap();
    });
}

/// Alice, Bob and Carol, one commit that only some of them can open, and Dave who comes later.
fn among_four(seed: u64, only: &[&str]) {
    Lab::play(seed, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let link = alice.link().await;
        let mut members = vec![alice, bob];
        members.push(joins(&lab, "Carol", &link).await);
        lab.crafter().crafts_for(&mallory(0), only);
        mallory_throws(&lab, &link, 0).await;
        // Somebody writes before anybody knows that the others stand elsewhere.
        for member in &mut members {
            let text = format!("Who hears {}?", member.person.name());
            member.write(&text).await;
        }
        members.push(joins(&lab, "Dave", &link).await);
        let mut members = all_talk(&lab, members).await;
        let people = members[0].people().await;
        let honest: Vec<_> = people.iter().filter(|nick| !nick.starts_with("Mallory")).collect();
        // Where Alice herself could open it, Mallory is in the room.
        assert_eq!(honest.len(), 4, "each of them has one place: {people:?}");
    });
}

#[test]
fn one_frame_that_only_some_can_open_parts_nobody() {
    let some: [&[&str]; 6] =
        [&["Alice"], &["Bob"], &["Carol"], &["Alice", "Bob"], &["Alice", "Carol"], &["Bob", "Carol"]];
    for (seed, only) in (911..).zip(some) {
        among_four(seed, only);
    }
}

/// Bob can open Mallory's commit and Alice cannot, and no commit of Alice arrives until he has written where he stands.
#[test]
fn whoever_leaves_a_branch_publishes_again_what_only_that_branch_has() {
    Lab::play(917, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        lab.drop_commits_of("Alice");
        alice.reconnect().await;
        lab.crafter().crafts_for(&mallory(0), &["Bob"]);
        mallory_throws(&lab, &link, 0).await;
        for text in ["Who hears Bob?", "And this?"] {
            bob.say(text).await;
            assert_eq!(bob.state_of(text).await, Some(MessageState::Stored), "Bob's branch is the newest");
        }
        assert!(!alice.texts().await.contains(&"Who hears Bob?".to_owned()), "sealed for a group that she is not in");
        let again = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&again);
        lab.intercept_with(&Interceptor::new().requests(move |_, request| {
            if let Request::Publish(Publish { ttl, replaces: Some(_), .. }) = request {
                seen.lock().unwrap().push(*ttl);
            }
            true
        }));
        for name in ["Alice", "Bob"] {
            lab.network().cut(name);
        }
        bob.pause(Duration::from_secs(60)).await;
        assert!(bob.lines().await.contains(&SystemLine::Resynced), "he goes over to the senior's branch");
        let texts = alice.texts().await;
        let bobs: Vec<_> =
            texts.iter().filter(|text| bob.written.iter().any(|(written, _)| written == *text)).collect();
        assert_eq!(bobs, ["Hello you.", "Who hears Bob?", "And this?"], "once and in order");
        // Greetings are not what people said, and have no line that burns.
        let said = again.lock().unwrap().iter().filter(|ttl| **ttl != TTL).copied().collect::<Vec<_>>();
        assert!(said.len() >= 3 && said.iter().all(|ttl| *ttl < TTL - 15), "they burn when they would have: {said:?}");
        all_talk(&lab, vec![alice, bob]).await;
    });
}

/// Bob can open Mallory's commit and Alice cannot. She repairs when Mallory is gone, who would follow her as a newcomer, and he
/// cannot follow until she has written where she stands.
#[test]
fn whoever_comes_over_reads_what_was_written_meanwhile() {
    Lab::play(918, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let is_gone = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&is_gone);
        lab.intercept_with(&Interceptor::new().requests(move |who, request| match request {
            Request::Commit(_) if who == "Alice" => heard.load(Ordering::Relaxed),
            Request::Commit(_) => who != "Bob",
            _ => true,
        }));
        for member in [&mut alice, &mut bob] {
            member.reconnect().await;
        }
        lab.crafter().crafts_for(&mallory(0), &["Bob"]);
        mallory_throws(&lab, &link, 0).await;
        is_gone.store(true, Ordering::Relaxed);
        alice.reconnect().await;
        for text in ["Who hears Alice?", "And this?"] {
            alice.say(text).await;
            assert_eq!(alice.state_of(text).await, Some(MessageState::Stored), "her branch is the newest");
        }
        assert!(!bob.texts().await.contains(&"Who hears Alice?".to_owned()), "sealed for a group that he is not in");
        lab.stop_intercepting();
        lab.network().cut("Bob");
        bob.pause(Duration::from_secs(60)).await;
        assert!(bob.lines().await.contains(&SystemLine::Resynced), "he goes over to the senior's branch");
        let texts = bob.texts().await;
        let hers: Vec<_> =
            texts.iter().filter(|text| alice.written.iter().any(|(written, _)| written == *text)).collect();
        assert_eq!(hers, ["Hello.", "Who hears Alice?", "And this?"], "once and in order");
        all_talk(&lab, vec![alice, bob]).await;
    });
}

#[test]
fn a_frame_again_and_again_is_said_and_stops_nobody() {
    Lab::play_with(921, Arc::new(CorruptedJoins { uploads: UploadedInfo::Honest }), async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let link = alice.link().await;
        for turn in 0..6 {
            mallory_throws(&lab, &link, turn).await;
            alice.say(&format!("Still here, after {turn}.")).await;
        }
        let mut members = all_talk(&lab, vec![alice, bob]).await;
        for member in &mut members {
            let lines = member.lines().await;
            assert_eq!(lines.iter().filter(|line| **line == SystemLine::Disturbed).count(), 1, "{lines:?}");
        }
    });
}

#[test]
fn whoever_was_away_meanwhile_finds_the_others() {
    Lab::play_with(931, Arc::new(CorruptedJoins { uploads: UploadedInfo::Honest }), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        bob.close().await;
        mallory_throws(&lab, &link, 0).await;
        alice.say("Where were we?").await;
        alice.close().await;
        mallory_throws(&lab, &link, 1).await;
        bob.start().await;
        bob.pause(Duration::from_secs(60)).await;
        alice.start().await;
        all_talk(&lab, vec![alice, bob]).await;
    });
}

/// Trudy, who has a leaf, commits once what opens for these people.
async fn trudy_throws(lab: &Lab, trudy: &mut Member, people: &[&str]) {
    lab.crafter().throws_for("Trudy", people);
    // The engine looks at what is to be done when the connection is there again.
    lab.network().cut("Trudy");
    trudy.pause(Duration::from_secs(8)).await;
}

#[test]
fn a_leave_that_only_one_branch_heard_of_keeps_nobody_apart() {
    Lab::play(941, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let mut trudy = alice.invites("Trudy").await;
        alice.say("Welcome.").await;
        // Alice repairs again and again, and pauses longer each time.
        for turn in 0..3 {
            trudy_throws(&lab, &mut trudy, &[]).await;
            alice.say(&format!("Still here, after {turn}.")).await;
        }
        trudy_throws(&lab, &mut trudy, &["Bob"]).await;
        trudy.leave().await;
        trudy.pause(Duration::from_secs(10)).await;
        lab.expect_forks();
        let mut members = [alice, bob];
        for member in &mut members {
            member.say("Do you hear me now?").await;
        }
        let left = ["Trudy".to_owned()].into_iter().collect();
        let asked = check::settle(&lab, &mut members, &left).await.unwrap();
        assert_eq!((asked.questions, asked.yeses), (1, 1), "Bob is asked, because Trudy would be back");
    });
}

/// Seconds that the lab's rooms keep messages.
const TTL: u32 = 30 * 24 * 3600;
