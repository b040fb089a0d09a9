//! What the terminal says by itself: the sentences of the window, out of the same Fluent file.

use anyhow::Context as _;
use conclave_engine::{
    ErrorCode, InvitationError,
    snapshot::{
        Connection, HostingState, LinkFault, MemberHandle, MessageState, Person, Presence, Reorganised, RoomPhase,
        RoomSummary, RoomView, SystemLine,
    },
};
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use serde::Serialize;
use serde_json::Value;

use crate::plain;

/// The sentences of a language.
pub(crate) struct Words(FluentBundle<FluentResource>);

impl Words {
    /// Reads the sentences that the program was built with.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let resource = FluentResource::try_new(ENGLISH.to_owned()).ok().context("the sentences cannot be read")?;
        let mut bundle = FluentBundle::new(vec!["en".parse().context("no language")?]);
        // Terminals show direction marks as boxes.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).ok().context("a sentence is there twice")?;
        Ok(Self(bundle))
    }

    /// A sentence without values.
    pub(crate) fn say(&self, id: &str) -> String {
        self.say_with(id, &FluentArgs::new())
    }

    /// Fails with the reason if there is no way into the room, and trying again would not help.
    pub(crate) fn admission(&self, summary: &RoomSummary) -> anyhow::Result<()> {
        if let (RoomPhase::Joining, Connection::Stopped { reason }) = (summary.phase, summary.connection) {
            anyhow::bail!("the room cannot be joined: {}", self.fault(summary.phase, reason));
        }
        Ok(())
    }

    /// Where this person is in the room's life; nothing where that needs no words.
    pub(crate) fn phase(&self, phase: RoomPhase) -> Option<String> {
        (phase != RoomPhase::Open).then(|| self.say_of("phase", &phase))
    }

    /// Whether the relay is reached, and if not, why; nothing while that is being found out.
    pub(crate) fn connection(&self, summary: &RoomSummary) -> Option<String> {
        if let Some(hosting) = &summary.hosting
            && matches!(hosting.state, HostingState::Stopped | HostingState::PortTaken | HostingState::Failed)
        {
            return Some(self.say_of("hosting", &hosting.state));
        }
        match summary.connection {
            Connection::Connecting | Connection::CatchingUp => None,
            Connection::Offline => Some(self.say("connection-offline")),
            Connection::Online => {
                let full = summary.relay_full.then(|| self.say("relay-full"));
                let warnings: Vec<String> =
                    summary.clock_ahead.map(|ahead| self.clock_off(ahead)).into_iter().chain(full).collect();
                let online = self.say("connection-online");
                Some(if warnings.is_empty() { online } else { format!("{online}. {}", warnings.join(" ")) })
            }
            Connection::Waiting { reason, .. } => {
                Some(format!("{}: {}", self.say("connection-waiting"), self.fault(summary.phase, reason)))
            }
            Connection::Stopped { reason } => {
                let (stopped, never) = (self.say("connection-stopped"), self.say("connection-no-retry"));
                Some(format!("{stopped}: {} {never}", self.fault(summary.phase, reason)))
            }
        }
    }

    /// What keeps an own message; nothing if it is under way or the relay has it.
    pub(crate) fn held(&self, state: MessageState, summary: &RoomSummary) -> Option<String> {
        let online = summary.connection == Connection::Online;
        match state {
            MessageState::Stored => None,
            // Who the others are is not known yet.
            MessageState::AwaitingMembers if summary.phase == RoomPhase::Joining => Some(self.say("state-waiting")),
            MessageState::Waiting if summary.reorganised.is_some() => Some(self.say("state-waiting-reorganised")),
            MessageState::Waiting if online => None,
            MessageState::Waiting | MessageState::AwaitingMembers | MessageState::Failed => {
                Some(self.say_of("state", &state))
            }
        }
    }

    /// What went wrong, and what to do.
    pub(crate) fn error(&self, code: ErrorCode) -> String {
        self.say_of("error", &code)
    }

    /// What is wrong with an invitation, and where.
    pub(crate) fn invitation(&self, error: &InvitationError) -> String {
        let sentence = self.error(error.code);
        let place = error.slip.as_ref().and_then(|slip| serde_json::to_value(slip).ok());
        let Some(Value::Object(fields)) = place else { return sentence };
        let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
        let mut values = FluentArgs::new();
        for (name, value) in &fields {
            match (value.as_f64(), value.as_str()) {
                (Some(number), _) => values.set(name.as_str(), number),
                (None, text) => values.set(name.as_str(), text.unwrap_or_default()),
            }
        }
        format!("{sentence} {}", self.say_with(&format!("slip-{kind}"), &values))
    }

    fn fault(&self, phase: RoomPhase, reason: LinkFault) -> String {
        // Who is not in yet has nothing that waits.
        if phase == RoomPhase::Joining && reason == LinkFault::Unreachable {
            self.error(ErrorCode::RelayUnreachable)
        } else {
            self.say_of("fault", &reason)
        }
    }

    /// The sentence of a family that belongs to a value, named as it is serialised for the window.
    fn say_of(&self, family: &str, value: &impl Serialize) -> String {
        let value = serde_json::to_value(value).ok();
        self.say(&format!("{family}-{}", value.as_ref().and_then(Value::as_str).unwrap_or_default()))
    }

    /// An own message, as the list of rooms shows it.
    pub(crate) fn own(&self, text: &str) -> String {
        self.say_with("last-line-own", &FluentArgs::from_iter([("text", text)]))
    }

    /// Who says something. The window draws a sign from the key beside each name; here the key shows where the name does not
    /// say enough: somebody else has one that looks like it, or who spoke is gone, or was called otherwise then.
    pub(crate) fn speaker(&self, people: &[Person], sender: &MemberHandle, nick: &str) -> String {
        let name = plain::name(nick);
        let person = people.iter().find(|person| person.member == *sender);
        let key: String = sender.0.chars().take(KEY_DIGITS).collect();
        match person {
            Some(person) if person.ambiguous => format!("[{}: {key}] {name}", self.say("ambiguous")),
            Some(person) if person.nick == nick => name,
            _ => format!("[{key}] {name}"),
        }
    }

    /// Who is in the room at `now`, unix seconds, a line each: who has been away longest is the last, or behind that, in a full room,
    /// what to do.
    pub(crate) fn people(&self, view: &RoomView, now: u64) -> Vec<String> {
        let mut lines = vec![self.say_with("people-count", &FluentArgs::from_iter([("count", view.people.len())]))];
        lines.extend(view.people.iter().map(|person| self.person(&view.people, person, now)));
        if view.people.len() >= usize::from(view.rules.max_members) {
            let last = view.people.last().filter(|last| seconds_away(last, now).is_none_or(|away| away >= NOTED));
            let hint = match last {
                Some(last) => {
                    let name = plain::name(&last.nick);
                    self.say_with("room-full-longest", &FluentArgs::from_iter([("nick", name)]))
                }
                None => self.say("room-full-hint"),
            };
            lines.push(format!("{} {hint}", self.say("room-full")));
        }
        lines
    }

    fn person(&self, people: &[Person], person: &Person, now: u64) -> String {
        let name = match person.own {
            true => self.say_with("you-as", &FluentArgs::from_iter([("nick", plain::name(&person.nick))])),
            false => self.speaker(people, &person.member, &person.nick),
        };
        let presence = match (person.presence, seconds_away(person, now)) {
            (Presence::Here, _) => self.say("here"),
            (Presence::Away, None) => self.say("away-never"),
            (Presence::Away, Some(away)) if away < NOTED => self.say("away"),
            (Presence::Away, Some(away)) => {
                self.say_with("away-for", &FluentArgs::from_iter([("time", self.duration(away))]))
            }
        };
        let owner = if person.owner { format!(" ({})", self.say("owner")) } else { String::new() };
        format!("{name}{owner}: {presence}")
    }

    /// What happened in a room, named and filled in as it is serialised for the window.
    pub(crate) fn system(&self, line: &SystemLine) -> String {
        let mut values = values(line);
        if let SystemLine::ClockSet { by } = line {
            values.set("direction", if *by < 0 { "back" } else { "forward" });
            values.set("time", self.duration(by.unsigned_abs()));
        }
        let removed = matches!(line, SystemLine::Left { removed: true, .. });
        let event = values.get("event").and_then(as_text).unwrap_or_default();
        if removed {
            self.say_with("system-removed", &values)
        } else {
            self.say_with(&format!("system-{event}"), &values)
        }
    }

    /// By how much this computer's clock is off, as the relay's says.
    fn clock_off(&self, ahead: i64) -> String {
        let mut values = FluentArgs::new();
        values.set("direction", if ahead < 0 { "behind" } else { "ahead" });
        values.set("time", self.duration(ahead.unsigned_abs()));
        self.say_with("clock-off", &values)
    }

    /// A span of time in one unit, as the window says it.
    fn duration(&self, seconds: u64) -> String {
        let (unit, count) = match seconds {
            172_800.. => ("days", seconds.saturating_add(43_200) / 86_400),
            3_600.. => ("hours", seconds.saturating_add(1_800) / 3_600),
            60.. => ("minutes", seconds.saturating_add(30) / 60),
            _ => ("seconds", seconds),
        };
        self.say_with(&format!("duration-{unit}"), &FluentArgs::from_iter([("count", count)]))
    }

    /// What a room asks, with all that a person has to see before answering, a line each. `confirmed` says whether anybody has
    /// answered this person in the room.
    pub(crate) fn question(&self, question: &Reorganised, confirmed: bool) -> Vec<String> {
        let Reorganised { by, own, people, words, can_stay, .. } = question;
        let by = match by.as_str() {
            _ if *own => self.say("reorganised-by-own"),
            "" => self.say("reorganised-by-nobody"),
            nick => self.say_with("reorganised-by", &FluentArgs::from_iter([("nick", plain::name(nick))])),
        };
        let names: Vec<String> = people.iter().map(|nick| plain::name(nick)).collect();
        let heads = self.say_with("reorganised-people", &FluentArgs::from_iter([("count", people.len())]));
        let mut lines = vec![
            self.say("reorganised-title"),
            format!("{by} {}", self.say("reorganised-waiting")),
            format!("{heads}: {}", names.join(", ")),
            format!("{}: {}", self.say("reorganised-words"), words.join(" ")),
            self.say("reorganised-how"),
            self.say(if *can_stay { "reorganised-stay" } else { "reorganised-cannot-stay" }),
        ];
        if *can_stay && !confirmed {
            lines.push(self.say("stay-unconfirmed"));
        }
        lines.push(if *can_stay { "Type /rejoin or /stay.".to_owned() } else { "Type /rejoin.".to_owned() });
        lines
    }

    fn say_with(&self, id: &str, values: &FluentArgs<'_>) -> String {
        let pattern = self.0.get_message(id).and_then(|message| message.value());
        // A sentence that is missing is a name that can be looked for.
        pattern.map_or_else(
            || id.to_owned(),
            |pattern| self.0.format_pattern(pattern, Some(values), &mut Vec::new()).into(),
        )
    }
}

