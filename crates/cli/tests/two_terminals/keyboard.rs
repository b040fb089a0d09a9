//! A terminal as a person has it: lines are typed, echoed and edited, and Ctrl-D ends the input.

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    os::fd::OwnedFd,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// What the person sees and types on.
struct Screen {
    child: Child,
    keyboard: File,
    seen: String,
}

impl Screen {
    fn start(arguments: &[&str]) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let side = || Stdio::from(OwnedFd::from(terminal.try_clone().unwrap()));
        let mut program = Command::new(env!("CARGO_BIN_EXE_conclave-cli"));
        let child = program.args(arguments).stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
        Self { child, keyboard: File::from(keyboard), seen: String::new() }
    }

    fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
    }

    /// Reads until these words are on the screen; returns their line.
    fn read_until(&mut self, words: &str) -> String {
        loop {
            if let Some((line, rest)) = self.seen.split_once('\n') {
                let line = line.trim_end().to_owned();
                self.seen = rest.to_owned();
                if line.contains(words) {
                    return line;
                }
                continue;
            }
            let mut bytes = [0; 4096];
            // A terminal that nobody has open any more reads as an error.
            let read = self.keyboard.read(&mut bytes).unwrap_or_else(|_| panic!("the program ended before {words}"));
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A failed story must not leave programs behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_bad_line_is_refused_and_the_next_one_goes_out() {
    let mut alice = Screen::start(&["host", "--name", "Alice"]);
    let link = alice.read_until("Invitation: ");
    let mut bob = Terminal::start(&["chat", "-", "--name", "Bob", "--json"]);
    bob.type_line(link.trim_start_matches("Invitation: "));
    alice.read_until("* <Bob> joined with the code.");
    alice.press(b"\xff\n");
    alice.read_until("* That line is not in UTF-8 and was not sent.");
    // Typed wrongly and taken back, as the terminal allows.
    alice.press("Hello.!\u{7f}\n".as_bytes());
    bob.read_message("Hello.");
    bob.type_line(r#"{"command":"send","text":"Good bye."}"#);
    alice.read_until("<Bob> Good bye.");
    alice.press(b"\x04");
    assert!(alice.child.wait().unwrap().success(), "Ctrl-D ends the input, and nothing is left to wait for");
}
