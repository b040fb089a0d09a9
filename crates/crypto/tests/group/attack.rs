//! What a relay and people with the code may try, and what everybody makes of it.

use conclave_crypto::{
    envelope::{self, Place},
    group::{Change, CommitEntry, Invalid, ProcessError, Received},
    place,
    purpose::{PSK_ID_CODE, Psk},
    validator::Violation,
};
use conclave_proto::{
    Lane,
    id::{PublicKey, Tag},
};
use conclave_seal::rng::OsRng;
use openmls::prelude::{LeafNodeIndex, LeafNodeParameters};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    mallory::{self, Mallory},
    world::{
        KEYS, Person, alice, assert_invalid, assert_together, code, join, joining, joining_at, knock, room_id, said,
    },
};

#[test]
fn mallory_can_join_with_the_code_like_anybody() {
    let (mut alice, info) = alice();
    let entry = Mallory::honest(alice.group.base()).knocks(&info);
    assert_eq!(
        alice.hears(&entry).unwrap().joined[0].credential.nick,
        "Mallory",
        "the attacks below fail for their reason"
    );
}

#[test]
fn a_newcomer_without_the_rooms_key_is_refused_though_mls_would_take_her() {
    let (mut alice, info) = alice();
    let entry = Mallory { psks: vec![], ..Mallory::honest(alice.group.base()) }.knocks(&info);
    assert_invalid(alice.hears(&entry), Violation::V1);
}

#[test]
fn a_newcomer_with_a_wrong_key_is_refused() {
    let (mut alice, info) = alice();
    let entry = Mallory { psks: vec![(PSK_ID_CODE, [7; 32])], ..Mallory::honest(alice.group.base()) }.knocks(&info);
    assert!(matches!(alice.hears(&entry), Err(ProcessError::Invalid(Invalid::NotAuthentic))));
}

#[test]
fn a_newcomer_with_a_key_of_her_own_besides_is_refused() {
    let (mut alice, info) = alice();
    let mut mallory = Mallory::honest(alice.group.base());
    mallory.psks.push((b"mine", [7; 32]));
    assert_invalid(alice.hears(&mallory.knocks(&info)), Violation::V1);
}

#[test]
fn a_newcomer_whose_name_cannot_be_shown_is_refused() {
    let (mut alice, info) = alice();
    // A right-to-left override inside the nick.
    let identity = b"\xa3\x00\x67M\xe2\x80\xaelor\x01\x58\x20................................\x03\x00";
    let entry = Mallory { identity, ..Mallory::honest(alice.group.base()) }.knocks(&info);
    assert_invalid(alice.hears(&entry), Violation::V2);
}

/// MLS takes any extension that the leaf itself declares.
#[test]
fn a_newcomer_whose_leaf_carries_something_unknown_is_refused() {
    let (mut alice, info) = alice();
    let entry = Mallory { extended: true, ..Mallory::honest(alice.group.base()) }.knocks(&info);
    assert_invalid(alice.hears(&entry), Violation::V2);
}

#[test]
fn a_newcomer_bound_to_another_base_is_refused() {
    let (mut alice, info) = alice();
    let entry = Mallory { base: Tag([9; 16]), ..Mallory::honest(alice.group.base()) }.knocks(&info);
    assert!(alice.opens(&entry).is_none(), "the envelope does not open");
    let place = Place { lane: Lane::Join, room_id: room_id(), base: Tag([9; 16]) };
    let frame = envelope::open(KEYS.join_key(), &place, &entry.blob).unwrap();
    let bare = CommitEntry { lane: Lane::Join, message: &frame.data, tag: entry.tag(), member_auth_key: entry.mpk };
    let verdict = alice.group.advance(&alice.state, bare);
    assert!(matches!(verdict, Err(ProcessError::Invalid(Invalid::Misplaced))), "nor would the message inside count");
}

#[test]
fn after_a_refused_entry_the_room_goes_on() {
    let (mut alice, info) = alice();
    let entry = Mallory { psks: vec![], ..Mallory::honest(alice.group.base()) }.knocks(&info);
    assert_invalid(alice.hears(&entry), Violation::V1);
    let (mut bob, entry) = knock(joining(&info, &alice, &code(), "Bob")).unwrap();
    alice.hears(&entry).unwrap();
    assert_together(&[&alice, &bob]);
    let message = bob.says("fine");
    assert_eq!(alice.reads(&message).unwrap(), said("fine", &bob));
}

#[test]
fn a_message_is_read_once() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let message = bob.says("once");
    assert_eq!(alice.reads(&message).unwrap(), said("once", &bob));
    assert!(matches!(alice.reads(&message), Err(ProcessError::Invalid(_))), "a replay under a new number");
    alice.restarts();
    assert!(matches!(alice.reads(&message), Err(ProcessError::Invalid(_))), "also after a restart");
}

