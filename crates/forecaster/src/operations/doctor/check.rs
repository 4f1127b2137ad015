//! One line of the checkup, and a configuration to look with that leaves no traces.

use crate::config::settings::Config;
use serde::Serialize;
use tempfile::TempDir;

/// How a check ended, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It does not apply, or cannot be known here.
    Skip,
    /// All is well.
    Ok,
    /// It works, but somebody should look.
    Warn,
    /// It does not work.
    Fail,
}

/// One line of the checkup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Check {
    /// Its name: the group, a dot, what is looked at.
    pub id: String,
    /// The group that it stands in.
    pub group: String,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub finding: String,
    /// What to do; null when all is well.
    pub fix: Option<String>,
}

impl Check {
    pub(super) fn new(id: &str, status: Status, finding: impl Into<String>, fix: Option<String>) -> Self {
        let group = id.split('.').next().unwrap_or_default().to_owned();
        Self { id: id.to_owned(), group, status, finding: finding.into(), fix }
    }

    pub(super) fn ok(id: &str, finding: impl Into<String>) -> Self {
        Self::new(id, Status::Ok, finding, None)
    }

    pub(super) fn skip(id: &str, finding: impl Into<String>) -> Self {
        Self::new(id, Status::Skip, finding, None)
    }

    pub(super) fn warn(id: &str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(id, Status::Warn, finding, Some(fix.into()))
    }

    pub(super) fn fail(id: &str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(id, Status::Fail, finding, Some(fix.into()))
    }
}

/// The configuration with a folder of its own in the place of a state directory that has no rates yet: opening a store makes it, and
/// who looks makes nothing. The folder lives as long as it is held.
pub(super) fn without_traces(config: &Config) -> (Config, Option<TempDir>) {
    let mut config = config.clone();
    let folder = (!config.service.data_dir.join("rates").is_dir()).then(tempfile::tempdir).and_then(Result::ok);
    if let Some(folder) = &folder {
        config.service.data_dir = folder.path().to_owned();
    }
    (config, folder)
}
