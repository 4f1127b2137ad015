//! Scoring of earlier runs' forecasts with the rates known now. In: the pair's rates. Out: rows in the ledger. A
//! failure is logged and stops nothing: the next run tries again.

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::market::Market;
use crate::market::series::{MIN_OBSERVATIONS, quality_rules};
use chrono::{NaiveDate, Utc};
use forecaster_ledger::{Ledger, LedgerError, ScoringCounts};
use forecaster_rates::{RatesStore, assemble_pair};
use std::collections::BTreeMap;

/// Scores with the rates that a run knows, before it is published. `today` is the clock's date: a market with an
/// earlier date belongs to a replay.
pub(crate) fn score_with_run_rates(ledger: &Ledger, market: &Market, today: NaiveDate) {
    let score = || -> Result<ScoringCounts, LedgerError> {
        let (pair, rates) = (market.pair.to_string(), market.history.pair());
        // A replay sees values as they were known on its date, so values recorded since take precedence.
        let noted = if market.today < today { ledger.actuals(&pair)? } else { BTreeMap::new() };
        let actual = |date: NaiveDate| noted.get(&date).copied().or_else(|| rates.value_on(date));
        ledger.score_issued(&pair, market.as_of(), &actual, Utc::now())
    };
    log_scoring(score());
}

/// Scores with all rates in the store.
pub(crate) fn score_with_stored_rates(ledger: &Ledger, config: &Config, today: NaiveDate) {
    let score = || -> Result<ScoringCounts, Failure> {
        let pair = config.pair();
        let store = RatesStore::open(&config.service.data_dir)?;
        let own = assemble_pair(&store, pair, |name| quality_rules(pair, name, today), None, MIN_OBSERVATIONS)?;
        let rates = own.checked.series;
        Ok(ledger.score_issued(&pair.to_string(), rates.last_date(), &|date| rates.value_on(date), Utc::now())?)
    };
    log_scoring(score());
}

fn log_scoring(scored: Result<ScoringCounts, impl std::fmt::Display>) {
    match scored {
        Ok(ScoringCounts { scored: 0, rescored: 0, revisions: 0 }) => {}
        Ok(ScoringCounts { scored, rescored, revisions }) => {
            tracing::info!(scored, rescored, revisions, "earlier forecasts scored: {scored} new, {rescored} again");
        }
        Err(error) => tracing::warn!("earlier forecasts could not be scored: {error}"),
    }
}
