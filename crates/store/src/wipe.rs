//! Erasing a data folder without opening it: the wrapped keys first, overwritten in their place, and then every file of ours.
//!
//! Neither step takes the folder's lock or a key, so both go on beside a database that is busy, a vault that is being opened, and
//! another process. A slot file of zeros is the record that the erasure began. It goes last, so that what a power cut or a refused
//! deletion leaves is known for what it is ([`Presence::Erased`](crate::Presence)), and the next call goes on.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    KeyringError, StoreError,
    folder::{self, INDEX, LOCK, LOST, LOST_BEFORE, ROOMS, SLOTS, file_names, handle_of},
    private_file::{check_regular, is_missing, sync_dir},
    slot::{Keyring, SlotFile},
};

/// What could not be erased.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Remnant {
    /// The wrapped keys, not even overwritten: whoever knows the passphrase opens what is left.
    Keys,
    /// The list of rooms.
    Index,
    /// Rooms, and what their relays kept.
    Rooms,
    /// Files that were set aside.
    SetAside,
    /// What the system's keyring keeps. It opens nothing any more.
    Keyring,
    /// A folder that the program has beside the vault.
    Program,
}

/// The names of what a keyring keeps for a vault.
#[derive(Clone, Debug, Default)]
pub struct KeyringEntries(Vec<String>);

impl KeyringEntries {
    /// Reads them from the slot file. None if that is damaged or erased.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let slots = SlotFile::read(&folder.join(SLOTS)).ok();
        Self(slots.map(|slots| slots.keyring_names()).unwrap_or_default())
    }

    /// Whether a keyring has nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Deletes them all.
    ///
    /// # Errors
    /// As [`Keyring::delete`], once each was tried.
    pub fn delete(&self, keyring: &dyn Keyring) -> Result<(), KeyringError> {
        self.0.iter().map(|name| keyring.delete(name)).fold(Ok(()), Result::and)
    }
}

/// Overwrites the wrapped keys in their place and presses that onto the disk: nothing in the folder opens afterwards, whatever the
/// passphrase. A folder without them has none to overwrite.
///
/// # Errors
/// What the disk says; the keys may still be there.
pub fn destroy_keys(folder: &Path) -> Result<(), StoreError> {
    let slots = folder.join(SLOTS);
    // The new one is what a crash left before it had the name.
    let fresh = overwrite(&slots.with_extension("new"), u64::MAX);
    overwrite(&slots, u64::MAX)?;
    Ok(fresh?)
}

/// Erases what a vault has in a folder, and whole folders beside it. Returns what is left; nothing, if the folder looks as before the
/// first run. Files of others stay.
///
/// Close what is open before: Windows deletes no open file.
#[must_use]
pub fn wipe(folder: &Path, beside: &[PathBuf]) -> Vec<Remnant> {
    // Held until the end by whoever gets it; a process that has it keeps nobody from erasing.
    let lock = folder.is_dir().then(|| folder::lock(folder).ok()).flatten();
    let mut left = Vec::new();
    let mut note = |what, done: io::Result<()>| left.extend(done.err().map(|_| what));
    // Again: whoever was making a vault meanwhile may have written them anew.
    let (keys, slots) = (destroy_keys(folder), folder.join(SLOTS));
    note(Remnant::Keys, remove(&slots.with_extension("new")));
    wipe_vault(folder, &mut note);
    for aside in set_asides(folder) {
        drop(destroy_keys(&aside));
        wipe_vault(&aside, &mut |_, done| note(Remnant::SetAside, done));
        note(Remnant::SetAside, remove(&aside.join(SLOTS)));
        note(Remnant::SetAside, remove_emptied(&aside));
    }
    for folder in beside {
        note(Remnant::Program, remove_all(folder));
    }
    if left.is_empty() || keys.is_err() {
        // What could not be overwritten is at least deleted.
        left.extend(remove(&slots).err().map(|_| Remnant::Keys));
        drop(sync_dir(folder));
        if left.is_empty() {
            drop(remove(&folder.join(LOCK)));
        }
    }
    drop(lock);
    left.sort_unstable();
    left.dedup();
    left
}

/// Erases all of a vault but its slot file.
fn wipe_vault(folder: &Path, note: &mut dyn FnMut(Remnant, io::Result<()>)) {
    let of_index = |name: &str| name.starts_with(INDEX);
    let of_rooms = |name: &str| handle_of(name).is_some();
    note(Remnant::Index, wipe_files(folder, of_index));
    note(Remnant::Rooms, wipe_files(&folder.join(ROOMS), of_rooms).and_then(|()| remove_emptied(&folder.join(ROOMS))));
    for name in [LOST, LOST_BEFORE] {
        let lost = folder.join(name);
        note(Remnant::SetAside, wipe_files(&lost, |name| of_index(name) || of_rooms(name)));
        // At the root of a disk a folder of the earlier name is the system's.
        note(Remnant::SetAside, if name == LOST { remove_emptied(&lost) } else { Ok(()) });
    }
}

/// Overwrites and deletes the files of a folder that have such names. Each is tried.
fn wipe_files(folder: &Path, is_ours: impl Fn(&str) -> bool) -> io::Result<()> {
    let names = match file_names(folder) {
        Ok(names) => names,
        Err(StoreError::Io(error)) if is_missing(&error) => return Ok(()),
        Err(StoreError::Io(error)) => return Err(error),
        Err(_) => return Err(io::ErrorKind::Other.into()),
    };
    let mut outcome = Ok(());
    for name in names.into_iter().filter(|name| is_ours(name)) {
        let path = folder.join(name);
        // Keyless by now, and deleted whether or not this works.
        drop(overwrite(&path, OVERWRITTEN));
        outcome = outcome.and(remove(&path));
    }
    if folder.is_dir() {
        drop(sync_dir(folder));
    }
    outcome
}

/// Zeros over the beginning of a file, in its place. One that is missing is no error.
fn overwrite(path: &Path, most: u64) -> io::Result<()> {
    check_regular(path)?;
    let mut file = match File::options().write(true).open(path) {
        Ok(file) => file,
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    let len = file.metadata()?.len().min(most);
    io::copy(&mut io::Read::take(io::repeat(0), len), &mut file)?;
    file.flush()?;
    file.sync_data()
}

/// Deletes a file; one that is missing is no error.
fn remove(path: &Path) -> io::Result<()> {
    forgive_missing(fs::remove_file(path))
}

/// Deletes a folder of ours, or the link to one, if nothing of others is in it.
fn remove_emptied(folder: &Path) -> io::Result<()> {
    let is_link = fs::symlink_metadata(folder).is_ok_and(|found| found.is_symlink());
    let removed = if is_link { fs::remove_file(folder) } else { fs::remove_dir(folder) };
    match forgive_missing(removed) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        done => done,
    }
}

fn remove_all(folder: &Path) -> io::Result<()> {
    forgive_missing(fs::remove_dir_all(folder))
}

fn forgive_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if is_missing(&error) => Ok(()),
        done => done,
    }
}

/// The folders that [`crate::set_aside`] has made.
fn set_asides(folder: &Path) -> Vec<PathBuf> {
    let names = file_names(folder).unwrap_or_default().into_iter();
    let is_one = |name: &String| name.strip_prefix(folder::ASIDE).is_some_and(|number| number.parse::<u32>().is_ok());
    names.filter(is_one).map(|name| folder.join(name)).filter(|aside| aside.is_dir()).collect()
}

/// Of each database this much is overwritten before it is deleted; nobody has its key any more.
const OVERWRITTEN: u64 = 1 << 20;
