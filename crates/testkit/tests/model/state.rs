//! What a state of the model is: the relay's log, four honest clients, what attackers may still do.

use std::fmt;

/// A position in the log; that of a commit is its tag.
pub(crate) type Tag = u8;

/// A set of tags, clients, leaf keys or messages.
pub(crate) type Set = u32;

/// Alice, Bob, Carol and the newcomer Nora.
pub(crate) const CLIENTS: usize = 4;
pub(crate) const ALICE: usize = 0;
pub(crate) const CAROL: usize = 2;
pub(crate) const NORA: usize = 3;

/// Leaf keys: the clients' first ones, those of the two attackers, one that belongs to nobody, the clients' second ones.
pub(crate) const KEYS: usize = 11;
pub(crate) const MALLORY: usize = 4;
pub(crate) const OSCAR: usize = 5;
pub(crate) const GHOST: usize = 6;
const SECOND: usize = 7;

const NAMES: [&str; KEYS] =
    ["Alice", "Bob", "Carol", "Nora", "Mallory", "Oscar", "Ghost", "Alice'", "Bob'", "Carol'", "Nora'"];

pub(crate) fn name(key: usize) -> &'static str {
    NAMES[key]
}

pub(crate) fn has(set: Set, index: usize) -> bool {
    set >> index & 1 == 1
}

pub(crate) fn single(index: usize) -> Set {
    1 << index
}

/// The members of a group: for each leaf key the epoch in which it came.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tree(pub(crate) [u8; KEYS]);

pub(crate) const ABSENT: u8 = u8::MAX;

impl Tree {
    pub(crate) const EMPTY: Self = Self([ABSENT; KEYS]);

    pub(crate) fn contains(&self, key: usize) -> bool {
        self.0[key] != ABSENT
    }

    /// Adds a leaf unless it is there: a rejoin keeps the epoch in which the leaf came.
    #[must_use]
    pub(crate) fn with(mut self, key: usize, since: u8) -> Self {
        if !self.contains(key) {
            self.0[key] = since;
        }
        self
    }

    #[must_use]
    pub(crate) fn without(mut self, keys: Set) -> Self {
        for key in 0..KEYS {
            if has(keys, key) {
                self.0[key] = ABSENT;
            }
        }
        self
    }

    /// The keys of all leaves but one.
    pub(crate) fn others(&self, own: usize) -> Set {
        self.members().filter(|(key, _)| *key != own).fold(0, |set, (key, _)| set | single(key))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (usize, u8)> + '_ {
        self.0.iter().copied().enumerate().filter(|(_, since)| *since != ABSENT)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.members().map(|(key, since)| (name(key), since))).finish()
    }
}

/// What a commit's place says, which is signed apart from the commit itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// There is none, or its signature is wrong.
    Missing,
    /// It is signed by the author for this tag; the tree is the commit's, changed as told.
    Signed(Shown),
    /// Another's place that was copied: its signature is for another tag. Only a weakened rule takes it for the signer's.
    Replayed { signer: u8 },
}

/// The tree that a GroupInfo shows: an attacker may invent one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shown {
    /// The one of the commit.
    True,
    /// With a member that does not exist and is senior to all.
    WithGhost,
    /// Only the author.
    Alone,
    /// The author and those senior to it.
    WithoutJuniors,
}

/// COMMIT: begins the epoch that is named after its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Commit {
    pub(crate) parent: Tag,
    pub(crate) epoch: u8,
    /// Index of the client, or the leaf key of an attacker.
    pub(crate) author: u8,
    /// The leaf key that made it.
    pub(crate) key: u8,
    /// Which clients it opens for, if they stand on its parent.
    pub(crate) opens: Set,
    pub(crate) tree: Tree,
    /// The bases that its place names.
    pub(crate) bases: Set,
    pub(crate) place: Place,
    /// The common base that a follower names.
    pub(crate) common: Option<Tag>,
    /// Whether it left another branch.
    pub(crate) follows: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    Commit(Commit),
    Message {
        author: u8,
        base: Tag,
        message: u8,
    },
    /// A proposal to remove the own leaf.
    Leave {
        base: Tag,
        key: u8,
    },
}

/// A commit that is stored by its author and not yet known to be in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    /// The commit at which it rejoins, or none for one at the own base.
    pub(crate) follows: Option<Tag>,
    /// Whether a person agreed to that.
    pub(crate) agreed: bool,
    /// The leaves that it removes.
    pub(crate) removes: Set,
    /// Whether the relay is known to have refused it.
    pub(crate) refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Not in the room yet.
    Outside,
    /// Connected: it has processed the whole log.
    Online,
    /// Crashed or without a connection. What it sent last may still arrive.
    Offline,
    Left,
}

