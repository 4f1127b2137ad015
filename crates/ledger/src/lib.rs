//! The record of what was forecast: runs, issued forecasts and the validation cache in SQLite, and metrics.jsonl.
//!
//! A run goes in as one transaction ([`Ledger::record`]); its metrics line is kept with it and appended to
//! metrics.jsonl afterwards ([`Ledger::flush_metrics`]), so that a crash between the two loses no line and writes
//! none twice. Runs that the schedule asked for close their [`Slot`] in the same transaction. Mails lie in the outbox from then on
//! until they are delivered, refused or too old.
//!
//! Imports go from left to right:
//!
//! ```text
//! {scores, aside, cache, metrics} -> past -> runs -> {slots, drift} -> record -> {guard, outbox} -> ledger
//!     -> {backup, instants} -> {schema, error}
//! ```

mod aside;
mod backup;
mod cache;
mod drift;
mod error;
mod guard;
mod instants;
mod ledger;
mod metrics;
mod outbox;
mod past;
mod record;
mod runs;
mod schema;
mod scores;
mod slots;

pub use aside::PutAside;
pub use backup::copy_ledger;
pub use drift::DriftEntry;
pub use error::LedgerError;
pub use guard::{ChronosMark, GuardEvent, GuardState, GuardUpdate, Suspension};
pub use ledger::Ledger;
pub use outbox::{
    DueMail, MailOutcome, NextMail, OutboxCounts, OutboxEntry, OutgoingMail, RecipientEntry, WaitingRecipient,
};
pub use past::{IssuedRun, PastIssue, PastRun};
pub use record::{IssuedForecast, RunRecord, RunStatus, RunSummary};
pub use scores::{Scored, ScoredForecast};
pub use slots::{Slot, SlotState, Watermark};
