//! The end of a session: what was written reaches the relay, or it is said what becomes of it.

use std::{collections::BTreeSet, io::IsTerminal as _};

use anyhow::Context as _;
use conclave_engine::{
    Events,
    snapshot::{ItemBody, MessageState},
};

use super::{Session, number};
use crate::line::Line;

impl Session<'_> {
    /// Waits until the relay has what was written; fails with a word if it does not get it in time, or if lines of a script were not
    /// sent at all.
    pub(super) async fn finish(&mut self, events: &mut Events) -> anyhow::Result<()> {
        self.reach_the_relay(events).await?;
        let refused = self.refused;
        anyhow::ensure!(
            refused == 0 || std::io::stdin().is_terminal(),
            "lines of the input were not sent ({refused}); the sentences before say why"
        );
        Ok(())
    }

    async fn reach_the_relay(&mut self, events: &mut Events) -> anyhow::Result<()> {
        if self.unsent().await?.is_empty() {
            return Ok(());
        }
        let wait = self.how.wait;
        let waiting = async {
            let mut said = false;
            loop {
                let unsent = self.unsent().await?;
                if unsent.is_empty() {
                    return Ok(());
                }
                if !std::mem::replace(&mut said, true) {
                    self.wait_for(unsent.len()).await?;
                }
                self.event(events.next().await.context("the engine has ended")?).await?;
                anyhow::ensure!(!self.is_over, "the room has ended");
            }
        };
        let ended = tokio::select! {
            biased;
            () = std::future::ready(()), if wait.is_zero() => Err(anyhow::anyhow!("--wait 0 waits for nothing")),
            waited = tokio::time::timeout(wait, waiting) => {
                waited.unwrap_or_else(|_| Err(anyhow::anyhow!("{} seconds have passed", wait.as_secs())))
            }
        };
        match ended {
            Ok(()) => Ok(()),
            Err(reason) => {
                let left = self.unsent().await?.len();
                Err(self.left_behind(reason, left))
            }
        }
    }

    /// A signal ends the session. A script is told what becomes of what it wrote, and so is who waits for it; who types has it before
    /// the eyes.
    pub(super) async fn interrupted(&mut self) -> anyhow::Result<()> {
        if !self.is_read_to_the_end && std::io::stdin().is_terminal() {
            return Ok(());
        }
        match self.unsent().await?.len() {
            0 => Ok(()),
            left => Err(self.left_behind(anyhow::anyhow!("interrupted"), left)),
        }
    }

    fn left_behind(&self, reason: anyhow::Error, left: usize) -> anyhow::Error {
        let fate = match &self.how.kept {
            None => "is lost",
            Some(folder) if folder.join("vault").exists() => "is kept and goes out the next time",
            Some(_) => "is lost, unless the data folder was only moved: it is not where it was",
        };
        reason.context(format!("not everything that was written reached the relay; {left} of it {fate}"))
    }

    /// Own messages that the relay does not have. The whole timeline is looked through once; later only as far back as there
    /// were some, since nothing is written any more.
    async fn unsent(&mut self) -> anyhow::Result<Vec<MessageState>> {
        let (mut found, mut states, mut before) = (BTreeSet::new(), Vec::new(), None);
        let mut not_seen = self.unsent.take();
        while not_seen.as_ref().is_none_or(|not_seen| !not_seen.is_empty()) {
            let page = self.page(before).await?;
            for item in page.items {
                let number = number(&item);
                if let Some(not_seen) = &mut not_seen {
                    not_seen.remove(&number);
                }
                if let ItemBody::Text { own: true, state, .. } | ItemBody::ViewOnce { own: true, state, .. } = item.body
                    && state != MessageState::Stored
                {
                    found.insert(number);
                    states.push(state);
                }
            }
            before = page.earlier;
            if before.is_none() {
                break;
            }
        }
        self.unsent = Some(found);
        Ok(states)
    }

    async fn wait_for(&self, unsent: usize) -> anyhow::Result<()> {
        let seconds = self.how.wait.as_secs();
        if self.how.json {
            return self.out.json(&Line::Waiting { unsent, seconds }).await;
        }
        self.out
            .text(&format!("* Waiting until the relay has what was written ({unsent}), {seconds} seconds at most."))
            .await
    }
}
