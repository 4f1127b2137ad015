//! Download of a file: `FILE.part` grows beside the final file, `FILE.part.etag` records which content it belongs to,
//! and only a complete and correct part gets the final name.

use super::{
    attempts::AttemptError,
    checksum::{self, ExpectedFile, Mismatch},
    error::HubError,
    file::{FetchedFile, Progress},
    ranges::RangeRefusals,
    request::InstalledFile,
    response::{root_cause, server},
    wire::{FileRequest, HubClient, Remote},
};
use reqwest::{
    StatusCode,
    blocking::Response,
    header::{CONTENT_LENGTH, CONTENT_RANGE},
};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

const BUFFER: usize = 128 * 1024;

/// File that is on disk and verified, with its final name or about to get it.
pub(super) struct DownloadedFile {
    file: FetchedFile,
    part: PartialDownload,
    source: FileSource,
}

/// Place of a file that is about to get its final name.
enum FileSource {
    /// The final place: there is nothing to do.
    InPlace,
    /// The part that has grown to the complete file.
    Part,
    /// The same file in the installed checkpoint.
    Installed(PathBuf),
}

impl DownloadedFile {
    /// Path of the file at this moment.
    pub(super) fn path(&self) -> &Path {
        match &self.source {
            FileSource::InPlace => &self.part.target,
            FileSource::Part => &self.part.path,
            FileSource::Installed(path) => path,
        }
    }

    /// Removes what has been received of the file.
    pub(super) fn discard(&self) -> Result<(), HubError> {
        self.part.remove_files()
    }
}

/// Downloads one file into a folder, except for its final name. A correct file that is in place is kept, and the one
/// in the installed checkpoint is taken if it is the same. When the hub announces no checksum, it is the same if it is of
/// the same commit and unchanged.
///
/// # Errors
/// When the download fails, or the file is not what the hub announced; such a file is deleted.
pub(super) fn download_file(
    wire: &HubClient,
    wanted: &FileRequest<'_>,
    remote: &Remote,
    into: &Path,
    installed: Option<&InstalledFile>,
    progress: &mut dyn FnMut(&Progress),
) -> Result<DownloadedFile, HubError> {
    let part = PartialDownload::of(into, wanted.file);
    let expected = remote.expected();
    let of_installed = |one: &InstalledFile| {
        let checksum = expected.checksum.clone().or_else(|| one.recorded.clone());
        (one.path.clone(), ExpectedFile { checksum, ..expected.clone() })
    };
    let candidates = [Some((part.target.clone(), expected.clone())), installed.map(of_installed)];
    for (path, expected) in candidates.into_iter().flatten() {
        if let Some(file) = proven_file(&path, wanted.file, &expected) {
            progress(&Progress { file: wanted.file, done: file.bytes, total: Some(file.bytes) });
            let source = if path == part.target { FileSource::InPlace } else { FileSource::Installed(path) };
            return Ok(DownloadedFile { file, part, source });
        }
    }
    part.resume_or_reset(remote.identity(), expected.size)?;
    let total = fill(wire, wanted, &part, expected.size, progress)?;
    let expected = ExpectedFile { size: expected.size.or(total), ..expected };
    match checksum::examine(&part.path, wanted.file, &expected, |_| Ok(()))? {
        Ok(file) => Ok(DownloadedFile { file, part, source: FileSource::Part }),
        Err(Mismatch { found, expected }) => {
            part.remove_files()?;
            Err(HubError::WrongChecksum { file: wanted.file, found, expected })
        }
    }
}

/// Gives the files their final names, all after each has arrived, so that a checkpoint mixes two commits for no
/// longer than the renames take.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn put_in_place(arrivals: Vec<DownloadedFile>, into: &Path) -> Result<Vec<FetchedFile>, HubError> {
    for arrival in &arrivals {
        if let FileSource::Part = arrival.source {
            let path = arrival.path();
            File::open(path).and_then(|file| file.sync_all()).map_err(HubError::io("sync", path))?;
        }
    }
    for DownloadedFile { part, source, .. } in &arrivals {
        let placed = match source {
            FileSource::InPlace => Ok(()),
            FileSource::Part => fs::rename(&part.path, &part.target),
            FileSource::Installed(path) => link_or_copy(path, &part.link, &part.target),
        };
        placed.map_err(HubError::io("replace", &part.target))?;
        part.remove_files()?;
    }
    File::open(into).and_then(|folder| folder.sync_all()).map_err(HubError::io("sync", into))?;
    Ok(arrivals.into_iter().map(|arrival| arrival.file).collect())
}

