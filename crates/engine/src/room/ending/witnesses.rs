//! Burn receipts (protocol 4.20): who was in a room when this person erased it, and who says since that its keys are destroyed.

use conclave_crypto::{
    group::Group,
    owner::{self, End},
};
use conclave_proto::{
    id::{PublicKey, RoomId, Signature},
    owner::Tombstone,
};

use crate::silent::silent;

/// Everybody else who was in the room. In memory only: nothing of it outlives the app.
#[derive(Debug)]
pub(crate) struct Witnesses {
    room_id: RoomId,
    owner: PublicKey,
    access: PublicKey,
    /// What ended the room, for each of them: an ERASE, and what its owner's app closed it by for who came back later.
    ends: Vec<End>,
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
    pub(super) fn new(group: &dyn Group, room_id: RoomId, access: PublicKey, end: End) -> Self {
        let others = group.roster().iter().filter(|member| !member.own);
        let people = others.map(|member| Witness {
            id: member.id.0,
            nick: member.credential.nick.clone(),
            leaf_key: member.leaf_key,
            confirmed: false,
        });
        Self { room_id, owner: group.params().opk, access, ends: vec![end], people: people.collect() }
    }

    /// The relay shows what the room was closed by. Whoever comes back is told of that alone.
    pub(crate) fn is_closed_by(&mut self, tombstone: &Tombstone) {
        let Self { room_id, owner, access, .. } = self;
        let end = End::by(tombstone);
        if !self.ends.contains(&end)
            && self.ends.len() < ENDS
            && owner::judge(tombstone, room_id, owner, access).is_some()
        {
            self.ends.push(end);
        }
    }

    /// Somebody's receipt. `true` if it is the first one of somebody who was there; nobody else's counts, nor one for another end.
    pub(crate) fn confirm(&mut self, sig: &Signature) -> bool {
        let Self { room_id, ends, people, .. } = self;
        let mut missing = people.iter_mut().filter(|witness| !witness.confirmed);
        let is_of = |witness: &Witness| ends.iter().any(|end| owner::is_burned(&witness.leaf_key, room_id, end, sig));
        let found = missing.find(|witness| is_of(witness));
        found.map(|witness| witness.confirmed = true).is_some()
    }

    /// Whether everybody has confirmed it.
    pub(crate) fn are_complete(&self) -> bool {
        self.people.iter().all(|witness| witness.confirmed)
    }
}

/// A room is destroyed by one message and closed by one statement.
const ENDS: usize = 2;
