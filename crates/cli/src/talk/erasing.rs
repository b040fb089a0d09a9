//! Erasing the room for everybody: ordered, asked for by others, and confirmed; and how a session ends when its room does.

use conclave_engine::{
    ErrorCode,
    api::AnswerErasure,
    snapshot::{BurnReceipts, RoomSummary},
};

use super::Session;
use crate::plain;

/// What a session has said of it.
#[derive(Default)]
pub(super) struct Erasing {
    /// The order was typed once; it is carried out when it is typed again.
    is_typed: bool,
    /// Somebody asks whether to erase the room.
    is_asked: bool,
    has_ended: bool,
    /// How many receipts were shown.
    confirmed: usize,
}

impl Session<'_> {
    /// Erases the room, at the second word.
    pub(super) async fn erase_room(&mut self) -> anyhow::Result<()> {
        if !std::mem::replace(&mut self.erasing.is_typed, true) {
            let said =
                "This erases the room for everybody, and nothing brings it back. Type /erase-room again to do it.";
            return self.out.text(&format!("* {said}")).await;
        }
        self.erasing.is_typed = false;
        match self.engine.erase_room(self.of_room()).await {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(&self.words.error(error)).await,
        }
    }

    /// Answers somebody who asks for it.
    pub(super) async fn answer_erasure(&mut self, erase: bool) -> anyhow::Result<()> {
        let request = AnswerErasure { room: self.room.clone(), erase };
        match self.engine.answer_erasure(request).await {
            Ok(()) => Ok(()),
            Err(ErrorCode::InvalidRequest) => self.refuse("Nobody asks to erase this room.").await,
            Err(error) => self.refuse(&self.words.error(error)).await,
        }
    }

    /// Says that somebody asks to erase the room, once; and shows what came meanwhile, once that is answered.
    pub(super) async fn asks_to_erase(&mut self, summary: &RoomSummary) -> anyhow::Result<()> {
        let before = std::mem::replace(&mut self.erasing.is_asked, summary.erase_asked.is_some());
        match summary.erase_asked.as_deref() {
            Some(asked) if !before => {
                let by = plain::name(&asked.by);
                let said = format!(
                    "{by} asks to erase this room for everybody. Nothing of it is shown until that is answered. Type /erase-room yes or \
                     /erase-room keep."
                );
                self.out.text(&format!("* {said}")).await
            }
            None if before => self.catch_up().await,
            Some(_) | None => Ok(()),
        }
    }

    /// The room has ended for everybody: its person has seen that, and the session is over once nobody confirms it any more.
    pub(super) async fn has_ended(&mut self, summary: &RoomSummary) -> anyhow::Result<()> {
        let burned = summary.burned.as_deref();
        if !self.how.json {
            let ended = summary.ended.filter(|_| !std::mem::replace(&mut self.erasing.has_ended, true));
            for said in ended.into_iter().flat_map(|ended| self.words.ended(ended)) {
                self.out.text(&format!("* {said}")).await?;
            }
            if let Some(burned) = burned {
                self.receipts(burned).await?;
            }
        }
        if burned.is_some_and(|burned| burned.listening) {
            return Ok(());
        }
        self.is_over = true;
        match self.engine.remove_room(self.of_room()).await {
            Ok(()) | Err(ErrorCode::UnknownRoom) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Says how many have confirmed it, as they do; and who has not, once that is over.
    async fn receipts(&mut self, burned: &BurnReceipts) -> anyhow::Result<()> {
        let confirmed = burned.people.iter().filter(|receipt| receipt.confirmed).count();
        if confirmed > std::mem::replace(&mut self.erasing.confirmed, confirmed) {
            let all = burned.people.len();
            self.out
                .text(&format!("* Their apps say that they have destroyed their keys: {confirmed} of {all}."))
                .await?;
        }
        let silent = burned.people.iter().filter(|receipt| !receipt.confirmed && !burned.listening);
        let silent: Vec<_> = silent.map(|receipt| plain::name(&receipt.nick)).collect();
        if silent.is_empty() {
            return Ok(());
        }
        self.out.text(&format!("* No word came from {}.", silent.join(", "))).await
    }
}
