//! The record of everything the forecaster has done, in SQLite: runs, issued forecasts, outcomes and scores, slots of
//! the schedule, the validation cache, the outbox of mails, the guard's memory; and the log metrics.jsonl.
//!
//! A run is stored in one transaction ([`Ledger::record`]), which also closes the [`Slot`] that requested it. Its metrics
//! line is stored with it and appended to metrics.jsonl afterwards ([`Ledger::flush_metrics`]), so that a crash between
//! the two neither loses nor repeats a line. Its mails wait in the outbox until they are delivered, refused or too old.
//!
//! # Example
//!
//! ```
//! use chrono::Utc;
//! use forecaster_domain::Horizon;
//! use forecaster_ledger::{Ledger, RunRecord, RunStatus};
//!
//! let folder = tempfile::tempdir()?;
//! let ledger = Ledger::open(&folder.path().join("ledger.sqlite"))?;
//! let now = Utc::now();
//! ledger.record(&RunRecord {
//!     run_id: "01a207a8-0d3a-7139-b53f-d80c482dc833".into(),
//!     pair: "USD/CLP".into(),
//!     horizon: Horizon::D7,
//!     as_of: None,
//!     scheduled_for: None,
//!     started_at: now,
//!     finished_at: now,
//!     status: RunStatus::Failed,
//!     report_html: None,
//!     report_pdf: None,
//!     report_json: None,
//!     metrics: r#"{"status":"failed"}"#.into(),
//!     forecasts: vec![],
//!     drift: None,
//!     mail: vec![],
//!     guard: None,
//! })?;
//! let runs = ledger.runs(Horizon::D7, 10)?;
//! assert_eq!((runs.len(), runs[0].status.as_str()), (1, "failed"));
//!
//! let log = folder.path().join("metrics.jsonl");
//! ledger.flush_metrics(&log)?;
//! assert_eq!(std::fs::read_to_string(log)?, "{\"status\":\"failed\"}\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! The crate `forecaster` writes and reads it: `publish` a run, `review` scores, `guard` the guard's memory, `daemon` the
//! slots, `notify` the outbox.
//!
//! # Order of imports
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {scores, aside, cache, metrics} -> past -> runs -> {slots, drift_record} -> record
//!     -> {guard, outbox} -> ledger -> {backup, instants} -> directory -> {schema, error}
//! ```

mod aside;
mod backup;
mod cache;
mod directory;
mod drift_record;
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
pub use drift_record::DriftEntry;
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
