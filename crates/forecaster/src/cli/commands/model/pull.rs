//! `forecaster model pull`: fetches a checkpoint from the hub into the store.

use super::listing::print_installed;
use crate::cli::output::print_json;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos::{session, store};
use crate::host::progress;
use forecaster_chronos::{
    Arrival, BoltConfig, CheckpointPlace, ChronosError, FetchRequest, FetchedCheckpoint, Hub, HubError, Installed,
    InstalledFiles, Manifest, ModelStore, Transfer, check_not_taken, short,
};
use serde::Serialize;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Checkpoint on the hub, as the command line names it.
pub(super) struct WantedCheckpoint<'a> {
    pub(super) name: &'a str,
    pub(super) revision: &'a str,
    /// True to fetch it even if it is installed or in the shared cache.
    pub(super) force: bool,
}

#[derive(Serialize)]
struct PullDocument<'a> {
    name: &'a str,
    /// True when the installed checkpoint was the right one already.
    unchanged: bool,
    /// True when the files come from the shared Hugging Face cache.
    from_cache: bool,
    /// False when there was no checksum of a file, neither from the hub nor in the shared cache; null when an older version
    /// fetched the checkpoint.
    verified: Option<bool>,
    /// Null when the hub does not report its commit.
    revision: Option<&'a str>,
    parameters: usize,
    bytes: u64,
    config_sha256: &'a str,
    weights_sha256: &'a str,
    directory: String,
    configured: bool,
}

/// Fetches a checkpoint from the hub into the store, unless the same one is installed. Files of an interrupted download
/// are kept for the next try.
pub(super) fn pull(config: &Config, wanted: &WantedCheckpoint<'_>, json: bool) -> Result<CommandOutcome, Failure> {
    let WantedCheckpoint { name, revision, .. } = *wanted;
    check_not_taken(name)?;
    Hub::check(name, revision)?;
    let store = store(config);
    store.check_place(name, Transfer::Move)?;
    // Held until the downloads are removed: another pull of this checkpoint waits for it.
    let _lock = store.lock_downloads(name)?;
    let downloads = store.downloads(name);
    tracing::info!("Fetching {name} at {revision}");
    let before = installed_from_hub(&store, name);
    let fetched = match fetch(wanted, &downloads, before.as_ref()) {
        Err(error @ HubError::Unsuitable { .. }) => {
            remove_downloads(&downloads);
            return Err(error.into());
        }
        fetched => fetched?,
    };
    if let Some(before) = before.filter(|before| !wanted.force && is_the_same(before, &fetched)) {
        remove_downloads(&downloads);
        let commit = fetched.commit.as_deref().map_or(String::new(), |commit| format!(" at {}", short(commit)));
        tracing::info!("{name}{commit} is installed already, and its files are unchanged");
        return report(config, &before, &fetched, true, json);
    }
    tracing::info!("Fetched {name}; it is converted and tested now");
    let installed = install(config, &store, name, &downloads, &fetched)?;
    report(config, &installed, &fetched, false, json)
}

/// Checkpoint of that name in the store, if it came from the hub.
fn installed_from_hub(store: &ModelStore, name: &str) -> Option<Installed> {
    store
        .find(name)
        .ok()
        .filter(|found| found.manifest.as_ref().is_some_and(|manifest| manifest.source.starts_with("hub")))
}

fn fetch(
    wanted: &WantedCheckpoint<'_>,
    downloads: &Path,
    before: Option<&Installed>,
) -> Result<FetchedCheckpoint, HubError> {
    let installed = before.and_then(|before| match (&before.place, &before.manifest) {
        (CheckpointPlace::Folder(folder), Some(manifest)) => Some(InstalledFiles {
            folder,
            commit: manifest.revision.as_deref(),
            verified: manifest.verified == Some(true),
            sha256: [&manifest.config_sha256, &manifest.weights_sha256],
        }),
        _ => None,
    });
    let request = FetchRequest {
        name: wanted.name,
        revision: wanted.revision,
        into: downloads,
        force: wanted.force,
        installed,
        check: &|config| Ok(BoltConfig::check_file(config, Path::new("config.json"))?),
    };
    let bar = progress::bytes(wanted.name);
    let mut file = "";
    let fetched = Hub::from_environment().fetch(&request, &mut |arrived| {
        if arrived.file != file {
            file = arrived.file;
            bar.set_message(format!("{} {file}", wanted.name));
            bar.set_position(arrived.done);
            bar.reset_eta();
        }
        bar.set_length(arrived.total.unwrap_or(arrived.done));
        bar.set_position(arrived.done);
    });
    progress::finish(&bar);
    fetched
}

/// True when the fetched files and their commit are those of the installed checkpoint. One that was not verified before is
/// installed again when it now is.
fn is_the_same(before: &Installed, fetched: &FetchedCheckpoint) -> bool {
    let files: Vec<&str> = fetched.files.iter().map(|file| file.sha256.as_str()).collect();
    let same = before.manifest.as_ref().is_some_and(|manifest| {
        manifest.revision == fetched.commit
            && (manifest.verified == Some(true) || !fetched.verified)
            && files == [&*manifest.config_sha256, &*manifest.weights_sha256]
    });
    fetched.kept || same
}

fn install(
    config: &Config,
    store: &ModelStore,
    name: &str,
    downloads: &Path,
    fetched: &FetchedCheckpoint,
) -> Result<Installed, Failure> {
    let arrival = Arrival {
        folder: downloads,
        source: if fetched.from_cache { "hub, from the shared cache" } else { "hub" },
        revision: fetched.commit.clone(),
        verified: Some(fetched.verified),
        transfer: Transfer::Move,
    };
    let installed = store.install(arrival, name, &session(config));
    match &installed {
        Ok(_) => remove_downloads(downloads),
        // The files on the hub are faulty: downloading them again would not help.
        Err(error) if of_the_checkpoint(error) => remove_downloads(downloads),
        Err(_) => {}
    }
    installed.map_err(|error| match of_the_checkpoint(&error) {
        true => Failure::BadDownload { name: name.to_owned(), source: Box::new(error) },
        false => error.into(),
    })
}

fn report(
    config: &Config,
    installed: &Installed,
    fetched: &FetchedCheckpoint,
    unchanged: bool,
    json: bool,
) -> Result<CommandOutcome, Failure> {
    let (true, Some(manifest)) = (json, &installed.manifest) else { return print_installed(config, installed) };
    let Manifest { revision, verified, parameters, bytes, config_sha256, weights_sha256, .. } = manifest;
    print_json(&PullDocument {
        name: &installed.name,
        unchanged,
        from_cache: fetched.from_cache,
        verified: *verified,
        revision: revision.as_deref(),
        parameters: *parameters,
        bytes: *bytes,
        config_sha256,
        weights_sha256,
        directory: installed.place.to_string(),
        configured: installed.name == config.chronos.model,
    })?;
    Ok(CommandOutcome::Done)
}

fn of_the_checkpoint(error: &ChronosError) -> bool {
    matches!(error, ChronosError::Config { .. } | ChronosError::Weights { .. } | ChronosError::Tensor { .. })
}

/// Removes the downloaded files.
fn remove_downloads(downloads: &Path) {
    if let Err(error) = fs::remove_dir_all(downloads)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!("{} could not be removed: {error}", downloads.display());
    }
}
