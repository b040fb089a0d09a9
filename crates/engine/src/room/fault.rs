//! Why a connection is given up.

use conclave_store::StoreError;

use super::step::StepError;
use crate::snapshot::LinkFault;

/// Why a room gives up a connection.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Try again later.
    Retry(LinkFault),
    /// Trying again would not help.
    Stop(LinkFault),
    /// The log cannot be read on; the door says where the room is now.
    Lost(Lost),
    /// This side failed.
    Step(StepError),
}

/// Why a client cannot read on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lost {
    /// The relay has the own epoch, but not what comes after the own cursor, or the cursor is ahead of it.
    Cursor {
        /// What it can be read after.
        floor: u64,
    },
    /// The relay does not know the own epoch.
    Epoch,
    /// The own group failed.
    Group,
}

impl Fault {
    /// Refuses the number of an entry that SQLite's integers do not hold.
    pub(super) fn unless_counted(seq: u64) -> Result<(), Self> {
        i64::try_from(seq).map(drop).map_err(|_| Self::Retry(LinkFault::Misbehaved))
    }
}

impl From<StepError> for Fault {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Step(error.into())
    }
}
