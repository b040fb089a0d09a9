//! The schema of the two kinds of files, as steps: one file each, never changed once a version was handed out. The
//! version of a file (`user_version`) is how many of them it has had.
//!
//! With a step comes a file in `recorded/`: what a client keeps in a file that has had it. The tests open such a file
//! of every version.

/// Of a vault's index.
pub(crate) const VAULT_MIGRATIONS: &[&str] = &[
    include_str!("../migrations/vault/0001_init.sql"),
    include_str!("../migrations/vault/0002_sweep.sql"),
    include_str!("../migrations/vault/0003_opening.sql"),
    include_str!("../migrations/vault/0004_suspect.sql"),
];

/// Of a room's file.
pub(crate) const ROOM_MIGRATIONS: &[&str] = &[
    include_str!("../migrations/room/0001_init.sql"),
    include_str!("../migrations/room/0002_title.sql"),
    include_str!("../migrations/room/0003_former_name.sql"),
    include_str!("../migrations/room/0004_no_raw_entry.sql"),
    include_str!("../migrations/room/0005_branches.sql"),
    include_str!("../migrations/room/0006_late_messages.sql"),
    include_str!("../migrations/room/0007_named_fork.sql"),
    include_str!("../migrations/room/0008_audience.sql"),
    include_str!("../migrations/room/0009_missed_hashes.sql"),
    include_str!("../migrations/room/0010_mid_of_a_sender.sql"),
    include_str!("../migrations/room/0011_known_since.sql"),
    include_str!("../migrations/room/0012_known_in.sql"),
    include_str!("../migrations/room/0013_leaf_links.sql"),
    include_str!("../migrations/room/0014_clock.sql"),
    include_str!("../migrations/room/0015_pin_first_used_at.sql"),
    include_str!("../migrations/room/0016_old_copy.sql"),
    include_str!("../migrations/room/0017_heard.sql"),
    include_str!("../migrations/room/0018_cursor_mark.sql"),
    include_str!("../migrations/room/0019_reads_again_to.sql"),
    include_str!("../migrations/room/0020_dated_wrongly.sql"),
    include_str!("../migrations/room/0021_cursor_at.sql"),
    include_str!("../migrations/room/0022_given_up.sql"),
    include_str!("../migrations/room/0023_known_copy.sql"),
    include_str!("../migrations/room/0024_no_updated_at.sql"),
];

#[cfg(test)]
mod tests;
