//! CSV tables as published by statistics services: a header, a date first, plain cells without quotes, and a mark or
//! an empty cell for a missing value. Takes the text and the requested columns; returns the rows with a date in the
//! span.

use super::answer::{decimal, iso_date, row, unexpected_format};
use crate::{
    provider::{ReadError, SpanRequest, excerpt},
    snapshot::RawObservation,
};
use chrono::NaiveDate;

/// Format of a service's tables.
#[derive(Debug)]
pub(super) struct CsvFormat<'a> {
    /// Description of the table, such as "a CSV file with the columns Date and Close".
    pub(super) expected: &'a str,
    /// Names of the date column, in lower case.
    pub(super) date_columns: &'a [&'a str],
    /// Marks of a missing value, besides an empty cell.
    pub(super) missing: &'a [&'a str],
}

/// The requested cells of a row; `None` for a missing value.
#[derive(Debug, PartialEq)]
pub(super) struct TableRow {
    pub(super) date: NaiveDate,
    pub(super) values: Vec<Option<f64>>,
}

impl TableRow {
    /// Returns the observation of a table with one column; `None` when the value is missing.
    pub(super) fn single(self) -> Option<RawObservation> {
        let value = self.values.into_iter().next().flatten()?;
        Some(RawObservation { date: self.date, value })
    }
}

impl CsvFormat<'_> {
    /// Returns the rows of the span with the values of `columns`, in their order; `None` when the table lacks a
    /// column.
    ///
    /// # Errors
    /// When the header is another, or a row has no date, a cell too many or too few, or a cell that is not a number.
    pub(super) fn rows(
        &self,
        text: &str,
        columns: &[&str],
        span: &SpanRequest,
    ) -> Result<Option<Vec<TableRow>>, ReadError> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut header = lines.next().map_or(Vec::new(), |(_, line)| cells(line));
        close(&mut header);
        let is_date = |name: &&str| self.date_columns.iter().any(|wanted| name.eq_ignore_ascii_case(wanted));
        if !header.first().is_some_and(is_date) {
            return Err(unexpected_format(self.expected, excerpt(text.as_bytes())));
        }
        let position = |name: &&str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let Some(positions) = columns.iter().map(position).collect::<Option<Vec<usize>>>() else {
            return Ok(None);
        };
        let mut rows = Vec::new();
        for (index, line) in lines {
            let place = || format!("line {}", index + 1);
            let mut cells = cells(line);
            if cells.len() > header.len() {
                close(&mut cells);
            }
            let first = cells.first().copied().unwrap_or_default();
            let date = iso_date(first).ok_or_else(|| row(place(), first, "a date such as 2025-01-31"))?;
            if cells.len() != header.len() {
                let expected = "as many cells as in the header; does it use decimal commas?";
                return Err(row(place(), line, expected));
            }
            if date < span.from || date > span.to {
                continue;
            }
            let value = |position: &usize| match cells.get(*position).copied().unwrap_or_default() {
                "" => Ok(None),
                cell if self.missing.contains(&cell) => Ok(None),
                cell => decimal(cell, place).map(Some),
            };
            let values = positions.iter().map(value).collect::<Result<_, _>>()?;
            rows.push(TableRow { date, values });
        }
        Ok(Some(rows))
    }
}

fn cells(line: &str) -> Vec<&str> {
    line.split(',').map(str::trim).collect()
}

/// Drops an empty last cell: a comma at the end of a line closes its last cell instead of opening another.
fn close(cells: &mut Vec<&str>) {
    cells.pop_if(|last| last.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: CsvFormat = CsvFormat { expected: "a CSV file", date_columns: &["date"], missing: &["N/A", "."] };

    fn rows(text: &str, columns: &[&str]) -> Result<Option<Vec<TableRow>>, String> {
        let day = |text: &str| text.parse().unwrap();
        let span = SpanRequest { symbol: String::new(), from: day("2024-01-01"), to: day("2024-12-31") };
        FORM.rows(text, columns, &span).map_err(|e| e.to_string())
    }

    #[test]
    fn the_columns_asked_for_are_read_in_their_order() {
        let text = "Date,A,B,C,\r\n\r\n2024-03-06, 1 ,N/A,3,\r\n2024-03-05,.,,-1e3,\r\n2023-12-29,x,y,z,\r\n";
        let date = |text: &str| text.parse().unwrap();
        assert_eq!(
            rows(text, &["c", "A"]).unwrap().unwrap(),
            [
                TableRow { date: date("2024-03-06"), values: vec![Some(3.0), Some(1.0)] },
                TableRow { date: date("2024-03-05"), values: vec![Some(-1000.0), None] },
            ]
        );
        assert_eq!(rows(text, &["D"]).unwrap(), None);
        assert_eq!(rows("DATE,A", &["A"]).unwrap().unwrap(), []);
        let nothing = [TableRow { date: date("2024-03-06"), values: vec![None] }];
        assert_eq!(rows("DATE,A\n2024-03-06,\n", &["A"]).unwrap().unwrap(), nothing);
    }

    #[test]
    fn what_is_no_table_is_named() {
        for (text, message) in [
            ("", "the answer is not a CSV file: nothing;"),
            ("<html>\n<p>No</p>", "the answer is not a CSV file: '<html> <p>No</p>';"),
            ("Date,A\n06-03-2024,1", "line 2: found '06-03-2024', expected a date such as 2025-01-31"),
            ("Date,A\n\n2024-03-06", "line 3: found '2024-03-06', expected as many cells as in the header"),
            ("Date,A\n2024-03-06,981,26", "line 2: found '2024-03-06,981,26', expected as many cells"),
            ("Date,A\n2024-03-06,abc", "line 2: found 'abc', expected a number such as 981.26"),
        ] {
            let error = rows(text, &["A"]).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
