//! Fan-out: a room with somebody attached, who hears what, in which order. No socket, no clock: it is told what
//! happens, and when.

mod knocking;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock},
};

use bytes::Bytes;
use conclave_proto::{
    ErrorCode, RelayFrame, RoomState,
    frame::{Burned, BurnedPush, EntryView, EphemeralPush, ErrorData, Leased, Refusal, Reply},
    id::{PublicKey, RoomId, Tag},
    limits,
    owner::Tombstone,
};
use tokio::time::Instant;

use crate::{
    knocks::Knocks,
    lease::{Action, Asker, Leases},
    log::{Notice, StoredEntry, StoredRoom},
    outgoing::{Outgoing, message},
    peer::ConnId,
    sync::lock,
};

/// A room with somebody attached.
#[derive(Debug)]
pub(crate) struct LiveRoom {
    pub(crate) id: RoomId,
    /// The room is gone; one that is founded again under its name is another one. Read without the lock, for every
    /// connection asks after each step.
    ended: OnceLock<End>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Unknown until the log was asked or told.
    view: Option<View>,
    /// How often the log has told something.
    heard: u64,
    attached: Vec<Attached>,
    leases: Leases,
    knocks: Knocks,
    /// How many came back after the end.
    late: usize,
}

/// What decides who hears what.
#[derive(Debug, Clone, Copy)]
struct View {
    state: RoomState,
    head: Tag,
    head_key: PublicKey,
}

/// How a room has ended.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Nobody wrote for too long.
    Idle,
    /// Its owner destroyed it. Those who were attached hear each other's receipts until `parting`.
    Wiped { parting: Instant },
}

#[derive(Debug)]
struct Attached {
    conn: ConnId,
    out: Arc<Outgoing>,
    /// The member-auth key that the connection has proven.
    key: Option<PublicKey>,
    pushes: Pushes,
    /// It has proven to be the owner's, and hears of knocks.
    owner: bool,
    /// It has sent its receipt for the end of the room.
    burned: bool,
    /// It came back after the end, and hears nothing.
    late: bool,
}

impl Attached {
    fn new(conn: ConnId, out: Arc<Outgoing>) -> Self {
        Self { conn, out, key: None, pushes: Pushes::Off, owner: false, burned: false, late: false }
    }
}

/// Whether a connection is sent what is stored.
#[derive(Debug)]
enum Pushes {
    /// Not yet: it has not caught up.
    Off,
    /// It is about to have caught up: what comes meanwhile follows the reply.
    Held { frames: VecDeque<(u64, Bytes)>, bytes: usize },
    /// Everything after this number.
    After(u64),
}

impl LiveRoom {
    pub(crate) fn new(id: RoomId) -> Self {
        Self { id, ended: OnceLock::new(), inner: Mutex::default() }
    }

    /// Attaches a connection, unless there are too many.
    pub(crate) fn attach(&self, conn: ConnId, out: Arc<Outgoing>, most: usize) -> bool {
        let mut inner = lock(&self.inner);
        if inner.attached.len() >= most {
            return false;
        }
        inner.attached.push(Attached::new(conn, out));
        true
    }

    /// Attaches a connection that comes back after the end, while receipts are heard, so that its own is. The keys that could prove who
    /// was in the room are destroyed: there are so many places, and none becomes free again.
    pub(crate) fn attach_late(&self, conn: ConnId, out: Arc<Outgoing>, most: usize, now: Instant) -> bool {
        let is_heard = self.parting().is_some_and(|parting| now < parting);
        let mut inner = lock(&self.inner);
        if !is_heard || inner.late >= most {
            return false;
        }
        inner.late = inner.late.saturating_add(1);
        inner.attached.push(Attached { late: true, ..Attached::new(conn, out) });
        true
    }

