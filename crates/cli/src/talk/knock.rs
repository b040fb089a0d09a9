//! Who knocks at the own locked room, in a terminal. A knock keeps its number for as long as the session lasts.

use conclave_engine::{
    api::AnswerKnock,
    snapshot::{Knock, KnockState},
};

use super::Session;
use crate::plain;

impl Session<'_> {
    /// Carries out what was typed about knocks; `None` if it is nothing of that.
    pub(super) async fn door(&mut self, typed: &str) -> anyhow::Result<Option<()>> {
        let (word, number) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let admit = match (word, number.trim()) {
            ("/knocks", "") => return self.show_knocks().await.map(Some),
            ("/let-in", number) if !number.is_empty() => true,
            ("/turn-away", number) if !number.is_empty() => false,
            _ => return Ok(None),
        };
        let meant = number.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let Some(knock) = meant.and_then(|at| self.knocks.get(at)).cloned() else {
            let said = format!("No knock has the number {}. /knocks shows who knocks.", plain::text(number.trim()));
            return self.refuse(&said).await.map(Some);
        };
        match self.engine.answer_knock(AnswerKnock { room: self.room.clone(), knock, admit }).await {
            Ok(()) => Ok(Some(())),
            Err(error) => self.refuse(&self.words.error(error)).await.map(Some),
        }
    }

    /// Says who knocks, once each.
    pub(super) async fn hear_knocks(&mut self) -> anyhow::Result<()> {
        let knocks = self.engine.view_room(self.of_room()).await?.knocks;
        for knock in &knocks {
            if !self.knocks.contains(&knock.knock) {
                self.show_knock(knock).await?;
            }
        }
        Ok(())
    }

    async fn show_knocks(&mut self) -> anyhow::Result<()> {
        let knocks = self.engine.view_room(self.of_room()).await?.knocks;
        if knocks.is_empty() {
            return self.out.text("* Nobody knocks.").await;
        }
        for knock in &knocks {
            self.show_knock(knock).await?;
        }
        Ok(())
    }

    async fn show_knock(&mut self, knock: &Knock) -> anyhow::Result<()> {
        let known = self.knocks.iter().position(|known| *known == knock.knock);
        let at = known.unwrap_or(self.knocks.len());
        if known.is_none() {
            self.knocks.push(knock.knock.clone());
        }
        let number = at.saturating_add(1);
        let name = plain::name(&knock.nick);
        let name = if knock.ambiguous { format!("[{}] {name}", self.words.say("ambiguous")) } else { name };
        let note = if knock.note.is_empty() { String::new() } else { format!(" Note: {}", plain::text(&knock.note)) };
        let how = match knock.state {
            KnockState::Waiting => format!("/let-in {number} or /turn-away {number}"),
            KnockState::Unreached => "can be answered once the relay is reached again".to_owned(),
            KnockState::Admitting => "is being let in".to_owned(),
            KnockState::Admitted => "was let in, and has not appeared yet".to_owned(),
        };
        let words = knock.words.join(" ");
        self.out
            .text(&format!(
                "* {number}: {name} knocks. The name is not proven; compare these words by voice: {words}.{note} {how}"
            ))
            .await
    }
}
