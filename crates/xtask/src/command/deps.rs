//! `cargo xtask deps`: the dependency rules, between crates and between the files of each. They are what makes "the relay cannot read"
//! a fact of the graph.

use std::fmt;

use anyhow::{Result, bail};

use crate::{metadata::Metadata, process};

mod features;
mod modules;

/// # Errors
///
/// When a rule is broken; every broken rule is printed with the chain of crates that breaks it.
pub(crate) fn run() -> Result<()> {
    let mut violations = violations(&Metadata::read()?);
    violations.extend(features::violations()?);
    violations.extend(modules::violations(&process::root()?)?);
    for violation in &violations {
        eprintln!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} dependency rules are broken; docs/architecture.md says why they exist", violations.len());
    }
    eprintln!("All dependency rules hold.");
    Ok(())
}

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    rule: &'static str,
    why: &'static str,
    /// The chain of arrows, or the crate and its feature.
    found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule, self.found, self.why)
    }
}

/// Who must not reach whom. A pattern that ends in `*` matches every name that begins so.
struct Rule {
    name: &'static str,
    why: &'static str,
    members: Members,
    forbidden: &'static [&'static [&'static str]],
}

enum Members {
    These(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// The desktop package, whose sources are `src-tauri/`.
const SHELL: &str = "conclave";
/// What `cargo xtask bench` compares the shell with.
const FLOOR: &str = "conclave-smallest-window";

const RUNTIMES: &[&str] = &["async-executor", "async-io", "async-std", "futures-executor", "mio", "smol", "tokio*"];
const RANDOMNESS: &[&str] = &["fastrand", "getrandom", "oorandom", "rand", "rand_*"];
const CLOCKS: &[&str] = &["chrono", "coarsetime", "jiff", "quanta", "time", "web-time"];
const WINDOWS: &[&str] = &["gdk*", "gtk*", "javascriptcore*", "tao", "tauri*", "webkit2gtk*", "webview2*", "wry"];
const OPENMLS: &[&str] = &["openmls*"];

const RULES: &[Rule] = &[
    Rule {
        name: "proto-is-only-bytes",
        why: "the wire format has no runtime, no randomness, no clock and no cryptography, so that it can be tested alone",
        members: Members::These(&["conclave-proto"]),
        forbidden: &[RUNTIMES, RANDOMNESS, CLOCKS, OPENMLS, &["conclave-*"]],
    },
    Rule {
        name: "seal-knows-no-room",
        why: "client and relay share it: no group, no code and no room key may come along",
        members: Members::These(&["conclave-seal"]),
        forbidden: &[RUNTIMES, CLOCKS, OPENMLS, &["conclave-*"]],
    },
    Rule {
        name: "relay-cannot-read",
        why: "a relay that links no room keys cannot use them",
        members: Members::These(&["conclave-relay"]),
        forbidden: &[OPENMLS, &["conclave-call", "conclave-crypto", "conclave-engine", "conclave-store"]],
    },
    Rule {
        name: "crypto-has-no-runtime",
        why: "cryptography is functions over values; whoever calls decides when and where",
        members: Members::These(&["conclave-crypto"]),
        forbidden: &[RUNTIMES, &["conclave-call", "conclave-engine", "conclave-relay", "conclave-store"]],
    },
    Rule {
        name: "store-stands-below-engine",
        why: "what is kept does not decide what happens",
        members: Members::These(&["conclave-store"]),
        forbidden: &[&["conclave-call", "conclave-engine", "conclave-relay"]],
    },
    Rule {
        name: "no-window-below-the-shell",
        why: "engine, relay and their tests build on a machine without a desktop",
        members: Members::AllBut(&[SHELL, FLOOR]),
        forbidden: &[WINDOWS],
    },
    Rule {
        name: "test-tools-stay-home",
        why: "what is handed out contains no simulator, no fuzzer and no project command",
        members: Members::These(&[SHELL, "conclave-cli", "conclave-relay"]),
        forbidden: &[&["conclave-fuzz", FLOOR, "conclave-pages", "conclave-powercut", "conclave-testkit", "xtask"]],
    },
];

/// OpenMLS features that print or weaken secrets, and drafts other than the suites that the protocol names (4.5).
const OPENMLS_FEATURES: &str = "no-openmls-debug";
const ALLOWED_DRAFT: &str = "draft-ietf-mls-pq-ciphersuites";

fn violations(metadata: &Metadata) -> Vec<Violation> {
    let members = metadata.members();
    let mut found = Vec::new();
    for rule in RULES {
        let (subjects, absent): (Vec<&str>, Vec<&str>) = match rule.members {
            Members::These(names) => names.iter().copied().partition(|name| members.contains(name)),
            Members::AllBut(names) => {
                (members.iter().copied().filter(|name| !names.contains(name)).collect(), Vec::new())
            }
        };
        // A rule about a crate that was renamed would hold for ever without saying anything.
        found.extend(absent.iter().map(|name| rule.broken(format!("{name} is no package of this workspace"))));
        for subject in subjects {
            let chains = metadata.chains(subject, |name| rule.forbids(name));
            found.extend(chains.iter().map(|chain| rule.broken(chain.join(" -> "))));
        }
    }
    for (package, features) in metadata.features(|name| name.starts_with("openmls")) {
        let forbidden = features.iter().filter(|feature| {
            let draft = feature.contains("draft") && *feature != ALLOWED_DRAFT;
            draft || ["content-debug", "crypto-debug", "test-utils"].contains(&feature.as_str())
        });
        found.extend(forbidden.map(|feature| Violation {
            rule: OPENMLS_FEATURES,
            why: "it would print secrets, weaken checks, or speak a draft that the protocol does not name",
            found: format!("{package} with {feature}"),
        }));
    }
    found
}

impl Rule {
    fn forbids(&self, name: &str) -> bool {
        self.forbidden.iter().copied().flatten().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == *pattern,
        })
    }

