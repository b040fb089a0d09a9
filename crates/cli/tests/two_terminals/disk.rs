//! Folders and disks that do not take what belongs there: which, why, and what became of the lines of a script.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use tempfile::TempDir;

use super::{ending::run, *};

/// A passphrase file, and the arguments that name it with a data folder.
fn arguments(folder: &TempDir, data: &Path, rest: &[&str]) -> Vec<String> {
    let passphrase = folder.path().join("passphrase");
    fs::write(&passphrase, "correct horse\n").unwrap();
    let kept = ["--data", data.to_str().unwrap(), "--passphrase-file", passphrase.to_str().unwrap()];
    [rest, &kept].concat().into_iter().map(str::to_owned).collect()
}

fn run_in(folder: &TempDir, data: &Path, rest: &[&str], input: &str) -> (String, String, Option<i32>) {
    let arguments = arguments(folder, data, rest);
    run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), input)
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::write(place("file"), "").unwrap();
    fs::create_dir_all(place("vault is a folder/vault")).unwrap();
    fs::create_dir_all(place("rooms is a file")).unwrap();
    fs::write(place("rooms is a file/rooms"), "").unwrap();
    let long = place(&"d".repeat(200)).join("d".repeat(200)).join("d".repeat(60));
    let cases: [(std::path::PathBuf, &str, &str); 5] = [
        (place("file"), "file", "this is a file where a folder belongs"),
        (place("file/in/it"), "file", "this is a file where a folder belongs"),
        (long, "dddd", "the path is too long for the files in it; name a shorter one"),
        (place("rooms is a file"), "rooms is a file/rooms", "this is a file where a folder belongs"),
        (place("vault is a folder"), "vault is a folder/vault", "this is a folder where a file belongs"),
    ];
    for (data, named, reason) in cases {
        let (_, complaint, code) = run_in(&folder, &data, &["host"], "");
        assert_eq!(code, Some(1));
        for part in ["--data", named, reason] {
            assert!(complaint.contains(part), "{part}: {complaint}");
        }
    }
    assert!(!place(&"d".repeat(200)).exists(), "nothing was made on the way to a path that is too long");
    let (_, complaint, code) = run_in(&folder, &place("new/folders/below"), &["host"], "");
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "folders that are missing are made");
}

/// As many systems set it, for programs that are older than they are.
#[test]
fn a_low_limit_of_open_files_is_raised_and_is_no_failing_disk() {
    let mut command = Command::new("sh");
    let started = r#"ulimit -S -n 9; exec "$0" host --name Alice"#;
    command.args(["-c", started, env!("CARGO_BIN_EXE_conclave-cli")]);
    Terminal::start_as(command).read_line_with("* Connected");
}

#[test]
fn a_folder_of_somebody_else_is_named_with_the_file_that_is_closed() {
    use std::os::unix::{fs::MetadataExt as _, process::CommandExt as _};
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (data, program) = (folder.path().join("data"), folder.path().join("program"));
    let arguments = arguments(&folder, &data, &["host"]);
    let (_, complaint, code) = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "");
    assert_eq!(code, Some(0), "{complaint}");
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        eprintln!("left out: only root can be somebody else");
        return;
    }
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_conclave-cli")).arg(&program).status().unwrap();
    assert!(copied.success());
    let complaint = || {
        let mut command = Command::new(&program);
        let output = command.args(&arguments).uid(65534).gid(65534).stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let said = complaint();
    let named = format!("--data {}: permission denied; allow this user", data.display());
    assert!(said.contains(&named), "{said}");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    let said = complaint();
    assert!(said.contains(&format!("{}: permission denied", data.join("lock").display())), "{said}");
}

#[test]
fn a_second_program_on_a_folder_is_told_that_and_which() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let arguments = arguments(&folder, &data, &["host", "--name", "Alice"]);
    let mut alice = Terminal::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    alice.read_line_with("Invitation: ");
    let (_, complaint, code) = run_in(&folder, &data, &["host", "--name", "Bob"], "");
    assert_eq!(code, Some(1));
    for part in ["--data", data.to_str().unwrap(), "is already running with the same rooms"] {
        assert!(complaint.contains(part), "{part}: {complaint}");
    }
}

