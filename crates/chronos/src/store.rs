//! Store of checkpoints: one folder each below one root, with `config.json`, `model.safetensors`, the graph made of
//! them, and `manifest.json` with where they came from and what they forecast on import. A folder is complete or
//! absent. The built-in checkpoint counts as one of them.

mod downloads;

pub use downloads::DownloadsLock;

use crate::checkpoint::{Checkpoint, CheckpointPlace, WEIGHTS};
use crate::embedded::EMBEDDED;
use crate::error::ChronosError;
use crate::installed::{Installed, Manifest, built_in};
use crate::name::is_name;
use crate::precision::Precision;
use crate::self_test::SelfTest;
use crate::session::SessionSettings;
use crate::{artifact, graph};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Name of the file that records where a checkpoint came from.
const MANIFEST: &str = "manifest.json";
/// Names of a checkpoint's files.
const FILES: [&str; 2] = ["config.json", WEIGHTS];
/// Prefix of unfinished folders.
const UNFINISHED: &str = ".installing-";

/// The folder of all checkpoints.
#[derive(Debug, Clone)]
pub struct ModelStore {
    root: PathBuf,
}

/// Checkpoint that is to be installed.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Folder of its two files.
    pub folder: &'a Path,
    /// Words for where it came from: the hub, or a folder.
    pub source: &'a str,
    /// Commit on the hub.
    pub revision: Option<String>,
    /// True when each file agreed with a checksum from the hub; `None` when it does not come from there.
    pub verified: Option<bool>,
    /// Way of its files into the store.
    pub transfer: Transfer,
}

/// Way of files into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// They are copied: the folder belongs to somebody, who may change it later.
    Copy,
    /// They are moved, so that they take their disk space once. They leave the folder when all is done, and stay there
    /// when it fails.
    Move,
}

/// Refuses names that refer to the built-in checkpoint, so that no other can have them.
///
/// # Errors
/// When `name` is one of them.
pub fn check_not_taken(name: &str) -> Result<(), ChronosError> {
    if EMBEDDED.matches_name(name) {
        return Err(ChronosError::NoModel(format!(
            "'{name}' is reserved for the built-in checkpoint; import the other one under another name (--name)"
        )));
    }
    Ok(())
}

impl ModelStore {
    /// The store below `root`, which need not exist yet.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Folder in which partial downloads of `name` wait to be continued.
    pub fn downloads(&self, name: &str) -> PathBuf {
        self.root.join(".downloads").join(name.replace('/', "--"))
    }

    /// Locks the folder of downloads of `name` until the lock is dropped; waits as long as another process has it. Hold it
    /// from before reading what is installed until the downloads are installed or removed.
    ///
    /// # Errors
    /// When the lock's file cannot be created.
    pub fn lock_downloads(&self, name: &str) -> Result<DownloadsLock, ChronosError> {
        DownloadsLock::wait_for(&self.downloads(name))
    }

    /// Lists all checkpoints: the built-in one, then those of the store by name. Incomplete folders are skipped, and
    /// so is one whose name refers to the built-in checkpoint.
    pub fn list(&self) -> Vec<Installed> {
        built_in().into_iter().chain(self.list_folders()).collect()
    }

