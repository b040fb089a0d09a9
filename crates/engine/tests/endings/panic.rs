//! Erasing a room for everybody (protocol 4.6.8, 4.20): by its owner, by a member, and by nobody who may not.

use std::sync::{Arc, Mutex};

use conclave_crypto::{
    group::{Group, GroupError},
    state::GroupState,
};
use conclave_engine::{
    ErrorCode,
    api::{ChangeRoom, NewRules},
    snapshot::{Connection, Ended, EraseBy, RoomPhase, SystemLine},
};
use conclave_proto::{
    content::{Body, Erase},
    frame::{BurnedPush, Reply, Request},
    id::{MessageId, Signature},
};
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{AllLayered, Layer, message_of, with_message},
    scene::{all_is_well, joins, two_with},
};

use super::{DAY, HOUR, MINUTE, change::nothing, dies_anywhere, looks_in, outlives};

/// Rules under which every member may erase the room.
fn by_any() -> NewRules {
    NewRules { erase_by: EraseBy::AnyMember, ..outlives() }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn erases(member: &mut Member) {
    let room = member.room.clone();
    member.person.erase(&room).await.unwrap().unwrap();
}

async fn answers(member: &mut Member, erase: bool) -> Option<Result<(), ErrorCode>> {
    let room = member.room.clone();
    member.person.answer_erasure(&room, erase).await
}

/// The owner locks the door, and opens it again: whoever was in by then is known.
async fn locks_for_a_moment(alice: &mut Member) {
    let room = alice.room.clone();
    alice.person.lock(&room).await.unwrap().unwrap();
    alice.pause(MINUTE).await;
    alice.person.unlock(&room).await.unwrap().unwrap();
    alice.pause(MINUTE).await;
}

/// Nothing that was said can be read, although the room is not gone yet.
async fn shows_nothing(member: &mut Member) {
    assert_eq!(member.person.timeline(&member.room).await, []);
    let summary = member.summary().await;
    assert_eq!((summary.last_line, summary.unread), (None, 0));
}

#[test]
fn the_owner_erases_and_hears_who_has_destroyed_everything() {
    Lab::play(1701, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, outlives()).await;
        let (mut carol, mut dave) = (alice.invites("Carol").await, alice.invites("Dave").await);
        let link = alice.link().await;
        dave.close().await;
        erases(&mut alice).await;
        alice.pause(MINUTE / 3).await;
        assert_eq!(alice.ended().await, Some(Ended::ErasedByOwner));
        assert_eq!(alice.receipts().await, Some((names(&["Bob", "Carol"]), names(&["Dave"]))));
        assert!(alice.summary().await.burned.unwrap().listening, "Dave may still come");
        for member in [&mut bob, &mut carol] {
            assert_eq!(member.ended().await, Some(Ended::ErasedByOwner));
            assert!(!member.has_file());
            assert_eq!(member.receipts().await, None, "only who erased it is told");
        }
        assert!(!alice.has_file());
        alice.pause(MINUTE).await;
        assert!(!alice.summary().await.burned.unwrap().listening);

        dave.start().await;
        dave.pause(MINUTE).await;
        assert_eq!(dave.ended().await, Some(Ended::ErasedByOwner));
        assert_eq!(looks_in(&mut bob, &link).await, Err(ErrorCode::RoomGone));
        // Who was there is nowhere on a disk.
        alice.close().await;
        alice.start().await;
        assert_eq!((alice.ended().await, alice.receipts().await), (Some(Ended::ErasedByOwner), None));
        alice.person.remove(&alice.room.clone()).await;
        assert_eq!(alice.person.snapshot().await.rooms, []);
    });
}

