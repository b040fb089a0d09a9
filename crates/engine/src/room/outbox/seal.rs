//! Numbering, freezing and sealing own messages, and what becomes of them when they come back (protocol 4.9).

use conclave_proto::{
    content::{AppMsg, Body, Hello, Publication},
    id::{Cid, Lane, MessageId, PrevHash},
    padding::FrameKind,
    params::Receipts,
};
use conclave_seal::{hash::sha256, rng};
use conclave_store::{ItemKind, OutgoingRow, Sealed, StoreError};
use zeroize::Zeroizing;

use super::super::{
    message::{KEPT, start_of_hash},
    step::{Step, StepError},
};

impl Step<'_, '_> {
    /// Seals a message for the current epoch and keeps the bytes, before anything is sent. What is sealed for this epoch
    /// already stays as it is. Beside the bytes stands what deletes them at the relay, for what has a line.
    pub(crate) fn prepare(&mut self, outgoing: OutgoingRow) -> Result<(Sealed, Option<[u8; 16]>), StepError> {
        let (base, is_erase) = (self.base()?, self.is_own_erase(&outgoing));
        if let Some(sealed) = outgoing.sealed.as_ref().filter(|sealed| sealed.base == base.0) {
            return Ok((sealed.clone(), outgoing.del_token));
        }
        let del_token = match outgoing.del_token {
            None if outgoing.item.is_some() => {
                let token = rng::array(self.rng);
                self.tx.set_del_token(outgoing.id, &token)?;
                Some(token)
            }
            known => known,
        };
        let message = match outgoing.message {
            Some(message) => message,
            None => self.freeze(&outgoing)?.into(),
        };
        let publication = Publication {
            message: message.to_vec(),
            age_s: outgoing.written_at.map_or(0, |at| saturated(self.now.unix.saturating_sub(at))),
            // Who was locked in is known by any of its leaves.
            links: if outgoing.other_leaf || is_erase { self.own_links()? } else { Vec::new() },
        };
        let publication = Zeroizing::new(publication.encode());
        let encrypted = self.with_group(|group, state, rng| group.encrypt(state, rng, &publication))?;
        let envelope = self.seal(Lane::Application, base, FrameKind::Mls, &encrypted)?;
        let cid = outgoing.cid.map_or_else(|| Cid(rng::array(self.rng)), Cid);
        let sealed = Sealed { cid: cid.0, digest: sha256(&envelope), envelope, base: base.0 };
        let readers: Vec<_> = self.group()?.roster().iter().map(|member| member.leaf_key.0).collect();
        self.tx.seal_outgoing(outgoing.id, &message, self.now.unix, &sealed, &readers)?;
        self.record.sent_since = self.record.sent_since.saturating_add(1);
        Ok((sealed, del_token))
    }

    /// Gives a message its number and its bytes, for as long as this client speaks from this leaf.
    pub(crate) fn freeze(&mut self, outgoing: &OutgoingRow) -> Result<Vec<u8>, StepError> {
        let drafted = Body::from_draft(outgoing.draft.expose()).map_err(|_| StoreError::Damaged)?;
        let body = match drafted {
            // The epoch may have changed since it was composed, and a HELLO is compared by those who are in the same one.
            Body::Hello(_) => self.hello()?,
            // So may the leaf, and with it the numbers.
            Body::Retract(retract) => Body::Retract(self.with_numbers(retract)?),
            drafted => drafted,
        };
        let n = self.record.own_n.saturating_add(1);
        let message = AppMsg {
            n,
            prev: PrevHash(self.record.own_prev),
            ts: outgoing.written_at.unwrap_or(self.now.unix),
            mid: MessageId(outgoing.mid),
            body,
            expire_s: outgoing.fuse,
            reply_mid: None,
            seen_seq: self.record.cursor,
        }
        .encode();
        if let Some(item) = outgoing.item {
            self.tx.set_item_number(item, n)?;
        }
        self.record.own_n = n;
        self.record.own_prev = start_of_hash(&message);
        Ok(message)
    }

    /// Who is in the room, as this client sees it now.
    pub(super) fn hello(&mut self) -> Result<Body, StepError> {
        Ok(Body::Hello(Hello { roster: self.roster_hash()?, head_seq: self.record.cursor }))
    }

    /// The relay has an own message: it came back.
    pub(crate) fn settle(&mut self, outgoing: &OutgoingRow, seq: u64) -> Result<(), StepError> {
        // An echo may be read long after the relay stored the message, and the others know it since then.
        let stored = outgoing.written_at.map_or(self.now.unix, |at| at.saturating_add(KEPT).min(self.now.unix));
        let kept_until = stored.saturating_add(KEPT);
        self.tx.outgoing_stored(outgoing.id, seq, kept_until)?;
        if self.is_own_erase(outgoing) {
            return self.own_erase_came(outgoing.mid);
        }
        let Some(item) = outgoing.item else { return Ok(()) };
        if let Some(token) = outgoing.del_token.filter(|_| seq != 0) {
            self.tx.add_copy(item, seq, &token)?;
        }
        if outgoing.replaces.is_none() {
            let position = self.next_position();
            let at = self.came_back(outgoing.written_at);
            self.tx.settle_item(item, position, at, Some(self.burns_at(at, self.ttl_with(outgoing.fuse))))?;
            self.tx.arm_card(item, self.burns_at(at, self.card_ttl(outgoing.fuse)))?;
        }
        // What was sent before stands where it stood.
        self.is_at_relay(item)?;
        self.changes.items.push(item);
        self.changes.summary = true;
        Ok(())
    }

    /// The relay has an own line: others confirm it, if they do, or it was taken back on its way.
    fn is_at_relay(&mut self, item: i64) -> Result<(), StepError> {
        let Some(row) = self.tx.item(item)? else { return Ok(()) };
        let confirms = self.group()?.params().policy.receipts != Receipts::None;
        match row.kind {
            ItemKind::Retracted => {
                self.tx.delete_copies(item)?;
                self.tx.empty_item(item)?;
                self.changes.deletions = true;
                Ok(())
            }
            ItemKind::ViewOnce => self.expect_own_confirmations(item),
            ItemKind::Text if confirms => self.expect_own_confirmations(item),
            ItemKind::Text | ItemKind::Move | ItemKind::Unsupported | ItemKind::System => Ok(()),
        }
    }

    fn expect_own_confirmations(&mut self, item: i64) -> Result<(), StepError> {
        let own = self.group()?.own().map(|own| own.id.0).unwrap_or_default();
        self.expect_confirmations(item, &own)
    }
}

fn saturated(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}
