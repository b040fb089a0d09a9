//! Paths that lead nowhere, and what is no file: refused by the check and the start, at once, and before anything is
//! made.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    check::Place,
    process::{Ends, program, refusal},
};

#[test]
fn what_is_no_regular_file_is_refused_and_not_waited_for() {
    let place = Place::new();
    for pipe in ["key.pipe", "rooms.pipe"] {
        assert!(Command::new("mkfifo").arg(place.path(pipe)).status().unwrap().success());
    }
    let here = place.0.path().display();
    for (from, to, key) in [
        (format!("{here}/storage.key"), format!("{here}/key.pipe"), "storage.key_file"),
        (format!("{here}/storage.key"), "/dev/zero".to_owned(), "storage.key_file"),
        (format!("{here}/rooms.db"), format!("{here}/rooms.pipe"), "storage.file"),
        (format!("{here}/privkey.pem"), format!("{here}/key.pipe"), "tls.key"),
        (format!("{here}/fullchain.pem"), "/dev/null".to_owned(), "tls.certificate"),
    ] {
        let whole = place.whole();
        assert!(whole.contains(&from), "{from}");
        place.configure(&whole.replace(&from, &to));
        // Is given up after a minute.
        refusal(&place.config());
        let said = place.refusal_of_both(&place.config());
        for part in [key, &to, "is no regular file, but a pipe, a socket or a device; name a file"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

/// As a shell's `<(...)` gives one; but of one that nobody writes to it must be clear why nothing happens.
#[test]
fn a_configuration_may_be_a_pipe_and_the_wait_for_it_is_said() {
    let place = Place::new();
    let pipe = place.path("relay.pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut waiting = Ends(program(&pipe).arg("--check").stderr(Stdio::piped()).spawn().unwrap());
    let named = format!("--config {} is no regular file: waiting until", pipe.display());
    // The pipe opens for writing once it is opened for reading.
    fs::write(&pipe, "listen = ['127.0.0.1:0']").unwrap();
    let mut lines = BufReader::new(waiting.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.next().unwrap();
    assert!(said.contains(&named), "{said}");
    assert!(lines.any(|line| line.contains("the configuration is valid")));
    assert!(waiting.0.wait().unwrap().success());
}

#[test]
fn a_configuration_without_an_end_is_refused() {
    let said = refusal(Path::new("/dev/zero"));
    assert!(said.contains("--config /dev/zero has more than 1048576 bytes"), "{said}");
}

#[test]
fn a_path_through_a_missing_folder_is_refused_also_where_it_leads_back() {
    let place = Place::new();
    fs::create_dir(place.path("new")).unwrap();
    for (from, key) in [("/rooms.db", "storage.file"), ("/storage.key", "storage.key_file")] {
        for missing in ["/missing/..", "/new/missing/../.."] {
            place.configure(&place.whole().replace(from, &format!("{missing}{from}")));
            let said = place.refusal_of_both(&place.config());
            assert!(said.contains(key) && said.contains(missing), "{said}");
        }
        // A first run.
        let text = place.whole().replace("/rooms.db", "/new/rooms.db").replace("/storage.key", "/new/storage.key");
        place.configure(&text.replace(&format!("/new{from}"), &format!("/new/missing/..{from}")));
        let said = place.refusal_of_both(&place.config());
        for part in [key, "the folder", "/new/missing/..", "there is nothing"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(fs::read_dir(place.path("new")).unwrap().count(), 0, "nothing was made");
    }
    let own = "[tls]\nself_signed_key";
    place.configure(&format!("listen = ['127.0.0.1:0']\n{own} = '{}'\n", place.path("missing/../tls.key").display()));
    let said = place.refusal_of_both(&place.config());
    assert!(said.contains("tls.self_signed_key") && said.contains("there is nothing"), "{said}");
}

#[test]
fn one_file_under_two_keys_is_refused_however_it_is_written() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    place.configure(&place.whole().replace("/rooms.db", "/folder/../storage.key"));
    let said = place.refusal_of_both(&place.config());
    assert!(said.contains("give each a file of its own"), "{said}");
}

/// SQLite takes 512 bytes, and the system 255 for a name and 4096 for a path.
#[test]
fn a_path_that_is_too_long_is_refused_before_anything_is_made() {
    let place = Place::new();
    let folder = |len: usize| {
        let mut folder = place.0.path().to_owned();
        while folder.as_os_str().len() < len {
            let rest = len - folder.as_os_str().len();
            folder.push("d".repeat(rest.saturating_sub(1).clamp(1, 100)));
        }
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    let mut accepted = 0;
    for len in (470..520).step_by(2).chain([600, 2000]) {
        let folder = folder(len);
        let text = place
            .whole()
            .replace(&format!("{}/rooms.db'", place.0.path().display()), &format!("{}/rooms.db'", folder.display()));
        place.configure(&text.replace("/storage.key", &format!("/{len}.key")));
        let output = program(&place.config()).arg("--check").output().unwrap();
        if output.status.success() {
            accepted = len;
            crate::process::Server::start(&place.config()).stop();
            continue;
        }
        let said = place.refusal_of_both(&place.config());
        assert!(said.contains("storage.file") && said.contains("are the most; name a shorter one"), "{said}");
        assert_eq!(fs::read_dir(&folder).unwrap().filter(|file| !file.as_ref().unwrap().path().is_dir()).count(), 0);
        assert!(!place.path(&format!("{len}.key")).exists());
    }
    assert!(accepted > 480, "what fits is taken");
    for (from, key) in
        [("/rooms.db", "storage.file"), ("/storage.key", "storage.key_file"), ("/privkey.pem", "tls.key")]
    {
        for long in [format!("/{}", "n".repeat(300)), "/deep".repeat(1000)] {
            place.configure(&place.whole().replace(from, &long));
            let said = place.refusal_of_both(&place.config());
            assert!(said.contains(key) && said.contains("the path is too long"), "{said}");
        }
    }
}
