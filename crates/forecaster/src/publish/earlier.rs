//! Facts about earlier runs for the report: forecasts that were truly issued, their weights, and the changes since
//! the last run, with the reason.

use crate::forecast::result::Forecast;
use crate::market::Market;
use crate::review::issued::made_before_outcome;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use forecaster_domain::{ENSEMBLE, LEVELS, MEDIAN, Observation, PastWeights, Series};
use forecaster_ledger::{IssuedEnsemble, IssuedRun, Ledger};
use forecaster_report::{ChangeUnit, MedianChange, Move, PastForecast, RATE_DIFFERENTIAL, SinceLast};
use std::collections::BTreeMap;

/// Issued forecasts shown.
const ISSUED_SHOWN: usize = 60;
/// Age in days above which a series' last value is too old to show a move.
const MAX_AGE_DAYS: i64 = 10;
/// Calendar days until a value of a watched series is known.
const LAG_DAYS: u64 = 1;

/// Facts about earlier runs of the horizon.
#[derive(Debug, Clone, Default)]
pub(crate) struct EarlierRuns {
    /// Forecasts issued before their last target date, which has passed; oldest first.
    pub issued: Vec<PastForecast>,
    /// Weights of forecasts that were issued before their last target date; oldest first.
    pub weights: Vec<PastWeights>,
    /// Changes since the last run.
    pub since_last: Option<SinceLast>,
}

impl EarlierRuns {
    /// Reads the facts from the ledger; whatever cannot be read is left out, with a warning.
    pub(crate) fn read(ledger: &Ledger, market: &Market, forecast: &Forecast, zone: Tz) -> Self {
        let (pair, horizon, as_of) = (market.pair.to_string(), forecast.horizon, market.as_of());
        let past = ledger.issued_ensembles(&pair, horizon, as_of, ISSUED_SHOWN).unwrap_or_else(|error| {
            tracing::warn!("earlier forecasts are left out of the report: {error}");
            Vec::new()
        });
        let last = ledger.last_issued_run(&pair, horizon, as_of).unwrap_or_else(|error| {
            tracing::warn!("the comparison with the last report is left out: {error}");
            None
        });
        let own: Vec<IssuedEnsemble> =
            past.into_iter().filter(|issue| made_before_outcome(issue.finished_at, issue.end_date, zone)).collect();
        Self {
            issued: own.iter().filter(|issue| issue.end_date <= as_of).map(|issue| matured(issue, market)).collect(),
            weights: own.into_iter().map(weights).collect(),
            since_last: last.and_then(|last| since(&last, market, forecast)),
        }
    }
}

fn matured(issue: &IssuedEnsemble, market: &Market) -> PastForecast {
    let q = &issue.ensemble;
    PastForecast {
        origin: issue.as_of,
        date: issue.end_date,
        median: q[MEDIAN],
        interval80: interval80(q),
        interval95: interval95(q),
        actual: market.history.pair().value_on(issue.end_date),
    }
}

fn weights(issue: IssuedEnsemble) -> PastWeights {
    PastWeights { as_of: issue.as_of, issued: true, weights: issue.weights }
}

fn interval80(quantiles: &[f64; LEVELS.len()]) -> (f64, f64) {
    (quantiles[1], quantiles[LEVELS.len() - 2])
}

fn interval95(quantiles: &[f64; LEVELS.len()]) -> (f64, f64) {
    (quantiles[0], quantiles[LEVELS.len() - 1])
}

/// `None` when the earlier run's ensemble is unknown.
fn since(last: &IssuedRun, market: &Market, forecast: &Forecast) -> Option<SinceLast> {
    let ensemble: BTreeMap<NaiveDate, &[f64; LEVELS.len()]> =
        last.rows.iter().filter(|(model, ..)| model == ENSEMBLE).map(|(_, _, date, q)| (*date, q)).collect();
    let (end_date, end) = ensemble.last_key_value()?;
    let pair = market.history.pair();
    let then = pair.index_at_or_before(last.as_of)?;
    let last_value = recorded_value(&last.metrics).unwrap_or_else(|| pair.values()[then]);
    let before = PreviousRun { value: last_value, median: end[MEDIAN], models: medians_at(last, *end_date) };
    Some(SinceLast {
        as_of: last.as_of,
        last_value,
        end_date: *end_date,
        median: end[MEDIAN],
        interval80: interval80(end),
        forecast_for_today: ensemble.get(&market.as_of()).map(|q| (q[MEDIAN], interval80(q), interval95(q))),
        moves: moves(market, last.as_of, last_value),
        change: before.change(forecast, pair.last_value()),
    })
}

/// Last value as that run saw it; it may have been revised since.
fn recorded_value(metrics: &str) -> Option<f64> {
    let line: serde_json::Value = serde_json::from_str(metrics).ok()?;
    line.get("last_value")?.as_f64().filter(|value| *value > 0.0)
}

