//! The rules inside a crate: no circle of files, no arrow between the parts of a room, no file and no function that is too long.
//!
//! An arrow is a `use`, or a path that begins with `crate`, `self` or `super`, to something that another file defines; a parent that
//! hands on what its children define is looked through. Tests are not looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use syn::{Attribute, File, Item, ItemUse, UseTree, Visibility, visit::Visit};

use super::Violation;

/// A room's parts own what they remember and share a ground; what puts them together stands above them.
const PARTS: &[&str] = &[
    "connecting",
    "ending",
    "ephemeral",
    "erasure",
    "knocks",
    "membership",
    "orders",
    "outbox",
    "own_knock",
    "presence",
    "timeline",
];
const GROUND: &[&str] =
    &["calendar", "context", "door_word", "entry", "fault", "first_use", "message", "pending", "session", "step"];
const ROOM: &str = "crates/engine/src/room/";

const MOST_LINES: usize = 500;
const MOST_LINES_OF_A_FUNCTION: usize = 80;

/// Every rule that a crate of this workspace breaks.
///
/// # Errors
/// If a file cannot be read or is no Rust.
pub(super) fn violations(workspace: &Path) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    for root in roots(workspace)? {
        let krate = Crate::read(workspace, &root)?;
        let arrows = krate.arrows();
        found.extend(circles(&arrows).into_iter().map(|circle| Violation {
            rule: "no-circle-of-files",
            why: "what is below can be read, tested and moved without what is above",
            found: circle.join(" -> "),
        }));
        found.extend(arrows.iter().filter(|(from, to)| is_forbidden(from, to)).map(|(from, to)| Violation {
            rule: "parts-meet-in-a-step",
            why: "parts of a room reach each other through steps and effects alone, so that each can be understood by itself",
            found: format!("{from} -> {to}"),
        }));
        found.extend(krate.too_long());
    }
    Ok(found)
}

/// The first files of all crates.
fn roots(workspace: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![workspace.join("relay")];
    for entry in fs::read_dir(workspace.join("crates"))? {
        folders.push(entry?.path());
    }
    let mut roots = vec![workspace.join("src-tauri/lib.rs")];
    for folder in folders {
        roots.extend(["src/lib.rs", "src/main.rs"].map(|file| folder.join(file)));
        if let Ok(programs) = fs::read_dir(folder.join("src/bin")) {
            for program in programs {
                roots.push(program?.path());
            }
        }
    }
    roots.retain(|root| root.is_file());
    roots.sort();
    Ok(roots)
}

/// Whether an arrow between two files joins two parts of a room, or leads out of one to what stands above it.
fn is_forbidden(from: &str, to: &str) -> bool {
    let place = |file: &str| {
        let inside = file.strip_prefix(ROOM)?;
        Some(inside.split(['/', '.']).next().unwrap_or_default().to_owned())
    };
    let (Some(from), Some(to)) = (place(from), place(to)) else { return false };
    let is_part = |name: &str| PARTS.contains(&name);
    let is_ground = |name: &str| GROUND.contains(&name);
    from != to && ((is_part(&from) && !is_ground(&to)) || (is_ground(&from) && !is_ground(&to)))
}

/// Groups of files that reach each other, each in some order.
fn circles(arrows: &BTreeSet<(String, String)>) -> Vec<Vec<String>> {
    let reached = |from: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(file) = next.pop() {
            for (_, to) in arrows.iter().filter(|(from, _)| *from == file) {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let reach: BTreeMap<_, _> = arrows.iter().map(|(from, _)| (from.clone(), reached(from))).collect();
    let mut circles = BTreeSet::new();
    for (file, to) in reach.iter().filter(|(file, to)| to.contains(*file)) {
        let others = to.iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)));
        circles.insert(others.cloned().collect::<Vec<_>>());
    }
    circles.into_iter().collect()
}

/// The files of a crate, as modules.
struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

