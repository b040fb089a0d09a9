//! Coming in: what a newcomer checks first, rejoining, and which rooms are followed.

use conclave_crypto::{
    code::Code,
    group::{Change, JoinError, Joining},
    place,
    validator::Violation,
};
use conclave_proto::{
    id::{PublicKey, RoomId, Tag},
    params::{EXTENSION_TYPE, Params},
    version,
};
use conclave_seal::{id, rng::OsRng, sign::SigningKey};
use openmls::{
    extensions::{Extension, Extensions, RequiredCapabilitiesExtension, UnknownExtension},
    group::GroupContext,
    prelude::CredentialType,
};
use openmls_traits::types::Ciphersuite;

use crate::{
    mallory::{self, made_up},
    world::{
        KEYS, Person, alice, alice_with, assert_invalid, assert_together, code, fields, join, joining, joining_at,
        knock, owner_key, room_id, said, signed,
    },
};

/// What Bob hears when he tries to join with this.
fn refused(joining: Joining<'_>) -> JoinError {
    knock(joining).err().unwrap()
}

#[test]
fn a_damaged_group_info_is_refused_wherever_it_is_damaged() {
    let (alice, info) = alice();
    assert!(matches!(refused(joining(b"", &alice, &code(), "Bob")), JoinError::GroupInfo));
    for at in (0..info.len()).step_by(97) {
        let mut damaged = info.clone();
        damaged[at] ^= 1;
        let error = refused(joining(&damaged, &alice, &code(), "Bob"));
        assert!(!matches!(error, JoinError::Group(_)), "byte {at}: {error:?} blames the own side");
    }
    let longer = [&info[..], &[0]].concat();
    assert!(matches!(refused(joining(&longer, &alice, &code(), "Bob")), JoinError::GroupInfo));
}

/// The length of a vector of RFC 9420 and where its content begins.
fn vector(bytes: &[u8]) -> (usize, usize) {
    let len =
        |header: &[u8]| header.iter().skip(1).fold(usize::from(header[0] & 0x3f), |len, b| len << 8 | usize::from(*b));
    let header = [1, 2, 4][usize::from(bytes[0] >> 6)];
    (header, len(&bytes[..header]))
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(u32::try_from(bytes.len()).unwrap() | 0x8000_0000).to_be_bytes()[..], bytes].concat()
}

/// The same GroupInfo with another tree.
#[expect(clippy::arithmetic_side_effects, reason = "places in a message that a test has made")]
fn with_tree(info: &[u8], tree: &[u8]) -> Vec<u8> {
    let skip = |at: usize| {
        let (header, len) = vector(&info[at..]);
        at + header + len
    };
    let before = skip(skip(skip(skip(8) + 8))); // group id, epoch, two hashes, extensions of the context
    let after = skip(before);
    let extension = [&[0, 2], &sized(&sized(tree))[..]].concat();
    [&info[..before], &sized(&extension), &info[after..]].concat()
}

/// In a process of its own, whose memory nobody else uses: the largest that it ever was, as the kernel counts it.
#[cfg(target_os = "linux")]
#[test]
fn a_million_blank_nodes_cost_no_memory() {
    if std::env::var_os(CHILD).is_none() {
        let name = "joining::a_million_blank_nodes_cost_no_memory";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let told = child.args([name, "--exact"]).env(CHILD, "1").output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
        assert!(told.stdout.windows(8).any(|text| text == b"1 passed"));
        return;
    }
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let (alice, info) = alice();
    let wide = with_tree(&info, &vec![0; 981 * 1024]);
    let code = code();
    drop(refused(joining(&info[..info.len() - 1], &alice, &code, "Bob")));
    let before = peak();
    assert!(matches!(refused(joining(&wide, &alice, &code, "Bob")), JoinError::GroupInfo));
    let more = peak() - before;
    assert!(more < 4 * 1024, "{more} KiB for a GroupInfo of {} KiB", wide.len() / 1024);
}

