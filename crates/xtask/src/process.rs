//! Children: what they print goes straight to the terminal, and a failure names the whole command line.
//!
//! Children stay in the terminal's process group, so Ctrl-C ends them together with this program.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// The folder of the root manifest.
///
/// # Errors
///
/// When this program was not started by cargo.
pub(crate) fn root() -> Result<PathBuf> {
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").context("Start this as `cargo xtask` from inside the repository.")?;
    let root =
        Path::new(&manifest).ancestors().nth(2).context("crates/xtask has moved; process::root counts its folders")?;
    Ok(root.to_path_buf())
}

/// The folder of what is built.
///
/// # Errors
///
/// As [`root`].
pub(crate) fn target() -> Result<PathBuf> {
    let root = root()?;
    Ok(env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder)))
}

/// A program of ours that was built for tests.
///
/// # Errors
///
/// As [`root`].
pub(crate) fn built(program: &str) -> Result<PathBuf> {
    Ok(target()?.join("debug").join(program).with_extension(env::consts::EXE_EXTENSION))
}

/// The cargo that started this program, in the root folder.
///
/// # Errors
///
/// As [`root`].
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root()?).args(arguments);
    Ok(command)
}

/// npm in the UI's folder. On Windows it is a script, which must be named in full.
///
/// # Errors
///
/// As [`root`].
pub(crate) fn npm(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(root()?.join("ui")).args(arguments);
    Ok(command)
}

/// Runs a child to its end.
///
/// # Errors
///
/// When the child cannot be started or ends with anything but success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", line(command));
    run_quietly(command)
}

/// Runs a child to its end without naming it, unless it fails.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command.status().with_context(|| format!("could not start: {line}"))?;
    if !status.success() {
        bail!("{status}: {line}");
    }
    Ok(())
}

/// Runs a child to its end and returns what it printed; its complaints go to the terminal.
///
/// # Errors
///
/// As [`run`], and when the text is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("could not start: {line}"))?;
    if !output.status.success() {
        bail!("{}: {line}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("not UTF-8: the output of {line}"))
}

/// Whether a program of this name is on the search path.
pub(crate) fn is_installed(program: &str) -> bool {
    let names = [program.to_owned(), format!("{program}.exe"), format!("{program}.cmd")];
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file())))
}

/// Whether an environment variable is set to something.
pub(crate) fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn line(command: &Command) -> String {
    let words: Vec<_> =
        std::iter::once(command.get_program()).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