/// `umask 777` takes the owner's rights as well.
#[test]
fn files_are_their_owners_whatever_the_umask() {
    fn look(folder: &Path, found: &mut usize) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            *found += 1;
            if path.is_dir() {
                look(&path, found);
            }
        }
    }
    for umask in ["777", "000"] {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data/below");
        let arguments = arguments(&folder, &data, &["host"]);
        let shell = format!("umask {umask}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &shell, env!("CARGO_BIN_EXE_conclave-cli")]).args(&arguments);
        assert!(command.stdin(Stdio::null()).output().unwrap().status.success());
        fs::remove_file(folder.path().join("passphrase")).unwrap();
        let mut found = 0;
        look(folder.path(), &mut found);
        assert!(found >= 7, "the vault, its index, its lock, the room, its relay, and the folders: {found}");
    }
}

/// The system sends SIGXFSZ to a process whose file would be too large, and that ends whoever does not expect it.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_a_files_size_is_a_full_disk_and_no_end() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let arguments = arguments(&folder, &data, &["host", "--json"]);
    let limited = |limit: u32| {
        let mut command = Command::new("prlimit");
        command.arg(format!("--fsize={limit}:")).arg(env!("CARGO_BIN_EXE_conclave-cli")).args(&arguments);
        command
    };
    let output = limited(20_000).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "no signal: {said}");
    assert!(said.contains("--data") && said.contains("a limit of it or of a file's size is reached"), "{said}");
    fs::remove_dir_all(&data).unwrap();

    let mut alice = Terminal::start_as(limited(600_000));
    alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(drop));
    let text = "a".repeat(8000);
    for written in 1.. {
        assert!(written < 1000, "the limit is reached");
        alice.type_line(format!(r#"{{"command":"send","text":"{text}"}}"#));
        let answer = |line: &Value| match line["line"].as_str() {
            Some("sent") => Some(None),
            Some("error") => Some(line["code"].as_str().map(str::to_owned)),
            _ => None,
        };
        if let Some(code) = alice.read_until("an answer", answer) {
            assert_eq!(code, "disk-full", "and not damaged");
            break;
        }
    }
    let id = alice.child.id().to_string();
    assert!(Command::new("prlimit").args(["--fsize=64000000:", "--pid", &id]).status().unwrap().success());
    alice.type_line(r#"{"command":"send","text":"There is space again."}"#);
    alice.read_until("that it goes on", |line| (line["line"] == "sent").then_some(()));
}

#[test]
fn a_passphrase_file_that_cannot_be_read_is_named_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("folder")).unwrap();
    fs::write(place("latin"), b"caf\xe9\n").unwrap();
    let cases = [
        (place("missing"), "No such file"),
        (place("folder"), "directory"),
        (place("latin"), "its first line is not in UTF-8"),
        ("/dev/zero".into(), "its first line has more than 131072 bytes"),
    ];
    for (file, reason) in cases {
        let data = place("data");
        let arguments = ["host", "--data", data.to_str().unwrap(), "--passphrase-file", file.to_str().unwrap()];
        let (_, complaint, code) = run(&arguments, "");
        assert_eq!(code, Some(1), "{complaint}");
        let named = format!("--passphrase-file {} cannot be read: ", file.display());
        for part in [&named, reason] {
            assert!(complaint.contains(part), "{part}: {complaint}");
        }
        assert!(!data.exists(), "nothing was made");
    }
    let endless = "a".repeat(200_000);
    let (_, complaint, code) = run(&["chat", "-", "--address", "127.0.0.1:1"], &endless);
    assert_eq!(code, Some(1), "{complaint}");
    assert!(
        complaint.contains("the invitation could not be read: its first line has more than 131072 bytes"),
        "{complaint}"
    );
}

