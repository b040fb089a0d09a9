//! What a spoken invitation hands over once the words have fit (protocol 5).

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{codec, error::DecodeError, id::KnockToken, limits};

/// The invitation, and what opens a locked room's door once. Wiped when dropped, silent in `Debug`.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(map)]
pub struct Handover {
    /// The invitation as a link, at most [`limits::HANDOVER_LINK`] bytes.
    #[n(0)]
    pub link: String,
    /// By it a knock at a locked room is let in without a question. Absent in a room that is open.
    #[n(1)]
    #[zeroize(skip)]
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
