//! `cargo xtask relay`: a relay to try things with.

use anyhow::Result;

use crate::process;

/// Runs a relay for development on this computer
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments for the relay, after `--`, instead of listening on 127.0.0.1:7443
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// # Errors
///
/// When the relay cannot be built or ends with a failure.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut relay = process::cargo(&["run", "--package", "conclave-relay", "--"])?;
    if args.arguments.is_empty() {
        eprintln!(
            "Plain WebSocket on 127.0.0.1:7443, for this computer only. relay/README.md says how to run one for others."
        );
        relay.args(["--listen", "127.0.0.1:7443"]);
    } else {
        relay.args(&args.arguments);
    }
    process::run(&mut relay)
}
