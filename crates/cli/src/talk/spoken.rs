//! Invitations that are read aloud: a number and three words, and what becomes of them.

use std::collections::BTreeMap;

use conclave_engine::{
    ErrorCode,
    api::OfSpoken,
    snapshot::{SpokenId, SpokenInvitation, SpokenOpen, SpokenState},
};

use super::Session;
use crate::line::Line;

/// What was last said of each.
pub(super) type Said = BTreeMap<SpokenId, SpokenState>;

impl Session<'_> {
    /// Carries out what was typed behind a stroke; `None` if it is nothing about speaking.
    pub(super) async fn speech(&mut self, typed: &str) -> anyhow::Result<Option<()>> {
        let words: Vec<&str> = typed.split_whitespace().collect();
        let done = match words[..] {
            ["/speak"] => self.speak().await?,
            ["/speak", "withdraw"] => self.withdraw_all().await?,
            _ => return Ok(None),
        };
        if let Err(error) = done {
            self.refuse(&self.words.error(error)).await?;
        }
        Ok(Some(()))
    }

    async fn speak(&mut self) -> anyhow::Result<Result<(), ErrorCode>> {
        let SpokenInvitation { number, words, address, .. } = match self.engine.speak_invitation(self.of_room()).await {
            Ok(spoken) => spoken,
            Err(error) => return Ok(Err(error)),
        };
        let said = format!(
            "Read this aloud: {number}, {}. It is typed with the address {address}, lets one person in, and is good for ten minutes. \
             /speak withdraw takes it back",
            words.join(" ")
        );
        self.out.text(&format!("* {said}")).await?;
        Ok(Ok(()))
    }

    async fn withdraw_all(&mut self) -> anyhow::Result<Result<(), ErrorCode>> {
        for open in self.engine.view_room(self.of_room()).await?.spoken {
            let request = OfSpoken { room: self.room.clone(), id: open.id };
            if let Err(error) = self.engine.withdraw_spoken(request).await {
                return Ok(Err(error));
            }
        }
        self.spoken.clear();
        self.out.text("* Withdrawn. Nobody comes in by what was read aloud").await?;
        Ok(Ok(()))
    }

    /// Says what became of what was read aloud, each once.
    pub(super) async fn spoken_news(&mut self) -> anyhow::Result<()> {
        let now = self.engine.view_room(self.of_room()).await?.spoken;
        for open in &now {
            let before = self.spoken.insert(open.id.clone(), open.state);
            if let Some(said) = news(open).filter(|_| before != Some(open.state)) {
                self.out.text(&format!("* {said}")).await?;
            }
        }
        self.spoken.retain(|id, _| now.iter().any(|open| open.id == *id));
        Ok(())
    }

    /// Opens one, for who says so in JSON.
    pub(super) async fn speak_json(&self) -> Result<Line, ErrorCode> {
        Ok(Line::Spoken { spoken: self.engine.speak_invitation(self.of_room()).await? })
    }
}

fn news(open: &SpokenOpen) -> Option<String> {
    let number = &open.number;
    Some(match open.state {
        SpokenState::Waiting => return None,
        SpokenState::InUse => format!("Somebody has entered {number}"),
        SpokenState::HandedOver => format!("Who entered {number} knew the words, and has the invitation"),
        SpokenState::WrongWords => format!(
            "Somebody entered {number} and tried other words. Nothing was told, and the words are used up. /speak withdraw takes \
             note of that; read new ones aloud if you know that the words were only misheard"
        ),
        SpokenState::Crowded => {
            format!("More than one entered {number}, so it has ended, and nothing was told. Read new words aloud")
        }
        SpokenState::Ended => format!("{number} is over, and nobody has come in by it"),
    })
}
