//! What one connection has proven, and what it may do with that (protocol 4.8.2 and 4.8.3).

mod admission;
mod owner;
mod writing;

use std::sync::Arc;

use bytes::Bytes;
use conclave_proto::{
    ClientFrame, DecodeError, ErrorCode, RelayFrame, RoomState,
    frame::{
        Empty, ErrorData, Fetch, Fetched, FetchedEntry, GroupInfoAt, GroupInfoGet, GroupInfos, Hello, Refusal, Reply,
        Request, Status,
    },
    id::{Cid, PublicKey, RoomId, Seat, ServerNonce},
    limits,
    owner::Tombstone,
    version,
};
use tokio::time::Instant;

use crate::{
    hub::Hub,
    lease::Asker,
    live_room::LiveRoom,
    log::{LogError, Range, Room, Standing, StoredEntry},
    metrics::Ended,
    outgoing::Outgoing,
    peer::{ConnId, Peer, Source},
};

/// One connection's state above the socket.
#[derive(Debug)]
pub(crate) struct Session {
    hub: Arc<Hub>,
    conn: ConnId,
    source: Option<Source>,
    out: Arc<Outgoing>,
    exporter: Option<[u8; 32]>,
    /// The challenge for the next proof.
    nonce: ServerNonce,
    failed_proofs: u32,
    /// It has created a room or proven a role.
    has_proven: bool,
    /// The room, and the life of it in which the roles were proven.
    room: Option<(Arc<LiveRoom>, Seat)>,
    proven: Proven,
    /// Whether the connection may hold or wait for the commit slot.
    leasing: bool,
    /// The PUB that was refused, and why: later ones wait for it.
    refused: Option<(Cid, Refusal)>,
}

/// The roles that a connection has proven. They stand side by side.
#[derive(Debug, Default)]
struct Proven {
    join: bool,
    member: Option<Member>,
    owner: bool,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    key: PublicKey,
    /// The number of the commit that registered the key.
    from: u64,
}

impl Session {
    /// Greets a new connection.
    pub(crate) fn open(hub: Arc<Hub>, peer: Peer, out: Arc<Outgoing>) -> Self {
        let Peer { conn, source, exporter } = peer;
        let nonce = ServerNonce(hub.random());
        out.send(&RelayFrame::push(Reply::Hello(Hello {
            versions: vec![version::PROTOCOL],
            nonce,
            limits: hub.config.limits,
            pow: None,
            exporter_bound: exporter.is_some(),
            time: hub.clock.unix(),
        })));
        let proven = Proven::default();
        Self {
            hub,
            conn,
            source,
            out,
            exporter,
            nonce,
            failed_proofs: 0,
            has_proven: false,
            room: None,
            proven,
            leasing: false,
            refused: None,
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
            Ok(Some(body)) => self.out.send(&RelayFrame { rid, body }),
            Ok(None) => {}
            Err(refusal) => self.out.send(&RelayFrame { rid, body: Reply::Refused(refusal) }),
        }
        if self.failed_proofs > MOST_FAILED_PROOFS { Err(Ended::ProofsFailed) } else { Ok(()) }
    }

    /// Whether a CREATE or AUTH has succeeded.
    pub(crate) fn has_proven(&self) -> bool {
        self.has_proven
    }

    /// Says that the relay stops.
    pub(crate) fn say_goodbye(&self) {
        self.out.send(&RelayFrame::push(Reply::Refused(Refusal::bare(ErrorCode::ShuttingDown))));
    }

