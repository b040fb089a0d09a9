//! The owner locks and unlocks the door (protocol 4.6.6).

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use conclave_engine::{
    api::ChangeRoom,
    snapshot::{Connection, LinkFault, Preview, RoomPhase, SystemLine},
};
use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{Reply, Request},
};
use conclave_seal::sign::SigningKey;
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    raw_client::RawClient,
    scene::{all_is_well, enters, three, two},
};

use super::{HOUR, MINUTE, change::nothing, dies_anywhere, looks_in};

/// What the timeline says of the door.
pub(crate) async fn of_the_door(member: &mut Member) -> Vec<SystemLine> {
    let is_of_the_door = |line: &SystemLine| matches!(line, SystemLine::Locked | SystemLine::Unlocked);
    member.lines().await.into_iter().filter(is_of_the_door).collect()
}

#[test]
fn nobody_comes_into_a_locked_room_until_its_owner_unlocks_it() {
    Lab::play(1101, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(member.phase().await, RoomPhase::Locked);
            assert_eq!(of_the_door(member).await, [SystemLine::Locked], "both are told, once");
        }
        let mut carol = enters(&lab, "Carol", &link).await;
        carol.pause(MINUTE).await;
        assert_eq!(carol.phase().await, RoomPhase::Joining);
        assert_eq!(carol.connection().await, Connection::Stopped { reason: LinkFault::RoomLocked });
        assert!(matches!(looks_in(&mut bob, &link).await, Ok(Preview::Locked { .. })));
        bob.say("Between us.").await;
        assert!(alice.texts().await.contains(&"Between us.".to_owned()), "those inside talk on");

        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(bob.phase().await, RoomPhase::Open);
        assert_eq!(of_the_door(&mut bob).await, [SystemLine::Locked, SystemLine::Unlocked]);
        carol.retry().await;
        carol.pause(MINUTE).await;
        assert_eq!(alice.people().await, ["Alice", "Bob", "Carol"]);
        assert!(!carol.texts().await.contains(&"Between us.".to_owned()));
    });
}

/// Whoever was away hears of it from the relay first, and reads what the owner said of it afterwards.
#[test]
fn who_was_away_when_the_door_was_locked_is_told_once() {
    Lab::play(1102, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        bob.close().await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.phase().await, RoomPhase::Locked);
        assert_eq!(of_the_door(&mut bob).await, [SystemLine::Locked]);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn an_order_whose_answer_was_lost_is_carried_out_once() {
    for lost in [1_u32, 2] {
        Lab::play(1103, async move |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let mut left = lost;
            lab.intercept("Alice", move |reply| match reply {
                Reply::Ordered(_) if left > 0 => {
                    left -= 1;
                    Vec::new()
                }
                other => vec![other],
            });
            alice.reconnect().await;
            alice.person.lock(&alice.room).await.unwrap().unwrap();
            alice.pause(5 * MINUTE).await;
            for member in [&mut alice, &mut bob] {
                assert_eq!(of_the_door(member).await, [SystemLine::Locked], "{lost} answers were lost");
                assert_eq!(member.phase().await, RoomPhase::Locked);
            }
            all_is_well(&lab, alice, bob).await;
        });
    }
}

#[test]
fn an_order_waits_for_the_relay_and_comes_through_a_restart() {
    Lab::play(1104, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        alice.pause(MINUTE).await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        assert_eq!(alice.phase().await, RoomPhase::Open, "not yet");
        alice.crash().await;
        alice.start().await;
        lab.restart_relay();
        alice.pause(5 * MINUTE).await;
        assert_eq!(alice.phase().await, RoomPhase::Locked);
        assert_eq!(bob.phase().await, RoomPhase::Locked);
        all_is_well(&lab, alice, bob).await;
    });
}

