//! Average exchange rates of Narodowy Bank Polski, the central bank of Poland (its table A), without a key.
//!
//! - **Documentation**: <https://api.nbp.pl/en.html>. Free to use with the source named.
//! - **Address**: `https://api.nbp.pl/api/exchangerates/rates/a/clp/2026-08-01/2026-10-26/?format=json`, at most 93
//!   days, which may cross the end of a year. A longer span takes several documents.
//! - **Response**, oldest first: `{"table":"A","currency":"peso
//!   chilijskie","code":"CLP","rates":[{"no":"209/A/NBP/2026", "effectiveDate":"2026-10-26","mid":0.003948},...]}`.
//!   `mid` is zloty per one unit of the currency, also for those that the printed table quotes per hundred.
//! - **Dates**: the business days of Poland. According to the bank a table is published between 11:45 and 12:15 in
//!   Warsaw, which is before Santiago opens: a morning's quote reflects the trades of the business day before.
//! - **Days without a rate** are left out. A span without any is "not found" (`404 NotFound - Not Found - Brak
//!   danych`).
//! - **Errors**: one line of text with HTTP status 400 (`400 BadRequest - Przekroczony limit 93 dni / Limit of 93
//!   days has been exceeded`), or pages in HTML.
//! - **Quirks**: the archive begins on 2002-01-02, for the Chilean peso at the end of August 2011 (before that it was
//!   in table B, once a week). A discontinued currency is "not found" from then on (HRK, RUB, since 2026 BGN).
//! - **Precision**: the mid of the peso has four significant digits, so a rate divided by it is rounded by up to
//!   0.012 %. The mid of the dollar has five.
//! - **Symbols**: `USD/CLP` is Chilean pesos per dollar, computed from the mids of both on the dates that both have;
//!   the zloty itself is `PLN`.

use super::answer::{iso_date, json, no_such_series, number, row, unexpected_format};
use crate::{
    provider::{Document, PairRequest, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion, excerpt},
    snapshot::RawObservation,
};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Name of the provider.
pub(crate) const NAME: &str = "nbp";
/// Default address.
const DEFAULT_URL: &str = "https://api.nbp.pl/api";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    is_stand_in: true,
    // For an observed rate, date d has the price of that morning, before Santiago trades: the latest trades are those
    // of the day before.
    pair: currency_of_pair,
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Nbp::new(settings.address())))
};

/// Currencies of table A today.
const TABLE_A: [&str; 32] = [
    "AUD", "BRL", "CAD", "CHF", "CLP", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK",
    "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "RON", "SEK", "SGD", "THB", "TRY", "UAH", "USD", "XDR", "ZAR",
];
/// Currency in which table A quotes the others.
const ZLOTY: &str = "PLN";

const EXPECTED: &str = "JSON with 'code' and 'rates'";

/// Longest span of a document in days, both ends included.
const DAYS: u64 = 93;

/// First day with rates.
const FIRST: NaiveDate = match NaiveDate::from_ymd_opt(2002, 1, 2) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// Client for the bank's rates at an address.
#[derive(Debug)]
pub(crate) struct Nbp {
    base_url: String,
}

#[derive(Debug, Deserialize)]
struct RateTable {
    table: Option<String>,
    code: Option<String>,
    rates: Option<Vec<Rate>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rate {
    effective_date: Option<String>,
    #[serde(default)]
    mid: Value,
}

impl Nbp {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned() }
    }

    fn document(&self, currency: &str, from: NaiveDate, to: NaiveDate) -> Document {
        let (base, code) = (&self.base_url, currency.to_lowercase());
        let url = format!("{base}/exchangerates/rates/a/{code}/{from}/{to}/?format=json");
        Document {
            part: Some(currency.to_owned()),
            may_be_missing: true,
            ..Document::web(url, format!("{currency} from {from} to {to}"))
        }
    }
}