    /// When [`Session::tick`] is due.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        if !self.leasing {
            return None;
        }
        let deadline = self.room.as_ref().and_then(|(room, _)| room.lease_deadline(self.conn));
        self.leasing = deadline.is_some();
        deadline
    }

    /// Time has passed. `receiving`: a message is arriving.
    pub(crate) fn tick(&self, receiving: bool, now: Instant) {
        if let Some((room, _)) = &self.room {
            room.tick_lease(self.conn, receiving, now);
        }
    }

    /// The answer to a request, if it is due now.
    async fn answer(&mut self, rid: u32, request: Request<'_>) -> Result<Option<Reply>, Refusal> {
        if let Some(room) = self.room.as_ref().filter(|(room, _)| room.has_ended()).map(|(room, _)| room.id) {
            let proof = matches!(request, Request::Create(_) | Request::Auth(_));
            match self.hub.standing(room).await {
                // With the tombstone, if there is one.
                Err(refusal) if !proof => return Err(refusal),
                // Roles end with the seat: in a room that is founded again under this name they say nothing.
                Err(_) | Ok(_) => self.leave_room(),
            }
        }
        let reply = match request {
            Request::Create(create) => self.create(create).await?,
            Request::Auth(auth) => self.auth(auth).await?,
            Request::GroupInfoGet(get) => self.group_infos(get).await?,
            Request::Lease(Empty {}) => return self.lease(rid).await.map(|()| None),
            Request::Commit(commit) => self.commit(commit).await?,
            Request::Publish(publish) => self.publish(publish).await?,
            Request::Fetch(fetch) => return self.fetch(rid, fetch).await.map(|()| None),
            Request::Ephemeral(ephemeral) => return self.ephemeral(ephemeral).map(|()| None),
            Request::Del(del) => self.del(del).await?,
            Request::Owner(order) => self.owner_order(order).await?,
            Request::Panic(panic) => self.panic(panic).await?,
            Request::Status(Empty {}) => {
                let room = self.standing().await?;
                Reply::Status(Status { state: room.state, deed: room.deed.as_bytes().to_vec() })
            }
            // Blobs, mailboxes and seats of rooms from elsewhere: what this relay does not offer is decided here.
            Request::BlobNew(_)
            | Request::BlobPut(_)
            | Request::BlobEnd(_)
            | Request::BlobGet(_)
            | Request::Tombstone(_)
            | Request::Reseat(_)
            | Request::ReseatPut(_)
            | Request::ReseatEnd(_)
            | Request::Burned(_)
            | Request::BoxNew(_)
            | Request::BoxJoin(_)
            | Request::BoxSend(_)
            | Request::BoxClose(_) => return Err(Refusal::bare(ErrorCode::NotSupported)),
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
        self.out.send(&RelayFrame { rid, body: Reply::Refused(Refusal::bare(code)) });
        next
    }

    /// The room of this connection, as the log has it.
    async fn standing(&self) -> Result<Room, Refusal> {
        let (room, seat) = self.room.as_ref().ok_or(NOT_AUTHORISED)?;
        let standing = self.hub.standing(room.id).await?;
        if standing.seat == *seat { Ok(standing) } else { Err(Refusal::bare(ErrorCode::NoSuchRoom)) }
    }

    /// The room, for those who may join or are members.
    fn attached(&self) -> Result<&Arc<LiveRoom>, Refusal> {
        self.room.as_ref().map(|(room, _)| room).ok_or(NOT_AUTHORISED)
    }

    fn seat(&self) -> Result<Seat, Refusal> {
        self.room.as_ref().map(|(_, seat)| *seat).ok_or(NOT_AUTHORISED)
    }

    fn leave_room(&mut self) {
        (self.proven, self.refused, self.leasing) = (Proven::default(), None, false);
        if let Some((room, _)) = self.room.take() {
            room.detach(self.conn, Instant::now());
            self.hub.close_room(room);
        }
    }

    fn member(&self) -> Result<Member, Refusal> {
        self.proven.member.ok_or(NOT_AUTHORISED)
    }

    /// Who only knows the code has no business in a locked room.
    async fn member_or_open(&self) -> Result<RoomId, Refusal> {
        let (id, room) = (self.attached()?.id, self.standing().await?);
        if self.proven.member.is_none() {
            if !self.proven.join {
                return Err(NOT_AUTHORISED);
            }
            if room.state == RoomState::Locked {
                return Err(Refusal::bare(ErrorCode::RoomLocked));
            }
        }
        Ok(id)
    }

    async fn lease(&mut self, rid: u32) -> Result<(), Refusal> {
        self.member_or_open().await?;
        self.leasing = true;
        let asker = Asker { conn: self.conn, source: self.source, joiner: self.proven.member.is_none() };
        self.attached()?.ask_lease(asker, rid, Instant::now());
        Ok(())
    }

    async fn group_infos(&self, get: GroupInfoGet) -> Result<Reply, Refusal> {
        let id = self.member_or_open().await?;
        let log = &self.hub.log;
        let Some(found) = log.group_info(id, get.before).await.map_err(internal)? else {
            return Ok(Reply::GroupInfos(GroupInfos { group_info: None, commits: Vec::new(), more: false }));
        };
        let size = found.blob.len().saturating_add(found.place.as_ref().map_or(0, Bytes::len));
        let max_bytes = MOST_BYTES.saturating_sub(size);
        let range = Range { after: found.seq, until: u64::MAX, commits_only: true, max_n: MOST_ENTRIES, max_bytes };
        let page = log.read(id, range).await.map_err(internal)?;
        Ok(Reply::GroupInfos(GroupInfos {
            group_info: Some(GroupInfoAt {
                tag: found.tag,
                seq: found.seq,
                blob: found.blob.to_vec(),
                place: found.place.map(Vec::from),
            }),
            commits: page.entries.into_iter().map(fetched).collect(),
            more: page.more,
        }))
    }

    /// Answers by itself: what is stored while it reads must come right behind the reply.
    async fn fetch(&self, rid: u32, fetch: Fetch) -> Result<(), Refusal> {
        let (member, live) = (self.member()?, self.attached()?);
        live.hold(self.conn);
        let read = self.read(live, member, fetch).await;
        let (fetched, cursor, pushes) = match read {
            Ok(read) => read,
            Err(refusal) => {
                live.release(self.conn);
                return Err(refusal);
            }
        };
        let mut reply = RelayFrame { rid, body: Reply::Fetched(fetched.clone()) };
        if pushes && live.catch_up(self.conn, cursor, &reply) {
            return Ok(());
        }
        live.release(self.conn);
        if pushes {
            // Too much came meanwhile: there is more to read.
            reply.body = Reply::Fetched(Fetched { more: true, ..fetched });
        }
        self.out.send(&reply);
        Ok(())
    }

    /// The reply, the number up to which it is complete, and whether pushes follow.
    async fn read(&self, live: &LiveRoom, member: Member, fetch: Fetch) -> Result<(Fetched, u64, bool), Refusal> {
        let room = self.standing().await?;
        let after = fetch.after.max(member.from);
        // Beyond the last number, the log is not the one that the member has read: it was set back, or somebody lied.
        if after > room.last_seq {
            return Err(refusal_at(ErrorCode::CursorExpired, room.floor));
        }
        let until = self.horizon(live.id, &room, member).await?;
        let size = |wanted: u32, most: usize| usize::try_from(wanted).unwrap_or(usize::MAX).clamp(1, most);
        let (max_n, max_bytes) = (size(fetch.max_n, MOST_ENTRIES), size(fetch.max_bytes, MOST_BYTES));
        let range = Range { after, until, commits_only: false, max_n, max_bytes };
        let page = self.hub.log.read(live.id, range).await.map_err(internal)?;
        // By the floor that the page was read at: somebody may have committed since the room's row was read.
        if after < page.floor {
            return Err(refusal_at(ErrorCode::CursorExpired, page.floor));
        }
        let cursor = page.entries.last().map_or(after, |entry| entry.seq);
        let entries = page.entries.into_iter().map(fetched).collect();
        Ok((Fetched { entries, more: page.more, head_seq: room.head_seq }, cursor, !page.more && until == u64::MAX))
    }

    /// How far this member may read. In a locked room a key that is not the head's reads up to the first commit after the
    /// lock or after its own, whichever is later: enough to learn what happened, nothing of what a removed member must not see.
    async fn horizon(&self, id: RoomId, room: &Room, member: Member) -> Result<u64, Refusal> {
        if room.state == RoomState::Open || member.key == room.head_key {
            return Ok(u64::MAX);
        }
        let from = member.from.max(room.locked_at);
        let commit = self.hub.log.first_commit_after(id, from).await.map_err(internal)?;
        Ok(commit.unwrap_or(u64::MAX))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave_room();
    }
}

