//! One group of OpenMLS as a [`Group`].

use std::fmt;

use conclave_proto::{
    Lane,
    credential::{Credential, CredentialFields},
    id::{PublicKey, RoomId, Tag},
    params::Params,
    place::CommitPlace,
};
use conclave_seal::{rng::Rng, sign::SigningKey};
use openmls::{
    framing::ContentType,
    group::{CommitMessageBundle, MlsGroup, StagedCommit},
    messages::proposals::Proposal,
    prelude::{
        LeafNodeIndex, LeafNodeParameters, MlsMessageIn, MlsMessageOut, ProcessedMessage, ProcessedMessageContent,
        ProtocolMessage, Sender, tls_codec::Deserialize as _,
    },
};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider as _;

use super::{
    epoch, group_info, key_package,
    leaf::credential_with_key,
    profile,
    provider::{LeafSigner, Provider},
    record::Record,
    summary::{self, summarise},
    verdict::{self, contained},
};
use crate::{
    group::{
        Advanced, Change, Changed, CommitEntry, EpochKeys, Group, GroupError, Invalid, JoinError, Member,
        PendingCommit, ProcessError, Received, Unjudged,
    },
    purpose::CallKey,
    state::GroupState,
    validator::{self, Committer, Summary, View, Violation},
};

/// A group and what is derived from its current epoch.
pub(super) struct MlsRoom {
    mls: MlsGroup,
    record: Record,
    params: Params,
    roster: Vec<Member>,
    keys: EpochKeys,
}

impl MlsRoom {
    pub(super) fn new(mls: MlsGroup, record: Record) -> Result<Self, GroupError> {
        let params = epoch::params(&mls)?;
        let roster = epoch::roster(&mls, &record.room_id, &params)?;
        let keys = epoch::keys(&mls, &record.room_id)?;
        Ok(Self { mls, record, params, roster, keys })
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.roster
    }

