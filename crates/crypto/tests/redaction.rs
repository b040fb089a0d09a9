//! What `Debug` says of secret things, all in one place: nothing.

use conclave_crypto::{
    code::Code,
    envelope::Frame,
    link::Invitation,
    purpose::{
        CallKey, EnvelopeKey, EpochAuthenticator, FileKey, KnockKey, KnockRKey, KnockSealKey, PassSalt, Psk, RoomSecret,
    },
    qr::Qr,
    schedule::RoomKeys,
    state::{GroupState as _, MemoryState},
};
use conclave_proto::padding::FrameKind;
use conclave_seal::{
    secret::{Purpose, Secret},
    sign::SigningKey,
};
use openmls::{group::MlsGroup, group::StagedCommit};
use openmls_rust_crypto::OpenMlsRustCrypto;
use zeroize::Zeroizing;

fn key<P: Purpose, const N: usize>() -> Secret<P, N> {
    Secret::from_bytes(&[0x5a; N])
}

#[test]
fn secrets_print_their_names() {
    let state = MemoryState::new();
    state.put(b"ZZZZ", b"ZZZZ").unwrap();
    let (room_secret, envelope_key, psk): (RoomSecret, EnvelopeKey, Psk) = (key(), key(), key());
    let (pass_salt, call_key, authenticator): (PassSalt, CallKey, EpochAuthenticator) = (key(), key(), key());
    let link = "conclave://relay.example/#26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    let file_key: FileKey = key();
    let (knock_key, knock_r, knock_seal): (KnockKey, KnockRKey, KnockSealKey) = (key(), key(), key());
    let printed = [
        format!("{room_secret:?}"),
        format!("{envelope_key:?}"),
        format!("{psk:?}"),
        format!("{pass_salt:?}"),
        format!("{call_key:?}"),
        format!("{authenticator:?}"),
        format!("{file_key:?}"),
        format!("{knock_key:?}"),
        format!("{knock_r:?}"),
        format!("{knock_seal:?}"),
        format!("{:?}", SigningKey::from_seed(&[0x5a; 32])),
        format!("{:?}", Code::from_secret(key())),
        format!("{:?}", RoomKeys::from_stored(&[0x5a; RoomKeys::STORED_LEN]).unwrap()),
        format!("{:?}", Invitation::parse(link).unwrap()),
        format!("{:?}", Qr::new(link).unwrap()),
        format!("{:?}", Frame { kind: FrameKind::Mls, data: Zeroizing::new(b"ZZZZ".to_vec()) }),
        format!("{state:?}"),
    ];
    insta::assert_snapshot!(printed.join("\n"));
}

/// `test-utils` of OpenMLS and of its provider makes secrets cloneable and opens back doors; it does not build with this.
const _: fn() = || {
    // Two candidates for `A` are ambiguous, so this compiles only while the type is not `Clone`.
    trait NotClone<A> {
        fn is_not_clone() {}
    }
    struct Cloneable;
    impl<T> NotClone<()> for T {}
    impl<T: Clone> NotClone<Cloneable> for T {}
    let _ = <MlsGroup as NotClone<_>>::is_not_clone;
    let _ = <StagedCommit as NotClone<_>>::is_not_clone;
    let _ = <OpenMlsRustCrypto as NotClone<_>>::is_not_clone;
};

/// The drafts of OpenMLS are moving targets. With one of them on, its own method hides this one and the types differ.
const _: fn(&MlsGroup) -> bool = |group| {
    trait DraftsAreOff {
        fn safe_aad_items(&self) -> bool {
            true
        }
    }
    impl DraftsAreOff for MlsGroup {}
    group.safe_aad_items()
};
