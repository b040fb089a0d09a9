//! Power supplies of computers: one that fails takes with it what was not synced.

use std::{fs, path::Path};

#[cfg(target_os = "linux")]
use conclave_powercut::Disk;

/// Where a computer has its power from.
#[derive(Debug, Default)]
pub(crate) struct PowerSupply {
    /// What is observed of the disk, if the power fails.
    #[cfg(target_os = "linux")]
    disk: Option<Disk>,
}

impl PowerSupply {
    /// The supply of the computer that has its data in this folder. One that fails is available on Linux only;
    /// elsewhere none does.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "nothing observes the disk there"))]
    pub(crate) fn new(folder: &Path, fails: bool) -> Self {
        #[cfg(target_os = "linux")]
        if fails {
            fs::create_dir_all(folder).unwrap();
            return Self { disk: Some(Disk::watch_newest(folder)) };
        }
        Self::default()
    }

    /// Whether it fails.
    pub(crate) const fn fails(&self) -> bool {
        #[cfg(target_os = "linux")]
        return self.disk.is_some();
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// Cuts the power, if it fails: `to` gets what the disk has. `false` if it does not fail.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "nothing observes the disk there"))]
    pub(crate) fn cut(&mut self, to: &Path) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(disk) = self.disk.take() {
            fs::create_dir_all(to).unwrap();
            disk.image().restore(to);
            self.disk = Some(Disk::watch_newest(to));
            return true;
        }
        false
    }
}
