//! Answers that say no, as several requests need them.

use conclave_proto::{
    ErrorCode,
    frame::{ErrorData, Refusal},
    owner::Tombstone,
};

use crate::log::LogError;

pub(super) const NOT_AUTHORISED: Refusal = Refusal::bare(ErrorCode::NotAuthorised);

pub(super) fn gone(tombstone: Box<Tombstone>) -> Refusal {
    Refusal::with(ErrorCode::RoomGone, ErrorData { tombstone: Some(tombstone), ..ErrorData::default() })
}

pub(super) fn refusal_at(code: ErrorCode, seq: u64) -> Refusal {
    Refusal::with(code, ErrorData { seq: Some(seq), ..ErrorData::default() })
}

/// The log failed: the client learns that, the operator learns the class of the error.
#[expect(clippy::needless_pass_by_value, reason = "it stands where map_err wants a function")]
pub(super) fn internal(error: LogError) -> Refusal {
    tracing::error!(%error, "a room's log failed");
    Refusal::bare(ErrorCode::Internal)
}
