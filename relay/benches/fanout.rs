//! Fan-out of 50 rooms with 20 members, against the smallest broadcast server on tokio-tungstenite, in one run.
//!
//! Closed loop: one member of each room keeps four messages of 256 bytes on their way; everybody receives everything.
//! Each server has one thread; the figure is deliveries per second of that thread's CPU time, so that it does not
//! depend on how fast the generator is. Rounds alternate, the ratio is taken within a round. The relay does what it
//! always does: proofs, ordering, compare-and-swap, repetition; its rooms are in memory (`file`: in SQLCipher with
//! `synchronous=FULL`).
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark ends by panicking and reads the clock"
)]

#[path = "../tests/lab/lab.rs"]
mod lab;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use conclave_proto::{
    ClientFrame,
    frame::{Publish, Request},
    id::Cid,
};
use conclave_relay::{
    Config, Security,
    blob::Storage,
    log::{MemoryLog, SqlcipherLog, StorageKey},
};
use conclave_seal::rng::OsRng;
use futures_util::{SinkExt as _, StreamExt as _, future, stream::TryStreamExt as _};
use lab::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Builder,
    sync::{mpsc, oneshot},
};
use tokio_tungstenite::{accept_async, client_async, tungstenite::Message};

const ROOMS: u8 = 50;
const MEMBERS: usize = 20;
const WINDOW: u64 = 4;
const PAYLOAD: [u8; 256] = [0x5A; 256];
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;

fn main() {
    // A number of rounds may be asked for: `cargo bench -p conclave-relay --bench fanout -- 1`.
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let mut results: [Vec<f64>; 3] = Default::default();
    for round in 1..=rounds {
        for (kind, result) in [Kind::Floor, Kind::Memory, Kind::File].into_iter().zip(&mut results) {
            let rate = measure(kind);
            println!("round {round}: {kind:?} {rate:.0} deliveries per second of server CPU");
            result.push(rate);
        }
    }
    let [floor, memory, file] = results;
    report("floor: tokio-tungstenite broadcast", &floor);
    report("relay, rooms in memory", &memory);
    report("relay, rooms in a file", &file);
    report("ratio memory / floor", &ratios(&memory, &floor));
    report("ratio file / floor", &ratios(&file, &floor));
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Floor,
    Memory,
    File,
}

fn ratios(of: &[f64], to: &[f64]) -> Vec<f64> {
    of.iter().zip(to).map(|(of, to)| of / to).collect()
}

fn report(name: &str, values: &[f64]) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, median, high) = (sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    println!("{name:40} median {median:12.2}   from {low:.2} to {high:.2}   n = {}", sorted.len());
}

/// Deliveries per second of the server's CPU time.
fn measure(kind: Kind) -> f64 {
    let (ready, address) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let before = other_threads();
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async move {
            match kind {
                Kind::Floor => floor(ready, stopped).await,
                Kind::Memory => relay(Arc::new(MemoryLog::new()), before, ready, stopped).await,
                Kind::File => {
                    let folder = tempfile::tempdir().unwrap();
                    let key = StorageKey::from_bytes(&[1; 32]);
                    let log = SqlcipherLog::create(&folder.path().join("relay.db"), &key, Box::new(OsRng)).unwrap();
                    relay(Arc::new(log), before, ready, stopped).await;
                }
            }
        });
    });
    let (address, threads) = address.recv().unwrap();
    let rate = Builder::new_current_thread().enable_all().build().unwrap().block_on(generate(kind, address, &threads));
    stop.send(()).unwrap();
    server.join().unwrap();
    rate
}

/// Tells the generator where to connect and whose CPU time counts.
type Ready = std::sync::mpsc::Sender<(SocketAddr, Vec<String>)>;

async fn relay(log: Arc<dyn Storage>, before: Vec<String>, ready: Ready, stopped: oneshot::Receiver<()>) {
    let lab = Lab::over(log, |config: &mut Config| {
        config.ping_interval = Duration::from_secs(3600);
        config.quota.entries = u64::MAX;
        config.quota.bytes = u64::MAX;
    });
    let address = lab.relay.bind("127.0.0.1:0".parse().unwrap(), Security::Plain).await.unwrap();
    // This thread and those of the log, but not the generator's.
    let threads = other_threads().into_iter().filter(|thread| !before.contains(thread));
    ready.send((address, threads.chain([this_thread()]).collect())).unwrap();
    stopped.await.unwrap();
    lab.relay.shutdown().await;
}

/// What one writes first: a task for each connection, a channel for each member, the library's own sink.
async fn floor(ready: Ready, stopped: oneshot::Receiver<()>) {
    type Rooms = Arc<Mutex<HashMap<u8, Vec<mpsc::UnboundedSender<Message>>>>>;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    ready.send((listener.local_addr().unwrap(), vec![this_thread()])).unwrap();
    let rooms = Rooms::default();
    let accept = async {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let rooms = Arc::clone(&rooms);
            tokio::spawn(async move {
                let (outgoing, mut incoming) = accept_async(stream).await.unwrap().split();
                let Some(Ok(Message::Text(room))) = incoming.next().await else { return };
                let room: u8 = room.parse().unwrap();
                let (member, inbox) = mpsc::unbounded_channel();
                rooms.lock().unwrap().entry(room).or_default().push(member);
                let broadcast = incoming.try_for_each(|message| {
                    for member in &rooms.lock().unwrap()[&room] {
                        let _ = member.send(message.clone());
                    }
                    future::ok(())
                });
                let inbox = futures_util::stream::unfold(inbox, async |mut inbox| Some((inbox.recv().await?, inbox)));
                let forward = inbox.map(Ok).forward(outgoing);
                future::select(std::pin::pin!(broadcast), std::pin::pin!(forward)).await;
            });
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stopped => {}
    }
}

