//! The command line: one variant and one file per command.

mod bench;
mod bindings;
mod bundle;
mod check;
mod deps;
mod e2e;
mod mutants;
mod relay;
mod run;
mod setup;
mod sim;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The project commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Opens the app, after installing and building what it needs
    Run(run::Args),
    /// Tests everything that the README promises
    Test(test::Args),
    /// Looks at what a commit must pass: format, lints, dependency rules, generated types, spelling, licences
    Check,
    /// Lists what this machine lacks and installs it
    Setup,
    /// Checks the dependency rules of docs/architecture.md
    Deps,
    /// Simulates rooms under faults, one per seed
    Sim(sim::Args),
    /// Breaks the code on purpose and expects a test to fail
    Mutants(mutants::Args),
    /// Runs a relay for development on this computer
    Relay(relay::Args),
    /// Drives real windows through a conversation
    E2e(e2e::Args),
    /// Measures the relay, the engine and the window
    Bench(bench::Args),
    /// Writes the UI's types of the engine's commands
    Bindings(bindings::Args),
    /// Builds what is handed out, with sizes and SHA-256 sums
    Bundle,
}

impl Xtask {
    /// # Errors
    ///
    /// When a step fails; the message names its command line and, where there is one, the way out.
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::Run(args) => run::run(&args),
            Command::Test(args) => test::run(&args),
            Command::Check => check::run(),
            Command::Setup => setup::run(),
            Command::Deps => deps::run(),
            Command::Sim(args) => sim::run(&args),
            Command::Mutants(args) => mutants::run(&args),
            Command::Relay(args) => relay::run(&args),
            Command::E2e(args) => e2e::run(&args),
            Command::Bench(args) => bench::run(&args),
            Command::Bindings(args) => bindings::run(&args),
            Command::Bundle => bundle::run(),
        }
    }
}
