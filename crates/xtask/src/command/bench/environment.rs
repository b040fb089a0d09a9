//! What a program finds when a person starts it: a screen, a session bus, a home. All of them belong to the measurement.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{display::Display, metadata::Metadata};

#[derive(Debug)]
pub(super) struct Environment {
    display: Display,
    bus: Bus,
    home: PathBuf,
}

impl Environment {
    pub(super) fn start() -> Result<Self> {
        let home = Metadata::read()?.target_directory.join("bench/home");
        fs::create_dir_all(&home).with_context(|| format!("cannot create {}", home.display()))?;
        Ok(Self { display: Display::start()?, bus: Bus::start()?, home })
    }

    /// The name of the screen, as in `DISPLAY`.
    pub(super) fn screen(&self) -> Result<&str> {
        match &self.display {
            Display::Virtual { name, .. } => Ok(name),
            Display::Real => bail!("a measurement needs a screen of its own"),
        }
    }

    /// Puts a program into this environment.
    pub(super) fn apply(&self, command: &mut Command) {
        self.display.apply(command);
        command.env("HOME", &self.home).env("DBUS_SESSION_BUS_ADDRESS", &self.bus.address);
        for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
    }
}

/// A session bus that stays while programs come and go, as in a desktop session.
#[derive(Debug)]
struct Bus {
    daemon: Child,
    address: String,
    /// Kept open: the services of the bus write into it, and would end at a closed one.
    _stdout: BufReader<ChildStdout>,
}

impl Bus {
    fn start() -> Result<Self> {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("could not start dbus-daemon; `cargo xtask setup` installs it")?;
        let mut address = String::new();
        let mut stdout = BufReader::new(daemon.stdout.take().context("the session bus has no output")?);
        stdout.read_line(&mut address).context("the session bus does not answer")?;
        Ok(Self { daemon, address: address.trim().to_owned(), _stdout: stdout })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        if let Err(error) = self.daemon.kill().and_then(|()| self.daemon.wait()) {
            eprintln!("The session bus could not be ended: {error}");
        }
    }
}
