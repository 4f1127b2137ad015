//! Workbooks to sheets: Excel (.xlsx, .xls) and OpenDocument (.ods), read by calamine. In: the bytes. Out: the cells
//! of every sheet; cells with dates are dates.

mod bounds;
mod format;
#[cfg(test)]
mod tests;

pub(super) use format::WorkbookFormat;

use super::cells::{CELL_LIMIT, Cell, MAX_CELLS, MAX_ROWS, Row, Sheet};
use crate::error::FileComplaint;
use calamine::{Data, DataRef, ExcelDateTime, Ods, Range, Reader, Xls, Xlsx};
use chrono::NaiveTime;
use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Columns that are looked at.
const MAX_COLUMNS: u32 = 1_000;

/// Reads the sheets of a workbook.
pub(super) fn sheets(format: WorkbookFormat, bytes: &[u8]) -> Result<Vec<Sheet>, FileComplaint> {
    bounds::check(format, bytes)?;
    let read = || match format {
        WorkbookFormat::Xlsx => xlsx(bytes),
        WorkbookFormat::Xls => {
            let mut book = Xls::new(Cursor::new(bytes)).map_err(|error| damaged(format, &error))?;
            book.worksheets().into_iter().map(|(name, range)| of_range(name, &range)).collect()
        }
        WorkbookFormat::Ods => {
            let mut book = Ods::new(Cursor::new(bytes)).map_err(|error| damaged(format, &error))?;
            let ranges = book
                .sheet_names()
                .into_iter()
                .filter_map(|name| Some((name.clone(), book.worksheet_range(&name).ok()?)));
            ranges.map(|(name, range)| of_range(name, &range)).collect()
        }
    };
    // A panic of the reader drops it, which leaves no partial state behind.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(FileComplaint::Damaged { format: format.name(), reason: "its structure is broken".to_owned() })
    })
}

fn damaged(format: WorkbookFormat, error: &dyn std::fmt::Display) -> FileComplaint {
    let reason = error.to_string();
    if reason.to_lowercase().contains("password") {
        return FileComplaint::OtherFormat {
            found: "a workbook with a password".to_owned(),
            advice: "open it and save it without a password, or save the table as CSV",
        };
    }
    FileComplaint::Damaged { format: format.name(), reason }
}

/// Reads the cells one after the other: a sheet with cells in opposite corners never becomes a full rectangle.
fn xlsx(bytes: &[u8]) -> Result<Vec<Sheet>, FileComplaint> {
    let error = |error: calamine::XlsxError| damaged(WorkbookFormat::Xlsx, &error);
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(error)?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        // A sheet that is a chart has no cells.
        let Ok(mut reader) = book.worksheet_cells_reader(&name) else { continue };
        let mut builder = SheetBuilder::new(name);
        while let Some(cell) = reader.next_cell().map_err(error)? {
            let (row, column) = cell.get_position();
            let content = match cell.get_value() {
                DataRef::Int(number) => Cell::Number(*number as f64),
                DataRef::Float(number) => Cell::Number(*number),
                DataRef::String(text) => Cell::of_text(text),
                DataRef::DateTimeIso(text) => of_iso_date(text),
                DataRef::SharedString(text) => Cell::of_text(text),
                DataRef::DateTime(date) => of_date(date),
                DataRef::Error(error) => Cell::Text(error.to_string()),
                DataRef::Bool(_) | DataRef::DurationIso(_) | DataRef::Empty => Cell::Empty,
            };
            builder.add(row, column, content)?;
        }
        sheets.push(builder.finish());
    }
    Ok(sheets)
}

fn of_range(name: String, range: &Range<Data>) -> Result<Sheet, FileComplaint> {
    let mut builder = SheetBuilder::new(name);
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let content = match value {
            Data::Int(number) => Cell::Number(*number as f64),
            Data::Float(number) => Cell::Number(*number),
            Data::String(text) => Cell::of_text(text),
            Data::DateTimeIso(text) => of_iso_date(text),
            Data::DateTime(date) => of_date(date),
            Data::Error(error) => Cell::Text(error.to_string()),
            Data::Bool(_) | Data::DurationIso(_) | Data::Empty => Cell::Empty,
        };
        builder.add(first_row + row as u32, first_column + column as u32, content)?;
    }
    Ok(builder.finish())
}

/// Returns a date; a cell that is formatted as a time or a duration is a number.
fn of_date(date: &ExcelDateTime) -> Cell {
    match date.as_datetime().filter(|_| date.is_datetime() && date.as_f64() >= 1.0) {
        Some(instant) => {
            let time = Some(instant.time()).filter(|time| *time != NaiveTime::MIN);
            Cell::Date(instant.date(), time.map(|time| time.format("%H:%M:%S").to_string()))
        }
        None => Cell::Number(date.as_f64()),
    }
}

/// Returns the date of a text such as `2025-01-31` or `2025-01-31T12:00:00`.
fn of_iso_date(text: &str) -> Cell {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let time = Some(time).filter(|time| !time.is_empty() && !time.starts_with("00:00:00"));
    match date.parse() {
        Ok(date) => Cell::Date(date, time.map(str::to_owned)),
        Err(_) => Cell::of_text(text),
    }
}

/// Rows of a sheet that is being read, cell by cell.
struct SheetBuilder {
    sheet: Sheet,
    /// Number of cells, the empty ones between others included.
    cells: usize,
}

impl SheetBuilder {
    fn new(name: String) -> Self {
        Self { sheet: Sheet { name: Some(name), delimiter: None, rows: Vec::new() }, cells: 0 }
    }

    fn add(&mut self, row: u32, column: u32, content: Cell) -> Result<(), FileComplaint> {
        if content.is_empty() || column >= MAX_COLUMNS {
            return Ok(());
        }
        let line = u64::from(row) + 1;
        if self.sheet.rows.last().is_none_or(|last| last.line != line) {
            self.sheet.rows.push(Row { line, cells: Vec::new() });
        }
        if let Some(row) = self.sheet.rows.last_mut() {
            let column = column as usize;
            if row.cells.len() <= column {
                self.cells += column + 1 - row.cells.len();
                row.cells.resize(column + 1, Cell::Empty);
            }
            row.cells[column] = content;
        }
        if self.cells > MAX_CELLS || self.sheet.rows.len() > MAX_ROWS {
            return Err(FileComplaint::TooLarge { limit: CELL_LIMIT });
        }
        Ok(())
    }

    fn finish(self) -> Sheet {
        self.sheet
    }
}
