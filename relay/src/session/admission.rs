//! How a connection comes into a room: CREATE and AUTH.

use std::sync::Arc;

use bytes::Bytes;
use conclave_proto::{
    Authority, ErrorCode, Role,
    deed::Deed,
    frame::{Admission, Auth, Create, Refusal, Reply},
    id::{RoomId, Seat, ServerNonce, Tag},
    limits,
};
use conclave_seal::{
    id,
    transcript::{self, Statement as _},
};

use super::{Member, NOT_AUTHORISED, Session, gone, internal};
use crate::log::{Creation, Founding, Room, Standing};

impl Session {
    pub(super) async fn create(&mut self, create: Create<'_>) -> Result<Reply, Refusal> {
        let sizes =
            [(create.group_info, limits::GROUP_INFO), (create.deed, limits::DEED), (create.place, limits::PLACE)];
        if sizes.iter().any(|(bytes, most)| bytes.len() > *most) {
            return Err(Refusal::bare(ErrorCode::TooLarge));
        }
        let deed = Deed::parse(create.deed).map_err(|_| Refusal::bare(ErrorCode::BadFrame))?;
        let room = RoomId(id::room_id(&deed.apk().0));
        let founder = transcript::Create {
            authority: create.authority,
            server_nonce: &self.nonce.0,
            client_nonce: &create.client_nonce.0,
            room_id: &room.0,
            member_auth_key: &create.mpk.0,
            exporter: &self.exporter.unwrap_or_default(),
            deed: create.deed,
        };
        let proven = founder.verify(&deed.apk().0, &create.sig.0).is_ok() && deed_is_signed(&deed, room);
        if !self.knows(create.authority) || !proven {
            return Err(self.bad_signature());
        }
        if !self.hub.serves(room) {
            return Err(self.failed(NOT_AUTHORISED));
        }
        let founding = Founding {
            room,
            key: create.mpk,
            genesis: Tag(id::genesis_tag(&room.0)),
            group_info: Bytes::copy_from_slice(create.group_info),
            place: Bytes::copy_from_slice(create.place),
            seat: Seat(id::seat(create.authority, &create.client_nonce.0)),
            now: self.hub.clock.unix(),
            max_rooms: self.hub.config.max_rooms,
            deed,
        };
        match self.hub.log.create(founding).await.map_err(internal)? {
            Creation::Created => Ok(Reply::Created(self.admission(self.hub.standing(room).await?))),
            Creation::Exists => Err(Refusal::bare(ErrorCode::RoomExists)),
            Creation::Gone(tombstone) => Err(gone(tombstone)),
            Creation::Full => Err(Refusal::bare(ErrorCode::Quota)),
        }
    }

    pub(super) async fn auth(&mut self, auth: Auth) -> Result<Reply, Refusal> {
        let statement = transcript::Auth {
            role: auth.role.number(),
            authority: &auth.authority,
            server_nonce: &self.nonce.0,
            client_nonce: &auth.client_nonce.0,
            room_id: &auth.room_id.0,
            key: &auth.pk.0,
            exporter: &self.exporter.unwrap_or_default(),
        };
        // All of it, whatever comes out: refusals for an unknown room, a wrong key and a wrong signature take the same time.
        let signed = statement.verify(&auth.pk.0, &auth.sig.0).is_ok();
        let standing = self.hub.log.state(auth.room_id).await.map_err(internal)?;
        let registered = self.hub.log.member_key(auth.room_id, auth.pk).await.map_err(internal)?;
        let for_access = id::room_id(&auth.pk.0) == auth.room_id.0;

        if !self.knows(&auth.authority) || !signed {
            return Err(self.bad_signature());
        }
        if self.room.as_ref().is_some_and(|(room, _)| room.id != auth.room_id) {
            return Err(NOT_AUTHORISED);
        }
        let room = match standing {
            Standing::Here(room) if auth.opk.is_none_or(|opk| opk == room.deed.opk()) => *room,
            Standing::Here(_) | Standing::Unknown => return Err(self.failed(Refusal::bare(ErrorCode::NoSuchRoom))),
            Standing::Gone(tombstone) => return Err(gone(tombstone)),
        };
        let proven = match auth.role {
            Role::Join => for_access,
            Role::Member => registered.is_some(),
            Role::Owner => auth.pk == room.deed.opk(),
        };
        if !proven {
            return Err(self.failed(NOT_AUTHORISED));
        }
        self.attach(auth.room_id, room.seat).await?;
        match (auth.role, registered, &self.room) {
            (Role::Join, ..) => self.proven.join = true,
            (Role::Member, Some(from), Some((live, _))) => {
                self.proven.member = Some(Member { key: auth.pk, from });
                live.set_key(self.conn, auth.pk);
            }
            (Role::Member, ..) => return Err(NOT_AUTHORISED),
            (Role::Owner, ..) => self.proven.owner = true,
        }
        Ok(Reply::Authenticated(self.admission(room)))
    }

    /// Attaches the connection to its room, once.
    async fn attach(&mut self, id: RoomId, seat: Seat) -> Result<(), Refusal> {
        if let Some((_, before)) = self.room {
            // A room that was founded anew since the check above: the next request leaves the old one.
            return if before == seat { Ok(()) } else { Err(Refusal::bare(ErrorCode::NoSuchRoom)) };
        }
        let live = self.hub.open_room(id);
        while let Some(ticket) = live.is_fresh() {
            live.refresh(ticket, &self.hub.standing(id).await?);
        }
        if !live.attach(self.conn, Arc::clone(&self.out), self.hub.config.max_sockets_per_room) {
            return Err(Refusal::bare(ErrorCode::Quota));
        }
        self.room = Some((live, seat));
        Ok(())
    }

    /// The reply to a proof. It carries a new challenge, because the last one is used.
    fn admission(&mut self, room: Room) -> Admission {
        (self.nonce, self.has_proven) = (ServerNonce(self.hub.random()), true);
        Admission {
            next_nonce: self.nonce,
            state: room.state,
            head: room.head,
            head_seq: room.head_seq,
            oldest_seq: room.floor,
            pushed_out: (room.pushed_out != 0).then_some(room.pushed_out),
            full: self.share().is_filled_by(room.messages),
            deed: room.deed.as_bytes().to_vec(),
            owner: room.owner,
            seat: room.seat,
        }
    }

    fn knows(&self, authority: &str) -> bool {
        authority.parse::<Authority>().is_ok_and(|parsed| parsed.to_string() == authority && self.hub.knows(&parsed))
    }

    fn bad_signature(&mut self) -> Refusal {
        self.failed(Refusal::bare(ErrorCode::BadSignature))
    }

    /// Counts a proof that failed: who guesses is cut off.
    fn failed(&mut self, refusal: Refusal) -> Refusal {
        self.failed_proofs = self.failed_proofs.saturating_add(1);
        refusal
    }
}

/// Whether the owner signed this deed for this room.
pub(super) fn deed_is_signed(deed: &Deed, room: RoomId) -> bool {
    let (owner_key, policy) = (deed.opk().0, deed.policy_bytes());
    let statement = transcript::Deed { room_id: &room.0, owner_key: &owner_key, rev: deed.rev(), policy };
    statement.verify(&owner_key, &deed.sig().0).is_ok()
}
