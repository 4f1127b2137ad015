use super::*;
use crate::{
    listings::{is_stand_in, listings},
    provider::DocumentLocation,
    providers::tests::{observed, unreadable, wanted},
};

const MONTHS: [&str; 12] = ["Ene", "Feb", "Mar", "Abr", "May", "Jun", "Jul", "Ago", "Sep", "Oct", "Nov", "Dic"];

fn service() -> Sii {
    Sii::new("http://localhost:1/")
}

/// Returns a page in the form of 2013 and later, with some cells (day, month, content).
pub(crate) fn page(cells: &[(u32, usize, &str)]) -> String {
    let cell = |day: u32, month: usize| {
        let written = cells.iter().find(|(d, m, _)| (*d, *m) == (day, month));
        written.map_or("&nbsp;", |(_, _, content)| content)
    };
    let header: String = MONTHS.iter().map(|month| format!("<th>{month}</th>")).collect();
    let days: String = (1..=31)
        .map(|day| {
            let cells: String =
                (1..=12).map(|month| format!("<td style='text-align:right;'>{}</td>", cell(day, month))).collect();
            format!("<tr><th style='text-align:center;'>{day}</th>{cells}</tr>\n")
        })
        .collect();
    let means = "<td>950,10</td>".repeat(12);
    format!(
        "<!doctype html><html lang='es'><head><title>Dólar</title><script>if (1 < 2) {{}}</script></head><body>\
         <div class='meses' id='mes_enero'><h2>Enero</h2><table><tr><th>Día</th><th>Valor</th><th>Día</th>\
         <th>Valor</th></tr><tr><th><strong>1</strong></th><td>&nbsp;</td><th><strong>12</strong></th><td>1,00</td>\
         </tr></table></div>\n<div class='meses' id='mes_all'><div class='table-responsive'>\
         <table class=\"table table-hover\" id=\"table_export\">\n<thead><tr><th>Día</th>{header}</tr></thead>\n<tbody>\n\
         {days}<tr><th>Promedio</th>{means}</tr></tbody></table></div></div><table><tr><td>31</td></tr></table></body>\
         </html>"
    )
}

fn read_year(year: i32, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
    let wanted = wanted("dolar", "2024-01-01", "2024-12-31");
    service().read(&wanted, &Document::web(String::new(), format!("dolar/{year}")), body)
}

fn read(body: &str) -> Result<Vec<RawObservation>, ReadError> {
    read_year(2024, body.as_bytes())
}

#[test]
fn a_document_a_year_and_the_older_ones_are_elsewhere() {
    let of = |from: &str, to: &str| -> Vec<(String, bool)> {
        let documents = service().documents(&wanted("dolar", from, to));
        let web = |document: Document| match document.place {
            DocumentLocation::Web(urls) => (urls.concat(), document.may_be_missing),
            _ => (String::new(), false),
        };
        documents.into_iter().map(web).collect()
    };
    let old = "http://localhost:1/pagina/valores/dolar/dolar2012.htm".to_owned();
    let new = |year: i32| format!("http://localhost:1/valores_y_fechas/dolar/dolar{year}.htm");
    assert_eq!(of("2012-12-24", "2014-01-08"), [(old, false), (new(2013), false), (new(2014), false)]);
    assert_eq!(of("2026-11-14", "2026-11-28"), [(new(2026), false)]);
    assert_eq!(of("1970-01-01", "1990-01-08").len(), 1);
    assert_eq!(of("2026-01-02", "2026-01-01"), [(new(2026), true)]);
    assert_eq!(service().documents(&wanted("uf", "2026-01-01", "2026-11-28")), []);
}

#[test]
fn only_the_page_of_a_new_year_may_be_missing_and_only_for_a_week() {
    let missing = |to: &str| -> Vec<bool> {
        let documents = service().documents(&wanted("dolar", "2026-12-20", to));
        documents.iter().map(|document| document.may_be_missing).collect()
    };
    assert_eq!(missing("2026-12-31"), [false]);
    assert_eq!(missing("2027-01-01"), [false, true]);
    assert_eq!(missing("2027-01-07"), [false, true]);
    assert_eq!(missing("2027-01-08"), [false, false]);
}

#[test]
fn the_dolar_observado_is_the_only_series_and_official() {
    let listed = |series: &str| listings(series).into_iter().find(|listing| listing.provider == NAME);
    let usdclp = listed("usdclp").unwrap();
    assert_eq!((usdclp.symbol.as_str(), usdclp.reading), ("dolar", ValueConversion::AsIs));
    assert_eq!((listed("eurclp"), listed("usdclp_spot"), listed("usdmxn")), (None, None, None));
    assert!(!is_stand_in("usdclp", NAME));
}

#[test]
fn values_are_read_by_day_and_month_and_the_last_row_is_left_out() {
    let page = page(&[(29, 2, "1.003,25"), (2, 1, " 877,12\n"), (31, 12, "<b>992</b>,12"), (3, 1, ""), (4, 1, "-")]);
    let expected = [observed("2024-01-02", 877.12), observed("2024-02-29", 1003.25), observed("2024-12-31", 992.12)];
    assert_eq!(read(&page).unwrap(), expected);
    assert_eq!(read(&self::page(&[])).unwrap(), [], "before the first value of a year");
}

