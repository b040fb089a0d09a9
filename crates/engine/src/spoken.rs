//! The spoken invitation (protocol 5), both sides: what is asked of the relay's mailbox and what the two say to each other in it, as
//! state machines without I/O, and the connection of its own that each of them has. Nothing of a room is named on it.
//!
//! Both sides name the relay by the TLS key that it shows on their own connection, and by the address without TLS: whoever stands in
//! between with another key makes the words not fit.

use conclave_proto::{
    Authority, ErrorCode as RelayError,
    frame::{BoxClose, BoxSend, ClientFrame, Request},
};

use crate::{door, error::ErrorCode, link::Link, visit};

pub(crate) mod hear;
mod inviter;
mod joiner;
pub(crate) mod list;
pub(crate) mod speak;

/// The steps of the exchange in one mailbox.
mod phase {
    pub(super) const INVITER_NONCE: u8 = 0;
    pub(super) const JOINER_SHARE: u8 = 1;
    pub(super) const INVITER_SHARE: u8 = 2;
    pub(super) const JOINER_PROOF: u8 = 3;
    pub(super) const HANDOVER: u8 = 4;
    pub(super) const DONE: u8 = 5;
}

/// Why a side ends its mailbox (SPEC 4.11).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mood {
    Done,
    GivenUp,
    WrongWords,
}

/// The requests of one connection, in their order.
#[derive(Default)]
struct Requests {
    rid: u32,
    frames: Vec<Vec<u8>>,
}

impl Requests {
    fn push(&mut self, body: Request<'_>) {
        self.rid = self.rid.saturating_add(1);
        self.frames.push(ClientFrame { rid: self.rid, body }.encode());
    }

    fn send(&mut self, phase: u8, bytes: &[u8]) {
        self.push(Request::BoxSend(BoxSend { phase, bytes }));
    }

    fn close(&mut self, mood: Mood) {
        let mood = match mood {
            Mood::Done => 0,
            Mood::GivenUp => 1,
            Mood::WrongWords => 2,
        };
        self.push(Request::BoxClose(BoxClose { mood }));
    }

    fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.frames)
    }
}

/// How both sides name the relay at the other end of a connection that was opened to this address.
fn name_of(link: &Link, address: &Authority) -> Authority {
    link.pin.map_or_else(|| address.clone(), Authority::Pin)
}

/// What a refusal of BOX_NEW or BOX_JOIN says to a person.
fn code_of_refusal(code: RelayError) -> ErrorCode {
    match code {
        RelayError::BoxGone => ErrorCode::SpokenGone,
        RelayError::BoxCrowded => ErrorCode::SpokenCrowded,
        RelayError::NotSupported => ErrorCode::SpokenUnsupported,
        RelayError::BoxLimit => ErrorCode::RelayBusy,
        other => visit::code_of(door::fault_of_refusal(other)),
    }
}
