//! Observations from a file as people have it: delimited text or a workbook, in Spanish or English. In: bytes and
//! options. Out: the observations in the file's order, unchecked, with an account of how the file was read; or all
//! complaints about it. Where two readings are possible, both are named with the row and the option that decides; none
//! is guessed. Any bytes give one or the other, never a panic.
//!
//! A file passes through these modules: `container` (the format, by content), `encoding`, `delimiter` and `workbook`
//! (bytes to rows), `start` (where the table begins), `columns`, `table` (notes, broken rows), `dates` and `numbers` (a
//! cell), and `date_order` and `decimal` (what only the whole file can decide).

mod cells;
mod columns;
mod container;
mod date_order;
mod dates;
mod decimal;
mod delimiter;
mod encoding;
mod numbers;
mod options;
mod reading;
mod start;
mod table;
#[cfg(test)]
mod tests;
mod words;
mod workbook;

pub use dates::DateOrder;
pub use numbers::DecimalSign;
pub use options::ReadOptions;
pub use reading::{PassedOver, Reading};

use crate::{
    error::{FileComplaint, FileComplaints, RatesError},
    snapshot::RawObservation,
};
use cells::{Row, Sheet};
use chrono::NaiveDate;
use columns::Columns;
use container::{MAX_BYTES, OpenedFile};
use date_order::{DatedRow, DecidedDates};
use decimal::{DecidedSign, ValuedRow};
use numbers::WrittenNumber;
use start::TableStart;
use std::{collections::HashMap, io::Read, path::Path};
use table::{DataRow, RowValue, TableRows};

/// Observations of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedFile {
    /// Observations in the file's order, unchecked: [`check`](crate::check) deals with zeros, disorder and the like.
    pub observations: Vec<RawObservation>,
    /// Account of how the file was read.
    pub reading: Reading,
}

/// Reads a file with dates and values.
///
/// # Errors
/// When the file cannot be read, is not a table of dates and values, has a broken row, or can be read in two ways; the
/// error names the file and holds all complaints about it.
pub fn read_file(path: &Path, options: &ReadOptions) -> Result<ImportedFile, RatesError> {
    let file = std::fs::File::open(path).map_err(RatesError::io("read", path))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(RatesError::io("read", path))?;
    read_bytes(&bytes, path, options)
}

/// Reads a file that is in memory, as [`read_file`] does; `path` is its name in errors.
///
/// # Errors
/// As [`read_file`], except that nothing is read from disk.
pub fn read_bytes(bytes: &[u8], path: &Path, options: &ReadOptions) -> Result<ImportedFile, RatesError> {
    read(bytes, options).map_err(|complaints| RatesError::UnreadableFile {
        path: path.to_owned(),
        complaints: FileComplaints(complaints),
    })
}

fn read(bytes: &[u8], options: &ReadOptions) -> Result<ImportedFile, Vec<FileComplaint>> {
    let opened = container::open(bytes).map_err(|complaint| vec![complaint])?;
    let sheet = chosen_sheet(&opened, options).map_err(|complaint| vec![complaint])?;
    let start = start::start_of(&sheet.rows).ok_or_else(|| vec![no_table(sheet)])?;
    let columns = columns::choose(sheet, &start, options)?;
    let mut rows = table::read_rows(sheet, &start, &columns);
    if rows.data.is_empty() && rows.complaints.is_empty() {
        return Err(vec![FileComplaint::Empty]);
    }
    rows.complaints.extend(two_currencies(sheet, &rows.data));
    let header = start.header.map(|index| &sheet.rows[index]);
    let dates: Vec<DatedRow> = rows.data.iter().map(|row| row.date.clone()).collect();
    let dates = date_order::decide(sheet, &dates, options.date_order);
    // In such a file a point may separate thousands.
    let in_doubt = sheet.delimiter == Some(';') || header.is_some_and(columns::is_spanish);
    let sign = decimal::decide(sheet, &valued_rows(&rows.data), options.decimal, in_doubt);
    let (dates, sign) = match (dates, sign) {
        (Ok(dates), Ok(sign)) if rows.complaints.is_empty() => (dates, sign),
        (dates, sign) => {
            let questions = dates.err().into_iter().chain(sign.err()).flatten();
            return Err(questions.chain(std::mem::take(&mut rows.complaints)).collect());
        }
    };
    let observations = observations(sheet, &rows.data, &dates.dates, &sign)?;
    if observations.is_empty() {
        return Err(vec![FileComplaint::Empty]);
    }
    let reading = account(&opened, sheet, &start, &columns, rows, dates, sign);
    Ok(ImportedFile { observations, reading })
}

