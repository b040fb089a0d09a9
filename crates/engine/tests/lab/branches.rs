//! Branches of a room's log (protocol 4.6.4, 4.6.7): who is asked, what a place is for, and what goes on meanwhile.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use conclave_engine::{
    Engine, ErrorCode,
    api::RejoinRoom,
    snapshot::{Connection, LinkFault, MessageState, Reorganised, SystemLine},
};
use conclave_proto::{
    Lane,
    frame::{Reply, Request},
};
use conclave_testkit::{
    Lab,
    check::{self, Member},
    corrupted_join::{CorruptedJoins, UploadedInfo},
    interceptor::Interceptor,
    scene::{joins, one, three, two},
};
use tokio::time::sleep;

/// What the room asks its person.
async fn question(member: &mut Member) -> Option<Reorganised> {
    let rooms = member.person.snapshot().await.rooms;
    rooms.into_iter().find(|summary| summary.room == member.room).unwrap().reorganised.map(|question| *question)
}

/// The person says yes to a branch.
async fn agrees(member: &mut Member, branch: &str) -> Result<(), ErrorCode> {
    let request = RejoinRoom { room: member.room.clone(), branch: branch.to_owned() };
    let answer = member.person.ask(move |engine: Engine| async move { engine.rejoin_room(request).await });
    let answer = answer.await.unwrap();
    member.pause(Duration::from_secs(30)).await;
    answer
}

/// The person says no to a branch. What follows from that takes less time than a repair by itself waits.
async fn stays(member: &mut Member, branch: &str) -> Result<(), ErrorCode> {
    let answer = member.person.stay(&member.room, branch).await.unwrap();
    member.pause(Duration::from_millis(1500)).await;
    answer
}

/// What the room asks is about a commit of this person.
async fn asked_by(member: &mut Member, by: &str) -> String {
    let asked = question(member).await.unwrap();
    assert_eq!(asked.by, by);
    assert!(asked.can_stay);
    assert!(!asked.own, "nobody put an older copy back");
    asked.branch
}

/// A commit that only Carol can open, while Alice and Bob are away. She goes on where she is, and renews her keys.
#[test]
fn whoever_was_away_while_juniors_went_on_is_asked_and_a_yes_rejoins() {
    Lab::play(941, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Here I am.").await;
        alice.close().await;
        bob.close().await;
        lab.crafter().crafts_for("Mallory", &["Carol"]);
        joins(&lab, "Mallory", &link).await.close().await;
        sleep(Duration::from_secs(2 * 24 * 3600)).await;
        carol.pause(Duration::from_secs(900)).await;

        for member in [&mut alice, &mut bob] {
            member.start().await;
            member.pause(Duration::from_secs(120)).await;
            let asked = question(member).await.unwrap();
            assert_eq!(asked.by, "Carol");
            assert_eq!(asked.people.iter().map(String::as_str).collect::<BTreeSet<_>>(), {
                BTreeSet::from(["Alice", "Bob", "Carol", "Mallory"])
            });
            assert_eq!(asked.words.len(), 8, "to compare before anything is said there");
            assert_eq!(member.connection().await, Connection::Online, "meanwhile it goes on listening where it is");
            assert_eq!(agrees(member, "00").await, Err(ErrorCode::InvalidRequest), "a yes is to what was shown");
        }
        bob.write("Is anybody there?").await;
        bob.pause(Duration::from_secs(600)).await;
        let waits = bob.state_of("Is anybody there?").await;
        assert_eq!(waits, Some(MessageState::Waiting), "in doubt nothing is sealed");

        let branch = question(&mut alice).await.unwrap().branch;
        assert_eq!(agrees(&mut alice, &branch).await, Ok(()));
        bob.pause(Duration::from_secs(60)).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(question(member).await, None, "Bob needs no question any more: Alice is senior to him");
            assert!(member.lines().await.contains(&SystemLine::Resynced));
        }
        lab.expect_forks();
        let mut members = [alice, bob, carol];
        for member in &mut members {
            member.say("Together again.").await;
        }
        check::settle(&lab, &mut members, &BTreeSet::from(["Mallory".to_owned()])).await.unwrap();
    });
}

