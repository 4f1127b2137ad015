//! Conversion of instants to the ledger's text, which sorts in time order, and back. Every table stores its instants
//! in this form or in one that is read in the same way.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::Row;

/// Formats an instant for storage: text order is time order.
pub(crate) fn to_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads the instant in column `column`.
pub(crate) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<DateTime<Utc>> {
    let text: String = row.get(column)?;
    DateTime::parse_from_rfc3339(&text).map(|instant| instant.to_utc()).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
