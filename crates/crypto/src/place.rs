//! Signing and checking the place of a commit (protocol 4.6.4).
//!
//! A GroupInfo says nothing about where the relay's log has it: whoever knows the code could seal an old one again under a
//! new tag. Its place binds it: the leaf that signed the GroupInfo signs room, tag, the bases of its branch and the
//! GroupInfo's hash, so a GroupInfo without a valid place is neither joined nor followed.
//!
//! # Example
//!
//! ```
//! use conclave_crypto::place;
//! use conclave_proto::id::{RoomId, Tag};
//! use conclave_seal::{rng::OsRng, sign::SigningKey};
//!
//! let (alice, room, tag) = (SigningKey::generate(&mut OsRng), RoomId([1; 32]), Tag([2; 16]));
//! let info = b"a GroupInfo that Alice signed";
//! let place = place::sign(&alice, &room, tag, &[Tag([1; 16])], info, None)?;
//!
//! assert!(place::verify(&place, &room, tag).is_ok());
//! assert!(place::describes(&place, info));
//! assert!(place::verify(&place, &room, Tag([3; 16])).is_err(), "Mallory cannot move it to another commit");
//! # Ok::<(), conclave_proto::DecodeError>(())
//! ```

use conclave_proto::{
    DecodeError,
    id::{PublicKey, RoomId, Signature, Tag},
    limits,
    place::{CommitPlace, CommitPlaceFields},
};
use conclave_seal::{
    hash::sha256,
    sign::{self, BadSignature, SigningKey},
};

use crate::{mls_sign, purpose};

/// Signs the place of a commit, with the leaf key that signed its GroupInfo.
///
/// `bases` are the bases of the branch before the commit, newest first; those beyond [`limits::BASES`] are left out. `fork` is what
/// somebody names who comes over from another branch, see [`crate::fork_choice::common_base`].
///
/// # Errors
/// [`DecodeError`] never, as the bases are cut to what a place may name.
pub fn sign(
    leaf_key: &SigningKey,
    room_id: &RoomId,
    tag: Tag,
    bases: &[Tag],
    group_info: &[u8],
    fork: Option<Tag>,
) -> Result<CommitPlace, DecodeError> {
    let fields = CommitPlaceFields {
        bases: bases.iter().take(limits::BASES).copied().collect(),
        group_info: sha256(group_info),
        signer: PublicKey(leaf_key.public()),
        fork,
    };
    let signature = leaf_key.sign_unlabelled(&content(room_id, tag, &fields.to_bytes()));
    CommitPlace::new(fields, Signature(signature))
}

/// Checks that the signer that a place names signed it, for this room and this commit. Whether that signer is anybody is for
/// the caller to see in a tree.
///
/// # Errors
/// [`BadSignature`] if it did not.
pub fn verify(place: &CommitPlace, room_id: &RoomId, tag: Tag) -> Result<(), BadSignature> {
    sign::verify_unlabelled(&place.signer.0, &content(room_id, tag, &place.signed_part()), &place.sig().0)
}

/// Whether a place is about this GroupInfo, as it was inside its envelope.
#[must_use]
pub fn describes(place: &CommitPlace, group_info: &[u8]) -> bool {
    place.group_info == sha256(group_info)
}

/// `SignContent` with the label "conclave.v1 place" over room id (32) ‖ tag (16) ‖ canonical CBOR of the fields.
fn content(room_id: &RoomId, tag: Tag, fields: &[u8]) -> Vec<u8> {
    mls_sign::content(purpose::SIGN_PLACE, &[&room_id.0[..], &tag.0, fields].concat())
}
