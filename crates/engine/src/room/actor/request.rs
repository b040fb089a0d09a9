//! What can be asked of a room.

use conclave_proto::{authority::Authority, content::Move, handover::Handover, id::KnockToken};
use conclave_store::{Note, Order};
use tokio::sync::oneshot;

use super::{
    super::{
        orders::moving::{Parting, Successor},
        outputs::{Departed, SpokenPlace},
    },
    Opening,
};
use crate::{
    api::SecretText,
    error::ErrorCode,
    link::Target,
    snapshot::{Hosting, InvitationView, ItemId, KnockHandle, Page, RoomSummary, RoomView},
};

/// What can be asked of a room.
pub(crate) enum Request {
    Summary(oneshot::Sender<RoomSummary>),
    View(oneshot::Sender<Result<RoomView, ErrorCode>>),
    Invitation(oneshot::Sender<Result<InvitationView, ErrorCode>>),
    /// Where a spoken invitation is opened.
    SpokenPlace(oneshot::Sender<Result<SpokenPlace, ErrorCode>>),
    /// What a spoken invitation hands over.
    Handover(oneshot::Sender<Result<Handover, ErrorCode>>),
    Page {
        before: Option<String>,
        limit: u16,
        reply: oneshot::Sender<Result<Page, ErrorCode>>,
    },
    Send {
        text: SecretText,
        fuse: Option<u32>,
        reply: oneshot::Sender<Result<ItemId, ErrorCode>>,
    },
    SendViewOnce {
        text: SecretText,
        seconds: u32,
        fuse: Option<u32>,
        reply: oneshot::Sender<Result<ItemId, ErrorCode>>,
    },
    /// Opens a card, once.
    Open {
        item: i64,
        reply: Opening,
    },
    Retract {
        item: i64,
        reply: oneshot::Sender<Result<(), ErrorCode>>,
    },
    Withdraw {
        item: i64,
        reply: oneshot::Sender<Result<(), ErrorCode>>,
    },
    MarkRead(oneshot::Sender<Result<(), ErrorCode>>),
    /// A person types, or no more.
    Types {
        types: bool,
        reply: oneshot::Sender<()>,
    },
    /// Tries again now.
    Retry(oneshot::Sender<()>),
    /// A person agrees to rejoin.
    Rejoin {
        branch: String,
        reply: oneshot::Sender<Result<(), ErrorCode>>,
    },
    /// A person refuses to, and stays.
    Stay {
        branch: String,
        reply: oneshot::Sender<Result<(), ErrorCode>>,
    },
    Hosting(Option<Hosting>),
    /// Something happened here that a line tells.
    Note(Note),
    #[cfg_attr(not(feature = "host"), expect(dead_code, reason = "only what serves the room here says it"))]
    LocalAddress(Option<Authority>),
    /// A newer invitation says where the room is.
    Follow {
        target: Target,
        reply: oneshot::Sender<Result<(), ErrorCode>>,
    },
    /// The addresses in the invitation changed.
    #[cfg_attr(not(feature = "host"), expect(dead_code, reason = "only what serves the room here says it"))]
    Relocate {
        addresses: Vec<String>,
    },
    /// What the owner orders, and what ends the room.
    Owner(OwnerRequest),
    /// What moves a room into another one.
    Move(MoveRequest),
    /// Has the room go on although nobody writes.
    Keep(oneshot::Sender<Result<(), ErrorCode>>),
    /// Leaves; the answer says how that went.
    Leave(oneshot::Sender<Departed>),
    /// Leaves as the app ends; the answer comes once nothing more can be told.
    Farewell(oneshot::Sender<()>),
}

/// What its owner can ask, and who may end it for everybody.
pub(crate) enum OwnerRequest {
    /// The owner wants something of the room.
    Order { order: Order, reply: oneshot::Sender<Result<(), ErrorCode>> },
    /// Erases the room for everybody.
    Erase(oneshot::Sender<Result<(), ErrorCode>>),
    /// Answers somebody who asks for that.
    AnswerErasure { erase: bool, reply: oneshot::Sender<Result<(), ErrorCode>> },
    /// The owner answers a knock.
    AnswerKnock { knock: KnockHandle, admit: bool, reply: oneshot::Sender<Result<(), ErrorCode>> },
    /// Hands out what lets one knock in without a question.
    IssueKnockToken(oneshot::Sender<Result<KnockToken, ErrorCode>>),
}

/// What moves a room into another one.
pub(crate) enum MoveRequest {
    /// What the room is to be that takes this one's place.
    Successor(oneshot::Sender<Result<Successor, ErrorCode>>),
    /// How others come into this room, which takes another one's place.
    Here(oneshot::Sender<Result<Move, ErrorCode>>),
    /// The room goes on elsewhere: whoever owns it tells the others.
    To { to: Move, reply: oneshot::Sender<Result<Parting, ErrorCode>> },
    /// The room into which this one was moved goes on elsewhere itself.
    Onwards { from: Move, to: Move, reply: oneshot::Sender<Result<(), ErrorCode>> },
    /// Its owner has those told as well who came in meanwhile.
    Tell { members: Vec<[u8; 16]>, reply: oneshot::Sender<Result<(), ErrorCode>> },
    /// Where its owner has moved it, and under which name this person follows.
    Where(oneshot::Sender<Result<(Move, String), ErrorCode>>),
    /// Nothing is left to be done about the room whose place this one takes.
    Settled(oneshot::Sender<Result<(), ErrorCode>>),
}
