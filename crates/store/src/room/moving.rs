//! Tables `move` and `move_reader`: where the room goes on, as its owner has said (SPEC 9, MOVE), which belongs to a line of the timeline
//! and goes with it; and whom its owner tells.

use std::fmt;

use rusqlite::{OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{ItemState, RoomReader, RoomTx, StoreError};

/// Where the room goes on.
#[derive(Clone, Eq, PartialEq)]
pub struct MoveRow {
    /// Its line.
    pub item: i64,
    /// The invitation to the new room, as a link.
    pub link: Zeroizing<String>,
    /// The key that the new room's passphrase gives, where it has one.
    pub passphrase: Option<Zeroizing<[u8; 32]>>,
}

impl fmt::Debug for MoveRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoveRow").field("item", &self.item).finish_non_exhaustive()
    }
}

/// A move, with what its line says.
#[derive(Clone, Eq, PartialEq)]
pub struct MoveLine {
    /// Where the room goes on.
    pub row: MoveRow,
    /// Written here.
    pub own: bool,
    /// The owner's name when it came.
    pub nick: String,
    /// When it burns, unix seconds; none while it is on its way.
    pub expires_at: Option<u64>,
}

impl fmt::Debug for MoveLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoveLine").field("row", &self.row).field("own", &self.own).finish_non_exhaustive()
    }
}

impl RoomReader<'_> {
    /// Where a line says that the room goes on.
    ///
    /// # Errors
    /// What the database says.
    pub fn move_of(&self, item: i64) -> Result<Option<MoveRow>, StoreError> {
        let mut statement = self.query("SELECT link, passphrase FROM move WHERE item = ?1")?;
        let row = statement.query_row([item], |row| {
            let passphrase: Option<[u8; 32]> = row.get(1)?;
            Ok(MoveRow { item, link: Zeroizing::new(row.get(0)?), passphrase: passphrase.map(Zeroizing::new) })
        });
        Ok(row.optional()?)
    }

    /// Where the room goes on, as the newest line about that says.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_move(&self) -> Result<Option<MoveLine>, StoreError> {
        let mut statement = self.query("SELECT max(item) FROM move")?;
        let newest: Option<i64> = statement.query_row([], |row| row.get(0))?;
        let Some(item) = newest else { return Ok(None) };
        let (Some(row), Some(line)) = (self.move_of(item)?, self.item(item)?) else { return Ok(None) };
        let expires_at = line.expires_at.filter(|_| line.state == ItemState::Stored);
        Ok(Some(MoveLine { row, own: line.own, nick: line.nick, expires_at }))
    }

    /// Whom the owner tells, by their leaf keys.
    ///
    /// # Errors
    /// What the database says.
    pub fn move_readers(&self) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut statement = self.query("SELECT leaf_key FROM move_reader")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// The owner tells these, and nobody else.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_move_readers(&self, leaf_keys: &[[u8; 32]]) -> Result<(), StoreError> {
        self.execute("DELETE FROM move_reader", [])?;
        self.add_move_readers(leaf_keys)
    }

    /// The owner tells these as well.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_move_readers(&self, leaf_keys: &[[u8; 32]]) -> Result<(), StoreError> {
        for leaf_key in leaf_keys {
            self.execute("INSERT OR IGNORE INTO move_reader (leaf_key) VALUES (?1)", [leaf_key])?;
        }
        Ok(())
    }

    /// Adds to a line where the room goes on.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_move(&self, row: &MoveRow) -> Result<(), StoreError> {
        let MoveRow { item, link, passphrase } = row;
        self.execute(
            "INSERT INTO move (item, link, passphrase) VALUES (?1, ?2, ?3)",
            params![item, link.as_str(), passphrase.as_deref()],
        )?;
        Ok(())
    }
}
