//! What a command answers when it cannot do its work.

use conclave_engine::{ErrorCode, InvitationError, Slip};
use serde::Serialize;

/// The UI branches on the code and has one sentence for it, and one for the place of a mistake.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CommandError {
    code: ErrorCode,
    slip: Option<Slip>,
}

impl From<ErrorCode> for CommandError {
    fn from(code: ErrorCode) -> Self {
        Self { code, slip: None }
    }
}

impl From<InvitationError> for CommandError {
    fn from(InvitationError { code, slip }: InvitationError) -> Self {
        Self { code, slip }
    }
}
