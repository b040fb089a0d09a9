//! Making rooms, looking at them from the door, entering and leaving them.

use std::sync::Arc;

use conclave_crypto::schedule::RoomKeys;
use conclave_proto::{authority::Authority, id::KnockToken};
use conclave_store::{Handle, NewRoom, Persistence, StoreError};
use data_encoding::HEXLOWER;

use super::{
    Begun, Engine, LAST_ADDRESS,
    registry::{Open, Turn},
};
use crate::{
    api::{
        CreateRoom, JoinRoom, KnockRoom, OfRoom, PreviewRoom, ReadInvitation, RejoinRoom, RelocateRoom, SecretText,
        StayInRoom,
    },
    error::{ErrorCode, InvitationError},
    event::Event,
    invitation::Given,
    link::Target,
    nick, preview, relay_address,
    room::{
        self, Draft, JoinDraft, RelayPlace,
        actor::Request,
        outputs::Departed,
        own_knock::{self, KnockDraft},
    },
    snapshot::{Creation, Departure, InvitationPreview, Preview, RoomHandle},
    tasks::heavy,
};

impl Engine {
    /// Opens a room on a relay elsewhere, once that relay has answered: nobody is to be left with a room at a mistyped address.
    /// Where neither a pin nor an authority vouches for the relay's key, nothing is made before a person has seen the key's pin.
    ///
    /// # Errors
    /// What was typed wrongly, what the relay's greeting says, or what the disk says. What the relay makes of the room shows in
    /// the room's phase.
    ///
    /// # Cancel safety
    /// The room may exist afterwards; [`Engine::snapshot`] tells.
    pub async fn create_room(&self, request: CreateRoom) -> Result<Creation, ErrorCode> {
        self.create(request, None).await
    }

    /// As [`Engine::create_room`]; the room may take the place of another one.
    pub(super) async fn create(&self, request: CreateRoom, predecessor: Option<Handle>) -> Result<Creation, ErrorCode> {
        self.inner.registry.look(|_| Ok(())).await?;
        let place = relay_address::parse(&request.relay)?;
        let draft = Draft {
            title: &request.title,
            note: &request.note,
            nick: &request.nick,
            rules: request.rules,
            passphrase: request.passphrase.as_ref().map(SecretText::expose_secret),
            relay: RelayPlace { authority: &place.authority, addresses: &place.addresses, pin: place.pin },
            predecessor,
        };
        draft.check()?;
        let environment = &self.inner.environment;
        let target = Target {
            authority: place.authority.clone(),
            addresses: place.addresses.clone(),
            pin: place.pin,
            may_renew_at: None,
        };
        if let Some(pin) = preview::ask_who_is_there(&self.network(), target).await? {
            return Ok(Creation::Unvouched {
                relay: relay_address::with_pin(place.addresses.first(), Some(&pin)),
                pin: relay_address::pin_groups(&pin),
            });
        }
        let turn = self.inner.registry.turn().await;
        let mut rng = (environment.rng)();
        let now = environment.clock.now();
        let persistence = persistence(request.in_memory);
        let mut new = turn.with(|open| {
            open.takes_no_place_of(predecessor)?;
            Ok(heavy(|| open.vault.begin_room(persistence, now.unix, rng.as_mut()))?)
        })?;
        heavy(|| room::found(&mut new.store, &environment.crypto, rng.as_mut(), now, &draft))?;
        let in_memory = new.relay_log().is_none();
        let (handle, store) = turn.with(|open| {
            heavy(|| {
                open.vault
                    .set_setting(LAST_ADDRESS, &relay_address::with_pin(place.addresses.first(), place.pin.as_ref()))?;
                Ok(open.vault.keep_room(new, None)?)
            })
        })?;
        let begun = Begun::new(handle, store, in_memory);
        Ok(Creation::Made { room: self.run(&turn, begun).await? })
    }

