//! Being added by the owner: KeyPackages, the Welcome, and what somebody who knocks takes for the owner's.

use conclave_crypto::{
    code::Code,
    group::{Change, Founding, GroupCrypto as _, GroupError, Identity, JoinError, NewKeyPackage, OpenMls, Welcoming},
    params, place,
    purpose::Psk,
    schedule::RoomKeys,
    state::MemoryState,
    validator::Violation,
};
use conclave_proto::{
    id::{RoomId, Tag},
    params::ParamsFields,
    place::CommitPlace,
};
use conclave_seal::{id, rng::OsRng, sign::SigningKey};
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    extensions::{Extension, Extensions, UnknownExtension},
    key_packages::KeyPackage,
    prelude::{Capabilities, CredentialType, ExtensionType, Lifetime, tls_codec::Serialize as _},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::types::{Ciphersuite, SignatureScheme};

use crate::{
    joining::context,
    mallory,
    world::{
        Entry, KEYS, Person, alice, alice_with, assert_together, code, fields, join, owner_key, room_id, said, signed,
    },
};

/// Somebody who has made a KeyPackage.
struct Knocker {
    state: MemoryState,
    made: NewKeyPackage,
}

fn knocker(nick: &str) -> Knocker {
    let state = MemoryState::new();
    let made = OpenMls.key_package(&state, &mut OsRng, Identity::new(nick, 0).unwrap()).unwrap();
    Knocker { state, made }
}

/// The commit by which a member adds somebody, its Welcome and its place.
struct Added {
    entry: Entry,
    welcome: Vec<u8>,
    place: CommitPlace,
}

fn adds(by: &mut Person, key_package: &[u8]) -> Added {
    let (entry, welcome) = by.commits_with_welcome(Change::Add(key_package.to_vec()));
    let place = place::sign(by.group.leaf_key(), &room_id(), entry.tag(), &[], &entry.group_info, None).unwrap();
    Added { entry, welcome: welcome.unwrap(), place }
}

impl Knocker {
    fn comes_in(&self, added: &Added) -> Result<Person, JoinError> {
        self.comes_in_with(added, None, added.entry.tag(), &added.place)
    }

    fn comes_in_with(
        &self,
        added: &Added,
        passphrase: Option<&Psk>,
        base: Tag,
        place: &CommitPlace,
    ) -> Result<Person, JoinError> {
        // What the caller of a join does: the state is rolled back if it fails.
        let state = self.state.snapshot();
        let welcoming =
            Welcoming { code: &code(), keys: &KEYS, passphrase, welcome: &added.welcome, base, place, minimum_rev: 0 };
        let group = OpenMls.welcome(&state, &mut OsRng, welcoming)?;
        Ok(Person { state, group })
    }
}

#[test]
fn alice_lets_bob_in_and_all_of_them_talk() {
    let (mut alice, _) = alice();
    let mut carol = join("Carol", &mut [&mut alice]);
    let bob = knocker("Bob");
    let candidate = OpenMls.candidate(&bob.made.key_package).unwrap();
    assert_eq!(candidate.credential.nick, "Bob");

    let added = adds(&mut alice, &bob.made.key_package);
    let advanced = alice.merges(&added.entry);
    assert_eq!(advanced.joined.iter().map(|member| member.id).collect::<Vec<_>>(), [candidate.id]);
    carol.hears(&added.entry).unwrap();
    let mut bob = bob.comes_in(&added).unwrap();
    assert_together(&[&alice, &carol, &bob]);
    assert_eq!(bob.group.own().unwrap().credential.since, None, "no rank before the first own commit");

    bob.restarts();
    let hello = bob.says("hello");
    assert_eq!(alice.reads(&hello).unwrap(), said("hello", &bob));
    assert_eq!(carol.reads(&hello).unwrap(), said("hello", &bob));
    let update = bob.commits(Change::Update);
    bob.merges(&update);
    alice.hears(&update).unwrap();
    carol.hears(&update).unwrap();
    assert_together(&[&alice, &carol, &bob]);
    // Once the door is open again Bob follows whoever comes by the code.
    let dave = join("Dave", &mut [&mut bob, &mut alice, &mut carol]);
    assert_together(&[&alice, &carol, &bob, &dave]);
}

#[test]
fn in_a_room_with_a_passphrase_bob_gets_its_key_from_alice_and_follows_who_proves_it() {
    let mut with = fields(1, 16);
    with.policy.need_pass = true;
    let psk = KEYS.passphrase_psk("correct horse");
    let (mut alice, _) = alice_with(&signed(with), Some(&psk));
    let bob = knocker("Bob");
    let added = adds(&mut alice, &bob.made.key_package);
    alice.merges(&added.entry);
    let (base, place) = (added.entry.tag(), &added.place);
    let without = bob.comes_in_with(&added, None, base, place).map(drop);
    assert!(matches!(without, Err(JoinError::PassphraseNeeded)), "{without:?}");
    let mut bob = bob.comes_in_with(&added, Some(&psk), base, place).unwrap();

    let info = alice.group.group_info().unwrap();
    let code = code();
    let joining = crate::world::joining(&info, &alice, &code, "Carol");
    let joining = conclave_crypto::group::Joining { passphrase: Some(&psk), ..joining };
    let (carol, entry) = crate::world::knock(joining).unwrap();
    alice.hears(&entry).unwrap();
    bob.hears(&entry).unwrap();
    assert_together(&[&alice, &bob, &carol]);
}

