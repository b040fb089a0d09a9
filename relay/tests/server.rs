//! The program itself: it starts, keeps rooms over a restart, stops on a signal, and says what is wrong with its file.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "server/check.rs"]
mod check;
#[path = "server/disk.rs"]
mod disk;
#[path = "server/http.rs"]
mod http;
#[path = "lab/lab.rs"]
mod lab;
#[path = "server/lock.rs"]
mod lock;
#[path = "server/paths.rs"]
mod paths;
#[path = "server/process.rs"]
mod process;
#[path = "server/reload.rs"]
mod reload;
#[path = "lab/tls.rs"]
mod tls;

use std::{
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use conclave_proto::{ErrorCode, Role, frame::Reply};
use lab::*;
use process::*;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_server_keeps_its_rooms_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    let (file, key_file) = (folder.path().join("rooms.db"), folder.path().join("storage.key"));
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\nauthorities = [\"{AUTHORITY}\"]\n\
         [storage]\nfile = {file:?}\nkey_file = {key_file:?}\n"
    );
    std::fs::write(&config, text).unwrap();
    let room = TestRoom::new(1);

    let first = Server::start(&config);
    let mut alice = first.connect().await;
    room.create_with(&mut alice).await;
    alice.publish(room.genesis, b"hello", 1).await.unwrap();
    alice.entry().await;
    let logged = first.stop();
    assert!(matches!(alice.push().await, Reply::Refused(refusal) if refusal.code == ErrorCode::ShuttingDown));
    assert!(!logged.contains("127.0.0.1"), "no addresses of clients: {logged}");
    for private in [&file, &key_file] {
        assert_eq!(std::fs::metadata(private).unwrap().permissions().mode() & 0o777, 0o600, "{}", private.display());
    }

    let second = Server::start(&config);
    let mut alice = second.connect().await;
    alice.auth(&room, Role::Member, &room.member).await.unwrap();
    assert_eq!(alice.fetch(0).await.unwrap().entries.len(), 1);
    second.stop();

    std::fs::write(&key_file, [7; 32]).unwrap();
    let output = program(&config).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("rooms.db") && said.contains("use the key that belongs to it"), "{said}");
}

/// Nobody reads what it logs, and the disk for it is full: those who are served hear nothing of that.
#[tokio::test]
async fn a_log_that_cannot_be_written_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::fs::write(&config, format!("listen = [\"127.0.0.1:{port}\"]\nauthorities = [\"{AUTHORITY}\"]\n")).unwrap();
    // So few descriptors that connections are refused, each with a line.
    let process = Command::new("sh")
        .args(["-c", "ulimit -n 24; exec \"$0\" --config \"$1\" 2>/dev/full", env!("CARGO_BIN_EXE_conclave-relay")])
        .arg(&config)
        .spawn()
        .unwrap();
    let process = Ends(process);
    let connect = || TcpStream::connect(("127.0.0.1", port));
    let mut tries = 0;
    while connect().await.is_err() {
        tries += 1;
        assert!(tries < 200, "it never listened");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let mut crowd = Vec::new();
    for _ in 0..40 {
        crowd.extend(connect().await);
    }
    #[cfg(target_os = "linux")]
    while std::fs::read_dir(format!("/proc/{}/fd", process.0.id())).unwrap().count() < 24 {
        tokio::task::yield_now().await;
    }
    drop(crowd);
    let room = TestRoom::new(1);
    let served = async {
        let mut alice = Client::over(connect().await.unwrap(), [0; 32]).await;
        room.create_with(&mut alice).await;
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), served).await.unwrap();
}

/// The other end of the pipe has gone, as with a terminal or a program that kept the log.
#[tokio::test]
async fn a_log_that_nobody_takes_any_more_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    std::fs::write(&config, format!("listen = [\"127.0.0.1:0\"]\nauthorities = [\"{AUTHORITY}\"]\n")).unwrap();
    let mut server = Server::start(&config);
    server.stop_reading();
    let room = TestRoom::new(1);
    let mut alice = server.connect().await;
    room.create_with(&mut alice).await;
    for cid in 1..4 {
        // Each is answered with a line.
        server.signal("-HUP");
        alice.publish(room.genesis, b"still here", cid).await.unwrap();
        alice.entry().await;
    }
    server.stop();
}

