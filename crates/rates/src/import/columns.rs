//! The columns to take: the dates and the values, by the options, by the names in the header, or because only one
//! column is possible.

use super::{
    cells::{Cell, Row, Sheet, shortened},
    options::ReadOptions,
    start::{TableStart, date_of, is_date, is_number},
    words,
};
use crate::error::FileComplaint;

/// Rows that are looked at to tell a column of numbers or dates from others.
const PROBE: usize = 2_000;

const CURRENCY_TABLE: &str = "; a table of currencies quotes each of them against one base, the ECB's against the \
                              euro: take a column only if the series is that pair";

/// Columns of a table that are taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    /// Index of the column of dates.
    pub(super) date: usize,
    /// Index of the column of values.
    pub(super) value: usize,
    /// Names of all columns, as messages show them.
    pub(super) names: Vec<String>,
    /// Number of columns.
    pub(super) width: usize,
}

/// Kinds of cells in a column.
#[derive(Debug, Clone, Copy, Default)]
struct ColumnCells {
    /// Certain dates.
    dates: usize,
    /// Dates, and numbers that are dates in a column of dates.
    possible_dates: usize,
    numbers: usize,
    others: usize,
}

impl ColumnCells {
    fn is_numeric(self) -> bool {
        self.numbers > 0 && self.numbers >= self.others
    }

    fn is_dates(self) -> bool {
        self.dates > 0 && self.dates >= self.others
    }
}

/// Table whose columns are being chosen.
struct Chooser<'a> {
    header: Option<&'a Row>,
    cells: Vec<ColumnCells>,
    names: Vec<String>,
    options: &'a ReadOptions,
    /// First row below the header, in parentheses.
    example: String,
}

/// Chooses the columns, or complains about each that is in doubt.
pub(super) fn choose(
    sheet: &Sheet,
    start: &TableStart,
    options: &ReadOptions,
) -> Result<Columns, Vec<FileComplaint>> {
    let header = start.header.map(|index| &sheet.rows[index]);
    let body: Vec<&Row> = sheet.rows[start.body..].iter().filter(|row| !row.is_blank()).take(PROBE).collect();
    let Some(first) = body.first() else { return Err(vec![FileComplaint::Empty]) };
    let width = header.unwrap_or(first).width();
    let example = format!(" ({}: '{}')", sheet.place(first.line), sheet.excerpt(first));
    let chooser = Chooser { header, cells: cells_of(&body, width), names: names_of(header, width), options, example };
    let date = chooser.date_column();
    let value = chooser.value_column(date.as_ref().ok().copied());
    match (date, value) {
        (Ok(date), Ok(value)) if date != value => Ok(Columns { date, value, names: chooser.names, width }),
        (Ok(_), Ok(_)) => Err(vec![chooser.doubtful_value("the dates and the values cannot be one column", &[])]),
        (date, value) => Err([date.err(), value.err()].into_iter().flatten().collect()),
    }
}

fn cells_of(body: &[&Row], width: usize) -> Vec<ColumnCells> {
    let mut columns = vec![ColumnCells::default(); width];
    for row in body {
        for (column, cell) in columns.iter_mut().zip(&row.cells) {
            // Eight digits are a number and a date.
            column.dates += usize::from(is_date(cell));
            column.possible_dates += usize::from(date_of(cell).is_some());
            column.numbers += usize::from(is_number(cell));
            column.others += usize::from(!is_date(cell) && !is_number(cell) && !words::is_missing(&cell.text()));
        }
    }
    columns
}

/// Returns the names of the columns; those without a name, and those with the same one, have their number.
fn names_of(header: Option<&Row>, width: usize) -> Vec<String> {
    let name = |column: usize| header.map_or(String::new(), |row| shortened(&row.cell(column).text()));
    let names: Vec<String> = (0..width).map(name).collect();
    let shown = |(index, name): (usize, &String)| match names.iter().filter(|other| *other == name).count() {
        _ if name.is_empty() => format!("column {}", index + 1),
        1 => name.clone(),
        _ => format!("{name} (column {})", index + 1),
    };
    names.iter().enumerate().map(shown).collect()
}