#[test]
fn only_the_owner_adds_somebody() {
    let (mut alice, _) = alice();
    let mut mallory = join("Mallory", &mut [&mut alice]);
    let bob = knocker("Bob");
    let refused = mallory.group.commit(&mallory.state, &mut OsRng, Change::Add(bob.made.key_package.clone()));
    assert!(matches!(refused, Err(GroupError::NotAllowed(Violation::V6))), "{refused:?}");
}

#[test]
fn a_welcome_that_is_not_the_owners_for_this_knock_lets_nobody_in() {
    let (mut alice, _) = alice();
    let (bob, carol) = (knocker("Bob"), knocker("Carol"));
    let added = adds(&mut alice, &bob.made.key_package);
    let (base, place) = (added.entry.tag(), &added.place);
    assert!(bob.comes_in(&added).is_ok());

    let refused = carol.comes_in(&added).err().unwrap();
    assert!(matches!(refused, JoinError::GroupInfo), "it is for another key package: {refused:?}");
    let elsewhere = bob.comes_in_with(&added, None, Tag([9; 16]), place).err().unwrap();
    assert!(matches!(elsewhere, JoinError::GroupInfo), "the place is of another commit: {elsewhere:?}");
    let mallory = SigningKey::from_seed(&[9; 32]);
    let hers = place::sign(&mallory, &room_id(), base, &[], &added.entry.group_info, None).unwrap();
    let refused = bob.comes_in_with(&added, None, base, &hers).err().unwrap();
    assert!(matches!(refused, JoinError::NotThisRoom), "the place is not the owner's: {refused:?}");
    let damaged = |at: usize| {
        let mut welcome = added.welcome.clone();
        welcome[at] ^= 1;
        Added { entry: added.entry.clone(), welcome, place: added.place.clone() }
    };
    for at in (0..added.welcome.len()).step_by(331) {
        let refused = bob.comes_in(&damaged(at)).err().unwrap();
        assert!(!matches!(refused, JoinError::Group(_)), "byte {at}: {refused:?} blames the own side");
    }
    let no_welcome = Added { welcome: b"welcome".to_vec(), ..damaged(0) };
    assert!(matches!(bob.comes_in(&no_welcome), Err(JoinError::GroupInfo)));
}

/// Mallory founds a room under the same code, with parameters that the owner has signed; she is no owner there.
#[test]
fn a_welcome_by_somebody_without_the_owners_certificate_lets_nobody_in() {
    let bob = knocker("Bob");
    let (mut alice, _) = alice();
    let added = adds(&mut alice, &bob.made.key_package);
    let mallory = SigningKey::from_seed(&[9; 32]);
    let params = signed(fields(1, 16));
    let group_id = id::group_id(room_id().as_bytes(), &params.genesis_nonce);
    let welcome = mallory::welcomes(&mallory, &group_id, context(&params), &bob.made.key_package);
    let base = added.entry.tag();
    let place = place::sign(&mallory, &room_id(), base, &[], &added.entry.group_info, None).unwrap();
    let refused = bob.comes_in(&Added { welcome, place, ..added }).err().unwrap();
    assert!(matches!(refused, JoinError::NotThisRoom), "{refused:?}");
}

/// Under the same owner's key, and signed by her for the room that he knocked at.
#[test]
fn a_welcome_into_another_room_lets_nobody_in() {
    let bob = knocker("Bob");
    let code = Code::recompute(&owner_key().public(), &[0x33; 32]);
    let keys = RoomKeys::derive(code.secret());
    let elsewhere = ParamsFields { r: [0x33; 32], genesis_nonce: [0x77; 16], ..fields(1, 16) };
    let params = params::sign(&owner_key(), &RoomId(*keys.room_id()), elsewhere).unwrap();
    let (state, identity) = (MemoryState::new(), Identity::new("Alice", 0).unwrap());
    let founding = Founding { keys: &keys, owner_key: &owner_key(), params: &params, passphrase: None, identity };
    let founded = OpenMls.create(&state, &mut OsRng, founding).unwrap();
    let mut alice = Person { state, group: founded.group };
    let added = adds(&mut alice, &bob.made.key_package);
    let refused = bob.comes_in(&added).err().unwrap();
    assert!(matches!(refused, JoinError::GroupInfo), "its group is another room's: {refused:?}");
}

#[test]
fn a_key_package_is_used_once() {
    let (mut alice, _) = alice();
    let bob = knocker("Bob");
    let added = adds(&mut alice, &bob.made.key_package);
    let inside = bob.comes_in(&added).unwrap();
    let again = Knocker { state: inside.state, made: bob.made };
    let refused = again.comes_in(&added).err().unwrap();
    assert!(matches!(refused, JoinError::Group(GroupError::Damaged(_))), "its keys are gone: {refused:?}");
    alice.merges(&added.entry);
    let twice = alice.group.commit(&alice.state, &mut OsRng, Change::Add(again.made.key_package));
    assert!(matches!(twice, Err(GroupError::KeyPackage)), "{twice:?}");
}

