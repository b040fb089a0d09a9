//! Groups by OpenMLS.

use conclave_proto::id::{RoomId, Signature, Tag};
use conclave_seal::{
    id,
    rng::{self, Rng},
    sign::SigningKey,
    transcript::{OwnerLeaf, Statement as _},
};
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    group::{GroupId, MlsGroup},
    schedule::{ExternalPsk, PreSharedKeyId, Psk as MlsPsk},
};
use openmls_traits::OpenMlsProvider as _;
use zeroize::Zeroizing;

use self::{
    provider::{LeafSigner, Provider},
    record::Record,
    room::MlsRoom,
};
use super::{Founded, Founding, Group, GroupCrypto, GroupError, Identity, JoinError, Joining, PendingJoin};
use crate::{
    call, params,
    purpose::{CallKey, PSK_ID_CODE, PSK_ID_PASS, Psk},
    state::GroupState,
};

mod epoch;
mod join;
mod profile;
mod provider;
mod record;
mod room;
#[cfg(test)]
mod sample;
mod storage;
mod summary;
mod verdict;
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
        let leaf = NewLeaf::generate(rng, &identity, Some((owner_key, &room_id)), FOUNDING)?;
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

    fn load(&self, state: &dyn GroupState) -> Result<Option<Box<dyn Group>>, GroupError> {
        let Some(record) = Record::read(state)? else { return Ok(None) };
        let provider = Provider::reading(state);
        let mls = MlsGroup::load(provider.storage(), &GroupId::from_slice(&record.group_id))
            .map_err(|_| provider.error("the group cannot be read"))?
            .ok_or(GroupError::Damaged("the group is missing"))?;
        Ok(Some(Box::new(MlsRoom::new(mls, record)?)))
    }
}

/// The epoch in which a group is founded.
const FOUNDING: u64 = 0;

/// The keys and credential of a leaf to be.
struct NewLeaf {
    key: SigningKey,
    call_key: CallKey,
    credential: CredentialWithKey,
}

impl NewLeaf {
    /// A leaf with fresh keys, certified if the owner's key is there.
    fn generate(
        rng: &mut dyn Rng,
        identity: &Identity,
        owner: Option<(&SigningKey, &RoomId)>,
        since: u64,
    ) -> Result<Self, GroupError> {
        let key = SigningKey::generate(rng);
        let leaf_key = key.public();
        let owner_cert = owner.map(|(owner_key, room_id)| {
            Signature(OwnerLeaf { room_id: room_id.as_bytes(), leaf_key: &leaf_key }.sign(owner_key))
        });
        Self::with_key(rng, key, identity, owner_cert, since)
    }

    /// A leaf with a signature key that is there already.
    fn with_key(
        rng: &mut dyn Rng,
        key: SigningKey,
        identity: &Identity,
        owner_cert: Option<Signature>,
        since: u64,
    ) -> Result<Self, GroupError> {
        let ikm = Zeroizing::new(rng::array(rng));
        let (call_key, public) =
            call::derive_key_pair(&ikm).map_err(|_| GroupError::Damaged("the call key could not be made"))?;
        let credential = identity.credential(public, owner_cert, Some(since))?;
        let credential = credential_with_key(credential.as_bytes(), &key);
        Ok(Self { key, call_key, credential })
    }
}

fn credential_with_key(identity: &[u8], key: &SigningKey) -> CredentialWithKey {
    CredentialWithKey {
        credential: BasicCredential::new(identity.to_vec()).into(),
        signature_key: key.public().to_vec().into(),
    }
}

/// The id of an external pre-shared key with a fresh nonce (RFC 9420, section 8.4).
fn psk_id(provider: &Provider<'_>, id: &[u8]) -> Result<PreSharedKeyId, GroupError> {
    let psk = MlsPsk::External(ExternalPsk::new(id.to_vec()));
    PreSharedKeyId::new(profile::SUITE, provider.rand(), psk)
        .map_err(|_| GroupError::Damaged("a nonce could not be drawn"))
}

/// Puts the keys where OpenMLS looks for them whenever somebody joins.
fn store_psks(
    provider: &Provider<'_>,
    code: &Psk,
    passphrase: Option<&Psk>,
) -> Result<Vec<PreSharedKeyId>, GroupError> {
    [Some((PSK_ID_CODE, code)), passphrase.map(|psk| (PSK_ID_PASS, psk))]
        .into_iter()
        .flatten()
        .map(|(name, psk)| {
            let id = psk_id(provider, name)?;
            id.store(provider, psk.expose_secret()).map_err(|_| provider.error("a room key could not be stored"))?;
            Ok(id)
        })
        .collect()
}