impl Hub {
    /// Where a room stands, or why it does not.
    async fn standing(&self, room: RoomId) -> Result<Room, Refusal> {
        match self.log.state(room).await.map_err(internal)? {
            Standing::Here(room) => Ok(*room),
            Standing::Gone(tombstone) => Err(gone(tombstone)),
            Standing::Unknown => Err(Refusal::bare(ErrorCode::NoSuchRoom)),
        }
    }
}

fn fetched(entry: StoredEntry) -> FetchedEntry {
    FetchedEntry {
        seq: entry.seq,
        lane: entry.lane,
        blob: entry.blob.to_vec(),
        mpk: entry.key,
        place: entry.place.map(Vec::from),
    }
}

fn gone(tombstone: Box<Tombstone>) -> Refusal {
    Refusal::with(ErrorCode::RoomGone, ErrorData { tombstone: Some(tombstone), ..ErrorData::default() })
}

fn refusal_at(code: ErrorCode, seq: u64) -> Refusal {
    Refusal::with(code, ErrorData { seq: Some(seq), ..ErrorData::default() })
}

/// The log failed: the client learns that, the operator learns the class of the error.
#[expect(clippy::needless_pass_by_value, reason = "it stands where map_err wants a function")]
fn internal(error: LogError) -> Refusal {
    tracing::error!(%error, "a room's log failed");
    Refusal::bare(ErrorCode::Internal)
}

const NOT_AUTHORISED: Refusal = Refusal::bare(ErrorCode::NotAuthorised);
const MOST_FAILED_PROOFS: u32 = 8;
/// A page stays under [`limits::REPLY`] with what the encoding adds.
const MOST_BYTES: usize = limits::REPLY - 64 * 1024;
const MOST_ENTRIES: usize = 1000;
