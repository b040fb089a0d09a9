//! What the owner orders of the relay (protocol 4.6.6, 4.6.8): each order is kept, signed, sent, and settled. What becomes of one is in
//! [`Order`]'s module in the store.

use std::time::Duration;

use conclave_crypto::owner::{self as crypto, SignedPanic};
use conclave_proto::{
    deed::Deed,
    frame::{Empty, Leased, OwnerOrder, Panic, Request},
    id::{Lane, PublicKey, Signature, Tag},
    owner::{self, SignedStatement, Statement},
};
use conclave_store::{Order, OrderRow, PendingRow, Phase, SignedOrder};

use super::{
    context::{Context, changes, locks, removes},
    door_word::{self, Door},
    fault::Fault,
    pending::commit_frame,
    session::Asked,
};
use crate::{error::ErrorCode, snapshot::LinkFault};

mod carry_out;
mod change;
mod heed;
pub(crate) mod moving;

/// What the owner wants of the room.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// What is to be carried out, as the file has it; none if it was not looked at since it changed.
    rows: Option<Vec<OrderRow>>,
    /// What was handed over on this connection, and on top of which commit.
    sent: Option<Sent>,
    /// Until when whoever leaves waits for the end of the room.
    waits_until: Option<Duration>,
    /// Whether nobody else may change the head meanwhile.
    turn: Turn,
}

/// The commit slot, for an order that others were faster than: an order names the head, and whoever makes one commit after the other,
/// with the invitation alone, would put it off for ever (protocol 4.7).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Turn {
    /// It is not needed.
    #[default]
    Unneeded,
    /// It is to be asked for, not before this.
    Wanted(Duration),
    /// The relay was asked.
    Asked,
    /// It is this client's until then.
    Held(Duration),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Sent {
    id: i64,
    head: [u8; 16],
}

/// What an order needs, signed and kept.
pub(super) struct Ready {
    signed: SignedOrder,
    /// The commit that travels with it.
    commit: Option<PendingRow>,
}

impl Orders {
    /// A person wants something.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`], [`ErrorCode::LockedForGood`], what is wrong with other params, [`ErrorCode::InvalidRequest`] where the
    /// room is not there for it, or what the disk says.
    pub(super) fn give(&mut self, cx: &mut Context, order: Order) -> Result<(), ErrorCode> {
        if cx.owner_key.is_none() {
            return Err(ErrorCode::NotOwner);
        }
        if cx.is_erasing() && order == Order::Erase {
            return Ok(());
        }
        let is_late = cx.closing && order != Order::Erase || cx.record.moved && order == Order::Unlock;
        if cx.group.is_none() || is_late || matches!(cx.record.phase, Phase::Gone | Phase::Ended) {
            return Err(ErrorCode::InvalidRequest);
        }
        if order == Order::Unlock && (cx.record.has_removed || cx.removing) {
            return Err(ErrorCode::LockedForGood);
        }
        let is_there = |id: &[u8; 16]| {
            cx.group.iter().any(|group| group.roster().iter().any(|member| member.id.0 == *id && !member.own))
        };
        match &order {
            Order::Remove(member) if !is_there(member) => return Err(ErrorCode::InvalidRequest),
            Order::Change(change) => change::check(change, cx.members())?,
            _ => {}
        }
        let kept = cx.step(|step| match &order {
            Order::Change(change) => step.keep_change(change.clone()),
            Order::Erase => step.order_erasure(),
            order => {
                let epoch = step.group()?.epoch();
                Ok(step.tx.keep_order(order, Some(epoch))?)
            }
        });
        self.rows = None;
        cx.people_changed();
        cx.tell_summary();
        if matches!(order, Order::Close | Order::Erase) {
            // A disk that keeps nothing keeps no room open: it ends if the app goes on until the relay is there.
            cx.closing = true;
            cx.erases |= order == Order::Erase;
            return Ok(());
        }
        cx.removing |= kept.is_ok() && matches!(order, Order::Remove(_));
        Ok(kept?)
    }

