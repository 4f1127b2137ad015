//! A single check of the checkup, and a configuration that lets checks read without leaving files behind.

use crate::config::settings::Config;
use serde::Serialize;
use tempfile::TempDir;

/// Result of a check, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// The check does not apply, or cannot be made here.
    Skip,
    /// All is well.
    Ok,
    /// It works, but needs attention.
    Warn,
    /// It does not work.
    Fail,
}

/// A single check of the checkup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Check {
    /// Id of the check: the group, a dot, and the subject.
    pub id: String,
    /// Group of the check.
    pub group: String,
    /// Result of the check.
    pub status: Status,
    /// Finding in words.
    pub finding: String,
    /// Suggested fix; null when there is nothing to do.
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

/// Returns the configuration, with a temporary folder in place of a state directory that has no rates yet: opening a
/// store creates it, and checks must create nothing. The folder exists as long as the [`TempDir`] is held.
pub(super) fn with_temporary_data_dir(config: &Config) -> (Config, Option<TempDir>) {
    let mut config = config.clone();
    let folder = (!config.service.data_dir.join("rates").is_dir()).then(tempfile::tempdir).and_then(Result::ok);
    if let Some(folder) = &folder {
        config.service.data_dir = folder.path().to_owned();
    }
    (config, folder)
}
