//! The lock on the ledger's directory. A process holds it alone while it keeps a copy before a migration or puts a
//! damaged ledger aside, and shares it while it opens a ledger: SQLite opens a ledger and its log by name, one after
//! the other, and must not get the old ledger with the fresh one's log.
//!
//! The lock is on the directory: a lock file would stay behind, and closing the ledger's own file a second time would
//! drop the locks that SQLite holds on it. Whoever holds it passes it on to what it calls: a second lock taken by the
//! same process would wait for the first for ever.

use crate::schema::PATIENCE;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Pause between two attempts at a lock that another process holds.
const PAUSE: Duration = Duration::from_millis(20);

/// A held lock on a ledger's directory; dropping it releases it.
#[derive(Debug)]
pub(crate) struct DirectoryLock(File);

impl DirectoryLock {
    /// Locks the directory of the ledger at `path` for this process alone, after waiting up to [`PATIENCE`] for other
    /// holders.
    ///
    /// # Errors
    /// When the directory cannot be opened, or another process holds the lock for longer.
    pub(crate) fn exclusive(path: &Path) -> io::Result<Self> {
        Self::waiting(path, File::try_lock)
    }

    /// Locks the directory against [`DirectoryLock::exclusive`] only, after waiting as long.
    ///
    /// # Errors
    /// As [`DirectoryLock::exclusive`].
    pub(crate) fn shared(path: &Path) -> io::Result<Self> {
        Self::waiting(path, File::try_lock_shared)
    }

    fn waiting(path: &Path, attempt: fn(&File) -> Result<(), TryLockError>) -> io::Result<Self> {
        let directory = File::open(path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
        let begin = Instant::now();
        loop {
            match attempt(&directory) {
                Ok(()) => return Ok(Self(directory)),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let held = format!("another process has held its lock for {} s", PATIENCE.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, held));
                }
            }
        }
    }

    /// Writes the directory's entries to disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
