//! metrics.jsonl: one line per run, appended after the run is in the ledger.

use crate::error::LedgerError;
use crate::ledger::Ledger;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes at the log's end searched for a line that a crash may have left unmarked: several hundred lines.
const TAIL_BYTES: u64 = 4 << 20;

/// Longest wait for another process's append, with [`PAUSE`] between two attempts.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(20);

impl Ledger {
    /// Appends every metrics line that is not yet in the log at `path`, oldest first; returns the number appended.
    ///
    /// A line is marked as written only after it is on disk. After a crash between the two, the line is found at the
    /// log's end by its run id and not written again. An incomplete last line (from a crash in the middle of a write)
    /// is first ended with a line break.
    ///
    /// # Errors
    /// When the log cannot be written or the ledger cannot be read; the lines stay in the ledger for the next call.
    pub fn flush_metrics(&self, path: &Path) -> Result<usize, LedgerError> {
        let pending = self.pending_metrics()?;
        if pending.is_empty() {
            return Ok(0);
        }
        let failed = |source| LedgerError::Metrics { path: path.to_owned(), source };
        let mut log = open(path).map_err(failed)?;
        lock(&log).map_err(failed)?;
        let tail = tail(&mut log).map_err(failed)?;
        let mut text = String::new();
        if !tail.is_empty() && !tail.ends_with('\n') {
            text.push('\n');
        }
        let mut count = 0;
        for (run_id, line) in &pending {
            let written = tail.lines().any(|l| l.contains(run_id.as_str()) && l == line);
            if !written {
                text.push_str(line);
                text.push('\n');
                count += 1;
            }
        }
        log.write_all(text.as_bytes()).and_then(|()| log.sync_data()).map_err(failed)?;
        for (run_id, _) in &pending {
            self.connection()
                .execute("UPDATE runs SET metrics_written = 1 WHERE run_id = ?1", [run_id])
                .map_err(|e| self.failed(e))?;
        }
        Ok(count)
    }

    fn pending_metrics(&self) -> Result<Vec<(String, String)>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<(String, String)>> {
            connection
                .prepare("SELECT run_id, metrics FROM runs WHERE metrics_written = 0 ORDER BY finished_at, run_id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        };
        read().map_err(|e| self.failed(e))
    }
}

/// Locks the log. Another process holds the lock only during an append; one that hangs must not block this one.
fn lock(log: &File) -> io::Result<()> {
    let begin = Instant::now();
    loop {
        match log.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Err(io::Error::other("another process has it locked")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory)?;
    }
    let is_new = !path.exists();
    let log = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    if is_new {
        // The directory entry must be on disk before a line counts as written.
        let directory = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory)?.sync_all()?;
    }
    Ok(log)
}

fn tail(log: &mut File) -> io::Result<String> {
    let length = log.seek(SeekFrom::End(0))?;
    log.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::samples::run;

    #[test]
    fn each_line_is_written_once_even_after_a_crash_before_the_mark() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        let log = directory.path().join("logs/metrics.jsonl");
        ledger.record(&run("a")).unwrap();
        assert_eq!(ledger.flush_metrics(&log).unwrap(), 1);
        assert_eq!(ledger.flush_metrics(&log).unwrap(), 0);
        ledger.connection().execute("UPDATE runs SET metrics_written = 0", []).unwrap();
        ledger.record(&run("b")).unwrap();
        assert_eq!(ledger.flush_metrics(&log).unwrap(), 1);
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "{\"run_id\":\"a\"}\n{\"run_id\":\"b\"}\n");
    }

    #[test]
    fn a_broken_last_line_does_not_swallow_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        let log = directory.path().join("metrics.jsonl");
        std::fs::write(&log, "{\"run_id\":\"x\"}\n{\"run_").unwrap();
        ledger.record(&run("a")).unwrap();
        ledger.flush_metrics(&log).unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text.lines().last(), Some("{\"run_id\":\"a\"}"));
    }

    #[test]
    fn a_tail_of_zeros_or_broken_text_after_a_power_cut_loses_and_doubles_no_line() {
        for broken in [&b"\0\0\0\0"[..], b"\xff\xfe{\"run_", b"{\"run_id\":\"\xc3"] {
            let directory = tempfile::tempdir().unwrap();
            let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
            let log = directory.path().join("metrics.jsonl");
            ledger.record(&run("a")).unwrap();
            ledger.flush_metrics(&log).unwrap();
            ledger.connection().execute("UPDATE runs SET metrics_written = 0", []).unwrap();
            ledger.record(&run("b")).unwrap();
            OpenOptions::new().append(true).open(&log).unwrap().write_all(broken).unwrap();
            assert_eq!(ledger.flush_metrics(&log).unwrap(), 1);
            let text = std::fs::read(&log).unwrap();
            let expected = [b"{\"run_id\":\"a\"}\n", broken, b"\n{\"run_id\":\"b\"}\n"].concat();
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_log_that_another_process_holds_is_given_up_and_its_lines_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        let log = directory.path().join("metrics.jsonl");
        ledger.record(&run("a")).unwrap();
        let held = File::create(&log).unwrap();
        held.lock().unwrap();
        let error = ledger.flush_metrics(&log).unwrap_err().to_string();
        assert!(error.contains("another process has it locked"), "{error}");
        drop(held);
        assert_eq!(ledger.flush_metrics(&log).unwrap(), 1);
    }

    #[test]
    fn a_log_that_cannot_be_written_keeps_its_lines_in_the_ledger() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
        ledger.record(&run("a")).unwrap();
        let error = ledger.flush_metrics(directory.path()).unwrap_err().to_string();
        assert!(error.contains("kept in the ledger"), "{error}");
        assert_eq!(ledger.flush_metrics(&directory.path().join("m.jsonl")).unwrap(), 1);
    }
}
