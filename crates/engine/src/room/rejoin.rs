//! Going over to another branch (protocol 4.6.7): back to the door, a look at what the relay has, and either a rejoin that the
//! rules allow, or a question to a person.

use std::collections::BTreeMap;

use conclave_crypto::{
    fork_choice::{self, Choice},
    group::Member,
    verification,
};
use conclave_proto::id::Tag;
use conclave_seal::sign::SigningKey;
use conclave_store::{Phase, StoreError};

use super::{
    branch::{Circumstances, Fork},
    former_leaf::{self, FormerLeaf},
    join::Found,
    machine::{Fault, LinkState, Machine},
    step::StepError,
};
use crate::{
    clock::Now,
    event::Event,
    snapshot::{LinkFault, Reorganised},
};

impl Machine {
    /// Goes back to the door, where GroupInfos are read, on a connection of its own: nothing is processed meanwhile that the
    /// group of another branch could open. An own commit that was under way goes; it belongs to this branch.
    pub(super) fn go_to_the_door(&mut self, now: Now) -> Result<(), Fault> {
        // Whoever is on the way out does not come in again.
        let phase = self.record.phase;
        let Some(code) = self.group.as_ref().map(|group| group.code().secret().to_bytes()) else { return Ok(()) };
        if !matches!(phase, Phase::Member | Phase::AwaitingConfirmation) {
            return Ok(());
        }
        self.step(now, |step| {
            if step.group()?.has_pending_commit() {
                step.with_group(|group, state, _| group.clear_pending(state))?;
            }
            step.tx.clear_pending()?;
            step.tx.set_secret(super::CODE, code.as_slice())?;
            step.record.phase = Phase::Joining;
            step.changes.summary = true;
            Ok(())
        })?;
        self.doubt.came_from(phase);
        self.redial(now);
        Ok(())
    }

    /// This client cannot read on: the relay no longer has what comes next, or does not know the own epoch, or the own group
    /// failed.
    pub(super) fn lose_the_way(&mut self, now: Now) {
        self.doubt.lose_the_way();
        if self.go_to_the_door(now).is_err() {
            self.link = LinkState::Stopped { fault: LinkFault::Storage };
        }
    }

    /// Whether this client stood on a base.
    pub(super) fn has_passed(&mut self, tag: Tag) -> Result<bool, Fault> {
        Ok(self.store.read(|tx| tx.bases())?.iter().any(|base| base.tag == tag.0))
    }

    /// All GroupInfos were looked at: rejoins where the rules say or a person agreed, asks a person, or turns back.
    pub(super) fn end_of_walk(&mut self, now: Now, head: Tag) -> Result<(), Fault> {
        let mut found = self.session.as_mut().map(|session| std::mem::take(&mut session.found)).unwrap_or_default();
        let Some(group) = self.group.as_ref() else { return Err(Fault::Stop(LinkFault::StateDamaged)) };
        let (mut fork, removed) =
            self.store.read(|tx| Ok::<_, StepError>((Fork::read(tx)?, tx.removed_leaf_keys()?)))?;
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
        let everybody = |tag: Tag| {
            let members = trees.get(&tag).map(Vec::as_slice).unwrap_or_default();
            Some(members.iter().map(Member::seniority).collect())
        };
        let ranks = |tag: Tag| {
            let members = trees.get(&tag).map(Vec::as_slice).unwrap_or_default();
            // Nobody follows by itself to where somebody is back who was seen removed.
            let is_back = members.iter().any(|member| removed.contains(&member.leaf_key.0));
            if is_back { Some(Vec::new()) } else { everybody(tag) }
        };
        let circumstances =
            Circumstances { was_live: self.doubt.was_live(), confirmed: true, refused: self.doubt.refused() };
        let choice = match self.doubt.consent() {
            Some(agreed) => Some(Choice::Follow(agreed)),
            None => {
                let ruled = fork.ask(group.as_ref(), head, circumstances, ranks, fork_choice::follow);
                // A leave that only the own branch heard of keeps nobody apart for ever: a person sees who is back.
                ruled.or_else(|| {
                    match fork.ask(group.as_ref(), head, circumstances, everybody, fork_choice::follow)? {
                        Choice::Follow(tag) | Choice::Ask(tag) => Some(Choice::Ask(tag)),
                        Choice::Settled | Choice::Repair | Choice::Read(_) => None,
                    }
                })
            }
        };
        let refused = fork.ask(group.as_ref(), head, circumstances, everybody, fork_choice::refused);
        for tag in fork.tags() {
            self.doubt.set_tree(tag, ranks(tag).unwrap_or_default());
        }
        let target = match choice {
            Some(Choice::Follow(tag)) => found.iter().find(|found| found.tag == tag && trees.contains_key(&tag)),
            _ => None,
        };
        if let Some(target) = target {
            let tree = trees.get(&target.tag).map(Vec::as_slice).unwrap_or_default();
            return self.go_over(now, head, &fork, target, tree);
        }
        // What was agreed to is there no more.
        self.doubt.take_consent();
        let confirmed = !self.doubt.came_unconfirmed();
        let asked = match choice {
            Some(Choice::Ask(tag)) => found.iter().find(|found| found.tag == tag),
            // The newest one that somebody known vouches for; if this client cannot read on, of anybody.
            _ if self.doubt.lost_the_way() || !self.doubt.was_live() || !confirmed => {
                let known = |found: &&Found| {
                    let signer = found.place.signer;
                    self.doubt.lost_the_way()
                        || !confirmed
                        || group.roster().iter().any(|member| member.leaf_key == signer)
                };
                found.iter().filter(|found| !refused.contains(&found.tag)).find(known)
            }
            _ => None,
        };
        if let Some((found, members)) = asked.and_then(|found| Some((found, trees.get(&found.tag)?))) {
            self.ask_about(found, members);
        }
        self.turn_back(now)?;
        // The old place may still be good later; whether the others still know this member, their next word shows.
        if self.doubt.lost_the_way() { Err(Fault::Stop(LinkFault::StateDamaged)) } else { Ok(()) }
    }

