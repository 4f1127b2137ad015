//! The report's section on issued forecasts: the review of a year, converted to the report's types.

use crate::config::settings::Config;
use crate::market::Market;
use crate::review::comparisons::{Comparison, ComparisonVerdict};
use crate::review::figures::Scope;
use crate::review::horizon;
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, Horizon, ModelId};
use forecaster_ledger::Ledger;
use forecaster_report::{TrackComparison, TrackRecord, TrackRow, TrackVerdict};

/// Days reviewed: the rarest horizon has a dozen forecasts in them.
const DAYS: u64 = 365;
/// Order of the first rows; the others follow by name.
const FIRST: [&str; 3] = [ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, ModelId::RandomWalk.as_str()];

/// Reviews the forecasts issued for `of` that came due in the year up to the as-of date. `None`, with a warning, when
/// they cannot be read.
pub(crate) fn read(ledger: &Ledger, config: &Config, market: &Market, of: Horizon) -> Option<TrackRecord> {
    let scope = Scope::last_days(DAYS, market.as_of(), false);
    let review = horizon(ledger, &market.pair.to_string(), of, &scope, config.zone())
        .inspect_err(|error| tracing::warn!("the track record is left out of the report: {error}"))
        .ok()?;
    let mut rows: Vec<TrackRow> = review
        .models
        .iter()
        .filter_map(|(model, it)| {
            Some(TrackRow {
                model: model.clone(),
                n: it.n,
                rmse: it.rmse?,
                mape: it.mape?,
                wql: it.wql?,
                coverage80: it.coverage80?,
                coverage95: it.coverage95?,
                skill: it.skill,
            })
        })
        .collect();
    rows.sort_by_key(|row| FIRST.iter().position(|first| *first == row.model).unwrap_or(FIRST.len()));
    let comparisons = review.comparisons.iter().filter_map(comparison).collect();
    Some(TrackRecord { from: scope.from, to: scope.to, rows, comparisons })
}

/// Converts a comparison; `None` when one of the two issued nothing.
fn comparison(it: &Comparison) -> Option<TrackComparison> {
    Some(TrackComparison {
        model: it.model.to_owned(),
        against: it.against.to_owned(),
        n: it.n,
        skill: it.skill?,
        p_value: it.p_value,
        verdict: match it.verdict {
            ComparisonVerdict::Better => TrackVerdict::Better,
            ComparisonVerdict::Worse => TrackVerdict::Worse,
            ComparisonVerdict::CannotTellYet => {
                TrackVerdict::CannotTellYet { more_runs: it.more_runs_needed.map(|runs| runs as usize) }
            }
        },
    })
}
