//! Signing an order for where the room stands, and what follows in the file once the relay has carried it out.

use conclave_crypto::{group::Change, owner};
use conclave_proto::{
    content::{Body, RoomStateNote},
    id::{Lane, Signature, Tag},
    owner::{HeadOrder, Order as Wanted, SignedStatement, Statement},
};
use conclave_seal::sign::SigningKey;
use conclave_store::{Note, Order, OrderRow, PendingKind, PendingRow, SignedOrder};

use super::{
    super::{
        door_word::{self, Door},
        message::GIVEN_UP,
        pending::NewCommit,
        step::{Step, StepError},
    },
    Ready, is_for_the_relay,
};

impl Step<'_, '_> {
    /// What is to be carried out, the first one first. An order that was carried out, and whose answer was lost, is settled: where the
    /// relay knows a newer statement, the state of the room tells.
    pub(crate) fn open_orders(&mut self) -> Result<Vec<OrderRow>, StepError> {
        let mut rows = self.tx.orders()?;
        while let Some(next) = rows.iter().position(|row| is_for_the_relay(&row.order))
            && let Some(row) = rows.get(next)
            && self.is_carried_out(row)?
        {
            let settled = rows.remove(next);
            self.announce(&settled)?;
        }
        Ok(rows)
    }

    /// Whether the relay knows the order, or a newer one, and the room is as it says.
    fn is_carried_out(&mut self, row: &OrderRow) -> Result<bool, StepError> {
        let is_known = row.signed.as_ref().is_some_and(|signed| signed.counter <= self.record.owner_counter);
        let is_so = match &row.order {
            Order::Lock => self.record.locked,
            Order::Unlock => !self.record.locked,
            Order::Remove(member) => self.leaf_of(member)?.is_none(),
            Order::Close | Order::Erase | Order::Change(_) => false,
        };
        Ok(is_known && is_so)
    }

    /// The order as it is to be sent now. None if nothing is to be done any more: the row is gone.
    pub(crate) fn prepare_order(&mut self, row: &OrderRow, key: &SigningKey) -> Result<Option<Ready>, StepError> {
        let at = HeadOrder { head: Tag(self.record.head), base: self.base()?, commit: None };
        let (wanted, commit) = match &row.order {
            Order::Close | Order::Erase | Order::Change(_) => return Ok(None),
            Order::Lock => (Wanted::Lock(at), None),
            // It was given before somebody was removed, or by another copy of these files.
            Order::Unlock if self.record.has_removed => {
                self.tx.settle_order(row.id)?;
                return Ok(None);
            }
            Order::Unlock => (Wanted::Unlock(at), None),
            Order::Remove(member) => {
                let Some(commit) = self.removal(member)? else {
                    self.tx.settle_order(row.id)?;
                    return Ok(None);
                };
                (Wanted::Lock(HeadOrder { commit: Some(Tag(commit.tag)), ..at }), Some(commit))
            }
        };
        let counter = self.record.owner_counter.saturating_add(1);
        let statement = Statement { room_id: self.room_id(), counter, order: wanted };
        // The same bytes again, as long as they fit.
        let signed = match row.signed.as_ref().filter(|signed| signed.statement == statement.to_bytes()) {
            Some(signed) => signed.clone(),
            None => {
                let SignedStatement { statement, sig } = owner::sign(key, &statement);
                let signed = SignedOrder { counter, statement, sig: sig.0 };
                self.tx.sign_order(row.id, Some(&signed))?;
                signed
            }
        };
        Ok(Some(Ready { signed, commit }))
    }

    /// The commit that removes a member, made at the own base; none if that one is out already.
    fn removal(&mut self, member: &[u8; 16]) -> Result<Option<PendingRow>, StepError> {
        let base = self.base()?;
        let pending = self.tx.pending()?;
        if let Some(pending) = pending.filter(|it| it.kind == PendingKind::Ordered && it.base == base.0) {
            return Ok(Some(pending));
        }
        let Some(leaf) = self.leaf_of(member)? else { return Ok(None) };
        self.tx.give_up_pending(GIVEN_UP)?;
        let commit = self.with_group(|group, state, rng| group.commit(state, rng, Change::Remove(vec![leaf])))?;
        let bases = self.branch_bases()?;
        let leaf_key = SigningKey::from_seed(&self.group()?.leaf_key().expose_seed());
        let pending = self.keep_commit(&NewCommit {
            kind: PendingKind::Ordered,
            lane: Lane::Commit,
            head: base,
            base,
            message: &commit.commit,
            group_info: &commit.group_info,
            member_key: commit.member_auth_key,
            leaf_key: &leaf_key,
            bases: &bases,
            fork: None,
        })?;
        Ok(Some(pending))
    }

    fn leaf_of(&mut self, member: &[u8; 16]) -> Result<Option<u32>, StepError> {
        Ok(self.group()?.roster().iter().find(|known| known.id.0 == *member && !known.own).map(|known| known.leaf))
    }

    /// The relay has carried an order out. A removal is over once its commit comes.
    pub(crate) fn order_is_carried_out(&mut self, id: i64) -> Result<(), StepError> {
        let Some(row) = self.tx.orders()?.into_iter().find(|row| row.id == id) else { return Ok(()) };
        match row.order {
            Order::Close | Order::Erase | Order::Remove(_) | Order::Change(_) => return Ok(()),
            // The relay's head is the own base now, whatever was on top of it.
            Order::Lock | Order::Unlock => self.record.head = self.base()?.0,
        }
        self.announce(&row)
    }

    /// An own commit with this tag came in its place in the log. If it travelled with an order, that is carried out.
    pub(crate) fn removal_is_carried_out(&mut self, tag: Tag) -> Result<(), StepError> {
        for row in self.tx.orders()? {
            let statement = row.signed.as_ref().and_then(|signed| Statement::parse(&signed.statement).ok());
            if let Some(Statement { order: Wanted::Lock(HeadOrder { commit: Some(commit), .. }), .. }) = statement
                && commit == tag
            {
                return self.announce(&row);
            }
        }
        Ok(())
    }

    /// The order is settled: a line says so here, and a message with the statement to the others.
    fn announce(&mut self, row: &OrderRow) -> Result<(), StepError> {
        self.tx.settle_order(row.id)?;
        self.changes.summary = true;
        self.changes.people = true;
        self.changes.orders = true;
        let Some(signed) = &row.signed else { return Ok(()) };
        if let Ok(Statement { order: Wanted::Lock(at), .. }) = Statement::parse(&signed.statement) {
            self.lock_in(&at, row.epoch)?;
        }
        let door = if row.order == Order::Unlock { Door::Open } else { Door::Locked };
        door_word::owner_has_signed(self.record, signed.counter, door);
        self.note(if row.order == Order::Unlock { &Note::Unlocked } else { &Note::Locked })?;
        if self.group()?.roster().len() > 1 {
            let said =
                RoomStateNote { statement: signed.statement.clone(), sig: Signature(signed.sig), epoch: row.epoch };
            self.owe_unseen(&Body::RoomState(said))?;
        }
        Ok(())
    }
}
