//! Result of asking a provider successfully: the accepted observations, and the validators of the documents.

use crate::{intake::Accepted, wire::Validators};
use chrono::NaiveDate;

/// Values received from a provider.
#[derive(Debug, Clone)]
pub(crate) struct ProviderValues {
    /// Accepted observations and findings; empty when nothing has changed.
    pub(crate) accepted: Accepted,
    /// Validators of the documents, by address.
    pub(crate) documents: Vec<(String, Validators)>,
    /// True when a server reported a document as unchanged.
    pub(crate) unchanged: bool,
    /// Last requested day.
    pub(crate) asked_to: NaiveDate,
    /// Remark for the operator.
    pub(crate) remark: Option<String>,
}
