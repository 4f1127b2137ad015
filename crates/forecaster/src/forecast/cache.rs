//! The ledger as the ensemble's forecast cache.

use chrono::NaiveDate;
use forecaster_domain::{ForecastKey, QuantileForecast};
use forecaster_ensemble::ForecastCache;
use forecaster_ledger::Ledger;

/// Keeps validation forecasts in the ledger; when it cannot, says so and goes on without.
pub(crate) struct LedgerCache<'a> {
    /// The ledger.
    pub ledger: &'a Ledger,
    /// Today, by which entries grow old.
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
