//! Copies of a ledger to which others may be writing. In: an open connection. Out: one complete file that has passed
//! SQLite's own check. A migration copy is written beside its final path and then renamed, so it is complete or
//! absent.

use crate::directory::DirectoryLock;
use crate::error::LedgerError;
use crate::schema;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Pause between two attempts at a locked ledger.
const PAUSE: Duration = Duration::from_millis(20);
/// Step size that copies all pages at once: in write-ahead mode a reader does not block writers, and a copy in
/// several steps would restart whenever another process writes.
const ALL_PAGES: i32 = -1;

/// Number of copies of older schemas kept beside a ledger.
const KEPT: usize = 2;

/// Saves the ledger at `path` as `NAME.schemaN-backup` before it leaves schema `found`. Returns the copy's path, or
/// `None` when another process has migrated the ledger meanwhile. Processes that migrate at the same time do this one
/// after another: `directory` is the lock on the ledger's directory.
///
/// # Errors
/// When the copy cannot be written or is not sound; the ledger is unchanged, and no partial copy is left.
pub(crate) fn keep_before_migration(
    connection: &Connection,
    path: &Path,
    found: i64,
    directory: &DirectoryLock,
) -> Result<Option<PathBuf>, LedgerError> {
    let place = beside(path, &format!("schema{found}-backup"));
    let unwritable = |source| LedgerError::CopyFile { path: place.clone(), source };
    let part = beside(path, "schema-backup-part");
    let kept = copy(connection, &part, schema::PATIENCE).map_err(|source| {
        // A copy is damaged when the ledger is: there is nothing to free or to try again.
        let damage = quick_check(connection).err().map(|damage| LedgerError::opening(path, damage));
        match damage.filter(LedgerError::is_corruption) {
            Some(damaged) => damaged,
            None => LedgerError::Copy { path: place.clone(), source },
        }
    });
    let kept = kept.and_then(|schema| {
        if schema != found {
            return Ok(false);
        }
        let renamed = finish(path, &part).and_then(|()| fs::rename(&part, &place));
        renamed.and_then(|()| directory.sync()).map(|()| true).map_err(unwritable)
    });
    if !matches!(kept, Ok(true)) {
        // The earlier failure is the error to report; a leftover part is overwritten by the next copy.
        let _ = fs::remove_file(&part);
    }
    if !kept? {
        return Ok(None);
    }
    drop_older(path, &place).map_err(unwritable)?;
    Ok(Some(place))
}

/// Copies the ledger at `from` to a new file at `to`, while others may write to the ledger; returns the copy's schema
/// version. The copy is not yet synced to disk. `patience`: longest wait for another process's lock.
///
/// # Errors
/// When there is no ledger, it cannot be read, or the copy cannot be written or is not sound.
pub fn copy_ledger(from: &Path, to: &Path, patience: Duration) -> Result<i64, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(from, flags)?;
        connection.busy_timeout(patience)?;
        schema::version(&connection)?;
        Ok(connection)
    };
    let connection = open().map_err(|source| LedgerError::opening(from, source))?;
    copy(&connection, to, patience).map_err(|source| match LedgerError::opening(from, source) {
        LedgerError::Open { path, source } => LedgerError::BackUp { path, source },
        told => told,
    })
}

/// Copies the ledger to `part`, overwriting any file there; returns the copy's schema version.
fn copy(from: &Connection, part: &Path, patience: Duration) -> rusqlite::Result<i64> {
    let cannot_open = |error: io::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(part).map_err(cannot_open)?;
    let mut to = Connection::open(part)?;
    copy_pages(from, &mut to, patience)?;
    // In write-ahead mode, a copy that is open would consist of three files.
    to.pragma_update(None, "journal_mode", "DELETE")?;
    quick_check(&to)?;
    schema::version(&to)
}

/// Runs SQLite's quick check on the complete file.
///
/// # Errors
/// `SQLITE_CORRUPT` when the check finds damage; SQLite's own error when the file cannot be read.
pub(crate) fn quick_check(connection: &Connection) -> rusqlite::Result<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(corrupt, Some(verdict)))
}

fn copy_pages(from: &Connection, to: &mut Connection, patience: Duration) -> rusqlite::Result<()> {
    let begin = Instant::now();
    let backup = Backup::new(from, to)?;
    loop {
        match backup.step(ALL_PAGES)? {
            StepResult::Done => return Ok(()),
            _ if begin.elapsed() > patience => {
                let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(rusqlite::Error::SqliteFailure(busy, None));
            }
            _ => std::thread::sleep(PAUSE),
        }
    }
}

fn finish(path: &Path, part: &Path) -> io::Result<()> {
    fs::set_permissions(part, fs::metadata(path)?.permissions())?;
    File::open(part)?.sync_all()
}

