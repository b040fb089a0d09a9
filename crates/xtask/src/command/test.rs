//! `cargo xtask test`: everything that the README promises.

use anyhow::{Context as _, Result};

use crate::{
    command::{
        bindings, check, deps, e2e,
        setup::{self, Part},
        sim,
    },
    process, ui,
};

/// Tests everything that the README promises
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leave out the UI: types, tests, pictures of every screen
    #[arg(long)]
    no_ui: bool,
    /// Leave out everything that compiles the window; includes --no-e2e
    #[arg(long)]
    no_shell: bool,
    /// Leave out the conversation between real windows
    #[arg(long)]
    no_e2e: bool,
}

/// A title, the flag that left it out, and what it does.
type Step = (&'static str, Option<&'static str>, fn() -> Result<()>);

/// # Errors
///
/// At the first part that fails; the message names it.
pub(crate) fn run(args: &Args) -> Result<()> {
    let ui = args.no_ui.then_some("--no-ui");
    let shell = args.no_shell.then_some("--no-shell");
    let windows = shell.or(args.no_e2e.then_some("--no-e2e"));

    setup::ensure(&needed(ui.is_none(), shell.is_none(), windows.is_none()))?;
    let parts: [Step; 10] = [
        ("format", None, check::format),
        ("dependency rules", None, deps::run),
        ("lints", None, check::lints),
        ("the engine without a network", None, check::engine_alone),
        ("tests and examples in the documentation", None, workspace_tests),
        ("UI", ui, ui_tests),
        ("simulation of 200 rooms under faults and attacks", None, || sim::simulate(200, 60)),
        ("types of the engine's commands", None, bindings::check),
        ("shell", shell, shell_tests),
        ("conversation between real windows", windows, || e2e::converse(&e2e::Args::default())),
    ];

    let (mut passed, mut left_out) = (Vec::new(), Vec::new());
    for (title, flag, part) in parts {
        if let Some(flag) = flag {
            eprintln!("\n== {title}: left out ({flag})");
            left_out.push(title);
            continue;
        }
        eprintln!("\n== {title}");
        part().with_context(|| format!("failed: {title}"))?;
        passed.push(title);
    }
    eprintln!("\nPassed: {}.", passed.join(", "));
    if !left_out.is_empty() {
        eprintln!("Left out: {}.", left_out.join(", "));
    }
    Ok(())
}

fn needed(ui: bool, shell: bool, windows: bool) -> Vec<Part> {
    let mut parts = vec![Part::Build];
    parts.extend(ui.then_some(Part::Ui));
    parts.extend(shell.then_some(Part::App));
    if windows {
        parts.extend([Part::Screen, Part::EndToEnd]);
    }
    parts
}

fn workspace_tests() -> Result<()> {
    let scope = ["test", "--workspace", "--no-default-features", "--features", "conclave-relay/cli"];
    process::run(&mut process::cargo(&scope)?)
}

fn ui_tests() -> Result<()> {
    ui::vendor()?;
    for script in ["check", "test", "behaviour", "screens"] {
        process::run(&mut process::npm(&["run", "--silent", script])?)?;
    }
    Ok(())
}

fn shell_tests() -> Result<()> {
    check::shell_lints()?;
    process::run(&mut process::cargo(&["test", "--package", "conclave", "--features", "desktop-test"])?)
}
