//! Errors of the ledger, each naming the file and what to do.

use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// Why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened or is no SQLite database.
    #[error("ledger {}: {source}; check that the directory is writable and the file is a forecaster ledger", path.display())]
    Open {
        /// The ledger's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A ledger written by a newer version.
    #[error("ledger {}: made by a newer version (schema {found}, this one knows {known}); upgrade forecaster or move the file away", path.display())]
    Newer {
        /// The ledger's file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// SQLite cannot copy an older ledger before it is migrated.
    #[error("copy of the ledger {}: {source}; it is made before the ledger is brought to a new schema, and nothing was changed: make room there and try again", path.display())]
    Copy {
        /// Where the copy was to be.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The copy of an older ledger cannot be put in its place.
    #[error("copy of the ledger {}: {source}; it is made before the ledger is brought to a new schema, and nothing was changed: check that the directory is writable", path.display())]
    CopyFile {
        /// Where the copy was to be.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it locked for longer than anybody should.
    #[error("ledger {}: another process has had it locked for too long; see which one (fuser, lsof), and try again when it is done", path.display())]
    Locked {
        /// The ledger's file.
        path: PathBuf,
    },
    /// It is damaged, or no ledger at all.
    #[error("ledger {}: {source}: it is damaged or no ledger; bring a backup back (forecaster restore), or try to save it with sqlite3's .recover", path.display())]
    Corrupt {
        /// The ledger's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It cannot be copied for a backup.
    #[error("ledger {}: it cannot be copied: {source}", path.display())]
    BackUp {
        /// The ledger's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A damaged one cannot be put aside.
    #[error("ledger {}: it is damaged and cannot be put aside: {source}", path.display())]
    Aside {
        /// The ledger's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error("ledger {}: {source}; nothing of this transaction was kept", path.display())]
    Statement {
        /// The ledger's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The slot of the schedule was dealt with by another run.
    #[error("run {run_id}: its slot of the schedule has been closed already; nothing of this run was kept")]
    SlotClosed {
        /// The run that came too late.
        run_id: String,
    },
    /// metrics.jsonl cannot be written.
    #[error("metrics log {}: {source}; the lines are kept in the ledger and written with the next run", path.display())]
    Metrics {
        /// The log's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl LedgerError {
    /// Why the file at `path` cannot be opened, from what SQLite said.
    pub(crate) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => LedgerError::Locked { path },
            Some(code) if is_corruption(code) => LedgerError::Corrupt { path, source },
            _ => LedgerError::Open { path, source },
        }
    }

    /// Whether the file is damaged or no ledger; not when it is locked, unreadable, or of a newer version.
    pub fn is_corruption(&self) -> bool {
        match self {
            LedgerError::Corrupt { .. } => true,
            LedgerError::Statement { source, .. } => source.sqlite_error_code().is_some_and(is_corruption),
            _ => false,
        }
    }

    /// Whether the same may go well later: somebody has locked the ledger, or the disk is full.
    pub fn may_pass(&self) -> bool {
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
            | LedgerError::Aside { .. } => false,
        }
    }
}

fn is_corruption(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
}
