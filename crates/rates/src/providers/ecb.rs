//! The euro foreign exchange reference rates of the European Central Bank, without a key.
//!
//! - **Documentation**: <https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates>.
//!   Free to use with the source named; the ECB provides it for information only, not for transactions.
//! - **Address**: `https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip`, all days since 1999-01-04, about
//!   600 kB. A document of 90 days exists as well, in XML only; one format and at most one request a day are enough.
//! - **Response**: a zip archive with one CSV file, newest first, a comma at the end of each line, `N/A` where a
//!   currency was not quoted: `Date,USD,JPY,BGN,CYP,...,ZAR,` and `2025-04-25,1.1357,162.8,1.9558,N/A,...,21.3608,`.
//!   Units of each currency per euro.
//! - **Dates**: days on which TARGET is open. The central banks agree the rates at about 14:15 in Frankfurt; they are
//!   published at about 16:00. Holidays have no row.
//! - **Errors**: pages in HTML.
//! - **Quirks**: the column of a discontinued currency stays (CYP, RUB, BGN); the Chilean peso has none.
//! - **Symbols**: `USD/AUD` is Australian dollars per US dollar, from the rates of both against the euro; `DXY` is
//!   computed.

use super::{
    answer::{no_such_series, text, unexpected_format},
    quantity::Quantity,
    table::{CsvFormat, TableRow},
};
use crate::{
    provider::{Document, PairRequest, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion, excerpt},
    snapshot::RawObservation,
};
use chrono::NaiveDate;
use std::{
    io::{Cursor, Read},
    sync::Arc,
};
use zip::ZipArchive;

/// Name of the provider.
const NAME: &str = "ecb";
/// Default address.
const DEFAULT_URL: &str = "https://www.ecb.europa.eu/stats/eurofxref";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    series: &[("dxy", "DXY", ValueConversion::AsIs)],
    pair: symbol_of_pair,
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Ecb::new(settings.address())))
};

/// Currencies quoted today, and the euro itself.
const QUOTED: [&str; 30] = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY",
    "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
];

const EXPECTED: &str = "a zip archive with a CSV file that has the columns Date, USD, JPY, ...";

const FORM: CsvFormat<'static> = CsvFormat { expected: EXPECTED, date_columns: &["date"], missing: &["N/A"] };

/// Largest size of the unpacked file in bytes: thirty times that of 2025.
const UNPACKED: u64 = 16 * 1024 * 1024;

/// First day with rates.
const FIRST: Option<NaiveDate> = NaiveDate::from_ymd_opt(1999, 1, 4);

/// Client for the ECB's reference rates at an address.
#[derive(Debug)]
pub(crate) struct Ecb {
    base_url: String,
}

impl Ecb {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned() }
    }
}

impl Provider for Ecb {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        if quantity(&wanted.symbol).is_none() || wanted.from > wanted.to || Some(wanted.to) < FIRST {
            return Vec::new();
        }
        vec![Document::web(format!("{}/eurofxref-hist.zip", self.base_url), "eurofxref-hist.zip")]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let quantity = quantity(&wanted.symbol).ok_or_else(|| no_such_series(&wanted.symbol))?;
        let unpacked = unpack(body, UNPACKED)?;
        // The euro has no column.
        let mut columns = quantity.currencies();
        columns.retain(|currency| *currency != "EUR");
        let rows = FORM.rows(&text(&unpacked), &columns, wanted)?;
        let rows = rows.ok_or_else(|| no_such_series(&wanted.symbol))?;
        Ok(rows.into_iter().filter_map(|row| value(&quantity, row)).collect())
    }
}

/// Returns the symbol of a pair of quoted currencies.
fn symbol_of_pair(request: &PairRequest<'_>) -> Option<(String, ValueConversion)> {
    let PairRequest { base, quote, spot, .. } = request;
    let both = QUOTED.contains(base) && QUOTED.contains(quote);
    (both && !spot).then(|| (format!("{base}/{quote}"), ValueConversion::AsIs))
}

