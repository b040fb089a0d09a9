//! What waits to be written to one connection: whole WebSocket frames, encoded once and shared between connections.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
};

use bytes::Bytes;
use conclave_proto::RelayFrame;

use crate::sync::lock;

/// The write queue of one connection, bounded in bytes. A client that reads too slowly overflows it and is cut off; no
/// sender waits.
#[derive(Debug)]
pub(crate) struct Outgoing {
    queue: Mutex<Queue>,
    limit: AtomicUsize,
    /// Held by each part of a blob that is queued or being written.
    parts: Arc<()>,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    /// Of frames that are queued or being written.
    bytes: usize,
    cut_off: bool,
    writer: Option<Waker>,
}

impl Outgoing {
    pub(crate) fn new(limit: usize) -> Self {
        Self { queue: Mutex::new(Queue::default()), limit: AtomicUsize::new(limit), parts: Arc::default() }
    }

    /// Changes how much may wait.
    pub(crate) fn widen(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Queues a frame that must not be lost.
    pub(crate) fn push(&self, frame: Bytes) {
        self.queue(frame, self.limit(), true);
    }

    /// Queues a frame that may be lost: it is dropped where a quarter of the bound waits already.
    pub(crate) fn push_if_idle(&self, frame: Bytes) {
        self.queue(frame, self.limit() / 4, false);
    }

    /// Whether less waits than what may be lost would wait behind: a quarter of the bound.
    pub(crate) fn is_idle(&self) -> bool {
        lock(&self.queue).bytes <= self.limit() / 4
    }

    /// Queues a reply or push for this connection alone.
    pub(crate) fn send(&self, frame: &RelayFrame) {
        self.push(message(|out| frame.encode_into(out)));
    }

    /// Queues a part of a blob for this connection alone.
    pub(crate) fn send_part(&self, frame: &RelayFrame) {
        let (frame, _held) = (message(|out| frame.encode_into(out)), Arc::clone(&self.parts));
        self.push(Bytes::from_owner(Part { frame, _held }));
    }

    /// Whether so much waits that the connection should write before it reads on: half of the bound, or two parts of
    /// blobs, which are asked for one after the other and would fill that half for everybody who reads slowly.
    pub(crate) fn is_crowded(&self) -> bool {
        lock(&self.queue).bytes > self.limit() / 2 || Arc::strong_count(&self.parts) > MOST_PARTS
    }

    /// Whether the queue has overflowed, because the client read too slowly.
    pub(crate) fn is_cut_off(&self) -> bool {
        lock(&self.queue).cut_off
    }

    /// Moves all queued frames into `to`, or remembers whom to wake when there are some.
    pub(crate) fn take(&self, to: &mut VecDeque<Bytes>, cx: &Context<'_>) {
        let mut queue = lock(&self.queue);
        if queue.frames.is_empty() {
            // An idle connection holds no buffer.
            if queue.frames.capacity() > 64 {
                queue.frames = VecDeque::new();
            }
            match &mut queue.writer {
                Some(writer) => writer.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
        } else {
            to.append(&mut queue.frames);
        }
    }

    /// Tells that so many bytes left.
    pub(crate) fn written(&self, bytes: usize) {
        let mut queue = lock(&self.queue);
        queue.bytes = queue.bytes.saturating_sub(bytes);
    }

    fn queue(&self, frame: Bytes, limit: usize, must_arrive: bool) {
        let writer = {
            let mut queue = lock(&self.queue);
            let bytes = queue.bytes.saturating_add(frame.len());
            if queue.cut_off || (bytes > limit && !must_arrive) {
                return;
            }
            // A single frame larger than the bound still fits an empty queue.
            if bytes > limit && queue.bytes > 0 {
                queue.cut_off = true;
                queue.frames = VecDeque::new();
            } else {
                queue.bytes = bytes;
                queue.frames.push_back(frame);
            }
            queue.writer.take()
        };
        if let Some(writer) = writer {
            writer.wake();
        }
    }
}

/// A frame that counts as a part of a blob until it is dropped.
struct Part {
    frame: Bytes,
    _held: Arc<()>,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.frame
    }
}

/// A binary WebSocket message, unmasked as a server's are (RFC 6455 section 5.2), around what `encode` writes.
pub(crate) fn message(encode: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    // Room for the longest header, so that the payload is written once and never moved.
    let mut out = vec![0; LONGEST_HEADER];
    encode(&mut out);
    let len = out.len().saturating_sub(LONGEST_HEADER);
    let mut header = [0; LONGEST_HEADER];
    let used = match (u16::try_from(len), u64::try_from(len)) {
        (Ok(short @ 0..=125), _) => write_header(&mut header, &short.to_be_bytes()[1..]),
        (Ok(medium), _) => write_header(&mut header, &[&[126], &medium.to_be_bytes()[..]].concat()),
        (_, long) => write_header(&mut header, &[&[127], &long.unwrap_or(u64::MAX).to_be_bytes()[..]].concat()),
    };
    let start = LONGEST_HEADER.saturating_sub(used);
    for (to, from) in out.iter_mut().skip(start).zip(header.iter().take(used)) {
        *to = *from;
    }
    let mut frame = Bytes::from(out);
    bytes::Buf::advance(&mut frame, start);
    frame
}

fn write_header(header: &mut [u8; LONGEST_HEADER], length: &[u8]) -> usize {
    for (to, from) in header.iter_mut().zip([&[BINARY_FINAL], length].concat()) {
        *to = from;
    }
    length.len().saturating_add(1)
}

/// Parts of blobs that wait for one connection.
const MOST_PARTS: usize = 2;
const LONGEST_HEADER: usize = 10;
const BINARY_FINAL: u8 = 0x82;

#[cfg(test)]
mod tests {
    use conclave_proto::{
        frame::{BlobBytes, Reply},
        limits,
    };

