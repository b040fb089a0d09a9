//! How an honest client processes the log and makes entries.

use crate::{
    rules::{Choice, Rules},
    state::{CLIENTS, Commit, Entry, Event, Fault, Pending, Phase, Place, Set, Shown, State, Tag, has, single},
};

/// A commit of an honest client opens for everybody on its parent.
pub(crate) const EVERYBODY: Set = 0b1111;

/// A commit at the own base that removes nobody.
const NO_REJOIN: Pending = Pending { follows: None, agreed: false, removes: 0, refused: false };

/// The author of a commit that everybody has processed.
pub(crate) const NOBODY: u8 = u8::MAX;

impl State {
    /// The relay appends an entry, and everybody online processes it.
    pub(crate) fn append(&mut self, rules: Rules, entry: Entry) {
        self.log.push(entry);
        for client in 0..CLIENTS {
            if self.clients[client].phase == Phase::Online {
                self.process(rules, client, self.log.len() - 1, true);
            }
        }
    }

    /// An offline client connects and fetches what it lacks.
    pub(crate) fn reconnect(&mut self, rules: Rules, index: usize) {
        for position in self.cursor(index)..self.log.len() {
            self.process(rules, index, position, false);
        }
        self.clients[index].phase = Phase::Online;
        self.clients[index].cursor = 0;
    }

    fn process(&mut self, rules: Rules, index: usize, position: usize, is_live: bool) {
        let tag = position as Tag;
        let base = self.clients[index].base;
        match self.log[position] {
            Entry::Commit(commit) if usize::from(commit.author) == index => self.adopt(rules, index, tag, &commit),
            Entry::Commit(commit) if commit.parent == base && has(commit.opens, index) => {
                self.apply(rules, index, tag, &commit);
            }
            Entry::Commit(_) => {
                let was_settled = self.head_before(position) == base;
                let client = &mut self.clients[index];
                if was_settled {
                    client.was_live = is_live;
                }
                if let Some(pending) = &mut client.pending {
                    pending.refused = true;
                }
            }
            Entry::Message { author, base: sealed, message } if sealed == base => {
                let client = &mut self.clients[index];
                client.received |= single(message.into());
                client.confirmed |= usize::from(author) != index;
                if usize::from(author) == index {
                    client.again &= !single(message.into());
                }
            }
            Entry::Leave { base: proposed, key } if proposed == base => {
                self.clients[index].leaving |= single(key.into());
                self.clients[index].proposed |= single(key.into());
            }
            Entry::Message { .. } | Entry::Leave { .. } => {}
        }
    }

    /// A commit at the own base opens: it begins the next epoch, and the own pending one is void.
    fn apply(&mut self, rules: Rules, index: usize, tag: Tag, commit: &Commit) {
        let client = &mut self.clients[index];
        client.base = tag;
        client.branch |= single(tag.into());
        client.history |= single(tag.into());
        client.roster = commit.tree;
        client.proposed = 0;
        client.pending = None;
        client.was_live = false;
        client.refused = 0;
        client.confirmed |= usize::from(commit.author) != index;
        if commit.follows {
            self.publish_again(rules, index, tag, commit.common);
        }
    }

    /// The own pending commit came in its place.
    fn adopt(&mut self, rules: Rules, index: usize, tag: Tag, commit: &Commit) {
        let client = &mut self.clients[index];
        client.branch = commit.bases;
        client.history |= commit.bases;
        client.key = commit.key;
        // As after a join, somebody has to answer first.
        client.confirmed &= !commit.follows;
        client.common = commit.common.or(client.common);
        self.apply(rules, index, tag, commit);
    }

    /// Rule 7: what was stored after the common base did not reach everybody on this branch.
    fn publish_again(&mut self, rules: Rules, index: usize, before: Tag, common: Option<Tag>) {
        if rules == Rules::WithoutPublishingAgain {
            return;
        }
        let after = common.map_or(0, |common| usize::from(common) + 1);
        let stored = self.log[after..usize::from(before)].iter().fold(0, |stored, entry| match entry {
            Entry::Message { author, message, .. } if usize::from(*author) == index => {
                stored | single(usize::from(*message))
            }
            Entry::Message { .. } | Entry::Commit(_) | Entry::Leave { .. } => stored,
        });
        for message in (0..self.messages).filter(|message| has(stored, usize::from(*message))) {
            if rules.may_publish(self, index, message) {
                self.clients[index].again |= single(message.into());
            } else {
                self.hold_back(index, message);
            }
        }
    }

    /// The author is told that a message may not have reached everybody, and it stays.
    pub(crate) fn hold_back(&mut self, index: usize, message: u8) {
        let client = &mut self.clients[index];
        client.again &= !single(message.into());
        client.told |= single(message.into());
    }

    /// The leaves besides the own one for which a client seals.
    pub(crate) fn others_of(&self, index: usize) -> Set {
        let client = &self.clients[index];
        client.roster.others(client.key.into())
    }

    /// The commit that a client would make, if any is its duty.
    pub(crate) fn duty(&self, rules: Rules, index: usize) -> Option<Pending> {
        let client = &self.clients[index];
        let removes = client.proposed;
        match rules.choose(self, index) {
            Choice::Settled => (removes != 0).then_some(Pending { removes, ..NO_REJOIN }),
            Choice::Repair => Some(Pending { removes, ..NO_REJOIN }),
            Choice::Follow(tag) => Some(Pending { follows: Some(tag), ..NO_REJOIN }),
            Choice::Ask(_) => None,
        }
    }

