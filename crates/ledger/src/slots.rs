//! Slots of the schedule: instants that were started, completed or skipped, so that no run is lost or doubled
//! whatever happens to the process, the machine or its clock.

use crate::error::LedgerError;
use crate::instants::{instant, to_text};
use crate::ledger::Ledger;
use crate::record::{RunRecord, RunStatus};
use chrono::{DateTime, Utc};
use forecaster_domain::Horizon;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// State of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// Started; interrupted when no run is in progress.
    Started,
    /// A forecast was issued.
    Done,
    /// The run of the slot failed.
    Failed,
    /// Missed, and too old to be caught up.
    Skipped,
}

impl SlotState {
    fn as_str(self) -> &'static str {
        match self {
            SlotState::Started => "started",
            SlotState::Done => "done",
            SlotState::Failed => "failed",
            SlotState::Skipped => "skipped",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "started" => SlotState::Started,
            "done" => SlotState::Done,
            "skipped" => SlotState::Skipped,
            _ => SlotState::Failed,
        }
    }
}

/// An instant of a horizon's schedule that was started or skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The horizon.
    pub horizon: Horizon,
    /// Scheduled instant.
    pub scheduled_for: DateTime<Utc>,
    /// Identifier of the run for this slot; the same at every attempt.
    pub run_id: String,
    /// State of the slot.
    pub state: SlotState,
    /// Number of times a run was started for it.
    pub attempts: u32,
}

/// Progress through a horizon's schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermark {
    /// Text of the schedule in force: its cron fields, and its rule for holidays when that moves runs.
    pub schedule: String,
    /// Time zone of the schedule.
    pub timezone: String,
    /// Instant since which this schedule has been in force.
    pub since: DateTime<Utc>,
    /// Instant up to which slots have been started or skipped.
    pub handled_until: DateTime<Utc>,
    /// Value of `handled_until` before the clock went back; `None` once the clock has reached it again.
    pub set_back_from: Option<DateTime<Utc>>,
}

/// Closes the slot that `run` answers. Returns true when the slot was open, or when the run has none.
pub(crate) fn close_for(connection: &Connection, run: &RunRecord) -> rusqlite::Result<bool> {
    let Some(scheduled_for) = run.scheduled_for else { return Ok(true) };
    let state = if run.status == RunStatus::Failed { SlotState::Failed } else { SlotState::Done };
    let changed = connection.execute(
        "UPDATE slots SET state = ?1 WHERE horizon = ?2 AND scheduled_for = ?3 AND run_id = ?4 AND state = 'started'",
        params![state.as_str(), run.horizon.key(), to_text(scheduled_for), run.run_id],
    )?;
    Ok(changed == 1)
}

