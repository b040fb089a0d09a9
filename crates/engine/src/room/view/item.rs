//! A line of the timeline as a user interface sees it.

use conclave_crypto::link::Invitation;
use conclave_proto::shown;
use conclave_store::{CardRow, Confirmations, ItemKind, ItemRow, ItemState, Note, RoomReader, StoreError};

use super::{
    super::{context::Context, step::StepError},
    hex,
};
use crate::snapshot::{CardState, Confirmed, EraseBy, Item, ItemBody, ItemId, MemberHandle, MessageState, SystemLine};

/// A row of the timeline, with what belongs to it.
pub(super) struct Line {
    row: ItemRow,
    card: Option<CardRow>,
    confirmed: Confirmations,
    /// Where the room goes on.
    places: Vec<String>,
}

impl Line {
    /// Reads what belongs to a row.
    pub(super) fn read(reader: &RoomReader<'_>, row: ItemRow) -> Result<Self, StoreError> {
        let is_card = row.kind == ItemKind::ViewOnce;
        let card = if is_card { reader.card(row.id)? } else { None };
        let is_confirmed = is_card || row.own && row.kind == ItemKind::Text;
        let confirmed = if is_confirmed { reader.confirmations(row.id)? } else { Confirmations::default() };
        let moved = if row.kind == ItemKind::Move { reader.move_of(row.id)? } else { None };
        Ok(Self { row, card, confirmed, places: moved.map(|moved| places(&moved.link)).unwrap_or_default() })
    }

    /// When the line changes by itself, unix seconds.
    fn changes_at(&self) -> Option<u64> {
        let closes_at = self.card.as_ref().and_then(|card| card.closes_at);
        self.row.expires_at.into_iter().chain(closes_at).min()
    }
}

/// Lines by their ids, and when the first of them changes by itself; those that are gone are left out.
pub(in crate::room) fn items(cx: &mut Context, ids: &[i64]) -> Result<(Vec<Item>, Option<u64>), StepError> {
    let mut lines = cx.store.read(|tx| {
        let mut lines = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(row) = tx.item(*id)? {
                lines.push(Line::read(tx, row)?);
            }
        }
        Ok::<_, StepError>(lines)
    })?;
    let changes_at = lines.iter().filter_map(Line::changes_at).min();
    lines.sort_by_key(|line| (line.row.position, line.row.n, line.row.id));
    lines.dedup_by_key(|line| line.row.id);
    Ok((lines.iter().map(item).collect(), changes_at))
}

/// Where the room of an invitation is.
pub(super) fn places(link: &str) -> Vec<String> {
    let addresses = Invitation::parse(link).map(|invitation| invitation.addresses).unwrap_or_default();
    addresses.iter().map(|address| shown::line(&address.to_string())).collect()
}

/// The name of a line for a UI.
pub(crate) fn item_id(id: i64) -> ItemId {
    ItemId(id.to_string())
}

/// A line.
pub(super) fn item(line: &Line) -> Item {
    let Line { row, card, confirmed, places } = line;
    let Confirmations { recipients, delivered, viewed } = *confirmed;
    let confirmed = Confirmed { recipients, delivered, viewed };
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
            confirmed,
        },
        // A card that is not there is one of which nothing is left.
        ItemKind::ViewOnce => ItemBody::ViewOnce {
            sender: sender(),
            nick: row.nick.clone(),
            hue,
            shape,
            own: row.own,
            seconds: card.as_ref().map_or(0, |card| card.seconds),
            closes_at: card.as_ref().and_then(|card| card.closes_at),
            card: card.as_ref().map_or(CardState::Gone, |card| card_state(card.state)),
            state: state(row.state),
            confirmed,
        },
        ItemKind::Move => ItemBody::Moved {
            sender: sender(),
            nick: row.nick.clone(),
            hue,
            shape,
            own: row.own,
            places: places.clone(),
            state: state(row.state),
        },
        ItemKind::Retracted => {
            ItemBody::Retracted { sender: sender(), nick: row.nick.clone(), hue, shape, own: row.own }
        }
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
            Note::Gap { nick, missing, range: _ } => Self::Gap { nick, missing },
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
            Note::TitleChanged { from, to } => Self::TitleChanged { from: shown::line(&from), to: shown::line(&to) },
            Note::NoteChanged { from, to } => Self::NoteChanged { from: shown::block(&from), to: shown::block(&to) },
            Note::MessageTtlChanged { from, to } => Self::MessageTtlChanged { from, to },
            Note::IdleTtlChanged { from, to } => Self::IdleTtlChanged { from, to },
            Note::MaxMembersChanged { from, to } => Self::MaxMembersChanged { from, to },
            Note::EraseRefused { nick } => Self::EraseRefused { nick },
            Note::EraseKept { nick } => Self::EraseKept { nick },
            Note::LetIn { nick } => Self::LetIn { nick },
            Note::MoveRefused { nick } => Self::MoveRefused { nick },
            Note::EraseByChanged { any_member: true } => Self::EraseByChanged { to: EraseBy::AnyMember },
            Note::EraseByChanged { any_member: false } => Self::EraseByChanged { to: EraseBy::Owner },
        }
    }
}

fn state(state: ItemState) -> MessageState {
    match state {
        ItemState::Stored => MessageState::Stored,
        ItemState::Waiting => MessageState::Waiting,
        ItemState::AwaitingMembers => MessageState::AwaitingMembers,
        ItemState::NoSpace => MessageState::NoSpace,
    }
}

fn card_state(state: conclave_store::CardState) -> CardState {
    match state {
        conclave_store::CardState::Sealed => CardState::Sealed,
        conclave_store::CardState::Opened => CardState::Opened,
        conclave_store::CardState::Unread => CardState::Unread,
        conclave_store::CardState::Gone => CardState::Gone,
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
            message_id: None,
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
        let body = |note| {
            item(&Line { row: row(note), card: None, confirmed: Confirmations::default(), places: Vec::new() }).body
        };
        assert!(matches!(body(Some(Note::Created)), ItemBody::System { event: SystemLine::Created }));
        assert!(matches!(body(None), ItemBody::Unsupported { .. }));
    }

    /// Whoever follows dials all of them.
    #[test]
    fn each_address_of_a_moved_room_is_named() {
        let code = "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
        let link = format!("conclave://relay.example/#{code}~a=192.168.1.5:4433~a=[2001:db8::1]:443");
        assert_eq!(places(&link), ["relay.example", "192.168.1.5:4433", "[2001:db8::1]"]);
        assert_eq!(places("no link"), [""; 0]);
    }
}
