//! The owner changes title, note and rules of a room later (protocol 4.5): members hear of it by a commit, the relay by a deed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use conclave_engine::{
    self as engine, Engine,
    api::{ChangeRoom, NewRules, OfRoom},
    snapshot::{Ended, EraseBy, RoomPhase, RoomView, SystemLine, Waiting},
};
use conclave_proto::{
    ErrorCode,
    deed::Deed,
    frame::{Refusal, Reply, Request},
    owner::{Order, Statement},
};
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    scene::{all_is_well, joins, two, two_with},
};

use super::{DAY, HOUR, MINUTE, dies_anywhere};

const WEEK: u32 = 7 * 86_400;

/// Nothing is to change.
pub(crate) fn nothing(member: &Member) -> ChangeRoom {
    let room = member.room.clone();
    ChangeRoom { room, title: None, note: None, message_ttl: None, idle_ttl: None, max_members: None, erase_by: None }
}

async fn changes(owner: &mut Member, change: ChangeRoom) -> Result<(), engine::ErrorCode> {
    owner.person.change(change).await.unwrap()
}

async fn sees(member: &mut Member) -> RoomView {
    let request = OfRoom { room: member.room.clone() };
    member.person.insist(async move |engine: Engine| engine.view_room(request).await.unwrap()).await
}

/// What the timeline says of changes.
async fn told(member: &mut Member) -> Vec<SystemLine> {
    let is_of_one = |line: &SystemLine| {
        matches!(
            line,
            SystemLine::TitleChanged { .. }
                | SystemLine::NoteChanged { .. }
                | SystemLine::MessageTtlChanged { .. }
                | SystemLine::IdleTtlChanged { .. }
                | SystemLine::MaxMembersChanged { .. }
                | SystemLine::EraseByChanged { .. }
                | SystemLine::RulesChanged
        )
    };
    member.lines().await.into_iter().filter(is_of_one).collect()
}

#[test]
fn members_are_told_what_changed_from_what_to_what() {
    Lab::play(1801, async |lab| {
        let rules = NewRules { owner_leave_closes: false, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let title = sees(&mut bob).await.summary.title;
        let change = ChangeRoom {
            title: Some("Friday".to_owned()),
            note: Some("Bring cake.".to_owned()),
            message_ttl: Some(3600),
            idle_ttl: Some(WEEK),
            max_members: Some(64),
            erase_by: Some(EraseBy::AnyMember),
            ..nothing(&alice)
        };
        changes(&mut alice, change).await.unwrap();
        alice.pause(MINUTE).await;
        for member in [&mut alice, &mut bob] {
            let RoomView { summary, note, rules, waiting, .. } = sees(member).await;
            assert_eq!((summary.title.as_str(), note.as_str()), ("Friday", "Bring cake."));
            assert_eq!((rules.message_ttl, rules.idle_ttl, rules.max_members), (3600, WEEK, 64));
            assert_eq!(rules.erase_by, EraseBy::AnyMember);
            assert_eq!(waiting, []);
            let expected = [
                SystemLine::TitleChanged { from: title.clone(), to: "Friday".to_owned() },
                SystemLine::NoteChanged { from: String::new(), to: "Bring cake.".to_owned() },
                SystemLine::MessageTtlChanged { from: 86_400, to: 3600 },
                SystemLine::IdleTtlChanged { from: 86_400, to: WEEK },
                SystemLine::MaxMembersChanged { from: 16, to: 64 },
                SystemLine::EraseByChanged { to: EraseBy::AnyMember },
            ];
            assert!(told(member).await == expected);
        }
        bob.say("Now for an hour.").await;
        bob.pause(2 * HOUR).await;
        let texts = alice.texts().await;
        assert!(!texts.contains(&"Now for an hour.".to_owned()), "what is written since burns by the new rule");
        assert!(texts.contains(&"Hello.".to_owned()), "what was written before burns when it would have");
        let mut carol = joins(&lab, "Carol", &alice.link().await).await;
        assert_eq!(sees(&mut carol).await.summary.title, "Friday", "whoever comes later finds it so");
    });
}

/// Without the relay's knowing it, the room would end by the rule that it began with.
#[test]
fn the_relay_goes_by_the_new_silence() {
    Lab::play(1802, async |lab| {
        let rules = NewRules { owner_leave_closes: false, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let change = ChangeRoom { idle_ttl: Some(WEEK), ..nothing(&alice) };
        changes(&mut alice, change).await.unwrap();
        alice.pause(3 * DAY).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(member.ended().await, None);
        }
        bob.say("Still here.").await;
        let change = ChangeRoom { idle_ttl: Some(3600), ..nothing(&alice) };
        changes(&mut alice, change).await.unwrap();
        alice.pause(3 * HOUR).await;
        for member in [&mut alice, &mut bob] {
            assert_eq!(member.ended().await, Some(Ended::Idle), "and by a shorter one");
        }
    });
}

#[test]
fn a_change_waits_for_the_relay_and_comes_through_a_restart() {
    Lab::play(1803, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.stop_relay(false).await;
        alice.pause(MINUTE).await;
        let change = ChangeRoom { title: Some("Later".to_owned()), ..nothing(&alice) };
        changes(&mut alice, change).await.unwrap();
        assert_eq!(sees(&mut alice).await.waiting, [Waiting::Change]);
        alice.crash().await;
        alice.start().await;
        assert_eq!(sees(&mut alice).await.waiting, [Waiting::Change]);
        lab.restart_relay();
        alice.pause(5 * MINUTE).await;
        assert_eq!(sees(&mut alice).await.waiting, []);
        assert_eq!(sees(&mut bob).await.summary.title, "Later");
        all_is_well(&lab, alice, bob).await;
    });
}

