//! Fork choice (protocol 4.6.7): what a client does while the newest commit of the relay is not the one it stands on.
//!
//! A commit can be crafted so that it opens for nobody, for one member, or for all but one, so members may stand on different
//! *bases* of one log. None of them can tell who is right, but all of them can see who is senior. Hence three rules, decided
//! here as pure functions that the engine and the model checker call alike:
//!
//! * **Repair:** whoever was there when the doubt began commits at the own base, on top of the newest commit. Everybody who
//!   stands on that base applies it.
//! * **Follow:** whoever sees a commit by somebody *senior* to itself on another branch rejoins there, at its *tip*. Seniority
//!   is a total order, so following ends at the most senior member who speaks; a branch of juniors only is never followed, so
//!   whoever came last, and however many of them, leads nobody away.
//! * **Ask:** in every other case a person decides. A *yes* is one rejoin there. A *no* makes that commit, and what led to it, as
//!   good as passed while the doubt lasts: it is neither followed nor asked about again, and what continues it counts only
//!   where somebody senior has signed behind it. So whoever says no repairs, and the others see where it stays.
//!
//! The tip, not the senior's own commit: where somebody else rejoined first, that commit is no longer where its members stand.
//! Who rejoined there all the same would stand alone on the newest commit, lead its own juniors away, and so on in turn.
//! A junior can claim to be the tip, and hold whoever believes it until the others answer; each time costs it a commit. So a
//! tip's tree has to be one that the senior can have left behind: with everybody senior to it, all with the ranks they had,
//! and nobody unknown who would be senior to it.
//!
//! # Example
//!
//! Mallory, who has the code, joins with a commit that only Bob can open. Alice repairs, Bob sees that she is senior to him.
//!
//! ```
//! use conclave_crypto::fork_choice::{Branch, Choice, Seniority, Standing, choose};
//! use conclave_proto::id::{PublicKey, Tag};
//!
//! let [alice, bob, mallory] = [1, 2, 3].map(|n| PublicKey([n; 32]));
//! let senior = |since, key| Seniority::new(Some(since), key);
//! let (common, crafted, repair) = (Tag([1; 16]), Tag([2; 16]), Tag([3; 16]));
//!
//! let roster = [senior(0, alice), senior(1, bob)];
//! let here = Standing {
//!     base: common, head: crafted, history: &[common], roster: &roster, own: alice, was_live: true,
//!     confirmed: true, leaving: &[], refused: &[],
//! };
//! assert_eq!(choose(&here, &[]), Choice::Repair);
//!
//! let roster = [senior(0, alice), senior(1, bob), senior(2, mallory)];
//! let here = Standing {
//!     base: crafted, head: repair, history: &[common, crafted], roster: &roster, own: bob, was_live: true,
//!     confirmed: true, leaving: &[], refused: &[],
//! };
//! let tree = [senior(0, alice), senior(1, bob)];
//! let branch = Branch { tag: repair, signer: alice, bases: &[common], tree: Some(&tree) };
//! assert_eq!(choose(&here, &[branch]), Choice::Follow(repair));
//! ```

use std::collections::{BTreeMap, BTreeSet};

use conclave_proto::{
    id::{PublicKey, Tag},
    limits,
};

/// The rank of a member: the smaller is senior. Leaf indices say nothing, since newcomers fill the leftmost blank one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seniority {
    since: u64,
    key: PublicKey,
}

impl Seniority {
    /// The rank of a leaf that came in this epoch; without one it is the youngest. The owner's is 0. Epochs of a branch have
    /// one committer each, so two leaves share an epoch in crafted trees only; there the keys decide.
    #[must_use]
    pub const fn new(since: Option<u64>, key: PublicKey) -> Self {
        // `unwrap_or` is not const.
        let since = if let Some(epoch) = since { epoch } else { u64::MAX };
        Self { since, key }
    }

    /// The leaf key that has this rank.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }
}

