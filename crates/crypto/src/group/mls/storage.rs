//! OpenMLS's storage on a [`GroupState`]: one entry for each value, under its kind and its CBOR key, as CBOR.
//!
//! CBOR, because OpenMLS asks for a self-describing format. What OpenMLS deletes is deleted; forward secrecy rests on it.

use std::{cell::RefCell, io};

use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::state::{GroupState, GroupStateReader, StateError};

/// The storage of one group.
///
/// OpenMLS wraps storage errors in a different way in each of its own errors, so the first one is kept here, where the
/// caller finds it whatever became of it on the way.
pub(super) struct Storage<'a> {
    read: &'a dyn GroupStateReader,
    /// None where a group is loaded.
    changed: Option<&'a dyn GroupState>,
    failure: RefCell<Option<StateError>>,
}

/// What OpenMLS hears of a storage error; the error itself is in [`Storage::take_failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the storage failed")]
pub(super) struct Failed;

impl<'a> Storage<'a> {
    pub(super) fn new(state: &'a dyn GroupState) -> Self {
        Self { changed: Some(state), ..Self::loading(state) }
    }

    /// The storage of a group that is only loaded: a write fails.
    pub(super) fn loading(state: &'a dyn GroupStateReader) -> Self {
        Self { read: state, changed: None, failure: RefCell::new(None) }
    }

    /// The first storage error since the last call.
    pub(super) fn take_failure(&self) -> Option<StateError> {
        self.failure.borrow_mut().take()
    }

    fn noted<T>(&self, result: Result<T, StateError>) -> Result<T, Failed> {
        result.map_err(|error| {
            self.failure.borrow_mut().get_or_insert(error);
            Failed
        })
    }

    fn place(&self, kind: &str, key: &impl Serialize) -> Result<Vec<u8>, Failed> {
        self.noted(to_cbor(key)).map(|key| [b"mls/", kind.as_bytes(), b"/", &key].concat())
    }

    fn write(&self, kind: &str, key: &impl Serialize, value: &impl Serialize) -> Result<(), Failed> {
        let place = self.place(kind, key)?;
        let value = self.noted(to_cbor(value).map(padded))?;
        self.noted(self.changed().and_then(|state| state.put(&place, &value)))
    }

    fn read<T: DeserializeOwned>(&self, kind: &str, key: &impl Serialize) -> Result<Option<T>, Failed> {
        let value = self.noted(self.read.get(&self.place(kind, key)?))?;
        self.noted(value.map(|value| from_cbor(&value)).transpose())
    }

    fn remove(&self, kind: &str, key: &impl Serialize) -> Result<(), Failed> {
        let place = self.place(kind, key)?;
        self.noted(self.changed().and_then(|state| state.delete(&place)))
    }

    fn changed(&self) -> Result<&'a dyn GroupState, StateError> {
        self.changed.ok_or_else(|| StateError::storage("a group that is loaded changes nothing"))
    }

    /// Lists are short: own leaf nodes and the proposals of one epoch. Items are CBOR inside CBOR, so that one can be
    /// compared without knowing its type.
    fn read_list(&self, kind: &str, key: &impl Serialize) -> Result<Vec<Zeroizing<Vec<u8>>>, Failed> {
        let items: Vec<Vec<u8>> = self.read(kind, key)?.unwrap_or_default();
        Ok(items.into_iter().map(Zeroizing::new).collect())
    }

    fn change_list(
        &self,
        kind: &str,
        key: &impl Serialize,
        item: &impl Serialize,
        change: impl FnOnce(&mut Vec<Zeroizing<Vec<u8>>>, Zeroizing<Vec<u8>>),
    ) -> Result<(), Failed> {
        let mut items = self.read_list(kind, key)?;
        change(&mut items, self.noted(to_cbor(item))?);
        let items: Vec<&Vec<u8>> = items.iter().map(|item| &**item).collect();
        self.write(kind, key, &items)
    }
}