/// Dave was away, and comes back while Alice still reads who has done it.
#[test]
fn who_comes_back_within_the_minute_is_counted() {
    Lab::play(1724, async |lab| {
        let (mut alice, _bob) = two_with(&lab, outlives()).await;
        let (_carol, mut dave) = (alice.invites("Carol").await, alice.invites("Dave").await);
        dave.close().await;
        erases(&mut alice).await;
        alice.pause(MINUTE / 3).await;
        assert_eq!(alice.receipts().await, Some((names(&["Bob", "Carol"]), names(&["Dave"]))));
        dave.start().await;
        alice.pause(MINUTE / 6).await;
        assert_eq!(dave.ended().await, Some(Ended::ErasedByOwner));
        assert_eq!(alice.receipts().await, Some((names(&["Bob", "Carol", "Dave"]), Vec::new())));
        assert!(!alice.summary().await.burned.unwrap().listening, "nobody is left");
    });
    // Bob erases it, Alice's app closes it behind him, and that is all that Dave hears of.
    Lab::play(1725, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        let mut dave = alice.invites("Dave").await;
        locks_for_a_moment(&mut alice).await;
        dave.close().await;
        erases(&mut bob).await;
        bob.pause(MINUTE / 3).await;
        assert_eq!(bob.receipts().await, Some((names(&["Alice"]), names(&["Dave"]))));
        dave.start().await;
        bob.pause(MINUTE / 6).await;
        assert_eq!(dave.ended().await, Some(Ended::ClosedByOwner));
        assert_eq!(bob.receipts().await, Some((names(&["Alice", "Dave"]), Vec::new())));
    });
}

#[test]
fn what_can_be_read_here_goes_at_once_and_the_rest_when_the_relay_is_back() {
    for crashes in [false, true] {
        Lab::play(1702, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, outlives()).await;
            lab.stop_relay(false).await;
            alice.write("Never sent.").await;
            erases(&mut alice).await;
            assert_eq!(alice.phase().await, RoomPhase::Erasing);
            shows_nothing(&mut alice).await;
            let room = alice.room.clone();
            assert_eq!(alice.person.say(&room, "Too late.").await, Some(Err(ErrorCode::RoomEnded)));
            erases(&mut alice).await;
            if crashes {
                alice.crash().await
            } else {
                alice.close().await
            }
            alice.start().await;
            assert_eq!(alice.phase().await, RoomPhase::Erasing);
            shows_nothing(&mut alice).await;
            assert!(bob.texts().await.contains(&"Hello.".to_owned()), "he has not heard of it");
            lab.restart_relay();
            bob.pause(5 * MINUTE).await;
            for member in [&mut alice, &mut bob] {
                assert_eq!(member.ended().await, Some(Ended::ErasedByOwner));
                assert!(!member.has_file());
            }
        });
    }
}

#[test]
fn a_relay_that_drops_the_order_is_asked_again_and_nobody_is_told_that_it_is_done() {
    Lab::play(1703, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, outlives()).await;
        let deaf = lab.drop_requests("Alice", |request| matches!(request, Request::Panic(_)));
        alice.reconnect().await;
        erases(&mut alice).await;
        alice.pause(10 * MINUTE).await;
        assert_ne!(deaf.dropped(), 0);
        assert_eq!(alice.phase().await, RoomPhase::Erasing);
        shows_nothing(&mut alice).await;
        deaf.lift();
        alice.pause(5 * MINUTE).await;
        assert_eq!((alice.ended().await, bob.ended().await), (Some(Ended::ErasedByOwner), Some(Ended::ErasedByOwner)));
    });
    // One that says that it is done, and shows nothing that proves it.
    Lab::play(1704, async |lab| {
        let (mut alice, _bob) = two_with(&lab, outlives()).await;
        lab.intercept("Alice", |reply| if matches!(reply, Reply::Tombstone(_)) { Vec::new() } else { vec![reply] });
        alice.reconnect().await;
        erases(&mut alice).await;
        alice.pause(MINUTE / 2).await;
        // The proof came with the next refusal.
        assert_eq!(alice.ended().await, Some(Ended::ErasedByOwner));
    });
}

/// Neither her clock nor his says anything about it: a room has one life.
#[test]
fn an_owner_whose_clock_is_wrong_erases_all_the_same() {
    for by in [400 * 86_400, -400 * 86_400] {
        Lab::play(1705, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, outlives()).await;
            alice.person.set_clock(by);
            erases(&mut alice).await;
            bob.pause(MINUTE).await;
            assert_eq!(bob.ended().await, Some(Ended::ErasedByOwner));
        });
    }
}

