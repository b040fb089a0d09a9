//! What the engine brings along when it is built for somebody who has no network, or another one: read from cargo's tree of that
//! one package, because the features of a whole workspace are united.

use anyhow::Result;

use super::{Rule, Violation};
use crate::{command::deps::Members, process};

const ALONE: &[&str] =
    &["tree", "--package", "conclave-engine", "--no-default-features", "--edges", "normal", "--prefix", "none"];

const RULE: Rule = Rule {
    name: "engine-can-do-without-a-network",
    why: "without its features `host` and `net` the engine brings no socket, so that a test, Tor or a browser can bring the frames",
    members: Members::These(&["conclave-engine"]),
    forbidden: &[&[
        "conclave-relay",
        "if-addrs",
        "mio",
        "rcgen",
        "rustls*",
        "socket2",
        "tokio-rustls",
        "tokio-tungstenite",
        "tungstenite",
    ]],
};

/// # Errors
///
/// When cargo fails.
pub(super) fn violations() -> Result<Vec<Violation>> {
    Ok(of_tree(&process::output(&mut process::cargo(ALONE)?)?))
}

/// Of a tree with a package a line: its name, its version, and more.
fn of_tree(tree: &str) -> Vec<Violation> {
    let mut found: Vec<_> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    found.sort_unstable();
    found.dedup();
    // A tree that cargo prints in another form would have no forbidden line either.
    if !found.contains(&"conclave-engine") {
        return vec![RULE.broken("cargo prints no tree that begins with conclave-engine".to_owned())];
    }
    found.retain(|name| RULE.forbids(name));
    found.iter().map(|name| RULE.broken(format!("conclave-engine without features -> {name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: &str = "conclave-engine v0.1.0 (/conclave/crates/engine)\ntokio v1.54.1\ntokio-util v0.7.20 (*)\n";

    #[test]
    fn an_engine_without_a_network_breaks_no_rule() {
        assert_eq!(of_tree(CLEAN), []);
    }

    #[test]
    fn a_socket_that_comes_along_is_named() {
        let found = of_tree(&format!("{CLEAN}mio v1.2.4\nmio v1.2.4 (*)\nrustls-webpki v0.103.16\n"));
        let found: Vec<_> = found.iter().map(|violation| violation.found.rsplit(' ').next()).collect();
        assert_eq!(found, [Some("mio"), Some("rustls-webpki")]);
    }

    #[test]
    fn a_tree_that_is_none_holds_nothing() {
        assert_eq!(of_tree("").len(), 1);
    }
}
