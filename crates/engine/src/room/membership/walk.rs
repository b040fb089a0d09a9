//! What a walk from the newest GroupInfo to older ones has shown to somebody who rejoins (protocol 4.6.7).

use std::collections::BTreeMap;

use conclave_crypto::{
    fork_choice::{self, Choice, Seniority},
    group::{Group, Member},
};
use conclave_proto::id::Tag;
use conclave_store::RoomReader;

use super::{
    super::step::StepError,
    branch::{Circumstances, Fork},
};
use crate::door::Found;

/// What a walk at the door has shown: GroupInfos of branches that somebody may stand on, the newest first, with their trees.
pub(super) struct Walk {
    pub(super) fork: Fork,
    /// Those whose tree could be read.
    pub(super) found: Vec<Found>,
    trees: BTreeMap<Tag, Vec<Member>>,
    /// Keys of leaves that were seen removed.
    removed: Vec<[u8; 32]>,
}

impl Walk {
    pub(super) fn read(reader: &RoomReader<'_>, group: &dyn Group, mut found: Vec<Found>) -> Result<Self, StepError> {
        let (mut fork, removed) = (Fork::read(reader)?, reader.removed_leaf_keys()?);
        // What is older than the own base is no branch that somebody may stand on.
        let base = fork.bases.last().map_or(0, |base| base.seq);
        found.retain(|found| found.seq > base);
        let mut trees = BTreeMap::new();
        for found in &found {
            if let Ok(members) = group.tree_of(&found.place, &found.group_info) {
                fork.add(found.seq, found.tag, &found.place);
                trees.insert(found.tag, members);
            }
        }
        found.retain(|found| trees.contains_key(&found.tag));
        Ok(Self { fork, found, trees, removed })
    }

    pub(super) fn usable(&self, tag: Tag) -> Option<&Found> {
        self.found.iter().find(|found| found.tag == tag)
    }

    /// Treats a GroupInfo as one that nobody has any more. Whoever made it still spoke on that branch.
    pub(super) fn forget(&mut self, tag: Tag) {
        self.found.retain(|found| found.tag != tag);
        self.trees.remove(&tag);
    }

    pub(super) fn members(&self, tag: Tag) -> &[Member] {
        self.trees.get(&tag).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn everybody(&self, tag: Tag) -> Vec<Seniority> {
        self.members(tag).iter().map(Member::seniority).collect()
    }

    /// Nobody follows by itself to where somebody is back who was seen removed.
    pub(super) fn ranks(&self, tag: Tag) -> Vec<Seniority> {
        let is_back = self.members(tag).iter().any(|member| self.removed.contains(&member.leaf_key.0));
        if is_back { Vec::new() } else { self.everybody(tag) }
    }

    /// What the rules say. A leave that only the own branch heard of keeps nobody apart for ever: a person sees who is back.
    pub(super) fn ruled(&self, group: &dyn Group, head: Tag, now: Circumstances<'_>) -> Option<Choice> {
        let ruled = self.fork.ask(group, head, now, |tag| Some(self.ranks(tag)), fork_choice::follow);
        ruled.or_else(|| {
            match self.fork.ask(group, head, now, |tag| Some(self.everybody(tag)), fork_choice::follow)? {
                Choice::Follow(tag) | Choice::Ask(tag) => Some(Choice::Ask(tag)),
                Choice::Settled | Choice::Repair | Choice::Read(_) => None,
            }
        })
    }
}
