//! The lock on the ledger's directory, which a process holds while it migrates a ledger or puts a damaged one aside.
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
    /// Locks the directory of the ledger at `path`, after waiting up to [`PATIENCE`] for another holder.
    ///
    /// # Errors
    /// When the directory cannot be opened, or another process holds the lock for longer.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let directory = File::open(path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
        let begin = Instant::now();
        loop {
            match directory.try_lock() {
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