/// Removes all but the [`KEPT`] newest copies of older schemas; `newest` always stays.
fn drop_older(path: &Path, newest: &Path) -> io::Result<()> {
    let mut others: Vec<PathBuf> = (1..schema::VERSION)
        .rev()
        .map(|schema| beside(path, &format!("schema{schema}-backup")))
        .filter(|copy| copy != newest && copy.is_file())
        .collect();
    // The sort is stable: of two copies with equal times, the one of the higher schema counts as newer.
    others.sort_by_key(|copy| std::cmp::Reverse(fs::metadata(copy).and_then(|m| m.modified()).ok()));
    others.iter().skip(KEPT - 1).try_for_each(fs::remove_file)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;

    /// Creates a ledger of an older schema, with one run in it.
    fn old_ledger(path: &Path, schema: usize) {
        let mut old = Connection::open(path).unwrap();
        schema::migrate_to(&mut old, schema).unwrap();
        old.execute(
            "INSERT INTO runs (run_id, pair, horizon, as_of, started_at, finished_at, status, metrics) VALUES
             ('r', 'USD/CLP', '7d', '2024-12-23', '2024-12-23T11:00:00Z', '2024-12-23T11:00:09Z', 'ok', '{}')",
            [],
        )
        .unwrap();
    }

    fn runs_and_schema(path: &Path) -> (i64, i64) {
        let ledger = Connection::open(path).unwrap();
        let runs = ledger.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).unwrap();
        (runs, schema::version(&ledger).unwrap())
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_ledger_of_an_older_schema_is_kept_as_it_was_before_it_is_migrated() {
        for schema in 1..schema::VERSION {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("ledger.sqlite");
            old_ledger(&path, schema as usize);
            drop(Ledger::open(&path).unwrap());
            drop(Ledger::open(&path).unwrap());
            let copy = format!("ledger.sqlite.schema{schema}-backup");
            assert_eq!(names(directory.path()), ["ledger.sqlite", copy.as_str()]);
            assert_eq!(runs_and_schema(&path), (1, schema::VERSION));
            assert_eq!(runs_and_schema(&directory.path().join(copy)), (1, schema));
        }
    }

    #[test]
    fn a_copy_that_cannot_be_kept_refuses_the_migration_and_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        old_ledger(&path, 3);
        fs::create_dir(directory.path().join("ledger.sqlite.schema3-backup")).unwrap();
        let error = Ledger::open(&path).unwrap_err().to_string();
        assert!(error.contains("schema3-backup") && error.contains("nothing was changed"), "{error}");
        assert_eq!(runs_and_schema(&path), (1, 3));
        assert_eq!(names(directory.path()), ["ledger.sqlite", "ledger.sqlite.schema3-backup"]);
    }

    #[test]
    fn a_copy_is_whole_while_another_process_writes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..200 {
                    ledger.record(&crate::record::samples::run(&format!("run {number}"))).unwrap();
                }
            });
            let mut before = 0;
            for number in 0..10 {
                let to = directory.path().join(format!("copy {number}"));
                assert_eq!(copy_ledger(&path, &to, schema::PATIENCE).unwrap(), schema::VERSION);
                let copy = Connection::open(&to).unwrap();
                let count = |table: &str| -> i64 {
                    copy.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
                };
                assert_eq!(count("forecasts"), 3 * count("runs"), "no half transaction");
                assert!(count("runs") >= before);
                before = count("runs");
            }
        });
        let nothing = copy_ledger(&directory.path().join("none"), &directory.path().join("copy"), PAUSE);
        assert!(nothing.unwrap_err().to_string().contains("none"));
    }

    #[test]
    fn at_most_two_copies_of_older_schemas_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        for schema in 1..4 {
            let _ = fs::remove_file(&path);
            old_ledger(&path, schema);
            drop(Ledger::open(&path).unwrap());
        }
        let kept = ["ledger.sqlite", "ledger.sqlite.schema2-backup", "ledger.sqlite.schema3-backup"];
        assert_eq!(names(directory.path()), kept);
    }

    #[test]
    fn an_old_ledger_that_many_open_at_once_is_kept_once_and_opened_by_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        old_ledger(&path, 2);
        let start = std::sync::Barrier::new(4);
        let open = || {
            start.wait();
            Ledger::open(&path).map(drop).map_err(|e| e.to_string())
        };
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            assert!(opened.into_iter().all(|thread| thread.join().unwrap() == Ok(())));
        });
        assert_eq!(runs_and_schema(&path), (1, schema::VERSION));
        assert_eq!(runs_and_schema(&directory.path().join("ledger.sqlite.schema2-backup")), (1, 2));
    }
}
