//! The rules V1 to V10: one table of what is allowed and refused, and any commit at all against a second reading of them.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails the test")]

use std::sync::LazyLock;

use conclave_crypto::{
    group::Member,
    params,
    purpose::{PSK_ID_CODE, PSK_ID_PASS},
    validator::{Committer, NewLeaf, Proposed, Summary, View, Violation, is_owner, judge},
};
use conclave_proto::{
    Lane,
    credential::{Credential, CredentialFields},
    deed::PanicBy,
    id::{MemberId, PublicKey, RoomId, Signature},
    params::{Calls, History, Params, ParamsFields, Receipts, RoomPolicy},
};
use conclave_seal::{
    id,
    sign::SigningKey,
    transcript::{OwnerLeaf, Statement as _},
};
use proptest::prelude::*;

const ROOM: RoomId = RoomId([1; 32]);
const ALICE: Committer = Committer::Member(0);
const BOB: Committer = Committer::Member(1);
/// The epoch that the commits begin; everybody came in the epoch of their number.
const EPOCH: u64 = 4;

/// Leaf keys of Alice (0), Bob (1), Carol (3) and of strangers (others).
fn key(number: u8) -> PublicKey {
    PublicKey([number; 32])
}

fn owner_key() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

/// Certificates and parameters are signed once; there are few of them.
static CERTIFICATES: LazyLock<Vec<Signature>> = LazyLock::new(|| {
    let sign = |number| OwnerLeaf { room_id: &ROOM.0, leaf_key: &key(number).0 }.sign(&owner_key());
    (0..8).map(|number| Signature(sign(number))).collect()
});

static PARAMS: LazyLock<Params> = LazyLock::new(|| sign(|_| ()));

fn certificate(number: u8) -> Signature {
    *CERTIFICATES.get(usize::from(number)).unwrap()
}

fn sign(change: impl FnOnce(&mut ParamsFields)) -> Params {
    let mut fields = ParamsFields {
        version: 1,
        opk: PublicKey(owner_key().public()),
        r: [2; 32],
        genesis_nonce: [3; 16],
        created_at: 5,
        rev: 7,
        title: String::new(),
        note: String::new(),
        policy: RoomPolicy {
            msg_ttl: 1,
            idle_ttl: 1,
            max_members: 4,
            need_pass: false,
            panic_by: PanicBy::Owner,
            owner_leave_closes: false,
            history: History::None,
            calls: Calls::Off,
            everything_view_once: false,
            presence: true,
            receipts: Receipts::None,
        },
        deed: None,
        standby: None,
    };
    change(&mut fields);
    params::sign(&owner_key(), &ROOM, fields).unwrap()
}

fn credential(owner_cert: Option<Signature>, since: Option<u64>) -> Credential {
    Credential::new(CredentialFields { nick: "Ann".into(), call_pk: key(0), owner_cert, caps: 0, since }).unwrap()
}

fn roster() -> Vec<Member> {
    [0, 1, 3]
        .into_iter()
        .map(|number: u8| Member {
            leaf: number.into(),
            leaf_key: key(number),
            id: MemberId(id::member_id(&key(number).0)),
            credential: credential((number == 0).then(|| certificate(0)), Some(number.into())),
            owner: number == 0,
            own: false,
        })
        .collect()
}

/// Somebody's leaf, which came in the epoch of the same number.
fn leaf(number: u8, owner: bool) -> NewLeaf {
    leaf_since(number, owner, Some(number.into()))
}

fn leaf_since(number: u8, owner: bool, since: Option<u64>) -> NewLeaf {
    let credential = Some(credential(owner.then(|| certificate(number)), since));
    NewLeaf { leaf_key: key(number), credential, capable: true }
}

fn verdict(params: &Params, commit: &Summary) -> Result<(), Violation> {
    judge(&View { room_id: &ROOM, params, roster: &roster() }, commit)
}

/// Bob renews his keys.
fn update() -> Summary {
    Summary {
        lane: Lane::Commit,
        epoch: EPOCH,
        committer: BOB,
        proposals: vec![],
        path: Some(leaf(1, false)),
        params: Some(PARAMS.as_bytes().to_vec()),
        foreign_context: false,
        entry_key: key(5),
        staged_key: Some(key(5)),
    }
}

/// Dave comes in.
fn arrival() -> Summary {
    Summary {
        lane: Lane::Join,
        committer: Committer::Newcomer,
        proposals: vec![Proposed::ExternalInit, Proposed::ExternalPsk(PSK_ID_CODE.to_vec())],
        path: Some(leaf(4, false)),
        ..update()
    }
}