/// Somebody with the invitation puts a commit on top that opens for nobody, to keep the owner from locking, or to have the head of the
/// locked room.
#[test]
fn the_door_is_locked_on_the_owners_base_whatever_lies_on_top_of_it() {
    Lab::play(1105, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        // Their repairs would come first: the relay hears none.
        let is_deaf = Arc::new(AtomicBool::new(true));
        let deaf = Arc::clone(&is_deaf);
        let is_heard = move |request: &Request<'_>| !(deaf.load(Relaxed) && matches!(request, Request::Commit(_)));
        lab.intercept_with(&Interceptor::new().requests(move |_, request| is_heard(request)));
        for name in ["Alice", "Bob"] {
            lab.network().cut(name);
        }
        alice.pause(MINUTE).await;
        let key = SigningKey::from_seed(&[66; 32]);
        RawClient::enter(&lab, &link).await.garbage(Lane::Join, &key).await.unwrap();
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        is_deaf.store(false, Relaxed);
        alice.pause(5 * MINUTE).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(member.phase().await, RoomPhase::Locked);
        }
        let mut mallory = RawClient::enter(&lab, &link).await;
        assert_eq!(mallory.garbage(Lane::Join, &key).await, Err(ErrorCode::RoomLocked));
        assert!(mallory.prove(Role::Member, &key).await.is_err() || mallory.publish(&[1; 600]).await.is_err());
        bob.say("Both are here.").await;
        assert!(alice.texts().await.contains(&"Both are here.".to_owned()));
    });
}

#[test]
fn two_copies_of_the_owners_files_order_at_once() {
    Lab::play(1106, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.close().await;
        let files = alice.person.back_up();
        let mut desk = alice.at_another_computer("Alice's desk", &files);
        lab.stop_relay(false).await;
        for computer in [&mut alice, &mut desk] {
            computer.start().await;
            let room = computer.room.clone();
            computer.person.lock(&room).await.unwrap().unwrap();
        }
        lab.restart_relay();
        bob.pause(30 * MINUTE).await;
        assert_eq!(bob.phase().await, RoomPhase::Locked);
        assert!(of_the_door(&mut bob).await.contains(&SystemLine::Locked));
        bob.say("All right.").await;
    });
}

/// At her desk she has unlocked the door while the relay was away; at the other computer she throws somebody out, before the relay hears
/// of that or at the same time.
#[test]
fn two_copies_of_the_owners_files_order_different_things_at_once() {
    for at_once in [false, true] {
        Lab::play(1107, async |lab| {
            let (mut alice, mut bob, mut carol) = three(&lab).await;
            let room = alice.room.clone();
            alice.person.lock(&room).await.unwrap().unwrap();
            alice.pause(MINUTE).await;
            alice.close().await;
            let mut desk = alice.at_another_computer("Alice's desk", &alice.person.back_up());
            lab.stop_relay(false).await;
            desk.start().await;
            desk.person.unlock(&room).await.unwrap().unwrap();
            if !at_once {
                desk.close().await;
            }
            alice.start().await;
            alice.person.throw_out(&room, "Carol").await.unwrap().unwrap();
            lab.restart_relay();
            alice.pause(5 * MINUTE).await;
            if !at_once {
                desk.start().await;
            }
            bob.pause(30 * MINUTE).await;
            assert_eq!(carol.phase().await, RoomPhase::Gone);
            assert_eq!(bob.phase().await, RoomPhase::Locked, "who knows the code is out for good");
            bob.say("All right.").await;
        });
    }
}

