//! How a connection comes into a room: CREATE and AUTH.

use bytes::Bytes;
use conclave_proto::{
    Authority, ErrorCode, Role,
    deed::{Deed, Knocking},
    frame::{Admission, Auth, Create, Refusal, Reply},
    id::{RoomId, Seat, ServerNonce, Tag},
    limits,
};
use conclave_seal::{
    id,
    transcript::{self, Statement as _},
};

use super::{
    attachment::{Attachment, Member, standing_of},
    refusal::{NOT_AUTHORISED, gone, internal},
};
use crate::{
    hub::Hub,
    log::{Creation, Founding, Standing, StoredRoom},
};

/// Checks the proofs of one connection, by challenge and response.
#[derive(Debug)]
pub(super) struct Authenticator {
    exporter: Option<[u8; 32]>,
    /// The challenge for the next proof.
    nonce: ServerNonce,
    failed: u32,
    has_proven: bool,
}

impl Authenticator {
    pub(super) fn new(hub: &Hub, exporter: Option<[u8; 32]>) -> Self {
        Self { exporter, nonce: ServerNonce(hub.random()), failed: 0, has_proven: false }
    }

    pub(super) fn nonce(&self) -> ServerNonce {
        self.nonce
    }

    /// Whether a CREATE or AUTH has succeeded.
    pub(super) fn has_proven(&self) -> bool {
        self.has_proven
    }

    /// Whether too many proofs have failed.
    pub(super) fn has_failed_too_often(&self) -> bool {
        self.failed > MOST_FAILED
    }

    pub(super) async fn create(&mut self, hub: &Hub, create: Create<'_>) -> Result<Reply, Refusal> {
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
        if !knows(hub, create.authority) || !proven {
            return Err(self.bad_signature());
        }
        if !hub.serves(room) {
            return Err(self.failed(NOT_AUTHORISED));
        }
        let founding = Founding {
            room,
            key: create.mpk,
            genesis: Tag(id::genesis_tag(&room.0)),
            group_info: Bytes::copy_from_slice(create.group_info),
            place: Bytes::copy_from_slice(create.place),
            seat: Seat(id::seat(create.authority, &create.client_nonce.0)),
            now: hub.clock.unix(),
            max_rooms: hub.config.max_rooms,
            deed,
        };
        match hub.log.create(founding).await.map_err(internal)? {
            Creation::Created => Ok(Reply::Created(self.admission(hub, standing_of(hub, room).await?))),
            Creation::Exists => Err(Refusal::bare(ErrorCode::RoomExists)),
            Creation::Gone(tombstone) => Err(gone(tombstone)),
            Creation::Full => Err(Refusal::bare(ErrorCode::Quota)),
        }
    }

    pub(super) async fn auth(&mut self, attachment: &mut Attachment, auth: Auth) -> Result<Reply, Refusal> {
        let statement = transcript::Auth {
            role: auth.role.number(),
            authority: &auth.authority,
            server_nonce: &self.nonce.0,
            client_nonce: &auth.client_nonce.0,
            room_id: &auth.room_id.0,
            key: &auth.pk.0,
            exporter: &self.exporter.unwrap_or_default(),
        };
        // All of it, whatever comes out: refusals for an unknown room, a wrong key and a wrong signature take the same
        // time.
        let signed = statement.verify(&auth.pk.0, &auth.sig.0).is_ok();
        let standing = attachment.hub.log.state(auth.room_id).await.map_err(internal)?;
        let registered = attachment.hub.log.member_key(auth.room_id, auth.pk).await.map_err(internal)?;
        let for_access = id::room_id(&auth.pk.0) == auth.room_id.0;

        if !knows(&attachment.hub, &auth.authority) || !signed {
            return Err(self.bad_signature());
        }
        if attachment.room().is_some_and(|room| room.id != auth.room_id) {
            return Err(NOT_AUTHORISED);
        }
        let room = match standing {
            Standing::Here(room) if auth.opk.is_none_or(|opk| opk == room.deed.opk()) => *room,
            Standing::Here(_) | Standing::Unknown => return Err(self.failed(Refusal::bare(ErrorCode::NoSuchRoom))),
            Standing::Gone(tombstone) => {
                attachment.attach_late(auth.room_id);
                return Err(gone(tombstone));
            }
        };
        let proven = match auth.role {
            Role::Join => for_access,
            Role::Member => registered.is_some(),
            Role::Owner => auth.pk == room.deed.opk(),
        };
        if !proven {
            return Err(self.failed(NOT_AUTHORISED));
        }
        attachment.attach(auth.room_id, room.seat).await?;
        match (auth.role, registered) {
            (Role::Join, _) => attachment.roles.join = true,
            (Role::Member, Some(from)) => attachment.become_member(Member { key: auth.pk, from }),
            (Role::Member, None) => return Err(NOT_AUTHORISED),
            (Role::Owner, _) => attachment.roles.owner = true,
        }
        Ok(Reply::Authenticated(self.admission(&attachment.hub, room)))
    }

    /// The reply to a proof. It carries a new challenge, because the last one is used.
    fn admission(&mut self, hub: &Hub, room: StoredRoom) -> Admission {
        (self.nonce, self.has_proven) = (ServerNonce(hub.random()), true);
        Admission {
            next_nonce: self.nonce,
            state: room.state,
            head: room.head,
            head_seq: room.head_seq,
            oldest_seq: room.floor,
            pushed_out: (room.pushed_out != 0).then_some(room.pushed_out),
            full: hub.config.share().is_filled_by(room.messages),
            deed: room.deed.as_bytes().to_vec(),
            owner: room.owner,
            seat: room.seat,
        }
    }

    fn bad_signature(&mut self) -> Refusal {
        self.failed(Refusal::bare(ErrorCode::BadSignature))
    }

    /// Counts a proof that failed: who guesses is cut off.
    fn failed(&mut self, refusal: Refusal) -> Refusal {
        self.failed = self.failed.saturating_add(1);
        refusal
    }
}

fn knows(hub: &Hub, authority: &str) -> bool {
    authority.parse::<Authority>().is_ok_and(|parsed| parsed.to_string() == authority && hub.knows(&parsed))
}

/// Whether the owner signed this deed for this room.
pub(super) fn deed_is_signed(deed: &Deed, room: RoomId) -> bool {
    let (owner_key, policy) = (deed.opk().0, deed.policy_bytes());
    let knocking = deed.knocking().map(|Knocking { pk, sealed_r }| transcript::Knocking { key: pk.0, sealed_r });
    let statement = transcript::Deed { room_id: &room.0, owner_key: &owner_key, rev: deed.rev(), policy, knocking };
    statement.verify(&owner_key, &deed.sig().0).is_ok()
}

const MOST_FAILED: u32 = 8;
