//! Receipts: what this client confirms of others' messages where the room wants that, and always that a card was opened (SPEC 9).

use std::time::Duration;

use conclave_proto::{
    content::{Body, Receipt, ReceiptKind},
    id::MessageId,
    params::Receipts as Rule,
};
use conclave_store::{Confirmed, Phase};

use super::super::{
    context::Context,
    fault::Fault,
    step::{Step, StepError},
};

/// When messages are confirmed, by the steady clock: a while after they came, so that one receipt does for many.
#[derive(Debug, Default)]
pub(in crate::room) struct Receipts {
    due_at: Option<Duration>,
}

impl Receipts {
    /// Lines came, or were seen.
    pub(in crate::room) fn has_changed(&mut self, cx: &Context) {
        if rule(cx) != Rule::None {
            self.due_at.get_or_insert(cx.now.steady.saturating_add(GATHERS));
        }
    }

    /// Confirms what is due.
    ///
    /// # Errors
    /// What the disk says.
    pub(in crate::room) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if !cx.is_live() || cx.record.phase != Phase::Member || self.due_at.is_none_or(|at| at > cx.now.steady) {
            return Ok(());
        }
        let rule = rule(cx);
        let is_more = cx.step(|step| step.confirm_lines(rule))?;
        self.due_at = is_more.then(|| cx.now.steady.saturating_add(GATHERS));
        Ok(())
    }

    /// When [`Receipts::drive`] has something to do.
    pub(in crate::room) fn wakes_at(&self, cx: &Context) -> Option<Duration> {
        self.due_at.filter(|_| cx.is_live() && cx.record.phase == Phase::Member)
    }
}

fn rule(cx: &Context) -> Rule {
    cx.group.as_ref().map_or(Rule::None, |group| group.params().policy.receipts)
}

impl Step<'_, '_> {
    /// Confirms lines of others, as the rule says. `true` if there are more.
    fn confirm_lines(&mut self, rule: Rule) -> Result<bool, StepError> {
        let (mut is_more, newest) = (false, self.tx.newest_item()?);
        if rule == Rule::Seen {
            let (from, to) = (self.record.viewed_item, self.record.read_item);
            self.record.viewed_item = self.confirm_some(ReceiptKind::Viewed, from, to, &mut is_more)?;
        }
        if rule != Rule::None {
            // What was seen has come.
            let from = self.record.delivered_item.max(self.record.viewed_item);
            self.record.delivered_item = self.confirm_some(ReceiptKind::Delivered, from, newest, &mut is_more)?;
        }
        Ok(is_more)
    }

    /// Confirms lines behind `from` and up to `to`, as many as one receipt takes. Returns how far it came.
    fn confirm_some(&mut self, kind: ReceiptKind, from: i64, to: i64, is_more: &mut bool) -> Result<i64, StepError> {
        let lines = self.tx.unconfirmed(from, to, AT_ONCE)?;
        let is_full = u32::try_from(lines.len()).unwrap_or(u32::MAX) >= AT_ONCE;
        *is_more |= is_full;
        let mids: Vec<[u8; 16]> = lines.iter().map(|(_, mid)| *mid).collect();
        if !mids.is_empty() {
            self.owe_receipt(kind, &mids)?;
        }
        Ok(match lines.last() {
            Some((last, _)) if is_full => *last,
            _ => to.max(from),
        })
    }

    /// Owes the others a receipt.
    pub(super) fn owe_receipt(&mut self, kind: ReceiptKind, mids: &[[u8; 16]]) -> Result<(), StepError> {
        self.owe_unseen(&Body::Receipt(Receipt { kind, mids: mids.iter().map(|mid| MessageId(*mid)).collect() }))
    }

    /// Somebody confirms messages.
    pub(super) fn heed_receipt(&mut self, sender: &[u8; 16], receipt: &Receipt) -> Result<(), StepError> {
        let confirmed = match receipt.kind {
            ReceiptKind::Delivered => Confirmed::Delivered,
            ReceiptKind::Viewed => Confirmed::Viewed,
        };
        for mid in &receipt.mids {
            self.is_confirmed(&mid.0, sender, confirmed)?;
        }
        Ok(())
    }
}

/// For how long confirmations gather before they go out.
const GATHERS: Duration = Duration::from_secs(3);
/// How many messages one receipt confirms.
const AT_ONCE: u32 = 64;
