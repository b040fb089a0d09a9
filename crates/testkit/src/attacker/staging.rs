//! What the attacker makes of recorded GroupInfos and commits, with bare OpenMLS: it keeps to no rule of ours.
//!
//! From every GroupInfo it gets an observer, who follows the public group as far as public commits lead, and a fork, in
//! which it is a member of its own making and holds all secrets.

use std::{collections::BTreeSet, fmt};

use conclave_crypto::{
    purpose::{PSK_ID_CODE, PSK_ID_PASS},
    schedule::RoomKeys,
};
use conclave_proto::params::{EXTENSION_TYPE, Params};
use conclave_seal::label::Label;
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    group::{MlsGroup, MlsGroupJoinConfig, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProposalStore, PublicGroup},
    messages::{group_info::VerifiableGroupInfo, proposals::PreSharedKeyProposal},
    prelude::{
        Capabilities, CredentialType, ExtensionType, LeafNodeParameters, MlsMessageBodyIn, MlsMessageIn,
        ProcessedMessageContent, ProtocolMessage, ProtocolVersion, tls_codec::Deserialize as _,
    },
    schedule::{ExternalPsk, PreSharedKeyId, Psk},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{OpenMlsProvider as _, types::SignatureScheme};
use serde_json::Value;

/// Somebody who follows the public side of a group.
pub struct Observer {
    provider: OpenMlsRustCrypto,
    group: PublicGroup,
}

/// A group that the attacker has joined for itself, out of a GroupInfo.
pub struct Fork {
    provider: OpenMlsRustCrypto,
    group: MlsGroup,
}

/// What became of a recorded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is of another epoch, or not a message.
    Elsewhere,
    /// It is of this very epoch, and refused.
    Refused,
    /// It was followed or read.
    Followed,
}

impl Observer {
    /// Somebody who knows what a GroupInfo shows.
    #[must_use]
    pub fn new(group_info: &[u8]) -> Option<Self> {
        let provider = OpenMlsRustCrypto::default();
        let info = read(group_info)?;
        let tree = info.extensions().ratchet_tree()?.ratchet_tree().clone();
        let (group, _) =
            PublicGroup::from_external(provider.crypto(), provider.storage(), tree, info, ProposalStore::new()).ok()?;
        Some(Self { provider, group })
    }

    /// The rules of the room, as the GroupInfo shows them.
    #[must_use]
    pub fn params(&self) -> Option<Params> {
        Params::parse(&self.group.group_context().extensions().unknown(EXTENSION_TYPE)?.0).ok()
    }

    /// What everybody who follows the group sees of this epoch.
    #[must_use]
    pub fn values(&self) -> [Vec<u8>; 3] {
        let context = self.group.group_context();
        let (tree, transcript) = (context.tree_hash(), context.confirmed_transcript_hash());
        [tree.to_vec(), transcript.to_vec(), self.group.group_id().as_slice().to_vec()]
    }

    /// Stages a recorded commit, and goes on from there.
    pub fn follow(&mut self, message: &[u8]) -> Fate {
        let Some(message) = message_in(message) else { return Fate::Elsewhere };
        if message.epoch() != self.group.group_context().epoch() {
            return Fate::Elsewhere;
        }
        let Ok(processed) = self.group.process_message(self.provider.crypto(), message) else { return Fate::Refused };
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Fate::Refused;
        };
        self.group.merge_commit(self.provider.storage(), *staged).unwrap();
        Fate::Followed
    }
}

impl Fork {
    /// Joins a GroupInfo that nobody waits at, with everything that the code gives.
    #[must_use]
    pub fn new(group_info: &[u8], keys: &RoomKeys) -> Option<Self> {
        let signer = SignatureKeyPair::new(SignatureScheme::ED25519).unwrap();
        Self::new_as(group_info, keys, &signer, b"Mallory")
    }

