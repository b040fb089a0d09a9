//! Talking: lines in, lines out, as text or as JSON. A room that was reorganised is answered with `/rejoin` or `/stay`.

use std::collections::BTreeSet;

use anyhow::Context as _;
use conclave_engine::{
    Engine, ErrorCode,
    api::{OfRoom, PageMessages, RejoinRoom, SecretText, SendMessage, StayInRoom, WithdrawMessage},
    event::Event,
    snapshot::{InvitationView, Item, ItemBody, ItemId, Page, RoomHandle, RoomPhase, RoomSummary, RoomView},
};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Split, Stdin, stdin, stdout};

use crate::{plain, words::Words};

/// A line of the input with `--json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", deny_unknown_fields)]
enum Command {
    /// Writes a message.
    Send { text: SecretText },
    /// Takes back a message that the relay does not have.
    Withdraw { id: ItemId },
    /// Reads a part of the timeline.
    Page { before: Option<String>, limit: u16 },
    /// Shows the room from inside.
    View,
    /// Shows the invitation.
    Invitation,
    /// Rejoins at the branch that the room's question shows.
    Rejoin { branch: String },
    /// Refuses that, and stays.
    Stay { branch: String },
    /// Leaves the room and ends.
    Leave,
    /// Ends.
    Quit,
}

/// A line of the output with `--json`.
#[derive(Debug, Serialize)]
#[serde(tag = "line", rename_all = "camelCase")]
enum Line {
    /// Something that happened.
    Event { event: Event },
    /// The answer to `send`.
    Sent { id: ItemId },
    /// The answer to `page`.
    Page { page: Page },
    /// The answer to `view`.
    View { view: Box<RoomView> },
    /// The answer to `invitation`.
    Invitation { invitation: InvitationView },
    /// The answer to `leave`: whether the others carried it out.
    Left { told: bool },
    /// The answer to a command without one of its own.
    Done,
    /// A command could not be carried out.
    Error { code: ErrorCode },
    /// A line that is no command.
    NotACommand { reason: String },
}

/// Talks until the input ends, the room is left, or the program is interrupted.
pub(crate) async fn run(engine: &Engine, room: &RoomHandle, json: bool) -> anyhow::Result<()> {
    let words = Words::new()?;
    let shown = BTreeSet::new();
    let mut session = Session { engine, room, json, words, shown, phase: None, connection: None, asked: None };
    let mut events = engine.events();
    // Bytes, so that a line that is no text is answered and not the end.
    let mut lines = BufReader::new(stdin()).split(b'\n');
    session.begin().await?;
    loop {
        tokio::select! {
            biased;
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.context("cannot wait for an interrupt")?;
                return Ok(());
            }
            event = events.next() => session.event(event.context("the engine has ended")?).await?,
            line = next_line(&mut lines) => match line? {
                Some(line) => if session.line(&line).await? { return Ok(()) },
                None => return Ok(()),
            },
        }
    }
}

struct Session<'a> {
    engine: &'a Engine,
    room: &'a RoomHandle,
    json: bool,
    /// Lines that were printed, so that a change of state does not print them again.
    shown: BTreeSet<String>,
    /// What was last said about the room's life and the link, so that only a change is said.
    phase: Option<RoomPhase>,
    connection: Option<String>,
    /// The branch that the room was last seen asking about: an answer is to that one.
    asked: Option<String>,
    words: Words,
}