#[test]
fn doubles_strangers_and_receipts_for_something_else_are_not_counted() {
    Lab::play(1706, async |lab| {
        let (mut alice, bob) = two_with(&lab, outlives()).await;
        let (carol, mut dave) = (alice.invites("Carol").await, alice.invites("Dave").await);
        dave.close().await;
        // The relay says each one three times, and adds what it makes up.
        lab.intercept("Alice", |reply| match reply {
            Reply::Burned(burned) => {
                let BurnedPush { sig: Signature(mut other) } = burned;
                other[7] ^= 1;
                let made_up = [Signature(other), Signature([3; 64])].map(|sig| Reply::Burned(BurnedPush { sig }));
                [vec![Reply::Burned(burned); 3], made_up.into()].concat()
            }
            other => vec![other],
        });
        alice.reconnect().await;
        erases(&mut alice).await;
        alice.pause(MINUTE / 2).await;
        assert_eq!(alice.receipts().await, Some((names(&["Bob", "Carol"]), names(&["Dave"]))));
        drop((bob, carol));
    });
}

#[test]
fn a_member_may_not_where_the_rule_says_so() {
    Lab::play(1707, async |lab| {
        let (alice, mut bob) = two_with(&lab, outlives()).await;
        let room = bob.room.clone();
        assert_eq!(bob.person.erase(&room).await, Some(Err(ErrorCode::NotOwner)));
        assert_eq!(answers(&mut bob, true).await, Some(Err(ErrorCode::InvalidRequest)), "nobody asks");
        assert!(bob.texts().await.contains(&"Hello.".to_owned()), "nothing went");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_member_who_was_there_at_the_last_lock_erases_for_everybody() {
    Lab::play(1708, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        let mut carol = alice.invites("Carol").await;
        let link = alice.link().await;
        locks_for_a_moment(&mut alice).await;
        erases(&mut bob).await;
        bob.pause(MINUTE / 2).await;
        for member in [&mut alice, &mut bob, &mut carol] {
            assert_eq!(member.ended().await, Some(Ended::ErasedByMember));
            assert!(!member.has_file());
        }
        assert_eq!(bob.receipts().await, Some((names(&["Alice", "Carol"]), Vec::new())));
        assert_eq!(looks_in(&mut carol, &link).await, Err(ErrorCode::RoomGone), "the owner's app has closed it there");
    });
}

#[test]
fn who_came_after_the_last_lock_has_the_others_asked() {
    for erase in [false, true] {
        Lab::play(1709, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, by_any()).await;
            locks_for_a_moment(&mut alice).await;
            let mut mallory = alice.invites("Mallory").await;
            erases(&mut mallory).await;
            mallory.pause(MINUTE / 2).await;
            assert_eq!(mallory.ended().await, Some(Ended::ErasedByMember), "for her it has ended");
            bob.crash().await;
            bob.start().await;
            for member in [&mut alice, &mut bob] {
                assert_eq!(member.asks_to_erase().await, Some("Mallory".to_owned()));
                shows_nothing(member).await;
                let room = member.room.clone();
                assert_eq!(member.person.say(&room, "What?").await, Some(Err(ErrorCode::ErasureAsked)));
                assert!(member.has_file());
            }
            bob.pause(HOUR).await;
            assert_eq!(answers(&mut bob, erase).await, Some(Ok(())));
            bob.pause(MINUTE).await;
            if erase {
                assert_eq!(bob.ended().await, Some(Ended::ErasedByMember));
                assert!(!bob.has_file());
                return;
            }
            assert_eq!(bob.asks_to_erase().await, None);
            assert!(bob.texts().await.contains(&"Hello.".to_owned()), "it goes on as it was");
            let kept = SystemLine::EraseKept { nick: "Mallory".to_owned() };
            assert!(bob.lines().await.contains(&kept));
            assert_eq!(answers(&mut bob, true).await, Some(Err(ErrorCode::InvalidRequest)), "once");
            // The owner does not keep it, and that holds for everybody.
            assert_eq!(answers(&mut alice, true).await, Some(Ok(())));
            bob.pause(MINUTE).await;
            assert_eq!(
                (alice.ended().await, bob.ended().await),
                (Some(Ended::ErasedByMember), Some(Ended::ClosedByOwner))
            );
        });
    }
}

