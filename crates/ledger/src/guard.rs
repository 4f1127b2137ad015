//! Guard state per horizon, its event log, and marks of runs currently inside Chronos.
//!
//! A run only adds to it ([`GuardUpdate`], in the transaction of the run): a suspension that was set meanwhile stays.
//! Only [`Ledger::set_guard`] lifts a suspension.

use crate::error::LedgerError;
use crate::instants::{instant, to_text};
use crate::ledger::Ledger;
use chrono::{DateTime, Utc};
use forecaster_domain::Horizon;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// A suspension of Chronos: its start and its cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Start of the suspension.
    pub at: DateTime<Utc>,
    /// One word: `failures`, `memory`, `slow`, `killed` or `hand`.
    pub cause: String,
    /// Explanation in one sentence, with the figures.
    pub reason: String,
}

/// Guard state of Chronos in a horizon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardState {
    /// The horizon.
    pub horizon: Horizon,
    /// True when the configuration had Chronos switched on at the last look.
    pub enabled: bool,
    /// Instant at which Chronos was first seen switched on; `None` while it is off.
    pub enabled_since: Option<DateTime<Utc>>,
    /// Consecutive failures.
    pub failures: u32,
    /// Consecutive runs that used too much memory.
    pub heavy_runs: u32,
    /// Suspension in force; `None` when there is none.
    pub suspension: Option<Suspension>,
}

/// An event in the guard's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardEvent {
    /// Instant of the event.
    pub at: DateTime<Utc>,
    /// The horizon.
    pub horizon: Horizon,
    /// One word: `enabled`, `disabled`, `failed`, `heavy`, `interrupted`, `suspended` or `resumed`.
    pub kind: String,
    /// Run in which it happened.
    pub run_id: Option<String>,
    /// Details in one sentence.
    pub detail: String,
}

/// Changes that a run makes to the guard's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardUpdate {
    /// The horizon.
    pub horizon: Horizon,
    /// New count of consecutive failures.
    pub failures: u32,
    /// New count of consecutive runs that used too much memory.
    pub heavy_runs: u32,
    /// Suspension to set, unless there is one already.
    pub suspension: Option<Suspension>,
    /// Events to append to the log.
    pub events: Vec<GuardEvent>,
}

/// A run that has started to forecast with Chronos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChronosMark {
    /// The horizon.
    pub horizon: Horizon,
    /// Identifier of the run.
    pub run_id: String,
    /// Instant at which it started.
    pub begun_at: DateTime<Utc>,
    /// The kernel's identifier of the boot.
    pub boot: String,
    /// The kernel's count of out-of-memory kills; `None` when the kernel does not report it.
    pub oom_kills: Option<i64>,
}

