//! The store: one Parquet file per series under `<data_dir>/rates`, with every version of every observation ever
//! fetched or imported, and its source. Rows are sorted by date, then by time of fetching; the newest row of a date
//! is its current value. Merging ([`MergeRules`]) adds rows; it removes a row only when an import corrects an earlier
//! one. A file is replaced atomically (temporary file, fsync, rename, fsync of the folder) under an exclusive lock, so
//! neither a crash nor a second process can damage it; a file that cannot be read is never overwritten.

mod accepted;
mod merging;
mod observation;
mod removal;
#[cfg(test)]
mod rules_tests;
mod versions;

pub use merging::{IMPORT_SOURCE, MergeReport, MergeRules, Revision};
pub use observation::StoredObservation;
pub use removal::Selection;
pub use versions::known_at;
pub(crate) use versions::{current, superseded};

use crate::{
    columns::{Cells, Columns, encode},
    error::RatesError,
};
use chrono::DateTime;
use std::{
    fs::{self, File, Permissions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const EXTENSION: &str = "parquet";
const TEMPORARY: &str = ".writing-";
/// Longest wait for the lock: another process merges for milliseconds; one that holds it for longer is stuck.
const PATIENCE: Duration = Duration::from_secs(3);
/// Pause between two attempts at the lock.
const LOCK_RETRY_PAUSE: Duration = Duration::from_millis(10);
const MAX_NAME: usize = 64;

/// The Parquet store in a data directory.
#[derive(Debug, Clone)]
pub struct RatesStore {
    folder: PathBuf,
}

impl RatesStore {
    /// Opens the store of `data_dir`; creates `<data_dir>/rates` when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn open(data_dir: &Path) -> Result<Self, RatesError> {
        let folder = data_dir.join("rates");
        fs::create_dir_all(&folder).map_err(RatesError::io("create", &folder))?;
        Ok(Self { folder })
    }

    /// Returns the names of the stored series, sorted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn series(&self) -> Result<Vec<String>, RatesError> {
        let mut names: Vec<String> = self
            .file_names()?
            .iter()
            .filter_map(|file| file.strip_suffix(EXTENSION)?.strip_suffix('.'))
            .filter(|name| checked_name(name).is_ok())
            .map(str::to_owned)
            .collect();
        names.sort();
        Ok(names)
    }

    /// Returns the current observations of a series, dates strictly increasing; `None` when it was never stored.
    ///
    /// # Errors
    /// When the name is invalid, or the file cannot be read or is not what [`RatesStore::merge`] writes.
    pub fn load(&self, name: &str) -> Result<Option<Vec<StoredObservation>>, RatesError> {
        Ok(self.load_versions(name)?.map(|versions| current(&versions)))
    }

    /// Returns every version of every observation of a series, by date and then by time of fetching; `None` when it
    /// was never stored. The last version of a date is its current value; see [`known_at`] for the others.
    ///
    /// # Errors
    /// As for [`RatesStore::load`].
    pub fn load_versions(&self, name: &str) -> Result<Option<Vec<StoredObservation>>, RatesError> {
        let path = self.path_of(name)?;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(RatesError::io("read", &path)(e)),
        };
        let versions = decode(bytes).map_err(|reason| RatesError::CorruptStore { path, reason })?;
        Ok(Some(merging::without_corrected_imports(versions)))
    }

    /// Merges observations, in any order, into a series: new dates are added, and a value that differs from the
    /// stored one becomes its new version when `rules` allow it. Of several for one date the most official counts,
    /// and among equals the last given. Waits for another merge to end. Writes nothing when nothing changes.
    ///
    /// # Errors
    /// When the name is invalid, when a value is not a positive finite number (let [`check`](crate::check) refuse
    /// those first), or when the file cannot be read or written. The old file is then unchanged.
    pub fn merge(
        &self,
        name: &str,
        observations: &[StoredObservation],
        rules: &MergeRules<'_>,
    ) -> Result<MergeReport, RatesError> {
        let _until_the_end = self.lock()?;
        self.merge_locked(name, observations, rules)
    }

    /// Merges as [`RatesStore::merge`] does. Only called under the lock.
    fn merge_locked(
        &self,
        name: &str,
        observations: &[StoredObservation],
        rules: &MergeRules<'_>,
    ) -> Result<MergeReport, RatesError> {
        let path = self.path_of(name)?;
        if let Some(o) = observations.iter().find(|o| !o.value.is_finite() || o.value <= 0.0) {
            return Err(RatesError::BadValue { series: name.to_owned(), date: o.date, value: o.value });
        }
        self.remove_abandoned_files()?;
        let stored = self.load_versions(name)?.unwrap_or_default();
        let (versions, report) = merging::merged(stored, observations, rules);
        if report.changes_the_store() {
            self.replace(&path, &versions)?;
        }
        Ok(report)
    }

    /// Reads a file beside the series that holds no rates; `None` when it is missing.
    pub(crate) fn read_sidecar(&self, file: &str) -> Result<Option<Vec<u8>>, RatesError> {
        let path = self.folder.join(file);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(RatesError::io("read", &path)(error)),
        }
    }

    /// Replaces such a file atomically.
    pub(crate) fn write_sidecar(&self, file: &str, bytes: &[u8]) -> Result<(), RatesError> {
        let _until_the_end = self.lock()?;
        self.write_atomically(&self.folder.join(file), bytes)
    }

    fn path_of(&self, name: &str) -> Result<PathBuf, RatesError> {
        Ok(self.folder.join(checked_name(name)?).with_extension(EXTENSION))
    }

    fn file_names(&self) -> Result<Vec<String>, RatesError> {
        let read = RatesError::io("read", &self.folder);
        let names: std::io::Result<Vec<_>> =
            fs::read_dir(&self.folder).and_then(|entries| entries.map(|e| e.map(|e| e.file_name())).collect());
        Ok(names.map_err(read)?.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// Locks the complete store; the lock ends when the file is closed, also by a crash.
    fn lock(&self) -> Result<File, RatesError> {
        let path = self.folder.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(RatesError::io("open", &path))?;
        let started = Instant::now();
        while let Err(refused) = file.try_lock() {
            match refused {
                TryLockError::WouldBlock if started.elapsed() < PATIENCE => std::thread::sleep(LOCK_RETRY_PAUSE),
                TryLockError::WouldBlock => return Err(RatesError::Locked { path }),
                TryLockError::Error(error) => return Err(RatesError::io("lock", &path)(error)),
            }
        }
        Ok(file)
    }

    /// Removes temporary files of killed writers. Only called under the lock, so no living writer owns one.
    fn remove_abandoned_files(&self) -> Result<(), RatesError> {
        for file in self.file_names()?.iter().filter(|file| file.starts_with(TEMPORARY)) {
            let path = self.folder.join(file);
            fs::remove_file(&path).map_err(RatesError::io("remove", &path))?;
        }
        Ok(())
    }

    fn replace(&self, path: &Path, versions: &[StoredObservation]) -> Result<(), RatesError> {
        let bytes =
            encode_versions(versions).map_err(|reason| RatesError::Encode { path: path.to_owned(), reason })?;
        self.write_atomically(path, &bytes)
    }

    /// Writes a file atomically. Only called under the lock.
    fn write_atomically(&self, path: &Path, bytes: &[u8]) -> Result<(), RatesError> {
        // Readable by everyone whom the umask admits: the daemon's user and the operator's are rarely the same.
        let mut file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&self.folder)
            .map_err(RatesError::io("create a file in", &self.folder))?;
        file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(RatesError::io("write", path))?;
        file.persist(path).map_err(|e| RatesError::io("replace", path)(e.error))?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(RatesError::io("sync", &self.folder))
    }
}

