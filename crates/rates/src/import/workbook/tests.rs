//! Workbooks and archives that would take all memory are refused; a cell far away is no harm where it is read alone.

use crate::import::{ReadOptions, container, read_bytes};
use std::{
    io::{Cursor, Write},
    path::Path,
};
use zip::{ZipWriter, write::SimpleFileOptions};

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Builds a workbook with one sheet of these rows.
fn xlsx(rows: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let book = format!(
        "<workbook xmlns='{main}' xmlns:r='{relations}'><sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets></workbook>"
    );
    let links = format!(
        "<Relationships xmlns='{package}'><Relationship Id='r1' Type='{relations}/worksheet' \
         Target='worksheets/sheet1.xml'/></Relationships>"
    );
    let root = format!(
        "<Relationships xmlns='{package}'><Relationship Id='r1' Type='{relations}/officeDocument' \
         Target='xl/workbook.xml'/></Relationships>"
    );
    let sheet = format!("<worksheet xmlns='{main}'><sheetData>{rows}</sheetData></worksheet>");
    archive(&[
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn import(bytes: &[u8]) -> Result<usize, String> {
    let read = read_bytes(bytes, Path::new("FILE"), &ReadOptions::default());
    read.map(|file| file.observations.len()).map_err(|error| error.to_string())
}

const ROWS: &str = "<row r='1'><c r='A1' t='str'><v>Fecha</v></c><c r='B1' t='str'><v>Valor</v></c></row>\
                    <row r='2'><c r='A2'><v>45659</v></c><c r='B2'><v>996.1</v></c></row>";

#[test]
fn day_numbers_without_a_format_and_a_cell_far_away_are_read() {
    assert_eq!(import(&xlsx(ROWS)), Ok(1));
    let far = format!("{ROWS}<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>");
    assert_eq!(import(&xlsx(&far)), Ok(1));
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let zeros = vec![b'0'; 70 * 1024 * 1024];
    let too_large = "FILE: the file is too large: more than 64 MiB";
    assert!(import(&archive(&[("rates.csv", &zeros)])).unwrap_err().starts_with(too_large));
    let book = archive(&[("xl/workbook.xml", b"<workbook/>"), ("xl/sharedStrings.xml", &zeros)]);
    assert!(import(&book).unwrap_err().starts_with(too_large));
    let promised = archive(&[
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/sharedStrings.xml", b"<sst uniqueCount=\"99999999999\"/>"),
    ]);
    assert!(import(&promised).unwrap_err().starts_with("FILE: the file is too large"));
    let wide: String = (3..6000).map(|row| format!("<row r='{row}'><c r='ALL{row}'><v>1</v></c></row>")).collect();
    let too_many = "FILE: the file is too large: more than 500,000 rows or 4,000,000 cells";
    assert!(import(&xlsx(&(ROWS.to_owned() + &wide))).unwrap_err().starts_with(too_many));
    assert!(container::open(&zeros).unwrap_err().to_string().starts_with("the file is too large"));
}

#[test]
fn an_old_workbook_that_claims_to_be_huge_is_refused() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/import/layouts/es_cotizaciones.xls");
    let book = std::fs::read(path).unwrap();
    assert_eq!(import(&book), Ok(10));
    let too_large = "FILE: the file is too large";
    let dimensions = book.windows(4).position(|bytes| bytes == [0x00, 0x02, 0x0e, 0x00]).unwrap();
    let numbers = dimensions + book[dimensions..].windows(2).position(|bytes| bytes == [0xbd, 0x00]).unwrap();
    // Dimensions (MS-XLS 2.4.90): the first and the last row of four bytes, the columns of two.
    let mut huge = book.clone();
    huge[dimensions..][8..12].fill(0xff);
    assert!(import(&huge).unwrap_err().starts_with(too_large));
    // MulRk (MS-XLS 2.4.175): the row and the first column of a row of numbers.
    let mut far = book.clone();
    far[numbers..][4..8].fill(0xff);
    assert!(import(&far).unwrap_err().starts_with(too_large));
}
