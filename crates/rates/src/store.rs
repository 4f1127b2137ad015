//! The store: one Parquet file a series under `<data_dir>/rates`, holding every observation ever fetched or
//! imported, with its source. Merging never loses an observation: a value that was revised replaces the old
//! one and is reported. A file is replaced whole (temporary file, fsync, rename, fsync of the folder) under an
//! exclusive lock, so neither a crash nor a second process can damage it; what cannot be read is never
//! overwritten.

use crate::{
    RatesError,
    columns::{Cells, Columns, encode},
    snapshot::RawObservation,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

const EXTENSION: &str = "parquet";
const TEMPORARY: &str = ".writing-";
const MAX_NAME: usize = 64;

/// An observation with where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredObservation {
    /// Day the value belongs to.
    pub date: NaiveDate,
    /// Its value, in the series' unit.
    pub value: f64,
    /// Who said so: a provider's name, or "import".
    pub source: String,
    /// When this value was first fetched; kept to the millisecond.
    pub fetched_at: DateTime<Utc>,
}

impl StoredObservation {
    /// The observation without its origin.
    pub fn raw(&self) -> RawObservation {
        RawObservation { date: self.date, value: self.value }
    }
}

/// A stored value that a source has changed its mind about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Revision {
    /// Day of the value.
    pub date: NaiveDate,
    /// What was stored.
    pub old: f64,
    /// What is stored now.
    pub new: f64,
}

/// What a merge did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MergeReport {
    /// Observations on dates that had none.
    pub added: usize,
    /// Observations equal to what was stored; the stored source and time stay.
    pub unchanged: usize,
    /// Values that replaced others, by date.
    pub revised: Vec<Revision>,
}

/// The Parquet store of a data directory.
#[derive(Debug, Clone)]
pub struct RatesStore {
    folder: PathBuf,
}

impl RatesStore {
    /// Opens the store of `data_dir`, creating `<data_dir>/rates` when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn open(data_dir: &Path) -> Result<Self, RatesError> {
        let folder = data_dir.join("rates");
        fs::create_dir_all(&folder).map_err(RatesError::io("create", &folder))?;
        Ok(Self { folder })
    }

    /// Names of the stored series, sorted.
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

    /// The observations of a series, dates strictly increasing; `None` when it was never stored.
    ///
    /// # Errors
    /// When the name is not one, or the file cannot be read or is not what [`RatesStore::merge`] writes.
    pub fn load(&self, name: &str) -> Result<Option<Vec<StoredObservation>>, RatesError> {
        let path = self.path_of(name)?;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(RatesError::io("read", &path)(e)),
        };
        decode(bytes).map(Some).map_err(|reason| RatesError::CorruptStore { path, reason })
    }

    /// Merges observations, in any order, into a series; of several for one date the last given counts. Waits
    /// for another merge to end. Without a change nothing is written.
    ///
    /// # Errors
    /// When the name is not one, when a value is not a positive finite number (let [`check`](crate::check) refuse
    /// those first), or when the file cannot be read or written. The old file is then as it was.
    pub fn merge(&self, name: &str, observations: &[StoredObservation]) -> Result<MergeReport, RatesError> {
        let path = self.path_of(name)?;
        if let Some(o) = observations.iter().find(|o| !o.value.is_finite() || o.value <= 0.0) {
            return Err(RatesError::BadValue { series: name.to_owned(), date: o.date, value: o.value });
        }
        let _until_the_end = self.lock()?;
        self.remove_abandoned_files()?;
        let stored = self.load(name)?.unwrap_or_default();
        let mut by_date: BTreeMap<NaiveDate, StoredObservation> = stored.into_iter().map(|o| (o.date, o)).collect();
        let newest: BTreeMap<NaiveDate, &StoredObservation> = observations.iter().map(|o| (o.date, o)).collect();

        let mut report = MergeReport::default();
        for (date, new) in newest {
            match by_date.get(&date) {
                Some(old) if old.value == new.value => {
                    report.unchanged += 1;
                    continue;
                }
                Some(old) => report.revised.push(Revision { date, old: old.value, new: new.value }),
                None => report.added += 1,
            }
            by_date.insert(date, new.clone());
        }
        if report.added > 0 || !report.revised.is_empty() {
            self.replace(&path, &by_date.into_values().collect::<Vec<_>>())?;
        }
        Ok(report)
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

    /// The lock of the whole store; it ends when the file is closed, by a crash too.
    fn lock(&self) -> Result<File, RatesError> {
        let path = self.folder.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(RatesError::io("open", &path))?;
        file.lock().map_err(RatesError::io("lock", &path))?;
        Ok(file)
    }

    /// Temporary files of writers that were killed. Only called under the lock, so no living writer owns one.
    fn remove_abandoned_files(&self) -> Result<(), RatesError> {
        for file in self.file_names()?.iter().filter(|file| file.starts_with(TEMPORARY)) {
            let path = self.folder.join(file);
            fs::remove_file(&path).map_err(RatesError::io("remove", &path))?;
        }
        Ok(())
    }

    fn replace(&self, path: &Path, observations: &[StoredObservation]) -> Result<(), RatesError> {
        let bytes = encode_observations(observations)
            .map_err(|reason| RatesError::Encode { path: path.to_owned(), reason })?;
        // Readable to whom the umask lets: the daemon's user and the operator's are rarely the same.
        let mut file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&self.folder)
            .map_err(RatesError::io("create a file in", &self.folder))?;
        file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(RatesError::io("write", path))?;
        file.persist(path).map_err(|e| RatesError::io("replace", path)(e.error))?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(RatesError::io("sync", &self.folder))
    }
}

/// The name itself, when it is a series name: short, of lower-case letters, digits and _, so safe as a file name.
///
/// # Errors
/// When it is not.
pub fn checked_name(name: &str) -> Result<&str, RatesError> {
    let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(safe) {
        Ok(name)
    } else {
        Err(RatesError::SeriesName { name: name.to_owned() })
    }
}

fn encode_observations(observations: &[StoredObservation]) -> Result<Vec<u8>, String> {
    encode(vec![
        Cells::Dates("date", observations.iter().map(|o| o.date).collect()),
        Cells::Numbers("value", observations.iter().map(|o| o.value).collect()),
        Cells::Texts("source", observations.iter().map(|o| o.source.as_str()).collect()),
        Cells::Integers("fetched_at_ms", observations.iter().map(|o| o.fetched_at.timestamp_millis()).collect()),
    ])
}

fn decode(bytes: Vec<u8>) -> Result<Vec<StoredObservation>, String> {
    let columns = Columns::decode(bytes)?;
    let (dates, values) = (columns.dates("date")?, columns.numbers("value")?);
    let (sources, times) = (columns.texts("source")?, columns.integers("fetched_at_ms")?);
    if let Some(w) = dates.windows(2).find(|w| w[1] <= w[0]) {
        return Err(format!("date {} does not come after {}", w[1], w[0]));
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
