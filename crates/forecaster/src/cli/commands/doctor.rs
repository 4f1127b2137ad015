//! `forecaster doctor`: prints the checks of the installation.

use crate::cli::output::{print, print_json};
use crate::failure::{CommandOutcome, Failure};
use crate::operations::doctor::check::{Check, Status};
use crate::operations::doctor::{Checkup, run_checks};
use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;

/// Columns per line.
const WIDTH: usize = 100;

/// Document of `forecaster doctor --json`. The schema is docs/schema/doctor.schema.json.
#[derive(Debug, Serialize)]
struct DoctorDocument<'a> {
    version: &'static str,
    generated_at: String,
    seconds: f64,
    counts: StatusCounts,
    checks: &'a [Check],
}

#[derive(Debug, Serialize)]
struct StatusCounts {
    ok: usize,
    warn: usize,
    fail: usize,
    skip: usize,
}

/// Checks the installation; the exit code follows the worst check.
pub(crate) fn doctor(config: Option<&Path>, json: bool) -> Result<CommandOutcome, Failure> {
    let checkup = run_checks(config);
    let of = |status| checkup.count(status);
    let counts =
        StatusCounts { ok: of(Status::Ok), warn: of(Status::Warn), fail: of(Status::Fail), skip: of(Status::Skip) };
    let (warnings, failures) = (counts.warn, counts.fail);
    if json {
        let seconds = crate::host::logging::rounded(checkup.seconds);
        let generated_at = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let version = env!("CARGO_PKG_VERSION");
        print_json(&DoctorDocument { version, generated_at, seconds, counts, checks: &checkup.checks })?;
    } else {
        let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
        print(&text(&checkup, &counts, coloured))?;
    }
    match (checkup.is_configured, failures, warnings) {
        (false, ..) => Err(Failure::ChecksSkipped),
        (true, 1.., _) => Err(Failure::ChecksFailed { failed: failures, of: checkup.checks.len() }),
        (true, 0, 1..) => Ok(CommandOutcome::Degraded),
        (true, 0, 0) => Ok(CommandOutcome::Done),
    }
}

fn text(checkup: &Checkup, counts: &StatusCounts, coloured: bool) -> String {
    let mut text = String::new();
    let width = checkup.checks.iter().map(|check| name(check).chars().count()).max().unwrap_or(0);
    let mut group = "";
    for check in &checkup.checks {
        if check.group != group {
            group = &check.group;
            let _ = writeln!(text, "{}{group}", if text.is_empty() { "" } else { "\n" });
        }
        let (word, colour) = match check.status {
            Status::Ok => ("ok  ", 32),
            Status::Warn => ("warn", 33),
            Status::Fail => ("FAIL", 31),
            Status::Skip => ("skip", 90),
        };
        let word = if coloured { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() };
        let indent = 2 + 4 + 2 + width + 2;
        let _ = write!(text, "  {word}  {:<width$}  ", name(check));
        let _ = writeln!(text, "{}", wrapped(&check.finding, indent));
        if let Some(fix) = &check.fix {
            let _ = writeln!(text, "{}-> {}", " ".repeat(indent), wrapped(fix, indent + 3));
        }
    }
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(
        text,
        "\n{}: {} ok, {}, {}, {} skipped; {:.1} s",
        plural(checkup.checks.len(), "check"),
        counts.ok,
        plural(counts.warn, "warning"),
        plural(counts.fail, "failure"),
        counts.skip,
        checkup.seconds
    );
    text
}

/// Name of a check without its group.
fn name(check: &Check) -> &str {
    check.id.split_once('.').map_or(check.id.as_str(), |(_, name)| name)
}

/// Breaks text at spaces into lines that fit, the later ones indented. A word that is too long is not split.
fn wrapped(text: &str, indent: usize) -> String {
    let room = WIDTH.saturating_sub(indent).max(20);
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_findings_are_broken_at_blanks_and_indented() {
        let long = "word ".repeat(40);
        let broken = wrapped(&long, 30);
        assert!(broken.lines().count() > 2 && broken.lines().skip(1).all(|line| line.starts_with(&" ".repeat(30))));
        assert!(broken.lines().all(|line| line.trim_start().chars().count() <= WIDTH - 30), "{broken}");
        assert_eq!(wrapped("short", 30), "short");
    }
}
