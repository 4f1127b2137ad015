//! `forecaster backup` and `forecaster restore`.

use crate::config::Loaded;
use crate::failure::{Failure, Outcome};
use std::path::Path;

/// Writes the backup.
pub(crate) fn backup(file: &Path, _loaded: &Loaded) -> Result<Outcome, Failure> {
    Err(Failure::failed(format!("{}: not yet", file.display())))
}

/// Brings it back.
pub(crate) fn restore(file: &Path, _config: Option<&Path>) -> Result<Outcome, Failure> {
    Err(Failure::failed(format!("{}: not yet", file.display())))
}
