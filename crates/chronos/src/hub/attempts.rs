//! Retries of a request: reasons why an attempt failed, and the pauses between attempts.

use super::error::HubError;
use reqwest::StatusCode;
use std::{fmt, thread, time::Duration};

/// Time limits and number of attempts when waiting for a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryPolicy {
    /// Longest wait for a connection to open.
    pub(super) connect: Duration,
    /// Longest wait for a byte from an open connection. A complete download may take any time.
    pub(super) silence: Duration,
    /// Greatest number of attempts in a row without a new byte.
    pub(super) attempts: u32,
    /// Pause before the second attempt; it doubles with each.
    pub(super) first_pause: Duration,
    /// Longest pause; a server that asks for more is not tried again.
    pub(super) longest_pause: Duration,
    /// True when the proxies of the environment are used.
    pub(super) proxies: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            attempts: 5,
            first_pause: Duration::from_secs(1),
            // The hub counts requests in windows of 300 seconds (its header RateLimit-Policy says w=300); its header
            // RateLimit rounds down.
            longest_pause: Duration::from_secs(301),
            proxies: true,
        }
    }
}

/// Reason why an attempt failed or stopped early.
#[derive(Debug)]
pub(super) enum AttemptError {
    /// Another attempt would end the same way.
    Final(HubError),
    /// Too many requests, or a failing server.
    Busy { server: String, status: StatusCode, retry_after: Option<Duration> },
    /// A file that its server refuses, for example because the signature of its address has expired. The next attempt
    /// gets a fresh address from the hub.
    Refused { server: String, status: StatusCode },
    /// No connection, or no response.
    Unreachable { server: String, reason: String },
    /// The connection broke.
    Cut { server: String, reason: String },
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Final(e) => e.fmt(f),
            Self::Busy { status, .. } | Self::Refused { status, .. } => write!(f, "it answers {status}"),
            Self::Unreachable { reason, .. } | Self::Cut { reason, .. } => f.write_str(reason),
        }
    }
}

impl AttemptError {
    /// Scheme, host and port of the server that failed; `None` for an error that is not about one.
    pub(super) fn server(&self) -> Option<&str> {
        match self {
            Self::Final(_) => None,
            Self::Busy { server, .. }
            | Self::Refused { server, .. }
            | Self::Unreachable { server, .. }
            | Self::Cut { server, .. } => Some(server),
        }
    }

    pub(super) fn into_error(self) -> HubError {
        let reason = self.to_string();
        match self {
            Self::Final(e) => e,
            Self::Busy { server, retry_after, .. } => {
                let when = retry_after.map_or("later".to_owned(), |wait| format!("in {} seconds", wait.as_secs()));
                HubError::Busy { endpoint: server, reason, when }
            }
            Self::Refused { server, .. } => HubError::FileRefused { server, reason },
            Self::Unreachable { server, .. } | Self::Cut { server, .. } => {
                HubError::Offline { endpoint: server, reason }
            }
        }
    }
}

/// Counter of attempts, which also waits between them.
pub(super) struct Attempts {
    patience: RetryPolicy,
    failed: u32,
}

impl Attempts {
    pub(super) fn new(patience: RetryPolicy) -> Self {
        Self { patience, failed: 0 }
    }

    /// Waits before the next attempt; returns `false` at once when there is to be none.
    pub(super) fn wait_before_retry(&mut self, failure: &AttemptError) -> bool {
        self.failed += 1;
        let asked = match failure {
            AttemptError::Final(_) => return false,
            AttemptError::Busy { retry_after, .. } => *retry_after,
            AttemptError::Refused { .. } | AttemptError::Unreachable { .. } | AttemptError::Cut { .. } => None,
        };
        if self.failed >= self.patience.attempts || asked.is_some_and(|wait| wait > self.patience.longest_pause) {
            return false;
        }
        let own = self.patience.first_pause.saturating_mul(1 << (self.failed - 1).min(16));
        // A server that asks for no pause at all gets one nevertheless.
        let pause = own.min(self.patience.longest_pause).max(asked.unwrap_or_default());
        let seconds = pause.as_secs_f64();
        tracing::info!(reason = %failure, seconds, "The download is tried again in {seconds} s");
        thread::sleep(pause);
        true
    }

    /// Resets the count after new bytes have arrived.
    pub(super) fn reset_attempts(&mut self) {
        self.failed = 0;
    }
}
