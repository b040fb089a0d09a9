//! What a spoken invitation hands over once the words have fit (protocol 5).

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, bytes::ByteArray, decode, encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{codec, error::DecodeError, limits};

/// The invitation, and what opens a locked room's door once. Wiped when dropped, silent in `Debug`.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(map)]
pub struct Handover {
    /// The invitation as a link, at most [`limits::HANDOVER_LINK`] bytes.
    #[n(0)]
    pub link: String,
    /// By it a knock at a locked room is let in without a question. Absent in a room that is open.
    #[n(1)]
    pub token: Option<KnockToken>,
}

impl Handover {
    /// The bytes that are sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(codec::encode(self))
    }

    /// Reads them. Whether the link is one is not looked at here.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not canonical, or the link is longer than [`limits::HANDOVER_LINK`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let handover: Self = codec::decode(bytes)?;
        if handover.link.len() > limits::HANDOVER_LINK {
            return Err(DecodeError::Value("the link is too long"));
        }
        Ok(handover)
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handover(..)")
    }
}

/// Lets one knock in, once. Wiped when dropped, silent in `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct KnockToken(Box<[u8; 16]>);

impl KnockToken {
    /// Takes a token over.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(Box::new(bytes))
    }

    /// The token itself.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for KnockToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnockToken(..)")
    }
}

impl<C> Encode<C> for KnockToken {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(self.0.as_slice())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for KnockToken {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let bytes = ByteArray::<16>::decode(d, ctx)?;
        Ok(Self::new(bytes.into()))
    }
}