    fn broken(&self, found: String) -> Violation {
        Violation { rule: self.name, why: self.why, found }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The graph of this repository, cut down to the crates that the rules talk about.
    const CLEAN: &str = include_str!("../../tests/metadata/clean.json");

    #[test]
    fn the_recorded_graph_breaks_no_rule() {
        assert_eq!(check(&recorded()), []);
    }

    #[test]
    fn every_forbidden_arrow_is_named() {
        for (rule, from, to) in FORBIDDEN.iter().flat_map(Arrows::each) {
            let mut graph = recorded();
            add_arrow(&mut graph, from, to, None);
            let found = check(&graph);
            let expected = format!("{from} -> {to}");
            assert!(
                found.iter().any(|violation| violation.rule == rule && violation.found == expected),
                "{rule} should name {expected}, found {found:?}"
            );
        }
    }

    /// No crate of `from` may reach any of `to`.
    struct Arrows {
        rule: &'static str,
        from: &'static [&'static str],
        to: &'static [&'static [&'static str]],
    }

    impl Arrows {
        fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
            let to = || self.to.iter().copied().flatten();
            self.from.iter().flat_map(move |from| to().map(|to| (self.rule, *from, *to)))
        }
    }

    // Names, and not the patterns of the rules: a pattern that was lost or no longer matches is noticed.
    const A_RUNTIME: &[&str] =
        &["async-executor", "async-io", "async-std", "futures-executor", "mio", "smol", "tokio", "tokio-util"];
    const SOME_RANDOMNESS: &[&str] = &["fastrand", "getrandom", "oorandom", "rand", "rand_core"];
    const A_CLOCK: &[&str] = &["chrono", "coarsetime", "jiff", "quanta", "time", "web-time"];
    const A_GROUP: &[&str] = &["openmls", "openmls_traits"];
    const A_WINDOW: &[&str] = &[
        "gdk-sys",
        "gtk",
        "gtk-sys",
        "javascriptcore-rs",
        "tao",
        "tauri",
        "tauri-runtime",
        "webkit2gtk",
        "webview2-com",
        "wry",
    ];
    const ABOVE_THE_STORE: &[&str] = &["conclave-call", "conclave-engine", "conclave-relay"];

