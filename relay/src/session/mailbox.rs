//! One connection's end of a mailbox: BOX_NEW, BOX_JOIN, BOX_SEND, BOX_CLOSE.

use std::sync::Arc;

use conclave_proto::{
    ErrorCode,
    frame::{BoxJoin, BoxJoined, BoxOpened, BoxSend, Empty, Refusal, Reply},
    id::BoxId,
    limits,
};
use tokio::time::Instant;

use crate::{
    hub::Hub,
    mailbox::{End, Place},
    outgoing::Outgoing,
    peer::{ConnId, Source},
};

/// A connection and its mailbox, one at a time. Dropped, it ends the box.
#[derive(Debug)]
pub(super) struct Correspondent {
    hub: Arc<Hub>,
    conn: ConnId,
    source: Option<Source>,
    out: Arc<Outgoing>,
    place: Option<Place>,
    /// Nameplates under which there was no box for it.
    wrong: u32,
}

impl Correspondent {
    pub(super) fn new(hub: Arc<Hub>, conn: ConnId, source: Option<Source>, out: Arc<Outgoing>) -> Self {
        Self { hub, conn, source, out, place: None, wrong: 0 }
    }

    /// Until when the connection is in a box that is open.
    pub(super) fn until(&mut self, now: Instant) -> Option<Instant> {
        let until = self.hub.mailboxes.until(self.place?, now);
        if until.is_none() {
            self.place = None;
        }
        until
    }

    /// Whether it has tried too many nameplates.
    pub(super) fn has_guessed_too_often(&self) -> bool {
        self.wrong >= MOST_WRONG
    }

    pub(super) fn open(&mut self) -> Result<Reply, Refusal> {
        let (end, now) = self.free_end()?;
        let draw = || u32::from_be_bytes(self.hub.random());
        let place = self.hub.mailboxes.open(end, BoxId(self.hub.random()), draw, now)?;
        self.place = Some(place);
        let ttl = u32::try_from(limits::BOX_TTL.as_secs()).unwrap_or(u32::MAX);
        Ok(Reply::BoxOpened(BoxOpened { nameplate: place.nameplate.to_string(), box_id: place.id, ttl }))
    }

    pub(super) fn join(&mut self, join: &BoxJoin<'_>) -> Result<Reply, Refusal> {
        let (end, now) = self.free_end()?;
        let joined = self.hub.mailboxes.join(end, join.nameplate, now);
        let is_wrong = |refusal: &Refusal| matches!(refusal.code, ErrorCode::BoxGone | ErrorCode::BoxCrowded);
        if joined.as_ref().is_err_and(is_wrong) {
            self.wrong = self.wrong.saturating_add(1);
        }
        let place = joined?;
        self.place = Some(place);
        Ok(Reply::BoxJoined(BoxJoined { box_id: place.id }))
    }

    pub(super) fn send(&mut self, message: &BoxSend<'_>) -> Result<Reply, Refusal> {
        let place = self.current()?;
        self.hub.mailboxes.send(place, self.conn, message)?;
        Ok(Reply::BoxSent(Empty {}))
    }

    pub(super) fn close(&mut self) -> Result<Reply, Refusal> {
        let place = self.current()?;
        self.place = None;
        self.hub.mailboxes.leave(place, self.conn);
        Ok(Reply::BoxClosed(Empty {}))
    }

    fn current(&mut self) -> Result<Place, Refusal> {
        self.until(Instant::now());
        self.place.ok_or(Refusal::bare(ErrorCode::BoxGone))
    }

    /// An end for a new box, unless the connection is in one.
    fn free_end(&mut self) -> Result<(End, Instant), Refusal> {
        let now = Instant::now();
        if self.until(now).is_some() {
            return Err(Refusal::bare(ErrorCode::BoxLimit));
        }
        Ok((End::new(self.conn, self.source, Arc::clone(&self.out)), now))
    }
}

impl Drop for Correspondent {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.hub.mailboxes.leave(place, self.conn);
        }
    }
}

/// One that was misheard twice; the next call is for a new number.
const MOST_WRONG: u32 = 3;
