//! Scores of the models in a horizon: from issued forecasts that have come due, when there are enough; else from the
//! validation of the last run with Chronos.

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::host::clock::today;
use crate::review;
use crate::review::comparisons::LEAST_FORECASTS;
use crate::review::figures::Scope;
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, Horizon, ModelId};
use forecaster_ledger::Ledger;
use serde_json::Value;
use std::collections::BTreeMap;

const CHRONOS: &str = ModelId::Chronos.as_str();

/// Days of issued forecasts that are reviewed.
const DAYS: u64 = 365;
/// Latest runs searched for one with Chronos.
const RUNS_SEEN: usize = 20;

/// Errors of the models of a horizon, all on the same outcomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelScores {
    /// Source of the errors, in a few words.
    pub source: String,
    /// RMSE (price units) and WQL by model, pools included.
    errors: BTreeMap<String, (f64, f64)>,
}

impl ModelScores {
    /// Returns the root mean square error of a model's median at the last target date, price units.
    pub(crate) fn rmse(&self, model: &str) -> Option<f64> {
        self.errors.get(model).map(|(rmse, _)| *rmse)
    }

    /// Returns the weighted quantile loss of a model.
    pub(crate) fn wql(&self, model: &str) -> Option<f64> {
        self.errors.get(model).map(|(_, wql)| *wql)
    }
}

/// Returns the standing in `horizon`; `None` before the first run with Chronos.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn of_horizon(ledger: &Ledger, config: &Config, horizon: Horizon) -> Result<Option<ModelScores>, Failure> {
    match issued(ledger, config, horizon)? {
        Some(standing) => Ok(Some(standing)),
        None => Ok(validated(ledger, horizon)?),
    }
}

/// Returns the standing from a year's forecasts that were issued with Chronos and have come due; `None` when they are
/// fewer than a verdict needs.
fn issued(ledger: &Ledger, config: &Config, horizon: Horizon) -> Result<Option<ModelScores>, Failure> {
    let today = today(config);
    let scope = Scope::last_days(DAYS, today, false);
    let pair = config.pair().to_string();
    let review = review::horizon(ledger, &pair, horizon, &scope, config.zone())?;
    let n = review.models.get(CHRONOS).map_or(0, |it| it.n);
    if n < LEAST_FORECASTS {
        return Ok(None);
    }
    // Only models with as many forecasts: the others were judged on other outcomes.
    let alike = review.models.into_iter().filter(|(_, it)| it.n == n);
    let errors = alike.filter_map(|(name, it)| Some((name, (it.rmse?, it.wql?)))).collect();
    Ok(Some(ModelScores { source: format!("{n} issued forecasts"), errors }))
}

fn validated(ledger: &Ledger, horizon: Horizon) -> Result<Option<ModelScores>, forecaster_ledger::LedgerError> {
    let runs = ledger.runs(horizon, RUNS_SEEN)?;
    let lines = runs.iter().filter_map(|run| serde_json::from_str::<Value>(&run.metrics).ok());
    Ok(lines.filter(|line| !line["models"][CHRONOS].is_null()).find_map(|line| {
        let errors = |scores: &Value| Some((scores["rmse"].as_f64()?, scores["wql"].as_f64()?));
        let models = line["models"].as_object()?.iter().filter_map(|(name, it)| Some((name.clone(), errors(it)?)));
        let pools = [ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS];
        let pools = pools.into_iter().filter_map(|name| Some((name.to_owned(), errors(&line[name])?)));
        let origins = line["models"][CHRONOS]["n"].as_u64()?;
        Some(ModelScores { source: format!("{origins} validation origins"), errors: models.chain(pools).collect() })
    }))
}
