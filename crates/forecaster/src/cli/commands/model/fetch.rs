//! `forecaster model pull` and `forecaster model import`: adding checkpoints to the store.

use crate::cli::output::print;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos::{session, store};
use crate::host::progress;
use forecaster_chronos::{ChronosError, Hub, Installed, check_not_taken, parameter_count, short};
use std::fs;
use std::path::Path;

/// Downloads a checkpoint from the hub into the store. Files of an interrupted download are kept for the next try.
pub(super) fn pull(config: &Config, name: &str, revision: &str) -> Result<CommandOutcome, Failure> {
    check_not_taken(name)?;
    let store = store(config);
    let downloads = store.downloads(name);
    tracing::info!("Fetching {name} at {revision}");
    let bar = progress::bytes(name);
    let mut file = "";
    let fetched = Hub::from_environment().fetch(name, revision, &downloads, &mut |arrived| {
        if arrived.file != file {
            file = arrived.file;
            bar.set_message(format!("{name} {file}"));
            bar.set_position(arrived.done);
            bar.reset_eta();
        }
        bar.set_length(arrived.total.unwrap_or(arrived.done));
        bar.set_position(arrived.done);
    });
    progress::finish(&bar);
    let fetched = fetched?;
    tracing::info!("Fetched {name}; it is converted and tested now");
    let source = if fetched.from_cache { "hub, from the shared cache" } else { "hub" };
    match store.install(&downloads, name, source, fetched.commit, &session(config)) {
        Ok(installed) => {
            remove_downloads(&downloads);
            print_installed(config, &installed)
        }
        // The files on the hub are faulty: downloading them again would not help.
        Err(error) if of_the_checkpoint(&error) => {
            remove_downloads(&downloads);
            Err(Failure::BadDownload { name: name.to_owned(), source: Box::new(error) })
        }
        Err(error) => Err(error.into()),
    }
}

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
    let source = directory.display().to_string();
    let installed = store(config).install(&directory, &name, &source, None, &session(config))?;
    print_installed(config, &installed)
}

/// Prints one line: the installed checkpoint, and the setting that selects it.
fn print_installed(config: &Config, installed: &Installed) -> Result<CommandOutcome, Failure> {
    let Installed { name, place, manifest } = installed;
    let (count, sum) = manifest.as_ref().map_or((0, ""), |m| (m.parameters, m.weights_sha256.as_str()));
    let using = if *name == config.chronos.model {
        "chronos.model names it".to_owned()
    } else {
        format!("to use it set chronos.model = \"{name}\"")
    };
    print(&format!("{name}: {} parameters, sha256 {}, in {}; {using}\n", parameter_count(count), short(sum), place))?;
    Ok(CommandOutcome::Done)
}

fn of_the_checkpoint(error: &ChronosError) -> bool {
    matches!(error, ChronosError::Config { .. } | ChronosError::Weights { .. } | ChronosError::Tensor { .. })
}

/// Removes the downloaded files, and the downloads folder when it is then empty.
fn remove_downloads(downloads: &Path) {
    if let Err(error) = fs::remove_dir_all(downloads) {
        tracing::warn!("{} could not be removed: {error}", downloads.display());
    }
    let _ = downloads.parent().map(fs::remove_dir);
}
