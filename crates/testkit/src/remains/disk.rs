//! The disk, as whoever takes it reads it who has found, or guessed, every key that was ever drawn.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use conclave_pages::Pages;
use conclave_seal::{expand::expand, label::Label};
use zeroize::Zeroizing;

use super::{Search, Trace};

/// Every byte of every file of some folders, and beside it the pages of every database and the frames of every write-ahead log,
/// decrypted.
#[derive(Debug)]
pub struct Disk(Vec<Region>);

/// What can be looked through at once.
#[derive(Debug)]
struct Region {
    file: PathBuf,
    bytes: Vec<u8>,
}

impl Disk {
    /// Reads folders, with all keys that there ever were.
    ///
    /// # Panics
    /// If a folder cannot be read, or a database opens with none of the keys: it would be looked through in vain.
    #[must_use]
    pub fn read(folders: &[PathBuf], keys: &[Trace]) -> Self {
        let mut files = Vec::new();
        folders.iter().for_each(|folder| all_files(folder, &mut files));
        let keys = file_keys(keys);
        let mut regions = Vec::new();
        for file in files {
            let bytes = fs::read(&file).unwrap();
            if file.extension().is_some_and(|extension| extension == "db") {
                let log = fs::read(file.with_extension("db-wal")).unwrap_or_default();
                let pages = keys.iter().find_map(|key| Pages::decrypt(key, &bytes, &log));
                let Pages { file: pages, log } = pages.unwrap_or_else(|| panic!("no key opens {}", file.display()));
                regions.extend(pages.into_iter().chain(log).map(|bytes| Region { file: file.clone(), bytes }));
            }
            regions.push(Region { file, bytes });
        }
        Self(regions)
    }

    /// Reads folders as they are, without any key.
    ///
    /// # Panics
    /// If a folder cannot be read.
    #[must_use]
    pub fn sealed(folder: &Path) -> Self {
        let mut files = Vec::new();
        all_files(folder, &mut files);
        Self(files.into_iter().map(|file| Region { bytes: fs::read(&file).unwrap(), file }).collect())
    }

    /// The first bytes of every file that has so many: its salt, or the wrapped key.
    #[must_use]
    pub fn heads(&self) -> Vec<Trace> {
        self.0.iter().filter_map(|region| region.bytes.get(..PIECE)).map(Trace::of).collect()
    }

    /// Which of these are on it, each once, and in which file.
    #[must_use]
    pub fn find(&self, traces: &[Trace]) -> BTreeSet<(usize, PathBuf)> {
        let search = Search::new(traces);
        let found = |region: &Region| {
            let numbers = search.find(&region.bytes).into_iter().map(|(number, _)| number);
            numbers.map(|number| (number, region.file.clone())).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(found).collect()
    }

    /// Those that are on it.
    #[must_use]
    pub fn held(&self, traces: &[Trace]) -> Vec<Trace> {
        let numbers: BTreeSet<usize> = self.find(traces).into_iter().map(|(number, _)| number).collect();
        numbers.into_iter().map(|number| traces[number].clone()).collect()
    }

    /// Pieces of what stands behind these salts, as far as it is on the same page: what was sealed with them.
    #[must_use]
    pub fn sealed_with(&self, salts: &[Trace]) -> Vec<Trace> {
        let search = Search::new(salts);
        let mut pieces = Vec::new();
        for Region { bytes, .. } in &self.0 {
            for (number, place) in search.find(bytes) {
                let sealed = bytes[place + salts[number].0.len()..].chunks_exact(PIECE).take(PIECES);
                pieces.extend(sealed.filter(|piece| piece.iter().any(|byte| *byte != 0)).map(Trace::of));
            }
        }
        pieces
    }
}

fn all_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            all_files(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

/// What may be the key of a file: a room's is drawn, those of a vault's index and of a relay's file are expanded from what was.
fn file_keys(drawn: &[Trace]) -> Vec<Zeroizing<[u8; 32]>> {
    let keys: Vec<_> = drawn.iter().filter_map(Trace::key).collect();
    let expanded = |label| keys.iter().map(move |key| expand::<32>(key.as_slice(), label, &[])).collect::<Vec<_>>();
    let (index, relay) = (expanded(Label::new("store-index")), expanded(Label::new("relay-file")));
    keys.into_iter().chain(index).chain(relay).collect()
}

const PIECE: usize = 64;
const PIECES: usize = 8;
