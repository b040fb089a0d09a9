//! Stories of a room's group, from its founding to somebody's leaving.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the story")]
#![expect(clippy::indexing_slicing, reason = "a story knows how many people are in it")]

mod attack;
mod chance;
mod crash;
mod joining;
mod knocking;
mod mallory;
mod world;

use std::cell::Cell;

use conclave_crypto::{
    group::{Change, Founding, GroupCrypto as _, GroupError, Identity, OpenMls, Received},
    params,
    state::{GroupState, GroupStateReader, MemoryState, StateError},
    validator::Violation,
};
use conclave_proto::id::{PublicKey, RoomId, Tag};
use conclave_seal::{id, rng::OsRng, sign::SigningKey};
use zeroize::Zeroizing;

use crate::world::{KEYS, Person, alice, assert_together, fields, join, owner_key, room_id, said, signed};

#[test]
fn alice_opens_a_room_and_is_its_owner() {
    let (alice, _) = alice();
    assert_eq!(alice.group.base(), Tag(id::genesis_tag(room_id().as_bytes())));
    assert_eq!(alice.nicks(), ["Alice"]);
    let own = alice.group.own().unwrap();
    assert!(own.owner && own.own);
    assert!(alice.group.code().secret().same_as(world::code().secret()), "members can recompute the code");
}

#[test]
fn a_room_is_founded_on_parameters_that_its_owner_signed_for_it_and_on_no_others() {
    let (other, psk) = (SigningKey::from_seed(&[9; 32]), KEYS.passphrase_psk("x"));
    let elsewhere = params::sign(&owner_key(), &RoomId([7; 32]), fields(1, 16)).unwrap();
    let mut theirs = fields(1, 16);
    theirs.opk = PublicKey(other.public());
    let theirs = params::sign(&other, &room_id(), theirs).unwrap();
    let mut locked = fields(1, 16);
    locked.policy.need_pass = true;
    let cases = [
        ("signed for another room", elsewhere, None),
        ("of another owner", theirs, None),
        ("without the passphrase that they ask for", signed(locked), None),
        ("with a passphrase that they do not ask for", signed(fields(1, 16)), Some(&psk)),
    ];
    for (what, params, passphrase) in &cases {
        let identity = Identity::new("Alice", 0).unwrap();
        let (keys, owner_key, passphrase) = (&KEYS, &owner_key(), *passphrase);
        let founding = Founding { keys, owner_key, params, passphrase, identity };
        let refused = OpenMls.create(&MemoryState::new(), &mut OsRng, founding);
        assert!(matches!(refused, Err(GroupError::Params)), "{what}: {refused:?}");
    }
}

#[test]
fn bob_joins_while_nobody_helps_and_they_talk() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    assert_together(&[&alice, &bob]);
    assert_eq!(alice.nicks(), ["Alice", "Bob"]);
    assert_eq!([alice.group.epoch(), bob.group.epoch()], [2, 2], "two states of one room are compared by it");

    let hello = bob.says("hello");
    assert_eq!(alice.reads(&hello).unwrap(), said("hello", &bob));
    assert_eq!(bob.reads(&hello).unwrap(), Received::Own, "the echo of the own message");
    let hi = alice.says("hi");
    assert_eq!(bob.reads(&hi).unwrap(), said("hi", &alice));
}

/// Relays may give messages back in any order and lose some; who founded the room and who joined bear the same.
#[test]
fn messages_are_read_newest_first_and_over_a_long_gap() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    for _ in 0..2 {
        let messages: Vec<_> = (0..64).map(|number| bob.says(&number.to_string())).collect();
        for (number, message) in messages.iter().enumerate().rev() {
            assert_eq!(alice.reads(message).unwrap(), said(&number.to_string(), &bob));
        }
        for _ in 0..1100 {
            bob.says("lost");
        }
        let found = bob.says("found");
        assert_eq!(alice.reads(&found).unwrap(), said("found", &bob));
        std::mem::swap(&mut alice, &mut bob);
    }
}

