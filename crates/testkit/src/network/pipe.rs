//! One direction of a link: bytes are delayed, and it may break or fall silent behind any of them. WebSocket frames may
//! come twice.

use std::{collections::VecDeque, io, task::Waker};

use bytes::{Buf as _, Bytes};
use tokio::{io::ReadBuf, time::Instant};

use super::faults::FaultProfile;
use crate::rng::SeededRng;

/// How a direction of a link ends, with the bytes that it carries until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Lasts,
    Breaks(u64),
    FallsSilent(u64),
}

/// What a write came to, with the bytes that were taken.
pub(super) enum Written {
    Taken {
        bytes: usize,
        twice: bool,
    },
    Breaks(usize),
    FallsSilent(usize),
    /// There is no room; the writer is woken when there is.
    Full,
    Refused,
}

/// What a read came to.
pub(super) enum Read {
    Done(io::Result<()>),
    /// The next bytes arrive then, unless a cut drops them.
    DueAt(Instant),
    /// Nothing is on the way; the reader is woken when something is.
    Nothing,
}

/// One direction of a link.
pub(super) struct Pipe {
    rng: SeededRng,
    faults: FaultProfile,
    fate: Fate,
    /// What is written next begins a WebSocket frame: the greeting in HTTP is over, and what came before was taken as a
    /// whole.
    at_frame: bool,
    on_the_way: VecDeque<(Instant, Bytes)>,
    waiting: usize,
    newest: Instant,
    torn: bool,
    closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    pub(super) fn new(rng: SeededRng, faults: FaultProfile, fate: Fate) -> Self {
        Self {
            rng,
            faults,
            fate,
            at_frame: false,
            on_the_way: VecDeque::new(),
            waiting: 0,
            newest: Instant::now(),
            torn: false,
            closed: false,
            reader: None,
            writer: None,
        }
    }

    /// Takes bytes, as many as there is room for.
    pub(super) fn write(&mut self, bytes: &[u8], writer: &Waker) -> Written {
        let was_silent = self.is_silent();
        if self.torn || (self.closed && !was_silent) {
            return Written::Refused;
        }
        let taken = self.take(bytes);
        if self.fate == Fate::Breaks(0) && taken < bytes.len() {
            return Written::Breaks(taken);
        }
        if self.is_silent() && !was_silent {
            return Written::FallsSilent(taken);
        }
        if taken == 0 && !bytes.is_empty() {
            self.writer = Some(writer.clone());
            return Written::Full;
        }
        Written::Taken { bytes: taken, twice: self.double(bytes, taken) }
    }

    /// Hands out what has arrived, as much as the buffer holds.
    pub(super) fn read(&mut self, buffer: &mut ReadBuf<'_>, reader: &Waker) -> Read {
        let Some((due, bytes)) = self.on_the_way.front_mut() else {
            if self.torn {
                return Read::Done(Err(io::ErrorKind::ConnectionReset.into()));
            }
            if self.closed && !self.is_silent() {
                return Read::Done(Ok(()));
            }
            self.reader = Some(reader.clone());
            return Read::Nothing;
        };
        if *due > Instant::now() {
            let due = *due;
            // A cut may drop what is on the way before it is due.
            self.reader = Some(reader.clone());
            return Read::DueAt(due);
        }
        let length = bytes.len().min(buffer.remaining());
        buffer.put_slice(bytes.get(..length).unwrap());
        bytes.advance(length);
        if bytes.is_empty() {
            self.on_the_way.pop_front();
        }
        self.waiting -= length;
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
        Read::Done(Ok(()))
    }

    /// Nothing more is written or read at one end.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.wake();
    }

    /// Takes everything from now on, and carries nothing of it.
    pub(super) fn swallow(&mut self) {
        self.fate = Fate::FallsSilent(0);
    }

    /// Breaks; what is on the way may still arrive or not. Says whether it was whole.
    pub(super) fn tear(&mut self) -> bool {
        if self.torn || self.closed {
            return false;
        }
        self.torn = true;
        if self.rng.percent(50) {
            self.on_the_way.clear();
        }
        self.wake();
        true
    }

    /// Takes bytes, as many as there is room for, and says how many. Fewer may be on the way: then the link's fate is
    /// sealed.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let room = u64::try_from(bytes.len().min(CAPACITY - self.waiting)).unwrap();
        let carried = match &mut self.fate {
            Fate::Lasts => room,
            Fate::Breaks(left) | Fate::FallsSilent(left) => {
                let carried = room.min(*left);
                *left -= carried;
                carried
            }
        };
        let carried = usize::try_from(carried).unwrap();
        if carried > 0 {
            self.carry(bytes.get(..carried).unwrap());
        }
        // What is swallowed needs no room.
        if self.is_silent() { bytes.len() } else { carried }
    }

    /// Carries once more what was just taken as a whole, now and then. Says whether it did.
    fn double(&mut self, bytes: &[u8], taken: usize) -> bool {
        let whole = taken == bytes.len() && !self.is_silent();
        let frames = std::mem::replace(&mut self.at_frame, whole) && whole;
        let doubles = frames && bytes.len() <= CAPACITY - self.waiting && self.rng.percent(self.faults.doubled);
        if doubles {
            self.carry(bytes);
        }
        doubles
    }

    fn carry(&mut self, bytes: &[u8]) {
        let arrives = Instant::now() + self.rng.millis(1..self.faults.slowest + 1);
        self.newest = self.newest.max(arrives);
        self.waiting += bytes.len();
        self.on_the_way.push_back((self.newest, Bytes::copy_from_slice(bytes)));
        self.wake();
    }

    fn is_silent(&self) -> bool {
        self.fate == Fate::FallsSilent(0)
    }

    fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }
}

/// Bytes that a pipe holds; more is not taken before some have arrived.
const CAPACITY: usize = 256 * 1024;
