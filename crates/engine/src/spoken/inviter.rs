//! Who reads aloud: opens a mailbox, waits in it, and hands the invitation to whoever proves the words. One guess: a proof that is
//! wrong ends the mailbox, and is not answered.

use std::{sync::Arc, time::Duration};

use conclave_crypto::spoken::{self, Run, SpokenError, SpokenWords, is_nameplate};
use conclave_proto::{
    Authority, ErrorCode as RelayError, RelayFrame,
    frame::{BoxMessage, BoxNew, BoxOpened, Reply, Request},
    handover::Handover,
    id::BoxId,
    limits,
};
use conclave_seal::rng::{self, Rng};

use super::{Mood, Requests, code_of_refusal, phase};
use crate::{error::ErrorCode, snapshot::SpokenState, visit::PATIENCE};

/// One spoken invitation, from BOX_NEW until it is over.
pub(super) struct Inviter {
    words: Arc<SpokenWords>,
    /// How both sides name the relay.
    relay: Authority,
    stage: Stage,
    mailbox: Option<Mailbox>,
    requests: Requests,
    until: Duration,
}

/// What the relay gave.
struct Mailbox {
    number: String,
    id: BoxId,
}

enum Stage {
    /// The relay is to give a number.
    Opening,
    /// Nobody has entered it.
    Waiting,
    /// Somebody has, and was sent this nonce.
    Entered([u8; 16]),
    /// Somebody's share was answered.
    Answered(spoken::Inviter),
    /// Somebody's proof is here, to be judged once the invitation is.
    Proven(spoken::Inviter, Vec<u8>),
    /// Somebody who knew the words was sent the invitation.
    HandedOver(spoken::HandedOver),
    Over(Result<SpokenState, ErrorCode>),
}

/// Where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    Opening,
    /// Anybody who enters is heard, or was.
    Stands(SpokenState),
    /// It has ended like that, or the relay gave no number.
    Over(Result<SpokenState, ErrorCode>),
}

impl Inviter {
    /// Asks for a mailbox at a relay that has greeted.
    pub(super) fn new(now: Duration, words: Arc<SpokenWords>, relay: Authority) -> Self {
        let mut requests = Requests::default();
        requests.push(Request::BoxNew(BoxNew { pow: None }));
        let (stage, until) = (Stage::Opening, now.saturating_add(PATIENCE));
        Self { words, relay, stage, mailbox: None, requests, until }
    }

    /// Where it stands.
    pub(super) fn progress(&self) -> Progress {
        match &self.stage {
            Stage::Opening => Progress::Opening,
            Stage::Waiting => Progress::Stands(SpokenState::Waiting),
            Stage::Entered(_) | Stage::Answered(_) | Stage::Proven(..) => Progress::Stands(SpokenState::InUse),
            Stage::HandedOver(_) => Progress::Stands(SpokenState::HandedOver),
            Stage::Over(outcome) => Progress::Over(*outcome),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over(_))
    }

    /// The number, once there is one.
    pub(super) fn number(&self) -> Option<&str> {
        self.mailbox.as_ref().map(|mailbox| mailbox.number.as_str())
    }

    /// The words, to be read aloud.
    pub(super) fn words(&self) -> &Arc<SpokenWords> {
        &self.words
    }

    /// The time at which [`Inviter::tick`] is due.
    pub(super) fn wakes_at(&self) -> Duration {
        self.until
    }

    /// What is to be sent.
    pub(super) fn take_frames(&mut self) -> Vec<Vec<u8>> {
        self.requests.take()
    }

    /// Whether somebody's proof waits for [`Inviter::judge`].
    pub(super) fn wants_handover(&self) -> bool {
        matches!(self.stage, Stage::Proven(..))
    }

    /// A frame of the relay.
    pub(super) fn frame(&mut self, now: Duration, rng: &mut dyn Rng, bytes: &[u8]) {
        let Ok(RelayFrame { rid, body }) = RelayFrame::decode(bytes) else { return self.misbehaved() };
        match body {
            _ if self.is_over() => {}
            Reply::BoxOpened(opened) => self.opened(now, opened),
            Reply::BoxJoined(joined) => self.entered(now, rng, joined.box_id),
            Reply::BoxMessage(message) => self.message(rng, &message),
            Reply::Refused(refusal) => self.refused(rid, refusal.code),
            Reply::BoxSent(_) | Reply::BoxClosed(_) => {}
            _ => self.misbehaved(),
        }
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Duration) {
        if now >= self.until && !self.is_over() {
            let outcome = match self.stage {
                Stage::Opening => Err(ErrorCode::RelayUnreachable),
                _ => Ok(SpokenState::Ended),
            };
            self.end(outcome, Mood::GivenUp);
        }
    }

    /// Judges the proof, and hands over what a right one earns; without it, as the room takes nobody in any more, nobody gets anything.
    pub(super) fn judge(&mut self, now: Duration, rng: &mut dyn Rng, handover: Option<&Handover>) {
        let (inviter, proof) = match std::mem::replace(&mut self.stage, Stage::Over(Ok(SpokenState::Ended))) {
            Stage::Proven(inviter, proof) => (inviter, proof),
            other => return self.stage = other,
        };
        let Some(handover) = handover else { return self.requests.close(Mood::GivenUp) };
        match inviter.hand_over(rng, &proof, &handover.to_bytes()) {
            Ok((handed_over, message)) => {
                self.requests.send(phase::HANDOVER, &message);
                (self.stage, self.until) = (Stage::HandedOver(handed_over), now.saturating_add(EXCHANGE));
            }
            Err(_) => self.wrong_words(),
        }
    }

