//! The validation cache: forecasts of the rolling origins, stored under a key of everything they depend on.

use crate::error::LedgerError;
use crate::ledger::Ledger;
use chrono::{Datelike, Days, NaiveDate};
use forecaster_domain::{ForecastKey, LEVELS, QuantileForecast};
use ndarray::Array2;
use rusqlite::{OptionalExtension, params};

/// Age in days after which entries are dropped: the oldest origin of a 90-day validation of 60 weekly origins is
/// about 520 days old.
const KEEP_DAYS: u64 = 800;

impl Ledger {
    /// Returns the forecasts stored under `keys`; an item is `None` when there is none or it cannot be decoded.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn cached_forecasts(&self, keys: &[ForecastKey]) -> Result<Vec<Option<QuantileForecast>>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<Option<QuantileForecast>>> {
            let mut statement = connection.prepare_cached(
                "SELECT dates, quantiles FROM validation_cache
                 WHERE model = ?1 AND horizon = ?2 AND origin = ?3 AND history = ?4",
            )?;
            keys.iter()
                .map(|key| {
                    let found = statement
                        .query_row(
                            params![key.model, key.horizon.key(), key.origin.to_string(), key.history],
                            |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)),
                        )
                        .optional()?;
                    Ok(found.and_then(|(dates, quantiles)| decode(key.origin, &dates, &quantiles)))
                })
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }

    /// Stores `forecasts`, and drops entries older than 800 days before `today`.
    ///
    /// # Errors
    /// When the transaction fails.
    pub fn cache_forecasts(
        &self,
        forecasts: &[(ForecastKey, QuantileForecast)],
        today: NaiveDate,
    ) -> Result<(), LedgerError> {
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            {
                let mut statement = transaction
                    .prepare_cached("INSERT OR REPLACE INTO validation_cache VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
                for (key, forecast) in forecasts {
                    let (dates, quantiles) = encode(forecast);
                    let (origin, today) = (key.origin.to_string(), today.to_string());
                    let horizon = key.horizon.key();
                    statement.execute(params![key.model, horizon, origin, key.history, dates, quantiles, today])?;
                }
            }
            let oldest = today.checked_sub_days(Days::new(KEEP_DAYS)).unwrap_or_default();
            transaction.execute("DELETE FROM validation_cache WHERE created_on < ?1", [oldest.to_string()])?;
            transaction.commit()
        };
        write().map_err(|e| self.failed(e))
    }
}

fn encode(forecast: &QuantileForecast) -> (Vec<u8>, Vec<u8>) {
    let dates = forecast.dates().iter().flat_map(|d| d.num_days_from_ce().to_le_bytes()).collect();
    let quantiles = forecast.values().iter().flat_map(|q| q.to_le_bytes()).collect();
    (dates, quantiles)
}

fn decode(as_of: NaiveDate, dates: &[u8], quantiles: &[u8]) -> Option<QuantileForecast> {
    let dates: Vec<NaiveDate> = dates
        .chunks_exact(4)
        .map(|bytes| NaiveDate::from_num_days_from_ce_opt(i32::from_le_bytes(bytes.try_into().ok()?)))
        .collect::<Option<_>>()?;
    let quantiles: Vec<f64> =
        quantiles.chunks_exact(8).map(|b| Some(f64::from_le_bytes(b.try_into().ok()?))).collect::<Option<_>>()?;
    let values = Array2::from_shape_vec((dates.len(), LEVELS.len()), quantiles).ok()?;
    QuantileForecast::new(as_of, dates, values).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::samples::forecast;
    use forecaster_domain::Horizon;

    fn key(model: &str) -> ForecastKey {
        let origin = NaiveDate::from_ymd_opt(2025, 1, 3).unwrap();
        ForecastKey { model: model.into(), horizon: Horizon::D7, origin, history: "abc".into() }
    }

    #[test]
    fn a_cached_forecast_comes_back_to_the_last_bit_and_only_under_its_own_key() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        let today = NaiveDate::from_ymd_opt(2025, 1, 3).unwrap();
        let kept = forecast(1000.0 / 3.0);
        ledger.cache_forecasts(&[(key("var/1"), kept.clone())], today).unwrap();
        let other = ForecastKey { history: "abd".into(), ..key("var/1") };
        let found = ledger.cached_forecasts(&[key("var/1"), key("var/2"), other]).unwrap();
        assert_eq!(found, [Some(kept), None, None]);
    }

    #[test]
    fn old_entries_go_and_broken_ones_count_as_absent() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        let today = NaiveDate::from_ymd_opt(2025, 1, 3).unwrap();
        ledger.cache_forecasts(&[(key("old"), forecast(1.0))], today - Days::new(801)).unwrap();
        ledger.cache_forecasts(&[(key("new"), forecast(1.0)), (key("cut"), forecast(2.0))], today).unwrap();
        ledger.connection().execute("UPDATE validation_cache SET quantiles = x'00' WHERE model = 'cut'", []).unwrap();
        let found = ledger.cached_forecasts(&[key("old"), key("new"), key("cut")]).unwrap();
        assert!(found[0].is_none() && found[1].is_some() && found[2].is_none());
    }
}
