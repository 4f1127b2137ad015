//! What came of asking a provider when it answered: the observations that passed, and what its servers told of the
//! documents.

use crate::{intake::Accepted, wire::Validators};
use chrono::NaiveDate;

/// What a provider brought.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// What of it passed; nothing when it is unchanged.
    pub(crate) accepted: Accepted,
    /// What servers told of the documents, by address.
    pub(crate) documents: Vec<(String, Validators)>,
    /// Whether servers said that nothing had changed.
    pub(crate) unchanged: bool,
    /// The last day asked for.
    pub(crate) asked_to: NaiveDate,
    /// What an operator should know of it.
    pub(crate) remark: Option<String>,
}