/// Alice does something.
fn by_alice(proposals: Vec<Proposed>) -> Summary {
    Summary { committer: ALICE, path: Some(leaf(0, true)), proposals, ..update() }
}

fn with(mut summary: Summary, proposal: Proposed) -> Summary {
    summary.proposals.push(proposal);
    summary
}

fn without(mut summary: Summary, index: usize) -> Summary {
    summary.proposals.remove(index);
    summary
}

fn remove(leaf: u32, by: Committer) -> Proposed {
    Proposed::Remove { leaf, by }
}

fn code_psk() -> Proposed {
    Proposed::ExternalPsk(PSK_ID_CODE.to_vec())
}

fn pass_psk() -> Proposed {
    Proposed::ExternalPsk(PSK_ID_PASS.to_vec())
}

fn new_params(by: Committer, params: &Params) -> Summary {
    Summary { params: Some(params.as_bytes().to_vec()), ..by_alice(vec![Proposed::GroupContext { by }]) }
}

#[test]
fn what_the_rules_allow() {
    let newer = sign(|fields| fields.rev = 8);
    let larger = sign(|fields| (fields.rev, fields.policy.max_members) = (8, 256));
    let rejoin = Summary { path: Some(leaf(3, false)), ..with(arrival(), remove(3, Committer::Newcomer)) };
    let owner_rejoins = Summary { path: Some(leaf(0, true)), ..with(arrival(), remove(0, Committer::Newcomer)) };
    for (what, commit) in [
        ("a self-update", update()),
        ("a commit without a path", Summary { path: None, ..update() }),
        ("a newcomer", arrival()),
        ("a rejoin in place of the own leaf", rejoin),
        ("the owner's rejoin", owner_rejoins),
        ("the owner removes", by_alice(vec![remove(1, ALICE), remove(3, ALICE)])),
        ("the owner's removal, committed by Bob", with(update(), remove(3, ALICE))),
        ("Carol's leave, committed by Bob", with(update(), remove(3, Committer::Member(3)))),
        ("the owner's leave, committed by Bob", with(update(), remove(0, ALICE))),
        ("the owner's new parameters", new_params(ALICE, &newer)),
        ("the owner makes room", new_params(ALICE, &larger)),
        (
            "the owner adds somebody",
            by_alice(vec![Proposed::Add { leaf: Box::new(leaf_since(4, false, None)), by: ALICE }]),
        ),
        ("a removal of ourselves, whose key we cannot know", Summary { staged_key: None, ..update() }),
    ] {
        assert_eq!(verdict(&PARAMS, &commit), Ok(()), "{what}");
    }
}

