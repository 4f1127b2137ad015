//! Helpers shared by the commands about several checkpoints.

use crate::failure::{CommandOutcome, Failure};

/// Fails when `failed` of `of` checkpoints failed; each failure was already printed to stdout.
pub(super) fn outcome_of(failed: usize, of: usize) -> Result<CommandOutcome, Failure> {
    if failed == 0 { Ok(CommandOutcome::Done) } else { Err(Failure::CheckpointsFailed { failed, of }) }
}

/// Width of a column of names under `title`.
pub(super) fn width<'a>(title: &'a str, names: impl Iterator<Item = &'a str>) -> usize {
    names.chain([title]).map(|name| name.chars().count()).max().unwrap_or(0)
}
