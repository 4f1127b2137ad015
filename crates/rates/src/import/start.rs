//! The beginning of the table in a sheet: which rows have a date and a number, and where the header stands.

use super::{
    cells::{Cell, Row},
    dates::{DateForm, WrittenDate, day, read_date, sheet_number, unix_time},
    numbers::read_number,
    words,
};
use chrono::Datelike;

/// Beginning of the table in a sheet.
#[derive(Debug, PartialEq)]
pub(super) struct TableStart {
    /// Index of the header's row.
    pub(super) header: Option<usize>,
    /// Index of the first row below the header, or of the first row with a date and a number.
    pub(super) body: usize,
}

/// Returns the number of rows with a date and, in another cell, a number.
pub(super) fn data_rows(rows: &[Row]) -> usize {
    rows.iter().filter(|row| is_data(row)).count()
}

fn is_data(row: &Row) -> bool {
    let dates = row.cells.iter().map(is_date);
    let numbers = row.cells.iter().map(is_number);
    let kinds: Vec<(bool, bool)> = dates.zip(numbers).collect();
    let count = |kind: fn(&(bool, bool)) -> bool| kinds.iter().filter(|cell| kind(cell)).count();
    // Eight digits are both: a single such cell is not a row of data.
    count(|cell| cell.0) > 0 && count(|cell| cell.1) > 0 && count(|cell| cell.0 || cell.1) > 1
}

/// True for a cell that is certainly a date.
pub(super) fn is_date(cell: &Cell) -> bool {
    match cell {
        Cell::Date(..) => true,
        Cell::Text(text) => read_date(text).is_some(),
        Cell::Empty | Cell::Number(_) => false,
    }
}

/// True for a cell that is a number, under whichever reading.
pub(super) fn is_number(cell: &Cell) -> bool {
    match cell {
        Cell::Number(_) => true,
        Cell::Text(text) => read_number(text.trim_end_matches(['%', ' '])).is_some(),
        Cell::Empty | Cell::Date(..) => false,
    }
}

/// Finds the beginning of the table; `None` if there is no row of data and no header.
pub(super) fn start_of(rows: &[Row]) -> Option<TableStart> {
    let is_named = |row: &Row| {
        let texts = row.cells.iter().filter(|cell| matches!(cell, Cell::Text(_))).count();
        let names_date = |cell: &Cell| matches!(cell, Cell::Text(text) if words::date_rank(text).is_some());
        texts > 1 && row.cells.iter().any(names_date) && !row.cells.iter().any(is_date)
    };
    let Some(first) = rows.iter().position(is_data) else {
        let header = rows.iter().position(is_named)?;
        return Some(TableStart { header: Some(header), body: header + 1 });
    };
    let named = rows[..first].iter().rposition(is_named);
    // Rows without a value may stand between the header and the first row of data.
    let body =
        first - rows[..first].iter().rev().take_while(|row| row.is_blank() || row.cells.iter().any(is_date)).count();
    let is_unnamed = |row: &Row| {
        let is_word = |cell: &Cell| matches!(cell, Cell::Text(text) if read_number(text).is_none());
        row.width() > 1
            && row.cells.iter().all(|cell| cell.is_empty() || is_word(cell))
            && row.width() >= rows[first].width().min(2)
    };
    let header = named.or_else(|| body.checked_sub(1).filter(|above| is_unnamed(&rows[*above])));
    Some(TableStart { header, body: header.map_or(body, |header| header + 1) })
}

/// Reads a cell of the column of dates, in which some numbers are dates too.
pub(super) fn date_of(cell: &Cell) -> Option<(WrittenDate, Option<String>)> {
    match cell {
        Cell::Empty => None,
        Cell::Date(date, time) => {
            let year = u32::try_from(date.year()).ok()?;
            let date = day(year, date.month(), date.day())?;
            Some((WrittenDate::Day(date, DateForm::SheetDate), time.clone()))
        }
        Cell::Number(number) => Some((sheet_number(*number)?, None)),
        Cell::Text(text) => match read_date(text) {
            Some((date, time)) => Some((date, time.map(str::to_owned))),
            None => unix_time(text),
        },
    }
}