/// Where a client stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The commit that began its epoch.
    pub base: Tag,
    /// The newest commit of the relay, as far as it has read.
    pub head: Tag,
    /// The last bases that it passed or followed, at most [`HISTORY`], the current one among them.
    pub history: &'a [Tag],
    /// The members of its tree.
    pub roster: &'a [Seniority],
    /// Its own leaf key.
    pub own: PublicKey,
    /// Whether it was connected and up to date when `head` first differed from `base`.
    pub was_live: bool,
    /// Whether anybody of its tree has answered since it joined (protocol 4.6.3).
    pub confirmed: bool,
    /// Leaf keys of members that it has seen asking to leave.
    pub leaving: &'a [PublicKey],
    /// Commits at which its person refused to rejoin since the doubt began.
    pub refused: &'a [Tag],
}

/// A commit behind the own base that came with a valid place, and so a branch that others may stand on.
#[derive(Debug, Clone, Copy)]
pub struct Branch<'a> {
    /// The commit.
    pub tag: Tag,
    /// The leaf key that signed place and GroupInfo.
    pub signer: PublicKey,
    /// The last bases of the branch before the commit.
    pub bases: &'a [Tag],
    /// The members of the tree of its GroupInfo; absent until that was read, empty if nobody has it any more. Then nobody can
    /// rejoin there, but its signer still spoke on that branch.
    pub tree: Option<&'a [Seniority]>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: the client stands on the newest commit.
    Settled,
    /// Commit new keys at the own base, on top of the head.
    Repair,
    /// Read the GroupInfo of this commit and choose again.
    Read(Tag),
    /// Rejoin at this commit.
    Follow(Tag),
    /// A person decides whether to rejoin at this commit: the newest one by somebody of the own tree, or what goes on from it.
    Ask(Tag),
}

/// Chooses. `branches` are those behind the own base, in the order of the log.
#[must_use]
pub fn choose(standing: &Standing<'_>, branches: &[Branch<'_>]) -> Choice {
    if standing.head == standing.base {
        return Choice::Settled;
    }
    if let Some(choice) = follow(standing, branches) {
        return choice;
    }
    let refused = refused(standing, branches);
    let is_open = |branch: &&Branch<'_>| !refused.contains(&branch.tag);
    match branches.iter().filter(is_open).rfind(|branch| rank(standing, &branch.signer).is_some()) {
        // The others went on while this client was away, and nobody senior vouches for where they are.
        Some(branch) if !standing.was_live => Choice::Ask(tip(standing, branches, branch.tag)),
        // Whom nobody has answered yet may have been led into a group that somebody invented. The room's members are strangers
        // to it then, as it is to them, and both would repair in turn.
        None if !standing.confirmed => {
            branches.iter().rfind(is_open).map_or(Choice::Repair, |branch| Choice::Ask(branch.tag))
        }
        _ => Choice::Repair,
    }
}

/// What a client does about the newest branch that a senior vouches for: [`Choice::Follow`], [`Choice::Read`] if that depends
/// on its tree, [`Choice::Ask`] if a senior shows a tree that it cannot have left behind. None if there is no such branch.
///
/// It goes to the tip, not to the senior's own commit: others have followed since, and whoever rejoined behind them would
/// stand alone and lead them away again. A tip that a junior signed counts only with a tree that fits.
#[must_use]
pub fn follow(standing: &Standing<'_>, branches: &[Branch<'_>]) -> Option<Choice> {
    let own = rank(standing, &standing.own)?;
    let parts = parts(standing, branches);
    branches.iter().zip(parts).rev().find_map(|(tip, part)| {
        let leader = part.leader.filter(|leader| part.continues && *leader < own)?;
        match tip.tree {
            None => Some(Choice::Read(tip.tag)),
            Some([]) => None,
            Some(tree) if is_whole(standing, leader, tree) => Some(Choice::Follow(tip.tag)),
            Some(_) => rank(standing, &tip.signer).filter(|signer| *signer < own).map(|_| Choice::Ask(tip.tag)),
        }
    })
}

