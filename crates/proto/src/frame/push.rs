//! The maps of what a relay sends unasked (SPEC 4).

use minicbor::{Decode, Encode};

use super::write_frame;
use crate::{
    id::{KnockId, Lane, PublicKey, ServerNonce, Signature},
    limits,
};

/// HELLO: the first frame on a connection.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Versions of the room protocol that the relay speaks.
    #[n(0)]
    pub versions: Vec<u8>,
    /// The challenge for the first proof.
    #[n(1)]
    pub nonce: ServerNonce,
    /// What the relay accepts.
    #[n(2)]
    pub limits: Limits,
    /// What a proof of work must look like; absent if none is asked for.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub pow: Option<Vec<u8>>,
    /// Whether proofs on this connection sign the TLS exporter; else they sign zeros.
    #[n(4)]
    pub exporter_bound: bool,
    /// The relay's clock, unix seconds.
    #[n(5)]
    pub time: u64,
}

/// What a relay accepts, in bytes unless the name says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Limits {
    /// One WebSocket message.
    #[n(0)]
    pub message: u32,
    /// An envelope on the application lane.
    #[n(1)]
    pub application: u32,
    /// An envelope on a commit lane.
    #[n(2)]
    pub commit: u32,
    /// An envelope that holds a GroupInfo.
    #[n(3)]
    pub group_info: u32,
    /// An envelope on the ephemeral lane.
    #[n(4)]
    pub ephemeral: u32,
    /// A blob; 0 if the relay takes none.
    #[n(5)]
    pub blob: u32,
    /// Members of a room.
    #[n(6)]
    pub members: u16,
}

impl Default for Limits {
    /// The protocol's own maxima.
    fn default() -> Self {
        let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Self {
            message: size(limits::MESSAGE),
            application: size(limits::APPLICATION),
            commit: size(limits::COMMIT),
            group_info: size(limits::GROUP_INFO),
            ephemeral: size(limits::EPHEMERAL),
            blob: size(limits::BLOB),
            members: limits::MEMBERS,
        }
    }
}

/// ENTRY.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntryPush {
    /// Its number.
    #[n(0)]
    pub seq: u64,
    /// Its lane.
    #[n(1)]
    pub lane: Lane,
    /// Its envelope.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub blob: Vec<u8>,
    /// The number of the entry before it; beyond the cursor it means that some are missing.
    #[n(3)]
    pub prev: u64,
    /// The member-auth key that it registers, on commit lanes.
    #[n(4)]
    pub mpk: Option<PublicKey>,
    /// The place of the commit, on commit lanes.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub place: Option<Vec<u8>>,
}

/// An ENTRY as the relay writes it: the envelope is copied once, into the frame that all members share.
#[derive(Debug, Clone, Copy, Encode)]
#[cbor(map)]
pub struct EntryView<'a> {
    /// Its number.
    #[n(0)]
    pub seq: u64,
    /// Its lane.
    #[n(1)]
    pub lane: Lane,
    /// Its envelope.
    #[b(2)]
    #[cbor(with = "minicbor::bytes")]
    pub blob: &'a [u8],
    /// The number of the entry before it.
    #[n(3)]
    pub prev: u64,
    /// The member-auth key that it registers, on commit lanes.
    #[n(4)]
    pub mpk: Option<PublicKey>,
    /// The place of the commit, on commit lanes.
    #[b(5)]
    #[cbor(with = "minicbor::bytes")]
    pub place: Option<&'a [u8]>,
}

impl EntryView<'_> {
    /// Appends the whole push frame to `out`: the same bytes as [`super::RelayFrame`] with an [`EntryPush`].
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        write_frame(9, 0, self, out);
    }
}

/// EPH.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EphemeralPush {
    /// The envelope.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub blob: Vec<u8>,
}

/// BURNED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BurnedPush {
    /// The leaf's signature; the relay does not know whose.
    #[n(0)]
    pub sig: Signature,
}

/// BOX_MSG.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxMessage {
    /// The step of the exchange.
    #[n(0)]
    pub phase: u8,
    /// What the other side sent.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// KNOCKED.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Knocked {
    /// The knock.
    #[n(0)]
    pub knock_id: KnockId,
    /// What the owner opens. Absent once the knock is over: withdrawn, expired, or answered on another connection.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub blob: Option<Vec<u8>>,
}

/// KNOCK_ANSWER as it comes to who knocked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnockAnswerPush {
    /// The knock, which is over.
    #[n(0)]
    pub knock_id: KnockId,
    /// The owner's answer.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub blob: Vec<u8>,
}
