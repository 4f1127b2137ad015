//! Errors of fetching a document: each message is the end of a sentence that begins with provider and series.

use reqwest::StatusCode;
use std::time::Duration;

/// Reason why a document could not be fetched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum FetchError {
    /// An address that is not a valid URL.
    #[error("'{address}' is not a valid address; correct the setting {setting}")]
    BadAddress { address: String, setting: String },
    /// A host whose name could not be resolved.
    #[error("the host name {host} cannot be resolved ({reason}); check the network and the name server")]
    UnknownHost { host: String, reason: String },
    /// A certificate that is not trusted.
    #[error(
        "the certificate of {host} is not trusted ({reason}); check the machine's clock and its ca-certificates, or \
         whether a proxy answers in its place"
    )]
    Certificate { host: String, reason: String },
    /// Failure to open a connection.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String },
    /// No response in time.
    #[error("{host} has not answered in {seconds:.1} s")]
    Silent { host: String, seconds: f64 },
    /// A connection that broke in the middle of the response.
    #[error("the answer of {host} could not be read to its end: {reason}")]
    Cut { host: String, reason: String },
    /// Too many redirects, or a forbidden one.
    #[error("{host} redirects without success: {reason}")]
    Redirects { host: String, reason: String },
    /// A status other than success.
    #[error("{host} answers {status}: {excerpt}")]
    Status { host: String, status: StatusCode, excerpt: String },
    /// Too many requests.
    #[error("{host} answers {status}: too many requests{when}")]
    Busy { host: String, status: StatusCode, when: String, retry_after: Option<Duration> },
    /// An account that the provider does not accept, as it said in an earlier response.
    #[error("{reason}")]
    Account { reason: String },
    /// A response larger than the limit.
    #[error("the answer of {host} is larger than the limit of {} MiB; the rest was not read", limit >> 20)]
    TooLarge { host: String, limit: usize },
}

impl FetchError {
    /// True when the same request may succeed a moment later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Cut { .. } | Self::Busy { .. } => true,
            Self::Status { status, .. } => status.is_server_error() || *status == StatusCode::REQUEST_TIMEOUT,
            _ => false,
        }
    }

    /// True when the host is not to be asked again in the same sync: it refuses us, or cannot be reached.
    pub(super) fn closes_host(&self) -> bool {
        match self {
            Self::UnknownHost { .. } | Self::Certificate { .. } | Self::Unreachable { .. } => true,
            _ => self.is_refusal(),
        }
    }

    /// True when no answer came: the network, a name server, a proxy or the server itself.
    pub(crate) fn is_of_connection(&self) -> bool {
        match self {
            Self::UnknownHost { .. }
            | Self::Certificate { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Cut { .. } => true,
            Self::Status { status, .. } => {
                status.is_server_error() || *status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
            }
            Self::BadAddress { .. }
            | Self::Redirects { .. }
            | Self::Busy { .. }
            | Self::Account { .. }
            | Self::TooLarge { .. } => false,
        }
    }

    /// True when the server has answered.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Status { .. } | Self::Busy { .. } | Self::Redirects { .. } | Self::TooLarge { .. })
    }

    /// True when the server refuses the caller, perhaps because of the user agent.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Status { status, .. } => [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(status),
            _ => false,
        }
    }

    /// Returns the message without the parts that differ from one request to the next.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::Silent { host, .. } => format!("{host} has not answered in time"),
            other => other.to_string(),
        }
    }

    /// Returns how long the server asks clients to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
