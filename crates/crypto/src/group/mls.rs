//! Groups by OpenMLS.

use conclave_proto::id::{RoomId, Tag};
use conclave_seal::{id, rng::Rng};
use openmls::group::{GroupId, MlsGroup};
use openmls_traits::OpenMlsProvider as _;

use self::{
    leaf::{NewLeaf, store_psks},
    provider::{LeafSigner, Provider},
    record::Record,
    room::MlsRoom,
};
use super::{
    Candidate, Founded, Founding, Group, GroupCrypto, GroupError, Identity, JoinError, Joining, NewKeyPackage,
    PendingJoin, Welcoming,
};
use crate::{
    params,
    state::{GroupState, GroupStateReader},
};

mod epoch;
mod group_info;
mod join;
mod key_package;
mod leaf;
mod profile;
mod provider;
mod record;
mod room;
#[cfg(test)]
mod sample;
mod storage;
mod summary;
mod verdict;
mod welcome;
mod width;

pub use verdict::panics_are_contained;

/// The scheme of protocol version 1: MLS (RFC 9420) by OpenMLS, suite `0x004E`.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenMls;

impl GroupCrypto for OpenMls {
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        let Founding { keys, owner_key, params, passphrase, identity } = founding;
        let room_id = RoomId(*keys.room_id());
        let is_owners = params.opk.0 == owner_key.public() && params::verify(&room_id, params).is_ok();
        if !is_owners || params.policy.need_pass != passphrase.is_some() {
            return Err(GroupError::Params);
        }
        let leaf = NewLeaf::generate(rng, &identity, Some((owner_key, &room_id)), Some(FOUNDING))?;
        let provider = Provider::new(state, rng);
        store_psks(&provider, keys.code_psk(), passphrase)?;

        let signer = LeafSigner(&leaf.key);
        let group_id = id::group_id(room_id.as_bytes(), &params.genesis_nonce);
        let context = profile::context(params).ok_or(GroupError::Params)?;
        let config = profile::create_config(context);
        let mut mls =
            MlsGroup::new_with_group_id(&provider, &signer, &config, GroupId::from_slice(&group_id), leaf.credential)
                .map_err(|_| provider.error("the group could not be founded"))?;

        // Epoch 1 is where the room begins: its leaf comes from a commit, so that no lifetime needs a clock (rule V9).
        let unmade = |_| provider.error("the first commit could not be made");
        mls.commit_builder()
            .force_self_update(true)
            .load_psks(provider.storage())
            .map_err(|_| provider.error("the first commit could not be made"))?
            .build(provider.rand(), provider.crypto(), &signer, |_| true)
            .map_err(|_| provider.error("the first commit could not be made"))?
            .stage_commit(&provider)
            .map_err(unmade)?;
        mls.merge_pending_commit(&provider).map_err(|_| provider.error("the first commit could not be merged"))?;

        let base = Tag(id::genesis_tag(room_id.as_bytes()));
        let record = Record { base, room_id, group_id, leaf_key: leaf.key, call_key: leaf.call_key };
        record.write(state)?;
        let group = MlsRoom::new(mls, record)?;
        let group_info = group.group_info()?;
        Ok(Founded { group: Box::new(group), group_info })
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        join::join(state, rng, joining)
    }

    fn key_package(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        identity: Identity,
    ) -> Result<NewKeyPackage, GroupError> {
        key_package::make(state, rng, &identity)
    }

    fn candidate(&self, key_package: &[u8]) -> Option<Candidate> {
        key_package::read(key_package).and_then(|key_package| key_package::candidate(&key_package))
    }

    fn welcome(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        welcoming: Welcoming<'_>,
    ) -> Result<Box<dyn Group>, JoinError> {
        welcome::join(state, rng, &welcoming)
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        let Some(record) = Record::read(state)? else { return Ok(None) };
        let provider = Provider::loading(state);
        let mls = MlsGroup::load(provider.storage(), &GroupId::from_slice(&record.group_id))
            .map_err(|_| provider.error("the group cannot be read"))?
            .ok_or(GroupError::Damaged("the group is missing"))?;
        Ok(Some(Box::new(MlsRoom::new(mls, record)?)))
    }
}

/// The epoch in which a group is founded.
const FOUNDING: u64 = 0;
