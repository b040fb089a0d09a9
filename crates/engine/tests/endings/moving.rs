//! The owner moves a room into another one, with another code, and whoever is in it follows.

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    group::{Group, GroupError},
    state::GroupState,
};
use conclave_engine::{
    ErrorCode,
    api::NewRules,
    snapshot::{
        Connection, Ended, Item, ItemBody, ItemId, KnockingState, LinkFault, RoomHandle, RoomPhase, SystemLine,
    },
};
use conclave_proto::{
    content::{Body, Move},
    frame::Request,
};
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    check::Member,
    layer::{AllLayered, Layer, message_of, with_message},
    scene::{enters, joins, knocks, three, two, two_for, two_with},
};

use super::{DAY, HOUR, MINUTE, dies_anywhere, looks_in, opens};

/// Longer than a join takes, with its confirmation, and the leave behind it.
const FOLLOWING: Duration = Duration::from_secs(120);

/// Alice moves the room, and waits a little. Where it goes on.
async fn moves(alice: &mut Member) -> RoomHandle {
    let new = alice.person.move_room(&alice.room, None).await.unwrap().unwrap();
    alice.pause(MINUTE).await;
    new
}

/// Somebody follows with one click, and waits a little.
async fn follows(member: &mut Member) -> RoomHandle {
    let new = member.person.follow(&member.room).await.unwrap().unwrap();
    member.pause(FOLLOWING).await;
    new
}

/// The line that says where the room goes on.
async fn line_of_move(member: &mut Member) -> Option<ItemId> {
    let items = member.person.timeline(&member.room).await.into_iter();
    items.filter(|item: &Item| matches!(item.body, ItemBody::Moved { .. })).map(|item| item.id).next()
}

/// The old room is gone for both, and they talk in the new one.
async fn are_there(alice: &mut Member, bob: &mut Member, old: &str, new: [RoomHandle; 2]) {
    for member in [&mut *alice, &mut *bob] {
        assert!(!member.is_listed().await, "{} has left the old room", member.person.name());
        assert!(!member.has_file());
    }
    assert_eq!(looks_in(bob, old).await, Err(ErrorCode::RoomGone));
    [alice.room, bob.room] = new;
    assert_ne!(alice.link().await, old);
    let title = alice.summary().await.title;
    assert_eq!(
        (title.as_str(), alice.phase().await, bob.phase().await),
        ("Press desk", RoomPhase::Open, RoomPhase::Open)
    );
    alice.say("Here we are.").await;
    bob.say("So we are.").await;
    assert!(bob.texts().await.contains(&"Here we are.".to_owned()));
    assert!(alice.texts().await.contains(&"So we are.".to_owned()));
}

#[test]
fn bob_follows_with_one_click_and_the_old_room_is_gone() {
    Lab::play(1501, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let old = alice.link().await;
        let to = moves(&mut alice).await;
        let (hers, his) = (alice.moved().await.unwrap(), bob.moved().await.unwrap());
        assert!(hers.own && !his.own);
        assert_eq!((his.by.as_str(), &his.places), ("Alice", &hers.places));
        assert!(hers.ends_at.is_some() && hers.places == ["relay.lab"], "{:?}", hers.places);
        assert_eq!(bob.phase().await, RoomPhase::Locked, "nobody comes into what the others leave");
        alice.pause(HOUR).await;
        assert!(bob.is_listed().await, "it waits for him");

        let his = follows(&mut bob).await;
        alice.pause(MINUTE).await;
        assert_eq!(follows_again(&mut alice).await, Err(ErrorCode::UnknownRoom));
        are_there(&mut alice, &mut bob, &old, [to, his]).await;
        let carol = joins(&lab, "Carol", &alice.link().await).await;
        assert_eq!(alice.people().await.len(), 3, "{} comes in by the new code", carol.person.name());
    });
}

async fn follows_again(member: &mut Member) -> Result<RoomHandle, ErrorCode> {
    member.person.follow(&member.room.clone()).await.unwrap()
}

