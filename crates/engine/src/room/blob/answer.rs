//! What a relay says of blobs.

use conclave_proto::{error::ErrorCode as RelayError, frame::BlobReserved};

/// What the relay answers about a blob.
pub(in crate::room) enum BlobAnswer {
    Reserved(BlobReserved),
    Stored,
    Complete,
    Bytes(Vec<u8>),
    Deleted,
    /// It refuses; the number is of bytes that are there, where it says so.
    Refused(RelayError, Option<u64>),
}