fn quantity(symbol: &str) -> Option<Quantity<'_>> {
    Quantity::of(symbol, |currency| QUOTED.contains(&currency))
}

/// Computes the observation of a row; `None` when one of its rates is missing.
fn value(quantity: &Quantity<'_>, row: TableRow) -> Option<RawObservation> {
    let mut rates = row.values.into_iter();
    let per_euro = |currency: &str| Ok(if currency == "EUR" { Some(1.0) } else { rates.next().flatten() });
    let value = quantity.value(per_euro).ok().flatten()?;
    Some(RawObservation { date: row.date, value })
}

/// Unpacks the CSV file of the archive; one that is too large is refused before it fills the memory.
fn unpack(body: &[u8], at_most: u64) -> Result<Vec<u8>, ReadError> {
    let broken = |reason: String| unexpected_format(EXPECTED, format!("{} ({reason})", excerpt(body)));
    let mut archive = ZipArchive::new(Cursor::new(body)).map_err(|e| broken(e.to_string()))?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let Some(name) = names.iter().find(|name| name.to_lowercase().ends_with(".csv")) else {
        let names: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
        return Err(unexpected_format(EXPECTED, format!("an archive of {}", excerpt(names.join(", ").as_bytes()))));
    };
    let file = archive.by_name(name).map_err(|e| broken(e.to_string()))?;
    let mut unpacked = Vec::new();
    file.take(at_most + 1).read_to_end(&mut unpacked).map_err(|e| broken(e.to_string()))?;
    if unpacked.len() as u64 > at_most {
        let found = format!("{} bytes that unpack to more than {at_most}", body.len());
        return Err(unexpected_format("an archive of plausible size", found));
    }
    Ok(unpacked)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::providers::tests::{observed, unreadable, wanted};
    use std::io::Write;
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    /// Sample in the ECB's format, with numbers near those of the days.
    const HEADER: &str = "Date,USD,JPY,BGN,CYP,GBP,SEK,CHF,AUD,CAD,\n";
    const ROWS: &str = "2024-03-07,1.0895,161.27,1.9558,N/A,0.85533,11.2355,0.9579,1.6524,1.4689,\n\
                        2024-03-06,1.0874,162.69,1.9558,N/A,0.85468,11.2645,0.9608,1.6609,1.4753,\n\
                        2024-03-05,1.0849,162.95,1.9558,N/A,0.85526,11.2845,0.9602,N/A,N/A,\n\
                        1999-01-04,1.1789,133.73,N/A,0.58231,0.7111,9.4696,1.6168,1.91,1.8004,\n";

    fn pack(name: &str, content: &[u8], method: CompressionMethod) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap().into_inner()
    }

    /// Packs an archive without compression, which is fast.
    pub(in crate::providers) fn stored(name: &str, content: &[u8]) -> Vec<u8> {
        pack(name, content, CompressionMethod::Stored)
    }

    /// Packs a compressed archive, as the ECB does.
    fn archive(name: &str, content: &str) -> Vec<u8> {
        pack(name, content.as_bytes(), CompressionMethod::Deflated)
    }

    /// Returns a small sample archive.
    pub(in crate::providers) fn small_archive() -> Vec<u8> {
        archive("eurofxref-hist.csv", &format!("{HEADER}{ROWS}"))
    }

    fn read(symbol: &str, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let (service, wanted) = (Ecb::new(DEFAULT_URL), wanted(symbol, "2024-01-01", "2024-12-31"));
        service.read(&wanted, &Document::web(String::new(), ""), body)
    }

    #[test]
    fn one_document_holds_every_day_of_the_currencies_quoted() {
        let documents =
            |symbol: &str, to: &str| Ecb::new("http://localhost:1/").documents(&wanted(symbol, "1990-01-01", to));
        let document = Document::web("http://localhost:1/eurofxref-hist.zip".into(), "eurofxref-hist.zip");
        for symbol in ["USD/AUD", "EUR/USD", "GBP/EUR", "DXY"] {
            assert_eq!(documents(symbol, "2024-03-06"), std::slice::from_ref(&document));
        }
        for (symbol, to) in [("USD/CLP", "2024-03-06"), ("USDAUD", "2024-03-06"), ("DXY", "1999-01-03")] {
            assert_eq!(documents(symbol, to), [], "{symbol}");
        }
    }

    #[test]
    fn a_cross_goes_through_the_euro_and_days_without_a_rate_are_left_out() {
        let expected = [observed("2024-03-07", 1.6524 / 1.0895), observed("2024-03-06", 1.6609 / 1.0874)];
        assert_eq!(read("USD/AUD", &small_archive()).unwrap(), expected);
        let euro = read("EUR/USD", &small_archive()).unwrap();
        assert_eq!(euro[2], observed("2024-03-05", 1.0849));
        assert_eq!(read("USD/EUR", &small_archive()).unwrap()[2], observed("2024-03-05", 1.0 / 1.0849));
    }

    #[test]
    fn the_dollar_index_is_computed_on_days_with_all_six() {
        let index = read("DXY", &small_archive()).unwrap();
        assert_eq!(index.iter().map(|o| o.date.to_string()).collect::<Vec<_>>(), ["2024-03-07", "2024-03-06"]);
        let per_euro = [1.0, 162.69, 0.85468, 1.4753, 11.2645, 0.9608];
        assert_eq!(index[1].value, crate::providers::dollar_index::dollar_index(per_euro.map(|rate| rate / 1.0874)));
    }

    #[test]
    fn a_header_without_the_comma_at_its_end_will_do() {
        let body = archive("a.csv", &format!("{HEADER}{ROWS}").replace(",\n", "\n"));
        assert_eq!(read("USD/AUD", &body).unwrap().len(), 2);
    }

    #[test]
    fn a_currency_without_a_column_is_no_series() {
        assert_eq!(unreadable(read("USD/ZAR", &small_archive())), "it has no series 'USD/ZAR'");
        assert_eq!(unreadable(read("USD/CLP", &small_archive())), "it has no series 'USD/CLP'");
    }

    #[test]
    fn what_is_no_archive_of_a_table_is_named() {
        let whole = small_archive();
        let mut flipped = whole.clone();
        flipped[60] ^= 0xff;
        for (body, message) in [
            (Vec::new(), "JPY, ...: nothing ("),
            (b"<html>Not found</html>".to_vec(), "'<html>Not found</html>' ("),
            (whole[..whole.len() - 40].to_vec(), "'PK"),
            (flipped, "'PK"),
            (archive("readme.txt", ""), "JPY, ...: an archive of 'readme.txt';"),
            (archive("a.csv", "<html>"), "JPY, ...: '<html>';"),
            (archive("a.csv", ""), "JPY, ...: nothing;"),
            (archive("a.csv", "Date,USD,AUD,\n06.03.2024,1,1,"), "line 2: found '06.03.2024', expected a date"),
        ] {
            let error = unreadable(read("USD/AUD", &body));
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_fills_the_memory() {
        let body = archive("a.csv", &"0".repeat(1_000_000));
        let error = unpack(&body, 999_999).unwrap_err().to_string();
        assert!(body.len() < 2_000 && error.contains("bytes that unpack to more than 999999"), "{error}");
        assert_eq!(unpack(&body, 1_000_000).unwrap().len(), 1_000_000);
    }

    #[test]
    fn a_file_of_six_megabytes_is_read_quickly() {
        let row = ",1.0874".repeat(41);
        let rows: String = (0..20_000).map(|i| format!("20{:02}-01-{:02}{row},\n", i % 90, 1 + i % 28)).collect();
        let names: String = (0..39).map(|i| format!(",C{i}")).collect();
        let body = archive("a.csv", &format!("Date,USD,AUD{names},\n{rows}"));
        let started = std::time::Instant::now();
        assert!(!read("USD/AUD", &body).unwrap().is_empty());
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}