struct Module {
    /// Relative to the workspace.
    file: String,
    ast: File,
    lines: usize,
    /// What it hands on, by name, as it is written there.
    handed_on: BTreeMap<String, Vec<String>>,
}

impl Crate {
    fn read(workspace: &Path, root: &Path) -> Result<Self> {
        let mut krate = Self { modules: BTreeMap::new() };
        let folder = root.parent().context("a file without a folder")?;
        krate.add(workspace, Vec::new(), root, folder)?;
        Ok(krate)
    }

    /// Adds a module and those that it declares, which are looked for in `folder`.
    fn add(&mut self, workspace: &Path, path: Vec<String>, file: &Path, folder: &Path) -> Result<()> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let ast = syn::parse_file(&text).with_context(|| format!("{} is no Rust", file.display()))?;
        for item in &ast.items {
            if let Item::Mod(declared) = item
                && declared.content.is_none()
                && !is_test(&declared.attrs)
            {
                let name = declared.ident.to_string();
                let named = path_attribute(&declared.attrs)
                    .map(|named| file.parent().map_or_else(|| PathBuf::from(&named), |beside| beside.join(&named)));
                let child = named.unwrap_or_else(|| folder.join(format!("{name}.rs")));
                self.add(
                    workspace,
                    [path.as_slice(), std::slice::from_ref(&name)].concat(),
                    &child,
                    &folder.join(&name),
                )?;
            }
        }
        let file = file.strip_prefix(workspace).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let handed_on = handed_on(&ast);
        self.modules.insert(path, Module { file, lines: text.lines().count(), ast, handed_on });
        Ok(())
    }

    fn arrows(&self) -> BTreeSet<(String, String)> {
        let mut arrows = BTreeSet::new();
        for (path, module) in &self.modules {
            let mut seen = Paths::default();
            seen.visit_file(&module.ast);
            for (used, is_handed_on) in seen.found {
                let Some(target) = self.resolve(path, &used, 0) else { continue };
                let hands_on = is_handed_on && target.len() > path.len() && target.starts_with(path);
                if target != *path && !hands_on {
                    let to = self.modules.get(&target).map(|to| to.file.clone()).unwrap_or_default();
                    arrows.insert((module.file.clone(), to));
                }
            }
        }
        arrows
    }

    /// The module in which something is defined that is written so in a module; none if it is of another crate.
    fn resolve(&self, at: &[String], used: &[String], depth: u8) -> Option<Vec<String>> {
        let (first, rest) = used.split_first()?;
        let mut here = match first.as_str() {
            "crate" => Vec::new(),
            "self" => at.to_vec(),
            "super" => at.split_last()?.1.to_vec(),
            name => {
                let child = [at, &[name.to_owned()]].concat();
                self.modules.get(&child)?;
                child
            }
        };
        for (n, name) in rest.iter().enumerate() {
            if name == "super" {
                here.pop()?;
                continue;
            }
            let child = [here.as_slice(), std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&child) {
                here = child;
                continue;
            }
            let handed_on = self.modules.get(&here).and_then(|module| module.handed_on.get(name));
            return match handed_on {
                Some(written) if depth < MOST_HANDS => {
                    let behind = rest.get(n.saturating_add(1)..).unwrap_or_default();
                    // What another crate defines is handed on by the module itself.
                    self.resolve(&here, &[written, behind].concat(), depth.saturating_add(1)).or(Some(here))
                }
                _ => Some(here),
            };
        }
        Some(here)
    }

    fn too_long(&self) -> impl Iterator<Item = Violation> {
        self.modules.values().flat_map(|module| {
            let tests: usize = module.ast.items.iter().filter(|item| is_test_item(item)).map(lines_of).sum();
            let lines = module.lines.saturating_sub(tests);
            let file = (lines > MOST_LINES).then(|| Violation {
                rule: "files-are-short",
                why: "a file tells one thing, and is read from top to bottom",
                found: format!("{} has {lines} lines, and may have {MOST_LINES}", module.file),
            });
            let mut functions = Functions::default();
            functions.visit_file(&module.ast);
            let functions = functions.long.into_iter().map(|(name, lines)| Violation {
                rule: "functions-are-short",
                why: "a function that needs headings is two functions",
                found: format!("{name} in {} has {lines} lines, and may have {MOST_LINES_OF_A_FUNCTION}", module.file),
            });
            file.into_iter().chain(functions)
        })
    }
}

