//! Mail: a run's letters, written into the outbox with the run; and the round that takes what is due there to the server.

pub(crate) mod alerts;
pub(crate) mod delivery;
pub(crate) mod letters;
