//! The room's parameters and the deed, signed by the owner (protocol 4.5, 4.19).

use conclave_proto::{
    DecodeError,
    deed::{Deed, Knocking, Policy},
    id::{PublicKey, RoomId, Signature},
    params::{Params, ParamsFields},
};
use conclave_seal::{
    sign::{BadSignature, SigningKey},
    transcript::{self, Statement as _},
};

/// Signs parameters with the owner key.
///
/// # Errors
/// [`DecodeError::Value`] if a field is beyond its limit.
pub fn sign(owner_key: &SigningKey, room_id: &RoomId, fields: ParamsFields) -> Result<Params, DecodeError> {
    let bytes = fields.to_bytes();
    let signature = transcript::Params { room_id: room_id.as_bytes(), fields: &bytes }.sign(owner_key);
    Params::new(fields, Signature(signature))
}

/// Checks that parameters are signed by the owner that they name, for this room.
///
/// # Errors
/// [`BadSignature`] if they are not.
pub fn verify(room_id: &RoomId, params: &Params) -> Result<(), BadSignature> {
    let statement = transcript::Params { room_id: room_id.as_bytes(), fields: &params.signed_part() };
    statement.verify(&params.opk.0, &params.sig().0)
}

/// Signs a deed with the owner key.
#[must_use]
pub fn sign_deed(owner_key: &SigningKey, access_key: PublicKey, policy: Policy, rev: u64) -> Deed {
    signed(owner_key, |opk, sig| Deed::new(access_key, opk, policy, rev, sig))
}

/// The same with what knocking needs (protocol 4.6.9).
#[must_use]
pub fn sign_deed_with_knocking(
    owner_key: &SigningKey,
    access_key: PublicKey,
    policy: Policy,
    rev: u64,
    knocking: Knocking<'_>,
) -> Deed {
    signed(owner_key, |opk, sig| Deed::new(access_key, opk, policy, rev, sig).with_knocking(knocking, sig))
}

/// Signs a deed that takes the place of another one: with the next number, and what knocking needs as it was.
#[must_use]
pub fn renew_deed(owner_key: &SigningKey, deed: &Deed, policy: Policy) -> Deed {
    let rev = deed.rev().saturating_add(1);
    match deed.knocking() {
        Some(knocking) => sign_deed_with_knocking(owner_key, deed.apk(), policy, rev, knocking),
        None => sign_deed(owner_key, deed.apk(), policy, rev),
    }
}

/// Signs what is put together with the signature itself, which is not part of what is signed.
fn signed(owner_key: &SigningKey, deed: impl Fn(PublicKey, Signature) -> Deed) -> Deed {
    let owner = PublicKey(owner_key.public());
    let unsigned = deed(owner, Signature([0; 64]));
    let room_id = conclave_seal::id::room_id(&unsigned.apk().0);
    deed(owner, Signature(statement(&room_id, &unsigned.opk().0, &unsigned).sign(owner_key)))
}

/// Checks that a deed is signed by the owner that it names.
///
/// # Errors
/// [`BadSignature`] if it is not.
pub fn verify_deed(deed: &Deed) -> Result<(), BadSignature> {
    let room_id = conclave_seal::id::room_id(&deed.apk().0);
    statement(&room_id, &deed.opk().0, deed).verify(&deed.opk().0, &deed.sig().0)
}

fn statement<'a>(room_id: &'a [u8; 32], owner_key: &'a [u8; 32], deed: &'a Deed) -> transcript::Deed<'a> {
    let knocking = deed.knocking().map(|Knocking { pk, sealed_r }| transcript::Knocking { key: pk.0, sealed_r });
    transcript::Deed { room_id, owner_key, rev: deed.rev(), policy: deed.policy_bytes(), knocking }
}

#[cfg(test)]
mod tests {
    use conclave_proto::deed::PanicBy;

    use super::*;

    #[test]
    fn a_newer_deed_takes_knocks_as_the_one_before() {
        let owner = SigningKey::from_seed(&[11; 32]);
        let policy = Policy { msg_ttl: 3600, idle_ttl: 3600, panic_by: PanicBy::Owner, max_members: 16 };
        let knocking = Knocking { pk: PublicKey([3; 32]), sealed_r: b"sealed r" };
        let longer = Policy { idle_ttl: 86_400, ..policy };
        for deed in [
            sign_deed(&owner, PublicKey([2; 32]), policy, 7),
            sign_deed_with_knocking(&owner, PublicKey([2; 32]), policy, 7, knocking),
        ] {
            let newer = renew_deed(&owner, &deed, longer);
            assert_eq!((verify_deed(&newer), newer.rev(), newer.policy()), (Ok(()), 8, longer));
            assert_eq!(newer.knocking(), deed.knocking());
        }
    }

    #[test]
    fn the_key_that_knocks_are_sealed_to_is_the_owners() {
        let (owner, access) = (SigningKey::from_seed(&[1; 32]), PublicKey([2; 32]));
        let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::Owner, max_members: 16 };
        let (knocking, mallorys) = (PublicKey([3; 32]), PublicKey([9; 32]));
        let keys = |pk, sealed_r| Knocking { pk, sealed_r };
        let deed = sign_deed_with_knocking(&owner, access, policy, 1, keys(knocking, b"sealed r"));
        assert_eq!(verify_deed(&deed), Ok(()));
        let without = sign_deed(&owner, access, policy, 1);
        assert_eq!((verify_deed(&without), without.knocking()), (Ok(()), None));
        for made_up in [
            deed.clone().with_knocking(keys(mallorys, b"sealed r"), deed.sig()),
            deed.clone().with_knocking(keys(knocking, b"other"), deed.sig()),
            without.clone().with_knocking(keys(mallorys, b"sealed r"), without.sig()),
            Deed::new(access, deed.opk(), policy, 1, deed.sig()),
        ] {
            assert_eq!(verify_deed(&made_up), Err(BadSignature));
        }
    }
}
