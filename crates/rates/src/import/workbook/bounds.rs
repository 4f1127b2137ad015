//! Sizes of workbooks before they are read. calamine makes a full rectangle of every sheet of an .xls or .ods file, so
//! that two cells in opposite corners, or a repeated cell, would take all memory.

mod biff;

use super::format::WorkbookFormat;
use crate::{
    error::FileComplaint,
    import::cells::{CELL_LIMIT, MAX_CELLS},
};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::io::{BufReader, Cursor, Read};
use zip::ZipArchive;

const TOO_LARGE: FileComplaint = FileComplaint::TooLarge { limit: CELL_LIMIT };

/// Refuses a workbook that would take too much memory. A broken one is left to its reader.
pub(super) fn check(format: WorkbookFormat, bytes: &[u8]) -> Result<(), FileComplaint> {
    let cells = match format {
        // Its cells are read one by one.
        WorkbookFormat::Xlsx => xlsx_texts(bytes).unwrap_or(0),
        WorkbookFormat::Xls => biff::cells(bytes).ok_or_else(|| FileComplaint::Damaged {
            format: format.name(),
            reason: "its sectors follow each other in a circle".to_owned(),
        })?,
        WorkbookFormat::Ods => ods_cells(bytes).unwrap_or(0),
    };
    if cells > MAX_CELLS { Err(TOO_LARGE) } else { Ok(()) }
}

/// Returns the number of texts for which an .xlsx file wants space; `None` where it is broken.
fn xlsx_texts(bytes: &[u8]) -> Option<usize> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let (mut text, mut texts) = (Vec::new(), 0);
    for index in 0..archive.len() {
        let Ok(mut member) = archive.by_index(index) else { continue };
        if !member.name().is_ok_and(|name| name.to_lowercase().ends_with("sharedstrings.xml")) {
            continue;
        }
        text.clear();
        member.read_to_end(&mut text).ok()?;
        let text = String::from_utf8_lossy(&text);
        for (at, key) in text.match_indices("uniqueCount") {
            let value = text[at + key.len()..].trim_start_matches(|c: char| c.is_whitespace() || "='\"".contains(c));
            let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            texts = texts.max(value[..digits].parse().unwrap_or(if digits > 0 { usize::MAX } else { 0 }));
        }
    }
    Some(texts)
}

/// Returns the number of cells of an .ods file with every repetition carried out; `None` where it is broken.
fn ods_cells(bytes: &[u8]) -> Option<usize> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let content = archive.by_name("content.xml").ok()?;
    let mut reader = Reader::from_reader(BufReader::new(content));
    let (mut buffer, mut total, mut table) = (Vec::new(), 0_usize, TableSize::default());
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Eof => return Some(total.saturating_add(table.cells())),
            Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                "table:table" => total = total.saturating_add(std::mem::take(&mut table).cells()),
                "table:table-row" => table.begin_row(repeated(&tag, "table:number-rows-repeated")),
                "table:table-cell" | "table:covered-table-cell" => {
                    let is_empty =
                        !tag.attributes_raw().contains("office:") && !tag.attributes_raw().contains("formula");
                    table.add_cells(repeated(&tag, "table:number-columns-repeated"), is_empty);
                }
                "text:s" => total = total.saturating_add(repeated(&tag, "text:c") / 64),
                _ => {}
            },
            _ => {}
        }
    }
}

/// Returns how often a tag says that it is repeated.
fn repeated(tag: &BytesStart<'_>, attribute: &str) -> usize {
    let value = tag.try_get_attribute(attribute).ok().flatten();
    value.map_or(1, |attribute| attribute.value.trim().parse().unwrap_or(usize::MAX))
}

/// Size of a table of an .ods file. Empty cells and rows count when others follow them.
#[derive(Debug, Default)]
struct TableSize {
    rows: usize,
    empty_rows: usize,
    row_repeats: usize,
    row: usize,
    empty_cells: usize,
    widest: usize,
    stored: usize,
}

impl TableSize {
    fn begin_row(&mut self, repeats: usize) {
        self.end_row();
        (self.row_repeats, self.row, self.empty_cells) = (repeats, 0, 0);
    }

    fn add_cells(&mut self, repeats: usize, is_empty: bool) {
        if is_empty {
            self.empty_cells = self.empty_cells.saturating_add(repeats);
        } else {
            self.row = self.row.saturating_add(self.empty_cells).saturating_add(repeats);
            self.empty_cells = 0;
        }
    }

    fn end_row(&mut self) {
        let repeats = std::mem::take(&mut self.row_repeats);
        if self.row == 0 {
            self.empty_rows = self.empty_rows.saturating_add(repeats);
            return;
        }
        self.rows = self.rows.saturating_add(std::mem::take(&mut self.empty_rows)).saturating_add(repeats);
        self.stored = self.stored.saturating_add(self.row);
        self.widest = self.widest.max(self.row);
    }

    fn cells(mut self) -> usize {
        self.end_row();
        self.rows.saturating_mul(self.widest).max(self.stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn size(content: &str) -> Option<usize> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("content.xml", SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
        ods_cells(&writer.finish().unwrap().into_inner())
    }

    #[test]
    fn repetitions_count_when_something_follows() {
        let row = |repeats: u32, cells: &str| {
            format!("<table:table-row table:number-rows-repeated=\"{repeats}\">{cells}</table:table-row>")
        };
        let cell = |repeats: u32, value: &str| {
            format!("<table:table-cell table:number-columns-repeated=\"{repeats}\"{value}/>")
        };
        let (empty, one) = (cell(16_384, ""), cell(1, " office:value=\"1\""));
        let trailing = row(1, &(one.clone() + &empty)) + &row(1_048_575, &empty);
        assert_eq!(size(&format!("<table:table>{trailing}</table:table>")), Some(1));
        let corner = row(1_048_575, &empty) + &row(1, &(cell(16_383, "") + &one));
        assert_eq!(size(&format!("<table:table>{corner}</table:table>")), Some(1_048_576 * 16_384));
        let filled = row(1_000_000, &cell(100, " office:value=\"1\""));
        assert_eq!(size(&format!("<table:table>{filled}</table:table>")), Some(100_000_000));
        assert!(size("<text:s text:c=\"99999999999\"/>") > Some(MAX_CELLS));
        assert_eq!(size("<broken"), None);
    }
}