    /// The same, with a leaf key and a credential to one's liking.
    #[must_use]
    pub fn new_as(group_info: &[u8], keys: &RoomKeys, signer: &SignatureKeyPair, identity: &[u8]) -> Option<Self> {
        let provider = OpenMlsRustCrypto::default();
        let info = read(group_info)?;
        let suite = info.ciphersuite();
        let credential = BasicCredential::new(identity.to_vec()).into();
        let credential = CredentialWithKey { credential, signature_key: signer.to_public_vec().into() };
        let psk = |name: &[u8], secret: &[u8]| {
            let id = Psk::External(ExternalPsk::new(name.to_vec()));
            let id = PreSharedKeyId::new(suite, provider.rand(), id).unwrap();
            id.store(&provider, secret).unwrap();
            id
        };
        let code = psk(PSK_ID_CODE, keys.code_psk().expose_secret());
        psk(PSK_ID_PASS, keys.passphrase_psk("").expose_secret());
        let capabilities = Capabilities::new(
            Some(&[ProtocolVersion::Mls10]),
            Some(&[suite]),
            Some(&[ExtensionType::Unknown(EXTENSION_TYPE)]),
            Some(&[]),
            Some(&[CredentialType::Basic]),
        );
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .build();
        let joined = MlsGroup::external_commit_builder()
            .with_config(config)
            .skip_lifetime_validation()
            .build_group(&provider, info, credential)
            .ok()?
            .add_psk_proposal(PreSharedKeyProposal::new(code))
            .leaf_node_parameters(LeafNodeParameters::builder().with_capabilities(capabilities).build())
            .load_psks(provider.storage())
            .unwrap()
            .build(provider.rand(), provider.crypto(), signer, |_| true)
            .unwrap()
            .finalize(&provider);
        let (group, _) = joined.unwrap();
        Some(Self { provider, group })
    }

    /// Removes everybody whose credential contains these bytes, as no member of the room could, and describes what is
    /// left.
    pub fn without(mut self, name: &[u8], signer: &SignatureKeyPair) -> Vec<u8> {
        let is_named = |credential: &[u8]| credential.windows(name.len()).any(|part| part == name);
        let named: Vec<_> =
            self.group.members().filter(|member| is_named(member.credential.serialized_content())).collect();
        let leaves: Vec<_> = named.into_iter().map(|member| member.index).collect();
        self.group.remove_members(&self.provider, signer, &leaves).unwrap();
        self.group.merge_pending_commit(&self.provider).unwrap();
        let info = self.group.export_group_info(self.provider.crypto(), signer, true).unwrap();
        info.to_bytes().unwrap()
    }

    /// Follows a recorded commit, or reads a recorded message.
    pub fn follow(&mut self, message: &[u8]) -> Fate {
        let Some(message) = message_in(message) else { return Fate::Elsewhere };
        if message.epoch() != self.group.epoch() {
            return Fate::Elsewhere;
        }
        let Ok(processed) = self.group.process_message(&self.provider, message) else { return Fate::Refused };
        if let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() {
            self.group.merge_staged_commit(&self.provider, *staged).unwrap();
        }
        Fate::Followed
    }

    /// What the fork's exporter gives under a label.
    #[must_use]
    pub fn export(&self, label: Label, context: &[u8]) -> [u8; 32] {
        let secret = self.group.export_secret(self.provider.crypto(), label.text(), context, 32).unwrap();
        secret.as_slice().try_into().unwrap()
    }

    /// Every byte string of the size of a key in the fork's own state: epoch secrets, path secrets, sender chains.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<Vec<u8>> {
        let mut secrets = BTreeSet::new();
        for value in self.provider.storage().values.read().unwrap().values() {
            if let Ok(value) = serde_json::from_slice(value) {
                collect(&value, &mut secrets);
            }
        }
        let known = self.group.epoch_authenticator().as_slice();
        assert!(secrets.contains(known), "the attacker does not see its own epoch's secrets");
        secrets
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl fmt::Debug for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fork")
    }
}

/// Reads a GroupInfo, whatever it says.
#[must_use]
pub fn read(group_info: &[u8]) -> Option<VerifiableGroupInfo> {
    let message = MlsMessageIn::tls_deserialize_exact(group_info).ok()?.extract();
    if let MlsMessageBodyIn::GroupInfo(info) = message { Some(info) } else { None }
}

fn message_in(bytes: &[u8]) -> Option<ProtocolMessage> {
    MlsMessageIn::tls_deserialize_exact(bytes).ok()?.try_into_protocol_message().ok()
}

fn collect(value: &Value, secrets: &mut BTreeSet<Vec<u8>>) {
    match value {
        Value::Array(values) => {
            let byte = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
            match values.iter().map(byte).collect::<Option<Vec<u8>>>() {
                Some(bytes) if (32..=64).contains(&bytes.len()) => drop(secrets.insert(bytes)),
                Some(_) => {}
                None => values.iter().for_each(|value| collect(value, secrets)),
            }
        }
        Value::Object(map) => map.values().for_each(|value| collect(value, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