    fn signer(&self) -> LeafSigner<'_> {
        LeafSigner(&self.record.leaf_key)
    }

    fn view(&self) -> View<'_> {
        View { room_id: &self.record.room_id, params: &self.params, roster: &self.roster }
    }

    /// Decodes a message and checks that it is of this group, epoch and kind, before OpenMLS sees it.
    fn decode(&self, bytes: &[u8], kinds: &[ContentType], external: bool) -> Result<ProtocolMessage, ProcessError> {
        let message = contained(|| MlsMessageIn::tls_deserialize_exact(bytes).ok()?.try_into_protocol_message().ok());
        let message = message.flatten().ok_or(ProcessError::Invalid(Invalid::Undecodable))?;
        if !kinds.contains(&message.content_type()) || message.is_external() != external {
            return Err(ProcessError::Invalid(Invalid::Undecodable));
        }
        if message.group_id() != self.mls.group_id() || message.epoch() != self.mls.epoch() {
            return Err(ProcessError::Invalid(Invalid::Misplaced));
        }
        Ok(message)
    }

    fn process(&mut self, provider: &Provider<'_>, message: ProtocolMessage) -> Result<ProcessedMessage, ProcessError> {
        let processed = contained(|| self.mls.process_message(provider, message))
            .ok_or(ProcessError::Unjudged(Unjudged::Library))?
            .map_err(|error| verdict::of(provider, &error))?;
        let is_ours = matches!(processed.content(), ProcessedMessageContent::OwnPrivateMessage);
        if processed.aad() != self.record.base.as_bytes() && !is_ours {
            return Err(ProcessError::Invalid(Invalid::Misplaced));
        }
        Ok(processed)
    }

    /// Brings what is derived up to a merged commit and stores the new base.
    fn enter(&mut self, state: &dyn GroupState, base: Tag, commit: &Summary) -> Result<Advanced, GroupError> {
        let before = std::mem::take(&mut self.roster);
        let old_params = self.params.clone();
        self.record.base = base;
        self.record.write(state)?;
        let own_removed = !self.mls.is_active();
        self.params = epoch::params(&self.mls)?;
        self.roster = epoch::roster(&self.mls, &self.record.room_id, &self.params)?;
        if !own_removed {
            self.keys = epoch::keys(&self.mls, &self.record.room_id)?;
        }

        let newcomer = commit.path.iter().filter(|_| commit.committer == Committer::Newcomer);
        let came: Vec<_> = commit.added().chain(newcomer).map(|leaf| leaf.leaf_key).collect();
        let gone = |member: &&Member| commit.removes(member.leaf);
        let changed = |now: &Member| {
            let is_changed = |old: &&Member| old.leaf_key == now.leaf_key && old.credential != now.credential;
            let old = before.iter().find(is_changed).filter(|_| !came.contains(&now.leaf_key))?;
            Some(Changed { before: old.clone(), now: now.clone() })
        };
        Ok(Advanced {
            base,
            joined: self.roster.iter().filter(|member| came.contains(&member.leaf_key)).cloned().collect(),
            left: before.iter().filter(gone).cloned().collect(),
            changed: self.roster.iter().filter_map(changed).collect(),
            params_changed: self.params != old_params,
            own_removed,
        })
    }

    /// What the other members will see of the prepared commit.
    fn pending_summary(&self, crypto: &RustCrypto) -> Option<(Summary, SigningKey)> {
        let staged = self.mls.pending_commit()?;
        let key = summary::staged_key(staged, crypto, &self.record.room_id)?;
        let public = PublicKey(key.public());
        let sender = Sender::Member(self.mls.own_leaf_index());
        Some((summarise(staged, &sender, Lane::Commit, public, Some(public))?, key))
    }

    /// The own credential after a commit, if it is to be another one: another name, or the seniority of somebody whom the owner
    /// added, who has none until the first own commit (rule V8).
    fn appearance(&self, change: &Change) -> Result<Option<Credential>, GroupError> {
        let own = self.roster.iter().find(|member| member.own).ok_or(GroupError::Removed)?;
        let since = Some(validator::kept_since(own, self.mls.epoch().as_u64().saturating_add(1)));
        if let Change::Appear(identity) = change {
            return Ok(Some(identity.credential(own.credential.call_pk, own.credential.owner_cert, since)?));
        }
        if own.credential.since.is_some() {
            return Ok(None);
        }
        let fields = CredentialFields { since, ..own.credential.fields().clone() };
        Ok(Some(Credential::new(fields).map_err(|_| GroupError::Damaged("the own credential cannot be written"))?))
    }

    fn build(&mut self, provider: &Provider<'_>, change: Change) -> Result<CommitMessageBundle, GroupError> {
        let adds = matches!(change, Change::Add(_));
        // What strangers sent is at fault then, and not the own group.
        let unmade = || {
            let error = provider.error("the commit could not be made");
            if adds && matches!(error, GroupError::Damaged(_)) { GroupError::KeyPackage } else { error }
        };
        let own = self.mls.own_leaf_index();
        let signer = LeafSigner(&self.record.leaf_key);
        self.mls.set_aad(self.record.base.as_bytes().to_vec());
        let appearance = self.appearance(&change)?;
        let builder = self.mls.commit_builder().consume_proposal_store(true).force_self_update(true);
        let builder = match appearance {
            Some(credential) => {
                let credential = credential_with_key(credential.as_bytes(), &self.record.leaf_key);
                builder.leaf_node_parameters(LeafNodeParameters::builder().with_credential_with_key(credential).build())
            }
            None => builder,
        };
        let builder = match change {
            Change::Update | Change::Appear(_) => builder,
            Change::Remove(leaves) => builder.propose_removals(leaves.into_iter().map(LeafNodeIndex::new)),
            Change::Add(bytes) => builder.propose_adds([key_package::read(&bytes).ok_or(GroupError::KeyPackage)?]),
            Change::Params(params) => {
                let context = profile::context(&params).ok_or(GroupError::Params)?;
                builder.propose_group_context_extensions(context).map_err(|_| GroupError::Params)?
            }
        };
        // The own leave cannot be part of the own commit; it is proposed again in the next epoch.
        builder
            .load_psks(provider.storage())
            .map_err(|_| unmade())?
            .use_ratchet_tree_extension(true)
            .build(provider.rand(), provider.crypto(), &signer, |queued| !removes(queued.proposal(), own))
            .map_err(|_| unmade())?
            .stage_commit(provider)
            .map_err(|_| unmade())
    }

    /// Judges a staged commit and merges it.
    fn accept(
        &mut self,
        state: &dyn GroupState,
        provider: &Provider<'_>,
        staged: StagedCommit,
        sender: &Sender,
        entry: CommitEntry<'_>,
    ) -> Result<Advanced, ProcessError> {
        let staged_key = summary::staged_key(&staged, provider.crypto(), &self.record.room_id);
        let staged_key = staged_key.map(|key| PublicKey(key.public()));
        if staged_key.is_none() && !staged.self_removed() {
            return Err(ProcessError::Unjudged(Unjudged::Library));
        }
        let summary = summarise(&staged, sender, entry.lane, entry.member_auth_key, staged_key)
            .ok_or(ProcessError::Invalid(Invalid::NotAuthentic))?;
        validator::judge(&self.view(), &summary).map_err(|rule| ProcessError::Invalid(Invalid::Rule(rule)))?;
        contained(|| self.mls.merge_staged_commit(provider, staged))
            .ok_or(ProcessError::Unjudged(Unjudged::Library))?
            .map_err(|_| unjudged(provider.error("the commit could not be merged")))?;
        self.enter(state, entry.tag, &summary).map_err(unjudged)
    }
}

