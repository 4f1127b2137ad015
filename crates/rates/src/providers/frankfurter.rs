//! Frankfurter: official exchange rates of central banks, relayed by an open-source service, without a key.
//!
//! - **Documentation**: <https://frankfurter.dev>; source code: <https://github.com/lineofflight/frankfurter>.
//!   Version 2 of the interface, in which a central bank can be chosen. The numbers are those of the banks, under their
//!   terms.
//! - **Address**: `https://api.frankfurter.dev/v2/rates?base=USD&quotes=CLP&providers=BCCH&from=2026-07-01&to=2026-07-31`.
//!   Without `providers` it returns a mean over all banks, which is not used.
//! - **Response**, oldest first: `[{"date":"2026-07-17","base":"USD","quote":"CLP","rate":959.12},...]`; an empty list
//!   without values. With one bank and a pair that this bank publishes, `rate` has the bank's own digits.
//! - **Dates**: those of the bank. BCCH (Banco Central de Chile): the day on which the observed rate is in force.
//!   BANXICO: the day on which the FIX is determined. BCB: the day of the PTAX's closing bulletin. BCRP: the day of the
//!   closing rate of the banks in Lima. BANREP: the first day on which the TRM is in force, which is the day after the
//!   trades that it averages (a Saturday for those of a Friday), so the day before is the day of the trades.
//! - **Times**: a bank is asked every half hour in a window after its publication (BCCH from 16:00 to 19:00 UTC), so a
//!   morning's newest rate is the one of the business day before.
//! - **Days without a rate** are left out. When the first day asked for has none, the value before it may come first.
//! - **Errors**: `{"status":422,"message":"invalid currency: XXX"}` with HTTP status 422, `{"status":404,"message":"not
//!   found"}` with 404.
//!
//! The response was seen in the documentation's examples; dates, windows and errors were read in the source of the
//! service, in its files for each bank.

use super::answer::{encoded, iso_date, json, number, provider_error, row, unexpected_format};
use crate::{
    provider::{Document, PairRequest, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion, excerpt},
    snapshot::RawObservation,
};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "frankfurter";
/// Default address.
const DEFAULT_URL: &str = "https://api.frankfurter.dev/v2";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    usual_delay: 1,
    is_exact: true,
    series: &[("usdclp", "USD/CLP", ValueConversion::AsIs), ("eurclp", "EUR/CLP", ValueConversion::AsIs)],
    pair: rate_of_pair,
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Frankfurter::new(settings.address())))
};

/// Official rates: symbol, the service's key of the central bank that publishes it, and conversion of its values to
/// the day of the rate.
const RATES: [(&str, &str, ValueConversion); 12] = [
    ("USD/CLP", "BCCH", ValueConversion::AsIs),
    ("EUR/CLP", "BCCH", ValueConversion::AsIs),
    ("GBP/CLP", "BCCH", ValueConversion::AsIs),
    ("JPY/CLP", "BCCH", ValueConversion::AsIs),
    ("CAD/CLP", "BCCH", ValueConversion::AsIs),
    ("AUD/CLP", "BCCH", ValueConversion::AsIs),
    ("CNY/CLP", "BCCH", ValueConversion::AsIs),
    ("BRL/CLP", "BCCH", ValueConversion::AsIs),
    ("USD/MXN", "BANXICO", ValueConversion::AsIs),
    ("USD/BRL", "BCB", ValueConversion::AsIs),
    ("USD/COP", "BANREP", ValueConversion::DayBefore),
    ("USD/PEN", "BCRP", ValueConversion::AsIs),
];

const EXPECTED: &str = "JSON with a list of rates";

/// Client for the service at an address.
#[derive(Debug)]
pub(crate) struct Frankfurter {
    base_url: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Answer {
    Rates(Vec<Rate>),
    Refusal { message: Value },
}

#[derive(Debug, Deserialize)]
struct Rate {
    #[serde(default)]
    date: Value,
    #[serde(default)]
    base: Value,
    #[serde(default)]
    quote: Value,
    #[serde(default)]
    rate: Value,
}

impl Frankfurter {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned() }
    }
}