    fn list_folders(&self) -> Vec<Installed> {
        let mut found = Vec::new();
        for first in folders(&self.root) {
            match self.read(&first) {
                Some(installed) => found.push(installed),
                None => found.extend(folders(&first).iter().filter_map(|second| self.read(second))),
            }
        }
        found.retain(|installed| !EMBEDDED.matches_name(&installed.name));
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Finds the checkpoint called `name`, the built-in one first, or the one in the folder `name`.
    ///
    /// # Errors
    /// When there is neither.
    pub fn find(&self, name: &str) -> Result<Installed, ChronosError> {
        if EMBEDDED.matches_name(name) {
            return built_in();
        }
        if is_name(name)
            && let Some(installed) = self.read(&self.root.join(name))
        {
            return Ok(installed);
        }
        let broken = self.root.join(name).join(MANIFEST);
        if is_name(name) && broken.exists() {
            let broken = broken.display();
            return Err(ChronosError::NoModel(format!("{broken} cannot be read; pull or import '{name}' again")));
        }
        let directory = PathBuf::from(name);
        if directory.join("config.json").is_file() {
            let place = CheckpointPlace::Folder(directory);
            return Ok(Installed { name: name.to_owned(), place, manifest: None });
        }
        let known: Vec<String> = self.list().into_iter().map(|installed| installed.name).collect();
        let known = known.join(", ");
        let pull = if name.contains('/') { name } else { "amazon/chronos-bolt-small" };
        Err(ChronosError::NoModel(format!(
            "no checkpoint '{name}' (here: {known}); run: forecaster model pull {pull}, or: forecaster model import DIR"
        )))
    }

    fn read(&self, directory: &Path) -> Option<Installed> {
        let manifest: Manifest = serde_json::from_slice(&fs::read(directory.join(MANIFEST)).ok()?).ok()?;
        let name = directory.strip_prefix(&self.root).ok()?.to_str()?.to_owned();
        Some(Installed { name, place: directory.into(), manifest: Some(manifest) })
    }

    /// Brings a checkpoint into the store as `name`, converts it, forecasts the self-test's series with it and stores the
    /// numbers. Replaces a checkpoint of that name.
    ///
    /// # Errors
    /// When it is broken, cannot be converted, does not run or gives numbers that are not finite; the store then
    /// stays unchanged, and so does the folder of the new checkpoint.
    pub fn install(
        &self,
        arrival: Arrival<'_>,
        name: &str,
        session: &SessionSettings,
    ) -> Result<Installed, ChronosError> {
        let from = arrival.folder;
        check_not_taken(name)?;
        if !is_name(name) {
            return Err(ChronosError::NoModel(format!(
                "'{name}' cannot be a checkpoint's name; expected one or two parts of letters, digits, '.', '_' and '-', \
                 such as amazon/chronos-bolt-small; name it with --name"
            )));
        }
        self.check_place(name, arrival.transfer)?;
        // Trial conversion: an inconvertible checkpoint is not copied, and the error names its original path.
        graph::build(&Checkpoint::open(&from.into())?, Precision::Float, &[])?;
        fs::create_dir_all(&self.root).map_err(ChronosError::file("create", &self.root))?;
        self.remove_abandoned();
        let unfinished = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.root)
            .map_err(ChronosError::file("create a folder in", &self.root))?;
        let lock = fs::File::open(unfinished.path()).and_then(|folder| folder.lock().map(|()| folder));
        let _lock = lock.map_err(ChronosError::file("lock", unfinished.path()))?;
        for file in FILES {
            match arrival.transfer {
                Transfer::Copy => copy(&from.join(file), &unfinished.path().join(file))?,
                Transfer::Move => link(&from.join(file), &unfinished.path().join(file))?,
            }
        }
        let self_test =
            SelfTest::run(&unfinished.path().into(), Precision::Float, session).map_err(|error| match error {
                ChronosError::Answer(reason) => ChronosError::Weights { path: from.join(WEIGHTS), reason },
                error => error,
            })?;
        // Computed and stored when the self-test built the graph.
        let checkpoint = Checkpoint::open(&unfinished.path().into())?;
        let weights_sha256 = artifact::weights_sum(&checkpoint, Precision::Float)?;
        let manifest = Manifest {
            name: name.to_owned(),
            source: arrival.source.to_owned(),
            revision: arrival.revision,
            verified: arrival.verified,
            installed_at: Some(chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            parameters: checkpoint.parameters(),
            bytes: checkpoint.weight_bytes(),
            config_sha256: checkpoint.config_sha256().to_owned(),
            weights_sha256,
            self_test,
        };
        let path = unfinished.path().join(MANIFEST);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|e| ChronosError::NoModel(e.to_string()))?;
        let write = || {
            fs::write(&path, text)?;
            fs::File::open(&path)?.sync_all()?;
            fs::File::open(unfinished.path())?.sync_all()
        };
        write().map_err(ChronosError::file("write", &path))?;
        let directory = self.root.join(name);
        put_in_place(unfinished.path(), &directory)?;
        let place = CheckpointPlace::Folder(directory);
        if arrival.transfer == Transfer::Move {
            remove_files(from);
            // The weights have lost a name, which changes the time of their last change but not their content.
            if let Err(error) = artifact::renew_metadata(&place, Precision::Float, &manifest.weights_sha256) {
                tracing::debug!("The graph of {name} will be built again: {error}");
            }
        }
        Ok(Installed { name: name.to_owned(), place, manifest: Some(manifest) })
    }

