//! `CE` of protocol 4.4: C2SP chunked encryption (<https://c2sp.org/chunked-encryption>) with AES-256-GCM and HKDF-SHA-512.
//!
//! ```text
//! salt (24) ‖ commitment (32) ‖ chunk 0 ‖ tag ‖ chunk 1 ‖ tag ‖ ... ‖ last chunk ‖ tag
//! ```
//!
//! Every message has a key of its own, expanded from the input key, a random salt and a context, so no nonce is ever chosen
//! by hand. The commitment makes one ciphertext open under one key only (no partitioning oracle, no two faces of one file).
//! All chunks hold 16 KiB but the last, which is always shorter: cutting the message at a chunk border is noticed.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{AeadInOut as _, inout::InOutBuf},
};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    expand::hkdf_expand,
    rng::{self, Rng},
};

/// Plaintext bytes in every chunk but the last.
pub const CHUNK: usize = 16 * 1024;

/// Bytes that sealing adds to a message of this length: 56 in front and 16 for each chunk.
#[must_use]
pub const fn overhead(plaintext: usize) -> usize {
    // A chunk adds 16 bytes to 16 KiB, so this cannot overflow for a length that fits in memory.
    HEADER.saturating_add((plaintext / CHUNK).saturating_add(1).saturating_mul(TAG))
}

/// The message could not be opened. Key, context and bytes are not told apart, so that nobody learns which of them was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes could not be opened")]
pub struct OpenError;

/// Seals a message under a key for a context. Two calls never give the same bytes.
#[must_use]
pub fn seal(rng: &mut dyn Rng, key: &[u8; 32], context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    seal_with_salt(&rng::array(rng), key, context, plaintext)
}

/// Opens a sealed message.
///
/// # Errors
/// [`OpenError`] for a wrong key, a wrong context, and any change or cut of the bytes.
pub fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (salt, rest) = sealed.split_first_chunk::<SALT>().ok_or(OpenError)?;
    let (commitment, body) = rest.split_first_chunk::<COMMITMENT>().ok_or(OpenError)?;
    let keys = MessageKeys::derive(key, salt, context);
    if !bool::from(keys.commitment.ct_eq(commitment)) {
        return Err(OpenError);
    }
    // The last chunk is shorter than 16 KiB but always there: a body that ends with a whole chunk has been cut.
    if body.len() % SEALED_CHUNK < TAG {
        return Err(OpenError);
    }
    let mut plaintext = Zeroizing::new(Vec::with_capacity(body.len()));
    for (index, chunk) in (0..).zip(body.chunks(SEALED_CHUNK)) {
        keys.open_chunk(index, chunk, &mut plaintext)?;
    }
    Ok(plaintext)
}

/// [`seal`] with a salt from outside, for test vectors: a salt that repeats under one key gives the plaintexts away.
#[doc(hidden)]
#[must_use]
pub fn seal_with_salt(salt: &[u8; 24], key: &[u8; 32], context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let keys = MessageKeys::derive(key, salt, context);
    let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(overhead(plaintext.len())));
    sealed.extend_from_slice(salt);
    sealed.extend_from_slice(&keys.commitment);
    let empty_last = plaintext.len().is_multiple_of(CHUNK).then_some(&[][..]);
    for (index, chunk) in (0..).zip(plaintext.chunks(CHUNK).chain(empty_last)) {
        keys.seal_chunk(index, chunk, &mut sealed);
    }
    sealed
}

const SALT: usize = 24;
const COMMITMENT: usize = 32;
const HEADER: usize = SALT + COMMITMENT;
const TAG: usize = 16;
const SEALED_CHUNK: usize = CHUNK + TAG;
const INFO: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";

/// What one message is sealed with. Chunks are independent, so that a file can be sealed and opened as a stream.
struct MessageKeys {
    cipher: Aes256Gcm,
    base_nonce: [u8; 12],
    commitment: [u8; COMMITMENT],
}

impl MessageKeys {
    fn derive(key: &[u8; 32], salt: &[u8; SALT], context: &[u8]) -> Self {
        let mut okm = Zeroizing::new([0; 32 + 12 + COMMITMENT]);
        hkdf_expand(key, &[INFO, salt, context], okm.as_mut_slice());
        let mut message_key = Zeroizing::new([0; 32]);
        let (mut base_nonce, mut commitment) = ([0; 12], [0; COMMITMENT]);
        let mut bytes = okm.iter().copied();
        for target in message_key.iter_mut().chain(&mut base_nonce).chain(&mut commitment) {
            *target = bytes.next().unwrap_or_default();
        }
        Self { cipher: Aes256Gcm::new((&*message_key).into()), base_nonce, commitment }
    }

    /// The chunk's number, xored into the end of the base nonce. Numbers stay far below the 2^38 that the construction allows,
    /// because a message lies in memory as a whole.
    fn nonce(&self, index: u64) -> [u8; 12] {
        let mut nonce = self.base_nonce;
        for (byte, count) in nonce.iter_mut().rev().zip(index.to_le_bytes()) {
            *byte ^= count;
        }
        nonce
    }

    fn seal_chunk(&self, index: u64, chunk: &[u8], sealed: &mut Vec<u8>) {
        let start = sealed.len();
        sealed.extend_from_slice(chunk);
        let fresh = sealed.get_mut(start..).unwrap_or_default();
        #[expect(clippy::expect_used, reason = "GCM refuses only messages above 64 GiB; a chunk has 16 KiB")]
        let tag = self
            .cipher
            .encrypt_inout_detached(&self.nonce(index).into(), &[], InOutBuf::from(fresh))
            .expect("a chunk is far below the limit of GCM");
        sealed.extend_from_slice(&tag);
    }

    fn open_chunk(&self, index: u64, chunk: &[u8], plaintext: &mut Vec<u8>) -> Result<(), OpenError> {
        let (text, tag) = chunk.split_last_chunk::<TAG>().ok_or(OpenError)?;
        let start = plaintext.len();
        plaintext.extend_from_slice(text);
        let fresh = plaintext.get_mut(start..).ok_or(OpenError)?;
        self.cipher
            .decrypt_inout_detached(&self.nonce(index).into(), &[], InOutBuf::from(fresh), tag.into())
            .map_err(|_| OpenError)
    }
}
