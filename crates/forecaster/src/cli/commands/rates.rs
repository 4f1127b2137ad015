//! `forecaster rates`: shows, checks, imports, removes and fetches rates.

mod import;
mod remove;
mod summaries;

use crate::cli::args::RatesCommand;
use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::host::clock::today;
use crate::market::conditions::ConditionDocument;
use crate::market::fetch::FetchRequest;
use crate::market::series::{MIN_OBSERVATIONS, quality_rules};
use chrono::NaiveDate;
use forecaster_domain::PriceFormat;
use forecaster_rates::{
    Action, AvailableSeries, QualityRules, RatesError, RatesStore, Selection, assemble, assemble_pair, available,
};
use import::ImportRequest;
use serde::Serialize;
use std::fmt::Write;
use summaries::finding_lines;

#[derive(Serialize)]
struct SeriesRow {
    name: String,
    provider: String,
    made_of: Option<String>,
    observations: usize,
    first: NaiveDate,
    last: NaiveDate,
    last_value: f64,
    refused: usize,
    conditions: Vec<ConditionDocument>,
}

/// A series whose file cannot be read.
#[derive(Serialize)]
struct BrokenRow {
    name: String,
    error: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SeriesEntry {
    Whole(SeriesRow),
    Broken(BrokenRow),
}

/// Fetches, shows, checks, imports or removes rates.
pub(crate) fn rates(command: &RatesCommand, config: &Config) -> Result<CommandOutcome, Failure> {
    let store = RatesStore::open(&config.service.data_dir)?;
    match command {
        RatesCommand::Sync { from, series, accept_revisions, json } => {
            let wish = FetchRequest { from: *from, series: series.clone(), accept_revisions: *accept_revisions };
            super::sync::synchronise(config, &wish, *json)
        }
        RatesCommand::Show { revisions: true, .. } => show_revisions(&store),
        RatesCommand::Show { json, .. } => show(&store, config, *json),
        RatesCommand::Check { series, verbose } => check_series(&store, config, series.as_deref(), *verbose),
        RatesCommand::Import { file, series, layout, verbose, accept_jumps, dry_run } => {
            let request = ImportRequest {
                file,
                series,
                layout,
                verbose: *verbose,
                accept_jumps: *accept_jumps,
                dry_run: *dry_run,
            };
            import::import(&store, &rules(config, series)?, &request)
        }
        RatesCommand::Remove { series, from, to, source, dry_run } => {
            let selection = Selection { from: *from, to: *to, source: source.clone() };
            remove::remove(&store, config, series, &selection, *dry_run)
        }
    }
}

fn rules(config: &Config, name: &str) -> Result<QualityRules, Failure> {
    let pair = config.pair();
    Ok(quality_rules(pair, name, today(config)))
}

/// A series by name, or the error that makes it unavailable.
type AssembledSeries = (String, Result<AvailableSeries, RatesError>);

/// All series, and the pair's when it has to be made of others. An unreadable series does not hide the others.
fn all(store: &RatesStore, config: &Config) -> Result<Vec<AssembledSeries>, Failure> {
    let (names, pair) = (available(store)?, config.pair());
    let own = pair.series_name();
    let rules = |name: &str| quality_rules(pair, name, today(config));
    let made = (!names.contains(&own)).then(|| assemble_pair(store, pair, rules, None, MIN_OBSERVATIONS));
    // A pair that cannot be made is not an error in a list.
    let made = made.and_then(Result::ok).map(|available| (own, Ok(available)));
    let each = |name: String| {
        let assembled = assemble(store, &name, &rules(&name), None);
        (name, assembled)
    };
    Ok(made.into_iter().chain(names.into_iter().map(each)).collect())
}

fn row(name: String, available: AvailableSeries) -> SeriesRow {
    let series = &available.checked.series;
    SeriesRow {
        name,
        observations: series.len(),
        first: series.first_date(),
        last: series.last_date(),
        last_value: series.last_value(),
        refused: available.checked.refused().count(),
        conditions: available.checked.conditions.iter().map(Into::into).collect(),
        made_of: available.formula,
        provider: available.provider,
    }
}

fn show(store: &RatesStore, config: &Config, json: bool) -> Result<CommandOutcome, Failure> {
    let rows: Vec<SeriesEntry> = all(store, config)?
        .into_iter()
        .map(|(name, available)| match available {
            Ok(available) => SeriesEntry::Whole(row(name, available)),
            Err(error) => SeriesEntry::Broken(BrokenRow { name, error: error.to_string() }),
        })
        .collect();
    let broken = rows.iter().any(|row| matches!(row, SeriesEntry::Broken(_)));
    let outcome = if broken { CommandOutcome::Degraded } else { CommandOutcome::Done };
    if json {
        print_json(&rows)?;
        return Ok(outcome);
    }
    let mut text = format!(
        "{:<16}{:<20}{:>8}  {:<12}{:<12}{:>12}{:>9}\n",
        "series", "provider", "values", "first", "last", "last value", "refused"
    );
    for row in rows {
        let _ = match row {
            SeriesEntry::Whole(row) => writeln!(
                text,
                "{:<16}{:<20}{:>8}  {:<12}{:<12}{:>12}{:>9}{}{}",
                row.name,
                row.provider,
                row.observations,
                row.first.to_string(),
                row.last.to_string(),
                format!("{:.*}", PriceFormat::of(row.last_value).decimals().max(4), row.last_value),
                row.refused,
                row.made_of.map(|made_of| format!("  = {made_of}")).unwrap_or_default(),
                row.conditions.iter().map(|condition| format!("\n  {condition}")).collect::<String>()
            ),
            SeriesEntry::Broken(row) => writeln!(text, "{:<16}{}", row.name, row.error),
        };
    }
    print(&text)?;
    Ok(outcome)
}

/// Prints the values that were replaced, with their replacements and the time these became known.
fn show_revisions(store: &RatesStore) -> Result<CommandOutcome, Failure> {
    let mut text = String::new();
    for name in store.series()? {
        let versions = store.load_versions(&name)?.unwrap_or_default();
        for pair in versions.windows(2).filter(|pair| pair[0].date == pair[1].date) {
            let (old, new) = (&pair[0], &pair[1]);
            let _ = writeln!(
                text,
                "{name:<12}{}  {} ({}) -> {} ({}), known since {} UTC",
                new.date,
                old.value,
                old.source,
                new.value,
                new.source,
                new.fetched_at.format("%Y-%m-%d %H:%M")
            );
        }
    }
    print(if text.is_empty() { "no value of the store was ever replaced\n" } else { &text })?;
    Ok(CommandOutcome::Done)
}

fn check_series(
    store: &RatesStore,
    config: &Config,
    only: Option<&str>,
    verbose: bool,
) -> Result<CommandOutcome, Failure> {
    let checked = match only {
        Some(name) => vec![(name.to_owned(), Ok(assemble(store, name, &rules(config, name)?, None)?))],
        None => all(store, config)?,
    };
    let (mut text, mut outcome) = (String::new(), CommandOutcome::Done);
    for (name, available) in checked {
        let available = match available {
            Ok(available) => available,
            Err(error) => {
                let _ = writeln!(text, "{name}: {error}");
                outcome = CommandOutcome::Degraded;
                continue;
            }
        };
        let findings = &available.checked.findings;
        let count = |action: fn(&Action) -> bool| findings.iter().filter(|f| action(&f.action)).count();
        let _ = writeln!(
            text,
            "{name}: {} values accepted, {} refused, {} repaired, {} noted",
            available.checked.series.len(),
            count(|a| *a == Action::Refused),
            count(|a| matches!(a, Action::Repaired(_))),
            count(|a| *a == Action::Noted)
        );
        text.push_str(&finding_lines(findings, verbose));
        available.checked.conditions.iter().for_each(|condition| {
            let _ = writeln!(text, "  {condition}");
        });
    }
    print(&text)?;
    Ok(outcome)
}
