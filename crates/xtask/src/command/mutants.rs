//! `cargo xtask mutants`: mutation testing. The code is broken on purpose, and a test must fail.

mod grave;
mod tool;

use anyhow::Result;

/// Breaks the code on purpose; a test must fail each time
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The hand-written patches of `crates/xtask/graves` instead of the mutants of cargo-mutants
    #[arg(long)]
    grave: bool,
    /// Only patches whose name, or only files whose path, contains this text; may be given several times
    #[arg(long)]
    only: Vec<String>,
    /// A part of the tool's mutants: the k-th of n, from 0
    #[arg(long, conflicts_with = "grave", value_name = "K/N")]
    shard: Option<String>,
}

/// # Errors
///
/// When a mutant survives, does not build, or no longer applies.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.grave { grave::run(&args.only) } else { tool::run(&args.only, args.shard.as_deref()) }
}

/// Whether a name is asked for; without a wish every one is.
fn is_wanted(name: &str, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|part| name.contains(part))
}
