//! Files that are written atomically.

use crate::failure::Failure;
use std::fs::{DirEntry, File};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// Prefix of unfinished report files.
const UNFINISHED: &str = ".report-";

/// Age beyond which an unfinished file must come from a run that was killed.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// Writes a file atomically: into a temporary file beside it, to disk, renamed into place, and the directory to disk.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(directory)?;
        remove_abandoned(directory);
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).permissions(readable()).tempfile_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|error| Failure::file("write", path, error))
}

fn remove_abandoned(directory: &Path) {
    let abandoned = |entry: &DirEntry| {
        let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
        unfinished && age.is_some_and(|age| age > ABANDONED_AFTER)
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    // A file that cannot be removed now is tried again with the next report.
    entries.filter(abandoned).for_each(|entry| drop(std::fs::remove_file(entry.path())));
}

/// Permissions that let others on the machine read reports; tempfile's default would not.
fn readable() -> std::fs::Permissions {
    #[cfg(unix)]
    {
        std::os::unix::fs::PermissionsExt::from_mode(0o644)
    }
}
