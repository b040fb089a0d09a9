//! Who has heard it: enters the mailbox, proves the words first, and takes what is handed over.

use conclave_crypto::{
    link::Invitation,
    spoken::{self, Run, Spoken, SpokenError},
};
use conclave_proto::{
    Authority, ErrorCode as RelayError, RelayFrame,
    frame::{BoxJoin, BoxMessage, Reply, Request},
    handover::Handover,
    id::BoxId,
};
use conclave_seal::rng::{self, Rng};

use super::{Mood, Requests, code_of_refusal, phase};
use crate::error::ErrorCode;

/// One try, from BOX_JOIN until the invitation is there, or not.
pub(super) struct Joiner {
    heard: Spoken,
    /// How both sides name the relay.
    relay: Authority,
    stage: Stage,
    requests: Requests,
}

enum Stage {
    /// What the run needs comes in either order: the relay answers, and the inviter hears of it and sends a nonce.
    Entering {
        box_id: Option<BoxId>,
        inviter_nonce: Option<[u8; 16]>,
    },
    Shared(spoken::Joiner),
    Proven(spoken::Proven),
    Over,
}

/// What is handed over is no invitation, or nobody heard of such a step.
const MALFORMED: ErrorCode = ErrorCode::SpokenMalformed;

impl Joiner {
    /// Enters the mailbox at a relay that has greeted.
    pub(super) fn new(heard: Spoken, relay: Authority) -> Self {
        let mut requests = Requests::default();
        requests.push(Request::BoxJoin(BoxJoin { nameplate: &heard.nameplate, pow: None }));
        Self { heard, relay, stage: Stage::Entering { box_id: None, inviter_nonce: None }, requests }
    }

    /// What is to be sent.
    pub(super) fn take_frames(&mut self) -> Vec<Vec<u8>> {
        self.requests.take()
    }

    /// A frame of the relay. What is handed over comes once.
    ///
    /// # Errors
    /// Why there will be no invitation; the other side is told nothing but that it is over.
    pub(super) fn frame(
        &mut self,
        rng: &mut dyn Rng,
        bytes: &[u8],
    ) -> Result<Option<(Handover, Invitation)>, ErrorCode> {
        let frame = RelayFrame::decode(bytes).map_err(|_| ErrorCode::RelayMisbehaved)?;
        let taken = match frame.body {
            Reply::BoxJoined(joined) => self.entered(rng, joined.box_id).map(|()| None),
            Reply::BoxMessage(message) => self.message(rng, &message),
            Reply::Refused(refusal) => Err(self.refused(refusal.code)),
            Reply::BoxSent(_) => Ok(None),
            _ => Err(ErrorCode::RelayMisbehaved),
        };
        match taken {
            Ok(Some(_)) => self.stage = Stage::Over,
            Ok(None) => {}
            Err(_) => {
                self.stage = Stage::Over;
                self.requests.close(Mood::GivenUp);
            }
        }
        taken
    }

    fn entered(&mut self, rng: &mut dyn Rng, entered: BoxId) -> Result<(), ErrorCode> {
        let Stage::Entering { box_id: box_id @ None, .. } = &mut self.stage else {
            return Err(ErrorCode::RelayMisbehaved);
        };
        *box_id = Some(entered);
        self.share(rng);
        Ok(())
    }

    fn message(
        &mut self,
        rng: &mut dyn Rng,
        message: &BoxMessage,
    ) -> Result<Option<(Handover, Invitation)>, ErrorCode> {
        match (std::mem::replace(&mut self.stage, Stage::Over), message.phase) {
            (Stage::Entering { box_id, inviter_nonce: None }, phase::INVITER_NONCE) => {
                let nonce = message.bytes.as_slice().try_into().map_err(|_| MALFORMED)?;
                self.stage = Stage::Entering { box_id, inviter_nonce: Some(nonce) };
                self.share(rng);
                Ok(None)
            }
            (Stage::Shared(joiner), phase::INVITER_SHARE) => {
                let (proven, proof) = joiner.prove(&message.bytes).map_err(code_of)?;
                self.requests.send(phase::JOINER_PROOF, &proof);
                self.stage = Stage::Proven(proven);
                Ok(None)
            }
            (Stage::Proven(proven), phase::HANDOVER) => {
                let (payload, done) = proven.open(rng, &message.bytes).map_err(code_of)?;
                let handover = Handover::parse(&payload).map_err(|_| MALFORMED)?;
                let invitation = Invitation::parse(&handover.link).map_err(|_| MALFORMED)?;
                self.requests.send(phase::DONE, &done);
                Ok(Some((handover, invitation)))
            }
            _ => Err(MALFORMED),
        }
    }

    /// Sends the share, once both halves of what names the run are there.
    fn share(&mut self, rng: &mut dyn Rng) {
        let Stage::Entering { box_id: Some(box_id), inviter_nonce: Some(inviter_nonce) } = &self.stage else { return };
        let joiner_nonce = rng::array(rng);
        let (authority, nameplate) = (&self.relay, self.heard.nameplate.as_str());
        let run = Run { authority, nameplate, box_id, joiner_nonce: &joiner_nonce, inviter_nonce };
        let (joiner, share) = spoken::Joiner::start(rng, &self.heard.words, &run);
        self.requests.send(phase::JOINER_SHARE, &[&joiner_nonce[..], &share].concat());
        self.stage = Stage::Shared(joiner);
    }

    /// The inviter says nothing to a wrong proof but that the mailbox is over.
    fn refused(&self, code: RelayError) -> ErrorCode {
        match (&self.stage, code) {
            (Stage::Proven(_), RelayError::BoxGone) => ErrorCode::SpokenWrongWords,
            (_, code) => code_of_refusal(code),
        }
    }
}

fn code_of(error: SpokenError) -> ErrorCode {
    match error {
        SpokenError::WrongWords => ErrorCode::SpokenWrongWords,
        SpokenError::Malformed => MALFORMED,
    }
}
