//! The rows of a table, one by one. In: the sheet, where its table begins and the columns to take. Out: dates and
//! values as written, the rows passed over, and complaints about broken rows.

use super::{
    cells::{Cell, Row, Sheet, shortened},
    columns::Columns,
    date_order::DatedRow,
    dates::{WrittenDate, is_attempt},
    numbers::{WrittenNumber, read_number},
    reading::PassedOver,
    start::{TableStart, date_of, is_number},
    words,
};
use crate::error::FileComplaint;

/// Value of a row.
#[derive(Debug, Clone)]
pub(super) enum RowValue {
    Missing,
    /// Number of a workbook.
    Number(f64),
    /// Number of a text, and the text.
    Written(WrittenNumber, String),
}

/// Row with a date.
#[derive(Debug, Clone)]
pub(super) struct DataRow {
    pub(super) date: DatedRow,
    /// Time of day, unless it is midnight.
    pub(super) time: Option<String>,
    pub(super) value: RowValue,
}

/// Rows of a table.
#[derive(Debug, Default)]
pub(super) struct TableRows {
    pub(super) data: Vec<DataRow>,
    pub(super) passed_over: Vec<PassedOver>,
    /// True if a missing value is marked by a word or a sign.
    pub(super) has_marks: bool,
    pub(super) complaints: Vec<FileComplaint>,
}

/// Reads the rows of a table.
pub(super) fn read_rows(sheet: &Sheet, start: &TableStart, columns: &Columns) -> TableRows {
    let mut table = TableRows::default();
    let header = start.header.map(|index| &sheet.rows[index]);
    let body = &sheet.rows[start.body..];
    let dates: Vec<Option<(WrittenDate, Option<String>)>> =
        body.iter().map(|row| date_of(row.cell(columns.date))).collect();
    let above = &sheet.rows[..header.map_or(start.body, |_| start.body - 1)];
    for row in above.iter().filter(|row| !row.is_blank()) {
        table.pass_over(sheet, row, "title");
    }
    let (first, last) = (dates.iter().position(Option::is_some), dates.iter().rposition(Option::is_some));
    for (index, (row, date)) in body.iter().zip(dates).enumerate() {
        let outside = first.is_none_or(|first| index < first) || last.is_none_or(|last| index > last);
        match date {
            Some(date) => table.read_row(sheet, row, columns, date),
            None if row.cells.iter().all(|cell| words::is_missing(&cell.text())) => {}
            None if header.is_some_and(|header| is_repeated(row, header, columns)) => {
                table.pass_over(sheet, row, "header repeated");
            }
            None => match note(row, columns).filter(|_| outside) {
                Some(kind) => table.pass_over(sheet, row, kind),
                None => table.refuse_date(sheet, row, columns),
            },
        }
    }
    table
}

fn is_repeated(row: &Row, header: &Row, columns: &Columns) -> bool {
    let same = |column| {
        let (name, other) = (words::name(&row.cell(column).text()), words::name(&header.cell(column).text()));
        name == other
    };
    same(columns.date) && same(columns.value)
}

/// Returns the kind of a row below or above the data that is no observation; `None` for a broken row.
fn note(row: &Row, columns: &Columns) -> Option<&'static str> {
    let first = row.cells.iter().find(|cell| !cell.is_empty())?.text();
    let date = row.cell(columns.date).text();
    let has_value = is_number(row.cell(columns.value));
    if words::opens_a_note(&first) {
        Some("note")
    } else if words::opens_a_total(&first) || words::opens_a_total(&date) {
        Some("sum or average")
    } else if is_attempt(&date) || has_value {
        None
    } else {
        Some("note")
    }
}

impl TableRows {
    fn pass_over(&mut self, sheet: &Sheet, row: &Row, kind: &'static str) {
        self.passed_over.push(PassedOver { place: sheet.place(row.line), text: sheet.excerpt(row), kind });
    }

    fn refuse(&mut self, sheet: &Sheet, row: &Row, found: String, expected: &str) {
        let complaint = FileComplaint::Row { place: sheet.place(row.line), found, expected: expected.to_owned() };
        self.complaints.push(complaint);
    }

    fn refuse_date(&mut self, sheet: &Sheet, row: &Row, columns: &Columns) {
        let cell = row.cell(columns.date);
        let expected = match cell {
            Cell::Number(_) => "a date; the cell holds a number that is none",
            _ => "a date such as 2025-01-31",
        };
        let found = if cell.is_empty() { sheet.excerpt(row) } else { shortened(&cell.text()) };
        self.refuse(sheet, row, found, expected);
    }

    /// Reads a row with a date.
    fn read_row(
        &mut self,
        sheet: &Sheet,
        row: &Row,
        columns: &Columns,
        (written, time): (WrittenDate, Option<String>),
    ) {
        let is_text = sheet.delimiter.is_some();
        if is_text && row.width() > columns.width {
            let expected = match sheet.delimiter {
                Some(',') => {
                    "as many cells as in the header; is the comma a decimal one? Write 1011.82, or put numbers in quotes"
                }
                _ => "as many cells as in the header",
            };
            return self.refuse(sheet, row, sheet.excerpt(row), expected);
        }
        if is_text && row.cells.len() <= columns.value {
            let expected = "a date and a value, in cells of their own";
            return self.refuse(sheet, row, sheet.excerpt(row), expected);
        }
        let cell = row.cell(columns.value);
        let value = match cell {
            Cell::Number(number) if number.is_finite() => Ok(RowValue::Number(*number)),
            Cell::Text(text) if !words::is_missing(text) => match read_number(text) {
                Some(number) => Ok(RowValue::Written(number, text.clone())),
                None if text.contains('%') => Err("a number without %: 5 % may mean 5 or 0.05"),
                None => Err("a number such as 1011.82, or nothing when there is no observation"),
            },
            Cell::Number(_) | Cell::Date(..) => Err("a number"),
            Cell::Text(_) | Cell::Empty => Ok(RowValue::Missing),
        };
        let text = shortened(&row.cell(columns.date).text());
        match value {
            Ok(value) => {
                self.has_marks |= matches!(value, RowValue::Missing) && !cell.is_empty();
                self.data.push(DataRow { date: DatedRow { line: row.line, text, written }, time, value });
            }
            Err(expected) => self.refuse(sheet, row, shortened(&cell.text()), expected),
        }
    }
}