/// Alice and Bob have never locked the door.
/// Alice orders it, and moves the room; before the relay hears of either, somebody comes in of whom she does not know.
#[test]
fn who_came_in_between_the_order_to_lock_and_the_lock_has_the_others_asked() {
    for moves in [false, true] {
        Lab::play(1721, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, by_any()).await;
            let link = alice.link().await;
            let deaf = lab.drop_requests("Alice", |request| matches!(request, Request::Owner(_)));
            alice.reconnect().await;
            let room = alice.room.clone();
            if moves {
                alice.person.move_room(&room, None).await.unwrap().unwrap();
            } else {
                alice.person.lock(&room).await.unwrap().unwrap();
            }
            let mut mallory = joins(&lab, "Mallory", &link).await;
            deaf.lift();
            lab.stop_intercepting();
            alice.reconnect().await;
            bob.pause(MINUTE).await;
            assert_eq!(bob.phase().await, RoomPhase::Locked);
            erases(&mut mallory).await;
            bob.pause(MINUTE).await;
            for member in [&mut alice, &mut bob] {
                assert_eq!(member.asks_to_erase().await.as_deref(), Some("Mallory"), "{}", member.person.name());
            }
            assert_eq!(answers(&mut bob, false).await, Some(Ok(())));
            // Whom she saw when she ordered it she has vouched for.
            erases(&mut bob).await;
            bob.pause(MINUTE).await;
            assert_eq!(alice.ended().await, Some(Ended::ErasedByMember));
        });
    }
}

#[test]
fn without_a_lock_everybody_is_asked_whoever_erases() {
    Lab::play(1710, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        erases(&mut bob).await;
        bob.pause(MINUTE).await;
        assert_eq!(alice.asks_to_erase().await, Some("Bob".to_owned()));
        // She erases it herself.
        erases(&mut alice).await;
        alice.pause(MINUTE).await;
        assert_eq!(alice.ended().await, Some(Ended::ErasedByOwner));
    });
}

#[test]
fn the_owner_who_erases_needs_no_lock_under_any_rule() {
    Lab::play(1711, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        erases(&mut alice).await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.ended().await, Some(Ended::ErasedByOwner));
    });
}

#[test]
fn a_member_erases_while_the_relay_is_away_and_who_was_away_hears_it_later() {
    for crashes in [false, true] {
        Lab::play(1712, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, by_any()).await;
            let mut carol = alice.invites("Carol").await;
            locks_for_a_moment(&mut alice).await;
            for member in [&mut alice, &mut carol] {
                member.close().await;
            }
            lab.stop_relay(false).await;
            bob.write("Never sent.").await;
            erases(&mut bob).await;
            assert_eq!(bob.phase().await, RoomPhase::Erasing);
            shows_nothing(&mut bob).await;
            if crashes {
                bob.crash().await
            } else {
                bob.close().await
            }
            bob.start().await;
            assert_eq!(bob.phase().await, RoomPhase::Erasing);
            lab.restart_relay();
            bob.pause(5 * MINUTE).await;
            assert_eq!(bob.ended().await, Some(Ended::ErasedByMember));
            // A message would be gone by then: this one is kept for as long as a relay keeps anything.
            bob.pause(20 * DAY).await;
            for member in [&mut carol, &mut alice] {
                member.start().await;
                member.pause(MINUTE).await;
                assert_eq!(member.ended().await, Some(Ended::ErasedByMember), "{}", member.person.name());
            }
        });
    }
}

