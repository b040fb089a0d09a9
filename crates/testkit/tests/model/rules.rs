//! The rules under test: the engine's own decision function, or the same with one rule taken out.

use conclave_crypto::fork_choice::{self, Branch, Choice as RealChoice, Seniority, Standing, choose};
use conclave_proto::id::{PublicKey, Tag as RealTag};

use crate::state::{Commit, Entry, GHOST, KEYS, Place, Set, Shown, State, Tag, Tree, has, single};

/// Which rule is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    Whole,
    /// Everybody takes everybody for senior.
    WithoutSeniority,
    /// A copied place counts.
    WithoutPlace,
    /// Nothing is published again.
    WithoutPublishingAgain,
    /// A senior's own commit is followed, though others have gone on from there.
    WithoutTips,
    /// A follower names the newest base that the followed place shares with it, and forgets it.
    WithoutOldestBase,
    /// A no is forgotten at once.
    WithoutRefusals,
    /// What is published again is for everybody.
    WithoutAudience,
}

/// What a client does, as positions of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Settled,
    Repair,
    Follow(Tag),
    /// A person decides about a commit. In a locked room it knocks instead.
    Ask(Option<Tag>),
}

fn tag(tag: Tag) -> RealTag {
    RealTag([tag; 16])
}

fn public_key(key: usize) -> PublicKey {
    PublicKey([key as u8; 32])
}

fn tags(set: Set) -> Vec<RealTag> {
    (0..32u8).rev().filter(|position| has(set, usize::from(*position))).map(tag).collect()
}

fn public_keys(set: Set) -> Vec<PublicKey> {
    (0..KEYS).filter(|key| has(set, *key)).map(public_key).collect()
}

impl Rules {
    /// Whether a client may seal a message again: nobody reads it who could not read it the first time.
    pub(crate) fn may_publish(self, state: &State, index: usize, message: u8) -> bool {
        self == Self::WithoutAudience || state.others_of(index) & !state.sent[usize::from(message)].leaves == 0
    }

    /// Who signed a commit's place, and the tree that it shows; none if the place is not valid.
    pub(crate) fn place(self, commit: &Commit) -> Option<(usize, Tree)> {
        let key = usize::from(commit.key);
        match commit.place {
            Place::Missing => None,
            Place::Replayed { signer } => (self == Self::WithoutPlace).then_some((usize::from(signer), commit.tree)),
            Place::Signed(Shown::True) => Some((key, commit.tree)),
            // Epochs that count begin at 1.
            Place::Signed(Shown::WithGhost) => Some((key, commit.tree.with(GHOST, 0))),
            Place::Signed(Shown::Alone) => Some((key, Tree::EMPTY.with(key, commit.tree.0[key]))),
            Place::Signed(Shown::WithoutJuniors) => {
                let own = commit.tree.0[key];
                let juniors = commit.tree.members().filter(|(_, since)| *since > own);
                let juniors = juniors.fold(0, |keys, (key, _)| keys | single(key));
                Some((key, commit.tree.without(juniors)))
            }
        }
    }

    /// The base that a follower names.
    pub(crate) fn common_base(
        self,
        history: Set,
        followed: &Commit,
        joined: impl Iterator<Item = Commit>,
        named: Option<Tag>,
    ) -> Option<Tag> {
        let mut oldest_first = tags(history);
        oldest_first.reverse();
        let name = |commit: &Commit| (tags(commit.bases), commit.common.map(tag));
        let (part, named): (Vec<_>, _) = if self == Self::WithoutOldestBase {
            (vec![(tags(followed.bases), None)], None)
        } else {
            (joined.map(|commit| name(&commit)).collect(), named.map(tag))
        };
        let forks = part.iter().filter_map(|(_, fork)| *fork).chain(named);
        let part = part.iter().map(|(bases, _)| &bases[..]);
        fork_choice::common_base(&oldest_first, part, forks).map(|base| base.0[0])
    }

    /// What an online client does.
    pub(crate) fn choose(self, state: &State, index: usize) -> Choice {
        let client = &state.clients[index];
        let head = state.head();
        if head == client.base {
            return Choice::Settled;
        }
        if state.is_locked {
            return Choice::Ask(None);
        }
        let own = usize::from(client.key);
        let since = |key, since: u8| {
            if self == Self::WithoutSeniority && key == own { u64::MAX } else { u64::from(since) }
        };
        let members = |tree: Tree| -> Vec<_> {
            tree.members().map(|(key, epoch)| Seniority::new(Some(since(key, epoch)), public_key(key))).collect()
        };
        let roster = members(client.roster);
        let history = tags(client.history);
        let leaving = public_keys(client.leaving);
        let refused = tags(client.refused);
        let behind = usize::from(client.base) + 1..state.log.len();
        let behind = behind.filter_map(|position| match &state.log[position] {
            Entry::Commit(commit) => self.place(commit).map(|(signer, tree)| (position as Tag, commit, signer, tree)),
            Entry::Message { .. } | Entry::Leave { .. } => None,
        });
        // A branch whose bases are all known has no commit between, so only its last one is looked at.
        let visible = if self == Self::WithoutTips { client.history } else { Set::MAX };
        let places: Vec<_> = behind
            .map(|(position, commit, signer, tree)| (position, signer, tags(commit.bases & visible), members(tree)))
            .collect();
        let branches: Vec<_> = places
            .iter()
            .map(|(position, signer, bases, tree)| Branch {
                tag: tag(*position),
                signer: public_key(*signer),
                bases,
                tree: Some(tree),
            })
            .collect();
        let standing = Standing {
            base: tag(client.base),
            head: tag(head),
            history: &history,
            roster: &roster,
            own: public_key(own),
            was_live: client.was_live,
            confirmed: client.confirmed,
            leaving: &leaving,
            refused: if self == Self::WithoutRefusals { &[] } else { &refused },
        };
        match choose(&standing, &branches) {
            RealChoice::Settled => Choice::Settled,
            RealChoice::Repair => Choice::Repair,
            RealChoice::Follow(tag) => Choice::Follow(tag.0[0]),
            RealChoice::Ask(tag) => Choice::Ask(Some(tag.0[0])),
            RealChoice::Read(_) => unreachable!("every tree is known"),
        }
    }
}
