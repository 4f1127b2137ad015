//! currency-api: exchange rates of some 200 currencies, one file per day, from a package that its author publishes
//! daily to the npm registry; two content delivery networks serve it without a key.
//!
//! - **Documentation**: <https://github.com/fawazahmed0/exchange-api>. Free, without a limit on requests; collected
//!   by its author from several sites, without guarantee.
//! - **Address**: `https://cdn.jsdelivr.net/npm/@fawazahmed0/currency-api@{date}/v1/currencies/{base}.min.json` and
//!   `https://{date}.currency-api.pages.dev/v1/currencies/{base}.min.json`, the date as 2024-03-06, which is a tag of
//!   the day's package besides its version 2024.3.6. The base is always `usd`, from which every pair can be computed,
//!   so one document per day serves all series.
//! - **Response**: `{"date":"2024-03-06","usd":{"aed":3.6725,...,"clp":977.45345457,...}}`, including
//!   cryptocurrencies.
//! - **Dates**: published from 00:00 UTC of its date on, with the closes of the day before. The files of 2024-03-06
//!   were written at 01:12 UTC, those of September 2026 between 04:25 and 05:15. There is a package for every day;
//!   those of Saturday to Monday have Friday's closes, apart from the last digits.
//! - **Which date counts**: the one in the response. When it is not the requested day, some cache returned another
//!   day, and the response is refused. The other mirror may have the right one, but is not tried.
//! - **Errors**: "not found" for days before 2024-03-02, for days on which publishing failed (2025-12-10), and for
//!   today before it is published.
//! - **Sixteen days at most**: one request per day is too expensive for a history, which other providers return in a
//!   single document; this provider is for the days since the last run. It requests the last ten days of a span, and
//!   its first six weekdays, to compare them with known values.

use super::{
    answer::{iso_date, json, no_such_series, number, row, unexpected_format},
    quantity::Quantity,
};
use crate::{
    provider::{
        Document, DocumentLocation, KeyType, Provider, ProviderKey, ProviderKind, ReadError, SpanRequest,
        ValueConversion, excerpt,
    },
    snapshot::RawObservation,
};
use chrono::{Days, NaiveDate};
use forecaster_domain::BusinessCalendar;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "currency-api";
/// Default addresses, with `{date}` and `{base}`.
const DEFAULT_URLS: [&str; 2] = [
    "https://cdn.jsdelivr.net/npm/@fawazahmed0/currency-api@{date}/v1/currencies/{base}.min.json",
    "https://{date}.currency-api.pages.dev/v1/currencies/{base}.min.json",
];

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    keys: &[ProviderKey { name: "urls", default_value: "", meaning: KeyType::Urls { with: &["{date}", "{base}"] } }],
    is_stand_in: true,
    series: &[("dxy", "DXY", ValueConversion::DayBefore)],
    pair: |asked| {
        // Date d has the closes of the day before, like the observed rate of d, which averages the trades of the day
        // before.
        let reading = if asked.observed { ValueConversion::AsIs } else { ValueConversion::DayBefore };
        Some((format!("{}/{}", asked.base, asked.quote), reading))
    },
    ..ProviderKind::new(NAME, &DEFAULT_URLS, |settings| Arc::new(CurrencyApi::new(settings.addresses.clone())))
};

const BASE: &str = "usd";

const EXPECTED: &str = "JSON with 'date' and 'usd'";

/// Date of the first package.
const FIRST: NaiveDate = match NaiveDate::from_ymd_opt(2024, 3, 2) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// Number of days requested at the end of a span.
const DAYS: usize = 10;
/// Number of weekdays requested at the beginning of a span, where the chain has known values for comparison. Even in
/// September six weekdays include three that are not Chilean holidays, as many as are needed to find a contradiction.
const COMPARED: usize = 6;

/// Client for the package at its mirrors.
#[derive(Debug)]
pub(crate) struct CurrencyApi {
    templates: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct CurrencyTable {
    date: Option<String>,
    usd: Option<Map<String, Value>>,
}

impl CurrencyApi {
    /// Creates a client for addresses with `{date}` and `{base}` in them, for instance [`DEFAULT_URLS`].
    pub(crate) fn new(templates: Vec<String>) -> Self {
        Self { templates }
    }