#[test]
fn three_people_stay_together_over_joins_updates_and_restarts() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut carol = join("Carol", &mut [&mut alice, &mut bob]);
    assert_together(&[&alice, &bob, &carol]);

    let entry = bob.commits(Change::Update);
    bob.restarts();
    assert!(bob.group.has_pending_commit(), "a prepared commit survives a crash");
    bob.merges(&entry);
    alice.restarts();
    alice.hears(&entry).unwrap();
    carol.hears(&entry).unwrap();
    for person in [&mut alice, &mut bob, &mut carol] {
        person.restarts();
    }
    assert_together(&[&alice, &bob, &carol]);
    let message = carol.says("still here");
    assert_eq!(alice.reads(&message).unwrap(), said("still here", &carol));
    assert_eq!(bob.reads(&message).unwrap(), said("still here", &carol));
}

#[test]
fn bob_changes_his_nick_and_stays_bob() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let id = bob.group.own().unwrap().id;
    let entry = bob.commits(Change::Appear(Identity::new("Robert", 0).unwrap()));
    bob.merges(&entry);
    let advanced = alice.hears(&entry).unwrap();
    assert_eq!(advanced.changed.len(), 1);
    let change = &advanced.changed[0];
    assert_eq!([change.before.id, change.now.id], [id; 2], "the id follows the key, not the nick");
    assert_eq!([&change.before, &change.now].map(|member| member.credential.nick.as_str()), ["Bob", "Robert"]);
    assert!(advanced.joined.is_empty() && advanced.left.is_empty());
    assert_eq!(alice.nicks(), ["Alice", "Robert"]);
}

#[test]
fn alice_removes_carol_who_reads_nothing_more() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut carol = join("Carol", &mut [&mut alice, &mut bob]);
    let entry = alice.commits(Change::Remove(vec![alice.leaf_of("Carol")]));
    alice.merges(&entry);
    assert_eq!(bob.hears(&entry).unwrap().left[0].credential.nick, "Carol");
    assert!(carol.hears(&entry).unwrap().own_removed);
    assert_together(&[&alice, &bob]);

    let secret = alice.says("she is gone");
    assert_eq!(bob.reads(&secret).unwrap(), said("she is gone", &alice));
    assert!(carol.reads(&secret).is_err());
    assert!(matches!(carol.group.encrypt(&carol.state, &mut OsRng, b"?"), Err(GroupError::Removed)));
}

#[test]
fn bob_cannot_remove_alice_and_nothing_is_sent() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let refused = bob.group.commit(&bob.state, &mut OsRng, Change::Remove(vec![0]));
    assert!(matches!(refused, Err(GroupError::NotAllowed(Violation::V4))), "{refused:?}");
    assert!(!bob.group.has_pending_commit(), "a refused commit leaves nothing behind");
    let message = bob.says("sorry");
    assert_eq!(alice.reads(&message).unwrap(), said("sorry", &bob));
}

#[test]
fn a_removal_of_nobody_or_of_oneself_says_so() {
    let (mut alice, _) = alice();
    for leaf in [0, 7] {
        let refused = alice.group.commit(&alice.state, &mut OsRng, Change::Remove(vec![leaf]));
        assert!(matches!(refused, Err(GroupError::NoSuchMember)), "leaf {leaf}: {refused:?}");
    }
}

#[test]
fn bob_leaves_and_carol_carries_it_out() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut carol = join("Carol", &mut [&mut alice, &mut bob]);
    let leave = bob.group.propose_leave(&bob.state, &mut OsRng).unwrap();
    for person in [&mut alice, &mut carol] {
        let leaf = bob.group.own_leaf();
        assert_eq!(person.reads(&leave).unwrap(), Received::Leaving { leaf });
        person.restarts();
        assert_eq!(person.group.leaving(), [leaf], "a leave survives a restart");
    }
    let message = alice.says("Let him go?");
    assert_eq!(carol.reads(&message).unwrap(), said("Let him go?", &alice), "a leave keeps nobody from writing");
    for person in [&mut alice, &mut carol] {
        person.restarts();
        assert_eq!(person.group.leaving(), [bob.group.own_leaf()], "and is not forgotten by it");
    }

    let entry = carol.commits(Change::Update);
    carol.merges(&entry);
    assert_eq!(alice.hears(&entry).unwrap().left[0].credential.nick, "Bob");
    assert!(bob.hears(&entry).unwrap().own_removed);
    assert_together(&[&alice, &carol]);
    let message = alice.says("bye Bob");
    assert_eq!(carol.reads(&message).unwrap(), said("bye Bob", &alice));
}

