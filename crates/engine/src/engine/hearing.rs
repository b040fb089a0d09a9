//! Whether somebody is told an invitation: one at a time, and after three tries in a row that had wrong words only once a person has
//! asked for new ones.

use tokio_util::sync::CancellationToken;

use crate::error::ErrorCode;

/// Who is told one, and how it went before.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// Cancelled once nobody is.
    present: Option<CancellationToken>,
    wrong_in_a_row: u32,
}

impl Hearing {
    /// Begins.
    ///
    /// # Errors
    /// [`ErrorCode::SpokenTooMany`] if somebody is told one already, [`ErrorCode::SpokenPause`] after three tries with wrong words,
    /// unless a person says that there are new ones.
    pub(super) fn begin(&mut self, has_new_words: bool) -> Result<Told, ErrorCode> {
        if self.present.as_ref().is_some_and(|present| !present.is_cancelled()) {
            return Err(ErrorCode::SpokenTooMany);
        }
        if has_new_words {
            self.wrong_in_a_row = 0;
        }
        if self.wrong_in_a_row >= MOST_WRONG {
            return Err(ErrorCode::SpokenPause);
        }
        let told = Told(CancellationToken::new());
        self.present = Some(told.0.clone());
        Ok(told)
    }

    /// Counts what came of it.
    pub(super) fn note<T>(&mut self, outcome: &Result<T, ErrorCode>) {
        match outcome {
            Ok(_) => self.wrong_in_a_row = 0,
            Err(ErrorCode::SpokenWrongWords) => self.wrong_in_a_row = self.wrong_in_a_row.saturating_add(1),
            Err(_) => {}
        }
    }

    /// Breaks off what is under way.
    pub(super) fn end(&self) {
        if let Some(present) = &self.present {
            present.cancel();
        }
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.end();
    }
}

/// Who is told one now. Dropped, somebody else can be.
#[derive(Debug)]
pub(super) struct Told(CancellationToken);

impl Told {
    /// Resolves when it is broken off.
    pub(super) async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

const MOST_WRONG: u32 = 3;
