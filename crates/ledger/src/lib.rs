//! The record of forecasts: runs, issued forecasts and the validation cache in SQLite, and metrics.jsonl.
//!
//! A run is stored in one transaction ([`Ledger::record`]). Its metrics line is stored with it and appended to
//! metrics.jsonl afterwards ([`Ledger::flush_metrics`]), so that a crash between the two neither loses nor repeats a
//! line. A run that the schedule requested closes its [`Slot`] in the same transaction. Its mails wait in the outbox
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

pub use aside::ReplacedLedger;
pub use backup::copy_ledger;
pub use drift::DriftEntry;
pub use error::LedgerError;
pub use guard::{ChronosMark, GuardEvent, GuardState, GuardUpdate, Suspension};
pub use ledger::Ledger;
pub use outbox::{
    DueMail, MailOutcome, NextMail, OutboxCounts, OutboxEntry, OutgoingMail, RecipientEntry, WaitingRecipient,
};
pub use past::{IssuedEnsemble, IssuedRun, PastRun};
pub use record::{IssuedForecast, RunRecord, RunStatus, RunSummary};
pub use scores::{ScoredForecast, ScoringCounts};
pub use slots::{Slot, SlotState, Watermark};
