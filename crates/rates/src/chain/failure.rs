//! Reasons why a provider returned nothing, and who is at fault.

use crate::{provider::Document, wire::FetchError};
use std::{fmt, time::Duration};

/// Reason why a provider returned nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FetchFailure {
    /// Label of the document concerned; empty when there is none in particular.
    pub(crate) document: String,
    /// End of the sentence that begins with provider and series.
    pub(crate) reason: String,
    /// The part of the reason that is the same for other series of the provider.
    pub(crate) common_reason: String,
    /// Party at fault.
    pub(crate) fault: FailureKind,
    /// True when no answer came at all, because of the network or the server.
    pub(crate) of_connection: bool,
}

/// Party at fault for a failed fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// Nobody: there is no account, or no such series.
    Unavailable,
    /// A single reply, which was refused; other series of the provider may be fine.
    OfAnswer,
    /// The provider or the connection to it; with the time for which the provider asks to be left alone.
    OfProvider(Option<Duration>),
}

impl FetchFailure {
    pub(super) fn new(reason: String, fault: FailureKind) -> Self {
        Self { document: String::new(), common_reason: reason.clone(), reason, fault, of_connection: false }
    }

    pub(super) fn not_at_fault(reason: impl Into<String>) -> Self {
        Self::new(reason.into(), FailureKind::Unavailable)
    }

    pub(super) fn of_answer(reason: String) -> Self {
        Self::new(reason, FailureKind::OfAnswer)
    }

    pub(super) fn of_provider(reason: String) -> Self {
        Self::new(reason, FailureKind::OfProvider(None))
    }

    pub(super) fn of_wire(error: &FetchError) -> Self {
        Self {
            common_reason: error.summary(),
            of_connection: error.is_of_connection(),
            ..Self::new(error.to_string(), FailureKind::OfProvider(error.retry_after()))
        }
    }

    pub(super) fn with_document(self, document: &Document) -> Self {
        Self { document: document.label.clone(), ..self }
    }

    /// True when the operator should be informed.
    pub(crate) fn is_fault(&self) -> bool {
        self.fault != FailureKind::Unavailable
    }
}

impl fmt::Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.document.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.document, self.reason)
        }
    }
}
