//! The timeline: what comes in, what is noted, and what burns.

mod card;
mod expiry;
mod name;
mod numbering;
mod receipt;
mod receive;
mod retraction;

pub(crate) use card::SECONDS;
pub(super) use {expiry::Expiry, receipt::Receipts};
