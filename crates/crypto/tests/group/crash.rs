//! The disk fails at any read or write of any step: the error says so, nothing is half done, and the step works afterwards.

use std::cell::Cell;

use conclave_crypto::{
    group::{
        Change, CommitEntry, Founding, Group, GroupCrypto as _, GroupError, Identity, Invalid, JoinError, OpenMls,
        ProcessError, Unjudged,
    },
    state::{GroupState, GroupStateReader, MemoryState, StateError},
};
use conclave_proto::Lane;
use conclave_seal::rng::OsRng;
use zeroize::Zeroizing;

use crate::world::{KEYS, Person, alice, assert_together, code, fields, join, joining, owner_key, said, signed};

/// A disk that gives up after so many calls.
struct FailingState<'a> {
    disk: &'a MemoryState,
    calls_left: Cell<usize>,
}

impl FailingState<'_> {
    fn call(&self) -> Result<(), StateError> {
        let left = self.calls_left.get().checked_sub(1).ok_or_else(|| StateError::storage("the disk is full"))?;
        self.calls_left.set(left);
        Ok(())
    }
}

impl GroupStateReader for FailingState<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        self.call()?;
        self.disk.get(key)
    }
}

impl GroupState for FailingState<'_> {
    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        self.call()?;
        self.disk.put(key, value)
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateError> {
        self.call()?;
        self.disk.delete(key)
    }
}

/// Runs a step on a disk that fails at its first call, then at its second, and so on until the step succeeds. After each
/// failure the transaction is rolled back and the group loaded again, as every caller must.
fn with_every_failure<T, E: std::fmt::Debug>(
    person: &mut Person,
    is_storage: impl Fn(&E) -> bool,
    mut step: impl FnMut(&mut dyn Group, &dyn GroupState) -> Result<T, E>,
) -> T {
    for calls in 0..10_000 {
        let before = person.state.snapshot();
        let disk = FailingState { disk: &person.state, calls_left: Cell::new(calls) };
        match step(person.group.as_mut(), &disk) {
            Ok(value) => {
                assert!(calls > 0, "a step that touches no disk proves nothing");
                return value;
            }
            Err(error) => assert!(is_storage(&error), "call {calls}: {error:?} does not name the disk"),
        }
        person.state = before;
        person.restarts();
    }
    unreachable!("no step takes so many calls")
}

fn is_state(error: &GroupError) -> bool {
    matches!(error, GroupError::State(_))
}

fn is_unjudged(error: &ProcessError) -> bool {
    matches!(error, ProcessError::Unjudged(Unjudged::State(_)))
}

#[test]
fn messages_survive_a_failing_disk_on_both_sides() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let message = with_every_failure(&mut bob, is_state, |group, disk| group.encrypt(disk, &mut OsRng, b"hello"));
    let received = with_every_failure(&mut alice, is_unjudged, |group, disk| group.receive(disk, &message));
    assert_eq!(received, said("hello", &bob));
}

#[test]
fn commits_survive_a_failing_disk_on_both_sides() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    // Kicks and leaves touch most of what is stored.
    let carol = join("Carol", &mut [&mut alice, &mut bob]);
    let pending = with_every_failure(&mut alice, is_state, |group, disk| {
        group.commit(disk, &mut OsRng, Change::Remove(vec![carol.group.own_leaf()]))
    });
    let tag = conclave_proto::id::Tag([5; 16]);
    with_every_failure(&mut alice, is_state, |group, disk| group.merge_pending(disk, tag));
    let entry =
        CommitEntry { lane: Lane::Commit, message: &pending.commit, tag, member_auth_key: pending.member_auth_key };
    let advanced = with_every_failure(&mut bob, is_unjudged, |group, disk| group.advance(disk, entry));
    assert_eq!(advanced.left[0].credential.nick, "Carol");
    assert_together(&[&alice, &bob]);
}

#[test]
fn a_leave_survives_a_failing_disk_on_both_sides() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let leave = with_every_failure(&mut bob, is_state, |group, disk| group.propose_leave(disk, &mut OsRng));
    with_every_failure(&mut alice, is_unjudged, |group, disk| group.receive(disk, &leave));
    alice.restarts();
    assert_eq!(alice.group.leaving(), [bob.group.own_leaf()]);
}

#[test]
fn founding_joining_and_loading_name_the_disk() {
    let (params, mut calls) = (signed(fields(1, 16)), 0);
    let (alice, info) = loop {
        let state = MemoryState::new();
        let disk = FailingState { disk: &state, calls_left: Cell::new(calls) };
        let identity = Identity::new("Alice", 0).unwrap();
        let founding = Founding { keys: &KEYS, owner_key: &owner_key(), params: &params, passphrase: None, identity };
        match OpenMls.create(&disk, &mut OsRng, founding) {
            Ok(founded) => break (Person { state, group: founded.group }, founded.group_info),
            Err(error) => assert!(is_state(&error), "call {calls}: {error:?}"),
        }
        calls += 1;
    };
    for calls in 0.. {
        let state = MemoryState::new();
        let disk = FailingState { disk: &state, calls_left: Cell::new(calls) };
        match OpenMls.join(&disk, &mut OsRng, joining(&info, &alice, &code(), "Bob")) {
            Ok(_) => break,
            Err(error) => assert!(matches!(&error, JoinError::Group(GroupError::State(_))), "call {calls}: {error:?}"),
        }
    }
    for calls in 0.. {
        let disk = FailingState { disk: &alice.state, calls_left: Cell::new(calls) };
        match OpenMls.load(&disk) {
            Ok(group) => {
                assert!(group.is_some());
                break;
            }
            Err(error) => assert!(is_state(&error), "call {calls}: {error:?}"),
        }
    }
}

/// Nobody opens the path of the own commit. The prepared one is merged, and one that the disk has lost is skipped.
#[test]
fn an_own_commit_that_comes_back_is_known_as_such() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let before = bob.state.snapshot();
    let entry = bob.commits(Change::Update);
    assert!(matches!(bob.hears(&entry), Err(ProcessError::Invalid(Invalid::Own))));
    assert!(bob.group.has_pending_commit());

    let mut forgetful = Person { state: before, group: bob.group };
    forgetful.restarts();
    assert!(!forgetful.group.has_pending_commit());
    assert!(matches!(forgetful.hears(&entry), Err(ProcessError::Invalid(Invalid::Own))));
}

#[test]
fn a_join_on_trial_is_copied_over_once_it_is_accepted() {
    let (mut alice, info) = alice();
    let (mut bob, entry) = crate::world::knock(joining(&info, &alice, &code(), "Bob")).unwrap();
    let real = MemoryState::new();
    bob.state.copy_into(&real).unwrap();
    bob.state = real;
    bob.restarts();
    alice.hears(&entry).unwrap();
    assert_together(&[&alice, &bob]);
}