    /// Detaches a connection; its place in the queue goes to the next, and its knock goes.
    pub(crate) fn detach(&self, conn: ConnId, now: Instant) {
        let mut inner = lock(&self.inner);
        let owner_was_here = inner.has_owner();
        inner.attached.retain(|attached| attached.conn != conn);
        let actions = inner.leases.leave(conn, now);
        inner.carry_out(&actions);
        inner.knocks_after_detach(conn, owner_was_here, now);
    }

    /// Whether the room is gone.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.get().is_some()
    }

    /// When those who were attached to a destroyed room are closed.
    pub(crate) fn parting(&self) -> Option<Instant> {
        match self.ended.get() {
            Some(End::Wiped { parting }) => Some(*parting),
            Some(End::Idle) | None => None,
        }
    }

    /// How many connections are attached.
    pub(crate) fn sockets(&self) -> usize {
        lock(&self.inner).attached.len()
    }

    /// A ticket for [`LiveRoom::refresh`] if the log must be asked where the room stands: the number of notices so far.
    pub(crate) fn is_fresh(&self) -> Option<u64> {
        let inner = lock(&self.inner);
        inner.view.is_none().then_some(inner.heard)
    }

    /// Takes over where the room stands. Does nothing if the log has told of something newer since the ticket.
    pub(crate) fn refresh(&self, ticket: u64, room: &StoredRoom) {
        let mut inner = lock(&self.inner);
        if inner.view.is_none() && inner.heard == ticket {
            inner.view = Some(View { state: room.state, head: room.head, head_key: room.head_key });
        }
    }

    /// Notes the member-auth key that a connection has proven.
    pub(crate) fn set_key(&self, conn: ConnId, key: PublicKey) {
        if let Some(attached) = lock(&self.inner).find(conn) {
            attached.key = Some(key);
        }
    }

    /// Whether a connection with this key may write and hear ephemerals now.
    pub(crate) fn hears(&self, key: PublicKey) -> bool {
        lock(&self.inner).view.is_some_and(|view| view.hears(Some(key)))
    }

    /// Holds pushes back from now on, because the log is about to be read for this connection.
    pub(crate) fn hold(&self, conn: ConnId) {
        if let Some(attached) = lock(&self.inner).find(conn)
            && !matches!(attached.pushes, Pushes::After(_))
        {
            attached.pushes = Pushes::Held { frames: VecDeque::new(), bytes: 0 };
        }
    }

    /// Stops holding pushes back: there is more to read first.
    pub(crate) fn release(&self, conn: ConnId) {
        if let Some(attached) = lock(&self.inner).find(conn)
            && matches!(attached.pushes, Pushes::Held { .. })
        {
            attached.pushes = Pushes::Off;
        }
    }

    /// Sends the reply that says "no more", and everything that came while it was read, then pushes.
    ///
    /// False, and nothing is sent, if too much came meanwhile: the connection must read again.
    pub(crate) fn catch_up(&self, conn: ConnId, cursor: u64, reply: &RelayFrame) -> bool {
        let mut inner = lock(&self.inner);
        let Some(attached) = inner.find(conn) else { return false };
        match std::mem::replace(&mut attached.pushes, Pushes::After(cursor)) {
            Pushes::Held { frames, .. } => {
                attached.out.send(reply);
                for (seq, frame) in frames {
                    if seq > cursor {
                        attached.out.push(frame);
                        attached.pushes = Pushes::After(seq);
                    }
                }
                true
            }
            Pushes::After(before) => {
                attached.pushes = Pushes::After(before.max(cursor));
                attached.out.send(reply);
                true
            }
            Pushes::Off => {
                attached.pushes = Pushes::Off;
                false
            }
        }
    }

    /// Forwards a burn receipt. In a living room it is treated as an ephemeral: it is for the end of a room that
    /// members agreed on among themselves. Once the room was destroyed, each connection that is attached has one.
    ///
    /// # Errors
    /// Why it is not forwarded.
    pub(crate) fn burned(&self, conn: ConnId, receipt: Burned) -> Result<(), Refusal> {
        let mut inner = lock(&self.inner);
        let view = inner.view;
        let push = RelayFrame::push(Reply::Burned(BurnedPush { sig: receipt.sig }));
        let frame = message(|out| push.encode_into(out));
        let sender = inner.find(conn).ok_or(Refusal::bare(ErrorCode::NotAuthorised))?;
        match self.ended.get() {
            Some(End::Idle) => return Err(Refusal::bare(ErrorCode::NoSuchRoom)),
            Some(End::Wiped { .. }) if sender.burned => return Err(Refusal::bare(ErrorCode::NotAuthorised)),
            Some(End::Wiped { .. }) => {
                sender.burned = true;
                for other in inner.attached.iter().filter(|other| other.conn != conn && !other.late) {
                    other.out.push(frame.clone());
                }
            }
            None if sender.key.is_none() => return Err(Refusal::bare(ErrorCode::NotAuthorised)),
            None if !view.is_some_and(|view| view.hears(sender.key)) => {
                return Err(Refusal::bare(ErrorCode::RoomLocked));
            }
            None => inner.whisper(conn, &frame),
        }
        Ok(())
    }

    /// Asks for the commit slot; the answer is sent when there is one.
    pub(crate) fn ask_lease(&self, asker: Asker, rid: u32, now: Instant) {
        let mut inner = lock(&self.inner);
        let actions = inner.leases.ask(asker, rid, now);
        inner.carry_out(&actions);
    }

    /// Time has passed for a connection that holds or waits for the commit slot.
    pub(crate) fn tick_lease(&self, conn: ConnId, receiving: bool, now: Instant) {
        let mut inner = lock(&self.inner);
        let actions = inner.leases.tick(conn, receiving, now);
        inner.carry_out(&actions);
    }

    /// When [`LiveRoom::tick_lease`] is due.
    pub(crate) fn lease_deadline(&self, conn: ConnId) -> Option<Instant> {
        lock(&self.inner).leases.deadline(conn)
    }

    /// Why a joiner must not commit now, if somebody else holds the slot.
    pub(crate) fn lease_refusal(&self, conn: ConnId, now: Instant) -> Option<Refusal> {
        let left = lock(&self.inner).leases.held_against(conn, now)?;
        Some(Refusal::retry(ErrorCode::LeaseHeld, millis(left)))
    }

    /// Hears from the log what happened.
    pub(crate) fn hear(&self, notice: Notice<'_>, now: Instant) {
        let mut inner = lock(&self.inner);
        inner.heard = inner.heard.wrapping_add(1);
        match notice {
            Notice::Entry { entry, prev } => inner.entry(entry, prev, now),
            Notice::Changed { state, head, head_key } => {
                inner.view = Some(View { state, head, head_key });
                inner.leases_after_change(state, now);
                if state == RoomState::Open {
                    inner.unlocked();
                }
            }
            Notice::Signal { origin, blob } => inner.signal(origin, blob),
            Notice::Gone(tombstone) => {
                let parting = now.checked_add(limits::PARTING).unwrap_or(now);
                // The first end counts; the log tells of one.
                self.ended.get_or_init(|| if tombstone.is_some() { End::Wiped { parting } } else { End::Idle });
                inner.gone(tombstone);
            }
        }
    }
}

