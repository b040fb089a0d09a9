//! Stretching what a person types (protocol 4.3, 4.14).

use hmac::Hmac;
use sha2::Sha512;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// PBKDF2-HMAC-SHA-512 (RFC 8018, section 5.2) over a passphrase in NFKC, so that the same characters typed on another
/// keyboard give the same key. 600 000 rounds take about half a second, so it belongs on a thread that may block.
#[must_use]
pub fn stretch<const N: usize>(passphrase: &str, salt: &[u8], rounds: u32) -> Zeroizing<[u8; N]> {
    let mut normalised = Zeroizing::new(String::with_capacity(passphrase.len().saturating_mul(4)));
    normalised.extend(passphrase.nfkc());
    pbkdf2(normalised.as_bytes(), salt, rounds)
}

/// `PB` of protocol 4.0.
pub(crate) fn pbkdf2<const N: usize>(password: &[u8], salt: &[u8], rounds: u32) -> Zeroizing<[u8; N]> {
    let mut key = Zeroizing::new([0; N]);
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length; its error type is never produced")]
    pbkdf2::pbkdf2::<Hmac<Sha512>>(password, salt, rounds, key.as_mut_slice()).expect("HMAC takes a key of any length");
    key
}
