//! CPace (draft-irtf-cfrg-cpace-21), suite CPACE-RISTR255-SHA512, initiator and responder: a key out of a few shared words.
//!
//! Whoever watches or stands in between learns nothing about the words but whether one guess for each run was right.

use conclave_seal::rng::Rng;
use curve25519_dalek::{
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
    traits::Identity as _,
};
use sha2::{Digest as _, Sha512};
use zeroize::{Zeroize as _, Zeroizing};

/// One side between sending its share and receiving the other.
pub(crate) struct Exchange {
    scalar: Scalar,
    share: [u8; 32],
}

/// One side's message as it counts in the transcript: `Y` and `AD` of the draft.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) share: &'a [u8; 32],
    pub(crate) associated_data: &'a [u8],
}

/// The other side's share is no group element, or the neutral one. The draft asks to abort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side's share is not valid")]
pub(crate) struct InvalidShare;

impl Exchange {
    /// Draws the secret scalar (draft, section 7.3) and computes the share.
    pub(crate) fn start(rng: &mut dyn Rng, password: &[u8], channel: &[u8], sid: &[u8]) -> Self {
        let mut wide = Zeroizing::new([0; 64]);
        rng.fill(wide.as_mut_slice());
        Self::with_scalar(Scalar::from_bytes_mod_order_wide(&wide), password, channel, sid)
    }

    fn with_scalar(scalar: Scalar, password: &[u8], channel: &[u8], sid: &[u8]) -> Self {
        let share = times(&generator(password, channel, sid), &scalar).compress().to_bytes();
        Self { scalar, share }
    }

    /// The own share, to be sent.
    pub(crate) const fn share(&self) -> &[u8; 32] {
        &self.share
    }

    /// The intermediate session key. One of the two messages is the own one.
    pub(crate) fn finish(
        &self,
        sid: &[u8],
        peer: &[u8; 32],
        initiator: Message<'_>,
        responder: Message<'_>,
    ) -> Result<Zeroizing<[u8; 64]>, InvalidShare> {
        let point = Zeroizing::new(multiply(&self.scalar, peer).ok_or(InvalidShare)?);
        let mut input = Zeroizing::new(lv_cat(&[b"CPaceRistretto255_ISK", sid, point.as_slice()]));
        input.extend(transcript(initiator));
        input.extend(transcript(responder));
        Ok(Zeroizing::new(Sha512::digest(&*input).into()))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.scalar.zeroize();
    }
}

/// `lv_cat` of the draft: each part behind its length as LEB128.
pub(crate) fn lv_cat(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        let mut length = part.len();
        while length >= 0x80 {
            out.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        out.push(u8::try_from(length).unwrap_or_default());
        out.extend_from_slice(part);
    }
    out
}

pub(crate) fn transcript(message: Message<'_>) -> Vec<u8> {
    lv_cat(&[message.share, message.associated_data])
}

/// The generator that belongs to the words (draft, section 7.1).
fn generator(password: &[u8], channel: &[u8], sid: &[u8]) -> RistrettoPoint {
    let string = Zeroizing::new(generator_string(password, channel, sid));
    let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(&*string)));
    RistrettoPoint::from_uniform_bytes(&hash)
}

/// The zeros fill the first block of the hash, so that its time does not tell the length of the words.
fn generator_string(password: &[u8], channel: &[u8], sid: &[u8]) -> Vec<u8> {
    let used = lv_cat(&[DSI, password]).len().saturating_add(1);
    let zeros = vec![0; SHA512_BLOCK.saturating_sub(used)];
    lv_cat(&[DSI, password, &zeros, channel, sid])
}

/// `scalar_mult_vfy`: `None` where the draft returns the neutral element.
fn multiply(scalar: &Scalar, point: &[u8; 32]) -> Option<[u8; 32]> {
    let product = times(&CompressedRistretto(*point).decompress()?, scalar);
    (product != RistrettoPoint::identity()).then(|| product.compress().to_bytes())
}

#[expect(clippy::arithmetic_side_effects, reason = "a group operation cannot overflow")]
fn times(point: &RistrettoPoint, scalar: &Scalar) -> RistrettoPoint {
    point * scalar
}

const DSI: &[u8] = b"CPaceRistretto255";
const SHA512_BLOCK: usize = 128;

/// The vectors of the draft, appendix B.3.
#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
    }

    fn channel() -> Vec<u8> {
        lv_cat(&[b"A_initiator", b"B_responder"])
    }

    fn sid() -> [u8; 16] {
        hex("7e4b4791d6a8ef019b936c79fb7f2c57")
    }

    fn exchange(scalar: &str) -> Exchange {
        let scalar = Scalar::from_canonical_bytes(hex(scalar)).unwrap();
        Exchange::with_scalar(scalar, b"Password", &channel(), &sid())
    }

    #[test]
    fn the_generator_of_the_draft() {
        let string = generator_string(b"Password", &channel(), &sid());
        assert_eq!(string.len(), 170);
        assert_eq!(
            HEXLOWER.encode(&Sha512::digest(&string)),
            "da6d3ddc8802fca9058755ffd3ebde08a9c2c74945901a258482a288b6663af0\
             6bf645c93cd1c51512307199c80e84908916d983b34af77205f90851a657ee27"
        );
        let generator = generator(b"Password", &channel(), &sid()).compress().to_bytes();
        assert_eq!(generator, hex("222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56"));
    }

    #[test]
    fn the_shares_and_the_key_of_the_draft() {
        let a = exchange("da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08");
        let b = exchange("d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d");
        assert_eq!(*a.share(), hex("d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157"));
        assert_eq!(*b.share(), hex("3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258"));
        let initiator = Message { share: a.share(), associated_data: b"ADa" };
        let responder = Message { share: b.share(), associated_data: b"ADb" };
        let key = a.finish(&sid(), b.share(), initiator, responder).unwrap();
        assert_eq!(
            HEXLOWER.encode(&*key),
            "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd\
             2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447"
        );
        assert_eq!(b.finish(&sid(), a.share(), initiator, responder).unwrap(), key, "both sides have it");
    }

    #[test]
    fn points_of_the_draft_valid_and_not() {
        let scalar = "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05";
        let scalar = Scalar::from_canonical_bytes(hex(scalar)).unwrap();
        let point = hex("2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c");
        let product = hex("7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e");
        assert_eq!(multiply(&scalar, &point), Some(product));
        let not_a_point = hex("2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c");
        assert_eq!(multiply(&scalar, &not_a_point), None);
        assert_eq!(multiply(&scalar, &[0; 32]), None, "the neutral element would make the key known");
    }

    #[test]
    fn lengths_are_leb128() {
        assert_eq!(lv_cat(&[b"", b"a"]), [0, 1, b'a']);
        let long = lv_cat(&[&[7; 300]]);
        assert_eq!((&long[..2], long.len()), (&[0xac, 0x02][..], 302));
    }
}