    /// Refuses to put a checkpoint into the folder of another, or in place of an owner's folder.
    ///
    /// # Errors
    /// When the store has such a folder.
    pub fn check_place(&self, name: &str, transfer: Transfer) -> Result<(), ChronosError> {
        let advice = match transfer {
            Transfer::Copy => "import it under another name (--name)".to_owned(),
            Transfer::Move => format!("move that one out of {} first", self.root.display()),
        };
        let refuse = |reason: String| Err(ChronosError::NoModel(format!("{reason}; {advice}")));
        if let Some((owner, _)) = name.split_once('/')
            && self.read(&self.root.join(owner)).is_some()
        {
            return refuse(format!("'{name}' would lie inside the checkpoint '{owner}'"));
        }
        let owned: Vec<String> =
            folders(&self.root.join(name)).iter().filter_map(|f| self.read(f)).map(|one| one.name).collect();
        if owned.is_empty() {
            Ok(())
        } else {
            refuse(format!("'{name}' would take the place of {}", owned.join(", ")))
        }
    }

    /// Removes folders left by interrupted imports; an import that is still running holds a lock on its folder.
    fn remove_abandoned(&self) {
        let abandoned = |path: &Path| {
            let young = || fs::metadata(path).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
            // Between its creation and its lock a folder is unprotected for an instant.
            let made = young().is_none_or(|age| age.as_secs() > 60);
            made && fs::File::open(path).is_ok_and(|folder| folder.try_lock().is_ok())
        };
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        entries
            .filter(|e| e.file_name().to_string_lossy().starts_with(UNFINISHED) && abandoned(&e.path()))
            .for_each(|e| drop(fs::remove_dir_all(e.path())));
    }
}

/// Formats a number of parameters, such as "47.7 M".
pub fn parameter_count(count: usize) -> String {
    match count as f64 {
        millions if millions >= 1e6 => format!("{:.1} M", millions / 1e6),
        thousands if thousands >= 1e3 => format!("{:.1} k", thousands / 1e3),
        few => few.to_string(),
    }
}

/// First digits of a checksum or commit: enough to tell two apart.
pub fn short(digits: &str) -> &str {
    digits.get(..12).unwrap_or(digits)
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// Links a file into an unfinished folder, or copies it where the file system has no links. The link costs no disk space,
/// and the file stays where it was until all is done. A file with other names belongs to others too, such as the Hugging
/// Face cache: its permissions stay as they are.
fn link(from: &Path, to: &Path) -> Result<(), ChronosError> {
    let shared = fs::metadata(from).map_err(ChronosError::file("read", from))?.nlink() > 1;
    if fs::hard_link(from, to).is_err() {
        return copy(from, to);
    }
    if !shared {
        fs::set_permissions(to, PermissionsExt::from_mode(0o644)).map_err(ChronosError::file("write", to))?;
    }
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(ChronosError::file("write", to))
}

/// Removes the files of a checkpoint from the folder that it came from.
fn remove_files(folder: &Path) {
    for file in FILES {
        if let Err(error) = fs::remove_file(folder.join(file)) {
            tracing::warn!("{file} could not be removed from {}: {error}", folder.display());
        }
    }
}

/// Copies a file and syncs it to disk.
fn copy(from: &Path, to: &Path) -> Result<(), ChronosError> {
    fs::File::open(from).map_err(ChronosError::file("read", from))?;
    fs::copy(from, to).map_err(ChronosError::file("write", to))?;
    let set = || {
        fs::set_permissions(to, PermissionsExt::from_mode(0o644))?;
        fs::File::open(to)?.sync_all()
    };
    set().map_err(ChronosError::file("write", to))
}

/// Moves a finished folder into place. An existing one is exchanged for it in one step, and is then where the finished
/// one was.
fn put_in_place(finished: &Path, place: &Path) -> Result<(), ChronosError> {
    let parent = place.parent().unwrap_or(Path::new("."));
    let swap = || -> std::io::Result<()> {
        fs::set_permissions(finished, PermissionsExt::from_mode(0o755))?;
        fs::create_dir_all(parent)?;
        if place.exists() {
            exchange(finished, place)?;
        } else {
            fs::rename(finished, place)?;
        }
        fs::File::open(parent)?.sync_all()
    };
    swap().map_err(ChronosError::file("write", place))
}

/// Exchanges two folders in one step, or in three where the file system cannot.
fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    let aside = new.with_extension("old");
    fs::rename(old, &aside)?;
    if let Err(error) = fs::rename(new, old) {
        fs::rename(&aside, old)?;
        return Err(error);
    }
    fs::rename(&aside, new)
}
