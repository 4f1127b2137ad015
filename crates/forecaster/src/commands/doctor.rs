//! `forecaster doctor`.

use crate::failure::{Failure, Outcome};
use std::path::Path;

/// Looks the installation over.
pub(crate) fn doctor(_config: Option<&Path>, _json: bool) -> Result<Outcome, Failure> {
    Err(Failure::failed("not yet"))
}
