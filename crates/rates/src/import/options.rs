//! Decisions of a person on how to read a file.

use super::{dates::DateOrder, numbers::DecimalSign};

/// Decisions of a person on how to read a file. The default leaves all to the file.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Name of the series; a column of this name is the value.
    pub series: Option<String>,
    /// Column of the dates: its name, or its number from 1.
    pub date_column: Option<String>,
    /// Column of the values: its name, or its number from 1.
    pub value_column: Option<String>,
    /// Order of day, month and year.
    pub date_order: Option<DateOrder>,
    /// Decimal sign of the numbers.
    pub decimal: Option<DecimalSign>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
}
