//! Alice's computer dies, and she puts back an older copy of the app's folder: what she sent since is unknown to it, and it would use
//! keys and numbers a second time (protocol 4.14).

#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::snapshot::{Connection, LinkFault, SystemLine};
use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{EntryPush, FetchedEntry, Refusal, Reply, Request},
};
use conclave_testkit::{
    Lab,
    check::{self, Member},
    folder::copy as copy_folder,
    interceptor::Interceptor,
    scene::{one, two, two_for},
};

fn has_old_copy(lines: &[SystemLine]) -> bool {
    lines.iter().any(|line| matches!(line, SystemLine::OldCopy))
}

fn commits_and_joins(lab: &Lab) -> u64 {
    let kept = lab.relay_log().kept();
    kept.commits.saturating_add(kept.joins)
}

/// Alice copies her folder, goes on, and closes the app.
async fn copies_and_goes_on(alice: &mut Member, texts: &[&str]) -> PathBuf {
    alice.close().await;
    let copy = alice.person.back_up();
    alice.start().await;
    for text in texts {
        alice.say(text).await;
    }
    alice.close().await;
    copy
}

/// Alice goes on from the copy, and writes at once.
async fn goes_back(lab: &Lab, alice: &mut Member, bob: &mut Member, copy: PathBuf) {
    alice.person.restore(&copy);
    let commits = commits_and_joins(lab);
    alice.start().await;
    alice.write("After.").await;
    alice.pause(Duration::from_secs(60)).await;
    assert!(has_old_copy(&alice.lines().await), "she is told: {:?}", alice.lines().await);
    assert!(commits_and_joins(lab) > commits, "new keys come first");
    assert_eq!(bob.texts().await.last().map(String::as_str), Some("After."), "and then what she writes");
    let accused = SystemLine::Inconsistent { nick: "Alice".to_owned() };
    assert!(bob.lines().await.contains(&accused), "he hears whose copy it was: {:?}", bob.lines().await);

    check::sealed_right(lab).unwrap();

    // That is over: nothing more is said of it, and no more commits are made.
    let (commits, lines) = (commits_and_joins(lab), alice.lines().await.len());
    alice.close().await;
    alice.start().await;
    alice.say("And on.").await;
    assert_eq!(bob.texts().await.last().map(String::as_str), Some("And on."));
    assert_eq!(commits_and_joins(lab), commits);
    assert_eq!(alice.lines().await.len(), lines, "{:?}", alice.lines().await);
}

#[test]
fn an_older_copy_is_known_by_the_keyring_and_sends_nothing_under_its_keys() {
    Lab::play(71, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let copy = copies_and_goes_on(&mut alice, &["One.", "Two."]).await;
        // The relay has no part in it.
        lab.stop_relay(false).await;
        alice.person.restore(&copy);
        alice.start().await;
        assert!(has_old_copy(&alice.lines().await));
        alice.close().await;
        lab.restart_relay();
        alice.start().await;
        alice.pause(Duration::from_secs(30)).await;
        alice.close().await;
        // And once more: the newest commit is her own, and the copy cannot apply it.
        goes_back(&lab, &mut alice, &mut bob, copy).await;
    });
}

#[test]
fn an_older_copy_is_known_by_what_comes_back_where_the_keyring_knows_nothing() {
    Lab::play(72, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let copy = copies_and_goes_on(&mut alice, &["One.", "Two."]).await;
        alice.person.forget_newer_secrets();
        goes_back(&lab, &mut alice, &mut bob, copy).await;
    });
}

/// Alice goes back to an older copy twice, the second time behind her own commit, so that she rejoins; then she finds her newest files.
/// Returns those, which have read nothing of that.
async fn comes_in_with_an_older_copy(lab: &Lab, alice: &mut Member) -> PathBuf {
    let oldest = copies_and_goes_on(alice, &["One."]).await;
    alice.person.restore(&oldest);
    alice.start().await;
    alice.say("Two.").await;
    alice.close().await;
    let newest = alice.person.back_up();
    alice.person.restore(&oldest);
    let joins = lab.relay_log().kept().joins;
    alice.start().await;
    alice.pause(Duration::from_secs(60)).await;
    assert!(lab.relay_log().kept().joins > joins, "her own commit opens for no copy of before");
    alice.say("Three.").await;
    newest
}

#[test]
fn the_newest_files_are_put_back_after_an_older_copy_came_in() {
    Lab::play(76, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let newest = comes_in_with_an_older_copy(&lab, &mut alice).await;
        let mut carol = alice.invites("Carol").await;
        alice.close().await;
        alice.person.restore(&newest);
        alice.start().await;
        for _ in 0..60 {
            alice.pause(Duration::from_secs(1)).await;
            assert_eq!(alice.question().await, None, "nobody asks her about where she went on herself");
        }
        alice.say("Four.").await;
        assert!(has_old_copy(&alice.lines().await), "the others know more of her than these files");
        for other in [&mut bob, &mut carol] {
            assert_eq!(other.texts().await.last().map(String::as_str), Some("Four."));
        }
        check::sealed_right(&lab).unwrap();
    });
}