/// Her app keeps what closing needs, and nothing else, over a restart.
#[test]
fn the_owner_closes_at_the_relay_what_a_member_has_erased() {
    Lab::play(1713, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        let link = alice.link().await;
        locks_for_a_moment(&mut alice).await;
        let deaf = lab.drop_requests("Alice", |request| matches!(request, Request::Owner(_)));
        alice.reconnect().await;
        erases(&mut bob).await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.ended().await, Some(Ended::ErasedByMember));
        assert_eq!(alice.phase().await, RoomPhase::Erasing);
        shows_nothing(&mut alice).await;
        assert!(looks_in(&mut bob, &link).await.is_ok(), "not yet");
        alice.crash().await;
        alice.start().await;
        assert_eq!(alice.phase().await, RoomPhase::Erasing);
        assert_eq!(alice.people().await, Vec::<String>::new(), "she does not even know who was there");
        deaf.lift();
        alice.pause(5 * MINUTE).await;
        assert_eq!(alice.ended().await, Some(Ended::ErasedByMember));
        assert!(!alice.has_file());
        assert_eq!(looks_in(&mut bob, &link).await, Err(ErrorCode::RoomGone));
    });
}

/// Whose app says what an honest one would not: a text "erase" leaves it as an ERASE, and "again" as the one before.
#[derive(Clone, Default)]
struct Crafting {
    said: Arc<Mutex<Option<MessageId>>>,
}

impl Layer for Crafting {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let mut content = message_of(message);
        let Body::Text(text) = &content.body else { return group.encrypt(state, rng, message) };
        match text.text.as_str() {
            "erase" => *self.said.lock().unwrap() = Some(content.mid),
            "again" => content.mid = self.said.lock().unwrap().unwrap(),
            _ => return group.encrypt(state, rng, message),
        }
        content.body = Body::Erase(Erase {});
        group.encrypt(state, rng, &with_message(message, &content))
    }
}

/// How often the timeline says that somebody may not.
async fn refusals(member: &mut Member) -> usize {
    let refused = SystemLine::EraseRefused { nick: "Mallory".to_owned() };
    member.lines().await.iter().filter(|line| **line == refused).count()
}

#[test]
fn a_changed_app_of_a_member_wipes_nothing_where_only_the_owner_may() {
    Lab::play_with(1714, Arc::new(AllLayered(Crafting::default())), async |lab| {
        let (mut alice, mut bob) = two_with(&lab, outlives()).await;
        let mut mallory = alice.invites("Mallory").await;
        locks_for_a_moment(&mut alice).await;
        mallory.say("erase").await;
        for member in [&mut alice, &mut bob] {
            assert_eq!((member.ended().await, member.asks_to_erase().await), (None, None));
            assert!(member.texts().await.contains(&"Hello.".to_owned()));
            assert_eq!(refusals(member).await, 1);
        }
        // The same one again is none.
        mallory.say("again").await;
        assert_eq!(refusals(&mut bob).await, 1);
        bob.say("We go on.").await;
        assert!(alice.texts().await.contains(&"We go on.".to_owned()));
    });
}

#[test]
fn an_erase_that_was_answered_does_not_ask_again_when_it_is_said_again() {
    Lab::play_with(1715, Arc::new(AllLayered(Crafting::default())), async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        let mut mallory = alice.invites("Mallory").await;
        mallory.say("erase").await;
        assert_eq!(bob.asks_to_erase().await, Some("Mallory".to_owned()));
        answers(&mut bob, false).await.unwrap().unwrap();
        mallory.say("again").await;
        assert_eq!(bob.asks_to_erase().await, None, "that was answered");
        mallory.say("erase").await;
        assert_eq!(bob.asks_to_erase().await, Some("Mallory".to_owned()), "this one was not");
        answers(&mut bob, false).await.unwrap().unwrap();

        // A lock vouches for who is there, and not for what was said before it.
        locks_for_a_moment(&mut alice).await;
        mallory.say("again").await;
        assert_eq!((bob.ended().await, bob.asks_to_erase().await), (None, None));
        mallory.say("erase").await;
        assert_eq!(bob.ended().await, Some(Ended::ErasedByMember));
    });
}

