//! Joining by the Welcome of the owner who added this member (protocol 4.6.9).

use conclave_proto::{
    id::{PublicKey, RoomId},
    params::Params,
};
use conclave_seal::{id, rng::Rng};
use openmls::{
    group::StagedWelcome,
    messages::Welcome,
    prelude::{LeafNode, MlsMessageBodyIn, MlsMessageIn, tls_codec::Deserialize as _},
};

use super::{
    join::{Wanted, check, check_members},
    key_package::Keys,
    leaf::store_psks,
    profile,
    provider::Provider,
    record::Record,
    room::MlsRoom,
    summary,
    verdict::contained,
};
use crate::{
    group::{Group, GroupError, JoinError, Welcoming},
    place,
    state::GroupState,
    validator,
};

pub(super) fn join(
    state: &dyn GroupState,
    rng: &mut dyn Rng,
    welcoming: &Welcoming<'_>,
) -> Result<Box<dyn Group>, JoinError> {
    let Welcoming { code, keys, passphrase, welcome, base, place, minimum_rev } = *welcoming;
    let room_id = RoomId(*keys.room_id());
    place::verify(place, &room_id, base).map_err(|_| JoinError::GroupInfo)?;
    let own = Keys::read(state)?.ok_or(GroupError::Damaged("the keys of the key package are missing"))?;
    let welcome = read(welcome).ok_or(JoinError::GroupInfo)?;
    let provider = Provider::new(state, rng);
    let wanted = Wanted { code, passphrase, minimum_rev };
    let refused = || provider.take_failure().map_or(JoinError::GroupInfo, |error| GroupError::State(error).into());

    // As everywhere, OpenMLS verifies signature, tree and confirmation tag; whose they have to be is checked here.
    let (staged, params) = contained(|| -> Result<_, JoinError> {
        let builder = StagedWelcome::build_from_welcome(&provider, &profile::join_config(), welcome)
            .map_err(|_| refused())?
            .skip_lifetime_validation();
        let processed = builder.processed_welcome();
        let params = check(processed.unverified_group_info(), &room_id, &wanted)?;
        // Members are added without pre-shared keys (rule V7).
        if !processed.psks().is_empty() {
            return Err(JoinError::GroupInfo);
        }
        Ok((builder.build().map_err(|_| refused())?, params))
    })
    .ok_or(JoinError::GroupInfo)??;
    let sender = staged.welcome_sender().map_err(|_| JoinError::GroupInfo)?;
    if owner_of(sender, &room_id, &params) != Some(place.signer) {
        return Err(JoinError::NotThisRoom);
    }
    let mls = contained(|| staged.into_group(&provider)).and_then(Result::ok).ok_or_else(refused)?;
    store_psks(&provider, keys.code_psk(), passphrase)?;
    Keys::forget(state)?;

    let group_id = id::group_id(room_id.as_bytes(), &params.genesis_nonce);
    let record = Record { base, room_id, group_id, leaf_key: own.leaf_key, call_key: own.call_key };
    record.write(state).map_err(GroupError::State)?;
    let group = MlsRoom::new(mls, record).map_err(|_| JoinError::GroupInfo)?;
    check_members(&params, group.members())?;
    Ok(Box::new(group))
}

fn read(bytes: &[u8]) -> Option<Welcome> {
    let message = contained(|| MlsMessageIn::tls_deserialize_exact(bytes))?.ok()?;
    if let MlsMessageBodyIn::Welcome(welcome) = message.extract() { Some(welcome) } else { None }
}

/// The key of a leaf, if the owner has certified it.
fn owner_of(leaf: &LeafNode, room_id: &RoomId, params: &Params) -> Option<PublicKey> {
    let leaf = summary::new_leaf(leaf);
    let credential = leaf.credential?;
    validator::is_owner(room_id, params, &leaf.leaf_key, &credential).then_some(leaf.leaf_key)
}
