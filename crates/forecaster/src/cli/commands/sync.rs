//! `forecaster rates sync`: fetches rates and prints the outcome for each series.

use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure, NoAnswerCause};
use crate::host::clock::today;
use crate::host::progress;
use crate::market::fetch::{self, FetchRequest};
use chrono::NaiveDate;
use forecaster_rates::{FreshnessState, SeriesOutcome};
use serde::Serialize;
use std::fmt::Write;

/// Fetches rates and prints the outcome of each series, then a table of their newest values; on a terminal, shows a
/// progress bar.
pub(crate) fn synchronise(config: &Config, request: &FetchRequest, json: bool) -> Result<CommandOutcome, Failure> {
    if fetch::has_no_provider(config) {
        return Err(Failure::NoProvider);
    }
    let series = if request.series.is_empty() { fetch::needed(config)? } else { request.series.clone() };
    let bar = progress::bar("rates", series.len() as u64);
    let request = FetchRequest { series, ..request.clone() };
    let done = |outcome: &SeriesOutcome| {
        bar.set_message(outcome.series.clone());
        bar.inc(1);
    };
    let outcomes = fetch::by_hand(config, today(config), &request, &done);
    progress::finish(&bar);
    let mut outcomes = outcomes?;
    for outcome in &mut outcomes {
        outcome.freshness = fetch::of_pair_or(config, &outcome.series, today(config), outcome.freshness.clone());
    }
    if json {
        print_json(&outcomes.iter().map(SyncRow::from).collect::<Vec<_>>())?;
    } else {
        let width = outcomes.iter().map(|outcome| outcome.series.chars().count()).max().unwrap_or_default().max(12);
        let details: String = outcomes.iter().map(|outcome| sync_lines(outcome, width)).collect();
        print(&format!("{details}\n{}", newest_table(&outcomes)))?;
    }
    if let Some(error) = outcomes.iter().find_map(|outcome| outcome.store_error.as_ref()) {
        return Err(Failure::Store(error.clone()));
    }
    let answered = outcomes.iter().filter(|outcome| outcome.is_answered()).count();
    if answered == 0 {
        return Err(Failure::NoAnswer(cause(&outcomes)));
    }
    Ok(if answered == outcomes.len() { CommandOutcome::Done } else { CommandOutcome::Degraded })
}

/// Returns the cause for which no series was answered.
fn cause(outcomes: &[SeriesOutcome]) -> NoAnswerCause {
    let asked = || outcomes.iter().flat_map(|outcome| &outcome.providers);
    if asked().any(|one| one.of_connection) {
        NoAnswerCause::Connection
    } else if asked().any(|one| one.is_fault) {
        NoAnswerCause::Refused
    } else {
        NoAnswerCause::NobodyAsked
    }
}

/// Revisions or findings listed per provider; more findings have one line for each kind.
const SHOWN: usize = 5;

