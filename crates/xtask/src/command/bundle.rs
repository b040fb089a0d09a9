//! `cargo xtask bundle`: the programs that are handed out.

use std::{fmt::Write as _, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::{
    command::setup::{self, Part},
    metadata::Metadata,
    process, ui,
};

/// The programs, each with the profile that it is built with: the application for size, the others for speed.
const PROGRAMS: [(&str, &str); 3] = [("conclave", APP), ("conclave-cli", "release"), ("conclave-relay", "release")];
const APP: &str = "app";

/// Puts the programs for this system beside a list of their sums under `target/bundle/`. Installers, signatures and other
/// systems are not built here.
///
/// # Errors
///
/// When something is missing, the build fails, or a file cannot be copied.
pub(crate) fn run() -> Result<()> {
    setup::ensure(&[Part::Build, Part::App])?;
    build_app(&[])?;
    build("release", &["--package", "conclave-cli", "--package", "conclave-relay"])?;

    let target = Metadata::read()?.target_directory;
    let bundle = target.join("bundle");
    fs::create_dir_all(&bundle).with_context(|| format!("cannot create {}", bundle.display()))?;
    let mut sums = String::new();
    for (program, profile) in PROGRAMS {
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let (from, to) = (target.join(profile).join(&name), bundle.join(&name));
        // Copied as a file, so that it stays executable.
        fs::copy(&from, &to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        let bytes = fs::read(&to).with_context(|| format!("cannot read {}", to.display()))?;
        let sum = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        eprintln!("{sum}  {name}  {} bytes", bytes.len());
        writeln!(sums, "{sum}  {name}")?;
    }
    let list = bundle.join("SHA256SUMS");
    fs::write(&list, sums).with_context(|| format!("cannot write {}", list.display()))?;
    eprintln!("In {}.", bundle.display());
    Ok(())
}

/// Builds the application as it is handed out, and returns the folder that it is in.
///
/// # Errors
///
/// When the build fails.
pub(super) fn build_app(more: &[&str]) -> Result<PathBuf> {
    ui::vendor()?;
    let arguments: Vec<_> = ["--package", "conclave"].iter().chain(more).copied().collect();
    build(APP, &arguments)?;
    Ok(Metadata::read()?.target_directory.join(APP))
}

/// Builds what is handed out with an OpenSSL of its own.
fn build(profile: &str, arguments: &[&str]) -> Result<()> {
    let openssl = ["--package", "conclave-engine", "--features", "conclave-engine/vendored-openssl"];
    let mut build = process::cargo(&["build", "--locked", "--profile", profile])?;
    process::run(build.args(openssl).args(arguments))
}