#[cfg(target_os = "linux")]
const CHILD: &str = "CONCLAVE_READS_A_WIDE_TREE";

#[test]
fn a_room_of_another_owner_is_not_the_room_of_the_code() {
    let (alice, info) = alice();
    let other = Code::recompute(&[9; 32], &[0x22; 32]);
    assert!(matches!(refused(joining(&info, &alice, &other, "Bob")), JoinError::NotThisRoom));
}

#[test]
fn parameters_older_than_those_seen_before_are_refused() {
    let (alice, info) = alice();
    let code = code();
    let seen = |minimum_rev| Joining { minimum_rev, ..joining(&info, &alice, &code, "Bob") };
    assert!(matches!(refused(seen(2)), JoinError::Stale), "a relay could take a kick or a lock back otherwise");
    assert!(knock(seen(1)).is_ok(), "the same as before are not older");
}

/// What a room's group context holds.
pub(crate) fn context(params: &Params) -> Extensions<GroupContext> {
    let required = RequiredCapabilitiesExtension::new(&[mallory::PARAMS], &[], &[CredentialType::Basic]);
    let params = UnknownExtension(params.as_bytes().to_vec());
    Extensions::from_vec(vec![Extension::RequiredCapabilities(required), Extension::Unknown(EXTENSION_TYPE, params)])
        .unwrap()
}

/// Mallory has the code and the room's parameters, so she can seal a GroupInfo of her own under any tag.
#[test]
fn a_group_that_somebody_made_up_is_refused_unless_it_has_the_rooms_shape() {
    let (key, base, code) = (SigningKey::from_seed(&[5; 32]), Tag([9; 16]), code());
    let attempt = |suite, group_id: &[u8], context| {
        let info = made_up(&key, suite, group_id, context);
        knock(joining_at(&info, &key, base, &code, "Bob"))
    };
    let (params, suite) = (signed(fields(1, 16)), mallory::SUITE);
    let group_id = id::group_id(room_id().as_bytes(), &params.genesis_nonce);
    assert!(attempt(suite, &group_id, context(&params)).is_ok(), "the others fail for their reason");

    let other_suite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
    assert!(matches!(attempt(other_suite, &group_id, context(&params)), Err(JoinError::Version)));
    let mut newer = fields(1, 16);
    newer.version = version::PROTOCOL + 1;
    assert!(matches!(attempt(suite, &group_id, context(&signed(newer))), Err(JoinError::Version)));

    assert!(matches!(attempt(suite, &[3; 32], context(&params)), Err(JoinError::GroupInfo)), "of another group");
    let bare = Extension::Unknown(EXTENSION_TYPE, UnknownExtension(params.as_bytes().to_vec()));
    let bare = Extensions::single(bare).unwrap();
    assert!(matches!(attempt(suite, &group_id, bare), Err(JoinError::GroupInfo)), "anybody could come in there");

    let elsewhere = conclave_crypto::params::sign(&owner_key(), &RoomId([7; 32]), fields(1, 16)).unwrap();
    let verdict = attempt(suite, &group_id, context(&elsewhere));
    assert!(matches!(verdict, Err(JoinError::NotThisRoom)), "signed by the owner, for another room");
}

#[test]
fn a_room_that_its_owner_has_left_is_joined_like_any() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let leave = alice.group.propose_leave(&alice.state, &mut OsRng).unwrap();
    bob.reads(&leave).unwrap();
    let entry = bob.commits(Change::Update);
    bob.merges(&entry);
    let carol = join("Carol", &mut [&mut bob]);
    assert_together(&[&bob, &carol]);
    assert!(!carol.group.roster().iter().any(|member| member.owner));
}

#[test]
fn a_full_room_says_so_and_its_members_would_refuse() {
    let (mut alice, _) = alice_with(&signed(fields(1, 2)), None);
    let _bob = join("Bob", &mut [&mut alice]);
    let info = alice.group.group_info().unwrap();
    assert!(matches!(refused(joining(&info, &alice, &code(), "Carol")), JoinError::Full));
}

