//! What a group keeps besides OpenMLS's own state: one value of fixed layout, rewritten with every epoch.

use conclave_proto::id::{RoomId, Tag};
use conclave_seal::sign::SigningKey;
use zeroize::Zeroizing;

use crate::{
    group::GroupError,
    purpose::CallKey,
    state::{GroupState, GroupStateReader, StateError},
};

/// `1 ‖ base (16) ‖ room_id (32) ‖ group_id (32) ‖ leaf key seed (32) ‖ call key (32)`
#[derive(Debug)]
pub(super) struct Record {
    pub(super) base: Tag,
    pub(super) room_id: RoomId,
    pub(super) group_id: [u8; 32],
    pub(super) leaf_key: SigningKey,
    pub(super) call_key: CallKey,
}

impl Record {
    pub(super) fn write(&self, state: &dyn GroupState) -> Result<(), StateError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LEN));
        bytes.push(VERSION);
        bytes.extend_from_slice(self.base.as_bytes());
        bytes.extend_from_slice(self.room_id.as_bytes());
        bytes.extend_from_slice(&self.group_id);
        bytes.extend_from_slice(&*self.leaf_key.expose_seed());
        bytes.extend_from_slice(self.call_key.expose_secret());
        state.put(PLACE, &bytes)
    }

    /// The record, if the state holds a group.
    pub(super) fn read(state: &dyn GroupStateReader) -> Result<Option<Self>, GroupError> {
        let Some(bytes) = state.get(PLACE)? else { return Ok(None) };
        Self::parse(&bytes).map(Some).ok_or(GroupError::Damaged("its own record cannot be read"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[VERSION], bytes) = bytes.split_first_chunk()? else { return None };
        let (base, bytes) = bytes.split_first_chunk::<16>()?;
        let (room_id, bytes) = bytes.split_first_chunk::<32>()?;
        let (group_id, bytes) = bytes.split_first_chunk::<32>()?;
        let (leaf_seed, bytes) = bytes.split_first_chunk::<32>()?;
        let call_key = bytes.try_into().ok()?;
        Some(Self {
            base: Tag(*base),
            room_id: RoomId(*room_id),
            group_id: *group_id,
            leaf_key: SigningKey::from_seed(leaf_seed),
            call_key: CallKey::from_bytes(call_key),
        })
    }
}

const PLACE: &[u8] = b"conclave/record";
const VERSION: u8 = 1;
const LEN: usize = 1 + 16 + 4 * 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryState;

    /// A vector that grows leaves the seeds that it held so far in memory that it gives back.
    #[test]
    fn a_record_comes_back_and_is_as_long_as_the_room_that_is_made_for_it() {
        let record = Record {
            base: Tag([1; 16]),
            room_id: RoomId([2; 32]),
            group_id: [3; 32],
            leaf_key: SigningKey::from_seed(&[4; 32]),
            call_key: CallKey::from_bytes(&[5; 32]),
        };
        let state = MemoryState::new();
        record.write(&state).unwrap();
        let bytes = state.get(PLACE).unwrap().unwrap();
        assert_eq!(bytes.len(), LEN);

        let read = Record::read(&state).unwrap().unwrap();
        assert_eq!((read.base, read.room_id, read.group_id), (record.base, record.room_id, record.group_id));
        assert_eq!(read.leaf_key.public(), record.leaf_key.public());
        assert!(read.call_key.same_as(&record.call_key));
        state.put(PLACE, bytes.split_last().unwrap().1).unwrap();
        assert!(matches!(Record::read(&state), Err(GroupError::Damaged(_))), "a torn record is not an empty state");
    }
}
