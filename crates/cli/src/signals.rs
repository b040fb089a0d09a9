//! What asks the program to end.

use std::io;

/// Signals, from when this is made: one that comes while something else is done is not lost.
#[cfg(unix)]
pub(crate) struct Signals {
    /// Ignored where the program was started so.
    others: [conclave_engine::Heeded; 3],
    /// What is sent on purpose, to this program alone.
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()];
        let [interrupt, hangup, quit] = kinds.map(conclave_engine::Heeded::listen);
        Ok(Self { others: [interrupt?, hangup?, quit?], terminate: signal(SignalKind::terminate())? })
    }

    /// Resolves when somebody wants the program to end, or the terminal was closed.
    ///
    /// # Cancel safety
    /// A signal that was not told is told next time.
    pub(crate) async fn end(&mut self) {
        let [interrupt, hangup, quit] = &mut self.others;
        tokio::select! {
            () = interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = hangup.recv() => {}
            () = quit.recv() => {}
        }
    }
}

#[cfg(windows)]
pub(crate) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// Resolves when somebody wants the program to end.
    pub(crate) async fn end(&mut self) {
        self.0.recv().await;
    }
}
