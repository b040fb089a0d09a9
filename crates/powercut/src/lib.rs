//! A power cut for tests: what a disk still has if everything that was not synced is lost.
//!
//! This crate defines `fsync` and `fdatasync`, so in a program that links it both SQLite and the standard library call these
//! instead of the C library's. At each call the file's bytes are copied: that is what a cut finds from then on. A SQLite VFS
//! would miss what goes around SQLite, which is the slot file of the vault and the overwriting of write-ahead logs.
//!
//! What a name leads to changes with the sync of its folder; a new file gets its name with its own first sync, as journalling
//! file systems promise. Linux only, for the names come from `/proc`.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    ffi::c_int,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// A folder whose syncs are observed until this is dropped.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

/// What a power cut finds.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Which inode a name leads to.
    names: BTreeMap<PathBuf, u64>,
    bytes: BTreeMap<u64, Arc<Vec<u8>>>,
    /// What [`Disk::acknowledge`] was told at the latest before the next sync.
    pub acknowledged: u64,
}

#[derive(Debug, Default)]
struct Seen {
    now: Image,
    /// None where only the newest is of interest.
    before: Option<Vec<Image>>,
}

static WATCHED: Mutex<Vec<(PathBuf, Arc<Mutex<Seen>>)>> = Mutex::new(Vec::new());

impl Disk {
    /// Observes an existing, empty folder.
    #[must_use]
    pub fn watch(folder: &Path) -> Self {
        Self::observe(folder, Seen { before: Some(Vec::new()), ..Seen::default() })
    }

    /// Observes a folder whose files are all on the disk, and remembers no more than what a cut finds now.
    #[must_use]
    pub fn watch_newest(folder: &Path) -> Self {
        let (root, mut seen) = (folder.canonicalize().unwrap(), Seen::default());
        seen.read(&root, &root);
        Self::observe(&root, seen)
    }

    fn observe(folder: &Path, seen: Seen) -> Self {
        let folder = folder.canonicalize().unwrap();
        let seen = Arc::new(Mutex::new(seen));
        WATCHED.lock().unwrap().push((folder.clone(), Arc::clone(&seen)));
        Self { folder, seen }
    }

    /// From here on, so much must survive every cut.
    pub fn acknowledge(&self, count: u64) {
        self.seen.lock().unwrap().now.acknowledged = count;
    }

    /// What a cut finds now.
    #[must_use]
    pub fn image(&self) -> Image {
        self.seen.lock().unwrap().now.clone()
    }

    /// What a cut finds, for every moment that differs: before the first sync, and after each.
    #[must_use]
    pub fn images(&self) -> Vec<Image> {
        let seen = self.seen.lock().unwrap();
        seen.before.iter().flatten().chain([&seen.now]).cloned().collect()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        WATCHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|(folder, _)| *folder != self.folder);
    }
}

impl Image {
    /// Writes what is left into an empty folder.
    pub fn restore(&self, folder: &Path) {
        for (name, inode) in &self.names {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            // A file that was named and never synced is empty.
            fs::write(path, self.bytes.get(inode).map_or(&[][..], |bytes| bytes)).unwrap();
        }
    }

    /// Whether a name leads anywhere.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(Path::new(name))
    }
}

impl Seen {
    fn read(&mut self, root: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                self.read(root, &entry.path());
            } else {
                self.synced(root, &entry.path());
            }
        }
    }

    fn synced(&mut self, root: &Path, path: &Path) {
        if let Some(before) = self.before.as_mut() {
            before.push(self.now.clone());
        }
        let name = path.strip_prefix(root).unwrap().to_path_buf();
        if path.is_dir() {
            self.now.names.retain(|known, _| known.parent() != Some(&name));
            for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    self.now.names.insert(name.join(entry.file_name()), entry.metadata().unwrap().ino());
                }
            }
            return;
        }
        // A file that is open and has no name any more comes back under none.
        let Ok(metadata) = fs::metadata(path) else { return };
        self.now.bytes.insert(metadata.ino(), Arc::new(fs::read(path).unwrap()));
        let is_new = !self.now.names.values().any(|inode| *inode == metadata.ino());
        if is_new {
            self.now.names.insert(name, metadata.ino());
        }
    }
}

fn synced(descriptor: c_int) -> c_int {
    if let Ok(path) = fs::read_link(format!("/proc/self/fd/{descriptor}")) {
        let watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        for (root, seen) in watched.iter().filter(|(root, _)| path.starts_with(root)) {
            seen.lock().unwrap_or_else(PoisonError::into_inner).synced(root, &path);
        }
    }
    // Nothing is pressed onto the disk: no test outlives a real power cut.
    0
}

#[expect(unsafe_code, reason = "the C library's name is taken on purpose; the signature is the same")]
#[unsafe(no_mangle)]
extern "C" fn fsync(descriptor: c_int) -> c_int {
    synced(descriptor)
}

#[expect(unsafe_code, reason = "as `fsync`")]
#[unsafe(no_mangle)]
extern "C" fn fdatasync(descriptor: c_int) -> c_int {
    synced(descriptor)
}