#[test]
fn a_second_click_names_the_same_room_and_so_does_the_owners() {
    Lab::play(1502, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        let to = moves(&mut alice).await;
        assert_eq!(follows_again(&mut alice).await, Ok(to));
        lab.network().cut("Carol");
        let [first, second] = [follows_again(&mut carol).await, follows_again(&mut carol).await];
        assert_eq!(first, second);
        carol.pause(2 * MINUTE).await;
        let his = follows(&mut bob).await;
        assert!(!carol.is_listed().await && !bob.is_listed().await);
        alice.pause(MINUTE).await;
        assert!(!alice.is_listed().await, "all have left");
        bob.room = his;
        assert_eq!(bob.people().await.len(), 3);
    });
}

#[test]
fn who_is_away_follows_later_and_who_never_does_is_told_that_it_has_ended() {
    Lab::play(1503, async |lab| {
        let rules = NewRules { idle_ttl: 30 * 86_400, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let mut carol = alice.invites("Carol").await;
        bob.close().await;
        moves(&mut alice).await;
        alice.pause(20 * HOUR).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        follows(&mut bob).await;
        assert!(!bob.is_listed().await);
        assert!(alice.is_listed().await && carol.moved().await.is_some(), "Carol can still follow");
        alice.pause(5 * HOUR).await;
        assert!(!alice.is_listed().await, "the invitation has burned");
        assert_eq!(carol.ended().await, Some(Ended::ClosedByOwner));
        assert!(!carol.has_file());
        assert_eq!(follows_again(&mut carol).await, Err(ErrorCode::RoomEnded));
    });
}

/// Her computer keeps another time until the network tells it. What burns of her line she cannot have back; the others have it.
#[test]
fn a_clock_that_is_ahead_ends_no_room_that_others_can_still_follow_out_of() {
    Lab::play(1522, async |lab| {
        let rules = NewRules { idle_ttl: 30 * 86_400, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        moves(&mut alice).await;
        alice.close().await;
        alice.person.set_clock(3 * 86_400);
        alice.start().await;
        alice.pause(HOUR / 2).await;
        assert!(alice.is_listed().await && bob.is_listed().await);
        alice.person.set_clock(0);
        alice.pause(HOUR).await;
        alice.close().await;
        alice.start().await;
        alice.pause(MINUTE).await;
        assert!(alice.is_listed().await && bob.moved().await.is_some(), "he can still follow");
        alice.pause(DAY).await;
        assert!(!alice.is_listed().await, "and now nobody can");
        assert_eq!(bob.ended().await, Some(Ended::ClosedByOwner));
    });
}

/// That is what one moves a room for out of which somebody was removed.
#[test]
fn who_was_removed_is_not_told() {
    Lab::play(1504, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut mallory = alice.invites("Mallory").await;
        alice.person.throw_out(&alice.room, "Mallory").await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(mallory.phase().await, RoomPhase::Gone);
        let old = alice.link().await;
        let to = moves(&mut alice).await;
        let his = follows(&mut bob).await;
        alice.pause(MINUTE).await;
        mallory.retry().await;
        assert_eq!(mallory.moved().await, None);
        assert!(line_of_move(&mut mallory).await.is_none());
        are_there(&mut alice, &mut bob, &old, [to, his]).await;
        assert_eq!(alice.people().await.len(), 2);
    });
}

#[test]
fn a_move_that_is_taken_back_leaves_the_old_room_as_it_is() {
    Lab::play(1505, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        moves(&mut alice).await;
        let line = line_of_move(&mut alice).await.unwrap();
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!((alice.moved().await, bob.moved().await), (None, None));
        assert_eq!(follows_again(&mut bob).await, Err(ErrorCode::InvalidRequest));
        bob.leave().await;
        alice.pause(40 * DAY).await;
        assert!(alice.is_listed().await, "it does not end by itself");
    });
}

