//! What the owner of a room orders, what erases it for everybody, and what keeps it from ending by itself.

use conclave_proto::id::KnockToken;
use conclave_store::{Order, ParamsChange};

use super::Engine;
use crate::{
    api::{AnswerErasure, AnswerKnock, ChangeRoom, OfMember, OfRoom},
    error::ErrorCode,
    room::actor::{OwnerRequest, Request},
    snapshot::{EraseBy, RoomHandle},
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
        let id = request.member.id().ok_or(ErrorCode::InvalidRequest)?;
        self.order(OfRoom { room: request.room }, Order::Remove(id)).await
    }

    /// Changes title, note and rules of a room. Returns once that is kept; a line for each tells when it is carried out. How long
    /// messages stay changes for those that are written from then on.
    ///
    /// # Errors
    /// [`ErrorCode::TitleTooLong`], [`ErrorCode::NoteTooLong`], [`ErrorCode::LifetimeInvalid`], [`ErrorCode::SizeInvalid`],
    /// [`ErrorCode::SizeTooSmall`], or as [`Engine::close_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn change_room(&self, request: ChangeRoom) -> Result<(), ErrorCode> {
        let ChangeRoom { room, title, note, message_ttl, idle_ttl, max_members, erase_by } = request;
        let any_member_erases = erase_by.map(|by| by == EraseBy::AnyMember);
        let change = ParamsChange { title, note, msg_ttl: message_ttl, idle_ttl, max_members, any_member_erases };
        self.order(OfRoom { room }, Order::Change(change)).await
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
        self.ask(&request.room, |reply| Request::Owner(OwnerRequest::Erase(reply))).await?
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
        self.ask(&room, |reply| Request::Owner(OwnerRequest::AnswerErasure { erase, reply })).await?
    }

    /// Answers a knock at a locked room. Returns once a yes is kept; a line tells when the owner's client has carried it out. A no goes
    /// out at once, and is not kept.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`], [`ErrorCode::KnockOver`], [`ErrorCode::RoomFull`], or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn answer_knock(&self, request: AnswerKnock) -> Result<(), ErrorCode> {
        let AnswerKnock { room, knock, admit } = request;
        self.ask(&room, |reply| Request::Owner(OwnerRequest::AnswerKnock { knock, admit, reply })).await?
    }

    /// Hands out a token that lets one knock at a locked room in without a question, within ten minutes: for whoever is invited aloud. It
    /// is no command of a UI.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`], [`ErrorCode::InvalidRequest`] in a room that is open or was made without knocking, or as
    /// [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// A token may have been kept that nobody has.
    pub async fn issue_knock_token(&self, room: &RoomHandle) -> Result<KnockToken, ErrorCode> {
        self.ask(room, |reply| Request::Owner(OwnerRequest::IssueKnockToken(reply))).await?
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
        self.ask(&request.room, |reply| Request::Owner(OwnerRequest::Order { order, reply })).await?
    }
}
