//! The envelope around everything that a relay stores or forwards (protocol 4.4).
//!
//! ```text
//! envelope = 0x01 ‖ CE(key, "conclave.v1" ‖ 00 ‖ "env" ‖ 00 ‖ lane ‖ room_id ‖ base, padded frame)
//! ```
//!
//! MLS shows group ids, epochs and, in commits of newcomers and GroupInfos, every name and key. The envelope hides them,
//! pads to buckets, and binds what it holds to a lane, a room and an epoch: misplaced, it does not open.

use conclave_proto::{
    Lane,
    id::{RoomId, Tag},
    limits,
    padding::{self, FrameKind},
};
use conclave_seal::{
    chunked,
    rng::{self, Rng},
};
use zeroize::Zeroizing;

use crate::purpose::{self, EnvelopeKey};

pub use conclave_seal::chunked::OpenError;

/// Where an envelope belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its lane.
    pub lane: Lane,
    /// Its room.
    pub room_id: RoomId,
    /// The epoch: the sender's for A, C and E, that of the GroupInfo used for J, and for G the tag of the commit that the
    /// GroupInfo describes.
    pub base: Tag,
}

/// What was inside an envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the data is.
    pub kind: FrameKind,
    /// The data without its padding.
    pub data: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Seals data into an envelope. Two calls never give the same bytes.
///
/// # Errors
/// [`TooLarge`] if the envelope would be beyond what its lane allows.
pub fn seal(
    rng: &mut dyn Rng,
    key: &EnvelopeKey,
    place: &Place,
    kind: FrameKind,
    data: &[u8],
) -> Result<Vec<u8>, TooLarge> {
    seal_with_salt(&rng::array(rng), key, place, kind, data)
}

/// Opens an envelope.
///
/// # Errors
/// [`OpenError`] alike for another key, lane, room or base, for any change, and for padding that is not the one way to pad.
pub fn open(key: &EnvelopeKey, place: &Place, envelope: &[u8]) -> Result<Frame, OpenError> {
    let Some((&VERSION, sealed)) = envelope.split_first() else { return Err(OpenError) };
    let padded = chunked::open(key.expose_secret(), &place.context(), sealed)?;
    let (kind, data) = padding::unpad(&padded).map_err(|_| OpenError)?;
    Ok(Frame { kind, data: Zeroizing::new(data.to_vec()) })
}

/// The data does not fit into one envelope of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too large: at most {limit} bytes fit")]
pub struct TooLarge {
    /// What the lane allows, envelope included.
    pub limit: usize,
}

const VERSION: u8 = 1;

impl Place {
    fn context(&self) -> Vec<u8> {
        [&purpose::ENVELOPE.prefix()[..], &[self.lane.number()], self.room_id.as_bytes(), self.base.as_bytes()].concat()
    }
}

fn seal_with_salt(
    salt: &[u8; 24],
    key: &EnvelopeKey,
    place: &Place,
    kind: FrameKind,
    data: &[u8],
) -> Result<Vec<u8>, TooLarge> {
    let limit = match place.lane {
        Lane::Application => limits::APPLICATION,
        Lane::Join | Lane::Commit => limits::COMMIT,
        Lane::Ephemeral => limits::EPHEMERAL,
        Lane::GroupInfo => limits::GROUP_INFO,
    };
    let padded = Zeroizing::new(padding::pad(kind, data).map_err(|_| TooLarge { limit })?);
    let sealed = chunked::seal_with_salt(salt, key.expose_secret(), &place.context(), &padded);
    let envelope = [&[VERSION][..], &sealed].concat();
    if envelope.len() > limit { Err(TooLarge { limit }) } else { Ok(envelope) }
}

#[cfg(test)]
mod tests {
    use conclave_seal::{hash::sha256, id, rng::OsRng};
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    fn place() -> Place {
        let room_id = HEXLOWER.decode(b"ed36dcac660ba62721f8d45e8f9b332cae2f4c945697a566ac08c50a2ebed323").unwrap();
        let room_id = RoomId::try_from(&room_id[..]).unwrap();
        Place { lane: Lane::Join, room_id, base: Tag(id::genesis_tag(room_id.as_bytes())) }
    }

