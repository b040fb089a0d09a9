//! Somebody who was removed, and a relay that helps her with all that it has (protocol 4.6.6; 8.5, I5).

use std::path::PathBuf;

use conclave_crypto::{
    envelope::{self, Place},
    group::{GroupCrypto as _, OpenMls, Received},
};
use conclave_engine::{ErrorCode, snapshot::RoomPhase};
use conclave_proto::Lane;
use conclave_store::{Place as Namespace, RecordRow, StoreError};
use conclave_testkit::{
    Lab,
    check::Member,
    relay_log::Sealed,
    scene::{enters, knocks, three},
};

use super::{MINUTE, room_of};

/// Alice and Bob without Carol, and what she and the relay kept of the time with her.
struct WithoutCarol {
    alice: Member,
    bob: Member,
    /// Carol's files of then, at another computer.
    copy: Member,
    link: String,
    /// The relay's file of then.
    log: PathBuf,
    /// How many frames the relay had got by then.
    frames: usize,
}

async fn without_carol(lab: &Lab) -> WithoutCarol {
    lab.relay_log().move_to(&lab.folder("relay"), false);
    let (mut alice, mut bob, mut carol) = three(lab).await;
    let link = alice.link().await;
    carol.close().await;
    let copy = carol.at_another_computer("Carol's copy", &carol.person.back_up());
    copy.person.forget_newer_secrets();
    lab.stop_relay(false).await;
    let log = lab.relay_log().back_up(&lab.folder("relay.backup"));
    lab.restart_relay();
    alice.pause(MINUTE).await;
    let frames = lab.relay_log().kept().frames.len();
    alice.say("For three.").await;
    alice.person.throw_out(&alice.room, "Carol").await.unwrap().unwrap();
    alice.pause(MINUTE).await;
    bob.say("Only for two.").await;
    assert_eq!(alice.person.unlock(&alice.room).await, Some(Err(ErrorCode::LockedForGood)));
    WithoutCarol { alice, bob, copy, link, log, frames }
}

/// How many of the frames that the relay got since then Carol's files of then can read.
fn read_with(lab: &Lab, copy: &Member, since: usize) -> usize {
    let mut store = room_of(copy);
    let frames = lab.relay_log().kept().frames.into_iter().skip(since);
    let reads = |frame: &Sealed| {
        let read = store.write(|tx| {
            let state = tx.group_state(Namespace::Current);
            let mut group = OpenMls.load(&state).unwrap().unwrap();
            let place = Place { lane: Lane::Application, room_id: frame.room, base: group.base() };
            let opened = envelope::open(&group.keys().application, &place, &frame.blob);
            let received = opened.ok().and_then(|opened| group.receive(&state, &opened.data).ok());
            Ok::<_, StoreError>(matches!(received, Some(Received::Application { .. })))
        });
        read.unwrap()
    };
    frames.filter(|frame| frame.lane == Lane::Application).filter(reads).count()
}

/// The relay goes back to the time with Carol, while Alice and Bob sleep, and Carol's app of then is there.
async fn goes_back(lab: &Lab, room: &mut WithoutCarol) {
    lab.expect_resyncs();
    for member in [&mut room.alice, &mut room.bob] {
        member.close().await;
    }
    lab.stop_relay(false).await;
    lab.relay_log().restore(&room.log, &lab.folder("relay.restored"));
    lab.restart_relay();
    room.copy.start().await;
    room.copy.pause(MINUTE).await;
    assert_eq!(room.copy.people().await.len(), 3, "she is in the room of then");
}

#[test]
fn who_was_removed_reads_nothing_with_the_relays_help() {
    Lab::play(2001, async |lab| {
        let mut room = without_carol(&lab).await;
        let mut dave = knocks(&lab, "Dave", &room.link, "A friend.").await;
        dave.pause(MINUTE).await;
        room.alice.answers("Dave", true).await.unwrap();
        dave.pause(MINUTE).await;
        dave.say("I am in.").await;
        assert!(room.bob.texts().await.contains(&"I am in.".to_owned()));
        assert_eq!(read_with(&lab, &room.copy, room.frames), 1, "what was for three, and nothing since");

        // Nor does she when the relay forgets that she was removed.
        goes_back(&lab, &mut room).await;
        dave.write("Is anybody there?").await;
        dave.pause(10 * MINUTE).await;
        assert!(!room.copy.texts().await.contains(&"Is anybody there?".to_owned()));
    });
}

/// What the rule is for: without it somebody comes by the invitation, into the epoch that the relay shows.
#[test]
fn who_was_removed_reads_who_comes_into_a_room_that_was_unlocked_all_the_same() {
    Lab::play(2002, async |lab| {
        let mut room = without_carol(&lab).await;
        room.alice.close().await;
        let mut store = room_of(&room.alice);
        let unlocked = store.write(|tx| {
            let record = tx.record()?.unwrap();
            tx.set_record(&RecordRow { has_removed: false, ..record })
        });
        unlocked.unwrap();
        drop(store);
        room.alice.start().await;
        room.alice.pause(MINUTE).await;
        let handle = room.alice.room.clone();
        room.alice.person.unlock(&handle).await.unwrap().unwrap();
        room.alice.pause(MINUTE).await;
        assert_eq!(room.bob.phase().await, RoomPhase::Open, "the rule is her app's alone");

        goes_back(&lab, &mut room).await;
        let mut dave = enters(&lab, "Dave", &room.link).await;
        dave.pause(MINUTE).await;
        dave.say("Is it safe here?").await;
        assert!(room.copy.texts().await.contains(&"Is it safe here?".to_owned()));
    });
}
