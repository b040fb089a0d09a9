//! cargo-mutants over the code that decides who is in a room and what is kept of it.

use anyhow::{Result, bail};

use super::is_wanted;
use crate::process;

/// # Errors
///
/// When the tool cannot be installed, the unbroken code fails its tests, or a mutant survives; survivors stand in
/// `mutants.out/missed.txt` under the target folder.
pub(crate) fn run(only: &[String], shard: Option<&str>) -> Result<()> {
    let scopes: Vec<_> = SCOPES.iter().filter(|scope| is_wanted(scope.files, only)).collect();
    if scopes.is_empty() {
        bail!("no file of the list contains this text");
    }
    if !process::is_installed("cargo-mutants") {
        eprintln!("cargo-mutants is missing; cargo installs it from crates.io.");
        process::run(&mut process::cargo(&["install", "--locked", "cargo-mutants", "--version", VERSION])?)?;
    }
    let mut survived = Vec::new();
    for scope in scopes {
        let out = process::target()?.join("mutants").join(scope.files.replace(['/', '*', '.'], "-"));
        std::fs::create_dir_all(&out)?;
        let mut tool = process::cargo(&["mutants", "--package", scope.package, "--file", scope.files])?;
        tool.args([
            "--test-package",
            scope.package,
            "--baseline",
            "run",
            "--colors",
            "never",
            "--timeout-multiplier",
            "4",
        ]);
        tool.arg("--output").arg(&out);
        // Not the folder of this checkout, which would then run what was built of a mutant.
        tool.env("CARGO_TARGET_DIR", process::target()?.join("mutants-target"));
        if let Some(shard) = shard {
            // Every n-th mutant, so that a shard says something of the whole.
            tool.args(["--sharding", "round-robin", "--shard", shard]);
        }
        // As arguments of the build too: what stands behind `--` is for the run alone, and every test of the package would be
        // built for every mutant.
        tool.args(["--locked"].iter().chain(scope.tests).map(|argument| format!("--cargo-arg={argument}")));
        // A story of chance that a mutant fails need not become shorter, and the next mutant does not play it first.
        tool.env("PROPTEST_MAX_SHRINK_ITERS", "0").env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1");
        // The tool ends with 2 for survivors and with 3 for timeouts; both are listed at the end.
        let status = tool.status()?;
        if !matches!(status.code(), Some(0 | 2 | 3)) {
            bail!("{status}: cargo mutants over {}", scope.files);
        }
        for list in ["missed.txt", "caught.txt", "timeout.txt", "unviable.txt"] {
            let lines = std::fs::read_to_string(out.join("mutants.out").join(list)).unwrap_or_default();
            eprintln!("{}: {} {}", scope.files, lines.lines().count(), list.trim_end_matches(".txt"));
            if list == "missed.txt" {
                survived.extend(lines.lines().map(str::to_owned));
            }
        }
    }
    if !survived.is_empty() {
        bail!("{} mutants survive:\n  {}", survived.len(), survived.join("\n  "));
    }
    Ok(())
}

/// Files that are mutated, and the tests that see them.
struct Scope {
    package: &'static str,
    files: &'static str,
    tests: &'static [&'static str],
}

/// As few tests as can see a part, and no doc tests: every mutant pays for building and running all of them. A build without
/// optimisation is no cheaper: what it saves, the stretching of codes costs several times.
const SCOPES: [Scope; 9] = [
    Scope { package: "conclave-crypto", files: "crates/crypto/src/validator.rs", tests: &["--test", "validator"] },
    Scope { package: "conclave-crypto", files: "crates/crypto/src/fork_choice.rs", tests: &["--lib", "fork_choice"] },
    Scope { package: "conclave-crypto", files: "crates/crypto/src/group.rs", tests: GROUP },
    Scope { package: "conclave-crypto", files: "crates/crypto/src/group/**/*.rs", tests: GROUP },
    Scope { package: "conclave-store", files: "crates/store/src/vault.rs", tests: &["--tests"] },
    Scope {
        package: "conclave-relay",
        files: "relay/src/log/bounds.rs",
        tests: &["--features", "cli", "--test", "conformance"],
    },
    Scope { package: "conclave-relay", files: "relay/src/lease.rs", tests: &["--lib", "lease"] },
    Scope { package: "conclave-relay", files: "relay/src/session.rs", tests: SESSION },
    Scope { package: "conclave-relay", files: "relay/src/session/*.rs", tests: SESSION },
];

/// Without the vectors of the key schedule: they take longest, and no mutant of a group changes them.
const GROUP: &[&str] = &["--lib", "--test", "group", "--", "--skip", "schedule::"];

const SESSION: &[&str] =
    &["--lib", "--test", "protocol", "--test", "owner", "--test", "leases", "--test", "proofs", "--test", "abuse"];

const VERSION: &str = "^27";
