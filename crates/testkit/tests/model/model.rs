//! The transitions and the properties.

use std::hash::{Hash, Hasher};

use stateright::{Model, Property};

use crate::{
    attack::{Attack, attacks},
    client::{EVERYBODY, NOBODY},
    properties::has_strangers,
    rules::{Choice, Rules},
    state::{
        ALICE, Budget, CAROL, CLIENTS, Client, Commit, Entry, Event, MALLORY, NORA, OUTSIDE, Phase, Place, Sent, Set,
        Shown, State, Tag, Tree, has, name, single,
    },
};

/// How many commits the honest may make for each attack, crash, join, leave and lock: two for each client and two more.
const DISTURBANCE: i8 = 2 * (CLIENTS as i8 + 1);

/// How many commits are looked at while somebody stands in an invented group and a second attack may have had it repair:
/// nothing but pauses would end that.
const FEUD: i8 = 5;

/// What a run explores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) rules: Rules,
    pub(crate) budget: Budget,
    /// The epoch in which Mallory's leaf came, if she has one: Alice's came in 1, Bob's in 3, Carol's in 5.
    pub(crate) mallory: Option<u8>,
    /// Whether Oscar has the code.
    pub(crate) has_oscar: bool,
    /// Whether their places may show groups that do not exist.
    pub(crate) invents_trees: bool,
    /// Whether a commit may be on its way while others are accepted. Without crashes that changes nothing: it is refused.
    pub(crate) has_commits_on_their_way: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Makes the commit that is its duty, or sends the pending one again, and the relay accepts it.
    Commit(usize),
    /// Makes and stores it; it is on its way.
    Make(usize),
    /// Gives a refused one up and chooses again.
    Drop(usize),
    /// Publishes a message, a new one or one again.
    Publish(usize, u8),
    Crash(usize),
    Reconnect(usize),
    Join,
    Leave(usize),
    /// A person refuses to rejoin at the commit that the question is about.
    Stay(usize, Tag),
    /// A person agrees to.
    Agree(usize, Tag),
    /// The owner locks the room at the own base and removes Mallory in the same order.
    Lock,
    Attack(Attack),
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Commit(client) => write!(f, "{} commits", name(*client)),
            Self::Make(client) => write!(f, "{} makes a commit", name(*client)),
            Self::Drop(client) => write!(f, "{} drops a refused commit", name(*client)),
            Self::Publish(client, message) => write!(f, "{} publishes {message}", name(*client)),
            Self::Crash(client) => write!(f, "{} crashes", name(*client)),
            Self::Reconnect(client) => write!(f, "{} reconnects", name(*client)),
            Self::Join => write!(f, "{} joins", name(NORA)),
            Self::Leave(client) => write!(f, "{} leaves", name(*client)),
            Self::Stay(client, tag) => write!(f, "{} says no to {tag}", name(*client)),
            Self::Agree(client, tag) => write!(f, "{} says yes to {tag}", name(*client)),
            Self::Lock => write!(f, "{} locks", name(ALICE)),
            Self::Attack(attack) => {
                let opens: Vec<_> = (0..CLIENTS).filter(|client| has(attack.opens, *client)).map(name).collect();
                let Attack { author, parent, place, is_related, .. } = attack;
                write!(f, "{} attacks at {parent}, opens for {opens:?}, {place:?}", name(*author))?;
                if *is_related { write!(f, " with bases") } else { Ok(()) }
            }
        }
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self { log, clients, budget, is_locked, messages, sent, fuel, is_misled, faults, event: _ } = self;
        (log, clients, budget, is_locked, messages, sent, fuel, is_misled, faults).hash(hasher);
    }
}

