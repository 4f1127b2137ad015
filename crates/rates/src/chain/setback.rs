//! Reasons why a provider returned nothing, and who is at fault.

use crate::{provider::Document, wire::WireError};
use std::{fmt, time::Duration};

/// Reason why a provider returned nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setback {
    /// Label of the document concerned; empty when there is none in particular.
    pub(crate) document: String,
    /// End of the sentence that begins with provider and series.
    pub(crate) reason: String,
    /// The part of the reason that is the same for other series of the provider.
    pub(crate) gist: String,
    /// Party at fault.
    pub(crate) fault: Fault,
}

/// Party at fault for a setback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody: there is no account, or no such series.
    Nobodys,
    /// A single reply, which was refused; other series of the provider may be fine.
    OfAnswer,
    /// The provider or the connection to it; with the time for which the provider asks to be left alone.
    OfProvider(Option<Duration>),
}

impl Setback {
    pub(super) fn new(reason: String, fault: Fault) -> Self {
        Self { document: String::new(), gist: reason.clone(), reason, fault }
    }

    pub(super) fn nobodys(reason: impl Into<String>) -> Self {
        Self::new(reason.into(), Fault::Nobodys)
    }

    pub(super) fn of_answer(reason: String) -> Self {
        Self::new(reason, Fault::OfAnswer)
    }

    pub(super) fn of_provider(reason: String) -> Self {
        Self::new(reason, Fault::OfProvider(None))
    }

    pub(super) fn of_wire(error: &WireError) -> Self {
        Self { gist: error.gist(), ..Self::new(error.to_string(), Fault::OfProvider(error.retry_after())) }
    }

    pub(super) fn about(self, document: &Document) -> Self {
        Self { document: document.label.clone(), ..self }
    }

    /// True when the operator should be informed.
    pub(crate) fn is_fault(&self) -> bool {
        self.fault != Fault::Nobodys
    }
}

impl fmt::Display for Setback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.document.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.document, self.reason)
        }
    }
}