impl Group for MlsRoom {
    fn room_id(&self) -> RoomId {
        self.record.room_id
    }

    fn base(&self) -> Tag {
        self.record.base
    }

    fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    fn params(&self) -> &Params {
        &self.params
    }

    fn roster(&self) -> &[Member] {
        &self.roster
    }

    fn own_leaf(&self) -> u32 {
        self.mls.own_leaf_index().u32()
    }

    fn keys(&self) -> &EpochKeys {
        &self.keys
    }

    fn encrypt(&mut self, state: &dyn GroupState, rng: &mut dyn Rng, message: &[u8]) -> Result<Vec<u8>, GroupError> {
        if !self.mls.is_active() {
            return Err(GroupError::Removed);
        }
        if self.has_pending_commit() {
            return Err(GroupError::PendingCommit);
        }
        let provider = Provider::new(state, rng);
        let failed = || provider.error("the message could not be encrypted");
        // OpenMLS refuses to encrypt over a proposal that waits for a commit, and a leave must not keep others from writing:
        // the proposals are set aside and put back, so every commit still finds them.
        let waiting: Vec<_> = self.mls.pending_proposals().cloned().collect();
        if !waiting.is_empty() {
            self.mls.clear_pending_proposals(provider.storage()).map_err(|_| failed())?;
        }
        self.mls.set_aad(self.record.base.as_bytes().to_vec());
        let signer = LeafSigner(&self.record.leaf_key);
        let message = self.mls.create_message(&provider, &signer, message).map_err(|_| failed())?;
        for proposal in waiting {
            self.mls.store_pending_proposal(provider.storage(), proposal).map_err(|_| failed())?;
        }
        to_bytes(&message)
    }

