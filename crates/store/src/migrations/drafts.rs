//! Step 26 of a room: what the messages of the outbox say, from their lines and kinds.
//!
//! A draft is a CBOR map: 0 is the kind, 5 what is said. A text (1) is a map with the text; a HELLO (7) one with the roster's
//! hash and the number of the newest entry, which is written anew when it is sent.

use minicbor::{Encoder, encode};
use rusqlite::{Connection, params};
use zeroize::Zeroizing;

use crate::StoreError;

/// Writes the draft of every message, also of those that were sealed: under another leaf they get their bytes anew.
pub(super) fn write(connection: &Connection) -> Result<(), StoreError> {
    let mut messages = connection.prepare("SELECT id, kind FROM outbox")?;
    let messages =
        messages.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<(i64, u32)>, _>>()?;
    let mut line =
        connection.prepare("SELECT body FROM item JOIN outbox ON item.id = outbox.item WHERE outbox.id = ?1")?;
    let mut write = connection.prepare("UPDATE outbox SET draft = ?2 WHERE id = ?1")?;
    for (id, kind) in messages {
        let draft = if kind == HELLO {
            hello()
        } else {
            let said = line.query_row([id], |row| row.get(0).map(Zeroizing::<String>::new))?;
            text(&said)
        };
        // Writing to a vector cannot fail.
        let draft = draft.map_err(|_| StoreError::Damaged)?;
        write.execute(params![id, draft.as_slice()])?;
    }
    Ok(())
}

type Encoded = Result<Zeroizing<Vec<u8>>, encode::Error<std::convert::Infallible>>;

fn text(said: &str) -> Encoded {
    // Grown, it would leave copies behind that nobody wipes.
    let mut draft = Zeroizing::new(Vec::with_capacity(said.len().saturating_add(16)));
    Encoder::new(&mut *draft).map(2)?.u8(0)?.u32(TEXT)?.u8(5)?.map(1)?.u8(0)?.str(said)?;
    Ok(draft)
}

fn hello() -> Encoded {
    let mut draft = Zeroizing::default();
    Encoder::new(&mut *draft).map(2)?.u8(0)?.u32(HELLO)?.u8(5)?.map(2)?.u8(0)?.bytes(&[0; 32])?.u8(1)?.u8(0)?;
    Ok(draft)
}

const TEXT: u32 = 1;
const HELLO: u32 = 7;
