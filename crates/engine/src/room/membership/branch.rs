//! Branches of the log: the bases that this client stood on, commits that others may stand on, and what is published again
//! for whoever comes over from another branch (protocol 4.6.7).

use std::collections::{BTreeMap, BTreeSet};

use conclave_crypto::{
    fork_choice::{self, Branch, HISTORY, Seniority, Standing},
    group::{Group, Member},
};
use conclave_proto::{
    id::{PublicKey, Tag},
    place::CommitPlace,
};
use conclave_store::{BaseRow, BranchRow, StoreError};

use super::super::{
    message::KEPT,
    step::{Step, StepError},
};
use crate::door::open_place;

/// What fork choice needs: where this client stood, and the commits behind its base.
#[derive(Debug)]
pub(crate) struct Fork {
    pub(crate) bases: Vec<BaseRow>,
    branches: BTreeMap<u64, (Tag, CommitPlace)>,
    /// By commit: the base that somebody named who came over.
    named: BTreeMap<Tag, Tag>,
    /// Own commits that were given up, and came into the log all the same: nobody goes on from them.
    given_up: BTreeSet<Tag>,
}

/// What fork choice needs besides: how the doubt came about, and what a person has said to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'a> {
    /// This client was live when the doubt began.
    pub(crate) was_live: bool,
    /// Somebody has confirmed it.
    pub(crate) confirmed: bool,
    /// Where its person refused to rejoin.
    pub(crate) refused: &'a [Tag],
}

impl Fork {
    pub(crate) fn read(reader: &conclave_store::RoomReader<'_>) -> Result<Self, StepError> {
        let mut branches = BTreeMap::new();
        for row in reader.branches()? {
            let place = CommitPlace::parse(&row.place).map_err(|_| StoreError::Damaged)?;
            branches.insert(row.seq, (Tag(row.tag), place));
        }
        let named = reader.named_forks()?.into_iter().map(|(tag, fork)| (Tag(tag), Tag(fork))).collect();
        let given_up = reader.given_up()?.into_iter().map(Tag).collect();
        Ok(Self { bases: reader.bases()?, branches, named, given_up })
    }

    /// Adds a commit that was seen at the door.
    pub(crate) fn add(&mut self, seq: u64, tag: Tag, place: &CommitPlace) {
        self.branches.insert(seq, (tag, place.clone()));
        self.named.extend(place.fork.map(|fork| (tag, fork)));
    }

    /// The commits behind the own base, in the order of the log.
    pub(crate) fn tags(&self) -> impl Iterator<Item = Tag> {
        self.branches.values().map(|(tag, _)| *tag)
    }

    /// Asks fork choice, with what this client remembers of the doubt and with the trees that have been read. One without
    /// members stands for a GroupInfo that nobody has any more.
    pub(crate) fn ask<T>(
        &self,
        group: &dyn Group,
        head: Tag,
        Circumstances { was_live, confirmed, refused }: Circumstances<'_>,
        tree: impl Fn(Tag) -> Option<Vec<Seniority>>,
        question: impl FnOnce(&Standing<'_>, &[Branch<'_>]) -> T,
    ) -> T {
        let trees: Vec<_> = self.tags().map(tree).collect();
        let branches = self.branches.values().zip(&trees).map(|((tag, place), tree)| Branch {
            tag: *tag,
            signer: place.signer,
            bases: &place.bases,
            tree: tree.as_deref(),
        });
        let branches: Vec<_> = branches.collect();
        let history: Vec<_> = self.bases.iter().map(|base| Tag(base.tag)).collect();
        let roster: Vec<Seniority> = group.roster().iter().map(Member::seniority).collect();
        let leaving = group.leaving();
        let asked = group.roster().iter().filter(|member| leaving.contains(&member.leaf));
        let leaving: Vec<_> = asked.map(|member| member.leaf_key).collect();
        let standing = Standing {
            base: group.base(),
            head,
            history: &history,
            roster: &roster,
            own: PublicKey(group.leaf_key().public()),
            was_live,
            confirmed,
            leaving: &leaving,
            refused,
        };
        question(&standing, &branches)
    }

    /// Whether somebody signed a commit of a branch since it left the own history, other than one that was given up here.
    pub(crate) fn has_signed(&self, signer: PublicKey, tag: Tag) -> bool {
        let Some((_, place)) = self.branches.values().find(|(known, _)| *known == tag) else { return false };
        let part = self.part(tag, place);
        let is_of_part = |tag: &Tag| part.contains(tag) && !self.given_up.contains(tag);
        self.branches.values().any(|(tag, place)| place.signer == signer && is_of_part(tag))
    }

    /// The commits of the branch of a commit since it left the own history, itself among them.
    fn part(&self, tag: Tag, place: &CommitPlace) -> BTreeSet<Tag> {
        let history: Vec<_> = self.bases.iter().map(|base| Tag(base.tag)).collect();
        let log = self.branches.values().map(|(tag, place)| (*tag, &place.bases[..]));
        let mut part = fork_choice::part_of_branch(&history, log, &place.bases);
        part.insert(tag);
        part
    }

    /// The bases that the known commits of a part of a branch name.
    fn bases_of<'a>(&'a self, part: &'a BTreeSet<Tag>, place: &'a CommitPlace) -> impl Iterator<Item = &'a [Tag]> {
        let known = self.branches.values().filter(|(tag, _)| part.contains(tag));
        known.map(|(_, place)| &place.bases[..]).chain([&place.bases[..]])
    }

    /// The newest base that the branch of a commit shares.
    pub(crate) fn shared_base(&self, tag: Tag, place: &CommitPlace) -> Option<&BaseRow> {
        let part = self.part(tag, place);
        let named: BTreeSet<&Tag> = self.bases_of(&part, place).flatten().collect();
        let is_shared = |base: &&BaseRow| base.tag == tag.0 || named.contains(&Tag(base.tag));
        self.bases.iter().filter(is_shared).max_by_key(|base| base.seq)
    }

    /// The base that this client names when it rejoins at a commit with this place.
    pub(crate) fn named_base(&self, now: u64, tag: Tag, place: &CommitPlace) -> Option<Tag> {
        let mut history = self.bases.clone();
        history.sort_by_key(|base| base.seq);
        let part = self.part(tag, place);
        let is_kept = |base: &&BaseRow| base.named_at != 0 && base.named_at.saturating_add(KEPT) > now;
        let own = history.iter().find(is_kept).map(|base| Tag(base.tag));
        let named = part.iter().filter_map(|tag| self.named.get(tag)).copied().chain(own);
        let tags: Vec<_> = history.iter().map(|base| Tag(base.tag)).collect();
        fork_choice::common_base(&tags, self.bases_of(&part, place), named)
    }
}

