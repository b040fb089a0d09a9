//! One relay for one storage.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    thread,
};

use crate::{check::Place, process::*};

/// Alice would be at the one and Bob at the other, and neither would hear what is written.
#[test]
fn a_second_relay_on_a_storage_is_refused_and_says_what_to_do() {
    let place = Place::new();
    let first = Server::start(&place.config());
    let mode = fs::metadata(place.path("rooms.db.lock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Other names for the same storage are no way around it, nor is a copy of its key.
    symlink(place.path("rooms.db"), place.path("other.db")).unwrap();
    fs::create_dir(place.path("folder")).unwrap();
    fs::copy(place.path("storage.key"), place.path("copy.key")).unwrap();
    for (file, key) in [("rooms.db", "storage.key"), ("other.db", "storage.key"), ("folder/../rooms.db", "copy.key")] {
        fs::write(
            place.path("second.toml"),
            place.whole().replace("/rooms.db", &format!("/{file}")).replace("/storage.key", &format!("/{key}")),
        )
        .unwrap();
        let said = refusal(&place.path("second.toml"));
        for part in ["storage.file", file, "is open in another relay", "Stop that relay first"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let output = program(&place.path("second.toml")).arg("--check").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "a check before SIGHUP or a restart is no second relay: {said}");
        assert!(said.contains("is open in a relay that runs already; if it is this one, all is well"), "{said}");
    }
    first.stop();
    let output = program(&place.config()).arg("--check").output().unwrap();
    assert!(!String::from_utf8(output.stderr).unwrap().contains("is open in"), "the lock ends with the relay");
    let mut killed = Server::start(&place.config());
    killed.process.0.kill().unwrap();
    killed.process.0.wait().unwrap();
    Server::start(&place.config()).stop();
}

/// A pipe would be waited for until somebody opens its other end, and what a link leads to is not ours to change.
#[test]
fn a_lock_that_is_no_file_is_refused() {
    let place = Place::new();
    let lock = place.path("rooms.db.lock");
    fs::write(place.path("somebodys"), "").unwrap();
    fs::set_permissions(place.path("somebodys"), fs::Permissions::from_mode(0o644)).unwrap();
    let pipe = || assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
    let link = || symlink(place.path("somebodys"), &lock).unwrap();
    let makes: [&dyn Fn(); 2] = [&pipe, &link];
    for make in makes {
        fs::remove_file(&lock).unwrap();
        make();
        // Is given up after a minute.
        refusal(&place.config());
        let said = place.refusal_of_both(&place.config());
        assert!(said.contains("rooms.db.lock is no regular file"), "{said}");
    }
    let mode = fs::metadata(place.path("somebodys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

/// While a relay waits for the lock of another first run, that one makes the files and ends.
#[test]
fn what_another_first_run_has_made_meanwhile_is_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let here = folder.path().display();
    let text = format!(
        "listen = ['127.0.0.1:0']\n[storage]\nfile = '{here}/rooms.db'\nkey_file = '{here}/storage.key'\n\
         [tls]\nself_signed_key = '{here}/tls.key'\n"
    );
    fs::write(path("relay.toml"), text).unwrap();
    Server::start(&path("relay.toml")).stop();
    let tls_key = fs::read(path("tls.key")).unwrap();
    let files = ["tls.key", "rooms.db", "storage.key"];
    for name in files {
        fs::rename(path(name), path(&format!("{name}.aside"))).unwrap();
    }
    let lock = fs::File::open(path("rooms.db.lock")).unwrap();
    lock.lock().unwrap();
    let config = path("relay.toml");
    let second = thread::spawn(move || Server::try_start(&config));
    // It tries for two seconds, and has looked long before.
    thread::sleep(std::time::Duration::from_millis(500));
    for name in files {
        fs::rename(path(&format!("{name}.aside")), path(name)).unwrap();
    }
    lock.unlock().unwrap();
    match second.join().unwrap() {
        Err(said) => assert!(said.contains("another relay has made the files of this one meanwhile"), "{said}"),
        // It was so slow that it looked when the files were there again.
        Ok(late) => drop(late.stop()),
    }
    assert_eq!(fs::read(path("tls.key")).unwrap(), tls_key);
    Server::start(&path("relay.toml")).stop();
}

/// What is made first is the lock: the second would otherwise put another TLS key, and another pin, in the place of the
/// first one's.
#[test]
fn of_two_first_runs_at_once_one_makes_everything() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let (config, here) = (folder.path().join("relay.toml"), folder.path().display());
        let text = format!(
            "listen = ['127.0.0.1:0']\n[storage]\nfile = '{here}/rooms.db'\nkey_file = '{here}/storage.key'\n\
             [tls]\nself_signed_key = '{here}/tls.key'\n"
        );
        fs::write(&config, text).unwrap();
        let runs: Vec<_> = (0..2)
            .map(|_| {
                let config = config.clone();
                thread::spawn(move || Server::try_start(&config))
            })
            .collect();
        let runs: Vec<_> = runs.into_iter().map(|run| run.join().unwrap()).collect();
        let serving = runs.iter().filter(|run| run.is_ok()).count();
        let said: Vec<_> = runs.into_iter().filter_map(Result::err).collect();
        assert_eq!(serving, 1, "{said:?}");
        assert!(said.iter().any(|said| said.contains("is open in another relay")), "{said:?}");
    }
}