    /// Rejoins at a commit, in place of the own leaf.
    fn go_over(&mut self, now: Now, head: Tag, fork: &Fork, found: &Found, tree: &[Member]) -> Result<(), Fault> {
        let rejoin = self.own_place_in(fork, found, tree)?;
        let named = fork.named_base(now.unix, found.tag, &found.place);
        if self.doubt.consent().is_none()
            && let Some(pause) = self.doubt.tries(now.steady)
        {
            if let Some(session) = self.session.as_mut() {
                session.quiet_until = pause;
            }
            return Ok(());
        }
        self.doubt.take_consent();
        self.build_join(now, head, found, rejoin.as_ref(), named)
    }

    /// The own leaf key, to take the place of the own leaf, or of one that this client had before. None for a new leaf, where
    /// none of them is in the tree because it came after the branches parted, or nobody can tell and a person agreed.
    fn own_place_in(&mut self, fork: &Fork, found: &Found, tree: &[Member]) -> Result<Option<SigningKey>, Fault> {
        let Some(group) = self.group.as_ref() else { return Ok(None) };
        let key = group.leaf_key();
        if tree.iter().any(|member| member.leaf_key.0 == key.public()) {
            return Ok(Some(SigningKey::from_seed(&key.expose_seed())));
        }
        let stored = self.store.read(|tx| tx.secret(super::FORMER_LEAVES))?;
        let former = stored.map_or(Some(Vec::new()), |stored| former_leaf::read(&stored)).ok_or(StoreError::Damaged)?;
        let is_there = |leaf: &FormerLeaf| tree.iter().any(|member| member.leaf_key == leaf.public());
        if let Some(leaf) = former.into_iter().find(is_there) {
            return Ok(Some(leaf.key));
        }
        let came = group.own().and_then(|own| own.credential.since);
        let later = fork
            .shared_base(found.tag, &found.place)
            .is_some_and(|shared| came.is_none_or(|since| since > shared.epoch));
        // Otherwise that branch has removed this member.
        if later || self.doubt.consent().is_some() { Ok(None) } else { Err(Fault::Stop(LinkFault::StateDamaged)) }
    }

    fn ask_about(&mut self, found: &Found, members: &[Member]) {
        let Some(group) = self.group.as_ref() else { return };
        let hash =
            verification::roster_hash_with(group.as_ref(), members.iter().map(|member| member.leaf_key).collect());
        let by = members.iter().find(|member| member.leaf_key == found.place.signer);
        let question = Reorganised {
            can_stay: self.can_stay(),
            branch: data_encoding::HEXLOWER.encode(found.tag.as_bytes()),
            by: by.map(|member| member.credential.nick.clone()).unwrap_or_default(),
            // Where the group failed, the newest commit may be an own one that no copy made.
            own: !self.doubt.lost_the_way() && group.leaf_key().public() == found.place.signer.0,
            people: members.iter().map(|member| member.credential.nick.clone()).collect(),
            words: verification::words(&hash).iter().map(|word| (*word).to_owned()).collect(),
        };
        if self.doubt.ask(found.tag, question) {
            self.emit(Event::PeopleChanged { room: self.handle.clone() });
        }
        self.tell_summary();
    }

    /// The door was of no use: this client is again what it was before.
    pub(super) fn turn_back(&mut self, now: Now) -> Result<(), StepError> {
        let phase = self.doubt.turn_back();
        self.step(now, |step| {
            step.tx.delete_secret(super::CODE)?;
            step.record.phase = phase;
            step.changes.summary = true;
            Ok(())
        })
    }

    /// A person agrees to rejoin where the question says: once, and only at the branch that was shown.
    pub(crate) fn rejoin(&mut self, now: Now, branch: &str) -> Result<(), StepError> {
        if !self.doubt.agree(branch) {
            return Err(StepError::NotNow);
        }
        match self.go_to_the_door(now) {
            Ok(()) => Ok(()),
            Err(Fault::Step(error)) => Err(error),
            Err(_) => Err(StepError::NotNow),
        }
    }

    /// Whether this client can go on where it is: it can read on, so it has a base to repair at, and the relay takes commits of
    /// other epochs than the head's.
    pub(super) fn can_stay(&self) -> bool {
        !self.doubt.lost_the_way() && !self.record.locked
    }

    /// A person refuses to rejoin where the question says, and only there: this client repairs at its own base, at once.
    pub(crate) fn stay(&mut self, branch: &str) -> Result<(), StepError> {
        let member = matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        if !member || !self.can_stay() || !self.doubt.refuse(branch) {
            return Err(StepError::NotNow);
        }
        self.timers.commit = None;
        self.tell_summary();
        Ok(())
    }
}
