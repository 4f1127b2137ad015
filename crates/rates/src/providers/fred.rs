//! FRED, the economic data of the Federal Reserve Bank of St. Louis: the tables behind its graphs, without a key.
//!
//! - **Documentation**: <https://fred.stlouisfed.org>; the documented interface requires a key and is another one.
//!   The exchange rates are the Federal Reserve's (release H.10) and in the public domain; other series belong to
//!   their sources, VIXCLS to Cboe.
//! - **Address**:
//!   `https://fred.stlouisfed.org/graph/fredgraph.csv?id=DEXJPUS,DEXCAUS&cosd=2024-03-01&coed=2024-03-31`. Several
//!   series of one frequency come in one table; series of several frequencies would come in a zip archive.
//! - **Response**, oldest first: `observation_date,DEXJPUS` (formerly `DATE,DEXJPUS`) and `2024-03-06,149.36`.
//!   Holidays have a row whose value is empty or a point.
//! - **Dates**: the day of the value. H.10 has noon rates in New York and is published on Mondays for the week
//!   before, VIX and the federal funds rate a day later. DFF has a value on every day of the week; monthly series are
//!   dated the first of their month.
//! - **Errors**: pages in HTML.
//! - **Symbols**: those of FRED, and `DXY`, ICE's index computed from the H.10 rates of its six currencies.

use super::{
    answer::{encoded, no_such_series, text},
    dollar_index::dollar_index,
    table::{CsvFormat, TableRow},
};
use crate::{
    provider::{Document, PairRequest, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion},
    snapshot::RawObservation,
};
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "fred";
/// Default address.
const DEFAULT_URL: &str = "https://fred.stlouisfed.org/graph/fredgraph.csv";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    series: &[
        ("dxy", "DXY", ValueConversion::AsIs),
        ("usd_broad", "DTWEXBGS", ValueConversion::AsIs),
        ("vix", "VIXCLS", ValueConversion::AsIs),
        ("fed_funds", "DFF", ValueConversion::AsIs),
        ("copper_monthly", "PCOPPUSDM", ValueConversion::AsIs),
    ],
    pair: series_of_pair,
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Fred::new(settings.address())))
};

/// Exchange rates of the Federal Reserve's release H.10: series, currency priced, currency of the price.
const H10: [(&str, &str, &str); 22] = [
    ("DEXBZUS", "USD", "BRL"),
    ("DEXCAUS", "USD", "CAD"),
    ("DEXCHUS", "USD", "CNY"),
    ("DEXDNUS", "USD", "DKK"),
    ("DEXHKUS", "USD", "HKD"),
    ("DEXINUS", "USD", "INR"),
    ("DEXJPUS", "USD", "JPY"),
    ("DEXKOUS", "USD", "KRW"),
    ("DEXMAUS", "USD", "MYR"),
    ("DEXMXUS", "USD", "MXN"),
    ("DEXNOUS", "USD", "NOK"),
    ("DEXSDUS", "USD", "SEK"),
    ("DEXSFUS", "USD", "ZAR"),
    ("DEXSIUS", "USD", "SGD"),
    ("DEXSLUS", "USD", "LKR"),
    ("DEXSZUS", "USD", "CHF"),
    ("DEXTAUS", "USD", "TWD"),
    ("DEXTHUS", "USD", "THB"),
    ("DEXUSAL", "AUD", "USD"),
    ("DEXUSEU", "EUR", "USD"),
    ("DEXUSNZ", "NZD", "USD"),
    ("DEXUSUK", "GBP", "USD"),
];

const FORM: CsvFormat<'static> = CsvFormat {
    expected: "a CSV file with the columns observation_date and the series",
    date_columns: &["observation_date", "date"],
    missing: &["."],
};

/// Series of the dollar index, in the order of its currencies. The euro and the pound are in USD.
const OF_THE_INDEX: [&str; 6] = ["DEXUSEU", "DEXJPUS", "DEXUSUK", "DEXCAUS", "DEXSDUS", "DEXSZUS"];

