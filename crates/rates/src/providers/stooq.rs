//! Stooq: daily prices of currencies, indices and commodities as CSV files.
//!
//! - **Documentation**: none; <https://stooq.com/db/h/>. For personal use. Since 2026 a file requires a key, which a
//!   person gets by solving a captcha, and sometimes a browser that runs its scripts: the last resort.
//! - **Address**: `https://stooq.com/q/d/l/?s=usdclp&d1=20240301&d2=20240331&i=d`, with `&apikey=..` when there is a
//!   key.
//! - **Response**, oldest first: `Date,Open,High,Low,Close,Volume` (currencies without the volume) and
//!   `2024-03-06,976.1,983.2,975.4,981.3`. Columns are found by name; the Polish site has other names and is not
//!   used.
//! - **Dates**: the trading day. Today's row has the latest price.
//! - **Errors** come with HTTP status 200 as a line of text: "No data" for an unknown symbol or a span without
//!   trading, "Exceeded the daily hits limit", "Get your apikey: ..."; or as a page whose script checks the browser.

use super::{
    answer::{encoded, provider_error, redacted, text, unexpected_format},
    table::{CsvFormat, TableRow},
};
use crate::{
    provider::{Document, EXCERPT, Provider, ProviderKey, ProviderKind, ReadError, SpanRequest, excerpt},
    snapshot::RawObservation,
};
use std::{fmt, sync::Arc};

/// Name of the provider.
const NAME: &str = "stooq";
/// Default address.
const DEFAULT_URL: &str = "https://stooq.com/q/d/l/";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    keys: &[ProviderKey::URL, ProviderKey::secret("key", "")],
    is_stand_in: true,
    pair: |asked| Some((format!("{}{}", asked.base, asked.quote).to_lowercase(), asked.of_close())),
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| {
        Arc::new(Stooq::new(settings.address(), settings.password.clone()))
    })
};

const FORM: CsvFormat<'static> =
    CsvFormat { expected: "a CSV file with the columns Date and Close", date_columns: &["date"], missing: &["N/D"] };

/// Beginnings of the service's error messages, with advice.
const ERRORS: [(&str, &str); 3] = [
    ("No data", "; it has no such series, or there was no trading in the span"),
    ("Exceeded the daily hits limit", "; the limit is reset tomorrow"),
    ("Get your apikey", "; get a key at stooq.com by solving a captcha, or remove this provider"),
];

/// Client for Stooq at an address, with or without a key.
pub(crate) struct Stooq {
    base_url: String,
    api_key: Option<String>,
}

impl Stooq {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str, api_key: Option<String>) -> Self {
        Self { base_url: base_url.to_owned(), api_key: api_key.filter(|key| !key.trim().is_empty()) }
    }
}

impl fmt::Debug for Stooq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.api_key.is_some() { "[redacted]" } else { "none" };
        f.debug_struct("Stooq").field("base_url", &self.base_url).field("api_key", &key).finish()
    }
}

impl Provider for Stooq {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        if symbol.is_empty() || from > to {
            return Vec::new();
        }
        let span = format!("d1={}&d2={}&i=d", from.format("%Y%m%d"), to.format("%Y%m%d"));
        let key = self.api_key.iter().map(|key| format!("&apikey={}", encoded(key))).collect::<String>();
        let url = format!("{}?s={}&{span}{key}", self.base_url, encoded(symbol));
        vec![Document::web(url, format!("{symbol} from {from} to {to}"))]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        read(wanted, body)
            .map_err(|error| read(wanted, &redacted(body, self.api_key.as_deref())).err().unwrap_or(error))
    }
}

