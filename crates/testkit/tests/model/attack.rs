//! What attackers may append: a commit that opens for whom they like, with a place that says what they like.

use crate::{
    model::Setup,
    rules::Rules,
    state::{CLIENTS, Commit, Entry, MALLORY, OSCAR, Place, Set, Shown, State, Tag, single},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attack {
    pub(crate) author: usize,
    pub(crate) parent: Tag,
    pub(crate) opens: Set,
    pub(crate) place: Place,
    /// Whether the place claims every commit as a base of its branch, or none.
    pub(crate) is_related: bool,
}

/// All attacks that differ in what they can cause.
pub(crate) fn attacks(setup: &Setup, state: &State, list: &mut Vec<Attack>) {
    let present: Vec<_> = (0..CLIENTS).filter(|client| state.clients[*client].is_present()).collect();
    let mut parents: Vec<_> = present.iter().map(|client| state.clients[*client].base).collect();
    parents.sort_unstable();
    parents.dedup();
    let authors = [(MALLORY, setup.mallory.is_some()), (OSCAR, setup.has_oscar)];
    for author in authors.into_iter().filter(|(_, exists)| *exists).map(|(author, _)| author) {
        for (order, parent) in parents.iter().enumerate() {
            // Those who stand there, or may come to stand there.
            let reachable = present
                .iter()
                .filter(|client| state.clients[**client].base == *parent || state.cursor(**client) < state.log.len());
            let reachable = reachable.fold(0, |set: Set, client| set | single(*client));
            let subsets = (0..1 << CLIENTS).filter(|opens: &Set| opens & !reachable == 0);
            for opens in subsets.filter(|opens| *opens != 0 || order == 0) {
                for (place, is_related) in places(setup) {
                    list.push(Attack { author, parent: *parent, opens, place, is_related });
                }
            }
        }
    }
}

fn places(setup: &Setup) -> impl Iterator<Item = (Place, bool)> {
    let signed = [
        (Place::Missing, false),
        (Place::Signed(Shown::True), true),
        (Place::Signed(Shown::WithGhost), true),
        (Place::Signed(Shown::Alone), true),
        (Place::Signed(Shown::Alone), false),
        (Place::Signed(Shown::WithoutJuniors), true),
    ];
    let replayed = [0, 1].map(|signer| (Place::Replayed { signer }, true));
    let places = signed
        .into_iter()
        .filter(|(place, _)| setup.invents_trees || matches!(place, Place::Missing | Place::Signed(Shown::True)));
    // With the whole rules a copied place is none.
    places.chain(replayed.into_iter().filter(|_| setup.rules == Rules::WithoutPlace))
}

impl State {
    pub(crate) fn attack(&mut self, rules: Rules, attack: Attack) {
        let parent = self.commit(attack.parent);
        let epoch = parent.epoch + 1;
        let tree = parent.tree.with(attack.author, epoch);
        let bases =
            if attack.is_related { self.commits().fold(0, |set, (tag, _)| set | single(tag.into())) } else { 0 };
        let commit = Commit {
            parent: attack.parent,
            epoch,
            author: attack.author as u8,
            key: attack.author as u8,
            opens: attack.opens,
            tree,
            bases,
            place: attack.place,
            common: None,
            follows: false,
        };
        self.append(rules, Entry::Commit(commit));
    }
}