#[test]
fn the_newest_files_come_in_where_the_keyring_knows_nothing() {
    Lab::play(78, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let newest = comes_in_with_an_older_copy(&lab, &mut alice).await;
        alice.close().await;
        alice.person.restore(&newest);
        alice.person.forget_newer_secrets();
        alice.start().await;
        alice.say("Four.").await;
        alice.pause(Duration::from_secs(60)).await;
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("Four."), "her own rejoin tells her");
        check::sealed_right(&lab).unwrap();
    });
}

#[test]
fn two_computers_with_one_persons_files_do_not_push_each_other_out_for_ever() {
    Lab::play(77, async |lab| {
        let (mut laptop, mut bob) = two(&lab).await;
        let newest = comes_in_with_an_older_copy(&lab, &mut laptop).await;
        let mut desk = laptop.at_another_computer("Alice's desk", &newest);
        desk.start().await;
        desk.pause(Duration::from_secs(60)).await;
        desk.say("From the desk.").await;
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("From the desk."));
        let joins = lab.relay_log().kept().joins;
        desk.pause(Duration::from_secs(3600)).await;
        let elsewhere = Connection::Stopped { reason: LinkFault::OpenElsewhere };
        assert_eq!(laptop.connection().await, elsewhere, "it says why, and waits");
        assert_eq!(lab.relay_log().kept().joins, joins, "neither comes in again by itself");

        // She goes on at the laptop.
        desk.close().await;
        laptop.retry().await;
        laptop.pause(Duration::from_secs(60)).await;
        laptop.say("From the laptop.").await;
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("From the laptop."));
    });
}

/// She rejoins, and is told that there is no such room, although the relay has stored it.
#[test]
fn an_own_rejoin_whose_answer_was_a_lie_is_found_in_the_log_and_is_no_copys() {
    Lab::play(82, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let oldest = copies_and_goes_on(&mut alice, &["One."]).await;
        alice.person.restore(&oldest);
        alice.start().await;
        alice.say("Two.").await;
        alice.close().await;
        alice.person.restore(&oldest);
        let lies = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&lies);
        lab.intercept("Alice", move |reply| match reply {
            Reply::Committed(_) if count.fetch_add(1, Ordering::Relaxed) == 0 => {
                vec![Reply::Refused(Refusal::bare(ErrorCode::NoSuchRoom))]
            }
            other => vec![other],
        });
        let joins = lab.relay_log().kept().joins;
        alice.start().await;
        alice.pause(Duration::from_secs(900)).await;
        assert_eq!(lies.load(Ordering::Relaxed), 1, "her rejoin was stored");
        assert_eq!(lab.relay_log().kept().joins, joins + 1, "and none after it");
        alice.say("Three.").await;
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("Three."));
        check::sealed_right(&lab).unwrap();
    });
}

/// Her room's file was damaged, and she puts it back from a backup; everything else is as it was. The relay is away.
#[test]
fn one_rooms_older_file_is_known_by_the_index() {
    Lab::play(79, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let copy = copies_and_goes_on(&mut alice, &["One.", "Two."]).await;
        lab.stop_relay(false).await;
        let rooms = alice.person.folder().join("rooms");
        fs::remove_dir_all(&rooms).unwrap();
        copy_folder(&copy.join("rooms"), &rooms).unwrap();
        alice.start().await;
        assert!(has_old_copy(&alice.lines().await), "{:?}", alice.lines().await);
        let commits = commits_and_joins(&lab);
        alice.write("After.").await;
        lab.restart_relay();
        alice.pause(Duration::from_secs(120)).await;
        assert!(commits_and_joins(&lab) > commits, "new keys come first");
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("After."));
        check::sealed_right(&lab).unwrap();
        // It is the newest from here on.
        let lines = alice.lines().await.len();
        alice.close().await;
        alice.start().await;
        alice.say("And on.").await;
        assert_eq!(alice.lines().await.len(), lines);
    });
}

/// A backup program copied the room's file while the app was open.
#[test]
fn one_rooms_file_that_was_copied_while_it_was_open_is_known_by_the_index() {
    Lab::play(83, async |lab| {
        let (mut alice, _bob) = two(&lab).await;
        let (rooms, copy) = (alice.person.folder().join("rooms"), lab.folder("copied while open"));
        copy_folder(&rooms, &copy).unwrap();
        alice.say("One.").await;
        alice.close().await;
        lab.stop_relay(false).await;
        fs::remove_dir_all(&rooms).unwrap();
        copy_folder(&copy, &rooms).unwrap();
        alice.start().await;
        assert!(has_old_copy(&alice.lines().await), "{:?}", alice.lines().await);
    });
}

