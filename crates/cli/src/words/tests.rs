use conclave_engine::{
    Slip,
    snapshot::{Hosting, ItemId, RoomHandle, Rules},
};

use super::*;

#[test]
fn every_system_line_is_a_sentence() {
    let words = Words::new().unwrap();
    let nick = || "Otter".to_owned();
    for (line, told) in [
        (SystemLine::YouJoined, "You joined."),
        (SystemLine::Joined { nick: nick() }, "<Otter> joined"),
        (SystemLine::Left { nick: nick(), removed: false }, "<Otter> left."),
        (SystemLine::Left { nick: nick(), removed: true }, "<Otter> was removed"),
        (SystemLine::Renamed { from: nick(), to: "Wren".to_owned() }, "<Otter> is now called <Wren>."),
        (SystemLine::Gap { nick: nick(), missing: 1 }, "A message from <Otter> is missing"),
        (SystemLine::NotPublishedAgain { count: 12 }, "12 of your messages"),
        (SystemLine::LogTruncated, "The relay no longer has everything"),
        (SystemLine::SplitSuspected, "Several messages"),
        (SystemLine::ClockSet { by: -86_400 }, "This computer's clock was set back by 24 hours"),
        (SystemLine::ClockSet { by: 30 * 86_400 }, "This computer's clock was set forward by 30 days"),
    ] {
        let said = words.system(&line);
        assert!(said.starts_with(told), "{said}");
    }
}

#[test]
fn the_place_of_a_slip_in_an_invitation_is_said() {
    let words = Words::new().unwrap();
    let word = Slip::Word { position: 3, word: "crunsh".to_owned(), nearest: "crunch".to_owned() };
    for (code, slip, told) in [
        (ErrorCode::CodeSymbol, Slip::Symbol { position: 14, symbol: "U".to_owned() }, "Sign 14 of the code is “U”."),
        (ErrorCode::CodeTypo, Slip::Place { position: 14 }, "It is probably sign 14 of the code."),
        (ErrorCode::WordUnknown, word, "Word 3 is “crunsh”: did you mean “crunch”?"),
        (
            ErrorCode::WordUnknown,
            Slip::UnknownWord { position: 1, word: "xylophone".to_owned() },
            "Word 1 is “xylophone”.",
        ),
    ] {
        let said = words.invitation(&InvitationError { code, slip: Some(slip) });
        assert!(said.ends_with(told) && said.starts_with(&words.error(code)), "{said}");
    }
}

fn summary(phase: RoomPhase, connection: Connection) -> RoomSummary {
    RoomSummary {
        room: RoomHandle("7d".to_owned()),
        title: String::new(),
        phase,
        connection,
        hosting: None,
        unread: 0,
        members: 2,
        last_line: None,
        message_ttl: 3600,
        reorganised: None,
        in_memory: true,
        clock_ahead: None,
        relay_full: false,
        unopened: None,
        ended: None,
        erase_asked: None,
        burned: None,
        idle_ends_at: None,
        idle_ttl: 3600,
        knock: None,
        moved: None,
    }
}