fn read(wanted: &SpanRequest, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
    let text = text(body);
    let start: String = text.trim_start().chars().take(EXCERPT).collect::<String>().to_lowercase();
    if let Some((message, advice)) = ERRORS.iter().find(|(message, _)| start.starts_with(&message.to_lowercase())) {
        return Err(provider_error(message, advice));
    }
    let rows = FORM.rows(&text, &["Close"], wanted)?;
    let rows = rows.ok_or_else(|| unexpected_format(FORM.expected, excerpt(body)))?;
    Ok(rows.into_iter().filter_map(TableRow::single).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        provider::DocumentLocation,
        providers::tests::{observed, unreadable, wanted},
    };

    fn read(body: &str) -> Result<Vec<RawObservation>, ReadError> {
        let (service, wanted) = (Stooq::new(DEFAULT_URL, None), wanted("usdclp", "2024-03-01", "2024-03-31"));
        service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes())
    }

    #[test]
    fn the_key_is_in_the_address_and_nowhere_else() {
        let address = |key: Option<&str>| {
            let service = Stooq::new("http://localhost:1/l/", key.map(str::to_owned));
            assert!(!format!("{service:?}").contains("k&y"));
            let documents = service.documents(&wanted("usdclp", "2024-03-01", "2024-03-31"));
            assert_eq!(documents[0].label, "usdclp from 2024-03-01 to 2024-03-31");
            match &documents[0].place {
                DocumentLocation::Web(urls) => urls.concat(),
                _ => String::new(),
            }
        };
        let plain = "http://localhost:1/l/?s=usdclp&d1=20240301&d2=20240331&i=d";
        assert_eq!(address(None), plain);
        assert_eq!(address(Some("")), plain);
        assert_eq!(address(Some("k&y")), format!("{plain}&apikey=k%26y"));
    }

    #[test]
    fn the_key_is_not_in_a_message() {
        let (service, wanted) = (Stooq::new("", Some("k&y".into())), wanted("usdclp", "2024-03-01", "2024-03-31"));
        let page = b"<p>GET /q/d/l/?s=usdclp&apikey=k%26y (k&y)";
        let error = unreadable(service.read(&wanted, &service.documents(&wanted)[0], page));
        assert!(error.contains("apikey=*** (***)"), "{error}");
    }

    #[test]
    fn closes_are_read_with_a_volume_or_without() {
        let expected = [observed("2024-03-05", 976.1), observed("2024-03-06", 981.3)];
        let with = "Date,Open,High,Low,Close,Volume\r\n2024-03-05,1,2,0.5,976.1,0\r\n2024-03-06,1,2,0.5,981.3,\r\n";
        assert_eq!(read(with).unwrap(), expected);
        let without =
            "Date,Open,High,Low,Close\n2024-03-05,1,2,0.5,976.1\n2024-03-06,1,2,0.5,981.3\n2024-03-07,,,,N/D\n";
        assert_eq!(read(without).unwrap(), expected);
    }

    #[test]
    fn its_errors_are_lines_of_text() {
        let nothing = "it reports an error: No data; it has no such series, or there was no trading in the span";
        assert_eq!(unreadable(read("No data")), nothing);
        assert_eq!(
            unreadable(read("Exceeded the daily hits limit!\n")),
            "it reports an error: Exceeded the daily hits limit; the limit is reset tomorrow"
        );
        let key = unreadable(read("Get your apikey:\n\n1. Open https://stooq.com/q/d/?s=usdclp&get_apikey"));
        assert!(key.starts_with("it reports an error: Get your apikey; get a key at stooq.com"), "{key}");
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        for (body, message) in [
            ("", "the answer is not a CSV file with the columns Date and Close: nothing;"),
            ("<html><script>const c=1</script>", "Date and Close: '<html><script>const c=1</script>';"),
            (
                "Data,Otwarcie,Zamkniecie\n2024-03-06,1,2",
                "Date and Close: 'Data,Otwarcie,Zamkniecie 2024-03-06,1,2';",
            ),
            ("Date,Open\n2024-03-06,1", "Date and Close: 'Date,Open 2024-03-06,1';"),
            ("Warning: Division by zero\nDate,Close\n", "Date and Close: 'Warning: Division by zero"),
            ("Date,Close\n20240306,981.3", "line 2: found '20240306', expected a date such as 2025-01-31"),
            (
                "Date,Close\n2024-03-06,\"981,3\"",
                "expected as many cells as in the header; does it use decimal commas?",
            ),
        ] {
            let error = unreadable(read(body));
            assert!(error.contains(message), "{error}");
        }
    }
}
