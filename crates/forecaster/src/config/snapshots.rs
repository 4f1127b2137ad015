//! Snapshots of the configuration: the exact text of every version that the daemon has applied, so that a bad one can
//! be rolled back.
//!
//! Files `<number>-<instant>.toml` in `<data_dir>/configurations/`. The same text is not stored twice in a row; the
//! oldest are removed when there are more than [`KEPT`].

use crate::failure::Failure;
use chrono::{DateTime, NaiveDateTime, Utc};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Number of versions kept.
const KEPT: usize = 100;
/// Format of the instant in a file name.
const INSTANT: &str = "%Y%m%dT%H%M%SZ";

/// An applied version of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Sequence number, from 1.
    pub number: u32,
    /// Instant at which it was applied.
    pub at: DateTime<Utc>,
    /// Path of the file.
    pub path: PathBuf,
}

impl Snapshot {
    /// Reads the text.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        fs::read_to_string(&self.path).map_err(|error| Failure::file("read", &self.path, error))
    }
}

fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join("configurations")
}

/// Lists all snapshots, oldest first; empty when there is no directory yet.
///
/// # Errors
/// When the directory cannot be read.
pub(crate) fn list(data_dir: &Path) -> Result<Vec<Snapshot>, Failure> {
    let directory = directory(data_dir);
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::file("read", &directory, error)),
    };
    let mut found: Vec<Snapshot> = entries.flatten().filter_map(|entry| parse(&entry.path())).collect();
    found.sort_by_key(|snapshot| snapshot.number);
    Ok(found)
}

fn parse(path: &Path) -> Option<Snapshot> {
    let (number, at) = path.file_name()?.to_str()?.strip_suffix(".toml")?.split_once('-')?;
    let at = NaiveDateTime::parse_from_str(at, INSTANT).ok()?.and_utc();
    Some(Snapshot { number: number.parse().ok()?, at, path: path.to_owned() })
}

/// Stores `text`, unless the newest snapshot holds the same text.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn save_snapshot(data_dir: &Path, text: &str, at: DateTime<Utc>) -> Result<(), Failure> {
    let known = list(data_dir)?;
    if known.last().is_some_and(|newest| newest.text().is_ok_and(|kept| kept == text)) {
        return Ok(());
    }
    let number = known.last().map_or(1, |newest| newest.number.saturating_add(1));
    let directory = directory(data_dir);
    let path = directory.join(format!("{number:04}-{}.toml", at.format(INSTANT)));
    let write = || -> io::Result<()> {
        fs::create_dir_all(&directory)?;
        replace(&path, text.as_bytes())
    };
    write().map_err(|error| Failure::file("write", &path, error))?;
    let surplus = (known.len() + 1).saturating_sub(KEPT);
    // A snapshot that cannot be removed now merely stays.
    known.iter().take(surplus).for_each(|old| drop(fs::remove_file(&old.path)));
    Ok(())
}

/// Writes a file atomically; for a link, replaces its target. A replaced file passes on its owner and permissions.
///
/// # Errors
/// When it cannot be written; the old file stays.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".forecaster-").tempfile_in(directory)?;
    file.write_all(text)?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
        // Only root may give files away. Any other user either owns the file it replaces or may not replace it.
        let _ = std::os::unix::fs::fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
    } else {
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn each_version_is_kept_once_in_a_row_and_the_oldest_go() {
        let directory = tempfile::tempdir().unwrap();
        let at = |n: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(n);
        assert!(list(directory.path()).unwrap().is_empty());
        for (n, text) in ["a", "a", "b", "a"].into_iter().enumerate() {
            save_snapshot(directory.path(), text, at(n as i64)).unwrap();
        }
        let texts: Vec<_> = list(directory.path()).unwrap().iter().map(|it| it.text().unwrap()).collect();
        assert_eq!(texts, ["a", "b", "a"]);
        for n in 0..KEPT + 5 {
            save_snapshot(directory.path(), &n.to_string(), at(n as i64)).unwrap();
        }
        let kept = list(directory.path()).unwrap();
        assert_eq!((kept.len(), kept[0].number, kept[KEPT - 1].number), (KEPT, 9, 108));
    }

    #[test]
    fn a_file_is_replaced_through_a_link_with_its_permissions_kept() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("forecasters.toml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
