//! Complaints about a file of rates: all of them are collected, so that a person corrects a file once.

use chrono::NaiveDate;
use std::fmt;

/// Number of faulty rows that a message lists.
const LISTED: usize = 20;
/// Number of columns, sheets or names that a message lists.
const NAMED: usize = 12;

/// Place of a row in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Sheet of a workbook; none for a text file.
    pub sheet: Option<String>,
    /// Number of the line or row, from 1.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sheet {
            Some(sheet) => write!(f, "sheet '{sheet}', row {}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// Cell of a file as an example in a message: `line 3: '1.003'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCell {
    /// Place of the row.
    pub place: Place,
    /// Text of the cell.
    pub text: String,
}

impl fmt::Display for WrittenCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: '{}'", self.place, self.text)
    }
}

/// Reason why a file of rates, or a row of it, is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FileComplaint {
    /// A format that is not a table of rates.
    #[error("this is {found}; {advice}")]
    OtherFormat {
        /// Format, such as "a PDF document".
        found: String,
        /// Advice on what to do with it.
        advice: &'static str,
    },
    /// A workbook or archive that cannot be opened.
    #[error("the {format} cannot be opened: {reason}; save it again, or save the table as CSV")]
    Damaged {
        /// Format, such as "Excel workbook".
        format: &'static str,
        /// Defect found.
        reason: String,
    },
    /// A file that would take too much memory.
    #[error("the file is too large: more than {limit}; import a part of it")]
    TooLarge {
        /// Limit, with its unit.
        limit: &'static str,
    },
    /// An archive with several tables.
    #[error("the archive holds {} files: {}; unpack it and import one of them", .names.len(), list(.names))]
    ChooseMember {
        /// Names of the files.
        names: Vec<String>,
    },
    /// A workbook with several tables.
    #[error("{} sheets hold a table: {}; choose one: --sheet NAME", .names.len(), list(.names))]
    ChooseSheet {
        /// Names of the sheets.
        names: Vec<String>,
    },
    /// A requested sheet that the file does not have.
    #[error("there is no sheet '{name}'; {}", sheets(.names))]
    NoSuchSheet {
        /// Name as given.
        name: String,
        /// Names of the sheets; empty for a text file.
        names: Vec<String>,
    },
    /// A file without a table.
    #[error("no table was found: {reason}")]
    NoTable {
        /// Observation, and what was expected.
        reason: String,
    },
    /// A table without a single observation.
    #[error("there are no observations; expected a header such as date,value and rows such as 2024-01-02,877.12")]
    Empty,
    /// A requested column that the table does not have.
    #[error("{option}: there is no column '{name}'; the columns are {}", list(.columns))]
    NoSuchColumn {
        /// Option that names the column.
        option: &'static str,
        /// Name as given.
        name: String,
        /// Names of the columns.
        columns: Vec<String>,
    },
    /// A table in which the column of dates is in doubt.
    #[error("{reason}; the columns are {}. Name the one with the dates: --date-column NAME", list(.columns))]
    ChooseDateColumn {
        /// Reason of the doubt.
        reason: String,
        /// Names of the columns.
        columns: Vec<String>,
    },
    /// A table in which the column of values is in doubt.
    #[error("{reason}: {}. Name the one to take: --value-column NAME{note}", list(.columns))]
    ChooseValueColumn {
        /// Reason of the doubt.
        reason: String,
        /// Names of the columns.
        columns: Vec<String>,
        /// Remark, such as on the base of a table of currencies; may be empty.
        note: &'static str,
    },
    /// A column that quotes the pair the other way round.
    #[error(
        "column '{column}' quotes the opposite of series '{series}'; import it as the opposite series, or insist: \
         --value-column '{column}'"
    )]
    OppositePair {
        /// Name of the column.
        column: String,
        /// Name of the series.
        series: String,
    },
    /// Dates that can be read in two ways.
    #[error(
        "{place}: '{found}' is {}, and no row of the file decides; say which: {}",
        listed_readings(.readings), listed_options(.readings)
    )]
    DateOrder {
        /// Row of the example.
        place: Place,
        /// Date as written.
        found: String,
        /// The order of day, month and year, and the date under it.
        readings: Vec<(&'static str, NaiveDate)>,
    },
    /// Dates of which some can only be read one way and some only the other way.
    #[error(
        "{cell} can only be {order}, but {other} can only be {other_order}; write all dates in one way, best as 2025-01-31"
    )]
    MixedDates {
        /// Date that has one order.
        cell: Box<WrittenCell>,
        /// The only order that it can have.
        order: &'static str,
        /// Date that has another order.
        other: Box<WrittenCell>,
        /// The only order that it can have.
        other_order: &'static str,
    },
    /// A sheet in which some dates are dates and others are text that may have the day and month exchanged.
    #[error(
        "{place}: '{found}' is text, but other rows hold dates; the program that saved the sheet may have exchanged \
         day and month in those. Import the file from which the sheet was made, or write all dates as 2025-01-31"
    )]
    TextAmongDates {
        /// Row of the first text.
        place: Place,
        /// Text found.
        found: String,
    },
    /// Days with several different values.
    #[error("{place}: another value for {date} than on {other_place}{extent}; keep one series and one value a day")]
    SeveralValues {
        /// Row of the second value.
        place: Place,
        /// The date.
        date: NaiveDate,
        /// Row of the first value.
        other_place: Place,
        /// Number of such dates, or their times of day, in words.
        extent: String,
    },
    /// Numbers that can be read with a decimal point or with a decimal comma.
    #[error(
        "{place}: '{found}' may be {as_point} or {as_comma}{beside}; say which: --decimal point or \
         --decimal comma"
    )]
    DecimalSign {
        /// Row of the example.
        place: Place,
        /// Number as written.
        found: String,
        /// Value with a decimal point.
        as_point: f64,
        /// Value with a decimal comma.
        as_comma: f64,
        /// Reason of the doubt; may be empty.
        beside: String,
    },
    /// Numbers of different sizes in one file, depending on the reading.
    #[error(
        "{cell} may be {as_point} or {as_comma}: beside '{}' ({}) the file contradicts itself{rows}. Write all numbers \
         without thousands separators, or, if '{}' really is {insisted}, say so: --decimal {option}",
        .other.text, .other.place, .cell.text
    )]
    MixedSizes {
        /// Number that does not fit.
        cell: Box<WrittenCell>,
        /// Value with a decimal point.
        as_point: f64,
        /// Value with a decimal comma.
        as_comma: f64,
        /// Number beside it.
        other: Box<WrittenCell>,
        /// Number of such rows, in words; may be empty.
        rows: String,
        /// Value under the reading that the rest of the file has.
        insisted: f64,
        /// Option of that reading.
        option: &'static str,
    },
    /// Numbers of which some have a decimal point and others a decimal comma.
    #[error("{cell} has a decimal point, but {other} has a decimal comma; write all numbers in one way")]
    MixedDecimals {
        /// Number with a point.
        cell: Box<WrittenCell>,
        /// Number with a comma.
        other: Box<WrittenCell>,
    },
    /// A row that cannot be understood.
    #[error("{place}: found '{found}', expected {expected}")]
    Row {
        /// Place of the row.
        place: Place,
        /// Cell or row found.
        found: String,
        /// Expected form, with a hint.
        expected: String,
    },
}

