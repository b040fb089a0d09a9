//! Mistakes of ours inside somebody else's process: a panic ends a connection, or the relay, and never that process.

use std::{cell::Cell, future::poll_fn, pin::pin};

/// Whether this thread does a relay's work right now. A panic there ends a connection or the relay, which [`Relay::died`] tells. A
/// panic hook that ends the process has to let it pass.
///
/// [`Relay::died`]: crate::Relay::died
#[must_use]
pub fn panics_are_contained() -> bool {
    CONTAINED.get()
}

/// Runs a task as a relay's work.
pub(crate) async fn contained<F: Future>(task: F) -> F::Output {
    let mut task = pin!(task);
    poll_fn(|context| {
        let _work = Work::begin();
        task.as_mut().poll(context)
    })
    .await
}

/// Marks this thread until it is dropped, also by a panic.
pub(crate) struct Work {
    outer: bool,
}

impl Work {
    pub(crate) fn begin() -> Self {
        Self { outer: CONTAINED.replace(true) }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        CONTAINED.set(self.outer);
    }
}

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}
