//! The record of what was forecast: runs, issued forecasts and the validation cache in SQLite, and metrics.jsonl.
//!
//! A run goes in as one transaction ([`Ledger::record`]); its metrics line is kept with it and appended to
//! metrics.jsonl afterwards ([`Ledger::flush_metrics`]), so that a crash between the two loses no line and writes
//! none twice. Runs that the schedule asked for close their [`Slot`] in the same transaction. Mails lie in the outbox from then on
//! until they are delivered, refused or too old.

mod aside;
mod backup;
mod cache;
mod drift;
mod error;
mod guard;
mod ledger;
mod metrics;
mod outbox;
mod past;
mod schema;
mod scores;
mod slots;

pub use aside::PutAside;
pub use backup::copy_ledger;
pub use drift::DriftEntry;
pub use error::LedgerError;
pub use guard::{ChronosMark, GuardEvent, GuardState, GuardUpdate, Suspension};
pub use ledger::{IssuedForecast, Ledger, RunRecord, RunStatus, RunSummary};
pub use outbox::{
    DueMail, MailOutcome, NextMail, OutboxCounts, OutboxEntry, OutgoingMail, RecipientEntry, WaitingRecipient,
};
pub use past::{IssuedRun, PastIssue, PastRun};
pub use scores::{Scored, ScoredForecast};
pub use slots::{Slot, SlotState, Watermark};
