//! Disks and folders that do not take a file: the refusal names key, file or folder, and the reason.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    process::{Command, Stdio},
};

use crate::{
    check::Place,
    lab::{AUTHORITY, TestRoom},
    process::{Ends, Server, program},
};

/// What the program says when it refuses, run as somebody who has no right to everything.
fn refusal_of_nobody(place: &Place, check: bool) -> String {
    let is_root = fs::metadata(place.0.path()).unwrap().uid() == 0;
    let copy = place.path("program");
    let mut command = if is_root {
        // What is built may lie where nobody else can read it. A process of its own copies it: another test that forks
        // while this one has the file open for writing would keep it from being run (ETXTBSY).
        if !copy.exists() {
            let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_conclave-relay")).arg(&copy).status().unwrap();
            assert!(copied.success());
        }
        let mut command = Command::new(copy);
        command.uid(NOBODY).gid(NOBODY);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_conclave-relay"))
    };
    command.arg("--config").arg(place.config());
    if check {
        command.arg("--check");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[test]
fn a_right_that_is_missing_is_named_with_the_file_or_folder_by_check_and_start() {
    let place = Place::new();
    let files = ["rooms.db", "storage.key", "fullchain.pem", "privkey.pem"];
    let allow =
        |name: &str, mode: u32| fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(place.path("closed")).unwrap();
    for (name, mode, key, what) in [
        ("storage.key", 0o000, "storage.key_file", "cannot be read"),
        ("privkey.pem", 0o000, "tls.key", "cannot be read"),
        ("fullchain.pem", 0o000, "tls.certificate", "cannot be read"),
        ("rooms.db", 0o444, "storage.file", "cannot be changed"),
        ("", 0o555, "storage.file", "nothing can be made in the folder"),
    ] {
        for file in files {
            allow(file, 0o666);
        }
        allow("", 0o777);
        allow(name, mode);
        for check in [true, false] {
            let said = refusal_of_nobody(&place, check);
            let path = place.path(name);
            let path = path.to_str().unwrap().trim_end_matches('/');
            for part in [key, path, what, "permission denied"] {
                assert!(said.contains(part), "{part}: {said}");
            }
        }
    }
    allow("", 0o777);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_with_the_file_that_did_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    let (file, key_file) = (folder.path().join("rooms.db"), folder.path().join("storage.key"));
    fs::write(&config, format!("listen = ['127.0.0.1:0']\n[storage]\nfile = {file:?}\nkey_file = {key_file:?}\n"))
        .unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("storage.key.begun")).unwrap();
    let said = crate::process::refusal(&config);
    for part in ["storage.key_file", key_file.to_str().unwrap(), "the disk is full", "free some space"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!file.exists(), "no storage without a key");
}

/// A disk of 64 KiB, which does not hold a storage; and one that nobody can write to.
#[cfg(target_os = "linux")]
#[test]
fn a_small_or_read_only_disk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (config, disk) = (folder.path().join("relay.toml"), folder.path().join("disk"));
    fs::create_dir(&disk).unwrap();
    let (file, key_file) = (disk.join("rooms.db"), folder.path().join("storage.key"));
    fs::write(&config, format!("listen = ['127.0.0.1:0']\n[storage]\nfile = {file:?}\nkey_file = {key_file:?}\n"))
        .unwrap();
    let on = |options: &str, program: &str, arguments: &[&str]| {
        let mount = format!("mount -t tmpfs -o {options} conclave \"$1\" && shift && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user", "sh", "-c", &mount, "sh"]);
        command.arg(&disk).arg(program).args(arguments).output()
    };
    if !on("size=64k", "true", &[]).is_ok_and(|output| output.status.success()) {
        eprintln!("left out: this system gives no small disk (unshare and mount)");
        return;
    }
    let relay = env!("CARGO_BIN_EXE_conclave-relay");
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let config = path(&config);
    let refusal = |options: &str, arguments: &[&str]| {
        let output = on(options, relay, arguments).unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refusal("size=64k", &["--config", &config]);
    for part in ["storage.file", &path(&file), "the disk is full"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!key_file.exists(), "no key without a storage");
    for arguments in [&["--config", &config][..], &["--config", &config, "--check"]] {
        let said = refusal("ro", arguments);
        for part in ["storage.file", "the folder", &path(&disk), "the disk is read-only"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

const NOBODY: u32 = 65534;

/// An earlier start ended while it made the key, or somebody copied that with other rights.
#[cfg(unix)]
#[test]
fn a_key_that_was_begun_before_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    let (file, key_file) = (folder.path().join("rooms.db"), folder.path().join("storage.key"));
    fs::write(&config, format!("listen = ['127.0.0.1:0']\n[storage]\nfile = {file:?}\nkey_file = {key_file:?}\n"))
        .unwrap();
    let begun = folder.path().join("storage.key.begun");
    fs::write(&begun, "half").unwrap();
    fs::set_permissions(&begun, fs::Permissions::from_mode(0o644)).unwrap();
    Server::start(&config).stop();
    assert_eq!(fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
}

/// `umask 777` takes the owner's rights as well.
#[test]
fn files_are_their_owners_whatever_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    let (config, here) = (folder.path().join("relay.toml"), folder.path().display());
    let text = format!(
        "listen = ['127.0.0.1:0']\n[storage]\nfile = '{here}/rooms.db'\nkey_file = '{here}/storage.key'\n\
         [tls]\nself_signed_key = '{here}/tls.key'\n"
    );
    fs::write(&config, text).unwrap();
    for umask in ["777", "000"] {
        let server = Server::try_start_as(crate::process::program_in(&format!("umask {umask}; exec"), &config));
        let server = server.unwrap();
        for name in ["rooms.db", "rooms.db-wal", "rooms.db-shm", "rooms.db.lock", "storage.key", "tls.key"] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}, umask {umask}");
        }
        server.stop();
        for name in ["rooms.db", "storage.key", "tls.key"] {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
}

/// The system sends SIGXFSZ to a process whose file would be too large, and that ends whoever does not expect it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_limit_of_a_files_size_is_a_full_disk_and_no_end() {
    use crate::{lab::*, process::*};
    let folder = tempfile::tempdir().unwrap();
    let (config, here) = (folder.path().join("relay.toml"), folder.path().display());
    let text = format!(
        "listen = ['127.0.0.1:0']\nauthorities = ['{AUTHORITY}']\n\
         [storage]\nfile = '{here}/rooms.db'\nkey_file = '{here}/storage.key'\n"
    );
    fs::write(&config, text).unwrap();
    // The first is too small for the index of the write-ahead log, the second for what is written.
    for limit in [8192, 60_000] {
        let small = program_in(&format!("exec prlimit --fsize={limit}"), &config).output().unwrap();
        let said = String::from_utf8(small.stderr).unwrap();
        assert_eq!(small.status.code(), Some(1), "no signal: {said}");
        for part in ["storage.file", "a limit (a quota, or ulimit -f) is reached", "raise the limit"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let server = Server::try_start_as(program_in("exec prlimit --fsize=1000000:", &config)).unwrap();
    let room = TestRoom::new(1);
    let mut alice = server.connect().await;
    room.create_with(&mut alice).await;
    let (mut number, large) = (0, [7; 60_000]);
    let refused = loop {
        number += 1;
        match alice.publish(room.genesis, &large, number).await {
            Ok(_) => drop(alice.entry().await),
            Err(refusal) => break refusal.code,
        }
    };
    assert_eq!(refused, conclave_proto::ErrorCode::Internal, "as on a full disk");
    let raised =
        Command::new("prlimit").args(["--fsize=64000000:", "--pid", &server.process.0.id().to_string()]).status();
    assert!(raised.unwrap().success());
    alice.publish(room.genesis, &large, number).await.unwrap();
    let logged = server.stop();
    assert!(logged.contains("was not committed") || logged.contains("log failed"), "{logged}");
    assert!(!logged.contains("damaged"), "{logged}");
}

/// The relay has died, and its operator puts another file in the place of the storage: a copy, or that of another
/// relay.
#[tokio::test]
async fn a_storage_opens_beside_the_log_of_another_one_and_the_relay_says_so() {
    let (place, other) = (Place::new(), Place::new());
    let storage = format!("[storage]\nfile = '{0}/rooms.db'\nkey_file = '{0}/storage.key'\n", other.0.path().display());
    other.configure(&format!("listen = ['127.0.0.1:0']\nauthorities = ['{AUTHORITY}']\n{storage}"));
    let mut dies = Server::start(&other.config());
    TestRoom::new(1).create_with(&mut dies.connect().await).await;
    let log = fs::read(other.path("rooms.db-wal")).unwrap();
    dies.process.0.kill().unwrap();
    dies.process.0.wait().unwrap();
    fs::write(place.path("rooms.db-wal"), &log).unwrap();
    let mut process = Ends(program(&place.config()).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(process.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|line| line.contains("WARN") || line.contains("listening on")).unwrap();
    assert!(said.contains("write-ahead log of another file") && said.contains("rooms.db-wal.foreign-1"), "{said}");
    assert!(lines.any(|line| line.contains("listening on")));
    assert!(fs::read(place.path("rooms.db-wal.foreign-1")).unwrap() == log, "nothing of it is lost");
    drop(process);
    Server::start(&place.config()).stop();
    assert!(!place.path("rooms.db-wal.foreign-2").exists(), "its own log is no other file's");
}