#[derive(Serialize)]
struct SyncRow {
    series: String,
    added: usize,
    last: Option<NaiveDate>,
    provider: Option<String>,
    up_to_date: bool,
    expected: NaiveDate,
    state: &'static str,
    providers: Vec<ProviderRow>,
    disagreements: Vec<String>,
    doubt: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct ProviderRow {
    name: String,
    added: usize,
    unchanged: usize,
    revised: usize,
    withheld: usize,
    refused: Vec<String>,
    error: Option<String>,
}

impl From<&SeriesOutcome> for SyncRow {
    fn from(outcome: &SeriesOutcome) -> Self {
        let (last, provider) = outcome.freshness.newest.clone().unzip();
        let providers = outcome.providers.iter().map(|asked| {
            let report = asked.outcome.as_ref().ok().cloned().unwrap_or_default();
            ProviderRow {
                name: asked.provider.clone(),
                added: report.added,
                unchanged: report.unchanged,
                revised: report.revised.len(),
                withheld: report.withheld.len(),
                refused: asked.findings.clone(),
                error: asked.outcome.as_ref().err().cloned(),
            }
        });
        Self {
            series: outcome.series.clone(),
            added: outcome.added(),
            last,
            provider,
            up_to_date: outcome.up_to_date,
            expected: outcome.freshness.expected,
            state: match outcome.freshness.state {
                FreshnessState::AsExpected => "as_expected",
                FreshnessState::StandIn => "stand_in",
                FreshnessState::Late => "late",
                FreshnessState::Unknown => "unknown",
            },
            providers: providers.collect(),
            disagreements: outcome.disagreements.clone(),
            doubt: outcome.doubt.as_ref().map(ToString::to_string),
            error: outcome.store_error.clone(),
        }
    }
}

/// Returns one line per series: its newest value's date and source, and if that is what can be expected now.
fn newest_table(outcomes: &[SeriesOutcome]) -> String {
    let [series, newest, source, state] = ["series", "newest", "source", ""].map(str::to_owned);
    let header = (series, newest, source, state);
    let cells = |outcome: &SeriesOutcome| {
        let (date, source) = outcome.freshness.newest.clone().unzip();
        let date = date.map_or_else(|| "-".to_owned(), |date| date.to_string());
        (outcome.series.clone(), date, source.unwrap_or_else(|| "-".to_owned()), outcome.freshness.to_string())
    };
    let rows: Vec<_> = std::iter::once(header).chain(outcomes.iter().map(cells)).collect();
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or_default();
    let series = width(&mut rows.iter().map(|row| row.0.chars().count()));
    let source = width(&mut rows.iter().map(|row| row.2.chars().count()));
    let line = |(name, date, by, state): &(String, String, String, String)| {
        let line = format!("{name:<series$}  {date:<10}  {by:<source$}  {state}");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

/// One line per series, followed by one line for each thing an operator should know.
fn sync_lines(outcome: &SeriesOutcome, width: usize) -> String {
    let newest = outcome.freshness.newest.as_ref().map(|(date, provider)| format!("up to {date} ({provider})"));
    let newest = newest.unwrap_or_else(|| "nothing is known of it".to_owned());
    let is_late = matches!(outcome.freshness.state, FreshnessState::Late | FreshnessState::Unknown);
    let behind = if is_late { ", not up to date" } else { "" };
    let mut text = format!("{:<width$}{:>6} new values, {newest}{behind}\n", outcome.series, outcome.added());
    if let Some(error) = &outcome.store_error {
        let _ = writeln!(text, "  {error}");
    } else if outcome.providers.is_empty() {
        let _ = writeln!(text, "  none of rates.providers has this series");
    }
    for asked in &outcome.providers {
        match &asked.outcome {
            Ok(report) => {
                let (first, more) = report.revised.split_at(report.revised.len().min(SHOWN));
                for revision in first {
                    let _ = writeln!(text, "  revised {revision}");
                }
                if !more.is_empty() {
                    let _ = writeln!(text, "  and {} more revised: forecaster rates show --revisions", more.len());
                }
                for complaint in report.warnings(&outcome.series) {
                    let _ = writeln!(text, "  {complaint}");
                }
            }
            // That a provider has no account is no news where another one has answered.
            Err(reason) if reason.starts_with("no account") && outcome.is_answered() => {}
            Err(reason) => {
                let _ = writeln!(text, "  {}: {reason}", asked.provider);
            }
        }
        let is_long = asked.findings.len() > SHOWN;
        let findings = if is_long { &asked.summary } else { &asked.findings };
        for finding in findings.iter().chain(&asked.remark) {
            let _ = writeln!(text, "  {}: {finding}", asked.provider);
        }
        if is_long {
            let _ = writeln!(text, "  {}: --json lists all {} of them", asked.provider, asked.findings.len());
        }
    }
    for disagreement in &outcome.disagreements {
        let _ = writeln!(text, "  {disagreement}");
    }
    if let Some(doubt) = &outcome.doubt {
        let _ = writeln!(text, "  {doubt}");
    }
    text
}
