//! One socket as a connection works with it: messages come in one at a time, queued frames go out in batches.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use futures_util::Stream as _;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        error::ProtocolError,
        protocol::{Role, WebSocketConfig},
    },
};

use crate::{intake::Intake, metrics::Ended, outgoing::Outgoing, socket::Socket};

/// A WebSocket on one side, the queue of what goes out on the other.
pub(crate) struct Wire<S> {
    socket: WebSocketStream<Socket<S>>,
    out: Arc<Outgoing>,
    /// Frames on their way, the first of them perhaps in part.
    writing: VecDeque<Bytes>,
    unflushed: bool,
    /// Messages read since the last write.
    reads: u32,
    /// When the other side last gave a sign of life.
    heard: Instant,
}

/// What [`Wire::next`] returns for.
pub(crate) enum Event {
    /// A message came.
    Message(Bytes),
    /// Frames went out, or a message began to arrive: deadlines may have moved.
    Progress,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Takes over a stream behind the WebSocket handshake. No message may have more than `most` bytes.
    pub(crate) async fn open(stream: S, out: Arc<Outgoing>, intake: Intake, budget: Arc<Semaphore>, most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(MOST_CONTROL)
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        let socket = Socket::new(stream, Arc::clone(&out), intake, budget);
        let socket = WebSocketStream::from_raw_socket(socket, Role::Server, Some(config)).await;
        Self { socket, out, writing: VecDeque::new(), unflushed: false, reads: 0, heard: Instant::now() }
    }

    /// Reads and writes until there is something to do for the caller, who will look at deadlines again at `wake`.
    ///
    /// # Cancel safety
    /// Nothing is lost: what was read or written in part goes on with the next call.
    pub(crate) async fn next(&mut self, wake: Instant) -> Result<Event, Ended> {
        poll_fn(|cx| self.poll_next_before(cx, wake)).await
    }

