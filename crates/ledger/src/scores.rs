//! Scores of issued forecasts, computed as the actuals arrive and stored, so that a review only adds them up.
//!
//! In: the pair's published values up to some date. Out: a row of `scores` for every forecast of every run whose last
//! target date has passed, and in `actuals` the values used. When a value is revised later, the revision is recorded
//! and every run scored with it is scored again, in one transaction.

use crate::error::LedgerError;
use crate::instants::instant;
use crate::ledger::Ledger;
use crate::past::{date, parsed, quantiles};
use crate::record::RunStatus;
use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::scores::{Outcome, ScoreSums, parts};
use forecaster_domain::{Horizon, LEVELS, QuantileForecast};
use ndarray::Array2;
use rusqlite::{Connection, Row, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};

/// Result counts of [`Ledger::score_issued`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScoringCounts {
    /// Runs scored for the first time.
    pub scored: usize,
    /// Runs scored again, because one of their actuals was revised.
    pub rescored: usize,
    /// Actuals that were revised, or that arrived after the run had been scored without them.
    pub revisions: usize,
}

/// An issued forecast and its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredForecast {
    /// Identifier of the run.
    pub run_id: String,
    /// Name of the model, or `ensemble`, or `ensemble_without_chronos`.
    pub model: String,
    /// As-of date of the run.
    pub as_of: NaiveDate,
    /// End of the run.
    pub finished_at: DateTime<Utc>,
    /// Last target date of the run.
    pub end_date: NaiveDate,
    /// Contribution of the forecast to the scores.
    pub parts: ScoreSums,
}

impl Ledger {
    /// Scores every run of `pair` that is not scored yet and whose last target date is not after `known_until`.
    /// `actual` returns the value published for a date as known now, in quote currency per unit of base currency; it
    /// is called only for dates up to `known_until`. A run scored with a different value is scored again. A recorded
    /// value that is no longer known stays, and a run without a value for any of its dates waits. Only reads when
    /// nothing is new.
    ///
    /// # Errors
    /// When the ledger cannot be read or the transaction fails; nothing of it is stored then.
    pub fn score_issued(
        &self,
        pair: &str,
        known_until: NaiveDate,
        actual: &dyn Fn(NaiveDate) -> Option<f64>,
        now: DateTime<Utc>,
    ) -> Result<ScoringCounts, LedgerError> {
        let known = |date: NaiveDate| if date <= known_until { actual(date) } else { None };
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<ScoringCounts> {
            if PendingScores::find(&connection, pair, known_until, &known)?.is_empty() {
                return Ok(ScoringCounts::default());
            }
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have scored the runs while this one waited for the lock.
            let pending = PendingScores::find(&transaction, pair, known_until, &known)?;
            let scored = pending.record_scores(&transaction, pair, &known, now)?;
            transaction.commit()?;
            Ok(scored)
        };
        write().map_err(|e| self.failed(e))
    }

    /// Returns the actuals of `pair` that runs were scored with, in quote currency per unit of base currency.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn actuals(&self, pair: &str) -> Result<BTreeMap<NaiveDate, f64>, LedgerError> {
        recorded_actuals(&self.connection(), pair).map_err(|e| self.failed(e))
    }

    /// Returns the scored forecasts of `pair` and `horizon` whose last target date lies in `from..=to`, by as-of date
    /// and model. Of several runs for one as-of date only the first counts: it was made without hindsight.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn scored_forecasts(
        &self,
        pair: &str,
        horizon: Horizon,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<ScoredForecast>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<ScoredForecast>> {
            connection
                .prepare_cached(
                    "SELECT s.run_id, s.model, r.as_of, r.finished_at, s.end_date, s.dates, s.loss, s.scale, s.inside80,
                        s.inside95, s.end_actual, s.end_error
                     FROM scores s JOIN runs r ON r.run_id = s.run_id
                     WHERE s.end_date BETWEEN ?4 AND ?5 AND s.run_id IN (
                        SELECT run_id FROM (SELECT run_id, MIN(finished_at) FROM runs
                            WHERE pair = ?1 AND horizon = ?2 AND status <> ?3 GROUP BY as_of))
                     ORDER BY r.as_of, s.model",
                )?
                .query_map(
                    params![
                        pair,
                        horizon.key(),
                        RunStatus::Failed.as_str(),
                        from.to_string(),
                        to.to_string()
                    ],
                    scored_forecast,
                )?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }
}

