//! Moving a room, and following it: the session goes on in the new room, and the engine settles what is left of the old one.

use std::collections::BTreeSet;

use conclave_engine::{
    ErrorCode,
    api::{MoveRoom, SecretText, TellNewcomers},
    event::Event,
    snapshot::{Creation, MemberHandle, RoomHandle},
};

use super::{Session, erasing, spoken};
use crate::{line::Line, status::Status};

/// A room from which a session has moved. Its engine tells the others where it goes on, and asks where somebody came in meanwhile.
pub(super) struct Former {
    room: RoomHandle,
    /// Who came in since, as they were shown.
    came: Vec<MemberHandle>,
}

impl Session<'_> {
    /// Carries out what was typed behind a stroke; `None` if it moves nothing.
    pub(super) async fn moving(&mut self, typed: &str) -> anyhow::Result<Option<()>> {
        let (word, relay) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let relay = Some(relay.trim().to_owned()).filter(|relay| !relay.is_empty());
        let gone = match word {
            "/tell" if relay.is_none() => return self.tell().await.map(Some),
            "/move" => self.move_to(relay, None).await,
            "/follow" if relay.is_none() => {
                self.engine.follow_room(self.of_room()).await.map(|room| Creation::Made { room })
            }
            _ => return Ok(None),
        };
        match gone {
            Ok(Creation::Made { room }) => self.go_to(room).await?,
            Ok(Creation::Unvouched { relay, pin }) => {
                let pin = pin.join(" ");
                self.refuse(&format!(
                    "No authority vouches for this relay's key, and the room did not move. Ask the relay's operator for its pin, by \
                     another way than this network, and compare: {pin}. If it is the same, type /move {relay}"
                ))
                .await?;
            }
            Err(error) => self.refuse(&self.words.error(error)).await?,
        }
        Ok(Some(()))
    }

    /// Moves the room, and goes along.
    pub(super) async fn move_to(
        &self,
        relay: Option<String>,
        passphrase: Option<SecretText>,
    ) -> Result<Creation, ErrorCode> {
        self.engine.move_room(MoveRoom { room: self.room.clone(), relay, passphrase }).await
    }

    /// Something happens in another room. Of the one from which this session moved it is shown whom nobody tells yet where that goes on.
    pub(super) async fn former_event(&mut self, event: Event) -> anyhow::Result<()> {
        let Event::RoomChanged { summary } = &event else { return Ok(()) };
        let Some(former) = self.former.as_mut().filter(|former| former.room == summary.room) else { return Ok(()) };
        let newcomers = summary.moved.as_deref().map(|moved| moved.came_since.as_slice()).unwrap_or_default();
        let came: Vec<_> = newcomers.iter().map(|newcomer| newcomer.member.clone()).collect();
        if came == former.came {
            return Ok(());
        }
        former.came = came;
        if newcomers.is_empty() {
            return Ok(());
        }
        let said = self.words.came_since(newcomers);
        if self.how.json { self.out.json(&Line::Event { event }).await } else { self.out.text(&said).await }
    }

    /// Has those told as well who were shown.
    async fn tell(&mut self) -> anyhow::Result<()> {
        let came = self.former.as_ref().map(|former| former.came.clone()).unwrap_or_default();
        if came.is_empty() {
            return self.refuse("Nobody came in since a room was moved.").await;
        }
        match self.tell_newcomers(came).await {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(&self.words.error(error)).await,
        }
    }

    /// Has these told as well where the room goes on from which this session has moved.
    pub(super) async fn tell_newcomers(&self, members: Vec<MemberHandle>) -> Result<(), ErrorCode> {
        let room = self.former.as_ref().map(|former| former.room.clone()).ok_or(ErrorCode::InvalidRequest)?;
        self.engine.tell_newcomers(TellNewcomers { room, members }).await
    }

    /// Goes on in another room.
    pub(super) async fn go_to(&mut self, room: RoomHandle) -> anyhow::Result<()> {
        let left = std::mem::replace(&mut self.room, room);
        self.former = Some(Former { room: left, came: Vec::new() });
        (self.shown, self.begun, self.status, self.asked) = (BTreeSet::new(), 0, Status::default(), None);
        (self.erasing, self.spoken) = (erasing::Erasing::default(), spoken::Said::new());
        (self.knocks, self.unsent) = (Vec::new(), None);
        self.begin().await
    }
}

/// Where a session goes on after an answer.
pub(super) fn goes_to(answer: &Line) -> Option<RoomHandle> {
    if let Line::Moved { creation: Creation::Made { room } } | Line::Followed { room } = answer {
        return Some(room.clone());
    }
    None
}
