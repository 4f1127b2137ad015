//! Why a checkpoint did not come. Each is one sentence: what was wrong, and what to do.

use std::path::{Path, PathBuf};

/// Why a checkpoint could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// A name that the hub could not have.
    #[error(
        "'{name}' is not the name of a model; expected OWNER/MODEL or MODEL, such as amazon/chronos-bolt-small, each \
         part at most 96 letters, digits, '.', '_' or '-', not starting with '.' or '-' and without '..'"
    )]
    BadName {
        /// The name given.
        name: String,
    },
    /// A revision that is neither branch, tag nor commit.
    #[error("'{revision}' is not a revision; expected a branch, a tag or a commit, such as main")]
    BadRevision {
        /// The revision given.
        revision: String,
    },
    /// `HF_ENDPOINT` is no address.
    #[error(
        "HF_ENDPOINT '{endpoint}' is not an address; expected one such as https://huggingface.co, or leave it unset"
    )]
    BadEndpoint {
        /// What it is set to.
        endpoint: String,
    },
    /// The token cannot be sent. It is not shown.
    #[error("the token in HF_TOKEN, or in the file $HF_HOME/token, holds characters no token has; set it again")]
    BadToken,
    /// The system offers no trusted certificates, or another reason to have no client.
    #[error("cannot prepare secure connections ({reason}); install ca-certificates, or set SSL_CERT_FILE")]
    NoClient {
        /// The library's own words.
        reason: String,
    },
    /// The hub has no such model, or does not show it.
    #[error(
        "there is no model '{name}' at {endpoint}; check its spelling, such as amazon/chronos-bolt-small, or set \
         HF_TOKEN if it is private"
    )]
    NoSuchModel {
        /// The name asked for.
        name: String,
        /// The hub asked.
        endpoint: String,
    },
    /// A gated or private model.
    #[error("{endpoint} does not hand out '{name}', which is gated or private; {advice}")]
    Denied {
        /// The name asked for.
        name: String,
        /// The hub asked.
        endpoint: String,
        /// What to do, with a token or without.
        advice: &'static str,
    },
    /// The model has no such file.
    #[error(
        "'{name}' has no {file}, so it is not a Chronos-Bolt checkpoint; choose a model that has config.json and \
         model.safetensors, such as amazon/chronos-bolt-small"
    )]
    NotACheckpoint {
        /// The name asked for.
        name: String,
        /// The file it does not have.
        file: &'static str,
    },
    /// The model has no such branch, tag or commit.
    #[error("'{name}' has no revision '{revision}'; check its spelling, or leave it out for main")]
    NoSuchRevision {
        /// The name asked for.
        name: String,
        /// The revision asked for.
        revision: String,
    },
    /// No network, or not to be used.
    #[error(
        "cannot reach {endpoint} ({reason}); pull where there is a network and use `forecaster model import DIR`, or \
         set HF_ENDPOINT to a mirror"
    )]
    Offline {
        /// The server that was tried.
        endpoint: String,
        /// The system's own words.
        reason: String,
    },
    /// Too many requests, or a server in trouble, for longer than our patience.
    #[error("{endpoint} is busy ({reason}); try again {when}, or set HF_ENDPOINT to a mirror")]
    Busy {
        /// The server asked.
        endpoint: String,
        /// The status it answers with.
        reason: String,
        /// When it may be better: "in 300 seconds", "later".
        when: String,
    },
    /// An answer that is not the hub's protocol.
    #[error(
        "{server} answered with {found} instead of the file; check HF_ENDPOINT, a proxy or a login page in between"
    )]
    Unexpected {
        /// Scheme, host and port that answered.
        server: String,
        /// What was found.
        found: String,
    },
    /// What arrived is not what the hub announced.
    #[error(
        "{file} arrived with {found}, but the hub announces {expected}; it was deleted, run the same command again to \
         fetch it anew"
    )]
    WrongChecksum {
        /// The file.
        file: &'static str,
        /// Size or checksum of what arrived.
        found: String,
        /// Size or checksum announced.
        expected: String,
    },
    /// The connection broke again and again.
    #[error(
        "{file} was cut off after {arrived} of {total} bytes ({reason}); run the same command again to go on from there"
    )]
    CutOff {
        /// The file.
        file: &'static str,
        /// Bytes that are here.
        arrived: u64,
        /// Bytes of the whole file, or "an unknown number of".
        total: String,
        /// What happened last.
        reason: String,
    },
    /// The operating system refused to read or write.
    #[error("cannot {action} {path}: {source}; check its permissions and the free disk space")]
    Io {
        /// What was tried: "create", "write" ...
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
}

impl HubError {
    /// For `map_err`: what was tried on which path.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
