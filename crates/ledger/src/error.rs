//! Errors of the ledger; each names the file and the remedy.

use forecaster_domain::file_advice;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// Reason why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened or is no SQLite database.
    #[error("ledger {}: {source}; {}", path.display(), opening_advice(source))]
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
        changed: {}, then try again", path.display(), opening_advice(source))]
    Copy {
        /// Intended path of the copy.
        path: PathBuf,
        /// Error from SQLite.
        source: rusqlite::Error,
    },
    /// The copy of an older ledger cannot be moved to its final path.
    #[error("cannot copy the ledger to {}: {source}; the copy is made before a schema migration, and nothing was \
        changed: {}", path.display(), file_advice(source).unwrap_or("check that the directory is writable"))]
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
    #[error("ledger {}: it cannot be copied: {source}{}", path.display(), advice(source))]
    BackUp {
        /// The ledger's file.
        path: PathBuf,
        /// Error from SQLite.
        source: rusqlite::Error,
    },
    /// A damaged ledger cannot be put aside.
    #[error("ledger {}: it is damaged and cannot be put aside: {source}{}", path.display(),
        file_advice(source).map_or_else(String::new, |advice| format!("; {advice}")))]
    CannotReplace {
        /// The ledger's file.
        path: PathBuf,
        /// Error from the system.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error("ledger {}: {source}; nothing of this transaction was kept{}", path.display(), advice(source))]
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

/// Returns the step that helps with an error of SQLite; `None` when its own text says all there is to say.
fn sqlite_advice(source: &rusqlite::Error) -> Option<&'static str> {
    match source.sqlite_error_code()? {
        ErrorCode::DiskFull => Some("free disk space there"),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            Some("check owner and permissions of the file and its folder: this user may not write there")
        }
        ErrorCode::CannotOpen => {
            Some("check that its folder exists, that this user may write there, and that no folder has that name")
        }
        ErrorCode::SystemIoFailure => Some("the disk reports an error: see the kernel's log (dmesg)"),
        _ => None,
    }
}

fn opening_advice(source: &rusqlite::Error) -> &'static str {
    sqlite_advice(source).unwrap_or("check that the directory is writable and the file is a forecaster ledger")
}

/// Returns the advice with its separator; empty when there is none.
fn advice(source: &rusqlite::Error) -> String {
    sqlite_advice(source).map_or_else(String::new, |advice| format!("; {advice}"))
}

fn is_corruption(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_fits_the_cause_and_only_a_full_disk_is_about_space() {
        let said = |code: i32| {
            let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            LedgerError::Copy { path: "l.sqlite".into(), source }.to_string()
        };
        use rusqlite::ffi::{SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY};
        assert!(said(SQLITE_FULL).contains("free disk space"), "{}", said(SQLITE_FULL));
        for (code, word) in [(SQLITE_READONLY, "permissions"), (SQLITE_CANTOPEN, "folder"), (SQLITE_IOERR, "dmesg")] {
            assert!(said(code).contains(word) && !said(code).contains("space"), "{}", said(code));
        }
    }
}