/// The deed of a statement that was sent; none of another order.
fn deed_of(request: &Request<'_>) -> Option<Deed> {
    let Request::Owner(order) = request else { return None };
    match Statement::parse(order.statement).ok()?.order {
        Order::Policy(deed) => Some(deed),
        _ => None,
    }
}

/// The commit is in the log, and the relay has never heard of it: at the next connection its deed is an older one.
#[test]
fn a_relay_that_missed_the_deed_is_given_it_later() {
    Lab::play(1804, async |lab| {
        let rules = NewRules { owner_leave_closes: false, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let filter = lab.drop_requests("Alice", |request| deed_of(request).is_some());
        alice.reconnect().await;
        let change = ChangeRoom { idle_ttl: Some(WEEK), ..nothing(&alice) };
        changes(&mut alice, change).await.unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(sees(&mut bob).await.rules.idle_ttl, WEEK);
        alice.close().await;
        assert!(filter.dropped() > 0);
        filter.lift();
        alice.start().await;
        alice.pause(3 * DAY).await;
        assert_eq!(bob.ended().await, None);
        bob.say("It goes on.").await;
        assert_eq!(alice.texts().await, ["It goes on."]);
    });
}

#[test]
fn a_relay_that_takes_no_deed_is_not_asked_again_and_again() {
    Lab::play(1805, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let stubborn = Interceptor::new().requests(move |_, request| {
            count.fetch_add(u32::from(deed_of(request).is_some()), Relaxed);
            true
        });
        lab.intercept_with(&stubborn.replies_to("Alice", |reply| match reply {
            Reply::Ordered(_) => vec![Reply::Refused(Refusal::bare(ErrorCode::BadSignature))],
            other => vec![other],
        }));
        alice.reconnect().await;
        let change = ChangeRoom { max_members: Some(256), ..nothing(&alice) };
        changes(&mut alice, change).await.unwrap();
        alice.pause(HOUR).await;
        assert_eq!(asked.load(Relaxed), 1);
        assert_eq!(sees(&mut bob).await.rules.max_members, 256);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn nobody_else_changes_anything_and_nonsense_is_refused() {
    Lab::play(1806, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let title = ChangeRoom { title: Some("Bob's".to_owned()), ..nothing(&bob) };
        assert_eq!(changes(&mut bob, title).await, Err(engine::ErrorCode::NotOwner));
        let of_alice = nothing(&alice);
        for (change, why) in [
            (ChangeRoom { title: Some("x".repeat(65)), ..of_alice.clone() }, engine::ErrorCode::TitleTooLong),
            (ChangeRoom { note: Some("x".repeat(513)), ..of_alice.clone() }, engine::ErrorCode::NoteTooLong),
            (ChangeRoom { message_ttl: Some(5), ..of_alice.clone() }, engine::ErrorCode::LifetimeInvalid),
            (ChangeRoom { idle_ttl: Some(0), ..of_alice.clone() }, engine::ErrorCode::LifetimeInvalid),
            (ChangeRoom { max_members: Some(2), ..of_alice.clone() }, engine::ErrorCode::SizeInvalid),
        ] {
            assert_eq!(changes(&mut alice, change).await, Err(why));
        }
        // What changes nothing is wanted no more.
        changes(&mut alice, of_alice).await.unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(sees(&mut alice).await.waiting, []);
        assert_eq!(told(&mut bob).await, []);
        all_is_well(&lab, alice, bob).await;
    });
}

/// Lost to each other's commits, and to a lock that has to come first.
#[test]
fn a_change_comes_beside_other_commits_and_orders() {
    Lab::play(1807, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        lab.stop_relay(false).await;
        let change = ChangeRoom { title: Some("First".to_owned()), ..nothing(&alice) };
        changes(&mut alice, change).await.unwrap();
        alice.person.lock(&alice.room.clone()).await.unwrap().unwrap();
        let change = ChangeRoom { title: Some("Second".to_owned()), max_members: Some(256), ..nothing(&alice) };
        changes(&mut alice, change).await.unwrap();
        lab.restart_relay();
        let mut carol = joins(&lab, "Carol", &link).await;
        alice.pause(10 * MINUTE).await;
        let RoomView { summary, rules, waiting, .. } = sees(&mut bob).await;
        assert_eq!((summary.title.as_str(), rules.max_members), ("Second", 256));
        assert_eq!(waiting, []);
        assert_eq!(sees(&mut alice).await.waiting, []);
        assert_eq!(carol.phase().await, RoomPhase::Locked, "she came before the door was locked");
        bob.say("All of it.").await;
        assert!(carol.texts().await.contains(&"All of it.".to_owned()));
    });
}

/// The commit for the first one is made and kept when the second one is said.
#[test]
fn what_is_wanted_while_a_commit_is_on_its_way_comes_behind_it() {
    Lab::play(1809, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let filter = lab.drop_requests("Alice", |request| matches!(request, Request::Commit(_)));
        alice.reconnect().await;
        let first = ChangeRoom { title: Some("First".to_owned()), ..nothing(&alice) };
        changes(&mut alice, first).await.unwrap();
        alice.pause(Duration::from_secs(5)).await;
        assert!(filter.dropped() > 0, "it is on its way");
        let second = ChangeRoom { note: Some("And this.".to_owned()), ..nothing(&alice) };
        changes(&mut alice, second).await.unwrap();
        filter.lift();
        alice.pause(5 * MINUTE).await;
        let RoomView { summary, note, .. } = sees(&mut bob).await;
        assert_eq!((summary.title.as_str(), note.as_str()), ("First", "And this."));
        assert_eq!(sees(&mut alice).await.waiting, []);
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn the_owners_app_may_die_anywhere_while_she_changes_it() {
    dies_anywhere(|points| {
        Lab::play(1808, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let change = ChangeRoom { title: Some("Anyhow".to_owned()), idle_ttl: Some(WEEK), ..nothing(&alice) };
            alice.person.crash_after(points);
            let given = alice.person.change(change.clone()).await;
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            alice.pause(5 * MINUTE).await;
            if given.is_none() && sees(&mut alice).await.summary.title != "Anyhow" {
                changes(&mut alice, change).await.unwrap();
                alice.pause(MINUTE).await;
            }
            for member in [&mut alice, &mut bob] {
                let RoomView { summary, rules, waiting, .. } = sees(member).await;
                assert_eq!((summary.title.as_str(), rules.idle_ttl), ("Anyhow", WEEK), "after {points} points");
                assert_eq!(waiting, [], "after {points} points");
                assert_eq!(told(member).await.len(), 2, "once, after {points} points");
            }
            died
        })
    });
}

#[test]
fn a_members_app_may_die_anywhere_while_it_hears_of_a_change() {
    dies_anywhere(|points| {
        Lab::play(1810, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            let change = ChangeRoom { title: Some("Anyhow".to_owned()), idle_ttl: Some(WEEK), ..nothing(&alice) };
            bob.person.crash_after(points);
            changes(&mut alice, change).await.unwrap();
            bob.pause(MINUTE / 6).await;
            bob.start().await;
            let died = bob.person.crashes() > 0;
            bob.person.crash_after(u64::MAX / 2);
            bob.pause(MINUTE).await;
            let RoomView { summary, rules, .. } = sees(&mut bob).await;
            assert_eq!((summary.title.as_str(), rules.idle_ttl), ("Anyhow", WEEK), "after {points} points");
            assert_eq!(told(&mut bob).await.len(), 2, "once, after {points} points");
            died
        })
    });
}