#[test]
fn a_room_with_a_passphrase_lets_in_only_who_knows_it() {
    let mut fields = fields(1, 16);
    fields.policy.need_pass = true;
    let (right, wrong) = (KEYS.passphrase_psk("correct horse"), KEYS.passphrase_psk("wrong horse"));
    let (mut alice, info) = alice_with(&signed(fields), Some(&right));
    let code = code();
    assert!(matches!(refused(joining(&info, &alice, &code, "Bob")), JoinError::PassphraseNeeded));

    let (_, entry) = knock(Joining { passphrase: Some(&wrong), ..joining(&info, &alice, &code, "Bob") }).unwrap();
    assert!(alice.hears(&entry).is_err(), "a wrong passphrase shows only at the members, one guess for each commit");
    alice.restarts();
    let (bob, entry) = knock(Joining { passphrase: Some(&right), ..joining(&info, &alice, &code, "Bob") }).unwrap();
    alice.hears(&entry).unwrap();
    assert_together(&[&alice, &bob]);
}

#[test]
fn a_passphrase_for_a_room_without_one_is_a_mistake() {
    let (alice, info) = alice();
    let (psk, code) = (KEYS.passphrase_psk("x"), code());
    let joining = Joining { passphrase: Some(&psk), ..joining(&info, &alice, &code, "Bob") };
    assert!(matches!(refused(joining), JoinError::NoPassphrase));
}

#[test]
fn of_two_newcomers_at_once_the_second_is_refused_and_tries_again() {
    let (mut alice, info) = alice();
    let code = code();
    let (mut bob, first) = knock(joining(&info, &alice, &code, "Bob")).unwrap();
    let (_, second) = knock(joining(&info, &alice, &code, "Carol")).unwrap();
    alice.hears(&first).unwrap();
    assert!(alice.opens(&second).is_none(), "it is bound to an epoch that is over");
    let (carol, again) = knock(joining(&first.group_info, &bob, &code, "Carol")).unwrap();
    alice.hears(&again).unwrap();
    bob.hears(&again).unwrap();
    assert_together(&[&alice, &bob, &carol]);
}

#[test]
fn bob_lost_his_state_and_takes_his_own_place_again() {
    let (mut alice, _) = alice();
    let bob = join("Bob", &mut [&mut alice]);
    let (info, code) = (alice.group.group_info().unwrap(), code());
    let old_id = bob.group.own().unwrap().id;
    let rejoin = Joining { rejoin: Some(bob.group.leaf_key()), ..joining(&info, &alice, &code, "Bob") };
    let (mut again, entry) = knock(rejoin).unwrap();
    let advanced = alice.hears(&entry).unwrap();
    assert_eq!((advanced.joined.len(), advanced.left.len()), (1, 1), "his counters start again, so others must know");
    assert_together(&[&alice, &again]);
    assert_eq!(alice.nicks(), ["Alice", "Bob"]);
    assert_eq!(again.group.own().unwrap().id, old_id);
    let message = again.says("back");
    assert_eq!(alice.reads(&message).unwrap(), said("back", &again));
}

#[test]
fn the_owner_stays_the_owner_when_she_rejoins() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let (info, code) = (bob.group.group_info().unwrap(), code());
    let rejoin = Joining { rejoin: Some(alice.group.leaf_key()), ..joining(&info, &bob, &code, "Alice") };
    let (mut again, entry) = knock(rejoin).unwrap();
    bob.hears(&entry).unwrap();
    assert!(again.group.own().unwrap().owner, "the certificate belongs to her key");
    let kick = again.commits(Change::Remove(vec![again.leaf_of("Bob")]));
    again.merges(&kick);
    assert!(bob.hears(&kick).unwrap().own_removed);
}

#[test]
fn whoever_was_removed_has_no_place_to_take_again() {
    let (alice, info) = alice();
    let (stranger, code) = (SigningKey::from_seed(&[5; 32]), code());
    let rejoin = Joining { rejoin: Some(&stranger), ..joining(&info, &alice, &code, "Bob") };
    assert!(matches!(refused(rejoin), JoinError::Removed));
}

