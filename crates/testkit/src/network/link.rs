//! A link between a client and the relay: two pipes that are cut together, with an end at each side.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep_until},
};

use super::{
    counts::Counts,
    pipe::{Pipe, Read, Written},
};

/// Two pipes: `pipes[0]` carries what the client writes.
pub(super) struct Link {
    who: String,
    /// If it falls silent, it does so in both directions.
    both_ways: bool,
    pipes: [Mutex<Pipe>; 2],
    counts: Arc<Counts>,
}

impl Link {
    pub(super) fn new(who: &str, both_ways: bool, pipes: [Mutex<Pipe>; 2], counts: Arc<Counts>) -> Self {
        Self { who: who.to_owned(), both_ways, pipes, counts }
    }

    pub(super) fn cut(&self) {
        let fresh = self.pipes.iter().map(|pipe| pipe.lock().unwrap().tear()).fold(false, |any, torn| any | torn);
        if fresh {
            self.counts.cut(&self.who);
        }
    }

    /// Both directions swallow what they are given from now on.
    pub(super) fn silence(&self) {
        self.swallow();
        self.fall_silent();
    }

    /// One direction has fallen silent, and the other does too if that is drawn. Neither end hears of it.
    fn fall_silent(&self) {
        if self.both_ways {
            self.swallow();
        }
        self.counts.silence(&self.who);
    }

    fn swallow(&self) {
        for pipe in &self.pipes {
            pipe.lock().unwrap().swallow();
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Client,
    Relay,
}

/// One end of a link.
#[derive(Debug)]
pub struct End {
    link: Arc<Link>,
    side: Side,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl End {
    /// The client's end and the relay's.
    pub(super) fn both(link: &Arc<Link>) -> (Self, Self) {
        let end = |side| Self { link: Arc::clone(link), side, sleep: None };
        (end(Side::Client), end(Side::Relay))
    }

    fn incoming(&self) -> &Mutex<Pipe> {
        let [there, back] = &self.link.pipes;
        match self.side {
            Side::Client => back,
            Side::Relay => there,
        }
    }

    fn outgoing(&self) -> &Mutex<Pipe> {
        let [there, back] = &self.link.pipes;
        match self.side {
            Side::Client => there,
            Side::Relay => back,
        }
    }
}

impl AsyncRead for End {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let read = self.incoming().lock().unwrap().read(buffer, cx.waker());
            let due = match read {
                Read::Done(outcome) => return Poll::Ready(outcome),
                Read::Nothing => return Poll::Pending,
                Read::DueAt(due) => due,
            };
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if sleep.deadline() != due {
                sleep.as_mut().reset(due);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.outgoing().lock().unwrap().write(bytes, cx.waker());
        match written {
            Written::Taken { bytes, twice } => {
                if twice {
                    self.link.counts.double(&self.link.who);
                }
                Poll::Ready(Ok(bytes))
            }
            Written::Breaks(taken) => {
                self.link.cut();
                Poll::Ready(if taken > 0 { Ok(taken) } else { Err(io::ErrorKind::BrokenPipe.into()) })
            }
            Written::FallsSilent(taken) => {
                self.link.fall_silent();
                Poll::Ready(Ok(taken))
            }
            Written::Full => Poll::Pending,
            Written::Refused => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing().lock().unwrap().close();
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        for pipe in [self.outgoing(), self.incoming()] {
            pipe.lock().unwrap().close();
        }
    }
}
