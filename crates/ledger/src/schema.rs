//! Tables of the ledger and their migrations. Migration i takes a ledger from schema i to schema i + 1.

use rusqlite::Connection;
use std::time::{Duration, Instant};

/// One script per migration, never edited once released.
const MIGRATIONS: [&str; 4] = [
    "
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY,
        pair TEXT NOT NULL,
        horizon TEXT NOT NULL,
        as_of TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('ok', 'degraded', 'failed')),
        report_html TEXT,
        report_json TEXT,
        metrics TEXT NOT NULL,
        metrics_written INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX runs_by_horizon ON runs (horizon, started_at);
    -- One row a model and target date; 'ensemble' and 'ensemble_without_chronos' are models here.
    -- Prices in quote currency per unit of base currency.
    CREATE TABLE forecasts (
        run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
        model TEXT NOT NULL,
        target_date TEXT NOT NULL,
        weight REAL,
        q0025 REAL NOT NULL, q10 REAL NOT NULL, q20 REAL NOT NULL, q30 REAL NOT NULL, q40 REAL NOT NULL,
        q50 REAL NOT NULL, q60 REAL NOT NULL, q70 REAL NOT NULL, q80 REAL NOT NULL, q90 REAL NOT NULL,
        q0975 REAL NOT NULL,
        PRIMARY KEY (run_id, model, target_date)
    ) WITHOUT ROWID;
    CREATE INDEX forecasts_by_target ON forecasts (target_date);
    -- Forecasts of the rolling-origin validation. dates: i32 little-endian days from the common era;
    -- quantiles: f64 little-endian, row by row.
    CREATE TABLE validation_cache (
        model TEXT NOT NULL,
        horizon TEXT NOT NULL,
        origin TEXT NOT NULL,
        history TEXT NOT NULL,
        dates BLOB NOT NULL,
        quantiles BLOB NOT NULL,
        created_on TEXT NOT NULL,
        PRIMARY KEY (model, horizon, origin, history)
    ) WITHOUT ROWID;
