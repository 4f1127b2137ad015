//! Cells and rows, the form to which text and workbooks are brought before anything is understood of them.

use crate::error::{Place, WrittenCell};
use chrono::NaiveDate;
use std::borrow::Cow;

/// Largest number of rows that are read: ten times the days of two centuries.
pub(super) const MAX_ROWS: usize = 500_000;
/// Largest number of cells that are read.
pub(super) const MAX_CELLS: usize = 4_000_000;
/// Limit as a message names it.
pub(super) const CELL_LIMIT: &str = "500,000 rows or 4,000,000 cells";

/// Content of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing, or white space.
    Empty,
    /// Text without white space around it.
    Text(String),
    /// Number of a workbook.
    Number(f64),
    /// Date of a workbook, with the time of day if it is not midnight.
    Date(NaiveDate, Option<String>),
}

impl Cell {
    /// Builds the cell of a text.
    pub(super) fn of_text(text: &str) -> Self {
        let text = text.trim_matches(is_space);
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// Returns the cell as a person would write it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Date(date, _) => Cow::Owned(date.to_string()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

/// Row of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// Number of the line or row, from 1.
    pub(super) line: u64,
    /// Cells, the first column first.
    pub(super) cells: Vec<Cell>,
}

impl Row {
    /// Returns the cell of a column; an empty one where the row is shorter.
    pub(super) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_empty)
    }

    /// Returns the number of cells up to the last one that is not empty.
    pub(super) fn width(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
    }

    /// Returns the row as text, shortened.
    pub(super) fn excerpt(&self, delimiter: char) -> String {
        let cells: Vec<Cow<'_, str>> = self.cells[..self.width()].iter().map(Cell::text).collect();
        shortened(&cells.join(&delimiter.to_string()))
    }
}

/// Rows of a text file or of one sheet.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    /// Name; none for a text file.
    pub(super) name: Option<String>,
    /// Delimiter; none for a sheet of a workbook.
    pub(super) delimiter: Option<char>,
    /// Rows, blank ones included where the format keeps them.
    pub(super) rows: Vec<Row>,
}

impl Sheet {
    /// Returns the place of a line.
    pub(super) fn place(&self, line: u64) -> Place {
        Place { sheet: self.name.clone(), line }
    }

    /// Returns a text on a line, for a message.
    pub(super) fn written(&self, line: u64, text: &str) -> Box<WrittenCell> {
        Box::new(WrittenCell { place: self.place(line), text: text.to_owned() })
    }

    /// Returns a row as text, with the delimiter of the file.
    pub(super) fn excerpt(&self, row: &Row) -> String {
        row.excerpt(self.delimiter.unwrap_or(','))
    }
}

/// White space, the byte order mark and the invisible spaces that web pages leave.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}' | '\u{2060}')
}

/// Returns a text of at most 80 characters on one line.
pub(super) fn shortened(text: &str) -> String {
    let line: Vec<&str> = text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect();
    let line = line.join(" ");
    if line.chars().count() <= 80 { line } else { line.chars().take(77).collect::<String>() + "..." }
}
