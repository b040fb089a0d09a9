//! The pages of SQLCipher files, decrypted, for tests that look for what was erased. Never shipped.
//!
//! SQLite itself would show the rows that are there. What was deleted is in free pages, in the free space of others, and in
//! frames of the write-ahead log that were written before: all of it is here, as a key shows it to whoever has the disk.

use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::NoPadding};

/// A database file and its write-ahead log, decrypted.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// Every page of the file.
    pub file: Vec<Vec<u8>>,
    /// Every frame of the log, without its header.
    pub log: Vec<Vec<u8>>,
}

impl Pages {
    /// Decrypts both; none if the file is not opened by this key.
    #[must_use]
    pub fn decrypt(key: &[u8; 32], file: &[u8], log: &[u8]) -> Option<Self> {
        let first = file.get(..PAGE).filter(|page| is_header(&page_of(key, true, page)))?;
        let rest = file.get(first.len()..)?.chunks_exact(PAGE);
        let file = std::iter::once(page_of(key, true, first)).chain(rest.map(|page| page_of(key, false, page)));
        let frames = log.get(LOG_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER.saturating_add(PAGE));
        let frames = frames.filter_map(|frame| frame.split_at_checked(FRAME_HEADER));
        let log = frames.map(|(header, page)| page_of(key, header.starts_with(&[0, 0, 0, 1]), page));
        Some(Self { file: file.collect(), log: log.collect() })
    }
}

/// SQLite's header behind the salt in its place: 4096 bytes to a page, 80 of them reserved, and three fixed fractions.
fn is_header(page: &[u8]) -> bool {
    page.starts_with(&[0x10, 0x00]) && page.get(4..8) == Some(&[80, 64, 32, 32])
}

/// A page of SQLCipher 4: AES-256-CBC up to the last 80 bytes, which hold the initialisation vector and a MAC. The
/// first page begins with the salt.
fn page_of(key: &[u8; 32], first: bool, page: &[u8]) -> Vec<u8> {
    let (sealed, reserve) = page.split_at_checked(PAGE.saturating_sub(RESERVE)).unwrap_or_default();
    let mut plain = sealed.get(if first { SALT } else { 0 }..).unwrap_or_default().to_vec();
    let initial = reserve.get(..INITIAL).unwrap_or_default();
    if let Ok(cipher) = cbc::Decryptor::<aes::Aes256>::new_from_slices(key, initial) {
        // Whole blocks: without padding nothing can be wrong with them.
        let _ = cipher.decrypt_padded::<NoPadding>(&mut plain);
    }
    plain
}

/// Bytes of a page, which SQLCipher sets.
const PAGE: usize = 4096;
/// Bytes at the end of each page that are SQLCipher's.
const RESERVE: usize = 80;
/// Bytes of the initialisation vector in front of them.
const INITIAL: usize = 16;
/// Bytes of the salt in front of the first page.
const SALT: usize = 16;
/// Bytes before the first frame of a write-ahead log, and before the page of each.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