#[test]
fn a_message_of_an_epoch_that_is_over_cannot_be_read() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let late = bob.says("late");
    let update = alice.commits(Change::Update);
    alice.merges(&update);
    assert!(matches!(alice.reads(&late), Err(ProcessError::Invalid(Invalid::Misplaced))), "no past keys are kept");
}

#[test]
fn changed_messages_are_refused_and_the_true_one_still_opens() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let message = bob.says("true");
    for at in 0..message.len() {
        let mut changed = message.clone();
        changed[at] ^= 1;
        assert!(alice.reads(&changed).is_err(), "byte {at}");
    }
    assert!(alice.reads(&[&message[..], &[0]].concat()).is_err());
    assert_eq!(alice.reads(&message).unwrap(), said("true", &bob), "garbage must not burn the key of the true message");
}

#[test]
fn entries_on_the_wrong_lane_are_refused() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let message = bob.says("hello");
    let as_commit =
        CommitEntry { lane: Lane::Commit, message: &message, tag: Tag([1; 16]), member_auth_key: PublicKey([1; 32]) };
    assert!(matches!(alice.group.advance(&alice.state, as_commit), Err(ProcessError::Invalid(Invalid::Undecodable))));
    let entry = bob.commits(Change::Update);
    let frame = alice.opens(&entry).unwrap();
    assert!(matches!(alice.reads(&frame), Err(ProcessError::Invalid(Invalid::Undecodable))), "a commit on lane A");
    let as_join = CommitEntry { lane: Lane::Join, message: &frame, tag: entry.tag(), member_auth_key: entry.mpk };
    assert!(matches!(alice.group.advance(&alice.state, as_join), Err(ProcessError::Invalid(Invalid::Undecodable))));
    alice.hears(&entry).unwrap();
}

#[test]
fn a_commit_that_names_another_key_is_refused_by_everybody() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut entry = bob.commits(Change::Update);
    entry.mpk = PublicKey([3; 32]);
    assert_invalid(alice.hears(&entry), Violation::V10);
}

#[test]
fn a_commit_over_a_leave_that_never_arrived_is_skipped() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut carol = join("Carol", &mut [&mut alice, &mut bob]);
    let leave = bob.group.propose_leave(&bob.state, &mut OsRng).unwrap();
    carol.reads(&leave).unwrap();
    let entry = carol.commits(Change::Update);
    let verdict = alice.hears(&entry);
    assert!(
        matches!(verdict, Err(ProcessError::Invalid(Invalid::MissingProposal))),
        "the relay withheld the proposal, which says nothing about the commit: {verdict:?}"
    );
}

#[test]
fn somebody_elses_leave_cannot_be_proposed() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut carol = join("Carol", &mut [&mut alice, &mut bob]);
    let leave = bob.group.propose_leave(&bob.state, &mut OsRng).unwrap();
    assert_eq!(alice.reads(&leave).unwrap(), Received::Leaving { leaf: bob.group.own_leaf() });
    assert_eq!(alice.group.leaving(), [bob.group.own_leaf()], "only the one who asked");
    assert!(carol.group.leaving().is_empty());
    carol.restarts();
}

/// A proposal that somebody keeps goes into his next commit, under his name.
#[test]
fn what_a_member_proposes_besides_the_own_leave_is_not_kept() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let info = alice.group.group_info().unwrap();
    let mallory = Mallory { identity: mallory::LATER, ..Mallory::honest(alice.group.base()) };
    let (mut mallory, entry) = mallory.enters(&info);
    for person in [&mut alice, &mut bob] {
        person.hears(&entry).unwrap();
    }
    let of_bob = mallory.proposes(|group, provider, signer| {
        group.propose_remove_member(provider, signer, LeafNodeIndex::new(1)).unwrap().0
    });
    let of_alice = mallory.proposes(|group, provider, signer| {
        group.propose_remove_member(provider, signer, LeafNodeIndex::new(0)).unwrap().0
    });
    let update = mallory.proposes(|group, provider, signer| {
        group.propose_self_update(provider, signer, LeafNodeParameters::default()).unwrap().0
    });
    for (what, proposal) in [("Bob's removal", of_bob), ("Alice's removal", of_alice), ("an update", update)] {
        let verdict = alice.reads(&proposal);
        let is_refused = matches!(verdict, Err(ProcessError::Invalid(Invalid::Rule(Violation::V3))));
        assert!(is_refused, "{what}: {verdict:?}");
        assert!(alice.group.leaving().is_empty(), "{what}");
    }
    let entry = alice.commits(Change::Update);
    alice.merges(&entry);
    assert!(bob.hears(&entry).unwrap().left.is_empty());
    assert_together(&[&alice, &bob]);
}

