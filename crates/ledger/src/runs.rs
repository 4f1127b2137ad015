//! Runs, each recorded in one transaction, and read back.
//!
//! In: a [`RunRecord`]. Closing its slot and storing its forecasts, findings, mails and guard update succeed or fail
//! together. Out: the runs of a horizon, counts by status, and the quantiles that a model issued in a run.

use crate::error::LedgerError;
use crate::instants::{instant, to_text};
use crate::ledger::Ledger;
use crate::record::{IssuedForecast, RunRecord, RunSummary};
use crate::{drift_record, guard, outbox, slots};
use chrono::NaiveDate;
use forecaster_domain::Horizon;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::path::PathBuf;

impl Ledger {
    /// Stores a run, its forecasts, metrics line and mails, and closes the slot of the schedule that it answers, in
    /// one transaction.
    ///
    /// # Errors
    /// When the slot is not open, or the transaction fails; nothing of the run is stored then.
    pub fn record(&self, run: &RunRecord) -> Result<(), LedgerError> {
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<bool> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if !slots::close_for(&transaction, run)? {
                return Ok(false);
            }
            insert_run(&transaction, run)?;
            for issued in &run.forecasts {
                insert_forecast(&transaction, &run.run_id, issued)?;
            }
            drift_record::insert(&transaction, run)?;
            for mail in &run.mail {
                outbox::insert(&transaction, Some(&run.run_id), mail)?;
            }
            if let Some(update) = &run.guard {
                guard::apply(&transaction, update)?;
            }
            transaction.commit()?;
            Ok(true)
        };
        match write() {
            Ok(true) => Ok(()),
            Ok(false) => Err(LedgerError::SlotClosed { run_id: run.run_id.clone() }),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Returns the last `limit` runs of `horizon`, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs(&self, horizon: Horizon, limit: usize) -> Result<Vec<RunSummary>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<RunSummary>> {
            connection
                .prepare(
                    "SELECT run_id, as_of, finished_at, status, metrics FROM runs WHERE horizon = ?1
                     ORDER BY started_at DESC, run_id DESC LIMIT ?2",
                )?
                .query_map(params![horizon.key(), limit as i64], summary)?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }

    /// Returns true when a run is stored under this identifier.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn has_run(&self, run_id: &str) -> Result<bool, LedgerError> {
        self.connection()
            .query_row("SELECT EXISTS (SELECT 1 FROM runs WHERE run_id = ?1)", [run_id], |row| row.get(0))
            .map_err(|e| self.failed(e))
    }

    /// Counts the runs by horizon and status.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn run_counts(&self) -> Result<Vec<(Horizon, String, u64)>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<(String, String, i64)>> {
            connection
                .prepare(
                    "SELECT horizon, status, COUNT(*) FROM runs GROUP BY horizon, status ORDER BY horizon, status",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        };
        let rows = read().map_err(|e| self.failed(e))?;
        let known = |(key, status, count): (String, String, i64)| {
            Some((key.parse().ok()?, status, u64::try_from(count).unwrap_or_default()))
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }

    /// Returns the quantiles `[11]` that `model` issued in a run for a target date; `None` when there are none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn issued(
        &self,
        run_id: &str,
        model: &str,
        target_date: NaiveDate,
    ) -> Result<Option<[f64; 11]>, LedgerError> {
        self.connection()
            .query_row(
                "SELECT q0025, q10, q20, q30, q40, q50, q60, q70, q80, q90, q0975 FROM forecasts
                 WHERE run_id = ?1 AND model = ?2 AND target_date = ?3",
                params![run_id, model, target_date.to_string()],
                |row| {
                    let mut quantiles = [0.0; 11];
                    for (i, quantile) in quantiles.iter_mut().enumerate() {
                        *quantile = row.get(i)?;
                    }
                    Ok(quantiles)
                },
            )
            .optional()
            .map_err(|e| self.failed(e))
    }
}

/// Reads a summary from the first five columns: run id, as-of date, end, status and metrics line.
pub(crate) fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let as_of: Option<String> = row.get(1)?;
    Ok(RunSummary {
        run_id: row.get(0)?,
        as_of: as_of.and_then(|date| date.parse().ok()),
        finished_at: instant(row, 2)?,
        status: row.get(3)?,
        metrics: row.get(4)?,
    })
}

fn insert_run(connection: &Connection, run: &RunRecord) -> rusqlite::Result<()> {
    let text = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string());
    connection.execute(
        "INSERT INTO runs (run_id, pair, horizon, as_of, scheduled_for, started_at, finished_at, status, report_html,
            report_json, metrics, report_pdf)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            run.run_id,
            run.pair,
            run.horizon.key(),
            run.as_of.map(|date| date.to_string()),
            run.scheduled_for.map(to_text),
            run.started_at.to_rfc3339(),
            run.finished_at.to_rfc3339(),
            run.status.as_str(),
            text(&run.report_html),
            text(&run.report_json),
            run.metrics,
            text(&run.report_pdf),
        ],
    )?;
    Ok(())
}

fn insert_forecast(connection: &Connection, run_id: &str, issued: &IssuedForecast) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO forecasts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    for (step, date) in issued.forecast.dates().iter().enumerate() {
        let q = issued.forecast.row(step);
        let date = date.to_string();
        statement.execute(params![
            run_id,
            issued.model,
            date,
            issued.weight,
            q[0],
            q[1],
            q[2],
            q[3],
            q[4],
            q[5],
            q[6],
            q[7],
            q[8],
            q[9],
            q[10],
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::samples::run;

    #[test]
    fn a_run_is_kept_whole_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        Ledger::open(&path).unwrap().record(&run("a")).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        let runs = ledger.runs(Horizon::D7, 10).unwrap();
        assert_eq!((runs.len(), runs[0].run_id.as_str(), runs[0].status.as_str()), (1, "a", "ok"));
        assert!(ledger.runs(Horizon::D90, 10).unwrap().is_empty());
        let date = NaiveDate::from_ymd_opt(2025, 1, 7).unwrap();
        assert_eq!(ledger.issued("a", "ensemble", date).unwrap().unwrap()[5], 1001.5);
        assert_eq!(ledger.issued("a", "var", date).unwrap(), None);
    }

    #[test]
    fn a_run_that_fails_to_be_recorded_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        let mut broken = run("a");
        broken.forecasts.push(broken.forecasts[0].clone());
        let error = ledger.record(&broken).unwrap_err().to_string();
        assert!(error.contains("nothing of this transaction was kept"), "{error}");
        assert!(ledger.runs(Horizon::D7, 10).unwrap().is_empty());
        ledger.record(&run("a")).unwrap();
    }
}
