//! Delivery of mails by SMTP. This crate has no storage and no clock; the outbox itself is in the ledger.
//!
//! - [`Letter::to_bytes`] turns a [`Letter`] into the bytes that every attempt sends.
//! - [`deliver()`] sends them in one transaction and reports the outcome for each recipient.
//! - [`next_attempt`] is the time of the next attempt after a failed one.
//! - [`probe()`] tests connection, encryption and password step by step.
//!
//! Secrets are never shown.
//!
//! # Example
//!
//! ```
//! use forecaster_mail::{Address, Letter, LetterKind};
//!
//! let letter = Letter {
//!     from: "Forecaster <forecaster@example.com>".parse()?,
//!     to: vec!["treasury@example.com".parse::<Address>()?],
//!     subject: "USD/CLP 7d: 988.80".into(),
//!     message_id: "run.1@example.com".into(),
//!     date: chrono::DateTime::parse_from_rfc3339("2024-12-23T08:30:00-03:00")?,
//!     language: "en".into(),
//!     text: "The median is 988.80.".into(),
//!     html: None,
//!     attachments: vec![],
//!     kind: LetterKind::Report,
//! };
//! let bytes = letter.to_bytes()?;
//! assert_eq!(bytes, letter.to_bytes()?);
//! assert!(String::from_utf8(bytes)?.contains("Message-ID: <run.1@example.com>"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! The crate `forecaster` writes the letters and runs the deliveries (its module `notify`); `forecaster_ledger` keeps the
//! outbox; `forecaster_report` makes the body of a report's mail.
//!
//! # Order of imports
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {deliver, probe, mime} -> {session, letter} -> {wire, tls}
//!     -> {reply, server, delivery_error} -> {address, schedule} -> {error, text}
//! ```

mod address;
mod deliver;
mod delivery_error;
mod error;
mod letter;
mod mime;
mod probe;
mod reply;
mod schedule;
mod server;
mod session;
mod text;
mod tls;
mod wire;

pub use address::Address;
pub use deliver::{Delivery, RecipientOutcome, deliver};
pub use delivery_error::DeliveryError;
pub use error::MailError;
pub use letter::{Attachment, HtmlBody, InlineImage, Letter, LetterKind};
pub use probe::{Probe, probe};
pub use schedule::{GIVE_UP_AFTER_DAYS, RetryPace, next_attempt};
pub use server::url::Security;
pub use server::{Server, ServerLimits};
pub use session::Step;
pub use tls::TlsFacts;
