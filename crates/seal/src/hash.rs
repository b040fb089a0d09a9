//! `H` and `T16` of protocol 4.0.

use sha2::{Digest, Sha256};

use crate::label::Label;

/// `H(label, p1, p2, ...)`: SHA-256 over the label's prefix and each part behind its 32-bit length.
///
/// The lengths make the split into parts unambiguous: no two lists of parts give the same input. Parts are frames and
/// keys, far below the 4 GiB that a length can name; above it the length saturates.
#[must_use]
pub fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new_with_prefix(label.prefix());
    for part in parts {
        hasher.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// SHA-256 without any domain separation, where the protocol asks for the plain hash of a message.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// [`sha256`] of what comes in pieces.
#[derive(Debug, Clone, Default)]
pub struct PartialSha256(Sha256);

impl PartialSha256 {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash of all pieces, in their order.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// `T16(x)`: the first 16 bytes of a hash.
#[must_use]
pub fn trunc16(hash: &[u8; 32]) -> [u8; 16] {
    let (head, _) = hash.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    *head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label;

    #[test]
    fn moving_a_byte_from_one_part_to_the_next_changes_the_hash() {
        let left = hash(label::ENTRY, &[b"ab", b"c"]);
        assert_ne!(left, hash(label::ENTRY, &[b"a", b"bc"]), "otherwise a relay could shift bytes between fields");
        assert_ne!(left, hash(label::ENTRY, &[b"abc"]));
        assert_ne!(left, hash(label::SEAT, &[b"ab", b"c"]), "a label separates");
    }

    #[test]
    fn it_does_not_matter_where_the_pieces_end() {
        let mut partial = PartialSha256::default();
        for piece in [&b"a file that is"[..], b"", b" larger than one piece"] {
            partial.update(piece);
        }
        assert_eq!(partial.finish(), sha256(b"a file that is larger than one piece"));
    }

    #[test]
    fn truncation_keeps_the_front() {
        let hash: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());
        assert_eq!(trunc16(&hash), hash[..16]);
    }
}