    /// Reads an invitation without asking the network.
    ///
    /// # Errors
    /// Which part of it is wrong, and where.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn read_invitation(&self, request: ReadInvitation) -> Result<InvitationPreview, InvitationError> {
        let given = Given::parse(request.invitation.expose_secret())?;
        let room_id = heavy(|| *self.inner.environment.crypto.room_keys(given.code.secret()).room_id());
        let known = self.inner.registry.look(|open| Ok(open.known(&room_id))).await.unwrap_or_default();
        let beside = given.beside.as_ref();
        Ok(InvitationPreview {
            addresses: given.addresses.iter().map(Authority::to_string).collect(),
            beside: beside.map(|beside| relay_address::with_pin(Some(&beside.authority), beside.pin.as_ref())),
            needs_passphrase: given.needs_passphrase,
            known,
        })
    }

    /// Asks the relay what an invitation opens.
    ///
    /// # Errors
    /// Which part of the invitation is wrong, or what the relay says.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn preview_room(&self, request: PreviewRoom) -> Result<Preview, ErrorCode> {
        let given = Given::parse(request.invitation.expose_secret())?;
        let target = given.target(request.address.as_deref())?;
        let environment = &self.inner.environment;
        let mut rng = (environment.rng)();
        preview::look(&self.network(), &environment.crypto, &mut rng, target, &given.code).await
    }

    /// Joins a room. Returns once everything that is needed is kept; the room's phase tells the progress.
    ///
    /// # Errors
    /// Which part of the invitation or the name is wrong, [`ErrorCode::AlreadyJoined`], or what the disk says.
    ///
    /// # Cancel safety
    /// The room may exist afterwards; [`Engine::snapshot`] tells.
    pub async fn join_room(&self, request: JoinRoom) -> Result<RoomHandle, ErrorCode> {
        let given = Given::parse(request.invitation.expose_secret())?;
        let target = given.target(request.address.as_deref())?;
        room::check_nick(&request.nick)?;
        if given.needs_passphrase && request.passphrase.is_none() {
            return Err(ErrorCode::PassphraseNeeded);
        }
        let keys = heavy(|| self.inner.environment.crypto.room_keys(given.code.secret()));
        let turn = self.inner.registry.turn().await;
        let mut new = self.begin_to_enter(&turn, &keys, request.in_memory)?;
        let now = self.inner.environment.clock.now();
        let relay = RelayPlace { authority: &target.authority, addresses: &target.addresses, pin: target.pin };
        let passphrase = request.passphrase.as_ref().map(SecretText::expose_secret);
        heavy(|| {
            let passphrase = passphrase.map(|text| keys.passphrase_psk(text));
            let draft = JoinDraft { nick: &request.nick, passphrase, relay, predecessor: None };
            room::prepare_join(&mut new.store, now, (&given.code, &keys), &draft)
        })?;
        self.enter(&turn, new, request.address.as_deref()).await
    }

    /// Knocks at a locked room. Returns once everything that is needed is kept; the room's knock tells how it stands, and
    /// [`Engine::retry_room`] knocks again after it is over. Where the door is open by now, this client joins.
    ///
    /// No passphrase is needed: the owner's answer stands in for it, and her client hands its key over.
    ///
    /// # Errors
    /// Which part of the invitation or the name is wrong, [`ErrorCode::KnockNoteTooLong`], [`ErrorCode::AlreadyJoined`], or what the disk
    /// says.
    ///
    /// # Cancel safety
    /// The room may exist afterwards; [`Engine::snapshot`] tells.
    pub async fn knock_room(&self, request: KnockRoom) -> Result<RoomHandle, ErrorCode> {
        let token = request.token.as_ref().map(|token| knock_token(token.expose_secret())).transpose()?;
        let given = Given::parse(request.invitation.expose_secret())?;
        let target = given.target(request.address.as_deref())?;
        let relay = RelayPlace { authority: &target.authority, addresses: &target.addresses, pin: target.pin };
        let draft = KnockDraft { nick: &request.nick, note: &request.note, token, relay };
        draft.check()?;
        let keys = heavy(|| self.inner.environment.crypto.room_keys(given.code.secret()));
        let turn = self.inner.registry.turn().await;
        let environment = &self.inner.environment;
        let mut rng = (environment.rng)();
        let now = environment.clock.now();
        let mut new = self.begin_to_enter(&turn, &keys, request.in_memory)?;
        let (crypto, with) = (&environment.crypto, (&given.code, &keys));
        heavy(|| own_knock::prepare(&mut new.store, crypto, rng.as_mut(), now, with, &draft))?;
        self.enter(&turn, new, request.address.as_deref()).await
    }

    /// A room for whoever comes in by an invitation, if this computer is not in it.
    pub(super) fn begin_to_enter(
        &self,
        turn: &Turn<'_>,
        keys: &RoomKeys,
        in_memory: bool,
    ) -> Result<NewRoom, ErrorCode> {
        if turn.with(|open| Ok(open.known(keys.room_id())))?.is_some() {
            return Err(ErrorCode::AlreadyJoined);
        }
        let mut rng = (self.inner.environment.rng)();
        let now = self.inner.environment.clock.now();
        let persistence = persistence(in_memory);
        turn.with(|open| Ok(heavy(|| open.vault.begin_room(persistence, now.unix, rng.as_mut()))?))
    }

    /// Keeps such a room, and the address that was given for it, and starts it.
    pub(super) async fn enter(
        &self,
        turn: &Turn<'_>,
        new: NewRoom,
        address: Option<&str>,
    ) -> Result<RoomHandle, ErrorCode> {
        let in_memory = new.relay_log().is_none();
        let (handle, store) = turn.with(|open| {
            heavy(|| {
                if let Some(address) = address {
                    open.vault.set_setting(LAST_ADDRESS, address)?;
                }
                Ok(open.vault.keep_room(new, None)?)
            })
        })?;
        self.run(turn, Begun::new(handle, store, in_memory)).await
    }

    /// Takes the addresses of a newer invitation to a room that this computer is in, before those it knew, and tries them at
    /// once: the host's computer moved, the room did not. On the host itself nothing changes.
    ///
    /// # Errors
    /// Which part of the invitation is wrong, [`ErrorCode::UnknownRoom`], [`ErrorCode::AddressMissing`] for a bare code
    /// without one, [`ErrorCode::WrongPin`] if the invitation names another relay than the room's, or what the disk says.
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn relocate_room(&self, request: RelocateRoom) -> Result<RoomHandle, ErrorCode> {
        let given = Given::parse(request.invitation.expose_secret())?;
        let target = given.target(request.address.as_deref())?;
        let room_id = heavy(|| *self.inner.environment.crypto.room_keys(given.code.secret()).room_id());
        let known = self.inner.registry.look(|open| open.known(&room_id).ok_or(ErrorCode::UnknownRoom)).await?;
        self.ask(&known, |reply| Request::Follow { target, reply }).await??;
        Ok(known)
    }

    /// A random name to offer.
    ///
    /// # Cancel safety
    /// Changes nothing.
    #[expect(clippy::unused_async, reason = "all commands are awaited, so that one table forwards them")]
    pub async fn suggest_nick(&self) -> String {
        nick::suggest((self.inner.environment.rng)().as_mut())
    }

    /// Tries again now what the room waits for or gave up: the link to its relay, or the join. The room's phase and connection
    /// tell the outcome.
    ///
    /// # Errors
    /// As [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn retry_room(&self, request: OfRoom) -> Result<(), ErrorCode> {
        self.ask(&request.room, Request::Retry).await
    }

    /// Rejoins a room that was reorganised while this client was away, at the branch that its question shows, in place of the
    /// own leaf.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] if the room asks something else by now. As [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn rejoin_room(&self, request: RejoinRoom) -> Result<(), ErrorCode> {
        let RejoinRoom { room, branch } = request;
        self.ask(&room, |reply| Request::Rejoin { branch, reply }).await?
    }

    /// Refuses to rejoin at the branch that the question of a room shows, and goes on in the room as this client knows it: it
    /// commits on top of what the others did, and its messages go out behind that. Whoever joined after this person and stands
    /// elsewhere follows. Nothing is kept of the answer: if the app ends before it went out, the question comes back.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] if the room asks something else by now, or this client cannot stay
    /// (`Reorganised::can_stay`). As [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn stay_in_room(&self, request: StayInRoom) -> Result<(), ErrorCode> {
        let StayInRoom { room, branch } = request;
        self.ask(&room, |reply| Request::Stay { branch, reply }).await?
    }

    /// Tells the others and deletes the room here. If nobody carries it out in ten seconds, the others may still see the
    /// name; the room is deleted here all the same. The owner of a room that ends with its owner closes it: if the relay cannot be
    /// reached in ten seconds, the room stays here until that is done.
    ///
    /// # Errors
    /// As [`Engine::view_room`].
    ///
    /// # Cancel safety
    /// The leave goes on; the room stays until it is asked for again, or the vault is opened again.
    pub async fn leave_room(&self, request: OfRoom) -> Result<Departure, ErrorCode> {
        let begin = |open: &mut Open| {
            let entry = open.entry(&request.room)?;
            entry.end_spoken();
            let (handle, in_memory) = (entry.handle, entry.in_memory);
            if in_memory {
                return Ok(());
            }
            match heavy(|| open.vault.begin_leave(handle)) {
                // A full disk takes no mark. It must keep nobody in, and the room frees space.
                Ok(()) | Err(StoreError::DiskFull) => Ok(()),
                Err(error) => Err(error.into()),
            }
        };
        self.inner.registry.look(begin).await?;
        let departed = self.ask(&request.room, Request::Leave).await?;
        if departed == Departed::Closing {
            return Ok(Departure { told: false, closing: true });
        }
        match self.remove_room(request).await {
            // It has ended by that, and was removed.
            Ok(()) | Err(ErrorCode::UnknownRoom) => {}
            Err(error) => return Err(error),
        }
        Ok(Departure { told: departed == Departed::Told, closing: false })
    }

    /// Deletes the room here without telling anybody: its key first, then its file.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownRoom`], or what the disk says; calling it again goes on.
    ///
    /// # Cancel safety
    /// The room may be gone.
    pub async fn remove_room(&self, request: OfRoom) -> Result<(), ErrorCode> {
        let turn = self.inner.registry.turn().await;
        let running = turn.with(|open| {
            let running = open.entry(&request.room)?.state.running();
            Ok(running.ok().map(|(room, host)| (Arc::clone(room), host.take())))
        })?;
        if let Some((room, host)) = running {
            // With it end the invitations that are read aloud.
            room.stop().await;
            if let Some(host) = host {
                host.stop().await;
            }
        }
        Self::forget(&turn, &request.room)?;
        self.tell(Event::RoomRemoved { room: request.room });
        Ok(())
    }
}

pub(super) fn persistence(in_memory: bool) -> Persistence {
    if in_memory { Persistence::InMemory } else { Persistence::Kept }
}

/// Reads the token of a knock as [`HeardInvitation::token`](crate::snapshot::HeardInvitation::token) writes it.
fn knock_token(text: &str) -> Result<KnockToken, ErrorCode> {
    let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| ErrorCode::InvalidRequest)?;
    KnockToken::try_from(bytes.as_slice()).map_err(|_| ErrorCode::InvalidRequest)
}