fn scored_forecast(row: &Row<'_>) -> rusqlite::Result<ScoredForecast> {
    let count = |column: usize| row.get::<_, i64>(column).map(|count| usize::try_from(count).unwrap_or_default());
    let end: (Option<f64>, Option<f64>) = (row.get(10)?, row.get(11)?);
    Ok(ScoredForecast {
        run_id: row.get(0)?,
        model: row.get(1)?,
        as_of: date(row, 2)?,
        finished_at: instant(row, 3)?,
        end_date: date(row, 4)?,
        parts: ScoreSums {
            dates: count(5)?,
            loss: row.get(6)?,
            scale: row.get(7)?,
            inside80: count(8)?,
            inside95: count(9)?,
            end: end.0.zip(end.1),
        },
    })
}

/// An actual that differs from the one that runs were scored with.
struct ActualRevision {
    date: NaiveDate,
    value: f64,
}

/// Scoring work to be done.
struct PendingScores {
    /// Actuals recorded so far.
    noted: BTreeMap<NaiveDate, f64>,
    revisions: Vec<ActualRevision>,
    /// Identifiers of runs to be scored for the first time.
    due: Vec<String>,
}

impl PendingScores {
    fn find(
        connection: &Connection,
        pair: &str,
        known_until: NaiveDate,
        known: &dyn Fn(NaiveDate) -> Option<f64>,
    ) -> rusqlite::Result<Self> {
        let noted = recorded_actuals(connection, pair)?;
        let candidates = noted.keys().copied().chain(missing(connection, pair)?);
        let revisions = candidates
            .filter_map(|date| Some(ActualRevision { date, value: known(date)? }))
            .filter(|revision| noted.get(&revision.date) != Some(&revision.value))
            .collect();
        let mut due = Vec::new();
        for run_id in unscored(connection, pair, known_until)? {
            if target_dates(connection, &run_id)?.into_iter().any(|date| known(date).is_some()) {
                due.push(run_id);
            }
        }
        Ok(Self { noted, revisions, due })
    }

    fn is_empty(&self) -> bool {
        self.revisions.is_empty() && self.due.is_empty()
    }

    fn record_scores(
        mut self,
        connection: &Connection,
        pair: &str,
        known: &dyn Fn(NaiveDate) -> Option<f64>,
        now: DateTime<Utc>,
    ) -> rusqlite::Result<ScoringCounts> {
        let mut again = BTreeSet::new();
        for ActualRevision { date, value } in &self.revisions {
            note_revised(connection, pair, *date, *value, now)?;
            self.noted.insert(*date, *value);
            again.extend(scored_with(connection, pair, *date)?);
        }
        for run_id in &self.due {
            for date in target_dates(connection, run_id)? {
                let Some(value) = known(date).filter(|_| !self.noted.contains_key(&date)) else { continue };
                note(connection, pair, date, value, now)?;
                self.noted.insert(date, value);
            }
        }
        for run_id in again.iter().chain(&self.due) {
            score_run(connection, run_id, &self.noted, now)?;
        }
        Ok(ScoringCounts { scored: self.due.len(), rescored: again.len(), revisions: self.revisions.len() })
    }
}

fn recorded_actuals(connection: &Connection, pair: &str) -> rusqlite::Result<BTreeMap<NaiveDate, f64>> {
    connection
        .prepare_cached("SELECT date, value FROM actuals WHERE pair = ?1")?
        .query_map([pair], |row| Ok((date(row, 0)?, row.get(1)?)))?
        .collect()
}

/// Model whose rows give a run's target dates: every run has an ensemble.
const OF_RUN: &str = "ensemble";

/// Returns the target dates of scored runs that have no actual yet.
fn missing(connection: &Connection, pair: &str) -> rusqlite::Result<Vec<NaiveDate>> {
    connection
        .prepare_cached(
            "SELECT DISTINCT f.target_date FROM scores s
             JOIN runs r ON r.run_id = s.run_id
             JOIN forecasts f ON f.run_id = s.run_id AND f.model = s.model
             WHERE s.model = ?1 AND r.pair = ?2
                AND NOT EXISTS (SELECT 1 FROM actuals a WHERE a.pair = ?2 AND a.date = f.target_date)",
        )?
        .query_map([OF_RUN, pair], |row| date(row, 0))?
        .collect()
}

/// Returns the runs without scores whose last target date is not after `known_until`, oldest first.
fn unscored(connection: &Connection, pair: &str, known_until: NaiveDate) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT r.run_id FROM runs r JOIN forecasts f ON f.run_id = r.run_id AND f.model = ?1
             WHERE r.pair = ?2 AND NOT EXISTS (SELECT 1 FROM scores s WHERE s.run_id = r.run_id)
             GROUP BY r.run_id HAVING MAX(f.target_date) <= ?3 ORDER BY r.as_of, r.run_id",
        )?
        .query_map([OF_RUN, pair, &known_until.to_string()], |row| row.get(0))?
        .collect()
}

