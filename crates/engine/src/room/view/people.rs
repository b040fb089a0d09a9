//! The room from inside: its people, rules, and what they compare.

use std::cmp::Reverse;

use conclave_crypto::{group::Member, verification};
use conclave_proto::{
    deed::PanicBy,
    id::MemberId,
    params::{self, RoomPolicy},
    shown,
};
use conclave_store::{Order, OrderRow};

use super::{
    super::{
        ending::{Witness, Witnesses},
        machine::Machine,
        step::StepError,
    },
    hex, item_id, sign,
};
use crate::{
    clock::Now,
    skeleton::Names,
    snapshot::{
        BurnReceipt, BurnReceipts, EraseBy, Knock, KnockHandle, MemberHandle, Person, Presence, Receipts, RoomView,
        Rules, Verification, Waiting,
    },
};

impl Machine {
    /// The room from inside.
    pub(crate) fn view(&mut self, now: Now) -> Result<RoomView, StepError> {
        self.cx.now = now;
        let (unsent, orders) = self.cx.store.read(|tx| Ok::<_, StepError>((tx.unsent_count()?, tx.orders()?)))?;
        let summary = self.summary();
        let mut view = RoomView {
            summary,
            note: String::new(),
            people: Vec::new(),
            rules: Rules::default(),
            verification: None,
            owner: self.cx.owner_key.is_some(),
            locked_for_good: self.cx.record.has_removed,
            waiting: orders.iter().filter_map(waiting).collect(),
            unsent,
            knocks: Vec::new(),
            takes_knocks: self.cx.room_takes_knocks(),
            read_to: item_id(self.cx.record.read_item),
            heard_since: self.cx.calendar.opened_at(),
            spoken: Vec::new(),
        };
        view.verification = self.verification();
        let names = self.names()?;
        view.knocks = self.knocks_shown()?;
        let heard = self.cx.store.read(|tx| tx.last_heard())?;
        // Whoever was heard in some hour was written down: this client has listened since then, or since the room was opened.
        view.heard_since =
            heard.iter().map(|(_, hour)| *hour).chain([self.cx.calendar.opened_at()]).min().unwrap_or_default();
        let Some(group) = self.cx.group.as_ref() else { return Ok(view) };
        let params = group.params();
        view.note = shown::block(&params.note);
        view.rules = rules(&params.policy);
        let since = |member: &Member| heard.iter().find(|(id, _)| *id == member.id.0).map(|(_, hour)| *hour);
        view.people = group.roster().iter().map(|member| self.person(&names, member, since(member))).collect();
        // Who has been away longest comes last, behind who was never there.
        view.people.sort_by_key(|person| (!person.own, person.presence, Reverse(person.heard_in)));
        Ok(view)
    }

    /// The words are slow on purpose, so they are kept until somebody comes or goes.
    fn verification(&mut self) -> Option<Verification> {
        let group = self.cx.group.as_ref().filter(|group| group.roster().len() > 1)?;
        let hash = verification::roster_hash(group.as_ref());
        let words = match &self.words {
            Some((known, words)) if *known == hash => words.clone(),
            _ => self.cx.crypto.words(&hash).iter().map(|word| (*word).to_owned()).collect(),
        };
        self.words = Some((hash, words.clone()));
        Some(Verification { words, session_code: verification::session_code(&group.keys().authenticator) })
    }

    fn person(&self, names: &Names, member: &Member, heard_in: Option<u64>) -> Person {
        let presence = self.presence.of(&self.cx, member);
        let is_hidden = self.cx.group.as_ref().is_some_and(|group| !group.params().policy.presence);
        let nick = &member.credential.nick;
        let (hue, shape) = sign(&member.id.0);
        Person {
            member: MemberHandle(hex(&member.id.0)),
            nick: nick.clone(),
            own: member.own,
            owner: member.owner,
            presence,
            heard_in: heard_in.filter(|_| presence != Presence::Here && !is_hidden),
            ambiguous: names.is_ambiguous(nick),
            hue,
            shape,
        }
    }

    /// Who knocks. A name counts as one of the room's, so that it is seen when it looks like another.
    fn knocks_shown(&mut self) -> Result<Vec<Knock>, StepError> {
        let knocks = self.knocks.shown(&mut self.cx)?;
        let mut shown = Vec::with_capacity(knocks.len());
        for seen in knocks {
            let names = self.names_with(Some((seen.candidate.id, &seen.candidate.credential.nick)))?;
            let nick = seen.candidate.credential.nick.clone();
            let (hue, shape) = sign(&seen.candidate.id.0);
            shown.push(Knock {
                knock: KnockHandle(hex(&seen.id)),
                ambiguous: names.is_ambiguous(&nick),
                nick,
                note: shown::block(&seen.note),
                words: seen.words.iter().map(|word| (*word).to_owned()).collect(),
                ends_at: seen.ends_at,
                hue,
                shape,
                state: seen.state,
            });
        }
        Ok(shown)
    }

    /// The names of everybody who is in the room, and those that people of the room had lately.
    fn names(&mut self) -> Result<Names, StepError> {
        self.names_with(None)
    }

    fn names_with(&mut self, other: Option<(MemberId, &str)>) -> Result<Names, StepError> {
        let now = self.cx.now.unix;
        let former = self.cx.store.read(|tx| tx.former_names(now))?;
        let roster = self.cx.group.as_ref().map(|group| group.roster()).unwrap_or_default();
        let present = roster.iter().map(|member| (member.id, member.credential.nick.as_str()));
        let former = former.iter().map(|(id, nick)| (MemberId(*id), nick.as_str()));
        Ok(Names::new(present.chain(former).chain(other)))
    }
}

fn waiting(row: &OrderRow) -> Option<Waiting> {
    match &row.order {
        Order::Lock => Some(Waiting::Lock),
        Order::Unlock => Some(Waiting::Unlock),
        Order::Remove(member) => Some(Waiting::Remove { member: MemberHandle(hex(member)) }),
        Order::Change(_) => Some(Waiting::Change),
        Order::Close | Order::Erase => None,
    }
}

/// Who has confirmed that a room is destroyed, for a UI.
pub(crate) fn receipts(witnesses: &Witnesses, listening: bool) -> BurnReceipts {
    let receipt = |Witness { id, nick, confirmed, .. }: &Witness| {
        let (hue, shape) = sign(id);
        BurnReceipt { member: MemberHandle(hex(id)), nick: nick.clone(), hue, shape, confirmed: *confirmed }
    };
    BurnReceipts { people: witnesses.people.iter().map(receipt).collect(), listening }
}

fn receipts_rule(rule: params::Receipts) -> Receipts {
    match rule {
        params::Receipts::None => Receipts::None,
        params::Receipts::Delivered => Receipts::Delivered,
        params::Receipts::Seen => Receipts::Seen,
    }
}

/// The rules that the owner signed and that something obeys, for a UI.
pub(crate) fn rules(policy: &RoomPolicy) -> Rules {
    Rules {
        message_ttl: policy.msg_ttl,
        idle_ttl: policy.idle_ttl,
        max_members: policy.max_members,
        needs_passphrase: policy.need_pass,
        owner_leave_closes: policy.owner_leave_closes,
        everything_view_once: policy.everything_view_once,
        receipts: receipts_rule(policy.receipts),
        presence: policy.presence,
        erase_by: match policy.panic_by {
            PanicBy::Owner => EraseBy::Owner,
            PanicBy::AnyMember => EraseBy::AnyMember,
        },
    }
}