impl Provider for Nbp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let Some((base, quote)) = pair(&wanted.symbol) else { return Vec::new() };
        let first = wanted.from.max(FIRST);
        let starts = first.iter_days().step_by(DAYS as usize).take_while(|from| *from <= wanted.to);
        let span = |from: NaiveDate| (from, wanted.to.min(from + Days::new(DAYS - 1)));
        let both = |(from, to)| {
            let currencies = [base, quote].into_iter().filter(|currency| *currency != ZLOTY);
            currencies.map(move |currency| self.document(currency, from, to))
        };
        starts.map(span).flat_map(both).collect()
    }

    /// Reads the mids of the document's currency.
    fn read(&self, wanted: &SpanRequest, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let currency = document.part.as_deref().ok_or_else(|| no_such_series(&wanted.symbol))?;
        let answer: RateTable = json(body, EXPECTED)?;
        let (Some(code), Some(rates)) = (answer.code, answer.rates) else {
            return Err(unexpected_format(EXPECTED, excerpt(body)));
        };
        if let Some(table) = answer.table.filter(|table| table != "A") {
            return Err(unexpected_format("of table 'A'", excerpt(table.as_bytes())));
        }
        if !code.eq_ignore_ascii_case(currency) {
            return Err(unexpected_format(&format!("about '{currency}'"), excerpt(code.as_bytes())));
        }
        rates.iter().enumerate().filter_map(|(index, rate)| rate.read(index).transpose()).collect()
    }

    fn combine(&self, wanted: &SpanRequest, read: Vec<(&Document, Vec<RawObservation>)>) -> Vec<RawObservation> {
        let Some((base, quote)) = pair(&wanted.symbol) else { return Vec::new() };
        let (base, quote) = (ZlotyRates::of(base, &read), ZlotyRates::of(quote, &read));
        let dates = if base.is_zloty { quote.by_date.keys() } else { base.by_date.keys() };
        dates.flat_map(|date| crosses(*date, base.on(date), quote.on(date))).collect()
    }
}

/// Returns the currencies of a symbol such as `USD/CLP`; `None` when table A cannot give the pair.
fn pair(symbol: &str) -> Option<(&str, &str)> {
    let (base, quote) = symbol.split_once('/')?;
    (is_quoted(base) && is_quoted(quote) && base != quote).then_some((base, quote))
}

/// Returns the symbol and conversion of a pair of currencies of table A. The morning's quote closes the trades of the
/// weekday before, so for spot it is that day's market price. As a rate of its own day it is known at noon: with a
/// lag of a day it is never used earlier.
fn currency_of_pair(request: &PairRequest<'_>) -> Option<(String, ValueConversion)> {
    let PairRequest { base, quote, spot, .. } = request;
    let reading = if *spot { ValueConversion::WeekdayBefore } else { ValueConversion::AsIs };
    (is_quoted(base) && is_quoted(quote)).then(|| (format!("{base}/{quote}"), reading))
}

/// True for a currency of table A and for the zloty.
fn is_quoted(currency: &str) -> bool {
    currency == ZLOTY || TABLE_A.contains(&currency)
}

impl Rate {
    fn read(&self, index: usize) -> Result<Option<RawObservation>, ReadError> {
        let text = self.effective_date.as_deref().unwrap_or_default();
        let date = iso_date(text)
            .ok_or_else(|| row(format!("rates[{index}].effectiveDate"), text, "a date such as 2025-01-31"))?;
        let mid = number(&self.mid, || format!("rates[{index}].mid"))?;
        Ok(mid.map(|value| RawObservation { date, value }))
    }
}

/// Zloty per unit of a currency by date, with all values given for a date.
struct ZlotyRates {
    is_zloty: bool,
    by_date: BTreeMap<NaiveDate, Vec<f64>>,
}

impl ZlotyRates {
    fn of(currency: &str, read: &[(&Document, Vec<RawObservation>)]) -> Self {
        let mut by_date: BTreeMap<NaiveDate, Vec<f64>> = BTreeMap::new();
        let own = read.iter().filter(|(document, _)| document.part.as_deref() == Some(currency));
        for observation in own.flat_map(|(_, observations)| observations) {
            by_date.entry(observation.date).or_default().push(observation.value);
        }
        Self { is_zloty: currency == ZLOTY, by_date }
    }

    fn on(&self, date: &NaiveDate) -> &[f64] {
        if self.is_zloty { &[1.0] } else { self.by_date.get(date).map_or(&[], Vec::as_slice) }
    }
}

/// Returns the crosses of a date; none when one of the two currencies is missing. A date given twice has two, so that
/// the checks report it.
fn crosses(date: NaiveDate, bases: &[f64], quotes: &[f64]) -> Vec<RawObservation> {
    let (Some(last_base), Some(last_quote)) = (bases.last(), quotes.last()) else { return Vec::new() };
    let nth = |index: usize| {
        let (base, quote) = (bases.get(index).unwrap_or(last_base), quotes.get(index).unwrap_or(last_quote));
        RawObservation { date, value: cross(*base, *quote) }
    };
    (0..bases.len().max(quotes.len())).map(nth).collect()
}

