//! How a room is as a whole: where this person is in its life, who can come, and whether its relay is reached.

use conclave_engine::snapshot::{RoomPhase, RoomSummary};

use crate::words::Words;

/// What was last said, so that only a change is said.
#[derive(Default)]
pub(crate) struct Status {
    phase: Option<RoomPhase>,
    reach: Option<String>,
    connection: Option<String>,
    knock: Option<String>,
}

impl Status {
    /// What is new, a sentence each; fails if there is no way in.
    pub(crate) fn news(&mut self, words: &Words, summary: &RoomSummary) -> anyhow::Result<Vec<String>> {
        words.admission(summary)?;
        let mut news = Vec::new();
        if self.phase.replace(summary.phase) != Some(summary.phase) {
            news.extend(words.phase(summary.phase));
        }
        // While it is being found out, what was said before still stands.
        let (reach, connection, knock) = (words.reach(summary), words.connection(summary), words.knock(summary));
        for (known, now) in [(&mut self.reach, reach), (&mut self.connection, connection), (&mut self.knock, knock)] {
            if now.is_some() && *known != now {
                known.clone_from(&now);
                news.extend(now);
            }
        }
        Ok(news)
    }
}
