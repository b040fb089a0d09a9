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
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        protocol::{Role, WebSocketConfig},
    },
};

use crate::{outgoing::Outgoing, socket::Socket};

/// A WebSocket on one side, the queue on the other.
pub(crate) struct Wire<S> {
    pub(crate) socket: WebSocketStream<Socket<S>>,
    pub(crate) out: Arc<Outgoing>,
    /// Frames on their way, the first of them perhaps in part.
    writing: VecDeque<Bytes>,
    unflushed: bool,
    /// Messages read since the last write.
    reads: u32,
    /// When the other side last gave a sign of life.
    pub(crate) heard: Instant,
}

pub(crate) enum Event {
    Message(Bytes),
    Written,
    Began,
    Closed,
    Broken,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) async fn open(socket: Socket<S>, out: Arc<Outgoing>, most: u32) -> Self {
        let socket = websocket(socket, most).await;
        Self { socket, out, writing: VecDeque::new(), unflushed: false, reads: 0, heard: Instant::now() }
    }

    /// Says as well when something has become due earlier than the caller will look.
    pub(crate) fn poll_event_before(&mut self, cx: &mut Context<'_>, wake: Instant) -> Poll<Event> {
        let event = self.poll_event(cx);
        let due = self.socket.get_ref().intake.deadline();
        if event.is_pending() && due.is_some_and(|due| due < wake) { Poll::Ready(Event::Began) } else { event }
    }

    /// Drains what is readable, bounded, and then writes all that is queued at once.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let read_first = self.reads < MOST_READS && !self.out.is_crowded();
        if read_first && let Poll::Ready(event) = self.poll_read(cx) {
            self.reads = self.reads.saturating_add(1);
            return Poll::Ready(event);
        }
        let written = self.poll_write(cx);
        match written {
            Poll::Ready(Err(_)) => return Poll::Ready(Event::Broken),
            _ if self.out.is_cut_off() => return Poll::Ready(Event::Broken),
            Poll::Ready(Ok(wrote)) => {
                self.reads = 0;
                if wrote {
                    return Poll::Ready(Event::Written);
                }
            }
            Poll::Pending => {}
        }
        // A slow reader is not asked for more until it has read.
        if read_first || self.out.is_crowded() { Poll::Pending } else { self.poll_read(cx) }
    }

    /// Writes what is queued; ready only when the connection is broken.
    pub(crate) fn poll_broken(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.poll_write(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(()),
            _ if self.out.is_cut_off() => Poll::Ready(()),
            Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            let message = ready!(Pin::new(&mut self.socket).poll_next(cx));
            self.heard = Instant::now();
            return Poll::Ready(match message {
                Some(Ok(Message::Binary(message))) => Event::Message(message),
                Some(Ok(Message::Ping(payload) | Message::Pong(payload))) => {
                    self.socket.get_mut().intake.control(payload.len());
                    continue;
                }
                Some(Ok(Message::Frame(_))) => continue,
                Some(Ok(Message::Close(_)) | Err(tungstenite::Error::ConnectionClosed)) | None => Event::Closed,
                Some(Ok(Message::Text(_)) | Err(_)) => Event::Broken,
            });
        }
    }

    /// One vectored write for all that is queued, again and again until nothing is left. Says whether there was anything.
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

    /// Queues a ping.
    pub(crate) fn ping(&self) {
        self.out.push(Bytes::from_static(PING));
    }

    /// Writes what is queued and says goodbye, for as long as that is worth.
    pub(crate) async fn part(mut self) {
        self.out.push(Bytes::from_static(CLOSE));
        let written = timeout(PARTING, poll_fn(|cx| self.poll_write(cx))).await;
        if matches!(written, Ok(Ok(_))) {
            // The other side may be gone first; there is nothing left to lose.
            let _ = timeout(PARTING, self.socket.get_mut().stream.shutdown()).await;
        }
    }
}

/// A WebSocket over a stream whose handshake is over.
async fn websocket<S>(socket: Socket<S>, most: u32) -> WebSocketStream<Socket<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(MOST_CONTROL)
        .max_message_size(Some(most))
        .max_frame_size(Some(most));
    WebSocketStream::from_raw_socket(socket, Role::Server, Some(config)).await
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
