//! The signals that stop the relay, and the one that reloads its certificates.

use std::io;

/// Signals, from when this is made: one that comes before anything listens is not lost.
#[cfg(unix)]
pub(crate) struct Signals {
    /// Ignored where the relay was started so.
    interrupt: conclave_relay::Heeded,
    terminate: tokio::signal::unix::Signal,
    /// Never ignored: it ends nothing, and a relay under `nohup` whose certificate was renewed would go on with the old
    /// one.
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: conclave_relay::Heeded::listen(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Resolves when the relay is to stop. SIGHUP does not ask for that, but for new files, or says that a terminal was
    /// closed.
    pub(crate) async fn stop(&mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                () = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hangup.recv() => reload(),
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