#[test]
fn the_owner_changes_the_title_and_nobody_else_can() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut new = fields(2, 16);
    new.title = "Supper".into();
    let new = signed(new);
    let refused = bob.group.commit(&bob.state, &mut OsRng, Change::Params(Box::new(new.clone())));
    assert!(
        matches!(refused, Err(GroupError::NotAllowed(Violation::V5))),
        "signed, but not Bob's to post: {refused:?}"
    );

    let entry = alice.commits(Change::Params(Box::new(new)));
    alice.merges(&entry);
    assert!(bob.hears(&entry).unwrap().params_changed);
    assert_eq!(bob.group.params().title, "Supper");
    assert_together(&[&alice, &bob]);
}

#[test]
fn of_two_commits_the_first_wins_and_the_other_is_tried_again() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let first = alice.commits(Change::Update);
    let second = bob.commits(Change::Update);
    alice.merges(&first);
    bob.group.clear_pending(&bob.state).unwrap();
    bob.hears(&first).unwrap();
    assert_together(&[&alice, &bob]);
    assert_ne!(bob.group.base(), second.tag());
    let again = bob.commits(Change::Update);
    bob.merges(&again);
    alice.hears(&again).unwrap();
    assert_together(&[&alice, &bob]);
}

#[test]
fn an_ephemeral_is_signed_by_the_leaf_that_it_names() {
    let (mut alice, _) = alice();
    let bob = join("Bob", &mut [&mut alice]);
    let signature = bob.group.sign_ephemeral(b"typing");
    assert!(alice.group.verify_ephemeral(bob.group.own_leaf(), b"typing", &signature).is_ok());
    assert!(alice.group.verify_ephemeral(alice.group.own_leaf(), b"typing", &signature).is_err());
    assert!(alice.group.verify_ephemeral(99, b"typing", &signature).is_err());
}

#[test]
fn an_empty_state_holds_no_group() {
    assert!(OpenMls.load(&MemoryState::new()).unwrap().is_none());
}

#[test]
fn a_group_prints_no_key_and_no_message() {
    let (mut alice, _) = alice();
    let bob = join("Bob", &mut [&mut alice]);
    let message = alice.says("hush");
    let mut bob = bob;
    let read = bob.reads(&message).unwrap();
    assert_eq!(format!("{read:?}"), "Application(from leaf 0)");
    assert_eq!(format!("{:?}", alice.group), format!("MlsRoom {{ base: {:?}, members: 2, .. }}", alice.group.base()));
    let keys = format!("{:?}", alice.group.keys());
    assert_eq!(
        keys,
        "EpochKeys { application: EnvelopeKey(..), commit: EnvelopeKey(..), ephemeral: EnvelopeKey(..), \
         member_auth: SigningKey(..), authenticator: EpochAuthenticator(..) }"
    );
}

#[test]
fn a_refused_entry_leaves_memory_and_state_in_agreement() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let (first, mut forged) = (bob.says("first"), bob.commits(Change::Update));
    forged.mpk = PublicKey([1; 32]);
    world::assert_invalid(alice.hears(&forged), Violation::V10);
    let held = alice.state.snapshot();
    assert_eq!(alice.reads(&first).unwrap(), said("first", &bob), "memory goes on");
    alice.state = held;
    alice.restarts();
    assert_eq!(alice.reads(&first).unwrap(), said("first", &bob), "and so does what was stored");
}

/// Counts what a state holds.
#[derive(Default)]
struct Count(Cell<usize>);

impl GroupStateReader for Count {
    fn get(&self, _: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        Ok(None)
    }
}

impl GroupState for Count {
    fn put(&self, _: &[u8], _: &[u8]) -> Result<(), StateError> {
        self.0.set(self.0.get().saturating_add(1));
        Ok(())
    }

    fn delete(&self, _: &[u8]) -> Result<(), StateError> {
        Ok(())
    }
}

#[test]
fn nothing_is_kept_of_epochs_that_are_over() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut held = |bob: &mut Person| {
        for _ in 0..2 {
            let entry = alice.commits(Change::Update);
            alice.merges(&entry);
            bob.hears(&entry).unwrap();
            let entry = bob.commits(Change::Update);
            bob.merges(&entry);
            alice.hears(&entry).unwrap();
        }
        let count = Count::default();
        bob.state.copy_into(&count).unwrap();
        count.0.get()
    };
    assert_eq!(held(&mut bob), held(&mut bob), "a key that stays behind opens what was said");
}
