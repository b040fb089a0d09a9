//! KeyPackages: the own one, with which somebody asks to be added, and those of others (protocol 4.6.9).

use conclave_proto::id::MemberId;
use conclave_seal::{id, rng::Rng, sign::SigningKey};
use openmls::{
    key_packages::{KeyPackage, KeyPackageIn},
    prelude::tls_codec::{Deserialize as _, Serialize as _},
};
use openmls_rust_crypto::RustCrypto;
use zeroize::Zeroizing;

use super::{
    leaf::NewLeaf,
    profile,
    provider::{LeafSigner, Provider},
    summary,
    verdict::contained,
};
use crate::{
    group::{Candidate, GroupError, Identity, NewKeyPackage},
    purpose::CallKey,
    state::{GroupState, GroupStateReader},
};

/// Makes a KeyPackage and keeps its keys.
pub(super) fn make(
    state: &dyn GroupState,
    rng: &mut dyn Rng,
    identity: &Identity,
) -> Result<NewKeyPackage, GroupError> {
    // Whoever the owner adds has no rank before the first own commit (rule V2).
    let leaf = NewLeaf::generate(rng, identity, None, None)?;
    let provider = Provider::new(state, rng);
    let unmade = || provider.error("the key package could not be made");
    let bundle = KeyPackage::builder()
        .key_package_lifetime(profile::for_ever())
        .leaf_node_capabilities(profile::capabilities())
        .build(profile::SUITE, &provider, &LeafSigner(&leaf.key), leaf.credential)
        .map_err(|_| unmade())?;
    let key_package = bundle.key_package().tls_serialize_detached().map_err(|_| unmade())?;
    let keys = Keys { leaf_key: leaf.key, call_key: leaf.call_key };
    keys.write(state)?;
    Ok(NewKeyPackage { key_package, call_key: keys.call_key })
}

/// Reads a KeyPackage of somebody else. Its signatures are verified; `None` if it is of another suite or version, or has extensions, or
/// a lifetime by which members would judge it by their clocks (rule V9).
pub(super) fn read(bytes: &[u8]) -> Option<KeyPackage> {
    let key_package = contained(|| {
        let key_package = KeyPackageIn::tls_deserialize_exact(bytes).ok()?;
        key_package.validate(&RustCrypto::default(), profile::VERSION).ok()
    })??;
    let has_extensions = key_package.extensions().iter().next().is_some();
    let is_ours =
        key_package.ciphersuite() == profile::SUITE && !has_extensions && profile::lives_for_ever(&key_package);
    is_ours.then_some(key_package)
}

/// Who asks to be added, if the members would take that one (rule V2).
pub(super) fn candidate(key_package: &KeyPackage) -> Option<Candidate> {
    let leaf = summary::new_leaf(key_package.leaf_node());
    let credential = leaf.credential.filter(|_| leaf.capable)?;
    let is_plain = credential.since.is_none() && credential.owner_cert.is_none();
    let id = MemberId(id::member_id(&leaf.leaf_key.0));
    is_plain.then_some(Candidate { leaf_key: leaf.leaf_key, id, credential })
}

/// What belongs to the own KeyPackage besides what OpenMLS keeps of it: `1 ‖ leaf key seed (32) ‖ call key (32)`.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) leaf_key: SigningKey,
    pub(super) call_key: CallKey,
}

impl Keys {
    fn write(&self, state: &dyn GroupState) -> Result<(), GroupError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LEN));
        bytes.push(VERSION);
        bytes.extend_from_slice(&*self.leaf_key.expose_seed());
        bytes.extend_from_slice(self.call_key.expose_secret());
        Ok(state.put(PLACE, &bytes)?)
    }

    /// The keys, if the state holds some.
    pub(super) fn read(state: &dyn GroupStateReader) -> Result<Option<Self>, GroupError> {
        let Some(bytes) = state.get(PLACE)? else { return Ok(None) };
        Self::parse(&bytes).map(Some).ok_or(GroupError::Damaged("the keys of a key package cannot be read"))
    }

    /// They are those of a leaf by now, and stand with it.
    pub(super) fn forget(state: &dyn GroupState) -> Result<(), GroupError> {
        Ok(state.delete(PLACE)?)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[VERSION], bytes) = bytes.split_first_chunk()? else { return None };
        let (seed, bytes) = bytes.split_first_chunk::<32>()?;
        Some(Self { leaf_key: SigningKey::from_seed(seed), call_key: CallKey::from_bytes(bytes.try_into().ok()?) })
    }
}

const PLACE: &[u8] = b"conclave/key-package";
const VERSION: u8 = 1;
const LEN: usize = 1 + 2 * 32;
