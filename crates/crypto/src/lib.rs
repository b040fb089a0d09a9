//! Codes, keys, envelopes and the MLS group of a Conclave room.
//!
//! # The scheme, threat by threat
//!
//! | who | what stands against them | where |
//! |---|---|---|
//! | finds the code later | the code derives no message key; those come from MLS epochs only | [`schedule`], [`group`] |
//! | finds the code while the room is open | joining is a commit that everybody sees | [`group`], [`validator`] |
//! | guesses codes or passphrases | 128 random bits; a passphrase is tried only by joining, visibly | [`code`], [`schedule`] |
//! | opens a look-alike room under a known code | the code commits to the owner's key | [`code`] |
//! | runs the relay and reads | sealed, padded envelopes bound to lane, room and epoch | [`envelope`] |
//! | runs the relay and lies about members | joins prove the room's key inside MLS; removals carry the owner's signature | [`validator`] |
//! | listens to a spoken invitation, or guesses its words | CPace: one guess for each run, and the joiner proves first | [`spoken`] |
//! | stands in the middle | eight words of the member list | [`verification`] |
//! | takes a device for a while | the next own commit shuts them out | [`group`] |
//! | records today for a quantum computer | X-Wing in every epoch, a pre-shared key on top | [`group`] |
//! | sends bytes that crash the parser | everything of strangers runs contained; a panic is "not judged" | [`group`] |
//!
//! What none of this stops: a member who copies what is said, screenshots, and whoever was removed and is let in again.
//!
//! The crate does no input or output, reads no clock, starts no task and keeps no global state. Functions that take long
//! say so; they belong on a thread that may block.
//!
#![doc = include_str!("../KEYS.md")]

pub mod attachment;
mod bits;
pub mod call;
pub mod code;
mod cpace;
pub mod envelope;
pub mod fork_choice;
pub mod group;
pub mod leaf_link;
pub mod link;
mod mls_sign;
pub mod params;
pub mod passphrase;
pub mod paste;
pub mod place;
pub mod purpose;
pub mod qr;
pub mod schedule;
pub mod spoken;
pub mod state;
pub mod validator;
pub mod verification;
pub mod words;
