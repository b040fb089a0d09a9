#![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use super::*;

const ALICE: ConnId = 1;
const BOB: ConnId = 2;
const CAROL: ConnId = 3;

/// Everybody has a source of their own.
fn asker(conn: ConnId) -> Asker {
    Asker { conn, source: Some(Source(conn)), joiner: true }
}

fn from(conn: ConnId, source: u64) -> Asker {
    Asker { source: Some(Source(source)), ..asker(conn) }
}

fn unseen(conn: ConnId) -> Asker {
    Asker { source: None, ..asker(conn) }
}

fn grant(conn: ConnId, rid: u32) -> Vec<Action> {
    vec![Action::Grant { conn, rid, lasts: limits::LEASE }]
}

fn short(conn: ConnId, rid: u32) -> Vec<Action> {
    vec![Action::Grant { conn, rid, lasts: limits::LEASE_SHORT }]
}

#[tokio::test(start_paused = true)]
async fn who_comes_first_goes_first() {
    let (mut leases, now) = (Leases::default(), Instant::now());
    assert_eq!(leases.ask(asker(ALICE), 1, now), grant(ALICE, 1));
    assert_eq!(leases.ask(asker(BOB), 2, now), []);
    assert_eq!(leases.ask(asker(CAROL), 3, now), []);
    assert!(leases.held_against(BOB, now).is_some(), "only Alice may join");
    assert!(leases.held_against(ALICE, now).is_none());
    assert_eq!(leases.end(now), grant(BOB, 2));
    assert_eq!(leases.leave(BOB, now), grant(CAROL, 3), "who is gone holds nothing");
    assert_eq!(leases.leave(CAROL, now), []);
    assert!(leases.held_against(ALICE, now).is_none());
}

#[tokio::test(start_paused = true)]
async fn sources_take_turns_and_then_their_connections() {
    let (mut leases, now) = (Leases::default(), Instant::now());
    leases.ask(from(10, 1), 1, now);
    for conn in 11..14 {
        leases.ask(from(conn, 1), 1, now);
    }
    leases.ask(from(20, 2), 1, now);
    leases.ask(unseen(30), 1, now);
    leases.ask(unseen(31), 1, now);
    let next = |leases: &mut Leases| match leases.end(now)[..] {
        [Action::Grant { conn, .. }] => conn,
        ref other => panic!("{other:?}"),
    };
    let order: Vec<_> = (0..6).map(|_| next(&mut leases)).collect();
    assert_eq!(order, [11, 20, 30, 12, 31, 13], "connections whose source is hidden share a turn");
}

#[tokio::test(start_paused = true)]
async fn who_lets_a_lease_lapse_queues_behind_all_who_did_not() {
    let (mut leases, start) = (Leases::default(), Instant::now());
    leases.ask(from(10, 1), 1, start);
    leases.ask(asker(BOB), 2, start);
    let lapsed = start + limits::LEASE;
    assert_eq!(leases.deadline(10), Some(lapsed));
    assert_eq!(leases.tick(10, false, lapsed), grant(BOB, 2));
    assert_eq!(leases.ask(from(10, 1), 3, lapsed), []);
    assert_eq!(leases.ask(from(11, 1), 4, lapsed), [], "another connection from there");
    assert_eq!(leases.ask(asker(CAROL), 5, lapsed), []);
    assert_eq!(leases.end(lapsed), grant(CAROL, 5), "came last, and goes first");
    assert_eq!(leases.end(lapsed), short(10, 3), "with less patience for who wasted it");
    let forgiven = lapsed + limits::LEASE_PENALTY;
    assert_eq!(leases.end(forgiven), grant(11, 4), "for a minute");
}

#[tokio::test(start_paused = true)]
async fn nobody_keeps_the_slot_by_giving_it_back_in_time() {
    let (mut leases, now) = (Leases::default(), Instant::now());
    leases.ask(from(10, 1), 1, now);
    leases.ask(from(12, 2), 9, now);
    assert_eq!(leases.ask(from(10, 1), 2, now), grant(12, 9), "asking again gives it to the next");
    assert_eq!(leases.leave(12, now), short(10, 2));
    leases.leave(10, now);
    assert_eq!(leases.ask(from(13, 2), 3, now), short(13, 3), "a new connection from there has not forgotten");
    assert_eq!(leases.ask(asker(CAROL), 4, now), []);
    assert_eq!(leases.end(now), grant(CAROL, 4));
}

#[tokio::test(start_paused = true)]
async fn a_lease_lasts_while_its_commit_arrives_but_not_for_ever() {
    let (mut leases, start) = (Leases::default(), Instant::now());
    leases.ask(asker(ALICE), 1, start);
    leases.ask(asker(BOB), 2, start);
    let mut now = start + limits::LEASE;
    while now < start + limits::LEASE_MAX {
        assert_eq!(leases.tick(ALICE, true, now), [], "bytes are arriving");
        now = leases.deadline(ALICE).unwrap();
    }
    assert_eq!(leases.tick(ALICE, true, now), grant(BOB, 2), "nobody trickles for ever");
}

