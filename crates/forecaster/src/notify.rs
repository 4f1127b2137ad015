//! Mail: a run's letters, written to the outbox with the run, and the round that sends due mail to the server.

pub(crate) mod alerts;
pub(crate) mod delivery;
pub(crate) mod letters;