/// Returns the sheet that an option names, or the only one with a table.
fn chosen_sheet<'a>(opened: &'a OpenedFile, options: &ReadOptions) -> Result<&'a Sheet, FileComplaint> {
    let names = || opened.sheets.iter().filter_map(|sheet| sheet.name.clone()).collect::<Vec<_>>();
    if let Some(wanted) = &options.sheet {
        let is_wanted =
            |sheet: &&Sheet| sheet.name.as_ref().is_some_and(|name| words::folded(name) == words::folded(wanted));
        let missing = || FileComplaint::NoSuchSheet { name: wanted.clone(), names: names() };
        return opened.sheets.iter().find(is_wanted).ok_or_else(missing);
    }
    if let [sheet] = opened.sheets.as_slice() {
        return Ok(sheet);
    }
    let of =
        |has_table: fn(&Sheet) -> bool| opened.sheets.iter().filter(|sheet| has_table(sheet)).collect::<Vec<_>>();
    let with_data = of(|sheet| start::data_rows(&sheet.rows) > 0);
    let with_table =
        if with_data.is_empty() { of(|sheet| start::start_of(&sheet.rows).is_some()) } else { with_data };
    match with_table.as_slice() {
        [sheet] => Ok(sheet),
        [] => Err(FileComplaint::NoTable {
            reason: "no sheet has a column of dates and a column of numbers".to_owned(),
        }),
        several => {
            Err(FileComplaint::ChooseSheet { names: several.iter().filter_map(|sheet| sheet.name.clone()).collect() })
        }
    }
}

fn no_table(sheet: &Sheet) -> FileComplaint {
    let mut filled = sheet.rows.iter().filter(|row| !row.is_blank());
    let Some(first) = filled.next() else { return FileComplaint::Empty };
    let across = |row: &Row| row.cells.iter().filter(|cell| start::is_date(cell)).count() > 2;
    let reason = if sheet.rows.iter().any(across) {
        "the dates stand beside each other in one row; put one date and its value on each row".to_owned()
    } else {
        let expected = "expected a header such as date,value and rows such as 2024-01-02,877.12, with the columns \
                        separated by a comma, a semicolon, a tab or |";
        format!("{} is '{}', {expected}", sheet.place(first.line), sheet.excerpt(first))
    };
    FileComplaint::NoTable { reason }
}

fn valued_rows(rows: &[DataRow]) -> Vec<ValuedRow> {
    let valued = |row: &DataRow| {
        let (number, text) = match &row.value {
            RowValue::Missing => return None,
            RowValue::Number(value) => {
                let number = WrittenNumber { point: Some(*value), comma: Some(*value), currency: None };
                (number, value.to_string())
            }
            RowValue::Written(number, text) => (number.clone(), text.clone()),
        };
        Some(ValuedRow { line: row.date.line, text, number })
    };
    rows.iter().filter_map(valued).collect()
}

/// Complains about values in two currencies, as their codes tell: a sign such as $ belongs to many.
fn two_currencies(sheet: &Sheet, rows: &[DataRow]) -> Option<FileComplaint> {
    let coded = |row: &&DataRow| match &row.value {
        RowValue::Written(number, text) => {
            let code = number.currency.clone().filter(|mark| mark.bytes().all(|byte| byte.is_ascii_uppercase()))?;
            Some((row.date.line, text.clone(), code))
        }
        _ => None,
    };
    let (line, text, code) = rows.iter().find_map(|row| coded(&row))?;
    let other = rows.iter().filter_map(|row| coded(&row)).find(|(_, _, other)| *other != code)?;
    let expected = format!("{code} as in '{text}' ({})", sheet.place(line));
    Some(FileComplaint::Row { place: sheet.place(other.0), found: other.1, expected })
}

