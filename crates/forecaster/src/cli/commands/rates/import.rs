//! `forecaster rates import`: stores the observations of a file, or shows what would be stored.

use crate::cli::args::LayoutArgs;
use crate::cli::output::print;
use crate::failure::{CommandOutcome, Failure};
use chrono::Utc;
use forecaster_rates::{
    CheckedSeries, IMPORT_SOURCE, ImportedFile, MergeRules, QualityRules, RatesStore, RawObservation, ReadOptions,
    StoredObservation, check, checked_name, read_file,
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

/// Stores the observations of a file that pass the checks, and prints those that do not.
pub(super) fn import(
    store: &RatesStore,
    rules: &QualityRules,
    request: &ImportRequest<'_>,
) -> Result<CommandOutcome, Failure> {
    let name = checked_name(request.series)?;
    let imported = read_file(request.file, &request.options())?;
    let checked = check(name, &imported.observations, rules)?;
    if request.dry_run {
        print(&preview(request, &imported, &checked))?;
        return Ok(CommandOutcome::Done);
    }
    let fetched_at = Utc::now();
    let observations: Vec<StoredObservation> = checked
        .series
        .observations()
        .map(|o| StoredObservation { date: o.date, value: o.value, source: IMPORT_SOURCE.into(), fetched_at })
        .collect();
    let report = store.merge(name, &observations, &MergeRules::accepting_all())?;
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
    write_lines(&mut text, &checked.findings);
    for revision in &report.revised {
        let _ = writeln!(text, "  {}: {} replaced by {}", revision.date, revision.old, revision.new);
    }
    print(&text)?;
    Ok(CommandOutcome::Done)
}

/// Returns an account of what an import would take.
fn preview(request: &ImportRequest<'_>, imported: &ImportedFile, checked: &CheckedSeries) -> String {
    let observations = &imported.observations;
    let mut text = format!(
        "{}: {} would be read from {}, {} refused (dry run: nothing is written)\n",
        request.series,
        observations.len(),
        request.file.display(),
        checked.refused().count()
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
    write_lines(&mut text, &checked.findings);
    text
}

fn write_lines(text: &mut String, lines: impl IntoIterator<Item = impl std::fmt::Display>) {
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}
