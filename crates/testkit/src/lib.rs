//! Alice, Bob, a hostile network and a clock that waits for nobody. Never shipped.
//!
//! A [`Lab`] is a small world in one process: engines with real files, a real relay, links that are slow and break at any
//! byte, processes that die at any suspension point, and a virtual clock. Every decision comes from one seed. [`sim`] plays
//! a random story in it and [`check`] says whether the room came out of it whole.
//!
//! A seed repeats decisions, not ciphertexts: HPKE encapsulation draws from a generator that the system seeds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a laboratory: what cannot go on has failed and says so"
)]

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
pub mod recorder;
pub mod relay_log;
pub mod replay;
pub mod rng;
pub mod scene;
pub mod server;
pub mod shown;
pub mod sim;
pub mod trace;

pub use lab::Lab;
