//! Step 25 of a room: lines about what happened, from JSON in `body` to CBOR in `note`.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{StoreError, room::note::Note};

/// Translates every line. What is no JSON, or tells of something else, stays as it is: it is shown as unsupported.
pub(super) fn translate(connection: &Connection) -> Result<(), StoreError> {
    let mut lines = connection.prepare("SELECT id FROM item WHERE kind = 3")?;
    let ids: Vec<i64> = lines.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut read = connection.prepare(
        "SELECT body ->> 'event' AS event, body ->> 'nick' AS nick, body ->> 'removed' AS removed,
                body ->> 'from' AS 'from', body ->> 'to' AS 'to', body ->> 'missing' AS missing, body ->> 'by' AS 'by',
                body ->> 'count' AS count
         FROM item WHERE id = ?1 AND json_valid(body)",
    )?;
    let mut write = connection.prepare("UPDATE item SET note = ?2, body = '' WHERE id = ?1")?;
    for id in ids {
        // A value of another type than was ever written is as good as none.
        if let Some(note) = read.query_row([id], |row| Ok(note(row).ok().flatten())).optional()?.flatten() {
            write.execute(params![id, note])?;
        }
    }
    Ok(())
}

/// The names are those of the versions that wrote them.
fn note(row: &Row<'_>) -> rusqlite::Result<Option<Note>> {
    let event: String = row.get("event")?;
    Ok(Some(match event.as_str() {
        "created" => Note::Created,
        "youJoined" => Note::YouJoined,
        "joined" => Note::Joined { nick: row.get("nick")? },
        "left" => Note::Left { nick: row.get("nick")?, removed: row.get("removed")? },
        "rejoined" => Note::Rejoined { nick: row.get("nick")? },
        "renamed" => Note::Renamed { from: row.get("from")?, to: row.get("to")? },
        "rulesChanged" => Note::RulesChanged,
        "gap" => Note::Gap { nick: row.get("nick")?, missing: row.get("missing")?, range: None },
        "inconsistent" => Note::Inconsistent { nick: row.get("nick")? },
        "resynced" => Note::Resynced,
        "logTruncated" => Note::LogTruncated,
        "splitSuspected" => Note::SplitSuspected,
        "disturbed" => Note::Disturbed,
        "clockSet" => Note::ClockSet { by: row.get("by")? },
        "oldCopy" => Note::OldCopy,
        "relayRestarted" => Note::RelayRestarted,
        "notPublishedAgain" => Note::NotPublishedAgain { count: row.get("count")? },
        _ => return Ok(None),
    }))
}