impl Session<'_> {
    fn of_room(&self) -> OfRoom {
        OfRoom { room: self.room.clone() }
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        match self.engine.view_invitation(self.of_room()).await {
            Ok(invitation) if self.json => return print_json(&Line::Invitation { invitation }).await,
            Ok(invitation) => print(&format!("Invitation: {}", invitation.link)).await?,
            // Not in the room yet.
            Err(_) => {}
        }
        if self.json { Ok(()) } else { self.look().await }
    }

    async fn event(&mut self, event: Event) -> anyhow::Result<()> {
        if self.json {
            return print_json(&Line::Event { event }).await;
        }
        if event == Event::Lagged {
            return self.look().await;
        }
        if let Event::RoomChanged { summary } = &event
            && summary.room == *self.room
        {
            self.changed(summary).await?;
        }
        if let Event::ItemsChanged { room, items } = event
            && room == *self.room
        {
            self.items(items).await?;
        }
        Ok(())
    }

    /// Says how the room is, of which no event may have told.
    async fn look(&mut self) -> anyhow::Result<()> {
        let view = self.engine.view_room(self.of_room()).await?;
        self.changed(&view.summary).await
    }

    /// Says what is new about the room as a whole; fails if there is no way in.
    async fn changed(&mut self, summary: &RoomSummary) -> anyhow::Result<()> {
        self.words.admission(summary)?;
        if self.phase.replace(summary.phase) != Some(summary.phase)
            && let Some(phase) = self.words.phase(summary.phase)
        {
            print(&format!("* {phase}")).await?;
        }
        let connection = self.words.connection(summary);
        if let Some(said) = &connection
            && self.connection != connection
        {
            print(&format!("* {said}")).await?;
            self.connection = connection;
        }
        self.ask(summary).await
    }

    /// Prints the lines of a timeline that are new.
    async fn items(&mut self, items: Vec<Item>) -> anyhow::Result<()> {
        let RoomView { summary, people, .. } = self.engine.view_room(self.of_room()).await?;
        for item in items {
            let mut name = item.id.0;
            let line = match &item.body {
                ItemBody::Text { own: true, text, state, .. } => {
                    let Some(why) = self.words.held(*state, &summary) else { continue };
                    // The same message may be held for one reason after the other.
                    name.push_str(&why);
                    format!("* {why} {}", self.words.own(text))
                }
                ItemBody::Text { sender, nick, text, .. } => {
                    format!("{} {text}", self.words.speaker(&people, sender, nick))
                }
                ItemBody::Unsupported { sender, nick, .. } => {
                    format!("* {}: {}", self.words.speaker(&people, sender, nick), self.words.say("unsupported"))
                }
                ItemBody::System { event } => format!("* {}", self.words.system(event)),
            };
            if self.shown.insert(name) {
                print(&line).await?;
            }
        }
        Ok(())
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
            print(&format!("* {line}")).await?;
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
        print(&format!("* {said}")).await
    }

    /// Carries a line out; `true` ends the session.
    async fn line(&mut self, line: &[u8]) -> anyhow::Result<bool> {
        let line = match str::from_utf8(line) {
            Ok(line) => line,
            Err(error) => {
                if self.json {
                    print_json(&Line::NotACommand { reason: error.to_string() }).await?;
                } else {
                    print("* That line is not in UTF-8 and was not sent.").await?;
                }
                return Ok(false);
            }
        };
        if !self.json {
            match line.trim() {
                "" => {}
                answer @ ("/rejoin" | "/stay") => self.answer(answer == "/stay").await?,
                _ => {
                    let request = SendMessage { room: self.room.clone(), text: SecretText::new(line.to_owned()) };
                    if let Err(error) = self.engine.send_message(request).await {
                        print(&format!("* {}", self.words.error(error))).await?;
                    }
                }
            }
            return Ok(false);
        }
        let command = match serde_json::from_str(line) {
            Ok(command) => command,
            Err(error) => {
                print_json(&Line::NotACommand { reason: error.to_string() }).await?;
                return Ok(false);
            }
        };
        let ends = matches!(command, Command::Leave | Command::Quit);
        let answer = self.carry_out(command).await.unwrap_or_else(|code| Line::Error { code });
        let failed = matches!(answer, Line::Error { .. });
        print_json(&answer).await?;
        Ok(ends && !failed)
    }

    async fn carry_out(&self, command: Command) -> Result<Line, ErrorCode> {
        let room = self.room.clone();
        Ok(match command {
            Command::Send { text } => Line::Sent { id: self.engine.send_message(SendMessage { room, text }).await? },
            Command::Withdraw { id } => {
                self.engine.withdraw_message(WithdrawMessage { room, id }).await?;
                Line::Done
            }
            Command::Page { before, limit } => {
                Line::Page { page: self.engine.page_messages(PageMessages { room, before, limit }).await? }
            }
            Command::View => Line::View { view: Box::new(self.engine.view_room(self.of_room()).await?) },
            Command::Invitation => Line::Invitation { invitation: self.engine.view_invitation(self.of_room()).await? },
            Command::Rejoin { branch } => {
                self.engine.rejoin_room(RejoinRoom { room, branch }).await?;
                Line::Done
            }
            Command::Stay { branch } => {
                self.engine.stay_in_room(StayInRoom { room, branch }).await?;
                Line::Done
            }
            Command::Leave => {
                let departure = self.engine.leave_room(self.of_room()).await?;
                Line::Left { told: departure.told }
            }
            Command::Quit => Line::Done,
        })
    }
}

async fn next_line(lines: &mut Split<BufReader<Stdin>>) -> anyhow::Result<Option<Vec<u8>>> {
    let line = lines.next_segment().await.context("the input cannot be read")?;
    Ok(line.map(|mut line| {
        line.pop_if(|last| *last == b'\r');
        line
    }))
}

async fn print_json(line: &Line) -> anyhow::Result<()> {
    write_line(&serde_json::to_string(line)?).await
}

/// Every line of text goes through here, whoever wrote what is in it.
async fn print(line: &str) -> anyhow::Result<()> {
    write_line(&plain::text(line)).await
}

async fn write_line(line: &str) -> anyhow::Result<()> {
    let mut out = stdout();
    out.write_all(line.as_bytes()).await?;
    out.write_all(b"\n").await?;
    Ok(out.flush().await?)
}
