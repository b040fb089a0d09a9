//! Messages in a terminal: how a line of the timeline is shown, and what is written that is more than a text.

use conclave_engine::{
    api::{OfItem, SecretText, SendMessage, SendViewOnce},
    snapshot::{CardState, Item, ItemBody, RoomView},
};

use super::Session;

impl Session<'_> {
    /// A line as it is printed, and the name under which that is remembered; none of what needs no words.
    pub(super) fn shown(&self, item: &Item, view: &RoomView) -> Option<(String, String)> {
        let RoomView { summary, people, .. } = view;
        let (mut name, words) = (item.id.0.clone(), &self.words);
        let line = match &item.body {
            ItemBody::Text { own: true, text, state, .. } => {
                let why = words.held(*state, summary)?;
                // The same message may be held for one reason after the other.
                name.push_str(&why);
                format!("* {why} {}", words.own(text))
            }
            ItemBody::ViewOnce { own: true, state, .. } => {
                let why = words.held(*state, summary)?;
                name.push_str(&why);
                format!("* {why} {}", words.say("view-once-own"))
            }
            ItemBody::Text { sender, nick, text, .. } => format!("{} {text}", words.speaker(people, sender, nick)),
            ItemBody::ViewOnce { sender, nick, seconds, card, .. } => {
                let said = words.card(*card, *seconds);
                name.push_str(&said);
                format!("* {} {said}", words.speaker(people, sender, nick))
            }
            ItemBody::Moved { own: true, .. } => format!("* {}", words.moved(summary)?),
            ItemBody::Moved { sender, nick, .. } => {
                format!("* {}: {} /follow goes there.", words.speaker(people, sender, nick), words.moved(summary)?)
            }
            ItemBody::Retracted { sender, nick, .. } => {
                let said = words.say("retracted");
                name.push_str(&said);
                format!("* {} {said}", words.speaker(people, sender, nick))
            }
            ItemBody::Unsupported { sender, nick, .. } => {
                format!("* {}: {}", words.speaker(people, sender, nick), words.say("unsupported"))
            }
            ItemBody::System { event } => format!("* {}", words.system(event)),
        };
        Some((name, line))
    }

    /// Carries out what was typed behind a stroke; `None` if it is about no message.
    pub(super) async fn message(&mut self, typed: &str) -> anyhow::Result<Option<()>> {
        let (word, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let (number, text) = rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
        let (room, seconds) = (self.room.clone(), number.parse::<u32>().ok().filter(|_| !text.trim().is_empty()));
        let secret = || SecretText::new(text.to_owned());
        let done = match (word, seconds) {
            ("/once", Some(seconds)) => {
                let request = SendViewOnce { room, text: secret(), seconds, fuse: None };
                self.engine.send_view_once(request).await.map(drop)
            }
            ("/burn", Some(seconds)) => {
                let request = SendMessage { room, text: secret(), fuse: Some(seconds) };
                self.engine.send_message(request).await.map(drop)
            }
            ("/open", None) if rest.is_empty() => return self.open().await.map(Some),
            ("/retract", None) if rest.is_empty() => return self.retract().await.map(Some),
            _ => return Ok(None),
        };
        if let Err(error) = done {
            self.refuse(&self.words.error(error)).await?;
        }
        Ok(Some(()))
    }

    /// Opens the oldest message that can be read once and was not. It stands in the terminal for as long as that keeps it, which is said.
    async fn open(&mut self) -> anyhow::Result<()> {
        let is_sealed =
            |item: &Item| matches!(item.body, ItemBody::ViewOnce { own: false, card: CardState::Sealed, .. });
        let items = self.back_until(|_| false).await?;
        let Some(item) = items.into_iter().find(is_sealed) else {
            return self.refuse("There is no sealed message to open.").await;
        };
        let request = OfItem { room: self.room.clone(), id: item.id };
        match self.engine.open_view_once(request).await {
            Ok(opened) => {
                let text = self.words.own(&opened.text);
                self.out.text(&format!("* Nobody gets this a second time, but your terminal keeps it: {text}")).await
            }
            Err(error) => self.refuse(&self.words.error(error)).await,
        }
    }

    /// Takes the newest own message back.
    async fn retract(&mut self) -> anyhow::Result<()> {
        let is_own =
            |item: &Item| matches!(item.body, ItemBody::Text { own: true, .. } | ItemBody::ViewOnce { own: true, .. });
        let items = self.back_until(|items| items.iter().any(is_own)).await?;
        let Some(item) = items.into_iter().rfind(is_own) else {
            return self.refuse("There is no message of yours to take back.").await;
        };
        let request = OfItem { room: self.room.clone(), id: item.id };
        match self.engine.retract_message(request).await {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(&self.words.error(error)).await,
        }
    }
}
