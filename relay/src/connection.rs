//! One connection, from its first byte to its last: one task reads messages, has them carried out, and writes what is
//! queued.

use std::{
    future::{Future, ready},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use conclave_proto::limits;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until, timeout},
};

use crate::{
    handshake,
    hub::Hub,
    intake::Intake,
    metrics::{Ended, Served},
    outgoing::Outgoing,
    peer::{ConnId, ConnectionInfo, Peer},
    session::Session,
    wire::{Event, Wire},
};

/// Serves a stream of bytes until it ends, and counts why it did.
pub(crate) async fn serve<S>(hub: Arc<Hub>, stream: S, info: ConnectionInfo)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    serve_behind(hub, info.source, ready(Ok((stream, info.exporter)))).await;
}

/// The same for a stream that comes out of a handshake below, with its TLS exporter value: the permit is taken before
/// that begins.
pub(crate) async fn serve_behind<S>(
    hub: Arc<Hub>,
    address: Option<IpAddr>,
    transport: impl Future<Output = Result<(S, Option<[u8; 32]>), Ended>>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let source = hub.source(address);
    let Some(permit) = hub.limits.admit(source) else {
        hub.metrics.count_end(Ended::AtCapacity);
        return;
    };
    // Dropped before the permit: what is not connected any more has been counted.
    let mut served = hub.metrics.served();
    let opening = async {
        let (stream, exporter) = transport.await?;
        let stream = upgrade(&hub, stream).await?;
        let peer = Peer { conn: permit.conn, source, exporter };
        Ok(Connection::open(Arc::clone(&hub), stream, peer).await)
    };
    tokio::select! {
        biased;
        () = permit.displaced.cancelled() => served.ended(Ended::Displaced),
        () = run(&hub, opening, &mut served) => {}
    }
}

/// Turns an HTTP request into a WebSocket, in time.
async fn upgrade<S>(hub: &Hub, mut stream: S) -> Result<S, Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match timeout(hub.config.handshake_timeout, handshake::upgrade(&mut stream)).await {
        Ok(Ok(true)) => Ok(stream),
        Ok(Ok(false)) => Err(Ended::UpgradeRefused),
        Ok(Err(_)) => Err(Ended::HandshakeBroken),
        Err(_) => Err(Ended::HandshakeTimeout),
    }
}

async fn run<S>(hub: &Hub, opening: impl Future<Output = Result<Connection<S>, Ended>>, served: &mut Served<'_>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let opened = tokio::select! {
        biased;
        () = hub.stop.cancelled() => Err(Ended::Shutdown),
        opened = opening => opened,
    };
    match opened {
        Ok(mut connection) => {
            let reason = connection.talk().await;
            served.ended(reason);
            if is_orderly(reason) {
                connection.wire.close().await;
            }
        }
        Err(reason) => served.ended(reason),
    }
}

/// Whether what is queued should still arrive. Otherwise the other side is gone, too slow, or does not speak the
/// protocol.
fn is_orderly(reason: Ended) -> bool {
    matches!(
        reason,
        Ended::PeerClosed
            | Ended::InvalidFrame
            | Ended::ProofsFailed
            | Ended::NameplatesGuessed
            | Ended::RoomDestroyed
            | Ended::Shutdown
    )
}

/// A connection that has become a WebSocket.
struct Connection<S> {
    hub: Arc<Hub>,
    conn: ConnId,
    session: Session,
    wire: Wire<S>,
    /// The mailbox stood open, for a connection that has proven nothing, when it was last looked at.
    in_mailbox: bool,
    ping_at: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Greets the client.
    async fn open(hub: Arc<Hub>, stream: S, peer: Peer) -> Self {
        let out = Arc::new(Outgoing::new(MOST_UNPROVEN));
        let intake = Intake::new(&hub.config, Instant::now());
        let (budget, most) = (Arc::clone(&hub.unproven_bytes), hub.config.limits.message);
        let wire = Wire::open(stream, Arc::clone(&out), intake, budget, most).await;
        let session = Session::open(Arc::clone(&hub), peer, out);
        let ping_at = later(Instant::now(), hub.next_ping());
        Self { hub, conn: peer.conn, session, wire, in_mailbox: false, ping_at }
    }

