//! Whoever runs the relay puts back an older copy of its file: the relay knows nothing of what came since, and gives numbers out
//! that entries had before (protocol 4.6.7).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use conclave_engine::snapshot::{Connection, LinkFault, MessageState, SystemLine};
use conclave_testkit::{
    Lab,
    check::{Member, sealed_right, settle},
    scene::{joins, three, two, two_for},
};

/// Alice and Bob at a relay that keeps its rooms in a file, and a copy of that.
async fn backed_up(lab: &Lab) -> (Member, Member, PathBuf) {
    lab.relay_log().move_to(&lab.folder("relay"), false);
    let (alice, bob) = two(lab).await;
    let copy = back_up(lab).await;
    (alice, bob, copy)
}

async fn back_up(lab: &Lab) -> PathBuf {
    back_up_as(lab, "relay.backup").await
}

async fn back_up_as(lab: &Lab, name: &str) -> PathBuf {
    lab.stop_relay(false).await;
    let copy = lab.relay_log().back_up(&lab.folder(name));
    lab.restart_relay();
    copy
}

/// Waits, and looks all the while at what the room says of its connection.
async fn looks_on(member: &mut Member, seconds: u64) -> Vec<LinkFault> {
    let mut said = Vec::new();
    for _ in 0..seconds.saturating_mul(10) {
        member.pause(Duration::from_millis(100)).await;
        if let Connection::Waiting { reason, .. } | Connection::Stopped { reason } = member.connection().await
            && said.last() != Some(&reason)
        {
            said.push(reason);
        }
    }
    said
}

/// What a relay that was put back, and not one that lies, makes a member's app say.
fn is_honest(said: &[LinkFault]) -> bool {
    said.iter().all(|fault| matches!(fault, LinkFault::LogDiffers | LinkFault::Unreachable))
}

async fn set_back(lab: &Lab, copy: &Path) {
    set_back_to(lab, copy, "relay.restored").await;
}

async fn set_back_to(lab: &Lab, copy: &Path, name: &str) {
    lab.expect_resyncs();
    lab.stop_relay(false).await;
    lab.relay_log().restore(copy, &lab.folder(name));
    lab.restart_relay();
}

/// Bob has read an entry whose number another one has by the time he is back.
#[test]
fn who_was_away_reads_what_has_a_number_that_was_given_before() {
    Lab::play(1801, async |lab| {
        let (mut alice, mut bob, copy) = backed_up(&lab).await;
        alice.pause(Duration::from_secs(60)).await;
        alice.say("We meet at the bridge.").await;
        bob.close().await;
        set_back(&lab, &copy).await;
        alice.pause(Duration::from_secs(60)).await;
        alice.say("No, at the mill.").await;
        bob.start().await;
        let said = looks_on(&mut bob, 60).await;
        assert!(is_honest(&said), "{said:?}");
        let read = ["We meet at the bridge.", "No, at the mill."].map(str::to_owned);
        assert!(bob.texts().await.ends_with(&read), "{:?}", bob.texts().await);
        assert_eq!(bob.connection().await, Connection::Online);
        bob.say("Good.").await;
        settle(&lab, &mut [alice, bob], &BTreeSet::new()).await.unwrap();
    });
}

/// Carol and Dave come in, and the relay forgets that, with the epoch that all four are in.
#[test]
fn a_relay_that_has_forgotten_the_newest_epoch_parts_nobody_and_loses_no_message() {
    for seed in 1811..1814 {
        Lab::play(seed, async |lab| {
            let (mut alice, mut bob, copy) = backed_up(&lab).await;
            let link = alice.link().await;
            for number in 0..20 {
                alice.write(&format!("Number {number} is given out before.")).await;
            }
            let mut carol = joins(&lab, "Carol", &link).await;
            carol.say("I am in.").await;
            let mut dave = joins(&lab, "Dave", &link).await;
            dave.say("So am I.").await;
            set_back(&lab, &copy).await;
            // Each comes in again where all were, and of these places only that of the most senior lasts.
            for member in [&mut dave, &mut carol, &mut bob, &mut alice] {
                member.write("Is anybody still here?").await;
            }
            let said = looks_on(&mut alice, 120).await;
            assert!(said.contains(&LinkFault::LogDiffers) && is_honest(&said), "{said:?}");
            settle(&lab, &mut [alice, bob, carol, dave], &BTreeSet::new()).await.unwrap();
        });
    }
}

/// The log still has Bob's epoch, and all that is said in the days in which he is away.
#[test]
fn who_comes_back_days_later_reads_all_that_the_log_has() {
    Lab::play(1821, async |lab| {
        lab.relay_log().move_to(&lab.folder("relay"), false);
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        carol.say("I am in.").await;
        let copy = back_up(&lab).await;
        alice.say("What the relay forgets.").await;
        bob.close().await;
        set_back(&lab, &copy).await;
        let mut said = Vec::new();
        for day in 0..4 {
            for member in [&mut alice, &mut carol] {
                let text = format!("{} on day {day}", member.person.name());
                member.say(&text).await;
                said.push(text);
            }
            alice.pause(Duration::from_secs(24 * 3600)).await;
        }
        bob.start().await;
        bob.pause(Duration::from_secs(600)).await;
        assert!(bob.texts().await.ends_with(&said), "{:?}", bob.texts().await);
        assert!(!bob.lines().await.contains(&SystemLine::Resynced), "he is where he was");
    });
}

