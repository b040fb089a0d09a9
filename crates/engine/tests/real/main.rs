//! Stories of Alice and Bob on one computer: real files, real TLS over the loopback.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod appearance;
mod at_once;
mod bad_input;
mod clock;
mod erase;
#[cfg(target_os = "linux")]
mod flood;
#[cfg(target_os = "linux")]
mod full_disk;
mod hosted_room;
mod lost_files;
mod shown;
mod spoken;
