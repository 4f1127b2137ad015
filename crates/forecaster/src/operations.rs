//! Work on the whole installation, outside of runs: the doctor's checks, and backups.

pub(crate) mod backup;
pub(crate) mod doctor;
