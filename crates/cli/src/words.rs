//! What the terminal says by itself: the sentences of the window, out of the same Fluent file.

use anyhow::Context as _;
use conclave_engine::{
    ErrorCode, InvitationError,
    snapshot::{
        CardState, Connection, Ended, Erasure, Hosting, HostingState, KnockingState, LinkFault, MemberHandle,
        MessageState, Newcomer, Person, Presence, Remnant, Reorganised, RoomPhase, RoomSummary, RoomView, SystemLine,
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
        if let (Some(knock), Connection::Stopped { reason }) = (summary.knock.as_deref(), summary.connection) {
            match knock.state {
                KnockingState::TurnedAway => anyhow::bail!("the owner did not let you in"),
                KnockingState::Over => {
                    anyhow::bail!("nobody answered within ten minutes; chat with --knock knocks again")
                }
                KnockingState::Waiting => {
                    anyhow::bail!("nobody can knock there: {}", self.fault(summary.phase, reason))
                }
            }
        }
        Ok(())
    }

    /// What to read out while one waits at a locked door; nothing where that is not so.
    pub(crate) fn knock(&self, summary: &RoomSummary) -> Option<String> {
        let knock = summary.knock.as_deref().filter(|knock| knock.ends_at.is_some())?;
        let here = if knock.owner_here { "The owner is here." } else { "The owner is away." };
        Some(format!("You knocked. {here} These words are on her screen as well: {}", knock.words.join(" ")))
    }

    /// Where this person is in the room's life; nothing where that needs no words.
    pub(crate) fn phase(&self, phase: RoomPhase) -> Option<String> {
        (phase != RoomPhase::Open).then(|| self.say_of("phase", &phase))
    }

    /// What could not be erased, and what to do about it.
    pub(crate) fn left_behind(&self, erasure: &Erasure) -> Vec<String> {
        let mut ids: Vec<_> = erasure
            .left
            .iter()
            .map(|remnant| match remnant {
                Remnant::Keys => "erase-left-keys",
                Remnant::Index | Remnant::Rooms | Remnant::SetAside => "erase-left-files",
                Remnant::Keyring => "erase-left-keyring",
                Remnant::Program => "erase-left-program",
            })
            .collect();
        ids.dedup();
        ids.into_iter().map(|id| self.say(id)).collect()
    }

    /// How a room ended for everybody, and what is left of it.
    pub(crate) fn ended(&self, ended: Ended) -> [String; 2] {
        [self.say_of("ended", &ended), self.say("ended-others")]
    }

    /// Whether the relay is reached, and if not, why; nothing while that is being found out.
    pub(crate) fn connection(&self, summary: &RoomSummary) -> Option<String> {
        if let Some(hosting) = &summary.hosting
            && !matches!(hosting.state, HostingState::Starting | HostingState::Running)
        {
            return Some(self.not_served(hosting));
        }
        match summary.connection {
            Connection::Connecting | Connection::CatchingUp => None,
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

    /// Who can come into a room that this computer serves; nothing where it serves none.
    pub(crate) fn reach(&self, summary: &RoomSummary) -> Option<String> {
        let hosting = summary.hosting.as_ref().filter(|hosting| hosting.state == HostingState::Running)?;
        let reach = serde_json::to_value(hosting.reach).ok()?;
        let values = FluentArgs::from_iter([("reach", reach.as_str()?)]);
        Some(self.say_with("hosting-reach", &values))
    }

    /// Why a room is not served from here.
    fn not_served(&self, hosting: &Hosting) -> String {
        let Some(reason) = hosting.reason.filter(|_| hosting.state == HostingState::Failed) else {
            return self.say_of("hosting", &hosting.state);
        };
        let failed = format!("{}: {}", self.say_of("hosting-short", &hosting.state), self.error(reason));
        hosting.file.iter().fold(failed, |said, file| format!("{said} {}", self.file(file)))
    }

    /// Which file is meant.
    fn file(&self, file: &str) -> String {
        self.say_with("damaged-file", &FluentArgs::from_iter([("file", plain::text(file))]))
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
            MessageState::Waiting | MessageState::AwaitingMembers | MessageState::NoSpace => {
                Some(self.say_of("state", &state))
            }
        }
    }

    /// What is left of somebody's message that can be read once.
    pub(crate) fn card(&self, card: CardState, seconds: u32) -> String {
        let values = FluentArgs::from_iter([("seconds", FluentValue::from(seconds))]);
        match card {
            CardState::Sealed => {
                format!("{}: {}", self.say("view-once-card"), self.say_with("view-once-seconds", &values))
            }
            CardState::Opened => self.say("view-once-opened"),
            CardState::Unread => self.say("view-once-unread"),
            CardState::Gone => self.say("view-once-gone"),
        }
    }

    /// Where the owner has moved the room; nothing where that is not so any more.
    pub(crate) fn moved(&self, summary: &RoomSummary) -> Option<String> {
        let moved = summary.moved.as_deref()?;
        let place = FluentArgs::from_iter([("place", plain::text(&moved.places.join(", ")))]);
        if moved.own {
            return Some(self.say_with("moved-own", &place));
        }
        Some(format!("{} {}", self.say_with("moved-line", &place), self.say("moved-seen")))
    }

    /// Who came in since this person moved a room, and keeps everybody from hearing of it.
    pub(crate) fn came_since(&self, newcomers: &[Newcomer]) -> String {
        let nicks: Vec<_> = newcomers.iter().map(|newcomer| plain::text(&newcomer.nick)).collect();
        let nicks = FluentArgs::from_iter([("nicks", nicks.join(", "))]);
        format!("* {} /tell has them told as well.", self.say_with("moved-came", &nicks))
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
        lines.extend(view.people.iter().map(|person| self.person(view, person, now)));
        if view.people.len() >= usize::from(view.rules.max_members) {
            let last = view.people.last().filter(|last| seconds_away(view, last, now) >= NOTED);
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

    fn person(&self, view: &RoomView, person: &Person, now: u64) -> String {
        let name = match person.own {
            true => self.say_with("you-as", &FluentArgs::from_iter([("nick", plain::name(&person.nick))])),
            false => self.speaker(&view.people, &person.member, &person.nick),
        };
        let owner = if person.owner { format!(" ({})", self.say("owner")) } else { String::new() };
        let presence = match (person.presence, seconds_away(view, person, now)) {
            (Presence::Unknown, _) => return format!("{name}{owner}"),
            (Presence::Here, _) => self.say("here"),
            (Presence::Away, away) if away < NOTED => self.say("away"),
            (Presence::Away, away) => {
                let id = if person.heard_in.is_some() { "away-for" } else { "away-longer" };
                self.say_with(id, &FluentArgs::from_iter([("time", self.duration(away))]))
            }
        };
        format!("{name}{owner}: {presence}")
    }

    /// What happened in a room, named and filled in as it is serialised for the window.
    pub(crate) fn system(&self, line: &SystemLine) -> String {
        let mut values = values(line);
        if let SystemLine::ClockSet { by } = line {
            values.set("direction", if *by < 0 { "back" } else { "forward" });
            values.set("time", self.duration(by.unsigned_abs()));
        }
        if let SystemLine::MessageTtlChanged { from, to } | SystemLine::IdleTtlChanged { from, to } = line {
            values.set("from", self.duration(u64::from(*from)));
            values.set("to", self.duration(u64::from(*to)));
        }
        // In a terminal the owner's own lines are those of everybody.
        values.set("by", "other");
        let event = values.get("event").and_then(as_text).unwrap_or_default();
        let id = if matches!(line, SystemLine::Left { removed: true, .. }) {
            "removed".to_owned()
        } else {
            text_change(line).unwrap_or_else(|| event.to_owned())
        };
        self.say_with(&format!("system-{id}"), &values)
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

/// For how long somebody has been away, or for how long at least.
fn seconds_away(view: &RoomView, person: &Person, now: u64) -> u64 {
    match person.presence {
        Presence::Here | Presence::Unknown => 0,
        Presence::Away => now.saturating_sub(person.heard_in.unwrap_or(view.heard_since)),
    }
}

/// Which sentence says that a title or a note was given or taken away.
fn text_change(line: &SystemLine) -> Option<String> {
    let (what, from, to) = if let SystemLine::TitleChanged { from, to } = line {
        ("title", from, to)
    } else if let SystemLine::NoteChanged { from, to } = line {
        ("note", from, to)
    } else {
        return None;
    };
    match (from.is_empty(), to.is_empty()) {
        (true, _) => Some(format!("{what}-given")),
        (false, true) => Some(format!("{what}-taken")),
        (false, false) => None,
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
mod tests;
