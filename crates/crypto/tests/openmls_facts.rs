//! Facts about OpenMLS that the protocol's shape rests on (section 2.3), on bare OpenMLS.
//!
//! None of them is a wish. An upgrade may change any of them; then the rule of ours that answers it is to be thought over.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the fact")]

use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    group::{
        LeaveGroupError, MlsGroup, MlsGroupCreateConfig, MlsGroupJoinConfig, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY,
        PastEpochDeletionPolicy, ProcessMessageError, StageCommitError, ValidationError,
    },
    messages::proposals::PreSharedKeyProposal,
    prelude::{
        Capabilities, CredentialType, LeafNodeIndex, LeafNodeParameters, Lifetime, MlsMessageBodyIn, MlsMessageIn,
        MlsMessageOut, ProcessedMessageContent, ProtocolVersion, SenderRatchetConfiguration, WireFormat,
        tls_codec::Deserialize as _,
    },
    schedule::{ExternalPsk, PreSharedKeyId, Psk},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{
    OpenMlsProvider as _,
    types::{Ciphersuite, SignatureScheme},
};

const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;
const KEY: [u8; 32] = [1; 32];

struct Person {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: MlsGroup,
}

type Processed = Result<ProcessedMessageContent, ProcessMessageError<openmls_rust_crypto::MemoryStorageError>>;

fn capabilities() -> Capabilities {
    Capabilities::new(Some(&[ProtocolVersion::Mls10]), Some(&[SUITE]), None, None, Some(&[CredentialType::Basic]))
}

fn credential(name: &str, signer: &SignatureKeyPair) -> CredentialWithKey {
    let credential = BasicCredential::new(name.into()).into();
    CredentialWithKey { credential, signature_key: signer.to_public_vec().into() }
}

fn psk(provider: &OpenMlsRustCrypto, key: &[u8]) -> PreSharedKeyId {
    let id = PreSharedKeyId::new(SUITE, provider.rand(), Psk::External(ExternalPsk::new(b"room".to_vec()))).unwrap();
    id.store(provider, key).unwrap();
    id
}

fn alice() -> Person {
    let (provider, signer) = (OpenMlsRustCrypto::default(), SignatureKeyPair::new(SignatureScheme::ED25519).unwrap());
    psk(&provider, &KEY);
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(SUITE)
        .capabilities(capabilities())
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::MaxEpochs(0))
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(64, 4096))
        .build();
    let group = MlsGroup::new(&provider, &signer, &config, credential("Alice", &signer)).unwrap();
    Person { provider, signer, group }
}

impl Person {
    fn group_info(&self) -> MlsMessageOut {
        self.group.export_group_info(self.provider.crypto(), &self.signer, true).unwrap()
    }

    fn processes(&mut self, message: &MlsMessageOut) -> Processed {
        let message = MlsMessageIn::tls_deserialize_exact(message.to_bytes().unwrap()).unwrap();
        let message = message.try_into_protocol_message().unwrap();
        self.group.process_message(&self.provider, message).map(|processed| processed.into_content())
    }

    fn merges(&mut self, message: &MlsMessageOut) {
        let ProcessedMessageContent::StagedCommitMessage(staged) = self.processes(message).unwrap() else {
            unreachable!("a commit was expected")
        };
        self.group.merge_staged_commit(&self.provider, *staged).unwrap();
    }

    fn says(&mut self, text: &[u8]) -> MlsMessageOut {
        self.group.create_message(&self.provider, &self.signer, text).unwrap()
    }

    fn updates(&mut self) -> MlsMessageOut {
        let commit = self.group.self_update(&self.provider, &self.signer, LeafNodeParameters::default()).unwrap();
        self.group.merge_pending_commit(&self.provider).unwrap();
        commit.into_commit()
    }
}

