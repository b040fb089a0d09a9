//! The keys at rest: one for the file, one for each room, wrapped by one that is never in the file.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use conclave_proto::id::RoomId;
use conclave_seal::{
    chunked,
    label::Label,
    rng::Rng,
    secret::{Purpose, Secret},
};

use super::error::StoreError;
use crate::sync::lock;

/// Opens a relay's file. Kept outside of it: in a vault, or in a private file of a server.
pub type StorageKey = Secret<Storage>;

/// The purpose of a [`StorageKey`].
#[derive(Debug)]
pub struct Storage;

impl Purpose for Storage {
    const NAME: &'static str = "relay storage";
}

/// Encrypts the file as a whole.
pub(super) struct File;

impl Purpose for File {
    const NAME: &'static str = "relay file";
}

/// Wraps the rooms' keys.
struct Wrap;

impl Purpose for Wrap {
    const NAME: &'static str = "relay room key wrap";
}

/// Encrypts one room's envelopes.
pub(super) type RoomKey = Secret<Envelopes>;

/// The purpose of a [`RoomKey`].
pub(super) struct Envelopes;

impl Purpose for Envelopes {
    const NAME: &'static str = "relay room";
}

/// The key that SQLCipher gets.
pub(super) fn file_key(key: &StorageKey) -> Secret<File> {
    Secret::derive(key.expose_secret(), FILE, &[])
}

/// The rooms' keys, and the randomness to seal with.
pub(super) struct Keys {
    wrap: Secret<Wrap>,
    /// Rooms that were used lately.
    open: Mutex<HashMap<RoomId, Arc<RoomKey>>>,
    rng: Mutex<Box<dyn Rng>>,
}

impl Keys {
    pub(super) fn new(key: &StorageKey, rng: Box<dyn Rng>) -> Self {
        let wrap = Secret::derive(key.expose_secret(), WRAP, &[]);
        Self { wrap, open: Mutex::default(), rng: Mutex::new(rng) }
    }

    /// A new room's key, wrapped.
    pub(super) fn found(&self, room: RoomId) -> Vec<u8> {
        let mut rng = lock(&self.rng);
        let key = RoomKey::generate(&mut **rng);
        chunked::seal(&mut **rng, self.wrap.expose_secret(), &context(WRAP, room, b""), key.expose_secret())
    }

    /// A room's key; `wrapped` is asked only if the room was not used lately.
    pub(super) fn room(
        &self,
        room: RoomId,
        wrapped: impl FnOnce() -> Result<Vec<u8>, StoreError>,
    ) -> Result<Arc<RoomKey>, StoreError> {
        if let Some(key) = lock(&self.open).get(&room) {
            return Ok(Arc::clone(key));
        }
        let bytes = chunked::open(self.wrap.expose_secret(), &context(WRAP, room, b""), &wrapped()?)
            .map_err(|_| StoreError::Damaged("a room's key does not open"))?;
        let bytes =
            <&[u8; 32]>::try_from(&bytes[..]).map_err(|_| StoreError::Damaged("a room's key has another size"))?;
        let key = Arc::new(Secret::from_bytes(bytes));
        let mut open = lock(&self.open);
        if open.len() >= MOST_OPEN {
            open.clear();
        }
        open.insert(room, Arc::clone(&key));
        Ok(key)
    }

    /// Drops a room's key.
    pub(super) fn forget(&self, room: RoomId) {
        lock(&self.open).remove(&room);
    }

    /// Seals a row's envelope.
    pub(super) fn seal(&self, key: &RoomKey, room: RoomId, row: &[u8], blob: &[u8]) -> Vec<u8> {
        chunked::seal(&mut **lock(&self.rng), key.expose_secret(), &context(REST, room, row), blob)
    }
}

/// Opens a row's envelope.
pub(super) fn open(key: &RoomKey, room: RoomId, row: &[u8], sealed: &[u8]) -> Result<Bytes, StoreError> {
    let opened = chunked::open(key.expose_secret(), &context(REST, room, row), sealed)
        .map_err(|_| StoreError::Damaged("an envelope does not open"))?;
    // What is inside is the members' ciphertext: it needs no wiping.
    Ok(Bytes::copy_from_slice(&opened))
}

/// The table's initial and the number: what makes a row of one room distinct, but for parts of blobs.
pub(super) type RowName = [u8; 9];

pub(super) fn row_name(table: u8, seq: u64) -> RowName {
    let [a, b, c, d, e, f, g, h] = seq.to_be_bytes();
    [table, a, b, c, d, e, f, g, h]
}

fn context(label: Label, room: RoomId, row: &[u8]) -> Vec<u8> {
    [&label.prefix()[..], room.as_ref(), row].concat()
}

const FILE: Label = Label::new("relay-file");
const WRAP: Label = Label::new("relay-room-key");
const REST: Label = Label::new("rest");
const MOST_OPEN: usize = 4096;
