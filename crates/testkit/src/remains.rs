//! What is left of a text or a key: in every byte of every file of a folder, and in this process's own memory.

#![expect(clippy::indexing_slicing, reason = "a trace is never empty, and a piece is as long as what is read into it")]

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

/// Bytes to look for. They are kept masked, so that looking for them finds no copy that looks.
#[derive(Clone, Debug)]
pub struct Trace(Vec<u8>);

impl Trace {
    /// Of something that is to vanish, 8 bytes at least: shorter ones are in memory by chance.
    ///
    /// # Panics
    /// If it is shorter.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        assert!(bytes.len() >= 8, "{} bytes are anywhere", bytes.len());
        Self(bytes.iter().map(|byte| byte ^ MASK).collect())
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let first = self.0[0] ^ MASK;
        let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(at, _)| at);
        let mut rests = starts.filter_map(|at| bytes.get(at..at + self.0.len()));
        rests.any(|found| found.iter().zip(&self.0).all(|(byte, masked)| byte ^ MASK == *masked))
    }
}

/// Which of these are in files of a folder, and in which.
///
/// # Panics
/// If the folder cannot be read.
#[must_use]
pub fn in_files(folder: &Path, traces: &[Trace]) -> Vec<(usize, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(in_files(&entry.path(), traces));
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        let here = traces.iter().enumerate().filter(|(_, trace)| trace.is_in(&bytes));
        found.extend(here.map(|(number, _)| (number, entry.path())));
    }
    found
}

/// Which of these are in memory that this process can write, and where: heaps, stacks, what libraries keep.
///
/// # Panics
/// If the system does not show the memory.
#[cfg(target_os = "linux")]
#[must_use]
pub fn in_memory(traces: &[Trace]) -> Vec<(usize, String)> {
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut piece = vec![0; PIECE];
    // What was read for looking is no remnant.
    let own = piece.as_ptr().addr()..piece.as_ptr().addr() + piece.len();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut found = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| usize::from_str_radix(address, 16).unwrap());
        for (mut at, to) in [(from, to.min(own.start)), (from.max(own.end), to)] {
            while at < to {
                let end = to.min(at + PIECE);
                let bytes = &mut piece[..end - at];
                let place = SeekFrom::Start(at.try_into().unwrap());
                if memory.seek(place).and_then(|_| memory.read_exact(bytes)).is_err() {
                    break; // what the kernel keeps for itself
                }
                let here = traces.iter().enumerate().filter(|(_, trace)| trace.is_in(bytes));
                found.extend(here.map(|(number, _)| (number, line.to_owned())));
                // Something may lie across the end of a piece.
                at = if end == to { to } else { end - LONGEST };
            }
        }
    }
    piece.fill(0);
    found
}

const MASK: u8 = 0xa5;
#[cfg(target_os = "linux")]
const PIECE: usize = 1 << 20;
/// Longer traces may be missed where two pieces meet.
#[cfg(target_os = "linux")]
const LONGEST: usize = 4096;