impl Ledger {
    /// Returns the guard state of a horizon; `None` before the first look at it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn guard(&self, horizon: Horizon) -> Result<Option<GuardState>, LedgerError> {
        self.connection()
            .prepare_cached(&format!("{SELECT_GUARD} WHERE horizon = ?1"))
            .and_then(|mut statement| statement.query_row([horizon.key()], guard_state).optional())
            .map_err(|e| self.failed(e))
    }

    /// Replaces a horizon's state and appends `events`, in one transaction.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_guard(&self, state: &GuardState, events: &[GuardEvent]) -> Result<(), LedgerError> {
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let suspension = state.suspension.as_ref();
            transaction.execute(
                "INSERT OR REPLACE INTO guard VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    state.horizon.key(),
                    state.enabled,
                    state.enabled_since.map(to_text),
                    state.failures,
                    state.heavy_runs,
                    suspension.map(|it| to_text(it.at)),
                    suspension.map(|it| &it.cause),
                    suspension.map(|it| &it.reason),
                ],
            )?;
            insert_events(&transaction, events)?;
            transaction.commit()
        };
        write().map_err(|e| self.failed(e))
    }

    /// Applies an update outside the transaction of a run.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn update_guard(&self, update: &GuardUpdate) -> Result<(), LedgerError> {
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            apply(&transaction, update)?;
            transaction.commit()
        };
        write().map_err(|e| self.failed(e))
    }

    /// Returns the last `limit` events of a horizon, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn guard_events(&self, horizon: Horizon, limit: usize) -> Result<Vec<GuardEvent>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<GuardEvent>> {
            connection
                .prepare_cached(
                    "SELECT horizon, at, kind, run_id, detail FROM guard_events WHERE horizon = ?1
                     ORDER BY id DESC LIMIT ?2",
                )?
                .query_map(params![horizon.key(), limit as i64], |row| {
                    Ok(GuardEvent {
                        horizon: horizon_of(row)?,
                        at: instant(row, 1)?,
                        kind: row.get(2)?,
                        run_id: row.get(3)?,
                        detail: row.get(4)?,
                    })
                })?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }

    /// Records that a run starts to forecast with Chronos.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn mark_chronos(&self, mark: &ChronosMark) -> Result<(), LedgerError> {
        let ChronosMark { horizon, run_id, begun_at, boot, oom_kills } = mark;
        self.connection()
            .execute(
                "INSERT OR REPLACE INTO chronos_marks VALUES (?1, ?2, ?3, ?4, ?5)",
                params![horizon.key(), run_id, to_text(*begun_at), boot, oom_kills],
            )
            .map(drop)
            .map_err(|e| self.failed(e))
    }

    /// Returns the run of a horizon that is forecasting with Chronos, or was killed while doing so.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn chronos_mark(&self, horizon: Horizon) -> Result<Option<ChronosMark>, LedgerError> {
        let select = "SELECT horizon, run_id, begun_at, boot, oom_kills FROM chronos_marks WHERE horizon = ?1";
        let mark = |row: &Row<'_>| {
            Ok(ChronosMark {
                horizon: horizon_of(row)?,
                run_id: row.get(1)?,
                begun_at: instant(row, 2)?,
                boot: row.get(3)?,
                oom_kills: row.get(4)?,
            })
        };
        self.connection().query_row(select, [horizon.key()], mark).optional().map_err(|e| self.failed(e))
    }

    /// Records that a run has left Chronos, or was stopped in an orderly way.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn clear_chronos_mark(&self, run_id: &str) -> Result<(), LedgerError> {
        self.connection()
            .execute("DELETE FROM chronos_marks WHERE run_id = ?1", [run_id])
            .map(drop)
            .map_err(|e| self.failed(e))
    }
}

const SELECT_GUARD: &str =
    "SELECT horizon, enabled, enabled_since, failures, heavy_runs, suspended_at, cause, reason FROM guard";

/// Applies an update; call it within a transaction.
pub(crate) fn apply(connection: &Connection, update: &GuardUpdate) -> rusqlite::Result<()> {
    let suspension = update.suspension.as_ref();
    connection.execute(
        "INSERT INTO guard (horizon, enabled, failures, heavy_runs, suspended_at, cause, reason)
         VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (horizon) DO UPDATE SET failures = ?2, heavy_runs = ?3,
            cause = CASE WHEN suspended_at IS NULL THEN ?5 ELSE cause END,
            reason = CASE WHEN suspended_at IS NULL THEN ?6 ELSE reason END,
            suspended_at = COALESCE(suspended_at, ?4)",
        params![
            update.horizon.key(),
            update.failures,
            update.heavy_runs,
            suspension.map(|it| to_text(it.at)),
            suspension.map(|it| &it.cause),
            suspension.map(|it| &it.reason),
        ],
    )?;
    insert_events(connection, &update.events)
}

fn insert_events(connection: &Connection, events: &[GuardEvent]) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_cached("INSERT INTO guard_events (at, horizon, kind, run_id, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for it in events {
        statement.execute(params![to_text(it.at), it.horizon.key(), it.kind, it.run_id, it.detail])?;
    }
    Ok(())
}