#[test]
fn who_is_not_connected_is_told_why() {
    let words = Words::new().unwrap();
    let waiting = |reason| Connection::Waiting { retry_in: 3, reason };
    let stopped = |reason| Connection::Stopped { reason };
    for (phase, connection, told) in [
        (RoomPhase::Open, waiting(LinkFault::Unreachable), "Waiting: The computer that serves this room is away"),
        (RoomPhase::Joining, waiting(LinkFault::Unreachable), "Waiting: Nothing answers at this address."),
        (RoomPhase::Open, stopped(LinkFault::WrongPin), "Stopped: Something else answers"),
        (
            RoomPhase::Joining,
            stopped(LinkFault::OnionOnly),
            "Stopped: This room's invitation leads only to an onion address",
        ),
        (RoomPhase::Open, Connection::Online, "Connected"),
    ] {
        let said = words.connection(&summary(phase, connection)).unwrap();
        assert!(said.starts_with(told), "{said}");
    }
    for passing in [Connection::Connecting, Connection::CatchingUp] {
        assert_eq!(words.connection(&summary(RoomPhase::Open, passing)), None, "each attempt would say it again");
    }
    let mut host = summary(RoomPhase::Open, waiting(LinkFault::Unreachable));
    host.hosting = Some(Hosting::new(HostingState::PortTaken, Vec::new(), 0));
    assert!(words.connection(&host).unwrap().starts_with("Another program uses the port"));
    let damaged = Hosting::new(HostingState::Failed, Vec::new(), 0);
    host.hosting = Some(damaged.because(ErrorCode::HostedFileDamaged, Some("/rooms/7d.relay.db".to_owned())));
    let said = words.connection(&host).unwrap();
    assert!(said.starts_with("Hosting failed: What this computer, as the host, keeps"), "{said}");
    assert!(said.ends_with("The file: /rooms/7d.relay.db"), "{said}");
    let mut off = summary(RoomPhase::Open, Connection::Online);
    off.clock_ahead = Some(-7200);
    let said = words.connection(&off).unwrap();
    assert!(said.starts_with("Connected. This computer's clock is 2 hours behind the relay's."), "{said}");
    off.relay_full = true;
    assert!(words.connection(&off).unwrap().contains(" this room filled its space"), "both are said");
}

#[test]
fn who_can_come_is_said_while_the_room_is_served() {
    let words = Words::new().unwrap();
    let mut room = summary(RoomPhase::Open, Connection::Online);
    assert_eq!(words.reach(&room), None, "a relay elsewhere serves it");
    for (address, told) in [
        ("127.0.0.1:7443", "This computer is in no network"),
        ("192.168.1.20:7443", "People in the same network (home, office, VPN) can come in. Others cannot"),
        ("9.9.9.9:7443", "People everywhere can come in, unless"),
    ] {
        room.hosting = Some(Hosting::new(HostingState::Running, vec![address.to_owned()], 0));
        let said = words.reach(&room).unwrap();
        assert!(said.starts_with(told), "{said}");
    }
    room.hosting = Some(Hosting::new(HostingState::Stopped, vec!["9.9.9.9:7443".to_owned()], 0));
    assert_eq!(words.reach(&room), None);
}

#[test]
fn only_a_newcomer_who_is_refused_for_good_gives_up() {
    let words = Words::new().unwrap();
    let (full, away) = (LinkFault::RoomFull, LinkFault::Unreachable);
    let refused = words.admission(&summary(RoomPhase::Joining, Connection::Stopped { reason: full }));
    assert!(refused.unwrap_err().to_string().contains("The room is full."));
    for (phase, connection) in [
        (RoomPhase::Joining, Connection::Waiting { retry_in: 3, reason: away }),
        (RoomPhase::Open, Connection::Stopped { reason: full }),
    ] {
        words.admission(&summary(phase, connection)).unwrap();
    }
}

#[test]
fn an_own_message_that_is_held_says_why() {
    let words = Words::new().unwrap();
    let away = Connection::Waiting { retry_in: 3, reason: LinkFault::Unreachable };
    for (state, connection, told) in [
        (MessageState::Stored, Connection::Online, None),
        (MessageState::Waiting, Connection::Online, None),
        (MessageState::Waiting, away, Some("Waiting for the relay.")),
        (MessageState::AwaitingMembers, Connection::Online, Some("Goes out as soon as somebody has joined.")),
    ] {
        assert_eq!(words.held(state, &summary(RoomPhase::Open, connection)).as_deref(), told);
    }
    let entering = summary(RoomPhase::Joining, Connection::Connecting);
    let told = words.held(MessageState::AwaitingMembers, &entering);
    assert_eq!(told.as_deref(), Some("Waiting for the relay."), "somebody may well be there");
}