/// Mallory's commit opens for Carol alone. The owner, who was away, does not believe that the room is there now.
#[test]
fn an_owner_who_says_no_stays_and_the_others_come_back() {
    Lab::play(945, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Here I am.").await;
        alice.close().await;
        bob.close().await;
        lab.crafter().crafts_for("Mallory", &["Carol"]);
        let mut mallory = joins(&lab, "Mallory", &link).await;
        // Her commit is a stranger's to the others; one of Carol is a member's.
        lab.crafter().throws_for("Carol", &["Mallory"]);
        lab.network().cut("Carol");
        carol.pause(Duration::from_secs(60)).await;
        carol.say("Only Mallory hears this.").await;
        mallory.close().await;

        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        let branch = asked_by(&mut alice, "Carol").await;
        bob.start().await;
        bob.pause(Duration::from_secs(60)).await;
        asked_by(&mut bob, "Carol").await;
        alice.write("I do not believe this.").await;
        alice.pause(Duration::from_secs(300)).await;
        let waits = alice.state_of("I do not believe this.").await;
        assert_eq!(waits, Some(MessageState::Waiting), "in doubt nothing is sealed");

        assert_eq!(stays(&mut alice, "00").await, Err(ErrorCode::InvalidRequest), "a no is to what was shown");
        assert_eq!(question(&mut alice).await.unwrap().branch, branch, "and anything else answers nothing");
        assert_eq!(stays(&mut alice, &branch).await, Ok(()));
        assert_eq!(question(&mut alice).await, None);
        assert_eq!(stays(&mut alice, &branch).await, Err(ErrorCode::InvalidRequest), "it is answered already");
        assert_eq!(question(&mut bob).await, None, "he stands on her base, and need not answer");
        let sent = alice.state_of("I do not believe this.").await;
        assert_eq!(sent, Some(MessageState::Stored), "she writes again");
        carol.pause(Duration::from_secs(60)).await;
        lab.expect_forks();
        for member in [&mut alice, &mut bob] {
            assert!(!member.lines().await.contains(&SystemLine::Resynced), "they never left");
            assert_eq!(member.people().await.len(), 3, "Mallory is not among them");
        }
        assert!(carol.lines().await.contains(&SystemLine::Resynced), "Carol followed the owner");
        let mut members = [alice, bob, carol];
        for member in &mut members {
            member.say("Together again.").await;
        }
        let asked = check::settle(&lab, &mut members, &BTreeSet::from(["Mallory".to_owned()])).await.unwrap();
        assert_eq!(asked.questions, 0, "nobody has to answer anything more");
        let heard = members[1].texts().await;
        assert!(heard.contains(&"Only Mallory hears this.".to_owned()), "it was published again: {heard:?}");
    });
}

/// Two commits that open for nobody, one after the other, while the owner's repair does not arrive.
#[test]
fn a_no_is_to_one_branch_and_a_restart_forgets_it() {
    Lab::play(946, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut trudy = joins(&lab, "Trudy", &link).await;
        trudy.say("Here I am.").await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Me too.").await;
        for member in [&mut alice, &mut bob, &mut trudy] {
            member.close().await;
        }
        lab.crafter().throws_for("Carol", &[]);
        lab.network().cut("Carol");
        carol.pause(Duration::from_secs(60)).await;
        carol.close().await;

        let repairs = lab.drop_commits_of("Alice");
        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        let first = asked_by(&mut alice, "Carol").await;
        assert_eq!(repairs.dropped(), 0, "she commits nothing while she is asked");
        assert_eq!(stays(&mut alice, &first).await, Ok(()));
        assert_eq!(question(&mut alice).await, None);
        assert_eq!(repairs.dropped(), 1, "her repair is on its way at once");
        alice.close().await;
        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(asked_by(&mut alice, "Carol").await, first, "it did not arrive, and nothing of the answer is kept");
        assert_eq!(stays(&mut alice, &first).await, Ok(()));

        trudy.start().await;
        trudy.pause(Duration::from_secs(60)).await;
        let hers = asked_by(&mut trudy, "Carol").await;
        lab.crafter().crafts_for("Trudy", &[]);
        assert_eq!(stays(&mut trudy, &hers).await, Ok(()));
        alice.pause(Duration::from_secs(60)).await;
        let second = asked_by(&mut alice, "Trudy").await;
        assert_ne!(first, second, "another branch is another question");
        assert_eq!(stays(&mut alice, &first).await, Err(ErrorCode::InvalidRequest), "the old no does not answer it");
        assert_eq!(asked_by(&mut alice, "Trudy").await, second);
        bob.start().await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(asked_by(&mut bob, "Trudy").await, second);
        assert_eq!(stays(&mut bob, &second).await, Ok(()));
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(asked_by(&mut bob, "Carol").await, first, "one after the other");

        lab.stop_intercepting();
        alice.reconnect().await;
        assert_eq!(stays(&mut alice, &second).await, Ok(()));
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(question(&mut alice).await, None);
        assert_eq!(question(&mut bob).await, None, "and the last one was answered by her");
        carol.start().await;
        carol.pause(Duration::from_secs(60)).await;
        lab.expect_forks();
        let mut members = [alice, bob, carol, trudy];
        for member in &mut members {
            member.say("Together again.").await;
        }
        check::settle(&lab, &mut members, &BTreeSet::new()).await.unwrap();
        assert!(!members[0].lines().await.contains(&SystemLine::Resynced), "the owner never left her place");
    });
}

