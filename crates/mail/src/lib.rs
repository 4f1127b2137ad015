//! SMTP delivery of the outbox: a letter becomes bytes ([`Letter::to_bytes`]), the bytes go to a server in one
//! transaction that reports the outcome for each recipient ([`deliver`]), and a failed delivery gets a time for the
//! next attempt ([`next_attempt`]). The outbox itself is in the ledger: this crate has no storage and no clock.
//! Secrets are never shown.
//!
//! Imports go from left to right:
//!
//! ```text
//! {deliver, probe, mime} -> {session, letter} -> {wire, tls} -> {reply, server, trouble} -> {address, schedule}
//!     -> {error, text}
//! ```

mod address;
mod deliver;
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
mod trouble;
mod wire;

pub use address::Address;
pub use deliver::{Delivery, RecipientOutcome, deliver};
pub use error::MailError;
pub use letter::{Attachment, HtmlBody, InlineImage, Letter, LetterKind};
pub use probe::{Probe, probe};
pub use schedule::{GIVE_UP_AFTER_DAYS, RetryPace, next_attempt};
pub use server::url::Security;
pub use server::{Server, ServerLimits};
pub use session::Step;
pub use tls::TlsFacts;
pub use trouble::DeliveryError;