impl Provider for Frankfurter {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        let listed = RATES.iter().find(|(listed, ..)| listed == symbol);
        let Some((bank, (base, quote))) = listed.and_then(|(_, bank, _)| Some((bank, symbol.split_once('/')?)))
        else {
            return Vec::new();
        };
        if from > to {
            return Vec::new();
        }
        let (base, quote) = (encoded(base), encoded(quote));
        let url = format!("{}/rates?base={base}&quotes={quote}&providers={bank}&from={from}&to={to}", self.base_url);
        vec![Document { error_body_readable: true, ..Document::web(url, format!("{symbol} from {from} to {to}")) }]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let rates = match json(body, EXPECTED)? {
            Answer::Rates(rates) => rates,
            Answer::Refusal { message } => {
                return Err(provider_error(message.as_str().unwrap_or(&message.to_string()), ""));
            }
        };
        rates.iter().enumerate().filter_map(|(index, rate)| rate.read(index, &wanted.symbol).transpose()).collect()
    }
}

/// Returns the symbol of a pair that a central bank publishes, and the conversion of its values; inverted for a pair
/// quoted the other way round. None of them is a market's own price.
fn rate_of_pair(request: &PairRequest<'_>) -> Option<(String, ValueConversion)> {
    let symbol = format!("{}/{}", request.base, request.quote);
    let turned = format!("{}/{}", request.quote, request.base);
    let found = RATES.iter().find_map(|&(listed, _, reading)| match reading {
        _ if listed == symbol => Some((symbol.clone(), reading)),
        ValueConversion::AsIs if listed == turned => Some((turned.clone(), ValueConversion::Inverse)),
        _ => None,
    });
    found.filter(|_| !request.spot)
}

