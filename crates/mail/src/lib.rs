//! SMTP delivery of the outbox: a letter becomes bytes ([`Letter::to_bytes`]), bytes go to a server in one transaction
//! that tells the fate of each recipient ([`deliver`]), and what could not be delivered gets a time for the next attempt
//! ([`next_attempt`]). The outbox itself lives in the ledger: here is no storage and no clock. No secret is ever shown.

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
mod tls;
mod trouble;
mod wire;

pub use address::Address;
pub use deliver::{Delivery, Outcome, deliver};
pub use error::MailError;
pub use letter::{Attachment, HtmlBody, InlineImage, Letter, LetterKind};
pub use probe::{Probe, probe};
pub use schedule::{GIVE_UP_AFTER_DAYS, Pace, next_attempt};
pub use server::{Limits, Security, Server};
pub use session::Step;
pub use tls::TlsFacts;
pub use trouble::Trouble;

/// FNV-1a: a hash that is the same on every machine and in every version.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What came from outside, fit for one line of a log: no control characters, and not too much of it.
fn shown(text: &str, at_most: usize) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= at_most {
        return line;
    }
    line.chars().take(at_most).chain("...".chars()).collect()
}
