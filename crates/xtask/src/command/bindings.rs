//! `cargo xtask bindings`: the UI's types, written by the engine that answers its commands.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Writes the UI's types of the engine's commands
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compare instead of writing, and fail on a difference
    #[arg(long)]
    check: bool,
}

/// # Errors
///
/// When the types cannot be generated, written, or with `--check` differ.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.check { check() } else { write() }
}

/// # Errors
///
/// When the engine and `ui/generated/api.d.ts` differ.
pub(crate) fn check() -> Result<()> {
    let path = path()?;
    let written = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    if written != generate()? {
        bail!("{} is not what the engine says; run `cargo xtask bindings` and look at the difference", path.display());
    }
    eprintln!("The UI's types are those of the engine.");
    Ok(())
}

fn write() -> Result<()> {
    let path = path()?;
    fs::write(&path, generate()?).with_context(|| format!("cannot write {}", path.display()))
}

fn generate() -> Result<String> {
    let generator =
        ["run", "--quiet", "--package", "conclave-engine", "--features", "bindings", "--example", "bindings"];
    process::output(&mut process::cargo(&generator)?)
}

fn path() -> Result<PathBuf> {
    Ok(process::root()?.join("ui/generated/api.d.ts"))
}