impl Chooser<'_> {
    fn name(&self, column: usize) -> String {
        self.header.map_or(String::new(), |row| row.cell(column).text().into_owned())
    }

    fn columns(&self) -> std::ops::Range<usize> {
        0..self.cells.len()
    }

    /// Returns the column that an option names, by its name or its number.
    fn named(&self, option: &'static str, wanted: &str) -> Result<usize, FileComplaint> {
        let by_name = |name: String| words::folded(&name) == words::folded(wanted);
        let is_wanted = |column: &usize| by_name(self.name(*column)) || by_name(self.names[*column].clone());
        let number = wanted.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let found =
            self.columns().find(is_wanted).or_else(|| number.filter(|column| self.columns().contains(column)));
        found.ok_or_else(|| FileComplaint::NoSuchColumn {
            option,
            name: wanted.to_owned(),
            columns: self.names.clone(),
        })
    }

    fn doubtful_date(&self, reason: &str) -> FileComplaint {
        FileComplaint::ChooseDateColumn { reason: reason.to_owned(), columns: self.names.clone() }
    }

    fn doubtful_value(&self, reason: &str, columns: &[usize]) -> FileComplaint {
        let is_code = |name: &String| name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase());
        let columns: Vec<String> = match columns {
            [] => self.names.clone(),
            _ => columns.iter().map(|column| self.names[*column].clone()).collect(),
        };
        let note = if columns.iter().filter(|name| is_code(name)).count() > 1 { CURRENCY_TABLE } else { "" };
        FileComplaint::ChooseValueColumn { reason: reason.to_owned(), columns, note }
    }

    fn date_column(&self) -> Result<usize, FileComplaint> {
        if let Some(wanted) = &self.options.date_column {
            return self.named("--date-column", wanted);
        }
        let with_rank =
            |rank: usize| self.columns().filter(move |column| words::date_rank(&self.name(*column)) == Some(rank));
        let dates: Vec<usize> = self.columns().filter(|column| self.cells[*column].is_dates()).collect();
        let certain: Vec<usize> = with_rank(0).collect();
        let likely: Vec<usize> = with_rank(1).filter(|column| self.cells[*column].possible_dates > 0).collect();
        for named in [certain, likely] {
            let with_dates: Vec<usize> = named.iter().copied().filter(|column| dates.contains(column)).collect();
            match (with_dates.as_slice(), named.as_slice()) {
                ([column], _) | ([], [column]) => return Ok(*column),
                ([_, _, ..], _) => return Err(self.doubtful_date("several columns may be the dates")),
                _ => {}
            }
        }
        match dates.as_slice() {
            [column] => Ok(*column),
            [] => Err(self.spread_or_missing()),
            _ => Err(self.doubtful_date("several columns hold dates")),
        }
    }

    fn spread_or_missing(&self) -> FileComplaint {
        let is_part =
            |column: &usize| matches!(words::name(&self.name(*column)).as_str(), "year" | "ano" | "month" | "mes");
        if self.columns().filter(is_part).count() < 2 {
            return self.doubtful_date(&format!("no column holds dates such as 2025-01-31{}", self.example));
        }
        let reason = "year and month are in columns of their own; put the date into one column".to_owned();
        FileComplaint::NoTable { reason }
    }

    fn value_column(&self, date: Option<usize>) -> Result<usize, FileComplaint> {
        if let Some(wanted) = &self.options.value_column {
            return self.named("--value-column", wanted);
        }
        let others: Vec<usize> = self.columns().filter(|column| Some(*column) != date).collect();
        let letters = |text: &str| -> String {
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
        };
        let series = self.options.series.as_deref().map(letters).filter(|series| !series.is_empty());
        if let Some(column) = others.iter().find(|column| series.as_deref() == Some(&letters(&self.name(**column)))) {
            return Ok(*column);
        }
        let numeric: Vec<usize> = others.iter().copied().filter(|column| self.cells[*column].is_numeric()).collect();
        let named = |columns: &[usize]| -> Vec<usize> {
            columns.iter().copied().filter(|column| words::is_value(&self.name(*column))).collect()
        };
        let plain: Vec<usize> =
            numeric.iter().copied().filter(|column| !words::is_companion(&self.name(*column))).collect();
        // A column without a name beside others that have one counts the rows.
        let titled: Vec<usize> = plain.iter().copied().filter(|column| !self.name(*column).is_empty()).collect();
        let groups = [named(&numeric), titled, plain, numeric, named(&others)];
        let column = match groups.iter().find(|group| !group.is_empty()).map(Vec::as_slice) {
            Some([column]) => *column,
            Some(several) => return Err(self.doubtful_value("several columns may be the value", several)),
            None => match others.as_slice() {
                [column] => *column,
                _ => return Err(self.doubtful_value("no column holds numbers", &[])),
            },
        };
        let name = letters(&self.name(column));
        let opposite =
            |series: &str| series.len() == 6 && name.len() == 6 && name == series[3..].to_owned() + &series[..3];
        if series.as_deref().is_some_and(opposite) {
            let series = self.options.series.clone().unwrap_or_default();
            return Err(FileComplaint::OppositePair { column: self.names[column].clone(), series });
        }
        // Without a header, more than two columns are not told apart by their content alone.
        if self.header.is_none() && self.cells.len() > 2 {
            return Err(self.doubtful_value("there is no header, and more than two columns", &[]));
        }
        Ok(column)
    }
}

/// True if a header has Spanish names.
pub(super) fn is_spanish(header: &Row) -> bool {
    header.cells.iter().any(|cell| matches!(cell, Cell::Text(text) if words::is_spanish(text)))
}
