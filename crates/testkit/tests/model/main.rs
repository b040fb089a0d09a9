//! A model of the rules for commits, doubt, repair and following (protocol 4.6.4, 4.6.7, 4.7), checked exhaustively.
//!
//! **What is modelled.** The relay's log; Alice, Bob and Carol, who have a leaf; Nora, who may join; Mallory, who has a leaf
//! and the code, and Oscar, who has the code only. Clients decide with the function that the engine calls
//! ([`conclave_crypto::fork_choice`]). An attacker's commit opens for any of the clients on its parent, and has a place with
//! its own signature over what it likes: bases that its branch never had, a tree without somebody, or with somebody who does
//! not exist. A copied place is none, since its signature names another tag. Any client may be the one whose commit the relay
//! accepts next: no delay gives a senior the first go. A client may crash with a commit or a message on its way. The owner's
//! LOCK carries a commit at the own base. A person who is asked says no or yes, or nothing; yes only where the tree that was
//! shown is a real one, with somebody in it whom they knew, since they compare its words.
//!
//! **What is not.** Cryptography (that a commit opens, or a signature is valid, is said and not computed), relays that reorder
//! or withhold, time (pauses, leases, the 24 hours for which a message can be published again, what ends in a log), the owner's
//! help for who stands outside a locked room, windows (256 bases of a client and 64 of a place are more than a run has), and
//! generations of a ratchet: clients enter an epoch by a new entry only, so an epoch is never entered twice.
//!
//! **What it found out about the rules**, and takes for granted here. A follow that the relay refused is chosen anew, not sent
//! again: its parent may be the tip no longer. A follower names the *oldest* base after which something may not have reached
//! everybody: the oldest of those that the places of the followed branch share with its history, of those that others named
//! when they followed to that branch (so the name is part of the place), and of those that it named itself before.
//!
//! **How it stays small.** A client that is online processes every entry at once. That leaves nothing out: what it makes
//! before it has processed everything is refused, and processing later what it would have processed earlier changes nothing
//! for anybody else. What no client and no rule looks at again is taken out of a state. The budgets are three attacks, a
//! crash, a join, a leave, two messages, a lock, two noes, a yes; several runs cover every pair of them, since all at once are too
//! many.
//!
//! **Two limits**, which the properties know. A newcomer who was led into a group that an attacker invented does not know the
//! others, nor they it. It asks a person as long as nobody there has answered; a second crafted commit can answer it, and then
//! both repair in turn, which only the pauses between repeated repairs bound. So can a member who says yes to such a group, in
//! which it knows nobody; therefore people here do not. And a *senior* attacker can lead juniors away, or
//! have them ask, until somebody older speaks.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "the model counts to 32, and a panic ends the test"
)]

mod attack;
mod canonical;
mod client;
mod model;
mod properties;
mod rules;
mod state;

use std::{collections::BTreeSet, io::Write};

use model::Setup;
use properties::{BOUNDED, DELIVERED, EARLIER, JUNIOR, REFUSED, REPLAY};
use rules::Rules;
use state::Budget;
use stateright::{Checker, Expectation, HasDiscoveries, Model};

const NOTHING: Budget =
    Budget { attacks: 0, crashes: 0, joins: 0, leaves: 0, messages: 0, locks: 0, noes: 0, yeses: 0 };

/// Mallory came last.
const JUNIOR_MALLORY: Setup = Setup {
    rules: Rules::Whole,
    budget: NOTHING,
    mallory: Some(6),
    has_oscar: false,
    invents_trees: true,
    has_commits_on_their_way: false,
};

/// Mallory came after Alice and before Bob.
const SENIOR_MALLORY: Setup = Setup { mallory: Some(2), ..JUNIOR_MALLORY };

/// Writes past the capture of the test harness: the figures are read of tests that pass too.
fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// Explores every state, and expects that what must hold holds and what must be possible happens.
fn holds(name: &str, setup: Setup, possible: &[&str]) {
    let checker = setup.checker().spawn_bfs().join();
    let found = checker.discoveries();
    let (mut kept, mut broken) = (Vec::new(), String::new());
    for property in setup.properties() {
        match (property.expectation, found.get(property.name)) {
            (Expectation::Always, None) => kept.push(property.name),
            (Expectation::Always, Some(path)) => {
                let steps: Vec<_> = path.clone().into_actions();
                broken += &format!("not so: {}\n{steps:#?}\n", property.name);
            }
            _ => {}
        }
    }
    let states = checker.unique_state_count();
    report(&format!("{name}: {states} states, {} steps at most. {}.", checker.max_depth(), kept.join(", ")));
    assert!(broken.is_empty(), "{name}: {broken}");
    for event in possible {
        assert!(found.contains_key(event), "{name}: never {event}");
    }
}

