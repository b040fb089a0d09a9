//! The register of keys is complete: every label in the sources stands in it, once.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use conclave_testkit::attacker::labels;

/// Every constant label of what is shipped, and where it stands.
fn in_sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for part in ["crates", "relay", "src-tauri"] {
        sources(&root.join(part), &mut files);
    }
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default().lines();
        let code = shipped.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let text = code.as_str();
        let mut keep = |label: &str| found.push((label.to_owned(), file.clone()));
        strings_after(text, "Label::new(\"").for_each(&mut keep);
        if let Some((_, table)) = text.split_once("\nlabels! {\n") {
            let table = table.split("\n}\n").next().unwrap_or_default();
            table.lines().filter_map(|line| line.split_once(" = \"")).for_each(|(_, rest)| keep(until_quote(rest)));
        }
        // Written out: a label with its prefix, and what is separated by MLS, HPKE or CPace.
        strings_after(text, "\"conclave.v1\\0").for_each(|label| keep(label.trim_end_matches("\\0")));
        for rest in [" ", "/"] {
            let start = format!("\"conclave.v1{rest}");
            strings_after(text, &start).for_each(|label| keep(&format!("conclave.v1{rest}{label}")));
        }
    }
    // The first bytes of a file are no label: nothing is hashed, derived or signed with them.
    found.retain(|(label, _)| !label.is_empty() && label != "conclave.v1 vault\\0");
    found
}

/// The sources of what is shipped.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["tests", "benches", "testkit", "fuzz", "xtask", "target"].contains(&name.as_str()) {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn strings_after<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).map(until_quote)
}

fn until_quote(text: &str) -> &str {
    text.split('"').next().unwrap_or_default()
}

#[test]
fn every_label_of_the_sources_is_registered_and_the_other_way_round() {
    let registered: BTreeSet<String> = labels::registered().iter().map(|label| label.text().to_owned()).collect();
    let used: BTreeSet<String> = in_sources().into_iter().map(|(label, _)| label).collect();
    assert!(used.len() > 40, "the sources were read: {used:?}");
    let missing: Vec<_> = used.difference(&registered).collect();
    assert!(missing.is_empty(), "not in KEYS.md: {missing:?}");
    let unused: Vec<_> = registered.difference(&used).collect();
    assert!(unused.is_empty(), "in KEYS.md, and nowhere in the sources: {unused:?}");
}

#[test]
fn no_label_is_used_for_two_purposes_in_any_crate() {
    let mut seen = BTreeSet::new();
    for (label, file) in in_sources() {
        assert!(seen.insert(label.clone()), "{label:?} stands a second time, in {}", file.display());
    }
    let registered = labels::registered();
    let distinct: BTreeSet<&str> = registered.iter().map(|label| label.text()).collect();
    assert_eq!(distinct.len(), registered.len(), "the register names each once: {registered:?}");
}