/// The same while the relay still has what was sent since: what comes back tells her, too.
#[test]
fn a_folder_that_was_copied_while_it_was_open_is_said_to_be_older_where_its_messages_come_back() {
    Lab::play(87, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let copy = lab.folder("copied while open");
        copy_folder(&alice.person.folder(), &copy).unwrap();
        alice.say("One.").await;
        alice.close().await;
        alice.person.restore(&copy);
        alice.start().await;
        alice.say("After.").await;
        let lines = alice.lines().await;
        let said = lines.iter().filter(|line| matches!(line, SystemLine::OldCopy)).count();
        assert_eq!(said, 1, "{lines:?}");
        assert_eq!(bob.texts().await.last().map(String::as_str), Some("After."));
        check::sealed_right(&lab).unwrap();
    });
}

/// A backup program copied the whole folder while the app was open. It is put back once the relay has nothing any more of what was sent
/// after that, and neither keyring nor marks have changed since.
#[test]
fn a_folder_that_was_copied_while_it_was_open_uses_no_key_twice() {
    Lab::play(86, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        alice.close().await;
        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        let copy = lab.folder("copied while open");
        copy_folder(&alice.person.folder(), &copy).unwrap();
        for text in ["One.", "Two."] {
            alice.say(text).await;
        }
        alice.close().await;
        bob.pause(Duration::from_secs(3 * 3600)).await;
        alice.person.restore(&copy);
        let commits = commits_and_joins(&lab);
        alice.start().await;
        alice.say("After.").await;
        assert_eq!(bob.texts().await, ["After."]);
        assert!(commits_and_joins(&lab) > commits, "new keys come first");
        check::sealed_right(&lab).unwrap();

        // Closed in order, it is no copy any more.
        let commits = commits_and_joins(&lab);
        alice.close().await;
        alice.start().await;
        alice.say("And on.").await;
        assert_eq!(commits_and_joins(&lab), commits);
    });
}

#[test]
fn an_older_copy_of_who_is_alone_makes_new_keys_too() {
    Lab::play(73, async |lab| {
        let mut alice = one(&lab).await;
        let copy = copies_and_goes_on(&mut alice, &["One."]).await;
        alice.person.restore(&copy);
        let commits = lab.relay_log().kept().commits;
        alice.start().await;
        alice.say("After.").await;
        assert!(has_old_copy(&alice.lines().await));
        assert!(lab.relay_log().kept().commits > commits);
    });
}

#[test]
fn whoever_closes_opens_crashes_and_moves_is_no_older_copy() {
    Lab::play(74, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        for round in 0..3 {
            alice.say(&format!("Before {round}.")).await;
            alice.crash().await;
            alice.start().await;
            alice.say(&format!("After {round}.")).await;
            alice.close().await;
            alice.start().await;
        }
        alice.close().await;
        // The newest copy is no older one.
        let copy = alice.person.back_up();
        alice.person.restore(&copy);
        alice.person.forget_newer_secrets();
        alice.start().await;
        alice.say("Moved.").await;
        assert!(!has_old_copy(&alice.lines().await), "{:?}", alice.lines().await);
        assert!(!bob.lines().await.iter().any(|line| matches!(line, SystemLine::Inconsistent { .. })));
    });
}

#[test]
fn an_own_envelope_that_the_relay_shows_again_makes_nobody_an_older_copy() {
    Lab::play(75, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.say("One.").await;
        let frames = lab.relay_log().kept().frames;
        let own = frames.iter().rfind(|frame| frame.stored && frame.lane == Lane::Application).unwrap().blob.clone();
        alice.close().await;
        bob.say("While she is away.").await;
        let shown = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&shown);
        lab.intercept("Alice", move |reply| match reply {
            Reply::Fetched(mut fetched) => {
                if let Some(last) = fetched.entries.last().cloned() {
                    count.fetch_add(1, Ordering::Relaxed);
                    fetched.entries.push(FetchedEntry { seq: last.seq.saturating_add(1), blob: own.to_vec(), ..last });
                }
                vec![Reply::Fetched(fetched)]
            }
            other => vec![other],
        });
        alice.start().await;
        alice.pause(Duration::from_secs(60)).await;
        assert!(shown.load(Ordering::Relaxed) > 0);
        assert!(!has_old_copy(&alice.lines().await), "she knows that envelope: {:?}", alice.lines().await);
    });
}