    /// The owner leaves a room that ends with its owner: how it went is told at the latest after [`PATIENCE`].
    ///
    /// # Errors
    /// As [`Orders::give`].
    pub(super) fn close_and_leave(&mut self, cx: &mut Context) -> Result<(), ErrorCode> {
        self.waits_until = Some(cx.now.steady.saturating_add(PATIENCE));
        if cx.closing || cx.is_erasing() { Ok(()) } else { self.give(cx, Order::Close) }
    }

    /// Whether whoever leaves has waited long enough for the end of the room, which comes as soon as the relay is there.
    pub(super) fn has_waited(&self, now: Duration) -> bool {
        self.waits_until.is_some_and(|until| until <= now)
    }

    /// When that is.
    pub(super) fn wakes_at(&self, now: Duration) -> Option<Duration> {
        let turn = if let Turn::Wanted(at) | Turn::Held(at) = self.turn { Some(at) } else { None };
        self.waits_until.into_iter().chain(turn).filter(|at| *at > now).min()
    }

    /// The commit slot is this client's.
    pub(super) fn leased(&mut self, cx: &Context, leased: &Leased) {
        self.turn = Turn::Held(cx.now.steady.saturating_add(Duration::from_millis(leased.ms.into())));
    }

    /// Somebody else has it until then.
    pub(super) fn lease_refused(&mut self, until: Duration) {
        self.turn = Turn::Wanted(until);
    }

    /// The connection ended, and with it what was asked on it.
    pub(super) fn link_lost(&mut self) {
        self.turn = Turn::default();
        // The next admission may tell of a newer statement.
        self.has_changed();
    }

    /// A refused order is sent again.
    pub(super) fn send_again(&mut self) {
        self.sent = None;
    }

    /// The file may have another order by now.
    pub(super) fn has_changed(&mut self) {
        (self.rows, self.sent) = (None, None);
    }

    /// Has the relay end the room. That needs no role but the owner's, wherever this client stands in the room.
    pub(super) fn drive_close(&mut self, cx: &mut Context) {
        let is_asked = cx.waits_for(|asked| matches!(asked, Asked::Close | Asked::Panic));
        let Some(key) = cx.proven_owner().filter(|_| !is_asked) else { return };
        if cx.erases {
            let SignedPanic { statement, sig_access, sig } =
                crypto::sign_panic(cx.keys.access_key(), &key, &cx.room_id(), cx.now.unix);
            let panic = Panic { statement: &statement, sig_access, pk: PublicKey(key.public()), sig };
            return cx.ask(Asked::Panic, Request::Panic(panic));
        }
        let counter = cx.record.owner_counter.saturating_add(1);
        let statement = Statement { room_id: cx.room_id(), counter, order: owner::Order::Close };
        let SignedStatement { statement, sig } = crypto::sign(&key, &statement);
        cx.ask(Asked::Close, Request::Owner(OwnerOrder { statement: &statement, sig, commit: None }));
    }