#[tokio::test(start_paused = true)]
async fn who_was_refused_keeps_its_place() {
    let (mut leases, start) = (Leases::default(), Instant::now());
    leases.ask(asker(ALICE), 1, start);
    leases.ask(asker(BOB), 2, start);
    leases.ask(asker(CAROL), 3, start + Duration::from_secs(20));
    let due = leases.deadline(BOB).unwrap();
    assert_eq!(due, start + limits::LEASE_WAIT);
    let actions = leases.tick(BOB, false, due);
    assert!(matches!(actions[..], [Action::Refuse { conn: BOB, rid: 2, position: 1, .. }]), "{actions:?}");
    assert_eq!(leases.deadline(BOB), None, "and nothing is due");
    assert_eq!(leases.ask(asker(BOB), 4, due), []);
    assert_eq!(leases.end(due), grant(BOB, 4), "before Carol, who came later");
    assert_eq!(leases.ask(asker(BOB), 5, due), grant(CAROL, 3));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_refused_hears_how_many_are_before_it() {
    let (mut leases, start) = (Leases::default(), Instant::now());
    for conn in [ALICE, BOB, CAROL] {
        leases.ask(asker(conn), 1, start);
    }
    let due = start + limits::LEASE_WAIT;
    for (conn, place) in [(CAROL, 2), (BOB, 1)] {
        let actions = leases.tick(conn, false, due);
        assert!(matches!(actions[..], [Action::Refuse { position, .. }] if position == place), "{actions:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_without_a_request_is_passed_over() {
    let (mut leases, start) = (Leases::default(), Instant::now());
    leases.ask(asker(ALICE), 1, start);
    leases.ask(asker(BOB), 2, start);
    let due = leases.deadline(BOB).unwrap();
    leases.tick(BOB, false, due);
    assert_eq!(leases.end(due), [], "Bob waits for nothing now");
    assert_eq!(leases.ask(asker(CAROL), 3, due), grant(CAROL, 3));
}

#[tokio::test(start_paused = true)]
async fn a_lock_sends_joiners_away() {
    let (mut leases, now) = (Leases::default(), Instant::now());
    leases.ask(asker(ALICE), 1, now);
    leases.ask(asker(BOB), 2, now);
    leases.ask(Asker { joiner: false, ..asker(CAROL) }, 3, now);
    let (refused, actions) = leases.refuse_joiners(now);
    assert_eq!((refused, actions), (vec![(BOB, 2)], grant(CAROL, 3)));
}

/// What a day brought.
#[derive(Debug, Default)]
struct Day {
    asked: u32,
    granted: u32,
    to_others: u32,
    longest: Duration,
}

/// A day in which `others` ask whenever they may and never commit. `fresh`: they come with a new connection each time,
/// as soon as they have a second left. Alice asks once a minute and commits at once.
fn a_day(others: &[Option<Source>], alice: Option<Source>, fresh: bool) -> Day {
    let (start, mut leases, mut day) = (Instant::now(), Leases::default(), Day::default());
    let mut conns: Vec<ConnId> = (0..).map(|n| 1000 + n).take(others.len()).collect();
    let (mut next_conn, mut since, mut rid) = (5000, None, 0);
    for second in 0..86_400_u64 {
        let now = start + Duration::from_secs(second);
        let mut actions = Vec::new();
        for (conn, source) in conns.iter_mut().zip(others) {
            actions.extend(leases.tick(*conn, false, now));
            let held = leases.holder.as_ref().is_some_and(|holder| holder.asker.conn == *conn);
            let ends = leases.deadline(*conn).is_some_and(|until| until <= now + Duration::from_secs(1));
            if fresh && held && ends {
                actions.extend(leases.leave(*conn, now));
                (*conn, next_conn) = (next_conn, next_conn + 1);
            }
            if !held && !leases.queue.iter().any(|waiting| waiting.asker.conn == *conn && waiting.rid.is_some()) {
                rid += 1;
                actions.extend(leases.ask(Asker { conn: *conn, source: *source, joiner: true }, rid, now));
            }
        }
        actions.extend(leases.tick(ALICE, false, now));
        if second % 60 == 30 {
            since = Some(now);
            day.asked += 1;
        }
        let waits = leases.queue.iter().any(|waiting| waiting.asker.conn == ALICE && waiting.rid.is_some());
        if since.is_some() && !waits && leases.holder.as_ref().is_none_or(|holder| holder.asker.conn != ALICE) {
            rid += 1;
            actions.extend(leases.ask(Asker { conn: ALICE, source: alice, joiner: true }, rid, now));
        }
        while let Some(action) = actions.pop() {
            match action {
                Action::Grant { conn: ALICE, .. } => {
                    day.granted += 1;
                    day.longest = day.longest.max(now.duration_since(since.take().unwrap()));
                    actions.extend(leases.end(now));
                }
                Action::Grant { .. } => day.to_others += 1,
                Action::Refuse { .. } => {}
            }
        }
    }
    day
}

#[tokio::test(start_paused = true)]
async fn five_connections_of_one_person_starve_nobody_in_a_day() {
    let (one, other) = (Some(Source(7)), Some(Source(8)));
    for (others, alice, fresh, patience) in [
        (vec![one; 5], other, false, limits::LEASE),
        (vec![one; 5], other, true, limits::LEASE),
        (vec![None; 5], other, false, limits::LEASE * 2),
        (vec![None; 5], None, false, limits::LEASE * 5),
        // Where nothing can be seen, a new connection is as good as any other: she waits for all of them, and no
        // longer.
        (vec![None; 5], None, true, limits::LEASE * 5),
        ((0..5).map(|n| Some(Source(n))).collect(), other, true, limits::LEASE * 5),
    ] {
        let day = a_day(&others, alice, fresh);
        // The last request of the day may still wait when it ends.
        assert!(day.asked == 1440 && day.granted >= day.asked - 1, "{day:?}");
        assert!(day.longest <= patience, "{day:?}");
        assert!(day.to_others > 1000, "the others were really there: {day:?}");
    }
}
