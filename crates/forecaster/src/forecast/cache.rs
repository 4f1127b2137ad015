//! The ledger as the ensemble's forecast cache.

use chrono::NaiveDate;
use forecaster_domain::{ForecastKey, QuantileForecast};
use forecaster_ensemble::ForecastCache;
use forecaster_ledger::Ledger;

/// Keeps validation forecasts in the ledger; on failure, logs a warning and continues without the cache.
pub(crate) struct LedgerCache<'a> {
    /// The ledger.
    pub ledger: &'a Ledger,
    /// Today's date, from which the age of entries is counted.
    pub today: NaiveDate,
}

impl ForecastCache for LedgerCache<'_> {
    fn load(&self, keys: &[ForecastKey]) -> Vec<Option<QuantileForecast>> {
        self.ledger.cached_forecasts(keys).unwrap_or_else(|error| {
            tracing::warn!("validation cache not read, computing anew: {error}");
            vec![None; keys.len()]
        })
    }

    fn store(&self, forecasts: &[(ForecastKey, QuantileForecast)]) {
        if forecasts.is_empty() {
            return;
        }
        if let Err(error) = self.ledger.cache_forecasts(forecasts, self.today) {
            tracing::warn!("validation cache not written, the next run computes anew: {error}");
        }
    }
}
