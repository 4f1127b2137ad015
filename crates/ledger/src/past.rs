//! Forecasts issued by earlier runs of a horizon, for the reports of later runs.

use crate::error::LedgerError;
use crate::instants::instant;
use crate::ledger::Ledger;
use crate::record::{RunStatus, RunSummary};
use crate::runs::summary;
use chrono::{DateTime, Days, NaiveDate, Utc};
use forecaster_domain::Horizon;
use rusqlite::{Connection, Row, params};

/// Forecast of a run for its last target date.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedEnsemble {
    /// Identifier of the run.
    pub run_id: String,
    /// As-of date of the run.
    pub as_of: NaiveDate,
    /// End of the run.
    pub finished_at: DateTime<Utc>,
    /// Last target date of the run.
    pub end_date: NaiveDate,
    /// Weights of the run's models.
    pub weights: Vec<(String, f64)>,
    /// The ensemble's price quantiles `[11]` for that date.
    pub ensemble: [f64; 11],
}

/// A run and the last target date of its forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Summary of the run.
    pub run: RunSummary,
    /// Last target date of its forecast; `None` when it issued none.
    pub end_date: Option<NaiveDate>,
}

/// All forecasts of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedRun {
    /// Identifier of the run.
    pub run_id: String,
    /// As-of date of the run.
    pub as_of: NaiveDate,
    /// Metrics line of the run.
    pub metrics: String,
    /// Forecast rows by model and date: model, weight (`None` for pools), target date and price quantiles `[11]`.
    pub rows: Vec<(String, Option<f64>, NaiveDate, [f64; 11])>,
}

impl Ledger {
    /// Returns the forecasts of `pair` and `horizon` for the last `limit` as-of dates before `before`, oldest first.
    /// Of several runs for one date only the first counts: it was made without hindsight.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn issued_ensembles(
        &self,
        pair: &str,
        horizon: Horizon,
        before: NaiveDate,
        limit: usize,
    ) -> Result<Vec<IssuedEnsemble>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<IssuedEnsemble>> {
            let mut runs: Vec<(String, String, DateTime<Utc>)> = connection
                .prepare_cached(
                    "SELECT run_id, as_of, MIN(finished_at) FROM runs
                     WHERE pair = ?1 AND horizon = ?2 AND status <> ?3 AND as_of < ?4
                     GROUP BY as_of ORDER BY as_of DESC LIMIT ?5",
                )?
                .query_map(
                    params![pair, horizon.key(), RunStatus::Failed.as_str(), before.to_string(), limit as i64],
                    |row| Ok((row.get(0)?, row.get(1)?, instant(row, 2)?)),
                )?
                .collect::<rusqlite::Result<_>>()?;
            runs.reverse();
            runs.into_iter()
                .map(|(run_id, as_of, finished_at)| read_issued_ensemble(&connection, run_id, &as_of, finished_at))
                .filter_map(Result::transpose)
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }

    /// Returns the runs of `pair` and `horizon`, failed ones too, whose as-of date lies in `from..=to`, or that ended
    /// (UTC) between the day before `from` and the day after `to`, since local days begin at another hour; in the
    /// order in which they ended.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs_between(
        &self,
        pair: &str,
        horizon: Horizon,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<PastRun>, LedgerError> {
        let (first, last) = (from - Days::new(1), to + Days::new(1));
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<PastRun>> {
            connection
                .prepare_cached(
                    "SELECT run_id, as_of, finished_at, status, metrics,
                        (SELECT MAX(target_date) FROM forecasts f WHERE f.run_id = r.run_id AND f.model = 'ensemble')
                     FROM runs r WHERE pair = ?1 AND horizon = ?2
                        AND (as_of BETWEEN ?3 AND ?4 OR substr(finished_at, 1, 10) BETWEEN ?5 AND ?6)
                     ORDER BY finished_at, run_id",
                )?
                .query_map([pair, horizon.key(), &day(from), &day(to), &day(first), &day(last)], |row| {
                    let end_date: Option<String> = row.get(5)?;
                    Ok(PastRun { run: summary(row)?, end_date: end_date.map(|text| parsed(&text, 5)).transpose()? })
                })?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }

    /// Returns the last run of `pair` and `horizon` for the newest as-of date before `before`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_issued_run(
        &self,
        pair: &str,
        horizon: Horizon,
        before: NaiveDate,
    ) -> Result<Option<IssuedRun>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Option<IssuedRun>> {
            let mut newest = connection.prepare_cached(
                "SELECT run_id, as_of, metrics FROM runs
                 WHERE pair = ?1 AND horizon = ?2 AND status <> ?3 AND as_of < ?4
                 ORDER BY as_of DESC, finished_at DESC LIMIT 1",
            )?;
            let of = params![pair, horizon.key(), RunStatus::Failed.as_str(), before.to_string()];
            let mut found = newest.query_map(of, |row| Ok((row.get(0)?, date(row, 1)?, row.get(2)?)))?;
            let Some((run_id, as_of, metrics)) = found.next().transpose()? else { return Ok(None) };
            let rows = connection
                .prepare_cached(&format!(
                    "SELECT {QUANTILES}, model, weight, target_date FROM forecasts WHERE run_id = ?1
                     ORDER BY model, target_date"
                ))?
                .query_map([&run_id], |row| Ok((row.get(11)?, row.get(12)?, date(row, 13)?, quantiles(row)?)))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(IssuedRun { run_id, as_of, metrics, rows }))
        };
        read().map_err(|e| self.failed(e))
    }
}

