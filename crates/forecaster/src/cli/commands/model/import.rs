//! `forecaster model import`: copies a checkpoint from a folder into the store.

use super::listing::print_installed;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos::{session, store};
use forecaster_chronos::{Arrival, Transfer};
use std::path::Path;

/// Copies a checkpoint from a folder into the store.
pub(super) fn import(config: &Config, directory: &Path, name: Option<&str>) -> Result<CommandOutcome, Failure> {
    let given = directory;
    let directory =
        given.canonicalize().map_err(|source| Failure::NoCheckpointThere { path: given.to_owned(), source })?;
    if !directory.is_dir() {
        return Err(Failure::NoFolder(given.to_owned()));
    }
    let name = match name {
        Some(name) => name.to_owned(),
        None => directory.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let arrival = Arrival {
        folder: &directory,
        source: &directory.display().to_string(),
        revision: None,
        verified: None,
        transfer: Transfer::Copy,
    };
    let installed = store(config).install(arrival, &name, &session(config))?;
    print_installed(config, &installed)
}
