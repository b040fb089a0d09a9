//! Numbers as SQL integers.

/// SQLite's integers are signed. Numbers and times of the protocol stay far below.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
