//! Outputs that nobody takes: a pager that was stopped, a script that waits for the end before it reads.

use std::io::{PipeReader, PipeWriter, pipe};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::*;

/// A pipe that takes nothing more, and its other end, at which nobody reads.
fn full() -> (PipeReader, PipeWriter) {
    let (unread, mut full) = pipe().unwrap();
    let flags = fcntl_getfl(&full).unwrap();
    fcntl_setfl(&full, flags | OFlags::NONBLOCK).unwrap();
    // Page by page, and then what is left of the last one.
    for size in [4096, 1] {
        while full.write(&vec![b'.'; size]).is_ok() {}
    }
    // Both ends of a program's output share the flags.
    fcntl_setfl(&full, flags).unwrap();
    (unread, full)
}

fn start(mut command: Command) -> Terminal {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let (input, (_, lines)) = (child.stdin.take().unwrap(), mpsc::channel());
    Terminal { child, input: Some(input), lines }
}

/// The exit code; none of what does not end within two minutes, and is killed then: it fails the story and does not hang it.
fn ended(terminal: &mut Terminal) -> Option<i32> {
    let (program, (ended, is_ended)) = (terminal.child.id().to_string(), mpsc::channel::<()>());
    let watchdog = thread::spawn(move || {
        if is_ended.recv_timeout(Duration::from_secs(120)) == Err(RecvTimeoutError::Timeout) {
            Command::new("kill").args(["-KILL", &program]).status().unwrap();
        }
    });
    let status = terminal.child.wait().unwrap();
    drop(ended);
    watchdog.join().unwrap();
    status.code()
}

#[test]
fn a_signal_ends_a_program_whose_output_nobody_takes() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let link = alice.read_line_with("Invitation: ").trim_start_matches("Invitation: ").to_owned();
    for (name, signal) in [("Bob", "-TERM"), ("Carol", "-HUP"), ("Dave", "-INT")] {
        let (_unread, full) = full();
        let mut command = program();
        command.args(["chat", &link, "--name", name]).stdout(full);
        let mut guest = start(command);
        alice.read_line_with(&format!("<{name}> joined"));
        assert!(Command::new("kill").args([signal, &guest.child.id().to_string()]).status().unwrap().success());
        assert_eq!(ended(&mut guest), Some(0), "{signal} is no error");
        alice.read_line_with(&format!("<{name}> left"));
    }
}

#[test]
fn a_complaint_that_nobody_takes_keeps_no_program() {
    let (_unread, full) = full();
    let mut command = program();
    command.args(["chat", "no invitation"]).stdout(full.try_clone().unwrap()).stderr(full);
    assert_eq!(ended(&mut start(command)), Some(1), "the exit code says it");
}
