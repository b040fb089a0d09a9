//! The room as a user interface sees it.

mod item;
mod page;
mod people;
mod summary;

pub(super) use item::item_id;
pub(super) use item::items;
pub(crate) use item::sign;
pub(crate) use people::{receipts, rules};

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
