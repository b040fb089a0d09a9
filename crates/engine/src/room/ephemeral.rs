//! Ephemerals (protocol 4.12): sealed and signed on the way out; verified, and held against the replay window, on the way in. What one
//! says is for the part that it names.

use std::collections::BTreeMap;

use conclave_crypto::envelope::{self, Place as EnvelopePlace};
use conclave_proto::{
    content::{Ephemeral, EphemeralType},
    frame::{ClientFrame, Ephemeral as EphemeralFrame, Request},
    id::{Lane, MemberId, Signature, Tag},
    padding::FrameKind,
};

use super::{context::Context, session::UNANSWERED, step::StepError};

/// What this client counts of its own ephemerals, and of others'.
#[derive(Debug, Default)]
pub(super) struct Ephemerals {
    /// Counts own ones within a second.
    sent: u64,
    /// The newest counter of every leaf in this epoch.
    counters: BTreeMap<u32, u64>,
    /// The epoch of `counters`.
    counted_in: Option<Tag>,
}

/// An ephemeral of another member, verified and new.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Received {
    pub(super) sender: MemberId,
    /// What it is about; none for what this version does not know.
    pub(super) kind: Option<EphemeralType>,
    /// What belongs to that.
    pub(super) body: Vec<u8>,
}

impl Ephemerals {
    /// Tells the others something that is not stored.
    ///
    /// # Errors
    /// [`StepError::NotNow`] if it does not fit into an envelope.
    pub(super) fn send(&mut self, cx: &mut Context, kind: EphemeralType, body: Vec<u8>) -> Result<(), StepError> {
        let ts = relay_time(cx);
        let room_id = cx.room_id();
        let Some(group) = cx.group.as_ref() else { return Ok(()) };
        self.sent = self.sent.wrapping_add(1) & 0xffff;
        let ctr = (u64::from(ts) << 16) | self.sent;
        let sig = Signature([0; 64]);
        let mut ephemeral = Ephemeral { leaf: group.own_leaf(), ctr, ts, kind: kind.number(), body, sig };
        ephemeral.sig = group.sign_ephemeral(&ephemeral.signed_part(&group.base()));
        let place = EnvelopePlace { lane: Lane::Ephemeral, room_id, base: group.base() };
        let key = &group.keys().ephemeral;
        let sealed = envelope::seal(cx.rng.as_mut(), key, &place, FrameKind::Ephemeral, &ephemeral.encode());
        let blob = sealed.map_err(|_| StepError::NotNow)?;
        let body = Request::Ephemeral(EphemeralFrame { blob: &blob });
        cx.effects.frames.push(ClientFrame { rid: UNANSWERED, body }.encode());
        Ok(())
    }

    /// Opens and verifies an ephemeral. What does not verify is dropped without a word: it may belong to an epoch that just ended.
    pub(super) fn receive(&mut self, cx: &Context, blob: &[u8]) -> Option<Received> {
        let group = cx.group.as_ref()?;
        let base = group.base();
        let place = EnvelopePlace { lane: Lane::Ephemeral, room_id: cx.room_id(), base };
        let frame = envelope::open(&group.keys().ephemeral, &place, blob).ok()?;
        let ephemeral = Ephemeral::decode(&frame.data).ok()?;
        if frame.kind != FrameKind::Ephemeral || ephemeral.ts.abs_diff(relay_time(cx)) > AGE {
            return None;
        }
        let signed = ephemeral.signed_part(&base);
        group.verify_ephemeral(ephemeral.leaf, &signed, &ephemeral.sig).ok()?;
        let sender = group.roster().iter().find(|member| member.leaf == ephemeral.leaf && !member.own)?.id;
        if self.counted_in != Some(base) {
            self.counters.clear();
            self.counted_in = Some(base);
        }
        let newest = self.counters.entry(ephemeral.leaf).or_insert(0);
        if ephemeral.ctr <= *newest {
            return None;
        }
        *newest = ephemeral.ctr;
        let (kind, body) = (EphemeralType::from_number(ephemeral.kind), ephemeral.body);
        Some(Received { sender, kind, body })
    }
}

/// The relay's clock, which all in the room share, whatever their own ones say; unix seconds. A relay that lies about it hides people,
/// or shows somebody who has gone for as long as it has ephemerals that it kept back: who is here is its word (protocol 4.12).
fn relay_time(cx: &Context) -> u32 {
    let time = match cx.session.as_ref().map(|session| session.relay_time) {
        Some((greeted, at)) => greeted.saturating_add(cx.now.steady.saturating_sub(at).as_secs()),
        None => cx.now.unix,
    };
    u32::try_from(time).unwrap_or(u32::MAX)
}

/// Seconds by which the time in an ephemeral may differ from the relay's.
const AGE: u32 = 300;
