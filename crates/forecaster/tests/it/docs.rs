//! Runs the commands of the documents, in their order, in a scratch directory, and compares their output with the
//! documents.
//!
//! In a `console` block a line that begins with `$ ` is a command for the shell; the lines after it are its standard
//! output: `…` matches anything within a line, a line of `...` matches any lines, and no lines match any output.
//! `[exit N]` is the exit code; without it the code must be 0, or 3 (degraded). `<!-- docs-test: run COMMAND -->`
//! prepares something out of sight; `<!-- docs-test: not run: REASON -->` skips the next block. systemctl, journalctl
//! and sudo are fake programs here that know their verbs; deploy/test-systemd.sh runs the real ones.
#![cfg(onnxruntime)]
#![allow(clippy::unwrap_used)]

use crate::desk::{Desk, repository};
use crate::documents::files;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A command of a document.
#[derive(Debug, PartialEq)]
struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
    code: Option<i32>,
}

/// Returns the commands of a document, including the preparing ones.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut inside, mut left_out, mut continued) = (false, false, false);
    for (number, line) in text.lines().enumerate() {
        let new =
            |command: &str| Step { line: number + 1, command: command.to_owned(), expected: vec![], code: None };
        let directive = line.strip_prefix("<!-- docs-test: ").and_then(|rest| rest.strip_suffix(" -->"));
        match (inside, directive) {
            (false, Some(rest)) if rest.starts_with("not run: ") => left_out = true,
            (false, Some(rest)) => steps.push(new(rest.strip_prefix("run ").unwrap_or_else(|| panic!("{line}")))),
            (false, None) => {
                inside = line == "```console" && !left_out;
                left_out &= !line.starts_with("```");
            }
            (true, _) if line == "```" => inside = false,
            (true, _) if continued => steps.last_mut().unwrap().command += &format!("\n{line}"),
            (true, _) => match (line.strip_prefix("$ "), line.strip_prefix("[exit ")) {
                (Some(command), _) => steps.push(new(command)),
                (None, Some(code)) => {
                    steps.last_mut().unwrap().code = Some(code.trim_end_matches(']').parse().unwrap());
                }
                (None, None) => steps.last_mut().unwrap().expected.push(line.to_owned()),
            },
        }
        continued = inside && line.ends_with('\\');
    }
    assert!(!inside, "a block is not closed");
    steps
}

/// True when `line` matches `pattern`, where `…` matches anything.
fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.trim_end().split('…');
    let Some(mut rest) = line.trim_end().strip_prefix(parts.next().unwrap()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// True when `lines` match `expected`, where `...` matches any lines.
fn agree(expected: &[String], lines: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((any, rest)) if any.trim() == "..." => (0..=lines.len()).any(|n| agree(rest, &lines[n..])),
        Some((pattern, rest)) => {
            lines.split_first().is_some_and(|(line, others)| fits(pattern, line) && agree(rest, others))
        }
    }
}

/// Fake programs in place of those that are missing here or must not be used in a test.
const STAND_INS: [(&str, &str); 5] = [
    (
        "sudo",
        "while :; do case $1 in -u) shift 2 ;; --preserve-env=[A-Z]*) shift ;; -*) exit 1 ;; *) break ;; esac; done\nexec \"$@\"",
    ),
    ("sudoedit", "test -e \"$1\""),
    ("apt", "case $1 in install) ;; *) exit 1 ;; esac"),
    (
        "systemctl",
        "case $1 in start|stop|restart|reload|status|enable|disable|is-active|edit|show|reset-failed) ;; *) exit 1 ;; esac\n\
         case \"$*\" in *forecaster*) ;; *) exit 1 ;; esac",
    ),
    (
        "journalctl",
        "case \"$*\" in *\"-u forecaster\"*) ;; *) exit 1 ;; esac\nfor word; do case $word in \
         -u|-f|-e|-p|-n|-o|-S|--since|--since=*|--no-pager|--output=*|HORIZON=*|RUN_ID=*|MODEL=*|forecaster|warning|err|[0-9]*|json|cat|today|yesterday|-[0-9]*) \
         ;; *) echo \"journalctl: $word\" >&2; exit 1 ;; esac; done",
    ),
];