#[test]
fn encodings_and_capitals_do_not_matter() {
    let page = page(&[(6, 3, "976,36")]);
    let expected = [observed("2024-03-06", 976.36)];
    let latin: Vec<u8> = page.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(read_year(2024, &latin).unwrap(), expected);
    let entities = page.replace("Día", "D&iacute;a").replace("&nbsp;", "");
    assert_eq!(read(&entities).unwrap(), expected);
    let capitals = page.to_uppercase().replace("&NBSP;", ">&nbsp;");
    assert_eq!(read(&capitals).unwrap(), expected);
    let open = page.replace("</td>", "").replace("</th>", "").replace("</tr>", "");
    assert_eq!(read(&open).unwrap(), expected);
}

/// The form of the pages before 2013: days in `td` or `th`, months written out, and in some years a decimal point.
#[test]
fn pages_before_2013_are_read_too() {
    let months = ["Enero", "Febrero", "Marzo", "Abril", "Mayo", "Junio", "Julio", "Agosto"];
    let months = months.into_iter().chain(["Septiembre", "Octubre", "Noviembre", "Diciembre"]);
    let header: String = months.map(|month| format!("<TH ID='c'>{month}</TH>")).collect();
    let days: String = (1..=31)
        .map(|day| {
            let value = if day == 3 { "576.60" } else { ">&nbsp;" };
            format!("<TR><TD>{day}</TD><TD>{value}</TD>{}</TR>", "<TD>&nbsp;</TD>".repeat(11))
        })
        .collect();
    let page = format!("<DIV ID=contenido><TABLE BORDER=1><TR><TD>&nbsp;</TD>{header}</TR>{days}</TABLE></DIV>");
    assert_eq!(read_year(2005, page.as_bytes()).unwrap(), [observed("2005-01-03", 576.6)]);
}

#[test]
fn impossible_dates_and_numbers_are_named() {
    for (cell, message) in [
        ((30, 2, "976,36"), "day 30, month 2: found '976,36', expected nothing, since there is no such day"),
        ((31, 4, "976,36"), "day 31, month 4: found '976,36', expected nothing"),
        ((6, 3, "976,36 *"), "day 6, month 3: found '976,36 *', expected a number such as 1.003,25"),
        ((6, 3, "1,003.25"), "day 6, month 3: found '1,003.25', expected a number"),
        ((6, 3, "n/d"), "day 6, month 3: found 'n/d', expected a number"),
    ] {
        let error = unreadable(read(&page(&[cell])));
        assert!(error.starts_with(message), "{error}");
    }
    let leap = page(&[(29, 2, "976,36")]);
    assert_eq!(read_year(2024, leap.as_bytes()).unwrap(), [observed("2024-02-29", 976.36)]);
    assert!(unreadable(read_year(2023, leap.as_bytes())).starts_with("day 29, month 2: found '976,36'"));
}

#[test]
fn a_table_that_is_cut_off_or_has_other_rows_is_refused() {
    let good = page(&[(6, 3, "976,36")]);
    let at = |text: &str| good.rfind(text).unwrap();
    for (body, message) in [
        (good[..at("<tr><th style='text-align:center;'>31</th>")].to_owned(), "row 31 of the table: found 'the end"),
        (
            good[..at("<td style='text-align:right;'>&nbsp;</td></tr>")].to_owned(),
            "day 31: found '12 cells', expected",
        ),
        (good.replace("'>12</th>", "'>13</th>"), "row 12 of the table: found '13', expected each day from 1 to 31"),
        (good.replace("'>12</th>", "'>doce</th>"), "row 12 of the table: found 'doce', expected each day"),
        (
            good.replace("<tr><th style='text-align:center;'>7</th>", "<tr><th>7</th><td>1,5</td>"),
            "day 7: found '14 cells', expected the day and a cell for each of the 12 months",
        ),
    ] {
        let error = unreadable(read(&body));
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn answers_that_are_something_else_are_named() {
    let good = page(&[(6, 3, "976,36")]);
    for (body, message) in [
        ("", "the answer is not a table with the columns Día, Ene to Dic: nothing;"),
        ("<html><title>Request Rejected</title>", "Ene to Dic: '<html><title>Request Rejected</title>';"),
        ("{\"serie\":[]}", "Ene to Dic: '{\"serie\":[]}';"),
        (&good[..good.find("<thead>").unwrap()], "the answer is not a table with the columns Día, Ene to Dic: '"),
        (&good.replace("<th>Abr</th>", "<th>Apr</th>"), "the answer is not a table with the columns Día, Ene to Dic"),
        (&good.replace("<th>Dic</th>", ""), "the answer is not a table with the columns Día, Ene to Dic"),
    ] {
        let error = unreadable(read(body));
        assert!(error.contains(message), "{error}");
    }
    let other = Document::web(String::new(), "dolar/1066");
    let error = service().read(&wanted("dolar", "2024-01-01", "2024-12-31"), &other, good.as_bytes());
    assert_eq!(unreadable(error), "it has no series 'dolar'");
}
