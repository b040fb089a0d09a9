use std::sync::LazyLock;

use conclave_proto::{
    deed::{Knocking, PanicBy, Policy},
    id::{KnockToken, Tag},
    knock::PassphraseKey,
};
use conclave_seal::rng::OsRng;
use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::call;

static KEYS: LazyLock<RoomKeys> = LazyLock::new(|| RoomKeys::derive(code().secret()));

const R: [u8; 32] = [0x22; 32];

fn osk() -> SigningKey {
    SigningKey::from_seed(&[0x11; 32])
}

fn code() -> Code {
    Code::recompute(&osk().public(), &R)
}

fn room_id() -> RoomId {
    RoomId(*KEYS.room_id())
}

fn owner() -> (KnockKey, PublicKey) {
    owner_key_pair(&osk(), &room_id()).unwrap()
}

/// A deed with these keys, signed by whoever's key it is.
fn deed(owner_key: &SigningKey, pk: PublicKey, sealed_r: &[u8]) -> Vec<u8> {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::Owner, max_members: 16 };
    let (access, knocking) = (PublicKey(KEYS.access_public()), Knocking { pk, sealed_r });
    params::sign_deed_with_knocking(owner_key, access, policy, 1, knocking).as_bytes().to_vec()
}

fn content(note: &str) -> KnockContent {
    KnockContent { key_package: vec![7; 3000], note: note.into(), token: None }
}

fn admission() -> KnockAdmission {
    KnockAdmission {
        tag: Tag([1; 16]),
        seq: 9,
        place: vec![2; 600],
        welcome: vec![3; 5000],
        passphrase: Some(PassphraseKey::new([4; 32])),
    }
}

#[test]
fn bob_knocks_only_where_the_deed_is_of_who_made_the_code() {
    let (_, pk) = owner();
    let sealed_r = seal_r(&mut OsRng, &KEYS, &R).unwrap();
    assert_eq!(
        read_deed(&KEYS, &code(), &deed(&osk(), pk, &sealed_r)),
        Ok(Door::Knocks { pk, owner: PublicKey(osk().public()) })
    );

    // The relay knows the access key, and no `r`: whatever it signs by itself is not the code's.
    let relay = SigningKey::from_seed(&[9; 32]);
    let (_, relays) = owner_key_pair(&relay, &room_id()).unwrap();
    let other_r = seal_r(&mut OsRng, &KEYS, &[0x23; 32]).unwrap();
    let mut signed_for_another_key = deed(&osk(), pk, &sealed_r);
    let at = signed_for_another_key.windows(32).position(|window| window == pk.0).unwrap();
    signed_for_another_key[at..at + 32].copy_from_slice(&relays.0);
    for (what, made_up) in [
        ("an owner of the relay's, with the room's r", deed(&relay, relays, &sealed_r)),
        ("an r of somebody with the code", deed(&osk(), pk, &other_r)),
        ("an r that nobody sealed", deed(&osk(), pk, b"sealed r")),
        ("another key under the owner's signature", signed_for_another_key),
        ("no deed", b"deed".to_vec()),
    ] {
        assert_eq!(read_deed(&KEYS, &code(), &made_up), Err(KnockError::NotGenuine), "{what}");
    }
}

#[test]
fn a_deed_of_another_room_is_none() {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::Owner, max_members: 16 };
    let elsewhere = params::sign_deed(&osk(), PublicKey([8; 32]), policy, 1);
    assert_eq!(read_deed(&KEYS, &code(), elsewhere.as_bytes()), Err(KnockError::NotGenuine));
    let before = params::sign_deed(&osk(), PublicKey(KEYS.access_public()), policy, 1);
    assert_eq!(read_deed(&KEYS, &code(), before.as_bytes()), Ok(Door::NoKnocks), "it was made before");
}

#[test]
fn the_owners_key_is_the_same_after_a_restart_and_another_in_another_room() {
    let ((key, pk), (again, same)) = (owner(), owner());
    assert!(key.same_as(&again) && pk == same);
    assert_ne!(owner_key_pair(&osk(), &RoomId([7; 32])).unwrap().1, pk);
    let derived = HEXLOWER.encode(&pk.0);
    let expected = "17ff4f83a9c65078ebe09fcd0bd112eee8a7a465d5625d12ec1b3717b2431709";
    assert_eq!(derived, expected, "other programs derive it, too");
}

