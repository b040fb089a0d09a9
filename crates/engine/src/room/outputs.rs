//! What is to be done after an input, outside of the machine.

use std::time::Duration;

use conclave_proto::Authority;

use super::{blob::Opened, ending::Over};
use crate::{event::Event, link::Target};

/// What is to be done after an input.
pub(crate) struct Outputs {
    /// Frames for the relay, in order.
    pub(crate) frames: Vec<Vec<u8>>,
    /// What others are to be told, in order. The room's line in the list comes last: once for however much happened.
    pub(crate) events: Vec<Event>,
    /// What becomes of the link, before the frames are sent.
    pub(crate) link: LinkWish,
    /// After how long [`Machine::tick`] has something to do, and what.
    pub(crate) wakes_in: (Duration, WakeReason),
    /// How a leave went, once it has.
    pub(crate) departed: Option<Departed>,
    /// How the opening of cards went, each said once.
    pub(crate) opened: Vec<Opened>,
    /// The room has ended: whoever holds its file is to close and destroy it. Said once.
    pub(crate) over: Option<Over>,
    /// Nothing more can be told of a leave.
    pub(crate) has_said_goodbye: bool,
    /// The room that moved here, once this client is in and somebody has confirmed that: its handle.
    pub(crate) predecessor: Option<[u8; 16]>,
}

/// Where a spoken invitation of the room meets who has heard it.
#[derive(Debug)]
pub(crate) struct SpokenPlace {
    pub(crate) target: Target,
    /// What the other person types; without TLS it names the relay.
    pub(crate) address: Authority,
}

/// How a leave went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Departed {
    /// The others carried it out, or there is nobody whom it concerns.
    Told,
    /// They did not in time.
    Untold,
    /// The room ends with it, once the relay can be reached; it stays here until then.
    Closing,
}

/// What becomes of the link.
pub(crate) enum LinkWish {
    /// It stays, or goes on being made.
    Keep,
    /// It is dropped.
    Drop,
    /// It is dropped, and another one is made.
    Dial(Target),
}

/// What a room wakes up for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WakeReason {
    /// The relay is to be dialled, or its greeting takes too long.
    Connecting,
    /// An answer of the relay takes too long, or the pause that it asked for is over.
    Session,
    /// A commit is due, the way in, or the end of a leave.
    Membership,
    /// Whoever leaves has waited long enough for the end of the room.
    Orders,
    /// A knock ends, or whoever was let in has not appeared.
    Knock,
    /// A commit that the relay named takes too long.
    Outbox,
    /// A blob is tried again that the relay would not take.
    Blobs,
    /// Messages of others are confirmed.
    Receipts,
    /// Lines burn.
    Expiry,
    /// What burned leaves the file.
    Erasure,
    /// A heartbeat is due, or nothing was heard of somebody for a while.
    Presence,
    /// This person, or somebody else, types no more.
    Typing,
}
