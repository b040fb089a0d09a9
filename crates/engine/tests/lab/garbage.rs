//! Garbage at the door: commits that open for nobody, which somebody with the code makes in raw frames, with GroupInfos that are
//! none. The relay keeps the sixty-four newest GroupInfos and the newest by a member; whoever has registered a key is one to it.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{collections::BTreeSet, time::Duration};

use conclave_engine::{
    Engine,
    api::{PreviewRoom, SecretText},
    snapshot::{MessageState, RoomPhase, SystemLine},
};
use conclave_proto::{Lane, Role, id::PublicKey};
use conclave_seal::{rng::OsRng, sign::SigningKey};
use conclave_testkit::{
    Lab, check,
    network::FaultProfile,
    raw_client::RawClient,
    scene::{all_is_well, joins, two},
};

/// Sixty joins that open for nobody, while everybody is away: the next GroupInfo is the members'.
#[test]
fn whoever_looks_from_the_door_sees_past_sixty_garbage_joins() {
    Lab::play(1011, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        let mut raw_client = RawClient::enter(&lab, &link).await;
        for _ in 0..60 {
            raw_client.garbage(Lane::Join, &SigningKey::generate(&mut OsRng)).await.unwrap();
        }
        let mut carol = lab.person("Carol").await;
        let request = PreviewRoom { invitation: SecretText::new(link.clone()), address: None };
        let seen = carol.ask(move |engine: Engine| async move { engine.preview_room(request).await }).await.unwrap();
        assert_eq!(seen.unwrap().open().unwrap().people, ["Alice", "Bob"]);
    });
}

/// Sixty joins that open for nobody, and a newcomer on a slow line: the turn to commit is over before all of them were looked at.
#[test]
fn garbage_joins_keep_nobody_out_who_has_a_slow_line() {
    Lab::play(1016, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        let mut raw_client = RawClient::enter(&lab, &link).await;
        for _ in 0..60 {
            raw_client.garbage(Lane::Join, &SigningKey::generate(&mut OsRng)).await.unwrap();
        }
        drop(raw_client);
        lab.network().set_faults(FaultProfile { slowest: 1200, ..FaultProfile::CALM });
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.pause(Duration::from_secs(1200)).await;
        assert_eq!(carol.phase().await, RoomPhase::AwaitingConfirmation, "{:?}", carol.connection().await);
    });
}

/// Messages that are none, in three epochs, by somebody whose key a garbage commit has registered: no relay can tell them from
/// messages, and no member what they are. They look like a split, and that is said once in each.
#[test]
fn garbage_messages_look_like_a_split_once_in_an_epoch_and_the_room_goes_on() {
    Lab::play(1014, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let key = SigningKey::generate(&mut OsRng);
        for _ in 0..3 {
            RawClient::enter(&lab, &link).await.garbage(Lane::Join, &key).await.unwrap();
            alice.pause(Duration::from_secs(900)).await;
            let mut raw_client = RawClient::enter(&lab, &link).await;
            raw_client.prove(Role::Member, &key).await.unwrap();
            for said in ["What was that?", "And that?"] {
                for _ in 0..3 {
                    raw_client.publish(&[7; 585]).await.unwrap();
                }
                bob.say(said).await;
                alice.say(said).await;
            }
        }
        for member in [&mut alice, &mut bob] {
            let lines = member.lines().await;
            let suspected = lines.iter().filter(|line| **line == SystemLine::SplitSuspected).count();
            assert_eq!(suspected, 3, "{lines:?}");
            assert_eq!(member.texts().await.iter().filter(|text| *text == "And that?").count(), 6, "all is read");
        }
    });
}

/// Commits what opens for nobody, as large as commits may be: a hundred and thirty are more than a room may hold.
async fn flood_with_commits(raw_client: &mut RawClient) {
    let blob = vec![7; 512 * 1024];
    for turn in 0..130_u32 {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&turn.to_be_bytes());
        raw_client.commit(Lane::Join, &blob, PublicKey(key), &[0; 64], &[]).await.unwrap();
    }
}

#[test]
fn a_room_that_is_full_of_garbage_goes_on() {
    Lab::play(1015, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        flood_with_commits(&mut RawClient::enter(&lab, &link).await).await;
        alice.pause(Duration::from_secs(600)).await;
        for member in [&mut alice, &mut bob] {
            member.say("Still here?").await;
            member.pause(Duration::from_secs(600)).await;
            assert_eq!(member.state_of("Still here?").await, Some(MessageState::Stored));
        }
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Is it always like this here?").await;
        let asked = check::settle(&lab, &mut [alice, bob, carol], &BTreeSet::new()).await;
        assert!(asked.is_ok(), "{asked:?}");
    });
}