impl Ledger {
    /// Returns the progress through `horizon`'s schedule; `None` before it was first planned.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn watermark(&self, horizon: Horizon) -> Result<Option<Watermark>, LedgerError> {
        self.connection()
            .query_row(
                "SELECT schedule, timezone, since, handled_until, set_back_from FROM agenda WHERE horizon = ?1",
                [horizon.key()],
                |row| {
                    let is_set_back = row.get_ref(4)? != ValueRef::Null;
                    Ok(Watermark {
                        schedule: row.get(0)?,
                        timezone: row.get(1)?,
                        since: instant(row, 2)?,
                        handled_until: instant(row, 3)?,
                        set_back_from: is_set_back.then(|| instant(row, 4)).transpose()?,
                    })
                },
            )
            .optional()
            .map_err(|e| self.failed(e))
    }

    /// Sets the progress through each of these schedules; `None` for one that is no longer planned. One transaction.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_watermarks(&self, watermarks: &[(Horizon, Option<Watermark>)]) -> Result<(), LedgerError> {
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (horizon, watermark) in watermarks {
                transaction.execute("DELETE FROM agenda WHERE horizon = ?1", [horizon.key()])?;
                if let Some(it) = watermark {
                    let values = params![
                        horizon.key(),
                        it.schedule,
                        it.timezone,
                        to_text(it.since),
                        to_text(it.handled_until),
                        it.set_back_from.map(to_text)
                    ];
                    transaction.execute("INSERT INTO agenda VALUES (?1, ?2, ?3, ?4, ?5, ?6)", values)?;
                }
            }
            transaction.commit()
        };
        write().map_err(|e| self.failed(e))
    }

    /// Starts a run for a slot, or another attempt at an interrupted one, and moves the watermark up to the slot. A
    /// closed slot stays closed, as the returned state shows, unless it was entered later than `now`: then the clock
    /// was wrong, and the slot starts again.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn start_slot(
        &self,
        horizon: Horizon,
        scheduled_for: DateTime<Utc>,
        new_run_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Slot, LedgerError> {
        self.insert_slot(horizon, scheduled_for, new_run_id, SlotState::Started, now)
    }

    /// Skips a slot that was missed, and moves the watermark up to it.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn skip_slot(
        &self,
        horizon: Horizon,
        scheduled_for: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.insert_slot(horizon, scheduled_for, "", SlotState::Skipped, now).map(drop)
    }

    fn insert_slot(
        &self,
        horizon: Horizon,
        scheduled_for: DateTime<Utc>,
        run_id: &str,
        state: SlotState,
        now: DateTime<Utc>,
    ) -> Result<Slot, LedgerError> {
        let mut connection = self.connection();
        let at = to_text(scheduled_for);
        let mut write = || -> rusqlite::Result<Slot> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(
                "DELETE FROM slots
                 WHERE horizon = ?1 AND scheduled_for = ?2 AND state <> 'started' AND begun_at > ?3",
                params![horizon.key(), at, to_text(now)],
            )?;
            transaction.execute(
                "INSERT INTO slots VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT (horizon, scheduled_for) DO UPDATE
                 SET attempts = attempts + (?4 = 'started'), state = ?4, begun_at = ?5 WHERE state = 'started'",
                params![horizon.key(), at, run_id, state.as_str(), to_text(now)],
            )?;
            transaction.execute(
                "UPDATE agenda SET handled_until = ?2 WHERE horizon = ?1 AND handled_until < ?2",
                params![horizon.key(), at],
            )?;
            let slot = transaction.query_row(
                &format!("{SELECT_SLOT} WHERE horizon = ?1 AND scheduled_for = ?2"),
                params![horizon.key(), at],
                slot,
            )?;
            transaction.commit()?;
            Ok(slot)
        };
        write().map_err(|e| self.failed(e))
    }

    /// Returns the slot of `horizon` at an instant; `None` when it was neither started nor skipped.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn slot(&self, horizon: Horizon, scheduled_for: DateTime<Utc>) -> Result<Option<Slot>, LedgerError> {
        self.connection()
            .query_row(
                &format!("{SELECT_SLOT} WHERE horizon = ?1 AND scheduled_for = ?2"),
                params![horizon.key(), to_text(scheduled_for)],
                slot,
            )
            .optional()
            .map_err(|e| self.failed(e))
    }

    /// Returns the slots that were started and not closed, oldest first: interrupted ones, when no run is in
    /// progress.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn open_slots(&self) -> Result<Vec<Slot>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<Slot>> {
            connection
                .prepare(&format!("{SELECT_SLOT} WHERE state = 'started' ORDER BY scheduled_for, horizon"))?
                .query_map([], slot)?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }

    /// Returns the slots that were skipped later than `now`, by a clock that was ahead.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn slots_skipped_after(&self, now: DateTime<Utc>) -> Result<Vec<Slot>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<Slot>> {
            connection
                .prepare(&format!("{SELECT_SLOT} WHERE state = 'skipped' AND begun_at > ?1 ORDER BY scheduled_for"))?
                .query_map([to_text(now)], slot)?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }

    /// Deletes a slot that was handled under a wrong clock.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn delete_slot(&self, horizon: Horizon, scheduled_for: DateTime<Utc>) -> Result<(), LedgerError> {
        self.connection()
            .execute(
                "DELETE FROM slots WHERE horizon = ?1 AND scheduled_for = ?2",
                params![horizon.key(), to_text(scheduled_for)],
            )
            .map(drop)
            .map_err(|e| self.failed(e))
    }
}

const SELECT_SLOT: &str = "SELECT horizon, scheduled_for, run_id, state, attempts FROM slots";