impl Model for Setup {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut roster = Tree::EMPTY.with(ALICE, 1).with(1, 3).with(CAROL, 5);
        if let Some(since) = self.mallory {
            roster = roster.with(MALLORY, since);
        }
        let create = Commit {
            parent: 0,
            epoch: 7,
            author: NOBODY,
            key: ALICE as u8,
            opens: EVERYBODY,
            tree: roster,
            bases: 0,
            place: Place::Signed(Shown::True),
            common: None,
            follows: false,
        };
        let member = Client { phase: Phase::Online, confirmed: true, history: 1, branch: 1, roster, ..OUTSIDE };
        let client = |index: usize| {
            let client = if index == NORA { OUTSIDE } else { member };
            Client { key: index as u8, ..client }
        };
        let state = State {
            log: vec![Entry::Commit(create)],
            clients: std::array::from_fn(client),
            budget: self.budget,
            is_locked: false,
            messages: 0,
            sent: [Sent { author: NOBODY, readers: 0, leaves: 0 }; 2],
            is_misled: false,
            fuel: 0,
            faults: 0,
            event: 0,
        };
        vec![state.canonical(self.rules)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for index in 0..CLIENTS {
            self.actions_of(state, index, actions);
        }
        if state.budget.joins > 0 && !state.is_locked {
            actions.push(Action::Join);
        }
        if state.budget.locks > 0 && state.clients[ALICE].phase == Phase::Online {
            actions.push(Action::Lock);
        }
        if state.budget.attacks > 0 && !state.is_locked {
            let mut list = Vec::new();
            attacks(self, state, &mut list);
            actions.extend(list.into_iter().map(Action::Attack));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        state.event = 0;
        let rules = self.rules;

        match action {
            Action::Commit(index) => {
                if state.clients[index].pending.is_none() {
                    state.clients[index].pending = state.duty(rules, index);
                }
                state.accept(rules, index);
            }
            Action::Make(index) => state.clients[index].pending = state.duty(rules, index),
            Action::Drop(index) => {
                state.clients[index].pending = None;
                state.happened(Event::Refused);
            }
            Action::Publish(index, message) => {
                if message == state.messages {
                    state.messages += 1;
                    state.budget.messages -= 1;
                    let (readers, leaves) = (self.audience(&state, index), state.others_of(index));
                    state.sent[usize::from(message)] = Sent { author: index as u8, readers, leaves };
                } else if rules.may_publish(&state, index, message) {
                    state.happened(Event::PublishedAgain);
                }
                state.publish(rules, index, message);
            }
            Action::Crash(index) => {
                state.budget.crashes -= 1;
                state.fuel += DISTURBANCE;
                state.clients[index].cursor = state.log.len() as u8;
                state.clients[index].phase = Phase::Offline;
                state.clients[index].was_live = false;
                state.clients[index].refused = 0;
            }
            Action::Reconnect(index) => state.reconnect(rules, index),
            Action::Join => {
                state.budget.joins -= 1;
                state.fuel += DISTURBANCE;
                state.join(rules, NORA);
            }
            Action::Leave(index) => {
                state.budget.leaves -= 1;
                state.fuel += DISTURBANCE;
                let Client { base, key, .. } = state.clients[index];
                let gone = Client { phase: Phase::Left, key, ..OUTSIDE };
                state.clients[index] = gone;
                state.append(rules, Entry::Leave { base, key });
            }
            Action::Stay(index, tag) => {
                state.budget.noes -= 1;
                state.fuel += DISTURBANCE;
                state.refuse(index, tag);
            }
            Action::Agree(index, tag) => {
                state.budget.yeses -= 1;
                state.fuel += DISTURBANCE;
                state.agree(index, tag);
            }
            Action::Lock => {
                state.budget.locks -= 1;
                state.fuel += DISTURBANCE;
                state.lock(rules, ALICE, single(MALLORY));
            }
            Action::Attack(attack) => {
                state.budget.attacks -= 1;
                state.fuel += DISTURBANCE;
                state.attack(rules, attack);
            }
        }
        if self.has_feuds() && has_strangers(&state) {
            state.is_misled = true;
            state.fuel = state.fuel.min(FEUD);
        }
        Some(state.canonical(rules))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        crate::properties::properties()
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.fuel >= -1 && state.log.len() < 32
    }
}

impl Setup {
    /// Whether the attacks suffice to have a newcomer in an invented group repair. Alone it asks.
    pub(crate) fn has_feuds(&self) -> bool {
        self.budget.attacks > 1
    }

    pub(crate) fn mallory_is_senior(&self) -> bool {
        self.mallory.is_some_and(|since| since < 5)
    }

    fn actions_of(&self, state: &State, index: usize, actions: &mut Vec<Action>) {
        let client = &state.clients[index];
        let knows_head = state.knows_head(index);
        let is_settled = state.is_settled(index);
        // A locked room takes commits of the head's epoch only.
        let may_commit = knows_head && (!state.is_locked || is_settled);
        match client.phase {
            Phase::Outside | Phase::Left => return,
            Phase::Offline => {
                actions.push(Action::Reconnect(index));
                if client.pending.is_some() && may_commit {
                    actions.push(Action::Commit(index));
                }
            }
            Phase::Online => {
                let duty = state.duty(self.rules, index);
                match client.pending {
                    Some(pending) => {
                        if may_commit && !pending.refused {
                            actions.push(Action::Commit(index));
                        }
                        if pending.refused || !may_commit {
                            actions.push(Action::Drop(index));
                        }
                    }
                    None if duty.is_some() && may_commit => {
                        actions.push(Action::Commit(index));
                        if self.has_commits_on_their_way {
                            actions.push(Action::Make(index));
                        }
                    }
                    None => {}
                }
                if let Choice::Ask(Some(tag)) = self.rules.choose(state, index) {
                    if state.budget.noes > 0 {
                        actions.push(Action::Stay(index, tag));
                    }
                    if state.budget.yeses > 0 && client.pending.is_none() && self.is_confirmed(state, index, tag) {
                        actions.push(Action::Agree(index, tag));
                    }
                }
                if state.budget.crashes > 0 {
                    actions.push(Action::Crash(index));
                }
                if state.budget.leaves > 0 {
                    actions.push(Action::Leave(index));
                }
            }
        }
        if is_settled && knows_head {
            let again = (0..state.messages).find(|message| has(client.again, usize::from(*message)));
            actions.extend(again.map(|message| Action::Publish(index, message)));
            if state.budget.messages > 0 {
                actions.push(Action::Publish(index, state.messages));
            }
        }
    }

    /// Whether somebody whom a client knows can have read out the words of the tree that a commit's place shows: who compares
    /// them stands in it, or would come into it.
    fn is_confirmed(&self, state: &State, index: usize, tag: Tag) -> bool {
        let (commit, roster) = (state.commit(tag), state.clients[index].roster);
        let Some((_, shown)) = self.rules.place(commit) else { return false };
        let mut others = (0..CLIENTS).filter(|other| *other != index).map(|other| state.clients[other].key);
        shown == commit.tree && others.any(|key| roster.contains(key.into()) && shown.contains(key.into()))
    }

    /// Who can read what a client seals now.
    fn audience(&self, state: &State, author: usize) -> Set {
        let roster = &state.clients[author].roster;
        let members = (0..CLIENTS).filter(|index| {
            let client = &state.clients[*index];
            client.is_present() && roster.contains(client.key.into())
        });
        members.fold(0, |set, index| set | single(index))
    }
}

impl Rules {
    /// Whether an online client waits for a person.
    pub(crate) fn asks(self, state: &State, index: usize) -> bool {
        state.clients[index].phase == Phase::Online && matches!(self.choose(state, index), Choice::Ask(_))
    }
}
