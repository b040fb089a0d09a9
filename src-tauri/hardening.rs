//! What happens before anything else: a clean environment, no core dumps, and a lock when something panics.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use conclave_engine::{Engine, outlive_file_size_limit, raise_open_files_limit};

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
pub(crate) enum HardeningError {
    /// The system does not start the application a second time.
    #[error("the application could not restart itself with a clean environment")]
    Io(#[from] io::Error),
    /// The environment is still not clean.
    #[error("the environment is not clean even after a restart, or {GUARD} was set by hand; unset it")]
    Unclean,
}

/// Switches core dumps off, lets a limit of a file's size (`ulimit -f`) be no signal but an error, raises the one of open files, and makes
/// sure that nothing in the environment opens the webview to others. In portable mode it also keeps the system's libraries from writing outside the folder.
///
/// Changing the environment of a running process is unsound once libraries read it, so the application starts itself again.
///
/// # Errors
/// [`HardeningError`] if it cannot.
pub(crate) fn prepare(paths: &Paths) -> Result<Start, HardeningError> {
    forbid_core_dumps();
    let wanted = if paths.is_portable() { portable_environment(paths) } else { Vec::new() };
    let own = std::process::id().to_string();
    match plan(std::env::var_os, wanted, &own) {
        Plan::GoOn => {
            raise_open_files_limit();
            // Where the system takes no handler, a file that reaches its limit ends the process, as it does without this.
            let _ = tauri::async_runtime::block_on(async { outlive_file_size_limit() });
            Ok(Start::Here)
        }
        Plan::GiveUp => Err(HardeningError::Unclean),
        Plan::Restart { set, unset } => {
            let mut command = std::process::Command::new(std::env::current_exe()?);
            command.args(std::env::args_os().skip(1)).env(GUARD, own).envs(set);
            for name in unset {
                command.env_remove(name);
            }
            restart(command)
        }
    }
}

/// What to do about an environment.
#[derive(Debug, Eq, PartialEq)]
enum Plan {
    /// It is clean.
    GoOn,
    /// Start again with these variables, and without those.
    Restart { set: Vec<(&'static str, OsString)>, unset: Vec<&'static str> },
    /// A restart did not clean it.
    GiveUp,
}

/// Decides by the variables themselves, so that no variable can stand for "it was cleaned". The guard only ends a circle: it
/// holds the process id, which `exec` keeps, so one that was inherited means nothing.
fn plan(variable: impl Fn(&'static str) -> Option<OsString>, wanted: Vec<(&'static str, OsString)>, own: &str) -> Plan {
    let unset: Vec<&str> = UNWANTED.iter().copied().filter(|name| variable(name).is_some()).collect();
    if unset.is_empty() && wanted.iter().all(|(name, value)| variable(name).as_ref() == Some(value)) {
        return Plan::GoOn;
    }
    if variable(GUARD).is_some_and(|guard| guard == own) { Plan::GiveUp } else { Plan::Restart { set: wanted, unset } }
}

#[cfg(unix)]
fn restart(mut command: std::process::Command) -> Result<Start, HardeningError> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn restart(mut command: std::process::Command) -> Result<Start, HardeningError> {
    let status = command.status()?;
    let code = u8::try_from(status.code().unwrap_or(1)).unwrap_or(1);
    Ok(Start::Elsewhere(ExitCode::from(code)))
}

/// Redirects what GTK, WebKit, Mesa and GStreamer would write into the person's own folders.
fn portable_environment(paths: &Paths) -> Vec<(&'static str, OsString)> {
    let folder = |name: &str| paths.redirected().join(name).into_os_string();
    let registry = paths.redirected().join("cache/gst-registry.bin");
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
/// anything, so only its place is printed. One that is contained costs no more than its place in a line.
pub(crate) fn lock_on_panic(engine: Engine) {
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let contained = conclave_engine::panics_are_contained();
        let said = if contained { "Conclave goes on after" } else { "Conclave ended because of" };
        // Where it cannot be said, a macro that prints would panic again, and abort.
        let _ = writeln!(io::stderr(), "{said} a mistake of its own at {place}.");
        if contained {
            return;
        }
        let engine = engine.clone();
        tauri::async_runtime::spawn(async move {
            // Every key is wiped by the destructors that this runs; nothing that holds one is left when the process ends.
            engine.lock_vault().await;
            std::process::exit(70);
        });
    }));
}

/// The process that restarted itself to clean its environment. Where a process cannot replace itself, that is its parent.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Environment = BTreeMap<&'static str, OsString>;

    const OWN: &str = "4711";

    fn environment(variables: &[(&'static str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| (*name, value.into())).collect()
    }

    fn planned(environment: &Environment, wanted: &[(&'static str, OsString)]) -> Plan {
        plan(|name| environment.get(name).cloned(), wanted.to_vec(), OWN)
    }

    fn redirections() -> Vec<(&'static str, OsString)> {
        let stick = tempfile::tempdir().unwrap();
        let paths = Paths::find(["--data".into(), stick.path().into()].into_iter()).unwrap();
        portable_environment(&paths)
    }

    #[test]
    fn no_inherited_variable_skips_the_redirections() {
        let wanted = redirections();
        // From an earlier version, from another process, by hand, or with one redirection to somebody's own folder.
        for inherited in [
            environment(&[]),
            environment(&[(GUARD, "1")]),
            environment(&[(GUARD, "4712"), ("XDG_DATA_HOME", "/home/ines/.local/share")]),
            environment(&[(GUARD, "")]),
        ] {
            let plan = planned(&inherited, &wanted);
            assert_eq!(plan, Plan::Restart { set: wanted.clone(), unset: Vec::new() }, "{inherited:?}");
        }
        let guessed = environment(&[(GUARD, OWN)]);
        assert_eq!(planned(&guessed, &wanted), Plan::GiveUp, "better not at all than outside the folder");
    }

    #[test]
    fn an_inherited_guard_opens_no_door_into_the_webview() {
        let inherited = environment(&[(GUARD, "1"), ("GTK_MODULES", "spy"), ("LANG", "de")]);
        assert_eq!(planned(&inherited, &[]), Plan::Restart { set: Vec::new(), unset: vec!["GTK_MODULES"] });
    }

    #[test]
    fn one_restart_is_enough_and_there_is_never_a_second() {
        let wanted = redirections();
        let mut cleaned = environment(&[(GUARD, OWN)]);
        cleaned.extend(wanted.iter().cloned());
        assert_eq!(planned(&cleaned, &wanted), Plan::GoOn);
        // A system that puts a variable back would restart the application for ever.
        cleaned.insert("GTK_DEBUG", "all".into());
        assert_eq!(planned(&cleaned, &wanted), Plan::GiveUp);
    }
}
