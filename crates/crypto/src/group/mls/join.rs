//! Joining by external commit (protocol 4.6.3), after the checks J1 to J6 (4.5).

use conclave_proto::{
    id::{RoomId, Signature},
    params::Params,
    version,
};
use conclave_seal::{id, rng::Rng, sign::SigningKey, transcript::OwnerLeaf};
use openmls::{
    group::MlsGroup,
    messages::{group_info::VerifiableGroupInfo, proposals::PreSharedKeyProposal},
    prelude::LeafNodeParameters,
};
use openmls_traits::OpenMlsProvider as _;

use super::{
    group_info::{members, read_placed},
    leaf::{NewLeaf, store_psks},
    profile,
    provider::{LeafSigner, Provider},
    record::Record,
    room::{MlsRoom, to_bytes},
    verdict::contained,
};
use crate::{
    code::Code,
    group::{GroupError, JoinError, Joining, Member, PendingJoin},
    params, place,
    purpose::Psk,
    state::GroupState,
    validator,
};

pub(super) fn join(state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
    // J1, that the GroupInfo opens under the join key for this base, is the envelope's; the caller has opened it.
    let room_id = RoomId(*joining.keys.room_id());
    place::verify(joining.place, &room_id, joining.base).map_err(|_| JoinError::GroupInfo)?;
    let group_info = read_placed(joining.place, joining.group_info)?;
    let Joining { code, passphrase, minimum_rev, .. } = joining;
    let params = check(&group_info, &room_id, &Wanted { code, passphrase, minimum_rev })?;
    let group_id = id::group_id(room_id.as_bytes(), &params.genesis_nonce);

    let epoch = group_info.epoch().as_u64().saturating_add(1);
    let leaf = match joining.rejoin {
        // A rejoin keeps the key, by which OpenMLS finds the leaf to remove, and with it rank and the owner's certificate.
        Some(key) => {
            let (certificate, since) = kept(&group_info, &room_id, &params, key, epoch)?;
            NewLeaf::with_key(
                rng,
                SigningKey::from_seed(&key.expose_seed()),
                &joining.identity,
                certificate,
                Some(since),
            )?
        }
        None => NewLeaf::generate(rng, &joining.identity, None, Some(epoch))?,
    };
    let provider = Provider::new(state, rng);
    let psks = store_psks(&provider, joining.keys.code_psk(), joining.passphrase)?;
    let signer = LeafSigner(&leaf.key);

    // J2: OpenMLS verifies the signature and the whole tree here. Whatever it finds fault with later, such as a key that nothing
    // can be encrypted to, lies in the GroupInfo, too.
    let made = contained(|| -> Option<_> {
        let (mls, bundle) = MlsGroup::external_commit_builder()
            .with_config(profile::join_config())
            .with_aad(joining.base.as_bytes().to_vec())
            .skip_lifetime_validation()
            .build_group(&provider, group_info, leaf.credential)
            .ok()?
            .add_psk_proposals(psks.into_iter().map(PreSharedKeyProposal::new))
            .leaf_node_parameters(LeafNodeParameters::builder().with_capabilities(profile::capabilities()).build())
            .load_psks(provider.storage())
            .ok()?
            .use_ratchet_tree_extension(true)
            .build(provider.rand(), provider.crypto(), &signer, |_| true)
            .ok()?
            .finalize(&provider)
            .ok()?;
        Some((mls, bundle))
    });
    let refused = || provider.take_failure().map_or(JoinError::GroupInfo, |error| GroupError::State(error).into());
    let (mls, bundle) = made.flatten().ok_or_else(refused)?;
    let (commit, _, group_info) = bundle.into_messages();
    let commit = to_bytes(&commit)?;
    let group_info = to_bytes(&group_info.ok_or(GroupError::Damaged("the commit came without a GroupInfo"))?)?;

    let record = Record { base: joining.base, room_id, group_id, leaf_key: leaf.key, call_key: leaf.call_key };
    record.write(state).map_err(GroupError::State)?;
    let group = MlsRoom::new(mls, record).map_err(|_| JoinError::GroupInfo)?;
    check_members(&params, group.members())?;
    Ok(PendingJoin { group: Box::new(group), commit, group_info })
}

/// What somebody who comes in knows of the room.
pub(super) struct Wanted<'a> {
    pub(super) code: &'a Code,
    pub(super) passphrase: Option<&'a Psk>,
    pub(super) minimum_rev: u64,
}

/// J3 to J6.
pub(super) fn check(
    group_info: &VerifiableGroupInfo,
    room_id: &RoomId,
    wanted: &Wanted<'_>,
) -> Result<Params, JoinError> {
    let context = group_info.group_context();
    if group_info.ciphersuite() != profile::SUITE || context.protocol_version() != profile::VERSION {
        return Err(JoinError::Version);
    }
    let bytes = profile::params_of(context.extensions()).ok_or(JoinError::GroupInfo)?;
    let params = Params::parse(bytes).map_err(|_| JoinError::GroupInfo)?;
    if params.version != version::PROTOCOL {
        return Err(JoinError::Version);
    }
    let group_id = id::group_id(room_id.as_bytes(), &params.genesis_nonce);
    if profile::is_foreign(context.extensions()) || group_info.group_id().as_slice() != group_id {
        return Err(JoinError::GroupInfo);
    }
    if !wanted.code.commits_to(&params.opk.0, &params.r) || params::verify(room_id, &params).is_err() {
        return Err(JoinError::NotThisRoom);
    }
    match (params.policy.need_pass, wanted.passphrase) {
        (true, None) => Err(JoinError::PassphraseNeeded),
        (false, Some(_)) => Err(JoinError::NoPassphrase),
        _ if params.rev < wanted.minimum_rev => Err(JoinError::Stale),
        _ => Ok(params),
    }
}

/// What the members would check of the new tree (V2), checked before anybody is bothered with the commit.
pub(super) fn check_members(params: &Params, members: &[Member]) -> Result<(), JoinError> {
    if members.len() > usize::from(params.policy.max_members) {
        return Err(JoinError::Full);
    }
    if members.iter().filter(|member| member.owner).count() > 1 { Err(JoinError::GroupInfo) } else { Ok(()) }
}

/// What the leaf that is to be replaced hands on: the owner's certificate, if it has one, and its seniority.
fn kept(
    group_info: &VerifiableGroupInfo,
    room_id: &RoomId,
    params: &Params,
    key: &SigningKey,
    epoch: u64,
) -> Result<(Option<Signature>, u64), JoinError> {
    let members = members(group_info.clone(), room_id, params)?;
    let old = members.into_iter().find(|member| member.leaf_key.0 == key.public()).ok_or(JoinError::Removed)?;
    let certificate = old.credential.owner_cert.filter(|certificate| {
        let statement = OwnerLeaf { room_id: room_id.as_bytes(), leaf_key: &old.leaf_key.0 };
        validator::verify_owner(&statement, &params.opk, certificate)
    });
    Ok((certificate, validator::kept_since(&old, epoch)))
}
