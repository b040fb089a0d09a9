//! The grave list: mutations that no tool makes, each a patch that undoes one thing on which people rely.
//!
//! A patch begins with two comment lines: `# undoes:` what holds, and `# test:` the arguments of `cargo test` under which it
//! must fail. Everything happens in a worktree of the current commit under the target folder.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use super::is_wanted;
use crate::process;

/// # Errors
///
/// When a patch survives, no longer applies or does not build, or when a test fails without it.
pub(crate) fn run(only: &[String]) -> Result<()> {
    let folder = process::root()?.join("crates/xtask/graves");
    let mut graves = read(&folder, only)?;
    if graves.is_empty() {
        bail!("no patch in {} has a name with this text", folder.display());
    }
    // Patches of one test stand together: each costs what it changes, and a change of crate costs more.
    graves.sort_by(|a, b| (&a.test, &a.name).cmp(&(&b.test, &b.name)));
    let tree = Tree::new()?;
    // A test that fails for another reason would be taken for a witness.
    let tests: BTreeSet<_> = graves.iter().map(|grave| &grave.test).collect();
    let mut failing = BTreeSet::new();
    for (n, test) in (1..).zip(&tests) {
        eprint!("unbroken, {n}/{} cargo test {}: ", tests.len(), test.join(" "));
        let passes = tree.cargo_test(test, &[])?;
        eprintln!("{}", if passes { "passes" } else { "FAILS" });
        if !passes {
            failing.insert(*test);
        }
    }
    let mut results = Vec::new();
    for (n, grave) in (1..).zip(&graves) {
        eprint!("{n}/{} {}: ", graves.len(), grave.name);
        let fate = if failing.contains(&grave.test) { Fate::FailsAnyway } else { tree.test(grave)? };
        eprintln!("{fate}");
        results.push(fate);
    }
    let mut results: Vec<_> = graves.iter().zip(results).collect();
    results.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let caught = report(&results);
    if caught < graves.len() {
        bail!("{} patches were not caught by their test", graves.len().saturating_sub(caught));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what was asked for")]
fn report(results: &[(&Grave, Fate)]) -> usize {
    let width = results.iter().map(|(grave, _)| grave.name.len()).max().unwrap_or_default();
    println!("\n{:width$}  {:14}  undoes", "patch", "result");
    for (grave, fate) in results {
        println!("{:width$}  {fate:14}  {}", grave.name, grave.undoes);
    }
    let caught = results.iter().filter(|(_, fate)| *fate == Fate::Caught).count();
    println!("\n{caught} of {} caught", results.len());
    caught
}

struct Grave {
    name: String,
    path: PathBuf,
    undoes: String,
    test: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Caught,
    Survives,
    DoesNotBuild,
    DoesNotApply,
    /// The test fails without the patch too, and so shows nothing.
    FailsAnyway,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Caught => "caught",
            Self::Survives => "SURVIVES",
            Self::DoesNotBuild => "DOES NOT BUILD",
            Self::DoesNotApply => "DOES NOT APPLY",
            Self::FailsAnyway => "FAILS ANYWAY",
        })
    }
}

fn read(folder: &Path, only: &[String]) -> Result<Vec<Grave>> {
    let mut graves = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "patch") && is_wanted(&name, only) {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            graves.push(parse(name, path, &text)?);
        }
    }
    graves.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(graves)
}

fn parse(name: String, path: PathBuf, text: &str) -> Result<Grave> {
    let header = |key: &str| {
        let value = text.lines().take_while(|line| line.starts_with('#')).find_map(|line| line.strip_prefix(key));
        value.map(|value| value.trim().to_owned()).with_context(|| format!("{name}.patch has no line `{key}`"))
    };
    let undoes = header("# undoes:")?;
    let test = header("# test:")?.split_whitespace().map(str::to_owned).collect();
    Ok(Grave { name, path, undoes, test })
}

/// A worktree of the current commit. It stays for the next run: cargo compares times, and would build every crate of a fresh
/// one again.
struct Tree {
    path: PathBuf,
    target: PathBuf,
}

impl Tree {
    fn new() -> Result<Self> {
        let target = process::target()?;
        let tree = Self { path: target.join("graves"), target };
        let root = process::root()?;
        let head = process::output(Command::new("git").current_dir(&root).args(["rev-parse", "HEAD"]))?;
        // It may also be what a run that was interrupted left behind, or a folder that git no longer knows.
        let mut checkout = tree.git();
        checkout.args(["checkout", "--quiet", "--force", "--detach", head.trim()]).stderr(Stdio::null());
        if tree.path.join(".git").exists() && checkout.status()?.success() {
            tree.reset()?;
            return Ok(tree);
        }
        if tree.path.exists() {
            fs::remove_dir_all(&tree.path)?;
        }
        let mut git = Command::new("git");
        git.current_dir(root).args(["worktree", "add", "--quiet", "--force", "--detach"]);
        process::run_quietly(git.arg(&tree.path).arg("HEAD"))?;
        Ok(tree)
    }

    /// The fate of one patch. The tree is as it was afterwards.
    fn test(&self, grave: &Grave) -> Result<Fate> {
        let fate = self.try_patch(grave)?;
        self.reset()?;
        Ok(fate)
    }

    fn reset(&self) -> Result<()> {
        process::run_quietly(self.git().args(["reset", "--quiet", "--hard"]))?;
        process::run_quietly(self.git().args(["clean", "--quiet", "--force", "-d"]))
    }

    fn try_patch(&self, grave: &Grave) -> Result<Fate> {
        if !self.git().args(["apply", "--whitespace=nowarn"]).arg(&grave.path).status()?.success() {
            return Ok(Fate::DoesNotApply);
        }
        if !self.cargo_test(&grave.test, &["--no-run"])? {
            return Ok(Fate::DoesNotBuild);
        }
        Ok(if self.cargo_test(&grave.test, &[])? { Fate::Survives } else { Fate::Caught })
    }

    /// Whether `cargo test` succeeds; what it prints goes to a log beside the tree.
    fn cargo_test(&self, arguments: &[String], more: &[&str]) -> Result<bool> {
        let log = fs::File::create(self.target.join("graves.log"))?;
        let mut test = process::cargo(&["test", "--quiet"])?;
        // cargo tells checkouts of one workspace apart by times alone: in a common folder either would run what the other built.
        let builds = self.target.join("graves-target");
        test.current_dir(&self.path).env("CARGO_TARGET_DIR", builds).env_remove("CARGO_MANIFEST_DIR");
        test.args(more).args(arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(test.status()?.success())
    }

    /// git in the tree, which never takes the repository around the target folder for it.
    fn git(&self) -> Command {
        let mut git = Command::new("git");
        git.current_dir(&self.path).env("GIT_CEILING_DIRECTORIES", &self.target);
        git
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_says_what_it_undoes_and_which_test_must_fail() {
        let text = "# undoes: rooms end\n# test: -p conclave-relay --test owner\ndiff --git a/x b/x\n";
        let grave = parse("ends".into(), "ends.patch".into(), text).unwrap();
        assert_eq!((grave.undoes.as_str(), grave.test.len()), ("rooms end", 4));
        let late = "# undoes: rooms end\ndiff --git a/x b/x\n# test: -p conclave-relay\n";
        assert!(
            parse("ends".into(), "ends.patch".into(), late).is_err(),
            "comments behind the header are of the patch"
        );
    }

    #[test]
    fn every_patch_of_the_list_has_its_header() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("graves");
        assert!(!read(&folder, &[]).unwrap().is_empty());
    }
}
