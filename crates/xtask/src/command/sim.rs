//! `cargo xtask sim`: many engines and a relay on a virtual clock, with cuts and crashes from a seed.

use std::process::Command;

use anyhow::Result;

use crate::process;

/// Simulates rooms under faults, one per seed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// Begin with this seed; with `--seeds 1` it repeats one failure
    #[arg(long)]
    seed: Option<u64>,
    /// How many percent of the stories have attackers, who throw commits that open for some
    #[arg(long, default_value_t = 0)]
    attackers: u64,
    /// Play on after a failure
    #[arg(long)]
    keep_going: bool,
}

/// # Errors
///
/// When a room loses, doubles or reorders something; the simulator names the seed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut sim = process::cargo(&["run", "--quiet", "--package", "conclave-testkit", "--bin", "sim", "--"])?;
    stories(&mut sim, args.seeds, args.attackers);
    if let Some(first) = args.seed {
        sim.args(["--seed", &first.to_string()]);
    }
    if args.keep_going {
        sim.arg("--keep-going");
    }
    process::run(&mut sim)
}

/// The same with the simulator that the tests of the workspace have built.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn simulate(seeds: u64, attackers: u64) -> Result<()> {
    let mut sim = Command::new(process::built("sim")?);
    stories(&mut sim, seeds, attackers);
    process::run(&mut sim)
}

fn stories(sim: &mut Command, seeds: u64, attackers: u64) {
    sim.args(["--seeds", &seeds.to_string(), "--attackers", &attackers.to_string()]);
}
