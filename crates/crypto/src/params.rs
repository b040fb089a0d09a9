//! The room's parameters and the deed, signed by the owner (protocol 4.5, 4.19).

use conclave_proto::{
    DecodeError,
    deed::{Deed, Policy},
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
    let (room_id, owner) = (conclave_seal::id::room_id(&access_key.0), owner_key.public());
    let signature =
        transcript::Deed { room_id: &room_id, owner_key: &owner, rev, policy: &policy.to_bytes() }.sign(owner_key);
    Deed::new(access_key, PublicKey(owner), policy, rev, Signature(signature))
}

/// Checks that a deed is signed by the owner that it names.
///
/// # Errors
/// [`BadSignature`] if it is not.
pub fn verify_deed(deed: &Deed) -> Result<(), BadSignature> {
    let statement = transcript::Deed {
        room_id: &conclave_seal::id::room_id(&deed.apk().0),
        owner_key: &deed.opk().0,
        rev: deed.rev(),
        policy: deed.policy_bytes(),
    };
    statement.verify(&deed.opk().0, &deed.sig().0)
}