impl FileComplaint {
    /// True if the message begins with the place of a row.
    fn begins_with_place(&self) -> bool {
        matches!(
            self,
            Self::DateOrder { .. }
                | Self::MixedDates { .. }
                | Self::TextAmongDates { .. }
                | Self::SeveralValues { .. }
                | Self::DecimalSign { .. }
                | Self::MixedSizes { .. }
                | Self::MixedDecimals { .. }
                | Self::Row { .. }
        )
    }
}

/// All complaints about one file, at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct FileComplaints(pub Vec<FileComplaint>);

impl FileComplaints {
    /// True if an option of `rates import` would answer one of them.
    pub(crate) fn ask_for_an_option(&self) -> bool {
        self.0.iter().any(|complaint| {
            matches!(
                complaint,
                FileComplaint::ChooseSheet { .. }
                    | FileComplaint::ChooseDateColumn { .. }
                    | FileComplaint::ChooseValueColumn { .. }
                    | FileComplaint::OppositePair { .. }
                    | FileComplaint::DateOrder { .. }
                    | FileComplaint::DecimalSign { .. }
                    | FileComplaint::MixedSizes { .. }
            )
        })
    }
}

impl fmt::Display for FileComplaints {
    /// Follows the name of the file: one complaint on the same line, several on lines of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [complaint] = self.0.as_slice() {
            let separator = if complaint.begins_with_place() { "," } else { ":" };
            return write!(f, "{separator} {complaint}");
        }
        write!(f, ": {} complaints, nothing is taken", self.0.len())?;
        for complaint in self.0.iter().take(LISTED) {
            write!(f, "\n  {complaint}")?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// Returns names in quotes, separated by commas, the first of them if they are many.
fn list(names: &[String]) -> String {
    let listed: Vec<String> = names.iter().take(NAMED).map(|name| format!("'{name}'")).collect();
    let more = names.len().saturating_sub(NAMED);
    listed.join(", ") + &if more == 0 { String::new() } else { format!(" and {more} more") }
}

fn sheets(names: &[String]) -> String {
    if names.is_empty() { "the file has no sheets".to_owned() } else { format!("the sheets are {}", list(names)) }
}

fn listed_readings(readings: &[(&'static str, NaiveDate)]) -> String {
    readings.iter().map(|(order, date)| format!("{date} as {order}")).collect::<Vec<_>>().join(" and ")
}

fn listed_options(readings: &[(&'static str, NaiveDate)]) -> String {
    readings.iter().map(|(order, _)| format!("--date-format {order}")).collect::<Vec<_>>().join(" or ")
}
