//! `cargo xtask check`: what a commit must pass.

use anyhow::Result;

use crate::{
    command::{bindings, deps},
    process, ui,
};

/// # Errors
///
/// At the first thing that is not in order.
pub(crate) fn run() -> Result<()> {
    format()?;
    deps::run()?;
    lints()?;
    shell_lints()?;
    bindings::check()?;
    spelling()?;
    licences()?;
    eprintln!("In order.");
    Ok(())
}

/// # Errors
///
/// When a file is not formatted; `cargo fmt` formats it.
pub(crate) fn format() -> Result<()> {
    process::run(&mut process::cargo(&["fmt", "--all", "--check"])?)
}

/// Lints everything but the shell, so that it also runs on a machine without GTK.
///
/// # Errors
///
/// At any warning.
pub(crate) fn lints() -> Result<()> {
    let scope = ["clippy", "--workspace", "--all-targets", "--no-default-features", "--features", "conclave-relay/cli"];
    process::run(process::cargo(&scope)?.args(["--", "--deny", "warnings"]))
}

/// Lints the engine without its features, which the workspace switches on.
///
/// # Errors
///
/// At any warning.
pub(crate) fn engine_alone() -> Result<()> {
    let scope = ["clippy", "--package", "conclave-engine", "--lib", "--no-default-features"];
    process::run(process::cargo(&scope)?.args(["--", "--deny", "warnings"]))
}

/// Lints the shell with the window and its tests.
///
/// # Errors
///
/// At any warning.
pub(crate) fn shell_lints() -> Result<()> {
    ui::vendor()?;
    let scope = ["clippy", "--package", "conclave", "--all-targets", "--features", "desktop-test"];
    process::run(process::cargo(&scope)?.args(["--", "--deny", "warnings"]))
}

fn spelling() -> Result<()> {
    if !process::is_installed("typos") {
        eprintln!("Left out: spelling. To include it: cargo install --locked typos-cli");
        return Ok(());
    }
    let mut typos = std::process::Command::new("typos");
    process::run(typos.current_dir(process::root()?))
}

fn licences() -> Result<()> {
    if !process::is_installed("cargo-deny") {
        eprintln!("Left out: licences, bans and sources. To include them: cargo install --locked cargo-deny");
        return Ok(());
    }
    let scope = ["deny", "--workspace", "--all-features", "--locked", "check"];
    process::run(process::cargo(&scope)?.args(["bans", "licenses", "sources"]))
}
