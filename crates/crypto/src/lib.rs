//! Codes, keys, envelopes and the MLS group of a Conclave room.

mod bits;
pub mod code;
pub mod envelope;
pub mod group;
pub mod link;
pub mod params;
pub mod purpose;
pub mod qr;
pub mod schedule;
pub mod state;
pub mod validator;
pub mod verification;
pub mod words;