    /// A person, or the end of the room, takes it back.
    pub(super) fn withdraw(&mut self) {
        if !self.is_over() {
            self.end(Ok(SpokenState::Ended), Mood::GivenUp);
        }
    }

    /// The connection ended.
    pub(super) fn link_lost(&mut self, reason: ErrorCode) {
        self.stage = match self.stage {
            Stage::Opening => Stage::Over(Err(reason)),
            Stage::Over(outcome) => Stage::Over(outcome),
            _ => Stage::Over(Ok(self.state_at_end(SpokenState::Ended))),
        };
    }

    fn opened(&mut self, now: Duration, opened: BoxOpened) {
        if !matches!(self.stage, Stage::Opening) || !is_nameplate(&opened.nameplate) {
            return self.misbehaved();
        }
        let ttl = Duration::from_secs(opened.ttl.into()).min(limits::BOX_TTL);
        self.mailbox = Some(Mailbox { number: opened.nameplate, id: opened.box_id });
        (self.stage, self.until) = (Stage::Waiting, now.saturating_add(ttl));
    }

    fn entered(&mut self, now: Duration, rng: &mut dyn Rng, box_id: BoxId) {
        let is_own = self.mailbox.as_ref().is_some_and(|mailbox| mailbox.id == box_id);
        if !matches!(self.stage, Stage::Waiting) || !is_own {
            return self.misbehaved();
        }
        let nonce = rng::array(rng);
        self.requests.send(phase::INVITER_NONCE, &nonce);
        (self.stage, self.until) = (Stage::Entered(nonce), now.saturating_add(EXCHANGE));
    }

    fn message(&mut self, rng: &mut dyn Rng, message: &BoxMessage) {
        if self.progress() != Progress::Stands(SpokenState::InUse) && !matches!(self.stage, Stage::HandedOver(_)) {
            return self.misbehaved();
        }
        match std::mem::replace(&mut self.stage, Stage::Over(Ok(SpokenState::Ended))) {
            Stage::Entered(nonce) if message.phase == phase::JOINER_SHARE => {
                match self.answer(rng, &nonce, &message.bytes) {
                    Ok((inviter, share)) => {
                        self.requests.send(phase::INVITER_SHARE, &share);
                        self.stage = Stage::Answered(inviter);
                    }
                    Err(_) => self.wrong_words(),
                }
            }
            Stage::Answered(inviter) if message.phase == phase::JOINER_PROOF => {
                self.stage = Stage::Proven(inviter, message.bytes.clone());
            }
            Stage::HandedOver(handed_over) if message.phase == phase::DONE => {
                // Whether it arrived or not: somebody who knew the words was given it.
                let mood = if handed_over.finish(&message.bytes).is_ok() { Mood::Done } else { Mood::GivenUp };
                self.end(Ok(SpokenState::HandedOver), mood);
            }
            Stage::HandedOver(_) => self.end(Ok(SpokenState::HandedOver), Mood::GivenUp),
            _ => self.wrong_words(),
        }
    }

    fn answer(
        &self,
        rng: &mut dyn Rng,
        inviter_nonce: &[u8; 16],
        message: &[u8],
    ) -> Result<(spoken::Inviter, Vec<u8>), SpokenError> {
        let mailbox = self.mailbox.as_ref().ok_or(SpokenError::Malformed)?;
        let (joiner_nonce, message) = message.split_first_chunk().ok_or(SpokenError::Malformed)?;
        let (authority, nameplate, box_id) = (&self.relay, mailbox.number.as_str(), &mailbox.id);
        let run = Run { authority, nameplate, box_id, joiner_nonce, inviter_nonce };
        spoken::Inviter::answer(rng, &self.words, &run, message)
    }

    fn refused(&mut self, rid: u32, code: RelayError) {
        let outcome = match (&self.stage, code) {
            (Stage::Opening, code) => Err(code_of_refusal(code)),
            (_, RelayError::BoxCrowded) if rid == 0 => Ok(SpokenState::Crowded),
            _ => Ok(SpokenState::Ended),
        };
        // The relay has ended the mailbox, so there is nothing to close.
        let outcome = outcome.map(|state| self.state_at_end(state));
        self.stage = Stage::Over(outcome);
    }

    fn wrong_words(&mut self) {
        self.end(Ok(SpokenState::WrongWords), Mood::WrongWords);
    }

    /// The relay sent what is not the protocol.
    fn misbehaved(&mut self) {
        let outcome = match self.stage {
            Stage::Opening => Err(ErrorCode::RelayMisbehaved),
            _ => Ok(SpokenState::Ended),
        };
        self.end(outcome, Mood::GivenUp);
    }

    fn end(&mut self, outcome: Result<SpokenState, ErrorCode>, mood: Mood) {
        if self.mailbox.is_some() {
            self.requests.close(mood);
        }
        let outcome = outcome.map(|state| self.state_at_end(state));
        self.stage = Stage::Over(outcome);
    }

    /// What was handed over stays handed over, whatever comes then.
    fn state_at_end(&self, state: SpokenState) -> SpokenState {
        if matches!(self.stage, Stage::HandedOver(_)) { SpokenState::HandedOver } else { state }
    }
}

/// For the exchange, once somebody has entered: apps answer by themselves.
pub(super) const EXCHANGE: Duration = Duration::from_secs(30);
