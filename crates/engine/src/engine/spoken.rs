//! Invitations that are read aloud: speaking them in a room, and hearing them.

use std::sync::Arc;

use conclave_crypto::spoken::{Spoken, SpokenTextError};
use conclave_proto::Authority;
use data_encoding::HEXLOWER;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::{Engine, registry::Open};
use crate::{
    api::{HearInvitation, OfRoom, OfSpoken},
    error::{ErrorCode, InvitationError},
    event::Event,
    invitation, relay_address,
    room::actor::Request,
    snapshot::{HeardInvitation, SpokenInvitation},
    spoken::{hear, speak::Speaker},
};

impl Engine {
    /// Opens a spoken invitation, over a connection of its own, on which nothing names the room. Returns once the relay has given a
    /// number; [`RoomView::spoken`](crate::snapshot::RoomView::spoken) tells what becomes of it. It is over after ten minutes, when the
    /// room is left or ends, and when the vault is locked.
    ///
    /// # Errors
    /// [`ErrorCode::RoomLocked`], [`ErrorCode::InvalidRequest`] in a room that this person is not in, [`ErrorCode::SpokenTooMany`],
    /// [`ErrorCode::SpokenUnsupported`], what the relay says, or as [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// One may be open; [`Engine::view_room`] tells.
    pub async fn speak_invitation(&self, request: OfRoom) -> Result<SpokenInvitation, ErrorCode> {
        let room = self.room(&request.room).await?;
        let place = self.asked(room.ask(Request::SpokenPlace).await)??;
        let environment = &self.inner.environment;
        let mut rng = (environment.rng)();
        let begun = self.inner.registry.look(|open| {
            let hold = open.hold.clone();
            let entry = open.entry(&request.room)?;
            let ticket = entry.spoken().ok_or(ErrorCode::UnknownRoom)?.begin(rng.as_mut())?;
            Ok((ticket, hold.of_room(entry.in_memory)))
        });
        let (ticket, hold) = begun.await?;
        let speaker = Speaker {
            network: self.network(),
            clock: Arc::clone(&environment.clock),
            rng,
            events: self.inner.events.clone(),
            handle: request.room,
            room: Arc::downgrade(&room),
            place,
            ticket,
            hold,
        };
        drop(room);
        let (told, number) = oneshot::channel();
        self.tasks().spawn(speaker.run(told));
        self.asked(number.await.unwrap_or(Err(ErrorCode::SpokenCancelled)))
    }

    /// Ends a spoken invitation and takes it off the list. One that is not there any more is no error.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownRoom`].
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn withdraw_spoken(&self, request: OfSpoken) -> Result<(), ErrorCode> {
        let withdraw = self.inner.registry.look(|open| {
            let entry = open.entry(&request.room)?;
            Ok(entry.spoken().is_some_and(|spoken| spoken.withdraw(&request.id)))
        });
        if withdraw.await? {
            self.tell(Event::PeopleChanged { room: request.room });
        }
        Ok(())
    }

    /// Turns a number and three words into an invitation: meets at the relay who reads them aloud, proves the words, and takes what is
    /// handed over. Nothing is kept of it.
    ///
    /// # Errors
    /// Which part of what was heard is wrong, and where; one of [`ErrorCode`]'s `Spoken`, or what the relay says.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection. The number may be used up.
    pub async fn hear_invitation(&self, request: HearInvitation) -> Result<HeardInvitation, InvitationError> {
        let heard = Spoken::parse(request.spoken.expose_secret()).map_err(|error| mistake(&error))?;
        if request.address.trim().is_empty() {
            return Err(ErrorCode::AddressMissing.into());
        }
        let target = relay_address::parse(&request.address)?;
        let registry = &self.inner.registry;
        let told = registry.look(|open| open.hearing.begin(request.again)).await?;
        let network = self.network();
        let mut rng = (self.inner.environment.rng)();
        let outcome = tokio::select! {
            biased;
            () = told.cancelled() => Err(ErrorCode::SpokenCancelled),
            outcome = hear::hear(&network, rng.as_mut(), target, heard) => outcome,
        };
        // A vault that was locked meanwhile counts nothing.
        let note = registry.look(|open| {
            open.hearing.note(&outcome);
            Ok(())
        });
        let _ = note.await;
        let (handover, invitation) = outcome?;
        let token = handover.token.as_ref();
        Ok(HeardInvitation {
            link: Zeroizing::new(handover.link.clone()),
            address: invitation.addresses.first().map(Authority::to_string).unwrap_or_default(),
            token: token.map(|token| Zeroizing::new(HEXLOWER.encode(token.as_ref()))),
        })
    }

    /// Breaks off [`Engine::hear_invitation`]. Where nobody hears one there is nothing to do.
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn cancel_hearing(&self) {
        let end = |open: &mut Open| {
            open.hearing.end();
            Ok(())
        };
        // Without a vault nobody hears one.
        let _ = self.inner.registry.look(end).await;
    }
}

fn mistake(error: &SpokenTextError) -> InvitationError {
    match error {
        SpokenTextError::Number => ErrorCode::SpokenNumber.into(),
        SpokenTextError::Count => ErrorCode::SpokenWordCount.into(),
        SpokenTextError::Unknown { position, word } => invitation::unknown_word(*position, word),
    }
}
