//! What the system tells the program.

use std::io;

/// Signals, from when this is made: one that comes before anything listens is not lost.
#[cfg(unix)]
pub(crate) struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    /// Resolves when the relay is to stop. SIGHUP does not ask for that, but for new files, or says that a terminal was closed.
    pub(crate) async fn stop(&mut self, reload: impl Fn()) {
        let [interrupt, terminate, hangup] = &mut self.0;
        loop {
            tokio::select! {
                _ = interrupt.recv() => return,
                _ = terminate.recv() => return,
                _ = hangup.recv() => reload(),
            }
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

    /// Resolves when the relay is to stop. There is no signal that asks for new files.
    pub(crate) async fn stop(&mut self, _: impl Fn()) {
        self.0.recv().await;
    }
}
