//! Responses of FRED's documented interface, which needs a key. In: a response and the series asked for. Out: its
//! observations, and the rows of several series by date.

use super::super::{
    answer::{decimal, iso_date, json, no_such_series, provider_error, row, unexpected_format},
    table::TableRow,
};
use crate::{
    provider::{Document, ReadError, excerpt},
    snapshot::RawObservation,
};
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::BTreeMap;

const EXPECTED: &str = "JSON with 'observations'";

#[derive(Debug, Deserialize)]
struct SeriesResponse {
    observations: Option<Vec<SeriesPoint>>,
    error_message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SeriesPoint {
    date: Option<String>,
    value: Option<String>,
}

/// Returns the observations of the series `id` in a response.
///
/// # Errors
/// When the bytes have another form, or report an error.
pub(super) fn read(id: &str, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
    let answer: SeriesResponse = json(body, EXPECTED)?;
    if let Some(message) = answer.error_message {
        // The message ends with the address of a page to read.
        let message = message.split("  Read ").next().unwrap_or_default().trim_end_matches('.');
        return Err(match message {
            _ if message.contains("series does not exist") => no_such_series(id),
            _ if message.contains("api_key") => provider_error(message, "; check rates.provider.fred.key"),
            _ => provider_error(message, ""),
        });
    }
    let points = answer.observations.ok_or_else(|| unexpected_format(EXPECTED, excerpt(body)))?;
    points.iter().enumerate().filter_map(|(index, point)| point.read(index).transpose()).collect()
}

impl SeriesPoint {
    fn read(&self, index: usize) -> Result<Option<RawObservation>, ReadError> {
        let place = |key: &str| format!("observations[{index}].{key}");
        let text = self.date.as_deref().unwrap_or_default();
        let date = iso_date(text).ok_or_else(|| row(place("date"), text, "a date such as 2025-01-31"))?;
        match self.value.as_deref().unwrap_or_default() {
            "." => Ok(None),
            value => Ok(Some(RawObservation { date, value: decimal(value, || place("value"))? })),
        }
    }
}

/// Returns a row for each date with the values of the series `ids`, in their order, from a document of each.
pub(super) fn rows(ids: &[&str], read: &[(&Document, Vec<RawObservation>)]) -> Vec<TableRow> {
    let mut by_date: BTreeMap<NaiveDate, Vec<Option<f64>>> = BTreeMap::new();
    for (column, id) in ids.iter().enumerate() {
        let own = read.iter().filter(|(document, _)| document.part.as_deref() == Some(*id));
        for observation in own.flat_map(|(_, observations)| observations) {
            let values = by_date.entry(observation.date).or_insert_with(|| vec![None; ids.len()]);
            values[column] = Some(observation.value);
        }
    }
    by_date.into_iter().map(|(date, values)| TableRow { date, values }).collect()
}
