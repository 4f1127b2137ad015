//! Bytes to sheets. The format is told by the content, never by the name of the file. In: the bytes of a file. Out:
//! its sheets, or a complaint that names the format.

use super::{
    cells::Sheet,
    delimiter, encoding,
    workbook::{self, WorkbookFormat},
};
use crate::error::FileComplaint;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Largest size of a file, packed or unpacked.
pub(super) const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Limit as a message names it.
pub(super) const BYTE_LIMIT: &str = "64 MiB";

/// A file whose format is known.
#[derive(Debug)]
pub(super) struct OpenedFile {
    /// Format, such as "UTF-8 text" or "Excel workbook".
    pub(super) format: String,
    /// True for text in UTF-8.
    pub(super) is_plain: bool,
    /// Sheets, one for a text file.
    pub(super) sheets: Vec<Sheet>,
}

/// Formats by their first bytes: name, and advice.
const FORMATS: [(&[u8], &str); 19] = [
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"BM", "a picture (BMP)"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
];

const SAVE_AS_TABLE: &str = "save the table as CSV or as an .xlsx workbook";
const UNPACK: &str = "unpack it and import the file inside";
const FETCH_AGAIN: &str = "the download gave a page instead of the table: download the data itself as CSV";

/// Opens a file.
pub(super) fn open(bytes: &[u8]) -> Result<OpenedFile, FileComplaint> {
    open_at(bytes, true)
}

fn open_at(bytes: &[u8], archives: bool) -> Result<OpenedFile, FileComplaint> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(FileComplaint::TooLarge { limit: BYTE_LIMIT });
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return open_archive(bytes, archives);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return workbook_of(WorkbookFormat::Xls, bytes);
    }
    if let Some(complaint) = other_format(bytes) {
        return Err(complaint);
    }
    let other = |found: &str, advice| FileComplaint::OtherFormat { found: found.to_owned(), advice };
    let (text, encoding) = encoding::decode(bytes).ok_or_else(|| other("not text but binary data", SAVE_AS_TABLE))?;
    if let Some(complaint) = other_text(&text) {
        return Err(complaint);
    }
    let sheet = delimiter::split(&text)?;
    Ok(OpenedFile { format: format!("{encoding} text"), is_plain: encoding == "UTF-8", sheets: vec![sheet] })
}

fn other_format(bytes: &[u8]) -> Option<FileComplaint> {
    // `BM` and `MZ` may begin a text.
    let is_binary = || bytes.iter().take(64).any(|byte| *byte == 0);
    let fits = |start: &[u8]| {
        bytes.starts_with(start) && (start.len() > 2 || start[0] > 127 || start[0] < 32 || is_binary())
    };
    let (_, found) = FORMATS.iter().find(|(start, _)| fits(start))?;
    let advice = if found.ends_with("archive") { UNPACK } else { SAVE_AS_TABLE };
    Some(FileComplaint::OtherFormat { found: (*found).to_owned(), advice })
}

/// Recognises pages, XML and JSON by how the text begins.
fn other_text(text: &str) -> Option<FileComplaint> {
    let start: String = text.trim_start().chars().take(2_000).collect::<String>().to_lowercase();
    let other = |found: &str, advice| Some(FileComplaint::OtherFormat { found: found.to_owned(), advice });
    let is_json = |start: &str| {
        let inner = start.trim_start();
        inner.starts_with(['"', '{', '}', '[', ']']) || start.trim_end().len() <= 1
    };
    if start.starts_with('<') {
        let is_page = ["<!doctype html", "<html", "<table", "<head", "<body", "<meta", "<div", "<script", "<style"];
        return if start.contains("urn:schemas-microsoft-com:office:spreadsheet") {
            other("an Excel workbook of the year 2003 (XML)", "open it and save it as .xlsx or as CSV")
        } else if is_page.iter().any(|tag| start.contains(tag)) {
            other(
                "an HTML page, whatever its name",
                "open it in a spreadsheet program and save the table as CSV or .xlsx, or download the data itself",
            )
        } else if start.starts_with("<?xml") || start.contains("xmlns") {
            other("an XML document", SAVE_AS_TABLE)
        } else {
            other("a page or XML document", FETCH_AGAIN)
        };
    }
    match start.strip_prefix(['{', '[']) {
        Some(rest) if is_json(rest) => other("JSON", "convert it to CSV with the columns date and value"),
        _ => None,
    }
}

