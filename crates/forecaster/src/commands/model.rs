//! `forecaster model`: the checkpoints at hand.

mod bench;
mod fetch;
mod list;
mod predict;
mod verify;

pub(crate) use verify::{Verified, crosses_much, verify_configured};

use crate::chronos::store;
use crate::cli::ModelCommand;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use forecaster_chronos::{ChronosError, EMBEDDED, Installed};

/// Carries out a `model` command.
pub(crate) fn model(command: &ModelCommand, config: &Config) -> Result<Outcome, Failure> {
    match command {
        ModelCommand::List { json } => list::list(config, *json),
        ModelCommand::Pull { name, revision } => fetch::pull(config, name, revision),
        ModelCommand::Import { directory, name } => fetch::import(config, directory, name.as_deref()),
        ModelCommand::Verify { name, json } => verify::verify(config, name.as_deref(), *json),
        ModelCommand::Bench { name, context, json } => {
            bench::bench(config, name.as_deref(), *context as usize, *json)
        }
        ModelCommand::Predict { name, input, steps, json } => {
            predict::predict(config, name, input, *steps as usize, *json)
        }
    }
}

/// A checkpoint that a command is about, or why it is not there.
struct Chosen {
    name: String,
    found: Result<Installed, ChronosError>,
}

/// The checkpoint or folder called `name`; without a name the one in the program, all of the store, and the configured one.
fn chosen(config: &Config, name: Option<&str>) -> Result<Vec<Chosen>, Failure> {
    let store = store(config);
    if let Some(name) = name {
        let found = store.find(name)?;
        return Ok(vec![Chosen { name: found.name.clone(), found: Ok(found) }]);
    }
    let mut all: Vec<Chosen> =
        store.list().into_iter().map(|found| Chosen { name: found.name.clone(), found: Ok(found) }).collect();
    let configured = &config.chronos.model;
    if !EMBEDDED.answers_to(configured) && all.iter().all(|one| one.name != *configured) {
        all.push(Chosen { name: configured.clone(), found: store.find(configured) });
    }
    Ok(all)
}

/// Failure when some of `of` checkpoints have `failed`, each already told of on stdout.
fn ended(failed: usize, of: usize) -> Result<Outcome, Failure> {
    match (failed, of) {
        (0, _) => Ok(Outcome::Done),
        (_, 1) => Err(Failure::failed("the checkpoint failed")),
        _ => Err(Failure::failed(format!("{failed} of {of} checkpoints failed"))),
    }
}

/// Width of a column of names below `title`.
fn width<'a>(title: &'a str, names: impl Iterator<Item = &'a str>) -> usize {
    names.chain([title]).map(|name| name.chars().count()).max().unwrap_or(0)
}
