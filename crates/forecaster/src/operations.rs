//! Work on the whole installation, which is no part of a run: the doctor's checks, and backups.

pub(crate) mod backup;
pub(crate) mod doctor;