/// How often something is handed on from parent to parent at most.
const MOST_HANDS: u8 = 8;

/// What a file hands on, by the name under which it does.
fn handed_on(ast: &File) -> BTreeMap<String, Vec<String>> {
    let mut named = BTreeMap::new();
    for item in &ast.items {
        if let Item::Use(used) = item {
            for (name, path) in leaves(&used.tree, &[]) {
                named.insert(name, path);
            }
        }
    }
    named
}

/// The names that a `use` brings, and what each stands for. A glob brings the name `*`.
fn leaves(tree: &UseTree, before: &[String]) -> Vec<(String, Vec<String>)> {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(path.ident.to_string())),
        UseTree::Name(name) if name.ident == "self" => {
            vec![(before.last().cloned().unwrap_or_default(), before.to_vec())]
        }
        UseTree::Name(name) => vec![(name.ident.to_string(), with(name.ident.to_string()))],
        UseTree::Rename(name) => vec![(name.rename.to_string(), with(name.ident.to_string()))],
        UseTree::Glob(_) => vec![("*".to_owned(), with("*".to_owned()))],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before)).collect(),
    }
}

/// Every path of a file that may lead to another one, and whether it hands on what it leads to.
#[derive(Default)]
struct Paths {
    found: Vec<(Vec<String>, bool)>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_item(item) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_handed_on = !matches!(item.vis, Visibility::Inherited);
        self.found.extend(leaves(&item.tree, &[]).into_iter().map(|(_, path)| (path, is_handed_on)));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.first().is_some_and(|first| ["crate", "self", "super"].contains(&first.as_str()))
            && segments.len() > 1
        {
            self.found.push((segments, false));
        }
        syn::visit::visit_path(self, path);
    }
}

/// The functions of a file that are too long.
#[derive(Default)]
struct Functions {
    long: Vec<(String, usize)>,
}

