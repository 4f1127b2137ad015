//! Request for a checkpoint, and the installed one that may make a download unnecessary.

use super::{
    checksum::{self, Checksum, ExpectedFile},
    error::HubError,
    file::{FILES, FetchedFile},
};
use std::{error::Error, path::Path};

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
}

/// Files of an installed checkpoint, which need not be fetched again if the hub has the same.
#[derive(Debug, Clone, Copy)]
pub struct InstalledFiles<'a> {
    /// Folder of the files.
    pub folder: &'a Path,
    /// Commit that they were fetched from.
    pub commit: Option<&'a str>,
    /// SHA-256 recorded when they were installed, `config.json` first.
    pub sha256: [&'a str; 2],
}

impl InstalledFiles<'_> {
    /// Returns the files when they are as they were installed, and `None` when one is missing or has changed.
    pub(super) fn unchanged(&self) -> Option<Vec<FetchedFile>> {
        let files = FILES.iter().zip(self.sha256).map(|(name, recorded)| {
            let expected = ExpectedFile { size: None, checksum: Some(Checksum::Sha256(recorded.to_owned())) };
            checksum::examine(&self.folder.join(name), name, &expected, |_| Ok(())).ok()?.ok()
        });
        files.collect()
    }
}
