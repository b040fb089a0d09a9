//! Enums as they stand in the files: a number for each value, as SQL integers. A number that is taken is never given to
//! another value, since an older file may hold it.

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::{
    CardState, Confirmed, Ending, Intent, ItemKind, ItemState, OwnKnockState, PendingKind, Phase, Place, Suspicion,
};

/// Implements `ToSql` and `FromSql` by a list of numbers; one that is not in it is out of range.
macro_rules! numbers {
    ($($name:ident { $($variant:ident = $number:literal,)* })*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let number: i64 = match self { $(Self::$variant => $number,)* };
                Ok(number.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_i64()? {
                    $($number => Ok(Self::$variant),)*
                    other => Err(FromSqlError::OutOfRange(other)),
                }
            }
        }
    )*};
}

numbers! {
    // `record.phase`. 7 was the phase of a client that waited for a person, up to step 4 of the room's schema.
    Phase {
        Creating = 1,
        Joining = 2,
        AwaitingConfirmation = 3,
        Member = 4,
        Leaving = 5,
        Gone = 6,
        Ended = 8,
        Erased = 9,
        Knocking = 10,
    }

    // `record.ending`, and `ended.ending` in the index of a vault.
    Ending {
        ClosedByOwner = 1,
        ErasedByOwner = 2,
        ErasedByMember = 3,
        Idle = 4,
        ErasedHere = 5,
    }

    // `pending.kind`.
    PendingKind {
        Create = 1,
        Join = 2,
        Commit = 3,
        Ordered = 4,
    }

    // `intent.kind`.
    Intent {
        Update = 1,
    }

    // `own_knock.state`.
    OwnKnockState {
        Waiting = 1,
        TurnedAway = 2,
        Over = 3,
    }

    // `item.kind`; the index `item_unread` names 3, and who asks what is to be confirmed 1.
    ItemKind {
        Text = 1,
        Unsupported = 2,
        System = 3,
        ViewOnce = 4,
        Retracted = 5,
        Move = 6,
    }

    // `item.state`.
    ItemState {
        Stored = 1,
        Waiting = 2,
        AwaitingMembers = 3,
        NoSpace = 4,
    }

    // `card.state`; the index `card_closing` names 1.
    CardState {
        Sealed = 1,
        Opened = 2,
        Unread = 3,
        Gone = 4,
    }

    // `recipient.confirmed`, in this order.
    Confirmed {
        No = 0,
        Delivered = 1,
        Viewed = 2,
    }

    // `group_state.place`.
    Place {
        Current = 1,
        Pending = 2,
    }

    // `suspect.known`, in the index of a vault.
    Suspicion {
        MayBeOlder = 0,
        IsOlder = 1,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn a_value_comes_back_by_its_number_and_an_unknown_number_is_none() {
        let memory = Connection::open_in_memory().unwrap();
        use Phase::{AwaitingConfirmation, Creating, Ended, Erased, Gone, Joining, Knocking, Leaving, Member};
        for phase in [Creating, Joining, AwaitingConfirmation, Member, Leaving, Gone, Ended, Erased, Knocking] {
            assert_eq!(memory.query_row("SELECT ?1", [phase], |row| row.get(0)), Ok(phase));
        }
        for unknown in [0, 7] {
            assert!(memory.query_row("SELECT ?1", [unknown], |row| row.get::<_, Phase>(0)).is_err());
        }
    }
}
