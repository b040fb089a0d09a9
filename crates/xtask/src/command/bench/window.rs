//! The window: size of the program, start, memory, and from window to window.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    command::{
        bench::{samples::label, start},
        bundle, e2e,
        setup::{self, Part},
    },
    display::Display,
    process,
};

/// # Errors
///
/// When something is missing, a build fails, or a window does not do what it should.
pub(super) fn run() -> Result<()> {
    setup::ensure(&[Part::Build, Part::App, Part::Screen, Part::EndToEnd])?;
    let programs = Programs::build()?;
    for program in [&programs.shipped, &programs.smallest] {
        let bytes = fs::metadata(program).with_context(|| format!("cannot read {}", program.display()))?.len();
        eprintln!("{:<52} {bytes} bytes, stripped", label("size of ", program));
    }
    start::compare(&programs.shipped, &programs.smallest)?;

    let display = Display::start()?;
    for script in ["ui/tests/bench/memory.mjs", "ui/tests/bench/talk.mjs"] {
        let mut node = e2e::node(script, &display)?;
        node.env("CONCLAVE_APP", &programs.driven)
            .env("CONCLAVE_SHIPPED", &programs.shipped)
            .env("CONCLAVE_SMALLEST", &programs.smallest);
        process::run(&mut node)?;
    }
    Ok(())
}

/// What is measured, all built with the profile of what is handed out.
struct Programs {
    /// As it is handed out.
    shipped: PathBuf,
    /// The same with the door open that WebDriver comes in through.
    driven: PathBuf,
    /// The floor: the smallest window that Tauri opens.
    smallest: PathBuf,
}

impl Programs {
    fn build() -> Result<Self> {
        let driven = build_driven()?;
        // In one build, so that what both share is compiled once and in the same way.
        let floor = ["--package", "conclave-smallest-window", "--features", "conclave-smallest-window/window"];
        let built = bundle::build_app(&floor)?;
        Ok(Self {
            shipped: keep(&built.join("conclave"), "conclave")?,
            driven,
            smallest: keep(&built.join("smallest-window"), "smallest-window")?,
        })
    }
}

/// Builds the application with the door open that WebDriver comes in through, as it is handed out otherwise.
///
/// # Errors
///
/// When the build fails.
pub(super) fn build_driven() -> Result<PathBuf> {
    let built = bundle::build_app(&["--features", "conclave/e2e"])?;
    keep(&built.join("conclave"), "conclave-driven")
}

/// Puts a program where the next build leaves it alone.
fn keep(from: &Path, name: &str) -> Result<PathBuf> {
    let kept = process::target()?.join("bench");
    fs::create_dir_all(&kept).with_context(|| format!("cannot create {}", kept.display()))?;
    let to = kept.join(name);
    fs::copy(from, &to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(to)
}
