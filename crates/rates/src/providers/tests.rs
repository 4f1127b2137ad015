//! Helpers shared by the tests of all providers, and a test that feeds every reader with garbage.

mod fuzz;

use crate::{
    provider::{ReadError, SpanRequest},
    snapshot::RawObservation,
};

/// Returns a requested span of a series.
pub(crate) fn wanted(symbol: &str, from: &str, to: &str) -> SpanRequest {
    SpanRequest { symbol: symbol.to_owned(), from: from.parse().unwrap(), to: to.parse().unwrap() }
}

/// Returns an observation.
pub(crate) fn observed(date: &str, value: f64) -> RawObservation {
    RawObservation { date: date.parse().unwrap(), value }
}

/// Returns the message of an unreadable response: one line that ends the sentence "mindicador, usdclp: ...".
pub(crate) fn unreadable(answer: Result<Vec<RawObservation>, ReadError>) -> String {
    let message = answer.unwrap_err().to_string();
    assert!(message.chars().count() < 400 && !message.contains(['\n', '\r']), "{message}");
    message
}
