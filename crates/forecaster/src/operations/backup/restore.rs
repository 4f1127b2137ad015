//! Restoring a backup. In: its file. Out: configuration and state, where there was none before. All of it is checked
//! first; a failure while the state is moved into place undoes the moves.

use super::manifest::{Manifest, Member, copy_hashed};
use super::{CONFIGURATION, FOLDERS, LEDGER, MANIFEST, METRICS};
use crate::config::load;
use crate::config::settings::Config;
use crate::failure::{BackupProblem, Failure};
use crate::host::files::write_atomically;
use crate::host::lock;
use flate2::read::GzDecoder;
use forecaster_ledger::Ledger;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Default path of the configuration.
const DEFAULT_CONFIGURATION_PATH: &str = "config/forecasters.toml";
/// Prefix of the folder in the state directory that the archive is unpacked into.
const UNPACKING_FOLDER_PREFIX: &str = ".restore-";
/// Largest manifest accepted, bytes. The manifest of a backup with a thousand series is far smaller.
const LONGEST_MANIFEST: u64 = 16 << 20;

/// Summary of a restored backup.
#[derive(Debug)]
pub(crate) struct Restored {
    /// Time the backup was made.
    pub created_at: String,
    /// Path of the state directory.
    pub data_dir: PathBuf,
    /// Path of the configuration; the second value is true when it was written beside another one.
    pub configuration: Option<(PathBuf, bool)>,
    /// Path of the metrics when they were written beside others.
    pub metrics_beside: Option<PathBuf>,
    /// Runs of all horizons in the ledger.
    pub runs: u64,
    /// Recipients with mail waiting.
    pub mails_waiting: u64,
    /// Checkpoint configured in the backup.
    pub model: String,
}

/// Restores the backup in `file`; `named` is the path for the configuration.
///
/// # Errors
/// When the file is not an intact backup, or something is in its way: nothing is changed in that case.
pub(crate) fn restore(file: &Path, named: Option<&Path>) -> Result<Restored, Failure> {
    let in_file = |problem: Failure| Failure::InBackup { file: file.to_owned(), problem: Box::new(problem) };
    let mut text = None;
    let manifest = read(file, &mut |member, content| match member.name.as_str() {
        CONFIGURATION => copy_hashed(content, text.insert(Vec::new())),
        _ => copy_hashed(content, &mut io::sink()),
    });
    let manifest = manifest.map_err(in_file)?;
    let place = named.map_or_else(|| PathBuf::from(DEFAULT_CONFIGURATION_PATH), Path::to_owned);
    let config = effective_configuration(&place, text.as_deref())?;
    let data_dir = config.service.data_dir.clone();
    fs::create_dir_all(&data_dir).map_err(|error| Failure::file("create", &data_dir, error))?;
    let _alone = lock::daemon(&data_dir)?;
    refuse_to_overwrite(&data_dir)?;
    remove_abandoned(&data_dir);
    let unpacked = unpack(file, &data_dir).map_err(in_file)?;
    place_state(unpacked.path(), &data_dir)?;
    let configuration = text.map(|text| write_without_overwriting(&text, &place)).transpose()?;
    let metrics = unpacked.path().join(METRICS);
    let read_back = |path: &Path| fs::read(path).map_err(|error| Failure::file("read", path, error));
    let metrics = metrics.exists().then(|| read_back(&metrics)).transpose()?;
    let metrics = metrics.map(|lines| write_without_overwriting(&lines, &config.service.metrics_log)).transpose()?;
    let ledger = data_dir.join(LEDGER);
    let (mut runs, mut mails_waiting) = (0, 0);
    if ledger.exists() {
        // Migrated to the current schema when opened.
        let ledger = Ledger::open(&ledger)?;
        runs = ledger.run_counts()?.iter().map(|(_, _, count)| count).sum();
        mails_waiting = ledger.outbox_counts()?.waiting;
        drop(ledger);
        give_to_owner(&data_dir.join(LEDGER), &data_dir);
    }
    Ok(Restored {
        created_at: manifest.created_at,
        data_dir,
        configuration,
        metrics_beside: metrics.and_then(|(path, beside)| beside.then_some(path)),
        runs,
        mails_waiting,
        model: manifest.model,
    })
}

/// Configuration that will be in force: the existing file, or else the backup's, with the environment on top.
fn effective_configuration(place: &Path, text: Option<&[u8]>) -> Result<Config, Failure> {
    let failed = |error: io::Error| Failure::file("write", &std::env::temp_dir(), error);
    let scratch = tempfile::NamedTempFile::new().map_err(failed)?;
    let own =
        text.map(|text| fs::write(scratch.path(), text).map(|()| scratch.path())).transpose().map_err(failed)?;
    let serves = if place.is_file() { Some(place) } else { own };
    let loaded = load::load(serves)?;
    Ok(loaded.config)
}

/// Function that reads a member to its end and returns its length and SHA-256.
type MemberReader<'a> = dyn FnMut(&Member, &mut dyn Read) -> io::Result<(u64, String)> + 'a;