/// Removes the remains of an earlier download of a file.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn forget_part(into: &Path, file: &'static str) -> Result<(), HubError> {
    PartialDownload::of(into, file).remove_files()
}

/// Links a file, or copies it where the file system has no links, by way of `aside`.
fn link_or_copy(from: &Path, aside: &Path, to: &Path) -> std::io::Result<()> {
    match fs::remove_file(aside) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    fs::hard_link(from, aside).or_else(|_| fs::copy(from, aside).map(drop))?;
    fs::rename(aside, to)
}

/// Returns the file at `path` when it is provably the expected one; one that cannot be read is not.
fn proven_file(path: &Path, name: &'static str, expected: &ExpectedFile) -> Option<FetchedFile> {
    if expected.checksum.is_none() || !path.is_file() {
        return None;
    }
    checksum::examine(path, name, expected, |_| Ok(())).ok()?.ok()
}

/// Downloads until the part is complete; returns the size reported by the server.
fn fill(
    wire: &HubClient,
    wanted: &FileRequest<'_>,
    part: &PartialDownload,
    size: Option<u64>,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Option<u64>, HubError> {
    let mut attempts = wire.attempts();
    let mut ranges = RangeRefusals::default();
    let mut total = size;
    let mut furthest = part.length()?;
    loop {
        let before = part.length()?;
        if before > 0 && total == Some(before) {
            progress(&Progress { file: wanted.file, done: before, total });
            return Ok(total);
        }
        let from = ranges.first_byte(before);
        let failure = match attempt(wire, wanted, part, from, &mut total, progress) {
            Ok(()) => return Ok(total),
            Err(AttemptError::Final(e)) => return Err(e),
            Err(failure) => failure,
        };
        let arrived = part.length()?;
        if ranges.note(from, before, arrived, &failure) {
            furthest = 0;
        }
        if arrived > furthest {
            furthest = arrived;
            attempts.reset_attempts();
        }
        if !attempts.wait_before_retry(&failure) {
            return Err(if arrived == 0 {
                failure.into_error()
            } else {
                let total = total.map_or("an unknown number of".to_owned(), |total| total.to_string());
                let server = failure.server().unwrap_or_default().to_owned();
                HubError::CutOff { file: wanted.file, arrived, total, server, reason: failure.to_string() }
            });
        }
    }
}

/// Sends one request and writes its content to the part.
fn attempt(
    wire: &HubClient,
    wanted: &FileRequest<'_>,
    part: &PartialDownload,
    from: u64,
    total: &mut Option<u64>,
    progress: &mut dyn FnMut(&Progress),
) -> Result<(), AttemptError> {
    let response = wire.content(wanted, from)?;
    let server = server(response.url());
    let disagreement = |reason: &str| {
        // The existing part cannot be continued; the next attempt begins at zero.
        part.truncate().map_err(AttemptError::Final)?;
        Err(AttemptError::Cut { server: server.clone(), reason: reason.to_owned() })
    };
    let from = match response.status() {
        StatusCode::PARTIAL_CONTENT => {
            let (start, whole) = content_range(&response);
            if start != Some(from) || (total.is_some() && whole.is_some() && whole != *total) {
                return disagreement("it sent a different range from the one requested");
            }
            *total = total.or(whole);
            if from == 0 {
                part.truncate().map_err(AttemptError::Final)?;
            }
            from
        }
        StatusCode::RANGE_NOT_SATISFIABLE if content_range(&response).1 == Some(from) => {
            *total = total.or(Some(from));
            return Ok(());
        }
        StatusCode::RANGE_NOT_SATISFIABLE => return disagreement("it has no bytes beyond those already received"),
        _ => {
            let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            if let (Some(length), Some(total)) = (length, *total)
                && length != total
            {
                part.remove_files().map_err(AttemptError::Final)?;
                let (found, expected) = (format!("{length} bytes"), format!("{total} bytes"));
                return Err(AttemptError::Final(HubError::WrongChecksum { file: wanted.file, found, expected }));
            }
            *total = total.or(length);
            part.truncate().map_err(AttemptError::Final)?;
            0
        }
    };
    receive(response, server, part, Progress { file: wanted.file, done: from, total: *total }, progress)
}

/// Appends a body to the part. A body that ends too early is a failed attempt; a body that is too long is no longer read,
/// and the later check of size and checksum finds it.
fn receive(
    mut response: Response,
    server: String,
    part: &PartialDownload,
    mut so_far: Progress,
    progress: &mut dyn FnMut(&Progress),
) -> Result<(), AttemptError> {
    let writing = |e| AttemptError::Final(HubError::io("write", &part.path)(e));
    let mut file = File::options().append(true).create(true).open(&part.path).map_err(writing)?;
    let mut buffer = vec![0; BUFFER];
    progress(&so_far);
    loop {
        let block = match response.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => &buffer[..n],
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(AttemptError::Cut { server, reason: root_cause(&e) }),
        };
        file.write_all(block).map_err(writing)?;
        so_far.done += block.len() as u64;
        progress(&so_far);
        if so_far.total.is_some_and(|total| so_far.done > total) {
            break;
        }
    }
    match so_far.total {
        Some(total) if so_far.done < total => {
            Err(AttemptError::Cut { server, reason: "the connection was closed".to_owned() })
        }
        _ => Ok(()),
    }
}

