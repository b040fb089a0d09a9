//! Signals: what a logout, a shutdown, a closed terminal or `kill` sends to a program that is to end.

use std::{future, io, time::Duration};

use conclave_engine::Heeded;
use rustix::process::{getpid, kill_process};
use tauri::AppHandle;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    time::timeout,
};

/// Signals cannot be waited for.
#[derive(Debug, thiserror::Error)]
#[error("signals of the system cannot be waited for")]
pub(crate) struct SignalsError(#[from] io::Error);

/// From now on a signal ends the application in order, as closing its window does, but without a question; another one, at once. One
/// that comes before there is an application ends it as soon as it is sent here.
///
/// # Errors
/// [`SignalsError`].
pub(crate) fn listen() -> Result<oneshot::Sender<AppHandle>, SignalsError> {
    let signals = tauri::async_runtime::block_on(async { Signals::listen() })?;
    let (built, app) = oneshot::channel::<AppHandle>();
    let in_order = async {
        // Where none could be built, the process ends by itself.
        if let Ok(app) = app.await {
            app.exit(0);
        }
    };
    tauri::async_runtime::spawn(async move {
        signals.obey(in_order).await;
        // SIGKILL: what keeps an application from ending may keep the functions that run at an exit, too.
        let _ = kill_process(getpid(), rustix::process::Signal::KILL);
    });
    Ok(built)
}

/// Signals, from when this is made: one that comes while something else is done is not lost.
struct Signals {
    /// Ignored where the application was started so.
    others: [Heeded; 3],
    /// What is sent on purpose, to this program alone.
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let kinds = [SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()];
        let [interrupt, hangup, quit] = kinds.map(Heeded::listen);
        Ok(Self { others: [interrupt?, hangup?, quit?], terminate: signal(SignalKind::terminate())? })
    }

    /// Does this at the first signal. Resolves at a later one: somebody has waited long enough.
    async fn obey(mut self, in_order: impl Future<Output = ()>) {
        self.next().await;
        let ending = async {
            in_order.await;
            // The process is about to end.
            future::pending().await
        };
        tokio::select! {
            () = ending => {}
            () = self.another() => {}
        }
    }

    /// Resolves at a signal that is not one with the last.
    async fn another(&mut self) {
        let same = async {
            loop {
                self.next().await;
            }
        };
        // It never ends by itself.
        let _ = timeout(AT_ONCE, same).await;
        self.next().await;
    }

    async fn next(&mut self) {
        let [interrupt, hangup, quit] = &mut self.others;
        tokio::select! {
            () = interrupt.recv() => {}
            () = hangup.recv() => {}
            () = quit.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Signals within this time are one: a session that ends sends SIGTERM and SIGHUP, and for a closed terminal kernel and shell send a
/// SIGHUP each.
const AT_ONCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::process::Signal;

    use super::*;

    /// Signals reach the whole process, so this is one story.
    #[test]
    fn a_session_that_ends_ends_the_app_in_order_and_who_insists_ends_it_at_once() {
        let send = |signal| kill_process(getpid(), signal).unwrap();
        tauri::async_runtime::block_on(async {
            let signals = Signals::listen().unwrap();
            send(Signal::TERM);
            let (asked, stuck) = (AtomicBool::new(false), future::pending());
            let ended_at_once = signals.obey(async {
                asked.store(true, Ordering::Relaxed);
                send(Signal::HUP);
                stuck.await
            });
            tokio::pin!(ended_at_once);
            let waited = timeout(AT_ONCE.saturating_mul(2), &mut ended_at_once).await;
            assert!(asked.load(Ordering::Relaxed), "it came before there was anything to end, and is not lost");
            assert!(waited.is_err(), "two signals of one logout are no impatience");
            // A process that was started in the background of a script, or by nohup, ignores all but the last.
            for signal in [Signal::INT, Signal::QUIT, Signal::TERM] {
                send(signal);
            }
            timeout(AT_ONCE, ended_at_once).await.unwrap();
        });
    }
}