    /// Takes one step after the other, until one ends the connection.
    async fn talk(&mut self) -> Ended {
        loop {
            if let Err(reason) = self.step().await {
                return reason;
            }
        }
    }

    /// Waits for the first of three things. Where several are there, the relay's end goes before the socket, and the
    /// socket before the timers: what has arrived in time is not late because the relay was busy.
    async fn step(&mut self) -> Result<(), Ended> {
        let wake = self.wake_at(Instant::now());
        tokio::select! {
            biased;
            () = self.hub.stop.cancelled() => self.on_stop(),
            event = self.wire.next(wake) => match event? {
                Event::Message(message) => self.on_message(message).await,
                // What went out may have been a lease, with a deadline of its own; so has a message that began.
                Event::Progress => Ok(()),
            },
            () = sleep_until(wake) => self.on_wake(Instant::now()),
        }
    }

    /// When the next timer is due: a lease's or the parting's, the mailbox's, a message's or proof's, or the ping's.
    fn wake_at(&mut self, now: Instant) -> Instant {
        let mailbox = self.watch_mailbox(now);
        let (session, intake) = (self.session.deadline(), self.wire.intake().deadline());
        [session, mailbox, intake].into_iter().flatten().fold(self.ping_at, Instant::min)
    }

    /// Keeps a connection that has proven nothing for as long as it is in a mailbox. Behind its end a proof is due as
    /// behind HELLO. What the other end does wakes this one, for it is told.
    fn watch_mailbox(&mut self, now: Instant) -> Option<Instant> {
        let until = self.session.mailbox_until(now);
        if self.wire.intake().is_proven() {
            self.in_mailbox = false;
            return until;
        }
        let proof_timeout = self.hub.config.proof_timeout;
        if self.in_mailbox || until.is_some() {
            self.wire.intake_mut().set_proof_due(later(until.unwrap_or(now), proof_timeout));
        }
        if self.in_mailbox != until.is_some() {
            self.in_mailbox = until.is_some();
            self.hub.limits.keep(self.conn, self.in_mailbox);
            self.wire.widen(MOST_IN_MAILBOX);
        }
        until
    }

    fn on_stop(&self) -> Result<(), Ended> {
        self.session.say_goodbye();
        Err(Ended::Shutdown)
    }

    async fn on_message(&mut self, message: Bytes) -> Result<(), Ended> {
        // Until it is dealt with, a large message holds its share of the budget.
        let _share = self.wire.take_share();
        if !self.wire.intake_mut().message(&message) {
            return Err(Ended::TooLargeBeforeProof);
        }
        tokio::select! {
            biased;
            handled = self.session.handle(message) => handled?,
            // While the log works, what others said goes out.
            reason = self.wire.write_until_ended() => return Err(reason),
        }
        if self.session.has_proven() && !self.wire.intake().is_proven() {
            self.hub.limits.prove(self.conn);
            self.wire.prove(self.hub.config.outgoing, Arc::clone(&self.hub.large_bytes));
        }
        Ok(())
    }

    fn on_wake(&mut self, now: Instant) -> Result<(), Ended> {
        let intake = self.wire.intake();
        if let Some(reason) = intake.overdue(now) {
            return Err(reason);
        }
        self.session.tick(intake.is_receiving(), now)?;
        if now >= self.ping_at {
            if self.wire.silence(now) >= self.hub.config.ping_interval.mul_f64(LONGEST_SILENCE) {
                return Err(Ended::PingTimeout);
            }
            self.wire.ping();
            self.ping_at = later(now, self.hub.next_ping());
        }
        Ok(())
    }
}

fn later(now: Instant, by: Duration) -> Instant {
    now.checked_add(by).unwrap_or(now)
}

/// Bytes of replies that wait for a connection that has proven nothing: several refusals, each with a tombstone.
const MOST_UNPROVEN: usize = 16 * 1024;
/// The same with all that the other end of a mailbox may send.
const MOST_IN_MAILBOX: usize = MOST_UNPROVEN + limits::BOX_BYTES + limits::BOX_MESSAGES * 16;
/// In ping intervals: one lost ping is forgiven.
const LONGEST_SILENCE: f64 = 2.5;