fn target_dates(connection: &Connection, run_id: &str) -> rusqlite::Result<Vec<NaiveDate>> {
    connection
        .prepare_cached("SELECT target_date FROM forecasts WHERE run_id = ?1 AND model = ?2 ORDER BY target_date")?
        .query_map([run_id, OF_RUN], |row| date(row, 0))?
        .collect()
}

/// Returns the scored runs with a forecast for the date `target`.
fn scored_with(connection: &Connection, pair: &str, target: NaiveDate) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT f.run_id FROM forecasts f JOIN runs r ON r.run_id = f.run_id
             WHERE f.target_date = ?1 AND f.model = ?2 AND r.pair = ?3
                AND EXISTS (SELECT 1 FROM scores s WHERE s.run_id = f.run_id)",
        )?
        .query_map([&target.to_string(), OF_RUN, pair], |row| row.get(0))?
        .collect()
}

fn note(
    connection: &Connection,
    pair: &str,
    date: NaiveDate,
    value: f64,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO actuals (pair, date, value, noted_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![pair, date.to_string(), value, now.to_rfc3339()])?;
    Ok(())
}

/// Records a revised actual. A date that had no value is recorded as revised from none.
fn note_revised(
    connection: &Connection,
    pair: &str,
    date: NaiveDate,
    value: f64,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO actuals (pair, date, value, noted_at, revised_at) VALUES (?1, ?2, ?3, ?4, ?4)
             ON CONFLICT (pair, date)
             DO UPDATE SET revised_from = value, value = excluded.value, revised_at = excluded.revised_at",
        )?
        .execute(params![pair, date.to_string(), value, now.to_rfc3339()])?;
    Ok(())
}

/// Replaces the scores of everything the run issued.
fn score_run(
    connection: &Connection,
    run_id: &str,
    actuals: &BTreeMap<NaiveDate, f64>,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO scores VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?;
    for (model, forecast) in issued_by(connection, run_id)? {
        let actuals: Vec<Option<f64>> = forecast.dates().iter().map(|date| actuals.get(date).copied()).collect();
        // MASE is not stored: its scale is the data known before the origin.
        let Some(parts) = parts(&Outcome { forecast: &forecast, actuals: &actuals, naive_mae: f64::NAN }) else {
            continue;
        };
        insert.execute(params![
            run_id,
            model,
            forecast.dates()[forecast.last_step()].to_string(),
            parts.dates as i64,
            parts.loss,
            parts.scale,
            parts.inside80 as i64,
            parts.inside95 as i64,
            parts.end.map(|(actual, _)| actual),
            parts.end.map(|(_, error)| error),
            now.to_rfc3339(),
        ])?;
    }
    Ok(())
}

/// Returns the forecasts of a run by model. Rows that form no valid forecast were not written by this program and are
/// skipped.
fn issued_by(connection: &Connection, run_id: &str) -> rusqlite::Result<Vec<(String, QuantileForecast)>> {
    type Rows = (Vec<NaiveDate>, Vec<f64>);
    let mut by_model: BTreeMap<String, Rows> = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT q0025, q10, q20, q30, q40, q50, q60, q70, q80, q90, q0975, model, target_date, r.as_of
         FROM forecasts f JOIN runs r ON r.run_id = f.run_id WHERE f.run_id = ?1 ORDER BY model, target_date",
    )?;
    let mut rows = statement.query([run_id])?;
    let mut as_of = None;
    while let Some(row) = rows.next()? {
        let (dates, values) = by_model.entry(row.get(11)?).or_default();
        dates.push(date(row, 12)?);
        values.extend(quantiles(row)?);
        as_of = row.get::<_, Option<String>>(13)?;
    }
    let Some(as_of) = as_of.map(|text| parsed(&text, 13)).transpose()? else { return Ok(Vec::new()) };
    let forecast = |(model, (dates, values)): (String, Rows)| {
        let values = Array2::from_shape_vec((dates.len(), LEVELS.len()), values).ok()?;
        Some((model, QuantileForecast::new(as_of, dates, values).ok()?))
    };
    Ok(by_model.into_iter().filter_map(forecast).collect())
}

#[cfg(test)]
#[path = "scores_tests.rs"]
mod tests;
