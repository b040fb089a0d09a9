//! One canonical form of CBOR (SPEC 1): every value has exactly one encoding, and a decoder finds out before it allocates.
//!
//! A strict walk over the whole input comes first and the derived decoders second. The walk holds what they do not:
//! shortest integers, definite lengths, ascending keys, a bounded depth and nothing behind the end. So a signature over an
//! encoding is a signature over a value, and two readers cannot see two values in the same bytes.

use minicbor::{Decode, Encode};

use crate::{error::DecodeError, limits::DEPTH};

/// Encodes a value whose encoder writes the canonical form. All types of this crate do.
#[must_use]
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(value, &mut out);
    out
}

/// Like [`encode`], appending to `out`.
pub fn encode_into<T: Encode<()>>(value: &T, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail, and no encoder of this crate refuses a value.
    if minicbor::encode(value, out).is_err() {
        debug_assert!(false, "an encoder refused its value");
    }
}

/// Decodes exactly one value in canonical form.
///
/// Map keys that the type does not know are skipped: they come from a newer peer.
///
/// # Errors
/// [`DecodeError`] if the bytes are not canonical, not all used, or not a `T`.
pub fn decode<'a, T: Decode<'a, ()>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    check(bytes)?;
    Ok(minicbor::decode(bytes)?)
}

/// Walks over the input and accepts exactly one item in canonical form.
///
/// # Errors
/// [`DecodeError`] naming the first rule that the bytes break.
pub fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut walk = Walk { rest: bytes };
    walk.item(DEPTH)?;
    match walk.rest.len() {
        0 => Ok(()),
        left => Err(DecodeError::TrailingBytes(left)),
    }
}

/// The encoded values of a map by key, in order. The map must have passed [`check`].
///
/// # Errors
/// [`DecodeError`] if `map` is not a canonical map with integer keys.
pub fn fields(map: &[u8]) -> Result<Vec<(u64, &[u8])>, DecodeError> {
    let mut walk = Walk { rest: map };
    let (major, count) = walk.head()?;
    if major != MAP {
        return Err(DecodeError::Schema);
    }
    let mut found = Vec::new();
    for _ in 0..count {
        let key = walk.key()?;
        let before = walk.rest;
        walk.item(DEPTH)?;
        let used = before.len().saturating_sub(walk.rest.len());
        found.push((key, before.get(..used).ok_or(DecodeError::Truncated)?));
    }
    Ok(found)
}

/// The encoded value of one key of a map, if it is there.
///
/// # Errors
/// As [`fields`].
pub fn field(map: &[u8], key: u64) -> Result<Option<&[u8]>, DecodeError> {
    Ok(fields(map)?.into_iter().find_map(|(found, value)| (found == key).then_some(value)))
}

/// The same map without one key: what a signature covers that is stored beside what it signs.
///
/// # Errors
/// As [`fields`].
pub fn without_field(map: &[u8], key: u64) -> Result<Vec<u8>, DecodeError> {
    let kept: Vec<_> = fields(map)?.into_iter().filter(|(found, _)| *found != key).collect();
    Ok(write_map(&kept))
}

/// The same map with one more key, replacing a value that is there.
///
/// # Errors
/// As [`fields`].
pub fn with_field(map: &[u8], key: u64, value: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut all: Vec<_> = fields(map)?.into_iter().filter(|(found, _)| *found != key).collect();
    let place = all.partition_point(|(found, _)| *found < key);
    all.insert(place, (key, value));
    Ok(write_map(&all))
}

fn write_map(fields: &[(u64, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = minicbor::Encoder::new(&mut out);
    let count = u64::try_from(fields.len()).unwrap_or(u64::MAX);
    let mut written = encoder.map(count).is_ok();
    for (key, value) in fields {
        written &= encoder.u64(*key).is_ok();
        encoder.writer_mut().extend_from_slice(value);
    }
    debug_assert!(written, "writing to a vector cannot fail");
    out
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    fn item(&mut self, depth: usize) -> Result<(), DecodeError> {
        let (major, value) = self.head()?;
        match major {
            UNSIGNED | NEGATIVE => Ok(()),
            BYTES => self.take(value).map(drop),
            TEXT => {
                let text = self.take(value)?;
                std::str::from_utf8(text).map(drop).map_err(|_| DecodeError::NotCanonical("text is not UTF-8"))
            }
            ARRAY => {
                let depth = self.deeper(depth, value)?;
                (0..value).try_for_each(|_| self.item(depth))
            }
            MAP => {
                let depth = self.deeper(depth, value)?;
                let mut last = None;
                for _ in 0..value {
                    let key = self.key()?;
                    if last.is_some_and(|last| last >= key) {
                        return Err(DecodeError::NotCanonical("map keys must ascend"));
                    }
                    last = Some(key);
                    self.item(depth)?;
                }
                Ok(())
            }
            // Absent keys stand for "nothing"; tags, null, undefined and floats have no use here.
            SIMPLE if value == FALSE || value == TRUE => Ok(()),
            _ => Err(DecodeError::NotCanonical("tags, null and floats are not used")),
        }
    }

    fn key(&mut self) -> Result<u64, DecodeError> {
        match self.head()? {
            // Beyond that, the derived decoders would not skip a key that they do not know.
            (UNSIGNED, key) if key <= u32::MAX.into() => Ok(key),
            _ => Err(DecodeError::NotCanonical("map keys are integers from 0 to 2^32-1")),
        }
    }

    /// Every member of a container takes at least a byte, so a count beyond the rest is a lie.
    fn deeper(&self, depth: usize, count: u64) -> Result<usize, DecodeError> {
        if usize::try_from(count).map_or(true, |count| count > self.rest.len()) {
            return Err(DecodeError::Truncated);
        }
        depth.checked_sub(1).ok_or(DecodeError::TooDeep)
    }

    fn head(&mut self) -> Result<(u8, u64), DecodeError> {
        let (&initial, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        let (major, info) = (initial >> 5, initial & 0x1f);
        let (value, smallest) = match info {
            0..=23 => return Ok((major, info.into())),
            24 => (u64::from(u8::from_be_bytes(self.array()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.array()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.array()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.array()?), 1 << 32),
            _ => return Err(DecodeError::NotCanonical("lengths must be definite")),
        };
        if major == SIMPLE {
            return Err(DecodeError::NotCanonical("tags, null and floats are not used"));
        }
        if value < smallest {
            return Err(DecodeError::NotCanonical("integers must be as short as possible"));
        }
        Ok((major, value))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], DecodeError> {
        let count = usize::try_from(count).map_err(|_| DecodeError::Truncated)?;
        let (head, rest) = self.rest.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }
}

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const SIMPLE: u8 = 7;
const FALSE: u64 = 20;
const TRUE: u64 = 21;