/// Explores until a property is found broken.
fn breaks(name: &str, setup: Setup, property: &'static str) {
    let wanted = HasDiscoveries::AllOf(BTreeSet::from([property]));
    let checker = setup.checker().finish_when(wanted).spawn_bfs().join();
    let steps = checker.discovery(property).map(|path| path.into_actions());
    let states = checker.unique_state_count();
    report(&format!("{name}: {states} states. Not so: {property}\n{steps:#?}"));
    assert!(steps.is_some(), "{name}: {property}");
}

const REPAIRS: &str = "somebody repairs";
const FOLLOWS: &str = "somebody follows";
const ASKS: &str = "somebody asks";
const STAYS: &str = "somebody stays";
const AGREES: &str = "somebody agrees";
const PUBLISHES_AGAIN: &str = "a message is published again";

#[test]
fn three_attacks_on_members_converge() {
    let setup = Setup { budget: Budget { attacks: 3, ..NOTHING }, invents_trees: false, ..JUNIOR_MALLORY };
    holds("three attacks", setup, &[REPAIRS, FOLLOWS]);
}

#[test]
fn two_attackers_with_invented_groups_lead_no_member_away() {
    let setup = Setup { budget: Budget { attacks: 2, ..NOTHING }, has_oscar: true, ..JUNIOR_MALLORY };
    holds("two attackers", setup, &[REPAIRS, FOLLOWS]);
}

#[test]
fn crashes_with_commits_and_messages_on_their_way_lose_nothing() {
    let budget = Budget { attacks: 1, crashes: 1, messages: 1, ..NOTHING };
    let setup = Setup { budget, has_commits_on_their_way: true, ..JUNIOR_MALLORY };
    holds("crash", setup, &[REPAIRS, FOLLOWS, ASKS, PUBLISHES_AGAIN]);
    let setup = Setup { budget: Budget { attacks: 2, crashes: 1, ..NOTHING }, invents_trees: false, ..JUNIOR_MALLORY };
    holds("two attacks, crash", setup, &[REPAIRS, FOLLOWS, ASKS]);
}

#[test]
fn messages_reach_everybody_through_attacks_and_leaves() {
    let setup = Setup { budget: Budget { attacks: 1, leaves: 1, messages: 2, ..NOTHING }, ..JUNIOR_MALLORY };
    holds("leave, two messages", setup, &[REPAIRS, FOLLOWS, ASKS, PUBLISHES_AGAIN]);
    let budget = Budget { attacks: 2, messages: 1, ..NOTHING };
    let setup = Setup { budget, invents_trees: false, ..JUNIOR_MALLORY };
    holds("two attacks, message", setup, &[REPAIRS, FOLLOWS, PUBLISHES_AGAIN]);
    let outsider = Setup { mallory: None, has_oscar: true, ..setup };
    holds("outsider, message", outsider, &[REPAIRS, FOLLOWS, PUBLISHES_AGAIN]);
}

#[test]
fn a_newcomer_comes_in_whatever_else_happens() {
    let budget = Budget { attacks: 1, joins: 1, ..NOTHING };
    holds("join", Setup { budget, ..JUNIOR_MALLORY }, &[REPAIRS, FOLLOWS]);
    let known = Setup { invents_trees: false, ..JUNIOR_MALLORY };
    let with_message = Budget { messages: 1, ..budget };
    holds("join, message", Setup { budget: with_message, ..known }, &[REPAIRS, FOLLOWS, PUBLISHES_AGAIN]);
    let with_all = Budget { crashes: 1, leaves: 1, ..budget };
    holds("join, leave, crash", Setup { budget: with_all, ..known }, &[REPAIRS, FOLLOWS, ASKS]);
}

#[test]
fn a_lock_at_the_owners_base_ends_the_doubt() {
    let budget = Budget { attacks: 1, locks: 1, crashes: 1, joins: 1, ..NOTHING };
    let setup = Setup { budget, invents_trees: false, ..JUNIOR_MALLORY };
    holds("lock, crash, join", setup, &[REPAIRS, FOLLOWS, ASKS]);
    let budget = Budget { attacks: 1, locks: 1, leaves: 1, messages: 1, ..NOTHING };
    holds("lock, leave, message", Setup { budget, ..setup }, &[REPAIRS, FOLLOWS, ASKS, PUBLISHES_AGAIN]);
}

