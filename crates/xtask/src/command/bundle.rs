//! `cargo xtask bundle`: the programs that are handed out.

use std::{fmt::Write as _, fs};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::{
    command::setup::{self, Part},
    metadata::Metadata,
    process, ui,
};

const PROGRAMS: [&str; 3] = ["conclave", "conclave-cli", "conclave-relay"];

/// Builds the programs for this system, with an OpenSSL of their own, and puts them beside a list of their sums under
/// `target/bundle/`. Installers, signatures and other systems are not built here.
///
/// # Errors
///
/// When something is missing, the build fails, or a file cannot be copied.
pub(crate) fn run() -> Result<()> {
    setup::ensure(&[Part::Build, Part::App])?;
    ui::vendor()?;
    let packages = PROGRAMS.into_iter().chain(["conclave-engine"]).flat_map(|name| ["--package", name]);
    let mut build =
        process::cargo(&["build", "--release", "--locked", "--features", "conclave-engine/vendored-openssl"])?;
    process::run(build.args(packages))?;

    let target = Metadata::read()?.target_directory;
    let bundle = target.join("bundle");
    fs::create_dir_all(&bundle).with_context(|| format!("cannot create {}", bundle.display()))?;
    let mut sums = String::new();
    for program in PROGRAMS {
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let (from, to) = (target.join("release").join(&name), bundle.join(&name));
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