/// A script reads the exit code. What a person typed was answered on the screen.
#[test]
fn lines_of_a_script_that_were_not_sent_are_counted() {
    let (link, mut alice) = host();
    let input = format!("Hello.\n{}\n{}\n/peeple\nGood bye.\n", "a".repeat(100_000), "a".repeat(1_000_000));
    let (printed, complaint, code) = run(&["chat", &link, "--name", "Bob"], &input);
    assert_eq!(code, Some(1), "{printed}");
    assert!(complaint.contains("lines of the input were not sent (3); the sentences before say why"), "{complaint}");
    for said in ["too long", "That line has more than 131072 bytes and was not sent.", "There is no /peeple"] {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    alice.read_line_with("<Bob> Good bye.");
}

#[cfg(target_os = "linux")]
#[test]
fn where_a_session_breaks_off_it_is_said_how_far_the_input_was_read() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_conclave-cli"))
        .args(["host", "--name", "Alice"])
        .stdin(Stdio::piped())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(b"Hello.\nGood bye.\n");
    let told = child.wait_with_output().unwrap();
    let complaint = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(1));
    assert!(complaint.contains("the input was read up to line 0, and nothing behind that was sent"), "{complaint}");
    assert!(complaint.contains("No space left"), "and why: {complaint}");
}

#[test]
fn who_waits_for_nothing_hears_only_of_what_is_left() {
    let (link, _alice) = host();
    let (_, complaint, code) = run(&["chat", &link, "--name", "Bob", "--wait", "0"], "");
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "nothing was written");
    let away = ["chat", "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX", "--address", "127.0.0.1:1", "--wait", "0"];
    let (printed, complaint, code) = run(&away, "Hello.\n");
    assert_eq!(code, Some(1), "{printed}");
    assert!(complaint.contains("1 of it is lost: --wait 0 waits for nothing"), "{complaint}");
    assert!(!printed.contains("Waiting until"), "{printed}");
}

#[test]
fn an_address_with_a_pin_is_one_beside_a_code_too() {
    let (link, mut alice) = host();
    let (address, rest) = link.trim_start_matches("conclave://").split_once("/#").unwrap();
    let (code, pin) = rest.split_once("~k=").unwrap();
    let pin = pin.split('~').next().unwrap();
    let mut bob = Terminal::start(&["chat", code, "--address", &format!("{address}~k={pin}"), "--name", "Bob"]);
    alice.read_line_with("<Bob> joined with the code.");
    bob.type_line("Hello.");
    alice.read_line_with("<Bob> Hello.");
    let forged = format!("{address}~k=AAAA{}", pin.get(4..).unwrap());
    let (_, complaint, code) = run(&["chat", code, "--address", &forged, "--name", "Mallory"], "Hello.\n");
    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains("Something else answers"), "the pin counts: {complaint}");
}

#[test]
fn a_host_hears_which_file_of_the_room_is_damaged_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let (printed, complaint, code) = run_in(&folder, &data, &["host", "--name", "Alice"], "");
    assert_eq!(code, Some(0), "{complaint}");
    let link = printed.lines().find_map(|line| line.strip_prefix("Invitation: ")).unwrap().to_owned();
    let files = fs::read_dir(data.join("rooms")).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.to_str().unwrap().ends_with(".relay.db")).unwrap();
    let whole = fs::read(&file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    for damaged in [&whole[..whole.len() - 4096], &[]] {
        fs::write(&file, damaged).unwrap();
        let (printed, _, _) = run_in(&folder, &data, &["chat", &link], "");
        assert!(printed.contains("keeps for the others in this room is damaged, empty or missing"), "{printed}");
        assert!(printed.contains("Put a copy of the file back and start hosting again"), "{printed}");
        assert!(printed.contains(&name), "which file: {printed}");
        assert!(fs::read(&file).unwrap() == damaged, "it was left as it is");
    }
    fs::write(&file, whole).unwrap();
    let (printed, _, _) = run_in(&folder, &data, &["chat", &link], "");
    assert!(!printed.contains("damaged"), "{printed}");
}

fn host() -> (String, Terminal) {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let link = alice.read_line_with("Invitation: ").trim_start_matches("Invitation: ").to_owned();
    (link, alice)
}
