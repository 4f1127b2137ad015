//! Puts a damaged ledger, or a file that is no ledger, aside and creates a fresh one in its place; nothing is
//! overwritten or deleted.
//!
//! In: the path. Out: an open ledger and, when the old file was put aside, its new path. A file that is merely
//! locked, unreadable or of a newer version stays where it is and is reported as an error.

use crate::backup;
use crate::directory::DirectoryLock;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use chrono::{DateTime, Utc};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A damaged ledger that was replaced by a fresh one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacedLedger {
    /// Path of the damaged file now.
    pub path: PathBuf,
    /// Error found in it.
    pub reason: String,
}

impl Ledger {
    /// Opens the ledger at `path` after SQLite's quick check. A damaged one is renamed to `NAME.corrupt-<now>`,
    /// together with its write-ahead log, and a fresh one is created.
    ///
    /// # Errors
    /// As [`Ledger::open`], except damage; and when the damaged file cannot be put aside.
    pub fn open_or_replace_corrupt(
        path: &Path,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<ReplacedLedger>), LedgerError> {
        let failed = |source| LedgerError::CannotReplace { path: path.to_owned(), source };
        // Of several processes, only one puts the file aside; the others find the fresh one. While one of them does
        // it, the others may see the old file with the fresh log, which is an error of any kind: only what is found
        // under the lock counts.
        let seen = match checked(path, None) {
            Err(error @ (LedgerError::Newer { .. } | LedgerError::Locked { .. })) => return Err(error),
            Err(error) => error,
            sound => return sound.map(|ledger| (ledger, None)),
        };
        let directory = match DirectoryLock::of(path) {
            Ok(directory) => directory,
            Err(source) if seen.is_corruption() => return Err(failed(source)),
            Err(_) => return Err(seen),
        };
        let error = match checked(path, Some(&directory)) {
            Err(error) if error.is_corruption() => error,
            opened => return opened.map(|ledger| (ledger, None)),
        };
        let aside = put_aside(path, now).map_err(failed)?;
        directory.sync().map_err(failed)?;
        // A process that looks at the path in this moment may have begun to create the fresh ledger.
        Ok((
            Self::open_within(path, Some(&directory))?,
            Some(ReplacedLedger { path: aside, reason: error.to_string() }),
        ))
    }

    /// Runs SQLite's quick check on the complete file.
    ///
    /// # Errors
    /// When the check finds damage, or the file cannot be read.
    pub fn check(&self) -> Result<(), LedgerError> {
        backup::quick_check(&self.connection()).map_err(|source| LedgerError::opening(self.path(), source))
    }
}

fn checked(path: &Path, held: Option<&DirectoryLock>) -> Result<Ledger, LedgerError> {
    let ledger = Ledger::open_within(path, held)?;
    ledger.check()?;
    Ok(ledger)
}