/// For how long somebody has been away; none if this computer has never heard of that person.
fn seconds_away(person: &Person, now: u64) -> Option<u64> {
    match person.presence {
        Presence::Here => Some(0),
        Presence::Away => person.heard_in.map(|hour| now.saturating_sub(hour)),
    }
}

/// The fields of something that happened, as it is serialised: its kind, numbers and names.
fn values(of: &impl Serialize) -> FluentArgs<'static> {
    let mut values = FluentArgs::new();
    if let Ok(Value::Object(fields)) = serde_json::to_value(of) {
        for (name, value) in fields {
            match value {
                Value::String(kind) if name == "event" => values.set(name, kind),
                Value::String(nick) => values.set(name, plain::name(&nick)),
                Value::Number(number) => values.set(name, number.as_f64().unwrap_or_default()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
            }
        }
    }
    values
}

fn as_text<'a>(value: &'a FluentValue<'_>) -> Option<&'a str> {
    if let FluentValue::String(text) = value { Some(text) } else { None }
}

/// From so many seconds on it is said for how long somebody has been away.
const NOTED: u64 = 2 * 3600;
/// Enough of a key's hash to tell a few people apart.
const KEY_DIGITS: usize = 8;

const ENGLISH: &str = include_str!("../../../ui/locales/en/conclave.ftl");