/// Bob erases the room while Alice's new rule is on its way to him. The others obey nobody but her by then.
#[test]
fn who_erases_in_the_moment_in_which_the_owner_takes_that_away_has_left_and_reads_that_the_others_keep_it() {
    for crashes in [false, true] {
        Lab::play(1722, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, by_any()).await;
            let mut carol = alice.invites("Carol").await;
            locks_for_a_moment(&mut alice).await;
            lab.network().silence("Bob");
            let by_her = ChangeRoom { erase_by: Some(EraseBy::Owner), ..nothing(&alice) };
            alice.person.change(by_her).await.unwrap().unwrap();
            erases(&mut bob).await;
            shows_nothing(&mut bob).await;
            alice.pause(MINUTE / 3).await;
            if crashes {
                bob.crash().await;
                bob.start().await;
            }
            bob.pause(5 * MINUTE).await;
            assert_eq!(bob.ended().await, Some(Ended::ErasedHere));
            assert!(!bob.has_file());
            assert_eq!(bob.receipts().await, None, "nobody was made to erase anything");
            for member in [&mut alice, &mut carol] {
                assert_eq!((member.ended().await, member.asks_to_erase().await), (None, None));
                assert_eq!(member.people().await.len(), 2, "{} sees that he left", member.person.name());
                assert!(member.lines().await.contains(&SystemLine::Left { nick: "Bob".to_owned(), removed: false }));
            }
            // His app says it until he has seen it.
            bob.close().await;
            bob.start().await;
            assert_eq!(bob.ended().await, Some(Ended::ErasedHere));
            carol.say("We go on.").await;
            assert!(alice.texts().await.contains(&"We go on.".to_owned()));
        });
    }
}

/// The relay goes away in the worst moment: Bob's app tells the others that he has left as soon as it is back.
#[test]
fn who_erased_only_for_themselves_leaves_however_long_the_relay_is_away() {
    Lab::play(1723, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        let mut carol = alice.invites("Carol").await;
        locks_for_a_moment(&mut alice).await;
        let mute = lab.drop_requests("Bob", |request| matches!(request, Request::Publish(_)));
        bob.reconnect().await;
        erases(&mut bob).await;
        let by_her = ChangeRoom { erase_by: Some(EraseBy::Owner), ..nothing(&alice) };
        alice.person.change(by_her).await.unwrap().unwrap();
        bob.pause(10 * MINUTE).await;
        assert_ne!(mute.dropped(), 0);
        assert_eq!(bob.phase().await, RoomPhase::Leaving);
        shows_nothing(&mut bob).await;
        bob.crash().await;
        bob.start().await;
        assert_eq!(bob.phase().await, RoomPhase::Leaving);
        mute.lift();
        bob.pause(5 * MINUTE).await;
        assert_eq!(bob.ended().await, Some(Ended::ErasedHere));
        assert_eq!((alice.people().await.len(), carol.people().await.len()), (2, 2));
    });
}

/// Somebody who was removed is in no epoch that anybody reads.
#[test]
fn who_was_removed_erases_nothing() {
    Lab::play_with(1716, Arc::new(AllLayered(Crafting::default())), async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        let mut mallory = alice.invites("Mallory").await;
        locks_for_a_moment(&mut alice).await;
        // She writes it while she hears nothing.
        lab.network().silence("Mallory");
        mallory.write("erase").await;
        alice.person.throw_out(&alice.room, "Mallory").await.unwrap().unwrap();
        alice.pause(5 * MINUTE).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!((member.ended().await, member.asks_to_erase().await), (None, None));
        }
        assert_eq!(mallory.phase().await, RoomPhase::Gone);
        bob.say("Without her.").await;
        assert!(alice.texts().await.contains(&"Without her.".to_owned()));
    });
}

