//! What everybody reads of everybody where people stood on different branches.

use std::collections::{BTreeMap, BTreeSet};

use super::Line;

/// Everybody reads each sender's texts once and in the order of writing: all of them from the own join on, unless the
/// sender was told that some could not be published again. Who was told so and speaks from a second leaf is to those
/// who came meanwhile somebody else there, so nothing tells the order of the two. Between senders the order is that of
/// the branch on which somebody stood. Whoever is gone can publish nothing again; of them only the order counts.
pub(super) fn same_words(
    timelines: &[(String, Vec<Line>)],
    said: &BTreeSet<String>,
    of_several_leaves: &BTreeSet<String>,
) -> Result<(), String> {
    let senders: BTreeSet<&str> =
        timelines.iter().flat_map(|(_, lines)| lines).map(|(nick, _)| nick.as_str()).collect();
    for sender in senders {
        let read: BTreeMap<&str, Vec<&str>> =
            timelines.iter().map(|(name, lines)| (name.as_str(), by(lines, sender))).collect();
        for (name, texts) in &read {
            let distinct: BTreeSet<_> = texts.iter().collect();
            if distinct.len() != texts.len() {
                return Err(format!("{name} reads something of {sender} twice: {texts:?}"));
            }
            for (other, others) in &read {
                let common = |some: &[&str], with: &[&str]| -> Vec<String> {
                    some.iter().filter(|text| with.contains(text)).map(|text| (*text).to_owned()).collect()
                };
                let is_ordered = !said.contains(sender) || !of_several_leaves.contains(sender);
                if is_ordered && common(texts, others) != common(others, texts) {
                    return Err(format!(
                        "{name} and {other} read {sender} in another order:\n  {texts:?}\n  {others:?}"
                    ));
                }
            }
        }
        let Some(own) = read.get(sender).filter(|_| !said.contains(sender)) else { continue };
        if let Some((name, texts)) = read.iter().find(|(_, texts)| !own.ends_with(texts)) {
            return Err(format!("{name} does not read all of {sender}:\n  {own:?}\n  {texts:?}"));
        }
    }
    Ok(())
}

fn by<'a>(lines: &'a [Line], sender: &str) -> Vec<&'a str> {
    lines.iter().filter(|(nick, _)| nick == sender).map(|(_, text)| text.as_str()).collect()
}
