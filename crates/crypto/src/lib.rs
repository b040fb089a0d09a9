//! Codes, keys, envelopes and the MLS group of a Conclave room.

mod bits;
pub mod code;
pub mod purpose;
pub mod schedule;
pub mod words;
