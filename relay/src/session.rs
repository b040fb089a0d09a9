//! What one connection asks for, and what it is answered (protocol 4.8.2 and 4.8.3).

mod admission;
mod attachment;
mod blob;
mod knocking;
mod mailbox;
mod owner;
mod reading;
mod refusal;
mod writing;

use std::sync::Arc;

use bytes::Bytes;
use conclave_proto::{
    ClientFrame, DecodeError, ErrorCode, RelayFrame,
    frame::{BoxClose, BoxNew, Empty, Hello, Refusal, Reply, Request, Status},
    version,
};
use tokio::time::Instant;

use self::{
    admission::Authenticator,
    attachment::{Attachment, standing_of},
    mailbox::Correspondent,
    writing::Publisher,
};
use crate::{hub::Hub, lease::Asker, metrics::Ended, outgoing::Outgoing, peer::Peer};

/// One connection's state above the socket.
#[derive(Debug)]
pub(crate) struct Session {
    attachment: Attachment,
    authenticator: Authenticator,
    publisher: Publisher,
    correspondent: Correspondent,
    /// Whether the connection may hold or wait for the commit slot.
    leasing: bool,
    /// Whether it may have a knock that waits.
    knocking: bool,
}

impl Session {
    /// Greets a new connection.
    pub(crate) fn open(hub: Arc<Hub>, peer: Peer, out: Arc<Outgoing>) -> Self {
        let Peer { conn, source, exporter } = peer;
        let authenticator = Authenticator::new(&hub, exporter);
        out.send(&RelayFrame::push(Reply::Hello(Hello {
            versions: vec![version::PROTOCOL],
            nonce: authenticator.nonce(),
            limits: hub.config.limits,
            pow: None,
            exporter_bound: exporter.is_some(),
            time: hub.clock.unix(),
        })));
        let correspondent = Correspondent::new(Arc::clone(&hub), conn, source, Arc::clone(&out));
        let attachment = Attachment::none(hub, conn, source, out);
        Self {
            attachment,
            authenticator,
            publisher: Publisher::default(),
            correspondent,
            leasing: false,
            knocking: false,
        }
    }

    /// Carries out one message and queues its answer.
    ///
    /// # Errors
    /// Why the connection is closed, once everything is written.
    ///
    /// # Cancel safety
    /// A write may be carried out or not; the client repeats it under the same `cid`.
    pub(crate) async fn handle(&mut self, message: Bytes) -> Result<(), Ended> {
        let frame = match ClientFrame::decode(&message) {
            Ok(frame) => frame,
            Err(error) => return self.refuse_unreadable(&message, error),
        };
        let rid = frame.rid;
        match self.answer(rid, frame.body).await {
            Ok(Some(body)) => {
                self.attachment.out.send(&RelayFrame { rid, body });
                self.attachment.hear_knocks();
            }
            Ok(None) => {}
            Err(refusal) => self.attachment.out.send(&RelayFrame { rid, body: Reply::Refused(refusal) }),
        }
        if self.correspondent.has_guessed_too_often() {
            return Err(Ended::NameplatesGuessed);
        }
        if self.authenticator.has_failed_too_often() { Err(Ended::ProofsFailed) } else { Ok(()) }
    }

    /// Whether a CREATE or AUTH has succeeded.
    pub(crate) fn has_proven(&self) -> bool {
        self.authenticator.has_proven()
    }

    /// Until when the connection is in a mailbox that is open.
    pub(crate) fn mailbox_until(&mut self, now: Instant) -> Option<Instant> {
        self.correspondent.until(now)
    }

    /// Says that the relay stops.
    pub(crate) fn say_goodbye(&self) {
        self.attachment.out.send(&RelayFrame::push(Reply::Refused(Refusal::bare(ErrorCode::ShuttingDown))));
    }

