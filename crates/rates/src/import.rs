//! Observations from a CSV file with the header `date,value`, ISO dates and decimal points. In: a path. Out: the
//! observations in the file's order, unchecked. An unreadable row stops the import with its line number: half a file
//! is worse than none.

use crate::{error::RatesError, snapshot::RawObservation};
use chrono::{Datelike, NaiveDate};
use csv::{ReaderBuilder, StringRecord, Trim};
use std::{io::ErrorKind, path::Path, str::from_utf8};

/// Reads a CSV file with the columns `date` and `value`.
///
/// Column names may be in any case, and cells may be surrounded by white space; a byte order mark and Windows line
/// ends are accepted. A row with an empty value is not an observation and is skipped. [`check`](crate::check) deals
/// with zeros, disorder and the like.
///
/// # Errors
/// When the file cannot be read, is empty, has another header, or has a row that is not a date and a number; the
/// error names the file, the line, the text found and the text expected.
pub fn read_csv(path: &Path) -> Result<Vec<RawObservation>, RatesError> {
    read_csv_bytes(&std::fs::read(path).map_err(RatesError::io("read", path))?, path)
}

/// Parses a file already read, as [`read_csv`] does; `path` is its name in errors.
pub(crate) fn read_csv_bytes(bytes: &[u8], path: &Path) -> Result<Vec<RawObservation>, RatesError> {
    let text = from_utf8(bytes).map_err(|e| {
        let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        let not_utf8 = std::io::Error::new(ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"));
        RatesError::io("read", path)(not_utf8)
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        ReaderBuilder::new().trim(Trim::All).flexible(true).has_headers(false).from_reader(text.as_bytes());

    let mut observations = Vec::new();
    let mut header_seen = false;
    for row in reader.records() {
        // The text is UTF-8 and rows may have any length, so this is an error of the system.
        let row = row.map_err(|e| RatesError::io("read", path)(e.into()))?;
        if row.iter().all(str::is_empty) {
            continue;
        }
        if header_seen {
            observations.extend(observation(&row, path, || line_of(&row, text))?);
        } else {
            header_seen = true;
            check_header(&row, path)?;
        }
    }
    if observations.is_empty() { Err(RatesError::CsvEmpty { path: path.to_owned() }) } else { Ok(observations) }
}

fn check_header(row: &StringRecord, path: &Path) -> Result<(), RatesError> {
    if row.len() == 2 && row[0].eq_ignore_ascii_case("date") && row[1].eq_ignore_ascii_case("value") {
        return Ok(());
    }
    let found = cells(row);
    let hint = if found.contains([';', '\t']) {
        "; separate the columns with commas and write decimals with a point"
    } else if row.get(0).is_some_and(|cell| cell.parse::<NaiveDate>().is_ok()) {
        "; put the header above the first row"
    } else {
        "; keep these two columns and rename them"
    };
    Err(RatesError::CsvHeader { path: path.to_owned(), found, hint })
}

fn observation(
    row: &StringRecord,
    path: &Path,
    line: impl Fn() -> u64,
) -> Result<Option<RawObservation>, RatesError> {
    let refuse = |found: &str, expected| RatesError::CsvRow {
        path: path.to_owned(),
        line: line(),
        found: found.to_owned(),
        expected,
    };
    if row.len() > 2 {
        let expected = "two cells, a date and a value; is the comma a decimal one? Write 1011.82, not 1.011,82";
        return Err(refuse(&cells(row), expected));
    }
    if row.len() < 2 {
        return Err(refuse(&cells(row), "two cells, a date and a value, separated by a comma"));
    }
    let date: NaiveDate =
        row[0].parse().map_err(|_| refuse(&row[0], "a date such as 2025-01-31 (year-month-day)"))?;
    if !(1900..=2200).contains(&date.year()) {
        return Err(refuse(&row[0], "a year from 1900 to 2200"));
    }
    if row[1].is_empty() {
        return Ok(None);
    }
    match row[1].parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(RawObservation { date, value })),
        _ if row[1].contains(',') => Err(refuse(&row[1], "a number with a decimal point: 1011.82, not 1.011,82")),
        _ => Err(refuse(&row[1], "a number such as 1011.82, or nothing when there is no observation")),
    }
}

/// Returns the line number of a row, from 1. The reader's own count starts at the blank lines above the row.
fn line_of(row: &StringRecord, text: &str) -> u64 {
    let Some(position) = row.position() else { return 0 };
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    position.line() + blank as u64
}

fn cells(row: &StringRecord) -> String {
    row.iter().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(content: impl AsRef<[u8]>) -> Result<Vec<RawObservation>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rates.csv");
        std::fs::write(&path, content).unwrap();
        read_csv(&path).map_err(|e| e.to_string().replace(&folder.path().display().to_string(), ""))
    }

    fn observed(date: &str, value: f64) -> RawObservation {
        RawObservation { date: date.parse().unwrap(), value }
    }

    #[test]
    fn dates_and_values_are_read_in_the_order_of_the_file() {
        let expected = [observed("2025-01-03", 999.85), observed("2025-01-02", 996.46)];
        assert_eq!(import("date,value\n2025-01-03,999.85\n2025-01-02,996.46\n").unwrap(), expected);
        assert_eq!(
            import("\u{feff}Date, VALUE\r\n 2025-01-03 , 999.85\r\n\r\n2025-01-02,\"996.46\"").unwrap(),
            expected
        );
    }

    #[test]
    fn a_row_without_a_value_is_no_observation() {
        let expected = [observed("2025-01-03", 999.85)];
        assert_eq!(import("date,value\n2025-01-01,\n2025-01-03,999.85\n,\n  \n").unwrap(), expected);
    }

    #[test]
    fn a_broken_row_is_named_with_its_line() {
        let refused = |row: &str| import(format!("date,value\n2025-01-02,996.46\n\n{row}\n")).unwrap_err();
        for (row, message) in [
            ("03-01-2025,999.85", "/rates.csv, line 4: found '03-01-2025', expected a date such as 2025-01-31"),
            ("2025-02-30,999.85", "line 4: found '2025-02-30', expected a date"),
            ("2025-01-03,abc", "line 4: found 'abc', expected a number such as 1011.82"),
            ("2025-01-03,NaN", "line 4: found 'NaN', expected a number"),
            ("2025-01-03", "line 4: found '2025-01-03', expected two cells"),
        ] {
            assert!(refused(row).contains(message), "{}", refused(row));
        }
    }

    #[test]
    fn decimal_commas_are_recognised() {
        let quoted = import("date,value\n2025-01-03,\"1.011,82\"\n").unwrap_err();
        assert!(quoted.contains("line 2: found '1.011,82', expected a number with a decimal point"), "{quoted}");
        let bare = import("date,value\n2025-01-03,1.011,82\n").unwrap_err();
        assert!(bare.contains("line 2: found '2025-01-03,1.011,82', expected two cells"), "{bare}");
        assert!(bare.contains("Write 1011.82"), "{bare}");
        let semicolons = import("date;value\n2025-01-03;1.011,82\n").unwrap_err();
        assert!(semicolons.contains("line 1: found 'date;value'"), "{semicolons}");
        assert!(semicolons.contains("separate the columns with commas"), "{semicolons}");
    }

    #[test]
    fn another_header_is_refused() {
        for header in ["fecha,valor", "date,value,source", "value,date", "2025-01-03,999.85"] {
            let error = import(format!("{header}\n2025-01-03,999.85\n")).unwrap_err();
            assert!(
                error.contains(&format!("line 1: found '{header}', expected the header 'date,value'")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_file_without_observations_is_refused() {
        for content in ["", "\u{feff}", "\r\n", "date,value\n", "date,value\n2025-01-01,\n"] {
            assert!(import(content).unwrap_err().contains("/rates.csv has no observations"), "{content:?}");
        }
    }

    #[test]
    fn a_file_that_is_not_text_or_not_there_is_refused() {
        assert!(import(b"date,value\n2025-01-03,999\xff\n").unwrap_err().contains("line 2 is not UTF-8 text"));
        let error = read_csv(Path::new("/nowhere/rates.csv")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read /nowhere/rates.csv:"), "{error}");
    }
}
