//! What happens in a room.

use conclave_proto::{limits, shown};

use super::Engine;
use crate::{
    api::{OfRoom, PageMessages, SendMessage, WithdrawMessage},
    error::ErrorCode,
    room::actor::Request,
    snapshot::{InvitationView, ItemId, Page, RoomView},
};

impl Engine {
    /// A room from inside. A room whose file did not open before is tried again, here and in everything else that is asked of
    /// it.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownRoom`], [`ErrorCode::RoomDamaged`], or what the disk says.
    ///
    /// # Cancel safety
    /// Changes nothing, except that a room that did not open before may be open, and if it is hosted here not be served yet.
    pub async fn view_room(&self, request: OfRoom) -> Result<RoomView, ErrorCode> {
        self.ask(&request.room, Request::View).await?
    }

    /// The room's invitation. It is secret.
    ///
    /// # Errors
    /// As [`Engine::view_room`]; [`ErrorCode::InvalidRequest`] before the room was joined.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn view_invitation(&self, request: OfRoom) -> Result<InvitationView, ErrorCode> {
        self.ask(&request.room, Request::Invitation).await?
    }

    /// A part of a timeline.
    ///
    /// # Errors
    /// As [`Engine::view_room`]; [`ErrorCode::InvalidRequest`] for a cursor that no page gave.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn page_messages(&self, request: PageMessages) -> Result<Page, ErrorCode> {
        if !(1..=PAGE_MAX).contains(&request.limit) {
            return Err(ErrorCode::InvalidRequest);
        }
        let PageMessages { room, before, limit } = request;
        self.ask(&room, |reply| Request::Page { before, limit, reply }).await?
    }

    /// Writes a message. When this returns, it is on disk here; its state tells when the relay has it.
    ///
    /// # Errors
    /// [`ErrorCode::MessageEmpty`], [`ErrorCode::MessageTooLong`], or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The message may have been written.
    pub async fn send_message(&self, request: SendMessage) -> Result<ItemId, ErrorCode> {
        if !shown::is_seen(request.text.expose_secret()) {
            return Err(ErrorCode::MessageEmpty);
        }
        if request.text.expose_secret().len() > limits::TEXT {
            return Err(ErrorCode::MessageTooLong);
        }
        let SendMessage { room, text } = request;
        self.ask(&room, |reply| Request::Send { text, reply }).await?
    }

    /// Takes back a message that the relay was never given.
    ///
    /// # Errors
    /// [`ErrorCode::AlreadySent`], or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The message may have been withdrawn.
    pub async fn withdraw_message(&self, request: WithdrawMessage) -> Result<(), ErrorCode> {
        let item = request.id.0.parse().map_err(|_| ErrorCode::InvalidRequest)?;
        self.ask(&request.room, |reply| Request::Withdraw { item, reply }).await?
    }

    /// Everything in the room was seen.
    ///
    /// # Errors
    /// As [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn mark_read(&self, request: OfRoom) -> Result<(), ErrorCode> {
        self.ask(&request.room, Request::MarkRead).await?
    }
}

const PAGE_MAX: u16 = 200;
