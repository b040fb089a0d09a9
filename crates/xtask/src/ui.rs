//! The UI's packages: fetched by npm as its lock file says, the few that ship copied into `ui/src/vendor`.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

use crate::process;

/// Brings `ui/node_modules` and `ui/src/vendor` up to date. The desktop app embeds `ui/src`, so this comes before its build.
///
/// # Errors
///
/// When npm fails, or when a file is not the one that `ui/vendor.lock.json` records.
pub(crate) fn vendor() -> Result<()> {
    let ui = process::root()?.join("ui");
    let packages = ["package.json", "package-lock.json"].map(|file| ui.join(file));
    let installed = ui.join("node_modules/.installed-for");
    if is_stale(&installed, &packages)? {
        process::run(&mut process::npm(&["ci", "--no-audit", "--no-fund"])?)?;
        record(&installed, &packages)?;
    }

    let inputs = ["package-lock.json", "vendor.lock.json", "tools/vendor.mjs"].map(|file| ui.join(file));
    let vendored = ui.join("node_modules/.vendored-for");
    // Copying again would touch every file and so make cargo build the shell again.
    if !ui.join("src/vendor").is_dir() || is_stale(&vendored, &inputs)? {
        process::run(Command::new("node").arg("tools/vendor.mjs").current_dir(&ui))?;
        record(&vendored, &inputs)?;
    }
    Ok(())
}

/// Whether the inputs differ from those that the stamp records.
fn is_stale(stamp: &Path, inputs: &[impl AsRef<Path>]) -> Result<bool> {
    if !stamp.is_file() {
        return Ok(true);
    }
    let recorded = fs::read(stamp).with_context(|| format!("cannot read {}", stamp.display()))?;
    Ok(recorded != contents(inputs)?)
}

fn record(stamp: &Path, inputs: &[impl AsRef<Path>]) -> Result<()> {
    fs::write(stamp, contents(inputs)?).with_context(|| format!("cannot write {}", stamp.display()))
}

fn contents(inputs: &[impl AsRef<Path>]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for input in inputs {
        let input = input.as_ref();
        all.extend(fs::read(input).with_context(|| format!("cannot read {}", input.display()))?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn a_changed_lock_file_asks_for_a_new_installation() {
        let folder = env::temp_dir().join(format!("conclave-xtask-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (lock, stamp) = (folder.join("package-lock.json"), folder.join("stamp"));

        fs::write(&lock, "version 1").unwrap();
        assert!(is_stale(&stamp, &[&lock]).unwrap(), "nothing was installed yet");
        record(&stamp, &[&lock]).unwrap();
        assert!(!is_stale(&stamp, &[&lock]).unwrap(), "the same lock file");
        fs::write(&lock, "version 2").unwrap();
        assert!(is_stale(&stamp, &[&lock]).unwrap(), "another lock file");

        fs::remove_dir_all(&folder).unwrap();
    }
}
