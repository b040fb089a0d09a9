//! What this computer needs to serve a room again.

use rusqlite::{Connection, OptionalExtension as _, params};
use zeroize::Zeroizing;

use super::Vault;
use crate::{Handle, StoreError};

/// What this computer needs to serve a room under the same address and TLS key again.
pub struct HostedRoom {
    /// The TCP port.
    pub port: u16,
    /// The TLS private key, PKCS#8 DER.
    pub tls_key: Zeroizing<Vec<u8>>,
    /// Wraps the data keys of the relay's log.
    pub relay_key: Zeroizing<[u8; 32]>,
    /// Serve it whenever the vault is open.
    pub running: bool,
}

impl Vault {
    /// Keeps what hosting this room needs.
    ///
    /// # Errors
    /// [`StoreError::UnknownRoom`] if the index has no such room.
    pub fn save_hosted(&self, handle: Handle, hosted: &HostedRoom) -> Result<(), StoreError> {
        let known: bool =
            self.index.query_row("SELECT EXISTS (SELECT 1 FROM room WHERE handle = ?1)", params![handle.0], |row| {
                row.get(0)
            })?;
        if !known {
            return Err(StoreError::UnknownRoom);
        }
        put(&self.index, handle, hosted)
    }

    /// What hosting this room needs; none if it is not hosted here.
    ///
    /// # Errors
    /// What the database says.
    pub fn hosted(&self, handle: Handle) -> Result<Option<HostedRoom>, StoreError> {
        let row = self.index.query_row(
            "SELECT port, tls_key, relay_key, running FROM hosted_room WHERE handle = ?1",
            params![handle.0],
            |row| {
                Ok(HostedRoom {
                    port: row.get(0)?,
                    tls_key: Zeroizing::new(row.get(1)?),
                    relay_key: Zeroizing::new(row.get(2)?),
                    running: row.get(3)?,
                })
            },
        );
        Ok(row.optional()?)
    }
}

pub(super) fn put(index: &Connection, handle: Handle, hosted: &HostedRoom) -> Result<(), StoreError> {
    index.execute(
        "INSERT INTO hosted_room (handle, port, tls_key, relay_key, running) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (handle) DO UPDATE SET port = ?2, tls_key = ?3, relay_key = ?4, running = ?5",
        params![handle.0, hosted.port, *hosted.tls_key, *hosted.relay_key, hosted.running],
    )?;
    Ok(())
}

impl std::fmt::Debug for HostedRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostedRoom").field("running", &self.running).finish_non_exhaustive()
    }
}
