//! Errors of fetching a checkpoint. Each is one sentence: what was wrong, and what to do.

use forecaster_domain::file_advice;
use std::path::{Path, PathBuf};

/// Reason why a checkpoint could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// A name that cannot exist on the hub.
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
    /// `HF_ENDPOINT` is not an address, or has a password in it, which is not shown.
    #[error("HF_ENDPOINT {problem}; expected one such as https://huggingface.co, or leave it unset")]
    BadEndpoint {
        /// Rest of the clause: "'huggingface.co' is not an address".
        problem: String,
    },
    /// The token cannot be sent. It is not shown.
    #[error("the token in {origin} contains characters that no token can have; set it again")]
    BadToken {
        /// Place of the token: `HF_TOKEN`, or the path of a file.
        origin: String,
    },
    /// No client could be created, for lack of trusted certificates or for another reason.
    #[error("cannot prepare secure connections ({reason}); install ca-certificates, or set SSL_CERT_FILE")]
    NoClient {
        /// Message of the library.
        reason: String,
    },
    /// The hub has no such model, or does not show it.
    #[error(
        "there is no model '{name}' at {endpoint}; check its spelling (expected OWNER/MODEL, such as \
         amazon/chronos-bolt-small), {advice}"
    )]
    NoSuchModel {
        /// The requested name.
        name: String,
        /// Address of the hub.
        endpoint: String,
        /// Advice for a private model, with a token or without.
        advice: String,
    },
    /// A gated, private or disabled model.
    #[error("{endpoint} refuses access to '{name}'{reason}; {advice}")]
    Denied {
        /// The requested name.
        name: String,
        /// Address of the hub.
        endpoint: String,
        /// Reason, as the rest of the clause: ", which is gated or private", or the hub's words in parentheses.
        reason: String,
        /// Advice, with a token or without.
        advice: String,
    },
    /// The model has no such file.
    #[error(
        "'{name}' has no {file}, so it is not a Chronos-Bolt checkpoint; choose a model that has config.json and \
         model.safetensors, such as amazon/chronos-bolt-small"
    )]
    NotACheckpoint {
        /// The requested name.
        name: String,
        /// The missing file.
        file: &'static str,
    },
    /// The model has no such branch, tag or commit.
    #[error("'{name}' has no revision '{revision}'; check its spelling, or leave it out for main")]
    NoSuchRevision {
        /// The requested name.
        name: String,
        /// The requested revision.
        revision: String,
    },
    /// The hub must not be asked, and the files are not here.
    #[error("HF_HUB_OFFLINE is set, {lack}; unset it, or use `forecaster model import DIR`")]
    OfflineMode {
        /// Rest of the clause: "and the shared cache has no amazon/chronos-bolt-small at main".
        lack: String,
    },
    /// The network is not available.
    #[error(
        "cannot reach {endpoint} ({reason}); pull where there is a network and use `forecaster model import DIR`, or \
         set HF_ENDPOINT to a mirror"
    )]
    Offline {
        /// The server that was tried.
        endpoint: String,
        /// Message of the system.
        reason: String,
    },
    /// Too many requests, or a failing server, for longer than the retries last.
    #[error("{endpoint} is busy ({reason}); try again {when}, or set HF_ENDPOINT to a mirror")]
    Busy {
        /// Server that is busy.
        endpoint: String,
        /// Status in its answer.
        reason: String,
        /// Time to try again: "in 300 seconds", "later".
        when: String,
    },
    /// A server that refuses a file repeatedly and without a reason of the hub: a CDN, a mirror or a filter in between.
    #[error(
        "{server} refuses the file repeatedly ({reason}); try again later, check a proxy or filter in between, or set \
         HF_ENDPOINT to another mirror"
    )]
    FileRefused {
        /// Scheme, host and port that refused.
        server: String,
        /// Status in its answer.
        reason: String,
    },
    /// A model of another kind, known from its `config.json` before the weights are fetched.
    #[error("the model '{name}' on the hub cannot be used: {source}")]
    Unsuitable {
        /// The requested name.
        name: String,
        /// Error of the check of `config.json`.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A response that does not follow the hub's protocol.
    #[error(
        "{server} answered with {found} instead of the file; check HF_ENDPOINT, a proxy or a login page in between"
    )]
    Unexpected {
        /// Scheme, host and port that answered.
        server: String,
        /// Description of the response.
        found: String,
    },
    /// A file that is not what the hub announced.
    #[error(
        "{file} has {found}, but the hub announces {expected}; it was deleted; run the same command again to fetch \
         it anew"
    )]
    WrongChecksum {
        /// The file.
        file: &'static str,
        /// Size or checksum of what arrived.
        found: String,
        /// Size or checksum announced.
        expected: String,
    },
    /// The connection broke repeatedly.
    #[error(
        "{file} was cut off after {arrived} of {total} bytes ({server}: {reason}); run the same command again to \
         continue from there"
    )]
    CutOff {
        /// The file.
        file: &'static str,
        /// Bytes received so far.
        arrived: u64,
        /// Bytes of the complete file, or "an unknown number of".
        total: String,
        /// Scheme, host and port of the last attempt.
        server: String,
        /// Last failure.
        reason: String,
    },
    /// The operating system refused to read or write.
    #[error("cannot {action} {path}: {source}{}", file_advice(source).map_or_else(String::new, |it| format!("; {it}")))]
    Io {
        /// Action tried: "create", "write" ...
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// Message of the system.
        source: std::io::Error,
    },
}

impl HubError {
    /// Wraps an I/O error with the action and the path, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
