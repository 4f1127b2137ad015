//! Lists of findings and of replaced values for the terminal: one by one where they are few, one line a kind where they
//! are many.

use forecaster_rates::{Finding, Revision, SummaryEntry, summarised};

/// Findings or replaced values of one kind that are listed one by one; more of them have one line.
const LISTED: usize = 5;

/// Returns the lines of the findings; without `verbose`, one line for a kind that has many.
pub(super) fn finding_lines(findings: &[Finding], verbose: bool) -> String {
    indented(findings.iter().map(SummaryEntry::from).collect(), verbose, "--verbose")
}

/// Returns the lines of the values that were replaced; without `verbose`, one line when there are many.
pub(super) fn revision_lines(revisions: &[Revision], verbose: bool) -> String {
    let entry = |Revision { date, old, new, .. }: &Revision| SummaryEntry {
        kind: "values replaced",
        date: *date,
        gravity: (new / old).ln().abs(),
        text: format!("{date}: {old} replaced by {new}"),
    };
    indented(revisions.iter().map(entry).collect(), verbose, "forecaster rates show --revisions")
}

fn indented(entries: Vec<SummaryEntry>, verbose: bool, list_with: &str) -> String {
    let count = entries.len();
    let lines = summarised(entries, if verbose { usize::MAX } else { LISTED });
    let advice = (lines.len() < count).then(|| format!("  list them all: {list_with}\n"));
    lines.iter().map(|line| format!("  {line}\n")).chain(advice).collect()
}