    fn receive(&mut self, state: &dyn GroupState, message: &[u8]) -> Result<Received, ProcessError> {
        if !self.mls.is_active() {
            return Err(ProcessError::Unjudged(Unjudged::Removed));
        }
        let message = self.decode(message, &[ContentType::Application, ContentType::Proposal], false)?;
        let provider = Provider::reading(state);
        let processed = self.process(&provider, message)?;
        let leaf = match processed.sender() {
            Sender::Member(leaf) => *leaf,
            Sender::External(_) | Sender::NewMemberProposal | Sender::NewMemberCommit => {
                return Err(ProcessError::Invalid(Invalid::NotAuthentic));
            }
        };
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                Ok(Received::Application { leaf: leaf.u32(), message: message.into_bytes() })
            }
            ProcessedMessageContent::OwnPrivateMessage => Ok(Received::Own),
            ProcessedMessageContent::ProposalMessage(queued) if removes(queued.proposal(), leaf) => {
                self.mls
                    .store_pending_proposal(provider.storage(), *queued)
                    .map_err(|_| unjudged(provider.error("the leave could not be stored")))?;
                Ok(Received::Leaving { leaf: leaf.u32() })
            }
            // Everything else that a proposal can do is part of a commit in a room, and judged there.
            ProcessedMessageContent::ProposalMessage(_)
            | ProcessedMessageContent::ExternalJoinProposalMessage(_)
            | ProcessedMessageContent::StagedCommitMessage(_)
            | ProcessedMessageContent::OwnPendingCommit => Err(ProcessError::Invalid(Invalid::Rule(Violation::V3))),
        }
    }

    fn advance(&mut self, state: &dyn GroupState, entry: CommitEntry<'_>) -> Result<Advanced, ProcessError> {
        if !self.mls.is_active() {
            return Err(ProcessError::Unjudged(Unjudged::Removed));
        }
        let message = self.decode(entry.message, &[ContentType::Commit], entry.lane == Lane::Join)?;
        let provider = Provider::reading(state);
        let processed = self.process(&provider, message)?;
        let sender = processed.sender().clone();
        match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                self.accept(state, &provider, *staged, &sender, entry)
            }
            ProcessedMessageContent::OwnPrivateMessage | ProcessedMessageContent::OwnPendingCommit => {
                Err(ProcessError::Invalid(Invalid::Own))
            }
            ProcessedMessageContent::ApplicationMessage(_)
            | ProcessedMessageContent::ProposalMessage(_)
            | ProcessedMessageContent::ExternalJoinProposalMessage(_) => {
                Err(ProcessError::Invalid(Invalid::Undecodable))
            }
        }
    }

    fn propose_leave(&mut self, state: &dyn GroupState, rng: &mut dyn Rng) -> Result<Vec<u8>, GroupError> {
        if !self.mls.is_active() {
            return Err(GroupError::Removed);
        }
        if self.has_pending_commit() {
            return Err(GroupError::PendingCommit);
        }
        let provider = Provider::new(state, rng);
        self.mls.set_aad(self.record.base.as_bytes().to_vec());
        let signer = LeafSigner(&self.record.leaf_key);
        let proposal =
            self.mls.leave_group(&provider, &signer).map_err(|_| provider.error("the leave could not be proposed"))?;
        to_bytes(&proposal)
    }

    fn leaving(&self) -> Vec<u32> {
        let leaves = self.roster.iter().map(|member| member.leaf);
        let is_leaving = |leaf: &u32| {
            let leaf = LeafNodeIndex::new(*leaf);
            self.mls.pending_proposals().any(|queued| removes(queued.proposal(), leaf))
        };
        leaves.filter(is_leaving).collect()
    }

    fn skip_handshake_keys(&mut self, state: &dyn GroupState, rng: &mut dyn Rng, count: u32) -> Result<(), GroupError> {
        if self.has_pending_commit() {
            return Err(GroupError::PendingCommit);
        }
        let provider = Provider::new(state, rng);
        let failed = || provider.error("a key could not be skipped");
        let waiting: Vec<_> = self.mls.pending_proposals().cloned().collect();
        let signer = LeafSigner(&self.record.leaf_key);
        for _ in 0..count {
            // OpenMLS moves its ratchet by encrypting only. What comes of it goes nowhere.
            self.mls.leave_group(&provider, &signer).map_err(|_| failed())?;
        }
        self.mls.clear_pending_proposals(provider.storage()).map_err(|_| failed())?;
        for proposal in waiting {
            self.mls.store_pending_proposal(provider.storage(), proposal).map_err(|_| failed())?;
        }
        Ok(())
    }

    fn commit(
        &mut self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError> {
        if !self.mls.is_active() {
            return Err(GroupError::Removed);
        }
        if self.has_pending_commit() {
            return Err(GroupError::PendingCommit);
        }
        if let Change::Remove(leaves) = &change {
            let is_other = |leaf: &u32| self.roster.iter().any(|member| member.leaf == *leaf && !member.own);
            if !leaves.iter().all(is_other) {
                return Err(GroupError::NoSuchMember);
            }
        }
        let provider = Provider::new(state, rng);
        let adds = matches!(change, Change::Add(_));
        let failed = if adds { GroupError::KeyPackage } else { GroupError::Damaged("the commit could not be made") };
        let bundle = contained(|| self.build(&provider, change)).ok_or(failed)??;
        let (commit, welcome, group_info) = bundle.into_messages();
        let group_info = group_info.ok_or(GroupError::Damaged("the commit came without a GroupInfo"))?;
        let (summary, key) =
            self.pending_summary(provider.crypto()).ok_or(GroupError::Damaged("the prepared commit is missing"))?;
        if let Err(rule) = validator::judge(&self.view(), &summary) {
            self.clear_pending(state)?;
            return Err(GroupError::NotAllowed(rule));
        }
        Ok(PendingCommit {
            commit: to_bytes(&commit)?,
            group_info: to_bytes(&group_info)?,
            member_auth_key: PublicKey(key.public()),
            welcome: welcome.as_ref().map(to_bytes).transpose()?,
        })
    }

    fn has_pending_commit(&self) -> bool {
        self.mls.pending_commit().is_some()
    }

    fn merge_pending(&mut self, state: &dyn GroupState, tag: Tag) -> Result<Advanced, GroupError> {
        let provider = Provider::reading(state);
        let (summary, _) = self.pending_summary(provider.crypto()).ok_or(GroupError::NoPendingCommit)?;
        self.mls
            .merge_pending_commit(&provider)
            .map_err(|_| provider.error("the prepared commit could not be merged"))?;
        self.enter(state, tag, &summary)
    }

    fn clear_pending(&mut self, state: &dyn GroupState) -> Result<(), GroupError> {
        let provider = Provider::reading(state);
        self.mls
            .clear_pending_commit(provider.storage())
            .map_err(|_| provider.error("the prepared commit could not be dropped"))
    }

    fn adopt(&mut self, state: &dyn GroupState, tag: Tag) -> Result<(), GroupError> {
        self.record.base = tag;
        Ok(self.record.write(state)?)
    }

    fn group_info(&self) -> Result<Vec<u8>, GroupError> {
        let message = self
            .mls
            .export_group_info(&RustCrypto::default(), &self.signer(), true)
            .map_err(|_| GroupError::Damaged("the GroupInfo could not be made"))?;
        to_bytes(&message)
    }

    fn tree_of(&self, place: &CommitPlace, group_info: &[u8]) -> Result<Vec<Member>, JoinError> {
        let group_info = group_info::read_placed(place, group_info)?;
        group_info::members(group_info, &self.record.room_id, &self.params)
    }

    fn leaf_key(&self) -> &SigningKey {
        &self.record.leaf_key
    }

    fn call_key(&self) -> &CallKey {
        &self.record.call_key
    }
}