#[test]
fn the_owners_app_may_die_anywhere_while_she_erases() {
    dies_anywhere(|points| {
        Lab::play(1717, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, outlives()).await;
            alice.person.crash_after(points);
            let given = alice.person.erase(&alice.room.clone()).await.is_some();
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            // If it died before it was kept, she asks again.
            let is_there = alice.person.snapshot().await.rooms.iter().any(|room| room.phase == RoomPhase::Open);
            if is_there {
                assert!(!given, "what was promised was kept, after {points} points");
                erases(&mut alice).await;
            }
            bob.pause(5 * MINUTE).await;
            for member in [&mut alice, &mut bob] {
                assert_eq!(member.ended().await, Some(Ended::ErasedByOwner), "after {points} points");
                assert!(!member.has_file(), "after {points} points");
            }
            died
        })
    });
}

#[test]
fn a_members_app_may_die_anywhere_while_it_erases() {
    dies_anywhere(|points| {
        Lab::play(1718, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, by_any()).await;
            locks_for_a_moment(&mut alice).await;
            bob.person.crash_after(points);
            let given = bob.person.erase(&bob.room.clone()).await.is_some();
            bob.pause(MINUTE).await;
            bob.start().await;
            let died = bob.person.crashes() > 0;
            let is_there = bob.person.snapshot().await.rooms.iter().any(|room| room.phase == RoomPhase::Open);
            if is_there {
                assert!(!given, "what was promised was kept, after {points} points");
                erases(&mut bob).await;
            }
            alice.pause(5 * MINUTE).await;
            assert_eq!(alice.ended().await, Some(Ended::ErasedByMember), "after {points} points");
            // Where his own message did not come back, the owner's tombstone did.
            assert!(bob.ended().await.is_some(), "after {points} points");
            assert!(!alice.has_file() && !bob.has_file(), "after {points} points");
            died
        })
    });
}

#[test]
fn the_owners_app_may_die_anywhere_while_it_hears_a_member_erase() {
    dies_anywhere(|points| {
        Lab::play(1719, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, by_any()).await;
            let link = alice.link().await;
            locks_for_a_moment(&mut alice).await;
            alice.person.crash_after(points);
            erases(&mut bob).await;
            alice.pause(MINUTE).await;
            alice.start().await;
            alice.pause(5 * MINUTE).await;
            assert_eq!(alice.ended().await, Some(Ended::ErasedByMember), "after {points} points");
            assert!(!alice.has_file(), "after {points} points");
            assert_eq!(looks_in(&mut bob, &link).await, Err(ErrorCode::RoomGone), "after {points} points");
            alice.person.crashes() > 0
        })
    });
}

#[test]
fn the_app_of_who_is_asked_may_die_anywhere_while_it_answers() {
    dies_anywhere(|points| {
        Lab::play(1721, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, by_any()).await;
            erases(&mut bob).await;
            alice.pause(MINUTE / 2).await;
            alice.person.crash_after(points);
            let given = answers(&mut alice, true).await;
            alice.pause(MINUTE / 6).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            alice.person.crash_after(u64::MAX / 2);
            if given.is_none() && alice.asks_to_erase().await.is_some() {
                // It was not kept.
                answers(&mut alice, true).await.unwrap().unwrap();
            }
            alice.pause(MINUTE).await;
            assert_eq!(alice.ended().await, Some(Ended::ErasedByMember), "after {points} points");
            assert!(!alice.has_file() && !bob.has_file(), "after {points} points");
            died
        })
    });
}

#[test]
fn what_waits_for_an_answer_waits_through_the_end_of_the_app() {
    Lab::play(1720, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, by_any()).await;
        let mut mallory = alice.invites("Mallory").await;
        bob.close().await;
        erases(&mut mallory).await;
        mallory.pause(MINUTE).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.asks_to_erase().await, Some("Mallory".to_owned()), "he reads it later, and is asked");
        assert_eq!(bob.connection().await, Connection::Online);
        alice.pause(MINUTE).await;
        bob.close().await;
        bob.start().await;
        shows_nothing(&mut bob).await;
        assert_eq!(bob.asks_to_erase().await, Some("Mallory".to_owned()));
    });
}
