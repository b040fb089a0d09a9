//! Files that may be an older copy, because the app died or was copied while it was open: they are suspected, room by room, until each
//! has taken note of it, and no key is used twice (protocol 4.14).

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::{Engine, api::OfRoom, snapshot::SystemLine};
use conclave_proto::frame::{Reply, Request};
use conclave_testkit::{
    Lab,
    check::{Member, sealed_right},
    folder::copy as copy_folder,
    interceptor::Interceptor,
    scene::{joins, two, two_for},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: u64 = 3600;
/// How long messages live.
const TTL: u32 = 3600;

fn has_old_copy(lines: &[SystemLine]) -> bool {
    lines.iter().any(|line| matches!(line, SystemLine::OldCopy))
}

fn commits(lab: &Lab) -> u64 {
    lab.relay_log().kept().commits
}

/// Mallory has found a copy of Alice's files, makes new keys under her leaf, and writes, while Alice's app is away. That it died says
/// nothing of who made that commit.
#[test]
fn a_commit_that_a_finder_of_the_files_made_is_asked_about_also_after_a_crash() {
    for crashes in [false, true] {
        Lab::play(400, async |lab| {
            let (mut alice, _bob) = two(&lab).await;
            alice.close().await;
            let files = alice.person.back_up();
            let mut mallory = alice.at_another_computer("Mallory", &files);
            alice.start().await;
            alice.pause(MINUTE).await;
            if crashes {
                alice.crash().await;
            } else {
                alice.close().await;
            }
            mallory.start().await;
            // Keys are renewed after a day.
            mallory.pause(Duration::from_secs(26 * HOUR)).await;
            mallory.say("The meeting is at nine, not ten.").await;
            mallory.close().await;
            alice.start().await;
            alice.pause(MINUTE).await;
            assert!(alice.question().await.is_some(), "crashes: {crashes}, {:?}", alice.lines().await);
        });
    }
}

/// Alice's app has died, so her files are suspected, and the commit that makes new keys waits for its answer when they are copied. The
/// copy is put back once the relay has nothing of what was sent since.
#[test]
fn a_commit_that_waits_in_a_copy_of_suspected_files_makes_no_new_keys() {
    for closes in [false, true] {
        Lab::play(401, async |lab| {
            let (mut alice, mut bob) = two_for(&lab, TTL).await;
            alice.crash().await;
            let commits = lab.drop_commits_of("Alice");
            alice.start().await;
            alice.pause(MINUTE).await;
            let copy = if closes {
                alice.close().await;
                let copy = alice.person.back_up();
                alice.start().await;
                copy
            } else {
                let copy = lab.folder("copied while open");
                copy_folder(&alice.person.folder(), &copy).unwrap();
                copy
            };
            commits.lift();
            lab.network().cut("Alice");
            alice.pause(MINUTE).await;
            alice.say("One.").await;
            alice.say("Two.").await;
            alice.close().await;
            bob.pause(Duration::from_secs(3 * HOUR)).await;
            alice.person.restore(&copy);
            alice.start().await;
            alice.say("After.").await;
            assert_eq!(bob.texts().await, ["After."], "closes: {closes}");
            sealed_right(&lab).unwrap();
            assert_eq!(has_old_copy(&alice.lines().await), closes, "the keyring knows a copy of closed files");
        });
    }
}

/// A copy is put back in two parts: at the first start the rooms' files are not there yet.
#[test]
fn a_room_that_does_not_open_at_first_is_suspected_until_it_does() {
    for is_of_open_files in [true, false] {
        for dies in [true, false] {
            Lab::play(402, async |lab| {
                let (mut alice, mut bob) = two_for(&lab, TTL).await;
                alice.close().await;
                let closed = alice.person.back_up();
                alice.start().await;
                alice.pause(MINUTE).await;
                let open = lab.folder("copied while open");
                copy_folder(&alice.person.folder(), &open).unwrap();
                alice.say("One.").await;
                alice.close().await;
                bob.pause(Duration::from_secs(3 * HOUR)).await;
                alice.person.restore(if is_of_open_files { &open } else { &closed });
                let late = lab.folder("late");
                fs::rename(alice.person.folder().join("rooms"), &late).unwrap();
                alice.start().await;
                alice.pause(MINUTE).await;
                if dies {
                    alice.crash().await;
                } else {
                    alice.close().await;
                }
                let rooms = alice.person.folder().join("rooms");
                fs::remove_dir_all(&rooms).unwrap();
                fs::rename(&late, &rooms).unwrap();
                let before = commits(&lab);
                alice.start().await;
                alice.say("After.").await;
                assert!(commits(&lab) > before, "new keys come first");
                assert_eq!(bob.texts().await, ["After."]);
                sealed_right(&lab).unwrap();
                assert_eq!(has_old_copy(&alice.lines().await), !is_of_open_files, "the keyring knows that one");
            });
        }
    }
}

/// The folder was copied while the relay had not answered yet that it had made the room.
#[test]
fn a_copy_of_a_room_that_is_being_made_uses_no_key_twice() {
    Lab::play(403, async |lab| {
        let mut person = lab.person("Alice").await;
        lab.intercept("Alice", |reply| if matches!(reply, Reply::Created(_)) { Vec::new() } else { vec![reply] });
        let room = person.create_for(TTL).await;
        person.pause(Duration::from_secs(5)).await;
        let copy = lab.folder("copied while creating");
        copy_folder(&person.folder(), &copy).unwrap();
        lab.stop_intercepting();
        lab.network().cut("Alice");
        person.pause(MINUTE).await;
        let mut alice = Member::new(person, room);
        let mut bob = alice.invites("Bob").await;
        alice.say("One.").await;
        alice.say("Two.").await;
        alice.close().await;
        bob.pause(Duration::from_secs(3 * HOUR)).await;
        alice.person.restore(&copy);
        alice.start().await;
        alice.say("After.").await;
        assert_eq!(bob.texts().await, ["After."]);
        sealed_right(&lab).unwrap();
    });
}

/// Bob's app dies while he leaves and nobody is there to hear it; a copy of its folder is put back once he has asked for it again.
#[test]
fn who_leaves_from_a_copy_asks_for_it_under_new_keys() {
    Lab::play(404, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, TTL).await;
        bob.say("Goodbye.").await;
        alice.close().await;
        bob.person.crash_after(12);
        let room = bob.room.clone();
        let left = bob.person.ask(move |engine: Engine| async move { engine.leave_room(OfRoom { room }).await }).await;
        assert!(left.is_none() && bob.person.crashes() == 1, "{left:?}");
        let copy = bob.person.back_up();
        bob.start().await;
        bob.pause(Duration::from_secs(5)).await;
        bob.close().await;
        bob.person.restore(&copy);
        bob.start().await;
        bob.pause(MINUTE).await;
        sealed_right(&lab).unwrap();
        alice.start().await;
        alice.pause(MINUTE).await;
        let left = SystemLine::Left { nick: "Bob".to_owned(), removed: false };
        assert!(alice.lines().await.contains(&left), "he is out all the same: {:?}", alice.lines().await);
    });
}

