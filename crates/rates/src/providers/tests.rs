//! What the tests of all providers share, and the test of all of them: every reader against garbage.

mod fuzz;

use crate::{
    provider::{Unreadable, Wanted},
    snapshot::RawObservation,
};

/// A span of a series.
pub(crate) fn wanted(symbol: &str, from: &str, to: &str) -> Wanted {
    Wanted { symbol: symbol.to_owned(), from: from.parse().unwrap(), to: to.parse().unwrap() }
}

/// An observation.
pub(crate) fn observed(date: &str, value: f64) -> RawObservation {
    RawObservation { date: date.parse().unwrap(), value }
}

/// The message of an answer that must not be readable: one line that ends the sentence "mindicador, usdclp: ...".
pub(crate) fn unreadable(answer: Result<Vec<RawObservation>, Unreadable>) -> String {
    let message = answer.unwrap_err().to_string();
    assert!(message.chars().count() < 400 && !message.contains(['\n', '\r']), "{message}");
    message
}