impl View {
    /// In a locked room only the epoch of the head hears anything: a removed member is not in it.
    fn hears(&self, key: Option<PublicKey>) -> bool {
        match self.state {
            RoomState::Open => key.is_some(),
            RoomState::Locked => key == Some(self.head_key),
        }
    }
}

impl Inner {
    fn find(&mut self, conn: ConnId) -> Option<&mut Attached> {
        self.attached.iter_mut().find(|attached| attached.conn == conn)
    }

    fn entry(&mut self, entry: &StoredEntry, prev: u64, now: Instant) {
        let StoredEntry { seq, lane, ref blob, key, tag, ref place } = *entry;
        // Encoded once for all members, and not at all if nobody listens.
        let mut shared = None;
        let view = self.view;
        for attached in &mut self.attached {
            // The commit itself still goes to the epoch that it ends.
            if !view.is_some_and(|view| view.hears(attached.key)) {
                continue;
            }
            let place = place.as_deref();
            let frame = || message(|out| EntryView { seq, lane, blob, prev, mpk: key, place }.encode_into(out));
            match &mut attached.pushes {
                Pushes::Off => {}
                Pushes::Held { frames, bytes } => {
                    *bytes = bytes.saturating_add(blob.len());
                    if *bytes > MOST_HELD {
                        attached.pushes = Pushes::Off;
                    } else {
                        frames.push_back((seq, shared.get_or_insert_with(frame).clone()));
                    }
                }
                Pushes::After(cursor) if *cursor < seq => {
                    *cursor = seq;
                    attached.out.push(shared.get_or_insert_with(frame).clone());
                }
                Pushes::After(_) => {}
            }
        }
        if let (Some(tag), Some(key)) = (tag, key) {
            if let Some(view) = &mut self.view {
                (view.head, view.head_key) = (tag, key);
            }
            let actions = self.leases.end(now);
            self.carry_out(&actions);
        }
    }

