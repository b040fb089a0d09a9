//! Reading a GroupInfo that a relay handed out: its place, its signature, and the members of its tree.

use conclave_proto::{id::RoomId, params::Params, place::CommitPlace};
use openmls::{
    group::{ProposalStore, PublicGroup},
    messages::group_info::VerifiableGroupInfo,
    prelude::{
        MlsMessageBodyIn, MlsMessageIn, OpenMlsSignaturePublicKey, SignatureScheme, Verifiable as _,
        tls_codec::Deserialize as _,
    },
};
use openmls_traits::OpenMlsProvider as _;

use super::{epoch, provider::Provider, verdict::contained, width};
use crate::{
    group::{JoinError, Member},
    place,
    state::MemoryState,
};

/// Reads a GroupInfo. Nothing of it is verified yet.
fn read(bytes: &[u8]) -> Result<VerifiableGroupInfo, JoinError> {
    if !width::is_allowed(bytes) {
        return Err(JoinError::GroupInfo);
    }
    let message = contained(|| MlsMessageIn::tls_deserialize_exact(bytes));
    match message.and_then(Result::ok).map(MlsMessageIn::extract) {
        Some(MlsMessageBodyIn::GroupInfo(group_info)) => Ok(group_info),
        _ => Err(JoinError::GroupInfo),
    }
}

/// The members that a GroupInfo shows, after verifying its signature and tree.
pub(super) fn members(
    group_info: VerifiableGroupInfo,
    room_id: &RoomId,
    params: &Params,
) -> Result<Vec<Member>, JoinError> {
    let (state, tree) = (MemoryState::new(), group_info.extensions().ratchet_tree().cloned());
    let provider = Provider::reading(&state);
    let tree = tree.ok_or(JoinError::GroupInfo)?.ratchet_tree().clone();
    let group = contained(|| {
        PublicGroup::from_external(provider.crypto(), provider.storage(), tree, group_info, ProposalStore::new())
    });
    let (group, _) = group.and_then(Result::ok).ok_or(JoinError::GroupInfo)?;
    group
        .members()
        .map(|member| epoch::member(&member, room_id, params, None))
        .collect::<Option<_>>()
        .ok_or(JoinError::GroupInfo)
}

/// Reads the GroupInfo that a place describes, which the place's signer must have signed (J7).
pub(super) fn read_placed(place: &CommitPlace, bytes: &[u8]) -> Result<VerifiableGroupInfo, JoinError> {
    if !place::describes(place, bytes) {
        return Err(JoinError::GroupInfo);
    }
    let group_info = read(bytes)?;
    let state = MemoryState::new();
    let provider = Provider::reading(&state);
    let key = OpenMlsSignaturePublicKey::new(place.signer.0.to_vec().into(), SignatureScheme::ED25519);
    let is_signed = key.is_ok_and(|key| group_info.verify_no_out(provider.crypto(), &key).is_ok());
    if is_signed { Ok(group_info) } else { Err(JoinError::GroupInfo) }
}
