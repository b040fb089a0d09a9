//! A connection without a room: somebody looks from the door, or speaks with somebody else at the relay.

use std::time::Duration;

use conclave_proto::frame::{ClientFrame, Hello, RelayFrame, Reply, Request};

use crate::{
    clock::within,
    door,
    error::ErrorCode,
    link::{self, Link, Network, Target},
    snapshot::LinkFault,
};

/// Connects. A relay that takes the connection and says nothing is none.
///
/// # Errors
/// What the connection says.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub(crate) async fn reach(network: &Network, target: Target) -> Result<Link, ErrorCode> {
    match within(network.timer.as_ref(), PATIENCE, link::open(network, target)).await {
        Some(opened) => opened.map_err(code_of),
        None => Err(ErrorCode::RelayUnreachable),
    }
}

/// The relay's first frame.
///
/// # Errors
/// What the connection says, or [`ErrorCode::RelayMisbehaved`].
///
/// # Cancel safety
/// The greeting may be lost.
pub(crate) async fn greeting(network: &Network, link: &mut Link) -> Result<Hello, ErrorCode> {
    let Reply::Hello(hello) = next(network, link).await?.body else { return Err(ErrorCode::RelayMisbehaved) };
    Ok(hello)
}

/// Asks, and takes what comes next for the answer.
///
/// # Errors
/// What the relay or the connection says, or [`ErrorCode::RelayMisbehaved`].
///
/// # Cancel safety
/// The answer may be lost.
pub(crate) async fn ask(network: &Network, link: &mut Link, rid: u32, body: Request<'_>) -> Result<Reply, ErrorCode> {
    let frame = ClientFrame { rid, body }.encode();
    link.outgoing.send(frame).await.map_err(|_| ErrorCode::RelayUnreachable)?;
    let reply = next(network, link).await?;
    match reply.body {
        Reply::Refused(refusal) => Err(code_of(door::fault_of_refusal(refusal.code))),
        body if reply.rid == rid => Ok(body),
        _ => Err(ErrorCode::RelayMisbehaved),
    }
}

async fn next(network: &Network, link: &mut Link) -> Result<RelayFrame, ErrorCode> {
    let frame = match within(network.timer.as_ref(), PATIENCE, link.incoming.recv()).await {
        Some(Some(Ok(frame))) => frame,
        Some(Some(Err(fault))) => return Err(code_of(fault)),
        Some(None) | None => return Err(ErrorCode::RelayUnreachable),
    };
    RelayFrame::decode(&frame).map_err(|_| ErrorCode::RelayMisbehaved)
}

/// What a person is told who only looks. A relay that does not take the code's key has no such room.
pub(crate) fn code_of(fault: LinkFault) -> ErrorCode {
    match fault {
        LinkFault::OnionOnly => ErrorCode::OnionOnly,
        LinkFault::WrongPin => ErrorCode::WrongPin,
        LinkFault::OtherVersion => ErrorCode::OtherVersion,
        LinkFault::Misbehaved => ErrorCode::RelayMisbehaved,
        LinkFault::Busy => ErrorCode::RelayBusy,
        LinkFault::NoSuchRoom | LinkFault::Refused => ErrorCode::NoSuchRoom,
        LinkFault::RoomGone => ErrorCode::RoomGone,
        LinkFault::RoomLocked => ErrorCode::RoomLocked,
        LinkFault::RoomFull => ErrorCode::RoomFull,
        LinkFault::Passphrase => ErrorCode::PassphraseNeeded,
        LinkFault::StateDamaged | LinkFault::Storage => ErrorCode::RoomStateDamaged,
        _ => ErrorCode::RelayUnreachable,
    }
}

/// For one answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