/// The reason for "a kick locks, and a room from which somebody was kicked never unlocks" (protocol 4.6.6).
#[test]
fn a_removed_member_and_a_lying_relay_trap_a_newcomer_in_an_old_epoch() {
    let (mut alice, _) = alice();
    let mut mallory = join("Mallory", &mut [&mut alice]);
    let (old_info, old_base) = (alice.group.group_info().unwrap(), alice.group.base());
    let kick = alice.commits(Change::Remove(vec![alice.leaf_of("Mallory")]));
    alice.merges(&kick);

    let (mut carol, trap) = knock(joining_at(&old_info, alice.group.leaf_key(), old_base, &code(), "Carol")).unwrap();
    mallory.hears(&trap).unwrap();
    let secret = carol.says("is it safe here?");
    let read = mallory.reads(&secret).unwrap();
    assert_eq!(read, said("is it safe here?", &carol), "no cryptography prevents this; the lock does");
    assert_ne!(carol.group.base(), alice.group.base());
}

#[test]
fn keys_of_an_epoch_open_nothing_of_the_next() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let stolen = bob.state.snapshot();
    let heal = bob.commits(Change::Update);
    bob.merges(&heal);
    alice.hears(&heal).unwrap();
    let message = alice.says("after the theft");
    let mut thief = Person { state: stolen, group: bob.group };
    thief.restarts();
    assert!(thief.opens(&heal).is_some(), "the thief sees the commit");
    assert!(thief.hears(&heal).is_err(), "and cannot follow it: Bob's device healed");
    assert!(thief.reads(&message).is_err());
}

#[test]
fn a_psk_prints_nothing() {
    assert_eq!(format!("{:?}", Psk::from_bytes(&[7; 32])), "Psk(..)");
}

#[test]
fn a_commit_damaged_anywhere_is_refused_by_everybody_and_the_true_one_still_counts() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let (update, true_update) = {
        let entry = bob.commits(Change::Update);
        (alice.opens(&entry).unwrap(), entry)
    };
    let (carol, knock) = {
        let info = alice.group.group_info().unwrap();
        knock(joining(&info, &alice, &code(), "Carol")).unwrap()
    };
    let arrival = alice.opens(&knock).unwrap();
    for (lane, message, entry) in [(Lane::Commit, update, &true_update), (Lane::Join, arrival, &knock)] {
        let positions = (0..message.len().min(200)).chain((200..message.len()).step_by(211));
        for at in positions {
            let mut damaged = message.clone();
            damaged[at] ^= 0x10;
            let damaged = CommitEntry { lane, message: &damaged, tag: entry.tag(), member_auth_key: entry.mpk };
            let verdict = alice.group.advance(&alice.state, damaged);
            assert!(matches!(verdict, Err(ProcessError::Invalid(_))), "{lane:?}, byte {at}: {verdict:?}");
        }
    }
    alice.hears(&knock).unwrap();
    assert_together(&[&alice, &carol]);
}

#[test]
fn bytes_of_any_kind_are_invalid_and_change_nothing() {
    let (alice, _) = alice();
    let alice = std::cell::RefCell::new(alice);
    let lanes = [Lane::Application, Lane::Join, Lane::Commit];
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2000));
    let heads = prop_oneof![Just(vec![]), Just(vec![0, 1, 0, 1]), Just(vec![0, 1, 0, 2]), Just(vec![0, 1, 0, 4])];
    let any = (prop::sample::select(lanes.to_vec()), heads, prop::collection::vec(any::<u8>(), 0..200));
    let outcome = runner.run(&any, |(lane, head, tail)| {
        let (mut alice, message) = (alice.borrow_mut(), [head, tail].concat());
        let alice = &mut *alice;
        let entry = CommitEntry { lane, message: &message, tag: Tag([1; 16]), member_auth_key: PublicKey([1; 32]) };
        let verdict = if lane == Lane::Application {
            alice.group.receive(&alice.state, &message).map(drop)
        } else {
            alice.group.advance(&alice.state, entry).map(drop)
        };
        prop_assert!(matches!(verdict, Err(ProcessError::Invalid(_))), "{verdict:?}");
        let place = place::sign(alice.group.leaf_key(), &room_id(), Tag([1; 16]), &[], &message, None).unwrap();
        prop_assert!(alice.group.tree_of(&place, &message).is_err());
        Ok(())
    });
    outcome.unwrap();
    let mut alice = alice.into_inner();
    let bob = join("Bob", &mut [&mut alice]);
    assert_together(&[&alice, &bob]);
}
