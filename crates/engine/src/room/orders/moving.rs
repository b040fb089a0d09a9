//! Moving a room (SPEC 9, MOVE): its owner has made another one, with another code, and tells all members where it is. By that the old
//! room is locked, so that nobody comes into what the others leave; it ends once everybody else has left it, or nobody can follow any more.

use conclave_crypto::link::Invitation;
use conclave_proto::{
    content::Move,
    deed::PanicBy,
    params::{Receipts, RoomPolicy},
};
use conclave_store::{MoveLine, MoveRow, Order, OutgoingRow, Phase};
use zeroize::Zeroizing;

use super::{
    super::{
        context::Context,
        step::{Step, StepError},
    },
    Orders,
};
use crate::{
    api::NewRules,
    error::ErrorCode,
    silent::silent,
    snapshot::{self, EraseBy},
};

/// What a room is to be that takes the place of another one.
pub(crate) struct Successor {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) nick: String,
    pub(crate) rules: NewRules,
}

/// What becomes of a room once this person is in the one that takes its place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Parting {
    /// It stays: its owner is this person, or it leads there no more.
    Stays,
    /// It is left.
    Leaves,
    /// It is left once the relay has what was written in it.
    Waits,
}

silent! {
    Successor { rules }
}

/// What the room is to be that takes the place of this one. Whoever is in this one now is told of it, and nobody else unasked.
///
/// # Errors
/// [`ErrorCode::NotOwner`], [`ErrorCode::InvalidRequest`] where the room is not there for it or has moved, or what the disk says.
pub(crate) fn successor(cx: &mut Context) -> Result<Successor, ErrorCode> {
    if cx.owner_key.is_none() {
        return Err(ErrorCode::NotOwner);
    }
    let is_in = matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation);
    let is_there = is_in && !cx.closing && !cx.is_erasing() && !cx.record.moved;
    let params = cx.group.as_ref().filter(|_| is_there).ok_or(ErrorCode::InvalidRequest)?.params();
    let successor = Successor {
        title: params.title.clone(),
        note: params.note.clone(),
        nick: cx.record.nick.clone(),
        rules: rules(&params.policy),
    };
    cx.step(|step| Ok(step.tx.set_move_readers(&step.readers().to_keys())?))?;
    Ok(successor)
}

/// The same rules, with an open door: whoever follows is to come in.
fn rules(policy: &RoomPolicy) -> NewRules {
    NewRules {
        message_ttl: policy.msg_ttl,
        idle_ttl: policy.idle_ttl,
        max_members: policy.max_members,
        owner_leave_closes: policy.owner_leave_closes,
        everything_view_once: policy.everything_view_once,
        receipts: match policy.receipts {
            Receipts::None => snapshot::Receipts::None,
            Receipts::Delivered => snapshot::Receipts::Delivered,
            Receipts::Seen => snapshot::Receipts::Seen,
        },
        presence: policy.presence,
        erase_by: match policy.panic_by {
            PanicBy::Owner => EraseBy::Owner,
            PanicBy::AnyMember => EraseBy::AnyMember,
        },
        locked: false,
    }
}

/// What becomes of this room, in which others were told where it goes on, once this person is there. A move that was taken back, or
/// leads to another room by now, is no reason to leave; and what the relay does not have yet would go with the room.
///
/// # Errors
/// What the disk says.
pub(crate) fn parting(cx: &mut Context, to: &Move) -> Result<Parting, StepError> {
    let (moved, unsent) = cx.store.read(|tx| Ok::<_, StepError>((tx.newest_move()?, tx.unsent_count()?)))?;
    let leads_there = moved.is_some_and(|moved| is_same_room(&moved.row.link, to));
    Ok(match leads_there {
        false => Parting::Stays,
        true if unsent > 0 && cx.members() > 1 => Parting::Waits,
        true => Parting::Leaves,
    })
}

impl Orders {
    /// Ends a room that was moved, once nobody else is in it and the owner has read what was written there meanwhile, or the invitation to
    /// the new one has burned. Whether it did. By a clock that was ahead when the app was opened it burns here and nowhere else: so the
    /// relay's has to agree, which alone ends nothing either.
    ///
    /// # Errors
    /// What the disk says.
    pub(in crate::room) fn end_moved(&mut self, cx: &mut Context) -> Result<bool, StepError> {
        if !cx.record.moved || cx.owner_key.is_none() {
            return Ok(false);
        }
        let relay_now = cx.relay_now();
        let read = cx.record.read_item;
        let (moved, unread) = cx.store.read(|tx| {
            let moved = tx.newest_move()?.filter(|moved| moved.own);
            let since = moved.as_ref().map_or(read, |moved| read.max(moved.row.item));
            Ok::<_, StepError>((moved, tx.unread_after(since)?))
        })?;
        let is_over = match moved {
            Some(MoveLine { expires_at: Some(at), .. }) if cx.record.moved_until == 0 => {
                let left = at.saturating_sub(cx.now.unix);
                cx.step(|step| {
                    step.record.moved_until = relay_now.saturating_add(left);
                    Ok(())
                })?;
                false
            }
            Some(_) => false,
            None => cx.record.moved_until <= relay_now,
        };
        let is_over = is_over || cx.members() == 1 && unread == 0;
        Ok(is_over && self.give(cx, Order::Close).is_ok())
    }
}

