//! `forecaster model`: the checkpoints at hand.

use crate::cli::ModelCommand;
use crate::config::Config;
use crate::failure::{Failure, Outcome};

/// Carries out a `model` command.
pub(crate) fn model(_command: &ModelCommand, _config: &Config) -> Result<Outcome, Failure> {
    Err(Failure::failed("being written"))
}
