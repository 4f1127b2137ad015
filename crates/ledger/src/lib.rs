//! The record of what was forecast: runs, issued forecasts and the validation cache in SQLite, and metrics.jsonl.
//!
//! A run goes in as one transaction ([`Ledger::record`]); its metrics line is kept with it and appended to
//! metrics.jsonl afterwards ([`Ledger::flush_metrics`]), so that a crash between the two loses no line and writes
//! none twice. Runs that the schedule asked for close their [`Slot`] in the same transaction. Mails lie in the outbox from then on
//! until they are delivered, refused or too old.

mod backup;
mod cache;
mod error;
mod ledger;
mod metrics;
mod outbox;
mod past;
mod schema;
mod slots;

pub use error::LedgerError;
pub use ledger::{IssuedForecast, Ledger, RunRecord, RunStatus, RunSummary};
pub use outbox::{
    DueMail, MailOutcome, NextMail, OutboxCounts, OutboxEntry, OutgoingMail, RecipientEntry, WaitingRecipient,
};
pub use past::{IssuedRun, PastIssue};
pub use slots::{Slot, SlotState, Watermark};