fn slot(row: &Row<'_>) -> rusqlite::Result<Slot> {
    let horizon: String = row.get(0)?;
    let state: String = row.get(3)?;
    Ok(Slot {
        horizon: horizon.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
        })?,
        scheduled_for: instant(row, 1)?,
        run_id: row.get(2)?,
        state: SlotState::of(&state),
        attempts: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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

    fn watermark(handled_until: DateTime<Utc>) -> Watermark {
        Watermark {
            schedule: "0 8 * * Mon".into(),
            timezone: "UTC".into(),
            since: at(0),
            handled_until,
            set_back_from: None,
        }
    }

    #[test]
    fn watermarks_are_set_together_and_read_back() {
        let (_directory, ledger) = ledger();
        let set_back = Watermark { set_back_from: Some(at(9)), ..watermark(at(1)) };
        ledger.set_watermarks(&[(H, Some(set_back.clone())), (Horizon::D15, Some(watermark(at(2))))]).unwrap();
        assert_eq!(ledger.watermark(H).unwrap(), Some(set_back));
        ledger.set_watermarks(&[(H, None)]).unwrap();
        assert_eq!((ledger.watermark(H).unwrap(), ledger.watermark(Horizon::D15).unwrap().is_some()), (None, true));
    }

    #[test]
    fn what_was_done_by_a_clock_that_was_ahead_is_begun_anew() {
        let (_directory, ledger) = ledger();
        ledger.skip_slot(H, at(8), at(33)).unwrap();
        assert_eq!(ledger.start_slot(H, at(8), "a", at(33)).unwrap().state, SlotState::Skipped);
        assert_eq!(ledger.slots_skipped_after(at(33)).unwrap(), []);
        assert_eq!(ledger.slots_skipped_after(at(9)).unwrap().len(), 1);
        let slot = ledger.start_slot(H, at(8), "a", at(9)).unwrap();
        assert_eq!((slot.state, slot.run_id.as_str()), (SlotState::Started, "a"));
    }

    #[test]
    fn a_slot_is_begun_resumed_under_the_same_run_and_closed_once() {
        let (_directory, ledger) = ledger();
        ledger.set_watermarks(&[(H, Some(watermark(at(0))))]).unwrap();
        let first = ledger.start_slot(H, at(8), "a", at(8)).unwrap();
        assert_eq!((first.run_id.as_str(), first.state, first.attempts), ("a", SlotState::Started, 1));
        assert_eq!(ledger.watermark(H).unwrap().unwrap().handled_until, at(8));
        let again = ledger.start_slot(H, at(8), "b", at(9)).unwrap();
        assert_eq!((again.run_id.as_str(), again.attempts), ("a", 2));
        assert_eq!(ledger.open_slots().unwrap(), [again]);
        let record = RunRecord { scheduled_for: Some(at(8)), ..run("a") };
        ledger.record(&record).unwrap();
        assert!(ledger.open_slots().unwrap().is_empty());
        assert!(matches!(ledger.record(&record), Err(LedgerError::SlotClosed { .. })));
        assert_eq!(ledger.runs(H, 10).unwrap().len(), 1);
        let late = ledger.start_slot(H, at(8), "c", at(10)).unwrap();
        assert_eq!((late.state, late.attempts), (SlotState::Done, 2));
    }

    #[test]
    fn a_run_for_a_slot_that_was_not_begun_is_not_kept() {
        let (_directory, ledger) = ledger();
        let record = RunRecord { scheduled_for: Some(at(8)), ..run("a") };
        assert!(matches!(ledger.record(&record), Err(LedgerError::SlotClosed { .. })));
        assert!(ledger.runs(H, 10).unwrap().is_empty());
    }

    #[test]
    fn a_failed_run_closes_its_slot_as_failed_and_a_skipped_one_moves_the_watermark() {
        let (_directory, ledger) = ledger();
        ledger.set_watermarks(&[(H, Some(watermark(at(0))))]).unwrap();
        ledger.start_slot(H, at(8), "a", at(8)).unwrap();
        ledger
            .record(&RunRecord { scheduled_for: Some(at(8)), status: RunStatus::Failed, as_of: None, ..run("a") })
            .unwrap();
        assert_eq!(ledger.slot(H, at(8)).unwrap().unwrap().state, SlotState::Failed);
        assert_eq!(ledger.runs(H, 1).unwrap()[0].as_of, None);
        ledger.skip_slot(H, at(20), at(40)).unwrap();
        assert_eq!(ledger.watermark(H).unwrap().unwrap().handled_until, at(20));
        ledger.skip_slot(H, at(12), at(40)).unwrap();
        assert_eq!(ledger.watermark(H).unwrap().unwrap().handled_until, at(20), "the watermark never goes back");
        ledger.delete_slot(H, at(20)).unwrap();
        assert_eq!(ledger.slot(H, at(20)).unwrap(), None);
        assert!(ledger.slot(H, at(12)).unwrap().is_some());
    }

    #[test]
    fn a_ledger_of_the_first_schema_keeps_its_runs_and_forecasts() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        let mut old = Connection::open(&path).unwrap();
        crate::schema::migrate_to(&mut old, 1).unwrap();
        old.execute_batch(
            "INSERT INTO runs VALUES ('a', 'USD/CLP', '7d', '2025-01-03', '2025-01-06T11:00:00+00:00',
                '2025-01-06T11:00:01+00:00', 'ok', NULL, NULL, '{}', 1);
             INSERT INTO forecasts VALUES ('a', 'var', '2025-01-07', 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);",
        )
        .unwrap();
        drop(old);
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.runs(H, 10).unwrap().len(), 1);
        assert_eq!(ledger.issued("a", "var", "2025-01-07".parse().unwrap()).unwrap().unwrap()[5], 6.0);
        let mut connection = ledger.connection();
        let broken: i64 =
            connection.query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
        assert_eq!(broken, 0);
        let transaction = connection.transaction().unwrap();
        transaction.execute("DELETE FROM runs", []).unwrap();
        let left: i64 = transaction.query_row("SELECT COUNT(*) FROM forecasts", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "a run takes its forecasts along");
    }
}