/// Computes a cross. A mid that is not positive is returned in place of the cross, so that the checks refuse it: two
/// negative ones would give a plausible cross.
fn cross(base: f64, quote: f64) -> f64 {
    match (base > 0.0, quote > 0.0) {
        (false, _) => base,
        (_, false) => quote,
        _ => base / quote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        provider::DocumentLocation,
        providers::tests::{observed, unreadable, wanted},
    };

    fn service() -> Nbp {
        Nbp::new("http://localhost:1/api/")
    }

    fn part(currency: &str) -> Document {
        Document { part: Some(currency.to_owned()), ..Document::web(String::new(), "") }
    }

    fn answer(code: &str, rates: &str) -> String {
        format!(r#"{{"table":"A","currency":"peso chilijskie","code":"{code}","rates":[{rates}]}}"#)
    }

    fn rate(date: &str, mid: &str) -> String {
        format!(r#"{{"no":"001/A/NBP/2026","effectiveDate":"{date}","mid":{mid}}}"#)
    }

    fn read(currency: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
        service().read(&wanted("USD/CLP", "2026-10-01", "2026-10-26"), &part(currency), body.as_bytes())
    }

    /// Combines the rates of two currencies into the series of a symbol.
    fn crossed(symbol: &str, rates: [(&str, &[(&str, f64)]); 2]) -> Vec<RawObservation> {
        let parts = rates.map(|(currency, rates)| {
            (part(currency), rates.iter().map(|(date, mid)| observed(date, *mid)).collect::<Vec<_>>())
        });
        let read = parts.iter().map(|(document, observations)| (document, observations.clone())).collect();
        service().combine(&wanted(symbol, "2026-10-01", "2026-10-26"), read)
    }

    fn labels(symbol: &str, from: &str, to: &str) -> Vec<String> {
        service().documents(&wanted(symbol, from, to)).into_iter().map(|document| document.label).collect()
    }

    #[test]
    fn a_cross_needs_a_document_of_each_currency_and_a_price_in_zloty_one() {
        let documents = service().documents(&wanted("USD/CLP", "2026-08-01", "2026-10-26"));
        let document = |code: &str, currency: &str| Document {
            part: Some(currency.to_owned()),
            may_be_missing: true,
            place: DocumentLocation::Web(vec![format!(
                "http://localhost:1/api/exchangerates/rates/a/{code}/2026-08-01/2026-10-26/?format=json"
            )]),
            ..Document::web(String::new(), format!("{currency} from 2026-08-01 to 2026-10-26"))
        };
        assert_eq!(documents, [document("usd", "USD"), document("clp", "CLP")]);
        assert_eq!(labels("USD/PLN", "2026-10-01", "2026-10-02"), ["USD from 2026-10-01 to 2026-10-02"]);
        assert_eq!(labels("PLN/CLP", "2026-10-01", "2026-10-02"), ["CLP from 2026-10-01 to 2026-10-02"]);
    }

    /// Independent reference: "Limit of 93 days has been exceeded".
    #[test]
    fn a_longer_span_is_split_into_documents_of_93_days_that_may_cross_the_years_end() {
        let spans = labels("USD/PLN", "2025-10-01", "2026-10-26");
        let expected = [
            "USD from 2025-10-01 to 2026-01-01",
            "USD from 2026-01-02 to 2026-04-04",
            "USD from 2026-04-05 to 2026-07-06",
            "USD from 2026-07-07 to 2026-10-07",
            "USD from 2026-10-08 to 2026-10-26",
        ];
        assert_eq!(spans, expected);
        assert_eq!(labels("USD/PLN", "2025-10-01", "2026-01-01").len(), 1, "93 days, both ends included");
        assert_eq!(labels("USD/CLP", "2025-10-01", "2026-01-02").len(), 4);
    }

    #[test]
    fn what_is_not_in_its_archive_is_not_asked_for() {
        assert_eq!(labels("USD/CLP", "1990-01-01", "2002-01-01"), [""; 0]);
        assert_eq!(labels("USD/PLN", "1990-01-01", "2002-01-03"), ["USD from 2002-01-02 to 2002-01-03"]);
        for symbol in ["USD/PEN", "BGN/USD", "USDCLP", "usd/clp", "USD/USD", "DXY", ""] {
            assert_eq!(labels(symbol, "2026-10-01", "2026-10-26"), [""; 0], "{symbol}");
        }
        assert_eq!(labels("USD/CLP", "2026-10-02", "2026-10-01"), [""; 0]);
    }

    #[test]
    fn a_document_has_zloty_per_unit_of_its_currency() {
        let rates = [rate("2026-10-23", "0.003980"), rate("2026-10-26", "0.003948"), rate("2026-10-27", "null")];
        let expected = [observed("2026-10-23", 0.00398), observed("2026-10-26", 0.003948)];
        assert_eq!(read("CLP", &answer("CLP", &rates.join(","))).unwrap(), expected);
        assert_eq!(read("CLP", &answer("clp", "")).unwrap(), []);
    }

    /// The mids of 2026-10-26 are those of the bank's table.
    #[test]
    fn a_cross_is_made_on_the_dates_that_both_have() {
        let dollar: &[(&str, f64)] = &[("2026-10-22", 3.93), ("2026-10-23", 3.92), ("2026-10-26", 3.9293)];
        let peso: &[(&str, f64)] = &[("2026-10-26", 0.003948), ("2026-10-23", 0.00398), ("2026-10-21", 0.004)];
        let both = [("USD", dollar), ("CLP", peso)];
        let expected = [observed("2026-10-23", 3.92 / 0.00398), observed("2026-10-26", 3.9293 / 0.003948)];
        assert_eq!(crossed("USD/CLP", both), expected);
        let turned = [observed("2026-10-23", 0.00398 / 3.92), observed("2026-10-26", 0.003948 / 3.9293)];
        assert_eq!(crossed("CLP/USD", both), turned);
        assert_eq!(crossed("USD/PLN", both)[2], observed("2026-10-26", 3.9293));
        assert_eq!(crossed("PLN/USD", both)[2], observed("2026-10-26", 1.0 / 3.9293));
        assert_eq!(crossed("USD/CLP", [("USD", dollar), ("EUR", dollar)]), []);
    }

    #[test]
    fn a_date_given_twice_is_crossed_twice() {
        let dollar: &[(&str, f64)] = &[("2026-10-26", 4.0), ("2026-10-26", 3.9)];
        let peso: &[(&str, f64)] = &[("2026-10-26", 0.004)];
        let twice = [observed("2026-10-26", 4.0 / 0.004), observed("2026-10-26", 3.9 / 0.004)];
        assert_eq!(crossed("USD/CLP", [("USD", dollar), ("CLP", peso)]), twice);
        assert_eq!(crossed("CLP/USD", [("CLP", peso), ("USD", dollar)]).len(), 2);
    }

    #[test]
    fn a_rate_that_is_not_positive_stands_for_the_cross_of_its_date() {
        for (dollar, peso, found) in [(3.9, 0.0, 0.0), (3.9, -0.004, -0.004), (-3.9, -0.004, -3.9), (0.0, 0.0, 0.0)] {
            let rates: [(&str, &[(&str, f64)]); 2] =
                [("USD", &[("2026-10-26", dollar)]), ("CLP", &[("2026-10-26", peso)])];
            assert_eq!(crossed("USD/CLP", rates), [observed("2026-10-26", found)]);
        }
    }

    #[test]
    fn impossible_dates_and_numbers_are_named() {
        for (rate, message) in [
            (
                rate("26.10.2026", "1"),
                "rates[0].effectiveDate: found '26.10.2026', expected a date such as 2025-01-31",
            ),
            (rate("2026-02-30", "1"), "rates[0].effectiveDate: found '2026-02-30', expected"),
            (r#"{"mid":1}"#.to_owned(), "rates[0].effectiveDate: found '', expected"),
            (
                rate("2026-10-26", "\"0,003948\""),
                "rates[0].mid: found '0,003948', expected a number, not text with a decimal comma",
            ),
            (rate("2026-10-26", "\"0.003948\""), "rates[0].mid: found '0.003948', expected a number, not text"),
            (rate("2026-10-26", "[1]"), "rates[0].mid: found '[1]', expected a number"),
        ] {
            let error = unreadable(read("CLP", &answer("CLP", &rate)));
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        let good = answer("CLP", &rate("2026-10-26", "0.003948"));
        for (body, message) in [
            ("", "the answer is not JSON with 'code' and 'rates': nothing (EOF while parsing"),
            ("<!DOCTYPE html>\n<title>502</title>", "'<!DOCTYPE html> <title>502</title>' (expected value at line 1"),
            ("404 NotFound - Not Found - Brak danych", "'404 NotFound - Not Found - Brak danych' ("),
            (&good[..100], "EOF while parsing"),
            (r#"{"code":"CLP","rates":{}}"#, "invalid type: map, expected a sequence"),
            (r#"{"code":"CLP"}"#, "'code' and 'rates': '{\"code\":\"CLP\"}'"),
            (r#"{"rates":[]}"#, "'code' and 'rates': '{\"rates\":[]}'"),
            (&good.replace(r#""CLP""#, r#""CLF""#), "the answer is not about 'CLP': 'CLF'"),
            (&good.replace(r#""A""#, r#""B""#), "the answer is not of table 'A': 'B'"),
            ("[1,2]", "the answer is not JSON with"),
        ] {
            let error = unreadable(read("CLP", body));
            assert!(error.contains(message), "{error}");
        }
    }
}
