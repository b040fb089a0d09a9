//! Folders of computers: copied whole, and the files in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Copies a folder as it is.
///
/// # Errors
/// What the disk says.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    if !from.try_exists()? {
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// The files in a folder and below it that hold something, but for write-ahead logs.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let is_beside = entry.file_name().to_string_lossy().ends_with("-wal");
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else if !is_beside && entry.metadata().unwrap().len() > 0 {
            found.push(entry.path());
        }
    }
    // A folder has no order of its own, and a seed tells one story.
    found.sort();
    found
}
