//! Alice, Bob, a hostile network and a clock that waits for nobody. Never shipped.
//!
//! A [`Lab`] is a small world in one process: engines with real files, a real relay, links that are slow and break at
//! any byte, processes that die at any suspension point, and a virtual clock. Every decision comes from one seed.
//! [`sim`] plays a random story in it and [`check`] says whether the room came out of it whole.
//!
//! | what a story asks for | where |
//! |---|---|
//! | people who are in a room already, and what they do and see there | [`scene`], [`check::Member`] |
//! | an app that is closed, dies, loses power, or goes on from a copy of its files | [`person`], [`process`] |
//! | an app as it runs on a real computer, beside the lab | [`app`] |
//! | what is left of texts and keys on disks and in memory | [`remains`] |
//! | links that are slow, break, fall silent or carry things twice | [`network`] |
//! | a relay that lies, or hears not everything: `lab.intercept`, `lab.drop_requests` | [`interceptor`] |
//! | what the relay holds and ever held; a relay that is full, fails, or is set back | [`relay_log`] |
//! | attackers with commits that open for some or for nobody | [`crafter`], [`corrupted_join`] |
//! | attackers with forged GroupInfos, replayed messages, raw frames | [`forged_group_info`], [`replay`], [`raw_client`], [`raw_link`] |
//! | whoever kept all of the relay, and finds the code later | [`attacker`] |
//! | what went wrong: who differs about an epoch, which key encrypted twice, what happened when | [`recorder`], [`trace`] |
//!
//! A seed repeats decisions, not ciphertexts: HPKE encapsulation draws from a generator that the system seeds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a laboratory: what cannot go on has failed and says so"
)]

pub mod app;
pub mod attacker;
pub mod check;
pub mod clock;
pub mod corrupted_join;
pub mod crafter;
pub mod folder;
pub mod forged_group_info;
pub mod interceptor;
pub mod keyring;
pub mod lab;
pub mod layer;
pub mod network;
pub mod person;
mod power;
pub mod process;
pub mod raw_client;
pub mod raw_link;
pub mod recorder;
pub mod relay_log;
pub mod remains;
pub mod replay;
pub mod rng;
pub mod scene;
pub mod server;
pub mod shown;
pub mod sim;
pub mod trace;

pub use lab::Lab;
