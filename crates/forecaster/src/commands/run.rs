//! `forecaster run`.

use super::{chosen, now, open_ledger, print, print_json, today};
use crate::cache::LedgerCache;
use crate::chronos::ChronosSource;
use crate::cli::{HorizonChoice, RunArgs};
use crate::config::Config;
use crate::document::RunIdentity;
use crate::failure::{Failure, Outcome};
use crate::market::Market;
use crate::pipeline::{self, Forecast};
use crate::publish::{self, Published};
use crate::resources::Usage;
use chrono::NaiveDate;
use forecaster_domain::Horizon;
use forecaster_ledger::{Ledger, RunStatus};
use std::fmt::Write;

/// Runs the horizons asked for, one after the other; one that fails does not stop the others.
pub(crate) fn run(args: &RunArgs, config: &Config) -> Result<Outcome, Failure> {
    let horizons = chosen(args.horizon, config)?;
    if let Some(as_of) = args.as_of.filter(|d| *d > today(config)) {
        return Err(Failure::usage(format!("--as-of {as_of} lies in the future")).hint("leave it out for today"));
    }
    let market = Market::load(config, args.as_of, today(config))?;
    market.warn_of_gaps();
    let ledger = open_ledger(config)?;
    let mut outcome = Outcome::Done;
    let mut published = Vec::new();
    let mut failure = None;
    let chronos = ChronosSource::default();
    let uses_chronos = |horizon: &Horizon| config.horizons.get(*horizon).chronos.enabled;
    let last_with_chronos = horizons.iter().rposition(uses_chronos);
    for (index, horizon) in horizons.into_iter().enumerate() {
        // Kept from one horizon to the next that uses it.
        let release = config.chronos.idle_unload_seconds == 0 || last_with_chronos.is_none_or(|last| index >= last);
        match run_one(config, &market, horizon, &ledger, &chronos, release) {
            Ok(issued) => {
                if !args.json {
                    print(&summary(&issued, &market))?;
                }
                outcome = outcome.and(issued.outcome);
                published.push(issued.published);
            }
            Err(error) => {
                tracing::error!(%horizon, "run failed: {error}");
                failure = Some(error);
            }
        }
    }
    if args.json {
        let documents: Vec<_> = published.iter().map(|p| &p.document).collect();
        match (args.horizon, documents.first()) {
            (HorizonChoice::One(_), Some(document)) => print_json(document)?,
            (HorizonChoice::One(_), None) => {}
            (HorizonChoice::All, _) => print_json(&documents)?,
        }
    }
    failure.map_or(Ok(outcome), Err)
}

/// A run that ended with a report.
struct Issued {
    forecast: Forecast,
    published: Published,
    outcome: Outcome,
}

fn run_one(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    ledger: &Ledger,
    chronos: &ChronosSource,
    release: bool,
) -> Result<Issued, Failure> {
    let mut usage = Usage::start();
    let stale = market.age() > i64::from(config.rates.max_age_business_days);
    let mut identity = RunIdentity {
        run_id: uuid::Uuid::now_v7().to_string(),
        generated_at: now(config),
        stale,
        status: RunStatus::Ok,
    };
    tracing::info!(%horizon, run_id = identity.run_id, as_of = %market.as_of(), "run started");
    if stale {
        warn_stale(config, market, horizon);
    }
    let cache = LedgerCache { ledger, today: today(config) };
    let forecast = pipeline::forecast(config, market, horizon, &cache, chronos);
    usage.add_worker(chronos.take_peak_rss_mb());
    if release {
        chronos.release();
    }
    let forecast = match forecast {
        Ok(forecast) => forecast,
        Err(error) => {
            publish::record_failure(&identity, config, market, horizon, &error, ledger, &usage);
            return Err(error);
        }
    };
    let outcome = if stale || !forecast.left_out.is_empty() { Outcome::Degraded } else { Outcome::Done };
    if outcome == Outcome::Degraded {
        identity.status = RunStatus::Degraded;
    }
    tracing::info!("Ensemble weights: {}", weights(&forecast));
    let published = publish::publish(&identity, config, market, &forecast, ledger, &usage)
        .inspect_err(|error| publish::record_failure(&identity, config, market, horizon, error, ledger, &usage))?;
    tracing::info!(
        %horizon,
        run_id = identity.run_id,
        seconds = format!("{:.2}", usage.seconds()),
        cached = forecast.cached,
        computed = forecast.computed,
        "run finished: {}",
        identity.status.as_str()
    );
    Ok(Issued { forecast, published, outcome })
}

fn warn_stale(config: &Config, market: &Market, horizon: Horizon) {
    tracing::warn!(
        %horizon,
        "the newest rate is of {}, {} business days old (limit {}): the forecast starts there; newer rates come in \
         with: forecaster rates import FILE.csv --series {}",
        market.as_of(),
        market.age(),
        config.rates.max_age_business_days,
        market.pair.series_name()
    );
}

/// `{"random_walk": 0.25, "var": 0.75}`
fn weights(forecast: &Forecast) -> String {
    let one = |m: &pipeline::ModelResult| format!("\"{}\": {:.3}", m.name, m.weight);
    format!("{{{}}}", forecast.models.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn summary(issued: &Issued, market: &Market) -> String {
    let Issued { forecast, published, .. } = issued;
    let ensemble = &forecast.ensemble;
    let end = ensemble.last_step();
    let last = market.history.pair().last_value();
    let ((low80, high80), (low95, high95)) = (ensemble.interval80(end), ensemble.interval95(end));
    let mut text = String::new();
    let date: NaiveDate = ensemble.dates()[end];
    let _ = writeln!(
        text,
        "{} {}: {:.2} on {} (last {:.2} on {}), 80 % {:.2} to {:.2}, 95 % {:.2} to {:.2}",
        market.pair,
        forecast.horizon,
        ensemble.median(end),
        date,
        last,
        market.as_of(),
        low80,
        high80,
        low95,
        high95
    );
    if let Some(judged) = forecast.ensemble_judged {
        let _ = writeln!(
            text,
            "  out of sample, {} origins: skill against the random walk {:+.1} %, 80 % interval held {:.0} %, 95 % {:.0} %",
            judged.scores.n,
            100.0 * judged.skill,
            100.0 * judged.scores.coverage80,
            100.0 * judged.scores.coverage95
        );
    }
    for (name, reason) in &forecast.left_out {
        let _ = writeln!(text, "  left out: {name}: {reason}");
    }
    let _ = writeln!(text, "  report: {}", published.paths.html.display());
    text
}
