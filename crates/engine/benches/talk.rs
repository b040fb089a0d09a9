//! How long a message and a join take between whole engines, beside the floors of the same run.
//!
//! `cargo bench -p conclave-engine --bench talk [-- SECONDS [MEMBERS]]`. Absolute figures belong to the machine and to what
//! else it does; compare them with the floors printed beside them.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a measurement reads the clock, prints, and stops when something is wrong"
)]

use std::{
    collections::HashMap,
    io::Write as _,
    time::{Duration, Instant},
};

use conclave_engine::{
    DataFolder, Engine, Environment,
    api::{CreateVault, HostRoom, JoinRoom, NewRules, OfRoom, Protection, SecretText, SendMessage},
    event::Event,
    snapshot::{Connection, ItemBody, RoomHandle, RoomPhase},
};
use futures_util::{SinkExt as _, StreamExt as _};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

fn main() {
    // `cargo bench` adds arguments of its own; only plain numbers are ours.
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (seconds, members) = (numbers.next().unwrap_or(60), numbers.next().unwrap_or(64));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        report("floor: write 256 bytes and fsync", fsyncs(500));
        report("floor: plain WebSocket echo, 256 bytes", echoes(1000).await);
        report("message, engine to engine, durable on both sides", messages(seconds).await);
        let joins = joins(members).await;
        report(&format!("join as one of the last {} of {members} members", joins.len()), joins);
    });
}

fn report(what: &str, mut samples: Vec<Duration>) {
    samples.sort_unstable();
    let at = |percent: usize| samples[(samples.len() - 1) * percent / 100];
    println!(
        "{what:<52} p50 {:>9.3?}  p99 {:>9.3?}  min {:>9.3?}  max {:>9.3?}  ({} samples)",
        at(50),
        at(99),
        at(0),
        at(100),
        samples.len()
    );
}

fn fsyncs(count: usize) -> Vec<Duration> {
    let mut file = tempfile::NamedTempFile::new_in(disk()).unwrap();
    let sample = |_| {
        let start = Instant::now();
        file.write_all(&[7; 256]).unwrap();
        file.as_file().sync_data().unwrap();
        start.elapsed()
    };
    (0..count).map(sample).collect()
}

/// Temporary files may live in memory, which has no fsync worth measuring: the build folder is on a disk.
fn disk() -> &'static str {
    env!("CARGO_TARGET_TMPDIR")
}

async fn echoes(count: usize) -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::task::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_binary() && socket.send(message).await.is_err() {
                break;
            }
        }
    });
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/"), stream).await.unwrap();
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        socket.send(Message::binary(vec![7; 256])).await.unwrap();
        socket.next().await.unwrap().unwrap();
        samples.push(start.elapsed());
    }
    drop(socket);
    server.await.unwrap();
    samples
}

struct Participant {
    engine: Engine,
    room: RoomHandle,
    _folder: Option<TempDir>,
}

impl Participant {
    async fn engine(on_disk: bool) -> (Engine, Option<TempDir>) {
        let folder = on_disk.then(|| TempDir::new_in(disk()).unwrap());
        let place = folder.as_ref().map_or(DataFolder::None, |folder| DataFolder::At(folder.path().to_owned()));
        let engine = Engine::new(Environment::system(place, None));
        let (protection, passphrase) = if on_disk {
            (Protection::Passphrase, Some(SecretText::new("correct horse battery".to_owned())))
        } else {
            (Protection::MemoryOnly, None)
        };
        engine.create_vault(CreateVault { protection, passphrase }).await.unwrap();
        (engine, folder)
    }

    async fn host(on_disk: bool, max_members: u16) -> Self {
        let (engine, folder) = Self::engine(on_disk).await;
        let request = HostRoom {
            title: "Bench".to_owned(),
            note: String::new(),
            nick: "Alice".to_owned(),
            rules: NewRules { message_ttl: 3600, max_members, ..NewRules::default() },
            passphrase: None,
            in_memory: !on_disk,
        };
        let room = engine.host_room(request).await.unwrap();
        let person = Self { engine, room, _folder: folder };
        person.until_online().await;
        person
    }

    async fn join(link: &str, on_disk: bool) -> Self {
        let (engine, folder) = Self::engine(on_disk).await;
        let invitation = SecretText::new(link.to_owned());
        let request =
            JoinRoom { invitation, address: None, passphrase: None, nick: "Bob".to_owned(), in_memory: !on_disk };
        let room = engine.join_room(request).await.unwrap();
        let person = Self { engine, room, _folder: folder };
        person.until_online().await;
        person
    }

    async fn link(&self) -> String {
        self.engine.view_invitation(self.of_room()).await.unwrap().link
    }

    fn of_room(&self) -> OfRoom {
        OfRoom { room: self.room.clone() }
    }

    /// Joined, and up to date.
    async fn until_online(&self) {
        let mut events = self.engine.events();
        loop {
            let summary = self.engine.view_room(self.of_room()).await.unwrap().summary;
            let joined = !matches!(summary.phase, RoomPhase::Joining);
            if joined && summary.connection == Connection::Online {
                return;
            }
            events.next().await.unwrap();
        }
    }
}

/// Fifty messages a second, sent on time whatever became of the ones before.
async fn messages(seconds: usize) -> Vec<Duration> {
    let alice = Participant::host(true, 16).await;
    let bob = Participant::join(&alice.link().await, true).await;
    let mut events = bob.engine.events();
    let count = seconds * RATE;
    let (engine, room) = (alice.engine.clone(), alice.room.clone());
    let sender = tokio::task::spawn(async move {
        let mut due = tokio::time::interval(Duration::from_secs(1) / u32::try_from(RATE).unwrap());
        let mut sent = HashMap::with_capacity(count);
        for n in 0..count {
            due.tick().await;
            let text = format!("{n:>256}");
            sent.insert(text.clone(), Instant::now());
            engine
                .send_message(SendMessage { room: room.clone(), text: SecretText::new(text), fuse: None })
                .await
                .unwrap();
        }
        sent
    });
    let mut arrived = HashMap::with_capacity(count);
    while arrived.len() < count {
        match events.next().await.unwrap() {
            Event::ItemsChanged { items, .. } => {
                let now = Instant::now();
                for item in items {
                    if let ItemBody::Text { text, own: false, .. } = item.body {
                        arrived.entry(text).or_insert(now);
                    }
                }
            }
            Event::Lagged => unreachable!("the listener does nothing else"),
            _ => {}
        }
    }
    let sent = sender.await.unwrap();
    sent.into_iter().map(|(text, at)| arrived[&text] - at).collect()
}

/// From the call to being inside, in a room that all members but a few are in already.
async fn joins(members: usize) -> Vec<Duration> {
    let size = if members <= 16 {
        16
    } else if members <= 64 {
        64
    } else {
        256
    };
    let host = Participant::host(false, size).await;
    let link = host.link().await;
    let mut people = Vec::with_capacity(members);
    let mut took = Vec::with_capacity(members);
    for _ in 2..=members {
        let start = Instant::now();
        people.push(Participant::join(&link, false).await);
        took.push(start.elapsed());
    }
    took.split_off(took.len().saturating_sub(LAST))
}

/// Messages a second.
const RATE: usize = 50;
/// How many joins are counted.
const LAST: usize = 5;
