//! A leaf to be, and the room's pre-shared keys, as OpenMLS takes them.

use conclave_proto::id::{RoomId, Signature};
use conclave_seal::{
    rng::{self, Rng},
    sign::SigningKey,
    transcript::{OwnerLeaf, Statement as _},
};
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    schedule::{ExternalPsk, PreSharedKeyId, Psk as MlsPsk},
};
use openmls_traits::OpenMlsProvider as _;
use zeroize::Zeroizing;

use super::{profile, provider::Provider};
use crate::{
    call,
    group::{GroupError, Identity},
    purpose::{CallKey, PSK_ID_CODE, PSK_ID_PASS, Psk},
};

/// The keys and credential of a leaf to be.
pub(super) struct NewLeaf {
    pub(super) key: SigningKey,
    pub(super) call_key: CallKey,
    pub(super) credential: CredentialWithKey,
}

impl NewLeaf {
    /// A leaf with fresh keys, certified if the owner's key is there.
    pub(super) fn generate(
        rng: &mut dyn Rng,
        identity: &Identity,
        owner: Option<(&SigningKey, &RoomId)>,
        since: Option<u64>,
    ) -> Result<Self, GroupError> {
        let key = SigningKey::generate(rng);
        let leaf_key = key.public();
        let owner_cert = owner.map(|(owner_key, room_id)| {
            Signature(OwnerLeaf { room_id: room_id.as_bytes(), leaf_key: &leaf_key }.sign(owner_key))
        });
        Self::with_key(rng, key, identity, owner_cert, since)
    }

    /// A leaf with a signature key that is there already.
    pub(super) fn with_key(
        rng: &mut dyn Rng,
        key: SigningKey,
        identity: &Identity,
        owner_cert: Option<Signature>,
        since: Option<u64>,
    ) -> Result<Self, GroupError> {
        let ikm = Zeroizing::new(rng::array(rng));
        let (call_key, public) =
            call::derive_key_pair(&ikm).map_err(|_| GroupError::Damaged("the call key could not be made"))?;
        let credential = identity.credential(public, owner_cert, since)?;
        let credential = credential_with_key(credential.as_bytes(), &key);
        Ok(Self { key, call_key, credential })
    }
}

pub(super) fn credential_with_key(identity: &[u8], key: &SigningKey) -> CredentialWithKey {
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
pub(super) fn store_psks(
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
