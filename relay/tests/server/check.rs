//! `--check` says what the start would say, and makes nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use conclave_seal::hash::sha256;

use crate::process::*;

/// A folder with everything that a relay needs, after its first run.
pub(crate) struct Place(pub(crate) tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let (certificate, key, _) = certificate();
        fs::write(place.path("fullchain.pem"), certificate).unwrap();
        fs::write(place.path("privkey.pem"), key).unwrap();
        place.configure(&place.whole());
        Server::start(&place.config()).stop();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("relay.toml")
    }

    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.config(), text).unwrap();
    }

    /// A configuration that the start takes. All paths are in this folder.
    pub(crate) fn whole(&self) -> String {
        let here = self.0.path().display();
        format!(
            "listen = ['127.0.0.1:0']\nauthorities = ['relay.example.org']\n\
             [storage]\nfile = '{here}/rooms.db'\nkey_file = '{here}/storage.key'\n\
             [tls]\ncertificate = '{here}/fullchain.pem'\nkey = '{here}/privkey.pem'\n"
        )
    }

    /// Every file with a hash of its content and the time of its last change.
    fn listing(&self) -> Vec<(PathBuf, SystemTime, Option<[u8; 32]>)> {
        let mut files: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| {
                (
                    path.clone(),
                    fs::metadata(&path).unwrap().modified().unwrap(),
                    path.is_file().then(|| fs::read(&path).unwrap()).map(|bytes| sha256(&bytes)),
                )
            })
            .collect();
        files.sort();
        files
    }

    /// Runs the check and then the start, sees that both refuse with the same words, and returns them.
    pub(crate) fn refusal_of_both(&self, config: &Path) -> String {
        let before = self.listing();
        let output = program(config).arg("--check").output().unwrap();
        let checked = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "the check refuses: {checked}");
        assert!(!checked.contains("is valid"), "{checked}");
        assert_eq!(self.listing(), before, "a check makes and changes nothing: {checked}");
        let started = refusal(config);
        let (checked, started) = (sentence(&checked), sentence(&started));
        assert_eq!(checked, started, "the check says what the start says");
        checked
    }
}

/// The refusal, without the time and what was said before.
fn sentence(log: &str) -> String {
    let (_, said) = log.split_once("ERROR ").unwrap();
    said.to_owned()
}

