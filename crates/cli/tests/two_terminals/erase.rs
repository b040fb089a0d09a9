//! A terminal that is erased.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{Terminal, ending::run};

/// A data folder with the file that opens it.
fn kept() -> (TempDir, String, String) {
    let folder = TempDir::new().unwrap();
    let [data, file] = ["data", "passphrase"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    fs::write(&file, "correct horse battery\n").unwrap();
    (folder, data, file)
}

fn is_empty(folder: &str) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn a_session_that_erases_ends_and_leaves_an_empty_folder() {
    let (_folder, data, file) = kept();
    let host = ["host", "--data", &data, "--passphrase-file", &file];
    let (_, complained, code) = run(&host, "/erase\nThis is said to nobody.\n");
    assert_eq!((complained.as_str(), code), ("", Some(0)));
    assert!(is_empty(&data));
}

#[test]
fn a_folder_is_erased_without_its_passphrase_while_another_program_has_it_open() {
    let (_folder, data, file) = kept();
    let host = Terminal::start(&["host", "--json", "--data", &data, "--passphrase-file", &file]);
    host.next_line("the room", &[]);
    let (_, complained, code) = run(&["erase", "--data", &data], "");
    assert_eq!((complained.as_str(), code), ("", Some(0)));
    assert!(is_empty(&data));
    drop(host);
}

#[test]
fn what_is_left_is_said_with_what_to_do() {
    let (_folder, data, file) = kept();
    let (_, _, code) = run(&["host", "--data", &data, "--passphrase-file", &file], "");
    assert_eq!(code, Some(0));
    let rooms = Path::new(&data).join("rooms");
    let room = fs::read_dir(&rooms).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    fs::create_dir_all(rooms.join(format!("{room}-held")).join("inside")).unwrap();
    let (_, complained, code) = run(&["erase", "--data", &data], "");
    assert_eq!(code, Some(1));
    assert!(complained.contains("could not be deleted"), "{complained}");
    let (_, complained, _) = run(&["host", "--data", &data, "--passphrase-file", &file], "");
    assert!(complained.contains("conclave-cli erase"), "the next one hears what it was: {complained}");
}

#[test]
fn who_names_no_folder_erases_none() {
    let (_, complained, code) = run(&["erase"], "");
    assert_eq!(code, Some(1));
    assert!(complained.contains("--data"), "{complained}");
}
