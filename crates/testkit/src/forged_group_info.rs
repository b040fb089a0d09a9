//! An attacker with the code who uploads a forged GroupInfo: a group that never was, signed as it should be, with a
//! place that says that it continues the room (protocol 4.6.3, 4.6.7).

use conclave_crypto::{
    group::{
        Candidate, Founded, Founding, Group, GroupCrypto, GroupError, Identity, JoinError, Joining, NewKeyPackage,
        OpenMls, PendingJoin, Welcoming,
    },
    schedule::RoomKeys,
    state::{GroupState, GroupStateReader},
};
use conclave_proto::params::{EXTENSION_TYPE, Params, ParamsFields};
use conclave_seal::rng::Rng;
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    extensions::{Extension, Extensions, UnknownExtension},
    group::MlsGroup,
    prelude::{Capabilities, CredentialType, ExtensionType, ProtocolVersion},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{OpenMlsProvider as _, types::SignatureScheme};

use crate::{
    attacker::staging::{self, Fork},
    corrupted_join,
};

/// OpenMLS, except that a member whose name begins with Mallory joins by a corrupted commit and uploads a forged
/// GroupInfo.
#[derive(Clone, Copy, Debug)]
pub struct ForgedGroupInfos {
    /// The one that is uploaded.
    pub forgery: Forgery,
}

/// A group that never was.
#[derive(Clone, Copy, Debug)]
pub enum Forgery {
    /// Only its author is in it, and the parameters are of a version that nobody has.
    OtherVersion,
    /// Only its author is in it, and nobody has signed the parameters.
    OtherOwner,
    /// The room with its author and without this person.
    Without(&'static str),
}

impl GroupCrypto for ForgedGroupInfos {
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        OpenMls.create(state, rng, founding)
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        let is_mallory = joining.identity.nick().starts_with("Mallory");
        let (info, keys) = (joining.group_info.to_vec(), joining.keys);
        let mut pending = OpenMls.join(state, rng, joining)?;
        if is_mallory {
            pending.commit = corrupted_join::corrupted(&pending.commit, &info, pending.group.leaf_key());
            pending.group_info = self.forgery.group_info(&info, &pending, keys);
        }
        Ok(pending)
    }

    fn key_package(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        identity: Identity,
    ) -> Result<NewKeyPackage, GroupError> {
        OpenMls.key_package(state, rng, identity)
    }

    fn candidate(&self, key_package: &[u8]) -> Option<Candidate> {
        OpenMls.candidate(key_package)
    }

    fn welcome(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        welcoming: Welcoming<'_>,
    ) -> Result<Box<dyn Group>, JoinError> {
        OpenMls.welcome(state, rng, welcoming)
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        OpenMls.load(state)
    }
}

/// A GroupInfo of a member's making: the room as it is, without one person.
///
/// # Errors
/// What the group says of its own.
///
/// # Panics
/// If the group has no own leaf.
pub fn without(group: &dyn Group, name: &str) -> Result<Vec<u8>, GroupError> {
    let (key, keys) = (group.leaf_key(), RoomKeys::derive(group.code().secret()));
    let signer =
        SignatureKeyPair::from_raw(SignatureScheme::ED25519, key.expose_seed().to_vec(), key.public().to_vec());
    let own = group.own().unwrap().credential.as_bytes().to_vec();
    let fork = Fork::new_as(&group.group_info()?, &keys, &signer, &own).unwrap();
    Ok(fork.without(name.as_bytes(), &signer))
}

impl Forgery {
    /// The GroupInfo, signed by the author's leaf key, as the place is.
    fn group_info(self, before: &[u8], joined: &PendingJoin, keys: &RoomKeys) -> Vec<u8> {
        let key = joined.group.leaf_key();
        let signer =
            SignatureKeyPair::from_raw(SignatureScheme::ED25519, key.expose_seed().to_vec(), key.public().to_vec());
        let own = joined.group.own().unwrap().credential.as_bytes().to_vec();
        match self {
            Self::OtherVersion => alone(before, &signer, &own, |params| params.version += 1),
            Self::OtherOwner => alone(before, &signer, &own, |params| params.title = "Another room".to_owned()),
            Self::Without(name) => Fork::new_as(before, keys, &signer, &own).unwrap().without(name.as_bytes(), &signer),
        }
    }
}

/// A GroupInfo of a group with its author alone, under the name of the room's.
fn alone(before: &[u8], signer: &SignatureKeyPair, own: &[u8], change: impl FnOnce(&mut ParamsFields)) -> Vec<u8> {
    let (provider, room) = (OpenMlsRustCrypto::default(), staging::read(before).unwrap());
    let context = room.group_context().extensions();
    let params = Params::parse(&context.unknown(EXTENSION_TYPE).unwrap().0).unwrap();
    let mut fields = params.fields().clone();
    change(&mut fields);
    let forged = Params::new(fields, params.sig()).unwrap().as_bytes().to_vec();
    let extensions = context.iter().map(|extension| {
        let is_params = extension.extension_type() == ExtensionType::Unknown(EXTENSION_TYPE);
        if is_params { Extension::Unknown(EXTENSION_TYPE, UnknownExtension(forged.clone())) } else { extension.clone() }
    });
    let capabilities = Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[room.ciphersuite()]),
        Some(&[ExtensionType::Unknown(EXTENSION_TYPE)]),
        Some(&[]),
        Some(&[CredentialType::Basic]),
    );
    let credential = BasicCredential::new(own.to_vec()).into();
    let group = MlsGroup::builder()
        .with_group_id(room.group_id().clone())
        .ciphersuite(room.ciphersuite())
        .with_capabilities(capabilities)
        .with_group_context_extensions(Extensions::from_vec(extensions.collect()).unwrap())
        .build(&provider, signer, CredentialWithKey { credential, signature_key: signer.to_public_vec().into() });
    let info = group.unwrap().export_group_info(provider.crypto(), signer, true).unwrap();
    info.to_bytes().unwrap()
}
