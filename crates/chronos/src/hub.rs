//! Fetches a checkpoint from the Hugging Face hub or a mirror of it into a folder: `config.json` and
//! `model.safetensors`, both of one commit. Files in the shared Hugging Face cache are copied from there. An
//! interrupted download resumes from where it stopped, in the same call or a later one. A file gets its name only
//! when its size and checksum are right, and only after both files are.

mod cache;
mod checksum;
mod download;
pub(crate) mod error;
pub(crate) mod file;
mod revision;
#[cfg(test)]
mod tests;
mod wire;

use crate::name::is_name;
use error::HubError;
use file::{FILES, FetchedCheckpoint, Progress};
use revision::check_revision;
use std::{
    fmt,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};
use wire::{FileRequest, HubClient, RetryPolicy};

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Source of checkpoints.
pub struct Hub {
    endpoint: String,
    token: Option<String>,
    shared_cache: Option<PathBuf>,
    offline: bool,
    patience: RetryPolicy,
}

/// Keeps the token, and a password in the endpoint, out of logs.
impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("endpoint", &wire::server_of(&self.endpoint))
            .field("token", &self.token.as_ref().map(|_| "set"))
            .field("shared_cache", &self.shared_cache)
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Creates a hub from the environment variables of Hugging Face's own tools: `HF_ENDPOINT`
    /// (<https://huggingface.co> by default), `HF_TOKEN` or the file `$HF_HOME/token`, `HF_HUB_CACHE` or
    /// `$HF_HOME/hub` as the shared cache, and `HF_HUB_OFFLINE=1`. `HF_HOME` is ~/.cache/huggingface by default.
    pub fn from_environment() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(variable: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| variable(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let home = given("HF_HOME")
            .map(PathBuf::from)
            .or_else(|| given("XDG_CACHE_HOME").map(|cache| Path::new(&cache).join("huggingface")))
            .or_else(|| given("HOME").map(|home| Path::new(&home).join(".cache/huggingface")));
        let token_file = || fs::read_to_string(home.as_ref()?.join("token")).ok();
        let token = given("HF_TOKEN").or_else(|| Some(token_file()?.trim().to_owned()).filter(|t| !t.is_empty()));
        let offline = given("HF_HUB_OFFLINE").map(|v| v.to_ascii_lowercase());
        Self {
            endpoint: given("HF_ENDPOINT").unwrap_or(DEFAULT_ENDPOINT.to_owned()).trim_end_matches('/').to_owned(),
            token,
            shared_cache: given("HF_HUB_CACHE").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join("hub"))),
            offline: matches!(offline.as_deref(), Some("1" | "true" | "yes" | "on")),
            patience: RetryPolicy::default(),
        }
    }

    /// Fetches the checkpoint `name` ("owner/model" or "model") at `revision` (a branch, tag or commit) into the
    /// folder `into`, which is created. A second fetch into the same folder waits for the first. A revision in the
    /// shared cache is taken from there without asking whether the branch has moved on.
    ///
    /// Blocks, so call it from a thread that drives no async runtime.
    ///
    /// # Errors
    /// Each is one sentence on what was wrong and what to do. Files that were in the folder before are kept.
    pub fn fetch(
        &self,
        name: &str,
        revision: &str,
        into: &Path,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        if !is_name(name) {
            return Err(HubError::BadName { name: name.to_owned() });
        }
        check_revision(revision)?;
        let is_new = !into.exists();
        fs::create_dir_all(into).map_err(HubError::io("create", into))?;
        let folder = File::open(into).map_err(HubError::io("open", into))?;
        wait_for_others(&folder, into);
        let fetched = self.copy_or_download(name, revision, into, progress);
        if fetched.is_err() && is_new {
            // Only an empty folder can be removed: received files stay for the next try.
            let _ = fs::remove_dir(into);
        }
        fetched
    }

    fn copy_or_download(
        &self,
        name: &str,
        revision: &str,
        into: &Path,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        if let Some(cache) = &self.shared_cache
            && let Some(fetched) = cache::copy(cache, name, revision, into, progress)?
        {
            return Ok(fetched);
        }
        if self.offline {
            let reason = "HF_HUB_OFFLINE is set".to_owned();
            return Err(HubError::Offline { endpoint: wire::server_of(&self.endpoint), reason });
        }
        self.download(name, revision, into, progress)
    }

    fn download(
        &self,
        name: &str,
        revision: &str,
        into: &Path,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FetchedCheckpoint, HubError> {
        let wire = HubClient::open(&self.endpoint, self.token.as_deref(), self.patience)?;
        let mut commit: Option<String> = None;
        let mut arrivals = Vec::new();
        for file in FILES {
            let revision = commit.as_deref().unwrap_or(revision);
            let wanted = FileRequest { name, revision, file, model_exists: !arrivals.is_empty() };
            let remote = wire.describe(&wanted)?;
            arrivals.push(download::download_file(&wire, &wanted, &remote, into, progress)?);
            commit = commit.or(remote.commit);
        }
        let files = download::put_in_place(arrivals, into)?;
        Ok(FetchedCheckpoint { commit, from_cache: false, files })
    }
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