/// Returns the name itself when it is a valid series name: short, of lower-case letters, digits and _, so safe as a
/// file name.
///
/// # Errors
/// When the name is invalid.
pub fn checked_name(name: &str) -> Result<&str, RatesError> {
    let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(safe) {
        Ok(name)
    } else {
        Err(RatesError::SeriesName { name: name.to_owned() })
    }
}

fn encode_versions(versions: &[StoredObservation]) -> Result<Vec<u8>, String> {
    encode(vec![
        Cells::Dates("date", versions.iter().map(|o| o.date).collect()),
        Cells::Numbers("value", versions.iter().map(|o| o.value).collect()),
        Cells::Texts("source", versions.iter().map(|o| o.source.as_str()).collect()),
        Cells::Integers("fetched_at_ms", versions.iter().map(|o| o.fetched_at.timestamp_millis()).collect()),
    ])
}

fn decode(bytes: Vec<u8>) -> Result<Vec<StoredObservation>, String> {
    let columns = Columns::decode(bytes)?;
    let (dates, values) = (columns.dates("date")?, columns.numbers("value")?);
    let (sources, times) = (columns.texts("source")?, columns.integers("fetched_at_ms")?);
    let disorder = |i: &usize| (dates[*i], times[*i]) < (dates[*i - 1], times[*i - 1]);
    if let Some(i) = (1..dates.len()).find(disorder) {
        return Err(format!("row {} ({}) is out of order, after {}", i + 1, dates[i], dates[i - 1]));
    }
    dates
        .into_iter()
        .zip(values)
        .zip(sources)
        .zip(times)
        .map(|(((date, value), source), time)| {
            if !value.is_finite() || value <= 0.0 {
                return Err(format!("{date} has value {value}"));
            }
            let fetched_at = DateTime::from_timestamp_millis(time)
                .ok_or_else(|| format!("{date} was fetched at the impossible time {time}"))?;
            Ok(StoredObservation { date, value, source, fetched_at })
        })
        .collect()
}

#[cfg(test)]
mod tests;
