//! One state for all that cannot be told apart: what no client and no rule will look at again is taken out.

use crate::{
    client::NOBODY,
    properties::has_strangers,
    rules::Rules,
    state::{CLIENTS, Commit, Entry, Phase, Set, State, Tag, has, single},
};

/// In place of the parent of a commit that everybody has processed.
const FORGOTTEN: Tag = Tag::MAX;

impl State {
    pub(crate) fn canonical(mut self, rules: Rules) -> Self {
        let processed = (0..CLIENTS).filter(|client| self.clients[*client].is_present());
        let processed = processed.map(|client| self.cursor(client)).min().unwrap_or_default();
        for entry in &mut self.log[..processed] {
            if let Entry::Commit(commit) = entry {
                *commit = Commit { parent: FORGOTTEN, author: NOBODY, opens: 0, follows: false, ..*commit };
            }
        }
        match self.meeting_point() {
            Some(base) => self.forget_before(rules, base),
            None => self.drop_garbage(rules, processed),
        }
        if self.fuel >= 0 && self.is_quiescent(rules) {
            self.fuel = 0;
            self.is_misled = has_strangers(&self);
        }
        self
    }

    /// The head, if everybody stands on it and has processed everything.
    fn meeting_point(&self) -> Option<Tag> {
        let head = self.head();
        let is_there = |index: usize| {
            let client = &self.clients[index];
            !client.is_present() || client.base == head && self.cursor(index) == self.log.len()
        };
        (0..CLIENTS).all(is_there).then_some(head)
    }

    fn forget_before(&mut self, rules: Rules, base: Tag) {
        let newest = self.commits().rev().find(|(_, commit)| rules.place(commit).is_some());
        let first = newest.map_or(base, |(tag, _)| tag);
        // What a newcomer will find in common with the others.
        let shared = if first == base { 0 } else { self.commit(first).bases };
        let keep: Vec<_> = (0..self.log.len())
            .map(|position| match self.log[position] {
                Entry::Commit(_) => {
                    position == usize::from(base) || position == usize::from(first) || has(shared, position)
                }
                Entry::Message { .. } => position > usize::from(base),
                Entry::Leave { .. } => false,
            })
            .collect();
        for client in &mut self.clients {
            client.common = None;
        }
        for entry in &mut self.log {
            if let Entry::Commit(commit) = entry {
                commit.common = None;
            }
        }
        self.retain(&keep);
        self.count_epochs_anew();
    }

    /// Commits of attackers that opened for nobody and say nothing.
    fn drop_garbage(&mut self, rules: Rules, processed: usize) {
        let mut used: Set = single(self.head().into());
        for client in self.clients.iter().filter(|client| client.is_present()) {
            used |= client.history | client.branch | client.refused | single(client.base.into());
        }
        for (_, commit) in self.commits() {
            used |= commit.bases;
        }
        let keep: Vec<_> = (0..self.log.len())
            .map(|position| match &self.log[position] {
                Entry::Commit(commit) => position >= processed || has(used, position) || rules.place(commit).is_some(),
                Entry::Leave { .. } => position >= processed,
                Entry::Message { .. } => true,
            })
            .collect();
        self.retain(&keep);
    }

    fn retain(&mut self, keep: &[bool]) {
        if keep.iter().all(|keep| *keep) {
            return;
        }
        let place = |position: usize| keep[..position].iter().filter(|keep| **keep).count() as Tag;
        let tag = |tag: Tag| match keep.get(usize::from(tag)) {
            Some(true) => place(usize::from(tag)),
            _ => FORGOTTEN,
        };
        let set = |tags: Set| {
            let kept = (0..keep.len()).filter(|position| has(tags, *position) && keep[*position]);
            kept.fold(0, |set, position| set | single(place(position).into()))
        };
        for client in self.clients.iter_mut().filter(|client| client.is_present()) {
            client.base = tag(client.base);
            client.history = set(client.history);
            client.branch = set(client.branch);
            client.refused = set(client.refused);
            if client.phase == Phase::Offline {
                client.cursor = place(client.cursor.into());
            }
            if let Some(pending) = &mut client.pending {
                pending.follows = pending.follows.map(tag);
            }
            client.common = client.common.map(tag);
        }
        let mut position = 0;
        self.log.retain(|_| {
            position += 1;
            keep[position - 1]
        });
        for entry in &mut self.log {
            match entry {
                Entry::Commit(commit) => {
                    commit.parent = tag(commit.parent);
                    commit.bases = set(commit.bases);
                    commit.common = commit.common.map(tag).filter(|common| *common != FORGOTTEN);
                }
                Entry::Message { base, .. } | Entry::Leave { base, .. } => *base = tag(*base),
            }
        }
    }

    /// Only the order of epochs matters, so those of the past are numbered without gaps.
    fn count_epochs_anew(&mut self) {
        let first = self.commits().map(|(_, commit)| commit.epoch).min().unwrap_or_default();
        let trees = self.commits().map(|(_, commit)| commit.tree);
        let trees: Vec<_> = trees.chain(self.clients.iter().map(|client| client.roster)).collect();
        let mut past: Vec<u8> = trees.iter().flat_map(|tree| tree.0).filter(|since| *since < first).collect();
        past.sort_unstable();
        past.dedup();
        // Epochs that count begin at 1.
        let start = past.len() as u8 + 1;
        let number = |epoch: u8| match past.binary_search(&epoch) {
            Ok(rank) => rank as u8 + 1,
            Err(_) if epoch >= first => epoch - first + start,
            Err(_) => epoch,
        };
        let tree = |tree: &mut crate::state::Tree| {
            for since in tree.0.iter_mut().filter(|since| **since != crate::state::ABSENT) {
                *since = number(*since);
            }
        };
        for client in &mut self.clients {
            tree(&mut client.roster);
        }
        for entry in &mut self.log {
            if let Entry::Commit(commit) = entry {
                commit.epoch = number(commit.epoch);
                tree(&mut commit.tree);
            }
        }
    }
}
