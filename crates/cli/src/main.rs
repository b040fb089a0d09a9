//! The Conclave engine in a terminal: for scripts, bots and people without a display.
//!
//! `host`, `create` and `chat` open a room and talk in it: lines in, lines out, or with `--json` a command per line in and an
//! event per line out. `join` only joins and keeps the room in a data folder.

mod arguments;
mod erase;
mod input;
mod line;
mod output;
mod plain;
mod signals;
mod status;
mod talk;
mod vault;
mod words;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::Parser as _;
use conclave_engine::{
    Engine, ErrorCode,
    api::{
        CreateRoom, HearInvitation, HostRoom, JoinRoom, KnockRoom, OfRoom, ReadInvitation, RelocateRoom, SecretText,
    },
    event::Event,
    outlive_file_size_limit, raise_open_files_limit,
    snapshot::{Creation, InvitationPreview, RoomHandle, RoomPhase},
};
use tokio::runtime::Builder;

use crate::{
    arguments::{Arguments, Command, Invited, NewRoom},
    line::Line,
    output::Output,
    signals::Signals,
    status::Status,
    talk::How,
    words::Words,
};

/// Overwrites what is freed: texts and keys pass through libraries that do not.
#[global_allocator]
static ALLOCATOR: conclave_forget::Forgetful = conclave_forget::Forgetful;

