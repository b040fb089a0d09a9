//! The door of a room: what a client checks and proves there, without I/O. Looking from the door and joining share it (protocol 4.6.3,
//! 4.8.2).

use conclave_crypto::{
    envelope::{self, Place as EnvelopePlace},
    group::JoinError,
    place,
    schedule::RoomKeys,
};
use conclave_proto::{
    error::ErrorCode as RelayError,
    frame::{Auth, GroupInfoAt, Hello},
    id::{ClientNonce, Lane, PublicKey, Role, RoomId, ServerNonce, Signature, Tag},
    limits,
    padding::FrameKind,
    place::CommitPlace,
    version,
};
use conclave_seal::{
    rng::{self, Rng},
    sign::SigningKey,
    transcript::{self, Statement as _},
};
use zeroize::Zeroizing;

use crate::snapshot::LinkFault;

/// Checks a relay's greeting over a link with this TLS exporter (RFC 9266). Returns what proofs are bound to: zeros if the relay does
/// not end TLS itself.
///
/// # Errors
/// [`LinkFault::OtherVersion`], or [`LinkFault::WrongPin`] where the relay is known by its key: nobody may stand in between then.
pub(crate) fn greeted(hello: &Hello, exporter: Option<[u8; 32]>, is_pinned: bool) -> Result<[u8; 32], LinkFault> {
    if !hello.versions.contains(&version::PROTOCOL) {
        return Err(LinkFault::OtherVersion);
    }
    match (hello.exporter_bound, exporter) {
        (true, Some(exporter)) => Ok(exporter),
        (false, Some(_)) if is_pinned => Err(LinkFault::WrongPin),
        _ => Ok([0; 32]),
    }
}

/// The relay and connection that a proof is for.
pub(crate) struct Challenge<'a> {
    /// The relay's name.
    pub(crate) authority: String,
    pub(crate) room_id: RoomId,
    /// Good for one proof.
    pub(crate) nonce: ServerNonce,
    pub(crate) exporter: &'a [u8; 32],
}

impl Challenge<'_> {
    /// Proves a key in a role; `opk` is the owner's key, which only members name.
    pub(crate) fn answer(self, rng: &mut dyn Rng, role: Role, key: &SigningKey, opk: Option<PublicKey>) -> Auth {
        let Challenge { authority, room_id, nonce, exporter } = self;
        let (client_nonce, public) = (rng::array::<16>(rng), key.public());
        let sig = transcript::Auth {
            role: role.number(),
            authority: &authority,
            server_nonce: nonce.as_bytes(),
            client_nonce: &client_nonce,
            room_id: room_id.as_bytes(),
            key: &public,
            exporter,
        }
        .sign(key);
        let (pk, client_nonce, sig) = (PublicKey(public), ClientNonce(client_nonce), Signature(sig));
        Auth { role, room_id, pk, client_nonce, sig, pow: None, opk, authority }
    }
}

/// A GroupInfo whose place is valid.
pub(crate) struct Found {
    pub(crate) tag: Tag,
    pub(crate) seq: u64,
    pub(crate) place: CommitPlace,
    pub(crate) group_info: Zeroizing<Vec<u8>>,
}

impl Found {
    /// Opens what the relay handed out; `None` if it is not of this room, or no member vouches for it.
    pub(crate) fn open(keys: &RoomKeys, at: &GroupInfoAt) -> Option<Self> {
        let room_id = RoomId(*keys.room_id());
        let inside = EnvelopePlace { lane: Lane::GroupInfo, room_id, base: at.tag };
        let frame = envelope::open(keys.join_key(), &inside, &at.blob).ok()?;
        let place = open_place(keys, room_id, at.tag, at.place.as_deref())?;
        let is_group_info = frame.kind == FrameKind::GroupInfo;
        is_group_info.then_some(Self { tag: at.tag, seq: at.seq, place, group_info: frame.data })
    }
}

/// Opens the place of a commit and checks its signature. `None` if it is not one of this room and this commit.
pub(crate) fn open_place(keys: &RoomKeys, room_id: RoomId, tag: Tag, sealed: Option<&[u8]>) -> Option<CommitPlace> {
    let at = EnvelopePlace { lane: Lane::GroupInfo, room_id, base: tag };
    let frame = envelope::open(keys.join_key(), &at, sealed?).ok().filter(|frame| frame.kind == FrameKind::Place)?;
    let place = CommitPlace::parse(&frame.data).ok()?;
    place::verify(&place, &room_id, tag).ok().map(|()| place)
}

/// What a refusal says of the relay or the room, whatever was asked.
pub(crate) fn fault_of_refusal(code: RelayError) -> LinkFault {
    match code {
        RelayError::NoSuchRoom => LinkFault::NoSuchRoom,
        RelayError::RoomGone => LinkFault::RoomGone,
        RelayError::RoomLocked => LinkFault::RoomLocked,
        RelayError::UnsupportedVersion => LinkFault::OtherVersion,
        RelayError::NotAuthorised | RelayError::BadSignature => LinkFault::Refused,
        RelayError::ShuttingDown => LinkFault::Unreachable,
        code if is_passing(code) => LinkFault::Busy,
        _ => LinkFault::Misbehaved,
    }
}

/// The relay cannot do it now and will later. INTERNAL is what it says while its disk is full, which is no misbehaviour.
pub(crate) fn is_passing(code: RelayError) -> bool {
    matches!(code, RelayError::RateLimited | RelayError::Overloaded | RelayError::Quota | RelayError::Internal)
}

/// Why nobody can join at a GroupInfo.
pub(crate) fn fault_of_join(error: &JoinError) -> LinkFault {
    match error {
        JoinError::GroupInfo | JoinError::NotThisRoom | JoinError::Stale | JoinError::Removed => {
            LinkFault::StateDamaged
        }
        JoinError::PassphraseNeeded | JoinError::NoPassphrase => LinkFault::Passphrase,
        JoinError::Full => LinkFault::RoomFull,
        JoinError::Version => LinkFault::OtherVersion,
        JoinError::Group(_) => LinkFault::Storage,
    }
}

/// GroupInfos that are looked at: those that the relay keeps, the newest by a member, and the end.
pub(crate) const LOOKS: usize = limits::GROUP_INFOS + 2;
