//! The open ledger: its file, its single connection and its lock timeout. Other modules define what is stored in it,
//! each with its own methods of [`Ledger`].

use crate::directory::DirectoryLock;
use crate::error::LedgerError;
use crate::{backup, schema};
use rusqlite::Connection;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An open ledger, shared by threads; one writer at a time.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    path: PathBuf,
    inode: Option<u64>,
}

impl Ledger {
    /// Opens the ledger at `path`; creates it or migrates it to the current schema when needed. A ledger of an older
    /// schema is first copied beside itself as `NAME.schemaN-backup`.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a ledger, or is of a newer version; when an older one cannot be copied.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Self::open_within(path, None)
    }

    /// Opens the ledger as [`Ledger::open`] does. `held`: the lock on its directory, when the caller holds it.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub(crate) fn open_within(path: &Path, held: Option<&DirectoryLock>) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::opening(path, source);
        // Without access to the directory, nobody of this kind can put the ledger aside either.
        let opening = match held {
            Some(_) => None,
            None => match DirectoryLock::shared(path) {
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(LedgerError::Locked { path: path.to_owned() });
                }
                shared => shared.ok(),
            },
        };
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(schema::PATIENCE).map_err(failed)?;
        let found = schema::version(&connection).map_err(failed)?;
        if found > schema::VERSION {
            return Err(LedgerError::Newer { path: path.to_owned(), found, known: schema::VERSION });
        }
        schema::write_ahead(&connection).map_err(failed)?;
        // From here on the connection holds the ledger and its log, whatever their names become.
        drop(opening);
        if (1..schema::VERSION).contains(&found) {
            let own = held.is_none().then(|| DirectoryLock::exclusive(path)).transpose();
            let own = own.map_err(|source| LedgerError::CopyFile { path: path.to_owned(), source })?;
            if let Some(lock) = held.or(own.as_ref())
                && let Some(copy) = backup::keep_before_migration(&connection, path, found, lock)?
            {
                tracing::info!(copy = %copy.display(), schema = found, "Ledger of an older schema kept before migration");
            }
        }
        schema::migrate(&mut connection).map_err(failed)?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned(), inode: inode(path) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// True when the file at the path is still the one that was opened: neither removed nor replaced.
    pub fn is_in_place(&self) -> bool {
        inode(&self.path) == self.inode
    }

    /// Sets the longest wait for another process's lock; the default is 30 seconds.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_lock_timeout(&self, patience: Duration) -> Result<(), LedgerError> {
        self.connection().busy_timeout(patience).map_err(|e| self.failed(e))
    }

    /// Locks the connection. A panic in another thread cannot leave a transaction half done: SQLite rolls it back.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failed(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::Statement { path: self.path.clone(), source }
    }
}

fn inode(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(error.contains("schema 99; this version supports up to 4"), "{error}");
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
