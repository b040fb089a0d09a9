//! Table `owner_order`: what the owner wants of the room, from when a person says so until the relay has carried it out.
//!
//! | state | where it stands |
//! |---|---|
//! | kept | a row here |
//! | signed | the row with the statement, and in `pending` the commit that travels with it, if one does |
//! | sent | as signed: that the relay has got it is known for one connection only, so it is sent again on the next one |
//! | settled | no row: the relay has carried it out, or it is needed no more |
//!
//! A statement is kept before it is sent, so a crash is followed by the same bytes. One that no longer fits, because the room has
//! moved on, goes back to *kept* and is signed anew with the next counter.
//!
//! Other params need no statement: the owner's next commit brings them, and the log settles the row as it settles an
//! [`Intent`](crate::Intent).

use rusqlite::params;

use crate::{ParamsChange, RoomReader, RoomTx, StoreError};

/// What an owner wants of a room.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Order {
    /// That it ends for everybody.
    Close,
    /// That it is erased for everybody.
    Erase,
    /// That nobody new comes in.
    Lock,
    /// That whoever has the code comes in again.
    Unlock,
    /// That the member with this id is out, and the room locked.
    Remove([u8; 16]),
    /// That the params are others.
    Change(ParamsChange),
}

/// A statement that carries an order out, signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedOrder {
    /// Its counter.
    pub counter: u64,
    /// The bytes that are signed.
    pub statement: Vec<u8>,
    /// The owner's signature.
    pub sig: [u8; 64],
}

/// An order that is not carried out yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderRow {
    /// Rises with each order; what was wanted first is done first.
    pub id: i64,
    /// What is wanted.
    pub order: Order,
    /// In which epoch it was given, if it shuts the door; none for one of before that was kept.
    pub epoch: Option<u64>,
    /// The statement, once there is one.
    pub signed: Option<SignedOrder>,
}

impl RoomReader<'_> {
    /// What is to be carried out, the first one first.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Damaged`] for an order of no known kind.
    pub fn orders(&self) -> Result<Vec<OrderRow>, StoreError> {
        let mut statement =
            self.query("SELECT id, kind, subject, counter, statement, sig, epoch FROM owner_order ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            let (counter, statement, sig) = (row.get(3)?, row.get(4)?, row.get(5)?);
            let signed = match (counter, statement, sig) {
                (Some(counter), Some(statement), Some(sig)) => Some(SignedOrder { counter, statement, sig }),
                _ => None,
            };
            let (kind, subject): (i64, Option<Vec<u8>>) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, kind, subject, row.get(6)?, signed))
        })?;
        let mut orders = Vec::new();
        for row in rows {
            let (id, kind, subject, epoch, signed) = row?;
            let order = match (kind, subject) {
                (CLOSE, None) => Order::Close,
                (LOCK, None) => Order::Lock,
                (UNLOCK, None) => Order::Unlock,
                (REMOVE, Some(member)) => Order::Remove(member.try_into().map_err(|_| StoreError::Damaged)?),
                (CHANGE, Some(change)) => Order::Change(minicbor::decode(&change).map_err(|_| StoreError::Damaged)?),
                (ERASE, None) => Order::Erase,
                _ => return Err(StoreError::Damaged),
            };
            orders.push(OrderRow { id, order, epoch, signed });
        }
        Ok(orders)
    }
}

impl RoomTx<'_> {
    /// Keeps that something is to be carried out, and in which epoch that was said.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep_order(&self, order: &Order, epoch: Option<u64>) -> Result<(), StoreError> {
        let (kind, subject) = match order {
            Order::Close => (CLOSE, None),
            Order::Erase => (ERASE, None),
            Order::Lock => (LOCK, None),
            Order::Unlock => (UNLOCK, None),
            Order::Remove(member) => (REMOVE, Some(member.to_vec())),
            Order::Change(change) => (CHANGE, Some(minicbor::to_vec(change).map_err(|_| StoreError::Damaged)?)),
        };
        let insert = "INSERT INTO owner_order (kind, subject, epoch) VALUES (?1, ?2, ?3)";
        self.execute(insert, params![kind, subject, epoch])?;
        Ok(())
    }

    /// Keeps the statement of an order, or that it has none that fits.
    ///
    /// # Errors
    /// What the database says.
    pub fn sign_order(&self, id: i64, signed: Option<&SignedOrder>) -> Result<(), StoreError> {
        self.execute(
            "UPDATE owner_order SET counter = ?2, statement = ?3, sig = ?4 WHERE id = ?1",
            params![
                id,
                signed.map(|signed| signed.counter),
                signed.map(|signed| &signed.statement),
                signed.map(|signed| signed.sig),
            ],
        )?;
        Ok(())
    }

    /// It is carried out, or needed no more.
    ///
    /// # Errors
    /// What the database says.
    pub fn settle_order(&self, id: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM owner_order WHERE id = ?1", params![id])?;
        Ok(())
    }
}

// `owner_order.kind`.
const CLOSE: i64 = 1;
const LOCK: i64 = 2;
const UNLOCK: i64 = 3;
const REMOVE: i64 = 4;
const CHANGE: i64 = 5;
const ERASE: i64 = 6;
