//! Errors of the ledger; each names the file and the remedy.

use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// Reason why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened or is no SQLite database.
    #[error("ledger {}: {source}; check that the directory is writable and the file is a forecaster ledger", path.display())]
    Open {
        /// The ledger's file.
        path: PathBuf,
        /// Error from SQLite.
        source: rusqlite::Error,
    },
    /// A ledger written by a newer version.
    #[error("ledger {}: made by a newer version (schema {found}; this version supports up to {known}); upgrade \
        forecaster or move the file away", path.display())]
    Newer {
        /// The ledger's file.
        path: PathBuf,
        /// Schema version of the file.
        found: i64,
        /// Newest schema version known to this program.
        known: i64,
    },
    /// SQLite cannot copy an older ledger before it is migrated.
    #[error("cannot copy the ledger to {}: {source}; the copy is made before a schema migration, and nothing was \
        changed: free disk space there and try again", path.display())]
    Copy {
        /// Intended path of the copy.
        path: PathBuf,
        /// Error from SQLite.
        source: rusqlite::Error,
    },
    /// The copy of an older ledger cannot be moved to its final path.
    #[error("cannot copy the ledger to {}: {source}; the copy is made before a schema migration, and nothing was \
        changed: check that the directory is writable", path.display())]
    CopyFile {
        /// Intended path of the copy.
        path: PathBuf,
        /// Error from the system.
        source: std::io::Error,
    },
    /// Another process has held its lock on the ledger for too long.
    #[error("ledger {}: another process has held the lock for too long; find it with fuser or lsof, and try again \
        when it has finished", path.display())]
    Locked {
        /// The ledger's file.
        path: PathBuf,
    },
    /// The file is damaged, or is not a ledger.
    #[error("ledger {}: {source}: the file is damaged or not a ledger; restore a backup (forecaster restore), or \
        try to recover it with sqlite3's .recover", path.display())]
    Corrupt {
        /// The ledger's file.
        path: PathBuf,
        /// Error from SQLite.
        source: rusqlite::Error,
    },
    /// The ledger cannot be copied for a backup.
    #[error("ledger {}: it cannot be copied: {source}", path.display())]
    BackUp {
        /// The ledger's file.
        path: PathBuf,
        /// Error from SQLite.
        source: rusqlite::Error,
    },
    /// A damaged ledger cannot be put aside.
    #[error("ledger {}: it is damaged and cannot be put aside: {source}", path.display())]
    CannotReplace {
        /// The ledger's file.
        path: PathBuf,
        /// Error from the system.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error("ledger {}: {source}; nothing of this transaction was kept", path.display())]
    Statement {
        /// The ledger's file.
        path: PathBuf,
        /// Error from SQLite.
        source: rusqlite::Error,
    },
    /// The slot of the schedule is not open: it was closed already, or never started.
    #[error(
        "run {run_id}: its schedule slot is not open (closed already, or never started); this run was not \
        recorded"
    )]
    SlotClosed {
        /// Identifier of the run that was not recorded.
        run_id: String,
    },
    /// metrics.jsonl cannot be written.
    #[error("metrics log {}: {source}; the lines are kept in the ledger and written with the next run", path.display())]
    Metrics {
        /// The log's file.
        path: PathBuf,
        /// Error from the system.
        source: std::io::Error,
    },
}

impl LedgerError {
    /// Classifies SQLite's error on opening or copying the file at `path`.
    pub(crate) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => LedgerError::Locked { path },
            Some(code) if is_corruption(code) => LedgerError::Corrupt { path, source },
            _ => LedgerError::Open { path, source },
        }
    }

    /// True when the file is damaged or not a ledger; false when it is locked, unreadable, or of a newer version.
    pub fn is_corruption(&self) -> bool {
        match self {
            LedgerError::Corrupt { .. } => true,
            LedgerError::Statement { source, .. } => source.sqlite_error_code().is_some_and(is_corruption),
            _ => false,
        }
    }

    /// True when the same operation may succeed later: the ledger is locked, or the disk is full.
    pub fn is_transient(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull};
        match self {
            LedgerError::Open { source, .. }
            | LedgerError::Copy { source, .. }
            | LedgerError::BackUp { source, .. }
            | LedgerError::Statement { source, .. } => {
                matches!(source.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked | DiskFull))
            }
            LedgerError::CopyFile { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            LedgerError::Metrics { .. } | LedgerError::Locked { .. } => true,
            LedgerError::Newer { .. }
            | LedgerError::SlotClosed { .. }
            | LedgerError::Corrupt { .. }
            | LedgerError::CannotReplace { .. } => false,
        }
    }
}

fn is_corruption(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
}
