//! `forecaster model`: commands about the available checkpoints.

mod bench;
mod import;
mod list;
mod listing;
mod predict;
mod pull;
mod verify;

use crate::cli::args::ModelCommand;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};

/// Carries out a `model` command.
pub(crate) fn model(command: &ModelCommand, config: &Config) -> Result<CommandOutcome, Failure> {
    match command {
        ModelCommand::List { json } => list::list(config, *json),
        ModelCommand::Pull { name, revision, force, json } => {
            let wanted = pull::WantedCheckpoint { name, revision, force: *force };
            pull::pull(config, &wanted, *json)
        }
        ModelCommand::Import { directory, name } => import::import(config, directory, name.as_deref()),
        ModelCommand::Verify { name, json } => verify::verify(config, name.as_deref(), *json),
        ModelCommand::Bench { name, context, json } => {
            bench::bench(config, name.as_deref(), *context as usize, *json)
        }
        ModelCommand::Predict { name, input, steps, json } => {
            predict::predict(config, name, input, *steps as usize, *json)
        }
    }
}
