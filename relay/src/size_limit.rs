//! The limit of a file's size that a process may have (RLIMIT_FSIZE, `ulimit -f`).

use std::io;

/// Lets a write beyond the limit fail (EFBIG), as on a full disk, where the signal SIGXFSZ would end the process. The
/// handler does nothing, and stays until the process ends. To be called once by a program, inside a tokio runtime.
///
/// # Errors
/// If the system takes no handler.
#[cfg(unix)]
pub fn outlive_file_size_limit() -> io::Result<()> {
    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}

/// There is no such limit.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn outlive_file_size_limit() -> io::Result<()> {
    Ok(())
}
