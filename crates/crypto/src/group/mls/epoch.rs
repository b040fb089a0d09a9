//! What is read and derived from one epoch of an OpenMLS group.

use conclave_proto::{
    Lane,
    id::{MemberId, PublicKey, RoomId},
    params::Params,
};
use conclave_seal::{id, sign::SigningKey};
use openmls::{
    group::MlsGroup,
    prelude::{LeafNodeIndex, Member as MlsMember},
};
use openmls_rust_crypto::RustCrypto;
use zeroize::Zeroizing;

use super::{profile, summary};
use crate::{
    group::{EpochKeys, GroupError, Member, parse_credential},
    purpose::{EXPORT_ENVELOPE, EXPORT_MEMBER_AUTH, EnvelopeKey, EpochAuthenticator},
    validator,
};

pub(super) fn params(mls: &MlsGroup) -> Result<Params, GroupError> {
    let bytes = profile::params_of(mls.extensions()).ok_or(GroupError::Damaged("the parameters are missing"))?;
    Params::parse(bytes).map_err(|_| GroupError::Damaged("the parameters cannot be read"))
}

pub(super) fn roster(mls: &MlsGroup, room_id: &RoomId, params: &Params) -> Result<Vec<Member>, GroupError> {
    let own = mls.is_active().then(|| mls.own_leaf_index());
    mls.members()
        .map(|found| member(&found, room_id, params, own))
        .collect::<Option<_>>()
        .ok_or(GroupError::Damaged("a member cannot be read"))
}

/// The keys of the current epoch (protocol 4.3).
pub(super) fn keys(mls: &MlsGroup, room_id: &RoomId) -> Result<EpochKeys, GroupError> {
    let damaged = || GroupError::Damaged("the keys of the epoch could not be derived");
    let crypto = RustCrypto::default();
    let export = |label: &str, context: &[u8]| -> Result<Zeroizing<[u8; 32]>, GroupError> {
        let secret = Zeroizing::new(mls.export_secret(&crypto, label, context, 32).map_err(|_| damaged())?);
        Ok(Zeroizing::new(secret[..].try_into().map_err(|_| damaged())?))
    };
    let envelope = |lane: Lane| {
        let context = [&[lane.number()][..], room_id.as_bytes()].concat();
        export(EXPORT_ENVELOPE, &context).map(|key| EnvelopeKey::from_bytes(&key))
    };
    let authenticator = mls.epoch_authenticator().as_slice().try_into().map_err(|_| damaged())?;
    Ok(EpochKeys {
        application: envelope(Lane::Application)?,
        commit: envelope(Lane::Commit)?,
        ephemeral: envelope(Lane::Ephemeral)?,
        member_auth: SigningKey::from_seed(&*export(EXPORT_MEMBER_AUTH, room_id.as_bytes())?),
        authenticator: EpochAuthenticator::from_bytes(authenticator),
    })
}

/// A member as the tree has it; `None` if its leaf breaks the room's rules.
pub(super) fn member(
    member: &MlsMember,
    room_id: &RoomId,
    params: &Params,
    own: Option<LeafNodeIndex>,
) -> Option<Member> {
    let leaf_key = PublicKey::try_from(member.signature_key.as_slice()).ok()?;
    let credential = parse_credential(&summary::identity(&member.credential)?)?;
    Some(Member {
        leaf: member.index.u32(),
        leaf_key,
        id: MemberId(id::member_id(&leaf_key.0)),
        owner: validator::is_owner(room_id, params, &leaf_key, &credential),
        credential,
        own: own == Some(member.index),
    })
}
