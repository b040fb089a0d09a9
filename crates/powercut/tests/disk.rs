//! The disk itself: what it forgets, and what it does not.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use conclave_powercut::{Disk, Image};
use tempfile::TempDir;

fn left(image: &Image, name: &str) -> Option<Vec<u8>> {
    let folder = TempDir::new().unwrap();
    image.restore(folder.path());
    fs::read(folder.path().join(name)).ok()
}

fn now(disk: &Disk) -> Image {
    disk.images().pop().unwrap()
}

fn write(path: &Path, bytes: &[u8]) -> File {
    let mut file = File::options().append(true).create(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn what_was_not_synced_is_forgotten_also_a_truncation() {
    let folder = TempDir::new().unwrap();
    let (disk, path) = (Disk::watch(folder.path()), folder.path().join("a"));
    let mut file = write(&path, b"one");
    assert_eq!(left(&now(&disk), "a"), None, "not even the name");
    file.sync_data().unwrap();
    assert_eq!(left(&now(&disk), "a").unwrap(), b"one");
    file.write_all(b"two").unwrap();
    assert_eq!(left(&now(&disk), "a").unwrap(), b"one");
    file.sync_all().unwrap();
    file.set_len(0).unwrap();
    assert_eq!(left(&now(&disk), "a").unwrap(), b"onetwo");
    assert_eq!(disk.images().len(), 3, "one for each sync, and the beginning");
}

#[test]
fn a_name_moves_and_goes_with_the_sync_of_its_folder() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::watch(folder.path());
    let [fresh, path] = ["fresh", "file"].map(|name| folder.path().join(name));
    write(&path, b"old").sync_all().unwrap();
    write(&fresh, b"new").sync_all().unwrap();
    fs::rename(&fresh, &path).unwrap();
    assert_eq!(left(&now(&disk), "file").unwrap(), b"old");
    File::open(folder.path()).unwrap().sync_all().unwrap();
    assert_eq!(left(&now(&disk), "file").unwrap(), b"new");
    assert!(!now(&disk).has("fresh"));
    fs::remove_file(&path).unwrap();
    assert!(now(&disk).has("file"), "it comes back");
}
