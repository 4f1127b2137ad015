//! Text to rows. The delimiter is the one under which most rows have a date and a number in cells of their own, or
//! the one that a line `sep=;` above the table names.

use super::{
    cells::{CELL_LIMIT, Cell, MAX_CELLS, MAX_ROWS, Row, Sheet, is_space},
    start::data_rows,
};
use crate::error::FileComplaint;
use csv::{ReaderBuilder, StringRecord};

/// Delimiters that are tried.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// Rows that are looked at to choose the delimiter.
const PROBE: usize = 2_000;

/// Splits a text into rows.
pub(super) fn split(text: &str) -> Result<Sheet, FileComplaint> {
    let (named, start) = named_delimiter(text);
    let probed = |delimiter: char| {
        let sheet = rows(text, start, delimiter, PROBE)?;
        let mut widths = sheet.rows.iter().map(Row::width).filter(|width| *width > 0);
        let first = widths.next().unwrap_or(0);
        // Without dates, the delimiter that the first row has, and the others as often.
        let even = if first > 1 { 1 + widths.filter(|width| *width == first).count() } else { 0 };
        Ok(((data_rows(&sheet.rows), even), delimiter))
    };
    let delimiter = match named {
        Some(delimiter) => delimiter,
        None => {
            let scores = DELIMITERS.into_iter().map(probed).collect::<Result<Vec<_>, FileComplaint>>()?;
            // Of equals, the first in the list.
            scores.into_iter().rev().max_by_key(|(score, _)| *score).map_or(',', |(_, delimiter)| delimiter)
        }
    };
    rows(text, start, delimiter, usize::MAX)
}

/// Returns the delimiter that a first line such as `sep=;` names, and the offset of the text below it.
fn named_delimiter(text: &str) -> (Option<char>, usize) {
    let body = text.trim_start_matches(|c: char| is_space(c) || c == '\n');
    let start = text.len() - body.len();
    let end = body.find(['\n', '\r']).unwrap_or(body.len());
    let line = body[..end].trim_matches([' ', '"']);
    let Some(named) = line.get(..4).filter(|key| key.eq_ignore_ascii_case("sep=")).map(|_| &line[4..]) else {
        return (None, 0);
    };
    let delimiter = match named {
        // A tab at the end of the line is trimmed by some editors.
        "\\t" | "\t" | "" => Some('\t'),
        _ => named.chars().next().filter(|c| c.is_ascii_punctuation()),
    };
    (delimiter, start + end)
}

fn rows(text: &str, start: usize, delimiter: char, at_most: usize) -> Result<Sheet, FileComplaint> {
    let body = &text.as_bytes()[start..];
    let mut reader = ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .flexible(true)
        .has_headers(false)
        .from_reader(body);
    let mut lines = LineCounter { bytes: body, at: 0, line: 1 + count_lines(&text.as_bytes()[..start]) };
    let (mut rows, mut cells, mut record) = (Vec::new(), 0, StringRecord::new());
    // The text is UTF-8 and in memory, and rows may have any length: there is no error to expect.
    while rows.len() < at_most && reader.read_record(&mut record).unwrap_or(false) {
        let position = record.position().map_or(0, |position| position.byte() as usize);
        let row = Row { line: lines.line_of_row_at(position), cells: record.iter().map(Cell::of_text).collect() };
        cells += row.cells.len();
        if rows.len() >= MAX_ROWS || cells > MAX_CELLS {
            return Err(FileComplaint::TooLarge { limit: CELL_LIMIT });
        }
        rows.push(row);
    }
    Ok(Sheet { name: None, delimiter: Some(delimiter), rows })
}

/// Count of the lines up to a growing position.
struct LineCounter<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// Returns the line of the row that begins at a position or after the blank lines there.
    fn line_of_row_at(&mut self, position: usize) -> u64 {
        let rest = self.bytes.get(position..).unwrap_or_default();
        let begin = position + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begin = begin.min(self.bytes.len());
        if begin > self.at {
            self.line += count_lines(&self.bytes[self.at..begin]);
            self.at = begin;
        }
        self.line
    }
}

/// Counts the ends of lines, each of which is LF, CR LF or CR.
fn count_lines(bytes: &[u8]) -> u64 {
    let is_end =
        |(index, byte): &(usize, &u8)| **byte == b'\n' || (**byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
    bytes.iter().enumerate().filter(is_end).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (char, Vec<(u64, String)>) {
        let sheet = split(text).unwrap();
        let row = |row: &Row| (row.line, row.excerpt('/'));
        (sheet.delimiter.unwrap(), sheet.rows.iter().map(row).collect())
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_dates_and_numbers() {
        for (text, delimiter) in [
            ("date,value\n2025-01-02,996.1\n", ','),
            ("date;value\n2025-01-02;996,1\n", ';'),
            ("date\tvalue\n2025-01-02\t996,1\n", '\t'),
            ("date|value\n2025-01-02|996,1\n", '|'),
            ("Dólar, observado\ndate;value\n2025-01-02;996,1\n", ';'),
            ("sep=;\ndate;value\n", ';'),
            ("\"SEP=,\"\r\ndate,value\r\n", ','),
            ("date;value\n", ';'),
            ("date\n", ','),
        ] {
            assert_eq!(read(text).0, delimiter, "{text}");
        }
    }

    #[test]
    fn rows_keep_their_line_numbers() {
        let row = |line, text: &str| (line, text.to_owned());
        let read = |text| read(text).1;
        assert_eq!(
            read("a,b\r\n\r\n c , \"d\ne\" \r\nf,g"),
            [row(1, "a/b"), row(3, "c/\"d"), row(4, "e\""), row(5, "f/g")]
        );
        assert_eq!(read("a,b\r\n\r\nc,\"d\ne\"\r\nf,g"), [row(1, "a/b"), row(3, "c/d e"), row(5, "f/g")]);
        assert_eq!(read("a,b\rc,d\r\re,f"), [row(1, "a/b"), row(2, "c/d"), row(4, "e/f")]);
        assert_eq!(read("\n\nsep=;\na;b\n\nc;d"), [row(4, "a/b"), row(6, "c/d")]);
    }
}
