//! A silent room ends by the rule that its owner signed, on the relay and on everybody's computer.

use conclave_engine::{
    Engine,
    api::{NewRules, OfRoom},
    snapshot::{Ended, RoomPhase},
};
use conclave_proto::{
    ErrorCode,
    frame::{Refusal, Reply},
};
use conclave_testkit::{
    Lab,
    check::Member,
    scene::{all_is_well, two_with},
};

use super::{DAY, HOUR, MINUTE};

/// A day of silence, and it goes on without its owner.
fn a_day() -> NewRules {
    NewRules { owner_leave_closes: false, ..NewRules::default() }
}

/// The room has ended here because nobody wrote.
async fn fell_silent(member: &mut Member) -> bool {
    member.ended().await == Some(Ended::Idle) && !member.has_file()
}

/// When the room ends by its rules, as it shows.
async fn ends_at(member: &mut Member) -> Option<u64> {
    let request = OfRoom { room: member.room.clone() };
    let view = member.person.insist(async move |engine: Engine| engine.view_room(request).await.unwrap());
    view.await.summary.idle_ends_at
}

#[test]
fn a_silent_room_ends_for_those_who_are_there() {
    Lab::play(1301, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, a_day()).await;
        bob.pause(20 * HOUR).await;
        alice.say("The last word.").await;
        let due = ends_at(&mut bob).await.unwrap();
        let commits = lab.relay_log().kept().commits;
        bob.pause(23 * HOUR).await;
        assert!(lab.relay_log().kept().commits > commits, "their apps have renewed their keys, which nobody said");
        assert_eq!(bob.phase().await, RoomPhase::Open);
        assert_eq!(ends_at(&mut bob).await, Some(due), "nobody wrote");
        bob.pause(3 * HOUR).await;
        assert!(fell_silent(&mut alice).await && fell_silent(&mut bob).await);
    });
}

#[test]
fn a_silent_room_ends_for_who_comes_back_later() {
    Lab::play(1302, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, a_day()).await;
        bob.close().await;
        alice.pause(12 * HOUR).await;
        alice.say("Nobody reads this.").await;
        alice.pause(30 * HOUR).await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert!(fell_silent(&mut alice).await && fell_silent(&mut bob).await);
    });
}

#[test]
fn whoever_wants_to_keep_the_room_need_not_say_anything() {
    Lab::play(1303, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, a_day()).await;
        bob.pause(22 * HOUR).await;
        let due = ends_at(&mut bob).await.unwrap();
        bob.person.keep(&bob.room).await.unwrap().unwrap();
        bob.pause(MINUTE).await;
        for member in [&mut alice, &mut bob] {
            assert!(ends_at(member).await.unwrap() >= due + 21 * 3600, "both see that it goes on");
        }
        bob.pause(20 * HOUR).await;
        alice.say("Back again.").await;
        assert!(bob.texts().await.contains(&"Back again.".to_owned()));
    });
}

/// Nobody else is there whose commits would keep it.
#[test]
fn the_owner_alone_keeps_the_room_as_well() {
    Lab::play(1304, async |lab| {
        let mut person = lab.person("Alice").await;
        let room = person.create_with(a_day()).await;
        person.pause(22 * HOUR).await;
        let mut alice = Member::new(person, room);
        alice.person.keep(&alice.room).await.unwrap().unwrap();
        alice.pause(20 * HOUR).await;
        assert_eq!(alice.phase().await, RoomPhase::Open);
        alice.pause(6 * HOUR).await;
        assert!(fell_silent(&mut alice).await);
    });
}

fn knows_no_room(reply: Reply) -> Vec<Reply> {
    match reply {
        Reply::Authenticated(_) => vec![Reply::Refused(Refusal::bare(ErrorCode::NoSuchRoom))],
        other => vec![other],
    }
}

#[test]
fn a_relay_that_knows_no_such_room_before_its_time_wipes_nothing() {
    Lab::play(1305, async |lab| {
        let (alice, mut bob) = two_with(&lab, a_day()).await;
        lab.intercept("Bob", knows_no_room);
        bob.reconnect().await;
        bob.pause(10 * HOUR).await;
        assert_eq!(bob.ended().await, None);
        assert!(bob.texts().await.contains(&"Hello.".to_owned()));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_clock_that_is_set_ahead_ends_no_room_on_a_relays_word() {
    Lab::play(1306, async |lab| {
        let (alice, mut bob) = two_with(&lab, a_day()).await;
        bob.person.set_clock(3 * 86_400);
        bob.pause(5 * MINUTE).await;
        lab.intercept("Bob", knows_no_room);
        bob.reconnect().await;
        bob.pause(HOUR).await;
        assert_eq!(bob.ended().await, None, "a jump is believed after a day");
        bob.person.set_clock(0);
        bob.pause(5 * MINUTE).await;
        all_is_well(&lab, alice, bob).await;
    });
}

/// The host's computer was thrown away: nobody is left to say that the room is gone.
#[test]
fn a_room_whose_relay_never_comes_back_ends_a_month_after_its_time() {
    Lab::play(1307, async |lab| {
        let (_alice, mut bob) = two_with(&lab, a_day()).await;
        lab.stop_relay(false).await;
        bob.pause(30 * DAY).await;
        assert_eq!(bob.ended().await, None);
        bob.pause(2 * DAY).await;
        assert!(fell_silent(&mut bob).await);
    });
}
