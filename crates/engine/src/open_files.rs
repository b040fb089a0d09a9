//! The limit of open files that a process may have (RLIMIT_NOFILE, `ulimit -n`).

/// Raises the soft limit of open files to what many rooms need, as far as the hard one lets it. To be called once by a program.
///
/// Systems keep the soft limit low for programs that use `select(2)`, which nothing here does. A room takes a few files and a
/// connection, and one that is hosted a connection for each guest; beyond the limit opening a file fails as if the disk did.
#[cfg(unix)]
pub fn raise_open_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |hard| hard.min(WANTED));
    if current.is_some_and(|soft| soft < wanted) {
        // Where the system refuses, the limit is as it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

/// There is no such limit.
#[cfg(not(unix))]
pub fn raise_open_files_limit() {}

/// As many as macOS gives a process (`OPEN_MAX`), whose hard limit names none.
#[cfg(unix)]
const WANTED: u64 = 10_240;