#[test]
fn a_full_room_takes_nobody() {
    let (mut alice, _) = alice_with(&signed(fields(1, 2)), None);
    let bob = knocker("Bob");
    let added = adds(&mut alice, &bob.made.key_package);
    alice.merges(&added.entry);
    let carol = knocker("Carol");
    let refused = alice.group.commit(&alice.state, &mut OsRng, Change::Add(carol.made.key_package));
    assert!(matches!(refused, Err(GroupError::NotAllowed(Violation::V2))), "{refused:?}");
}

/// A KeyPackage that a changed client makes.
struct Crafted {
    suite: Ciphersuite,
    lifetime: Lifetime,
    identity: Vec<u8>,
    capabilities: Capabilities,
    extensions: Extensions<KeyPackage>,
}

impl Crafted {
    fn new() -> Self {
        let suite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;
        let params = ExtensionType::Unknown(conclave_proto::params::EXTENSION_TYPE);
        let basic: &[CredentialType] = &[CredentialType::Basic];
        let capabilities = Capabilities::new(None, Some(&[suite]), Some(&[params]), Some(&[]), Some(basic));
        let knocker = knocker("Bob");
        let identity = OpenMls.candidate(&knocker.made.key_package).unwrap().credential.as_bytes().to_vec();
        Self { suite, lifetime: Lifetime::init(0, u64::MAX), identity, capabilities, extensions: Extensions::empty() }
    }

    fn made(self) -> Vec<u8> {
        let signer = SignatureKeyPair::new(SignatureScheme::ED25519).unwrap();
        let credential = CredentialWithKey {
            credential: BasicCredential::new(self.identity).into(),
            signature_key: signer.to_public_vec().into(),
        };
        let made = KeyPackage::builder()
            .key_package_lifetime(self.lifetime)
            .leaf_node_capabilities(self.capabilities)
            .key_package_extensions(self.extensions)
            .build(self.suite, &OpenMlsRustCrypto::default(), &signer, credential)
            .unwrap();
        made.key_package().tls_serialize_detached().unwrap()
    }
}

#[test]
fn a_key_package_of_another_kind_is_no_candidate() {
    assert!(OpenMls.candidate(&Crafted::new().made()).is_some(), "the crafted one is good as it stands");
    let credential = |since, owner_cert| {
        let fields = conclave_proto::credential::CredentialFields {
            nick: "Bob".into(),
            call_pk: conclave_proto::id::PublicKey([3; 32]),
            owner_cert,
            caps: 0,
            since,
        };
        conclave_proto::credential::Credential::new(fields).unwrap().as_bytes().to_vec()
    };
    let classic = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
    let extension = || Extensions::single(Extension::Unknown(0xf0a2, UnknownExtension(vec![1]))).unwrap();
    let cert = conclave_proto::id::Signature([1; 64]);
    let good = Crafted::new;
    for (what, crafted) in [
        ("another suite", Crafted { suite: classic, ..good() }),
        ("a lifetime that clocks judge", Crafted { lifetime: Lifetime::new(3600), ..good() }),
        ("an owner's certificate", Crafted { identity: credential(None, Some(cert)), ..good() }),
        ("a rank", Crafted { identity: credential(Some(1), None), ..good() }),
        ("no credential of ours", Crafted { identity: b"Bob".to_vec(), ..good() }),
        ("nothing that the room needs", Crafted { capabilities: Capabilities::default(), ..good() }),
        (
            "a last resort, to be used again",
            Crafted {
                extensions: Extensions::single(Extension::LastResort(Default::default())).unwrap(),
                capabilities: Capabilities::new(
                    None,
                    Some(&[good().suite]),
                    Some(&[ExtensionType::Unknown(conclave_proto::params::EXTENSION_TYPE), ExtensionType::LastResort]),
                    Some(&[]),
                    Some(&[CredentialType::Basic]),
                ),
                ..good()
            },
        ),
        (
            "an extension",
            Crafted {
                extensions: extension(),
                capabilities: Capabilities::new(
                    None,
                    Some(&[good().suite]),
                    Some(&[
                        ExtensionType::Unknown(conclave_proto::params::EXTENSION_TYPE),
                        ExtensionType::Unknown(0xf0a2),
                    ]),
                    Some(&[]),
                    Some(&[CredentialType::Basic]),
                ),
                ..good()
            },
        ),
    ] {
        let made = crafted.made();
        assert!(OpenMls.candidate(&made).is_none(), "{what}");
    }
    let made = good().made();
    for at in (0..made.len()).step_by(61) {
        let mut damaged = made.clone();
        damaged[at] ^= 1;
        assert!(OpenMls.candidate(&damaged).is_none(), "byte {at}");
    }
    assert!(OpenMls.candidate(&[&made[..], &[0]].concat()).is_none());
}