/// The epoch is not lost, and whoever wrote the message is there.
#[test]
fn what_the_log_has_lost_is_published_again() {
    Lab::play(1822, async |lab| {
        lab.relay_log().move_to(&lab.folder("relay"), false);
        let (mut alice, bob, mut carol) = three(&lab).await;
        carol.say("I am in.").await;
        carol.close().await;
        let copy = back_up(&lab).await;
        alice.say("The house is watched.").await;
        set_back(&lab, &copy).await;
        alice.pause(Duration::from_secs(300)).await;
        carol.start().await;
        carol.pause(Duration::from_secs(600)).await;
        assert!(carol.texts().await.contains(&"The house is watched.".to_owned()));
        settle(&lab, &mut [alice, bob, carol], &BTreeSet::new()).await.unwrap();
    });
}

/// What had Bob's number has burned, so nothing can be compared, and he has passed over a join.
#[test]
fn a_newest_commit_that_nobody_read_tells_of_another_log() {
    Lab::play(1823, async |lab| {
        lab.relay_log().move_to(&lab.folder("relay"), false);
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        let link = alice.link().await;
        let mut dave = joins(&lab, "Dave", &link).await;
        let copy = back_up(&lab).await;
        // He is not there later to say it again.
        for number in 0..4 {
            dave.say(&format!("Old {number}")).await;
        }
        dave.close().await;
        bob.close().await;
        set_back(&lab, &copy).await;
        alice.pause(Duration::from_secs(60)).await;
        let mut carol = joins(&lab, "Carol", &link).await;
        for number in 0..4 {
            carol.say(&format!("New {number}")).await;
        }
        alice.pause(Duration::from_secs(2 * 3600)).await;
        carol.say("Not burned.").await;
        bob.start().await;
        bob.pause(Duration::from_secs(300)).await;
        bob.say("Is anybody here?").await;
        assert_eq!(bob.state_of("Is anybody here?").await, Some(MessageState::Stored));
        assert!(bob.people().await.contains(&"Carol".to_owned()));
    });
}

/// Numbers that are given out again meet those of what Alice sent in the log of before.
#[test]
fn an_older_copy_of_a_member_is_noticed_in_a_log_that_was_put_back() {
    Lab::play(1824, async |lab| {
        lab.relay_log().move_to(&lab.folder("relay"), false);
        let (mut alice, mut bob) = two(&lab).await;
        let mut dave = alice.invites("Dave").await;
        let copy = back_up(&lab).await;
        lab.expect_old_copy("Alice");
        // He is not there later to say it again, so the numbers stay below these.
        for number in 0..12 {
            dave.say(&format!("Before {number}")).await;
        }
        dave.close().await;
        set_back(&lab, &copy).await;
        alice.pause(Duration::from_secs(120)).await;
        bob.say("Hello again.").await;
        alice.close().await;
        let files = alice.person.back_up();
        alice.start().await;
        for text in ["One.", "Two."] {
            alice.say(text).await;
        }
        alice.close().await;
        alice.person.restore(&files);
        alice.person.forget_newer_secrets();
        alice.start().await;
        alice.say("After.").await;
        alice.pause(Duration::from_secs(120)).await;
        assert!(alice.lines().await.contains(&SystemLine::OldCopy));
        assert!(bob.texts().await.contains(&"After.".to_owned()));
        sealed_right(&lab).unwrap();
    });
}

/// And a few minutes later the newest file again: what was published again meanwhile comes back in the envelopes of before.
#[test]
fn whose_envelopes_of_before_come_back_has_no_older_copy() {
    Lab::play(1590, async |lab| {
        let (mut alice, mut bob, _) = backed_up(&lab).await;
        let mut dave = alice.invites("Dave").await;
        let older = back_up_as(&lab, "relay.older").await;
        alice.pause(Duration::from_secs(60)).await;
        for number in 0..12 {
            dave.say(&format!("Dave {number}")).await;
        }
        dave.close().await;
        alice.say("From Alice.").await;
        bob.say("From Bob.").await;
        let newest = back_up_as(&lab, "relay.newest").await;
        alice.pause(Duration::from_secs(60)).await;
        set_back_to(&lab, &older, "relay.1").await;
        alice.pause(Duration::from_secs(120)).await;
        set_back_to(&lab, &newest, "relay.2").await;
        alice.pause(Duration::from_secs(600)).await;
        for member in [&mut alice, &mut bob] {
            let lines = member.lines().await;
            assert!(!lines.contains(&SystemLine::OldCopy), "{}: {lines:?}", member.person.name());
        }
    });
}
