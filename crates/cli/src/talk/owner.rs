//! What an owner says in a terminal.

use conclave_engine::{
    api::OfMember,
    snapshot::{MemberHandle, Person},
};

use super::Session;
use crate::plain;

impl Session<'_> {
    /// Carries out what was typed behind a stroke; `None` if it is no order.
    pub(super) async fn order(&mut self, typed: &str) -> anyhow::Result<Option<()>> {
        let (word, name) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let room = self.of_room();
        let given = match (word, name.trim()) {
            ("/lock", "") => self.engine.lock_room(room).await,
            ("/unlock", "") => self.engine.unlock_room(room).await,
            ("/close", "") => self.engine.close_room(room).await,
            ("/keep", "") => self.engine.keep_room(room).await,
            ("/erase-room", "") => return self.erase_room().await.map(Some),
            ("/erase-room", answer @ ("yes" | "keep")) => return self.answer_erasure(answer == "yes").await.map(Some),
            ("/remove", name) if !name.is_empty() => return self.remove(name).await.map(Some),
            _ => return Ok(None),
        };
        if let Err(error) = given {
            self.refuse(&self.words.error(error)).await?;
        }
        Ok(Some(()))
    }

    /// Removes the member of this name, or whose key begins so, as it stands before names that do not say enough.
    async fn remove(&mut self, name: &str) -> anyhow::Result<()> {
        let people = self.engine.view_room(self.of_room()).await?.people;
        let is_meant = |person: &&Person| {
            let by_key = name.len() >= KEY_LEAST && person.member.0.starts_with(name);
            !person.own && (by_key || person.nick == name)
        };
        let meant: Vec<&MemberHandle> = people.iter().filter(is_meant).map(|person| &person.member).collect();
        let said = match meant[..] {
            [] => format!("Nobody here is called {}.", plain::name(name)),
            [member] => {
                let request = OfMember { room: self.room.clone(), member: member.clone() };
                match self.engine.remove_member(request).await {
                    Ok(()) => return Ok(()),
                    Err(error) => self.words.error(error),
                }
            }
            _ => format!(
                "Several people are called {}. /people shows their keys; name the key of the one who is meant.",
                plain::name(name)
            ),
        };
        self.refuse(&said).await
    }
}

/// Digits by which a key is named.
const KEY_LEAST: usize = 4;
