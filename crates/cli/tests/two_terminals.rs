//! Alice hosts in one terminal, Bob chats in another; both are scripts that speak JSON.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

use std::{
    io::{BufRead as _, BufReader, ErrorKind, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use serde_json::Value;

#[path = "two_terminals/disk.rs"]
#[cfg(unix)]
mod disk;
#[path = "two_terminals/ending.rs"]
mod ending;
#[path = "two_terminals/erase.rs"]
mod erase;
#[path = "two_terminals/keyboard.rs"]
#[cfg(unix)]
mod keyboard;
#[path = "two_terminals/owner.rs"]
mod owner;
#[path = "two_terminals/reopening.rs"]
mod reopening;
#[path = "two_terminals/spoken.rs"]
mod spoken;
#[path = "two_terminals/stuck.rs"]
#[cfg(unix)]
mod stuck;

struct Terminal {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

/// The program as a shell with job control starts it. A signal that is ignored where these tests are started, as under `nohup`, would
/// be ignored by the program as well, which no shell takes back.
fn program() -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP,INT,QUIT", env!("CARGO_BIN_EXE_conclave-cli")]);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_conclave-cli"))
    }
}

impl Terminal {
    fn start(arguments: &[&str]) -> Self {
        let mut command = program();
        command.args(arguments);
        Self::start_as(command)
    }

