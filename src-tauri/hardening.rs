//! What happens before anything else: a clean environment, no core dumps, and a lock when something panics.

use std::{ffi::OsString, io, process::ExitCode};

use conclave_engine::Engine;

use crate::paths::Paths;

/// Where the application goes on.
pub(crate) enum Start {
    /// In this process.
    Here,
    /// In another one, which has ended with this code. Where a process can replace itself this never happens.
    #[cfg_attr(unix, expect(dead_code, reason = "exec does not come back"))]
    Elsewhere(ExitCode),
}

/// Why the environment could not be cleaned.
#[derive(Debug, thiserror::Error)]
#[error("the application could not restart itself with a clean environment")]
pub(crate) struct HardeningError(#[source] io::Error);

/// Switches core dumps off and makes sure that nothing in the environment opens the webview to others. In portable mode it
/// also keeps the system's libraries from writing outside the folder.
///
/// Changing the environment of a running process is unsound once libraries read it, so the application starts itself again.
///
/// # Errors
/// [`HardeningError`] if it cannot.
pub(crate) fn prepare(paths: &Paths) -> Result<Start, HardeningError> {
    forbid_core_dumps();
    if std::env::var_os(GUARD).is_some() {
        return Ok(Start::Here);
    }
    let unwanted: Vec<&str> = UNWANTED.iter().copied().filter(|name| std::env::var_os(name).is_some()).collect();
    let wanted = if paths.is_portable() { portable_environment(paths) } else { Vec::new() };
    if unwanted.is_empty() && wanted.is_empty() {
        return Ok(Start::Here);
    }
    let executable = std::env::current_exe().map_err(HardeningError)?;
    let mut command = std::process::Command::new(executable);
    command.args(std::env::args_os().skip(1)).env(GUARD, "1").envs(wanted);
    for name in unwanted {
        command.env_remove(name);
    }
    restart(command)
}

#[cfg(unix)]
fn restart(mut command: std::process::Command) -> Result<Start, HardeningError> {
    use std::os::unix::process::CommandExt as _;
    Err(HardeningError(command.exec()))
}

#[cfg(not(unix))]
fn restart(mut command: std::process::Command) -> Result<Start, HardeningError> {
    let status = command.status().map_err(HardeningError)?;
    let code = u8::try_from(status.code().unwrap_or(1)).unwrap_or(1);
    Ok(Start::Elsewhere(ExitCode::from(code)))
}

/// Redirects what GTK, WebKit, Mesa and GStreamer would write into the person's own folders.
fn portable_environment(paths: &Paths) -> Vec<(&'static str, OsString)> {
    let folder = |name: &str| paths.data().join("xdg").join(name).into_os_string();
    let registry = paths.data().join("xdg/cache/gst-registry.bin");
    vec![
        ("XDG_DATA_HOME", folder("data")),
        ("XDG_CONFIG_HOME", folder("config")),
        ("XDG_CACHE_HOME", folder("cache")),
        ("XDG_STATE_HOME", folder("state")),
        ("TMPDIR", paths.temporary().into_os_string()),
        ("GSETTINGS_BACKEND", "memory".into()),
        ("MESA_SHADER_CACHE_DISABLE", "true".into()),
        ("GST_REGISTRY", registry.into_os_string()),
        ("GST_REGISTRY_FORK", "no".into()),
    ]
}

#[cfg(target_os = "linux")]
fn forbid_core_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    // Neither a debugger of another process of this user nor a crash dump gets to the keys. A kernel that refuses leaves
    // things as they were; nothing better can be done here.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

#[cfg(all(unix, not(target_os = "linux")))]
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

#[cfg(not(unix))]
fn forbid_core_dumps() {}

/// After a panic the vault is locked, so that keys leave memory, and the application ends. The message of a panic may hold
/// anything, so only its place is printed.
#[expect(clippy::print_stderr, reason = "a panic has no other place to go")]
pub(crate) fn lock_on_panic(engine: Engine) {
    std::panic::set_hook(Box::new(move |info| {
        if conclave_engine::panics_are_contained() {
            return;
        }
        let place = info.location().map_or_else(String::new, ToString::to_string);
        eprintln!("Conclave ended because of a mistake of its own at {place}.");
        let engine = engine.clone();
        tauri::async_runtime::spawn(async move {
            // Every key is wiped by the destructors that this runs; nothing that holds one is left when the process ends.
            engine.lock_vault().await;
            std::process::exit(70);
        });
    }));
}

/// The environment was cleaned.
const GUARD: &str = "CONCLAVE_CLEAN_START";

/// Doors into the webview for debuggers and automation. WebDriver comes in through the first two.
const UNWANTED: &[&str] = &[
    #[cfg(not(feature = "e2e"))]
    "TAURI_WEBVIEW_AUTOMATION",
    #[cfg(not(feature = "e2e"))]
    "WEBKIT_INSPECTOR_SERVER",
    "WEBKIT_INSPECTOR_HTTP_SERVER",
    "WEBVIEW2_ADDITIONAL_BROWSER_ARGUMENTS",
    "WEBVIEW2_BROWSER_EXECUTABLE_FOLDER",
    "WEBVIEW2_USER_DATA_FOLDER",
    "GTK_MODULES",
    "GTK_DEBUG",
    "GTK_INSPECTOR",
];