async fn generate(kind: Kind, address: SocketAddr, threads: &[String]) -> f64 {
    let delivered = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for room in 0..ROOMS {
        for member in 0..MEMBERS {
            let stream: Box<dyn Pipe> = match kind {
                Kind::Floor => enter_floor(address, room).await,
                Kind::Memory | Kind::File => enter_relay(address, room, member == 0).await,
            };
            let sends = (member == 0).then(|| Sender::new(kind, room));
            tasks.spawn(attend(stream, sends, Arc::clone(&delivered)));
        }
    }
    tokio::time::sleep(WARM_UP).await;
    let (before, cpu, start) = (delivered.load(Ordering::Relaxed), cpu_time(threads), Instant::now());
    tokio::time::sleep(MEASURED).await;
    let (count, used) = (delivered.load(Ordering::Relaxed) - before, cpu_time(threads) - cpu);
    let wall = start.elapsed().as_secs_f64();
    println!("    {:.0} deliveries/s, {:.0} % of a core", count as f64 / wall, 100.0 * used / wall);
    tasks.shutdown().await;
    count as f64 / used
}

async fn enter_floor(address: SocketAddr, room: u8) -> Box<dyn Pipe> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut socket, _) = client_async("ws://localhost/", stream).await.unwrap();
    socket.send(Message::Text(room.to_string().into())).await.unwrap();
    Box::new(socket.into_inner())
}

async fn enter_relay(address: SocketAddr, room: u8, first: bool) -> Box<dyn Pipe> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut client = Client::over(stream, [0; 32]).await;
    let room = TestRoom::new(room);
    if first {
        room.create_with(&mut client).await;
    } else {
        client.auth(&room, conclave_proto::Role::Member, &room.member).await.unwrap();
    }
    // Reads all that was said so far, so that nothing of it is left in the client's buffer.
    loop {
        let fetched = client.fetch(0).await.unwrap();
        if !fetched.more {
            return Box::new(client.socket.into_inner());
        }
    }
}

/// Keeps a window of messages on their way.
struct Sender {
    kind: Kind,
    room: TestRoom,
    sent: u64,
}

impl Sender {
    fn new(kind: Kind, room: u8) -> Self {
        Self { kind, room: TestRoom::new(room), sent: 0 }
    }

    /// A masked frame (RFC 6455 section 5.3) under the mask of zeros, which leaves the payload as it is.
    fn next(&mut self) -> Vec<u8> {
        self.sent += 1;
        let payload = match self.kind {
            Kind::Floor => PAYLOAD.to_vec(),
            Kind::Memory | Kind::File => {
                let mut cid = [0; 16];
                cid[..8].copy_from_slice(&self.sent.to_be_bytes());
                let (head, cid) = (self.room.genesis, Cid(cid));
                let publish = Publish { head, blob: &PAYLOAD, ttl: 3600, cid, del_hash: None, replaces: None };
                ClientFrame { rid: 9, body: Request::Publish(publish) }.encode()
            }
        };
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        [&[0x82, 0xFE, length[0], length[1], 0, 0, 0, 0][..], &payload].concat()
    }
}

/// Receives, counts, and sends the next message for each that comes back.
async fn attend(mut stream: Box<dyn Pipe>, mut sender: Option<Sender>, delivered: Arc<AtomicU64>) {
    // Everybody is in before the first message.
    tokio::time::sleep(Duration::from_millis(300)).await;
    if let Some(sender) = &mut sender {
        for _ in 0..WINDOW {
            stream.write_all(&sender.next()).await.unwrap();
        }
    }
    let mut buffer = vec![0; 64 * 1024];
    let mut held = 0;
    loop {
        let Ok(read @ 1..) = stream.read(&mut buffer[held..]).await else { return };
        held += read;
        let (mut at, mut messages) = (0, 0_u64);
        while let Some((payload, end)) = frame(&buffer[at..held]) {
            // A frame of the relay's is an array whose second byte is the operation; 9 is ENTRY.
            let is_delivery = match payload {
                [0x83, op, ..] => *op == 9,
                _ => true,
            };
            messages += u64::from(is_delivery);
            at += end;
        }
        buffer.copy_within(at..held, 0);
        held -= at;
        delivered.fetch_add(messages, Ordering::Relaxed);
        if let Some(sender) = &mut sender {
            let next: Vec<u8> = (0..messages).flat_map(|_| sender.next()).collect();
            if stream.write_all(&next).await.is_err() {
                return;
            }
        }
    }
}

/// The payload of the first whole frame, and where it ends.
fn frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (start, length) = match bytes {
        [_, 126, a, b, ..] => (4, usize::from(u16::from_be_bytes([*a, *b]))),
        [_, length @ 0..=125, ..] => (2, usize::from(*length)),
        _ => return None,
    };
    Some((bytes.get(start..start + length)?, start + length))
}

fn this_thread() -> String {
    std::fs::read_link("/proc/thread-self").unwrap().file_name().unwrap().to_str().unwrap().to_owned()
}

fn other_threads() -> Vec<String> {
    let own = this_thread();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks.map(|task| task.unwrap().file_name().into_string().unwrap()).filter(|task| *task != own).collect()
}

/// Seconds that the threads have run (`/proc/<pid>/task/<tid>/schedstat`, nanoseconds).
fn cpu_time(threads: &[String]) -> f64 {
    let of = |thread: &String| {
        let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<f64>().unwrap()
    };
    threads.iter().map(of).sum::<f64>() / 1e9
}