/// Where a person who is asked about this commit would rejoin: at the newest one that goes on from it. Its members compare the words
/// of that tree, and whoever rejoined behind it would part them. The tree has to be one that the signer can have left behind; one
/// that was not read yet is read before anybody is asked.
#[must_use]
pub fn tip(standing: &Standing<'_>, branches: &[Branch<'_>], from: Tag) -> Tag {
    let Some(start) = branches.iter().find(|branch| branch.tag == from) else { return from };
    let Some(signer) = rank(standing, &start.signer) else { return from };
    let refused = refused(standing, branches);
    let goes_on = |branch: &&Branch<'_>| {
        let fits = |tree: &[Seniority]| !tree.is_empty() && is_whole(standing, signer, tree);
        branch.bases.contains(&from) && !refused.contains(&branch.tag) && branch.tree.is_none_or(fits)
    };
    branches.iter().rfind(goes_on).map_or(from, |branch| branch.tag)
}

/// The branches that a person's no covers: what was refused, what led to it, and what goes on from there without anybody senior
/// to this client behind it.
///
/// Had a no covered what a senior commits there later, both would repair in turn for ever.
#[must_use]
pub fn refused(standing: &Standing<'_>, branches: &[Branch<'_>]) -> BTreeSet<Tag> {
    let parts = parts(standing, branches).into_iter();
    branches.iter().zip(parts).filter(|(_, part)| part.is_refused(standing)).map(|(branch, _)| branch.tag).collect()
}

/// The base that somebody names who follows: what was written after it may not have reached everybody on the branch followed.
///
/// `history` is the own one, oldest first; `part` has the bases of the known commits between it and the own rejoin; `named` is
/// what those who followed before named, and this client itself, while it still has the messages. It is the oldest of all these,
/// since a crafted place may claim bases that its branch never had, and whoever followed before may have left the own branch
/// earlier.
#[must_use]
pub fn common_base<'a>(
    history: &[Tag],
    part: impl IntoIterator<Item = &'a [Tag]>,
    named: impl IntoIterator<Item = Tag>,
) -> Option<Tag> {
    let position = |tag: Tag| history.iter().position(|base| *base == tag);
    let shared = |bases: &[Tag]| history.iter().rposition(|base| bases.contains(base));
    let oldest = part.into_iter().filter_map(shared).chain(named.into_iter().filter_map(position)).min()?;
    history.get(oldest).copied()
}

/// The commits of a branch since it left the own history, behind one with these bases. `log` has the known commits behind the own
/// base with the bases of each.
#[must_use]
pub fn part_of_branch<'a>(
    history: &[Tag],
    log: impl IntoIterator<Item = (Tag, &'a [Tag])>,
    bases: &'a [Tag],
) -> BTreeSet<Tag> {
    let log: BTreeMap<Tag, &[Tag]> = log.into_iter().collect();
    let mut part: BTreeSet<Tag> = bases.iter().copied().collect();
    let mut next = window_end(bases, |base| log.contains_key(base));
    while let Some(bases) = next.and_then(|end| log.get(&end)) {
        let known = part.len();
        part.extend(*bases);
        // A crafted place may name what comes after it.
        next = window_end(bases, |base| log.contains_key(base)).filter(|_| part.len() > known);
    }
    part.retain(|tag| !history.contains(tag));
    part
}

/// Where a branch goes on behind the bases that a place names: at the oldest known one, if there are as many as a place takes.
/// Fewer are all of them, and what another place of the branch claims counts for nothing.
fn window_end(bases: &[Tag], is_known: impl Fn(&Tag) -> bool) -> Option<Tag> {
    if bases.len() < limits::BASES { None } else { bases.iter().rev().copied().find(is_known) }
}

/// The rank of a leaf key in the own tree.
fn rank<'a>(standing: &Standing<'a>, key: &PublicKey) -> Option<&'a Seniority> {
    standing.roster.iter().find(|member| member.key == *key)
}

