//! The room's line in the list.

use conclave_proto::shown;
use conclave_store::{ItemKind, ItemRow, MoveLine, Phase};

use super::{
    super::{machine::Machine, step::StepError},
    count, hex,
    item::places,
};
use crate::snapshot::{
    EraseAsked, LastLine, LineKind, MemberHandle, Moved, Newcomer, Reorganised, RoomPhase, RoomSummary,
};

impl Machine {
    /// The room's line in the list.
    pub(crate) fn summary(&mut self) -> RoomSummary {
        let read = self.cx.record.read_item;
        let lines = self.cx.store.read(|tx| {
            let unread = tx.unread_after(read)?;
            let last = tx.items_before((i64::MAX, 0, 0), 1)?.pop();
            Ok::<_, StepError>((unread, last, tx.newest_move()?))
        });
        self.cx.stale |= lines.is_err();
        let (unread, last, moved) = if self.is_hidden() { Default::default() } else { lines.unwrap_or_default() };
        // The disk may have been too full to burn it.
        let now = self.cx.now.unix;
        let is_ahead = |at| at > now;
        let last = last.filter(|row| row.expires_at.is_none_or(is_ahead));
        let (members, message_ttl, idle_ttl) = match self.cx.group.as_ref() {
            Some(group) => {
                let policy = &group.params().policy;
                (count(group.roster().len()), policy.msg_ttl, policy.idle_ttl)
            }
            None => (0, 0, 0),
        };
        RoomSummary {
            room: self.cx.handle.clone(),
            title: self.title(),
            phase: self.phase(),
            connection: self.connecting.connection(&self.cx),
            hosting: self.hosting.clone(),
            unread,
            members,
            last_line: last.map(|row| Box::new(last_line(&row))),
            message_ttl,
            reorganised: self.membership.question().map(|question| {
                let can_stay = self.membership.can_stay(&self.cx);
                Box::new(Reorganised { can_stay, ..question.clone() })
            }),
            in_memory: self.cx.in_memory,
            clock_ahead: self.clock_ahead(),
            relay_full: self.cx.session.as_ref().is_some_and(|session| session.full),
            unopened: None,
            ended: None,
            erase_asked: self.erase_asked(),
            burned: None,
            idle_ends_at: self.idle_ends_at(),
            idle_ttl,
            knock: self.own_knock.shown().map(Box::new),
            moved: moved
                .filter(|moved| moved.expires_at.is_none_or(is_ahead))
                .map(|moved| Box::new(Moved { came_since: self.came_since(&moved), ..shown_move(&moved) })),
        }
    }

    /// Who came in since this person, the owner, ordered a move that is not out.
    fn came_since(&mut self, moved: &MoveLine) -> Vec<Newcomer> {
        if !moved.own || moved.expires_at.is_some() {
            return Vec::new();
        }
        let told = self.cx.store.read(|tx| tx.move_readers());
        self.cx.stale |= told.is_err();
        let (told, group) = (told.unwrap_or_default(), self.cx.group.as_ref());
        let others = group.into_iter().flat_map(|group| group.roster()).filter(|member| !member.own);
        let came = others.filter(|member| !told.contains(&member.leaf_key.0));
        came.map(|member| Newcomer { member: MemberHandle(hex(&member.id.0)), nick: member.credential.nick.clone() })
            .collect()
    }

    /// Whether nothing of what was said is shown.
    pub(in crate::room) fn is_hidden(&self) -> bool {
        self.cx.is_erasing() || self.cx.is_asked()
    }

    fn erase_asked(&self) -> Option<Box<EraseAsked>> {
        let member = self.cx.record.erase_asked.filter(|_| !self.cx.is_erasing())?;
        Some(Box::new(EraseAsked { by: self.cx.record.erase_asked_as.clone(), member: MemberHandle(hex(&member)) }))
    }

    /// Of a room that this client is in, as far as it has read.
    fn idle_ends_at(&self) -> Option<u64> {
        let is_in = matches!(self.cx.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        self.cx.idle_ends_at().filter(|_| is_in)
    }

    fn clock_ahead(&self) -> Option<i64> {
        let ahead = self.cx.session.as_ref()?.clock_ahead;
        (ahead.abs() > CLOCKS_AGREE).then_some(ahead)
    }

    fn title(&self) -> String {
        match self.cx.group.as_ref() {
            Some(group) => shown::line(&group.params().title),
            None => shown::line(&self.cx.record.title),
        }
    }

    /// Where this client is in the room's life.
    pub(crate) fn phase(&self) -> RoomPhase {
        match self.cx.record.phase {
            Phase::Gone => RoomPhase::Gone,
            Phase::Ended => RoomPhase::Ended,
            Phase::Leaving if self.cx.erases_alone() => RoomPhase::Leaving,
            _ if self.cx.is_erasing() => RoomPhase::Erasing,
            _ if self.cx.closing => RoomPhase::Closing,
            Phase::Joining => RoomPhase::Joining,
            Phase::Knocking => RoomPhase::Knocking,
            Phase::AwaitingConfirmation => RoomPhase::AwaitingConfirmation,
            Phase::Creating | Phase::Member if self.cx.record.locked => RoomPhase::Locked,
            Phase::Creating | Phase::Member => RoomPhase::Open,
            Phase::Leaving => RoomPhase::Leaving,
            // Said above: it is being erased.
            Phase::Erased => RoomPhase::Erasing,
        }
    }
}

fn shown_move(moved: &MoveLine) -> Moved {
    let MoveLine { row, own, nick, expires_at } = moved;
    Moved { by: nick.clone(), own: *own, places: places(&row.link), ends_at: *expires_at, came_since: Vec::new() }
}

fn last_line(row: &ItemRow) -> LastLine {
    let text = match row.kind {
        ItemKind::Text => shown::line(&row.body).chars().take(PREVIEW).collect(),
        _ => String::new(),
    };
    let kind = match row.kind {
        ItemKind::Text => LineKind::Text,
        ItemKind::ViewOnce => LineKind::ViewOnce,
        ItemKind::Retracted => LineKind::Retracted,
        ItemKind::Move => LineKind::Moved,
        ItemKind::Unsupported => LineKind::Unsupported,
        ItemKind::System => LineKind::System,
    };
    let nick = (row.kind != ItemKind::System).then(|| row.nick.clone());
    LastLine { nick, own: row.own, kind, text, at: row.at }
}

/// Seconds by which this computer's clock and the relay's may differ without a word.
const CLOCKS_AGREE: i64 = 300;
/// Characters of a message in the list of rooms.
const PREVIEW: usize = 120;
