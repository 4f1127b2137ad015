//! `forecaster chronos`.

use crate::cli::ChronosCommand;
use crate::config::Config;
use crate::failure::{Failure, Outcome};

/// Tells of Chronos, suspends or resumes it.
pub(crate) fn chronos(_command: &ChronosCommand, _config: &Config) -> Result<Outcome, Failure> {
    Err(Failure::failed("not yet"))
}