#[test]
fn what_each_rule_refuses() {
    let newer = sign(|fields| fields.rev = 8);
    let small = sign(|fields| fields.policy.max_members = 3);
    let smaller = sign(|fields| (fields.rev, fields.policy.max_members) = (8, 2));
    let strangers = {
        let other = SigningKey::from_seed(&[8; 32]);
        let fields = sign(|fields| fields.rev = 8).fields().clone();
        params::sign(&other, &ROOM, fields).unwrap()
    };
    let unnamed = NewLeaf { credential: None, ..leaf(4, false) };
    let incapable = NewLeaf { capable: false, ..leaf(4, false) };
    let add = |by| Proposed::Add { leaf: Box::new(leaf_since(4, false, None)), by };
    let rejoin =
        |since| Summary { path: Some(leaf_since(3, false, since)), ..with(arrival(), remove(3, Committer::Newcomer)) };
    for (rule, what, commit) in [
        (Violation::V1, "no key of the room", without(arrival(), 1)),
        (Violation::V1, "the key twice", with(arrival(), code_psk())),
        (Violation::V1, "a passphrase that the room has not", with(arrival(), pass_psk())),
        (Violation::V1, "a foreign key", with(arrival(), Proposed::ExternalPsk(b"x".to_vec()))),
        (Violation::V1, "no key exchange", without(arrival(), 0)),
        (Violation::V1, "two key exchanges", with(arrival(), Proposed::ExternalInit)),
        (Violation::V1, "no path", Summary { path: None, ..arrival() }),
        (Violation::V1, "the member's lane", Summary { lane: Lane::Commit, ..arrival() }),
        (Violation::V1, "removes another", with(arrival(), remove(3, Committer::Newcomer))),
        (Violation::V1, "removes nobody", with(arrival(), remove(2, Committer::Newcomer))),
        (Violation::V1, "carries out a leave", with(arrival(), remove(3, Committer::Member(3)))),
        (Violation::V1, "adds a friend", with(arrival(), add(Committer::Newcomer))),
        (Violation::V1, "sets parameters", with(arrival(), Proposed::GroupContext { by: Committer::Newcomer })),
        (Violation::V1, "anything else", with(arrival(), Proposed::Other)),
        (Violation::V2, "a name that cannot be read", Summary { path: Some(unnamed), ..arrival() }),
        (Violation::V2, "a leaf that lacks the extension", Summary { path: Some(incapable), ..arrival() }),
        (Violation::V2, "a second owner", Summary { path: Some(leaf(4, true)), ..arrival() }),
        (Violation::V2, "fewer places than members", new_params(ALICE, &smaller)),
        (
            Violation::V2,
            "a newcomer who claims to be senior",
            Summary { path: Some(leaf_since(4, false, Some(0))), ..arrival() },
        ),
        (Violation::V2, "a newcomer without a rank", Summary { path: Some(leaf_since(4, false, None)), ..arrival() }),
        (Violation::V2, "a rejoin that rises", rejoin(Some(2))),
        (Violation::V2, "a rejoin that forgets its rank", rejoin(None)),
        (
            Violation::V2,
            "somebody added with a rank",
            by_alice(vec![Proposed::Add { leaf: Box::new(leaf(4, false)), by: ALICE }]),
        ),
        (Violation::V3, "the newcomer's lane", Summary { lane: Lane::Join, ..update() }),
        (Violation::V3, "a key exchange by a member", with(update(), Proposed::ExternalInit)),
        (Violation::V3, "a committer who is not there", Summary { committer: Committer::Member(2), ..update() }),
        (Violation::V4, "Bob removes Carol", with(update(), remove(3, BOB))),
        (Violation::V4, "Bob removes the owner", with(update(), remove(0, BOB))),
        (
            Violation::V5,
            "Bob's parameters",
            Summary { params: Some(newer.as_bytes().to_vec()), ..with(update(), Proposed::GroupContext { by: BOB }) },
        ),
        (
            Violation::V5,
            "parameters without a proposal",
            Summary { params: Some(newer.as_bytes().to_vec()), ..update() },
        ),
        (Violation::V5, "no parameters", Summary { params: None, ..update() }),
        (Violation::V5, "the same revision", new_params(ALICE, &sign(|fields| fields.title = "x".into()))),
        (Violation::V5, "an earlier revision", new_params(ALICE, &sign(|fields| fields.rev = 6))),
        (
            Violation::V5,
            "a passphrase that the members do not have",
            new_params(ALICE, &sign(|fields| (fields.rev, fields.policy.need_pass) = (8, true))),
        ),
        (Violation::V5, "another code", new_params(ALICE, &sign(|fields| (fields.rev, fields.r) = (8, [0; 32])))),
        (Violation::V5, "another group", new_params(ALICE, &sign(|f| (f.rev, f.genesis_nonce) = (8, [0; 16])))),
        (Violation::V5, "another beginning", new_params(ALICE, &sign(|f| (f.rev, f.created_at) = (8, 6)))),
        (Violation::V5, "another version", new_params(ALICE, &sign(|f| (f.rev, f.version) = (8, 2)))),
        (Violation::V5, "another owner", new_params(ALICE, &sign(|f| (f.rev, f.opk) = (8, key(8))))),
        (Violation::V5, "a stranger's signature", new_params(ALICE, &strangers)),
        (Violation::V5, "junk", Summary { params: Some(vec![0xff]), ..new_params(ALICE, &newer) }),
        (Violation::V6, "Bob adds somebody", with(update(), add(BOB))),
        (Violation::V7, "a key by a member", with(update(), code_psk())),
        (Violation::V7, "anything else by a member", by_alice(vec![Proposed::Other])),
        (Violation::V7, "something foreign in the context", Summary { foreign_context: true, ..update() }),
        (Violation::V8, "another signature key", Summary { path: Some(leaf(4, false)), ..update() }),
        (Violation::V8, "a certificate gained", Summary { path: Some(leaf(1, true)), ..update() }),
        (Violation::V8, "a certificate lost", Summary { path: Some(leaf(0, false)), ..by_alice(vec![]) }),
        (Violation::V8, "a rank that rises", Summary { path: Some(leaf_since(1, false, Some(0))), ..update() }),
        (Violation::V8, "a rank lost", Summary { path: Some(leaf_since(1, false, None)), ..update() }),
        (Violation::V10, "another key", Summary { entry_key: key(6), ..update() }),
    ] {
        assert_eq!(verdict(&PARAMS, &commit), Err(rule), "{what}");
    }
    let commit = Summary { params: Some(small.as_bytes().to_vec()), ..arrival() };
    assert_eq!(verdict(&small, &commit), Err(Violation::V2), "the room is full");
}

