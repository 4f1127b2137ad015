//! The cases of the issue and layouts of central banks, portals and programs, in Spanish and English.

use super::*;
use std::path::PathBuf;

/// Reads a file of `tests/cases/import/layouts`.
fn case(name: &str, options: &ReadOptions) -> Result<ImportedFile, String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import/layouts").join(name);
    read_with(std::fs::read(path).unwrap(), options)
}

fn series(name: &str) -> ReadOptions {
    ReadOptions { series: Some(name.to_owned()), ..ReadOptions::default() }
}

/// Checks the number of observations, the first and the last.
fn reads(name: &str, options: &ReadOptions, count: usize, first: (&str, f64), last: (&str, f64)) -> Reading {
    let file = case(name, options).unwrap_or_else(|error| panic!("{name}{error}"));
    let found = pairs(&file);
    let ends = observed(&[first, last]);
    assert_eq!((found.len(), &found[0], &found[found.len() - 1]), (count, &ends[0], &ends[1]), "{name}");
    file.reading
}

fn refuses(name: &str, options: &ReadOptions, words: &[&str]) {
    let error = case(name, options).expect_err(name);
    assert!(words.iter().all(|words| error.contains(words)), "{name}{error}");
}

#[test]
fn the_cases_of_the_issue() {
    let plain = series("usdclp");
    let (d30, d2) = (("2024-12-30", 996.1), ("2025-01-02", 1007.1));
    let (december, end) = (("2024-12-02", 975.2), ("2024-12-20", 989.7));
    for (name, count, first, last, told) in [
        ("currency_sign.csv", 2, d30, d2, "decimal point"),
        ("datetime.csv", 2, d30, ("2024-12-31", 1003.2), "yyyy-mm-dd"),
        ("footer.csv", 2, d30, d2, "line 5 (note: 'Fuente: Banco Central de Chile')"),
        ("latin1.csv", 15, december, end, "Windows-1252"),
        ("null_rows.csv", 2, d30, d2, "1 date without a value"),
        ("preamble.csv", 1, d30, d30, "line 1 (title: 'Dólar observado')"),
        ("semicolon.csv", 15, december, end, "decimal comma (line 2: '975,2')"),
        ("sep_line.csv", 15, december, end, "header on line 2"),
        ("spanish_month.csv", 1, d2, d2, "with the month's name"),
        ("two_header.csv", 2, d30, d2, "line 3 (header repeated"),
        (
            "us_thousands.csv",
            2,
            ("2025-01-02", 1003.75),
            ("2025-01-03", 1011.82),
            "decimal point (line 2: '1,003.75')",
        ),
        ("utf16_tab.csv", 15, december, end, "UTF-16LE text with tabs"),
    ] {
        let reading = reads(name, &plain, count, first, last);
        assert!(!reading.is_plain && reading.lines().join("\n").contains(told), "{name} {:?}", reading.lines());
    }
    refuses(
        "ddmmyyyy.csv",
        &plain,
        &["line 2: '02/01/2025' is 2025-01-02 as dd/mm/yyyy and 2025-02-01 as mm/dd/yyyy", "--date-format"],
    );
    let order = ReadOptions { date_order: Some(DateOrder::DayMonthYear), ..plain.clone() };
    reads("ddmmyyyy.csv", &order, 2, ("2025-01-02", 1007.1), ("2025-01-03", 1011.8));
    refuses(
        "usdclp_dot_thousands.csv",
        &plain,
        &[
            "line 4: '1.003' may be 1.003 or 1003: beside '996.1' (line 3)",
            "contradicts itself, on 3 rows",
            "--decimal point",
        ],
    );
}

const FIRST: (&str, f64) = ("2025-01-02", 996.1);
const LAST: (&str, f64) = ("2025-01-15", 1005.44);

#[test]
fn spanish_layouts_are_read() {
    let plain = series("usdclp");
    let told = |reading: Reading, words: &str| {
        let lines = reading.lines().join("\n");
        assert!(lines.contains(words), "{lines}");
    };
    told(reads("es_bcch_semicolon.csv", &plain, 10, FIRST, LAST), "dd-mm-yyyy (line 12: '13-01-2025')");
    told(reads("es_investing.csv", &plain, 10, LAST, FIRST), "values from 'Último', decimal comma");
    told(
        reads("es_banxico.csv", &plain, 9, ("2025-01-02", 19.922), ("2025-01-15", 20.1088)),
        "values from 'SF43718'",
    );
    told(reads("es_bcra.csv", &plain, 10, FIRST, LAST), "dd/mm/yyyy");
    told(
        reads("es_bcrp_peru.csv", &plain, 9, ("2025-01-02", 3.6893), ("2025-01-15", 3.7239)),
        "1 date without a value",
    );
    told(reads("es_excel_unicode.txt", &plain, 10, FIRST, LAST), "UTF-16LE text with tabs");
    told(reads("es_excel_pesos.csv", &plain, 9, FIRST, LAST), "line 12 (sum or average: 'Promedio;;$ 1.003,71')");
    told(
        reads("es_meses.csv", &plain, 12, ("2024-01-01", 900.0), ("2024-12-01", 980.3)),
        "months, dated the first day",
    );
    told(reads("es_fecha_larga.csv", &plain, 10, FIRST, LAST), "with '|'");
    told(
        reads("es_bcch_cuadro.xlsx", &plain, 9, FIRST, LAST),
        "Excel workbook, sheet 'Cuadro', header on sheet 'Cuadro', row 4",
    );
    told(reads("es_cotizaciones.xls", &plain, 10, FIRST, LAST), "values from 'Cotización'");
    let column = ReadOptions { date_column: Some("VigenciaDesde".into()), ..plain };
    reads("es_trm_colombia.csv", &column, 10, ("2025-01-02", 3984.4), ("2025-01-15", 4021.76));
    let column = ReadOptions { value_column: Some("venta".into()), ..ReadOptions::default() };
    reads("es_compra_venta.csv", &column, 10, ("2025-01-02", 997.1), ("2025-01-15", 1006.44));
    let comma = ReadOptions { decimal: Some(DecimalSign::Comma), ..ReadOptions::default() };
    reads("es_puntos_de_miles.csv", &comma, 10, ("2025-01-02", 1006.0), ("2025-01-15", 1015.0));
}

