//! A value on the way from a file into a series, or one that is known already.

use chrono::NaiveDate;

/// A known value, or one of the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) date: NaiveDate,
    pub(super) value: f64,
    /// True for a value of the file.
    pub(super) in_file: bool,
    /// True for a value of the file that is not stored yet.
    pub(super) is_new: bool,
    /// True when a person has accepted the value, or another source has it.
    pub(super) is_settled: bool,
}
