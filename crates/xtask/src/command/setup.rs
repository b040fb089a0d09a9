//! `cargo xtask setup`: what a machine needs beyond rustup, listed before anything is installed.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;

/// What the machine is to be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Compiling everything but the window.
    Build,
    /// Compiling and opening the window.
    App,
    /// A screen where there is none.
    Screen,
    /// Checking the UI: types, tests, pictures of every screen.
    Ui,
    /// Driving real windows.
    EndToEnd,
}

const EVERYTHING: &[Part] = &[Part::Build, Part::App, Part::Screen, Part::Ui, Part::EndToEnd];

/// # Errors
///
/// As [`ensure`].
pub(crate) fn run() -> Result<()> {
    ensure(EVERYTHING)?;
    if knows_packages() {
        eprintln!("Ready for {}.", purposes(EVERYTHING));
    }
    Ok(())
}

/// Installs what is missing for these parts, after listing it. What is there is left alone. On systems whose packages it
/// does not know it lists what is needed and leaves the rest to the build, which names what it misses.
///
/// # Errors
///
/// When something is missing that cannot be installed from here; the message says what to do.
pub(crate) fn ensure(parts: &[Part]) -> Result<()> {
    if knows_packages() {
        let missing = missing_packages(parts)?;
        if !missing.is_empty() {
            install(parts, &missing)?;
        }
    } else {
        eprintln!("This command installs packages on Debian and Ubuntu only. Needed here:");
        for part in parts {
            eprintln!("  for {}: {}", part.purpose(), part.needs());
        }
    }
    if needs_node(parts) { check_node() } else { Ok(()) }
}

impl Part {
    fn purpose(self) -> &'static str {
        match self {
            Self::Build => "engine, relay and their tests",
            Self::App => "the window",
            Self::Screen => "a virtual screen",
            Self::Ui => "tests of the UI",
            Self::EndToEnd => "tests with real windows",
        }
    }

    /// Packages of Debian and Ubuntu. Node and npm are not among them: they are looked for as programs, because many
    /// machines have them from elsewhere.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => &["build-essential", "libssl-dev", "pkg-config"],
            Self::App => &["libgtk-3-dev", "librsvg2-dev", "libwebkit2gtk-4.1-dev"],
            Self::Screen => &["fonts-dejavu-core", "xvfb"],
            Self::Ui => &["chromium", "fonts-dejavu-core"],
            Self::EndToEnd => {
                &["dbus", "gnome-keyring", "matchbox-window-manager", "strace", "webkit2gtk-driver", "wmctrl", "xclip"]
            }
        }
    }

    /// The same for everybody else, in words.
    fn needs(self) -> &'static str {
        match (self, std::env::consts::OS) {
            (Self::Build, "macos") => "the Xcode command line tools (xcode-select --install), OpenSSL 3 and pkg-config",
            (Self::Build, "windows") => "the Visual Studio C++ build tools, Perl and OpenSSL 3",
            (Self::Build, _) => "a C compiler, pkg-config, OpenSSL 3 with headers",
            (Self::App, "macos") => "Node 20 or newer with npm",
            (Self::App, "windows") => "the WebView2 runtime (part of Windows 11), Node 20 or newer with npm",
            (Self::App, _) => "WebKitGTK 4.1, GTK 3 and librsvg with headers, Node 20 or newer with npm",
            (Self::Screen, _) => "Xvfb, on Linux without a screen",
            (Self::Ui, _) => "Chromium (its path in CHROMIUM), Node 20 or newer with npm",
            (Self::EndToEnd, _) => {
                "on Linux: WebKitWebDriver, Xvfb, dbus-run-session, gnome-keyring, matchbox-window-manager, strace, wmctrl and xclip"
            }
        }
    }
}

fn needs_node(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::App | Part::Ui | Part::EndToEnd))
}

fn purposes(parts: &[Part]) -> String {
    parts.iter().map(|part| part.purpose()).collect::<Vec<_>>().join(", ")
}

fn knows_packages() -> bool {
    cfg!(target_os = "linux") && process::is_installed("apt-get") && process::is_installed("dpkg-query")
}

fn missing_packages(parts: &[Part]) -> Result<Vec<&'static str>> {
    let mut wanted: Vec<_> = parts.iter().flat_map(|part| part.packages()).copied().collect();
    wanted.sort_unstable();
    wanted.dedup();

    // It ends with 1 when a name is unknown to it, which here is an answer and not a failure.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(&wanted)
        .output()
        .context("could not start dpkg-query")?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("dpkg-query failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let shown = String::from_utf8_lossy(&output.stdout);
    let installed = installed(&shown);
    wanted.retain(|package| !installed.contains(package));

    if needs_node(parts) {
        if !process::is_installed("node") {
            wanted.push("nodejs");
        }
        if !process::is_installed("npm") {
            wanted.push("npm");
        }
    }
    Ok(wanted)
}

/// The packages that dpkg-query shows as installed. What was removed but left its settings behind is shown too.
fn installed(shown: &str) -> Vec<&str> {
    shown.lines().filter_map(|line| line.strip_suffix(" installed")).collect()
}

fn install(parts: &[Part], missing: &[&str]) -> Result<()> {
    eprintln!("Missing for {}:", purposes(parts));
    for package in missing {
        eprintln!("  {package}");
    }
    eprintln!("The system's package manager installs them now.");
    process::run(apt_get()?.arg("update"))?;
    process::run(apt_get()?.args(["install", "--yes", "--no-install-recommends"]).args(missing))
}

/// apt-get with the rights that it needs and without questions.
fn apt_get() -> Result<Command> {
    let is_root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root {
        Command::new("env")
    } else if process::is_installed("sudo") {
        let mut command = Command::new("sudo");
        command.arg("env");
        command
    } else {
        bail!("Packages can only be installed by root, and there is no sudo. As root: cargo xtask setup");
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(command)
}

fn check_node() -> Result<()> {
    const WAY_OUT: &str = "Node 20 or newer with npm is needed. Newer systems carry it; on older ones take it from \
                           https://nodejs.org/ and run this again.";
    if !process::is_installed("node") || !process::is_installed("npm") {
        bail!(WAY_OUT);
    }
    let version = process::output(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(20..) => Ok(()),
        Some(_) | None => bail!("Found Node {}. {WAY_OUT}", version.trim()),
    }
}

/// The first number of `v20.19.5`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_was_removed_is_missing() {
        let shown = "xvfb installed\nnpm not-installed\nchromium config-files\nlibssl-dev installed\n";
        assert_eq!(installed(shown), ["xvfb", "libssl-dev"]);
    }

    #[test]
    fn the_version_of_node_is_compared_as_a_number() {
        assert_eq!(major("v20.19.5\n"), Some(20));
        assert_eq!(major("v8.17.0\n"), Some(8), "as text it would be newer than 20");
        assert_eq!(major("nightly\n"), None);
    }
}
