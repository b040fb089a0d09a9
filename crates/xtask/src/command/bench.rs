//! `cargo xtask bench`: how fast the relay hands out, the engine delivers, keys are destroyed and the window opens, each beside
//! the floor of the same run.

#[cfg(target_os = "linux")]
mod environment;
mod panic;
mod samples;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod window;

use anyhow::Result;

use crate::process;

/// Measures the relay, the engine and the window
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these; all where none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Relay,
    Engine,
    Panic,
    Window,
}

/// # Errors
///
/// When a benchmark cannot be built or fails.
pub(crate) fn run(args: &Args) -> Result<()> {
    for part in [Part::Relay, Part::Engine, Part::Panic, Part::Window] {
        if !args.parts.is_empty() && !args.parts.contains(&part) {
            continue;
        }
        eprintln!("\n== {part:?}");
        match part {
            Part::Relay => process::run(&mut process::cargo(&["bench", "--package", "conclave-relay"])?)?,
            Part::Engine => process::run(&mut process::cargo(&["bench", "--package", "conclave-engine"])?)?,
            Part::Panic => panic::run()?,
            #[cfg(target_os = "linux")]
            Part::Window => window::run()?,
            #[cfg(not(target_os = "linux"))]
            Part::Window => eprintln!("Left out: it is measured through X11 and /proc, which only Linux has."),
        }
    }
    Ok(())
}
