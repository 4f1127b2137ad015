//! Fetches a checkpoint from the Hugging Face hub or a mirror of it into a folder: `config.json` and
//! `model.safetensors`, both of one commit. Files in the shared Hugging Face cache are taken from there, and files of the
//! installed checkpoint that have not changed are kept. An interrupted download resumes from where it stopped, in the
//! same call or a later one. A file gets its name only when its size and checksum are right, and only after both files are.

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
use revision::check_revision;
use std::{
    fmt,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};
use token::Access;
use wire::{FileRequest, HubClient};

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

    /// Fetches a checkpoint into a folder, which is created. A second fetch into the same folder waits for the first.
    ///
    /// A checkpoint that is not installed is taken from the shared cache, if that has the revision, without asking
    /// whether the branch has moved on. For an installed one the hub is asked, and nothing is fetched when the commit is
    /// the same and the installed files are unchanged; then the folder stays empty.
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
        let FetchRequest { name, revision, into, .. } = *request;
        if !is_name(name) {
            return Err(HubError::BadName { name: name.to_owned() });
        }
        check_revision(revision)?;
        let is_new = !into.exists();
        fs::create_dir_all(into).map_err(HubError::io("create", into))?;
        let folder = File::open(into).map_err(HubError::io("open", into))?;
        wait_for_others(&folder, into);
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
        // A commit never changes.
        if let Some(kept) = kept(request, request.revision) {
            return Ok(kept);
        }
        let asks_first = request.force || (request.installed.is_some() && !self.offline);
        if !asks_first && let Some(fetched) = self.take_from_cache(request, request.revision, progress)? {
            return Ok(fetched);
        }
        if self.offline {
            let reason = "HF_HUB_OFFLINE is set".to_owned();
            return Err(HubError::Offline { endpoint: server_of(&self.endpoint), reason });
        }
        let refused = match self.download(request, progress) {
            Err(refused @ HubError::Offline { .. }) if asks_first && !request.force => refused,
            fetched => return fetched,
        };
        let fetched = self.take_from_cache(request, request.revision, progress)?;
        if fetched.is_some() {
            tracing::warn!("The hub was not asked whether {} has moved on: {refused}", request.revision);
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

    fn download(
        &self,
        request: &FetchRequest<'_>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        let FetchRequest { name, revision, into, .. } = *request;
        let wire = HubClient::open(&self.endpoint, &self.access, self.patience)?;
        let installed = request.installed.filter(|_| !request.force).map(|installed| installed.folder);
        let mut commit: Option<String> = None;
        let mut unverified = Vec::new();
        let mut arrivals = Vec::new();
        for file in FILES {
            let revision = commit.as_deref().unwrap_or(revision);
            let wanted = FileRequest { name, revision, file, model_exists: !arrivals.is_empty() };
            let remote = wire.describe(&wanted)?;
            if let (true, Some(commit)) = (arrivals.is_empty(), &remote.commit) {
                if let Some(kept) = kept(request, commit) {
                    return Ok(kept);
                }
                // Without an installed checkpoint the cache was looked at before.
                if request.installed.is_some()
                    && let Some(fetched) = self.take_from_cache(request, commit, progress)?
                {
                    return Ok(fetched);
                }
            }
            let arrived = download::download_file(&wire, &wanted, &remote, into, installed, progress)?;
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
        Ok(FetchedCheckpoint { commit, from_cache: false, verified: unverified.is_empty(), files })
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

/// Returns the installed checkpoint when it is of this commit, has not changed, and is not to be fetched anyway.
fn kept(request: &FetchRequest<'_>, commit: &str) -> Option<FetchedCheckpoint> {
    let installed = request.installed.filter(|installed| !request.force && installed.commit == Some(commit))?;
    let files = installed.unchanged()?;
    Some(FetchedCheckpoint { commit: Some(commit.to_owned()), from_cache: false, verified: true, files })
}

/// Locks the folder itself until `folder` is dropped: two fetches that write one part file would corrupt it.
fn wait_for_others(folder: &File, path: &Path) {
    let locked = folder.try_lock().or_else(|refused| match refused {
        TryLockError::WouldBlock => {
            tracing::info!(folder = %path.display(), "Another fetch into this folder is running; waiting for it");
            folder.lock()
        }
        TryLockError::Error(e) => Err(e),
    });
    // Some network file systems cannot lock folders; the checksums detect files corrupted by two writers.
    if let Err(e) = locked {
        tracing::debug!(folder = %path.display(), error = %e, "The folder cannot be locked");
    }
}