/// Model, weight and median for the date `end`.
fn medians_at(run: &IssuedRun, end: NaiveDate) -> Vec<(String, f64, f64)> {
    let of_models = run.rows.iter().filter(|(_, _, date, _)| *date == end);
    of_models.filter_map(|(model, weight, _, q)| Some((model.clone(), (*weight)?, q[MEDIAN]))).collect()
}

/// The earlier run at the end of its horizon.
struct PreviousRun {
    value: f64,
    median: f64,
    models: Vec<(String, f64, f64)>,
}

impl PreviousRun {
    /// Splits the change of the median into parts. The pool's median is the weighted mean of the models' medians in
    /// logarithms (calibration spreads about it), so with d the log of a model's median over the last value, w its
    /// weight, 0 for then and 1 for now, the change is ln(last1 / last0) + sum w0 (d1 - d0) + sum (w1 - w0) d1. A
    /// model that has left counts with -w0 d0 in the last sum. Each part is converted to prices, in proportion.
    fn change(&self, forecast: &Forecast, value: f64) -> Option<MedianChange> {
        if self.models.is_empty() {
            return None;
        }
        let end = forecast.ensemble.last_step();
        let median = forecast.ensemble.median(end);
        let now: Vec<(&str, f64, f64)> = forecast
            .models
            .iter()
            .map(|m| (m.id.as_str(), m.weight, (m.forecast.quantiles.median(end) / value).ln()))
            .collect();
        let total = (median / self.median).ln();
        let data = (value / self.value).ln();
        let by_model: Vec<(String, f64)> = self
            .models
            .iter()
            .filter_map(|(name, weight, then)| {
                let (_, _, drift) = now.iter().find(|(other, ..)| other == name)?;
                Some((name.clone(), weight * (drift - (then / self.value).ln())))
            })
            .collect();
        let models: f64 = by_model.iter().map(|(_, part)| part).sum();
        let price = if total.abs() > 1e-12 { (median - self.median) / total } else { median };
        let names = |weighted: &mut dyn Iterator<Item = (&str, f64)>| -> Vec<String> {
            weighted.filter(|(_, weight)| *weight > 0.0).map(|(name, _)| name.to_owned()).collect()
        };
        let old = names(&mut self.models.iter().map(|(name, weight, _)| (name.as_str(), *weight)));
        let new = names(&mut now.iter().map(|(name, weight, _)| (*name, *weight)));
        Some(MedianChange {
            data: price * data,
            models: price * models,
            weights: price * (total - data - models),
            by_model: by_model.into_iter().map(|(name, part)| (name, price * part)).collect(),
            joined: new.iter().filter(|name| !old.contains(name)).cloned().collect(),
            left: old.into_iter().filter(|name| !new.contains(name)).collect(),
        })
    }
}

/// Moves of the pair and the other series since `then`, each between the values known on both days.
fn moves(market: &Market, then: NaiveDate, last_value: f64) -> Vec<Move> {
    let pair = market.history.pair();
    let own = Move {
        series: pair.name().to_owned(),
        measure: ChangeUnit::Percent,
        from: Observation { date: then, value: last_value },
        to: Observation { date: pair.last_date(), value: pair.last_value() },
    };
    let regressors = market.history.regressors().iter().map(|r| (&r.series, u64::from(r.lag_days)));
    let series = || regressors.clone().chain(market.watched.iter().map(|series| (series, LAG_DAYS)));
    let known = |name: &str| {
        let (found, lag) = series().find(|(series, _)| series.name() == name)?;
        moved(found, lag, then, market.as_of())
    };
    let others = series().filter_map(|(series, lag)| moved(series, lag, then, market.as_of()));
    let differential = known("tpm").zip(known("fed_funds")).map(|(tpm, fed_funds)| Move {
        series: RATE_DIFFERENTIAL.to_owned(),
        measure: ChangeUnit::PercentagePoints,
        from: Observation { date: tpm.from.date, value: tpm.from.value - fed_funds.from.value },
        to: Observation { date: tpm.to.date, value: tpm.to.value - fed_funds.to.value },
    });
    std::iter::once(own).chain(others).chain(differential).collect()
}

/// `None` for a series that did not exist then, or has ended.
fn moved(series: &Series, lag_days: u64, then: NaiveDate, now: NaiveDate) -> Option<Move> {
    let known = |day: NaiveDate| {
        let index = series.index_at_or_before(day - Days::new(lag_days))?;
        let date = series.dates()[index];
        let is_fresh = (day - date).num_days() <= MAX_AGE_DAYS + lag_days as i64;
        is_fresh.then(|| Observation { date, value: series.values()[index] })
    };
    Some(Move {
        series: series.name().to_owned(),
        measure: measure(series.name()),
        from: known(then)?,
        to: known(now)?,
    })
}

fn measure(series: &str) -> ChangeUnit {
    match series {
        "vix" => ChangeUnit::Points,
        "tpm" | "fed_funds" => ChangeUnit::PercentagePoints,
        _ => ChangeUnit::Percent,
    }
}
