//! Request for a checkpoint, and the installed one that may make a download unnecessary.

use super::{
    checksum::{self, Checksum, ExpectedFile},
    error::HubError,
    file::{FILES, FetchedCheckpoint, FetchedFile, Progress},
};
use std::{
    error::Error,
    path::{Path, PathBuf},
};

/// Check of a `config.json` in the given file.
pub type ConfigCheck<'a> = dyn Fn(&Path) -> Result<(), Box<dyn Error + Send + Sync>> + 'a;

/// Checkpoint to fetch.
pub struct FetchRequest<'a> {
    /// Name on the hub: "owner/model" or "model".
    pub name: &'a str,
    /// Branch, tag or commit.
    pub revision: &'a str,
    /// Folder for the files, which is created.
    pub into: &'a Path,
    /// True to ask the hub for everything, whatever the shared cache and the installed checkpoint have.
    pub force: bool,
    /// Installed checkpoint of that name.
    pub installed: Option<InstalledFiles<'a>>,
    /// Check of `config.json`, made before the weights are fetched.
    pub check: &'a ConfigCheck<'a>,
}

impl FetchRequest<'_> {
    /// Checks a `config.json`, before anything larger is fetched.
    pub(super) fn check_config(&self, file: &Path) -> Result<(), HubError> {
        (self.check)(file).map_err(|source| HubError::Unsuitable { name: self.name.to_owned(), source })
    }

    /// Installed checkpoint, unless everything is to be fetched anyway.
    pub(super) fn usable(&self) -> Option<InstalledFiles<'_>> {
        self.installed.filter(|_| !self.force)
    }

    /// Returns the installed checkpoint when it is of this commit, was verified and has not changed.
    pub(super) fn kept_at(&self, commit: &str, progress: &mut dyn FnMut(&Progress)) -> Option<FetchedCheckpoint> {
        let installed = self.usable().filter(|installed| installed.verified && installed.commit == Some(commit))?;
        installed.kept(progress)
    }
}

/// Files of an installed checkpoint, which need not be fetched again if the hub has the same.
#[derive(Debug, Clone, Copy)]
pub struct InstalledFiles<'a> {
    /// Folder of the files.
    pub folder: &'a Path,
    /// Commit that they were fetched from.
    pub commit: Option<&'a str>,
    /// True when each agreed with a checksum before it was installed.
    pub verified: bool,
    /// SHA-256 recorded when they were installed, `config.json` first.
    pub sha256: [&'a str; 2],
}

/// File of an installed checkpoint.
#[derive(Debug)]
pub(super) struct InstalledFile {
    pub(super) path: PathBuf,
    /// Checksum recorded when it was installed; `None` when it is of another commit than the one that is fetched.
    pub(super) recorded: Option<Checksum>,
}

/// Number of digits from which on git takes a revision for an abbreviated commit.
const SHORTEST_COMMIT: usize = 7;

impl InstalledFiles<'_> {
    /// Returns the checkpoint when its files are as they were installed, and `None` when one is missing or has changed.
    pub(super) fn kept(&self, progress: &mut dyn FnMut(&Progress)) -> Option<FetchedCheckpoint> {
        let commit = self.commit.map(str::to_owned);
        let files = self.unchanged(progress)?;
        Some(FetchedCheckpoint { commit, from_cache: false, kept: true, verified: self.verified, files })
    }

    fn unchanged(&self, progress: &mut dyn FnMut(&Progress)) -> Option<Vec<FetchedFile>> {
        let files = FILES.iter().zip(self.sha256).map(|(name, recorded)| {
            let path = self.folder.join(name);
            let total = path.metadata().ok()?.len();
            let expected = ExpectedFile { size: None, checksum: Some(Checksum::Sha256(recorded.to_owned())) };
            let mut done = 0;
            let examined = checksum::examine(&path, name, &expected, |block| {
                done += block.len() as u64;
                progress(&Progress { file: name, done, total: Some(total) });
                Ok(())
            });
            examined.ok()?.ok()
        });
        files.collect()
    }

    /// Returns a file, and its recorded checksum when it is of this commit.
    pub(super) fn file(&self, name: &str, commit: Option<&str>) -> Option<InstalledFile> {
        let (_, recorded) = FILES.iter().zip(self.sha256).find(|(file, _)| **file == name)?;
        let same = commit.is_some() && self.commit == commit;
        let recorded = same.then(|| Checksum::Sha256(recorded.to_owned()));
        Some(InstalledFile { path: self.folder.join(name), recorded })
    }

    /// True unless the revision is another commit. A branch or a tag may be the installed commit.
    pub(super) fn may_be(&self, revision: &str) -> bool {
        let is_commit = revision.len() >= SHORTEST_COMMIT && revision.bytes().all(|b| b.is_ascii_hexdigit());
        !is_commit || self.commit.is_some_and(|commit| commit.starts_with(revision))
    }
}
