//! What the terminal says by itself: the sentences of the window, out of the same Fluent file.

use anyhow::Context as _;
use conclave_engine::snapshot::{MemberHandle, Person, Reorganised, SystemLine};
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

    /// What happened in a room, named and filled in as it is serialised for the window.
    pub(crate) fn system(&self, line: &SystemLine) -> String {
        let values = values(line);
        let removed = matches!(line, SystemLine::Left { removed: true, .. });
        let event = values.get("event").and_then(as_text).unwrap_or_default();
        if removed {
            self.say_with("system-removed", &values)
        } else {
            self.say_with(&format!("system-{event}"), &values)
        }
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

/// Enough of a key's hash to tell a few people apart.
const KEY_DIGITS: usize = 8;

const ENGLISH: &str = include_str!("../../../ui/locales/en/conclave.ftl");

#[cfg(test)]
mod tests {
    use conclave_engine::snapshot::Presence;

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
            (SystemLine::SplitSuspected, "Several messages"),
        ] {
            let said = words.system(&line);
            assert!(said.starts_with(told), "{said}");
        }
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
