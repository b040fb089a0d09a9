//! Leaves that this client left behind. Where branches part and meet again, one of them may be in the tree of the branch that it
//! goes over to: it takes that leaf's place again, with its rank and its numbering, and no leaf stays that nobody holds.

use conclave_proto::id::PublicKey;
use conclave_seal::sign::SigningKey;
use zeroize::Zeroizing;

/// A former leaf key, and where the numbering of its messages stands.
pub(super) struct FormerLeaf {
    pub(super) key: SigningKey,
    pub(super) n: u64,
    pub(super) prev: [u8; 8],
}

impl FormerLeaf {
    /// The key's public half.
    pub(super) fn public(&self) -> PublicKey {
        PublicKey(self.key.public())
    }
}

/// Reads them, the newest first; `None` if the bytes are not a whole number of leaves.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<FormerLeaf>> {
    let (leaves, rest) = bytes.as_chunks::<LEN>();
    if !rest.is_empty() {
        return None;
    }
    leaves.iter().map(parse).collect()
}

fn parse(bytes: &[u8; LEN]) -> Option<FormerLeaf> {
    let (seed, bytes) = bytes.split_first_chunk::<32>()?;
    let (n, prev) = bytes.split_first_chunk::<8>()?;
    Some(FormerLeaf { key: SigningKey::from_seed(seed), n: u64::from_be_bytes(*n), prev: prev.try_into().ok()? })
}

/// The bytes of the newest [`KEPT`] of them.
pub(super) fn write(leaves: &[FormerLeaf]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEPT.saturating_mul(LEN)));
    for leaf in leaves.iter().take(KEPT) {
        bytes.extend_from_slice(&*leaf.key.expose_seed());
        bytes.extend_from_slice(&leaf.n.to_be_bytes());
        bytes.extend_from_slice(&leaf.prev);
    }
    bytes
}

/// `seed (32) ‖ number of its newest message (8) ‖ start of that message's hash (8)`
const LEN: usize = 32 + 8 + 8;
/// More branches than that do not meet again.
const KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_the_oldest_are_dropped() {
        let leaves: Vec<_> = (0..10_u8)
            .map(|n| FormerLeaf { key: SigningKey::from_seed(&[n; 32]), n: n.into(), prev: [n; 8] })
            .collect();
        let bytes = write(&leaves);
        let read_back = read(&bytes).unwrap();
        assert_eq!(read_back.len(), KEPT);
        for (before, after) in leaves.iter().zip(&read_back) {
            assert_eq!((before.public(), before.n, before.prev), (after.public(), after.n, after.prev));
        }
        assert!(read(&bytes[1..]).is_none(), "half a key is none");
        assert_eq!(read(&[]).unwrap().len(), 0);
    }
}