/// Reads the horizon in column 0.
fn horizon_of(row: &Row<'_>) -> rusqlite::Result<Horizon> {
    let horizon: String = row.get(0)?;
    horizon.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

fn guard_state(row: &Row<'_>) -> rusqlite::Result<GuardState> {
    let since = |column: usize| -> rusqlite::Result<Option<DateTime<Utc>>> {
        let set = row.get::<_, Option<String>>(column)?.is_some();
        set.then(|| instant(row, column)).transpose()
    };
    let suspension = match since(5)? {
        Some(at) => Some(Suspension {
            at,
            cause: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
            reason: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(GuardState {
        horizon: horizon_of(row)?,
        enabled: row.get(1)?,
        enabled_since: since(2)?,
        failures: row.get(3)?,
        heavy_runs: row.get(4)?,
        suspension,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RunRecord;
    use crate::record::samples::run;
    use chrono::TimeDelta;

    const H: Horizon = Horizon::D7;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(hours)
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        (directory, ledger)
    }

    fn suspension(hours: i64) -> Suspension {
        Suspension { at: at(hours), cause: "failures".into(), reason: "3 failures in a row".into() }
    }

    fn event(hours: i64, kind: &str) -> GuardEvent {
        GuardEvent {
            at: at(hours),
            horizon: H,
            kind: kind.into(),
            run_id: Some("a".into()),
            detail: "so it was".into(),
        }
    }

    fn on() -> GuardState {
        GuardState {
            horizon: H,
            enabled: true,
            enabled_since: Some(at(0)),
            failures: 0,
            heavy_runs: 0,
            suspension: None,
        }
    }

    #[test]
    fn a_state_is_set_and_read_back_with_its_events_newest_first() {
        let (_directory, ledger) = ledger();
        assert_eq!(ledger.guard(H).unwrap(), None);
        let state = GuardState { failures: 3, heavy_runs: 1, suspension: Some(suspension(5)), ..on() };
        ledger.set_guard(&state, &[event(1, "enabled"), event(5, "suspended")]).unwrap();
        assert_eq!(ledger.guard(H).unwrap(), Some(state));
        assert_eq!(ledger.guard_events(H, 9).unwrap(), [event(5, "suspended"), event(1, "enabled")]);
        assert_eq!(ledger.guard_events(H, 1).unwrap().len(), 1);
        assert!(ledger.guard_events(Horizon::D90, 9).unwrap().is_empty());
    }

    #[test]
    fn a_run_adds_its_update_in_its_own_transaction_or_not_at_all() {
        let (_directory, ledger) = ledger();
        ledger.set_guard(&on(), &[]).unwrap();
        let update = GuardUpdate {
            horizon: H,
            failures: 1,
            heavy_runs: 0,
            suspension: None,
            events: vec![event(2, "failed")],
        };
        let record = RunRecord { guard: Some(update), ..run("a") };
        ledger.record(&record).unwrap();
        assert!(ledger.record(&record).is_err(), "the same run twice");
        assert_eq!(ledger.guard(H).unwrap(), Some(GuardState { failures: 1, ..on() }));
        assert_eq!(ledger.guard_events(H, 9).unwrap(), [event(2, "failed")]);
    }

    #[test]
    fn a_run_neither_lifts_nor_alters_a_suspension_that_came_while_it_ran() {
        let (_directory, ledger) = ledger();
        let by_hand = Suspension { at: at(3), cause: "hand".into(), reason: "a test".into() };
        ledger.set_guard(&GuardState { suspension: Some(by_hand.clone()), ..on() }, &[]).unwrap();
        for own in [None, Some(suspension(4))] {
            let update = GuardUpdate { horizon: H, failures: 0, heavy_runs: 0, suspension: own, events: vec![] };
            ledger.update_guard(&update).unwrap();
            assert_eq!(ledger.guard(H).unwrap().unwrap().suspension, Some(by_hand.clone()));
        }
        ledger.set_guard(&on(), &[]).unwrap();
        let update =
            GuardUpdate { horizon: H, failures: 3, heavy_runs: 0, suspension: Some(suspension(6)), events: vec![] };
        ledger.update_guard(&update).unwrap();
        assert_eq!(ledger.guard(H).unwrap().unwrap().suspension, Some(suspension(6)));
    }

    #[test]
    fn a_mark_stays_until_its_own_run_takes_it_away() {
        let (_directory, ledger) = ledger();
        let mark =
            ChronosMark { horizon: H, run_id: "a".into(), begun_at: at(1), boot: "b".into(), oom_kills: Some(2) };
        ledger.mark_chronos(&mark).unwrap();
        ledger.clear_chronos_mark("another").unwrap();
        assert_eq!(ledger.chronos_mark(H).unwrap(), Some(mark));
        ledger.clear_chronos_mark("a").unwrap();
        assert_eq!(ledger.chronos_mark(H).unwrap(), None);
    }
}
