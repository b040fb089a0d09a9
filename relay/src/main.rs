//! The relay as a server: arguments, configuration file, signals, exit code.

#[path = "cli/files.rs"]
mod files;
#[path = "cli/limits.rs"]
mod limits;
#[path = "cli/lock.rs"]
mod lock;
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/signals.rs"]
mod signals;
#[path = "cli/start.rs"]
mod start;
#[path = "cli/storage.rs"]
mod storage;
#[path = "cli/tls.rs"]
mod tls;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use conclave_relay::outlive_file_size_limit;

/// Orders and keeps what members of Conclave rooms send, sealed. It cannot read any of it.
#[derive(Debug, Parser)]
#[command(name = "conclave-relay", version)]
struct Arguments {
    /// The configuration file; without one the relay keeps rooms in memory and listens on 127.0.0.1:7700.
    #[arg(long, short, env = "CONCLAVE_RELAY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Say what the start would refuse, or what was checked, and stop. Makes and changes nothing.
    #[arg(long)]
    check: bool,
    /// The computer's clock is right although it has jumped forward by more than a day: rooms that are due end at once.
    #[arg(long)]
    trust_clock: bool,
    /// Make a file that is missing although others of this relay are there: an empty storage, or another TLS key,
    /// which everybody who has the pin of the old one refuses.
    #[arg(long)]
    make_missing: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A level and a sentence: no addresses, room names or nonces are ever handed to the log.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .with_writer(std::io::stderr)
        // A line that cannot be written is dropped: to say so on the same stream would end the task that wanted to log.
        .log_internal_errors(false)
        .init();
    // The message of a panic may hold anything, so only its place is said. What died of it is told, and ends the
    // program, by itself.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        tracing::error!("a mistake of the relay's own at {place}: report it");
    }));
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { config, check, trust_clock, make_missing } = arguments;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        outlive_file_size_limit()?;
        if *check {
            start::check(config.as_deref(), *make_missing).await
        } else {
            start::serve(config.as_deref(), *trust_clock, *make_missing).await
        }
    })
}
