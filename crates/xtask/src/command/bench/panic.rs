//! From what a person does to erase this computer to the overwritten keys, watched from another process: with one room and with fifty,
//! while the program rests and while it works off a pile of messages. In the program for terminals it is a line; a session takes its lines
//! one after the other, so behind a pile another program erases, and the clock starts before that does. In the window it is a key.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::{command::bench::samples::Samples, process};
#[cfg(target_os = "linux")]
use crate::{
    command::{
        bench::window,
        e2e,
        setup::{self, Part},
    },
    display::Display,
};

/// # Errors
///
/// When the program cannot be built, does not start, or does not erase in time.
pub(super) fn run() -> Result<()> {
    process::run(&mut process::cargo(&["build", "--release", "--package", "conclave-cli"])?)?;
    let (program, place) = (process::target()?.join("release/conclave-cli"), process::target()?.join("bench/panic"));
    #[cfg(target_os = "linux")]
    let windows = Windows::build()?;
    for rooms in [1, 50] {
        let bench = Bench { program: program.clone(), place: place.clone() };
        bench.begin(rooms)?;
        for (what, pile) in [("idle", 0), ("busy", PILE)] {
            let mut samples = Samples::default();
            for _ in 0..ROUNDS {
                samples.add(bench.erase(pile)?);
            }
            samples.print(&format!("panic: keys overwritten, rooms {rooms}, {what}"));
        }
        #[cfg(target_os = "linux")]
        windows.measure(&bench, rooms)?;
    }
    fs::remove_dir_all(&place).context("the folders of the benchmark cannot be removed")
}

struct Bench {
    program: PathBuf,
    place: PathBuf,
}

impl Bench {
    /// Makes the folder that each round gets a copy of, in which one room fewer is than there are to be.
    fn begin(&self, rooms: u32) -> Result<()> {
        drop(fs::remove_dir_all(&self.place));
        fs::create_dir_all(&self.place)?;
        fs::write(self.place.join("passphrase"), "correct horse battery\n")?;
        for _ in 1..rooms {
            let (mut child, input) = self.start("made")?;
            drop(input);
            ensure!(child.wait()?.success(), "a room could not be made");
        }
        Ok(())
    }

    /// Milliseconds from the line to the overwritten slot file.
    #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
    fn erase(&self, pile: usize) -> Result<f64> {
        let copy = self.place.join("copy");
        drop(fs::remove_dir_all(&copy));
        copy_folder(&self.place.join("made"), &copy)?;
        let (child, mut input) = self.start("copy")?;
        let _running = Running(child);
        let slots = copy.join("vault");
        ensure!(!is_overwritten(&slots), "there is nothing to overwrite");
        for number in 0..pile {
            writeln!(input, "Message {number} of a pile that keeps the program busy.")?;
        }
        let pressed = Instant::now();
        let _other = if pile == 0 {
            writeln!(input, "/erase")?;
            None
        } else {
            let erases = Command::new(&self.program).arg("erase").arg("--data").arg(&copy).spawn();
            Some(Running(erases.context("the program does not start")?))
        };
        while !is_overwritten(&slots) {
            ensure!(pressed.elapsed() < PATIENCE, "the keys are still there");
            sleep(LOOK);
        }
        Ok(pressed.elapsed().as_secs_f64() * 1000.0)
    }

    /// Starts a session in a folder, and waits until its room is there.
    fn start(&self, folder: &str) -> Result<(Child, ChildStdin)> {
        let mut child = Command::new(&self.program)
            .args(["host", "--wait", "0", "--data"])
            .arg(self.place.join(folder))
            .arg("--passphrase-file")
            .arg(self.place.join("passphrase"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", self.program.display()))?;
        let (input, output) = (child.stdin.take().context("no input")?, child.stdout.take().context("no output")?);
        let mut lines = BufReader::new(output);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        ensure!(line.starts_with("Invitation"), "the session does not begin: {line}");
        // What it says from here on is taken, so that it waits for nobody.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok((child, input))
    }
}

/// The application, with the door open that WebDriver comes in through.
#[cfg(target_os = "linux")]
struct Windows {
    program: PathBuf,
    display: Display,
}

#[cfg(target_os = "linux")]
impl Windows {
    fn build() -> Result<Self> {
        setup::ensure(&[Part::Build, Part::App, Part::Screen, Part::EndToEnd])?;
        Ok(Self { program: window::build_driven()?, display: Display::start()? })
    }

    fn measure(&self, bench: &Bench, rooms: u32) -> Result<()> {
        // The last of the rooms is made by the session that a round of the program for terminals begins with.
        let made = bench.place.join("copy");
        drop(fs::remove_dir_all(&made));
        copy_folder(&bench.place.join("made"), &made)?;
        let (mut child, input) = bench.start("copy")?;
        drop(input);
        ensure!(child.wait()?.success(), "a room could not be made");
        let mut node = e2e::node("ui/tests/bench/panic.mjs", &self.display)?;
        node.env("CONCLAVE_APP", &self.program).env("CONCLAVE_MADE", made).env("CONCLAVE_ROOMS", rooms.to_string());
        process::run(&mut node)
    }
}

/// Ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Or deleted by now.
fn is_overwritten(slots: &Path) -> bool {
    fs::read(slots).is_ok_and(|bytes| bytes.iter().all(|byte| *byte == 0)) || !slots.exists()
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    if !from.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

const ROUNDS: usize = 20;
const PILE: usize = 300;
const LOOK: Duration = Duration::from_micros(100);
const PATIENCE: Duration = Duration::from_secs(30);
