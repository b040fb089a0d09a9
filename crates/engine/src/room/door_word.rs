//! Whether the room is locked: what the owner signed last decides (protocol 4.6.6). A relay's word counts only where the owner has signed
//! something that this client has not seen.

use conclave_proto::owner::{Order, Statement};
use conclave_store::RecordRow;

/// What a statement of the owner says of the door.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Door {
    Locked,
    Open,
    /// As the statement before it says.
    AsBefore,
    /// A newer version knows.
    Unknown,
}

impl From<&Statement> for Door {
    fn from(statement: &Statement) -> Self {
        match statement.order {
            Order::Lock(_) => Self::Locked,
            Order::Unlock(_) => Self::Open,
            Order::SetHead(_) | Order::Close | Order::Policy(_) => Self::AsBefore,
        }
    }
}

/// Takes note of what the owner has signed for this room, under this counter; 0: that there is nothing.
pub(super) fn owner_has_signed(record: &mut RecordRow, counter: u64, door: Door) {
    record.owner_counter = record.owner_counter.max(counter);
    let is_newer = counter > record.door_counter || counter == 0 && record.door_counter == 0;
    match door {
        Door::Locked | Door::Open if is_newer => {
            (record.locked, record.door_counter) = (door == Door::Locked, counter);
        }
        Door::AsBefore if record.door_counter.checked_add(1) == Some(counter) => record.door_counter = counter,
        Door::Locked | Door::Open | Door::AsBefore | Door::Unknown => {}
    }
}

/// Takes note of what the relay says of the door.
pub(super) fn relay_says(record: &mut RecordRow, locked: bool) {
    if record.door_counter < record.owner_counter {
        record.locked = locked;
    }
}