    /// The relay accepts a pending commit.
    pub(crate) fn accept(&mut self, rules: Rules, index: usize) {
        let Some(pending) = self.clients[index].pending else { return };
        let commit = match pending.follows {
            Some(tag) => self.rejoin(rules, index, tag, pending.agreed),
            None => self.update(index, pending.removes),
        };
        self.fuel -= 1;
        if pending.follows.is_some() {
            self.happened(Event::Followed);
        } else if self.clients[index].base != self.head() {
            self.happened(Event::Repaired);
        }
        self.append(rules, Entry::Commit(commit));
    }

    fn update(&self, index: usize, removes: Set) -> Commit {
        let client = &self.clients[index];
        Commit {
            parent: client.base,
            epoch: self.commit(client.base).epoch + 1,
            author: index as u8,
            key: client.key,
            opens: EVERYBODY,
            tree: client.roster.without(removes),
            bases: client.branch,
            place: Place::Signed(Shown::True),
            common: None,
            follows: false,
        }
    }

    /// An external commit that takes the own leaf along, or brings a new one if it is not there.
    fn rejoin(&mut self, rules: Rules, index: usize, tag: Tag, agreed: bool) -> Commit {
        let client = self.clients[index];
        let followed = *self.commit(tag);
        let joined = followed.bases & !client.history | single(tag.into());
        let joined = self.commits().filter(|(at, _)| has(joined, (*at).into())).map(|(_, commit)| *commit);
        let common = rules.common_base(client.history, &followed, joined, client.common);
        let commit = self.external(rules, index, tag);
        let rank = |key: usize| (client.roster.0[key], key);
        let is_senior =
            |commit: &Commit| rules.place(commit).is_some_and(|(signer, _)| rank(signer) < rank(client.key.into()));
        let is_new = |at: Tag| has(followed.bases & !client.history, at.into());
        let has_leader = is_senior(&followed) || self.commits().any(|(at, commit)| is_new(at) && is_senior(commit));
        if matches!(followed.place, Place::Replayed { .. }) {
            self.fault(Fault::FollowedReplay);
        }
        if !has_leader && !agreed {
            self.fault(Fault::FollowedJunior);
        }
        Commit { common, follows: true, ..commit }
    }

    fn external(&self, rules: Rules, index: usize, tag: Tag) -> Commit {
        let client = &self.clients[index];
        let followed = self.commit(tag);
        let (_, tree) = rules.place(followed).unwrap_or((0, followed.tree));
        let epoch = followed.epoch + 1;
        let key = if client.phase == Phase::Outside || tree.contains(client.key.into()) {
            usize::from(client.key)
        } else {
            client.other_key(index)
        };
        Commit {
            parent: tag,
            epoch,
            author: index as u8,
            key: key as u8,
            // Where the GroupInfo showed another group than the one of the tag, nobody else is.
            opens: if tree == followed.tree { EVERYBODY } else { 0 },
            tree: tree.with(key, epoch),
            bases: followed.bases | single(tag.into()),
            place: Place::Signed(Shown::True),
            common: None,
            follows: false,
        }
    }

    /// A newcomer joins at the newest commit with a valid place.
    pub(crate) fn join(&mut self, rules: Rules, index: usize) {
        let newest = self.commits().rev().find(|(_, commit)| rules.place(commit).is_some());
        let Some((tag, _)) = newest else { return };
        let commit = self.external(rules, index, tag);
        self.clients[index].phase = Phase::Online;
        self.append(rules, Entry::Commit(commit));
    }

    /// A client seals a message, a new one or one again, and the relay accepts it; if it may not, it stays.
    pub(crate) fn publish(&mut self, rules: Rules, index: usize, message: u8) {
        if !rules.may_publish(self, index, message) {
            return self.hold_back(index, message);
        }
        let base = self.clients[index].base;
        if base != self.head() {
            self.fault(Fault::SealedInDoubt);
        }
        if self.others_of(index) & !self.sent[usize::from(message)].leaves != 0 {
            self.fault(Fault::ReadByNewcomers);
        }
        self.append(rules, Entry::Message { author: index as u8, base, message });
    }

    /// LOCK with a commit at the own base, in one transaction of the relay: the head is compared, not the base.
    pub(crate) fn lock(&mut self, rules: Rules, index: usize, removes: Set) {
        let removes = removes | self.clients[index].proposed;
        let commit = self.update(index, removes);
        self.is_locked = true;
        self.append(rules, Entry::Commit(commit));
    }

    /// A person says no to the question of its client.
    pub(crate) fn refuse(&mut self, index: usize, tag: Tag) {
        self.clients[index].refused |= single(tag.into());
        self.happened(Event::Stayed);
    }

    /// A person says yes.
    pub(crate) fn agree(&mut self, index: usize, tag: Tag) {
        self.clients[index].pending = Some(Pending { follows: Some(tag), agreed: true, ..NO_REJOIN });
        self.happened(Event::Agreed);
    }

    /// Whether a client knows the newest commit, so that the relay accepts what it sends.
    pub(crate) fn knows_head(&self, index: usize) -> bool {
        self.head_before(self.cursor(index)) == self.head()
    }

    /// Whether no honest client has anything to do.
    pub(crate) fn is_quiescent(&self, rules: Rules) -> bool {
        self.clients.iter().enumerate().all(|(index, client)| match client.phase {
            Phase::Outside | Phase::Left => true,
            Phase::Offline => false,
            Phase::Online => {
                client.pending.is_none()
                    && (client.again == 0 || !self.is_settled(index))
                    && self.duty(rules, index).is_none()
            }
        })
    }
}
