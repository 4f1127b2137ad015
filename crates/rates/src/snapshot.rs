//! The embedded snapshot: eleven daily series, so that a fresh installation can forecast without a network. The
//! official rate ends in January 2025, the market's rates in October 2026. `snapshot/SOURCE.md` gives sources and
//! licences; `make_snapshot.py` beside it recreates the file. Values are as in the source, holidays and weekends
//! included: the quality checks deal with those.

use crate::{columns::Columns, error::RatesError};
use std::{collections::BTreeMap, sync::OnceLock};

pub use forecaster_domain::Observation as RawObservation;

/// Source name of observations from the snapshot.
pub const EMBEDDED_SOURCE: &str = "embedded";

static BYTES: &[u8] = include_bytes!("../snapshot/rates.parquet");

/// Returns the snapshot by series name; dates strictly increase. It is decoded once per process.
///
/// # Errors
/// When the bytes embedded in the program are not the snapshot.
pub fn embedded() -> Result<&'static BTreeMap<String, Vec<RawObservation>>, RatesError> {
    static DECODED: OnceLock<Result<BTreeMap<String, Vec<RawObservation>>, String>> = OnceLock::new();
    DECODED.get_or_init(decode).as_ref().map_err(|reason| RatesError::Snapshot { reason: reason.clone() })
}

fn decode() -> Result<BTreeMap<String, Vec<RawObservation>>, String> {
    let columns = Columns::decode(BYTES.to_vec())?;
    let (names, dates, values) = (columns.texts("series")?, columns.dates("date")?, columns.numbers("value")?);
    let mut series: BTreeMap<String, Vec<RawObservation>> = BTreeMap::new();
    for ((name, date), value) in names.into_iter().zip(dates).zip(values) {
        series.entry(name).or_default().push(RawObservation { date, value });
    }
    Ok(series)
}

/// Reads the columns `date` and `value` of a Parquet file.
pub(crate) fn read_parquet(bytes: Vec<u8>) -> Result<Vec<RawObservation>, String> {
    let columns = Columns::decode(bytes)?;
    let (dates, values) = (columns.dates("date")?, columns.numbers("value")?);
    Ok(dates.into_iter().zip(values).map(|(date, value)| RawObservation { date, value }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of `SOURCE.md`: name, first date, last date, rows.
    fn documented() -> Vec<(String, String, String, usize)> {
        include_str!("../snapshot/SOURCE.md")
            .lines()
            .filter_map(|line| {
                let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
                let [name, _, first, last, rows] = cells[..] else { return None };
                Some((name.trim_matches('`').into(), first.into(), last.into(), rows.parse().ok()?))
            })
            .collect()
    }

    #[test]
    fn the_snapshot_is_what_its_source_note_says() {
        let found: Vec<_> = embedded()
            .unwrap()
            .iter()
            .map(|(name, rows)| {
                let day = |o: Option<&RawObservation>| o.unwrap().date.to_string();
                (name.clone(), day(rows.first()), day(rows.last()), rows.len())
            })
            .collect();
        assert_eq!(found, documented());
    }

    /// Reference: the dólar observado as the Banco Central de Chile published it.
    #[test]
    fn usdclp_is_the_dolar_observado_to_a_cent() {
        let usdclp = &embedded().unwrap()["usdclp"];
        for (date, published) in PUBLISHED {
            let value = usdclp.iter().find(|o| o.date.to_string() == date).unwrap().value;
            assert!((value - published).abs() < 0.015, "{date}: {value} is not {published}");
        }
    }

    /// Published values, as republished by mindicador.cl (January 2021) and shown in the Banco Central's API manual
    /// (October 2024).
    const PUBLISHED: [(&str, f64); 7] = [
        ("2021-01-04", 710.95),
        ("2021-01-05", 702.93),
        ("2021-01-06", 702.29),
        ("2021-01-07", 696.18),
        ("2021-01-08", 709.99),
        ("2021-01-11", 713.28),
        ("2024-10-01", 897.68),
    ];
}