fn main() -> ExitCode {
    // The message of a panic may hold anything, so only its place is said.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let _ = writeln!(io::stderr(), "conclave-cli: a mistake of its own at {place}; report it");
    }));
    match start(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> anyhow::Result<()> {
    raise_open_files_limit();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(async {
        outlive_file_size_limit()?;
        run(arguments).await
    });
    // Its threads end before the program does: at exit OpenSSL frees what threads have of it, and so does each of them that ends then.
    // The system may take long to look up a name of which nobody waits for the answer any more.
    runtime.shutdown_timeout(LAST_LOOKUP);
    outcome
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Command::Erase = arguments.command {
        return erase::folder(arguments.data).await;
    }
    let engine = vault::open(&arguments).await?;
    let in_memory = arguments.data.is_none();
    let wait = Duration::from_secs(arguments.wait.into());
    let how = How { json: arguments.json, wait, kept: arguments.data.clone() };
    let outcome = match arguments.command {
        Command::Host(new) => {
            let room = host(&engine, new, in_memory).await?;
            talk::run(&engine, &room, how).await
        }
        Command::Create { mut relay, pin, new } => {
            if let Some(pin) = pin {
                relay = format!("{relay}~k={}", pin.replace(' ', ""));
            }
            let room = create(&engine, relay, new, in_memory).await?;
            talk::run(&engine, &room, how).await
        }
        Command::Join(invited) => {
            anyhow::ensure!(!in_memory, "a room that is only joined must be kept somewhere: name a folder with --data");
            let room = join(&engine, invited, in_memory).await?;
            confirmed(&engine, &room, how.json).await
        }
        Command::Chat(invited) => {
            let room = chat(&engine, invited, in_memory).await?;
            talk::run(&engine, &room, how).await
        }
        // It opens nothing, and was done above.
        Command::Erase => Ok(()),
    };
    engine.lock_vault().await;
    outcome
}

async fn host(engine: &Engine, new: NewRoom, in_memory: bool) -> anyhow::Result<RoomHandle> {
    let nick = nick(engine, new.name.clone()).await;
    let passphrase = new.passphrase().context("the room's passphrase could not be read")?;
    let (rules, NewRoom { title, note, .. }) = (new.rules(), new);
    Ok(engine.host_room(HostRoom { title, note, nick, rules, passphrase, in_memory }).await?)
}

async fn create(engine: &Engine, relay: String, new: NewRoom, in_memory: bool) -> anyhow::Result<RoomHandle> {
    let nick = nick(engine, new.name.clone()).await;
    let passphrase = new.passphrase().context("the room's passphrase could not be read")?;
    let (rules, NewRoom { title, note, .. }) = (new.rules(), new);
    match engine.create_room(CreateRoom { relay, title, note, nick, rules, passphrase, in_memory }).await? {
        Creation::Made { room } => Ok(room),
        Creation::Unvouched { pin, .. } => anyhow::bail!(
            "no authority vouches for this relay's key, and no room was made. Ask the relay's operator for its pin, by another \
             way than this network, and compare: {}. If it is the same, say the same again with --pin {}",
            pin.join(" "),
            pin.concat()
        ),
    }
}

async fn join(engine: &Engine, invited: Invited, in_memory: bool) -> anyhow::Result<RoomHandle> {
    let (invitation, read) = read(engine, &invited).await?;
    enter(engine, invited, invitation, &read, in_memory).await
}

/// Joins the room, or goes back into it where it is kept; the addresses of the invitation may be newer than those that it had.
async fn chat(engine: &Engine, invited: Invited, in_memory: bool) -> anyhow::Result<RoomHandle> {
    let (invitation, read) = read(engine, &invited).await?;
    Ok(match read.known {
        None => {
            openable(engine).await?;
            enter(engine, invited, invitation, &read, in_memory).await?
        }
        // One that is over is made anew.
        Some(room) if invited.knock.is_some() => {
            engine.retry_room(OfRoom { room: room.clone() }).await?;
            room
        }
        Some(room) if read.addresses.is_empty() && invited.address.is_none() => room,
        Some(_) => {
            let address = invited.address;
            engine.relocate_room(RelocateRoom { invitation: invitation.text, address }).await?
        }
    })
}

/// Fails if a room of the folder does not open: it may be the one that is meant, and whoever came in anew would be there twice.
async fn openable(engine: &Engine) -> anyhow::Result<()> {
    let rooms = engine.snapshot().await?.rooms;
    let closed = rooms.iter().find(|room| matches!(room.phase, RoomPhase::Damaged | RoomPhase::Unreadable));
    let Some(phase) = closed.and_then(|room| Words::new().ok()?.phase(room.phase)) else { return Ok(()) };
    anyhow::bail!(
        "a room in this folder does not open, and it may be this one. {phase} To come in as somebody new, use join"
    )
}

/// What leads into a room.
struct Invitation {
    text: SecretText,
    /// Lets a knock at a locked room in.
    token: Option<SecretText>,
}

/// Reads the invitation, and says where it is wrong, which joining does not.
async fn read(engine: &Engine, invited: &Invited) -> anyhow::Result<(Invitation, InvitationPreview)> {
    let given = SecretText::new(invited.read().context("the invitation could not be read")?);
    let invitation =
        if invited.spoken { hear(engine, invited, given).await? } else { Invitation { text: given, token: None } };
    match engine.read_invitation(ReadInvitation { invitation: invitation.text.clone() }).await {
        Ok(read) => Ok((invitation, read)),
        Err(error) => anyhow::bail!(Words::new()?.invitation(&error)),
    }
}

/// Turns a number and three words into an invitation.
async fn hear(engine: &Engine, invited: &Invited, spoken: SecretText) -> anyhow::Result<Invitation> {
    let address = invited.address.clone().unwrap_or_default();
    match engine.hear_invitation(HearInvitation { spoken, address, again: false }).await {
        Ok(heard) => Ok(Invitation {
            text: SecretText::new(heard.link.to_string()),
            token: heard.token.as_ref().map(|token| SecretText::new(token.to_string())),
        }),
        Err(error) => anyhow::bail!(Words::new()?.invitation(&error)),
    }
}

async fn enter(
    engine: &Engine,
    invited: Invited,
    Invitation { text: invitation, token }: Invitation,
    read: &InvitationPreview,
    in_memory: bool,
) -> anyhow::Result<RoomHandle> {
    // Nothing says that it is the room's, and going there shows that somebody came: so only where a person says it.
    if let (None, Some(beside)) = (&invited.address, &read.beside) {
        anyhow::bail!(
            "if {beside}, which stands beside the code, is where the room is, say so with --address {beside}"
        );
    }
    let passphrase = invited.passphrase().context("the room's passphrase could not be read")?;
    let nick = nick(engine, invited.name).await;
    if invited.knock.is_some() || token.is_some() {
        let note = invited.knock.unwrap_or_default();
        let request = KnockRoom { invitation, address: invited.address, nick, note, token, in_memory };
        return Ok(engine.knock_room(request).await?);
    }
    let request = JoinRoom { invitation, address: invited.address, passphrase, nick, in_memory };
    Ok(engine.join_room(request).await?)
}

/// The name that was given, or else a random one.
async fn nick(engine: &Engine, given: Option<String>) -> String {
    match given {
        Some(nick) => nick,
        None => engine.suggest_nick().await,
    }
}

/// Waits until the relay has let this person in, and says meanwhile what for.
async fn confirmed(engine: &Engine, room: &RoomHandle, json: bool) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("cannot wait for a signal")?;
    let out = Output::write(io::stdout()).context("cannot write the output")?;
    let (words, mut status) = (Words::new()?, Status::default());
    let mut events = engine.events();
    let waiting = async {
        loop {
            let summary = engine.view_room(OfRoom { room: room.clone() }).await?.summary;
            let news = status.news(&words, &summary)?;
            if !matches!(summary.phase, RoomPhase::Joining | RoomPhase::Knocking) {
                return Ok(());
            }
            match json {
                true if news.is_empty() => {}
                true => out.json(&Line::Event { event: Event::RoomChanged { summary } }).await?,
                false => {
                    for said in news {
                        out.text(&format!("* {said}")).await?;
                    }
                }
            }
            events.next().await.context("the engine has ended")?;
        }
    };
    tokio::select! {
        biased;
        () = signals.end() => {
            anyhow::bail!("interrupted before the relay let you in; the room is kept, and chat goes on with that")
        }
        outcome = waiting => outcome,
    }
}

fn complain(error: &anyhow::Error) {
    // What the engine refused is said as in the window, with what to do, behind what was being done.
    let say = |cause: &(dyn std::error::Error + 'static)| {
        let refused = cause.downcast_ref::<ErrorCode>().and_then(|code| Some(Words::new().ok()?.error(*code)));
        refused.unwrap_or_else(|| cause.to_string())
    };
    let said = error.chain().map(say).collect::<Vec<_>>().join(": ");
    output::complain(format!("conclave-cli: {}", plain::text(&said)));
}

/// How long an answer of the system is waited for at the end that nobody needs.
const LAST_LOOKUP: Duration = Duration::from_secs(2);
