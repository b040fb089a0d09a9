//! What the rules need to know about a commit, taken out of OpenMLS's types.

use conclave_proto::{
    Lane,
    id::{PublicKey, RoomId},
};
use conclave_seal::sign::SigningKey;
use openmls::{
    credentials::{BasicCredential, Credential},
    group::StagedCommit,
    messages::proposals::{PreSharedKeyProposal, Proposal},
    prelude::{
        LeafNode, QueuedProposal, Sender,
        tls_codec::{Deserialize as _, Serialize as _},
    },
    schedule::{PreSharedKeyId, Psk},
};
use openmls_traits::{crypto::OpenMlsCrypto, types::VerifiableCiphersuite};
use zeroize::Zeroizing;

use super::profile;
use crate::{
    group::parse_credential,
    purpose::EXPORT_MEMBER_AUTH,
    validator::{Committer, NewLeaf, Proposed, Summary},
};

/// Summarises a staged commit. `None` if its sender is of a kind that a room does not have.
pub(super) fn summarise(
    staged: &StagedCommit,
    sender: &Sender,
    lane: Lane,
    entry_key: PublicKey,
    staged_key: Option<PublicKey>,
) -> Option<Summary> {
    let context = staged.group_context().extensions();
    Some(Summary {
        lane,
        epoch: staged.group_context().epoch().as_u64(),
        committer: committer(sender)?,
        proposals: staged.queued_proposals().map(proposed).collect(),
        path: staged.update_path_leaf_node().map(new_leaf),
        params: profile::params_of(context).map(<[u8]>::to_vec),
        foreign_context: profile::is_foreign(context),
        entry_key,
        staged_key,
    })
}

/// The member-auth key of a staged epoch; `None` for whom the commit removes.
pub(super) fn staged_key(staged: &StagedCommit, crypto: &impl OpenMlsCrypto, room_id: &RoomId) -> Option<SigningKey> {
    let seed = Zeroizing::new(staged.export_secret(crypto, EXPORT_MEMBER_AUTH, room_id.as_bytes(), 32).ok()?);
    Some(SigningKey::from_seed(seed[..].try_into().ok()?))
}

/// The identity of a Basic credential.
pub(super) fn identity(credential: &Credential) -> Option<Vec<u8>> {
    BasicCredential::try_from(credential.clone()).ok().map(|basic| basic.identity().to_vec())
}

fn committer(sender: &Sender) -> Option<Committer> {
    match sender {
        Sender::Member(leaf) => Some(Committer::Member(leaf.u32())),
        Sender::NewMemberCommit => Some(Committer::Newcomer),
        Sender::External(_) | Sender::NewMemberProposal => None,
    }
}

fn proposed(queued: &QueuedProposal) -> Proposed {
    let Some(by) = committer(queued.sender()) else { return Proposed::Other };
    match queued.proposal() {
        Proposal::ExternalInit(_) => Proposed::ExternalInit,
        Proposal::PreSharedKey(proposal) => match psk_of(proposal) {
            Some(Psk::External(external)) => Proposed::ExternalPsk(external.psk_id().to_vec()),
            Some(Psk::Resumption(_)) | None => Proposed::Other,
        },
        Proposal::Remove(remove) => Proposed::Remove { leaf: remove.removed().u32(), by },
        Proposal::GroupContextExtensions(_) => Proposed::GroupContext { by },
        Proposal::Add(add) => {
            let leaf = new_leaf(add.key_package().leaf_node());
            let capable = leaf.capable && profile::lives_for_ever(add.key_package());
            Proposed::Add { leaf: Box::new(NewLeaf { capable, ..leaf }), by }
        }
        Proposal::Update(_) | Proposal::ReInit(_) | Proposal::SelfRemove | Proposal::Custom(_) => Proposed::Other,
    }
}

/// The key that a proposal names. The proposal keeps it to itself, but on the wire it is nothing else (RFC 9420, 12.1.4).
fn psk_of(proposal: &PreSharedKeyProposal) -> Option<Psk> {
    let bytes = proposal.tls_serialize_detached().ok()?;
    Some(PreSharedKeyId::tls_deserialize_exact(bytes).ok()?.psk().clone())
}

pub(super) fn new_leaf(leaf: &LeafNode) -> NewLeaf {
    let (capabilities, suite) = (leaf.capabilities(), VerifiableCiphersuite::from(profile::SUITE));
    NewLeaf {
        // A key of another length verifies nothing, so OpenMLS has refused the commit before.
        leaf_key: PublicKey::try_from(leaf.signature_key().as_slice()).unwrap_or(PublicKey([0; 32])),
        credential: identity(leaf.credential()).and_then(|identity| parse_credential(&identity)),
        capable: capabilities.extensions().contains(&profile::PARAMS)
            && capabilities.ciphersuites().contains(&suite)
            && capabilities.versions().contains(&profile::VERSION)
            && leaf.extensions().iter().next().is_none(),
    }
}
