//! Drift tests and volatility regime found by runs: one entry per as-of date, from the last run with findings.

use crate::error::LedgerError;
use crate::instants::instant;
use crate::ledger::Ledger;
use crate::record::RunRecord;
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, params, types::Type};

/// Drift findings as of a date.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftEntry {
    /// Date of the last observation used.
    pub as_of: NaiveDate,
    /// End of the run that found them.
    pub recorded_at: DateTime<Utc>,
    /// The findings, as JSON.
    pub findings: String,
}

impl Ledger {
    /// Returns the findings for `pair` as of the last `limit` dates, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn drift(&self, pair: &str, limit: usize) -> Result<Vec<DriftEntry>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<DriftEntry>> {
            connection
                .prepare_cached(
                    "SELECT as_of, recorded_at, findings FROM drift WHERE pair = ?1 ORDER BY as_of DESC LIMIT ?2",
                )?
                .query_map(params![pair, limit as i64], |row| {
                    let as_of: String = row.get(0)?;
                    let as_of = as_of.parse();
                    Ok(DriftEntry {
                        as_of: as_of
                            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e)))?,
                        recorded_at: instant(row, 1)?,
                        findings: row.get(2)?,
                    })
                })?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }
}

/// Stores a run's findings, replacing earlier ones as of the same date: rates may have been revised since.
pub(crate) fn insert(connection: &Connection, run: &RunRecord) -> rusqlite::Result<()> {
    let (Some(findings), Some(as_of)) = (&run.drift, run.as_of) else { return Ok(()) };
    connection.execute(
        "INSERT INTO drift (pair, as_of, recorded_at, findings) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (pair, as_of) DO UPDATE SET recorded_at = excluded.recorded_at, findings = excluded.findings",
        params![run.pair, as_of.to_string(), run.finished_at.to_rfc3339(), findings],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::samples::run;

    fn found(run_id: &str, as_of: Option<&str>, findings: &str) -> RunRecord {
        RunRecord { as_of: as_of.map(|date| date.parse().unwrap()), drift: Some(findings.into()), ..run(run_id) }
    }

    fn listed(ledger: &Ledger, limit: usize) -> Vec<(String, String)> {
        let all = ledger.drift("USD/CLP", limit).unwrap();
        all.into_iter().map(|entry| (entry.as_of.to_string(), entry.findings)).collect()
    }

    #[test]
    fn the_last_findings_of_each_date_are_kept_newest_first() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        ledger.record(&found("a", Some("2025-01-02"), "{\"drifted\":false}")).unwrap();
        ledger.record(&found("b", Some("2025-01-03"), "{}")).unwrap();
        ledger.record(&found("c", Some("2025-01-02"), "{\"drifted\":true}")).unwrap();
        ledger.record(&RunRecord { pair: "EUR/CLP".into(), ..found("d", Some("2025-01-06"), "{}") }).unwrap();
        let second = ("2025-01-03".to_owned(), "{}".to_owned());
        assert_eq!(listed(&ledger, 10), [second.clone(), ("2025-01-02".into(), "{\"drifted\":true}".into())]);
        assert_eq!(listed(&ledger, 1), [second]);
    }

    #[test]
    fn runs_without_findings_and_runs_that_are_not_kept_leave_none() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        ledger.record(&run("a")).unwrap();
        ledger.record(&found("b", None, "{}")).unwrap();
        let mut broken = found("c", Some("2025-01-03"), "{}");
        broken.forecasts.push(broken.forecasts[0].clone());
        assert!(ledger.record(&broken).is_err());
        assert!(listed(&ledger, 10).is_empty());
    }
}
