//! Fetches a checkpoint from the Hugging Face hub or a mirror of it into a folder: `config.json` and
//! `model.safetensors`, both of one commit. Files in the shared Hugging Face cache are taken from there, and files of the
//! installed checkpoint that have not changed are kept. An interrupted download resumes from where it stopped, in the
//! same call or a later one. No file gets its name before size and checksum of both are right.

mod attempts;
mod cache;
mod checksum;
mod download;
mod environment;
pub(crate) mod error;
pub(crate) mod file;
mod pause;
mod ranges;
pub(crate) mod request;
mod response;
mod revision;
#[cfg(test)]
mod tests;
mod token;
mod wire;

use crate::name::is_name;
use attempts::RetryPolicy;
use environment::{Environment, read_environment};
use error::HubError;
use file::{FILES, FetchedCheckpoint, Progress};
use request::FetchRequest;
use response::server_of;
use revision::{check_revision, checked_commit};
use std::{fmt, fs, path::PathBuf};
use token::Access;
use wire::{FileRequest, HubClient, Remote};

/// Source of checkpoints.
pub struct Hub {
    endpoint: String,
    access: Access,
    shared_cache: Option<PathBuf>,
    offline: bool,
    patience: RetryPolicy,
}

/// Keeps the token, and a password in the endpoint, out of logs.
impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("endpoint", &server_of(&self.endpoint))
            .field("access", &self.access)
            .field("shared_cache", &self.shared_cache)
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Creates a hub from the environment variables of Hugging Face's own tools: `HF_ENDPOINT`
    /// (<https://huggingface.co> by default), `HF_TOKEN` or the file `HF_TOKEN_PATH` (`$HF_HOME/token` by default),
    /// unless `HF_HUB_DISABLE_IMPLICIT_TOKEN=1` keeps the token back, `HF_HUB_CACHE` or `$HF_HOME/hub` as the shared
    /// cache, and `HF_HUB_OFFLINE=1`. `HF_HOME` is ~/.cache/huggingface by default.
    pub fn from_environment() -> Self {
        let Environment { endpoint, access, shared_cache, offline } =
            read_environment(|name| std::env::var(name).ok());
        Self { endpoint, access, shared_cache, offline, patience: RetryPolicy::default() }
    }

    /// Checks the form of a name and a revision, as [`Hub::fetch`] does first.
    ///
    /// # Errors
    /// When one of them cannot exist on the hub.
    pub fn check(name: &str, revision: &str) -> Result<(), HubError> {
        if !is_name(name) {
            return Err(HubError::BadName { name: name.to_owned() });
        }
        check_revision(revision)
    }

    /// Fetches a checkpoint into a folder, which is created. The caller keeps other fetches out of this folder
    /// ([`crate::ModelStore::lock_downloads`]).
    ///
    /// A checkpoint that is not installed is taken from the shared cache, if that has the revision, without asking
    /// whether the branch has moved on. For an installed one the hub is asked, and nothing is fetched when the commit is
    /// the same and the installed files are verified and unchanged; then the folder stays empty. An installed one that is
    /// unchanged also stays when the hub cannot be reached or must not be asked, unless another commit is wanted.
    ///
    /// Blocks, so call it from a thread that drives no async runtime.
    ///
    /// # Errors
    /// Each is one sentence on what was wrong and what to do. Files that were in the folder before are kept.
    pub fn fetch(
        &self,
        request: &FetchRequest<'_>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        let into = request.into;
        Self::check(request.name, request.revision)?;
        let is_new = !into.exists();
        fs::create_dir_all(into).map_err(HubError::io("create", into))?;
        let fetched = self.take_or_download(request, progress);
        if fetched.is_err() && is_new {
            // Only an empty folder can be removed: received files stay for the next try.
            let _ = fs::remove_dir(into);
        }
        fetched
    }

    fn take_or_download(
        &self,
        request: &FetchRequest<'_>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        let FetchRequest { name, revision, force, .. } = *request;
        // A commit never changes.
        if let Some(kept) = request.kept_at(revision, progress) {
            return Ok(kept);
        }
        if request.usable().is_none()
            && let Some(fetched) = self.take_from_cache(request, revision, progress)?
        {
            return Ok(fetched);
        }
        if self.offline {
            let lack = match force {
                true => "but --force takes everything from the hub".to_owned(),
                false => format!("and the shared cache has no {name} at {revision}"),
            };
            return self.do_without_hub(request, HubError::OfflineMode { lack }, progress);
        }
        let wire = HubClient::open(&self.endpoint, &self.access, self.patience)?;
        match wire.describe(&FileRequest { name, revision, file: FILES[0], model_exists: false }) {
            Ok(config) => self.download(&wire, request, config, progress),
            Err(refused @ HubError::Offline { .. }) => self.do_without_hub(request, refused, progress),
            Err(refused) => Err(refused),
        }
    }

    /// Keeps the installed checkpoint if it is unchanged and may be the revision, or else takes that from the shared
    /// cache, because the hub cannot be reached or must not be asked.
    fn do_without_hub(
        &self,
        request: &FetchRequest<'_>,
        refused: HubError,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        let FetchRequest { name, revision, .. } = *request;
        // Without an installed checkpoint the cache was looked at before.
        let Some(installed) = request.usable() else { return Err(refused) };
        let reason = match &refused {
            HubError::Offline { endpoint, reason } => format!("{endpoint} cannot be reached ({reason})"),
            _ => "HF_HUB_OFFLINE is set".to_owned(),
        };
        if installed.may_be(revision)
            && let Some(kept) = installed.kept(progress)
        {
            tracing::warn!(
                "{reason}, so newer files of {revision} were not looked for; the installed {name} is unchanged and kept"
            );
            return Ok(kept);
        }
        let fetched = self.take_from_cache(request, revision, progress)?;
        if fetched.is_some() && checked_commit(revision).is_none() {
            tracing::warn!(
                "{reason}, so newer files of {revision} were not looked for; {name} is taken from the shared cache"
            );
        }
        fetched.ok_or(refused)
    }

    /// Takes a revision from the shared cache, if that has it and may be used.
    fn take_from_cache(
        &self,
        request: &FetchRequest<'_>,
        revision: &str,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Option<FetchedCheckpoint>, HubError> {
        match &self.shared_cache {
            Some(cache) if !request.force => cache::take(cache, request, revision, progress),
            _ => Ok(None),
        }
    }

    /// Downloads what is neither installed nor in the shared cache. `config` describes `config.json`.
    fn download(
        &self,
        wire: &HubClient,
        request: &FetchRequest<'_>,
        config: Remote,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        let FetchRequest { name, into, .. } = *request;
        if let Some(commit) = &config.commit {
            if let Some(kept) = request.kept_at(commit, progress) {
                return Ok(kept);
            }
            // Without an installed checkpoint the cache was looked at before. Files that it has no checksum of are
            // compared with those of the hub below.
            if request.usable().is_some()
                && let Some(fetched) = self.take_from_cache(request, commit, progress)?
                && (fetched.verified || !config.has_checksum())
            {
                return Ok(fetched);
            }
        }
        let mut commit: Option<String> = None;
        let mut described = Some(config);
        let mut unverified = Vec::new();
        let mut arrivals = Vec::new();
        for file in FILES {
            let revision = commit.as_deref().unwrap_or(request.revision);
            let wanted = FileRequest { name, revision, file, model_exists: !arrivals.is_empty() };
            let remote = match described.take() {
                Some(config) => config,
                None => wire.describe(&wanted)?,
            };
            let of_commit = commit.as_deref().or(remote.commit.as_deref());
            let installed = request.usable().and_then(|installed| installed.file(file, of_commit));
            let arrived = download::download_file(wire, &wanted, &remote, into, installed.as_ref(), progress)?;
            if arrivals.is_empty()
                && let Err(unsuitable) = request.check_config(arrived.path())
            {
                arrived.discard()?;
                return Err(unsuitable);
            }
            if !remote.has_checksum() {
                unverified.push(file);
            }
            arrivals.push(arrived);
            commit = commit.or(remote.commit);
        }
        let files = download::put_in_place(arrivals, into)?;
        self.warn_of_unverified(&unverified);
        Ok(FetchedCheckpoint { commit, from_cache: false, kept: false, verified: unverified.is_empty(), files })
    }

    fn warn_of_unverified(&self, files: &[&str]) {
        if !files.is_empty() {
            tracing::warn!(
                "{} announces no checksum of {}, so nothing proves that this is what the model's owner published: compare \
                 the SHA-256 with the one on the model's page, or set HF_ENDPOINT to another mirror",
                server_of(&self.endpoint),
                files.join(" and ")
            );
        }
    }
}
