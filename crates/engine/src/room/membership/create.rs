//! Opening a room at its relay (protocol 4.6.1).

use conclave_proto::{
    frame::{Admission, Create, Request},
    id::{ClientNonce, PublicKey, Signature},
};
use conclave_seal::{
    rng,
    transcript::{self, Statement as _},
};
use conclave_store::{Note, Phase};

use super::{
    super::{context::Context, fault::Fault, session::Asked, step::StepError},
    Membership,
};
use crate::snapshot::LinkFault;

impl Membership {
    /// Opens the room at the relay. The bytes were stored when the room was made, so a lost answer repeats them.
    pub(in crate::room) fn drive_creation(&self, cx: &mut Context) -> Result<(), Fault> {
        if cx.session.is_none() || cx.waits_for(|asked| *asked == Asked::Create) {
            return Ok(());
        }
        let pending = cx.store.read(|tx| tx.pending())?.ok_or(StepError::NotNow)?;
        let client_nonce = rng::array::<16>(cx.rng.as_mut());
        let authority = cx.authority();
        let Some(session) = cx.session.as_mut() else { return Ok(()) };
        let Some(nonce) = session.nonce.take() else { return Ok(()) };
        let sig = transcript::Create {
            authority: &authority,
            server_nonce: nonce.as_bytes(),
            client_nonce: &client_nonce,
            room_id: cx.keys.room_id(),
            member_auth_key: &pending.member_key,
            exporter: &session.exporter,
            deed: &pending.blob,
        }
        .sign(cx.keys.access_key());
        let create = Create {
            deed: &pending.blob,
            mpk: PublicKey(pending.member_key),
            group_info: &pending.group_info,
            client_nonce: ClientNonce(client_nonce),
            sig: Signature(sig),
            pow: None,
            authority: &authority,
            place: &pending.place,
        };
        cx.ask(Asked::Create, Request::Create(create));
        Ok(())
    }

    pub(in crate::room) fn created(&self, cx: &mut Context, admission: &Admission) -> Result<(), Fault> {
        if let Some(session) = cx.session.as_mut() {
            session.nonce = Some(admission.next_nonce);
        }
        let (seat, seq, used) = (admission.seat.0, admission.head_seq, cx.first_use.clone());
        Fault::unless_counted(seq)?;
        cx.step(|step| {
            step.tx.clear_pending()?;
            step.keep_relay(used);
            step.record.phase = Phase::Member;
            step.record.seat = Some(seat);
            (step.record.cursor, step.record.cursor_mark) = (seq, None);
            step.note(&Note::Created)
        })?;
        Ok(())
    }

    /// The room is there already: an earlier attempt whose answer was lost. Its key proves whether it is ours.
    pub(in crate::room) fn creation_was_known(&self, cx: &mut Context) -> Result<(), Fault> {
        cx.step(|step| {
            step.tx.clear_pending()?;
            step.record.phase = Phase::Member;
            step.note(&Note::Created)
        })?;
        // The challenge is used up; a new connection brings another.
        Err(Fault::Retry(LinkFault::Busy))
    }
}
