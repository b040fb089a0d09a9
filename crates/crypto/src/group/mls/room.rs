//! One group of OpenMLS as a [`Group`].

use std::fmt;

use conclave_proto::{
    Lane,
    id::{MemberId, PublicKey, RoomId, Tag},
    params::Params,
};
use conclave_seal::{id, rng::Rng, sign::SigningKey};
use openmls::{
    framing::ContentType,
    group::{MlsGroup, StagedCommit},
    messages::proposals::Proposal,
    prelude::{
        LeafNodeIndex, LeafNodeParameters, Member as MlsMember, MlsMessageIn, MlsMessageOut, ProcessedMessage,
        ProcessedMessageContent, ProtocolMessage, Sender, tls_codec::Deserialize as _,
    },
};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider as _;
use zeroize::Zeroizing;

use super::{
    credential_with_key, join, profile,
    provider::{LeafSigner, Provider},
    record::Record,
    summary::{self, summarise},
    verdict::{self, contained},
};
use crate::{
    group::{
        Advanced, Change, CommitEntry, EpochKeys, Group, GroupError, Invalid, JoinError, Member, PendingCommit,
        ProcessError, Received, Unjudged, parse_credential,
    },
    purpose::{EXPORT_ENVELOPE, EXPORT_MEMBER_AUTH, EnvelopeKey, EpochAuthenticator},
    state::GroupState,
    validator::{self, Committer, Proposed, Summary, View, Violation},
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
        let params = read_params(&mls)?;
        let roster = read_roster(&mls, &record.room_id, &params)?;
        let keys = export_keys(&mls, &record.room_id)?;
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
        self.params = read_params(&self.mls)?;
        self.roster = read_roster(&self.mls, &self.record.room_id, &self.params)?;
        if !own_removed {
            self.keys = export_keys(&self.mls, &self.record.room_id)?;
        }

        let came: Vec<_> = commit
            .proposals
            .iter()
            .filter_map(|proposal| match proposal {
                Proposed::Add { leaf, .. } => Some(leaf.leaf_key),
                _ => None,
            })
            .chain(commit.path.iter().filter(|_| commit.committer == Committer::Newcomer).map(|leaf| leaf.leaf_key))
            .collect();
        let gone = |member: &&Member| {
            commit.proposals.iter().any(|p| matches!(p, Proposed::Remove { leaf, .. } if *leaf == member.leaf))
        };
        let changed = |member: &&Member| {
            !came.contains(&member.leaf_key)
                && before.iter().any(|old| old.leaf_key == member.leaf_key && old.credential != member.credential)
        };
        Ok(Advanced {
            base,
            joined: self.roster.iter().filter(|member| came.contains(&member.leaf_key)).cloned().collect(),
            left: before.iter().filter(gone).cloned().collect(),
            changed: self.roster.iter().filter(changed).cloned().collect(),
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

    fn build(&mut self, provider: &Provider<'_>, change: Change) -> Result<(MlsMessageOut, MlsMessageOut), GroupError> {
        let (unmade, own) = (|| provider.error("the commit could not be made"), self.mls.own_leaf_index());
        let signer = LeafSigner(&self.record.leaf_key);
        self.mls.set_aad(self.record.base.as_bytes().to_vec());
        let builder = self.mls.commit_builder().consume_proposal_store(true).force_self_update(true);
        let builder = match change {
            Change::Update => builder,
            Change::Appear(identity) => {
                let own = self.roster.iter().find(|member| member.own).ok_or(GroupError::Removed)?;
                let credential = identity.credential(own.credential.call_pk, own.credential.owner_cert)?;
                let credential = credential_with_key(credential.as_bytes(), &self.record.leaf_key);
                builder.leaf_node_parameters(LeafNodeParameters::builder().with_credential_with_key(credential).build())
            }
            Change::Remove(leaves) => builder.propose_removals(leaves.into_iter().map(LeafNodeIndex::new)),
            Change::Params(params) => {
                let context = profile::context(&params).ok_or(GroupError::Params)?;
                builder.propose_group_context_extensions(context).map_err(|_| GroupError::Params)?
            }
        };
        // The own leave cannot be part of the own commit; it is proposed again in the next epoch.
        let bundle = builder
            .load_psks(provider.storage())
            .map_err(|_| unmade())?
            .use_ratchet_tree_extension(true)
            .build(provider.rand(), provider.crypto(), &signer, |queued| !removes(queued.proposal(), own))
            .map_err(|_| unmade())?
            .stage_commit(provider)
            .map_err(|_| unmade())?;
        let (commit, _, group_info) = bundle.into_messages();
        Ok((commit, group_info.ok_or(GroupError::Damaged("the commit came without a GroupInfo"))?))
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
        if self.mls.has_pending_proposals() {
            return Err(GroupError::PendingLeave);
        }
        let provider = Provider::new(state, rng);
        self.mls.set_aad(self.record.base.as_bytes().to_vec());
        let signer = LeafSigner(&self.record.leaf_key);
        let message = self
            .mls
            .create_message(&provider, &signer, message)
            .map_err(|_| provider.error("the message could not be encrypted"))?;
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
                Err(ProcessError::Unjudged(Unjudged::Own))
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
        let removed = self.mls.pending_proposals().filter_map(|queued| match queued.proposal() {
            Proposal::Remove(remove) => Some(remove.removed().u32()),
            _ => None,
        });
        removed.collect()
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
        let provider = Provider::new(state, rng);
        let (commit, group_info) = self.build(&provider, change)?;
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

    fn may_follow(&self, group_info: &[u8], removed: &[PublicKey]) -> Result<bool, JoinError> {
        let group_info = join::read(group_info)?;
        if group_info.epoch().as_u64() <= self.epoch() || !join::is_signed_by(&group_info, &self.roster) {
            return Ok(false);
        }
        let members = join::members(group_info, &self.record.room_id, &self.params)?;
        Ok(members.iter().all(|member| !removed.contains(&member.leaf_key)))
    }

    fn leaf_key(&self) -> &SigningKey {
        &self.record.leaf_key
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

/// A member as the tree has it; `None` if its leaf breaks the room's rules.
pub(super) fn member(
    member: &MlsMember,
    room_id: &RoomId,
    params: &Params,
    own: Option<LeafNodeIndex>,
) -> Option<Member> {
    let leaf_key = PublicKey::try_from(member.signature_key.as_slice()).ok()?;
    let credential = parse_credential(&summary::identity(&member.credential)?)?;
    Some(Member {
        leaf: member.index.u32(),
        leaf_key,
        id: MemberId(id::member_id(&leaf_key.0)),
        owner: validator::is_owner(room_id, params, &leaf_key, &credential),
        credential,
        own: own == Some(member.index),
    })
}

pub(super) fn to_bytes(message: &MlsMessageOut) -> Result<Vec<u8>, GroupError> {
    message.to_bytes().map_err(|_| GroupError::Damaged("a message could not be encoded"))
}

fn removes(proposal: &Proposal, leaf: LeafNodeIndex) -> bool {
    matches!(proposal, Proposal::Remove(remove) if remove.removed() == leaf)
}

fn read_params(mls: &MlsGroup) -> Result<Params, GroupError> {
    let bytes = profile::params_of(mls.extensions()).ok_or(GroupError::Damaged("the parameters are missing"))?;
    Params::parse(bytes).map_err(|_| GroupError::Damaged("the parameters cannot be read"))
}

fn read_roster(mls: &MlsGroup, room_id: &RoomId, params: &Params) -> Result<Vec<Member>, GroupError> {
    let own = mls.is_active().then(|| mls.own_leaf_index());
    mls.members()
        .map(|found| member(&found, room_id, params, own))
        .collect::<Option<_>>()
        .ok_or(GroupError::Damaged("a member cannot be read"))
}

/// The keys of the current epoch (protocol 4.3).
fn export_keys(mls: &MlsGroup, room_id: &RoomId) -> Result<EpochKeys, GroupError> {
    let damaged = || GroupError::Damaged("the keys of the epoch could not be derived");
    let crypto = RustCrypto::default();
    let export = |label: &str, context: &[u8]| -> Result<Zeroizing<[u8; 32]>, GroupError> {
        let secret = Zeroizing::new(mls.export_secret(&crypto, label, context, 32).map_err(|_| damaged())?);
        Ok(Zeroizing::new(secret[..].try_into().map_err(|_| damaged())?))
    };
    let envelope = |lane: Lane| {
        let context = [&[lane.number()][..], room_id.as_bytes()].concat();
        export(EXPORT_ENVELOPE, &context).map(|key| EnvelopeKey::from_bytes(&key))
    };
    let authenticator = mls.epoch_authenticator().as_slice().try_into().map_err(|_| damaged())?;
    Ok(EpochKeys {
        application: envelope(Lane::Application)?,
        commit: envelope(Lane::Commit)?,
        ephemeral: envelope(Lane::Ephemeral)?,
        member_auth: SigningKey::from_seed(&*export(EXPORT_MEMBER_AUTH, room_id.as_bytes())?),
        authenticator: EpochAuthenticator::from_bytes(authenticator),
    })
}

/// An error after the judgement is the own side's.
fn unjudged(error: GroupError) -> ProcessError {
    ProcessError::Unjudged(match error {
        GroupError::State(error) => Unjudged::State(error),
        _ => Unjudged::Library,
    })
}
