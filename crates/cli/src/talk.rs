//! Talking: lines in, lines out, as text or as JSON. `/people` shows who is in the room; one that was reorganised is answered with
//! `/rejoin` or `/stay`.

use std::{collections::BTreeSet, io::IsTerminal as _, path::PathBuf, time::Duration};

use anyhow::Context as _;
use conclave_engine::{
    Engine, ErrorCode, Events,
    api::{OfRoom, PageMessages, RejoinRoom, SecretText, SendMessage, StayInRoom},
    clock::{Clock as _, SystemClock},
    event::Event,
    snapshot::{Item, KnockHandle, Page, RoomHandle, RoomPhase, RoomSummary},
};

use crate::{
    erase,
    input::{Lines, MOST, Taken},
    line::{Command, Line},
    output::Output,
    signals::Signals,
    status::Status,
    words::Words,
};

mod ending;
mod erasing;
mod json;
mod knock;
mod message;
mod moving;
mod owner;
mod spoken;

/// How a session talks and ends.
#[derive(Clone, Debug)]
pub(crate) struct How {
    /// JSON in and out.
    pub(crate) json: bool,
    /// How long the relay has for what was written, once the input has ended.
    pub(crate) wait: Duration,
    /// The data folder that keeps the room.
    pub(crate) kept: Option<PathBuf>,
}

/// Talks until the input ends and the relay has what was written, the room is left, or the program is interrupted.
pub(crate) async fn run(engine: &Engine, room: &RoomHandle, how: How) -> anyhow::Result<()> {
    let words = Words::new()?;
    let mut session = Session {
        engine,
        room: room.clone(),
        how,
        words,
        out: Output::write(std::io::stdout()).context("cannot write the output")?,
        shown: BTreeSet::new(),
        begun: 0,
        status: Status::default(),
        asked: None,
        erasing: erasing::Erasing::default(),
        former: None,
        knocks: Vec::new(),
        unsent: None,
        spoken: spoken::Said::new(),
        taken: 0,
        refused: 0,
        is_read_to_the_end: false,
        is_over: false,
    };
    let mut events = engine.events();
    let mut signals = Signals::listen().context("cannot wait for a signal")?;
    let mut lines = Lines::read(std::io::stdin()).context("cannot wait for the input")?;
    // Beside all that the session waits for, the output among it, which may never be taken.
    let ended = tokio::select! {
        biased;
        () = signals.end() => session.interrupted().await,
        ended = session.converse(&mut events, &mut lines) => ended,
    };
    // Who types sees the last line; a pipe holds more than was read.
    let has_more = ended.is_err() && !session.is_read_to_the_end && !std::io::stdin().is_terminal();
    if has_more {
        return ended.with_context(|| {
            format!("the input was read up to line {}, and nothing behind that was sent", session.taken)
        });
    }
    ended
}

struct Session<'a> {
    engine: &'a Engine,
    room: RoomHandle,
    how: How,
    out: Output,
    /// Lines that were printed, so that a change of state does not print them again.
    shown: BTreeSet<String>,
    /// The number of the newest line that was seen before the session.
    begun: u64,
    status: Status,
    /// The branch that the room was last seen asking about: an answer is to that one.
    asked: Option<String>,
    erasing: erasing::Erasing,
    /// The room from which this session moved to the one in which it is now.
    former: Option<moving::Former>,
    /// The knocks that were shown, in the order of their numbers.
    knocks: Vec<KnockHandle>,
    words: Words,
    /// The numbers of own messages that the relay did not have when that was looked at last, at the end of the input.
    unsent: Option<BTreeSet<u64>>,
    /// What was last said of what is read aloud.
    spoken: spoken::Said,
    /// Lines of the input that were read, and those of them that were not sent.
    taken: u64,
    refused: u64,
    is_read_to_the_end: bool,
    /// The room is not here any more.
    is_over: bool,
}