#[test]
fn all_knocks_are_of_one_length_and_say_nothing_to_others_with_the_code() {
    let (key, pk) = owner();
    let (short, long) = (content(""), content(&"ä".repeat(140)));
    let sealed = [&short, &long].map(|content| seal(&mut OsRng, &KEYS, &pk, content).unwrap());
    assert_eq!(sealed[0].len(), sealed[1].len(), "a relay cannot tell what somebody said");
    assert!(sealed[0].len() <= limits::KNOCK);
    assert_eq!(open(&KEYS, &key, &sealed[1]).unwrap(), long);
    // Mallory has the code and a key of hers.
    let mallory = owner_key_pair(&SigningKey::from_seed(&[9; 32]), &room_id()).unwrap().0;
    assert_eq!(open(&KEYS, &mallory, &sealed[0]), Err(KnockError::NotGenuine));
    let larger = KnockContent { key_package: vec![0; limits::KNOCK_PADDED], ..short };
    assert_eq!(seal(&mut OsRng, &KEYS, &pk, &larger), Err(KnockError::NotSealed), "its sender hears it first");
    assert_eq!(seal(&mut OsRng, &KEYS, &PublicKey([0; 32]), &long), Err(KnockError::NotSealed), "of small order");
}

/// Whoever has the code seals the outer layer; there is one way to fill it.
#[test]
fn a_knock_that_was_padded_otherwise_is_none() {
    let (key, pk) = owner();
    let info = info(KNOCK_INFO, KEYS.room_id());
    let sealed = hpke::seal(&pk, &info, &content("tea").encode()).unwrap();
    let outer = |padded: &[u8]| {
        let key = KEYS.knocking().unwrap().seal.expose_secret();
        chunked::seal(&mut OsRng, key, &context(purpose::KNOCK, KEYS.room_id()), padded)
    };
    let padded = pad(&sealed, limits::KNOCK_PADDED).unwrap();
    assert!(open(&KEYS, &key, &outer(&padded)).is_ok());
    let mut hides = padded.clone();
    *hides.last_mut().unwrap() = 1;
    for other in [hides, pad(&sealed, 4096).unwrap(), pad(&sealed, 9000).unwrap(), vec![0xff; 8192], vec![0; 8192]] {
        assert_eq!(open(&KEYS, &key, &outer(&other)), Err(KnockError::NotGenuine));
    }
}

#[test]
fn a_note_of_141_characters_is_none() {
    assert!(KnockContent::decode(&content(&"ä".repeat(140)).encode()).is_ok());
    assert!(KnockContent::decode(&content(&"a".repeat(141)).encode()).is_err());
}

#[test]
fn the_owner_lets_in_or_turns_away_whoever_sent_this_knock() {
    let (call_key, call_pk) = call::derive_key_pair(&[5; 32]).unwrap();
    let (knock, opk) = (b"the knock", PublicKey(osk().public()));
    let admission = admission();
    let reply = |signer: &SigningKey, to: &PublicKey, knock: &[u8], admission| {
        seal_reply(&mut OsRng, &KEYS, signer, to, knock, admission).unwrap()
    };
    let lets_in = reply(&osk(), &call_pk, knock, Some(&admission));
    let turns_away = reply(&osk(), &call_pk, knock, None);
    assert_eq!(open_reply(&KEYS, &opk, &call_key, knock, &lets_in), Ok(Some(admission.clone())));
    assert_eq!(open_reply(&KEYS, &opk, &call_key, knock, &turns_away), Ok(None));

    let (carols, carols_pk) = call::derive_key_pair(&[6; 32]).unwrap();
    let mallory = SigningKey::from_seed(&[9; 32]);
    for (what, opened) in [
        ("Carol's key", open_reply(&KEYS, &opk, &carols, knock, &lets_in)),
        ("an answer to another knock", open_reply(&KEYS, &opk, &call_key, b"another knock", &lets_in)),
        ("a refusal of another knock", open_reply(&KEYS, &opk, &call_key, b"another knock", &turns_away)),
        ("a member who answers", {
            open_reply(&KEYS, &opk, &call_key, knock, &reply(&mallory, &call_pk, knock, Some(&admission)))
        }),
        ("a member who refuses", {
            open_reply(&KEYS, &opk, &call_key, knock, &reply(&mallory, &call_pk, knock, None))
        }),
        ("what was for Carol", {
            open_reply(&KEYS, &opk, &call_key, knock, &reply(&osk(), &carols_pk, knock, Some(&admission)))
        }),
    ] {
        assert_eq!(opened, Err(KnockError::NotGenuine), "{what}");
    }
    let huge = KnockAdmission { welcome: vec![0; limits::KNOCK_ANSWER], ..admission };
    let sealed = seal_reply(&mut OsRng, &KEYS, &osk(), &call_pk, knock, Some(&huge));
    assert_eq!(sealed, Err(KnockError::NotSealed), "the relay would refuse it");
}