    fn key() -> EnvelopeKey {
        let key = HEXLOWER.decode(b"10586057f97b1954711266d9b484382f9bd0afc037db426e4de377556cccfaaf").unwrap();
        EnvelopeKey::from_bytes(key[..].try_into().unwrap())
    }

    #[test]
    fn the_envelope_of_appendix_a() {
        let envelope = seal_with_salt(&[0x33; 24], &key(), &place(), FrameKind::Mls, b"hello").unwrap();
        assert_eq!(envelope.len(), 585);
        assert_eq!(
            HEXLOWER.encode(&envelope[..73]),
            "01333333333333333333333333333333333333333333333333\
             c258bfc457c6fcdba615c571b6997b5e0e2a35edfd6a65220ceb433f4ed84c3d\
             6c7ea253ac82accabe60b093c8dc3348"
        );
        assert_eq!(
            HEXLOWER.encode(&sha256(&envelope)),
            "dd530603231f53d44a6b31819c4cec38072f741b38026d326a938f7db2e29e3e"
        );
        let tag = id::entry_tag(Lane::Join.number(), &envelope, &[0x77; 32]);
        assert_eq!(HEXLOWER.encode(&tag), "ef8bf2397279159c6466f11157757ea8");
        assert_eq!(*open(&key(), &place(), &envelope).unwrap().data, b"hello");
    }

    #[test]
    fn padding_that_is_not_zero_is_refused() {
        let mut padded = padding::pad(FrameKind::Mls, b"hello").unwrap();
        padded[511] = 1;
        let sealed = chunked::seal(&mut OsRng, key().expose_secret(), &place().context(), &padded);
        assert_eq!(
            open(&key(), &place(), &[&[1], &sealed[..]].concat()),
            Err(OpenError),
            "padding must not hide bytes"
        );
    }

    #[test]
    fn what_a_lane_does_not_allow_is_not_sealed() {
        let ephemeral = Place { lane: Lane::Ephemeral, ..place() };
        let sealed = seal(&mut OsRng, &key(), &ephemeral, FrameKind::Ephemeral, &[0; 8192]);
        assert_eq!(sealed, Err(TooLarge { limit: 8192 }), "the relay would refuse it, so the sender hears it first");
    }

    #[test]
    fn a_frame_prints_no_content() {
        let envelope = seal(&mut OsRng, &key(), &place(), FrameKind::Mls, b"hello").unwrap();
        assert_eq!(format!("{:?}", open(&key(), &place(), &envelope).unwrap()), "Frame { kind: Mls, .. }");
    }

    proptest! {
        #[test]
        fn an_envelope_opens_where_it_belongs_and_nowhere_else(
            data in prop::collection::vec(any::<u8>(), 0..3000), room: [u8; 32], base: [u8; 16],
        ) {
            let here = place();
            let envelope = seal(&mut OsRng, &key(), &here, FrameKind::GroupInfo, &data).unwrap();
            prop_assert_eq!(&*open(&key(), &here, &envelope).unwrap().data, &data);
            let elsewhere = [
                Place { lane: Lane::GroupInfo, ..here },
                Place { room_id: RoomId(room), ..here },
                Place { base: Tag(base), ..here },
            ];
            for place in elsewhere {
                prop_assert_eq!(open(&key(), &place, &envelope), Err(OpenError), "a relay must not move entries");
            }
        }

        #[test]
        fn any_flipped_bit_or_truncation_is_refused(at: prop::sample::Index, bit in 0..8_u8) {
            let mut envelope = seal(&mut OsRng, &key(), &place(), FrameKind::Mls, b"hello").unwrap();
            let at = at.index(envelope.len());
            prop_assert_eq!(open(&key(), &place(), &envelope[..at]), Err(OpenError));
            envelope[at] ^= 1 << bit;
            prop_assert_eq!(open(&key(), &place(), &envelope), Err(OpenError));
        }
    }
}