/// Invariant: what the app took is not lost. His connection is gone while he writes, and the click is quicker than its return.
#[test]
fn what_was_written_in_the_old_room_goes_out_before_it_is_left() {
    Lab::play(1521, async |lab| {
        let (mut alice, mut bob, _carol) = three(&lab).await;
        moves(&mut alice).await;
        lab.network().cut("Bob");
        let held = lab.drop_requests("Bob", |request| matches!(request, Request::Publish(_)));
        bob.write("I come along.").await;
        bob.person.follow(&bob.room.clone()).await.unwrap().unwrap();
        bob.pause(FOLLOWING).await;
        assert!(bob.is_listed().await, "the relay does not have it");
        held.lift();
        lab.network().cut("Bob");
        bob.pause(FOLLOWING).await;
        assert!(!bob.is_listed().await);
        assert!(alice.texts().await.contains(&"I come along.".to_owned()));
    });
}

/// Bob was on his way already.
#[test]
fn what_was_written_after_the_move_is_read_before_the_old_room_goes() {
    Lab::play(1519, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let old = alice.link().await;
        let to = moves(&mut alice).await;
        bob.say("Somebody is at my door.").await;
        let his = follows(&mut bob).await;
        alice.pause(10 * MINUTE).await;
        assert!(alice.is_listed().await, "she has not read it");
        assert!(alice.texts().await.contains(&"Somebody is at my door.".to_owned()));
        alice.person.mark_read(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        are_there(&mut alice, &mut bob, &old, [to, his]).await;
    });
}

#[test]
fn a_move_that_is_taken_back_meanwhile_leads_nobody_out_of_the_old_room() {
    Lab::play(1520, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        moves(&mut alice).await;
        let held = lab.drop_commits_of("Bob");
        let new = bob.person.follow(&bob.room.clone()).await.unwrap().unwrap();
        bob.pause(MINUTE).await;
        let line = line_of_move(&mut alice).await.unwrap();
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        held.lift();
        lab.network().cut("Bob");
        bob.pause(FOLLOWING).await;
        assert!(bob.is_listed().await, "he is in both");
        assert!(bob.person.snapshot().await.rooms.iter().any(|room| room.room == new && room.phase == RoomPhase::Open));
    });
}

#[test]
fn only_the_owner_moves_a_room_and_only_once() {
    Lab::play(1506, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        assert_eq!(bob.person.move_room(&bob.room, None).await, Some(Err(ErrorCode::NotOwner)));
        assert_eq!(follows_again(&mut bob).await, Err(ErrorCode::InvalidRequest), "it has not moved");
        moves(&mut alice).await;
        assert_eq!(alice.person.move_room(&alice.room, None).await, Some(Err(ErrorCode::InvalidRequest)));
        assert_eq!(alice.person.snapshot().await.rooms.len(), 2);
    });
    // Also before the old room knows.
    Lab::play(1514, async |lab| {
        let (mut alice, _bob) = two(&lab).await;
        let _held = lab.drop_requests("Alice", |request| matches!(request, Request::Create(_)));
        alice.person.move_room(&alice.room, None).await.unwrap().unwrap();
        assert_eq!(alice.person.move_room(&alice.room, None).await, Some(Err(ErrorCode::InvalidRequest)));
        assert_eq!(alice.person.snapshot().await.rooms.len(), 2);
    });
}

#[test]
fn a_room_in_which_nobody_else_is_moves_at_once() {
    Lab::play(1507, async |lab| {
        let mut alice = conclave_testkit::scene::one(&lab).await;
        let to = moves(&mut alice).await;
        assert!(!alice.is_listed().await);
        alice.room = to;
        assert_eq!(alice.phase().await, RoomPhase::Open);
    });
}

#[test]
fn nobody_types_the_new_passphrase_who_was_in_the_old_room() {
    Lab::play(1508, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let to = alice.person.move_room(&alice.room, Some("correct horse")).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let his = follows(&mut bob).await;
        [alice.room, bob.room] = [to, his];
        assert_eq!(bob.phase().await, RoomPhase::Open);
        assert!(alice.link().await.contains("~p"), "whoever else comes does");
    });
}