/// The relay has forgotten the epoch at which Alice was, and Bob went on. With a yes she is where he is; with a no she comes in
/// again where she was, and he, who came after her, follows.
fn whoever_the_relay_has_forgotten(seed: u64, stay: bool) {
    Lab::play(seed, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.close().await;
        for _ in 0..2 {
            bob.close().await;
            sleep(Duration::from_secs(17 * 24 * 3600)).await;
            bob.start().await;
            // A room that nobody keeps would end.
            bob.person.keep(&bob.room).await.unwrap().unwrap();
            bob.pause(Duration::from_secs(900)).await;
        }
        alice.start().await;
        alice.pause(Duration::from_secs(120)).await;
        let asked = question(&mut alice).await.unwrap();
        assert_eq!((asked.by.as_str(), asked.can_stay), ("Bob", true));
        let answered =
            if stay { stays(&mut alice, &asked.branch).await } else { agrees(&mut alice, &asked.branch).await };
        assert_eq!(answered, Ok(()));
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.lines().await.contains(&SystemLine::Resynced), stay);
        lab.expect_forks();
        // What was said a month ago has burned.
        alice.written.clear();
        bob.written.clear();
        alice.say("Back again.").await;
        check::settle(&lab, &mut [alice, bob], &BTreeSet::new()).await.unwrap();
    });
}

#[test]
fn whoever_the_relay_has_forgotten_goes_where_the_others_are_with_a_yes() {
    whoever_the_relay_has_forgotten(947, false);
}

#[test]
fn whoever_the_relay_has_forgotten_comes_in_where_they_were_with_a_no() {
    whoever_the_relay_has_forgotten(948, true);
}

#[test]
fn a_newcomer_joins_no_group_info_without_its_place() {
    Lab::play(942, async |lab| {
        let mut alice = one(&lab).await;
        let link = alice.link().await;
        lab.intercept("Bob", |reply| match reply {
            Reply::GroupInfos(mut read) => {
                if let Some(info) = &mut read.group_info {
                    info.place = None;
                }
                vec![Reply::GroupInfos(read)]
            }
            other => vec![other],
        });
        let mut bob = joins(&lab, "Bob", &link).await;
        let connection = bob.connection().await;
        assert!(matches!(connection, Connection::Waiting { reason: LinkFault::StateDamaged, .. }), "{connection:?}");
        assert_eq!(alice.people().await, ["Alice"]);
        lab.stop_intercepting();
        bob.retry().await;
        bob.say("Now.").await;
        check::settle(&lab, &mut [alice, bob], &BTreeSet::new()).await.unwrap();
    });
}

#[test]
fn a_leave_that_nobody_carries_out_keeps_nobody_from_writing() {
    Lab::play(943, async |lab| {
        let (mut alice, mut bob, carol) = three(&lab).await;
        // No commit of anybody arrives.
        lab.intercept_with(
            &Interceptor::new().requests(|_, request| !matches!(request, Request::Commit(_) | Request::Lease(_))),
        );
        for member in [&mut alice, &mut bob] {
            member.reconnect().await;
        }
        let Member { mut person, room, .. } = carol;
        // Written when they know that she wants to go, and before he tries to carry it out; Alice does so at once, in vain.
        let story = async {
            sleep(Duration::from_millis(400)).await;
            bob.write("Did she go?").await;
            sleep(Duration::from_millis(500)).await;
            assert!(alice.texts().await.contains(&"Did she go?".to_owned()), "{:?}", alice.texts().await);
        };
        tokio::join!(person.leave(&room), story);
        assert_eq!(bob.people().await.len(), 3, "her leave still waits");
        lab.stop_intercepting();
        lab.network().cut("Alice");
        lab.network().cut("Bob");
        check::settle(&lab, &mut [alice, bob], &BTreeSet::from(["Carol".to_owned()])).await.unwrap();
    });
}

/// An own commit is under way when somebody's garbage comes first: the same bytes go again on top of it.
#[test]
fn an_own_commit_stays_when_others_are_skipped() {
    Lab::play_with(944, Arc::new(CorruptedJoins { uploads: UploadedInfo::Honest }), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let held_back = lab.drop_commits_of("Alice");
        alice.reconnect().await;
        bob.leave().await;
        alice.pause(Duration::from_secs(20)).await;
        assert_ne!(held_back.dropped(), 0, "her commit is made and on its way");
        joins(&lab, "Mallory", &link).await.close().await;
        held_back.lift();
        let before = lab.relay_log().kept().frames.len();
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(alice.people().await, ["Alice"], "it was carried out");
        let frames = lab.relay_log().kept().frames;
        let commits = frames.iter().skip(before).filter(|frame| frame.lane == Lane::Commit);
        let tags: BTreeSet<_> = commits.filter_map(|frame| frame.tag).collect();
        assert_eq!(tags.len(), 1, "one commit, however often it was sent");
    });
}
