//! What people compare to know that nobody stands between them (protocol 4.18).

use conclave_proto::{id::PublicKey, params::Params};
use conclave_seal::{hash::hash, id};

pub use crate::roster_words::{WORDS, WORDS_ROUNDS, words};
use crate::{
    group::Group,
    purpose::{self, EpochAuthenticator},
};

/// The hash of a room's member list: the same for everybody in it, until somebody comes or goes.
#[must_use]
pub fn roster_hash(group: &dyn Group) -> [u8; 32] {
    roster_hash_with(group, group.roster().iter().map(|member| member.leaf_key).collect())
}

/// The hash that the group's room has with these members: of a branch that this client may rejoin (protocol 4.6.7).
#[must_use]
pub fn roster_hash_with(group: &dyn Group, leaf_keys: Vec<PublicKey>) -> [u8; 32] {
    of_roster(&group_id(group.room_id().as_bytes(), group.params()), &group.params().opk, leaf_keys)
}

/// The hash for two members who check each other: the same on both sides.
#[must_use]
pub fn pair_hash(group: &dyn Group, one: &PublicKey, other: &PublicKey) -> [u8; 32] {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    hash(purpose::PAIR, &[&first.0, &second.0, &group_id(group.room_id().as_bytes(), group.params())])
}

/// Thirty digits of the epoch, in groups of five, for experts: they tell a split room of unchanged members. Each group is
/// five bytes modulo 100 000, the way of Discord's DAVE protocol.
#[must_use]
pub fn session_code(authenticator: &EpochAuthenticator) -> String {
    let groups = authenticator.expose_secret().chunks_exact(5).take(6).map(|group| {
        let number = group.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{:05}", number.checked_rem(100_000).unwrap_or_default())
    });
    groups.collect::<Vec<_>>().join(" ")
}

fn group_id(room_id: &[u8; 32], params: &Params) -> [u8; 32] {
    id::group_id(room_id, &params.genesis_nonce)
}

fn of_roster(group_id: &[u8; 32], owner_key: &PublicKey, mut leaf_keys: Vec<PublicKey>) -> [u8; 32] {
    leaf_keys.sort_unstable();
    let parts: Vec<&[u8]> =
        [&group_id[..], &owner_key.0].into_iter().chain(leaf_keys.iter().map(|key| &key.0[..])).collect();
    hash(purpose::ROSTER, &parts)
}

#[cfg(test)]
mod tests {
    use conclave_seal::sign::SigningKey;
    use data_encoding::HEXLOWER;

    use super::*;

    fn roster(leaf_keys: &[u8]) -> [u8; 32] {
        let group_id = HEXLOWER.decode(b"80c7843874bf071e6f977deb63d96c9dc31c1929086f187dbcdd81f0f9dfe499").unwrap();
        let owner = PublicKey(SigningKey::from_seed(&[0x11; 32]).public());
        of_roster(&group_id.try_into().unwrap(), &owner, leaf_keys.iter().map(|byte| PublicKey([*byte; 32])).collect())
    }

    #[test]
    fn the_words_of_appendix_a() {
        let expected = [1949, 460, 241, 715, 1825, 700, 124, 67].map(crate::words::word);
        assert_eq!(words(&roster(&[0xa1, 0xb2])), expected);
        assert_eq!(roster(&[0xb2, 0xa1]), roster(&[0xa1, 0xb2]), "the order of leaves says nothing");
        assert_ne!(roster(&[0xa1, 0xb2, 0xc3]), roster(&[0xa1, 0xb2]), "who comes changes the words");
    }

    #[test]
    fn a_session_code_has_thirty_digits() {
        let mut bytes = [0; 48];
        bytes[4] = 7;
        bytes[9] = 0xff;
        bytes[5..9].fill(0xff);
        // 0xffffffffff = 1 099 511 627 775
        let code = session_code(&EpochAuthenticator::from_bytes(&bytes));
        assert_eq!(code, "00007 27775 00000 00000 00000 00000");
    }
}
