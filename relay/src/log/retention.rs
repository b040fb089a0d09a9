//! How long a log remembers, and how finely: rules that every backend keeps. Pure.

use conclave_proto::{id::Lane, limits};

/// Until when a tombstone is kept, unix seconds, of a room that began in the hour of `created`.
pub(crate) fn tombstone_until(now: u64, created: u64) -> u64 {
    let (least, most) = (limits::TOMBSTONE_LEAST.as_secs(), limits::TOMBSTONE.as_secs());
    now.saturating_add(now.saturating_sub(created).clamp(least, most))
}

/// The start of the hour: when a room began is kept no finer.
pub(crate) fn hour_of(now: u64) -> u64 {
    now.saturating_sub(now % 3600)
}

/// The end of the hour: a file holds the times when people talked no finer.
pub(crate) fn hour_after(now: u64) -> u64 {
    now.next_multiple_of(3600)
}

/// When the `cid` of a message that is stored now may be forgotten, unix seconds, unless the entry is still there.
/// Those of commits stay as long as the room, with their tags: a commit of long ago would otherwise be taken a second
/// time.
///
/// To the hour, so that nothing is kept of when somebody wrote.
pub(crate) fn cid_until(now: u64, expires: u64) -> u64 {
    now.saturating_add(limits::CID_LEAST.as_secs()).max(expires).next_multiple_of(3600)
}

/// Whether an entry keeps a room that is idle otherwise. Commits of members do not: their clients make them by themselves, and no room in
/// which two apps are open would ever end.
pub(crate) fn keeps_room(lane: Lane) -> bool {
    lane != Lane::Commit
}
