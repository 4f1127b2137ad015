//! Cache shared by Hugging Face's own tools: `models--OWNER--MODEL` with `refs/REVISION`, a file that holds a commit,
//! and `snapshots/COMMIT/FILE`, links into `blobs/`, where files are named by their checksum. It is only read.

use super::{
    checksum::{self, Checksum, ExpectedFile},
    download,
    error::HubError,
    file::{FILES, FetchedCheckpoint, FetchedFile, Progress},
    revision::checked_commit,
};
use std::{
    fs::{self, File, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

const TEMPORARY: &str = ".copying-";

/// Copies both files of a revision into a folder; `None` when the cache does not have both intact.
///
/// # Errors
/// When the folder cannot be written. Problems with the cache are only warnings.
pub(super) fn copy(
    cache: &Path,
    name: &str,
    revision: &str,
    into: &Path,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Option<FetchedCheckpoint>, HubError> {
    let Some((commit, snapshot)) = snapshot_of(&cache.join(format!("models--{}", name.replace('/', "--"))), revision)
    else {
        return Ok(None);
    };
    remove_abandoned_copies(into)?;
    let mut copies = Vec::new();
    for file in FILES {
        match copy_file(&snapshot.join(file), file, into, progress)? {
            Some(copy) => copies.push(copy),
            None => return Ok(None),
        }
    }
    let mut files = Vec::new();
    for (copy, file) in copies {
        let path = into.join(file.name);
        copy.persist(&path).map_err(|e| HubError::io("replace", &path)(e.error))?;
        download::forget_part(into, file.name)?;
        files.push(file);
    }
    File::open(into).and_then(|folder| folder.sync_all()).map_err(HubError::io("sync", into))?;
    tracing::info!(model = name, commit, "Checkpoint copied from the shared cache");
    Ok(Some(FetchedCheckpoint { commit: Some(commit), from_cache: true, files }))
}

/// Removes copies of a process that was killed. Only called under the lock, so no living process owns one.
fn remove_abandoned_copies(into: &Path) -> Result<(), HubError> {
    for entry in fs::read_dir(into).map_err(HubError::io("read", into))? {
        let entry = entry.map_err(HubError::io("read", into))?;
        if entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) {
            fs::remove_file(entry.path()).map_err(HubError::io("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Finds the commit of a revision and the folder of its files; `None` unless the cache has both files.
fn snapshot_of(model: &Path, revision: &str) -> Option<(String, PathBuf)> {
    let named = fs::read_to_string(model.join("refs").join(revision)).ok();
    let commit = named.as_deref().map(str::trim).and_then(checked_commit).or_else(|| checked_commit(revision))?;
    let snapshot = model.join("snapshots").join(commit);
    // A broken link counts as present, and is found broken when it is read.
    FILES.iter().all(|file| snapshot.join(file).is_symlink() || snapshot.join(file).is_file()).then_some(())?;
    Some((commit.to_owned(), snapshot))
}

/// Copies a cached file without naming it yet; `None`, with a warning, when the cached file is broken.
fn copy_file(
    cached: &Path,
    name: &'static str,
    into: &Path,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Option<(NamedTempFile, FetchedFile)>, HubError> {
    let broken = |reason: &dyn std::fmt::Display| {
        tracing::warn!(file = %cached.display(), %reason, "A broken file in the shared cache is left out");
    };
    let (blob, total) = match cached.canonicalize().and_then(|blob| Ok((blob.metadata()?.len(), blob))) {
        Ok((total, blob)) => (blob, total),
        Err(e) => {
            broken(&e);
            return Ok(None);
        }
    };
    let checksum = blob.file_name().and_then(|blob| Checksum::from_etag(blob.to_str()?));
    if checksum.is_none() {
        tracing::info!(file = %cached.display(), "The shared cache has no checksum of this file; it is taken as it is");
    }
    let writing = |e| HubError::io("write", &into.join(name))(e);
    let mut copy = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(into)
        .map_err(HubError::io("create a file in", into))?;
    let mut done = 0;
    let examined = checksum::examine(&blob, name, &ExpectedFile { size: None, checksum }, |block| {
        copy.write_all(block).map_err(writing)?;
        done += block.len() as u64;
        progress(&Progress { file: name, done, total: Some(total) });
        Ok(())
    });
    match examined {
        Ok(Ok(file)) => {
            copy.as_file().sync_all().map_err(writing)?;
            return Ok(Some((copy, file)));
        }
        Ok(Err(mismatch)) => broken(&format_args!("found {}, expected {}", mismatch.found, mismatch.expected)),
        Err(HubError::Io { action: "read", source, .. }) => broken(&source),
        Err(e) => return Err(e),
    }
    Ok(None)
}
