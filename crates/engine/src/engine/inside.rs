//! What happens in a room.

use conclave_proto::{limits, shown};
use zeroize::Zeroizing;

use super::{Engine, registry::Open};
use crate::{
    api::{OfItem, OfRoom, PageMessages, SecretText, SendMessage, SendViewOnce, Typing},
    error::ErrorCode,
    room::{SECONDS, actor::Request},
    snapshot::{InvitationView, ItemId, OpenedMessage, Page, RoomView},
    spoken::list::SpokenList,
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
        let mut view = self.ask(&request.room, Request::View).await??;
        let spoken = |open: &mut Open| Ok(open.entry(&request.room)?.spoken().map(SpokenList::view));
        view.spoken = self.inner.registry.look(spoken).await?.unwrap_or_default();
        Ok(view)
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
    /// [`ErrorCode::MessageEmpty`], [`ErrorCode::MessageTooLong`], [`ErrorCode::LifetimeInvalid`], [`ErrorCode::OnlyViewOnce`], or as
    /// [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The message may have been written.
    pub async fn send_message(&self, request: SendMessage) -> Result<ItemId, ErrorCode> {
        check_text(&request.text)?;
        let SendMessage { room, text, fuse } = request;
        self.ask(&room, |reply| Request::Send { text, fuse, reply }).await?
    }

    /// Writes a message that can be read once. When this returns, it is on disk here, sealed; its state tells when the relay has it.
    ///
    /// # Errors
    /// [`ErrorCode::MessageEmpty`], [`ErrorCode::MessageTooLong`], [`ErrorCode::LifetimeInvalid`], or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The message may have been written.
    pub async fn send_view_once(&self, request: SendViewOnce) -> Result<ItemId, ErrorCode> {
        check_text(&request.text)?;
        let SendViewOnce { room, text, seconds, fuse } = request;
        if !SECONDS.contains(&seconds) {
            return Err(ErrorCode::LifetimeInvalid);
        }
        self.ask(&room, |reply| Request::SendViewOnce { text, seconds, fuse, reply }).await?
    }

    /// Opens a message that can be read once. What opens it is destroyed on the disk before this returns its text, so nothing shows it
    /// a second time, whatever becomes of the caller.
    ///
    /// # Errors
    /// [`ErrorCode::CardOpened`], [`ErrorCode::CardGone`]; [`ErrorCode::CardAltered`], [`ErrorCode::RelayUnreachable`] and
    /// [`ErrorCode::RelayBusy`], after which it can be tried again; or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The message may have been opened, and nobody will have seen it.
    pub async fn open_view_once(&self, request: OfItem) -> Result<OpenedMessage, ErrorCode> {
        let item = line(&request.id)?;
        let (text, seconds) = self.ask(&request.room, |reply| Request::Open { item, reply }).await??;
        Ok(OpenedMessage { text: Zeroizing::new(shown::block(text.expose_secret())), seconds })
    }

    /// Takes an own message back: from the timelines of all who have it, as far as their apps are honest, and from the relay. One that
    /// was never sent leaves no line.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] for a line that is no own message, or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The message may have been taken back.
    pub async fn retract_message(&self, request: OfItem) -> Result<(), ErrorCode> {
        let item = line(&request.id)?;
        self.ask(&request.room, |reply| Request::Retract { item, reply }).await?
    }

    /// Takes back a message that the relay was never given.
    ///
    /// # Errors
    /// [`ErrorCode::AlreadySent`], or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The message may have been withdrawn.
    pub async fn withdraw_message(&self, request: OfItem) -> Result<(), ErrorCode> {
        let item = line(&request.id)?;
        self.ask(&request.room, |reply| Request::Withdraw { item, reply }).await?
    }

    /// Says that this person types, or no more, where the room's rules and the person's own choice have it said.
    ///
    /// # Errors
    /// [`ErrorCode::VaultLocked`], or what the disk says.
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn typing(&self, request: Typing) -> Result<(), ErrorCode> {
        if !self.inner.registry.look(|open| Ok(open.tells_typing()?)).await? {
            return Ok(());
        }
        let Typing { room, typing: types } = request;
        self.ask(&room, |reply| Request::Types { types, reply }).await
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

fn check_text(text: &SecretText) -> Result<(), ErrorCode> {
    match text.expose_secret() {
        text if !shown::is_seen(text) => Err(ErrorCode::MessageEmpty),
        text if text.len() > limits::TEXT => Err(ErrorCode::MessageTooLong),
        _ => Ok(()),
    }
}

fn line(id: &ItemId) -> Result<i64, ErrorCode> {
    id.0.parse().map_err(|_| ErrorCode::InvalidRequest)
}

const PAGE_MAX: u16 = 200;