#[test]
fn the_check_refuses_what_the_start_refuses_with_the_same_words_and_changes_nothing() {
    let place = Place::new();
    let (certificate, _, _) = certificate();
    fs::write(place.path("other.pem"), certificate).unwrap();
    fs::write(place.path("short.key"), [7; 31]).unwrap();
    fs::write(place.path("other.key"), [7; 32]).unwrap();
    fs::write(place.path("short.db"), [7; 31]).unwrap();
    fs::write(place.path("garbage.pem"), "no PEM").unwrap();
    fs::create_dir(place.path("folder")).unwrap();
    let listen = "listen = ['127.0.0.1:0']";
    // What is changed, what into, and what the refusal has to name: the key, the file, and what to do.
    let cases: [(&str, &str, &[&str]); 32] = [
        (listen, "colour = 'blue'\nlisten = ['127.0.0.1:0']", &["relay.toml", "colour"]),
        (listen, "listen = []", &["listen: name at least one"]),
        (listen, "listen = ['127.0.0.1:7799', '127.0.0.1:7799']", &["listen: 127.0.0.1:7799", "name it once"]),
        (listen, "listen = ['0.0.0.0:7799', '127.0.0.1:7799']", &["listen: 127.0.0.1:7799", "name it once"]),
        (listen, "listen = ['192.0.2.1:7799']", &["listen: ", "192.0.2.1:7799"]),
        ("['relay.example.org']", "['a b']", &["authorities", "a b"]),
        ("[tls]\n", "[limits]\nrooms = 0\n[tls]\n", &["limits.rooms: 0", "from 1 to"]),
        ("[tls]\n", "[limits]\nping_seconds = 100\n[tls]\n", &["limits.ping_seconds: 100", "to 60"]),
        ("[tls]\n", "[limits]\nroom = 1\n[tls]\n", &["relay.toml", "room"]),
        ("/fullchain.pem", "/none.pem", &["tls.certificate", "none.pem", "there is nothing", "put it there"]),
        ("/fullchain.pem", "/folder", &["tls.certificate", "folder", "name a file"]),
        ("/fullchain.pem", "/garbage.pem", &["tls.certificate", "garbage.pem", "expected PEM"]),
        (
            "/fullchain.pem",
            "/other.pem",
            &["tls.certificate", "other.pem", "tls.key", "privkey.pem", "name the key that"],
        ),
        ("/privkey.pem", "/none.pem", &["tls.key", "none.pem", "there is nothing"]),
        ("/privkey.pem", "/garbage.pem", &["tls.key", "garbage.pem", "expected one PEM"]),
        ("/privkey.pem", "/relay.toml/key.pem", &["tls.key", "relay.toml", "a part of the path is a file"]),
        ("[tls]\n", "[tls]\nsecret = 'x'\n", &["relay.toml", "secret"]),
        ("/storage.key", "/none.key", &["storage.key_file", "none.key", "is missing", "Put it back"]),
        ("/storage.key", "/short.key", &["storage.key_file", "short.key", "exactly 32 bytes", "31"]),
        ("/storage.key", "/other.key", &["storage.file", "storage.key_file", "other.key", "use the key that belongs"]),
        ("/storage.key", "/folder", &["storage.key_file", "folder", "name a file"]),
        ("/storage.key", "/rooms.db", &["storage.file", "storage.key_file", "a file of its own"]),
        ("/rooms.db", "/none.db", &["storage.file", "none.db", "is missing", "--make-missing"]),
        ("/rooms.db", "/short.db", &["storage.file", "short.db", "restore it"]),
        ("/rooms.db", "/folder", &["storage.file", "folder", "name a file"]),
        ("/rooms.db", "/new/", &["storage.file", "/new/: it is a folder", "name a file in it"]),
        ("/storage.key", "/new/", &["storage.key_file", "/new/: it is a folder", "name a file in it"]),
        (
            "/storage.key",
            "/rooms.db-wal",
            &["storage.key_file", "rooms.db-wal is made by the relay itself", "storage.file"],
        ),
        (
            "/privkey.pem",
            "/rooms.db.lock",
            &["tls.key", "rooms.db.lock is made by the relay itself", "name another file"],
        ),
        ("key_file = '", "key_file = ''#", &["storage.key_file is empty", "name a file"]),
        (
            "file = '",
            "file = ':memory:'#",
            &["storage.file", ":memory:", "write all of its path", "leave [storage] out"],
        ),
        ("/rooms.db", "/garbage.pem/rooms.db", &["storage.file", "garbage.pem", "a part of the path is a file"]),
    ];
    for (from, to, named) in cases {
        let whole = place.whole();
        assert!(whole.contains(from), "{from}");
        place.configure(&whole.replacen(from, to, 1));
        let said = place.refusal_of_both(&place.config());
        for part in named {
            assert!(said.contains(part), "{to}: {said}");
        }
    }
}

/// Also a first run: a key is not written before it is clear that the storage has a place.
#[test]
fn what_the_start_cannot_make_is_refused_before_anything_is_made() {
    let place = Place::new();
    fs::create_dir(place.path("new")).unwrap();
    let here = place.0.path().display();
    let listen = "listen = ['127.0.0.1:0']\n";
    let storage = |file: &str, key_file: &str| {
        format!("{listen}[storage]\nfile = '{here}/{file}'\nkey_file = '{here}/{key_file}'\n")
    };
    let own = |key: &str| format!("[tls]\nself_signed_key = '{here}/{key}'\n");
    let cases: [(String, &[&str]); 7] = [
        (storage("none/rooms.db", "new/storage.key"), &["storage.file", "the folder", "none: there is nothing"]),
        (storage("new/rooms.db", "none/storage.key"), &["storage.key_file", "the folder", "none: there is nothing"]),
        (storage("new/rooms.db", "rooms.db/storage.key"), &["storage.key_file", "a part of the path is a file"]),
        (
            storage("none/rooms.db", "new/storage.key") + &own("new/tls.key"),
            &["storage.file", "none: there is nothing"],
        ),
        (
            storage("new/rooms.db", "new/storage.key") + &own("none/tls.key"),
            &["tls.self_signed_key", "none: there is nothing"],
        ),
        (listen.to_owned() + &own("garbage.key"), &["tls.self_signed_key", "garbage.key", "put the right file back"]),
        (
            storage("new/rooms.db", "new/storage.key").replace("127.0.0.1", "0.0.0.0"),
            &["listen: 0.0.0.0:0", "with TLS"],
        ),
    ];
    fs::write(place.path("garbage.key"), "no key").unwrap();
    for (text, named) in cases {
        place.configure(&text);
        let said = place.refusal_of_both(&place.config());
        for part in named {
            assert!(said.contains(part), "{text}: {said}");
        }
        assert_eq!(fs::read_dir(place.path("new")).unwrap().count(), 0, "nor did the start make a part: {text}");
    }
    for (path, named) in [("none.toml", "there is nothing"), ("new", "it is a folder")] {
        let said = place.refusal_of_both(&place.path(path));
        assert!(said.contains("--config") && said.contains(path) && said.contains(named), "{said}");
    }
}