/// A newcomer's commit, with this key if any.
fn join(group_info: &MlsMessageOut, key: Option<&[u8]>) -> (Person, MlsMessageOut) {
    let (provider, signer) = (OpenMlsRustCrypto::default(), SignatureKeyPair::new(SignatureScheme::ED25519).unwrap());
    let info = MlsMessageIn::tls_deserialize_exact(group_info.to_bytes().unwrap()).unwrap();
    let MlsMessageBodyIn::GroupInfo(info) = info.extract() else { unreachable!("a GroupInfo was expected") };
    let config = MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(64, 4096))
        .build();
    let (group, bundle) = MlsGroup::external_commit_builder()
        .with_config(config)
        .build_group(&provider, info, credential("Bob", &signer))
        .unwrap()
        .add_psk_proposals(key.map(|key| PreSharedKeyProposal::new(psk(&provider, key))))
        .leaf_node_parameters(LeafNodeParameters::builder().with_capabilities(capabilities()).build())
        .load_psks(provider.storage())
        .unwrap()
        .build(provider.rand(), provider.crypto(), &signer, |_| true)
        .unwrap()
        .finalize(&provider)
        .unwrap();
    (Person { provider, signer, group }, bundle.into_commit())
}

fn alice_and_bob() -> (Person, Person) {
    let mut alice = alice();
    let (bob, commit) = join(&alice.group_info(), Some(&KEY));
    alice.merges(&commit);
    (alice, bob)
}

fn text(processed: Processed) -> Vec<u8> {
    let ProcessedMessageContent::ApplicationMessage(message) = processed.unwrap() else {
        unreachable!("a message was expected")
    };
    message.into_bytes()
}

/// Hence rule V1.
#[test]
fn a_join_without_the_key_is_taken() {
    let mut alice = alice();
    let (_, commit) = join(&alice.group_info(), None);
    let processed = alice.processes(&commit).unwrap();
    let ProcessedMessageContent::StagedCommitMessage(staged) = processed else { unreachable!("it stages") };
    assert_eq!(staged.psk_proposals().count(), 0, "this is all that tells it from an honest one");
}

#[test]
fn a_join_with_a_wrong_key_fails_at_the_confirmation_tag() {
    let mut alice = alice();
    let (_, commit) = join(&alice.group_info(), Some(&[2; 32]));
    let error = alice.processes(&commit).unwrap_err();
    assert_eq!(error, ProcessMessageError::InvalidCommit(StageCommitError::ConfirmationTagMismatch));
}

/// Hence the envelope.
#[test]
fn a_newcomers_commit_is_in_the_clear_under_any_policy() {
    let (_, commit) = join(&alice().group_info(), Some(&KEY));
    let message = MlsMessageIn::tls_deserialize_exact(commit.to_bytes().unwrap()).unwrap();
    assert_eq!(message.wire_format(), WireFormat::PublicMessage);
}

/// Hence the lease and the comparison of heads.
#[test]
fn the_second_of_two_joins_fails_with_a_wrong_epoch() {
    let mut alice = alice();
    let info = alice.group_info();
    let ((_, first), (_, second)) = (join(&info, Some(&KEY)), join(&info, Some(&KEY)));
    alice.merges(&first);
    let error = alice.processes(&second).unwrap_err();
    assert_eq!(error, ProcessMessageError::ValidationError(ValidationError::WrongEpoch));
}

/// Hence the relay's refusal of stale messages.
#[test]
fn a_message_ordered_after_the_next_commit_is_lost() {
    let (mut alice, mut bob) = alice_and_bob();
    let (late, commit) = (bob.says(b"late"), alice.updates());
    assert!(alice.processes(&late).is_err());
    bob.merges(&commit);
}