    fn start_as(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (told, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
        Self { child, input, lines }
    }

    /// The next line. The output ends when the program does; what does not come fails the story and does not hang it.
    fn next_line(&self, what: &str, seen: &[String]) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => panic!("the program ended before {what}: {seen:#?}"),
            Err(RecvTimeoutError::Timeout) => panic!("waited in vain for {what}: {seen:#?}"),
        }
    }

    fn type_line(&mut self, line: impl AsRef<[u8]>) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_ref()).unwrap();
        input.write_all(b"\n").unwrap();
    }

    /// Reads until a line that is looked for.
    fn read_until<T>(&mut self, what: &str, found: impl Fn(&Value) -> Option<T>) -> T {
        let mut seen = Vec::new();
        loop {
            let line = self.next_line(what, &seen);
            let value: Value = serde_json::from_str(&line).unwrap();
            if let Some(found) = found(&value) {
                return found;
            }
            seen.push(line);
        }
    }

    /// Reads until a line of text with these words in it.
    fn read_line_with(&mut self, words: &str) -> String {
        let mut seen = Vec::new();
        loop {
            let line = self.next_line(words, &seen);
            if line.contains(words) {
                return line.trim_end().to_owned();
            }
            seen.push(line);
        }
    }

    /// Waits for a message of the other.
    fn read_message(&mut self, text: &str) {
        self.read_until(text, |line| {
            let items = line["event"]["items"].as_array()?;
            items.iter().find(|item| item["body"]["text"] == text && item["body"]["own"] == false).map(drop)
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A failed story must not leave programs behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a line is waited for on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn two_scripts_talk_and_the_invitation_is_no_argument() {
    let mut alice = Terminal::start(&["host", "--name", "Alice", "--title", "Press desk", "--json"]);
    let link = alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    let mut bob = Terminal::start(&["chat", "-", "--name", "Bob", "--json"]);
    bob.type_line(&link);
    alice.type_line(r#"{"command":"send","text":"Is anybody here?"}"#);
    bob.read_message("Is anybody here?");
    bob.type_line(r#"{"command":"send","text":"I am."}"#);
    alice.read_message("I am.");

    bob.type_line("this is no command");
    bob.read_until("a complaint", |line| (line["line"] == "notACommand").then_some(()));
    bob.type_line(b"\xff");
    bob.read_until("another", |line| (line["line"] == "notACommand").then_some(()));
    bob.type_line(r#"{"command":"view"}"#);
    let people = bob.read_until("the view", |line| line["view"]["people"].as_array().map(Vec::len));
    assert_eq!(people, 2);
    bob.type_line(r#"{"command":"leave"}"#);
    assert!(bob.read_until("the leave", |line| line["told"].as_bool()), "Alice was there to carry it out");
    assert!(bob.child.wait().unwrap().success(), "leaving ends the program");
}

#[test]
fn as_text_what_happens_is_said_in_words_and_an_answer_is_no_message() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let invitation = alice.read_line_with("Invitation: ");
    // Who, depends on this computer's addresses.
    let reach = alice.read_line_with("* ");
    assert!(reach.contains(" can come in"), "{reach}");
    let mut bob = Terminal::start(&["chat", invitation.trim_start_matches("Invitation: "), "--name", "Bob"]);
    alice.read_line_with("* <Bob> joined with the code.");
    for answer in ["/stay", "/rejoin"] {
        bob.type_line(answer);
        bob.read_line_with("has changed or is over");
    }
    bob.type_line(b"\xff");
    bob.read_line_with("not in UTF-8");
    bob.type_line("/peeple");
    bob.read_line_with("There is no /peeple, and it was not sent.");
    bob.type_line("//stayed at /home/bob");
    alice.read_line_with("<Bob> /stayed at /home/bob");
    bob.type_line("/people");
    bob.read_line_with("You, as <Bob>");
}

#[test]
fn what_somebody_writes_forges_no_line_and_steers_no_terminal() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let invitation = alice.read_line_with("Invitation: ");
    let mut mallory = Terminal::start(&["chat", "-", "--name", "Mallory", "--json"]);
    mallory.type_line(invitation.trim_start_matches("Invitation: "));
    alice.read_line_with("Mallory");
    mallory.type_line(r#"{"command":"send","text":"\u001b]52;c;eA==\u0007hello\n* Bob left."}"#);
    let line = alice.read_line_with("hello");
    assert!(line.contains("\\u{1b}]52;c;eA==\\u{7}hello") && !line.contains('\u{1b}'), "{line:?}");
    assert_eq!(alice.read_line_with("Bob left."), "    * Bob left.");
}

#[test]
fn somebody_with_the_name_of_another_is_marked() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let invitation = alice.read_line_with("Invitation: ");
    let mut mallory = Terminal::start(&["chat", "-", "--name", "Al1ce", "--json"]);
    mallory.type_line(invitation.trim_start_matches("Invitation: "));
    alice.read_line_with("* <Al1ce> joined with the code.");
    mallory.type_line(r#"{"command":"send","text":"It is me."}"#);
    let line = alice.read_line_with("<Al1ce> It is me.");
    assert!(line.starts_with("[Look-alike name: "), "{line}");
}

#[test]
fn as_text_it_is_said_what_waits_and_why() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    alice.read_line_with("* Connected");
    alice.type_line("Is anybody here?");
    alice.read_line_with("* Goes out as soon as somebody has joined. You: Is anybody here?");
    alice.type_line(vec![b'a'; 100_000]);
    alice.read_line_with("* The message is too long.");

    let code = "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    let mut bob = Terminal::start(&["chat", code, "--address", "127.0.0.1:1", "--name", "Bob"]);
    bob.read_line_with("* Entering.");
    bob.read_line_with("* Waiting: Nothing answers at this address.");
}

#[test]
fn as_text_a_join_that_cannot_succeed_ends_the_program_with_the_reason() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let invitation = alice.read_line_with("Invitation: ");
    let (before, pin) = invitation.trim_start_matches("Invitation: ").split_once("~k=").unwrap();
    let forged = format!("{before}~k=AAAA{}", pin.get(4..).unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_conclave-cli"))
        .args(["chat", &forged, "--name", "Bob"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Nobody presses Enter meanwhile.
    let input = child.stdin.take();
    let told = child.wait_with_output().unwrap();
    drop(input);
    assert!(!told.status.success());
    let error = String::from_utf8(told.stderr).unwrap();
    assert!(error.contains("Something else answers at this room's address"), "{error}");
}

#[test]
fn a_relay_that_nobody_vouches_for_gets_no_room_before_its_pin_was_said() {
    let mut alice = Terminal::start(&["host", "--name", "Alice", "--json"]);
    let link = alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    let (address, rest) = link.trim_start_matches("conclave://").split_once('/').unwrap();
    let pin = rest.split_once("~k=").unwrap().1.split('~').next().unwrap();
    let create = |arguments: &[&str]| {
        let program =
            Command::new(env!("CARGO_BIN_EXE_conclave-cli")).args(["create", address]).args(arguments).output();
        let told = program.unwrap();
        assert!(!told.status.success());
        String::from_utf8(told.stderr).unwrap()
    };
    let symbols: Vec<char> = pin.chars().collect();
    let groups: Vec<String> = symbols.chunks(4).map(|group| group.iter().collect()).collect();
    let told = create(&[]);
    assert!(told.contains(&groups.join(" ")), "the pin that Bob compares, in groups: {told}");
    assert!(told.contains(&format!("--pin {pin}")), "and what to say then: {told}");
    let mut other = groups.clone();
    other[0] = "AAAA".to_owned();
    let told = create(&["--pin", &other.join(" ")]);
    assert!(told.contains("its key is not the one") && told.contains("Do not go on"), "as in the window: {told}");
}

#[test]
fn a_room_that_is_only_joined_needs_a_place() {
    let output = Command::new(env!("CARGO_BIN_EXE_conclave-cli"))
        .args(["join", "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX", "--address", "192.0.2.1"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--data"), "it says what to do: {error}");
}

#[test]
fn what_stands_beside_a_code_is_asked_only_when_a_person_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_conclave-cli"))
        .args(["chat", "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX, at 192.0.2.1:7443"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--address 192.0.2.1:7443"), "it says what to do: {error}");
}
