//! Functions shared by the readers of responses: bytes to text, text to JSON, cells to numbers and dates. All
//! describe unexpected content in the same way. Nothing here panics, whatever the bytes.

use crate::provider::{EXCERPT, ReadError, excerpt};
use chrono::{Datelike, NaiveDate};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;

/// Decodes a response: UTF-8 or UTF-16 by its byte order mark, UTF-8 without one. Bytes that are neither become
/// U+FFFD: names of series in Latin-1 do no harm, and no number or date has such a character.
pub(super) fn text(body: &[u8]) -> Cow<'_, str> {
    let units = |body: &[u8], unit: fn([u8; 2]) -> u16| -> Vec<u16> {
        body.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit).collect()
    };
    if let Some(rest) = body.strip_prefix(b"\xff\xfe") {
        Cow::Owned(String::from_utf16_lossy(&units(rest, u16::from_le_bytes)))
    } else if let Some(rest) = body.strip_prefix(b"\xfe\xff") {
        Cow::Owned(String::from_utf16_lossy(&units(rest, u16::from_be_bytes)))
    } else {
        String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
    }
}

/// Parses a response as JSON; `expected` describes the expected form, such as "JSON with 'codigo' and 'serie'".
pub(super) fn json<T: DeserializeOwned>(body: &[u8], expected: &str) -> Result<T, ReadError> {
    let text = text(body);
    serde_json::from_str(&text).map_err(|error| {
        let reason = short(&error.to_string());
        unexpected_format(expected, format!("{} ({reason})", excerpt(text.as_bytes())))
    })
}

/// Words of pages whose scripts check that a browser is reading them, in lower case.
const BROWSER_CHECKS: [&str; 9] = [
    "enable javascript",
    "requires javascript",
    "javascript is required",
    "javascript is disabled",
    "your browser",
    "captcha",
    "challenge-platform",
    "cf-browser-verification",
    "just a moment",
];
/// Beginning of a page that is searched for them, in bytes.
const SEARCHED: usize = 64 << 10;

/// Returns the error for a page that wants a browser; `None` for any other response.
pub(crate) fn browser_check(body: &[u8]) -> Option<ReadError> {
    let beginning = text(&body[..body.len().min(SEARCHED)]).to_lowercase();
    let is_page = beginning.trim_start().starts_with('<');
    let wants = is_page && BROWSER_CHECKS.iter().any(|words| beginning.contains(words));
    wants.then(|| ReadError::WantsBrowser { found: excerpt(body) })
}

/// Returns the error for a response of the wrong form.
pub(super) fn unexpected_format(expected: &str, found: impl Into<String>) -> ReadError {
    ReadError::UnexpectedFormat { expected: expected.to_owned(), found: found.into() }
}

/// Returns the error for an invalid row or cell.
pub(super) fn row(place: String, found: &str, expected: &'static str) -> ReadError {
    ReadError::Row { place, found: short(found), expected }
}

/// Returns the error for a message of the provider, with advice.
pub(super) fn provider_error(message: &str, advice: &'static str) -> ReadError {
    ReadError::ProviderError { message: short(message), advice }
}

/// Returns the error for an account that the provider does not accept, with advice.
pub(super) fn account_refused(message: &str, advice: &'static str) -> ReadError {
    ReadError::AccountRefused { message: short(message), advice }
}

/// Returns the error for a series that the provider does not have.
pub(super) fn no_such_series(symbol: &str) -> ReadError {
    ReadError::NoSuchSeries { symbol: symbol.to_owned() }
}

/// Reads a number of a JSON response; `None` for null. Numbers written as text are refused: they show that the
/// service has changed its format, or that something in between rewrote the response, and either may use decimal
/// commas.
pub(super) fn number(cell: &Value, place: impl FnOnce() -> String) -> Result<Option<f64>, ReadError> {
    match cell {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(number.as_f64()),
        Value::String(text) if text.contains(',') => {
            Err(row(place(), text, "a number, not text with a decimal comma"))
        }
        Value::String(text) => Err(row(place(), text, "a number, not text")),
        other => Err(row(place(), &other.to_string(), "a number")),
    }
}

/// Parses a number written as text with a decimal point, such as a cell of a CSV file.
pub(super) fn decimal(cell: &str, place: impl FnOnce() -> String) -> Result<f64, ReadError> {
    match cell.parse() {
        Ok(value) => Ok(value),
        Err(_) if cell.contains(',') => Err(row(place(), cell, "a number with a decimal point, not a comma")),
        Err(_) => Err(row(place(), cell, "a number such as 981.26")),
    }
}

/// Ways in which a service may write the midnight with which a date begins.
const MIDNIGHTS: [&str; 7] =
    ["T00:00:00", "T00:00:00Z", "T00:00:00.000", "T00:00:00.000Z", "T00:00", " 00:00:00", " 00:00"];

/// Removes the midnight from a date that was written with one.
fn without_midnight(text: &str) -> &str {
    let date_length = "2025-01-31".len();
    match text.split_at_checked(date_length) {
        Some((date, time)) if MIDNIGHTS.contains(&time) => date,
        _ => text,
    }
}

