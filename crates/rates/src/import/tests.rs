//! Files as people have them, each read, or refused with the words that say what decides.

mod fuzz;
mod layouts;

use super::*;

/// Reads a text or other bytes; the error is without the name of the file.
fn read_with(bytes: impl AsRef<[u8]>, options: &ReadOptions) -> Result<ImportedFile, String> {
    let read = read_bytes(bytes.as_ref(), Path::new("FILE"), options);
    read.map_err(|error| error.to_string().strip_prefix("FILE").unwrap().to_owned())
}

fn import(bytes: impl AsRef<[u8]>) -> Result<Vec<(String, f64)>, String> {
    read_with(bytes, &ReadOptions::default()).map(|file| pairs(&file))
}

fn pairs(file: &ImportedFile) -> Vec<(String, f64)> {
    file.observations.iter().map(|o| (o.date.to_string(), o.value)).collect()
}

fn observed(pairs: &[(&str, f64)]) -> Vec<(String, f64)> {
    pairs.iter().map(|(date, value)| ((*date).to_owned(), *value)).collect()
}

#[test]
fn a_plain_file_is_read_in_its_order_and_leaves_nothing_to_tell() {
    let expected = observed(&[("2025-01-03", 999.85), ("2025-01-02", 996.46)]);
    for text in [
        "date,value\n2025-01-03,999.85\n2025-01-02,996.46\n",
        "\u{feff}Date, VALUE\r\n 2025-01-03 , 999.85\r\n\r\n2025-01-02,\"996.46\"",
        "date,value\n2025-01-01,\n2025-01-03,999.85\n,\n  \n2025-01-02,996.46\n",
    ] {
        let file = read_with(text, &ReadOptions::default()).unwrap();
        assert_eq!((pairs(&file), file.reading.is_plain), (expected.clone(), true), "{text}");
    }
    let file = read_with("date,value\n2025-01-03,999.85\n2025-01-02,N/A\n", &ReadOptions::default()).unwrap();
    assert_eq!((file.observations.len(), file.reading.without_value, file.reading.is_plain), (1, 1, false));
}

#[test]
fn a_broken_row_is_named_with_its_line() {
    let refused =
        |row: &str| import(format!("date,value\n2025-01-02,996.46\n\n{row}\n2025-01-06,998\n")).unwrap_err();
    for (row, message) in [
        ("2025-02-30,999.85", ", line 4: found '2025-02-30', expected a date such as 2025-01-31"),
        ("2025-01-03,abc", ", line 4: found 'abc', expected a number such as 1011.82"),
        ("2025-01-03", ", line 4: found '2025-01-03', expected a date and a value, in cells of their own"),
        ("2025-01-03,1,011.82", ", line 4: found '2025-01-03,1,011.82', expected as many cells as in the header; is"),
        ("2025-01-03,5.25%", ", line 4: found '5.25%', expected a number without %"),
        (",996", ", line 4: found ',996', expected a date"),
        ("Fuente: Banco Central,", ", line 4: found 'Fuente: Banco Central', expected a date"),
    ] {
        assert!(refused(row).starts_with(message), "{}", refused(row));
    }
    let last = import("date,value\n2025-01-02,996.46\n2025-01-0").unwrap_err();
    assert!(last.starts_with(", line 3: found '2025-01-0', expected a date"), "{last}");
}

#[test]
fn all_complaints_come_at_once() {
    let rows: String = (1..=25).map(|day| format!("2025-01-{day:02},x{day}\n")).collect();
    let error = import(format!("date,value\n2025-02-30,1.5\n{rows}")).unwrap_err();
    assert!(error.starts_with(": 26 complaints, nothing is taken\n  line 2: found '2025-02-30'"), "{error}");
    assert!(error.contains("\n  line 21: found 'x19'") && error.ends_with("\n  and 6 more"), "{error}");
    let error = import("date,value\n02/01/2025,\"1,003\"\n03/01/2025,abc\n").unwrap_err();
    let asked = ["3 complaints", "--date-format dd/mm/yyyy or", "--decimal point or", "line 3: found 'abc'"];
    assert!(asked.iter().all(|words| error.contains(words)), "{error}");
}

#[test]
fn a_file_without_observations_is_refused() {
    for content in ["", "\u{feff}", "\r\n", "date,value\n", "date,value\n2025-01-01,\n"] {
        assert!(import(content).unwrap_err().starts_with(": there are no observations"), "{content:?}");
    }
    let error = read_file(Path::new("/nowhere/rates.csv"), &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.starts_with("cannot read /nowhere/rates.csv:"), "{error}");
}