/// The relay was put back from an older copy, and her message is published again. The answer is lost, and she is away for longer than
/// it may be published.
#[test]
fn what_was_published_again_and_given_up_is_no_copys() {
    Lab::play(84, async |lab| {
        lab.relay_log().move_to(&lab.folder("relay"), false);
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        let copy = lab.relay_log().back_up(&lab.folder("relay.backup"));
        lab.restart_relay();
        alice.pause(Duration::from_secs(60)).await;
        alice.say("The house is watched.").await;
        let deaf = Arc::new(AtomicBool::new(false));
        let (hears, is_deaf) = (Arc::clone(&deaf), Arc::clone(&deaf));
        lab.intercept_with(
            &Interceptor::new()
                .bytes(
                    move |who, bytes| {
                        if who == "Alice" && is_deaf.load(Ordering::Relaxed) { Vec::new() } else { vec![bytes] }
                    },
                )
                .requests(move |who, request| {
                    if who == "Alice" && matches!(request, Request::Publish(_)) {
                        hears.store(true, Ordering::Relaxed);
                    }
                    true
                }),
        );
        lab.expect_resyncs();
        lab.stop_relay(false).await;
        lab.relay_log().restore(&copy, &lab.folder("relay.restored"));
        lab.restart_relay();
        alice.pause(Duration::from_secs(20)).await;
        assert!(deaf.load(Ordering::Relaxed), "it was published again");
        alice.crash().await;
        lab.stop_intercepting();
        bob.pause(Duration::from_secs(30 * 3600)).await;
        alice.start().await;
        alice.pause(Duration::from_secs(120)).await;
        assert!(!has_old_copy(&alice.lines().await), "{:?}", alice.lines().await);
    });
}

/// The relay does not know Alice's epoch, so she rejoins; it stores that, says that there is no such room, and shows it to her a day
/// later, when she has given it up.
#[test]
fn a_relay_makes_nobody_stop_by_an_own_rejoin_that_was_given_up() {
    Lab::play(85, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        let (stage, commits) = (Arc::new(AtomicU64::new(HONEST)), Arc::new(AtomicU64::new(0)));
        let (at, sent, heard) = (Arc::clone(&stage), Arc::clone(&commits), Arc::new(AtomicBool::new(false)));
        let is_member = Arc::clone(&heard);
        let mut held = None;
        let lies = Interceptor::new().replies_to("Alice", move |reply| match (reply, at.load(Ordering::Relaxed)) {
            (Reply::Authenticated(_), DENIES) if is_member.load(Ordering::Relaxed) => {
                vec![Reply::Refused(Refusal::bare(ErrorCode::NotAuthorised))]
            }
            (Reply::Committed(_), DENIES) => {
                at.store(HIDES, Ordering::Relaxed);
                vec![Reply::Refused(Refusal::bare(ErrorCode::NoSuchRoom))]
            }
            (Reply::Entry(entry), HIDES) if entry.lane == Lane::Join => {
                held = Some(entry);
                Vec::new()
            }
            (Reply::Fetched(mut fetched), HIDES) => {
                if let Some(at) = fetched.entries.iter().position(|entry| entry.lane == Lane::Join) {
                    let FetchedEntry { seq, lane, blob, mpk, place } = fetched.entries.remove(at);
                    held = Some(EntryPush { seq, lane, blob, prev: 0, mpk, place });
                }
                vec![Reply::Fetched(fetched)]
            }
            (Reply::Refused(refusal), HIDES)
                if refusal.code == ErrorCode::StaleHead && sent.load(Ordering::Relaxed) > 1 =>
            {
                at.store(SHOWN, Ordering::Relaxed);
                vec![Reply::Refused(refusal), Reply::Entry(held.take().unwrap())]
            }
            (other, _) => vec![other],
        });
        lab.intercept_with(&lies.requests(move |who, request| {
            if let (Request::Auth(auth), "Alice") = (request, who) {
                heard.store(auth.role == Role::Member, Ordering::Relaxed);
            }
            if who == "Alice" && matches!(request, Request::Commit(_)) {
                commits.fetch_add(1, Ordering::Relaxed);
            }
            true
        }));
        alice.reconnect().await;
        stage.store(DENIES, Ordering::Relaxed);
        alice.reconnect().await;
        alice.pause(Duration::from_secs(26 * 3600)).await;
        assert_eq!(stage.load(Ordering::Relaxed), SHOWN, "she saw her own rejoin");
        let elsewhere = Connection::Stopped { reason: LinkFault::OpenElsewhere };
        assert_ne!(alice.connection().await, elsewhere, "nobody has a copy");
    });
}

/// What that relay does.
const HONEST: u64 = 0;
const DENIES: u64 = 1;
const HIDES: u64 = 2;
const SHOWN: u64 = 3;
