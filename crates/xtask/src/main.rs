//! The project commands: `cargo xtask help`.
//!
//! One crate instead of shell scripts, so that a command does the same on every system. Each command is one file under
//! `command/`; what several of them need (children, the virtual screen, the UI's packages, the dependency graph) stands
//! beside it.

mod command;
mod display;
mod metadata;
mod process;
mod ui;

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    command::Xtask::parse().run()
}
