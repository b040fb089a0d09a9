//! A flood of connections that prove nothing, against a relay in a process of its own: what it costs, and who still
//! comes in.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking, and prints what it measured"
)]

#[path = "lab/lab.rs"]
mod lab;

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
    time::Duration,
};

use conclave_proto::{Lane, Role};
use futures_util::future::join_all;
use lab::*;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use tokio_tungstenite::client_async;

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(limits: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("relay.toml");
        let text = format!("listen = [\"127.0.0.1:0\"]\nauthorities = [\"{AUTHORITY}\"]\n[limits]\n{limits}");
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 4096; exec \"$0\" --config \"$1\"", env!("CARGO_BIN_EXE_conclave-relay")]);
        let mut process = command.arg(&config).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended before it listened");
            if let Some((_, address)) = line.split_once("listening on ") {
                break address.trim().parse().unwrap();
            }
        };
        Self { process, address }
    }

    /// Resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    async fn connect(&self, from: Ipv4Addr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Proves the code, waits for the commit slot and joins. How long that took.
async fn join(server: &Server, room: &TestRoom, seed: u8) -> Duration {
    let begun = Instant::now();
    let mut bob = Client::over(server.connect(Ipv4Addr::LOCALHOST).await, [0; 32]).await;
    bob.auth(room, Role::Join, &room.access).await.unwrap();
    let head = bob.lease().await.unwrap();
    bob.commit(Lane::Join, head, &key(seed), seed).await.unwrap();
    bob.auth(room, Role::Member, &key(seed)).await.unwrap();
    begun.elapsed()
}

/// A WebSocket that has proven nothing and sends as much of an unfinished fragment as is taken.
async fn unfinished(server: &Server, n: u8) -> Option<TcpStream> {
    let stream = server.connect(Ipv4Addr::new(127, 0, 0, 2 + n % 199)).await;
    let (socket, _) = client_async(ws_request(), stream).await.ok()?;
    let mut stream = socket.into_inner();
    // A binary frame that is not the last, masked with zeros, of 1.5 MiB (RFC 6455 section 5.2).
    let header = [0x02, 0xff, 0, 0, 0, 0, 0, 0x18, 0, 0, 0, 0, 0, 0];
    stream.write_all(&header).await.ok()?;
    // It is closed early where the relay is full; the others go on.
    drop(timeout(Duration::from_millis(300), stream.write_all(&vec![7; 160 * 1024])).await);
    Some(stream)
}

async fn flood(server: &Server) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for batch in 0..20 {
        let streams = join_all((0..50).map(|n| unfinished(server, batch * 10 + n))).await;
        held.extend(streams.into_iter().flatten());
    }
    held
}

async fn withstands(limits: &str) {
    let server = Server::start(limits);
    let room = TestRoom::new(1);
    let mut alice = Client::over(server.connect(Ipv4Addr::LOCALHOST).await, [0; 32]).await;
    room.create_with(&mut alice).await;
    let idle = [join(&server, &room, 10).await, join(&server, &room, 11).await, join(&server, &room, 12).await];
    let idle = idle.into_iter().min().unwrap();
    let before = server.memory();
    let held = flood(&server).await;
    assert!(held.len() > 900, "the flood was there: {}", held.len());
    let under_flood = join(&server, &room, 20).await;
    let grown = server.memory().saturating_sub(before);
    println!(
        "{}: {} unproven connections cost {grown} KiB; \
         a join takes {under_flood:?} instead of {idle:?}, {:.1} times as long",
        limits.trim(),
        held.len(),
        under_flood.as_secs_f64() / idle.as_secs_f64(),
    );
    assert!(grown < 64 * 1024, "{grown} KiB");
    assert!(under_flood < Duration::from_secs(5), "{under_flood:?}");
    assert!(alice.auth(&room, Role::Owner, &room.owner).await.is_ok(), "who was there stays");
}

#[tokio::test]
async fn a_thousand_unproven_connections_cost_little_and_keep_nobody_out() {
    withstands("").await;
}

#[tokio::test]
async fn at_a_full_relay_the_honest_one_comes_in() {
    withstands("sockets = 300\n").await;
}
