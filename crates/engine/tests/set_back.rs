//! Whoever runs the relay puts back an older copy of its file: the relay knows nothing of what came since, and gives numbers out
//! that entries had before (protocol 4.6.7).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use conclave_engine::snapshot::Connection;
use conclave_testkit::{
    Lab,
    check::{Member, settle},
    scene::{joins, two},
};

/// Alice and Bob at a relay that keeps its rooms in a file, and a copy of that.
async fn backed_up(lab: &Lab) -> (Member, Member, PathBuf) {
    lab.archive().move_to(&lab.folder("relay"), false);
    let (alice, bob) = two(lab).await;
    lab.stop_relay(false).await;
    let copy = lab.archive().back_up(&lab.folder("relay.backup"));
    lab.restart_relay();
    (alice, bob, copy)
}

async fn set_back(lab: &Lab, copy: &Path) {
    lab.expect_resyncs();
    lab.stop_relay(false).await;
    lab.archive().restore(copy, &lab.folder("relay.restored"));
    lab.restart_relay();
}

/// Bob has read an entry whose number another one has by the time he is back.
#[test]
fn who_was_away_reads_what_has_a_number_that_was_given_before() {
    Lab::play(1801, async |lab| {
        let (mut alice, mut bob, copy) = backed_up(&lab).await;
        alice.person.pause(Duration::from_secs(60)).await;
        alice.say("We meet at the bridge.").await;
        bob.person.close().await;
        set_back(&lab, &copy).await;
        alice.person.pause(Duration::from_secs(60)).await;
        alice.say("No, at the mill.").await;
        bob.person.start().await;
        bob.person.pause(Duration::from_secs(60)).await;
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
            let link = alice.person.invitation(&alice.room).await;
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
            settle(&lab, &mut [alice, bob, carol, dave], &BTreeSet::new()).await.unwrap();
        });
    }
}
