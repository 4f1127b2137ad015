//! `forecaster review`.

use crate::cli::ReviewArgs;
use crate::config::Config;
use crate::failure::{Failure, Outcome};

/// Reviews.
pub(crate) fn review(_args: &ReviewArgs, _config: &Config) -> Result<Outcome, Failure> {
    Err(Failure::failed("not yet"))
}