/// Bob's epoch is several commits behind the head, and the relay takes messages from that of the head alone. Each commit that he
/// reads has to be proven before the next one is shown.
#[test]
fn who_comes_back_to_a_locked_room_after_many_commits_writes_at_once() {
    Lab::play(1108, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        bob.close().await;
        for title in ["Monday", "Tuesday", "Wednesday"] {
            let change = ChangeRoom { title: Some(title.to_owned()), ..nothing(&alice) };
            alice.person.change(change).await.unwrap().unwrap();
            alice.pause(MINUTE).await;
        }
        lab.stop_relay(false).await;
        bob.start().await;
        bob.write("I am back.").await;
        lab.restart_relay();
        bob.pause(MINUTE).await;
        assert!(alice.texts().await.contains(&"I am back.".to_owned()));
        assert!(!lab.trace().read().contains("lane Application: Locked"), "and nothing too early");
        all_is_well(&lab, alice, bob).await;
    });
}

/// Bob's message and Alice's commit meet: his is of an epoch that is not the head's any more.
#[test]
fn whose_message_meets_a_commit_in_a_locked_room_writes_it_again_at_once() {
    Lab::play(1109, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let is_commit = |reply: &Reply| matches!(reply, Reply::Entry(entry) if entry.lane == Lane::Commit);
        lab.intercept("Bob", move |reply| if is_commit(&reply) { Vec::new() } else { vec![reply] });
        bob.reconnect().await;
        let change = ChangeRoom { title: Some("Friday".to_owned()), ..nothing(&alice) };
        alice.person.change(change).await.unwrap().unwrap();
        alice.pause(MINUTE / 6).await;
        bob.write("I did not see that.").await;
        bob.pause(MINUTE / 2).await;
        assert!(alice.texts().await.contains(&"I did not see that.".to_owned()));
        all_is_well(&lab, alice, bob).await;
    });
}

/// Her files are older than her newest keys, so she has to come in again, and the relay takes nobody through that door but the owner.
#[test]
fn the_owner_comes_in_again_through_her_own_locked_door() {
    Lab::play(1111, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        alice.close().await;
        let copy = alice.person.back_up();
        alice.start().await;
        let change = ChangeRoom { title: Some("Friday".to_owned()), ..nothing(&alice) };
        alice.person.change(change).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        alice.close().await;
        alice.person.restore(&copy);
        alice.start().await;
        alice.pause(10 * MINUTE).await;
        assert_eq!((alice.phase().await, alice.connection().await), (RoomPhase::Locked, Connection::Online));
        alice.say("It was me.").await;
        assert!(bob.texts().await.contains(&"It was me.".to_owned()));
    });
}

#[test]
fn the_owners_app_may_die_anywhere_while_she_locks() {
    dies_anywhere(|points| {
        Lab::play(1107, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            alice.person.crash_after(points);
            let given = alice.person.lock(&alice.room.clone()).await;
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            alice.pause(5 * MINUTE).await;
            if given.is_none() && alice.phase().await != RoomPhase::Locked {
                alice.person.lock(&alice.room.clone()).await.unwrap().unwrap();
                alice.pause(MINUTE).await;
            }
            for member in [&mut alice, &mut bob] {
                assert_eq!(member.phase().await, RoomPhase::Locked, "after {points} points");
                assert_eq!(of_the_door(member).await, [SystemLine::Locked], "after {points} points");
            }
            died
        })
    });
}

#[test]
fn a_members_app_may_die_anywhere_while_it_hears_of_a_lock() {
    dies_anywhere(|points| {
        Lab::play(1110, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            bob.person.crash_after(points);
            alice.person.lock(&alice.room.clone()).await.unwrap().unwrap();
            bob.pause(MINUTE / 6).await;
            bob.start().await;
            let died = bob.person.crashes() > 0;
            bob.person.crash_after(u64::MAX / 2);
            // A copy of the files that may be old writes nothing before it has new keys.
            bob.pause(if died { HOUR } else { MINUTE }).await;
            assert_eq!(bob.phase().await, RoomPhase::Locked, "after {points} points");
            assert_eq!(of_the_door(&mut bob).await, [SystemLine::Locked], "after {points} points");
            bob.say("Between us.").await;
            assert!(alice.texts().await.contains(&"Between us.".to_owned()), "after {points} points");
            died
        })
    });
}
