//! Rooms that are kept: Bob joins in one run of the program and talks in the next ones.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::*;

/// A data folder, and the file with what opens it.
struct Kept {
    folder: TempDir,
    passphrase: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let passphrase = folder.path().join("passphrase");
        fs::write(&passphrase, "correct horse\n").unwrap();
        Self { folder, passphrase }
    }

    fn arguments<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let data = ["--data", self.folder.path().to_str().unwrap()];
        [rest, &data, &["--passphrase-file", self.passphrase.to_str().unwrap()]].concat()
    }

    fn join(&self, link: &str) {
        let mut joining = Terminal::start(&self.arguments(&["join", link, "--name", "Bob"]));
        assert!(joining.child.wait().unwrap().success(), "joining ends the program");
    }
}

fn host(name: &str) -> (Terminal, String) {
    let mut host = Terminal::start(&["host", "--name", name, "--json"]);
    let link = host.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    (host, link)
}

fn say(host: &mut Terminal, text: &str) {
    host.type_line(format!(r#"{{"command":"send","text":"{text}"}}"#));
    host.read_until("that the relay has it", |line| {
        let items = line["event"]["items"].as_array()?;
        items.iter().find(|item| item["body"]["text"] == text && item["body"]["state"] == "stored").map(drop)
    });
}

#[test]
fn chat_opens_a_room_that_join_kept_and_shows_what_was_not_read() {
    let (mut alice, link) = host("Alice");
    let kept = Kept::new();
    kept.join(&link);
    say(&mut alice, "While you were away.");

    let mut bob = Terminal::start(&kept.arguments(&["chat", &link]));
    bob.read_line_with("<Alice> While you were away.");
    say(&mut alice, "Now.");
    bob.read_line_with("<Alice> Now.");
    bob.type_line("Here I am.");
    alice.read_message("Here I am.");
    drop(bob);

    let mut bob = Terminal::start(&kept.arguments(&["chat", &link]));
    bob.read_line_with("* Connected");
    say(&mut alice, "Again.");
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| line.contains("Again.")) {
        lines.push(bob.read_line_with(""));
    }
    assert!(lines.iter().all(|line| !line.contains("away") && !line.contains("Now")), "read before: {lines:?}");
    assert!(lines.iter().all(|line| !line.contains("joined")), "nor is it new who is there: {lines:?}");
}

/// Without an end: the relay may come, and `--wait` is about what was written.
#[test]
fn join_says_what_it_waits_for() {
    let (kept, code) = (Kept::new(), "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX");
    let away = kept.arguments(&["join", code, "--address", "127.0.0.1:1", "--name", "Bob", "--wait", "0"]);
    let mut bob = Terminal::start(&away);
    bob.read_line_with("* Entering.");
    bob.read_line_with("* Waiting: Nothing answers at this address.");
    assert!(bob.child.try_wait().unwrap().is_none(), "it goes on waiting");
    #[cfg(unix)]
    {
        assert!(Command::new("kill").args(["-TERM", &bob.child.id().to_string()]).status().unwrap().success());
        assert_eq!(bob.child.wait().unwrap().code(), Some(1), "ended in order, and not let in");
        let mut bob = Terminal::start(&kept.arguments(&["chat", code]));
        bob.read_line_with("* Waiting: Nothing answers at this address.");
    }
    let kept = Kept::new();
    let away = kept.arguments(&["join", code, "--address", "127.0.0.1:1", "--name", "Bob", "--json"]);
    let mut bob = Terminal::start(&away);
    bob.read_until("that it waits", |line| (line["event"]["summary"]["connection"]["kind"] == "waiting").then_some(()));
}

#[test]
fn a_passphrase_file_with_a_byte_order_mark_opens_the_folder() {
    let (mut alice, link) = host("Alice");
    let kept = Kept::new();
    kept.join(&link);
    fs::write(&kept.passphrase, "\u{feff}correct horse\r\n").unwrap();
    let mut bob = Terminal::start(&kept.arguments(&["chat", &link, "--json"]));
    bob.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(drop));
    say(&mut alice, "Hello.");
    bob.read_message("Hello.");
}

