//! What is said and stored nowhere: presence, typing, call signals.

use minicbor::{Decode, Encode};

use crate::{
    codec,
    error::DecodeError,
    id::{Signature, Tag},
};

/// An ephemeral, signed by the leaf that sends it.
///
/// The signature is MLS SignWithLabel with the label "conclave.v1 eph" over [`Ephemeral::signed_part`].
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Ephemeral {
    /// The sender's place in the tree.
    #[n(0)]
    pub leaf: u32,
    /// Grows within an epoch.
    #[n(1)]
    pub ctr: u64,
    /// The sender's clock, unix seconds.
    #[n(2)]
    pub ts: u32,
    /// See [`EphemeralType`]; unknown numbers are ignored.
    #[n(3)]
    pub kind: u8,
    /// What belongs to the type.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub body: Vec<u8>,
    /// The leaf's signature.
    #[n(5)]
    pub sig: Signature,
}

impl Ephemeral {
    /// base ‖ leaf ‖ ctr ‖ ts ‖ type ‖ body.
    #[must_use]
    pub fn signed_part(&self, base: &Tag) -> Vec<u8> {
        let mut out = Vec::with_capacity(33_usize.saturating_add(self.body.len()));
        out.extend_from_slice(base.as_ref());
        out.extend_from_slice(&self.leaf.to_be_bytes());
        out.extend_from_slice(&self.ctr.to_be_bytes());
        out.extend_from_slice(&self.ts.to_be_bytes());
        out.push(self.kind);
        out.extend_from_slice(&self.body);
        out
    }

    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads an ephemeral. The signature is not checked here.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a canonical ephemeral.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes)
    }
}

impl std::fmt::Debug for Ephemeral {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ephemeral").field("leaf", &self.leaf).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What an [`Ephemeral`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EphemeralType {
    /// Somebody is there.
    Online,
    /// Somebody writes.
    TypingStart,
    /// Nobody writes any more.
    TypingStop,
    /// A call is being set up.
    CallSignal,
}

impl EphemeralType {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Online => 1,
            Self::TypingStart => 2,
            Self::TypingStop => 3,
            Self::CallSignal => 4,
        }
    }

    /// The meaning of a number on the wire.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Online),
            2 => Some(Self::TypingStart),
            3 => Some(Self::TypingStop),
            4 => Some(Self::CallSignal),
            _ => None,
        }
    }
}