#[test]
fn a_name_that_says_not_enough_comes_with_the_key() {
    let words = Words::new().unwrap();
    let sender = MemberHandle("0123456789abcdef0123456789abcdef".to_owned());
    let mut person = Person {
        member: sender.clone(),
        nick: "Otter".to_owned(),
        own: false,
        owner: false,
        presence: Presence::Here,
        heard_in: None,
        ambiguous: false,
        hue: 0,
        shape: 0,
    };
    let speaker = |person: &Person, nick| words.speaker(std::slice::from_ref(person), &sender, nick);
    assert_eq!(speaker(&person, "Otter"), "<Otter>");
    assert_eq!(speaker(&person, "Wren"), "[01234567] <Wren>", "called otherwise then");
    assert_eq!(words.speaker(&[], &sender, "Otter"), "[01234567] <Otter>", "gone");
    person.ambiguous = true;
    assert_eq!(speaker(&person, "Otter"), "[Look-alike name: 01234567] <Otter>");
}

#[test]
fn a_full_room_names_who_has_been_away_longest() {
    let words = Words::new().unwrap();
    let person = |nick: &str, presence, heard_in| Person {
        member: MemberHandle(nick.to_owned()),
        nick: nick.to_owned(),
        own: nick == "Heron",
        owner: nick == "Heron",
        presence,
        heard_in,
        ambiguous: false,
        hue: 0,
        shape: 0,
    };
    let mut view = RoomView {
        summary: summary(RoomPhase::Open, Connection::Online),
        note: String::new(),
        people: vec![
            person("Heron", Presence::Here, None),
            person("Wren", Presence::Away, Some(100 * 3600)),
            person("Lark", Presence::Away, Some(0)),
        ],
        rules: Rules {
            message_ttl: 3600,
            idle_ttl: 3600,
            max_members: 3,
            owner_leave_closes: true,
            ..Rules::default()
        },
        verification: None,
        owner: true,
        locked_for_good: false,
        waiting: Vec::new(),
        unsent: 0,
        knocks: Vec::new(),
        takes_knocks: true,
        read_to: ItemId("0".to_owned()),
        heard_since: 0,
        spoken: Vec::new(),
    };
    let now = 101 * 3600;
    let lines = ["3 people", "You, as <Heron> (Owner): Here", "<Wren>: Away", "<Lark>: Away for 4 days"];
    assert_eq!(words.people(&view, now)[..4], lines);
    assert!(words.people(&view, now)[4].contains("<Lark> has been away longest."));
    view.people[2].heard_in = None;
    assert!(words.people(&view, now)[3..].iter().all(|line| line.contains("Lark")), "never seen is longest");
    assert_eq!(words.people(&view, now)[3], "<Lark>: Away for 4 days or longer");
    view.heard_since = now - 60;
    assert_eq!(words.people(&view, now)[3], "<Lark>: Away", "nobody knows more");
    assert!(words.people(&view, now)[4].ends_with("before anybody can come in."));
    view.people[2].presence = Presence::Unknown;
    assert_eq!(words.people(&view, now)[3], "<Lark>", "nothing is known");
    view.people.truncate(2);
    view.rules.max_members = 2;
    assert!(words.people(&view, now)[3].ends_with("before anybody can come in."), "an hour is not long");
    view.rules.max_members = 16;
    assert_eq!(words.people(&view, now).len(), 3);
}

#[test]
fn a_question_says_who_and_which_words_and_how_to_answer() {
    let words = Words::new().unwrap();
    let mut question = Reorganised {
        branch: "7d".to_owned(),
        by: "Otter".to_owned(),
        own: false,
        people: vec!["Heron".to_owned(), "Wren".to_owned()],
        words: vec!["cradle".to_owned(), "pepper".to_owned()],
        can_stay: true,
    };
    let asked = words.question(&question, true);
    let lines =
        ["<Otter> says so", "2 people would be in it: <Heron>, <Wren>", "cradle pepper", "Type /rejoin or /stay."];
    for line in lines {
        assert!(asked.iter().any(|asked| asked.contains(line)), "{asked:#?}");
    }
    assert_eq!(words.question(&question, false).len(), asked.len() + 1, "a newcomer is told what staying means");
    question.can_stay = false;
    assert!(words.question(&question, false).iter().all(|line| !line.contains("/stay")));
    question.own = true;
    let asked = words.question(&question, true);
    assert!(asked.iter().any(|line| line.contains("copy")) && asked.iter().all(|line| !line.contains("Otter")));
}