fn workbook_of(format: WorkbookFormat, bytes: &[u8]) -> Result<OpenedFile, FileComplaint> {
    let sheets = workbook::sheets(format, bytes)?;
    Ok(OpenedFile { format: format.name().to_owned(), is_plain: false, sheets })
}

/// Opens a workbook, or the only table of an archive.
fn open_archive(bytes: &[u8], archives: bool) -> Result<OpenedFile, FileComplaint> {
    let damaged = |reason: String| FileComplaint::Damaged { format: "zip archive", reason };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(e.to_string()))?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let starts = |wanted: &str| names.iter().any(|name| name.starts_with(wanted));
    let other = |found: &str, advice| Err(FileComplaint::OtherFormat { found: found.to_owned(), advice });
    let format = if has("xl/workbook.bin") {
        return other("a binary Excel workbook (.xlsb)", "open it and save it as .xlsx or as CSV");
    } else if has("word/document.xml") {
        return other("a Word document", SAVE_AS_TABLE);
    } else if has("ppt/presentation.xml") {
        return other("a presentation", SAVE_AS_TABLE);
    } else if starts("Index/") && names.iter().any(|name| name.ends_with(".iwa")) {
        return other("a Numbers document", "export it as CSV or as an Excel workbook");
    } else if has("xl/workbook.xml") || (has("[Content_Types].xml") && starts("xl/")) {
        Some(WorkbookFormat::Xlsx)
    } else if has("mimetype") && has("content.xml") {
        Some(WorkbookFormat::Ods)
    } else {
        None
    };
    if let Some(format) = format {
        // Neither the sizes in an archive's index nor what a reader of workbooks does with them can be trusted.
        check_unpacked_size(&mut archive)?;
        return workbook_of(format, bytes);
    }
    if !archives {
        return other("an archive in an archive", UNPACK);
    }
    let is_file = |name: &&String| {
        let last = name.rsplit('/').next().unwrap_or_default();
        !name.ends_with('/') && !name.starts_with("__MACOSX/") && !last.starts_with('.')
    };
    let is_table = |name: &&String| {
        let lower = name.to_lowercase();
        [".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xls", ".ods"].iter().any(|ending| lower.ends_with(ending))
    };
    let files: Vec<String> = names.iter().filter(is_file).cloned().collect();
    let tables: Vec<String> = names.iter().filter(is_file).filter(is_table).cloned().collect();
    let name = match (tables.as_slice(), files.as_slice()) {
        ([name], _) | ([], [name]) => name,
        ([], []) => return Err(FileComplaint::NoTable { reason: "the archive is empty".to_owned() }),
        ([], names) | (names, _) => return Err(FileComplaint::ChooseMember { names: names.to_vec() }),
    };
    let member = archive.by_name(name).map_err(|e| damaged(e.to_string()))?;
    let mut unpacked = Vec::new();
    member.take(MAX_BYTES + 1).read_to_end(&mut unpacked).map_err(|e| damaged(e.to_string()))?;
    let opened = open_at(&unpacked, false)?;
    Ok(OpenedFile { format: format!("{} ('{name}' in a zip archive)", opened.format), is_plain: false, ..opened })
}

/// Unpacks every file of an archive to nowhere, up to the limit.
fn check_unpacked_size(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<(), FileComplaint> {
    let mut left = MAX_BYTES;
    for index in 0..archive.len() {
        // A file that cannot be unpacked is the reader's to complain about.
        let Ok(member) = archive.by_index(index) else { continue };
        let size = std::io::copy(&mut member.take(left + 1), &mut std::io::sink()).unwrap_or(0);
        left = left.checked_sub(size).ok_or(FileComplaint::TooLarge { limit: "64 MiB unpacked" })?;
    }
    Ok(())
}