#[test]
fn only_the_owners_certificate_for_this_leaf_in_this_room_makes_an_owner() {
    let sign =
        |room: [u8; 32], signer: &SigningKey| Signature(OwnerLeaf { room_id: &room, leaf_key: &key(4).0 }.sign(signer));
    let owns = |certificate| is_owner(&ROOM, &PARAMS, &key(4), &credential(certificate, Some(EPOCH)));
    assert!(owns(Some(certificate(4))));
    for (what, certificate) in [
        ("none", None),
        ("that of another leaf", Some(certificate(0))),
        ("of another key", Some(sign(ROOM.0, &SigningKey::from_seed(&[8; 32])))),
        ("of another room", Some(sign([7; 32], &owner_key()))),
    ] {
        assert!(!owns(certificate), "{what}");
        let path = NewLeaf { credential: Some(credential(certificate, Some(4))), ..leaf(4, false) };
        assert_eq!(verdict(&PARAMS, &Summary { path: Some(path), ..arrival() }), Ok(()), "{what} is no second owner");
    }
}

#[test]
fn whoever_was_added_gets_a_rank_by_the_first_own_commit() {
    let roster: Vec<_> = roster()
        .into_iter()
        .map(|member| match member.leaf {
            1 => Member { credential: credential(None, None), ..member },
            _ => member,
        })
        .collect();
    let verdict = |since| {
        let commit = Summary { path: Some(leaf_since(1, false, since)), ..update() };
        judge(&View { room_id: &ROOM, params: &PARAMS, roster: &roster }, &commit)
    };
    assert_eq!(verdict(Some(EPOCH)), Ok(()));
    assert_eq!(verdict(None), Err(Violation::V8));
    assert_eq!(verdict(Some(EPOCH - 1)), Err(Violation::V8), "nobody is older than that");
}

#[test]
fn a_room_with_a_passphrase_asks_for_both_keys() {
    let params = sign(|fields| fields.policy.need_pass = true);
    let arrival = Summary { params: Some(params.as_bytes().to_vec()), ..arrival() };
    assert_eq!(verdict(&params, &arrival), Err(Violation::V1));
    assert_eq!(verdict(&params, &with(arrival.clone(), pass_psk())), Ok(()));
    assert_eq!(verdict(&params, &with(without(arrival, 1), pass_psk())), Err(Violation::V1), "the passphrase alone");
}

/// The rules once more, by counting: how many proposals of each kind there may be, instead of a walk over them.
fn reference(commit: &Summary) -> bool {
    let count = |wanted: &dyn Fn(&Proposed) -> bool| commit.proposals.iter().filter(|p| wanted(p)).count();
    let all = commit.proposals.len();
    let same_params = commit.params.as_deref() == Some(PARAMS.as_bytes());
    let newcomer = commit.committer == Committer::Newcomer;
    let owner_proposes = count(&|p| match p {
        Proposed::Remove { by, .. } | Proposed::GroupContext { by } | Proposed::Add { by, .. } => *by == ALICE,
        Proposed::ExternalInit | Proposed::ExternalPsk(_) | Proposed::Other => false,
    });
    let leaves =
        count(&|p| matches!(p, Proposed::Remove { leaf, by } if *by != ALICE && *by == Committer::Member(*leaf)));
    let allowed = if newcomer {
        let path_key = commit.path.as_ref().map(|leaf| leaf.leaf_key);
        let own = roster().iter().find(|member| Some(member.leaf_key) == path_key).map(|member| member.leaf);
        let own_removals =
            count(&|p| matches!(p, Proposed::Remove { leaf, by } if Some(*leaf) == own && *by == Committer::Newcomer));
        let inits = count(&|p| *p == Proposed::ExternalInit);
        let codes = count(&|p| *p == code_psk());
        let rank = if own_removals == 1 { own.map(u64::from) } else { Some(EPOCH) };
        commit.lane == Lane::Join
            && path_key.is_some()
            && since(&commit.path) == rank
            && (inits, codes) == (1, 1)
            && own_removals < 2
            && all == own_removals.saturating_add(2)
            && same_params
    } else {
        let context = count(&|p| matches!(p, Proposed::GroupContext { .. }));
        let committer = roster().into_iter().find(|member| commit.committer == Committer::Member(member.leaf));
        let keeps = committer.is_some_and(|before| {
            commit.path.as_ref().is_none_or(|path| {
                let after = path.credential.as_ref().and_then(|credential| credential.owner_cert);
                path.leaf_key == before.leaf_key
                    && after == before.credential.owner_cert
                    && since(&commit.path) == before.credential.since
            })
        });
        let newer = commit.params.as_deref() == Some(sign(|fields| fields.rev = 8).as_bytes());
        commit.lane == Lane::Commit
            && all == owner_proposes.saturating_add(leaves)
            && keeps
            && (if context > 0 { newer } else { same_params })
    };
    let ranked = count(&|p| matches!(p, Proposed::Add { leaf, .. } if since(&Some((**leaf).clone())).is_some()));
    let removed =
        |leaf: u32| commit.proposals.iter().any(|p| matches!(p, Proposed::Remove { leaf: gone, .. } if *gone == leaf));
    let mut after: Vec<NewLeaf> = roster()
        .into_iter()
        .filter(|member| !removed(member.leaf))
        .filter(|member| commit.path.is_none() || commit.committer != Committer::Member(member.leaf))
        .map(|member| NewLeaf { leaf_key: member.leaf_key, credential: Some(member.credential), capable: true })
        .collect();
    after.extend(commit.path.clone());
    after.extend(
        commit
            .proposals
            .iter()
            .filter_map(|p| if let Proposed::Add { leaf, .. } = p { Some((**leaf).clone()) } else { None }),
    );
    let certified = |leaf: &&NewLeaf| {
        let certificate = leaf.credential.as_ref().and_then(|credential| credential.owner_cert);
        (0..8).any(|number| leaf.leaf_key == key(number) && certificate == Some(self::certificate(number)))
    };
    allowed
        && ranked == 0
        && !commit.foreign_context
        && after.iter().all(|leaf| leaf.capable && leaf.credential.is_some())
        && after.iter().filter(certified).count() < 2
        && after.len() < 5
        && commit.staged_key.is_none_or(|key| key == commit.entry_key)
}

