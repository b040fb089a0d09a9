//! What is left of texts and keys: in files, and in the memory of a process that goes on.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod files;
#[cfg(target_os = "linux")]
mod memory;

use std::sync::Arc;

use conclave_engine::Environment;
use conclave_forget::Forgetful;
use conclave_seal::rng::OsRng;
use conclave_testkit::{app::App, remains::Drawn};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// As in the programs that are handed out.
#[global_allocator]
static ALLOCATOR: Forgetful = Forgetful;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// An app, and what it drew.
async fn app() -> (App, Drawn) {
    let drawn = Drawn::default();
    let draws = drawn.clone();
    let rng = move |system| Environment { rng: Arc::new(move || draws.of(OsRng)), ..system };
    (App::with(TempDir::new().unwrap(), rng).await, drawn)
}
