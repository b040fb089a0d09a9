//! The memory of this process.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
};

use super::{Search, Trace};

/// Which of these are in memory that this process can write, and where: heaps, stacks, what libraries keep.
///
/// # Panics
/// If the system does not show the memory.
#[must_use]
pub fn in_memory(traces: &[Trace]) -> Vec<(usize, String)> {
    let search = Search::new(traces);
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
                found.extend(search.find(bytes).into_iter().map(|(number, _)| (number, line.to_owned())));
                // Something may lie across the end of a piece.
                at = if end == to { to } else { end - LONGEST };
            }
        }
    }
    piece.fill(0);
    found
}

const PIECE: usize = 1 << 20;
/// Longer traces may be missed where two pieces meet.
const LONGEST: usize = 4096;
