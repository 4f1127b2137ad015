//! Cache shared by Hugging Face's own tools: `models--OWNER--MODEL` with `refs/REVISION`, a file that holds a commit,
//! and `snapshots/COMMIT/FILE`, links into `blobs/`, where files are named by their checksum. Newer versions keep some of
//! these as links to a store that all models share, `blobs/XX/HASH`, whose names are other hashes. It is only read.

use super::{
    checksum::{self, Checksum, ExpectedFile},
    download,
    error::HubError,
    file::{FILES, FetchedCheckpoint, FetchedFile, Progress},
    request::FetchRequest,
    revision::checked_commit,
};
use std::{
    fs::{self, File, Permissions},
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};
use tempfile::{NamedTempFile, TempPath};

const TEMPORARY: &str = ".copying-";

/// Takes both files of a revision into a folder; `None` when the cache does not have both intact. A file takes no more
/// disk space there: it is a hard link, unless the file system or the file's owner asks for a copy.
///
/// # Errors
/// When the folder cannot be written, or `config.json` does not pass the check of the request. Problems with the cache
/// are only warnings.
pub(super) fn take(
    cache: &Path,
    request: &FetchRequest<'_>,
    revision: &str,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Option<FetchedCheckpoint>, HubError> {
    let FetchRequest { name, into, .. } = *request;
    let Some((commit, snapshot)) = snapshot_of(&cache.join(format!("models--{}", name.replace('/', "--"))), revision)
    else {
        return Ok(None);
    };
    remove_abandoned_copies(into)?;
    let mut taken = Vec::new();
    for file in FILES {
        let Some(one) = take_file(&snapshot.join(file), file, into, progress)? else { return Ok(None) };
        if file == FILES[0]
            && let Err(unsuitable) = request.check_config(&one.place)
        {
            if one.verified {
                return Err(unsuitable);
            }
            // Nothing proves that it is the model's: it may be damaged.
            tracing::warn!("The shared cache has no checksum of its config.json, and it is left out: {unsuitable}");
            return Ok(None);
        }
        taken.push(one);
    }
    let unverified: Vec<&str> = taken.iter().filter(|one| !one.verified).map(|one| one.file.name).collect();
    if !unverified.is_empty() {
        tracing::warn!(
            "The shared cache has no checksum of {}, so nothing proves that this is what the model's owner published: \
             compare the SHA-256 with the one on the model's page, or fetch it from the hub with --force",
            unverified.join(" and ")
        );
    }
    let verified = unverified.is_empty();
    let mut files = Vec::new();
    for TakenFile { place, file, .. } in taken {
        let path = into.join(file.name);
        let temporary = place.to_path_buf();
        place.persist(&path).map_err(|e| HubError::io("replace", &path)(e.error))?;
        // Renaming a link to another link of the same file leaves both.
        let _ = fs::remove_file(temporary);
        download::forget_part(into, file.name)?;
        files.push(file);
    }
    File::open(into).and_then(|folder| folder.sync_all()).map_err(HubError::io("sync", into))?;
    tracing::info!(model = name, commit, "Checkpoint taken from the shared cache");
    Ok(Some(FetchedCheckpoint { commit: Some(commit), from_cache: true, kept: false, verified, files }))
}

/// File from the cache that does not have its name yet.
struct TakenFile {
    place: TempPath,
    file: FetchedFile,
    verified: bool,
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

/// Links or copies a cached file without naming it yet; `None`, with a warning, when the cached file is broken.
fn take_file(
    cached: &Path,
    name: &'static str,
    into: &Path,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Option<TakenFile>, HubError> {
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
    // Not the name at the end of all links: a blob may be a link to another one, named by the hash of its chunks.
    let first = fs::read_link(cached).ok();
    let checksum = first.as_deref().and_then(Path::file_name).and_then(|blob| Checksum::from_etag(blob.to_str()?));
    let verified = checksum.is_some();
    let link = if verified { link_of(&blob, into) } else { None };
    let writing = |e| HubError::io("write", &into.join(name))(e);
    let mut copy = if link.is_some() { None } else { Some(new_file(into)?) };
    let mut done = 0;
    let examined = checksum::examine(&blob, name, &ExpectedFile { size: None, checksum }, |block| {
        if let Some(copy) = &mut copy {
            copy.write_all(block).map_err(writing)?;
        }
        done += block.len() as u64;
        progress(&Progress { file: name, done, total: Some(total) });
        Ok(())
    });
    match examined {
        Ok(Ok(file)) => {
            if let Some(copy) = &copy {
                copy.as_file().sync_all().map_err(writing)?;
            }
            let place = link.or(copy.map(NamedTempFile::into_temp_path));
            return Ok(place.map(|place| TakenFile { place, file, verified }));
        }
        Ok(Err(mismatch)) => broken(&format_args!("found {}, expected {}", mismatch.found, mismatch.expected)),
        Err(HubError::Io { action: "read", source, .. }) => broken(&source),
        Err(e) => return Err(e),
    }
    Ok(None)
}

/// Creates an empty file for a copy.
fn new_file(into: &Path) -> Result<NamedTempFile, HubError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY).permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(into).map_err(HubError::io("create a file in", into))
}

/// Links a file of the cache into a folder; `None` when it has to be copied, because it is on another file system, others
/// could change it later, or not every user may read it. The link is the same file: nothing may change its content or
/// its permissions.
fn link_of(blob: &Path, into: &Path) -> Option<TempPath> {
    let (of_blob, of_folder) = (blob.metadata().ok()?, into.metadata().ok()?);
    let mode = of_blob.mode();
    let fits = mode & 0o022 == 0 && mode & 0o444 == 0o444;
    if !of_blob.is_file() || of_blob.uid() != of_folder.uid() || !fits {
        return None;
    }
    // Creates a name that nobody has, and puts the link in its place.
    let place = new_file(into).ok()?.into_temp_path();
    let beside = place.with_extension("link");
    fs::hard_link(blob, &beside).and_then(|()| fs::rename(&beside, &place)).ok()?;
    Some(place)
}
