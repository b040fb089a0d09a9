//! Names that are hashes (protocol 4.1). Client and relay compute them alike, so nobody has to be believed about one.

use sha2::{Digest as _, Sha256};

use crate::{
    hash::{hash, trunc16},
    label,
    sign::PublicKey,
};

/// The id of the room that this access key opens. It certifies itself: only the holder of the code has the key.
#[must_use]
pub fn room_id(access_key: &PublicKey) -> [u8; 32] {
    hash(label::ROOM_ID, &[access_key])
}

/// The name of a room's first epoch, and the head of a room without a commit.
#[must_use]
pub fn genesis_tag(room_id: &[u8; 32]) -> [u8; 16] {
    trunc16(&hash(label::GENESIS, &[room_id]))
}

/// The tag of a commit entry. It covers the very key that the commit registers, so that a relay cannot put another one in
/// its place. `lane` is the lane's byte on the wire.
#[must_use]
pub fn entry_tag(lane: u8, blob: &[u8], member_auth_key: &PublicKey) -> [u8; 16] {
    trunc16(&hash(label::ENTRY, &[&[lane], blob, member_auth_key]))
}

/// One life of a room on one relay: the authority and the client nonce of the request that opened it.
#[must_use]
pub fn seat(authority: &str, client_nonce: &[u8; 16]) -> [u8; 16] {
    trunc16(&hash(label::SEAT, &[authority.as_bytes(), client_nonce]))
}

/// The id of the member who holds this leaf key.
#[must_use]
pub fn member_id(leaf_key: &PublicKey) -> [u8; 16] {
    trunc16(&hash(label::MEMBER, &[leaf_key]))
}

/// The MLS group id of a room.
#[must_use]
pub fn group_id(room_id: &[u8; 32], genesis_nonce: &[u8; 16]) -> [u8; 32] {
    hash(label::GROUP_ID, &[room_id, genesis_nonce])
}

/// What a relay keeps of a deletion token (protocol 4.8.4). The token follows its label without a length.
#[must_use]
pub fn del_hash(token: &[u8]) -> [u8; 32] {
    Sha256::new_with_prefix(label::DEL.prefix()).chain_update(token).finalize().into()
}
