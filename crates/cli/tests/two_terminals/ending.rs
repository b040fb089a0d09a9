//! The end of the input: what was written by then reaches the relay, or the exit code says that it did not.

use super::*;

/// Runs the program with an input that ends; returns what it printed, what it complained of, and whether it succeeded.
pub(super) fn run(arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_conclave-cli"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    match child.stdin.take().unwrap().write_all(input.as_bytes()) {
        // It may have ended before it read all.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written.unwrap(),
    }
    let told = child.wait_with_output().unwrap();
    (String::from_utf8(told.stdout).unwrap(), String::from_utf8(told.stderr).unwrap(), told.status.code())
}

/// Asks the other for her timeline until the message is there; whoever waits for an event would wait for ever for a lost one.
fn arrives(at: &mut Terminal, text: &str) {
    for _ in 0..100 {
        at.type_line(r#"{"command":"page","limit":50}"#);
        let is_it = |item: &Value| item["body"]["text"] == text;
        if at.read_until("the page", |line| Some(line["page"]["items"].as_array()?.iter().any(is_it))) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{text} did not arrive");
}

#[test]
fn what_was_written_before_the_input_ended_reaches_the_relay() {
    let mut alice = Terminal::start(&["host", "--name", "Alice", "--json"]);
    let link = alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    let (_, complaint, code) = run(&["chat", &link, "--name", "Bob"], "Hello.\nGood bye.\n");
    assert_eq!(code, Some(0), "{complaint}");
    arrives(&mut alice, "Hello.");
    arrives(&mut alice, "Good bye.");

    let line = r#"{"command":"send","text":"From a script."}"#;
    let (_, complaint, code) = run(&["chat", "-", "--name", "Carol", "--json"], &format!("{link}\n{line}\n"));
    assert_eq!(code, Some(0), "{complaint}");
    arrives(&mut alice, "From a script.");
}

#[test]
fn what_does_not_reach_the_relay_in_time_is_said() {
    let code = "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    let away = ["chat", code, "--address", "127.0.0.1:1", "--name", "Bob", "--wait", "1"];
    for arguments in [&away[..], &["host", "--name", "Alice", "--wait", "1"]] {
        let (printed, complaint, code) = run(arguments, "Hello.\n");
        assert_eq!(code, Some(1), "{printed}");
        assert!(
            printed.contains("* Waiting until the relay has what was written (1), 1 seconds at most."),
            "{printed}"
        );
        assert!(complaint.contains("1 of it is lost: 1 seconds have passed"), "{complaint}");
        let (_, complaint, code) = run(arguments, "");
        assert_eq!((code, complaint.as_str()), (Some(0), ""), "nothing was written, so nothing is missing");
    }
    let line = r#"{"command":"send","text":"From a script."}"#;
    let (printed, _, code) = run(&[&away[..], &["--json"]].concat(), &format!("{line}\n"));
    assert_eq!(code, Some(1));
    assert!(printed.contains(r#"{"line":"waiting","unsent":1,"seconds":1}"#), "a script is told, too: {printed}");
}

/// More than the engine gives out at once.
#[test]
fn all_that_does_not_reach_the_relay_is_counted() {
    let away = ["chat", "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX", "--address", "127.0.0.1:1", "--wait", "1"];
    let (printed, complaint, code) = run(&away, &"Hello.\n".repeat(401));
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("has what was written (401), 1 seconds"), "{printed}");
    assert!(complaint.contains("401 of it is lost"), "{complaint}");
}

/// PowerShell puts one before what it hands on.
#[test]
fn a_byte_order_mark_before_the_input_is_no_part_of_it() {
    let mut alice = Terminal::start(&["host", "--name", "Alice", "--json"]);
    let link = alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    let line = r#"{"command":"send","text":"From a script."}"#;
    let (printed, complaint, code) = run(&["chat", &link, "--name", "Bob", "--json"], &format!("\u{feff}{line}\n"));
    assert_eq!(code, Some(0), "{printed} {complaint}");
    let (_, complaint, code) = run(&["chat", &link, "--name", "Carol"], "\u{feff}/people\n");
    assert_eq!(code, Some(0), "{complaint}");
    arrives(&mut alice, "From a script.");
}

#[test]
fn a_slip_in_the_invitation_is_named() {
    let slip = "26Q3J-41SCA-G5933-JEYHW-1FB1D-VE8YX";
    let (_, complaint, code) = run(&["chat", slip, "--address", "127.0.0.1:1"], "");
    assert_eq!(code, Some(1));
    assert!(complaint.contains("It is probably sign 14 of the code."), "{complaint}");
}

#[cfg(unix)]
#[test]
fn a_signal_that_ends_the_program_leaves_a_room_that_nothing_keeps() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let link = alice.read_line_with("Invitation: ").trim_start_matches("Invitation: ").to_owned();
    for (name, signal) in [("Bob", "-TERM"), ("Carol", "-HUP"), ("Dave", "-QUIT"), ("Erin", "-INT")] {
        let mut guest = Terminal::start(&["chat", &link, "--name", name]);
        alice.read_line_with(&format!("<{name}> joined"));
        guest.read_line_with("You joined");
        assert!(Command::new("kill").args([signal, &guest.child.id().to_string()]).status().unwrap().success());
        assert!(guest.child.wait().unwrap().success(), "{signal} is no error");
        alice.read_line_with(&format!("<{name}> left"));
    }
}

/// Nobody has joined yet, so what a script has written is nowhere but in memory.
#[cfg(unix)]
#[test]
fn a_signal_that_ends_a_script_says_what_is_lost() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    alice.read_line_with("Invitation: ");
    alice.type_line("Hello.");
    alice.read_line_with("Hello.");
    assert!(Command::new("kill").args(["-TERM", &alice.child.id().to_string()]).status().unwrap().success());
    assert_eq!(alice.child.wait().unwrap().code(), Some(1), "one message is lost");
}

/// `nohup` ignores the closed terminal for a program, and a shell without job control the keyboard for what it starts with `&`.
#[cfg(unix)]
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let started = r#"trap "" HUP INT QUIT; exec "$0" host --name Alice --json"#;
    let mut command = Command::new("sh");
    command.args(["-c", started, env!("CARGO_BIN_EXE_conclave-cli")]);
    let mut alice = Terminal::start_as(command);
    alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(drop));
    let id = alice.child.id().to_string();
    let kill = |signal: &str| assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    for signal in ["-HUP", "-INT", "-QUIT"] {
        kill(signal);
        // A signal comes before a line that is read: whoever heeded it would answer once more at most.
        for _ in 0..3 {
            alice.type_line(r#"{"command":"view"}"#);
            alice.read_until("the view", |line| (line["line"] == "view").then_some(()));
        }
    }
    kill("-TERM");
    assert!(alice.child.wait().unwrap().success(), "that one was sent on purpose");
}
