//! `cargo xtask relay`: a relay to try things with.

use anyhow::Result;

use crate::process;

/// Runs a relay for development on this computer
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments for the relay, after `--`; without any it keeps rooms in memory
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// # Errors
///
/// When the relay cannot be built or ends with a failure.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.arguments.is_empty() {
        eprintln!("Plain WebSocket on 127.0.0.1:7700, in memory, for this computer only.");
        eprintln!("relay/README.md says how to run one for others.");
    }
    let mut relay = process::cargo(&["run", "--package", "conclave-relay", "--"])?;
    process::run(relay.args(&args.arguments))
}