#[test]
fn what_was_there_and_is_missing_or_empty_is_never_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    let names = ["rooms.db", "storage.key", "tls.key"];
    let [file, key_file, tls_key] = names.map(|name| folder.path().join(name));
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[storage]\nfile = {file:?}\nkey_file = {key_file:?}\n\
         [tls]\nself_signed_key = {tls_key:?}\n"
    );
    std::fs::write(&config, text).unwrap();
    Server::start(&config).stop();
    let listing = || {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> =
            files.filter(|path| path.is_file()).map(|path| (std::fs::read(&path).unwrap(), path)).collect();
        files.sort();
        files
    };
    let whole = listing();
    for path in [&file, &key_file, &tls_key] {
        for empty in [false, true] {
            if empty {
                std::fs::write(path, b"").unwrap();
            } else {
                std::fs::remove_file(path).unwrap();
            }
            let before = listing();
            let said = refusal(&config);
            assert!(said.contains(path.to_str().unwrap()), "{said}");
            assert_eq!(listing(), before, "nothing was made");
            for (bytes, path) in &whole {
                std::fs::write(path, bytes).unwrap();
            }
        }
    }
    Server::start(&config).stop();

    std::fs::remove_file(&file).unwrap();
    let output = program(&config).args(["--make-missing", "--check"]).output().unwrap();
    assert!(output.status.success() && !file.exists(), "checking makes nothing");
    let mut process = program(&config).arg("--make-missing").stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("listening on")));
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(file.exists(), "an operator may say so");
}

/// The disk with the storage and its key is not mounted, and the TLS key lies elsewhere.
#[test]
fn a_storage_that_is_lost_with_its_key_is_no_first_run() {
    let place = check::Place::new();
    let config = place.config();
    let names = ["rooms.db", "storage.key", "tls.key"];
    let [file, key_file, tls_key] = names.map(|name| place.path(name));
    let whole = place.whole();
    let (storage, _) = whole.split_once("[tls]").unwrap();
    let own = format!("{storage}[tls]\nself_signed_key = '{}'\n", tls_key.display());
    let lose = || [&file, &key_file].map(|path| std::fs::remove_file(path).unwrap());
    lose();
    place.configure(&own);
    Server::start(&config).stop();
    let pin = std::fs::read(&tls_key).unwrap();

    lose();
    let said = place.refusal_of_both(&config);
    for part in [
        "storage.file",
        "storage.key_file",
        "tls.self_signed_key",
        "this is no first run",
        "Put both back",
        "--make-missing",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!file.exists() && !key_file.exists(), "nothing was made");
    // An operator may say so.
    let mut process = Ends(program(&config).arg("--make-missing").stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(process.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("listening on")));
    drop(process);
    assert!(file.exists() && key_file.exists() && std::fs::read(&tls_key).unwrap() == pin);

    // Certificates of an authority were there before the first run; what a crash left beside the storage was not.
    lose();
    place.configure(&whole);
    std::fs::write(place.path("rooms.db-wal"), "of a storage").unwrap();
    let said = place.refusal_of_both(&config);
    assert!(said.contains("rooms.db-wal is there, so this is no first run"), "{said}");
    std::fs::remove_file(place.path("rooms.db-wal")).unwrap();
    Server::start(&config).stop();
}

#[test]
fn a_first_run_that_was_cut_off_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    let (file, key_file) = (folder.path().join("rooms.db"), folder.path().join("storage.key"));
    let text = format!("listen = [\"127.0.0.1:0\"]\n[storage]\nfile = {file:?}\nkey_file = {key_file:?}\n");
    std::fs::write(&config, &text).unwrap();
    let begun = folder.path().join("storage.key.begun");
    std::fs::write(&begun, b"half a key").unwrap();
    std::fs::write(folder.path().join("rooms.db.begun"), b"half a file").unwrap();
    Server::start(&config).stop();
    std::fs::rename(&key_file, &begun).unwrap();
    Server::start(&config).stop();
    assert!(key_file.exists() && !begun.exists());

    // With a TLS key of its own, which gets its name last.
    let [tls_key, begun_tls] = ["tls.key", "tls.key.begun"].map(|name| folder.path().join(name));
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_file(&key_file).unwrap();
    std::fs::write(&config, format!("{text}[tls]\nself_signed_key = {tls_key:?}\n")).unwrap();
    // It fails where the storage is made.
    std::fs::create_dir(&begun).unwrap();
    let said = refusal(&config);
    assert!(said.contains("storage.key_file") && !tls_key.exists(), "{said}");
    std::fs::remove_dir(&begun).unwrap();
    for left in [&begun, &begun_tls] {
        std::fs::write(left, b"half a key").unwrap();
    }
    Server::start(&config).stop();
    let made = std::fs::read(&tls_key).unwrap();
    assert!(!begun.exists() && !begun_tls.exists());
    std::fs::rename(&tls_key, &begun_tls).unwrap();
    Server::start(&config).stop();
    assert!(std::fs::read(&tls_key).unwrap() == made, "the storage was whole, so the key was");
}

#[test]
fn a_wrong_configuration_names_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    for (text, named) in [("colour = \"blue\"", "colour"), ("listen = [\"0.0.0.0:0\"]", "TLS")] {
        std::fs::write(&config, text).unwrap();
        let output = program(&config).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(named), "{said}");
    }
    std::fs::write(&config, "colour = \"blue\"").unwrap();
    let said = String::from_utf8(program(&config).output().unwrap().stderr).unwrap();
    assert!(said.contains("relay.toml"), "{said}");
    std::fs::write(&config, "listen = [\"127.0.0.1:0\"]").unwrap();
    assert!(program(&config).arg("--check").status().unwrap().success());
}
