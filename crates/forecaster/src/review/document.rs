//! The review as a JSON document. The schema is docs/schema/review.schema.json.

use super::comparisons::LEAST_FORECASTS;
use super::figures::Scope;
use super::{COUNTED_FORECASTS, COUNTED_RUNS, HorizonReview};
use chrono::NaiveDate;
use forecaster_domain::{Horizon, Pair};
use forecaster_ensemble::{POWER, SIGNIFICANCE};
use serde::Serialize;
use std::collections::BTreeMap;

const LOSS: &str =
    "of a run: 2 x sum of the pinball losses at the nine deciles over its target dates / (9 x sum of the actuals)";
const TEST: &str = "Diebold and Mariano (1995) on the differences of the runs' losses, corrected for small samples by \
    Harvey, Leybourne and Newbold (1997), two-sided, Student's t with n - 1 degrees of freedom; variance from the \
    autocovariances up to lag, the most forecasts issued before an earlier one matured, and never less than without \
    them";

/// Document printed by `forecaster review --json`.
#[derive(Debug, Serialize)]
pub(crate) struct ReviewDocument<'a> {
    pair: String,
    period: &'static str,
    from: NaiveDate,
    to: NaiveDate,
    replays: bool,
    counts: CountingRules,
    method: Method,
    horizons: BTreeMap<&'static str, &'a HorizonReview>,
}

/// Rules for the forecasts and the runs that count.
#[derive(Debug, Serialize)]
struct CountingRules {
    forecasts: &'static str,
    runs: &'static str,
}

#[derive(Debug, Serialize)]
struct Method {
    loss: &'static str,
    test: &'static str,
    significance: f64,
    power: f64,
    least_forecasts: usize,
}

impl<'a> ReviewDocument<'a> {
    /// Builds the document; `period` is the name of the period.
    pub(crate) fn new(
        pair: &Pair,
        period: &'static str,
        scope: &Scope,
        horizons: &'a [(Horizon, HorizonReview)],
    ) -> Self {
        Self {
            pair: pair.to_string(),
            period,
            from: scope.from,
            to: scope.to,
            replays: scope.replays,
            counts: CountingRules { forecasts: COUNTED_FORECASTS, runs: COUNTED_RUNS },
            method: Method {
                loss: LOSS,
                test: TEST,
                significance: SIGNIFICANCE,
                power: POWER,
                least_forecasts: LEAST_FORECASTS,
            },
            horizons: horizons.iter().map(|(horizon, review)| (horizon.key(), review)).collect(),
        }
    }
}
