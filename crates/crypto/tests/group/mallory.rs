//! Mallory, who has the code and speaks MLS by a client of her own.

use conclave_crypto::{
    envelope::{self, Place},
    purpose::PSK_ID_CODE,
};
use conclave_proto::{
    Lane,
    id::{PublicKey, Tag},
    padding::FrameKind,
    params,
};
use conclave_seal::{rng::OsRng, sign::SigningKey};
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    extensions::{Extension, ExtensionType, Extensions, UnknownExtension},
    group::{GroupContext, GroupId, MlsGroup, MlsGroupCreateConfig, MlsGroupJoinConfig},
    messages::proposals::PreSharedKeyProposal,
    prelude::{
        Capabilities, CredentialType, KeyPackageIn, LeafNodeParameters, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut,
        ProtocolVersion, tls_codec::Deserialize as _,
    },
    schedule::{ExternalPsk, PreSharedKeyId, Psk as MlsPsk},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{
    OpenMlsProvider as _,
    types::{Ciphersuite, SignatureScheme},
};

use crate::world::{Entry, KEYS, room_id};

pub(crate) const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;
pub(crate) const PARAMS: ExtensionType = ExtensionType::Unknown(params::EXTENSION_TYPE);
const UNKNOWN: u16 = 0xF0F0;

/// {0: "Mallory", 1: 32 bytes, 3: 0, 4: 2}
const IDENTITY: &[u8] = b"\xa4\x00\x67Mallory\x01\x58\x20................................\x03\x00\x04\x02";

/// The same for whoever comes one epoch later.
pub(crate) const LATER: &[u8] = b"\xa4\x00\x67Mallory\x01\x58\x20................................\x03\x00\x04\x03";

/// How she joins.
pub(crate) struct Mallory<'a> {
    pub(crate) psks: Vec<(&'a [u8], [u8; 32])>,
    pub(crate) identity: &'a [u8],
    /// Whether her leaf carries an extension that it declares, and nobody else knows.
    pub(crate) extended: bool,
    pub(crate) base: Tag,
}

impl Mallory<'_> {
    /// An honest newcomer's way, to be changed in one point.
    pub(crate) fn honest(base: Tag) -> Self {
        let psks = vec![(PSK_ID_CODE, *KEYS.code_psk().expose_secret())];
        Self { psks, identity: IDENTITY, extended: false, base }
    }

    pub(crate) fn knocks(&self, group_info: &[u8]) -> Entry {
        self.enters(group_info).1
    }

    /// Her commit, and what she is once it is accepted.
    pub(crate) fn enters(&self, group_info: &[u8]) -> (Insider, Entry) {
        let provider = OpenMlsRustCrypto::default();
        let signer = SignatureKeyPair::new(SignatureScheme::ED25519).unwrap();
        let MlsMessageBodyIn::GroupInfo(info) = MlsMessageIn::tls_deserialize_exact(group_info).unwrap().extract()
        else {
            unreachable!("Alice gave a GroupInfo")
        };
        let psks = self.psks.iter().map(|(name, secret)| {
            let psk = MlsPsk::External(ExternalPsk::new(name.to_vec()));
            let id = PreSharedKeyId::new(SUITE, provider.rand(), psk).unwrap();
            id.store(&provider, secret).unwrap();
            PreSharedKeyProposal::new(id)
        });
        let mut known = vec![PARAMS];
        known.extend(self.extended.then_some(ExtensionType::Unknown(UNKNOWN)));
        let mut leaf = LeafNodeParameters::builder().with_capabilities(capabilities(SUITE, &known));
        if self.extended {
            let extension = Extension::Unknown(UNKNOWN, UnknownExtension(b"?".to_vec()));
            leaf = leaf.with_extensions(Extensions::single(extension).unwrap());
        }
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_config(MlsGroupJoinConfig::builder().use_ratchet_tree_extension(true).build())
            .with_aad(self.base.as_bytes().to_vec())
            .build_group(&provider, info, credential(self.identity, &signer))
            .unwrap()
            .add_psk_proposals(psks)
            .leaf_node_parameters(leaf.build())
            .load_psks(provider.storage())
            .unwrap()
            .build(provider.rand(), provider.crypto(), &signer, |_| true)
            .unwrap()
            .finalize(&provider)
            .unwrap();
        let seed = group.export_secret(provider.crypto(), "conclave.v1 member-auth", room_id().as_bytes(), 32).unwrap();
        let mpk = SigningKey::from_seed(seed[..].try_into().unwrap()).public();
        let place = Place { lane: Lane::Join, room_id: room_id(), base: self.base };
        let commit = bundle.into_commit().to_bytes().unwrap();
        let blob = envelope::seal(&mut OsRng, KEYS.join_key(), &place, FrameKind::Mls, &commit).unwrap();
        let entry = Entry { lane: Lane::Join, blob, mpk: PublicKey(mpk), group_info: Vec::new() };
        (Insider { provider, signer, group, base: entry.tag() }, entry)
    }
}