/// What is known of a branch: of its commits since it left the own history.
#[derive(Debug, Clone, Copy, Default)]
struct Part<'a> {
    /// It left the own history somewhere, so it is a branch of this room.
    continues: bool,
    /// The most senior signer, since the last commit of it that was refused.
    leader: Option<&'a Seniority>,
    /// It was refused, or led to what was refused.
    answered: bool,
    /// It goes on from what was refused.
    goes_on: bool,
}

impl Part<'_> {
    fn is_refused(&self, standing: &Standing<'_>) -> bool {
        let own = rank(standing, &standing.own);
        let senior = self.leader.filter(|leader| self.continues && own.is_some_and(|own| *leader < own));
        self.answered || (self.goes_on && senior.is_none())
    }
}

/// Looks at each branch: at the signers of the bases that its place names and that are among `branches`, and at what is behind
/// those, all of which come before it in the log.
fn parts<'a>(standing: &Standing<'a>, branches: &[Branch<'_>]) -> Vec<Part<'a>> {
    let history: BTreeSet<_> = standing.history.iter().collect();
    let log = || branches.iter().map(|branch| (branch.tag, branch.bases));
    let refused = branches.iter().filter(|branch| standing.refused.contains(&branch.tag));
    let led_to = refused.flat_map(|branch| part_of_branch(standing.history, log(), branch.bases));
    let answered: BTreeSet<Tag> = standing.refused.iter().copied().chain(led_to).collect();
    // Of each commit, its signer and what is known of the branch up to it.
    let mut known: BTreeMap<Tag, (Option<&Seniority>, Part<'a>)> = BTreeMap::new();
    let mut parts = Vec::with_capacity(branches.len());
    for branch in branches {
        let end = window_end(branch.bases, |base| known.contains_key(base));
        let mut part = end.and_then(|end| known.get(&end)).map(|(_, part)| *part).unwrap_or_default();
        part.answered = answered.contains(&branch.tag);
        let signer = rank(standing, &branch.signer).filter(|_| !part.answered);
        let below = branch.bases.iter().filter_map(|base| known.get(base)?.0);
        part.leader = part.leader.into_iter().chain(signer).chain(below).min();
        part.continues |= branch.bases.iter().any(|base| history.contains(base));
        part.goes_on |= branch.bases.iter().any(|base| standing.refused.contains(base));
        // A base that was passed is no branch.
        if history.contains(&branch.tag) {
            part = Part::default();
        } else {
            known.insert(branch.tag, (signer, part));
        }
        parts.push(part);
    }
    parts
}

/// Whether a tree can have come from the leader's: everybody senior to it is still there or was seen leaving, everybody known
/// has the known rank, and who is not known, or had no rank yet, came later than the leader.
fn is_whole(standing: &Standing<'_>, leader: &Seniority, tree: &[Seniority]) -> bool {
    let mut seniors = standing.roster.iter().filter(|member| *member <= leader);
    seniors.all(|senior| tree.contains(senior) || standing.leaving.contains(&senior.key))
        && tree.iter().all(|leaf| match rank(standing, &leaf.key) {
            Some(known) if known.since != u64::MAX => known == leaf,
            _ => leaf > leader,
        })
}

/// How many bases a client remembers.
pub const HISTORY: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: PublicKey = PublicKey([1; 32]);
    const BOB: PublicKey = PublicKey([2; 32]);
    const CAROL: PublicKey = PublicKey([3; 32]);
    const MALLORY: PublicKey = PublicKey([4; 32]);
    const EVERYBODY: [Seniority; 4] = [rank(0, ALICE), rank(1, BOB), rank(2, CAROL), rank(3, MALLORY)];
    const A: Seniority = EVERYBODY[0];
    const B: Seniority = EVERYBODY[1];
    const C: Seniority = EVERYBODY[2];

    const fn rank(since: u64, key: PublicKey) -> Seniority {
        Seniority::new(Some(since), key)
    }

    /// Carol stands on base 1 while the relay's head is 9.
    fn carol() -> Standing<'static> {
        Standing {
            base: Tag([1; 16]),
            head: Tag([9; 16]),
            history: &[Tag([0; 16]), Tag([1; 16])],
            roster: &EVERYBODY,
            own: CAROL,
            was_live: true,
            confirmed: true,
            leaving: &[],
            refused: &[],
        }
    }

    fn branch(tag: u8, signer: PublicKey) -> Branch<'static> {
        Branch { tag: Tag([tag; 16]), signer, bases: &[Tag([0; 16])], tree: Some(&EVERYBODY) }
    }

    #[test]
    fn the_newest_branch_of_a_senior_is_followed_and_a_juniors_never() {
        let here = carol();
        let branches = [branch(5, ALICE), branch(6, BOB), branch(7, MALLORY), branch(8, PublicKey([8; 32]))];
        assert_eq!(choose(&here, &branches), Choice::Follow(Tag([6; 16])));
        assert_eq!(choose(&here, &branches[2..]), Choice::Repair, "neither a junior nor a stranger");
        assert_eq!(choose(&here, &[branch(6, CAROL)]), Choice::Repair, "nor a copy of oneself");
        assert_eq!(choose(&Standing { head: here.base, ..here }, &branches), Choice::Settled);
    }

    #[test]
    fn a_branch_must_leave_the_own_history_and_not_go_back_into_it() {
        let here = carol();
        assert_eq!(choose(&here, &[Branch { bases: &[Tag([7; 16])], ..branch(6, ALICE) }]), Choice::Repair);
        assert_eq!(choose(&here, &[Branch { bases: &[], ..branch(6, ALICE) }]), Choice::Repair);
        assert_eq!(choose(&here, &[branch(0, ALICE)]), Choice::Repair, "a base that was passed");
    }

    /// As many bases as a place names, of which these are the oldest.
    fn window(oldest: &[u8]) -> Vec<Tag> {
        let unknown = (100..).take(limits::BASES.saturating_sub(oldest.len()));
        unknown.chain(oldest.iter().copied()).map(|n| Tag([n; 16])).collect()
    }

    #[test]
    fn a_branch_that_went_on_for_longer_than_a_place_tells_is_still_one() {
        let here = Standing { own: BOB, ..carol() };
        let (zero, five, six) = ([Tag([0; 16])], window(&[5]), window(&[6]));
        let first = Branch { bases: &zero, ..branch(5, ALICE) };
        let second = Branch { bases: &five, ..branch(6, CAROL) };
        let third = Branch { bases: &six, ..branch(7, MALLORY) };
        assert_eq!(
            choose(&here, &[first, second, third]),
            Choice::Follow(Tag([7; 16])),
            "each goes on from its oldest"
        );
        assert_eq!(choose(&here, &[first, third]), Choice::Follow(Tag([5; 16])), "a link is missing");
        assert_eq!(choose(&here, &[second, third]), Choice::Repair, "and of these the first");

        let log = [(Tag([5; 16]), &zero[..]), (Tag([6; 16]), &five), (Tag([7; 16]), &six), (Tag([8; 16]), &zero)];
        let part = part_of_branch(here.history, log, &six);
        assert!([5, 6].iter().all(|n| part.contains(&Tag([*n; 16]))) && !part.contains(&zero[0]), "{part:?}");
        assert_eq!(part.len(), limits::BASES + 1, "whose places are known or not");
        let around = [(Tag([5; 16]), &six[..]), (Tag([6; 16]), &five)];
        assert_eq!(part_of_branch(here.history, around, &six).len(), limits::BASES + 1, "places that name each other");
    }

    #[test]
    fn what_a_crafted_place_claims_is_not_inherited() {
        let here = Standing { own: BOB, ..carol() };
        let (zero, claimed, real) = ([Tag([0; 16])], [Tag([5; 16]), Tag([0; 16])], [Tag([6; 16]), Tag([0; 16])]);
        let lie = Branch { bases: &claimed, tree: Some(&[]), ..branch(6, MALLORY) };
        let honest = Branch { bases: &real, ..branch(7, CAROL) };
        let alices = Branch { bases: &zero, tree: Some(&[]), ..branch(5, ALICE) };
        assert_eq!(
            choose(&here, &[alices, lie, honest]),
            Choice::Repair,
            "Carol says who was there, and it was not Alice"
        );
    }

    #[test]
    fn nobody_senior_to_a_leader_may_have_vanished_unless_they_were_seen_leaving() {
        let here = carol();
        let without_alice = [Branch { tree: Some(&[B, C]), ..branch(6, BOB) }];
        assert_eq!(choose(&here, &without_alice), Choice::Ask(Tag([6; 16])), "Bob may have seen her leave, or not");
        assert_eq!(choose(&Standing { leaving: &[ALICE], ..here }, &without_alice), Choice::Follow(Tag([6; 16])));
        let without_bob = [Branch { tree: Some(&[A, C]), ..branch(6, ALICE) }];
        assert_eq!(choose(&here, &without_bob), Choice::Follow(Tag([6; 16])), "juniors of a leader may be elsewhere");
        assert_eq!(choose(&here, &[Branch { tree: None, ..branch(6, BOB) }]), Choice::Read(Tag([6; 16])));
        let lost = Branch { tree: Some(&[]), ..branch(6, BOB) };
        assert_eq!(
            choose(&here, &[branch(5, ALICE), lost]),
            Choice::Follow(Tag([5; 16])),
            "no GroupInfo, no way there"
        );
        let tip = Branch { bases: &[Tag([0; 16]), Tag([6; 16])], ..branch(7, MALLORY) };
        assert_eq!(choose(&here, &[lost, tip]), Choice::Follow(Tag([7; 16])), "but somebody has rejoined behind it");
    }

    #[test]
    fn a_person_is_asked_about_where_the_others_are_now() {
        let here = Standing { was_live: false, ..carol() };
        let (known, stranger) = (branch(6, MALLORY), PublicKey([8; 32]));
        let everybody = [&EVERYBODY[..], &[rank(4, stranger)]].concat();
        let newcomer = Branch { bases: &[Tag([6; 16]), Tag([0; 16])], tree: Some(&everybody), ..branch(7, stranger) };
        assert_eq!(choose(&here, &[known, newcomer]), Choice::Ask(Tag([7; 16])), "whose words they read out");
        assert_eq!(
            choose(&here, &[known, Branch { tree: None, ..newcomer }]),
            Choice::Ask(Tag([7; 16])),
            "once it is read"
        );
        for tree in [&[][..], &everybody[1..]] {
            let made_up = Branch { tree: Some(tree), ..newcomer };
            assert_eq!(choose(&here, &[known, made_up]), Choice::Ask(Tag([6; 16])), "nobody is there, or Alice is not");
        }
        let elsewhere = Branch { bases: &[Tag([0; 16])], ..newcomer };
        assert_eq!(choose(&here, &[known, elsewhere]), Choice::Ask(Tag([6; 16])), "it does not go on from there");
        let no = Standing { refused: &[Tag([7; 16])], ..here };
        assert_eq!(choose(&no, &[known, newcomer]), Choice::Repair, "a no to it is one to what led to it");
    }

    #[test]
    fn the_tip_of_a_seniors_branch_is_followed_whoever_committed_last() {
        let here = Standing { own: BOB, ..carol() };
        let behind = [Tag([0; 16]), Tag([5; 16])];
        let tip = Branch { bases: &behind, ..branch(6, CAROL) };
        assert_eq!(choose(&here, &[branch(5, ALICE), tip]), Choice::Follow(Tag([6; 16])), "Alice went on there");
        assert_eq!(
            choose(&here, &[branch(5, ALICE), branch(6, CAROL)]),
            Choice::Follow(Tag([5; 16])),
            "another branch"
        );
        let newcomer = PublicKey([8; 32]);
        let tree = [A, B, C, rank(9, newcomer)];
        let joined = Branch { signer: newcomer, tree: Some(&tree), ..tip };
        assert_eq!(choose(&here, &[branch(5, ALICE), joined]), Choice::Follow(Tag([6; 16])));
        assert_eq!(choose(&here, &[joined]), Choice::Repair, "a senior vouches only with a place that came");
        let passed = Standing { history: &behind, ..here };
        assert_eq!(choose(&passed, &[branch(5, ALICE), tip]), Choice::Repair, "Alice's part of it is no news");
    }

    #[test]
    fn a_tree_that_a_senior_cannot_have_left_behind_is_not_followed() {
        let here = Standing { own: BOB, ..carol() };
        let behind = [Tag([0; 16]), Tag([5; 16])];
        let tip = |tree| Branch { bases: &behind, tree: Some(tree), ..branch(6, MALLORY) };
        let alices = Choice::Follow(Tag([5; 16]));
        let ghost = [A, B, C, Seniority::new(Some(0), PublicKey([0; 32]))];
        assert_eq!(choose(&here, &[branch(5, ALICE), tip(&ghost)]), alices, "an unknown senior");
        let promoted = [A, B, C, rank(0, MALLORY)];
        assert_eq!(choose(&here, &[branch(5, ALICE), tip(&promoted)]), alices, "a junior with another rank");
        assert_eq!(choose(&here, &[branch(5, ALICE), tip(&[B, C])]), alices, "without her who vouches");
        let copied = Branch { signer: BOB, ..tip(&ghost) };
        assert_eq!(choose(&here, &[branch(5, ALICE), copied]), alices, "a copy of oneself is no senior who asks");
        let added = [A, B, Seniority::new(None, MALLORY)];
        let here = Standing { roster: &added, ..here };
        assert_eq!(choose(&here, &[tip(&EVERYBODY)]), Choice::Repair, "nobody vouches");
        let ranked = [A, B, rank(3, MALLORY)];
        let first = [branch(5, ALICE), tip(&ranked)];
        assert_eq!(
            choose(&here, &first),
            Choice::Follow(Tag([6; 16])),
            "the first own commit sets the rank of an added one"
        );
        let unranked = [A, Seniority::new(None, BOB), Seniority::new(None, CAROL)];
        let waits = Standing { roster: &unranked, own: CAROL, ..here };
        let same = [Branch { tree: Some(&unranked), ..branch(6, BOB) }];
        assert_eq!(choose(&waits, &same), Choice::Ask(Tag([6; 16])), "whoever has committed shows a rank since");
        let shown = [Branch { tree: Some(&ghost), ..branch(6, ALICE) }];
        assert_eq!(choose(&here, &shown), Choice::Ask(Tag([6; 16])), "from a senior it is a question");
    }

    #[test]
    fn whoever_was_away_while_others_went_on_is_asked() {
        let here = Standing { was_live: false, ..carol() };
        assert_eq!(choose(&here, &[branch(6, MALLORY)]), Choice::Ask(Tag([6; 16])), "a junior");
        assert_eq!(choose(&here, &[branch(6, PublicKey([8; 32]))]), Choice::Repair, "a stranger is nobody's evidence");
        assert_eq!(choose(&here, &[]), Choice::Repair);
        assert_eq!(choose(&here, &[branch(5, ALICE), branch(6, MALLORY)]), Choice::Follow(Tag([5; 16])));
    }

    #[test]
    fn a_newcomer_whom_nobody_has_answered_asks_before_it_repairs_beside_strangers() {
        let here = Standing { confirmed: false, ..carol() };
        assert_eq!(choose(&here, &[branch(6, PublicKey([8; 32]))]), Choice::Ask(Tag([6; 16])));
        assert_eq!(choose(&here, &[branch(6, MALLORY)]), Choice::Repair, "a member's branch is no stranger's");
        assert_eq!(choose(&here, &[]), Choice::Repair, "garbage is nobody's branch");
    }

    #[test]
    fn what_was_refused_is_repaired_and_another_branch_still_asks() {
        let (zero, six, seven) = (Tag([0; 16]), Tag([6; 16]), Tag([7; 16]));
        let refused = [six];
        let here = Standing { was_live: false, refused: &refused, ..carol() };
        let no = branch(6, MALLORY);
        assert_eq!(choose(&here, &[no]), Choice::Repair);
        let behind = [zero, six];
        let goes_on = Branch { bases: &behind, ..branch(7, MALLORY) };
        assert_eq!(choose(&here, &[no, goes_on]), Choice::Repair, "what continues only that");
        assert_eq!(choose(&here, &[goes_on]), Choice::Repair, "even if the refused one is not kept");
        assert_eq!(choose(&here, &[no, branch(7, MALLORY)]), Choice::Ask(seven), "a later, different one");
        assert_eq!(choose(&here, &[branch(5, MALLORY), no]), Choice::Ask(Tag([5; 16])), "an earlier one");
        let led = Branch { bases: &[zero, Tag([5; 16])], ..no };
        assert_eq!(choose(&here, &[branch(5, MALLORY), led]), Choice::Repair, "unless it led there");
        let stranger = Branch { bases: &behind, ..branch(7, PublicKey([8; 32])) };
        let new = Standing { was_live: true, confirmed: false, ..here };
        assert_eq!(choose(&new, &[no, stranger]), Choice::Repair, "nor is a newcomer asked again");
        assert_eq!(choose(&new, &[branch(5, PublicKey([8; 32])), no]), Choice::Ask(Tag([5; 16])));
    }

    #[test]
    fn a_no_covers_nothing_that_somebody_senior_commits_behind_it() {
        let (zero, five, six) = (Tag([0; 16]), Tag([5; 16]), Tag([6; 16]));
        let behind = [zero, six];
        let refused = [six];
        let here = Standing { was_live: false, refused: &refused, ..carol() };
        let no = branch(6, MALLORY);
        let joined = Branch { bases: &behind, ..branch(7, ALICE) };
        assert_eq!(choose(&here, &[no, joined]), Choice::Follow(Tag([7; 16])), "she went over there");
        assert_eq!(choose(&here, &[no, branch(7, BOB)]), Choice::Follow(Tag([7; 16])), "and he is elsewhere");

        let alone = [A, C];
        let unfit = Branch { tree: Some(&alone), ..branch(6, BOB) };
        assert_eq!(choose(&Standing { refused: &[], ..here }, &[unfit]), Choice::Ask(six));
        assert_eq!(choose(&here, &[unfit]), Choice::Repair);
        assert_eq!(choose(&Standing { leaving: &[BOB], ..here }, &[unfit]), Choice::Repair, "now it would fit");
        let led = Branch { bases: &[zero, five], ..unfit };
        assert_eq!(choose(&here, &[branch(5, BOB), led]), Choice::Repair, "where he was before is refused with it");
        let again = Branch { bases: &behind, ..unfit };
        let again = Branch { tag: Tag([7; 16]), ..again };
        assert_eq!(choose(&here, &[unfit, again]), Choice::Ask(Tag([7; 16])), "he goes on there all the same");
    }

    #[test]
    fn the_base_that_a_follower_names_is_the_oldest_that_anybody_shows() {
        let [zero, one, two, other] = [0, 1, 2, 7].map(|n| Tag([n; 16]));
        let history = [zero, one, two];
        let honest = &[other, one, zero][..];
        assert_eq!(common_base(&history, [honest], []), Some(one));
        let boastful = &[two, one, zero][..];
        assert_eq!(common_base(&history, [honest, boastful], []), Some(one), "a place may claim too much");
        assert_eq!(common_base(&history, [honest], [two, zero]), Some(zero), "who followed before left earlier");
        assert_eq!(common_base(&history, [honest], [other]), Some(one), "and elsewhere");
        assert_eq!(common_base(&history, [&[other][..]], []), None);
    }

    #[test]
    fn whoever_was_added_is_the_youngest_until_the_first_own_commit() {
        assert!(Seniority::new(None, ALICE) > Seniority::new(Some(99), CAROL));
        assert!(Seniority::new(Some(1), CAROL) > Seniority::new(Some(0), MALLORY));
    }
}