impl Session<'_> {
    fn of_room(&self) -> OfRoom {
        OfRoom { room: self.room.clone() }
    }

    /// # Cancel safety
    /// What was asked of the engine may happen all the same, and what was not shown is shown the next time.
    async fn converse(&mut self, events: &mut Events, lines: &mut Lines) -> anyhow::Result<()> {
        self.begin().await?;
        while !self.is_over {
            tokio::select! {
                biased;
                event = events.next() => {
                    let told = self.event(event.context("the engine has ended")?).await;
                    until_it_is_told(told)?;
                }
                line = lines.next() => match line.context("the input cannot be read")? {
                    Some(line) => {
                        self.taken = self.taken.saturating_add(1);
                        if until_it_is_told(self.line(&line).await)?.unwrap_or_default() {
                            return Ok(());
                        }
                    }
                    None => {
                        self.is_read_to_the_end = true;
                        return self.finish(events).await;
                    }
                },
            }
        }
        Ok(())
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        match self.engine.view_invitation(self.of_room()).await {
            Ok(invitation) if self.how.json => self.out.json(&Line::Invitation { invitation }).await?,
            Ok(invitation) => self.out.text(&format!("Invitation: {}", invitation.link)).await?,
            // Not in the room yet.
            Err(_) => {}
        }
        if !self.how.json {
            self.look().await?;
        }
        self.unread().await
    }

    /// Shows what came while nobody looked: every line behind the newest one that was seen. A room that was only just entered may
    /// have lines as well, from before its events were listened to.
    async fn unread(&mut self) -> anyhow::Result<()> {
        let seen = self.engine.view_room(self.of_room()).await?.read_to;
        self.begun = seen.0.parse().unwrap_or_default();
        let begun = self.begun;
        let is_seen = |item: &Item| number(item) <= begun;
        let mut items = self.back_until(|items| items.iter().any(is_seen)).await?;
        items.retain(|item| !is_seen(item));
        if items.is_empty() {
            return Ok(());
        }
        self.event(Event::ItemsChanged { room: self.room.clone(), items }).await
    }

    /// The newest lines, page by page backwards, until there are enough.
    async fn back_until(&self, is_enough: impl Fn(&[Item]) -> bool) -> anyhow::Result<Vec<Item>> {
        let (mut items, mut before) = (Vec::new(), None);
        loop {
            let page = self.page(before).await?;
            items.splice(0..0, page.items);
            before = page.earlier;
            if before.is_none() || is_enough(&items) {
                return Ok(items);
            }
        }
    }

    async fn page(&self, before: Option<String>) -> anyhow::Result<Page> {
        let request = PageMessages { room: self.room.clone(), before, limit: PAGE };
        Ok(self.engine.page_messages(request).await?)
    }

    /// Shows what happens in this room; other rooms of the data folder have sessions of their own.
    async fn event(&mut self, event: Event) -> anyhow::Result<()> {
        if room_of(&event).is_some_and(|room| *room != self.room) {
            return self.former_event(event).await;
        }
        if let Event::RoomChanged { summary } = &event
            && summary.ended.is_some()
        {
            let summary = summary.clone();
            if self.how.json {
                self.out.json(&Line::Event { event }).await?;
            }
            return self.has_ended(&summary).await;
        }
        self.is_over |= matches!(event, Event::RoomRemoved { .. });
        if self.how.json {
            let is_read = matches!(event, Event::ItemsChanged { .. });
            self.out.json(&Line::Event { event }).await?;
            return if is_read { self.mark_read().await } else { Ok(()) };
        }
        match event {
            Event::Lagged => {
                self.look().await?;
                self.catch_up().await
            }
            Event::RoomChanged { summary } => self.changed(&summary).await,
            Event::ItemsChanged { items, .. } => self.items(items).await,
            Event::PeopleChanged { .. } => {
                self.spoken_news().await?;
                self.hear_knocks().await
            }
            Event::VaultChanged { .. }
            | Event::DeviceErased { .. }
            | Event::RoomRemoved { .. }
            | Event::TypingChanged { .. }
            | Event::ItemsRemoved { .. } => Ok(()),
        }
    }

    /// Prints what came and was not shown.
    async fn catch_up(&mut self) -> anyhow::Result<()> {
        let is_shown = |item: &Item| self.shown.contains(&item.id.0) || number(item) <= self.begun;
        let items = self.back_until(|items| items.iter().any(is_shown)).await?;
        self.items(items).await
    }

    /// Says how the room is, of which no event may have told.
    async fn look(&mut self) -> anyhow::Result<()> {
        let view = self.engine.view_room(self.of_room()).await?;
        self.changed(&view.summary).await?;
        self.hear_knocks().await
    }

    /// Says what is new about the room as a whole; fails if there is no way in.
    async fn changed(&mut self, summary: &RoomSummary) -> anyhow::Result<()> {
        for said in self.status.news(&self.words, summary)? {
            self.out.text(&format!("* {said}")).await?;
        }
        self.asks_to_erase(summary).await?;
        self.ask(summary).await
    }

    /// Prints the lines of a timeline that are new.
    async fn items(&mut self, items: Vec<Item>) -> anyhow::Result<()> {
        let view = self.engine.view_room(self.of_room()).await?;
        let (begun, mut is_read) = (self.begun, true);
        for item in items.iter().filter(|item| number(item) > begun) {
            let Some((name, line)) = self.shown(item, &view) else { continue };
            if self.shown.insert(name) {
                self.out.text(&line).await?;
                is_read = false;
            }
        }
        if is_read { Ok(()) } else { self.mark_read().await }
    }

    /// What is on the screen is not shown again the next time; a disk that takes no note of that does not end the session.
    async fn mark_read(&self) -> anyhow::Result<()> {
        match self.engine.mark_read(self.of_room()).await {
            Err(ErrorCode::DiskFull | ErrorCode::StorageFailed) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Shows what the room asks, once.
    async fn ask(&mut self, summary: &RoomSummary) -> anyhow::Result<()> {
        let question = summary.reorganised.as_deref();
        let branch = question.map(|question| question.branch.clone());
        if std::mem::replace(&mut self.asked, branch.clone()) == branch {
            return Ok(());
        }
        let confirmed = summary.phase != RoomPhase::AwaitingConfirmation;
        for line in question.map(|question| self.words.question(question, confirmed)).unwrap_or_default() {
            self.out.text(&format!("* {line}")).await?;
        }
        Ok(())
    }

    /// Answers what was shown. Whatever else the room asks by now stays unanswered, and so does a room that asks nothing.
    async fn answer(&mut self, stay: bool) -> anyhow::Result<()> {
        let (room, branch) = (self.room.clone(), self.asked.clone().unwrap_or_default());
        let answered = if stay {
            self.engine.stay_in_room(StayInRoom { room, branch }).await
        } else {
            self.engine.rejoin_room(RejoinRoom { room, branch }).await
        };
        let said = match answered {
            Ok(()) if stay => self.words.say("stay-here"),
            // The change of phase says it.
            Ok(()) => return Ok(()),
            Err(ErrorCode::InvalidRequest) => self.words.say("rejoin-over"),
            Err(error) => self.words.error(error),
        };
        self.out.text(&format!("* {said}")).await
    }

    /// Shows who is in the room.
    async fn people(&self) -> anyhow::Result<()> {
        let view = self.engine.view_room(self.of_room()).await?;
        for line in self.words.people(&view, SystemClock::new().now().unix) {
            self.out.text(&format!("* {line}")).await?;
        }
        Ok(())
    }

    /// Carries a line out; `true` ends the session.
    async fn line(&mut self, line: &Taken) -> anyhow::Result<bool> {
        let Taken::Whole(line) = line else {
            if self.how.json {
                self.out.json(&Line::NotACommand { reason: format!("more than {MOST} bytes") }).await?;
            } else {
                self.refuse(&format!("That line has more than {MOST} bytes and was not sent.")).await?;
            }
            return Ok(false);
        };
        let line = match str::from_utf8(line) {
            Ok(line) => line,
            Err(error) => {
                if self.how.json {
                    self.out.json(&Line::NotACommand { reason: error.to_string() }).await?;
                } else {
                    self.refuse("That line is not in UTF-8 and was not sent.").await?;
                }
                return Ok(false);
            }
        };
        if !self.how.json {
            match line.trim() {
                "" => {}
                answer @ ("/rejoin" | "/stay") => self.answer(answer == "/stay").await?,
                "/people" => self.people().await?,
                "/leave" => return self.leave().await,
                erase @ ("/erase" | "/erase tell") => {
                    return erase::engine(self.engine, erase == "/erase tell").await.map(|()| true);
                }
                other if is_command(other) && self.message(other).await?.is_some() => {}
                other if is_command(other) && self.order(other).await?.is_some() => {}
                other if is_command(other) && self.speech(other).await?.is_some() => {}
                other if is_command(other) && self.door(other).await?.is_some() => {}
                other if is_command(other) && self.moving(other).await?.is_some() => {}
                other if is_command(other) => {
                    let said = format!(
                        "There is no {other}, and it was not sent. There are {COMMANDS}; // before a line sends it"
                    );
                    self.refuse(&said).await?;
                }
                _ => {
                    // What begins with two is meant for the others.
                    let text = line.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(line);
                    let request =
                        SendMessage { room: self.room.clone(), text: SecretText::new(text.to_owned()), fuse: None };
                    if let Err(error) = self.engine.send_message(request).await {
                        self.refuse(&self.words.error(error)).await?;
                    }
                }
            }
            return Ok(false);
        }
        let command = match serde_json::from_str(line) {
            Ok(command) => command,
            Err(error) => {
                self.out.json(&Line::NotACommand { reason: error.to_string() }).await?;
                return Ok(false);
            }
        };
        let ends = matches!(command, Command::Leave | Command::Erase { .. } | Command::Quit);
        let answer = self.carry_out(command).await.unwrap_or_else(|code| Line::Error { code });
        let failed = matches!(answer, Line::Error { .. } | Line::Left { closing: true, .. });
        self.out.json(&answer).await?;
        if let Some(room) = moving::goes_to(&answer) {
            self.go_to(room).await?;
        }
        Ok(ends && !failed)
    }

    /// Leaves. `true` once the session is over by that: a room that is only to be closed is waited for.
    async fn leave(&mut self) -> anyhow::Result<bool> {
        let said = match self.engine.leave_room(self.of_room()).await {
            Ok(departure) if departure.closing => self.words.say("toast-left-closing"),
            Ok(departure) => {
                if !departure.told {
                    self.out.text(&format!("* {}", self.words.say("toast-left-untold"))).await?;
                }
                return Ok(true);
            }
            Err(error) => self.words.error(error),
        };
        self.refuse(&said).await?;
        Ok(false)
    }

    /// Says why a line is not sent.
    async fn refuse(&mut self, why: &str) -> anyhow::Result<()> {
        self.refused = self.refused.saturating_add(1);
        self.out.text(&format!("* {why}")).await
    }
}

/// A room that has just ended answers nothing any more; how it ended is the next that is told.
fn until_it_is_told<T>(done: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match done {
        Err(error) if matches!(error.downcast_ref(), Some(ErrorCode::RoomEnded | ErrorCode::UnknownRoom)) => Ok(None),
        done => done.map(Some),
    }
}

/// Whether a line is one word behind a stroke, as commands are; paths and what begins with two strokes are none.
fn is_command(line: &str) -> bool {
    let word = line.strip_prefix('/').and_then(|rest| rest.split_whitespace().next());
    word.is_some_and(|word| word.chars().all(|symbol| symbol.is_alphabetic() || symbol == '-'))
}

/// What can be typed besides messages.
const COMMANDS: &str = "/once SECONDS TEXT, /open, /burn SECONDS TEXT, /retract, /people, /speak, /speak withdraw, \
     /rejoin, /stay, /leave, /keep, /erase, /erase tell and, for the owner, /lock, /unlock, /knocks, /let-in NUMBER, \
     /turn-away NUMBER, /remove NAME, /title TITLE, /note NOTE, /ttl SECONDS, /silence SECONDS, /places NUMBER, /close, and \
     /move or /move RELAY, and /tell for who came in meanwhile; /follow goes where a room was moved; \
     /erase-room, twice, erases the room for everybody, if its rules let you";

/// The room that an event is about; none for what is about all of them.
fn room_of(event: &Event) -> Option<&RoomHandle> {
    match event {
        Event::RoomChanged { summary } => Some(&summary.room),
        Event::RoomRemoved { room }
        | Event::PeopleChanged { room }
        | Event::TypingChanged { room, .. }
        | Event::ItemsChanged { room, .. }
        | Event::ItemsRemoved { room, .. } => Some(room),
        Event::VaultChanged { .. } | Event::DeviceErased { .. } | Event::Lagged => None,
    }
}

/// A line's number, which rises as lines come.
fn number(item: &Item) -> u64 {
    item.id.0.parse().unwrap_or_default()
}

/// Lines that are read at once: as many as the engine gives.
const PAGE: u16 = 200;
