//! The timeline: what comes in, what is noted, and what burns.

mod expiry;
mod name;
mod numbering;
mod receive;

pub(super) use expiry::Expiry;