/// Hence ephemerals outside of MLS.
#[test]
fn a_gap_of_up_to_the_forward_distance_is_survived() {
    let (mut alice, mut bob) = alice_and_bob();
    let mut before_last = None;
    for _ in 0..4095 {
        before_last = Some(bob.says(b"lost"));
    }
    assert_eq!(text(alice.processes(&bob.says(b"found"))), b"found", "4095 messages were lost before it");
    assert_eq!(text(alice.processes(&before_last.unwrap())), b"lost", "one message out of order is still opened");
    for _ in 0..4097 {
        bob.says(b"lost");
    }
    assert!(alice.processes(&bob.says(b"too far")).is_err(), "the rest of the sender's epoch is lost");
}

#[test]
fn an_own_message_comes_back_as_such() {
    let (mut alice, _) = alice_and_bob();
    let message = alice.says(b"echo");
    assert!(matches!(alice.processes(&message).unwrap(), ProcessedMessageContent::OwnPrivateMessage));
}

#[test]
fn a_leave_is_a_removal_that_somebody_else_commits() {
    let (mut alice, mut bob) = alice_and_bob();
    let leave = bob.group.leave_group(&bob.provider, &bob.signer).unwrap();
    let ProcessedMessageContent::ProposalMessage(proposal) = alice.processes(&leave).unwrap() else {
        unreachable!("a proposal was expected")
    };
    alice.group.store_pending_proposal(alice.provider.storage(), *proposal).unwrap();
    assert!(alice.group.create_message(&alice.provider, &alice.signer, b"x").is_err(), "nothing is sent over it");
    let (commit, _, _) = alice.group.commit_to_pending_proposals(&alice.provider, &alice.signer).unwrap();
    alice.group.merge_pending_commit(&alice.provider).unwrap();
    bob.merges(&commit);
    assert!(!bob.group.is_active());
}

/// Hence the ordinary removal for leaving.
#[test]
fn a_self_remove_cannot_be_sent_encrypted() {
    let (_, mut bob) = alice_and_bob();
    let refused = bob.group.leave_group_via_self_remove(&bob.provider, &bob.signer);
    assert_eq!(refused.unwrap_err(), LeaveGroupError::CannotSelfRemoveWithPureCiphertext);
}

/// Hence "a kick locks".
#[test]
fn a_removed_member_reads_whoever_joins_by_an_old_group_info() {
    let (mut alice, mut bob) = alice_and_bob();
    let old = alice.group_info();
    alice.group.remove_members(&alice.provider, &alice.signer, &[LeafNodeIndex::new(1)]).unwrap();
    alice.group.merge_pending_commit(&alice.provider).unwrap();
    let (mut carol, commit) = join(&old, Some(&KEY));
    bob.merges(&commit);
    assert_eq!(text(bob.processes(&carol.says(b"hello?"))), b"hello?");
}

/// Hence the prepared commit waits for the relay.
#[test]
fn a_prepared_commit_changes_nothing_until_it_is_merged() {
    let (mut alice, mut bob) = alice_and_bob();
    let epoch = alice.group.epoch();
    alice.group.self_update(&alice.provider, &alice.signer, LeafNodeParameters::default()).unwrap();
    assert_eq!(alice.group.epoch(), epoch);
    alice.group.clear_pending_commit(alice.provider.storage()).unwrap();
    let commit = bob.updates();
    alice.merges(&commit);
    assert_eq!(text(alice.processes(&bob.says(b"together"))), b"together");
}

/// Its feature `crypto-debug` prints secrets; nothing of ours may switch it on.
#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?}", alice().group.epoch_authenticator());
    assert_eq!(printed, "EpochAuthenticator { secret: Secret { value: \"***\" } }");
}

/// A board without a battery starts in 1970. Whoever founds a group there, with whatever lifetime, has the library compute another
/// one of the clock first: an hour before it, which is before 1970, to three months after it. It is thrown away, and so it may be wrong.
#[test]
fn a_clock_at_the_end_of_what_a_number_holds_ends_nothing() {
    let lifetime = Lifetime::new(u64::MAX);
    assert_eq!(lifetime.not_after(), lifetime.not_before() + 3600 - 1, "the sum has gone round");
}