#[test]
fn spanish_layouts_that_leave_a_doubt_are_refused() {
    let plain = series("usdcop");
    refuses(
        "es_trm_colombia.csv",
        &plain,
        &["several columns hold dates", "'VIGENCIADESDE', 'VIGENCIAHASTA'", "--date-column"],
    );
    refuses("es_compra_venta.csv", &plain, &["'compra', 'venta'", "--value-column"]);
    refuses(
        "es_puntos_de_miles.csv",
        &plain,
        &["line 2: '1.006' may be 1.006 or 1006", "--decimal point or --decimal comma"],
    );
    refuses("es_matriz.csv", &plain, &["no column holds dates", "'Enero', 'Febrero', 'Marzo'"]);
    refuses("es_pagina.xls", &plain, &["this is an HTML page, whatever its name"]);
}

#[test]
fn english_layouts_are_read() {
    let plain = series("usdclp");
    let told = |reading: Reading, words: &str| {
        let lines = reading.lines().join("\n");
        assert!(lines.contains(words), "{lines}");
    };
    told(reads("en_investing.csv", &plain, 10, LAST, FIRST), "mm/dd/yyyy (line 2: '01/15/2025')");
    told(reads("en_yahoo.csv", &plain, 9, FIRST, LAST), "values from 'Close'");
    told(reads("en_fred.csv", &plain, 9, ("2025-01-02", 7.2181), ("2025-01-15", 7.2858)), "values from 'DEXCHUS'");
    told(
        reads("en_fred_old.csv", &plain, 9, ("2025-01-02", 7.2181), ("2025-01-15", 7.2858)),
        "1 date without a value",
    );
    told(reads("en_bis.csv", &plain, 9, FIRST, LAST), "dates from 'TIME_PERIOD'");
    told(reads("en_tradingview.csv", &plain, 10, FIRST, LAST), "Unix time, in UTC");
    told(reads("en_google_finance.csv", &plain, 10, FIRST, LAST), "mm/dd/yyyy (line 9: '1/13/2025 16:00:00')");
    told(
        reads("en_bank_of_england.csv", &plain, 10, ("2025-01-02", 1.2451), ("2025-01-15", 1.2568)),
        "with the month's name",
    );
    told(reads("en_fed_h10.csv", &plain, 9, FIRST, LAST), "1 date without a value");
    told(reads("en_us_dates.csv", &plain, 10, FIRST, LAST), "with the month's name");
    told(reads("en_swiss.csv", &plain, 10, FIRST, LAST), "semicolons");
    told(reads("en_libreoffice.ods", &plain, 10, FIRST, LAST), "OpenDocument spreadsheet, sheet 'Rates'");
    let column = |name: &str| ReadOptions { value_column: Some(name.into()), ..ReadOptions::default() };
    told(
        reads("en_rba.csv", &column("FXRUSD"), 10, ("2025-01-02", 0.6226), ("2025-01-15", 0.6284)),
        "header on line 5",
    );
    let zip = reads("en_eurofxref-hist.zip", &column("USD"), 10, ("2025-01-15", 1.0473), ("2025-01-02", 1.0376));
    told(zip, "UTF-8 text ('eurofxref-hist.csv' in a zip archive) with commas");
    let columns = ReadOptions { date_column: Some("1".into()), ..column("6") };
    told(reads("en_metatrader.csv", &columns, 10, FIRST, LAST), "no header");
    let sheet = ReadOptions { sheet: Some("eur".into()), ..ReadOptions::default() };
    told(reads("en_two_sheets.xlsx", &sheet, 10, FIRST, LAST), "sheet 'EUR'");
}

#[test]
fn english_layouts_that_leave_a_doubt_are_refused() {
    let plain = series("usdclp");
    refuses("en_rba.csv", &plain, &["several columns may be the value: 'FXRUSD', 'FXRTWI'"]);
    refuses("en_eurofxref-hist.zip", &plain, &["'USD', 'JPY', 'BGN'", "--value-column", "against the euro"]);
    refuses("en_metatrader.csv", &plain, &["--value-column"]);
    refuses("en_two_sheets.xlsx", &plain, &["2 sheets hold a table: 'USD', 'EUR'; choose one: --sheet NAME"]);
    refuses(
        "en_swapped_dates.xlsx",
        &plain,
        &["sheet 'Sheet', row 9: '13/01/2025' is text, but other rows hold dates"],
    );
    refuses("en_day_first.csv", &plain, &["'02/01/2025' is 2025-01-02 as dd/mm/yyyy and 2025-02-01 as mm/dd/yyyy"]);
    refuses("en_intraday.csv", &plain, &["another value for 2025-01-02", "keep one series and one value a day"]);
    refuses("en_document.csv", &plain, &["this is a PDF document"]);
    refuses("en_service.csv", &plain, &["this is JSON"]);
}
