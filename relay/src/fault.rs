//! Panic containment: a panic in a relay's work ends a connection or the relay, and never the process that it lives in.

use std::{cell::Cell, future::poll_fn, panic::AssertUnwindSafe, pin::pin};

use futures_util::FutureExt as _;

/// Whether this thread does a relay's work right now. A panic there is contained: it ends a connection, or the relay,
/// which [`Relay::died`] tells. So a panic hook that ends the process has to let it pass.
///
/// [`Relay::died`]: crate::Relay::died
#[must_use]
pub fn panics_are_contained() -> bool {
    CONTAINED.get()
}

/// Catches panics while a relay is opened and started inside another program: they are errors there.
///
/// # Errors
/// [`Panicked`]; what the work had made until then is dropped.
///
/// # Cancel safety
/// That of the work.
pub async fn contain<F: Future>(work: F) -> Result<F::Output, Panicked> {
    AssertUnwindSafe(contained(work)).catch_unwind().await.map_err(|_| Panicked)
}

/// The work panicked. The panic hook has told where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mistake of the relay's own")]
pub struct Panicked;

/// Runs a task as a relay's work.
pub(crate) async fn contained<F: Future>(task: F) -> F::Output {
    let mut task = pin!(task);
    poll_fn(|context| {
        let _work = Work::begin();
        task.as_mut().poll(context)
    })
    .await
}

/// Marks this thread as doing a relay's work until it is dropped, also by a panic.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_while_a_relay_is_opened_is_an_error_and_a_hook_lets_it_pass() {
        let (told, hears) = std::sync::mpsc::channel();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() == Some("a fault while it opens") {
                told.send(panics_are_contained()).unwrap();
            } else {
                before(info);
            }
        }));
        let opened = contain(async {
            tokio::task::yield_now().await;
            panic!("a fault while it opens")
        });
        let opened: Result<(), Panicked> = opened.await;
        assert_eq!(opened, Err(Panicked));
        assert!(hears.recv().unwrap());
        assert!(!panics_are_contained(), "what runs on this thread next is somebody else's");
        assert_eq!(contain(async { 7 }).await, Ok(7));
    }
}
