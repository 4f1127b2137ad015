//! The table of days and months in a page of the tax office. In: a page and its year. Out: the observations. A page of
//! another form has no such table; a table that is cut off, or has a value on a day that does not exist, is an error.

use super::super::answer::{row, text};
use crate::{provider::ReadError, snapshot::RawObservation};
use chrono::NaiveDate;
use html5gum::{DefaultEmitter, Token, Tokenizer};

/// First letters of the twelve columns.
const MONTHS: [&str; 12] = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];
/// Rows of days in a table.
const DAYS: u32 = 31;

/// A row of some table of a page.
#[derive(Debug, Default)]
struct PageRow {
    /// Number of tags that open or close a table before the row: equal for the rows of one table.
    table: usize,
    cells: Vec<String>,
}

/// Returns the values of a year, by day and month; `None` when the page has no table of days and months.
///
/// # Errors
/// When the table lacks a day, or has a cell that is neither empty nor a number, or a value on a day that does not exist.
pub(super) fn observations(body: &[u8], year: i32) -> Result<Option<Vec<RawObservation>>, ReadError> {
    let rows = rows(&text(body));
    let Some(header) = rows.iter().position(|row| is_header(&row.cells)) else { return Ok(None) };
    let of_table = rows[header + 1..].iter().take_while(|row| row.table == rows[header].table);
    let mut of_table = of_table.filter(|row| !row.cells.iter().all(|cell| is_empty(cell)));
    let mut observations = Vec::new();
    for day in 1..=DAYS {
        let first = of_table.next();
        let cells: &[String] = first.map_or(&[], |row| &row.cells);
        let found = cells.first().map_or("the end of the table", |cell| cell.trim());
        if found.parse() != Ok(day) {
            return Err(row(format!("row {day} of the table"), found, "each day from 1 to 31"));
        }
        if cells.len() != 1 + MONTHS.len() {
            let found = format!("{} cells", cells.len());
            return Err(row(format!("day {day}"), &found, "the day and a cell for each of the 12 months"));
        }
        for (month, cell) in (1..).zip(&cells[1..]).filter(|(_, cell)| !is_empty(cell)) {
            let place = || format!("day {day}, month {month}");
            let date = NaiveDate::from_ymd_opt(year, month, day);
            let date = date.ok_or_else(|| row(place(), cell, "nothing, since there is no such day"))?;
            let value = number(cell.trim()).ok_or_else(|| row(place(), cell, "a number such as 1.003,25"))?;
            observations.push(RawObservation { date, value });
        }
    }
    observations.sort_by_key(|observation| observation.date);
    Ok(Some(observations))
}

/// Returns the rows of all tables of a page, in their order. A row or a cell that is not closed ends where the next one
/// begins.
fn rows(page: &str) -> Vec<PageRow> {
    let mut emitter = DefaultEmitter::default();
    // Scripts and styles are not read as tags.
    emitter.naively_switch_states(true);
    let mut rows: Vec<PageRow> = Vec::new();
    let (mut table, mut in_row, mut in_cell) = (0, false, false);
    for token in Tokenizer::new_with_emitter(page, emitter).flatten() {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"table" => (table, in_row, in_cell) = (table + 1, false, false),
                b"tr" => {
                    rows.push(PageRow { table, cells: Vec::new() });
                    (in_row, in_cell) = (true, false);
                }
                b"td" | b"th" => {
                    if let Some(row) = rows.last_mut().filter(|_| in_row) {
                        row.cells.push(String::new());
                        in_cell = true;
                    }
                }
                _ => {}
            },
            Token::EndTag(tag) => match tag.name.as_slice() {
                b"table" => (table, in_row, in_cell) = (table + 1, false, false),
                b"tr" => (in_row, in_cell) = (false, false),
                b"td" | b"th" => in_cell = false,
                _ => {}
            },
            Token::String(words) if in_cell => {
                if let Some(cell) = rows.last_mut().and_then(|row| row.cells.last_mut()) {
                    cell.push_str(&String::from_utf8_lossy(&words));
                }
            }
            _ => {}
        }
    }
    rows
}

/// True for the header: the column of the days and those of the twelve months, whose names may be written out.
fn is_header(cells: &[String]) -> bool {
    let [_, months @ ..] = cells else { return false };
    let is = |cell: &String, name: &&str| cell.trim().to_lowercase().starts_with(name);
    months.len() == MONTHS.len() && months.iter().zip(&MONTHS).all(|(cell, name)| is(cell, name))
}

/// True for a cell without a value. Some cells have the bracket of a tag that was closed twice.
fn is_empty(cell: &str) -> bool {
    cell.chars().all(|c| c.is_whitespace() || c == '>' || c == '-')
}

/// Parses a number as it is written in Chile, or as older pages write it; see the head of the provider's file.
fn number(cell: &str) -> Option<f64> {
    let (whole, fraction) = match cell.split_once(',') {
        Some((whole, fraction)) => (whole, fraction),
        // A point before three digits is one of the thousands.
        None => cell.split_once('.').filter(|(_, digits)| digits.len() < 3).unwrap_or((cell, "0")),
    };
    let mut groups = whole.split('.');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = rest.is_empty() || first.len() <= 3 && rest.iter().all(|group| group.len() == 3);
    let readable = grouped && is_digits(first) && rest.iter().all(|group| is_digits(group)) && is_digits(fraction);
    if readable && cell.len() < 20 { format!("{first}{}.{fraction}", rest.concat()).parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_chile_and_of_older_pages() {
        for (cell, value) in [
            ("976,36", 976.36),
            ("1.003,25", 1003.25),
            ("1003,25", 1003.25),
            ("576.60", 576.6),
            ("576.6", 576.6),
            ("981", 981.0),
            ("1.003", 1003.0),
            ("1.234.567,8", 1_234_567.8),
            ("0,5", 0.5),
        ] {
            assert_eq!(number(cell), Some(value), "{cell}");
        }
        for cell in [
            "1,003.25",
            "1.03,25",
            "1003.25,1",
            "12.34.56",
            "976,",
            ",36",
            "-976,36",
            "+1",
            "1e3",
            "inf",
            "NaN",
            "97 6",
            "976,3 6",
            "$976",
            "1.0035,2",
            "0001.003,2",
            "٩٧٦",
            "11111111111111111111,1",
            "",
        ] {
            assert_eq!(number(cell), None, "{cell}");
        }
    }

    #[test]
    fn rows_end_where_the_next_begins_and_scripts_are_not_read() {
        let page = "<script>document.write('<table><tr><td>no</td></tr>')</script><TABLE><TR><TH>D&iacute;a<TD>1\
                    <tr><td><strong>2</strong>,5&nbsp;</td>lost<td></td></table>lost<!-- <td>no --><td>late</td>";
        let cells: Vec<Vec<String>> = rows(page).into_iter().map(|row| row.cells).collect();
        assert_eq!(cells, [vec!["Día", "1"], vec!["2,5\u{a0}", ""]]);
    }
}