/// Reads the archive, has `take` read each member to its end, and checks that every member is there and matches the
/// manifest.
fn read(file: &Path, take: &mut MemberReader<'_>) -> Result<Manifest, Failure> {
    let broken = BackupProblem::Damaged;
    let opened = File::open(file).map_err(BackupProblem::Unreadable)?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(opened)));
    let mut entries = archive.entries().map_err(broken)?;
    let none = || BackupProblem::NoList;
    let first = entries.next().ok_or_else(none)?.map_err(broken)?;
    if first.path_bytes().as_ref() != MANIFEST.as_bytes() || first.size() > LONGEST_MANIFEST {
        return Err(none().into());
    }
    let mut text = Vec::new();
    first.take(LONGEST_MANIFEST).read_to_end(&mut text).map_err(broken)?;
    let manifest = Manifest::parse(&text)?;
    let mut missing: BTreeSet<&str> = manifest.members.iter().map(|it| it.name.as_str()).collect();
    for entry in entries {
        let mut entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let member = manifest.members.iter().find(|it| it.name == name && missing.contains(name.as_str()));
        let member = member.ok_or_else(|| BackupProblem::Unlisted(name.to_string()))?;
        if entry.header().entry_type() != tar::EntryType::Regular || entry.size() != member.size {
            return Err(BackupProblem::NotAsListed(name.to_string()).into());
        }
        let (size, sha256) = take(member, &mut entry).map_err(broken)?;
        if size != member.size || sha256 != member.sha256 {
            return Err(BackupProblem::Checksum(name.to_string()).into());
        }
        missing.remove(member.name.as_str());
    }
    match missing.first() {
        Some(name) => Err(BackupProblem::Missing(name.to_string()).into()),
        None => Ok(manifest),
    }
}

fn refuse_to_overwrite(data_dir: &Path) -> Result<(), Failure> {
    let filled = |folder: &&str| {
        let files = fs::read_dir(data_dir.join(folder)).into_iter().flatten().flatten();
        files.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).count() > 0
    };
    let ledger = data_dir.join(LEDGER);
    let found = if ledger.exists() { Some(LEDGER) } else { FOLDERS.iter().copied().find(filled) };
    match found {
        Some(name) => Err(Failure::StateExists { data_dir: data_dir.to_owned(), name: name.to_string() }),
        None => Ok(()),
    }
}

/// Removes the folders of killed restorations; the caller holds the daemon's lock.
fn remove_abandoned(data_dir: &Path) {
    for entry in fs::read_dir(data_dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNPACKING_FOLDER_PREFIX) {
            // A folder that cannot be removed does no harm.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Unpacks into a folder in the state directory and syncs the files to disk.
fn unpack(file: &Path, data_dir: &Path) -> Result<TempDir, Failure> {
    let failed = |error: io::Error| Failure::file("write into", data_dir, error);
    let folder = tempfile::Builder::new().prefix(UNPACKING_FOLDER_PREFIX).tempdir_in(data_dir).map_err(failed)?;
    for name in FOLDERS {
        fs::create_dir(folder.path().join(name)).map_err(failed)?;
    }
    read(file, &mut |member, content| {
        let mut target = File::create_new(folder.path().join(&member.name))?;
        let copied = copy_hashed(content, &mut target)?;
        target.sync_all()?;
        Ok(copied)
    })?;
    Ok(folder)
}

/// Moves rates and configuration versions into place, then the ledger; a failure moves everything back.
fn place_state(unpacked: &Path, data_dir: &Path) -> Result<(), Failure> {
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut place = || -> io::Result<()> {
        for name in FOLDERS.into_iter().chain([LEDGER]) {
            let (from, to) = (unpacked.join(name), data_dir.join(name));
            if !from.exists() {
                continue;
            }
            // The folder is empty, or holds only a lock.
            if to.is_dir() {
                fs::remove_dir_all(&to)?;
            }
            fs::rename(&from, &to)?;
            give_to_owner(&to, data_dir);
            moved.push((to, from));
        }
        File::open(data_dir)?.sync_all()
    };
    place().map_err(|error| {
        for (to, from) in moved.iter().rev() {
            // The first error is the one that is reported.
            let _ = fs::rename(to, from);
        }
        Failure::file("write into", data_dir, error)
    })
}

/// Writes a file to its place, or beside an existing one that differs. Returns the path, and true when it is beside.
fn write_without_overwriting(content: &[u8], place: &Path) -> Result<(PathBuf, bool), Failure> {
    if fs::read(place).is_ok_and(|there| there == content) {
        return Ok((place.to_owned(), false));
    }
    let beside = place.exists();
    let target = if beside { PathBuf::from(format!("{}.restored", place.display())) } else { place.to_owned() };
    write_atomically(&target, content)?;
    let directory = target.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    give_to_owner(&target, directory);
    Ok((target, beside))
}

/// Gives files that root restored to the owner of the folder they are in, so that the daemon's user can use them.
fn give_to_owner(path: &Path, of: &Path) {
    let Ok(owner) = fs::metadata(of) else { return };
    if !rustix::process::geteuid().is_root() || owner.uid() == 0 {
        return;
    }
    let files = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    for file in std::iter::once(path.to_owned()).chain(files) {
        if let Err(error) = std::os::unix::fs::chown(&file, Some(owner.uid()), Some(owner.gid())) {
            tracing::warn!("{} stays root's: {error}", file.display());
        }
    }
}
