//! Repeated measurements of one thing, and how they spread.

use std::path::Path;

/// Milliseconds.
#[derive(Debug, Default)]
pub(super) struct Samples(Vec<f64>);

impl Samples {
    pub(super) fn add(&mut self, milliseconds: f64) {
        self.0.push(milliseconds);
        self.0.sort_by(f64::total_cmp);
    }

    pub(super) fn median(&self) -> f64 {
        self.at(50)
    }

    /// A line like those of the other benchmarks.
    pub(super) fn print(&self, what: &str) {
        eprintln!(
            "{what:<52} p50 {:>6.1} ms  p25 {:>6.1}  p75 {:>6.1}  min {:>6.1}  max {:>6.1}  ({} samples)",
            self.median(),
            self.at(25),
            self.at(75),
            self.at(0),
            self.at(100),
            self.0.len()
        );
    }

    fn at(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let index = last.saturating_mul(percent).checked_div(100).unwrap_or_default();
        self.0.get(index).copied().unwrap_or(f64::NAN)
    }
}

/// What a line of the report begins with: what is measured, and of which program.
pub(super) fn label(what: &str, program: &Path) -> String {
    format!("{what}{}", program.file_name().unwrap_or_default().display())
}