impl Step<'_, '_> {
    /// Keeps a commit that was not applied, if its place is valid: somebody may stand on it.
    pub(crate) fn sight(&mut self, seq: u64, tag: Tag, sealed: Option<&[u8]>) -> Result<(), StepError> {
        let Some(place) = open_place(self.keys, self.room_id(), tag, sealed) else { return Ok(()) };
        let signer = place.signer;
        let member = self.group()?.roster().iter().any(|member| member.leaf_key == signer);
        if let Some(fork) = place.fork {
            self.tx.add_named_fork(seq, &tag.0, &fork.0, NAMED)?;
        }
        let place = place.as_bytes().to_vec();
        self.tx.set_branch(&BranchRow { signer: signer.0, member, seq, tag: tag.0, place }, STRANGERS)?;
        Ok(())
    }

    /// Stands on the group's base from now on.
    pub(crate) fn stand_on_base(&mut self, seq: u64) -> Result<(), StepError> {
        let group = self.group()?;
        let base = BaseRow { tag: group.base().0, seq, epoch: group.epoch(), on_branch: true, named_at: 0 };
        self.tx.add_base(&base, HISTORY)?;
        self.tx.clear_branches()?;
        Ok(())
    }

    /// The bases of the own branch, newest first, as a place names them.
    pub(crate) fn branch_bases(&self) -> Result<Vec<Tag>, StepError> {
        let bases = self.tx.bases()?;
        Ok(bases.iter().rev().filter(|base| base.on_branch).map(|base| Tag(base.tag)).collect())
    }

    /// Goes over to the branch that the group was just taken to: its bases, as the own place names them, and the own commit.
    pub(crate) fn stand_on_branch(&mut self, seq: u64, own: &CommitPlace) -> Result<(), StepError> {
        let known = self.tx.bases()?;
        self.tx.leave_branch()?;
        for row in rows_of(&own.bases, self.group()?.epoch(), &known) {
            self.tx.add_base(&row, HISTORY)?;
        }
        self.stand_on_base(seq)
    }
}

/// The rows of the bases before an epoch, of which `bases` names the newest first; the oldest row first. One that this client has
/// not read counts as read with the one before it: nothing that came after that has reached everybody on the branch, and in the
/// order of their numbers no base stands before those that it follows.
fn rows_of(bases: &[Tag], epoch: u64, known: &[BaseRow]) -> Vec<BaseRow> {
    let mut seq = 0;
    let age = |at: usize| u64::try_from(at).unwrap_or(u64::MAX).saturating_add(1);
    let rows = bases.iter().enumerate().rev().map(|(at, tag)| {
        seq = known.iter().find(|row| row.tag == tag.0).map_or(seq, |row| row.seq.max(seq));
        BaseRow { tag: tag.0, seq, epoch: epoch.saturating_sub(age(at)), on_branch: true, named_at: 0 }
    });
    rows.collect()
}

/// Commits of signers who are no members, of which the newest are kept: somebody who joined another branch may lead its tip.
const STRANGERS: u32 = 32;
/// Commits of which it is remembered that they named a base.
const NAMED: u32 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    /// Dave stood on base 2 when the branches parted, read it at 17, and never read 3; in the order of the log 3 came after 2.
    #[test]
    fn a_base_that_was_not_read_stands_behind_those_that_it_follows() {
        let row = |tag: u8, seq, epoch| BaseRow { tag: [tag; 16], seq, epoch, on_branch: true, named_at: 0 };
        let known = [row(1, 9, 1), row(2, 17, 2), row(7, 20, 3), row(3, 0, 3)];
        let rows = rows_of(&[4, 3, 2, 1].map(|tag| Tag([tag; 16])), 5, &known);
        let rows: Vec<_> = rows.iter().map(|row| (row.tag[0], row.seq, row.epoch)).collect();
        assert_eq!(rows, [(1, 9, 1), (2, 17, 2), (3, 17, 3), (4, 17, 4)]);
    }
}
