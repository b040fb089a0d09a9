//! Moving a room into another one, with another code and at another relay: its owner makes the new one, and whoever is in the old one
//! follows.
//!
//! The new room remembers which one it takes the place of, in its own file, until that is settled: once this client is in the new one, and
//! somebody there has confirmed that, the owner's tells all members in the old one, and everybody else's leaves it. So a crash in between
//! loses nothing, and nobody leaves the one room before being in the other.

use std::{sync::Arc, time::Duration};

use conclave_crypto::purpose::Psk;
use conclave_proto::content::Move;
use conclave_store::Handle;
use tokio::sync::oneshot;

use super::{Engine, registry::Open};
use crate::{
    api::{CreateRoom, HostRoom, MoveRoom, NewRules, OfRoom, TellNewcomers},
    error::ErrorCode,
    invitation::Given,
    room::{
        self, JoinDraft, RelayPlace,
        actor::{MoveRequest, Request},
        orders::moving::{Parting, Successor},
    },
    snapshot::{Creation, MemberHandle, RoomHandle},
    tasks::heavy,
};

impl Engine {
    /// Moves a room: makes another one with the same title, note and rules, and another code. Once that is there, all members are told in
    /// the old one, which is locked by that; it ends once they have left it, or cannot follow any more. Whoever was removed is not told.
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`], [`ErrorCode::InvalidRequest`] for a room that has moved before or that this person is not in; as
    /// [`Engine::create_room`] or, without a relay, as `Engine::host_room`.
    ///
    /// # Cancel safety
    /// The new room may exist afterwards, and then the old one moves there.
    pub async fn move_room(&self, request: MoveRoom) -> Result<Creation, ErrorCode> {
        let MoveRoom { room, relay, passphrase } = request;
        let predecessor = Some(Handle::parse(&room.0).ok_or(ErrorCode::UnknownRoom)?);
        self.inner.registry.look(|open| open.takes_no_place_of(predecessor)).await?;
        let successor = self.ask(&room, |reply| Request::Move(MoveRequest::Successor(reply))).await??;
        let Successor { title, note, nick, rules } = successor;
        let in_memory = self.inner.registry.look(|open| Ok(open.entry(&room)?.in_memory)).await?;
        if let Some(relay) = relay {
            let new = CreateRoom { relay, title, note, nick, rules, passphrase, in_memory };
            return self.create(new, predecessor).await;
        }
        // Without its owner's computer nobody would serve it.
        let rules = NewRules { owner_leave_closes: true, ..rules };
        let new = HostRoom { title, note, nick, rules, passphrase, in_memory };
        Ok(Creation::Made { room: self.host(new, predecessor).await? })
    }

    /// Has those told as well where a room goes on who came in since its owner ordered the move. Until then nobody is told: see
    /// [`Moved::came_since`](crate::snapshot::Moved::came_since).
    ///
    /// # Errors
    /// [`ErrorCode::NotOwner`]; [`ErrorCode::InvalidRequest`] for somebody who is not there, or a room that does not move.
    ///
    /// # Cancel safety
    /// May have begun.
    pub async fn tell_newcomers(&self, request: TellNewcomers) -> Result<(), ErrorCode> {
        let TellNewcomers { room, members } = request;
        let id_of = |member: &MemberHandle| member.id().ok_or(ErrorCode::InvalidRequest);
        let members = members.iter().map(id_of).collect::<Result<_, _>>()?;
        self.ask(&room, |reply| Request::Move(MoveRequest::Tell { members, reply })).await?
    }

    /// Goes to the room into which this one was moved: joins it, under the same name, or names it if this computer is in it. The old one
    /// is left once somebody has confirmed the join.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] if it was not moved, or the invitation has burned; as [`Engine::join_room`].
    ///
    /// # Cancel safety
    /// The room may exist afterwards; [`Engine::snapshot`] tells.
    pub async fn follow_room(&self, request: OfRoom) -> Result<RoomHandle, ErrorCode> {
        let (to, nick) = self.ask(&request.room, |reply| Request::Move(MoveRequest::Where(reply))).await??;
        let predecessor = Handle::parse(&request.room.0);
        let in_memory = self.inner.registry.look(|open| Ok(open.entry(&request.room)?.in_memory)).await?;
        let given = Given::parse(&to.link)?;
        let target = given.target(None)?;
        let keys = heavy(|| self.inner.environment.crypto.room_keys(given.code.secret()));
        let turn = self.inner.registry.turn().await;
        if let Some(known) = turn.with(|open| Ok(open.known(keys.room_id())))? {
            return Ok(known);
        }
        let mut new = self.begin_to_enter(&turn, &keys, in_memory)?;
        let now = self.inner.environment.clock.now();
        let relay = RelayPlace { authority: &target.authority, addresses: &target.addresses, pin: target.pin };
        let passphrase = to.passphrase.as_ref().map(|key| Psk::from_bytes(key.expose_secret()));
        let draft = JoinDraft { nick: &nick, passphrase, relay, predecessor };
        heavy(|| room::prepare_join(&mut new.store, now, (&given.code, &keys), &draft))?;
        self.enter(&turn, new, None).await
    }

    /// Settles what is left to be done about the room whose place a new one takes, once this client is in that.
    pub(super) fn await_arrival(&self, name: RoomHandle, arrival: oneshot::Receiver<[u8; 16]>) {
        let (inner, timer) = (Arc::downgrade(&self.inner), Arc::clone(&self.inner.environment.timer));
        self.tasks().spawn(async move {
            let Ok(predecessor) = arrival.await else { return };
            // What does not go now is tried again when the vault is opened next.
            while let Some(inner) = inner.upgrade() {
                let engine = Self { inner };
                if engine.settle_predecessor(&name, Handle(predecessor)).await != Ok(Parting::Waits) {
                    return;
                }
                drop(engine);
                timer.sleep(LOOK).await;
            }
        });
    }

    async fn settle_predecessor(&self, name: &RoomHandle, predecessor: Handle) -> Result<Parting, ErrorCode> {
        let old = RoomHandle(predecessor.to_string());
        let to = self.ask(name, |reply| Request::Move(MoveRequest::Here(reply))).await??;
        self.redirect(&old, &to).await?;
        let parting = match self.ask(&old, |reply| Request::Move(MoveRequest::To { to, reply })).await {
            Ok(parting) => parting?,
            // It is gone.
            Err(ErrorCode::UnknownRoom | ErrorCode::RoomEnded) => Parting::Stays,
            Err(error) => return Err(error),
        };
        match parting {
            Parting::Waits => return Ok(parting),
            Parting::Leaves => drop(self.leave_room(OfRoom { room: old }).await?),
            Parting::Stays => {}
        }
        self.ask(name, |reply| Request::Move(MoveRequest::Settled(reply))).await??;
        let settled = self.inner.registry.look(|open| {
            open.entry(name)?.predecessor = None;
            Ok(parting)
        });
        settled.await
    }

    /// Rooms that led to the old one lead to the new one. They are told first: the old one may end by what it is told.
    async fn redirect(&self, old: &RoomHandle, to: &Move) -> Result<(), ErrorCode> {
        let from = match self.ask(old, |reply| Request::Move(MoveRequest::Here(reply))).await {
            Ok(Ok(from)) => from,
            // Nobody comes into it any more, or it is gone.
            Ok(Err(ErrorCode::InvalidRequest)) | Err(ErrorCode::UnknownRoom | ErrorCode::RoomEnded) => return Ok(()),
            Ok(Err(error)) | Err(error) => return Err(error),
        };
        let names = |open: &mut Open| Ok(open.running().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        for room in self.inner.registry.look(names).await? {
            let (from, to) = (from.clone(), to.clone());
            match self.ask(&room, |reply| Request::Move(MoveRequest::Onwards { from, to, reply })).await {
                Ok(told) => told?,
                Err(ErrorCode::UnknownRoom | ErrorCode::RoomEnded) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// How often it is looked whether the relay has what was written in a room that is to be left.
const LOOK: Duration = Duration::from_secs(5);
