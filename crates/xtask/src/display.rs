//! A screen for windows on a machine that has none.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::process;

/// The screen that windows of this command appear on.
#[derive(Debug)]
pub(crate) enum Display {
    /// The one of this session.
    Real,
    /// An Xvfb of our own, ended together with this value.
    Virtual {
        /// As in `DISPLAY`, with the colon.
        name: String,
        /// Ends when this value is dropped.
        _server: Server,
    },
}

impl Display {
    /// The session's own screen, or a virtual one where there is none; then it says so.
    ///
    /// # Errors
    ///
    /// When there is no screen and Xvfb does not start.
    pub(crate) fn find() -> Result<Self> {
        if is_present() { Ok(Self::Real) } else { Self::start() }
    }

    /// A virtual screen, whatever the session has: windows under test neither disturb nor are disturbed.
    ///
    /// # Errors
    ///
    /// When Xvfb does not start.
    pub(crate) fn start() -> Result<Self> {
        // Xvfb picks a free number itself and writes it once it accepts clients: no race, no waiting.
        let spawned = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("could not start Xvfb; `cargo xtask setup` installs it")?;
        let mut server = Server(spawned);
        let mut number = String::new();
        let stdout = server.0.stdout.take().context("Xvfb has no output")?;
        BufReader::new(stdout).read_line(&mut number).context("Xvfb does not answer")?;
        let number = number.trim();
        if number.is_empty() {
            let status = server.0.wait().context("Xvfb cannot be waited for")?;
            bail!(
                "Xvfb ended before it offered a screen ({status}); start it by hand with `Xvfb -displayfd 1` to see why"
            );
        }
        let name = format!(":{number}");
        eprintln!("Windows appear on the virtual screen {name} (Xvfb).");
        eprintln!(
            "To look at it: x11vnc -localhost -display {name}   or a picture: import -display {name} -window root screen.png"
        );
        Ok(Self::Virtual { name, _server: server })
    }

    /// Points a child at this screen.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Self::Virtual { name, .. } = self {
            // Without a graphics card WebKit's shared-buffer path falls back to software GL and starts three times slower.
            command.env("DISPLAY", name).env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11");
            command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        }
    }
}

/// Whether windows can open here as things are. Windows and macOS always have a screen.
pub(crate) fn is_present() -> bool {
    !cfg!(target_os = "linux") || process::is_set("DISPLAY") || process::is_set("WAYLAND_DISPLAY")
}

/// An Xvfb that lives as long as this value.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            eprintln!("The virtual screen could not be ended: {error}");
        }
    }
}