/// Renames the ledger and its logs. The logs go first: without them the old ledger is still found damaged, but left
/// behind they would damage the fresh one.
fn put_aside(path: &Path, now: DateTime<Utc>) -> io::Result<PathBuf> {
    let with = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    let stamp = now.format("corrupt-%Y%m%dT%H%M%SZ");
    let free = (0..).map(|n| if n == 0 { format!(".{stamp}") } else { format!(".{stamp}-{n}") });
    // The sequence is infinite, so it contains a free name.
    let aside = free.map(|suffix| with(&suffix)).find(|aside| !aside.exists()).unwrap_or_else(|| with(".corrupt"));
    for log in ["-wal", "-shm"] {
        match fs::rename(with(log), format!("{}{log}", aside.display())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, &aside)?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::samples::run;
    use forecaster_domain::Horizon;
    use std::fs::File;
    use std::io::{Seek, SeekFrom, Write};

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Writes a ledger with some pages in it, and closes it.
    fn filled(path: &Path) {
        let ledger = Ledger::open(path).unwrap();
        for number in 0..50 {
            ledger.record(&run(&format!("run {number}"))).unwrap();
        }
    }

    #[test]
    fn a_damaged_ledger_is_put_aside_word_for_word_and_a_fresh_one_is_made() {
        for damage in ["text", "page", "cut"] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("ledger.sqlite");
            filled(&path);
            let mut file = File::options().read(true).write(true).open(&path).unwrap();
            match damage {
                "text" => file.write_all(&[b'x'; 200]).unwrap(),
                "page" => {
                    file.seek(SeekFrom::Start(4096 * 3)).unwrap();
                    file.write_all(&[0xa5; 4096 * 4]).unwrap();
                }
                _ => file.set_len(4096 * 5).unwrap(),
            }
            drop(file);
            let before = fs::read(&path).unwrap();
            let now = DateTime::UNIX_EPOCH;
            let (ledger, aside) = Ledger::open_or_replace_corrupt(&path, now).unwrap();
            let aside = aside.expect(damage);
            assert!(aside.path.ends_with("ledger.sqlite.corrupt-19700101T000000Z"), "{aside:?}");
            assert!(
                aside.reason.contains("ledger.sqlite") && aside.reason.contains("forecaster restore"),
                "{aside:?}"
            );
            assert_eq!(fs::read(&aside.path).unwrap(), before, "{damage}: nothing of it is changed");
            assert!(ledger.runs(Horizon::D7, 9).unwrap().is_empty());
            ledger.record(&run("new")).unwrap();
            drop(ledger);
            let (ledger, none) = Ledger::open_or_replace_corrupt(&path, now).unwrap();
            assert_eq!((none, ledger.runs(Horizon::D7, 9).unwrap().len()), (None, 1));
            fs::write(&path, "damaged again, in the same second".repeat(9)).unwrap();
            drop(ledger);
            let (_, second) = Ledger::open_or_replace_corrupt(&path, now).unwrap();
            assert!(second.unwrap().path.ends_with("ledger.sqlite.corrupt-19700101T000000Z-1"));
        }
    }

    #[test]
    fn one_that_is_sound_newer_or_unreadable_stays_where_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        filled(&path);
        assert_eq!(Ledger::open_or_replace_corrupt(&path, Utc::now()).unwrap().1, None);
        Ledger::open(&path).unwrap().connection().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Ledger::open_or_replace_corrupt(&path, Utc::now()), Err(LedgerError::Newer { .. })));
        fs::create_dir(directory.path().join("folder")).unwrap();
        assert!(Ledger::open_or_replace_corrupt(&directory.path().join("folder"), Utc::now()).is_err());
        assert_eq!(names(directory.path()), ["folder", "ledger.sqlite"]);
    }

    #[test]
    fn an_older_ledger_that_is_damaged_is_put_aside_by_whoever_holds_the_lock_already() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        let mut connection = rusqlite::Connection::open(&path).unwrap();
        crate::schema::migrate_to(&mut connection, 2).unwrap();
        connection.execute_batch("CREATE INDEX more ON runs (report_html)").unwrap();
        drop(connection);
        let pages = fs::metadata(&path).unwrap().len() / 4096;
        let mut file = File::options().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(4096 * (pages - 1))).unwrap();
        file.write_all(&[0xa5; 4096]).unwrap();
        drop(file);
        let (ledger, aside) = Ledger::open_or_replace_corrupt(&path, DateTime::UNIX_EPOCH).unwrap();
        assert!(aside.is_some() && ledger.check().is_ok());
    }

    #[test]
    fn a_fresh_ledger_that_another_has_begun_to_create_is_opened_under_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        crate::schema::migrate_to(&mut rusqlite::Connection::open(&path).unwrap(), 1).unwrap();
        let held = DirectoryLock::of(&path).unwrap();
        assert!(Ledger::open_within(&path, Some(&held)).unwrap().check().is_ok());
    }

    #[test]
    fn of_several_processes_one_puts_it_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.sqlite");
        fs::write(&path, "no ledger".repeat(500)).unwrap();
        let start = std::sync::Barrier::new(5);
        let open = || {
            start.wait();
            Ledger::open_or_replace_corrupt(&path, Utc::now())
                .map(|(_, aside)| aside.is_some())
                .map_err(|e| e.to_string())
        };
        let put = std::thread::scope(|scope| {
            let opened: Vec<_> = (0..5).map(|_| scope.spawn(open)).collect();
            opened.into_iter().map(|it| it.join().unwrap().unwrap()).filter(|put| *put).count()
        });
        assert_eq!(put, 1);
        assert!(names(directory.path()).iter().filter(|name| name.contains("corrupt")).count() == 1);
    }
}
