//! The labels that the project says it uses.

use conclave_seal::label::Label;

/// Every label in the register of keys, in its order: first those of hashes, keys and contexts, then those inside MLS.
#[must_use]
pub fn registered() -> Vec<Label> {
    let (_, section) = KEYS.split_once("\n## Labels\n").unwrap();
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let (rows, prose): (Vec<&str>, Vec<&str>) = section.lines().partition(|line| line.starts_with('|'));
    // A row's second column says where a label is used and names types; only the first holds labels.
    let columns = rows.into_iter().filter_map(|row| row.split('|').nth(1));
    let inside_mls = prose.into_iter().filter(|line| !line.starts_with("Every "));
    columns.chain(inside_mls).flat_map(quoted).map(Label::new).collect()
}

fn quoted(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

const KEYS: &str = include_str!("../../../crypto/KEYS.md");