#[cfg(test)]
mod tests {
    use conclave_engine::{
        Slip,
        snapshot::{Hosting, RoomHandle, Rules},
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
            (
                ErrorCode::CodeSymbol,
                Slip::Symbol { position: 14, symbol: "U".to_owned() },
                "Sign 14 of the code is “U”.",
            ),
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
        }
    }

    #[test]
    fn who_is_not_connected_is_told_why() {
        let words = Words::new().unwrap();
        let waiting = |reason| Connection::Waiting { retry_in: 3, reason };
        let stopped = |reason| Connection::Stopped { reason };
        for (phase, connection, told) in [
            (RoomPhase::Open, waiting(LinkFault::Unreachable), "Waiting: The host is away"),
            (RoomPhase::Joining, waiting(LinkFault::Unreachable), "Waiting: Nothing answers at this address."),
            (RoomPhase::Open, stopped(LinkFault::WrongPin), "Stopped: Something else answers"),
            (RoomPhase::Open, Connection::Offline, "Offline"),
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
        let mut off = summary(RoomPhase::Open, Connection::Online);
        off.clock_ahead = Some(-7200);
        let said = words.connection(&off).unwrap();
        assert!(said.starts_with("Connected. This computer's clock is 2 hours behind the relay's."), "{said}");
        off.relay_full = true;
        assert!(words.connection(&off).unwrap().contains(" This room fills its space"), "both are said");
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
            (MessageState::Failed, Connection::Online, Some("Not sent: the relay refused it.")),
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
            rules: Rules { message_ttl: 3600, idle_ttl: 3600, max_members: 3, needs_passphrase: false },
            verification: None,
            owner: true,
            unsent: 0,
        };
        let now = 101 * 3600;
        let lines = ["3 people", "You, as <Heron> (Owner): Here", "<Wren>: Away", "<Lark>: Away for 4 days"];
        assert_eq!(words.people(&view, now)[..4], lines);
        assert!(words.people(&view, now)[4].contains("<Lark> has been away longest."));
        view.people[2].heard_in = None;
        assert!(words.people(&view, now)[3..].iter().all(|line| line.contains("Lark")), "never seen is longest");
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
}
