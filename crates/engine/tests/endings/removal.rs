//! The owner removes somebody: a lock and a commit in one order (protocol 4.6.6).

use conclave_engine::{
    ErrorCode,
    snapshot::{RoomPhase, SystemLine},
};
use conclave_proto::frame::Request;
use conclave_store::Order;
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{all_is_well, enters, three},
};

use super::{MINUTE, dies_anywhere, lock::of_the_door, room_of};

async fn removals(member: &mut Member) -> usize {
    let is_removal = |line: &SystemLine| matches!(line, SystemLine::Left { nick, removed: true } if nick == "Carol");
    member.lines().await.iter().filter(|line| is_removal(line)).count()
}

/// Alice and Bob go on without Carol, behind a locked door.
async fn carol_is_out(alice: &mut Member, bob: &mut Member, when: &str) {
    for member in [&mut *alice, &mut *bob] {
        assert_eq!(member.people().await.len(), 2, "{when}");
        assert_eq!(removals(member).await, 1, "{when}");
        assert_eq!(of_the_door(member).await, [SystemLine::Locked], "{} {when}", member.person.name());
        assert_eq!(member.phase().await, RoomPhase::Locked, "{when}");
    }
}

#[test]
fn who_was_removed_reads_nothing_more_and_the_door_stays_shut() {
    Lab::play(1201, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        let link = alice.link().await;
        alice.person.throw_out(&alice.room, "Carol").await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        carol_is_out(&mut alice, &mut bob, "at once").await;
        assert_eq!(carol.phase().await, RoomPhase::Gone);
        bob.say("Only for two.").await;
        carol.pause(MINUTE).await;
        assert!(!carol.texts().await.contains(&"Only for two.".to_owned()));

        // She knows the invitation, and so does whoever she gives it to.
        assert_eq!(alice.person.unlock(&alice.room).await, Some(Err(ErrorCode::LockedForGood)));
        carol.person.remove(&carol.room.clone()).await;
        let mut again = enters(&lab, "Dave", &link).await;
        again.pause(10 * MINUTE).await;
        assert_eq!(again.phase().await, RoomPhase::Joining);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_removal_is_for_somebody_who_is_there_and_not_for_oneself() {
    Lab::play(1202, async |lab| {
        let (mut alice, _bob, _carol) = three(&lab).await;
        assert_eq!(alice.person.throw_out(&alice.room, "Alice").await, Some(Err(ErrorCode::InvalidRequest)));
        assert_eq!(alice.person.throw_out(&alice.room, "Dave").await, Some(Err(ErrorCode::InvalidRequest)));
        alice.say("Nothing happened.").await;
        assert_eq!(of_the_door(&mut alice).await, []);
    });
}

/// Her order names the head, and somebody else commits in between: it is made again, on top of that.
#[test]
fn a_removal_that_was_overtaken_is_made_again() {
    Lab::play(1203, async |lab| {
        let (mut alice, mut bob, carol) = three(&lab).await;
        let late = lab.drop_requests("Alice", |request| matches!(request, Request::Owner(_)));
        alice.reconnect().await;
        alice.person.throw_out(&alice.room, "Carol").await.unwrap().unwrap();
        alice.pause(MINUTE / 2).await;
        assert_ne!(late.dropped(), 0);
        let _dave = bob.invites("Dave").await;
        late.lift();
        alice.pause(5 * MINUTE).await;
        assert_eq!(removals(&mut alice).await, 1);
        assert_eq!(alice.people().await.len(), 3);
        assert_eq!(bob.phase().await, RoomPhase::Locked);
        drop(carol);
        bob.say("Without her.").await;
        assert!(alice.texts().await.contains(&"Without her.".to_owned()));
    });
}

/// What Alice writes meanwhile comes through.
#[test]
fn a_removal_waits_for_the_relay_and_keeps_nobody_from_writing() {
    Lab::play(1204, async |lab| {
        let (mut alice, mut bob, carol) = three(&lab).await;
        lab.stop_relay(false).await;
        alice.pause(MINUTE).await;
        alice.person.throw_out(&alice.room, "Carol").await.unwrap().unwrap();
        alice.write("Not for her.").await;
        alice.crash().await;
        alice.start().await;
        lab.restart_relay();
        alice.pause(5 * MINUTE).await;
        carol_is_out(&mut alice, &mut bob, "after the restart").await;
        assert!(bob.texts().await.contains(&"Not for her.".to_owned()));
        let mut carol = carol;
        assert!(!carol.texts().await.contains(&"Not for her.".to_owned()), "the order came first");
        all_is_well(&lab, alice, bob).await;
    });
}

/// Whichever of the two she asks for first, while the relay is away.
#[test]
fn a_door_is_not_unlocked_behind_a_removal_that_waits() {
    for unlocks_first in [false, true] {
        Lab::play(1207, async |lab| {
            let (mut alice, mut bob, mut carol) = three(&lab).await;
            let room = alice.room.clone();
            alice.person.lock(&room).await.unwrap().unwrap();
            alice.pause(MINUTE).await;
            lab.stop_relay(false).await;
            if unlocks_first {
                alice.person.unlock(&room).await.unwrap().unwrap();
            }
            alice.person.throw_out(&room, "Carol").await.unwrap().unwrap();
            assert_eq!(alice.person.unlock(&room).await, Some(Err(ErrorCode::LockedForGood)));
            lab.restart_relay();
            alice.pause(5 * MINUTE).await;
            assert_eq!(carol.phase().await, RoomPhase::Gone);
            for member in [&mut alice, &mut bob] {
                assert_eq!(member.phase().await, RoomPhase::Locked, "{}", member.person.name());
            }
            all_is_well(&lab, alice, bob).await;
        });
    }
}

/// Earlier versions kept the two one behind the other.
#[test]
fn an_unlock_that_was_kept_behind_a_removal_is_dropped() {
    Lab::play(1208, async |lab| {
        let (mut alice, mut bob, _carol) = three(&lab).await;
        let room = alice.room.clone();
        lab.stop_relay(false).await;
        alice.person.throw_out(&room, "Carol").await.unwrap().unwrap();
        alice.close().await;
        room_of(&alice).write(|tx| tx.keep_order(&Order::Unlock, None)).unwrap();
        alice.start().await;
        lab.restart_relay();
        alice.pause(5 * MINUTE).await;
        carol_is_out(&mut alice, &mut bob, "and not let in again").await;
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn somebody_who_leaves_first_need_not_be_removed() {
    Lab::play(1205, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        let late = lab.drop_requests("Alice", |request| matches!(request, Request::Owner(_)));
        alice.reconnect().await;
        alice.person.throw_out(&alice.room, "Carol").await.unwrap().unwrap();
        alice.pause(MINUTE / 6).await;
        carol.leave().await;
        bob.pause(MINUTE).await;
        late.lift();
        alice.pause(5 * MINUTE).await;
        assert_eq!(alice.people().await, ["Alice", "Bob"]);
        alice.say("Gone by herself, or not.").await;
        assert!(bob.texts().await.contains(&"Gone by herself, or not.".to_owned()));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn the_owners_app_may_die_anywhere_while_she_removes_somebody() {
    dies_anywhere(|points| {
        Lab::play(1206, async |lab| {
            let (mut alice, mut bob, _carol) = three(&lab).await;
            alice.person.crash_after(points);
            let given = alice.person.throw_out(&alice.room.clone(), "Carol").await;
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            alice.pause(5 * MINUTE).await;
            if given.is_none() && alice.people().await.len() == 3 {
                alice.person.throw_out(&alice.room.clone(), "Carol").await.unwrap().unwrap();
                alice.pause(MINUTE).await;
            }
            let when = format!("after {points} points");
            carol_is_out(&mut alice, &mut bob, &when).await;
            bob.say("Two are left.").await;
            assert!(alice.texts().await.contains(&"Two are left.".to_owned()), "{when}");
            died
        })
    });
}

#[test]
fn the_app_of_who_is_removed_may_die_anywhere_while_it_hears_of_that() {
    dies_anywhere(|points| {
        Lab::play(1207, async |lab| {
            let (mut alice, mut bob, mut carol) = three(&lab).await;
            carol.person.crash_after(points);
            alice.person.throw_out(&alice.room.clone(), "Carol").await.unwrap().unwrap();
            carol.pause(MINUTE / 6).await;
            carol.start().await;
            let died = carol.person.crashes() > 0;
            carol.person.crash_after(u64::MAX / 2);
            bob.say("Not for her.").await;
            carol.pause(MINUTE).await;
            let when = format!("after {points} points");
            carol_is_out(&mut alice, &mut bob, &when).await;
            assert_eq!(carol.phase().await, RoomPhase::Gone, "{when}");
            assert!(!carol.texts().await.contains(&"Not for her.".to_owned()), "{when}");
            died
        })
    });
}
