//! Moving a room, and following it: the session goes on in the new room, and the engine settles what is left of the old one.

use std::collections::BTreeSet;

use conclave_engine::{
    ErrorCode,
    api::{MoveRoom, SecretText},
    snapshot::{Creation, RoomHandle},
};

use super::{Session, erasing, spoken};
use crate::{line::Line, status::Status};

impl Session<'_> {
    /// Carries out what was typed behind a stroke; `None` if it moves nothing.
    pub(super) async fn moving(&mut self, typed: &str) -> anyhow::Result<Option<()>> {
        let (word, relay) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let relay = Some(relay.trim().to_owned()).filter(|relay| !relay.is_empty());
        let gone = match word {
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

    /// Goes on in another room.
    pub(super) async fn go_to(&mut self, room: RoomHandle) -> anyhow::Result<()> {
        self.room = room;
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