/// Parses a date such as 2025-01-31, in a year from 1900 to 2200; it may have a midnight behind it.
pub(super) fn iso_date(text: &str) -> Option<NaiveDate> {
    let text = without_midnight(text);
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
    date(digits(&[y1, y2, y3, y4])?, digits(&[m1, m2])?, digits(&[d1, d2])?)
}

/// Parses a date such as 31-01-2025, in a year from 1900 to 2200; it may have a midnight behind it.
pub(super) fn day_first_date(text: &str) -> Option<NaiveDate> {
    let text = without_midnight(text);
    let [d1, d2, b'-', m1, m2, b'-', y1, y2, y3, y4] = *text.as_bytes() else { return None };
    date(digits(&[y1, y2, y3, y4])?, digits(&[m1, m2])?, digits(&[d1, d2])?)
}

/// Returns a date that an observation may have: in a year from 1900 to 2200, as in imported files.
pub(super) fn plausible(date: NaiveDate) -> Option<NaiveDate> {
    (1900..=2200).contains(&date.year()).then_some(date)
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    plausible(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?)
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// Percent-encodes text for a path or a query: everything but letters, digits and `-._~` (RFC 3986, 2.3).
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Returns a response with the secrets replaced, for messages: a page may show the address, which holds them. Only
/// for messages, since a password may be a number that also occurs among the values.
pub(super) fn redacted<'a>(body: &[u8], secrets: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let hide = |text: String, secret: &str| text.replace(secret, "***").replace(&encoded(secret), "***");
    secrets.into_iter().fold(text(body).into_owned(), hide).into_bytes()
}

/// Shortens text to at most [`EXCERPT`] printable characters.
fn short(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.trim().chars().map(printable).take(EXCERPT).collect();
    if text.trim().chars().nth(EXCERPT).is_some() {
        short.push_str("...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf_8_or_utf_16_by_its_mark() {
        let utf16 = |unit: fn(u16) -> [u8; 2], mark: u16| -> Vec<u8> {
            std::iter::once(mark).chain("{\"añ\":1}".encode_utf16()).flat_map(unit).collect()
        };
        assert_eq!(text(&utf16(u16::to_le_bytes, 0xfeff)), "{\"añ\":1}");
        assert_eq!(text(&utf16(u16::to_be_bytes, 0xfeff)), "{\"añ\":1}");
        assert_eq!(text("\u{feff}a,b".as_bytes()), "a,b");
        assert_eq!(text(b"D\xf3lar"), "D\u{fffd}lar");
        assert_eq!(text(b"\xff\xfea"), "");
        assert_eq!(text(b""), "");
    }

    #[test]
    fn dates_are_whole_and_plausible() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 29);
        assert_eq!(iso_date("2024-02-29"), day);
        assert_eq!(day_first_date("29-02-2024"), day);
        for midnight in MIDNIGHTS {
            assert_eq!(iso_date(&format!("2024-02-29{midnight}")), day);
            assert_eq!(day_first_date(&format!("29-02-2024{midnight}")), day);
        }
        for text in [
            "2025-02-29",
            "2024-02-29T23:00:00Z",
            "2024-2-29",
            "2024-02-290",
            "+024-02-29",
            "0001-01-01",
            "2201-01-01",
            "",
            "٢٠٢٤-٠",
        ] {
            assert_eq!(iso_date(text), None, "{text}");
        }
        for text in ["2024-02-29", "31-02-2024", "29/02/2024", ""] {
            assert_eq!(day_first_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_page_that_checks_the_browser_is_told_from_one_that_does_not() {
        let case = include_str!("../../tests/cases/stooq_pow.html");
        assert!(matches!(browser_check(case.as_bytes()), Some(ReadError::WantsBrowser { .. })));
        for other in ["", "<html><title>502 Bad Gateway</title>", "Get your apikey: solve a captcha", "{\"a\":1}"] {
            assert_eq!(browser_check(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn numbers_written_as_text_are_named() {
        let refused = |cell: Value| number(&cell, || "serie[3]".into()).unwrap_err().to_string();
        assert_eq!(
            refused("981,26".into()),
            "serie[3]: found '981,26', expected a number, not text with a decimal comma"
        );
        assert_eq!(refused("981.26".into()), "serie[3]: found '981.26', expected a number, not text");
        assert_eq!(refused(serde_json::json!([1])), "serie[3]: found '[1]', expected a number");
        let comma = decimal("981,26", || "line 2".into()).unwrap_err().to_string();
        assert_eq!(comma, "line 2: found '981,26', expected a number with a decimal point, not a comma");
    }

    #[test]
    fn deep_and_huge_json_is_an_error() {
        let deep = "[".repeat(100_000);
        assert!(json::<Value>(deep.as_bytes(), "JSON").unwrap_err().to_string().contains("recursion limit"));
        assert!(json::<Value>(b"1e999999999999", "JSON").unwrap_err().to_string().contains("out of range"));
    }

    #[test]
    fn messages_are_short_and_printable() {
        let long = format!("a\nb{}", "é".repeat(500));
        assert_eq!(short(&long).chars().count(), EXCERPT + 3);
        assert!(short(&long).starts_with("a bé"));
        assert_eq!(encoded("^VIX CLP=X é"), "%5EVIX%20CLP%3DX%20%C3%A9");
    }
}