#[test]
fn a_senior_attacker_misleads_juniors_only_until_somebody_older_speaks() {
    let setup = Setup { budget: Budget { attacks: 2, ..NOTHING }, ..SENIOR_MALLORY };
    holds("senior, two attacks", setup, &[REPAIRS, FOLLOWS, ASKS]);
    let budget = Budget { attacks: 1, crashes: 1, leaves: 1, ..NOTHING };
    holds("senior, crash, leave", Setup { budget, ..setup }, &[REPAIRS, FOLLOWS, ASKS]);
    let budget = Budget { attacks: 1, joins: 1, messages: 1, ..NOTHING };
    let setup = Setup { budget, invents_trees: false, ..setup };
    holds("senior, join, message", setup, &[REPAIRS, FOLLOWS, PUBLISHES_AGAIN]);
}

#[test]
fn whatever_people_answer_nobody_is_parted_for_ever() {
    let budget = Budget { attacks: 1, crashes: 1, messages: 1, noes: 2, yeses: 1, ..NOTHING };
    let setup = Setup { budget, ..JUNIOR_MALLORY };
    holds("two noes, yes, crash, message", setup, &[REPAIRS, FOLLOWS, ASKS, STAYS, AGREES, PUBLISHES_AGAIN]);
    let budget = Budget { attacks: 2, crashes: 1, noes: 2, ..NOTHING };
    let known = Setup { invents_trees: false, ..setup };
    holds("two noes, two attacks, crash", Setup { budget, ..known }, &[REPAIRS, FOLLOWS, ASKS, STAYS]);
    let budget = Budget { attacks: 1, joins: 1, noes: 2, yeses: 1, ..NOTHING };
    holds("two noes, yes, join", Setup { budget, ..setup }, &[REPAIRS, FOLLOWS, ASKS, STAYS]);
    let budget = Budget { attacks: 2, noes: 2, ..NOTHING };
    holds("senior, two noes, two attacks", Setup { budget, ..SENIOR_MALLORY }, &[REPAIRS, FOLLOWS, ASKS, STAYS]);
}

#[test]
fn without_refusals_a_no_leaves_the_question() {
    let budget = Budget { attacks: 1, crashes: 1, noes: 1, ..NOTHING };
    breaks("without refusals", Setup { rules: Rules::WithoutRefusals, budget, ..JUNIOR_MALLORY }, REFUSED);
}

#[test]
fn without_seniority_a_junior_leads_members_away() {
    let budget = Budget { attacks: 1, ..NOTHING };
    breaks("without seniority", Setup { rules: Rules::WithoutSeniority, budget, ..JUNIOR_MALLORY }, JUNIOR);
}

#[test]
fn without_the_place_a_copy_leads_members_away() {
    let budget = Budget { attacks: 1, ..NOTHING };
    breaks("without the place", Setup { rules: Rules::WithoutPlace, budget, ..JUNIOR_MALLORY }, REPLAY);
}

#[test]
fn without_publishing_again_a_message_is_lost() {
    let budget = Budget { attacks: 1, messages: 1, ..NOTHING };
    breaks(
        "without publishing again",
        Setup { rules: Rules::WithoutPublishingAgain, budget, ..JUNIOR_MALLORY },
        DELIVERED,
    );
}

#[test]
fn without_an_audience_a_newcomer_reads_what_was_said_before() {
    let budget = Budget { attacks: 1, joins: 1, messages: 1, ..NOTHING };
    breaks("without an audience", Setup { rules: Rules::WithoutAudience, budget, ..JUNIOR_MALLORY }, EARLIER);
}

#[test]
fn without_tips_members_follow_each_other_for_ever() {
    let budget = Budget { attacks: 1, ..NOTHING };
    breaks("without tips", Setup { rules: Rules::WithoutTips, budget, ..JUNIOR_MALLORY }, BOUNDED);
}

#[test]
fn without_the_oldest_common_base_a_message_is_lost() {
    let budget = Budget { attacks: 2, messages: 1, ..NOTHING };
    let setup = Setup { rules: Rules::WithoutOldestBase, budget, invents_trees: false, ..JUNIOR_MALLORY };
    breaks("without the oldest common base", setup, DELIVERED);
}