/// An honest client, as its disk has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) phase: Phase,
    /// How much of the log it has processed; 0 while it is online, since it has processed all.
    pub(crate) cursor: u8,
    pub(crate) base: Tag,
    pub(crate) history: Set,
    /// The bases of its own branch.
    pub(crate) branch: Set,
    pub(crate) roster: Tree,
    pub(crate) key: u8,
    pub(crate) was_live: bool,
    /// Whether somebody of its tree has spoken since it joined.
    pub(crate) confirmed: bool,
    /// Where its person refused to rejoin since the doubt began.
    pub(crate) refused: Set,
    /// Leaf keys that it has seen leaving.
    pub(crate) leaving: Set,
    /// Leaf keys whose removal is proposed in its epoch.
    pub(crate) proposed: Set,
    pub(crate) pending: Option<Pending>,
    /// The oldest common base that it named when it followed.
    pub(crate) common: Option<Tag>,
    pub(crate) received: Set,
    /// Own messages to publish again.
    pub(crate) again: Set,
    /// Own messages of which the person was told that they may be lost to others.
    pub(crate) told: Set,
}

/// Somebody who is not in the room.
pub(crate) const OUTSIDE: Client = Client {
    phase: Phase::Outside,
    cursor: 0,
    base: 0,
    history: 0,
    branch: 0,
    roster: Tree::EMPTY,
    key: 0,
    was_live: false,
    confirmed: false,
    refused: 0,
    leaving: 0,
    proposed: 0,
    pending: None,
    common: None,
    received: 0,
    again: 0,
    told: 0,
};

impl Client {
    /// The leaf key with which it joins where its present one is not in the tree.
    pub(crate) fn other_key(&self, index: usize) -> usize {
        if usize::from(self.key) == index { SECOND + index } else { index }
    }

    pub(crate) fn is_present(&self) -> bool {
        matches!(self.phase, Phase::Online | Phase::Offline)
    }
}

/// What may still happen that is nobody's duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) attacks: u8,
    pub(crate) crashes: u8,
    pub(crate) joins: u8,
    pub(crate) leaves: u8,
    pub(crate) messages: u8,
    pub(crate) locks: u8,
    pub(crate) noes: u8,
    pub(crate) yeses: u8,
}

/// A message that the relay has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sent {
    pub(crate) author: u8,
    /// The clients in the tree for which it was sealed first.
    pub(crate) readers: Set,
    /// The keys of the other leaves in that tree.
    pub(crate) leaves: Set,
}

/// Something that happened and must not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    FollowedJunior,
    FollowedReplay,
    SealedInDoubt,
    ReadByNewcomers,
}

/// Something that must be possible, or a run would show nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Repaired,
    Followed,
    PublishedAgain,
    Refused,
    Stayed,
    Agreed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) log: Vec<Entry>,
    pub(crate) clients: [Client; CLIENTS],
    pub(crate) budget: Budget,
    pub(crate) is_locked: bool,
    /// How many messages exist.
    pub(crate) messages: u8,
    pub(crate) sent: [Sent; 2],
    /// Whether somebody was led into a group that an attacker invented, since the honest rested last.
    pub(crate) is_misled: bool,
    /// How many commits the honest may still make until they rest.
    pub(crate) fuel: i8,
    pub(crate) faults: u8,
    /// What the last step was: kept out of later states.
    pub(crate) event: u8,
}

impl State {
    pub(crate) fn commit(&self, tag: Tag) -> &Commit {
        match &self.log[usize::from(tag)] {
            Entry::Commit(commit) => commit,
            Entry::Message { .. } | Entry::Leave { .. } => unreachable!("a tag is the position of a commit"),
        }
    }

    pub(crate) fn commits(&self) -> impl DoubleEndedIterator<Item = (Tag, &Commit)> {
        self.log.iter().enumerate().filter_map(|(position, entry)| match entry {
            Entry::Commit(commit) => Some((position as Tag, commit)),
            Entry::Message { .. } | Entry::Leave { .. } => None,
        })
    }

    /// How much of the log a client has processed.
    pub(crate) fn cursor(&self, client: usize) -> usize {
        let client = &self.clients[client];
        if client.phase == Phase::Offline { usize::from(client.cursor) } else { self.log.len() }
    }

    /// The newest commit before a position.
    pub(crate) fn head_before(&self, position: usize) -> Tag {
        let before = self.log[..position].iter().rposition(|entry| matches!(entry, Entry::Commit(_)));
        before.unwrap_or_default() as Tag
    }

    pub(crate) fn head(&self) -> Tag {
        self.head_before(self.log.len())
    }

    pub(crate) fn is_settled(&self, client: usize) -> bool {
        self.clients[client].base == self.head_before(self.cursor(client))
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.faults |= 1 << fault as u8;
    }

    pub(crate) fn has_fault(&self, fault: Fault) -> bool {
        self.faults >> fault as u8 & 1 == 1
    }

    pub(crate) fn happened(&mut self, event: Event) {
        self.event |= 1 << event as u8;
    }

    pub(crate) fn has_happened(&self, event: Event) -> bool {
        self.event >> event as u8 & 1 == 1
    }
}