/// Nobody leaves the one room before somebody in the other one has confirmed that they are in.
#[test]
fn who_cannot_come_into_the_new_room_stays_in_the_old_one() {
    Lab::play(1509, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let to = moves(&mut alice).await;
        alice.close().await;
        let his = follows(&mut bob).await;
        assert!(bob.is_listed().await, "Alice has not confirmed it");
        bob.close().await;
        bob.start().await;
        alice.start().await;
        alice.pause(3 * MINUTE).await;
        assert!(!bob.is_listed().await && !alice.is_listed().await);
        [alice.room, bob.room] = [to, his];
        assert_eq!(bob.people().await.len(), 2);
    });
}

/// Bob comes back into the first of three rooms; the second one, in which nobody was, is gone.
#[test]
fn who_comes_back_after_two_moves_follows_to_where_the_others_are() {
    Lab::play(1515, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let first = alice.room.clone();
        bob.close().await;
        alice.room = moves(&mut alice).await;
        let third = moves(&mut alice).await;
        assert!(!alice.is_listed().await, "nobody was in the second one");
        bob.start().await;
        bob.pause(MINUTE).await;
        let his = follows(&mut bob).await;
        assert!(!bob.is_listed().await);
        alice.room = first;
        alice.pause(MINUTE).await;
        assert!(!alice.is_listed().await, "nobody is left behind");
        [alice.room, bob.room] = [third, his];
        alice.say("Here at last.").await;
        assert!(bob.texts().await.contains(&"Here at last.".to_owned()));
    });
}

/// Bob saw the first move and waited; what he follows is the newest one.
#[test]
fn who_waits_to_follow_is_led_on_when_the_room_moves_again() {
    Lab::play(1516, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        let first = alice.room.clone();
        alice.room = moves(&mut alice).await;
        carol.room = follows(&mut carol).await;
        let third = moves(&mut alice).await;
        assert_eq!(bob.taken_back().await, 1, "one line leads on, the other one is taken back");
        let [his, hers] = [follows(&mut bob).await, follows(&mut carol).await];
        alice.pause(MINUTE).await;
        assert!(!alice.is_listed().await && !bob.is_listed().await && !carol.is_listed().await);
        alice.room = first;
        assert!(!alice.is_listed().await);
        [alice.room, bob.room, carol.room] = [third, his, hers];
        assert_eq!(bob.people().await.len(), 3);
    });
}

/// Whoever comes in behind the message would not read it, and stay behind when everybody has followed.
#[test]
fn nobody_comes_into_a_room_that_was_moved() {
    Lab::play(1517, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        moves(&mut alice).await;
        assert_eq!(alice.person.unlock(&alice.room.clone()).await, Some(Err(ErrorCode::InvalidRequest)));
        let mut carol = enters(&lab, "Carol", &link).await;
        let mut dave = knocks(&lab, "Dave", &link, "It is Dave.").await;
        dave.pause(MINUTE).await;
        assert_eq!(carol.connection().await, Connection::Stopped { reason: LinkFault::RoomLocked });
        assert_eq!(dave.knock().await.map(|knock| knock.state), Some(KnockingState::TurnedAway), "he does not wait");
        assert_eq!(alice.knocks().await, []);
        assert_eq!(alice.person.issue_token(&alice.room.clone()).await, Err(ErrorCode::InvalidRequest));
        assert_eq!(bob.people().await.len(), 2);
        // A move that is taken back leaves a room that can be opened.
        let line = line_of_move(&mut alice).await.unwrap();
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        carol.retry().await;
        carol.pause(MINUTE).await;
        assert_eq!(bob.people().await.len(), 3);
    });
}