    /// When [`Session::tick`] is due.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        let room = self.attachment.room()?;
        let lease = self.leasing.then(|| room.lease_deadline(self.attachment.conn)).flatten();
        self.leasing = lease.is_some();
        let knock = self.knocking.then(|| room.knock_deadline(self.attachment.conn)).flatten();
        self.knocking = knock.is_some();
        [lease, knock, room.parting()].into_iter().flatten().min()
    }

    /// Time has passed. `receiving`: a message is arriving.
    ///
    /// # Errors
    /// Why the connection is closed.
    pub(crate) fn tick(&self, receiving: bool, now: Instant) -> Result<(), Ended> {
        let Some(room) = self.attachment.room() else { return Ok(()) };
        room.tick_lease(self.attachment.conn, receiving, now);
        if self.knocking {
            room.tick_knock(self.attachment.conn, now);
        }
        if room.parting().is_some_and(|parting| parting <= now) { Err(Ended::RoomDestroyed) } else { Ok(()) }
    }

    /// The answer to a request, if it is due now.
    async fn answer(&mut self, rid: u32, request: Request<'_>) -> Result<Option<Reply>, Refusal> {
        // A burn receipt is the one thing that is said in a room after its end.
        let ended = self.attachment.room().filter(|room| room.has_ended() && !matches!(request, Request::Burned(_)));
        if let Some(room) = ended.map(|room| room.id) {
            let proof = matches!(request, Request::Create(_) | Request::Auth(_));
            match standing_of(&self.attachment.hub, room).await {
                // With the tombstone, if there is one.
                Err(refusal) if !proof => return Err(refusal),
                // Roles end with the seat: in a room that is founded again under this name they say nothing.
                Err(_) | Ok(_) => self.leave_room(),
            }
        }
        let reply = match request {
            Request::Create(create) => self.authenticator.create(&self.attachment.hub, create).await?,
            Request::Auth(auth) => self.authenticator.auth(&mut self.attachment, auth).await?,
            Request::GroupInfoGet(get) => reading::group_infos(&self.attachment, get).await?,
            Request::Lease(Empty {}) => return self.lease(rid).await.map(|()| None),
            Request::Commit(commit) => writing::commit(&self.attachment, commit).await?,
            Request::Publish(publish) => self.publisher.publish(&self.attachment, publish).await?,
            Request::Fetch(fetch) => return reading::fetch(&self.attachment, rid, fetch).await.map(|()| None),
            Request::Ephemeral(ephemeral) => return writing::ephemeral(&self.attachment, ephemeral).map(|()| None),
            Request::Burned(receipt) => {
                return self.attachment.attached()?.burned(self.attachment.conn, receipt).map(|()| None);
            }
            Request::Del(del) => writing::del(&self.attachment, del).await?,
            Request::Owner(order) => owner::order(&self.attachment, order).await?,
            Request::Panic(panic) => owner::panic(&self.attachment, panic).await?,
            Request::Status(Empty {}) => {
                let room = self.attachment.standing().await?;
                Reply::Status(Status { state: room.state, deed: room.deed.as_bytes().to_vec() })
            }
            Request::BlobNew(new) => blob::reserve(&self.attachment, new).await?,
            Request::BlobPut(put) => blob::put(&self.attachment, put).await?,
            Request::BlobEnd(end) => blob::complete(&self.attachment, end).await?,
            Request::BlobGet(get) => return blob::get(&self.attachment, rid, get).await.map(|()| None),
            Request::BoxNew(BoxNew { .. }) => self.correspondent.open()?,
            Request::BoxJoin(join) => self.correspondent.join(&join)?,
            Request::BoxSend(message) => self.correspondent.send(&message)?,
            Request::BoxClose(BoxClose { .. }) => self.correspondent.close()?,
            Request::Knock(knock) => {
                let reply = knocking::knock(&self.attachment, &knock).await?;
                self.knocking = true;
                reply
            }
            Request::KnockAnswer(answer) => knocking::answer(&self.attachment, &answer)?,
            // Seats of rooms from elsewhere: what this relay does not offer is decided here.
            Request::Tombstone(_) | Request::Reseat(_) | Request::ReseatPut(_) | Request::ReseatEnd(_) => {
                return Err(Refusal::bare(ErrorCode::NotSupported));
            }
        };
        Ok(Some(reply))
    }

    fn refuse_unreadable(&self, message: &[u8], error: DecodeError) -> Result<(), Ended> {
        let rid = ClientFrame::peek_rid(message);
        // An operation of a newer client is no reason to part.
        let (code, next) = match error {
            DecodeError::UnknownOp(_) => (ErrorCode::NotSupported, Ok(())),
            DecodeError::Truncated
            | DecodeError::TrailingBytes(_)
            | DecodeError::TooDeep
            | DecodeError::NotCanonical(_)
            | DecodeError::Schema
            | DecodeError::Value(_) => (ErrorCode::BadFrame, Err(Ended::InvalidFrame)),
        };
        self.attachment.out.send(&RelayFrame { rid, body: Reply::Refused(Refusal::bare(code)) });
        next
    }

    async fn lease(&mut self, rid: u32) -> Result<(), Refusal> {
        self.attachment.member_or_open().await?;
        self.leasing = true;
        let Attachment { conn, source, .. } = self.attachment;
        let asker = Asker { conn, source, joiner: self.attachment.roles.member.is_none() };
        self.attachment.attached()?.ask_lease(asker, rid, Instant::now());
        Ok(())
    }

    /// Leaves the room and what was open in it.
    fn leave_room(&mut self) {
        self.attachment.leave();
        (self.publisher, self.leasing, self.knocking) = (Publisher::default(), false, false);
    }
}
