//! CONFIGURATION.md, from config/forecasters.toml, whose values another test compares with the defaults in the program.

use super::{cell, head};
use crate::desk::repository;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A section with the comment above it.
#[derive(Default)]
struct Section {
    name: String,
    comment: String,
    keys: Vec<Key>,
}

/// A key with its default, as TOML, and its comment.
struct Key {
    name: String,
    value: String,
    comment: String,
}

/// Splits a line at the `#` that begins its comment: one outside quotes.
fn split(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, letter) in line.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '#' if !quoted => return (line[..at].trim(), line[at + 1..].trim()),
            _ => {}
        }
    }
    (line.trim(), "")
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut comments: Vec<&str> = Vec::new();
    for line in text.lines() {
        let (code, comment) = split(line);
        if let Some(name) = code.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            comments.extend(Some(comment).filter(|it| !it.is_empty()));
            sections.push(Section { name: name.to_owned(), comment: comments.join("\n"), keys: Vec::new() });
            comments.clear();
        } else if let Some((name, value)) = code.split_once('=') {
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            sections.last_mut().unwrap().keys.push(Key { name, value, comment: comment.to_owned() });
        } else if comment.is_empty() {
            // The comment above an empty line is the file's own.
            comments.clear();
        } else {
            comments.push(comment);
        }
    }
    sections
}

/// Kind of a section. Sections of one kind, such as `horizons.7d` and `horizons.15d`, share the comments of the first.
fn kind(section: &str) -> String {
    let parts: Vec<&str> = section.split('.').collect();
    match parts.as_slice() {
        ["horizons", _, rest @ ..] => ["horizons"].iter().chain(rest).copied().collect::<Vec<_>>().join("."),
        ["rates", kind @ ("provider" | "series"), _] => format!("rates.{kind}"),
        _ => section.to_owned(),
    }
}

/// The page.
pub(super) fn page() -> String {
    let text = std::fs::read_to_string(repository().join("config/forecasters.toml")).unwrap();
    let introduction = "Every section and key of `config/forecasters.toml` (`/etc/forecaster/forecasters.toml` when installed), with its default.\n\n\
        - A key that is left out has its default. An unknown key or an impossible value is refused with file, key, the value found and \
        what was expected: `forecaster config check`.\n\
        - Every key can be overridden by an environment variable: `FORECASTER`, section and key, in capitals, joined by two \
        underscores, as in `FORECASTER__HORIZONS__7D__CHRONOS__ENABLED=false`. A list is written as in the file: \
        `FORECASTER__MAIL__RECIPIENTS='[\"a@example.com\"]'`. No shell can assign a name with a hyphen (`currency-api`): use `env` or the file.\n\
        - Passwords, keys and tokens are never in the file: the key names a systemd credential or a file.\n\
        - `forecaster config show` prints the configuration that file and environment give, with every default; `sudo systemctl reload forecaster` makes the daemon read the file again. \
        `service.data_dir` and `service.log.format` need a restart.";
    let mut page = head("Configuration", introduction);
    let mut known: BTreeMap<(String, String), String> = BTreeMap::new();
    for section in sections(&text) {
        write!(page, "\n## `[{}]`\n\n", section.name).unwrap();
        if !section.comment.is_empty() {
            writeln!(page, "{}\n", section.comment).unwrap();
        }
        page += "| key | default | meaning |\n| --- | --- | --- |\n";
        for key in &section.keys {
            let place = (kind(&section.name), key.name.clone());
            let shared = known.entry(place).or_insert_with(|| key.comment.clone());
            let comment = if key.comment.is_empty() { shared } else { &key.comment };
            // An address in angle brackets would become a link.
            let (value, comment) = (cell(&key.value), cell(comment).replace('<', "&lt;"));
            writeln!(page, "| `{}` | `{value}` | {comment} |", key.name).unwrap();
        }
    }
    page
}

#[test]
fn every_section_has_its_keys_and_comments() {
    let text = "# the file\n\n# of a\n[a]\nx = \"#1\"  # one\n[a.b] # of b\ny = 2\n";
    let found = sections(text);
    let told =
        |it: &Section| (it.name.clone(), it.comment.clone(), it.keys[0].value.clone(), it.keys[0].comment.clone());
    assert_eq!(told(&found[0]), ("a".into(), "of a".into(), "\"#1\"".into(), "one".into()));
    assert_eq!(told(&found[1]), ("a.b".into(), "of b".into(), "2".into(), String::new()));
}
