//! Sizes that say little: the frame inside an envelope is padded to a bucket (SPEC 7).

use crate::error::DecodeError;

/// What is inside an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// An MLSMessage.
    Mls,
    /// An ephemeral, see [`crate::content::Ephemeral`].
    Ephemeral,
    /// A GroupInfo as an MLSMessage.
    GroupInfo,
    /// A [`crate::place::CommitPlace`].
    Place,
}

impl FrameKind {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Mls => 1,
            Self::Ephemeral => 2,
            Self::GroupInfo => 3,
            Self::Place => 4,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Mls),
            2 => Some(Self::Ephemeral),
            3 => Some(Self::GroupInfo),
            4 => Some(Self::Place),
            _ => None,
        }
    }
}

/// The padded frame: kind(1) ‖ len(4) ‖ data ‖ zeros up to the bucket.
///
/// # Errors
/// [`DecodeError::Value`] if the data is too long for its length field.
pub fn pad(kind: FrameKind, data: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let len = u32::try_from(data.len()).map_err(|_| DecodeError::Value("too long for one frame"))?;
    let size = bucket(data.len().saturating_add(HEADER));
    let mut frame = Vec::with_capacity(size);
    frame.push(kind.number());
    frame.extend_from_slice(&len.to_be_bytes());
    frame.extend_from_slice(data);
    frame.resize(size, 0);
    Ok(frame)
}

/// What a padded frame holds.
///
/// # Errors
/// [`DecodeError`] if the size is not a bucket, a padding byte is not zero, or the kind is unknown.
pub fn unpad(frame: &[u8]) -> Result<(FrameKind, &[u8]), DecodeError> {
    let (&[kind, a, b, c, d], rest) = frame.split_first_chunk::<HEADER>().ok_or(DecodeError::Truncated)?;
    let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).map_err(|_| DecodeError::Truncated)?;
    let (data, padding) = rest.split_at_checked(len).ok_or(DecodeError::Truncated)?;
    if frame.len() != bucket(len.saturating_add(HEADER)) || padding.iter().any(|&byte| byte != 0) {
        return Err(DecodeError::NotCanonical("the padding is not the one for this length"));
    }
    let kind = FrameKind::from_number(kind).ok_or(DecodeError::Value("unknown kind of frame"))?;
    Ok((kind, data))
}

/// The size that `len` bytes are padded to: a power of two from 512 to 16384, above that [`padme`].
#[must_use]
pub fn bucket(len: usize) -> usize {
    if len <= LARGEST_BUCKET { len.next_power_of_two().max(SMALLEST_BUCKET) } else { padme(len) }
}

/// Padmé: the size rounded up so that only O(log log n) bits of it show, at most 12 % more.
///
/// Nikitin et al., *Reducing Metadata Leakage from Encrypted Files and Communication with PURBs*, PoPETs 2019.
#[must_use]
pub const fn padme(len: usize) -> usize {
    let Some(e) = len.checked_ilog2() else { return 0 };
    let Some(s) = e.checked_ilog2() else { return len };
    let zero_bits = e.saturating_sub(s.saturating_add(1));
    let mask = (1_usize << zero_bits).saturating_sub(1);
    len.saturating_add(mask) & !mask
}

const HEADER: usize = 5;
const SMALLEST_BUCKET: usize = 512;
const LARGEST_BUCKET: usize = 16_384;