    fn document(&self, date: NaiveDate) -> Document {
        let address = |template: &String| template.replace("{date}", &date.to_string()).replace("{base}", BASE);
        let place = DocumentLocation::Web(self.templates.iter().map(address).collect());
        let label = format!("{BASE} {date}");
        Document { day: Some(date), may_be_missing: true, ..Document::at(place, label) }
    }
}

impl Provider for CurrencyApi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        if quantity(&wanted.symbol).is_none() || self.templates.is_empty() {
            return Vec::new();
        }
        let earliest = wanted.to.checked_sub_days(Days::new(DAYS as u64 - 1)).unwrap_or(FIRST);
        let (beginning, end) = (wanted.from.max(FIRST), wanted.from.max(earliest).max(FIRST));
        let weekdays = BusinessCalendar::weekdays();
        let compared = beginning.iter_days().take_while(|date| *date < end);
        let compared = compared.filter(|date| weekdays.is_business_day(*date)).take(COMPARED);
        let newest = end.iter_days().take(DAYS).filter(|date| *date <= wanted.to);
        compared.chain(newest).map(|date| self.document(date)).collect()
    }

    fn read(&self, wanted: &SpanRequest, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let quantity = quantity(&wanted.symbol).ok_or_else(|| no_such_series(&wanted.symbol))?;
        let answer: CurrencyTable = json(body, EXPECTED)?;
        let (Some(date), Some(per_usd)) = (answer.date, answer.usd) else {
            return Err(unexpected_format(EXPECTED, excerpt(body)));
        };
        let day = iso_date(&date).ok_or_else(|| row("date".into(), &date, "a date such as 2024-03-06"))?;
        if let Some(asked) = document.day.filter(|asked| *asked != day) {
            return Err(unexpected_format(&format!("that of {asked}"), format!("that of {day}")));
        }
        let value =
            quantity.value(|currency| rate(&per_usd, currency))?.ok_or_else(|| no_such_series(&wanted.symbol))?;
        Ok(vec![RawObservation { date: day, value }])
    }
}