/// Carol comes in before the lock. Her name may be one that somebody chose who was removed: Alice decides.
#[test]
fn who_comes_in_while_the_room_moves_is_told_once_its_owner_says_so() {
    Lab::play(1518, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut mallory = alice.invites("Mallory").await;
        let link = alice.link().await;
        let deaf = lab.drop_requests("Alice", |request| matches!(request, Request::Owner(_)));
        alice.reconnect().await;
        alice.person.move_room(&alice.room, None).await.unwrap().unwrap();
        alice.pause(MINUTE / 3).await;
        assert_eq!(bob.moved().await, None, "not before the door is shut");
        let mut carol = joins(&lab, "Carol", &link).await;
        assert_eq!(carol.phase().await, RoomPhase::Open);
        alice.person.throw_out(&alice.room, "Mallory").await.unwrap().unwrap();
        deaf.lift();
        lab.stop_intercepting();
        alice.reconnect().await;
        alice.say("Somebody came in meanwhile.").await;
        assert_eq!(came_since(&mut alice).await, ["Carol"]);
        assert_eq!((bob.moved().await, carol.moved().await), (None, None), "nobody is told before she has decided");
        assert!(bob.texts().await.contains(&"Somebody came in meanwhile.".to_owned()), "what she says does not wait");

        alice.close().await;
        alice.start().await;
        alice.pause(MINUTE).await;
        assert_eq!(came_since(&mut alice).await, ["Carol"]);
        alice.person.tell_newcomers(&alice.room.clone()).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(came_since(&mut alice).await, [""; 0]);
        for member in [&mut bob, &mut carol] {
            assert!(member.moved().await.is_some(), "{} is told", member.person.name());
            assert!(member.moved().await.unwrap().came_since.is_empty());
        }
        mallory.retry().await;
        assert_eq!(mallory.moved().await, None, "whoever is removed on the way is not");
        assert!(line_of_move(&mut mallory).await.is_none());
    });
}

/// The relay has let him in again before it passes on what Alice ordered.
#[test]
fn who_was_removed_and_comes_in_under_another_name_is_not_told() {
    Lab::play(1523, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        let link = alice.link().await;
        let deaf = lab.drop_requests("Alice", |request| matches!(request, Request::Owner(_) | Request::Publish(_)));
        alice.reconnect().await;
        let to = alice.person.move_room(&alice.room, None).await.unwrap().unwrap();
        alice.pause(MINUTE / 3).await;
        let mut mallory = joins(&lab, "Otto", &link).await;
        deaf.lift();
        lab.stop_intercepting();
        alice.reconnect().await;
        alice.pause(HOUR).await;
        assert_eq!(came_since(&mut alice).await, ["Otto"]);
        assert!(line_of_move(&mut mallory).await.is_none() && alice.is_listed().await);
        assert_eq!(bob.person.tell_newcomers(&bob.room.clone()).await, Some(Err(ErrorCode::NotOwner)));

        alice.person.throw_out(&alice.room, "Otto").await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(came_since(&mut alice).await, [""; 0]);
        assert!(line_of_move(&mut mallory).await.is_none());
        let his = follows(&mut bob).await;
        follows(&mut carol).await;
        alice.pause(MINUTE).await;
        assert!(!alice.is_listed().await && !bob.is_listed().await);
        [alice.room, bob.room] = [to, his];
        assert_eq!(bob.people().await.len(), 3);
    });
}

/// Who came in since Alice ordered the move, as her app shows it.
async fn came_since(alice: &mut Member) -> Vec<String> {
    alice.moved().await.into_iter().flat_map(|moved| moved.came_since).map(|came| came.nick).collect()
}

/// The message burns from when the relay has it, however long it waited.
#[test]
fn a_move_that_waits_for_longer_than_messages_live_is_said_all_the_same() {
    Lab::play(1519, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        let deaf = lab.drop_requests("Alice", |request| matches!(request, Request::Publish(_)));
        alice.reconnect().await;
        moves(&mut alice).await;
        alice.pause(5 * HOUR).await;
        assert!(alice.is_listed().await && alice.moved().await.unwrap().ends_at.is_none(), "it waits");
        deaf.lift();
        lab.stop_intercepting();
        alice.reconnect().await;
        assert!(bob.moved().await.is_some());
        follows(&mut bob).await;
        assert!(!bob.is_listed().await);
    });
}