/// Mallory as a member.
pub(crate) struct Insider {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: MlsGroup,
    base: Tag,
}

impl Insider {
    /// A proposal for lane A.
    pub(crate) fn proposes(
        &mut self,
        make: impl FnOnce(&mut MlsGroup, &OpenMlsRustCrypto, &SignatureKeyPair) -> MlsMessageOut,
    ) -> Vec<u8> {
        self.group.set_aad(self.base.as_bytes().to_vec());
        make(&mut self.group, &self.provider, &self.signer).to_bytes().unwrap()
    }
}

/// A group that Mallory makes up from what everybody with the code can see of the room: its GroupInfo, signed by this key.
pub(crate) fn made_up(
    key: &SigningKey,
    suite: Ciphersuite,
    group_id: &[u8],
    context: Extensions<GroupContext>,
) -> Vec<u8> {
    let (provider, signer, group) = founds(key, suite, group_id, context);
    group.export_group_info(provider.crypto(), &signer, true).unwrap().to_bytes().unwrap()
}

/// The Welcome by which she adds somebody to such a group.
pub(crate) fn welcomes(
    key: &SigningKey,
    group_id: &[u8],
    context: Extensions<GroupContext>,
    key_package: &[u8],
) -> Vec<u8> {
    let (provider, signer, mut group) = founds(key, SUITE, group_id, context);
    let key_package = KeyPackageIn::tls_deserialize_exact(key_package).unwrap();
    let key_package = key_package.validate(provider.crypto(), ProtocolVersion::Mls10).unwrap();
    let (_, welcome, _) = group.add_members(&provider, &signer, &[key_package]).unwrap();
    welcome.to_bytes().unwrap()
}

fn founds(
    key: &SigningKey,
    suite: Ciphersuite,
    group_id: &[u8],
    context: Extensions<GroupContext>,
) -> (OpenMlsRustCrypto, SignatureKeyPair, MlsGroup) {
    let provider = OpenMlsRustCrypto::default();
    let signer =
        SignatureKeyPair::from_raw(SignatureScheme::ED25519, key.expose_seed().to_vec(), key.public().to_vec());
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(suite)
        .capabilities(capabilities(suite, &[PARAMS]))
        .use_ratchet_tree_extension(true)
        .with_group_context_extensions(context)
        .build();
    let (id, credential) = (GroupId::from_slice(group_id), credential(IDENTITY, &signer));
    let group = MlsGroup::new_with_group_id(&provider, &signer, &config, id, credential).unwrap();
    (provider, signer, group)
}

fn credential(identity: &[u8], signer: &SignatureKeyPair) -> CredentialWithKey {
    let credential = BasicCredential::new(identity.to_vec()).into();
    CredentialWithKey { credential, signature_key: signer.to_public_vec().into() }
}

fn capabilities(suite: Ciphersuite, extensions: &[ExtensionType]) -> Capabilities {
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[suite]),
        Some(extensions),
        Some(&[]),
        Some(&[CredentialType::Basic]),
    )
}
