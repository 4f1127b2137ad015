//! Checks of revisions and commits: which are safe in a path and in an address, and which are commits.

use super::error::HubError;

/// Greatest length of a revision. Git has no limit; file systems end at 255.
const MAX_REVISION: usize = 200;

/// Checks that a revision is safe as a path below `refs/`, and in an address with its slashes encoded.
pub(super) fn check_revision(revision: &str) -> Result<(), HubError> {
    let part_is_fine = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
            && !part.starts_with(['.', '-'])
            && !part.contains("..")
    };
    if revision.len() <= MAX_REVISION && revision.split('/').all(part_is_fine) {
        Ok(())
    } else {
        Err(HubError::BadRevision { revision: revision.to_owned() })
    }
}

/// Returns `commit` when it is one: a git SHA-1.
pub(super) fn checked_commit(commit: &str) -> Option<&str> {
    (commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit())).then_some(commit)
}