    const FORBIDDEN: &[Arrows] = &[
        Arrows {
            rule: "proto-is-only-bytes",
            from: &["conclave-proto"],
            to: &[
                A_RUNTIME,
                SOME_RANDOMNESS,
                A_CLOCK,
                A_GROUP,
                ABOVE_THE_STORE,
                &["conclave-crypto", "conclave-seal", "conclave-store"],
            ],
        },
        Arrows {
            rule: "seal-knows-no-room",
            from: &["conclave-seal"],
            to: &[
                A_RUNTIME,
                A_CLOCK,
                A_GROUP,
                ABOVE_THE_STORE,
                &["conclave-crypto", "conclave-proto", "conclave-store"],
            ],
        },
        Arrows {
            rule: "relay-cannot-read",
            from: &["conclave-relay"],
            to: &[A_GROUP, &["conclave-call", "conclave-crypto", "conclave-engine", "conclave-store"]],
        },
        Arrows {
            rule: "crypto-has-no-runtime",
            from: &["conclave-crypto"],
            to: &[A_RUNTIME, ABOVE_THE_STORE, &["conclave-store"]],
        },
        Arrows { rule: "store-stands-below-engine", from: &["conclave-store"], to: &[ABOVE_THE_STORE] },
        Arrows {
            rule: "no-window-below-the-shell",
            from: &[
                "conclave-cli",
                "conclave-crypto",
                "conclave-engine",
                "conclave-fuzz",
                "conclave-proto",
                "conclave-relay",
                "conclave-seal",
                "conclave-store",
                "conclave-testkit",
                "xtask",
            ],
            to: &[A_WINDOW],
        },
        Arrows {
            rule: "test-tools-stay-home",
            from: &["conclave", "conclave-cli", "conclave-relay"],
            to: &[&["conclave-fuzz", "conclave-smallest-window", "conclave-testkit", "xtask"]],
        },
    ];

    #[test]
    fn an_arrow_through_another_crate_is_found_with_its_whole_path() {
        let mut graph = recorded();
        add_arrow(&mut graph, "rusqlite", "openmls", None);
        let found: Vec<_> =
            check(&graph).into_iter().filter(|violation| violation.rule == "relay-cannot-read").collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].found, "conclave-relay -> rusqlite -> openmls");
    }

    #[test]
    fn a_build_script_counts_and_a_test_does_not() {
        let mut graph = recorded();
        add_arrow(&mut graph, "conclave-proto", "tokio", Some("dev"));
        assert_eq!(check(&graph), [], "a test of the wire format may use a runtime");
        add_arrow(&mut graph, "conclave-proto", "tokio", Some("build"));
        assert_eq!(check(&graph)[0].rule, "proto-is-only-bytes");
    }

    #[test]
    fn a_feature_that_prints_secrets_is_named() {
        for feature in ["crypto-debug", "content-debug", "test-utils", "extensions-draft"] {
            let mut graph = recorded();
            node(&mut graph, "openmls")["features"].as_array_mut().unwrap().push(json!(feature));
            let found = check(&graph);
            assert_eq!(
                (found[0].rule, found[0].found.as_str()),
                (OPENMLS_FEATURES, format!("openmls with {feature}").as_str())
            );
        }
    }

    #[test]
    fn a_renamed_crate_does_not_silence_its_rule() {
        let graph = CLEAN.replace("\"name\": \"conclave-relay\"", "\"name\": \"conclave-server\"");
        let found = violations(&Metadata::parse(&graph).unwrap());
        assert!(found.iter().any(|violation| violation.found == "conclave-relay is no package of this workspace"));
    }

    fn recorded() -> Value {
        serde_json::from_str(CLEAN).unwrap()
    }

    fn check(graph: &Value) -> Vec<Violation> {
        violations(&Metadata::parse(&graph.to_string()).unwrap())
    }

    /// Adds an arrow, and the crate at its end if the recorded graph has none of that name.
    fn add_arrow(graph: &mut Value, from: &str, to: &str, kind: Option<&str>) {
        let to = id(graph, to).unwrap_or_else(|| add_package(graph, to));
        let arrow = json!({ "name": "arrow", "pkg": to, "dep_kinds": [{ "kind": kind, "target": null }] });
        node(graph, from)["deps"].as_array_mut().unwrap().push(arrow);
    }

    fn add_package(graph: &mut Value, name: &str) -> Value {
        let id = json!(format!("registry+https://github.com/rust-lang/crates.io-index#{name}@1.0.0"));
        graph["packages"].as_array_mut().unwrap().push(json!({ "name": name, "id": id }));
        graph["resolve"]["nodes"].as_array_mut().unwrap().push(json!({ "id": id, "deps": [], "features": [] }));
        id
    }

    fn node<'a>(graph: &'a mut Value, name: &str) -> &'a mut Value {
        let id = id(graph, name).unwrap();
        graph["resolve"]["nodes"].as_array_mut().unwrap().iter_mut().find(|node| node["id"] == id).unwrap()
    }

    fn id(graph: &Value, name: &str) -> Option<Value> {
        let packages = graph["packages"].as_array().unwrap();
        Some(packages.iter().find(|package| package["name"] == name)?["id"].clone())
    }
}
