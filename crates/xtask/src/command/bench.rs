//! `cargo xtask bench`: how fast the relay hands out and the engine delivers, each beside the floor of the same run.

use anyhow::Result;

use crate::process;

/// # Errors
///
/// When a benchmark cannot be built or fails.
pub(crate) fn run() -> Result<()> {
    eprintln!("== relay");
    process::run(&mut process::cargo(&["bench", "--package", "conclave-relay"])?)?;
    eprintln!("\n== engine");
    process::run(&mut process::cargo(&["bench", "--package", "conclave-engine"])?)
}
