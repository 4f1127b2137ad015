//! Lock of a folder of downloads, so that two pulls of one checkpoint take turns from their first look at what is
//! installed to the removal of what they downloaded.

use crate::error::ChronosError;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Greatest number of failures to create the lock's file before they count.
const MOST_TRIES: u32 = 100;

/// Lock of a folder of downloads, released when it is dropped. Its file lies beside the folder, which comes and goes.
#[derive(Debug)]
pub struct DownloadsLock {
    path: PathBuf,
    _file: File,
}

impl DownloadsLock {
    /// Waits for the lock of `folder`.
    pub(super) fn wait_for(folder: &Path) -> Result<Self, ChronosError> {
        let parent = folder.parent().unwrap_or(Path::new("."));
        // No checkpoint's name begins with a dot.
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let path = parent.join(format!(".{name}.lock"));
        let create = || {
            fs::create_dir_all(parent)?;
            File::options().write(true).create(true).truncate(false).open(&path)
        };
        let mut failed = 0;
        loop {
            let file = match create() {
                Ok(file) => file,
                // Its former owner may have removed the parent folder in between.
                Err(_) if failed < MOST_TRIES => {
                    failed += 1;
                    continue;
                }
                Err(e) => return Err(ChronosError::file("create", &path)(e)),
            };
            lock(&file, folder);
            // Its former owner has removed the file: the next process would lock another one.
            if is_same(&file, &path) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for DownloadsLock {
    /// Removes the file while it is locked, and the parent folder when it is then empty.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.path.parent().map(fs::remove_dir);
    }
}

fn lock(file: &File, folder: &Path) {
    let locked = file.try_lock().or_else(|refused| match refused {
        TryLockError::WouldBlock => {
            tracing::info!(folder = %folder.display(), "Another fetch into this folder is running; waiting for it");
            file.lock()
        }
        TryLockError::Error(e) => Err(e),
    });
    // Some network file systems have no locks; the checksums detect files corrupted by two writers.
    if let Err(e) = locked {
        tracing::debug!(folder = %folder.display(), error = %e, "The folder cannot be locked");
    }
}

fn is_same(file: &File, path: &Path) -> bool {
    let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let at_path = fs::metadata(path).ok().map(inode);
    at_path.is_some() && at_path == file.metadata().ok().map(inode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    #[test]
    fn the_lock_is_of_one_at_a_time_although_each_removes_its_file() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(".downloads/owner--model");
        let (inside, rounds) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _lock = DownloadsLock::wait_for(&folder).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        rounds.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(rounds.into_inner(), 200);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "nothing is left");
    }

    #[test]
    fn the_lock_of_one_checkpoint_is_not_the_folder_of_another() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("model.lock")).unwrap();
        let _lock = DownloadsLock::wait_for(&root.path().join("model")).unwrap();
        let _other = DownloadsLock::wait_for(&root.path().join("model.lock")).unwrap();
    }
}
