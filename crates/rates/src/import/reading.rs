//! An account of how a file was read, for the person who imports it.

use crate::error::Place;

/// Lines that an account lists.
const LISTED: usize = 5;

/// Row that was passed over because it is no observation.
#[derive(Debug, Clone, PartialEq)]
pub struct PassedOver {
    /// Place of the row.
    pub place: Place,
    /// Text of the row, shortened.
    pub text: String,
    /// Kind of the row: a title, a note, a repeated header, a sum.
    pub kind: &'static str,
}

/// Account of how a file was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Format of the file, with its encoding and delimiter, or the sheet.
    pub format: String,
    /// Place of the header; none if there is no header.
    pub header: Option<Place>,
    /// Name of the column of dates.
    pub date_column: String,
    /// Name of the column of values.
    pub value_column: String,
    /// Form of the dates, and the reason for their order.
    pub dates: String,
    /// Decimal sign and its reason; none if no number has decimals or separators.
    pub decimal: Option<String>,
    /// Number of rows with a date and no value.
    pub without_value: usize,
    /// Rows that are no observations.
    pub passed_over: Vec<PassedOver>,
    /// True for a file that leaves nothing to tell: UTF-8, a header `date,value`, ISO dates, decimal points.
    pub is_plain: bool,
}

impl Reading {
    /// Returns the account in lines: the format and columns, and the rows that are no observations, if any.
    pub fn lines(&self) -> Vec<String> {
        let header = match &self.header {
            Some(place) => format!("header on {place}"),
            None => "no header".to_owned(),
        };
        let decimal = self.decimal.as_ref().map_or(String::new(), |sign| format!(", {sign}"));
        let mut lines = vec![
            format!("read as {}, {header}", self.format),
            format!("dates from '{}': {}", self.date_column, self.dates),
            format!("values from '{}'{decimal}", self.value_column),
        ];
        if self.without_value > 0 {
            lines.push(format!("{} without a value", counted(self.without_value, "date")));
        }
        if !self.passed_over.is_empty() {
            lines.push(format!("passed over: {}", self.passed_over_text()));
        }
        lines
    }

    fn passed_over_text(&self) -> String {
        let text = |row: &PassedOver| format!("{} ({}: '{}')", row.place, row.kind, row.text);
        let listed: Vec<String> = self.passed_over.iter().take(LISTED).map(text).collect();
        let more = self.passed_over.len().saturating_sub(LISTED);
        listed.join(", ") + &if more == 0 { String::new() } else { format!(" and {} more", counted(more, "row")) }
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
