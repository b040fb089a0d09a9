//! What `cargo metadata` says about the dependency graph.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process;

/// The part of `cargo metadata --format-version 1` that is used here.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
    /// Where cargo builds.
    pub(crate) target_directory: PathBuf,
}

impl Metadata {
    /// Reads the graph of this repository with every optional dependency, for all systems.
    ///
    /// # Errors
    ///
    /// When cargo fails or prints something else than expected.
    pub(crate) fn read() -> Result<Self> {
        let text = process::output(&mut process::cargo(&[
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--locked",
        ])?)?;
        Self::parse(&text)
    }

    /// # Errors
    ///
    /// When the text is not what cargo prints.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("`cargo metadata` printed something unexpected")
    }

    /// The packages of this repository, by name.
    pub(crate) fn members(&self) -> Vec<&str> {
        let members: BTreeSet<_> = self.workspace_members.iter().collect();
        self.packages
            .iter()
            .filter(|package| members.contains(&package.id))
            .map(|package| package.name.as_str())
            .collect()
    }

    /// The features that are switched on anywhere, per package of the given kind.
    pub(crate) fn features(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&str, &[String])> {
        let names = self.names();
        let named = self
            .resolve
            .nodes
            .iter()
            .filter_map(|node| Some((*names.get(node.id.as_str())?, node.features.as_slice())));
        named.filter(|(name, _)| wanted(name)).collect()
    }

    /// The shortest chain of normal and build dependencies from a member to each forbidden package that it reaches. What
    /// only tests use is left out. Nothing is searched behind a forbidden package: the first one names the fault.
    pub(crate) fn chains(&self, member: &str, is_forbidden: impl Fn(&str) -> bool) -> Vec<Vec<&str>> {
        let names = self.names();
        let nodes: BTreeMap<_, _> = self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let starts = self.workspace_members.iter().map(String::as_str).filter(|id| names.get(id) == Some(&member));

        let mut queue: VecDeque<Vec<&str>> = starts.map(|id| vec![id]).collect();
        let mut seen: BTreeSet<&str> = queue.iter().flatten().copied().collect();
        let mut found = Vec::new();
        while let Some(chain) = queue.pop_front() {
            let Some(node) = chain.last().and_then(|id| nodes.get(id)) else { continue };
            for next in node.deps.iter().filter(|dep| dep.is_shipped()).map(|dep| dep.pkg.as_str()) {
                if !seen.insert(next) {
                    continue;
                }
                let longer: Vec<_> = chain.iter().copied().chain([next]).collect();
                if names.get(next).is_some_and(|name| is_forbidden(name)) {
                    found.push(longer.iter().filter_map(|id| names.get(id).copied()).collect());
                } else {
                    queue.push_back(longer);
                }
            }
        }
        found
    }

    fn names(&self) -> BTreeMap<&str, &str> {
        self.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect()
    }
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dep>,
    features: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Dep {
    pkg: String,
    dep_kinds: Vec<DepKind>,
}

impl Dep {
    fn is_shipped(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind != Some(Kind::Dev))
    }
}

#[derive(Debug, Deserialize)]
struct DepKind {
    /// Nothing for a normal dependency.
    kind: Option<Kind>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Build,
    Dev,
}