fn quantity(symbol: &str) -> Option<Quantity<'_>> {
    Quantity::of(symbol, |code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Returns units of a currency per dollar; `None` when the response lacks it.
fn rate(per_usd: &Map<String, Value>, currency: &str) -> Result<Option<f64>, ReadError> {
    match currency.to_lowercase() {
        dollar if dollar == BASE => Ok(Some(1.0)),
        currency => per_usd.get(&currency).map_or(Ok(None), |cell| number(cell, || format!("{BASE}.{currency}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::dollar_index::dollar_index;
    use super::*;
    use crate::providers::tests::{observed, unreadable, wanted};

    /// Excerpt of the file `usd.min.json` of package 2024.3.6.
    const ANSWER: &str = r#"{"date":"2024-03-06","usd":{"$myro":3.31372968,"00":9.77039797,"aed":3.6725,
        "btc":1.56823e-05,"cad":1.35979219,"chf":0.8844925,"clp":977.45345457,"eur":0.92167024,"gbp":0.78765532,
        "jpy":149.97452911,"sek":10.3916174,"usd":1,"zar":18.99032774}}"#;

    fn service() -> CurrencyApi {
        CurrencyApi::new(DEFAULT_URLS.map(str::to_owned).to_vec())
    }

    fn read(symbol: &str, asked: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
        let wanted = wanted(symbol, asked, asked);
        service().read(&wanted, &service().documents(&wanted)[0], body.as_bytes())
    }

    #[test]
    fn a_document_a_day_at_both_mirrors() {
        let documents = service().documents(&wanted("USD/CLP", "2024-03-05", "2024-03-06"));
        let cdn = "https://cdn.jsdelivr.net/npm/@fawazahmed0/currency-api@2024-03-05/v1/currencies/usd.min.json";
        let pages = "https://2024-03-05.currency-api.pages.dev/v1/currencies/usd.min.json";
        let first = Document {
            day: NaiveDate::from_ymd_opt(2024, 3, 5),
            may_be_missing: true,
            ..Document::at(DocumentLocation::Web(vec![cdn.to_owned(), pages.to_owned()]), "usd 2024-03-05")
        };
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0], first);
    }

    #[test]
    fn at_most_ten_days_since_the_first_package_are_asked_for() {
        let days = |symbol: &str, from: &str, to: &str| -> Vec<String> {
            let documents = service().documents(&wanted(symbol, from, to));
            documents.iter().filter_map(|d| d.day).map(|day| day.to_string()).collect()
        };
        let many = days("EUR/CLP", "2010-01-01", "2024-12-31");
        // The first package is of 2024-03-02, a Saturday.
        assert_eq!((many.len(), many[0].as_str(), many[5].as_str()), (16, "2024-03-04", "2024-03-11"));
        assert_eq!((many[6].as_str(), many[15].as_str()), ("2024-12-22", "2024-12-31"));
        assert_eq!(days("DXY", "2024-01-01", "2024-03-03"), ["2024-03-02", "2024-03-03"]);
        assert_eq!(days("USD/CLP", "2024-01-01", "2024-03-01"), [""; 0]);
        assert_eq!(days("USD/CLP", "2024-04-02", "2024-04-01"), [""; 0]);
        assert_eq!(days("usdclp", "2024-04-01", "2024-04-01"), [""; 0]);
    }

    #[test]
    fn a_pair_is_computed_from_the_rates_per_dollar() {
        let value = |symbol: &str| read(symbol, "2024-03-06", ANSWER).unwrap();
        assert_eq!(value("USD/CLP"), [observed("2024-03-06", 977.45345457)]);
        assert_eq!(value("EUR/CLP"), [observed("2024-03-06", 977.45345457 / 0.92167024)]);
        assert_eq!(value("GBP/USD"), [observed("2024-03-06", 1.0 / 0.78765532)]);
        let expected = dollar_index([0.92167024, 149.97452911, 0.78765532, 1.35979219, 10.3916174, 0.8844925]);
        assert_eq!(value("DXY"), [observed("2024-03-06", expected)]);
    }

    #[test]
    fn another_day_than_asked_for_is_refused() {
        let error = unreadable(read("USD/CLP", "2024-03-07", ANSWER));
        assert!(error.starts_with("the answer is not that of 2024-03-07: that of 2024-03-06;"), "{error}");
    }

    #[test]
    fn a_currency_that_it_lacks_is_no_series() {
        assert_eq!(unreadable(read("USD/XYZ", "2024-03-06", ANSWER)), "it has no series 'USD/XYZ'");
        let without = ANSWER.replace("\"sek\"", "\"sek2\"");
        assert_eq!(unreadable(read("DXY", "2024-03-06", &without)), "it has no series 'DXY'");
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        for (body, message) in [
            ("", "the answer is not JSON with 'date' and 'usd': nothing"),
            ("Couldn't find the requested release version", "'Couldn't find the requested release version' ("),
            (&ANSWER[..60], "EOF while parsing"),
            (r#"{"date":"2024-03-06","eur":{"clp":1}}"#, "'date' and 'usd': '{\"date\":\"2024-03-06\",\"eur\""),
            (r#"{"usd":{"clp":1}}"#, "'date' and 'usd': '{\"usd\""),
            (r#"{"date":"6/3/2024","usd":{"clp":1}}"#, "date: found '6/3/2024', expected a date such as 2024-03-06"),
            (
                r#"{"date":"2024-03-06","usd":{"clp":"977,45"}}"#,
                "usd.clp: found '977,45', expected a number, not text with a decimal comma",
            ),
            (r#"{"date":"2024-03-06","usd":{"clp":null}}"#, "it has no series 'USD/CLP'"),
        ] {
            let error = unreadable(read("USD/CLP", "2024-03-06", body));
            assert!(error.contains(message), "{error}");
        }
    }
}
