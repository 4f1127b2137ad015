//! How the models stand in a horizon: by what was issued and has come due, where that is enough; else by the validation of the last
//! run with Chronos.

use crate::config::{CHRONOS, Config};
use crate::failure::Failure;
use forecaster_domain::Horizon;
use forecaster_ledger::Ledger;
use serde_json::Value;
use std::collections::BTreeMap;

/// Runs looked through for one with Chronos.
const RUNS_SEEN: usize = 20;

/// Errors of the models of a horizon, all on the same outcomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    /// What they are taken from, in a few words.
    pub source: String,
    /// RMSE (price units) and WQL by model, pools included.
    errors: BTreeMap<String, (f64, f64)>,
}

impl Standing {
    /// Root mean square error of a model's median at the last target date, price units.
    pub(crate) fn rmse(&self, model: &str) -> Option<f64> {
        self.errors.get(model).map(|(rmse, _)| *rmse)
    }

    /// Weighted quantile loss of a model.
    pub(crate) fn wql(&self, model: &str) -> Option<f64> {
        self.errors.get(model).map(|(_, wql)| *wql)
    }
}

/// The standing in `horizon`; `None` before the first run with Chronos.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn of_horizon(ledger: &Ledger, _config: &Config, horizon: Horizon) -> Result<Option<Standing>, Failure> {
    Ok(validated(ledger, horizon)?)
}

fn validated(ledger: &Ledger, horizon: Horizon) -> Result<Option<Standing>, forecaster_ledger::LedgerError> {
    let runs = ledger.runs(horizon, RUNS_SEEN)?;
    let lines = runs.iter().filter_map(|run| serde_json::from_str::<Value>(&run.metrics).ok());
    Ok(lines.filter(|line| !line["models"][CHRONOS].is_null()).find_map(|line| {
        let errors = |scores: &Value| Some((scores["rmse"].as_f64()?, scores["wql"].as_f64()?));
        let models = line["models"].as_object()?.iter().filter_map(|(name, it)| Some((name.clone(), errors(it)?)));
        let pools = ["ensemble", "ensemble_without_chronos"];
        let pools = pools.into_iter().filter_map(|name| Some((name.to_owned(), errors(&line[name])?)));
        let origins = line["models"][CHRONOS]["n"].as_u64()?;
        Some(Standing { source: format!("{origins} validation origins"), errors: models.chain(pools).collect() })
    }))
}