fn since(leaf: &Option<NewLeaf>) -> Option<u64> {
    leaf.as_ref()?.credential.as_ref()?.since
}

fn any_committer() -> impl Strategy<Value = Committer> {
    prop_oneof![Just(Committer::Newcomer), (0..4_u32).prop_map(Committer::Member)]
}

fn any_leaf() -> impl Strategy<Value = NewLeaf> {
    (0..6_u8, any::<bool>(), 0..14_u8).prop_map(|(number, owner, flaw)| match flaw {
        10..=11 => leaf_since(number, owner, None),
        12 => leaf_since(number, owner, Some(EPOCH)),
        13 => leaf_since(number, owner, Some(0)),
        0 => NewLeaf { credential: None, ..leaf(number, owner) },
        1 => NewLeaf { capable: false, ..leaf(number, owner) },
        _ => leaf(number, owner),
    })
}

fn any_proposal() -> impl Strategy<Value = Proposed> {
    prop_oneof![
        Just(Proposed::ExternalInit),
        Just(code_psk()),
        Just(pass_psk()),
        Just(Proposed::Other),
        (0..5_u32, any_committer()).prop_map(|(leaf, by)| remove(leaf, by)),
        (0..4_u32).prop_map(|leaf| remove(leaf, Committer::Member(leaf))),
        any_committer().prop_map(|by| Proposed::GroupContext { by }),
        (any_leaf(), any_committer()).prop_map(|(leaf, by)| Proposed::Add { leaf: Box::new(leaf), by }),
    ]
}

/// A commit that is right but for at most a few things, since commits of pure chance would hardly ever be.
fn any_commit() -> impl Strategy<Value = Summary> {
    let starts = prop_oneof![
        Just(update()),
        Just(arrival()),
        Just(by_alice(vec![])),
        Just(new_params(ALICE, &sign(|f| f.rev = 8)))
    ];
    let changes = prop::collection::vec((0..8_u8, any_proposal(), any_leaf(), any_committer()), 0..4);
    (starts, changes).prop_map(|(mut commit, changes)| {
        for (what, proposal, leaf, committer) in changes {
            match what {
                0..=2 => commit.proposals.push(proposal),
                3 => commit.path = Some(leaf),
                4 => commit.committer = committer,
                5 => commit.path = None,
                6 => commit.foreign_context = leaf.capable && proposal == Proposed::Other,
                _ => drop(commit.proposals.pop()),
            }
        }
        commit
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_commit_is_judged_as_the_second_reading_judges_it(commit in any_commit()) {
        let verdict = verdict(&PARAMS, &commit);
        prop_assert_eq!(verdict.is_ok(), reference(&commit), "{:?}", verdict);
    }
}
