//! Why a provider brought nothing, and whose fault that is.

use crate::{provider::Document, wire::WireError};
use std::{fmt, time::Duration};

/// Why a provider brought nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setback {
    /// The document concerned, in a few words; empty when it is none in particular.
    pub(crate) document: String,
    /// The end of the sentence that begins with provider and series.
    pub(crate) reason: String,
    /// The reason as far as it is the same for other series of the provider.
    pub(crate) gist: String,
    /// Whose fault it is.
    pub(crate) fault: Fault,
}

/// Whose fault a setback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody's: there is no account, or no such series.
    Nobodys,
    /// The answer's, which was refused; another series of the provider may be fine.
    OfAnswer,
    /// The provider's, or of what lies between; with how long it wants to be left alone.
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

    /// Whether an operator should hear of it.
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