/// A client that says where the room goes on, in place of texts that begin with an arrow.
#[derive(Clone)]
struct Leading;

impl Layer for Leading {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let mut content = message_of(message);
        if let Body::Text(text) = &content.body
            && let Some(link) = text.text.strip_prefix("-> ")
        {
            content.body = Body::Move(Move { link: link.to_owned(), passphrase: None });
        }
        group.encrypt(state, rng, &with_message(message, &content))
    }
}

#[test]
fn a_member_leads_nobody_elsewhere() {
    Lab::play_with(1510, Arc::new(AllLayered(Leading)), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut mallory = alice.invites("Mallory").await;
        let mut trap = lab.person("Eve").await;
        let trap_room = trap.create().await;
        trap.pause(MINUTE).await;
        let link = trap.invitation(&trap_room).await;
        mallory.say(&format!("-> {link}")).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(member.moved().await, None);
            assert_eq!(follows_again(member).await, Err(ErrorCode::InvalidRequest));
            let refused = SystemLine::MoveRefused { nick: "Mallory".to_owned() };
            assert!(member.lines().await.contains(&refused));
            assert_eq!(opens(member).await, Ok(()));
        }
    });
}

/// Also the owner's client may be of another version, or broken.
#[test]
fn a_move_that_leads_nowhere_is_none() {
    Lab::play_with(1511, Arc::new(AllLayered(Leading)), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let own = alice.link().await;
        for to in [own.as_str(), "conclave://", "https://example.org/"] {
            alice.say(&format!("-> {to}")).await;
            assert_eq!(bob.moved().await, None, "{to}");
        }
        let unsupported = |item: &Item| matches!(item.body, ItemBody::Unsupported { .. });
        assert_eq!(bob.person.timeline(&bob.room).await.iter().filter(|item| unsupported(item)).count(), 3);
    });
}

/// Whether an app died; from now on it does not.
async fn dies_no_more(member: &mut Member) -> bool {
    let died = member.person.crashes() > 0;
    member.person.crash_after(u64::MAX / 2);
    if died {
        member.pause(MINUTE).await;
    }
    died
}

#[test]
fn the_owners_app_may_die_anywhere_while_she_moves_the_room() {
    dies_anywhere(|points| {
        Lab::play(1512, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let old = alice.link().await;
            alice.person.crash_after(points);
            let mut to = alice.person.move_room(&alice.room.clone(), None).await.map(Result::unwrap);
            alice.pause(MINUTE).await;
            alice.start().await;
            alice.pause(MINUTE).await;
            if to.is_none() {
                let rooms = alice.person.snapshot().await.rooms;
                to = rooms.into_iter().map(|room| room.room).find(|room| *room != alice.room);
            }
            // If it died before anything was kept, she asks again.
            let to = if let Some(to) = to { to } else { moves(&mut alice).await };
            let his = follows(&mut bob).await;
            alice.pause(2 * MINUTE).await;
            let died = dies_no_more(&mut alice).await;
            are_there(&mut alice, &mut bob, &old, [to, his]).await;
            died
        })
    });
}

#[test]
fn a_members_app_may_die_anywhere_while_it_follows() {
    dies_anywhere(|points| {
        Lab::play(1513, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let old = alice.link().await;
            let to = moves(&mut alice).await;
            bob.person.crash_after(points);
            let mut his = bob.person.follow(&bob.room.clone()).await.map(Result::unwrap);
            bob.pause(3 * MINUTE).await;
            bob.start().await;
            if his.is_none() {
                let rooms = bob.person.snapshot().await.rooms;
                his = rooms.into_iter().map(|room| room.room).find(|room| *room != bob.room);
            }
            let his = if let Some(his) = his { his } else { follows(&mut bob).await };
            bob.pause(3 * MINUTE).await;
            let died = dies_no_more(&mut bob).await;
            are_there(&mut alice, &mut bob, &old, [to, his]).await;
            died
        })
    });
}