/// The same while Bob is away, or everybody: the relay has none of the commits any more that stand between.
#[test]
fn whoever_was_away_while_a_room_was_filled_with_garbage_comes_back() {
    for (seed, everybody) in [(1017, false), (1018, true)] {
        Lab::play(seed, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            lab.expect_resyncs();
            let link = alice.link().await;
            bob.close().await;
            if everybody {
                alice.close().await;
            }
            flood_with_commits(&mut RawClient::enter(&lab, &link).await).await;
            if everybody {
                alice.start().await;
            }
            alice.pause(Duration::from_secs(600)).await;
            bob.start().await;
            bob.pause(Duration::from_secs(600)).await;
            bob.say("I was away.").await;
            alice.say("You missed nothing.").await;
            assert_eq!(alice.lines().await.contains(&SystemLine::LogTruncated), everybody, "something may be missing");
            assert!(bob.lines().await.contains(&SystemLine::Resynced), "he is where Alice is");
            all_is_well(&lab, alice, bob).await;
        });
    }
}

/// So many garbage commits while everybody is away that the relay knows neither the members' keys any more nor a GroupInfo of
/// theirs: whoever comes first comes in again where they were. Bob follows Alice, who was there before him; Alice is asked.
#[test]
fn whoever_the_relay_has_forgotten_comes_back_to_where_they_were() {
    for (seed, alice_is_first, follows) in [(1020, true, true), (1021, false, true), (1022, false, false)] {
        Lab::play(seed, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            lab.expect_resyncs();
            let link = alice.link().await;
            for member in [&mut alice, &mut bob] {
                member.close().await;
            }
            lab.relay_log().set_most_commits(80);
            let mut raw_client = RawClient::enter(&lab, &link).await;
            let key = SigningKey::generate(&mut OsRng);
            raw_client.garbage(Lane::Join, &key).await.unwrap();
            raw_client.prove(Role::Member, &key).await.unwrap();
            for _ in 0..100 {
                raw_client.garbage(Lane::Commit, &SigningKey::generate(&mut OsRng)).await.unwrap();
            }
            drop(raw_client);
            let (early, late) = if alice_is_first { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
            early.start().await;
            early.pause(Duration::from_secs(900)).await;
            late.start().await;
            late.pause(Duration::from_secs(60)).await;
            let rooms = late.person.snapshot().await.rooms;
            let asked = rooms.into_iter().find_map(|summary| summary.reorganised);
            assert_eq!(asked.is_some(), !alice_is_first);
            match asked {
                Some(asked) if follows => alice.person.rejoin(&alice.room, &asked.branch).await.unwrap().unwrap(),
                Some(asked) => alice.person.stay(&alice.room, &asked.branch).await.unwrap().unwrap(),
                None => {}
            }
            alice.pause(Duration::from_secs(900)).await;
            let mut carol = joins(&lab, "Carol", &link).await;
            for member in [&mut alice, &mut bob, &mut carol] {
                member.say("Good to see you.").await;
            }
            alice.pause(Duration::from_secs(60)).await;
            for member in [&mut alice, &mut bob, &mut carol] {
                let texts = member.texts().await;
                assert_eq!(texts.iter().filter(|text| *text == "Good to see you.").count(), 3, "{texts:?}");
                assert_eq!(member.people().await.len(), 3);
            }
        });
    }
}

/// Messages as large as they may be, by somebody whose key a garbage commit has registered: more than a room may hold.
#[test]
fn a_room_that_is_full_of_garbage_messages_goes_on() {
    Lab::play(1019, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut raw_client = RawClient::enter(&lab, &link).await;
        let key = SigningKey::generate(&mut OsRng);
        raw_client.garbage(Lane::Join, &key).await.unwrap();
        alice.pause(Duration::from_secs(900)).await;
        let mut raw_client = RawClient::enter(&lab, &link).await;
        raw_client.prove(Role::Member, &key).await.unwrap();
        for _ in 0..1100 {
            raw_client.publish(&[7; 64 * 1024]).await.unwrap();
        }
        alice.pause(Duration::from_secs(60)).await;
        bob.say("Still here?").await;
        alice.say("Yes.").await;
        for member in [&mut alice, &mut bob] {
            assert!(member.texts().await.ends_with(&["Still here?".to_owned(), "Yes.".to_owned()]));
        }
    });
}

/// Somebody registers a key by one garbage commit, and is a member to the relay: sixty more on lane C while everybody is away.
#[test]
fn sixty_garbage_commits_keep_no_newcomer_out() {
    Lab::play(1012, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        let mut raw_client = RawClient::enter(&lab, &link).await;
        let key = SigningKey::generate(&mut OsRng);
        raw_client.garbage(Lane::Join, &key).await.unwrap();
        raw_client.prove(Role::Member, &key).await.unwrap();
        for _ in 0..60 {
            raw_client.garbage(Lane::Commit, &key).await.unwrap();
        }
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.pause(Duration::from_secs(600)).await;
        assert_eq!(carol.phase().await, RoomPhase::AwaitingConfirmation, "{:?}", carol.connection().await);
    });
}