fn day(date: NaiveDate) -> String {
    date.to_string()
}

/// Columns of the eleven levels.
const QUANTILES: &str = "q0025, q10, q20, q30, q40, q50, q60, q70, q80, q90, q0975";

/// Reads the quantiles in the first eleven columns.
pub(crate) fn quantiles(row: &Row<'_>) -> rusqlite::Result<[f64; 11]> {
    let mut quantiles = [0.0; 11];
    for (column, quantile) in quantiles.iter_mut().enumerate() {
        *quantile = row.get(column)?;
    }
    Ok(quantiles)
}

pub(crate) fn date(row: &Row<'_>, column: usize) -> rusqlite::Result<NaiveDate> {
    let text: String = row.get(column)?;
    parsed(&text, column)
}

pub(crate) fn parsed(text: &str, column: usize) -> rusqlite::Result<NaiveDate> {
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Reads a run's forecast for its last target date; `None` when the run issued no ensemble.
fn read_issued_ensemble(
    connection: &Connection,
    run_id: String,
    as_of: &str,
    finished_at: DateTime<Utc>,
) -> rusqlite::Result<Option<IssuedEnsemble>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {QUANTILES}, model, weight, target_date FROM forecasts
         WHERE run_id = ?1 AND target_date = (SELECT MAX(target_date) FROM forecasts WHERE run_id = ?1)
         ORDER BY model"
    ))?;
    let mut rows = statement.query([&run_id])?;
    let (mut weights, mut ensemble) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let model: String = row.get(11)?;
        match row.get(12)? {
            Some(weight) => weights.push((model, weight)),
            None if model == "ensemble" => ensemble = Some((quantiles(row)?, date(row, 13)?)),
            None => {}
        }
    }
    let as_of = parsed(as_of, 1)?;
    Ok(ensemble.map(|(ensemble, end_date)| IssuedEnsemble {
        run_id,
        as_of,
        finished_at,
        end_date,
        weights,
        ensemble,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::samples::{forecast, run};
    use crate::record::{IssuedForecast, RunRecord};
    use chrono::TimeDelta;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2025, 1, d).unwrap()
    }

    fn issue(run_id: &str, as_of: u32, minutes: i64, level: f64) -> RunRecord {
        let own = |model: &str, weight| IssuedForecast { model: model.into(), weight, forecast: forecast(level) };
        let finished_at = Utc::now() + TimeDelta::minutes(minutes);
        let forecasts = vec![own("ensemble", None), own("ensemble_without_chronos", None), own("var", Some(0.4))];
        RunRecord { as_of: Some(day(as_of)), finished_at, forecasts, ..run(run_id) }
    }

    #[test]
    fn of_each_date_the_first_forecast_counts_and_of_the_last_date_the_last_run_is_compared() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        for (run_id, as_of, minutes, level) in
            [("late", 2, 9, 900.0), ("first", 2, 1, 1000.0), ("older", 1, 5, 1100.0), ("same day", 3, 0, 1200.0)]
        {
            ledger.record(&issue(run_id, as_of, minutes, level)).unwrap();
        }
        ledger
            .record(&RunRecord { status: RunStatus::Failed, forecasts: vec![], ..issue("failed", 2, 0, 1.0) })
            .unwrap();
        let past = ledger.issued_ensembles("USD/CLP", Horizon::D7, day(3), 10).unwrap();
        let ids: Vec<&str> = past.iter().map(|issue| issue.run_id.as_str()).collect();
        assert_eq!(ids, ["older", "first"]);
        assert_eq!((past[1].end_date, past[1].ensemble[5]), (day(8), 1002.5));
        assert_eq!(past[1].weights, [("var".to_owned(), 0.4)]);
        assert_eq!(ledger.issued_ensembles("USD/CLP", Horizon::D7, day(3), 1).unwrap()[0].run_id, "first");
        assert!(ledger.issued_ensembles("EUR/CLP", Horizon::D7, day(3), 10).unwrap().is_empty());
        let last = ledger.last_issued_run("USD/CLP", Horizon::D7, day(3)).unwrap().unwrap();
        assert_eq!((last.run_id.as_str(), last.as_of, last.rows.len()), ("late", day(2), 9));
        assert_eq!(ledger.last_issued_run("USD/CLP", Horizon::D90, day(3)).unwrap(), None);
    }
}