impl Step<'_, '_> {
    /// The owner tells all members where the room goes on, and locks it. Nothing happens where that was done before.
    pub(crate) fn move_to(&mut self, to: &Move) -> Result<(), StepError> {
        if self.record.moved {
            return Ok(());
        }
        let wanted = self.tx.orders()?.iter().rev().find_map(|row| match row.order {
            Order::Lock | Order::Remove(_) => Some(true),
            Order::Unlock => Some(false),
            Order::Close | Order::Erase | Order::Change(_) => None,
        });
        if !wanted.unwrap_or(self.record.locked) {
            let epoch = self.epoch_of_readers()?;
            self.tx.keep_order(&Order::Lock, Some(epoch))?;
            self.changes.orders = true;
        }
        (self.record.moved, self.record.moved_until) = (true, 0);
        self.compose_move(to)
    }

    /// In the place of a line that leads to one room, another one leads to the room that has taken its place.
    pub(crate) fn move_on(&mut self, from: &Move, to: &Move) -> Result<(), StepError> {
        let newest = self.tx.newest_move()?.filter(|moved| moved.own);
        let Some(moved) = newest.filter(|moved| is_same_room(&moved.row.link, from)) else { return Ok(()) };
        self.compose_move(to)?;
        self.retract(moved.row.item)?;
        (self.record.moved, self.record.moved_until) = (true, 0);
        Ok(())
    }

    /// Keeps with its line where the room goes on.
    pub(crate) fn keep_move(&mut self, item: i64, to: &Move) -> Result<(), StepError> {
        let passphrase = to.passphrase.as_ref().map(|key| Zeroizing::new(*key.expose_secret()));
        let row = MoveRow { item, link: Zeroizing::new(to.link.clone()), passphrase };
        self.changes.summary = true;
        Ok(self.tx.add_move(&row)?)
    }

    /// The newest epoch in which nobody was here whom the owner does not tell: who came behind that is not vouched for by the lock either.
    fn epoch_of_readers(&mut self) -> Result<u64, StepError> {
        let told = self.tx.move_readers()?;
        let group = self.group()?;
        let strangers = group.roster().iter().filter(|member| !member.own && !told.contains(&member.leaf_key.0));
        let came = strangers.filter_map(|member| member.credential.since).min();
        Ok(came.map_or(group.epoch(), |since| since.saturating_sub(1)))
    }

    /// Whether a message says where the room goes on, and somebody is here now whom its owner does not tell: a relay may have let somebody
    /// in again who was removed, under another name. What was said to all is published again as any message is.
    pub(crate) fn waits_for_readers(&self, outgoing: &OutgoingRow) -> Result<bool, StepError> {
        let Some(item) = outgoing.item.filter(|_| self.record.moved && outgoing.replaces.is_none()) else {
            return Ok(false);
        };
        Ok(self.tx.move_of(item)?.is_some() && !self.readers().is_subset(&self.tx.move_readers()?))
    }

    /// The owner has these told as well, of those who came in since the room was to move.
    ///
    /// # Errors
    /// [`StepError::NotNow`] if it was not, or one of them is not there; or what the disk says.
    pub(crate) fn tell_newcomers(&mut self, members: &[[u8; 16]]) -> Result<(), StepError> {
        let group = self.group.as_ref().filter(|_| self.record.moved).ok_or(StepError::NotNow)?;
        let key_of =
            |id: &[u8; 16]| group.roster().iter().find(|member| member.id.0 == *id).map(|member| member.leaf_key.0);
        let keys: Vec<_> = members.iter().map(key_of).collect::<Option<_>>().ok_or(StepError::NotNow)?;
        self.tx.add_move_readers(&keys)?;
        (self.changes.published_again, self.changes.summary) = (true, true);
        Ok(())
    }

    /// An own line is taken back. If it says where the room goes on, that stays as it is, and does not end by itself.
    pub(crate) fn moves_no_more(&mut self, item: i64) -> Result<(), StepError> {
        self.record.moved &= self.tx.move_of(item)?.is_none();
        Ok(())
    }

    /// Whether a move names another room, and where that is.
    pub(crate) fn leads_elsewhere(&mut self, to: &Move) -> Result<bool, StepError> {
        let own = self.group()?.code();
        let named = Invitation::parse(&to.link).ok();
        Ok(named.is_some_and(|named| named.code.secret().expose_secret() != own.secret().expose_secret()))
    }
}

/// Whether two links name the same room.
fn is_same_room(link: &str, to: &Move) -> bool {
    let [Ok(one), Ok(other)] = [Invitation::parse(link), Invitation::parse(&to.link)] else { return false };
    one.code.secret().expose_secret() == other.code.secret().expose_secret()
}