/// Trudy's commit opens for Bob alone, and then somebody with the code sees to it that Bob does not find Alice.
#[test]
fn garbage_keeps_nobody_apart() {
    Lab::play(1103, async |lab| {
        let (mut alice, _bob) = two(&lab).await;
        let link = alice.link().await;
        lab.expect_forks();
        let mut raw_client = RawClient::enter(&lab, &link).await;
        let key = SigningKey::generate(&mut OsRng);
        raw_client.garbage(Lane::Join, &key).await.unwrap();
        raw_client.prove(Role::Member, &key).await.unwrap();
        alice.pause(Duration::from_secs(1200)).await;
        alice.say("All is well.").await;
        let mut raw_client = RawClient::enter(&lab, &link).await;
        raw_client.prove(Role::Member, &key).await.unwrap();
        assert_eq!(lab.recorder().standing("Alice").unwrap().base, lab.recorder().standing("Bob").unwrap().base);
        let (mut known, mut frames, mut apart) = (lab.relay_log().kept().commits, 0_u32, 0_u32);
        lab.crafter().crafts_for("Trudy", &["Bob"]);
        let mut trudy = lab.person("Trudy").await;
        trudy.join(&link).await;
        trudy.pause(Duration::from_secs(2)).await;
        trudy.close().await;
        for _ in 0..18_000 {
            alice.pause(Duration::from_millis(100)).await;
            let commits = lab.relay_log().kept().commits + lab.relay_log().kept().joins;
            if commits != known {
                raw_client = RawClient::enter(&lab, &link).await;
                raw_client.prove(Role::Member, &key).await.unwrap();
                for _ in 0..9 {
                    frames += u32::from(raw_client.garbage(Lane::Commit, &key).await.is_ok());
                }
                known = lab.relay_log().kept().commits + lab.relay_log().kept().joins;
            }
            let together =
                lab.recorder().standing("Alice").unwrap().base == lab.recorder().standing("Bob").unwrap().base;
            apart += u32::from(!together);
        }
        let minutes = apart / 600;
        assert!(minutes < 11, "apart for {minutes} minutes, by {frames} frames");
    });
}

/// Bob is away while Alice says something, and somebody with the code fills the room with garbage messages.
#[test]
fn whoever_was_away_is_told_that_messages_were_pushed_out() {
    Lab::play(1302, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        bob.close().await;
        alice.say("* Do not go home tonight.").await;
        alice.close().await;
        let key = SigningKey::generate(&mut OsRng);
        let mut raw_client = RawClient::enter(&lab, &link).await;
        raw_client.garbage(Lane::Join, &key).await.unwrap();
        raw_client.prove(Role::Member, &key).await.unwrap();
        for _ in 0..520 {
            raw_client.publish(&[7; 64 * 1024]).await.unwrap();
        }
        drop(raw_client);
        alice.start().await;
        alice.pause(Duration::from_secs(900)).await;
        assert!(alice.relay_is_full().await, "who connects is told that the next message pushes out the oldest");
        bob.start().await;
        bob.pause(Duration::from_secs(1800)).await;
        assert!(bob.lines().await.contains(&SystemLine::LogTruncated), "he is told that he has missed something");
    });
}

/// Somebody with the code fills the room with garbage messages but for a little; the rest is filled by what Alice writes.
#[test]
fn whoever_writes_is_told_as_long_as_that_pushes_messages_out() {
    Lab::play(1304, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        alice.close().await;
        bob.close().await;
        let key = SigningKey::generate(&mut OsRng);
        let mut raw_client = RawClient::enter(&lab, &link).await;
        raw_client.garbage(Lane::Join, &key).await.unwrap();
        raw_client.prove(Role::Member, &key).await.unwrap();
        for _ in 0..508 {
            raw_client.publish(&[7; 64 * 1024]).await.unwrap();
        }
        drop(raw_client);
        alice.start().await;
        alice.pause(Duration::from_secs(900)).await;
        assert!(!alice.relay_is_full().await);
        for _ in 0..20 {
            alice.write(&"all ".repeat(2000)).await;
        }
        alice.pause(Duration::from_secs(60)).await;
        assert!(alice.relay_is_full().await, "on the same connection");
        // Garbage burns, too.
        alice.pause(Duration::from_secs(3 * 3600)).await;
        alice.say("And now?").await;
        assert!(!alice.relay_is_full().await);
    });
}

/// Bob is away while Alice says something, and somebody with the code fills the room with garbage commits: the message is still at
/// the relay, but Bob reads on behind it.
#[test]
fn whoever_reads_on_from_the_floor_is_told_that_something_may_be_missing() {
    Lab::play(1303, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.expect_resyncs();
        let link = alice.link().await;
        bob.close().await;
        alice.say("* Do not go home tonight.").await;
        alice.close().await;
        let mut raw_client = RawClient::enter(&lab, &link).await;
        flood_with_commits(&mut raw_client).await;
        drop(raw_client);
        bob.start().await;
        bob.pause(Duration::from_secs(900)).await;
        alice.start().await;
        alice.pause(Duration::from_secs(1800)).await;
        assert!(bob.lines().await.contains(&SystemLine::LogTruncated), "he is told that he has missed something");
    });
}
