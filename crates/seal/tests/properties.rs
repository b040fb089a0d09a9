//! What must hold for every input: sealing at the level of protocol 4.4 and 8.3, and every signed statement.

use conclave_seal::{
    chunked::{self, CHUNK, OpenError},
    rng::OsRng,
    sign::{BadSignature, SigningKey},
    transcript::{Auth, Burned, Create, Deed, Knocking, Owner, OwnerLeaf, Panic, Params, Statement},
};
use proptest::prelude::*;

const KEY: [u8; 32] = [1; 32];

/// Lengths around chunk borders, where off-by-one errors live, and short ones.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![0..300_usize, CHUNK - 2..CHUNK + 3, 2 * CHUNK - 2..2 * CHUNK + 3];
    (any::<u8>(), length).prop_map(|(byte, length)| vec![byte; length])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_sealed_opens_again(plaintext in message(), context: Vec<u8>) {
        let sealed = chunked::seal(&mut OsRng, &KEY, &context, &plaintext);
        prop_assert_eq!(&*chunked::open(&KEY, &context, &sealed).unwrap(), &plaintext);
        prop_assert_ne!(sealed, chunked::seal(&mut OsRng, &KEY, &context, &plaintext), "salts are fresh");
    }

    #[test]
    fn any_flipped_bit_is_refused(plaintext in message(), at: prop::sample::Index, bit in 0..8_u8) {
        let mut sealed = chunked::seal(&mut OsRng, &KEY, b"context", &plaintext);
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert_eq!(chunked::open(&KEY, b"context", &sealed), Err(OpenError));
    }

    #[test]
    fn any_shorter_or_longer_message_is_refused(plaintext in message(), at: prop::sample::Index, tail in 1..40_usize) {
        let mut sealed = chunked::seal(&mut OsRng, &KEY, b"context", &plaintext);
        prop_assert_eq!(chunked::open(&KEY, b"context", &sealed[..at.index(sealed.len())]), Err(OpenError));
        sealed.extend(vec![0; tail]);
        prop_assert_eq!(chunked::open(&KEY, b"context", &sealed), Err(OpenError));
    }

    #[test]
    fn another_key_or_context_is_refused(plaintext in message(), context: Vec<u8>, other: Vec<u8>, key: [u8; 32]) {
        prop_assume!(context != other && key != KEY);
        let sealed = chunked::seal(&mut OsRng, &KEY, &context, &plaintext);
        prop_assert_eq!(chunked::open(&KEY, &other, &sealed), Err(OpenError));
        prop_assert_eq!(chunked::open(&key, &context, &sealed), Err(OpenError));
    }

    #[test]
    fn arbitrary_bytes_never_open_and_never_panic(bytes: Vec<u8>) {
        prop_assert_eq!(chunked::open(&KEY, b"", &bytes), Err(OpenError));
    }
}

#[test]
fn a_message_cut_at_a_chunk_border_is_refused() {
    let sealed = chunked::seal(&mut OsRng, &KEY, b"", &[5; 3 * CHUNK]);
    for chunks in 0..=3 {
        let cut = &sealed[..56 + chunks * (CHUNK + 16)];
        assert_eq!(chunked::open(&KEY, b"", cut), Err(OpenError), "a relay could otherwise drop the end of a file");
    }
}

/// Checks that a statement verifies as it is, and that none of its variations is covered by the same signature.
fn each_field_counts<S: Statement>(statement: &S, variations: &[S]) {
    let key = SigningKey::from_seed(&[3; 32]);
    let signature = statement.sign(&key);
    assert_eq!(statement.verify(&key.public(), &signature), Ok(()));
    assert_eq!(statement.verify(&SigningKey::from_seed(&[4; 32]).public(), &signature), Err(BadSignature));
    for (index, other) in variations.iter().enumerate() {
        assert_eq!(other.verify(&key.public(), &signature), Err(BadSignature), "field {index} is not signed");
    }
}

#[test]
fn an_auth_proof_is_good_for_one_role_relay_connection_room_and_key() {
    let proof = Auth {
        role: 1,
        authority: "relay.example",
        server_nonce: &[1; 32],
        client_nonce: &[2; 16],
        room_id: &[3; 32],
        key: &[4; 32],
        exporter: &[5; 32],
    };
    each_field_counts(
        &proof,
        &[
            Auth { role: 2, ..proof },
            Auth { authority: "relay.evil", ..proof },
            Auth { server_nonce: &[9; 32], ..proof },
            Auth { client_nonce: &[9; 16], ..proof },
            Auth { room_id: &[9; 32], ..proof },
            Auth { key: &[9; 32], ..proof },
            Auth { exporter: &[9; 32], ..proof },
        ],
    );
}

#[test]
fn a_create_request_covers_every_field() {
    let create = Create {
        authority: "relay.example",
        server_nonce: &[1; 32],
        client_nonce: &[2; 16],
        room_id: &[3; 32],
        member_auth_key: &[4; 32],
        exporter: &[5; 32],
        deed: b"deed",
    };
    each_field_counts(
        &create,
        &[
            Create { authority: "relay.evil", ..create },
            Create { server_nonce: &[9; 32], ..create },
            Create { client_nonce: &[9; 16], ..create },
            Create { room_id: &[9; 32], ..create },
            Create { member_auth_key: &[9; 32], ..create },
            Create { exporter: &[9; 32], ..create },
            Create { deed: b"other", ..create },
        ],
    );
}

#[test]
fn the_owners_statements_cover_every_field() {
    let deed = Deed { room_id: &[1; 32], owner_key: &[2; 32], rev: 3, policy: b"policy", knocking: None };
    let knocking = Knocking { key: [4; 32], sealed_r: b"sealed r" };
    let with = |knocking| Deed { knocking: Some(knocking), ..deed };
    each_field_counts(
        &deed,
        &[
            Deed { room_id: &[9; 32], ..deed },
            Deed { owner_key: &[9; 32], ..deed },
            Deed { rev: 4, ..deed },
            Deed { policy: b"other", ..deed },
            with(knocking),
        ],
    );
    each_field_counts(
        &with(knocking),
        &[with(Knocking { key: [9; 32], ..knocking }), with(Knocking { sealed_r: b"other", ..knocking })],
    );
    let params = Params { room_id: &[1; 32], fields: b"fields" };
    each_field_counts(&params, &[Params { room_id: &[9; 32], ..params }, Params { fields: b"other", ..params }]);
    let owner = Owner { room_id: &[1; 32], counter: 1, operation: 1, argument: b"head" };
    each_field_counts(
        &owner,
        &[
            Owner { room_id: &[9; 32], ..owner },
            Owner { counter: 2, ..owner },
            Owner { operation: 2, ..owner },
            Owner { argument: b"", ..owner },
        ],
    );
    let leaf = OwnerLeaf { room_id: &[1; 32], leaf_key: &[2; 32] };
    each_field_counts(&leaf, &[OwnerLeaf { room_id: &[9; 32], ..leaf }, OwnerLeaf { leaf_key: &[9; 32], ..leaf }]);
}

#[test]
fn the_end_of_a_room_covers_every_field() {
    let panic = Panic { room_id: &[1; 32], time: 5 };
    each_field_counts(&panic, &[Panic { room_id: &[9; 32], ..panic }, Panic { time: 6, ..panic }]);
    let burned = Burned { room_id: &[1; 32], end: &[2; 32] };
    each_field_counts(
        &burned,
        &[
            Burned { room_id: &[9; 32], ..burned },
            Burned { end: &[9; 32], ..burned },
            Burned { end: &[2; 16], ..burned },
        ],
    );
}