",
    "
    -- A run that fails before it has read the rates has no as-of date. scheduled_for: the instant of the schedule that the
    -- run answers, UTC; null for one that was asked for by hand.
    CREATE TABLE runs_2 (
        run_id TEXT PRIMARY KEY,
        pair TEXT NOT NULL,
        horizon TEXT NOT NULL,
        as_of TEXT,
        scheduled_for TEXT,
        started_at TEXT NOT NULL,
        finished_at TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('ok', 'degraded', 'failed')),
        report_html TEXT,
        report_json TEXT,
        metrics TEXT NOT NULL,
        metrics_written INTEGER NOT NULL DEFAULT 0
    );
    INSERT INTO runs_2 SELECT run_id, pair, horizon, as_of, NULL, started_at, finished_at, status, report_html,
        report_json, metrics, metrics_written FROM runs;
    DROP TABLE runs;
    ALTER TABLE runs_2 RENAME TO runs;
    CREATE INDEX runs_by_horizon ON runs (horizon, started_at);
    -- Instants of the schedule that were begun or passed over. One that is still 'started' when no run is in progress was
    -- interrupted.
    CREATE TABLE slots (
        horizon TEXT NOT NULL,
        scheduled_for TEXT NOT NULL,
        run_id TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('started', 'done', 'failed', 'skipped')),
        attempts INTEGER NOT NULL,
        begun_at TEXT NOT NULL,
        PRIMARY KEY (horizon, scheduled_for)
    ) WITHOUT ROWID;
    -- The schedule each horizon was last planned by, since when, and the instant up to which its slots have been dealt
    -- with; set_back_from: where that was before the clock went back.
    CREATE TABLE agenda (
        horizon TEXT PRIMARY KEY,
        schedule TEXT NOT NULL,
        timezone TEXT NOT NULL,
        since TEXT NOT NULL,
        handled_until TEXT NOT NULL,
        set_back_from TEXT
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE runs ADD COLUMN report_pdf TEXT;
    -- Mails, written with the run that they tell of and sent afterwards. message: the whole mail as it goes over the wire, so that
    -- every attempt sends the same; null once nobody waits for it. topic: what it is about, such as 'report:7d' or 'stale'.
    CREATE TABLE outbox (
        message_id TEXT PRIMARY KEY,
        run_id TEXT,
        topic TEXT NOT NULL,
        sender TEXT NOT NULL,
        subject TEXT NOT NULL,
        created_at TEXT NOT NULL,
        message BLOB
    );
    CREATE INDEX outbox_by_topic ON outbox (topic, created_at);
    -- One row a recipient. changed_at: when the state became what it is, or was last tried; reply: the server's last words,
    -- or why it was not reached.
    CREATE TABLE outbox_recipients (
        message_id TEXT NOT NULL REFERENCES outbox (message_id) ON DELETE CASCADE,
        address TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused', 'expired')),
        attempts INTEGER NOT NULL DEFAULT 0,
        next_attempt TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        reply TEXT,
        PRIMARY KEY (message_id, address)
    ) WITHOUT ROWID;
    CREATE INDEX outbox_waiting ON outbox_recipients (next_attempt) WHERE state = 'waiting';
",
    "
    -- What happened, as it was known when forecasts of it were scored. revised_from: the value before the last revision.
    CREATE TABLE actuals (
        pair TEXT NOT NULL,
        date TEXT NOT NULL,
        value REAL NOT NULL,
        noted_at TEXT NOT NULL,
        revised_from REAL,
        revised_at TEXT,
        PRIMARY KEY (pair, date)
    ) WITHOUT ROWID;
    -- Scores of what was issued, over its published target dates. loss: sum of the pinball losses at the nine deciles; scale:
    -- sum of the actuals; inside80, inside95: dates within the intervals; end_error: median less actual on the last target
    -- date, null when none was published for it. Loss, scale and error in quote currency per unit of base currency.
    CREATE TABLE scores (
        run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
        model TEXT NOT NULL,
        end_date TEXT NOT NULL,
        dates INTEGER NOT NULL,
        loss REAL NOT NULL,
        scale REAL NOT NULL,
        inside80 INTEGER NOT NULL,
        inside95 INTEGER NOT NULL,
        end_actual REAL,
        end_error REAL,
        scored_at TEXT NOT NULL,
        PRIMARY KEY (run_id, model)
    ) WITHOUT ROWID;
    CREATE INDEX scores_by_end ON scores (end_date);
    -- Chronos in each horizon. enabled: as the configuration said when it was last looked at; enabled_since: when it was
    -- switched on; failures and heavy_runs: in a row; suspended_at, cause and reason: null unless it is suspended.
    CREATE TABLE guard (
        horizon TEXT PRIMARY KEY,
        enabled INTEGER NOT NULL,
        enabled_since TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        heavy_runs INTEGER NOT NULL DEFAULT 0,
        suspended_at TEXT,
        cause TEXT,
        reason TEXT
    ) WITHOUT ROWID;
    -- What befell it: enabled, disabled, failed, heavy, interrupted, suspended, resumed.
    CREATE TABLE guard_events (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        horizon TEXT NOT NULL,
        kind TEXT NOT NULL,
        run_id TEXT,
        detail TEXT NOT NULL
    );
    CREATE INDEX guard_events_by_horizon ON guard_events (horizon, at);
    -- Runs that have begun to forecast with Chronos and not ended that. One that is still here when its process is gone was
    -- killed. boot: the kernel's identifier of the boot; oom_kills: its count of out-of-memory kills, null where it tells none.
    CREATE TABLE chronos_marks (
        horizon TEXT PRIMARY KEY,
        run_id TEXT NOT NULL,
        begun_at TEXT NOT NULL,
        boot TEXT NOT NULL,
        oom_kills INTEGER
    ) WITHOUT ROWID;
    -- The tests for drift and the regime of volatility, as JSON, by as-of date.
    CREATE TABLE drift (
        pair TEXT NOT NULL,
        as_of TEXT NOT NULL,
        recorded_at TEXT NOT NULL,
        findings TEXT NOT NULL,
        PRIMARY KEY (pair, as_of)
    ) WITHOUT ROWID;
",
];

/// Newest schema that this version knows.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Longest wait for another process's lock.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Switches to write-ahead logging. When two processes open a new ledger at once, SQLite reports to one of them that
/// it is busy, whatever its timeout, since it does not call its busy handler there; that process retries and then
/// finds that the other has switched.
pub(crate) fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let begin = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if is_busy(&error) && begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

/// Returns the schema version of an open ledger; 0 when it is new.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Migrates the ledger to [`VERSION`], each step in its own transaction. Foreign keys are off meanwhile: otherwise
/// replacing a table would delete the rows that refer to it.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    migrate_to(connection, MIGRATIONS.len())
}

/// Migrates the ledger as [`migrate`] does, but no further than schema `target`.
pub(crate) fn migrate_to(connection: &mut Connection, target: usize) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", false)?;
    let from = version(connection)?.max(0) as usize;
    for (index, script) in MIGRATIONS.iter().enumerate().take(target).skip(from) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have migrated the ledger while this one waited for the lock.
        if version(&transaction)? as usize == index {
            transaction.execute_batch(script)?;
            transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        }
        transaction.commit()?;
    }
    connection.pragma_update(None, "foreign_keys", true)
}