#[test]
fn the_check_says_what_it_checked_also_while_the_relay_runs() {
    let place = Place::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    place.configure(&place.whole().replace("127.0.0.1:0", &format!("127.0.0.1:{port}")));
    // What was said, and whether a file is another one afterwards.
    let check = || {
        let before = place.listing();
        let output = program(&place.config()).arg("--check").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        for part in ["has known keys", "tls.certificate", "fit together", "storage.file", "opens with", "is valid"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        (said, place.listing() != before)
    };
    let (said, changed) = check();
    assert!(!changed && said.contains(&format!("listen: 127.0.0.1:{port} is free, to be served with TLS")), "{said}");
    let server = Server::start(&place.config());
    // At its start the relay itself writes; the check never does.
    let said = (0..100).map(|_| check()).find_map(|(said, changed)| (!changed).then_some(said)).unwrap();
    assert!(said.contains(&format!("listen: 127.0.0.1:{port} is taken")), "{said}");
    assert!(said.contains("if it is this relay, all is well"), "{said}");
    server.stop();
}

#[test]
fn the_check_before_a_first_run_says_what_will_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("relay.toml");
    let here = folder.path().display();
    let text = format!(
        "listen = ['127.0.0.1:0']\n[storage]\nfile = '{here}/rooms.db'\nkey_file = '{here}/storage.key'\n\
         [tls]\nself_signed_key = '{here}/tls.key'\n"
    );
    fs::write(&config, text).unwrap();
    let output = program(&config).arg("--check").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    for file in ["storage.file", "storage.key_file", "tls.self_signed_key"] {
        let line = said.lines().find(|line| line.contains(file)).unwrap_or_default();
        assert!(line.contains("made at the start"), "{file}: {said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the configuration is there");
    Server::start(&config).stop();
    let output = program(&config).arg("--check").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the pin for invitations is pin:") && said.contains("opens with"), "{said}");
}

/// An operator hears of it before the members do.
#[test]
fn a_certificate_that_is_out_of_date_is_said_by_check_and_start() {
    let place = Place::new();
    for (from, to, said) in
        [(2001, 2002, Some("has expired")), (2098, 2099, Some("is not valid yet")), (2020, 2100, None)]
    {
        let (certificate, key, _) = certificate_of_years(from, to);
        fs::write(place.path("fullchain.pem"), certificate).unwrap();
        fs::write(place.path("privkey.pem"), key).unwrap();
        let output = program(&place.config()).arg("--check").output().unwrap();
        assert!(output.status.success(), "whoever has the pin comes in all the same");
        let checked = String::from_utf8(output.stderr).unwrap();
        let mut process = Ends(program(&place.config()).stderr(std::process::Stdio::piped()).spawn().unwrap());
        let mut started = String::new();
        let mut stderr = std::io::BufReader::new(process.0.stderr.take().unwrap());
        while !started.contains("listening on") {
            assert!(std::io::BufRead::read_line(&mut stderr, &mut started).unwrap() > 0, "{started}");
        }
        for log in [checked, started] {
            let warning = log.lines().find(|line| line.contains("by this computer's clock"));
            assert_eq!(warning.is_some(), said.is_some(), "{log}");
            let named = |line: &str| {
                line.contains("WARN") && line.contains("tls.certificate") && line.contains("fullchain.pem")
            };
            assert!(warning.is_none_or(|line| named(line) && line.contains(said.unwrap())), "{log}");
        }
    }
}

/// Editors and shells of Windows put one before what they write.
#[test]
fn a_byte_order_mark_before_a_file_is_no_part_of_it() {
    let place = Place::new();
    for file in ["relay.toml", "fullchain.pem", "privkey.pem"] {
        let text = fs::read_to_string(place.path(file)).unwrap();
        fs::write(place.path(file), format!("\u{feff}{text}")).unwrap();
        let output = program(&place.config()).arg("--check").output().unwrap();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        Server::start(&place.config()).stop();
    }
}
