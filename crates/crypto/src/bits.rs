//! Numbers as groups of bits, highest bit first: five for a symbol of the code, eleven for a word.

use zeroize::Zeroizing;

/// The bits of some bytes, highest first.
pub(crate) fn of(bytes: &[u8]) -> impl Iterator<Item = bool> + '_ {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1 == 1))
}

/// The lowest `width` bits of a number, highest first.
pub(crate) fn low(number: u16, width: u32) -> impl Iterator<Item = bool> {
    (0..width).rev().map(move |shift| number >> shift & 1 == 1)
}

/// Groups of `width` bits as numbers. Bits that do not fill a last group are left out.
pub(crate) fn groups(bits: impl Iterator<Item = bool>, width: usize) -> Zeroizing<Vec<u16>> {
    let bits = Zeroizing::new(bits.collect::<Vec<_>>());
    Zeroizing::new(
        bits.chunks_exact(width).map(|group| group.iter().fold(0, |sum, bit| sum << 1 | u16::from(*bit))).collect(),
    )
}

/// Fills an array with bits; the iterator has at least as many.
pub(crate) fn to_bytes<const N: usize>(bits: &mut impl Iterator<Item = bool>) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    for byte in bytes.iter_mut() {
        *byte = bits.take(8).fold(0, |sum, bit| sum << 1 | u8::from(bit));
    }
    bytes
}
