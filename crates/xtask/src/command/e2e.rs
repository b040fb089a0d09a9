//! `cargo xtask e2e`: real windows, a real relay, one conversation.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{
    command::setup::{self, Part},
    display::Display,
    metadata::Metadata,
    process, ui,
};

/// Drives real windows through a conversation
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Arguments for ui/tests/e2e/run.mjs, after `--`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// # Errors
///
/// When something is missing, a build fails, or the windows do not do what a person would see.
pub(crate) fn run(args: &Args) -> Result<()> {
    setup::ensure(&[Part::Build, Part::App, Part::Screen, Part::Ui, Part::EndToEnd])?;
    process::run(&mut process::cargo(&["build", "--package", "conclave-relay"])?)?;
    converse(args)
}

/// The same with the relay that the tests of the workspace have built, where everything is installed.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn converse(args: &Args) -> Result<()> {
    ui::vendor()?;
    // `e2e` opens the door for WebDriver; a release never has it. `desktop-test` is what the shell's tests were built with, so
    // nothing is compiled twice.
    process::run(&mut process::cargo(&["build", "--package", "conclave", "--features", "e2e,desktop-test"])?)?;
    let display = if cfg!(target_os = "linux") { Display::start()? } else { Display::Real };
    let mut driver = node("ui/tests/e2e/run.mjs", &display)?;
    driver.env("CONCLAVE_APP", process::built("conclave")?).env("CONCLAVE_RELAY", process::built("conclave-relay")?);
    process::run(driver.args(&args.arguments))
}

/// Node on a script that opens windows on this screen, with a session bus and a home of their own: the keyring of whoever
/// runs this stays untouched.
///
/// # Errors
///
/// When there is no place for the home.
pub(super) fn node(script: &str, display: &Display) -> Result<Command> {
    let mut command = if cfg!(target_os = "linux") {
        let home = Metadata::read()?.target_directory.join("e2e-home");
        std::fs::create_dir_all(&home).with_context(|| format!("{} cannot be made", home.display()))?;
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "node"]).env("HOME", home);
        for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        command
    } else {
        Command::new("node")
    };
    command.current_dir(process::root()?).arg(script);
    display.apply(&mut command);
    Ok(command)
}
