//! The desktop shell: Tauri on one side, the engine on the other, no decisions.
//!
//! Without the feature `desktop` this library is empty, so that the workspace builds and tests on a machine without GTK.

#![cfg(feature = "desktop")]

mod clipboard;
mod commands;
mod erase;
mod error;
mod events;
mod hardening;
mod keyring;
mod paths;
#[cfg(unix)]
mod signals;
mod state;
#[cfg(all(test, feature = "desktop-test"))]
#[expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
mod tests;
mod window;

use std::{process::ExitCode, sync::Arc};

use conclave_engine::{DataFolder, Engine, Environment};
use conclave_store::Keyring;
use tauri::{Manager as _, RunEvent};

use crate::{
    keyring::SystemKeyring,
    paths::{Paths, Stopgap},
    state::Shell,
};

/// Overwrites what is freed: texts and keys pass through libraries that do not.
#[global_allocator]
static ALLOCATOR: conclave_forget::Forgetful = conclave_forget::Forgetful;

/// Runs the application until its window is closed, its session ends, or a signal ends it.
#[must_use]
pub fn run() -> ExitCode {
    let paths = match Paths::find(std::env::args_os().skip(1)) {
        Ok(paths) => paths,
        Err(error) => return complain(&error),
    };
    match hardening::prepare(&paths) {
        Ok(hardening::Start::Here) => {}
        // The process was replaced by one with a clean environment.
        Ok(hardening::Start::Elsewhere(code)) => return code,
        Err(error) => return complain(&error),
    }
    // Where a session ends with a message to the window (Windows: WM_ENDSESSION) or the application (macOS:
    // applicationWillTerminate), that arrives as `RunEvent::Exit` without this.
    #[cfg(unix)]
    let built = match signals::listen() {
        Ok(built) => built,
        Err(error) => return complain(&error),
    };
    let stopgap = match paths.create() {
        Ok(()) => None,
        // The window says why, and what to do.
        Err(error) => match paths.stopgap() {
            Ok(stopgap) => Some(stopgap),
            Err(_) => return complain(&error),
        },
    };
    let keyring: Option<Arc<dyn Keyring>> = if paths.is_portable() { None } else { Some(Arc::new(SystemKeyring)) };
    let system = Environment::system(DataFolder::At(paths.data().to_owned()), keyring);
    let engine = Engine::new(Environment { beside: paths.beside_the_vault(), ..system });
    let app = tauri::Builder::default()
        .manage(Shell::new(engine.clone(), paths))
        .manage(stopgap)
        .invoke_handler(commands::handler())
        .setup(|app| {
            let shell = app.state::<Shell>();
            hardening::lock_on_panic(shell.engine.clone());
            erase::begin_anew(app.handle().clone());
            if !shell.paths.is_portable() {
                // The first screen waits for the keyring's first answer, which comes while the webview starts.
                tauri::async_runtime::spawn(keyring::is_there());
            }
            let stopgap = app.state::<Option<Stopgap>>();
            let webview = stopgap.as_ref().map_or_else(|| shell.paths.webview(), |stopgap| stopgap.folder().to_owned());
            window::open(app.handle(), webview)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            #[cfg(unix)]
            drop(built.send(app.handle().clone()));
            app.run(|app, event| {
                if let RunEvent::Exit = event {
                    let shell = app.state::<Shell>();
                    shell.clipboard.clear();
                    tauri::async_runtime::block_on(shell.engine.lock_vault());
                    if let Some(stopgap) = &*app.state::<Option<Stopgap>>() {
                        stopgap.remove();
                    }
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error),
    }
}

#[expect(clippy::print_stderr, reason = "there is no window to say it in")]
fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("Conclave cannot start: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        eprintln!("  because {inner}");
        cause = inner.source();
    }
    ExitCode::FAILURE
}
