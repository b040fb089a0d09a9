//! Strangers hold open a thousand connections to the relay of a hosted room, and Bob still comes in.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use conclave_crypto::link::Invitation;
use conclave_engine::snapshot::RoomHandle;
use conclave_proto::Authority;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use conclave_testkit::app::App;

/// Resident memory of this process in KiB: both people, the relay, and the flood's own end of each connection.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

fn port(link: &str) -> u16 {
    let invitation = Invitation::parse(link).unwrap();
    let Some(Authority::Host { port, .. }) = invitation.addresses.first() else { panic!("no address") };
    *port
}

/// A TLS handshake that does not end.
async fn unfinished(port: u16, n: u8) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, n), 0).into()).unwrap();
    let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.ok()?;
    // The header of a handshake record of 16 KiB (RFC 8446 section 5.1), and a part of it.
    let record = [&[0x16, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb][..], &[0; 8000]].concat();
    drop(timeout(Duration::from_millis(100), stream.write_all(&record)).await);
    Some(stream)
}

async fn join(bob: &App, link: &str) -> (RoomHandle, Duration) {
    #[expect(clippy::disallowed_methods, reason = "it measures")]
    let begun = Instant::now();
    let room = bob.join(link, "Bob").await;
    bob.until(&room, "online", async |bob| bob.is_online(&room).await).await;
    (room, begun.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_strangers_at_a_hosted_room_keep_nobody_out() {
    let (alice, bob, carol) = (App::new().await, App::new().await, App::new().await);
    let room = alice.host().await;
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
    let link = alice.link(&room).await;
    let (_, idle) = join(&bob, &link).await;
    let (port, before) = (port(&link), memory());
    let mut flood = Vec::new();
    for n in 0..1000_u32 {
        flood.extend(unfinished(port, u8::try_from(n % 199).unwrap().saturating_add(2)).await);
    }
    assert!(flood.len() > 900, "the flood was there: {}", flood.len());
    let (carols, under_flood) = join(&carol, &link).await;
    let grown = memory().saturating_sub(before);
    println!(
        "{} strangers cost {grown} KiB; a join takes {under_flood:?} instead of {idle:?}, {:.1} times as long",
        flood.len(),
        under_flood.as_secs_f64() / idle.as_secs_f64(),
    );
    assert!(grown < 64 * 1024, "{grown} KiB");
    carol.say(&carols, "I am in.").await;
    alice.until(&room, "Carol's words", async |alice| alice.has_stored(&room, "I am in.").await).await;
    assert!(alice.engine.hosting_others().await < 300, "connections are bounded");
}