    fn signal(&self, origin: ConnId, blob: &Bytes) {
        let push = RelayFrame::push(Reply::Ephemeral(EphemeralPush { blob: blob.to_vec() }));
        self.whisper(origin, &message(|out| push.encode_into(out)));
    }

    /// Forwards to everybody who may hear it what may be lost.
    fn whisper(&self, origin: ConnId, frame: &Bytes) {
        for attached in &self.attached {
            if attached.conn != origin && self.view.is_some_and(|view| view.hears(attached.key)) {
                attached.out.push_if_idle(frame.clone());
            }
        }
    }

    fn gone(&mut self, tombstone: Option<&Tombstone>) {
        let body = match tombstone {
            Some(tombstone) => Reply::Tombstone(tombstone.clone()),
            None => Reply::Refused(Refusal::bare(ErrorCode::NoSuchRoom)),
        };
        let frame = message(|out| RelayFrame::push(body).encode_into(out));
        // Who knocked hears of the end as everybody does.
        drop(self.knocks.take_all());
        for attached in &mut self.attached {
            attached.pushes = Pushes::Off;
            attached.out.push(frame.clone());
        }
    }

    fn leases_after_change(&mut self, state: RoomState, now: Instant) {
        let actions = match state {
            RoomState::Open => self.leases.end(now),
            RoomState::Locked => {
                let (refused, actions) = self.leases.refuse_joiners(now);
                for (conn, rid) in refused {
                    self.send(conn, rid, Reply::Refused(Refusal::bare(ErrorCode::RoomLocked)));
                }
                actions
            }
        };
        self.carry_out(&actions);
    }

    fn carry_out(&self, actions: &[Action]) {
        for action in actions {
            match *action {
                Action::Grant { conn, rid, lasts } => {
                    let Some(head) = self.view.map(|view| view.head) else { continue };
                    self.send(conn, rid, Reply::Leased(Leased { ms: millis(lasts), head }));
                }
                Action::Refuse { conn, rid, retry, position } => {
                    let data = ErrorData { position: Some(position), ..ErrorData::default() };
                    let retry_ms = Some(millis(retry));
                    let code = ErrorCode::LeaseHeld;
                    self.send(conn, rid, Reply::Refused(Refusal { code, retry_ms, data: Some(data) }));
                }
            }
        }
    }

    fn send(&self, conn: ConnId, rid: u32, body: Reply) {
        if let Some(attached) = self.attached.iter().find(|attached| attached.conn == conn) {
            attached.out.send(&RelayFrame { rid, body });
        }
    }
}

fn millis(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// Bytes of envelopes that wait for a reader that catches up; with more it reads another page.
const MOST_HELD: usize = 256 * 1024;

#[cfg(test)]
mod tests;