#[test]
fn a_refusal_under_an_admission_is_neither() {
    let (call_key, call_pk) = call::derive_key_pair(&[5; 32]).unwrap();
    let (knock, opk) = (b"the knock", PublicKey(osk().public()));
    // Mallory has the code and what the owner signed, once it reached whoever knocked; she moves parts of it.
    let refusal = KnockAnswer { room_id: KEYS.room_id(), knock, admission: None }.sign(&osk());
    let encoded = admission().encode();
    let admits = KnockAnswer { room_id: KEYS.room_id(), knock, admission: Some(&encoded) }.sign(&osk());
    for (sig, admission) in [(refusal, Some(encoded.clone())), (admits, None)] {
        let inner = KnockReply { sig: Signature(sig), admission }.encode();
        let sealed = hpke::seal(&call_pk, &info(KNOCK_REPLY_INFO, KEYS.room_id()), &inner).unwrap();
        let padded = pad(&sealed, 16_384).unwrap();
        let key = KEYS.knocking().unwrap().seal.expose_secret();
        let blob = chunked::seal(&mut OsRng, key, &context(purpose::KNOCK_REPLY, KEYS.room_id()), &padded);
        assert_eq!(open_reply(&KEYS, &opk, &call_key, knock, &blob), Err(KnockError::NotGenuine));
    }
}

#[test]
fn the_words_of_a_knock_are_pinned() {
    assert_eq!(words(b"a key package"), ["matter", "century", "aisle", "mountain"]);
    assert_ne!(words(b"a key package"), words(b"another key package"));
}

proptest! {
    #[test]
    fn what_was_sealed_opens_and_any_change_does_not(
        note in "\\PC{0,140}", key_package in prop::collection::vec(any::<u8>(), 0..4000), token: Option<[u8; 16]>,
        at: prop::sample::Index, bit in 0..8_u8,
    ) {
        let (key, pk) = owner();
        let content = KnockContent { key_package, note, token: token.map(KnockToken) };
        let mut blob = seal(&mut OsRng, &KEYS, &pk, &content).unwrap();
        prop_assert_eq!(open(&KEYS, &key, &blob), Ok(content));
        let at = at.index(blob.len());
        prop_assert_eq!(open(&KEYS, &key, &blob[..at]), Err(KnockError::NotGenuine));
        blob[at] ^= 1 << bit;
        prop_assert_eq!(open(&KEYS, &key, &blob), Err(KnockError::NotGenuine));
    }

    #[test]
    fn no_answer_survives_a_change(at: prop::sample::Index, bit in 0..8_u8) {
        let (call_key, call_pk) = call::derive_key_pair(&[5; 32]).unwrap();
        let (knock, opk) = (b"the knock", PublicKey(osk().public()));
        let mut blob = seal_reply(&mut OsRng, &KEYS, &osk(), &call_pk, knock, Some(&admission())).unwrap();
        let at = at.index(blob.len());
        prop_assert_eq!(open_reply(&KEYS, &opk, &call_key, knock, &blob[..at]), Err(KnockError::NotGenuine));
        blob[at] ^= 1 << bit;
        prop_assert_eq!(open_reply(&KEYS, &opk, &call_key, knock, &blob), Err(KnockError::NotGenuine));
    }
}
