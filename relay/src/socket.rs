//! An adapter between the byte stream and the WebSocket library: reads go to the socket within what [`Intake`] allows;
//! what the library writes (pongs, closes) joins the write queue, so that frames are never torn.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::sync::PollSemaphore;

use crate::{
    intake::{Allowance, Intake},
    outgoing::Outgoing,
};

/// A stream behind its handshake, whose writes join the queue.
#[derive(Debug)]
pub(crate) struct Socket<S> {
    pub(crate) stream: S,
    out: Arc<Outgoing>,
    pub(crate) intake: Intake,
    budget: PollSemaphore,
    /// The share of the budget that the message under way has.
    share: Option<OwnedSemaphorePermit>,
}

impl<S> Socket<S> {
    pub(crate) fn new(stream: S, out: Arc<Outgoing>, intake: Intake, budget: Arc<Semaphore>) -> Self {
        Self { stream, out, intake, budget: PollSemaphore::new(budget), share: None }
    }

    /// A proof succeeded: larger messages are taken, from another budget.
    pub(crate) fn prove(&mut self, budget: Arc<Semaphore>) {
        self.intake.prove();
        self.budget = PollSemaphore::new(budget);
    }

    /// A message is whole: what it held of the budget is handed over, to be kept until it is dealt with.
    pub(crate) fn take_share(&mut self) -> Option<OwnedSemaphorePermit> {
        self.share.take()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let most = loop {
            match self.intake.allowance() {
                Allowance::Read(most) => break most,
                Allowance::Exceeded => return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into())),
                Allowance::Reserve(bytes) => {
                    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
                    let Some(share) = ready!(self.budget.poll_acquire_many(cx, bytes)) else {
                        return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
                    };
                    self.share = Some(share);
                    self.intake.reserve();
                }
            }
        };
        let mut part = buf.take(most);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buf.advance(read);
        self.intake.read(read, Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl<S: Unpin> AsyncWrite for Socket<S> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.out.push(Bytes::copy_from_slice(buf));
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
