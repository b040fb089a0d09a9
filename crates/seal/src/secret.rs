//! Keys that know their purpose, wipe themselves and print nothing.

use std::{fmt, marker::PhantomData};

use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{expand::expand, label::Label, rng::Rng};

/// What a [`Secret`] is for. Implemented by empty types, one for each purpose.
pub trait Purpose {
    /// The name that `Debug` prints in place of the key.
    const NAME: &'static str;
}

/// `N` secret bytes for the purpose `P`.
///
/// Boxed, because a move of an array leaves a copy behind that nobody wipes. There is no `Clone`, no `==` and no
/// serialisation: each copy of a key is a deliberate call.
pub struct Secret<P, const N: usize = 32> {
    bytes: Box<[u8; N]>,
    purpose: PhantomData<fn() -> P>,
}

impl<P: Purpose, const N: usize> Secret<P, N> {
    /// A key with these bytes. The caller wipes its own copy.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; N]) -> Self {
        let mut secret = Self { bytes: Box::new([0; N]), purpose: PhantomData };
        secret.bytes.copy_from_slice(bytes);
        secret
    }

    /// A fresh random key.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        let mut secret = Self { bytes: Box::new([0; N]), purpose: PhantomData };
        rng.fill(secret.bytes.as_mut_slice());
        secret
    }

    /// `X(prk, label, ctx, N)` of protocol 4.0.
    #[must_use]
    pub fn derive(prk: &[u8], label: Label, ctx: &[u8]) -> Self {
        Self::from_bytes(&expand::<N>(prk, label, ctx))
    }

    /// The bytes, for the one call that uses them.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; N] {
        &self.bytes
    }

    /// A second copy of the key, to be kept elsewhere.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::from_bytes(&self.bytes)
    }

    /// A wiping copy of the bytes, to be stored.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; N]> {
        Zeroizing::new(*self.bytes)
    }

    /// Whether two keys are the same, in a time that does not depend on where they differ.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.bytes.ct_eq(other.bytes.as_ref()).into()
    }
}

impl<P, const N: usize> Drop for Secret<P, N> {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl<P: Purpose, const N: usize> fmt::Debug for Secret<P, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(..)", P::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tea;
    impl Purpose for Tea {
        const NAME: &'static str = "Tea";
    }

    #[test]
    fn a_key_prints_its_purpose_and_nothing_else() {
        assert_eq!(format!("{:?}", Secret::<Tea>::from_bytes(&[7; 32])), "Tea(..)", "a log must not hold a key");
    }

    #[test]
    fn keys_compare_by_all_their_bytes() {
        let mut bytes = [7; 32];
        let key = Secret::<Tea>::from_bytes(&bytes);
        assert!(key.same_as(&key.duplicate()));
        bytes[31] = 8;
        assert!(!key.same_as(&Secret::from_bytes(&bytes)), "the last byte counts");
    }
}
