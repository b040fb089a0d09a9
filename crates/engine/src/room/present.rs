//! A room as a face sees it.

use std::cmp::Reverse;

use conclave_crypto::{group::Member, verification};
use conclave_proto::{params::RoomPolicy, shown};
use conclave_store::{ItemKind, ItemRow, ItemState, Phase};

use super::{machine::Machine, name::sign, step::StepError};
use crate::{
    clock::Now,
    skeleton::Names,
    snapshot::{
        Item, ItemBody, ItemId, LastLine, MemberHandle, MessageState, Page, Person, Presence, Reorganised, RoomPhase,
        RoomSummary, RoomView, Rules, SystemLine, Verification,
    },
};

impl Machine {
    /// The room's line in the list.
    pub(crate) fn summary(&mut self) -> RoomSummary {
        let read = self.record.read_item;
        let lines = self.store.read(|tx| {
            let unread = tx.unread_after(read)?;
            let last = tx.items_before((i64::MAX, 0, 0), 1)?.pop();
            Ok::<_, StepError>((unread, last))
        });
        self.stale |= lines.is_err();
        let (unread, last) = lines.unwrap_or_default();
        // The disk may have been too full to burn it.
        let last = last.filter(|row| row.expires_at.is_none_or(|at| at > self.stepped_at));
        let (members, message_ttl) = match self.group.as_ref() {
            Some(group) => (count(group.roster().len()), group.params().policy.msg_ttl),
            None => (0, 0),
        };
        RoomSummary {
            room: self.handle.clone(),
            title: self.title(),
            phase: self.phase(),
            connection: self.connection(self.told_at),
            hosting: self.hosting.clone(),
            unread,
            members,
            last_line: last.map(|row| last_line(&row)),
            message_ttl,
            reorganised: self.doubt.question().map(|(_, question)| {
                let can_stay = self.can_stay();
                Box::new(Reorganised { can_stay, ..question.clone() })
            }),
            in_memory: self.in_memory,
            clock_ahead: self.clock_ahead(),
            relay_full: self.session.as_ref().is_some_and(|session| session.full),
            unopened: None,
        }
    }

    fn clock_ahead(&self) -> Option<i64> {
        let ahead = self.session.as_ref()?.clock_ahead;
        (ahead.abs() > CLOCKS_AGREE).then_some(ahead)
    }

    fn title(&self) -> String {
        match self.group.as_ref() {
            Some(group) => shown::line(&group.params().title),
            None => shown::line(&self.record.title),
        }
    }

    fn phase(&self) -> RoomPhase {
        match self.record.phase {
            Phase::Joining => RoomPhase::Joining,
            Phase::AwaitingConfirmation => RoomPhase::AwaitingConfirmation,
            Phase::Creating | Phase::Member if self.record.locked => RoomPhase::Locked,
            Phase::Creating | Phase::Member => RoomPhase::Open,
            Phase::Leaving => RoomPhase::Leaving,
            Phase::Gone => RoomPhase::Gone,
        }
    }

    /// The room from inside.
    pub(crate) fn view(&mut self, now: Now) -> Result<RoomView, StepError> {
        let unsent = self.store.read(|tx| tx.unsent_count())?;
        let summary = self.summary();
        let mut view = RoomView {
            summary,
            note: String::new(),
            people: Vec::new(),
            rules: Rules::default(),
            verification: None,
            owner: self.owner_key.is_some(),
            unsent,
            read_to: item_id(self.record.read_item),
            heard_since: self.calendar.opened_at(),
        };
        view.verification = self.verification();
        let names = self.names(now)?;
        let heard = self.store.read(|tx| tx.last_heard())?;
        // Whoever was heard in some hour was written down: this client has listened since then, or since the room was opened.
        view.heard_since =
            heard.iter().map(|(_, hour)| *hour).chain([self.calendar.opened_at()]).min().unwrap_or_default();
        let Some(group) = self.group.as_ref() else { return Ok(view) };
        let params = group.params();
        view.note = shown::block(&params.note);
        view.rules = rules(&params.policy);
        let since = |member: &Member| heard.iter().find(|(id, _)| *id == member.id.0).map(|(_, hour)| *hour);
        view.people = group.roster().iter().map(|member| self.person(now, &names, member, since(member))).collect();
        // Who has been away longest comes last, behind who was never there.
        view.people.sort_by_key(|person| (!person.own, person.presence, Reverse(person.heard_in)));
        Ok(view)
    }

