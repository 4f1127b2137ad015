//! What the commands about several checkpoints share.

use crate::failure::{Failure, Outcome};

/// Failure when some of `of` checkpoints have `failed`, each already told of on stdout.
pub(super) fn ended(failed: usize, of: usize) -> Result<Outcome, Failure> {
    if failed == 0 { Ok(Outcome::Done) } else { Err(Failure::CheckpointsFailed { failed, of }) }
}

/// Width of a column of names below `title`.
pub(super) fn width<'a>(title: &'a str, names: impl Iterator<Item = &'a str>) -> usize {
    names.chain([title]).map(|name| name.chars().count()).max().unwrap_or(0)
}
