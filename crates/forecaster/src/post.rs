//! Mail: a run's letters, written into the outbox with the run; and the round that takes what is due there to the server.

mod alerts;
mod letters;
mod round;

pub(crate) use alerts::{failed, ledger_lost, stale, suspended};
pub(crate) use letters::{report, test_letter, wants_report};
pub(crate) use round::{Round, after_runs, deliver_due, server};
