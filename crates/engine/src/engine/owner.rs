//! What the owner of a room orders, what erases it for everybody, and what keeps it from ending by itself.

use conclave_store::Order;

use super::Engine;
use crate::{
    api::{AnswerErasure, OfMember, OfRoom},
    error::ErrorCode,
    room::actor::Request,
};

impl Engine {
    /// Ends a room for everybody (CLOSE). Returns once that is kept; it is carried out as soon as the relay can be reached, and then
    /// the room is gone here as well. Nothing takes it back.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`], [`ErrorCode::InvalidRequest`] in a room that this person is not in, or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn close_room(&self, request: OfRoom) -> Result<(), ErrorCode> {
        self.order(request, Order::Close).await
    }

    /// Locks a room: nobody new comes in. Returns once that is kept; the room's phase tells when the relay has carried it out.
    ///
    /// # Errors
    /// As [`Engine::close_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn lock_room(&self, request: OfRoom) -> Result<(), ErrorCode> {
        self.order(request, Order::Lock).await
    }

    /// Unlocks a room. Whoever was removed knows the code and, with a lying relay, could lead newcomers into an old state; so a room
    /// out of which somebody was removed stays locked (protocol 4.6.6).
    ///
    /// # Errors
    /// [`ErrorCode::LockedForGood`], or as [`Engine::close_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn unlock_room(&self, request: OfRoom) -> Result<(), ErrorCode> {
        self.order(request, Order::Unlock).await
    }

    /// Removes somebody, and locks the room in the same order, for good. Returns once that is kept; a line tells when it is carried
    /// out.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] for a member that is not there, or as [`Engine::close_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn remove_member(&self, request: OfMember) -> Result<(), ErrorCode> {
        let id = data_encoding::HEXLOWER.decode(request.member.0.as_bytes()).unwrap_or_default();
        let id = id.try_into().map_err(|_| ErrorCode::InvalidRequest)?;
        self.order(OfRoom { room: request.room }, Order::Remove(id)).await
    }

    /// Erases a room for everybody: its owner by PANIC, and where its rules let every member, any other by a message. Returns once that
    /// is kept, and nothing of the room can be read here any more; the others hear it as soon as the relay can be reached, and then the
    /// room is gone here as well. Nothing takes it back.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`] where its rules let the owner alone, [`ErrorCode::InvalidRequest`] in a room that this person is not in, or
    /// as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn erase_room(&self, request: OfRoom) -> Result<(), ErrorCode> {
        self.ask(&request.room, Request::Erase).await?
    }

    /// Answers a member who asks to erase a room: it ends here as if it had been ordered, or goes on.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] if nobody asks, or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have been answered.
    pub async fn answer_erasure(&self, request: AnswerErasure) -> Result<(), ErrorCode> {
        let AnswerErasure { room, erase } = request;
        self.ask(&room, |reply| Request::AnswerErasure { erase, reply }).await?
    }

    /// Has a room go on in which nobody writes, by a message of which nobody sees a line.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] in a room that this person is not in, or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn keep_room(&self, request: OfRoom) -> Result<(), ErrorCode> {
        self.ask(&request.room, Request::Keep).await?
    }

    async fn order(&self, request: OfRoom, order: Order) -> Result<(), ErrorCode> {
        self.ask(&request.room, |reply| Request::Order { order, reply }).await?
    }
}