fn to_cbor(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, StateError> {
    let mut bytes = Wiped(Zeroizing::new(Vec::with_capacity(MOSTLY)));
    ciborium::into_writer(value, &mut bytes).map_err(|_| StateError::Damaged("a value could not be encoded"))?;
    Ok(bytes.0)
}

/// Zeros behind the value, so that its length changes seldom: each message changes a ratchet, and a database writes a value of
/// the same length in place, without pages that it has to give back and take again.
fn padded(value: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    let length = value.len().next_multiple_of(STEP);
    let mut value = Wiped(value);
    value.make_room(length);
    value.0.resize(length, 0);
    value.0
}

/// Bytes that leave no copy behind when they need more room.
struct Wiped(Zeroizing<Vec<u8>>);

impl Wiped {
    /// Room for so many bytes in all.
    fn make_room(&mut self, length: usize) {
        if length > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
    }
}

impl io::Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.make_room(self.0.len().saturating_add(bytes.len()));
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stands behind the value is not looked at.
fn from_cbor<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StateError> {
    ciborium::from_reader(bytes).map_err(|_| StateError::Damaged("a stored value could not be decoded"))
}

const V: u16 = CURRENT_VERSION;

/// Most values of a room of a few people are no longer, in bytes.
const MOSTLY: usize = 4096;
/// Lengths of stored values are multiples of this many bytes.
const STEP: usize = 256;

const OWN_LEAF_NODES: &str = "OwnLeafNodes";
const PROPOSALS: &str = "QueuedProposal";
const PROPOSAL_REFS: &str = "ProposalRefs";
const EPOCH_KEY_PAIRS: &str = "EpochKeyPairs";

// The order of the generic parameters is the trait's own and has no system.
macro_rules! values {
    ($(write $name:ident [$($generic:ident),*] $key:ident => $value:ident;)*) => {$(
        fn $name<$($generic: traits::$generic<V>),*>(&self, key: &$key, value: &$value) -> Result<(), Failed> {
            self.write(stringify!($value), key, value)
        }
    )*};
    ($(read $name:ident [$($generic:ident),*] $key:ident => $value:ident;)*) => {$(
        fn $name<$($generic: traits::$generic<V>),*>(&self, key: &$key) -> Result<Option<$value>, Failed> {
            self.read(stringify!($value), key)
        }
    )*};
    ($(delete $name:ident $key:ident => $value:ident;)*) => {$(
        fn $name<$key: traits::$key<V>>(&self, key: &$key) -> Result<(), Failed> {
            self.remove(stringify!($value), key)
        }
    )*};
}

impl StorageProvider<V> for Storage<'_> {
    type Error = Failed;

    values! {
        write write_mls_join_config [GroupId, MlsGroupJoinConfig] GroupId => MlsGroupJoinConfig;
        write write_tree [GroupId, TreeSync] GroupId => TreeSync;
        write write_interim_transcript_hash [GroupId, InterimTranscriptHash] GroupId => InterimTranscriptHash;
        write write_context [GroupId, GroupContext] GroupId => GroupContext;
        write write_confirmation_tag [GroupId, ConfirmationTag] GroupId => ConfirmationTag;
        write write_group_state [GroupState, GroupId] GroupId => GroupState;
        write write_message_secrets [GroupId, MessageSecrets] GroupId => MessageSecrets;
        write write_resumption_psk_store [GroupId, ResumptionPskStore] GroupId => ResumptionPskStore;
        write write_own_leaf_index [GroupId, LeafNodeIndex] GroupId => LeafNodeIndex;
        write write_group_epoch_secrets [GroupId, GroupEpochSecrets] GroupId => GroupEpochSecrets;
        write write_signature_key_pair [SignaturePublicKey, SignatureKeyPair] SignaturePublicKey => SignatureKeyPair;
        write write_encryption_key_pair [EncryptionKey, HpkeKeyPair] EncryptionKey => HpkeKeyPair;
        write write_key_package [HashReference, KeyPackage] HashReference => KeyPackage;
        write write_psk [PskId, PskBundle] PskId => PskBundle;
    }

    values! {
        read mls_group_join_config [GroupId, MlsGroupJoinConfig] GroupId => MlsGroupJoinConfig;
        read tree [GroupId, TreeSync] GroupId => TreeSync;
        read group_context [GroupId, GroupContext] GroupId => GroupContext;
        read interim_transcript_hash [GroupId, InterimTranscriptHash] GroupId => InterimTranscriptHash;
        read confirmation_tag [GroupId, ConfirmationTag] GroupId => ConfirmationTag;
        read group_state [GroupState, GroupId] GroupId => GroupState;
        read message_secrets [GroupId, MessageSecrets] GroupId => MessageSecrets;
        read resumption_psk_store [GroupId, ResumptionPskStore] GroupId => ResumptionPskStore;
        read own_leaf_index [GroupId, LeafNodeIndex] GroupId => LeafNodeIndex;
        read group_epoch_secrets [GroupId, GroupEpochSecrets] GroupId => GroupEpochSecrets;
        read signature_key_pair [SignaturePublicKey, SignatureKeyPair] SignaturePublicKey => SignatureKeyPair;
        read encryption_key_pair [HpkeKeyPair, EncryptionKey] EncryptionKey => HpkeKeyPair;
        read key_package [HashReference, KeyPackage] HashReference => KeyPackage;
        read psk [PskBundle, PskId] PskId => PskBundle;
    }

    values! {
        delete delete_group_config GroupId => MlsGroupJoinConfig;
        delete delete_tree GroupId => TreeSync;
        delete delete_interim_transcript_hash GroupId => InterimTranscriptHash;
        delete delete_context GroupId => GroupContext;
        delete delete_confirmation_tag GroupId => ConfirmationTag;
        delete delete_group_state GroupId => GroupState;
        delete delete_message_secrets GroupId => MessageSecrets;
        delete delete_all_resumption_psk_secrets GroupId => ResumptionPskStore;
        delete delete_own_leaf_index GroupId => LeafNodeIndex;
        delete delete_group_epoch_secrets GroupId => GroupEpochSecrets;
        delete delete_signature_key_pair SignaturePublicKey => SignatureKeyPair;
        delete delete_encryption_key_pair EncryptionKey => HpkeKeyPair;
        delete delete_key_package HashReference => KeyPackage;
        delete delete_psk PskId => PskBundle;
    }

    fn append_own_leaf_node<GroupId: traits::GroupId<V>, LeafNode: traits::LeafNode<V>>(
        &self,
        group_id: &GroupId,
        leaf_node: &LeafNode,
    ) -> Result<(), Failed> {
        self.change_list(OWN_LEAF_NODES, group_id, leaf_node, |items, item| items.push(item))
    }

    fn own_leaf_nodes<GroupId: traits::GroupId<V>, LeafNode: traits::LeafNode<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<LeafNode>, Failed> {
        self.read_list(OWN_LEAF_NODES, group_id)?.iter().map(|item| self.noted(from_cbor(item))).collect()
    }

    fn delete_own_leaf_nodes<GroupId: traits::GroupId<V>>(&self, group_id: &GroupId) -> Result<(), Failed> {
        self.remove(OWN_LEAF_NODES, group_id)
    }

    fn queue_proposal<
        GroupId: traits::GroupId<V>,
        ProposalRef: traits::ProposalRef<V>,
        QueuedProposal: traits::QueuedProposal<V>,
    >(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
        proposal: &QueuedProposal,
    ) -> Result<(), Failed> {
        self.write(PROPOSALS, &(group_id, proposal_ref), proposal)?;
        self.change_list(PROPOSAL_REFS, group_id, proposal_ref, |items, item| {
            if !items.contains(&item) {
                items.push(item);
            }
        })
    }

    fn queued_proposal_refs<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<ProposalRef>, Failed> {
        self.read_list(PROPOSAL_REFS, group_id)?.iter().map(|item| self.noted(from_cbor(item))).collect()
    }

    fn queued_proposals<
        GroupId: traits::GroupId<V>,
        ProposalRef: traits::ProposalRef<V>,
        QueuedProposal: traits::QueuedProposal<V>,
    >(
        &self,
        group_id: &GroupId,
    ) -> Result<Vec<(ProposalRef, QueuedProposal)>, Failed> {
        let refs: Vec<ProposalRef> = self.queued_proposal_refs(group_id)?;
        let missing = || StateError::Damaged("a queued proposal is missing");
        refs.into_iter()
            .map(|proposal_ref| {
                let proposal = self.read(PROPOSALS, &(group_id, &proposal_ref))?;
                Ok((proposal_ref, self.noted(proposal.ok_or_else(missing))?))
            })
            .collect()
    }

    fn remove_proposal<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>>(
        &self,
        group_id: &GroupId,
        proposal_ref: &ProposalRef,
    ) -> Result<(), Failed> {
        self.change_list(PROPOSAL_REFS, group_id, proposal_ref, |items, item| items.retain(|other| *other != item))?;
        self.remove(PROPOSALS, &(group_id, proposal_ref))
    }

    fn clear_proposal_queue<GroupId: traits::GroupId<V>, ProposalRef: traits::ProposalRef<V>>(
        &self,
        group_id: &GroupId,
    ) -> Result<(), Failed> {
        let refs: Vec<ProposalRef> = self.queued_proposal_refs(group_id)?;
        refs.iter().try_for_each(|proposal_ref| self.remove(PROPOSALS, &(group_id, proposal_ref)))?;
        self.remove(PROPOSAL_REFS, group_id)
    }

    fn write_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<V>,
        EpochKey: traits::EpochKey<V>,
        HpkeKeyPair: traits::HpkeKeyPair<V>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
        key_pairs: &[HpkeKeyPair],
    ) -> Result<(), Failed> {
        self.write(EPOCH_KEY_PAIRS, &(group_id, epoch, leaf_index), &key_pairs)
    }

    fn encryption_epoch_key_pairs<
        GroupId: traits::GroupId<V>,
        EpochKey: traits::EpochKey<V>,
        HpkeKeyPair: traits::HpkeKeyPair<V>,
    >(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<Vec<HpkeKeyPair>, Failed> {
        Ok(self.read(EPOCH_KEY_PAIRS, &(group_id, epoch, leaf_index))?.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<GroupId: traits::GroupId<V>, EpochKey: traits::EpochKey<V>>(
        &self,
        group_id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<(), Failed> {
        self.remove(EPOCH_KEY_PAIRS, &(group_id, epoch, leaf_index))
    }
}

#[cfg(test)]
mod tests {
    use io::Write as _;
    use openmls_traits::storage::{Entity, Key};

    use super::*;
    use crate::state::MemoryState;

    #[test]
    fn values_of_every_length_come_back_from_steps_of_one_length() {
        for length in [0, 1, STEP - 3, STEP - 2, STEP, MOSTLY - 3, MOSTLY, 3 * MOSTLY] {
            let value = "x".repeat(length);
            let stored = padded(to_cbor(&value).unwrap());
            assert!(stored.len() > length && stored.len() < length + 2 * STEP);
            assert!(stored.len().is_multiple_of(STEP));
            assert_eq!(from_cbor::<String>(&stored).unwrap(), value);
        }
    }

    /// A vector that grows gives its old memory back as it is.
    #[test]
    fn bytes_that_need_more_room_are_moved_by_us() {
        let mut bytes = Wiped(Zeroizing::new(Vec::with_capacity(MOSTLY)));
        bytes.write_all(&[1; MOSTLY]).unwrap();
        assert_eq!(bytes.0.capacity(), MOSTLY);
        bytes.write_all(&[2; 4 * MOSTLY]).unwrap();
        assert_eq!(bytes.0.capacity(), 8 * MOSTLY, "the vector itself would have taken 5");
        assert_eq!(**bytes.0, [[1; MOSTLY].as_slice(), &[2; 4 * MOSTLY]].concat());
    }

    /// Stands for every type of OpenMLS.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
    struct Thing(u8);

    impl Entity<V> for Thing {}
    impl Key<V> for Thing {}
    impl traits::GroupId<V> for Thing {}
    impl traits::LeafNode<V> for Thing {}
    impl traits::ProposalRef<V> for Thing {}
    impl traits::QueuedProposal<V> for Thing {}
    impl traits::EpochKey<V> for Thing {}
    impl traits::HpkeKeyPair<V> for Thing {}

    const GROUP: Thing = Thing(0);

    #[test]
    fn own_leaves_are_kept_in_order_until_they_are_deleted() {
        let state = MemoryState::new();
        let storage = Storage::new(&state);
        for leaf in [Thing(2), Thing(1)] {
            storage.append_own_leaf_node(&GROUP, &leaf).unwrap();
        }
        assert_eq!(storage.own_leaf_nodes::<_, Thing>(&GROUP), Ok(vec![Thing(2), Thing(1)]));
        storage.delete_own_leaf_nodes(&GROUP).unwrap();
        assert_eq!(storage.own_leaf_nodes::<_, Thing>(&GROUP), Ok(vec![]));
    }

    #[test]
    fn a_proposal_is_queued_once_and_goes_with_its_content() {
        let state = MemoryState::new();
        let storage = Storage::new(&state);
        let queued = || storage.queued_proposals::<_, Thing, Thing>(&GROUP).unwrap();
        let content = |name: u8| storage.read::<Thing>(PROPOSALS, &(GROUP, Thing(name))).unwrap();
        for (name, proposal) in [(1, 11), (2, 12), (1, 11), (3, 13)] {
            storage.queue_proposal(&GROUP, &Thing(name), &Thing(proposal)).unwrap();
        }
        assert_eq!(queued(), [(Thing(1), Thing(11)), (Thing(2), Thing(12)), (Thing(3), Thing(13))]);
        storage.remove_proposal(&GROUP, &Thing(2)).unwrap();
        assert_eq!(queued(), [(Thing(1), Thing(11)), (Thing(3), Thing(13))]);
        assert_eq!([1, 2, 3].map(content), [Some(Thing(11)), None, Some(Thing(13))]);
        storage.clear_proposal_queue::<_, Thing>(&GROUP).unwrap();
        assert_eq!(queued(), []);
        assert_eq!([1, 2, 3].map(content), [None; 3], "what only its name is gone of comes back with the name");
    }

    #[test]
    fn the_keys_of_an_epoch_are_kept_until_they_are_deleted() {
        let state = MemoryState::new();
        let storage = Storage::new(&state);
        let (keys, pairs) = ([Thing(7), Thing(8)], |epoch, leaf| {
            storage.encryption_epoch_key_pairs::<_, _, Thing>(&GROUP, &Thing(epoch), leaf).unwrap()
        });
        storage.write_encryption_epoch_key_pairs(&GROUP, &Thing(1), 0, &keys).unwrap();
        storage.write_encryption_epoch_key_pairs(&GROUP, &Thing(2), 0, &keys).unwrap();
        storage.delete_encryption_epoch_key_pairs(&GROUP, &Thing(1), 0).unwrap();
        assert_eq!([pairs(1, 0), pairs(2, 0), pairs(2, 1)], [vec![], keys.to_vec(), vec![]]);
    }
}
