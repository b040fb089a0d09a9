//! A group around a group: what a test does not change goes through to the one inside.

use std::fmt;

use conclave_crypto::{
    group::{
        Advanced, Candidate, Change, CommitEntry, EpochKeys, Founded, Founding, Group, GroupCrypto, GroupError,
        Identity, JoinError, Joining, Member, NewKeyPackage, OpenMls, PendingCommit, PendingJoin, ProcessError,
        Received, Welcoming,
    },
    purpose::CallKey,
    state::{GroupState, GroupStateReader},
};
use conclave_proto::{
    content::{AppMsg, Publication},
    id::{RoomId, Tag},
    params::Params,
    place::CommitPlace,
};
use conclave_seal::{rng::Rng, sign::SigningKey};

/// The message in a publication, as it is handed to [`Layer::encrypt`].
///
/// # Panics
/// If there is none.
#[must_use]
pub fn message_of(publication: &[u8]) -> AppMsg {
    AppMsg::decode(&Publication::decode(publication).unwrap().message).unwrap()
}

/// A publication with another message in it.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn with_message(publication: &[u8], message: &AppMsg) -> Vec<u8> {
    Publication { message: message.encode(), ..Publication::decode(publication).unwrap() }.encode()
}

/// What is done beside a group's own work, or in its place.
pub trait Layer: Send + Sync + 'static {
    /// As [`Group::keys`].
    fn keys<'a>(&'a self, group: &'a dyn Group) -> &'a EpochKeys {
        group.keys()
    }

    /// As [`Group::encrypt`].
    ///
    /// # Errors
    /// As there.
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        group.encrypt(state, rng, message)
    }

    /// As [`Group::receive`].
    ///
    /// # Errors
    /// As there.
    fn receive(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        message: &[u8],
    ) -> Result<Received, ProcessError> {
        group.receive(state, message)
    }

    /// As [`Group::advance`].
    ///
    /// # Errors
    /// As there.
    fn advance(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        entry: CommitEntry<'_>,
    ) -> Result<Advanced, ProcessError> {
        group.advance(state, entry)
    }

    /// As [`Group::leaving`].
    fn leaving(&self, group: &dyn Group) -> Vec<u32> {
        group.leaving()
    }

    /// As [`Group::propose_leave`].
    ///
    /// # Errors
    /// As there.
    fn propose_leave(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
    ) -> Result<Vec<u8>, GroupError> {
        group.propose_leave(state, rng)
    }

    /// As [`Group::commit`].
    ///
    /// # Errors
    /// As there.
    fn commit(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError> {
        group.commit(state, rng, change)
    }

    /// The group is asked whether a commit is pending: the engine does so outside of its transactions.
    fn asked(&self, _group: &dyn Group) {}

    /// The group has processed a commit, merged its own or adopted a join.
    fn moved(&mut self, _group: &dyn Group) {}
}

/// A group with a layer.
pub struct Layered<L> {
    /// The group inside.
    pub group: Box<dyn Group>,
    /// What is around it.
    pub layer: L,
}

impl<L: Layer> Layered<L> {
    fn moving<T, E>(&mut self, result: Result<T, E>) -> Result<T, E> {
        if result.is_ok() {
            self.layer.moved(self.group.as_ref());
        }
        result
    }
}

impl<L> fmt::Debug for Layered<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.group.fmt(f)
    }
}

impl<L: Layer> Group for Layered<L> {
    fn room_id(&self) -> RoomId {
        self.group.room_id()
    }

    fn base(&self) -> Tag {
        self.group.base()
    }

    fn epoch(&self) -> u64 {
        self.group.epoch()
    }

    fn params(&self) -> &Params {
        self.group.params()
    }

    fn roster(&self) -> &[Member] {
        self.group.roster()
    }

    fn own_leaf(&self) -> u32 {
        self.group.own_leaf()
    }

    fn keys(&self) -> &EpochKeys {
        self.layer.keys(self.group.as_ref())
    }

    fn encrypt(&mut self, state: &dyn GroupState, rng: &mut dyn Rng, message: &[u8]) -> Result<Vec<u8>, GroupError> {
        self.layer.encrypt(self.group.as_mut(), state, rng, message)
    }

    fn receive(&mut self, state: &dyn GroupState, message: &[u8]) -> Result<Received, ProcessError> {
        self.layer.receive(self.group.as_mut(), state, message)
    }

    fn advance(&mut self, state: &dyn GroupState, entry: CommitEntry<'_>) -> Result<Advanced, ProcessError> {
        let advanced = self.layer.advance(self.group.as_mut(), state, entry);
        self.moving(advanced)
    }

    fn propose_leave(&mut self, state: &dyn GroupState, rng: &mut dyn Rng) -> Result<Vec<u8>, GroupError> {
        self.layer.propose_leave(self.group.as_mut(), state, rng)
    }

    fn leaving(&self) -> Vec<u32> {
        self.layer.leaving(self.group.as_ref())
    }

    fn skip_handshake_keys(&mut self, state: &dyn GroupState, rng: &mut dyn Rng, count: u32) -> Result<(), GroupError> {
        self.group.skip_handshake_keys(state, rng, count)
    }

    fn commit(
        &mut self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError> {
        self.layer.commit(self.group.as_mut(), state, rng, change)
    }

    fn has_pending_commit(&self) -> bool {
        self.layer.asked(self.group.as_ref());
        self.group.has_pending_commit()
    }

    fn merge_pending(&mut self, state: &dyn GroupState, tag: Tag) -> Result<Advanced, GroupError> {
        let merged = self.group.merge_pending(state, tag);
        self.moving(merged)
    }

    fn clear_pending(&mut self, state: &dyn GroupState) -> Result<(), GroupError> {
        self.group.clear_pending(state)
    }

    fn adopt(&mut self, state: &dyn GroupState, tag: Tag) -> Result<(), GroupError> {
        let adopted = self.group.adopt(state, tag);
        self.moving(adopted)
    }

    fn group_info(&self) -> Result<Vec<u8>, GroupError> {
        self.group.group_info()
    }

    fn tree_of(&self, place: &CommitPlace, group_info: &[u8]) -> Result<Vec<Member>, JoinError> {
        self.group.tree_of(place, group_info)
    }

    fn leaf_key(&self) -> &SigningKey {
        self.group.leaf_key()
    }

    fn call_key(&self) -> &CallKey {
        self.group.call_key()
    }
}

/// A scheme in which every group has a layer, whosever client it is.
#[derive(Clone, Debug)]
pub struct AllLayered<L>(pub L);

impl<L: Layer + Clone> AllLayered<L> {
    fn wrap(&self, group: Box<dyn Group>) -> Box<dyn Group> {
        Box::new(Layered { group, layer: self.0.clone() })
    }
}

impl<L: Layer + Clone> GroupCrypto for AllLayered<L> {
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        let founded = OpenMls.create(state, rng, founding)?;
        Ok(Founded { group: self.wrap(founded.group), ..founded })
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        let joined = OpenMls.join(state, rng, joining)?;
        Ok(PendingJoin { group: self.wrap(joined.group), ..joined })
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
        Ok(self.wrap(OpenMls.welcome(state, rng, welcoming)?))
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        Ok(OpenMls.load(state)?.map(|group| self.wrap(group)))
    }
}
