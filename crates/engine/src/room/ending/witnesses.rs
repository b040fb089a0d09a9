//! Burn receipts (protocol 4.20): who was in a room when this person erased it, and who says since that its keys are destroyed.

use conclave_crypto::{
    group::Group,
    owner::{self, End},
};
use conclave_proto::id::{PublicKey, RoomId, Signature};

use crate::silent::silent;

/// Everybody else who was in the room. In memory only: nothing of it outlives the app.
#[derive(Debug)]
pub(crate) struct Witnesses {
    room_id: RoomId,
    end: End,
    pub(crate) people: Vec<Witness>,
}

/// Somebody who was there.
pub(crate) struct Witness {
    pub(crate) id: [u8; 16],
    pub(crate) nick: String,
    leaf_key: PublicKey,
    /// A receipt of this leaf came.
    pub(crate) confirmed: bool,
}

silent! {
    Witness { confirmed }
}

impl Witnesses {
    pub(super) fn new(group: &dyn Group, room_id: RoomId, end: End) -> Self {
        let others = group.roster().iter().filter(|member| !member.own);
        let people = others.map(|member| Witness {
            id: member.id.0,
            nick: member.credential.nick.clone(),
            leaf_key: member.leaf_key,
            confirmed: false,
        });
        Self { room_id, end, people: people.collect() }
    }

    /// Somebody's receipt. `true` if it is the first one of somebody who was there; nobody else's counts, nor one for another end.
    pub(crate) fn confirm(&mut self, sig: &Signature) -> bool {
        let Self { room_id, end, people } = self;
        let mut missing = people.iter_mut().filter(|witness| !witness.confirmed);
        let found = missing.find(|witness| owner::is_burned(&witness.leaf_key, room_id, end, sig));
        found.map(|witness| witness.confirmed = true).is_some()
    }

    /// Whether everybody has confirmed it.
    pub(crate) fn are_complete(&self) -> bool {
        self.people.iter().all(|witness| witness.confirmed)
    }
}
