//! Documents hold together: links lead somewhere, the README is short, every switch of tests and CI is explained.
#![allow(clippy::unwrap_used)]

use crate::desk::repository;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

/// Files below `folder` that `wanted` accepts, without build outputs.
pub(crate) fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !["target", ".git", "node_modules", "data", "reports"].iter().any(|it| name == *it) {
                folders.push(path);
            } else if kind.is_file() && wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A Markdown document of the repository.
struct Document {
    path: PathBuf,
    /// Path below the repository.
    name: String,
    text: String,
}

fn documents() -> Vec<Document> {
    let root = repository();
    let read = |path: PathBuf| Document {
        name: path.strip_prefix(&root).unwrap().display().to_string(),
        text: std::fs::read_to_string(&path).unwrap(),
        path,
    };
    files(&root, &|path| path.extension().is_some_and(|it| it == "md")).into_iter().map(read).collect()
}

/// Anchor of a heading, as GitHub forms it: lower case, blanks to hyphens, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

/// Targets of links and images, and anchors of headings, of a document.
fn links_and_anchors(text: &str) -> (Vec<String>, BTreeSet<String>) {
    let (mut links, mut anchors, mut heading) = (Vec::new(), BTreeSet::new(), None::<String>);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push(dest_url.to_string())
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = heading.as_mut() {
                    *heading += &part;
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&heading.take().unwrap());
                let before = seen.entry(anchor.clone()).or_default();
                anchors.insert(if *before == 0 { anchor } else { format!("{anchor}-{before}") });
                *before += 1;
            }
            _ => {}
        }
    }
    (links, anchors)
}

#[test]
fn every_link_leads_to_a_file_of_the_repository_and_to_a_heading_in_it() {
    let root = repository();
    let (mut wrong, mut links_seen) = (Vec::new(), 0);
    for Document { path: document, name, text } in documents() {
        for link in links_and_anchors(&text).0 {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            links_seen += 1;
            let (path, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            let depth = target.strip_prefix(&root).unwrap().components().try_fold(0_i32, |depth, part| {
                let depth = if part == Component::ParentDir { depth - 1 } else { depth + 1 };
                (depth >= 0).then_some(depth)
            });
            if depth.is_none() || !target.exists() {
                wrong.push(format!("{name}: {link}"));
            } else if !fragment.is_empty() {
                let anchors = links_and_anchors(&std::fs::read_to_string(&target).unwrap()).1;
                if !anchors.contains(fragment) {
                    wrong.push(format!("{name}: {link} (no such heading)"));
                }
            }
        }
    }
    assert!(links_seen > 50, "only {links_seen} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files of the repository that a text names in backquotes, each with the function in the parentheses after it, if any:
/// `crates/rates/src/chain.rs` (`read`).
fn named_files(text: &str) -> Vec<(String, Option<String>)> {
    let events: Vec<Event<'_>> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let is_path = |code: &str| {
        !code.contains(['*', ' ', '{', '<'])
            && !code.contains("NAME")
            && ["crates/", "deploy/", ".ci/", "systemd/"].iter().any(|folder| code.starts_with(folder))
    };
    let function = |after: &[Event<'_>]| match after {
        [Event::Text(open), Event::Code(name), Event::Text(close), ..]
            if &**open == " (" && close.starts_with(')') =>
        {
            Some(name.to_string())
        }
        _ => None,
    };
    let named = events.iter().enumerate().filter_map(|(at, event)| match event {
        Event::Code(code) if is_path(code) => Some((code.to_string(), function(&events[at + 1..]))),
        _ => None,
    });
    named.collect()
}

#[test]
fn every_file_and_function_that_a_document_names_exists() {
    let root = repository();
    let (mut wrong, mut functions) = (Vec::new(), 0);
    for Document { name, text, .. } in documents() {
        for (path, function) in named_files(&text) {
            let file = root.join(&path);
            if !file.exists() {
                wrong.push(format!("{name}: {path}"));
            } else if let Some(function) = function {
                functions += 1;
                let source = std::fs::read_to_string(file).unwrap();
                if !source.contains(&format!("fn {function}(")) && !source.contains(&format!("fn {function}<")) {
                    wrong.push(format!("{name}: {path} has no function {function}"));
                }
            }
        }
    }
    assert!(functions >= 10, "only {functions} functions are named");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn anchors_are_those_of_github() {
    assert_eq!(anchor("What a run says of it"), "what-a-run-says-of-it");
    assert_eq!(anchor("Official rate, dólar observado"), "official-rate-dólar-observado");
    let (links, anchors) =
        links_and_anchors("# `forecaster run`\n[a](b.md#c)\n# Twice\n# Twice\n```\n[no](link)\n```\n");
    assert_eq!(links, ["b.md#c"]);
    assert_eq!(anchors.into_iter().collect::<Vec<_>>(), ["forecaster-run", "twice", "twice-1"]);
}

#[test]
fn the_readme_has_at_most_120_lines() {
    let lines = std::fs::read_to_string(repository().join("README.md")).unwrap().lines().count();
    assert!(lines <= 120, "{lines} lines");
}

/// Names of switches in a text: `FORECASTER_` and capitals, but no key of the configuration (`FORECASTER__...`).
fn switches(text: &str) -> BTreeSet<String> {
    let parts = text.match_indices("FORECASTER_").map(|(at, _)| &text[at..]);
    let names = parts.map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    names.filter(|name| !name.contains("__") && !name.ends_with('_')).collect()
}

#[test]
fn every_switch_of_tests_and_ci_is_in_the_guide_for_contributors() {
    let root = repository();
    let guide = std::fs::read_to_string(root.join("docs/CONTRIBUTING.md")).unwrap();
    let explained: BTreeSet<String> =
        guide.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).flat_map(switches).collect();
    let read =
        |path: &Path| path.extension().is_none_or(|it| ["rs", "sh", "py", "yml"].iter().any(|known| it == *known));
    let mut used = BTreeSet::new();
    for folder in ["crates", "deploy", ".ci"] {
        for file in files(&root.join(folder), &read) {
            // Binary files have no switches.
            used.extend(switches(&std::fs::read_to_string(file).unwrap_or_default()));
        }
    }
    assert_eq!(explained, used);
}
