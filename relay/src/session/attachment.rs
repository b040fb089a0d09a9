//! Which room a connection is attached to, and the roles that it has proven there.

use std::sync::Arc;

use conclave_proto::{
    ErrorCode, RoomState,
    frame::Refusal,
    id::{PublicKey, RoomId, Seat},
};
use tokio::time::Instant;

use super::refusal::{NOT_AUTHORISED, gone, internal};
use crate::{
    hub::Hub,
    live_room::LiveRoom,
    log::{Standing, StoredRoom},
    outgoing::Outgoing,
    peer::{ConnId, Source},
};

/// A connection and its room, once it has proven a role in one. Dropped, it leaves the room.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) hub: Arc<Hub>,
    pub(super) conn: ConnId,
    pub(super) source: Option<Source>,
    pub(super) out: Arc<Outgoing>,
    /// The room, and the life of it in which the roles were proven.
    room: Option<(Arc<LiveRoom>, Seat)>,
    pub(super) roles: Roles,
}

/// The roles that a connection has proven. They stand side by side.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) join: bool,
    pub(super) member: Option<Member>,
    pub(super) owner: bool,
    /// The room knows of the owner, and tells of knocks.
    hears_knocks: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) key: PublicKey,
    /// The number of the commit that registered the key.
    pub(super) from: u64,
}

impl Attachment {
    /// A connection that has proven nothing.
    pub(super) fn none(hub: Arc<Hub>, conn: ConnId, source: Option<Source>, out: Arc<Outgoing>) -> Self {
        Self { hub, conn, source, out, room: None, roles: Roles::default() }
    }

    /// Attaches the connection to its room, once.
    pub(super) async fn attach(&mut self, id: RoomId, seat: Seat) -> Result<(), Refusal> {
        if let Some((_, before)) = self.room {
            // A room that was founded anew since the check above: the next request leaves the old one.
            return if before == seat { Ok(()) } else { Err(Refusal::bare(ErrorCode::NoSuchRoom)) };
        }
        let live = self.hub.open_room(id);
        while let Some(ticket) = live.is_fresh() {
            live.refresh(ticket, &standing_of(&self.hub, id).await?);
        }
        if !live.attach(self.conn, Arc::clone(&self.out), self.hub.config.max_sockets_per_room) {
            return Err(Refusal::bare(ErrorCode::Quota));
        }
        self.room = Some((live, seat));
        Ok(())
    }

    /// Attaches the connection to a room that has just been destroyed, without a role: for its receipt.
    pub(super) fn attach_late(&mut self, id: RoomId) {
        let most = self.hub.config.max_sockets_per_room;
        if let Some(live) = self.hub.find_room(&id).filter(|_| self.room.is_none())
            && live.attach_late(self.conn, Arc::clone(&self.out), most, Instant::now())
        {
            self.room = Some((live, Seat([0; 16])));
        }
    }

    /// Takes the role of a member, by whose key the room decides what the connection hears.
    pub(super) fn become_member(&mut self, member: Member) {
        self.roles.member = Some(member);
        if let Some(room) = self.room() {
            room.set_key(self.conn, member.key);
        }
    }

    /// Tells an owner what waits at the door, once, and behind the reply that says who it is.
    pub(super) fn hear_knocks(&mut self) {
        if self.roles.owner
            && !self.roles.hears_knocks
            && let Some(room) = self.room()
        {
            room.hear_knocks(self.conn, Instant::now());
            self.roles.hears_knocks = true;
        }
    }

    /// Leaves the room, and all roles in it.
    pub(super) fn leave(&mut self) {
        self.roles = Roles::default();
        if let Some((room, _)) = self.room.take() {
            room.detach(self.conn, Instant::now());
            self.hub.close_room(room);
        }
    }

    /// The room of this connection, if it has one.
    pub(super) fn room(&self) -> Option<&Arc<LiveRoom>> {
        self.room.as_ref().map(|(room, _)| room)
    }

    /// The room, for those who may join or are members.
    pub(super) fn attached(&self) -> Result<&Arc<LiveRoom>, Refusal> {
        self.room().ok_or(NOT_AUTHORISED)
    }

    pub(super) fn seat(&self) -> Result<Seat, Refusal> {
        self.room.as_ref().map(|(_, seat)| *seat).ok_or(NOT_AUTHORISED)
    }

    pub(super) fn member(&self) -> Result<Member, Refusal> {
        self.roles.member.ok_or(NOT_AUTHORISED)
    }

    /// The room, for members that may write and hear in it now: in a locked one only those of the head's epoch.
    pub(super) fn hearing(&self) -> Result<&Arc<LiveRoom>, Refusal> {
        let (live, member) = (self.attached()?, self.member()?);
        if live.hears(member.key) { Ok(live) } else { Err(Refusal::bare(ErrorCode::RoomLocked)) }
    }

    /// The room of this connection, as the log has it.
    pub(super) async fn standing(&self) -> Result<StoredRoom, Refusal> {
        let (room, seat) = self.room.as_ref().ok_or(NOT_AUTHORISED)?;
        let standing = standing_of(&self.hub, room.id).await?;
        if standing.seat == *seat { Ok(standing) } else { Err(Refusal::bare(ErrorCode::NoSuchRoom)) }
    }

    /// The room, for members, and unless it is locked for those who have proven the code.
    pub(super) async fn member_or_open(&self) -> Result<RoomId, Refusal> {
        let (id, room) = (self.attached()?.id, self.standing().await?);
        if self.roles.member.is_none() {
            if !self.roles.join {
                return Err(NOT_AUTHORISED);
            }
            if room.state == RoomState::Locked {
                return Err(Refusal::bare(ErrorCode::RoomLocked));
            }
        }
        Ok(id)
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Where a room stands, or why it does not.
pub(super) async fn standing_of(hub: &Hub, room: RoomId) -> Result<StoredRoom, Refusal> {
    match hub.log.state(room).await.map_err(internal)? {
        Standing::Here(room) => Ok(*room),
        Standing::Gone(tombstone) => Err(gone(tombstone)),
        Standing::Unknown => Err(Refusal::bare(ErrorCode::NoSuchRoom)),
    }
}
