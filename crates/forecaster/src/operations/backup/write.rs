//! Making a backup. In: the configuration in force. Out: one file, whole or not there.

use super::manifest::{FORMAT, Manifest, Member, copy_hashed};
use super::{CONFIGURATION, FOLDERS, LEDGER, MANIFEST, METRICS};
use crate::config::load::Loaded;
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

/// Begins the name of the folder in which a backup is made, beside its place.
const UNFINISHED: &str = ".forecaster-backup-";
/// Nobody has the ledger locked for so long, unless something hangs.
const LEDGER_PATIENCE: Duration = Duration::from_secs(30);
/// The file in that folder which its process has locked.
const OWNED: &str = "lock";

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Bytes of the file.
    pub bytes: u64,
    /// Files in it.
    pub members: usize,
    /// Whether there was a ledger.
    pub has_ledger: bool,
}

/// A file on its way into the archive.
struct Source {
    name: String,
    path: PathBuf,
}

/// Makes the backup at `file`.
///
/// # Errors
/// When `file` exists, or something cannot be read or written; nothing is left of it then.
pub(crate) fn write(file: &Path, loaded: &Loaded) -> Result<Written, Failure> {
    if file.exists() {
        return Err(Failure::BackupExists(file.to_owned()));
    }
    let directory = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: io::Error| Failure::file("write", file, error);
    remove_abandoned(directory);
    let (workshop, _owned) = workshop(directory).map_err(failed)?;
    let (sources, schema) = sources(workshop.path(), loaded)?;
    let members = sources.iter().map(measured).collect::<Result<Vec<Member>, Failure>>()?;
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
        // A link does not overwrite what has come there meanwhile; some file systems have none.
        match fs::hard_link(&part, file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::rename(&part, file)?,
            linked => linked?,
        }
        File::open(directory)?.sync_all()?;
        Ok(bytes)
    };
    let bytes = pack().map_err(failed)?;
    Ok(Written { bytes, members: manifest.members.len(), has_ledger: schema.is_some() })
}

/// A folder beside the file, and the lock that shows that somebody works in it.
fn workshop(directory: &Path) -> io::Result<(TempDir, File)> {
    let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(directory)?;
    let owned = File::create(folder.path().join(OWNED))?;
    owned.lock()?;
    Ok((folder, owned))
}

/// Folders of backups that were killed: those whose lock nobody holds.
fn remove_abandoned(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(UNFINISHED) || !path.is_dir() {
            continue;
        }
        let age = entry.metadata().and_then(|it| it.modified()).ok().and_then(|at| at.elapsed().ok());
        let abandoned = match File::open(path.join(OWNED)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // Killed before it had a lock, or just about to take it.
            Err(_) => age.is_some_and(|age| age.as_secs() > 60),
        };
        if abandoned {
            // One that cannot be removed now is tried again with the next backup.
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Everything that goes in, and the ledger's schema. What others may change meanwhile is copied into the workshop first.
fn sources(workshop: &Path, loaded: &Loaded) -> Result<(Vec<Source>, Option<i64>), Failure> {
    let Config { service, .. } = &loaded.config;
    let mut sources = Vec::new();
    if let Some(text) = &loaded.text {
        let path = workshop.join(CONFIGURATION);
        fs::write(&path, text).map_err(|error| Failure::file("write", &path, error))?;
        sources.push(Source { name: CONFIGURATION.to_owned(), path });
    }
    let ledger = service.data_dir.join(LEDGER);
    let mut schema = None;
    if ledger.exists() {
        let path = workshop.join(LEDGER);
        schema = Some(copy_ledger(&ledger, &path, LEDGER_PATIENCE)?);
        sources.push(Source { name: LEDGER.to_owned(), path });
    }
    for folder in FOLDERS {
        sources.extend(copied(&service.data_dir.join(folder), folder, workshop)?);
    }
    if service.metrics_log.exists() {
        let path = workshop.join(METRICS);
        copy_whole_lines(&service.metrics_log, &path)
            .map_err(|error| Failure::file("read", &service.metrics_log, error))?;
        sources.push(Source { name: METRICS.to_owned(), path });
    }
    Ok((sources, schema))
}

/// The files of a folder, each of which is written whole by its owner; its writers wait meanwhile.
fn copied(folder: &Path, name: &str, workshop: &Path) -> Result<Vec<Source>, Failure> {
    let failed = |error: io::Error| Failure::file("read", folder, error);
    // The store of rates has one; where there is none, or it may not be opened, nobody writes more than one file at a time.
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
        sources.push(Source { name: member.name, path });
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

/// A line that is just being written is left to the ledger, which has it too.
fn copy_whole_lines(from: &Path, to: &Path) -> io::Result<()> {
    let mut text = fs::read(from)?;
    text.truncate(text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    fs::write(to, text)
}

fn measured(source: &Source) -> Result<Member, Failure> {
    let measure = || copy_hashed(&mut File::open(&source.path)?, &mut io::sink());
    let (size, sha256) = measure().map_err(|error| Failure::file("read", &source.path, error))?;
    Ok(Member { name: source.name.clone(), size, sha256 })
}

fn pack(archive: File, manifest: &Manifest, sources: &[Source]) -> io::Result<File> {
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
