//! Who hears of a knock at the locked room: those who have proven to be its owner, and who knocked.

use bytes::Bytes;
use conclave_proto::{
    ErrorCode, RelayFrame, RoomState,
    frame::{KnockAnswerPush, KnockPending, Knocked, Refusal, Reply},
    id::KnockId,
    limits,
};
use tokio::time::Instant;

use super::{Inner, LiveRoom, millis};
use crate::{
    knocks::Knock,
    outgoing::message,
    peer::{ConnId, Source},
    sync::lock,
};

impl LiveRoom {
    /// Takes a knock for the owner, in a locked room.
    ///
    /// # Errors
    /// NOT_AUTHORISED in an open room, RATE_LIMITED for too many of one source, and while an owner reads too slowly.
    pub(crate) fn knock(
        &self,
        conn: ConnId,
        source: Option<Source>,
        id: KnockId,
        blob: &[u8],
        now: Instant,
    ) -> Result<KnockPending, Refusal> {
        let mut inner = lock(&self.inner);
        if inner.view.is_none_or(|view| view.state == RoomState::Open) {
            return Err(Refusal::bare(ErrorCode::NotAuthorised));
        }
        // A queue that overflows ends its connection, and nobody at the door may do that to the owner.
        if inner.attached.iter().any(|attached| attached.owner && !attached.out.is_idle()) {
            return Err(Refusal::retry(ErrorCode::RateLimited, millis(limits::KNOCK_PAUSE)));
        }
        if let Some(left) = inner.knocks.pause(conn, source, now) {
            return Err(Refusal::retry(ErrorCode::RateLimited, millis(left)));
        }
        let frame = knocked(id, Some(blob.to_vec()));
        inner.tell_owners(&frame, None);
        let until = now.checked_add(limits::KNOCK_TTL).unwrap_or(now);
        for over in inner.knocks.add(Knock { id, conn, source, frame, until }) {
            inner.tell_owners(&knocked(over.id, None), None);
            if over.conn != conn {
                inner.tell_knocker(&over, None);
            }
        }
        Ok(KnockPending { knock_id: id, ttl: seconds(until, now), owner_here: inner.has_owner() })
    }

    /// Sends the owner's answer to who knocked.
    ///
    /// # Errors
    /// NO_SUCH_ENTRY if the knock is over.
    pub(crate) fn answer_knock(&self, owner: ConnId, knock_id: KnockId, blob: &[u8]) -> Result<(), Refusal> {
        let mut inner = lock(&self.inner);
        let knock = inner.knocks.take_named(knock_id).ok_or(Refusal::bare(ErrorCode::NoSuchEntry))?;
        inner.send(knock.conn, 0, Reply::KnockAnswer(KnockAnswerPush { knock_id, blob: blob.to_vec() }));
        inner.tell_owners(&knocked(knock_id, None), Some(owner));
        Ok(())
    }

    /// A connection has proven to be the owner's: it hears of what waits, and from now on of each knock.
    pub(crate) fn hear_knocks(&self, conn: ConnId, now: Instant) {
        let mut inner = lock(&self.inner);
        let was_here = inner.has_owner();
        let Inner { attached, knocks, .. } = &mut *inner;
        let owner = attached.iter_mut().find(|attached| attached.conn == conn && !attached.owner);
        let Some(owner) = owner else { return };
        owner.owner = true;
        knocks.iter().for_each(|knock| owner.out.push(knock.frame.clone()));
        if !was_here {
            inner.tell_all_knockers(now);
        }
    }

    /// Time has passed for a connection that has knocked.
    pub(crate) fn tick_knock(&self, conn: ConnId, now: Instant) {
        let mut inner = lock(&self.inner);
        if let Some(knock) = inner.knocks.take_expired(conn, now) {
            inner.tell_owners(&knocked(knock.id, None), None);
            inner.tell_knocker(&knock, None);
        }
    }

    /// When [`LiveRoom::tick_knock`] is due.
    pub(crate) fn knock_deadline(&self, conn: ConnId) -> Option<Instant> {
        lock(&self.inner).knocks.iter().find(|knock| knock.conn == conn).map(|knock| knock.until)
    }
}

impl Inner {
    /// A connection is gone: so is its knock, and perhaps the last of the owner's.
    pub(super) fn knocks_after_detach(&mut self, conn: ConnId, was_here: bool, now: Instant) {
        if let Some(knock) = self.knocks.take_of(conn) {
            self.tell_owners(&knocked(knock.id, None), None);
        }
        if was_here && !self.has_owner() {
            self.tell_all_knockers(now);
        }
    }

    /// Whoever has the code may come in again, and needs no answer any more.
    pub(super) fn unlocked(&mut self) {
        for knock in self.knocks.take_all() {
            self.tell_owners(&knocked(knock.id, None), None);
            self.tell_knocker(&knock, None);
        }
    }

    /// Whether the owner is connected.
    pub(super) fn has_owner(&self) -> bool {
        self.attached.iter().any(|attached| attached.owner)
    }

    fn tell_owners(&self, frame: &Bytes, but: Option<ConnId>) {
        for owner in self.attached.iter().filter(|attached| attached.owner && Some(attached.conn) != but) {
            owner.out.push(frame.clone());
        }
    }

    fn tell_all_knockers(&self, now: Instant) {
        self.knocks.iter().for_each(|knock| self.tell_knocker(knock, Some(now)));
    }

    /// Says where a knock stands now; without a time, that it is over without an answer.
    fn tell_knocker(&self, knock: &Knock, now: Option<Instant>) {
        let ttl = now.map_or(0, |now| seconds(knock.until, now));
        let pending = KnockPending { knock_id: knock.id, ttl, owner_here: self.has_owner() };
        self.send(knock.conn, 0, Reply::KnockPending(pending));
    }
}

fn knocked(knock_id: KnockId, blob: Option<Vec<u8>>) -> Bytes {
    message(|out| RelayFrame::push(Reply::Knocked(Knocked { knock_id, blob })).encode_into(out))
}

/// Seconds that are left, at least one: 0 says that a knock is over.
fn seconds(until: Instant, now: Instant) -> u32 {
    u32::try_from(until.saturating_duration_since(now).as_secs()).unwrap_or(u32::MAX).max(1)
}