/// First byte and total size from `Content-Range: bytes FIRST-LAST/SIZE`; either may be missing.
fn content_range(response: &Response) -> (Option<u64>, Option<u64>) {
    let text = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
    let (range, size) = text.trim_start_matches("bytes").trim().split_once('/').unwrap_or_default();
    let first = range.split_once('-').and_then(|(first, _)| first.parse().ok());
    (first, size.parse().ok())
}

/// Files of a download in progress.
struct PartialDownload {
    path: PathBuf,
    etag: PathBuf,
    /// Name of a link before it gets the final one. Not that of the part, which is written to.
    link: PathBuf,
    target: PathBuf,
}

impl PartialDownload {
    fn of(into: &Path, file: &'static str) -> Self {
        Self {
            path: into.join(format!("{file}.part")),
            etag: into.join(format!("{file}.part.etag")),
            link: into.join(format!("{file}.part.link")),
            target: into.join(file),
        }
    }

    /// Keeps an existing part when it is of the same content and not too long, and starts from nothing otherwise.
    fn resume_or_reset(&self, identity: Option<&str>, size: Option<u64>) -> Result<(), HubError> {
        let remembered = fs::read_to_string(&self.etag).ok();
        let same = identity.is_some() && remembered.as_deref().map(str::trim) == identity;
        if !same || size.is_some_and(|size| self.length().is_ok_and(|length| length > size)) {
            self.remove_files()?;
        }
        // An existing record is not written again: on a full disk it would be lost, and the part with it.
        if let Some(identity) = identity
            && !(same && self.etag.exists())
        {
            fs::write(&self.etag, identity).map_err(HubError::io("write", &self.etag))?;
        }
        Ok(())
    }

    fn length(&self) -> Result<u64, HubError> {
        match fs::metadata(&self.path) {
            Ok(metadata) => Ok(metadata.len()),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(0),
            Err(e) => Err(HubError::io("read", &self.path)(e)),
        }
    }

    fn truncate(&self) -> Result<(), HubError> {
        File::create(&self.path).map(drop).map_err(HubError::io("write", &self.path))
    }

    fn remove_files(&self) -> Result<(), HubError> {
        for path in [&self.path, &self.etag, &self.link] {
            match fs::remove_file(path) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(HubError::io("remove", path)(e)),
                _ => {}
            }
        }
        Ok(())
    }
}