impl fmt::Debug for MlsRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MlsRoom")
            .field("base", &self.record.base)
            .field("members", &self.roster.len())
            .finish_non_exhaustive()
    }
}

pub(super) fn to_bytes(message: &MlsMessageOut) -> Result<Vec<u8>, GroupError> {
    message.to_bytes().map_err(|_| GroupError::Damaged("a message could not be encoded"))
}

fn removes(proposal: &Proposal, leaf: LeafNodeIndex) -> bool {
    matches!(proposal, Proposal::Remove(remove) if remove.removed() == leaf)
}

/// An error after the judgement is the own side's.
fn unjudged(error: GroupError) -> ProcessError {
    if let GroupError::State(error) = error {
        return ProcessError::Unjudged(Unjudged::State(error));
    }
    ProcessError::Unjudged(Unjudged::Library)
}

#[cfg(test)]
mod tests {
    use conclave_proto::id::PublicKey;
    use conclave_seal::{id, rng::OsRng};
    use openmls::group::GroupId;

    use super::*;
    use crate::{
        group::mls::sample::{self, ROOM},
        state::MemoryState,
    };

    /// Bob as the owner's commit puts him into the tree.
    fn added(state: &MemoryState) -> MlsRoom {
        let (params, leaf_key) = (sample::params(16), SigningKey::from_seed(&[1; 32]));
        let fields = CredentialFields {
            nick: "Bob".into(),
            call_pk: PublicKey([2; 32]),
            owner_cert: None,
            caps: 0,
            since: None,
        };
        let credential = Credential::new(fields).unwrap();
        let credential = credential_with_key(credential.as_bytes(), &leaf_key);
        let group_id = id::group_id(ROOM.as_bytes(), &params.genesis_nonce);
        let config = profile::create_config(profile::context(&params).unwrap());
        let mut rng = OsRng;
        let (provider, named) = (Provider::new(state, &mut rng), GroupId::from_slice(&group_id));
        let mls = MlsGroup::new_with_group_id(&provider, &LeafSigner(&leaf_key), &config, named, credential).unwrap();
        let call_key = CallKey::from_bytes(&[3; 32]);
        MlsRoom::new(mls, Record { base: Tag([4; 16]), room_id: ROOM, group_id, leaf_key, call_key }).unwrap()
    }

    #[test]
    fn somebody_whom_the_owner_added_is_as_old_as_the_first_own_commit() {
        let state = MemoryState::new();
        let mut bob = added(&state);
        let since = |bob: &MlsRoom| bob.own().unwrap().credential.since;
        assert_eq!(since(&bob), None);
        for base in [Tag([5; 16]), Tag([6; 16])] {
            bob.commit(&state, &mut OsRng, Change::Update).unwrap();
            bob.merge_pending(&state, base).unwrap();
            assert_eq!(since(&bob), Some(1), "others compare it, so it stays");
        }
    }
}
