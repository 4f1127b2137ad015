//! Opening the ledger, recording runs and reading them back.

use crate::{GuardUpdate, LedgerError, OutgoingMail, backup, drift, guard, outbox, schema, slots};
use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::{Horizon, QuantileForecast};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// All as configured.
    Ok,
    /// A report was issued, but data was stale or a model was left out.
    Degraded,
    /// No report.
    Failed,
}

impl RunStatus {
    /// The word in the ledger and in the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Ok => "ok",
            RunStatus::Degraded => "degraded",
            RunStatus::Failed => "failed",
        }
    }
}

/// A forecast that was issued in a run.
#[derive(Debug, Clone)]
pub struct IssuedForecast {
    /// Model, or `ensemble`, or `ensemble_without_chronos`.
    pub model: String,
    /// Its weight in the pool; `None` for pools.
    pub weight: Option<f64>,
    /// The forecast.
    pub forecast: QuantileForecast,
}

/// Everything the ledger keeps of a run.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Identifier of the run, a UUID.
    pub run_id: String,
    /// The pair, as in USD/CLP.
    pub pair: String,
    /// The horizon.
    pub horizon: Horizon,
    /// Date of the last observation used; `None` when the run failed before it knew.
    pub as_of: Option<NaiveDate>,
    /// The instant of the schedule that it answers; `None` when it was asked for by hand.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// How it ended.
    pub status: RunStatus,
    /// Where the HTML report is.
    pub report_html: Option<PathBuf>,
    /// Where the PDF report is.
    pub report_pdf: Option<PathBuf>,
    /// Where the JSON of the forecast is.
    pub report_json: Option<PathBuf>,
    /// The line for metrics.jsonl, without line end.
    pub metrics: String,
    /// Every model's forecast and the pools'.
    pub forecasts: Vec<IssuedForecast>,
    /// The tests for drift and the regime of volatility as of its as-of date, as JSON; `None` when it found none.
    pub drift: Option<String>,
    /// The mails that tell of it.
    pub mail: Vec<OutgoingMail>,
    /// What it adds to the guard's memory.
    pub guard: Option<GuardUpdate>,
}

/// A run as listed.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Identifier of the run.
    pub run_id: String,
    /// Date of the last observation used; `None` when the run failed before it knew.
    pub as_of: Option<NaiveDate>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// The word for its status.
    pub status: String,
    /// Its metrics line.
    pub metrics: String,
}

/// An open ledger. Shared by threads; one writer at a time.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    path: PathBuf,
    inode: Option<u64>,
}

impl Ledger {
    /// Opens the ledger at `path`, making it or bringing it to the current schema when needed; one of an
    /// older schema is first kept beside it as `NAME.schemaN-backup`.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a ledger, or was made by a newer version; when an older
    /// one cannot be kept.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::opening(path, source);
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(schema::PATIENCE).map_err(failed)?;
        let found = schema::version(&connection).map_err(failed)?;
        if found > schema::VERSION {
            return Err(LedgerError::Newer { path: path.to_owned(), found, known: schema::VERSION });
        }
        schema::write_ahead(&connection).map_err(failed)?;
        if (1..schema::VERSION).contains(&found)
            && let Some(copy) = backup::keep_before_migration(&connection, path, found)?
        {
            tracing::info!(copy = %copy.display(), schema = found, "Ledger of an older schema kept before migration");
        }
        schema::migrate(&mut connection).map_err(failed)?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned(), inode: inode(path) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether its file is still where it was opened, and not another one in its place.
    pub fn is_in_place(&self) -> bool {
        inode(&self.path) == self.inode
    }

