//! `cargo xtask run`: from a fresh clone to an open window.

use anyhow::Result;

use crate::{
    command::setup::{self, Part},
    display::{self, Display},
    process, ui,
};

/// Opens the app, after installing and building what it needs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments for the app, after `--`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// # Errors
///
/// When something is missing, the build fails, or the app ends with a failure.
pub(crate) fn run(args: &Args) -> Result<()> {
    if display::is_present() {
        setup::ensure(&[Part::Build, Part::App])?;
    } else {
        eprintln!(
            "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): the window opens on a virtual one."
        );
        setup::ensure(&[Part::Build, Part::App, Part::Screen])?;
    }
    ui::vendor()?;
    process::run(&mut process::cargo(&["build", "--package", "conclave"])?)?;

    let display = Display::find()?;
    let mut app = process::cargo(&["run", "--quiet", "--package", "conclave", "--"])?;
    display.apply(app.args(&args.arguments));
    process::run(&mut app)
}