#[test]
fn a_group_info_counts_only_with_the_place_that_its_signer_signed() {
    let (mut alice, first) = alice();
    let bob = join("Bob", &mut [&mut alice]);
    let (info, code) = (alice.group.group_info().unwrap(), code());
    let (key, here) = (alice.group.leaf_key(), alice.group.base());
    let place = |key: &SigningKey, tag, info: &[u8]| place::sign(key, &room_id(), tag, &[], info, None).unwrap();

    let cases = [
        ("moved to another commit", place(key, Tag([9; 16]), &info)),
        ("about another GroupInfo", place(key, here, &first)),
        ("signed by another member", place(bob.group.leaf_key(), here, &info)),
        ("signed by a stranger", place(&SigningKey::from_seed(&[5; 32]), here, &info)),
    ];
    for (what, place) in cases {
        let join = Joining { place: &place, ..joining(&info, &alice, &code, "Carol") };
        assert!(matches!(refused(join), JoinError::GroupInfo), "{what}");
    }
    let old = place(key, here, &first);
    let join = Joining { place: &old, ..joining(&first, &alice, &code, "Carol") };
    assert!(knock(join).is_ok(), "a member may vouch for an old epoch; then the tree shows who it was");

    let members = bob.group.tree_of(&place(key, here, &info), &info).unwrap();
    assert_eq!(members.iter().map(|member| member.credential.nick.as_str()).collect::<Vec<_>>(), ["Alice", "Bob"]);
    assert!(bob.group.tree_of(&place(bob.group.leaf_key(), here, &info), &info).is_err());
    assert!(bob.group.tree_of(&place(key, here, b"junk"), b"junk").is_err());
}

#[test]
fn ranks_follow_the_order_of_arrival_and_survive_a_rejoin() {
    let (mut alice, _) = alice();
    let mut bob = join("Bob", &mut [&mut alice]);
    let mut carol = join("Carol", &mut [&mut alice, &mut bob]);
    let since = |person: &Person, nick: &str| {
        person.group.roster().iter().find(|member| member.credential.nick == nick).unwrap().credential.since
    };
    assert_eq!(["Alice", "Bob", "Carol"].map(|nick| since(&alice, nick)), [Some(0), Some(2), Some(3)]);
    let (info, code) = (alice.group.group_info().unwrap(), code());
    let rejoin = Joining { rejoin: Some(bob.group.leaf_key()), ..joining(&info, &alice, &code, "Bob") };
    let (again, entry) = knock(rejoin).unwrap();
    for other in [&mut alice, &mut carol] {
        other.hears(&entry).unwrap();
    }
    assert_eq!(since(&again, "Bob"), Some(2));
    let mut ranks: Vec<_> = carol.group.roster().iter().collect();
    ranks.sort_by_key(|member| member.seniority());
    assert_eq!(ranks.iter().map(|member| &*member.credential.nick).collect::<Vec<_>>(), ["Alice", "Bob", "Carol"]);
}

#[test]
fn a_nick_that_hides_text_is_not_taken() {
    use conclave_crypto::group::Identity;
    for nick in ["", "   ", "a\u{202e}b", "a\u{200b}b", "a\nb", &"x".repeat(33)] {
        assert!(Identity::new(nick, 0).is_err(), "{nick:?}");
    }
    assert_eq!(Identity::new(" Zoe\u{308} ", 0).unwrap().nick(), "Zo\u{eb}", "one way to write a name");
}

#[test]
fn a_join_that_claims_another_key_is_refused() {
    let (mut alice, info) = alice();
    let (_, mut entry) = knock(joining(&info, &alice, &code(), "Bob")).unwrap();
    entry.mpk = PublicKey(SigningKey::from_seed(&[8; 32]).public());
    assert_invalid(alice.hears(&entry), Violation::V10);
    alice.restarts();
    assert_eq!(alice.nicks(), ["Alice"], "a refused entry changes nothing");
}