/// Client for FRED's tables at an address.
#[derive(Debug)]
pub(crate) struct Fred {
    base_url: String,
}

impl Fred {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned() }
    }
}

impl Provider for Fred {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        if symbol.is_empty() || from > to {
            return Vec::new();
        }
        let ids: Vec<String> = columns(symbol).into_iter().map(encoded).collect();
        let url = format!("{}?id={}&cosd={from}&coed={to}", self.base_url, ids.join(","));
        vec![Document::web(url, format!("{symbol} from {from} to {to}"))]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let rows = FORM.rows(&text(body), &columns(&wanted.symbol), wanted)?;
        let rows = rows.ok_or_else(|| no_such_series(&wanted.symbol))?;
        let value = |row: TableRow| if wanted.symbol == "DXY" { index(row) } else { row.single() };
        Ok(rows.into_iter().filter_map(value).collect())
    }
}

/// Returns the series of a pair of the release H.10, inverted for a pair quoted the other way round.
fn series_of_pair(request: &PairRequest<'_>) -> Option<(String, ValueConversion)> {
    let found = H10.iter().find_map(|&(id, priced, unit)| match (priced, unit) {
        _ if (priced, unit) == (request.base, request.quote) => Some((id.to_owned(), ValueConversion::AsIs)),
        _ if (priced, unit) == (request.quote, request.base) => Some((id.to_owned(), ValueConversion::Inverse)),
        _ => None,
    });
    found.filter(|_| !request.spot)
}

fn columns(symbol: &str) -> Vec<&str> {
    if symbol == "DXY" { OF_THE_INDEX.to_vec() } else { vec![symbol] }
}

