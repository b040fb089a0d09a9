//! One actor per socket: reads messages, has them carried out, and writes whatever is queued in batches.

use std::{future::poll_fn, pin::pin, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until, timeout},
};

use crate::{
    handshake,
    hub::Hub,
    intake::Intake,
    limits::Permit,
    outgoing::Outgoing,
    peer::{ConnId, ConnectionInfo, Peer, Source},
    session::{Next, Session},
    socket::Socket,
    wire::{Event, Wire},
};

/// Serves one connection until it ends.
pub(crate) async fn serve<S>(hub: Arc<Hub>, stream: S, info: ConnectionInfo)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let source = hub.source(info.source);
    let Some(permit) = hub.limits.admit(source) else { return };
    serve_admitted(hub, stream, source, info.exporter, &permit).await;
}

/// Serves a connection that has its permit already.
pub(crate) async fn serve_admitted<S>(
    hub: Arc<Hub>,
    stream: S,
    source: Option<Source>,
    exporter: Option<[u8; 32]>,
    permit: &Permit,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let peer = Peer { conn: permit.conn, source, exporter };
    tokio::select! {
        biased;
        () = permit.displaced.cancelled() => {}
        () = run(hub, peer, stream) => {}
    }
}

async fn run<S>(hub: Arc<Hub>, peer: Peer, mut stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let handshake = timeout(hub.config.handshake_timeout, handshake::upgrade(&mut stream));
    let upgraded = tokio::select! {
        biased;
        () = hub.stop.cancelled() => return,
        upgraded = handshake => matches!(upgraded, Ok(Ok(true))),
    };
    if !upgraded {
        return;
    }
    let out = Arc::new(Outgoing::new(MOST_UNPROVEN));
    let intake = Intake::new(&hub.config, Instant::now());
    let socket = Socket::new(stream, Arc::clone(&out), intake, Arc::clone(&hub.unproven_bytes));
    let mut wire = Wire::open(socket, Arc::clone(&out), hub.config.limits.message).await;
    let mut session = Session::open(Arc::clone(&hub), peer, out);
    if converse(&hub, peer.conn, &mut wire, &mut session).await == End::Goodbye {
        wire.part().await;
    }
}

/// How a connection ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The other side is gone, or too slow, or does not speak the protocol.
    Cut,
    /// What is queued should still arrive.
    Goodbye,
}

async fn converse<S>(hub: &Hub, conn: ConnId, wire: &mut Wire<S>, session: &mut Session) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ping_at = later(hub.next_ping());
    loop {
        let lease = session.deadline();
        let due = wire.socket.get_ref().intake.deadline();
        let wake = [lease, due].into_iter().flatten().fold(ping_at, Instant::min);
        let event = tokio::select! {
            biased;
            () = hub.stop.cancelled() => {
                session.say_goodbye();
                return End::Goodbye;
            }
            event = poll_fn(|cx| wire.poll_event_before(cx, wake)) => event,
            () = sleep_until(wake) => {
                let now = Instant::now();
                let intake = &wire.socket.get_ref().intake;
                if intake.deadline().is_some_and(|due| due <= now) {
                    return End::Cut;
                }
                session.tick(intake.is_receiving());
                if now >= ping_at {
                    if wire.heard.elapsed() >= hub.config.ping_interval.mul_f64(LONGEST_SILENCE) {
                        return End::Cut;
                    }
                    wire.ping();
                    ping_at = later(hub.next_ping());
                }
                continue;
            }
        };
        let message = match event {
            Event::Message(message) => message,
            // What went out may have been a lease, with a deadline of its own; so has a message that began.
            Event::Written | Event::Began => continue,
            Event::Closed => return End::Goodbye,
            Event::Broken => return End::Cut,
        };
        // Until it is dealt with, a large message holds its share of the budget.
        let _share = wire.socket.get_mut().take_share();
        if !wire.socket.get_mut().intake.message(&message) {
            return End::Cut;
        }
        let next = {
            let mut handling = pin!(session.handle(message));
            tokio::select! {
                biased;
                next = &mut handling => next,
                // While the log works, what others said goes out.
                () = poll_fn(|cx| wire.poll_broken(cx)) => return End::Cut,
            }
        };
        if next == Next::Close {
            return End::Goodbye;
        }
        if session.has_proven() && !wire.socket.get_ref().intake.is_proven() {
            hub.limits.prove(conn);
            wire.out.widen(hub.config.outgoing);
            wire.socket.get_mut().prove(Arc::clone(&hub.large_bytes));
        }
    }
}

fn later(by: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(by).unwrap_or(now)
}

/// Bytes of replies that wait for a connection that has proven nothing: several refusals, each with a tombstone.
const MOST_UNPROVEN: usize = 16 * 1024;
/// In ping intervals: one lost ping is forgiven.
const LONGEST_SILENCE: f64 = 2.5;