    use super::*;

    #[test]
    fn a_message_has_the_shortest_header() {
        let header = |len: usize| {
            let frame = message(|out| out.extend(std::iter::repeat_n(7, len)));
            let header = frame.len() - len;
            assert!(frame[header..].iter().all(|&byte| byte == 7), "the payload is untouched");
            frame[..header].to_vec()
        };
        assert_eq!(header(0), [0x82, 0]);
        assert_eq!(header(125), [0x82, 125]);
        assert_eq!(header(126), [0x82, 126, 0, 126]);
        assert_eq!(header(65_535), [0x82, 126, 0xff, 0xff]);
        assert_eq!(header(65_536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn two_parts_of_a_blob_are_a_crowd_until_one_is_written() {
        let out = Outgoing::new(100 * 1024 * 1024);
        let body = Reply::BlobBytes(BlobBytes { bytes: vec![1; limits::BLOB_PART] });
        let part = RelayFrame { rid: 1, body };
        out.send_part(&part);
        assert!(!out.is_crowded(), "while one is written the next one is read");
        out.send_part(&part);
        assert!(out.is_crowded());
        let mut writing = VecDeque::new();
        out.take(&mut writing, &Context::from_waker(Waker::noop()));
        assert!(out.is_crowded(), "what is on its way counts");
        writing.pop_front();
        assert!(!out.is_crowded());
    }

    #[test]
    fn a_slow_reader_is_cut_off_and_ephemerals_are_dropped_before() {
        let out = Outgoing::new(100);
        out.push(Bytes::from_static(&[0; 30]));
        out.push_if_idle(Bytes::from_static(&[0; 1]));
        assert_eq!(lock(&out.queue).frames.len(), 1, "an ephemeral does not wait behind a backlog");
        out.push(Bytes::from_static(&[0; 70]));
        assert!(!out.is_cut_off(), "the bound itself is allowed");
        out.push(Bytes::from_static(&[0; 1]));
        assert!(out.is_cut_off());
        assert_eq!(lock(&out.queue).frames.len(), 0, "nothing is kept for who is gone");
        let large = Outgoing::new(100);
        large.push(Bytes::from_static(&[0; 200]));
        assert!(!large.is_cut_off(), "one frame always fits");
    }
}