/// Joins dates and values. Complains about days with several different values, which are several series or times.
fn observations(
    sheet: &Sheet,
    rows: &[DataRow],
    dates: &[NaiveDate],
    sign: &DecidedSign,
) -> Result<Vec<RawObservation>, Vec<FileComplaint>> {
    let mut observations = Vec::new();
    let mut seen: HashMap<NaiveDate, (f64, u64)> = HashMap::new();
    let (mut first, mut repeated) = (None, 0);
    for (row, date) in rows.iter().zip(dates) {
        let value = match &row.value {
            RowValue::Missing => continue,
            RowValue::Number(value) => *value,
            RowValue::Written(number, _) => match number.under(sign.sign) {
                Some(value) => value,
                None => continue,
            },
        };
        observations.push(RawObservation { date: *date, value });
        let (other, line) = *seen.entry(*date).or_insert((value, row.date.line));
        if other != value {
            repeated += 1;
            first.get_or_insert((row, *date, line));
        }
    }
    let Some((row, date, line)) = first else { return Ok(observations) };
    let has_times = rows.iter().any(|row| row.time.is_some());
    // A few are corrections that stand below the first value; `check` keeps the last and tells.
    if !has_times && repeated * 5 <= seen.len().max(10) {
        return Ok(observations);
    }
    let extent = match &row.time {
        Some(time) if has_times => format!(" (at {time})"),
        _ => format!(", and so on {repeated} rows"),
    };
    Err(vec![FileComplaint::SeveralValues {
        place: sheet.place(row.date.line),
        date,
        other_place: sheet.place(line),
        extent,
    }])
}

fn account(
    opened: &OpenedFile,
    sheet: &Sheet,
    start: &TableStart,
    columns: &Columns,
    rows: TableRows,
    dates: DecidedDates,
    sign: DecidedSign,
) -> Reading {
    let header = start.header.map(|index| &sheet.rows[index]);
    let format = match (sheet.delimiter, &sheet.name) {
        (Some(delimiter), _) => format!("{} with {}", opened.format, delimiter_name(delimiter)),
        (None, Some(name)) => format!("{}, sheet '{name}'", opened.format),
        (None, None) => opened.format.clone(),
    };
    let is_plain_header = header.is_some_and(|row| {
        let names: Vec<String> = row.cells.iter().map(|cell| words::folded(&cell.text())).collect();
        names == ["date", "value"]
    });
    let is_plain_row = |row: &DataRow| {
        let plain = |number: &str| number.parse::<f64>().is_ok();
        row.date.text.parse::<NaiveDate>().is_ok()
            && !matches!(&row.value, RowValue::Written(_, text) if !plain(text))
    };
    let is_plain = opened.is_plain
        && sheet.delimiter == Some(',')
        && is_plain_header
        && header.is_some_and(|row| row.line == 1)
        && dates.plain
        && rows.passed_over.is_empty()
        && !rows.has_marks
        && rows.data.iter().all(is_plain_row);
    Reading {
        format,
        header: header.map(|row| sheet.place(row.line)),
        date_column: columns.names[columns.date].clone(),
        value_column: columns.names[columns.value].clone(),
        dates: dates.described,
        decimal: sign.described,
        without_value: rows.data.iter().filter(|row| matches!(row.value, RowValue::Missing)).count(),
        passed_over: rows.passed_over,
        is_plain,
    }
}

fn delimiter_name(delimiter: char) -> String {
    match delimiter {
        ',' => "commas".to_owned(),
        ';' => "semicolons".to_owned(),
        '\t' => "tabs".to_owned(),
        other => format!("'{other}'"),
    }
}
