//! Stories of Alice and Bob on one computer: real files, real TLS over the loopback.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

#[path = "stories/bad_input.rs"]
mod bad_input;
#[path = "stories/clock.rs"]
mod clock;
#[cfg(target_os = "linux")]
#[path = "stories/flood.rs"]
mod flood;
#[cfg(target_os = "linux")]
#[path = "stories/full_disk.rs"]
mod full_disk;
#[path = "stories/hosted_room.rs"]
mod hosted_room;
#[path = "stories/lost_files.rs"]
mod lost_files;
#[path = "stories/person.rs"]
mod person;
#[path = "stories/shown.rs"]
mod shown;