    /// The words are slow on purpose, so they are kept until somebody comes or goes.
    fn verification(&mut self) -> Option<Verification> {
        let group = self.group.as_ref().filter(|group| group.roster().len() > 1)?;
        let hash = verification::roster_hash(group.as_ref());
        let words = match &self.words {
            Some((known, words)) if *known == hash => words.clone(),
            _ => verification::words(&hash).iter().map(|word| (*word).to_owned()).collect(),
        };
        self.words = Some((hash, words.clone()));
        Some(Verification { words, session_code: verification::session_code(&group.keys().authenticator) })
    }

    fn person(&self, now: Now, names: &Names, member: &Member, heard_in: Option<u64>) -> Person {
        // Without the link nothing is known of the others.
        let live = self.session.as_ref().is_some_and(|session| session.live);
        let here = member.own || (live && self.is_here(now.steady, &member.id));
        let nick = &member.credential.nick;
        let (hue, shape) = sign(&member.id.0);
        Person {
            member: MemberHandle(hex(&member.id.0)),
            nick: nick.clone(),
            own: member.own,
            owner: member.owner,
            presence: if here { Presence::Here } else { Presence::Away },
            heard_in: heard_in.filter(|_| !here),
            ambiguous: names.is_ambiguous(nick),
            hue,
            shape,
        }
    }

    /// A part of the timeline. What is due is left out even if the disk was too full to burn it.
    pub(crate) fn page(&mut self, now: Now, before: Option<&str>, limit: u16) -> Result<Page, StepError> {
        let before = match before {
            None => (i64::MAX, 0, 0),
            Some(cursor) => parse_order(cursor).ok_or(StepError::NotNow)?,
        };
        let mut rows = self.store.read(|tx| tx.items_before(before, u32::from(limit)))?;
        let full = rows.len() == usize::from(limit);
        let earlier = rows.last().filter(|_| full).map(order);
        rows.retain(|row| row.expires_at.is_none_or(|at| at > now.unix));
        Ok(Page { items: rows.iter().rev().map(item).collect(), earlier })
    }

    /// Lines by their ids; those that are gone are left out.
    pub(super) fn items(&mut self, ids: &[i64]) -> Result<Vec<Item>, StepError> {
        let mut rows = self.store.read(|tx| {
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                rows.extend(tx.item(*id)?);
            }
            Ok::<_, StepError>(rows)
        })?;
        for expires_at in rows.iter().filter_map(|row| row.expires_at) {
            self.burn_sooner(expires_at);
        }
        rows.sort_by_key(|row| (row.position, row.n, row.id));
        rows.dedup_by_key(|row| row.id);
        Ok(rows.iter().map(item).collect())
    }
}

/// The name of a line for a face.
pub(crate) fn item_id(id: i64) -> ItemId {
    ItemId(id.to_string())
}

/// The rules that the owner signed and that something obeys, for a face.
pub(crate) fn rules(policy: &RoomPolicy) -> Rules {
    Rules {
        message_ttl: policy.msg_ttl,
        idle_ttl: policy.idle_ttl,
        max_members: policy.max_members,
        needs_passphrase: policy.need_pass,
    }
}

fn item(row: &ItemRow) -> Item {
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
        ItemKind::System => match serde_json::from_str::<SystemLine>(&row.body) {
            Ok(event) => ItemBody::System { event },
            // Written by a newer version of this app.
            Err(_) => unsupported(),
        },
    };
    Item { id: item_id(row.id), order: order(row), at: row.at, expires_at: row.expires_at, body }
}

fn state(state: ItemState) -> MessageState {
    match state {
        ItemState::Stored => MessageState::Stored,
        ItemState::Waiting => MessageState::Waiting,
        ItemState::AwaitingMembers => MessageState::AwaitingMembers,
        ItemState::Failed => MessageState::Failed,
    }
}

fn last_line(row: &ItemRow) -> LastLine {
    let text = match row.kind {
        ItemKind::Text => shown::line(&row.body).chars().take(PREVIEW).collect(),
        ItemKind::Unsupported | ItemKind::System => String::new(),
    };
    let nick = (row.kind != ItemKind::System).then(|| row.nick.clone());
    LastLine { nick, own: row.own, text, at: row.at }
}

/// Sorts as text in the order of the timeline; also the cursor of a page.
fn order(row: &ItemRow) -> String {
    format!("{:019}-{:019}-{:019}", row.position, row.n, row.id)
}

fn parse_order(text: &str) -> Option<(i64, u64, i64)> {
    let (position, rest) = text.split_once('-')?;
    let (n, id) = rest.split_once('-')?;
    Some((position.parse().ok()?, n.parse::<i64>().ok()?.try_into().ok()?, id.parse().ok()?))
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Seconds by which this computer's clock and the relay's may differ without a word.
const CLOCKS_AGREE: i64 = 300;
/// Characters of a message in the list of rooms.
const PREVIEW: usize = 120;