impl Rate {
    fn read(&self, index: usize, symbol: &str) -> Result<Option<RawObservation>, ReadError> {
        let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        let pair = format!("{}/{}", text(&self.base), text(&self.quote));
        if !pair.eq_ignore_ascii_case(symbol) {
            return Err(unexpected_format(&format!("about '{symbol}'"), excerpt(pair.as_bytes())));
        }
        let date = text(&self.date);
        let date =
            iso_date(&date).ok_or_else(|| row(format!("[{index}].date"), &date, "a date such as 2025-01-31"))?;
        let rate = number(&self.rate, || format!("[{index}].rate"))?;
        Ok(rate.map(|value| RawObservation { date, value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        listings::{is_stand_in, listings},
        provider::{
            DocumentLocation,
            ValueConversion::{AsIs, DayBefore, Inverse},
        },
        providers::tests::{observed, unreadable, wanted},
    };

    fn service() -> Frankfurter {
        Frankfurter::new("http://localhost:1/v2/")
    }

    fn read(symbol: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
        let wanted = wanted(symbol, "2026-07-01", "2026-07-31");
        service().read(&wanted, &service().documents(&wanted)[0], body.as_bytes())
    }

    fn rate(date: &str, rate: &str) -> String {
        format!(r#"{{"date":"{date}","base":"USD","quote":"CLP","rate":{rate}}}"#)
    }

    fn symbol_of(series: &str) -> Option<(String, ValueConversion)> {
        let listing = listings(series).into_iter().find(|listing| listing.provider == NAME);
        listing.map(|listing| (listing.symbol, listing.reading))
    }

    #[test]
    fn a_pair_is_asked_for_at_the_bank_that_publishes_it() {
        let address = |symbol: &str| {
            let documents = service().documents(&wanted(symbol, "2026-07-01", "2026-07-31"));
            assert!(documents.iter().all(|document| document.error_body_readable));
            match documents.first().map(|document| &document.place) {
                Some(DocumentLocation::Web(urls)) => urls.concat(),
                _ => String::new(),
            }
        };
        for (symbol, query) in [
            ("USD/CLP", "base=USD&quotes=CLP&providers=BCCH"),
            ("EUR/CLP", "base=EUR&quotes=CLP&providers=BCCH"),
            ("USD/MXN", "base=USD&quotes=MXN&providers=BANXICO"),
            ("USD/BRL", "base=USD&quotes=BRL&providers=BCB"),
            ("USD/COP", "base=USD&quotes=COP&providers=BANREP"),
            ("USD/PEN", "base=USD&quotes=PEN&providers=BCRP"),
        ] {
            let expected = format!("http://localhost:1/v2/rates?{query}&from=2026-07-01&to=2026-07-31");
            assert_eq!(address(symbol), expected);
        }
        for symbol in ["USD/EUR", "CLP/USD", "USDCLP", "usd/clp", ""] {
            assert_eq!(address(symbol), "", "{symbol}");
        }
        assert_eq!(service().documents(&wanted("USD/CLP", "2026-07-02", "2026-07-01")), []);
    }

    #[test]
    fn the_peso_and_its_neighbours_are_official_rates_and_never_a_spot_price() {
        let symbol = |text: &str, reading| Some((text.to_owned(), reading));
        assert_eq!(symbol_of("usdclp"), symbol("USD/CLP", AsIs));
        assert_eq!(symbol_of("eurclp"), symbol("EUR/CLP", AsIs));
        assert_eq!(symbol_of("gbpclp"), symbol("GBP/CLP", AsIs));
        assert_eq!(symbol_of("usdmxn"), symbol("USD/MXN", AsIs));
        assert_eq!(symbol_of("mxnusd"), symbol("USD/MXN", Inverse));
        assert_eq!(symbol_of("usdpen"), symbol("USD/PEN", AsIs));
        // The TRM of Saturday averages the trades of Friday.
        assert_eq!(symbol_of("usdcop"), symbol("USD/COP", DayBefore));
        for series in ["copusd", "usdclp_spot", "usdmxn_spot", "usdaud", "copper"] {
            assert_eq!(symbol_of(series), None, "{series}");
        }
        assert!(!is_stand_in("usdclp", NAME));
    }

    #[test]
    fn rates_are_read_with_the_dates_of_the_bank() {
        let body = format!("[{},{}]", rate("2026-07-16", "958.7"), rate("2026-07-17", "959.12"));
        let expected = [observed("2026-07-16", 958.7), observed("2026-07-17", 959.12)];
        assert_eq!(read("USD/CLP", &body).unwrap(), expected);
        let more = r#"[{"date":"2026-07-17","base":"usd","quote":"clp","rate":959,"providers":["BCCH"]}]"#;
        assert_eq!(read("USD/CLP", more).unwrap(), [observed("2026-07-17", 959.0)]);
        assert_eq!(read("USD/CLP", "[]").unwrap(), []);
        assert_eq!(read("USD/CLP", &format!("[{}]", rate("2026-07-17", "null"))).unwrap(), []);
    }

    #[test]
    fn another_pair_than_asked_for_is_refused() {
        for (body, found) in [
            (r#"[{"date":"2026-07-17","base":"USD","quote":"CLF","rate":0.024}]"#, "'USD/CLF'"),
            (r#"[{"date":"2026-07-17","base":"EUR","quote":"CLP","rate":1100}]"#, "'EUR/CLP'"),
            (r#"[{"date":"2026-07-17","base":"CLP","quote":"USD","rate":0.001}]"#, "'CLP/USD'"),
            (r#"[{"date":"2026-07-17","rate":959.12}]"#, "'null/null'"),
        ] {
            let error = unreadable(read("USD/CLP", body));
            assert!(error.starts_with(&format!("the answer is not about 'USD/CLP': {found};")), "{error}");
        }
    }

    #[test]
    fn its_errors_are_repeated() {
        let error = read("USD/CLP", r#"{"status":422,"message":"invalid currency: XXX"}"#);
        assert_eq!(unreadable(error), "it reports an error: invalid currency: XXX");
        let error = read("USD/CLP", r#"{"status":404,"message":"not found"}"#);
        assert_eq!(unreadable(error), "it reports an error: not found");
        assert_eq!(unreadable(read("USD/CLP", r#"{"message":[1]}"#)), "it reports an error: [1]");
    }

    #[test]
    fn impossible_dates_and_numbers_are_named() {
        for (rate, message) in [
            (rate("17-07-2026", "1"), "[0].date: found '17-07-2026', expected a date such as 2025-01-31"),
            (rate("2026-02-30", "1"), "[0].date: found '2026-02-30', expected"),
            (r#"{"base":"USD","quote":"CLP","rate":1}"#.to_owned(), "[0].date: found 'null', expected"),
            (
                rate("2026-07-17", "\"959,12\""),
                "[0].rate: found '959,12', expected a number, not text with a decimal comma",
            ),
            (rate("2026-07-17", "\"959.12\""), "[0].rate: found '959.12', expected a number, not text"),
            (rate("2026-07-17", "{}"), "[0].rate: found '{}', expected a number"),
        ] {
            let error = unreadable(read("USD/CLP", &format!("[{rate}]")));
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        let good = format!("[{}]", rate("2026-07-17", "959.12"));
        for (body, message) in [
            ("", "the answer is not JSON with a list of rates: nothing (EOF while parsing"),
            ("<!DOCTYPE html>\n<title>502</title>", "'<!DOCTYPE html> <title>502</title>' (expected value at line 1"),
            (&good[..40], "EOF while parsing"),
            (r#"{"amount":1.0,"base":"USD","rates":{"CLP":959.12}}"#, "a list of rates: '{\"amount\":1.0"),
            ("[1]", "the answer is not JSON with a list of rates"),
            ("null", "the answer is not JSON with a list of rates"),
        ] {
            let error = unreadable(read("USD/CLP", body));
            assert!(error.contains(message), "{error}");
        }
    }
}