/// Her app died while she was offline, so her files took note that they may be a copy; then a copy of them is put back.
#[test]
fn an_older_copy_of_suspected_files_is_said_to_be_one() {
    Lab::play(405, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.crash().await;
        lab.network().connect_to(None);
        alice.start().await;
        alice.pause(MINUTE).await;
        alice.close().await;
        let copy = alice.person.back_up();
        lab.network().connect_to(Some(lab.server()));
        alice.start().await;
        alice.say("One.").await;
        alice.close().await;
        for _ in 0..2 {
            bob.pause(Duration::from_secs(20 * 24 * HOUR)).await;
            bob.say("Still here.").await;
        }
        alice.person.restore(&copy);
        alice.start().await;
        alice.pause(MINUTE).await;
        assert!(has_old_copy(&alice.lines().await), "{:?}", alice.lines().await);
    });
}

/// A power cut in the office: everybody starts again in the same moment.
#[test]
fn ten_who_crash_at_once_upload_few_commits_in_vain() {
    Lab::play(406, async |lab| {
        let (mut alice, bob) = two(&lab).await;
        let link = alice.link().await;
        let mut all = vec![alice, bob];
        for n in 3..=10 {
            all.push(joins(&lab, &format!("Member {n}"), &link).await);
        }
        for member in &mut all {
            member.crash().await;
        }
        let asked = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&asked);
        lab.intercept_with(&Interceptor::new().requests(move |_, request| {
            count.fetch_add(u64::from(matches!(request, Request::Commit(_))), Ordering::Relaxed);
            true
        }));
        let before = commits(&lab);
        for member in &mut all {
            member.start().await;
        }
        for member in &mut all {
            member.pause(MINUTE).await;
            member.say("Here again.").await;
        }
        let (made, asked) = (commits(&lab).saturating_sub(before), asked.load(Ordering::Relaxed));
        assert_eq!(made, 10, "each has new keys");
        assert!(asked < 2 * made, "{asked} were uploaded");
    });
}
