//! Why a document did not come: each is the end of a sentence that begins with provider and series.

use reqwest::StatusCode;
use std::time::Duration;

/// Why a document did not come.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum WireError {
    /// Not an address.
    #[error("its address is not one: '{address}'; correct the setting {setting}")]
    BadAddress { address: String, setting: String },
    /// The host's name is not known.
    #[error("the host {host} is not known ({reason}); check the network and the name server")]
    UnknownHost { host: String, reason: String },
    /// Its certificate is not trusted.
    #[error(
        "the certificate of {host} is not trusted ({reason}); check the machine's clock and its ca-certificates, or \
         whether something in between answers"
    )]
    Certificate { host: String, reason: String },
    /// No connection.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String },
    /// No answer in time.
    #[error("{host} has not answered in {seconds:.1} s")]
    Silent { host: String, seconds: f64 },
    /// The connection broke in the middle of the answer.
    #[error("the answer of {host} broke off: {reason}")]
    Cut { host: String, reason: String },
    /// Too many redirects, or one that may not be followed.
    #[error("{host} redirects in vain: {reason}")]
    Redirects { host: String, reason: String },
    /// A status other than success.
    #[error("{host} answers {status}: {excerpt}")]
    Status { host: String, status: StatusCode, excerpt: String },
    /// Too many requests.
    #[error("{host} answers {status}, asked too often{when}")]
    Busy { host: String, status: StatusCode, when: String, retry_after: Option<Duration> },
    /// More than is reasonable.
    #[error("the answer of {host} is larger than {} MiB, which no answer should be; it was not read further", limit >> 20)]
    TooLarge { host: String, limit: usize },
}

impl WireError {
    /// Whether the same request may go well in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Cut { .. } | Self::Busy { .. } => true,
            Self::Status { status, .. } => status.is_server_error() || *status == StatusCode::REQUEST_TIMEOUT,
            _ => false,
        }
    }

    /// What is wrong, without what differs from one request to the next.
    pub(crate) fn gist(&self) -> String {
        match self {
            Self::Silent { host, .. } => format!("{host} has not answered in time"),
            other => other.to_string(),
        }
    }

    /// How long the server asks to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