/// A shipped desk, with the program and the fake programs first in the search path.
fn stage() -> Desk {
    let mut desk = Desk::as_shipped();
    // No providers: a test must not depend on the network.
    desk.set("FORECASTER__RATES__PROVIDERS", "[]");
    desk.set("FORECASTER__CHRONOS__MIN_FREE_RAM_MB", "1");
    desk.set("FORECASTER__SERVICE__HTTP__LISTEN", "");
    let script = |name: &str, body: &str| {
        let path = desk.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{body}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    for (name, body) in STAND_INS {
        script(name, body);
    }
    script("forecaster", &format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_forecaster")));
    let path = format!("{}:{}", desk.path("bin").display(), std::env::var("PATH").unwrap());
    desk.set("PATH", &path);
    desk
}

/// Replaces paths of the package by those of the desk.
fn here(command: &str) -> String {
    command
        .replace("/etc/forecaster/", "config/")
        .replace("/var/log/forecaster/", "logs/")
        .replace("/var/lib/forecaster/", "")
        .replace("cd /var/lib/forecaster ", "cd data ")
        .replace("/var/backups/", "")
}

fn run_all(document: &str) {
    let path = repository().join("docs").join(document);
    let steps = steps(&std::fs::read_to_string(path).unwrap());
    assert!(steps.len() >= 3, "{document} has next to no commands");
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    assert!(has_jq || std::env::var_os("FORECASTER_REQUIRE_JQ").is_none(), "jq is missing");
    let desk = stage();
    for Step { line, command, expected, code } in steps {
        if command.contains("jq ") && !has_jq {
            eprintln!("{document}:{line}: not run, jq is missing: {command}");
            continue;
        }
        let shell = Command::new("bash")
            .args(["-o", "pipefail", "-c", &here(&command)])
            .envs(desk.environment())
            .current_dir(desk.path("."))
            .output()
            .unwrap();
        let (printed, said) = (String::from_utf8_lossy(&shell.stdout), String::from_utf8_lossy(&shell.stderr));
        let ended = shell.status.code().unwrap();
        let right = code.map_or(ended == 0 || ended == 3, |code| code == ended);
        assert!(right, "{document}:{line}: {command}\nexit code {ended}\n{printed}\n{said}");
        let lines: Vec<&str> = printed.lines().collect();
        assert!(
            expected.is_empty() || agree(&expected, &lines),
            "{document}:{line}: {command}\nthe document says:\n{}\nit says:\n{printed}\n{said}",
            expected.join("\n")
        );
    }
}

#[test]
fn the_guide_for_operators_is_true() {
    run_all("OPERATIONS.md");
}

#[test]
fn the_description_of_chronos_is_true() {
    run_all("CHRONOS_INTEGRATION.md");
}

#[test]
fn the_checklist_for_production_is_true() {
    run_all("CHRONOS_PRODUCTION_DEPLOYMENT.md");
}

#[test]
fn the_summary_is_true() {
    run_all("CHRONOS_IMPLEMENTATION_SUMMARY.md");
}

/// Every warning explained in the guide is in the program's text, word for word.
#[test]
fn every_log_line_that_is_explained_exists() {
    let root = repository();
    let guide = std::fs::read_to_string(root.join("docs/OPERATIONS.md")).unwrap();
    let rows = guide.lines().skip_while(|line| !line.starts_with("| line in the journal")).skip(2);
    let explained: Vec<&str> = rows.map_while(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(explained.len() >= 20, "{explained:?}");
    let is_source = |path: &Path| path.extension().is_some_and(|it| it == "rs") && !path.ends_with("it/docs.rs");
    let sources = files(&root.join("crates"), &is_source).into_iter();
    let source: String = sources.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    // Joins texts that rustfmt has broken over lines.
    let source: String = source.split("\\\n").map(str::trim_start).collect();
    for line in explained {
        let parts = line.split('…').map(str::trim).filter(|part| part.chars().count() > 3);
        assert!(parts.clone().count() > 0, "{line}");
        for part in parts {
            assert!(source.contains(part), "{part:?} of {line:?} is in no source file");
        }
    }
}

#[test]
fn patterns_stand_for_what_they_say() {
    assert!(fits("USD/CLP …: … on …", "USD/CLP 7d: 990.61 on 2024-12-30"));
    assert!(!fits("weight …", "the weight 3") && !fits("a … c", "a b"));
    let expected = ["a", "...", "z"].map(str::to_owned);
    assert!(agree(&expected, &["a", "z"]) && agree(&expected, &["a", "b", "z"]) && !agree(&expected, &["a", "b"]));
    let text = "```console\n$ one \\\n  two\nthree\n[exit 2]\n```\n<!-- docs-test: not run: no hub -->\n```console\n$ no\n```\n";
    let found = steps(text);
    assert_eq!((found.len(), found[0].command.as_str(), found[0].code), (1, "one \\\n  two", Some(2)));
    assert_eq!(found[0].expected, ["three"]);
}
