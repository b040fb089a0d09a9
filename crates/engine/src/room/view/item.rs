//! A line of the timeline as a user interface sees it.

use conclave_proto::shown;
use conclave_store::{ItemKind, ItemRow, ItemState, Note};

use super::{
    super::{context::Context, step::StepError},
    hex,
};
use crate::snapshot::{Item, ItemBody, ItemId, MemberHandle, MessageState, SystemLine};

/// Lines by their ids, and when the first of them burns; those that are gone are left out.
pub(in crate::room) fn items(cx: &mut Context, ids: &[i64]) -> Result<(Vec<Item>, Option<u64>), StepError> {
    let mut rows = cx.store.read(|tx| {
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.extend(tx.item(*id)?);
        }
        Ok::<_, StepError>(rows)
    })?;
    let burns_at = rows.iter().filter_map(|row| row.expires_at).min();
    rows.sort_by_key(|row| (row.position, row.n, row.id));
    rows.dedup_by_key(|row| row.id);
    Ok((rows.iter().map(item).collect(), burns_at))
}

/// The name of a line for a UI.
pub(crate) fn item_id(id: i64) -> ItemId {
    ItemId(id.to_string())
}

/// A line.
pub(super) fn item(row: &ItemRow) -> Item {
    let sender = || MemberHandle(row.sender.map(|id| hex(&id)).unwrap_or_default());
    let (hue, shape) = row.sender.as_ref().map(sign).unwrap_or_default();
    let unsupported = || ItemBody::Unsupported { sender: sender(), nick: row.nick.clone(), hue, shape };
    let body = match row.kind {
        ItemKind::Text => ItemBody::Text {
            sender: sender(),
            nick: row.nick.clone(),
            hue,
            shape,
            own: row.own,
            text: shown::block(&row.body),
            state: state(row.state),
            claimed_at: row.claimed_at,
        },
        ItemKind::Unsupported => unsupported(),
        // One that is none was written by a newer version of this app.
        ItemKind::System => row.note.clone().map_or_else(unsupported, |note| ItemBody::System { event: note.into() }),
    };
    Item { id: item_id(row.id), order: order(row), at: row.at, expires_at: row.expires_at, body }
}

impl From<Note> for SystemLine {
    fn from(note: Note) -> Self {
        match note {
            Note::Created => Self::Created,
            Note::YouJoined => Self::YouJoined,
            Note::Joined { nick } => Self::Joined { nick },
            Note::Left { nick, removed } => Self::Left { nick, removed },
            Note::Rejoined { nick } => Self::Rejoined { nick },
            Note::Renamed { from, to } => Self::Renamed { from, to },
            Note::RulesChanged => Self::RulesChanged,
            Note::Gap { nick, missing } => Self::Gap { nick, missing },
            Note::Inconsistent { nick } => Self::Inconsistent { nick },
            Note::Resynced => Self::Resynced,
            Note::LogTruncated => Self::LogTruncated,
            Note::SplitSuspected => Self::SplitSuspected,
            Note::Disturbed => Self::Disturbed,
            Note::ClockSet { by } => Self::ClockSet { by },
            Note::OldCopy => Self::OldCopy,
            Note::RelayRestarted => Self::RelayRestarted,
            Note::NotPublishedAgain { count } => Self::NotPublishedAgain { count },
            Note::Locked => Self::Locked,
            Note::Unlocked => Self::Unlocked,
        }
    }
}

fn state(state: ItemState) -> MessageState {
    match state {
        ItemState::Stored => MessageState::Stored,
        ItemState::Waiting => MessageState::Waiting,
        ItemState::AwaitingMembers => MessageState::AwaitingMembers,
    }
}

/// The sign beside a name, hue in degrees and shape: of the key that the member has or had, so that it outlives the membership.
pub(crate) fn sign(member: &[u8; 16]) -> (u16, u8) {
    let [first, second, third, ..] = *member;
    (u16::from_be_bytes([first, second]) % 360, third % 8)
}

/// Sorts as text in the order of the timeline; also the cursor of a page.
pub(super) fn order(row: &ItemRow) -> String {
    format!("{:019}-{:019}-{:019}", row.position, row.n, row.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_version_noted_is_shown_as_unsupported() {
        let row = |note| ItemRow {
            id: 1,
            position: 2,
            n: 0,
            mid: None,
            kind: ItemKind::System,
            sender: None,
            nick: String::new(),
            own: false,
            body: String::new(),
            note,
            at: 3,
            claimed_at: None,
            expires_at: None,
            state: ItemState::Stored,
        };
        let body = |note| item(&row(note)).body;
        assert!(matches!(body(Some(Note::Created)), ItemBody::System { event: SystemLine::Created }));
        assert!(matches!(body(None), ItemBody::Unsupported { .. }));
    }
}
