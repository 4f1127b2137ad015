//! `forecaster rates import`: stores the observations of a file, or shows what would be stored.

use crate::cli::args::LayoutArgs;
use crate::cli::commands::rates::summaries::{finding_lines, revision_lines};
use crate::cli::output::print;
use crate::failure::{CommandOutcome, Failure};
use chrono::Utc;
use forecaster_rates::{
    CheckedImport, IMPORT_SOURCE, ImportedFile, QualityRules, RatesStore, RawObservation, ReadOptions,
    StoredObservation, check_import, checked_name, read_file,
};
use std::fmt::Write;
use std::path::Path;

/// Observations that a dry run shows from the beginning and from the end.
const SHOWN: usize = 3;

/// File to import, and how.
pub(super) struct ImportRequest<'a> {
    pub(super) file: &'a Path,
    pub(super) series: &'a str,
    pub(super) layout: &'a LayoutArgs,
    pub(super) verbose: bool,
    pub(super) accept_jumps: bool,
    pub(super) dry_run: bool,
}

impl ImportRequest<'_> {
    fn options(&self) -> ReadOptions {
        ReadOptions {
            series: Some(self.series.to_owned()),
            date_column: self.layout.date_column.clone(),
            value_column: self.layout.value_column.clone(),
            date_order: self.layout.date_format,
            decimal: self.layout.decimal,
            sheet: self.layout.sheet.clone(),
        }
    }
}

/// Stores the observations of a file that pass the checks, and prints those that do not. A file with implausible values
/// is refused as a whole, unless the operator vouches for them.
pub(super) fn import(
    store: &RatesStore,
    rules: &QualityRules,
    request: &ImportRequest<'_>,
) -> Result<CommandOutcome, Failure> {
    let name = checked_name(request.series)?;
    let imported = read_file(request.file, &request.options())?;
    let checked = check_import(store, name, &imported.observations, rules, request.accept_jumps);
    if request.dry_run {
        print(&preview(request, &imported, checked.as_ref().ok()))?;
        return Ok(checked.map(|_| CommandOutcome::Done)?);
    }
    let checked = checked?;
    let fetched_at = Utc::now();
    let observations: Vec<StoredObservation> = checked
        .observations
        .iter()
        .map(|o| StoredObservation { date: o.date, value: o.value, source: IMPORT_SOURCE.into(), fetched_at })
        .collect();
    let report = store.import(name, &observations, &checked.accepted)?;
    let mut text = format!(
        "{name}: {} read from {}, {} added, {} unchanged, {} revised, {} refused\n",
        imported.observations.len(),
        request.file.display(),
        report.added,
        report.unchanged,
        report.revised.len(),
        checked.refused().count()
    );
    if !imported.reading.is_plain {
        write_lines(&mut text, imported.reading.lines());
    }
    if report.corrected_imports > 0 {
        let _ = writeln!(text, "  {} earlier imports are corrected for good", report.corrected_imports);
    }
    if let (Some((first, _)), Some((last, _))) =
        (checked.accepted.first_key_value(), checked.accepted.last_key_value())
    {
        let count = checked.accepted.len();
        let _ = writeln!(text, "  accepted by hand from now on: {count} values from {first} to {last}");
    }
    write_lines(&mut text, &checked.remarks);
    text.push_str(&finding_lines(&checked.findings, request.verbose));
    text.push_str(&revision_lines(&report.revised, request.verbose));
    print(&text)?;
    Ok(CommandOutcome::Done)
}

/// Returns an account of what an import would take; `checked` is `None` for a file that would be refused.
fn preview(request: &ImportRequest<'_>, imported: &ImportedFile, checked: Option<&CheckedImport>) -> String {
    let observations = &imported.observations;
    let refused = checked.map_or(observations.len(), |checked| checked.refused().count());
    let mut text = format!(
        "{}: {} would be read from {}, {refused} refused (dry run: nothing is written)\n",
        request.series,
        observations.len(),
        request.file.display(),
    );
    write_lines(&mut text, imported.reading.lines());
    let listed = |part: &[RawObservation]| {
        part.iter().map(|o| format!("{} {}", o.date, o.value)).collect::<Vec<_>>().join(", ")
    };
    if observations.len() <= 2 * SHOWN {
        write_lines(&mut text, [format!("rows: {}", listed(observations))]);
    } else {
        let first = format!("first rows: {}", listed(&observations[..SHOWN]));
        let last = format!("last rows: {}", listed(&observations[observations.len() - SHOWN..]));
        write_lines(&mut text, [first, last]);
    }
    if let Some(checked) = checked {
        write_lines(&mut text, &checked.remarks);
        text.push_str(&finding_lines(&checked.findings, request.verbose));
    }
    text
}

fn write_lines(text: &mut String, lines: impl IntoIterator<Item = impl std::fmt::Display>) {
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}
