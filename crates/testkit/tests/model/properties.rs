//! What always holds, and what must happen in some state so that a run shows anything.

use stateright::Property;

use crate::{
    model::Setup,
    rules::Choice,
    state::{CAROL, CLIENTS, Event, Fault, Phase, Sent, State, has},
};

pub(crate) const JUNIOR: &str = "nobody follows a junior";
pub(crate) const REPLAY: &str = "nobody follows a copied place";
pub(crate) const SEALED: &str = "nothing is sealed in doubt";
pub(crate) const EARLIER: &str = "nobody reads what was said before they came";
pub(crate) const MISSING: &str = "no honest leaf is missing without a leave";
pub(crate) const BOUNDED: &str = "each disturbance costs a bounded number of honest commits";
pub(crate) const CONVERGED: &str = "at rest all live clients stand on the head, or ask a person";
pub(crate) const SOMEBODY: &str = "at rest somebody stands on the head";
pub(crate) const REFUSED: &str = "nobody is asked again about what was refused";
pub(crate) const DELIVERED: &str = "at rest everybody on the head has what was acknowledged, or its author was told";

pub(crate) fn properties() -> Vec<Property<Setup>> {
    vec![
        Property::always(JUNIOR, |_, state: &State| !state.has_fault(Fault::FollowedJunior)),
        Property::always(REPLAY, |_, state: &State| !state.has_fault(Fault::FollowedReplay)),
        Property::always(SEALED, |_, state: &State| !state.has_fault(Fault::SealedInDoubt)),
        Property::always(EARLIER, |_, state: &State| !state.has_fault(Fault::ReadByNewcomers)),
        Property::always(MISSING, |setup, state: &State| setup.mallory_is_senior() || keeps_honest_leaves(state)),
        Property::always(BOUNDED, |setup: &Setup, state: &State| {
            state.fuel >= 0 || (state.is_misled && setup.has_feuds())
        }),
        Property::always(CONVERGED, |setup, state: &State| !is_at_rest(setup, state) || has_converged(setup, state)),
        Property::always(SOMEBODY, |setup, state: &State| {
            !is_at_rest(setup, state)
                || setup.mallory_is_senior()
                || state.is_locked
                || (0..CLIENTS).all(|index| !state.clients[index].is_present())
                || (0..CLIENTS).any(|index| is_settled(state, index))
        }),
        Property::always(DELIVERED, |setup, state: &State| !is_at_rest(setup, state) || is_delivered(state)),
        Property::always(REFUSED, |setup: &Setup, state: &State| {
            (0..CLIENTS).all(|index| match setup.rules.choose(state, index) {
                Choice::Ask(Some(tag)) => !has(state.clients[index].refused, tag.into()),
                Choice::Ask(None) | Choice::Settled | Choice::Repair | Choice::Follow(_) => true,
            })
        }),
        Property::sometimes("somebody repairs", |_, state: &State| state.has_happened(Event::Repaired)),
        Property::sometimes("somebody follows", |_, state: &State| state.has_happened(Event::Followed)),
        Property::sometimes("somebody asks", |setup, state: &State| {
            (0..CLIENTS).any(|index| setup.rules.asks(state, index))
        }),
        Property::sometimes("somebody stays", |_, state: &State| state.has_happened(Event::Stayed)),
        Property::sometimes("somebody agrees", |_, state: &State| state.has_happened(Event::Agreed)),
        Property::sometimes("a message is published again", |_, state: &State| {
            state.has_happened(Event::PublishedAgain)
        }),
    ]
}

fn is_at_rest(setup: &Setup, state: &State) -> bool {
    state.is_quiescent(setup.rules)
}

fn is_settled(state: &State, index: usize) -> bool {
    state.clients[index].phase == Phase::Online && state.is_settled(index)
}

/// Whether two clients do not know each other: an attacker has led one of them into a group that it invented.
pub(crate) fn has_strangers(state: &State) -> bool {
    let knows = |who: usize, whom: usize| state.clients[who].roster.contains(state.clients[whom].key.into());
    let present: Vec<_> = (0..CLIENTS).filter(|client| state.clients[*client].is_present()).collect();
    present.iter().any(|one| present.iter().any(|other| !knows(*one, *other) && !knows(*other, *one)))
}

fn has_converged(setup: &Setup, state: &State) -> bool {
    let roster = (0..CLIENTS).find(|index| is_settled(state, *index)).map(|index| state.clients[index].roster);
    (0..CLIENTS).filter(|index| state.clients[*index].phase == Phase::Online).all(|index| {
        if state.is_settled(index) {
            Some(state.clients[index].roster) == roster
        } else {
            state.is_locked || setup.rules.asks(state, index)
        }
    })
}

fn keeps_honest_leaves(state: &State) -> bool {
    (0..=CAROL).all(|index| {
        let client = &state.clients[index];
        !client.is_present()
            || (0..=CAROL).all(|other| {
                let other = &state.clients[other];
                other.phase == Phase::Left || client.roster.contains(other.key.into())
            })
    })
}

/// An author that has left or asks cannot publish again, so only those on the head answer for what they sent.
fn is_delivered(state: &State) -> bool {
    (0..usize::from(state.messages)).all(|message| {
        let Sent { author, readers, .. } = state.sent[message];
        let author = usize::from(author);
        let is_owed = is_settled(state, author)
            && has(state.clients[author].received, message)
            && !has(state.clients[author].told, message);
        let has_it = |reader: usize| !is_settled(state, reader) || has(state.clients[reader].received, message);
        !is_owed || (0..CLIENTS).all(|reader| !has(readers, reader) || has_it(reader))
    })
}
