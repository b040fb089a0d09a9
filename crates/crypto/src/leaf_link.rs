//! Links between two leaves of one person (protocol 4.9).
//!
//! Whoever comes over from another branch speaks from a new leaf, and no tree says whose it was. The former leaf's key signs room
//! and new leaf key: nobody else can claim what was said from the former leaf, and nobody can claim the new one with it.
//!
//! # Example
//!
//! ```
//! use conclave_crypto::leaf_link;
//! use conclave_proto::id::{PublicKey, RoomId};
//! use conclave_seal::{rng::OsRng, sign::SigningKey};
//!
//! let [before, now, mallory] = [(); 3].map(|()| SigningKey::generate(&mut OsRng));
//! let (room, now) = (RoomId([1; 32]), PublicKey(now.public()));
//! let link = leaf_link::sign(&before, &room, &now);
//!
//! assert!(leaf_link::verify(&link, &room, &now).is_ok());
//! assert!(leaf_link::verify(&link, &room, &PublicKey(mallory.public())).is_err(), "it is of no use to anybody else");
//! ```

use conclave_proto::{
    content::LeafLink,
    id::{PublicKey, RoomId, Signature},
};
use conclave_seal::sign::{self, BadSignature, SigningKey};

use crate::{mls_sign, purpose};

/// Says with a former leaf's key that another leaf is the same person's.
#[must_use]
pub fn sign(former: &SigningKey, room_id: &RoomId, leaf_key: &PublicKey) -> LeafLink {
    let signature = former.sign_unlabelled(&content(room_id, leaf_key));
    LeafLink { former: PublicKey(former.public()), sig: Signature(signature) }
}

/// Checks that the leaf that a link names says so of `leaf_key`, in this room.
///
/// # Errors
/// [`BadSignature`] if it does not.
pub fn verify(link: &LeafLink, room_id: &RoomId, leaf_key: &PublicKey) -> Result<(), BadSignature> {
    sign::verify_unlabelled(&link.former.0, &content(room_id, leaf_key), &link.sig.0)
}

/// `SignContent` with the label "conclave.v1 leaf link" over room id (32) ‖ leaf key (32).
fn content(room_id: &RoomId, leaf_key: &PublicKey) -> Vec<u8> {
    mls_sign::content(purpose::SIGN_LEAF_LINK, &[&room_id.0[..], &leaf_key.0].concat())
}
