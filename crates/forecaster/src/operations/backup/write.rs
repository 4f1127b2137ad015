//! Making a backup. In: the configuration in force. Out: one file, created completely or not at all.

use super::manifest::{FORMAT, Manifest, Member, copy_hashed};
use super::{CONFIGURATION, FOLDERS, LEDGER, MANIFEST, METRICS};
use crate::config::load::LoadedConfig;
use crate::config::settings::Config;
use crate::failure::Failure;
use chrono::Utc;
use flate2::{Compression, write::GzEncoder};
use forecaster_ledger::copy_ledger;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Prefix of the working folder, which is created beside the backup file.
const WORKING_FOLDER_PREFIX: &str = ".forecaster-backup-";
/// Longest wait for a locked ledger; a lock held longer means that something hangs.
const LEDGER_PATIENCE: Duration = Duration::from_secs(30);
/// Lock file in the working folder, held by the process that works there.
const LOCK_FILE: &str = "lock";

/// Summary of a finished backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrittenArchive {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Number of files in it.
    pub members: usize,
    /// True when there was a ledger.
    pub has_ledger: bool,
}

/// A file to be added to the archive.
struct ArchiveSource {
    name: String,
    path: PathBuf,
}

/// Writes the backup to `file`.
///
/// # Errors
/// When `file` exists, or something cannot be read or written; no file is left in that case.
pub(crate) fn write(file: &Path, loaded: &LoadedConfig) -> Result<WrittenArchive, Failure> {
    if file.exists() {
        return Err(Failure::BackupExists(file.to_owned()));
    }
    let directory = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: io::Error| Failure::file("write", file, error);
    remove_abandoned(directory);
    let (workshop, _owned) = create_working_folder(directory).map_err(failed)?;
    let (sources, schema) = sources(workshop.path(), loaded)?;
    let members = sources.iter().map(hash_member).collect::<Result<Vec<Member>, Failure>>()?;
    let config = &loaded.config;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: Utc::now().to_rfc3339(),
        pair: config.rates.pair.to_string(),
        model: config.chronos.model.clone(),
        schema,
        members,
    };
    let part = workshop.path().join("archive");
    let pack = || -> io::Result<u64> {
        let archive = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part)?;
        let archive = pack(archive, &manifest, &sources)?;
        archive.sync_all()?;
        let bytes = archive.metadata()?.len();
        // A hard link does not overwrite a file created in the meantime; some file systems have no hard links.
        match fs::hard_link(&part, file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::rename(&part, file)?,
            linked => linked?,
        }
        File::open(directory)?.sync_all()?;
        Ok(bytes)
    };
    let bytes = pack().map_err(failed)?;
    Ok(WrittenArchive { bytes, members: manifest.members.len(), has_ledger: schema.is_some() })
}

/// Creates the working folder beside the file, and the lock that marks it as in use.
fn create_working_folder(directory: &Path) -> io::Result<(TempDir, File)> {
    let folder = tempfile::Builder::new().prefix(WORKING_FOLDER_PREFIX).tempdir_in(directory)?;
    let owned = File::create(folder.path().join(LOCK_FILE))?;
    owned.lock()?;
    Ok((folder, owned))
}

/// Removes the working folders of killed backups: those whose lock nobody holds.
fn remove_abandoned(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(WORKING_FOLDER_PREFIX) || !path.is_dir() {
            continue;
        }
        let age = entry.metadata().and_then(|it| it.modified()).ok().and_then(|at| at.elapsed().ok());
        let abandoned = match File::open(path.join(LOCK_FILE)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // Killed before it had a lock, or just about to take it.
            Err(_) => age.is_some_and(|age| age.as_secs() > 60),
        };
        if abandoned {
            // A folder that cannot be removed now is retried by the next backup.
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Collects the files of the archive, and the ledger's schema. Files that others may change are first copied to the
/// working folder.
fn sources(workshop: &Path, loaded: &LoadedConfig) -> Result<(Vec<ArchiveSource>, Option<i64>), Failure> {
    let Config { service, .. } = &loaded.config;
    let mut sources = Vec::new();
    if let Some(text) = &loaded.text {
        let path = workshop.join(CONFIGURATION);
        fs::write(&path, text).map_err(|error| Failure::file("write", &path, error))?;
        sources.push(ArchiveSource { name: CONFIGURATION.to_owned(), path });
    }
    let ledger = service.data_dir.join(LEDGER);
    let mut schema = None;
    if ledger.exists() {
        let path = workshop.join(LEDGER);
        schema = Some(copy_ledger(&ledger, &path, LEDGER_PATIENCE)?);
        sources.push(ArchiveSource { name: LEDGER.to_owned(), path });
    }
    for folder in FOLDERS {
        sources.extend(copy_folder(&service.data_dir.join(folder), folder, workshop)?);
    }
    if service.metrics_log.exists() {
        let path = workshop.join(METRICS);
        copy_whole_lines(&service.metrics_log, &path)
            .map_err(|error| Failure::file("read", &service.metrics_log, error))?;
        sources.push(ArchiveSource { name: METRICS.to_owned(), path });
    }
    Ok((sources, schema))
}

/// Copies the files of a folder, which their owner writes atomically; its writers wait in the meantime.
fn copy_folder(folder: &Path, name: &str, workshop: &Path) -> Result<Vec<ArchiveSource>, Failure> {
    let failed = |error: io::Error| Failure::file("read", folder, error);
    // The store of rates has this lock. Without a lock, or when it may not be opened, writers write only one file at
    // a time.
    let lock = File::open(folder.join(".lock")).ok();
    if let Some(lock) = &lock {
        lock.lock_shared().map_err(failed)?;
    }
    let mut sources = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(sources),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let member = Member { name: format!("{name}/{file_name}"), size: 0, sha256: String::new() };
        if !member.is_expected() || !entry.file_type().map_err(failed)?.is_file() {
            continue;
        }
        let path = workshop.join(&member.name);
        let copy = || -> io::Result<()> {
            fs::create_dir_all(workshop.join(name))?;
            fs::copy(entry.path(), &path).map(drop)
        };
        copy().map_err(|error| Failure::file("copy", &entry.path(), error))?;
        sources.push(ArchiveSource { name: member.name, path });
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

/// Copies all complete lines. A line that is just being written is omitted; the ledger has it too.
fn copy_whole_lines(from: &Path, to: &Path) -> io::Result<()> {
    let mut text = fs::read(from)?;
    text.truncate(text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    fs::write(to, text)
}

fn hash_member(source: &ArchiveSource) -> Result<Member, Failure> {
    let measure = || copy_hashed(&mut File::open(&source.path)?, &mut io::sink());
    let (size, sha256) = measure().map_err(|error| Failure::file("read", &source.path, error))?;
    Ok(Member { name: source.name.clone(), size, sha256 })
}

fn pack(archive: File, manifest: &Manifest, sources: &[ArchiveSource]) -> io::Result<File> {
    let mut archive = tar::Builder::new(GzEncoder::new(archive, Compression::default()));
    let mut append = |name: &str, size: u64, content: &mut dyn Read| -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(Utc::now().timestamp()).unwrap_or_default());
        header.set_cksum();
        archive.append_data(&mut header, name, content)
    };
    let list = serde_json::to_vec_pretty(manifest)?;
    append(MANIFEST, list.len() as u64, &mut list.as_slice())?;
    for (member, source) in manifest.members.iter().zip(sources) {
        append(&member.name, member.size, &mut File::open(&source.path)?)?;
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    Ok(file)
}
