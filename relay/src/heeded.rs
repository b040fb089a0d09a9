//! Signal handlers that respect an inherited SIG_IGN: `nohup` and shells start programs with signals ignored.

use std::{future, io, mem::MaybeUninit, ptr};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that is waited for, unless the process was started with it ignored (SIG_IGN): `nohup` does that with
/// SIGHUP, and a shell without job control with SIGINT and SIGQUIT for what it starts with `&`. Installing a handler
/// would take that back.
#[derive(Debug)]
pub struct Heeded(Option<Signal>);

impl Heeded {
    /// Listens from now on. To be called inside a tokio runtime, before any other handler of that signal.
    ///
    /// # Errors
    /// If the system takes no handler.
    pub fn listen(kind: SignalKind) -> io::Result<Self> {
        (!is_ignored(kind)).then(|| signal(kind)).transpose().map(Self)
    }

    /// Resolves when the signal comes: never, if it is ignored.
    ///
    /// # Cancel safety
    /// A signal that was not told is told next time.
    pub async fn recv(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => future::pending().await,
        }
    }
}

#[expect(unsafe_code, reason = "the standard library and tokio set what becomes of a signal, and do not tell it")]
fn is_ignored(kind: SignalKind) -> bool {
    let mut found = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action the call changes nothing, and where it succeeds it has filled in all of `found`.
    unsafe {
        libc::sigaction(kind.as_raw_value(), ptr::null(), found.as_mut_ptr()) == 0
            && found.assume_init().sa_sigaction == libc::SIG_IGN
    }
}