#[test]
fn a_session_tells_of_its_own_room_only() {
    let ((mut alice, hers), (mut carol, other)) = (host("Alice"), host("Carol"));
    let kept = Kept::new();
    kept.join(&hers);
    kept.join(&other);
    let mut bob = Terminal::start(&kept.arguments(&["chat", &hers, "--json"]));
    bob.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(drop));
    // Both rooms of the folder are open in this process, so this one arrives there, too.
    // By the last of five, the first for the other room has arrived.
    let mut lines: Vec<String> = Vec::new();
    for turn in 0..5 {
        say(&mut carol, "For the other room.");
        let here = format!("For this room, {turn}.");
        say(&mut alice, &here);
        while !lines.last().is_some_and(|line| line.contains(&here)) {
            lines.push(bob.read_line_with(""));
        }
    }
    assert!(lines.iter().all(|line| !line.contains("For the other room.")), "{lines:#?}");
}

#[test]
fn an_address_beside_the_code_counts_for_a_room_that_is_kept_too() {
    let (mut alice, link) = host("Alice");
    let kept = Kept::new();
    kept.join(&link);
    let (address, code) = link.trim_start_matches("conclave://").split_once("/#").unwrap();
    let code = code.split('~').next().unwrap();
    let chat = |address: &str| {
        let arguments = kept.arguments(&["chat", code, "--address", address]);
        Command::new(env!("CARGO_BIN_EXE_conclave-cli")).args(arguments).stdin(Stdio::null()).output().unwrap()
    };
    let refused = chat("no address");
    assert!(!refused.status.success());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("address"), "not ignored: {told}");
    let mut bob = Terminal::start(&kept.arguments(&["chat", code, "--address", address, "--json"]));
    bob.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(drop));
    say(&mut alice, "Hello.");
    bob.read_message("Hello.");
}

#[test]
fn chat_comes_in_no_second_time_while_a_room_of_the_folder_does_not_open() {
    let (mut alice, link) = host("Alice");
    let kept = Kept::new();
    kept.join(&link);
    let rooms = kept.folder.path().join("rooms");
    let mut files = fs::read_dir(&rooms).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "db")).unwrap();
    let whole = fs::read(&file).unwrap();
    fs::write(&file, vec![0; whole.len()]).unwrap();
    let arguments = kept.arguments(&["chat", &link]);
    let chat = Command::new(env!("CARGO_BIN_EXE_conclave-cli")).args(&arguments).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(chat.stderr).unwrap();
    assert!(!chat.status.success());
    for part in ["it may be this one", "is damaged, missing or not from Conclave", "use join"] {
        assert!(told.contains(part), "{told}");
    }
    fs::write(&file, whole).unwrap();
    let mut bob = Terminal::start(&kept.arguments(&["chat", &link, "--json"]));
    bob.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(drop));
    say(&mut alice, "Hello.");
    bob.read_message("Hello.");
    alice.type_line(r#"{"command":"view"}"#);
    let people = alice.read_until("the view", |line| line["view"]["people"].as_array().map(Vec::len));
    assert_eq!(people, 2, "he is there once");
}

/// The folder is deleted while the program runs: what waits in it goes nowhere.
#[cfg(unix)]
#[test]
fn what_waits_in_a_folder_that_is_gone_is_not_called_kept() {
    let home = TempDir::new().unwrap();
    let (data, passphrase) = (home.path().join("data"), home.path().join("passphrase"));
    fs::write(&passphrase, "correct horse\n").unwrap();
    let file = passphrase.to_str().unwrap();
    for is_gone in [false, true] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conclave-cli"));
        command.args(["host", "--wait", "1", "--data", data.to_str().unwrap(), "--passphrase-file", file]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"Hello.\n").unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(printed.any(|line| line.unwrap().contains("Hello.")));
        if is_gone {
            fs::remove_dir_all(&data).unwrap();
        }
        drop(input);
        assert!(printed.all(|line| line.is_ok()));
        let told = child.wait_with_output().unwrap();
        let complaint = String::from_utf8(told.stderr).unwrap();
        let fate = if is_gone { "is lost, unless the data folder was only moved" } else { "is kept and goes out" };
        assert!(complaint.contains(fate), "{complaint}");
    }
}
