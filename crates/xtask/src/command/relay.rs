//! `cargo xtask relay`: a relay to try things with.

use std::fs;

use anyhow::{Context as _, Result};

use crate::{metadata::Metadata, process};

/// Runs a relay for development on this computer
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments for the relay, after `--`, instead of the settings for development
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// # Errors
///
/// When the relay cannot be built or ends with a failure.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut relay = process::cargo(&["run", "--package", "conclave-relay", "--"])?;
    if args.arguments.is_empty() {
        // The app speaks TLS only, so the relay gets a key of its own; it stays the same from run to run.
        let folder = Metadata::read()?.target_directory.join("dev-relay");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let settings = folder.join("relay.toml");
        fs::write(&settings, SETTINGS).with_context(|| format!("cannot write {}", settings.display()))?;
        eprintln!(
            "A relay for this computer only, in memory. In the app, \"Create on a relay\" takes 127.0.0.1:7700~k="
        );
        eprintln!("with the 43 characters behind it that follow \"pin:\" below. relay/README.md: one for others.");
        relay.current_dir(&folder).args(["--config", "relay.toml"]);
    } else {
        relay.args(&args.arguments);
    }
    process::run(&mut relay)
}

/// Paths are relative to the folder that the relay is started in.
const SETTINGS: &str = r#"listen = ["127.0.0.1:7700"]
authorities = []

[tls]
self_signed_key = "tls.key"
"#;