/// Computes the dollar index of a row; `None` when one of the six rates is missing.
fn index(row: TableRow) -> Option<RawObservation> {
    let rates: Option<Vec<f64>> = row.values.into_iter().collect();
    let [usd_per_euro, jpy, usd_per_pound, cad, sek, chf] = rates?[..] else { return None };
    let value = dollar_index([1.0 / usd_per_euro, jpy, 1.0 / usd_per_pound, cad, sek, chf]);
    Some(RawObservation { date: row.date, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        listings::listings,
        provider::{
            DocumentLocation,
            ValueConversion::{AsIs, Inverse},
        },
        providers::tests::{observed, unreadable, wanted},
    };

    fn symbol_of(series: &str) -> Option<(String, ValueConversion)> {
        let listing = listings(series).into_iter().find(|listing| listing.provider == NAME);
        listing.map(|listing| (listing.symbol, listing.reading))
    }

    fn read(symbol: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
        let (service, wanted) = (Fred::new(DEFAULT_URL), wanted(symbol, "2024-03-01", "2024-12-31"));
        service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes())
    }

    fn address(symbol: &str) -> String {
        let documents = Fred::new("http://localhost:1/g.csv").documents(&wanted(symbol, "2024-03-01", "2024-03-31"));
        match documents.first().map(|document| &document.place) {
            Some(DocumentLocation::Web(urls)) => urls.concat(),
            _ => String::new(),
        }
    }

    #[test]
    fn one_table_has_all_series_that_are_needed() {
        assert_eq!(address("DFF"), "http://localhost:1/g.csv?id=DFF&cosd=2024-03-01&coed=2024-03-31");
        let six = "DEXUSEU,DEXJPUS,DEXUSUK,DEXCAUS,DEXSDUS,DEXSZUS";
        assert_eq!(address("DXY"), format!("http://localhost:1/g.csv?id={six}&cosd=2024-03-01&coed=2024-03-31"));
        assert!(address("A&B").contains("id=A%26B&"));
        assert_eq!(address(""), "");
    }

    #[test]
    fn both_headers_and_both_marks_of_a_missing_value_are_known() {
        let expected = [observed("2024-03-28", 151.38), observed("2024-04-01", 151.6)];
        let now = "observation_date,DEXJPUS\n2024-03-28,151.38\n2024-03-29,\n2024-04-01,151.60\n";
        assert_eq!(read("DEXJPUS", now).unwrap(), expected);
        let before = "DATE,DEXJPUS\r\n2024-03-28,151.38\r\n2024-03-29,.\r\n2024-04-01,151.60\r\n";
        assert_eq!(read("DEXJPUS", before).unwrap(), expected);
        assert_eq!(read("DEXJPUS", "observation_date,DEXJPUS\n").unwrap(), []);
    }

    #[test]
    fn the_dollar_index_needs_all_six() {
        let body = "observation_date,DEXUSEU,DEXJPUS,DEXUSUK,DEXCAUS,DEXSDUS,DEXSZUS\n\
                    2024-12-30,1.0400,156.70,1.2540,1.4380,11.03,\n\
                    2024-12-31,1.0351,157.37,1.2529,1.4389,11.0622,0.9068\n";
        let index = read("DXY", body).unwrap();
        assert_eq!(index.len(), 1);
        let expected = dollar_index([1.0 / 1.0351, 157.37, 1.0 / 1.2529, 1.4389, 11.0622, 0.9068]);
        assert_eq!(index[0].value, expected);
        assert_eq!(unreadable(read("DXY", "DATE,DEXJPUS\n2024-12-31,157.37\n")), "it has no series 'DXY'");
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        for (body, message) in [
            ("", "the answer is not a CSV file with the columns observation_date and the series: nothing;"),
            ("<!DOCTYPE html><title>404</title>", "and the series: '<!DOCTYPE html><title>404</title>';"),
            ("PK\u{3}\u{4}daily.csv", "and the series: 'PKdaily.csv';"),
            ("observation_date,DFF\n2024-03-06,5.33", "it has no series 'DEXJPUS'"),
            ("DATE,DEXJPUS\n2024-03-06,149,36", "line 2: found '2024-03-06,149,36', expected as many cells"),
            ("DATE,DEXJPUS\n2024-03-0", "line 2: found '2024-03-0', expected a date such as 2025-01-31"),
            ("DATE,DEXJPUS\n2024-03-06,n/a", "line 2: found 'n/a', expected a number such as 981.26"),
        ] {
            let error = unreadable(read("DEXJPUS", body));
            assert!(error.contains(message), "{error}");
        }
    }
    /// Independent reference: the names of the series. "USAL" is USD per Australian dollar, "BZUS" reais per USD.
    #[test]
    fn the_federal_reserves_rates_have_the_right_direction() {
        for (id, priced, unit) in H10 {
            assert_eq!(id.ends_with("US"), priced == "USD", "{id}");
            assert_eq!(id.starts_with("DEXUS"), unit == "USD", "{id}");
            let series = format!("{priced}{unit}").to_lowercase();
            assert_eq!(symbol_of(&series), Some((id.to_owned(), AsIs)));
        }
        for (series, id, reading) in [
            ("usdaud", "DEXUSAL", Inverse),
            ("usdeur", "DEXUSEU", Inverse),
            ("usdnzd", "DEXUSNZ", Inverse),
            ("usdgbp", "DEXUSUK", Inverse),
            ("eurusd", "DEXUSEU", AsIs),
            ("usdbrl", "DEXBZUS", AsIs),
            ("usdcad", "DEXCAUS", AsIs),
            ("usdmxn", "DEXMXUS", AsIs),
            ("usdnok", "DEXNOUS", AsIs),
            ("usdzar", "DEXSFUS", AsIs),
            ("cadusd", "DEXCAUS", Inverse),
        ] {
            assert_eq!(symbol_of(series), Some((id.to_owned(), reading)));
        }
        assert_eq!(symbol_of("eurgbp"), None);
    }
}