    /// Has the relay carry out what comes next.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if cx.owner_key.is_none() || !matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation) {
            return Ok(());
        }
        let rows = match self.rows.take() {
            Some(rows) => rows,
            None => cx.step(|step| step.open_orders())?,
        };
        (cx.removing, cx.locking, cx.changing) = (removes(&rows), locks(&rows), changes(&rows));
        match rows.iter().find(|row| is_for_the_relay(&row.order)) {
            Some(row) => self.hand_over(cx, row)?,
            None => self.renew_deed(cx),
        }
        self.rows.get_or_insert(rows);
        Ok(())
    }

    /// Gives the relay the deed of the params, where it has an older one (POLICY).
    fn renew_deed(&mut self, cx: &mut Context) {
        let deed = cx.group.as_ref().and_then(|group| Deed::parse(group.params().deed.as_deref()?).ok());
        let known = cx.session.as_ref().map_or(u64::MAX, |session| session.deed_rev);
        let Some(deed) = deed.filter(|deed| deed.rev() > known) else { return };
        if cx.waits_for(|asked| matches!(asked, Asked::Order(_) | Asked::Policy { .. })) {
            return;
        }
        let Some(key) = cx.proven_owner() else { return };
        let counter = cx.record.owner_counter.saturating_add(1);
        let asked = Asked::Policy { counter, rev: deed.rev() };
        let statement = Statement { room_id: cx.room_id(), counter, order: owner::Order::Policy(deed) };
        let SignedStatement { statement, sig } = crypto::sign(&key, &statement);
        cx.ask(asked, Request::Owner(OwnerOrder { statement: &statement, sig, commit: None }));
    }

    /// The relay goes by a newer deed.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn deed_is_renewed(&self, cx: &mut Context, counter: u64, rev: u64) -> Result<(), Fault> {
        self.keep_deed(cx, rev);
        cx.step(|step| {
            door_word::owner_has_signed(step.record, counter, Door::AsBefore);
            Ok(())
        })?;
        Ok(())
    }

    /// The relay keeps the deed that it has: it is not asked again on this connection.
    pub(super) fn keep_deed(&self, cx: &mut Context, rev: u64) {
        if let Some(session) = cx.session.as_mut() {
            session.deed_rev = session.deed_rev.max(rev);
        }
    }

    fn hand_over(&mut self, cx: &mut Context, row: &OrderRow) -> Result<(), Fault> {
        let Some(key) = cx.proven_owner() else { return Ok(()) };
        let sent = Sent { id: row.id, head: cx.record.head };
        let is_busy = |asked: &Asked| matches!(asked, Asked::Order(_) | Asked::Policy { .. } | Asked::Commit);
        if self.sent == Some(sent) || cx.waits_for(is_busy) || !self.has_turn(cx) {
            return Ok(());
        }
        let Some(Ready { signed, commit }) = cx.step(|step| step.prepare_order(row, &key))? else {
            cx.effects.changes.orders = true;
            return Ok(());
        };
        self.sent = Some(sent);
        let commit = commit.as_ref().map(|pending| commit_frame(Lane::Commit, pending));
        let order = OwnerOrder { statement: &signed.statement, sig: Signature(signed.sig), commit };
        cx.ask(Asked::Order(row.id), Request::Owner(order));
        Ok(())
    }

    /// Whether an order can go out now: at first it does without a turn, and once others were faster, in its turn.
    fn has_turn(&mut self, cx: &mut Context) -> bool {
        let now = cx.now.steady;
        if matches!(self.turn, Turn::Held(until) if until <= now) {
            self.turn = Turn::Wanted(now);
        }
        match self.turn {
            Turn::Unneeded | Turn::Held(_) => return true,
            Turn::Wanted(at) if at <= now => {
                self.turn = Turn::Asked;
                cx.ask(Asked::OrderLease, Request::Lease(Empty {}));
            }
            Turn::Wanted(_) | Turn::Asked => {}
        }
        false
    }

    /// The relay has carried an order out.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn carried_out(&mut self, cx: &mut Context, id: i64) -> Result<(), Fault> {
        self.has_changed();
        self.turn = Turn::default();
        Ok(cx.step(|step| step.order_is_carried_out(id))?)
    }

    /// The relay has another commit as its head than the order names. What came in between is on its way; then the order is signed
    /// anew, on top of that. The head, if nothing is on its way: it was set back.
    ///
    /// # Errors
    /// [`Fault::Retry`] if what the relay says cannot be.
    pub(super) fn overtaken(
        &mut self,
        cx: &Context,
        head: Option<Tag>,
        seq: Option<u64>,
    ) -> Result<Option<Tag>, Fault> {
        let (Some(head), Some(seq)) = (head, seq) else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
        if self.turn == Turn::Unneeded {
            self.turn = Turn::Wanted(cx.now.steady);
        }
        match () {
            () if seq > cx.record.cursor => Ok(None),
            () if head.0 != cx.record.head => Ok(Some(head)),
            // Processed while the refusal was on its way.
            () if self.sent.is_some_and(|sent| sent.head != cx.record.head) => Ok(None),
            () => Err(Fault::Retry(LinkFault::Misbehaved)),
        }
    }
}

/// Whether the relay carries it out. Other params are brought by a commit.
pub(super) fn is_for_the_relay(order: &Order) -> bool {
    !matches!(order, Order::Change(_))
}

/// How long whoever leaves waits for the end of the room.
const PATIENCE: Duration = Duration::from_secs(10);