#[test]
fn columns_are_found_by_name_and_chosen_where_two_are_possible() {
    let expected = observed(&[("2025-01-02", 996.1)]);
    for text in [
        "valor,fecha\n996.1,2025-01-02\n",
        "Día;Último;Máximo\n2025-01-02;996,1;999,5\n",
        "date,usdclp,usdcop\n2025-01-02,996.1,4400.5\n",
        "date,USD/CLP,USD/COP\n2025-01-02,996.1,4400.5\n",
        ",DEXCHUS\n2025-01-02,996.1\n",
        "2025-01-02,996.1\n",
        "id,date,value\n7,2025-01-02,996.1\n",
        ",Date,DEXCHUS\n0,2025-01-02,996.1\n",
    ] {
        let series = ReadOptions { series: Some("usdclp".into()), ..ReadOptions::default() };
        assert_eq!(read_with(text, &series).map(|file| pairs(&file)), Ok(expected.clone()), "{text}");
    }
    let two = "date,bid,ask\n2025-01-02,996.1,997.1\n";
    let asked = ": several columns may be the value: 'bid', 'ask'. Name the one to take: --value-column NAME";
    assert_eq!(import(two).unwrap_err(), asked);
    for column in ["bid", "BID", "2"] {
        let chosen = ReadOptions { value_column: Some(column.into()), ..ReadOptions::default() };
        assert_eq!(read_with(two, &chosen).map(|file| pairs(&file)), Ok(expected.clone()), "{column}");
    }
    let missing = ReadOptions { value_column: Some("mid".into()), ..ReadOptions::default() };
    let error = read_with(two, &missing).unwrap_err();
    assert_eq!(error, ": --value-column: there is no column 'mid'; the columns are 'date', 'bid', 'ask'");
    let error = import("start,end,value\n2025-01-02,2025-01-03,996.1\n").unwrap_err();
    assert!(
        error.starts_with(": several columns hold dates; the columns are 'start', 'end', 'value'. Name"),
        "{error}"
    );
    let error = import("mes,valor\nene-24,996.1\n").unwrap_err();
    assert!(error.starts_with(": no column holds dates such as 2025-01-31 (line 2: 'ene-24,996.1'); the"), "{error}");
    let error = import("año,mes,día,valor\n2025,1,2,996.1\n").unwrap_err();
    assert!(error.contains("put the date into one column"), "{error}");
    let series = ReadOptions { series: Some("usdclp".into()), ..ReadOptions::default() };
    let error = read_with("date,CLP/USD\n2025-01-02,0.001004\n", &series).unwrap_err();
    assert!(error.starts_with(": column 'CLP/USD' quotes the opposite of series 'usdclp'"), "{error}");
}

#[test]
fn formats_that_are_no_tables_are_named() {
    for (bytes, found) in [
        (&b"%PDF-1.7"[..], ": this is a PDF document; save the table as CSV or as an .xlsx workbook"),
        (b"\x89PNG\r\n\x1a\n", ": this is a picture (PNG)"),
        (b"PAR1\x15\x04", ": this is a Parquet file"),
        (b"\x1f\x8b\x08\x00", ": this is a gzip archive; unpack it and import the file inside"),
        (b"{\"serie\":[]}", ": this is JSON; convert it"),
        (b"[[1,2]]", ": this is JSON"),
        (b" <!DOCTYPE html><html>", ": this is an HTML page, whatever its name"),
        (b"<table><tr><td>2025-01-02</td></tr></table>", ": this is an HTML page"),
        (
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
            ": this is an Excel workbook of the year 2003",
        ),
        (b"<?xml version=\"1.0\"?><a/>", ": this is an XML document"),
        (b"PK\x03\x04 broken", ": the zip archive cannot be opened"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", ": the Excel workbook (.xls) cannot be opened"),
        (b"a\x00\x01\x02b\x03", ": this is not text but binary data"),
        (b"hello", ": no table was found: line 1 is 'hello', expected a header such as date,value"),
    ] {
        let error = import(bytes).unwrap_err();
        assert!(error.starts_with(found), "{error}");
    }
}

#[test]
fn several_series_or_times_in_one_file_are_refused() {
    let long: String = (1..=9).map(|day| format!("AR,2025-01-0{day},1000\nCL,2025-01-0{day},99{day}\n")).collect();
    let error = import(format!("area,date,value\n{long}")).unwrap_err();
    assert!(
        error.starts_with(", line 3: another value for 2025-01-01 than on line 2, and so on 9 rows; keep"),
        "{error}"
    );
    let twice = "date,value\n2025-01-06,1005\n2025-01-07,1003\n2025-01-07,1004\n";
    assert_eq!(import(twice).unwrap().len(), 3, "a correction below is left to the checks");
    let times = "time,close\n2025-01-06 09:00,1005\n2025-01-06 17:00,1006\n";
    assert!(
        import(times).unwrap_err().starts_with(", line 3: another value for 2025-01-06 than on line 2 (at 17:00)")
    );
}

#[test]
fn two_currencies_in_one_column_are_refused() {
    let error = import("date,value\n2025-01-02,USD 1.5\n2025-01-03,CLP 996.1\n").unwrap_err();
    assert_eq!(error, ", line 3: found 'CLP 996.1', expected USD as in 'USD 1.5' (line 2)");
}

#[test]
fn dates_across_a_row_are_told() {
    let error = import("serie,2025-01-02,2025-01-03,2025-01-06\ndolar,996.1,998.2,1003.7\n").unwrap_err();
    assert!(error.starts_with(": no table was found: the dates stand beside each other in one row"), "{error}");
}
