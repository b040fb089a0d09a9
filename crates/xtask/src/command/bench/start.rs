//! From starting a program to text on the screen, side by side with the smallest window.
//!
//! Both are watched from outside in the same manner: the clock starts before the process does and stops at the first drawing
//! that leaves text on the screen. A mark written by the pages would leave out what the system does before and after them,
//! and would count a frame that a hidden window draws for nobody.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result};

use crate::command::bench::{
    environment::Environment,
    samples::{Samples, label},
    screen::Screen,
};

/// Prints both, taken in turns so that what else the machine does meets both, and their ratio.
///
/// # Errors
///
/// When a program does not start or draws nothing.
pub(super) fn compare(program: &Path, floor: &Path) -> Result<()> {
    let environment = Environment::start()?;
    let screen = Screen::open(environment.screen()?)?;
    // The first starts read both programs and the webview from the disk.
    for warm_up in [floor, program] {
        start(warm_up, &environment, &screen)?;
    }
    let (mut ours, mut floors) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        floors.add(start(floor, &environment, &screen)?);
        ours.add(start(program, &environment, &screen)?);
    }
    floors.print(&label("floor: start to first paint, ", floor));
    ours.print(&label("start to first paint, ", program));
    eprintln!("{:<52} {:.2}", "ratio of the medians", ours.median() / floors.median());
    Ok(())
}

/// Milliseconds from the start of a program to its first paint.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn start(program: &Path, environment: &Environment, screen: &Screen) -> Result<f64> {
    screen.wait_until_empty()?;
    let mut command = Command::new(program);
    environment.apply(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
    let begin = Instant::now();
    let _running = Running(command.spawn().with_context(|| format!("{} does not start", program.display()))?);
    let painted = screen.wait_for_text()?;
    Ok(painted.duration_since(begin).as_secs_f64() * 1000.0)
}

/// Ends with this value, together with the webview's processes, which would take time from the next start.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let ended = Command::new("kill").args(["-KILL", "--", &group]).status().and_then(|_| self.0.wait());
        if let Err(error) = ended {
            eprintln!("A measured program could not be ended: {error}");
        }
    }
}

const ROUNDS: usize = 15;