    /// Writes what is queued, and reads nothing. Resolves only when the connection has ended.
    ///
    /// # Cancel safety
    /// As [`Wire::next`].
    pub(crate) async fn write_until_ended(&mut self) -> Ended {
        poll_fn(|cx| match self.poll_write(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(Ended::StreamBroken),
            _ if self.out.is_cut_off() => Poll::Ready(Ended::SlowReader),
            Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Queues a ping.
    pub(crate) fn ping(&self) {
        self.out.push(Bytes::from_static(PING));
    }

    /// For how long the other side has given no sign of life.
    pub(crate) fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.heard)
    }

    pub(crate) fn intake(&self) -> &Intake {
        &self.socket.get_ref().intake
    }

    pub(crate) fn intake_mut(&mut self) -> &mut Intake {
        &mut self.socket.get_mut().intake
    }

    /// What the message that has just come holds of the budget for messages that are arriving.
    pub(crate) fn take_share(&mut self) -> Option<OwnedSemaphorePermit> {
        self.socket.get_mut().take_share()
    }

    /// Lets so many bytes wait to be read by the client.
    pub(crate) fn widen(&self, most_outgoing: usize) {
        self.out.widen(most_outgoing);
    }

    /// A proof succeeded: more may wait to be read by the client, and larger messages are taken, from another budget.
    pub(crate) fn prove(&mut self, most_outgoing: usize, budget: Arc<Semaphore>) {
        self.out.widen(most_outgoing);
        self.socket.get_mut().prove(budget);
    }

    /// Writes what is queued and a close frame, for as long as that is worth.
    pub(crate) async fn close(mut self) {
        self.out.push(Bytes::from_static(CLOSE));
        let written = timeout(PARTING, poll_fn(|cx| self.poll_write(cx))).await;
        if matches!(written, Ok(Ok(_))) {
            // The other side may be gone first; there is nothing left to lose.
            let _ = timeout(PARTING, self.socket.get_mut().stream.shutdown()).await;
        }
    }

    /// Returns as well when something has become due earlier than the caller will look.
    fn poll_next_before(&mut self, cx: &mut Context<'_>, wake: Instant) -> Poll<Result<Event, Ended>> {
        let event = self.poll_next(cx);
        let due = self.intake().deadline();
        if event.is_pending() && due.is_some_and(|due| due < wake) { Poll::Ready(Ok(Event::Progress)) } else { event }
    }

    /// Drains what is readable, bounded, and then writes all that is queued at once.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Ended>> {
        let read_first = self.reads < MOST_READS && !self.out.is_crowded();
        if read_first && let Poll::Ready(read) = self.poll_read(cx) {
            self.reads = self.reads.saturating_add(1);
            return Poll::Ready(read.map(Event::Message));
        }
        let written = self.poll_write(cx);
        match written {
            Poll::Ready(Err(_)) => return Poll::Ready(Err(Ended::StreamBroken)),
            _ if self.out.is_cut_off() => return Poll::Ready(Err(Ended::SlowReader)),
            Poll::Ready(Ok(wrote)) => {
                self.reads = 0;
                if wrote {
                    return Poll::Ready(Ok(Event::Progress));
                }
            }
            Poll::Pending => {}
        }
        // A slow reader is not asked for more until it has read.
        if read_first || self.out.is_crowded() { Poll::Pending } else { self.poll_read(cx).map_ok(Event::Message) }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Ended>> {
        loop {
            let message = ready!(Pin::new(&mut self.socket).poll_next(cx));
            self.heard = Instant::now();
            return Poll::Ready(match message {
                Some(Ok(Message::Binary(message))) => Ok(message),
                Some(Ok(Message::Ping(payload) | Message::Pong(payload))) => {
                    self.intake_mut().control(payload.len());
                    continue;
                }
                Some(Ok(Message::Frame(_))) => continue,
                Some(Ok(Message::Close(_))) | None => Err(Ended::PeerClosed),
                Some(Ok(Message::Text(_))) => Err(Ended::TextMessage),
                Some(Err(error)) => Err(self.reason(&error)),
            });
        }
    }

    /// What a failed reading says of the end.
    fn reason(&self, error: &tungstenite::Error) -> Ended {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the library's own list: the rest is of clients and handshakes"
        )]
        match error {
            tungstenite::Error::ConnectionClosed => Ended::PeerClosed,
            tungstenite::Error::Capacity(_) => Ended::MessageTooLarge,
            // See `Socket::poll_read`.
            tungstenite::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                if self.intake().is_proven() { Ended::MessageTooLarge } else { Ended::TooLargeBeforeProof }
            }
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
            | tungstenite::Error::AlreadyClosed
            | tungstenite::Error::Io(_) => Ended::StreamBroken,
            _ => Ended::InvalidWebSocket,
        }
    }

    /// One vectored write for all that is queued, again and again until nothing is left. Says whether there was
    /// anything.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut wrote = false;
        loop {
            if self.writing.is_empty() {
                self.out.take(&mut self.writing, cx);
            }
            let stream = &mut self.socket.get_mut().stream;
            if self.writing.is_empty() {
                if self.unflushed {
                    ready!(Pin::new(stream).poll_flush(cx))?;
                    self.unflushed = false;
                }
                return Poll::Ready(Ok(wrote));
            }
            let mut slices = [IoSlice::new(&[]); MOST_SLICES];
            let mut used = 0_usize;
            for (slice, frame) in slices.iter_mut().zip(&self.writing) {
                *slice = IoSlice::new(frame);
                used = used.saturating_add(1);
            }
            let slices = slices.get(..used).unwrap_or_default();
            let written = ready!(Pin::new(stream).poll_write_vectored(cx, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            (self.unflushed, wrote) = (true, true);
            self.out.written(written);
            self.advance(written);
        }
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.writing.front_mut() {
            if written < first.len() {
                first.advance(written);
                return;
            }
            written = written.saturating_sub(first.len());
            self.writing.pop_front();
        }
        if self.writing.capacity() > MOST_SLICES {
            self.writing = VecDeque::new();
        }
    }
}

/// A ping without content, and a close with code 1001 "going away" (RFC 6455 section 7.4.1).
const PING: &[u8] = &[0x89, 0];
const CLOSE: &[u8] = &[0x88, 2, 0x03, 0xe9];
/// tungstenite's own buffer would be 128 KiB for every idle connection.
const READ_BUFFER: usize = 4096;
/// What tungstenite may hold of its own: pongs and closes.
const MOST_CONTROL: usize = 16 * 1024;
const MOST_READS: u32 = 32;
const MOST_SLICES: usize = 64;
const PARTING: Duration = Duration::from_secs(2);