    /// Sets how long to wait for another process's lock; half a minute unless set.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_patience(&self, patience: Duration) -> Result<(), LedgerError> {
        self.connection().busy_timeout(patience).map_err(|e| self.failed(e))
    }

    /// A panic in another thread cannot leave a transaction half done: SQLite rolls it back.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failed(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::Statement { path: self.path.clone(), source }
    }

    /// Keeps a run, its forecasts, its metrics line and its mails, and closes the slot of the schedule that it answers: all or
    /// nothing.
    ///
    /// # Errors
    /// When the slot has been closed already, or the transaction fails; nothing of it is kept then.
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
            drift::insert(&transaction, run)?;
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

    /// The last `limit` runs of `horizon`, newest first.
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

    /// Whether a run is kept under this identifier.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn has_run(&self, run_id: &str) -> Result<bool, LedgerError> {
        self.connection()
            .query_row("SELECT EXISTS (SELECT 1 FROM runs WHERE run_id = ?1)", [run_id], |row| row.get(0))
            .map_err(|e| self.failed(e))
    }

    /// How many runs ended how, by horizon and word of the status.
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

    /// The quantiles `[11]` that `model` issued in a run for a target date; `None` when there are none.
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

/// The first five columns: run id, as-of date, end, status and metrics line.
pub(crate) fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let as_of: Option<String> = row.get(1)?;
    Ok(RunSummary {
        run_id: row.get(0)?,
        as_of: as_of.and_then(|date| date.parse().ok()),
        finished_at: slots::instant(row, 2)?,
        status: row.get(3)?,
        metrics: row.get(4)?,
    })
}

fn inode(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.ino())
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
            run.scheduled_for.map(slots::key),
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
pub(crate) mod tests {
    use super::*;
    use ndarray::Array2;

    pub(crate) fn forecast(level: f64) -> QuantileForecast {
        let day = |d| NaiveDate::from_ymd_opt(2025, 1, d).unwrap();
        let values = Array2::from_shape_fn((3, 11), |(i, j)| level + i as f64 + 0.1 * j as f64);
        QuantileForecast::new(day(3), vec![day(6), day(7), day(8)], values).unwrap()
    }

    pub(crate) fn run(run_id: &str) -> RunRecord {
        RunRecord {
            run_id: run_id.into(),
            pair: "USD/CLP".into(),
            horizon: Horizon::D7,
            as_of: NaiveDate::from_ymd_opt(2025, 1, 3),
            scheduled_for: None,
            started_at: Utc::now(),
            finished_at: Utc::now(),
            status: RunStatus::Ok,
            report_html: Some("reports/7d/x.html".into()),
            report_pdf: None,
            report_json: None,
            metrics: format!("{{\"run_id\":\"{run_id}\"}}"),
            forecasts: vec![IssuedForecast { model: "ensemble".into(), weight: None, forecast: forecast(1000.0) }],
            drift: None,
            mail: Vec::new(),
            guard: None,
        }
    }

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
    fn a_ledger_that_was_taken_away_or_replaced_is_not_in_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        assert!(ledger.is_in_place());
        std::fs::rename(&path, directory.path().join("away.sqlite")).unwrap();
        assert!(!ledger.is_in_place());
        std::fs::write(&path, "another").unwrap();
        assert!(!ledger.is_in_place());
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

    #[test]
    fn a_file_that_is_no_ledger_and_a_newer_one_are_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        std::fs::write(&path, "this is a text file, long enough to be read as a header of a database".repeat(20))
            .unwrap();
        assert!(Ledger::open(&path).unwrap_err().is_corruption());
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is a text"));
        let newer = directory.path().join("newer.sqlite");
        Ledger::open(&newer).unwrap().connection().pragma_update(None, "user_version", 99).unwrap();
        let error = Ledger::open(&newer).unwrap_err().to_string();
        assert!(error.contains("schema 99, this one knows 4"), "{error}");
    }

    #[test]
    fn a_new_ledger_that_many_open_at_once_is_opened_by_all() {
        for _ in 0..20 {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("ledger.sqlite");
            let start = std::sync::Barrier::new(6);
            std::thread::scope(|scope| {
                let open = || {
                    start.wait();
                    Ledger::open(&path).map(drop).map_err(|e| e.to_string())
                };
                let opened: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
                assert!(opened.into_iter().all(|thread| thread.join().unwrap() == Ok(())));
            });
        }
    }
}