impl Functions {
    fn look(&mut self, name: &syn::Ident, block: &syn::Block) {
        let lines = lines_of(block);
        if lines > MOST_LINES_OF_A_FUNCTION {
            self.long.push((name.to_string(), lines));
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_item(item) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.look(&function.sig.ident, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.look(&function.sig.ident, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

fn lines_of(node: &impl syn::spanned::Spanned) -> usize {
    let span = node.span();
    span.end().line.saturating_sub(span.start().line).saturating_add(1)
}

fn is_test_item(item: &Item) -> bool {
    let attributes = if let Item::Mod(item) = item {
        &item.attrs
    } else if let Item::Fn(item) = item {
        &item.attrs
    } else if let Item::Impl(item) = item {
        &item.attrs
    } else if let Item::Use(item) = item {
        &item.attrs
    } else {
        return false;
    };
    is_test(attributes)
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// The file that `#[path = ".."]` names.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("path")
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value
        {
            Some(text.value())
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rules say of a workspace with these files.
    fn said(files: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let folder = std::env::temp_dir().join(format!("conclave-deps-{}-{:p}", std::process::id(), files));
        for (name, text) in [("crates/none/README.md", ""), ("relay/README.md", "")].iter().chain(files) {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let found = violations(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        found.into_iter().map(|violation| (violation.rule, violation.found)).collect()
    }

    const A: &str = "crates/a/src/";

    #[test]
    fn files_that_reach_each_other_are_a_circle_and_parents_that_hand_on_are_none() {
        let files = [
            ("crates/a/src/lib.rs", "mod x;\nmod y;\npub use x::X;"),
            ("crates/a/src/x.rs", "mod deep;\npub use deep::{Deep, X};\n"),
            ("crates/a/src/x/deep.rs", "pub struct X;\npub struct Deep(super::super::y::Y);"),
            ("crates/a/src/y.rs", "pub struct Y;"),
        ];
        assert_eq!(said(&files), []);
        let handed_on = [files[0], files[1], files[2], ("crates/a/src/y.rs", "use crate::x::Deep;\npub struct Y;")];
        let circle = format!("{A}x/deep.rs -> {A}y.rs");
        assert_eq!(said(&handed_on), [("no-circle-of-files", circle)], "by the name that the parent hands on");
        let own = [files[0], ("crates/a/src/x.rs", "mod deep;\npub struct X;\nuse deep::Deep;"), files[3]];
        let own = [own[0], own[1], own[2], ("crates/a/src/x/deep.rs", "pub struct Deep;\nfn f(_: super::X) {}")];
        let circle = format!("{A}x.rs -> {A}x/deep.rs");
        assert_eq!(said(&own), [("no-circle-of-files", circle)], "the parent uses it for itself");
        let tests = [
            files[0],
            files[1],
            files[2],
            ("crates/a/src/y.rs", "pub struct Y;\n#[cfg(test)]\nmod t { use crate::x::X; }"),
        ];
        assert_eq!(said(&tests), [], "tests reach everything");
    }

    #[test]
    fn parts_of_a_room_reach_the_ground_and_no_other_part() {
        let with = |outbox: &'static str, step: &'static str| {
            said(&[
                ("crates/engine/src/lib.rs", "mod room;"),
                ("crates/engine/src/room.rs", "mod machine;\nmod outbox;\nmod presence;\nmod step;"),
                ("crates/engine/src/room/machine.rs", "use super::{outbox, presence};\npub struct Machine;"),
                ("crates/engine/src/room/outbox.rs", "mod seal;\npub struct Outbox;"),
                ("crates/engine/src/room/outbox/seal.rs", outbox),
                ("crates/engine/src/room/presence.rs", "pub struct Presence;"),
                ("crates/engine/src/room/step.rs", step),
            ])
        };
        assert_eq!(with("use super::super::step::Step;", "pub struct Step;"), []);
        let rule = "parts-meet-in-a-step";
        let arrow = |from: &str, to: &str| vec![(rule, format!("{ROOM}{from} -> {ROOM}{to}"))];
        let to_part = with("use crate::room::presence::Presence;", "pub struct Step;");
        assert_eq!(to_part, arrow("outbox/seal.rs", "presence.rs"));
        let to_top = with("fn f(_: super::super::machine::Machine) {}", "pub struct Step;");
        assert!(to_top.contains(&arrow("outbox/seal.rs", "machine.rs")[0]), "{to_top:?}");
        assert_eq!(
            with("", "use super::presence::Presence;"),
            arrow("step.rs", "presence.rs"),
            "the ground holds no part"
        );
    }

    #[test]
    fn what_is_too_long_is_named_and_tests_do_not_count() {
        let lines = |n: usize| "    let _ = 1;\n".repeat(n);
        let function = |n: usize| format!("fn long() {{\n{}}}\n", lines(n));
        let long = function(79);
        assert_eq!(
            said(&[("crates/a/src/lib.rs", &long)]),
            [("functions-are-short", format!("long in {A}lib.rs has 81 lines, and may have 80"))]
        );
        assert_eq!(said(&[("crates/a/src/lib.rs", &function(78))]), []);
        let file = function(40).repeat(12);
        assert_eq!(
            said(&[("crates/a/src/lib.rs", &file)]),
            [("files-are-short", format!("{A}lib.rs has 504 lines, and may have 500"))]
        );
        let tested = format!("#[cfg(test)]\nmod tests {{\n{file}{long}}}\n");
        assert_eq!(said(&[("crates/a/src/lib.rs", &tested)]), []);
    }
}
