//! Instants as the ledger keeps them: text that sorts as time does, and time read back from it. Every table keeps its
//! instants in this form or in one that is read in the same way.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::Row;

/// The form in which instants are kept: sorting as text sorts them in time.
pub(crate) fn key(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An instant in column `column`.
pub(crate) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<DateTime<Utc>> {
    let text: String = row.get(column)?;
    DateTime::parse_from_rfc3339(&text).map(|instant| instant.to_utc()).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
