//! Helpers shared by the commands about several checkpoints.

use crate::cli::output::print;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use forecaster_chronos::{Installed, parameter_count, short};

/// Fails when `failed` of `of` checkpoints failed; each failure was already printed to stdout.
pub(super) fn outcome_of(failed: usize, of: usize) -> Result<CommandOutcome, Failure> {
    if failed == 0 { Ok(CommandOutcome::Done) } else { Err(Failure::CheckpointsFailed { failed, of }) }
}

/// Width of a column of names under `title`.
pub(super) fn width<'a>(title: &'a str, names: impl Iterator<Item = &'a str>) -> usize {
    names.chain([title]).map(|name| name.chars().count()).max().unwrap_or(0)
}

/// Prints one line: the installed checkpoint, and the setting that selects it.
pub(super) fn print_installed(config: &Config, installed: &Installed) -> Result<CommandOutcome, Failure> {
    let Installed { name, place, manifest } = installed;
    let (count, sum) = manifest.as_ref().map_or((0, ""), |m| (m.parameters, m.weights_sha256.as_str()));
    let using = if *name == config.chronos.model {
        "chronos.model names it".to_owned()
    } else {
        format!("to use it set chronos.model = \"{name}\"")
    };
    print(&format!("{name}: {} parameters, sha256 {}, in {}; {using}\n", parameter_count(count), short(sum), place))?;
    Ok(CommandOutcome::Done)
}
