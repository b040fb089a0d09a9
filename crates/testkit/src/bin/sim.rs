//! `sim --seeds N [--seed S]`: plays the stories of many seeds and says what went wrong in the first that failed, or in
//! each.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it is a command, and a lab")]

use std::{
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use clap::Parser as _;
use conclave_testkit::sim::{self, Failure, Tally};

/// Plays random stories about a room, one for each seed, and checks that nothing is lost.
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed; with `--seeds 1` it repeats one story
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many at a time
    #[arg(long, default_value_t = 2)]
    workers: u64,
    /// How many percent of the stories have attackers
    #[arg(long, default_value_t = 0)]
    attackers: u64,
    /// On failure, print the trace of the story
    #[arg(long)]
    trace: bool,
    /// Play on after a failure
    #[arg(long)]
    keep_going: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (tally, failed) = play(&arguments);
    if failed.is_empty() {
        println!("{} seeds: everybody had everything in the end", arguments.seeds);
        return summary(&arguments, &tally);
    }
    println!("failed: {failed:?}; of the others:");
    summary(&arguments, &tally);
    ExitCode::FAILURE
}

/// What happened in all stories that ended well, and the seeds of those that did not.
fn play(arguments: &Arguments) -> (Tally, Vec<u64>) {
    let last = arguments.seed.saturating_add(arguments.seeds);
    let (next, stop) = (AtomicU64::new(arguments.seed), AtomicBool::new(false));
    let current = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let (report, reports) = mpsc::sync_channel(16);
        for _ in 0..arguments.workers {
            let report = report.clone();
            let (next, stop, current) = (&next, &stop, &current);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    current.lock().unwrap().push(seed);
                    let outcome = std::panic::catch_unwind(|| sim::run(seed, arguments.attackers));
                    let outcome = outcome.unwrap_or_else(|_| {
                        Err(Failure { what: "the story could not go on, see above".to_owned(), trace: String::new() })
                    });
                    current.lock().unwrap().retain(|other| *other != seed);
                    if report.send((seed, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(report);
        let (mut tally, mut failed) = (Tally::default(), Vec::new());
        loop {
            match reports.recv_timeout(HANGS) {
                Ok((_, Ok(more))) => {
                    tally.add(&more);
                    if tally.all().is_multiple_of(20) {
                        eprintln!("{} of {}", tally.all(), arguments.seeds);
                    }
                }
                Ok((seed, Err(failure))) => {
                    tell(arguments, seed, &failure);
                    failed.push(seed);
                    stop.store(!arguments.keep_going, Ordering::Relaxed);
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return (tally, failed),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    // Virtual time stands still: something spins. The thread cannot be stopped, the process can.
                    println!("seeds {:?} hang: one of them spins without letting time pass", current.lock().unwrap());
                    std::process::exit(1);
                }
            }
        }
    })
}

fn tell(arguments: &Arguments, seed: u64, failure: &Failure) {
    println!("seed {seed} failed: {}", failure.what);
    if arguments.trace {
        println!("{}", failure.trace);
    }
    println!("play it again: cargo xtask sim --seeds 1 --seed {seed} --attackers {}", arguments.attackers);
}

fn summary(arguments: &Arguments, tally: &Tally) -> ExitCode {
    let missing = tally.missing(arguments.attackers > 0);
    for (name, count, stories) in tally.named() {
        println!("  {name}: {count} in {stories}");
    }
    // A few seeds may well miss something; many that miss it test nothing of it.
    if !missing.is_empty() && tally.all() >= ENOUGH {
        println!("{} happened too rarely: the stories are too tame to show anything", missing.join(", "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// No story takes this long on any machine.
const HANGS: Duration = Duration::from_secs(300);
const ENOUGH: u64 = 200;
